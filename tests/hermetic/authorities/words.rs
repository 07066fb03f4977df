//! The words of the table: steps that people take, and how they end.

use jit::grant::statement::RequestStatement;

/// The action of a step.
#[derive(Clone, Debug)]
pub enum Act {
    /// Asks for a role.
    Ask(&'static str),
    /// Asks for a role in an emergency.
    Emergency(&'static str),
    /// Asks for more time.
    More,
    /// Has more time that was approved take effect, where that is a step of its own.
    Settle,
    /// Approves.
    Approve,
    /// Denies.
    Deny,
    /// Sends a review that was given before again, by its place among the reviews, from 1.
    Replay(usize),
    /// Wants credentials.
    Mint,
    /// Is done.
    End,
    /// Takes access away.
    Revoke,
    /// Time passes.
    Wait(&'static str),
    /// The policy changes: file, what stood there, what stands there now.
    Edit(Vec<(&'static str, &'static str, String)>),
}

/// One step of a script.
#[derive(Clone)]
pub struct Step {
    pub act: Act,
    /// The person or workload that does it. Empty for time and policy.
    pub who: &'static str,
    /// Which request it is about, from 1; the last one that was asked if it says none.
    pub of: Option<usize>,
    /// Which request the statement names, where that is another one.
    pub about: Option<usize>,
    /// The owner of the key that signs. `None` for the actor's own key.
    pub key: Option<&'static str>,
    /// The owner of the session or account that brings it, if that is somebody else.
    pub brought_by: Option<&'static str>,
    /// How long ago the statement was made.
    pub ago: &'static str,
    /// For how long it asks, or at most approves.
    pub span: Option<&'static str>,
    /// Which scope it asks for, or at most approves.
    pub scope: Option<&'static str>,
    /// The reason or comment that is given with it.
    pub text: Option<&'static str>,
    /// A change to the other members of the statement.
    pub change: Option<fn(&mut RequestStatement)>,
    /// Whether it may be refused, and the script goes on.
    pub tried: bool,
}

impl Step {
    fn new(act: Act, who: &'static str) -> Self {
        Self {
            act,
            who,
            of: None,
            about: None,
            key: None,
            brought_by: None,
            ago: "0s",
            span: None,
            scope: None,
            text: None,
            change: None,
            tried: false,
        }
    }

    pub fn of(mut self, request: usize) -> Self {
        self.of = Some(request);
        self
    }

    pub fn naming(mut self, request: usize) -> Self {
        self.about = Some(request);
        self
    }

    pub fn key(mut self, whose: &'static str) -> Self {
        self.key = Some(whose);
        self
    }

    pub fn brought_by(mut self, who: &'static str) -> Self {
        self.brought_by = Some(who);
        self
    }

    pub fn ago(mut self, span: &'static str) -> Self {
        self.ago = span;
        self
    }

    pub fn span(mut self, span: &'static str) -> Self {
        self.span = Some(span);
        self
    }

    pub fn scope(mut self, scope: &'static str) -> Self {
        self.scope = Some(scope);
        self
    }

    pub fn saying(mut self, text: &'static str) -> Self {
        self.text = Some(text);
        self
    }

    pub fn with(mut self, change: fn(&mut RequestStatement)) -> Self {
        self.change = Some(change);
        self
    }

    pub fn tried(mut self) -> Self {
        self.tried = true;
        self
    }
}

pub fn ask(who: &'static str, role: &'static str) -> Step {
    Step::new(Act::Ask(role), who)
}

pub fn emergency(who: &'static str, role: &'static str) -> Step {
    Step::new(Act::Emergency(role), who)
}

pub fn more(who: &'static str) -> Step {
    Step::new(Act::More, who)
}

pub fn settle(who: &'static str) -> Step {
    Step::new(Act::Settle, who)
}

pub fn yes(who: &'static str) -> Step {
    Step::new(Act::Approve, who)
}

pub fn no(who: &'static str) -> Step {
    Step::new(Act::Deny, who)
}

pub fn replay(who: &'static str, review: usize) -> Step {
    Step::new(Act::Replay(review), who)
}

pub fn mint(who: &'static str) -> Step {
    Step::new(Act::Mint, who)
}

pub fn end(who: &'static str) -> Step {
    Step::new(Act::End, who)
}

pub fn revoke(who: &'static str) -> Step {
    Step::new(Act::Revoke, who)
}

pub fn wait(span: &'static str) -> Step {
    Step::new(Act::Wait(span), "")
}

pub fn edit(file: &'static str, from: &'static str, to: impl Into<String>) -> Step {
    Step::new(Act::Edit(vec![(file, from, to.into())]), "")
}

/// In which authorities a case can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Only {
    /// In every one.
    Everywhere,
    /// In a broker, and why nowhere else.
    Broker(&'static str),
    /// Only a repository can play it, for this reason.
    Repository(&'static str),
}

/// How the last step ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It is done.
    Done,
    /// It is refused: code, text, hint (empty: none).
    Refused(&'static str, &'static str, &'static str),
}

/// One row of the table.
pub struct Row {
    /// The rule, in words.
    pub name: &'static str,
    pub only: Only,
    pub steps: Vec<Step>,
    pub ending: Ending,
    /// How the request that the last step is about stands then, as its requester reads it; empty where there is none.
    pub stands: &'static str,
}

/// A row whose last step is done.
pub fn done(name: &'static str, steps: impl Into<Vec<Step>>, stands: &'static str) -> Row {
    Row { name, only: Only::Everywhere, steps: steps.into(), ending: Ending::Done, stands }
}

/// A row whose last step is refused.
pub fn refused(
    name: &'static str,
    steps: impl Into<Vec<Step>>,
    (code, text, hint): (&'static str, &'static str, &'static str),
    stands: &'static str,
) -> Row {
    let ending = Ending::Refused(code, text, hint);
    Row { name, only: Only::Everywhere, steps: steps.into(), ending, stands }
}

/// A broker ends such a request by itself, within a tick of its background work.
pub const LEFT: &str =
    "A repository does nothing between two runs, so the request of somebody who left still stands.";

impl Row {
    pub fn only_repository(mut self, why: &'static str) -> Self {
        self.only = Only::Repository(why);
        self
    }

    pub fn only_broker(mut self, why: &'static str) -> Self {
        self.only = Only::Broker(why);
        self
    }
}
