//! A script, played before any authority: statements are built and signed here, the same for each of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::Header;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::RequestedScope;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::RevokeStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::policy::Policy;
use jit::protocol::RequestView;
use jit::secret::seal::RecipientKey;

use super::policy::PEOPLE;
use super::policy::key_of;
use super::policy::line_of;
use super::words::Act;
use super::words::Ending;
use super::words::Row;
use super::words::Step;

/// An authority's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct No {
    pub code: String,
    pub text: String,
    pub hint: String,
}

pub type Answer = Result<(), No>;

/// A request as its client knows it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub signed: Signed,
    pub statement: RequestStatement,
    pub digest: Digest,
}

/// Something that decides requests. `last` says that the answer is the one that the row is about.
pub trait Authority {
    /// The authority's name in its statements.
    fn address(&self) -> String;
    fn now(&self) -> Timestamp;
    fn wait(&mut self, span: SignedDuration);
    /// The policy at the start, with what the authority adds to it.
    fn files(&self) -> BTreeMap<String, String>;
    /// The policy is another one from now on.
    fn change(&mut self, files: &BTreeMap<String, String>);
    fn ask(&mut self, by: &str, asked: &Asked, last: bool) -> Answer;
    /// Has more time that was approved take effect.
    fn settle(&mut self, by: &str, of: &Asked) -> Answer;
    fn review(&mut self, by: &str, of: &Asked, review: (&ReviewStatement, &Signed), last: bool) -> Answer;
    fn mint(&mut self, by: &str, of: &Asked) -> Answer;
    fn end(&mut self, by: &str, of: &Asked) -> Answer;
    fn revoke(&mut self, by: &str, of: &Asked, signed: &Signed) -> Answer;
    /// How a request stands, as its requester reads it; why not, where it cannot be read.
    fn view(&mut self, of: &Asked) -> Result<RequestView, No>;
}

/// How a row ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `done`, or the refusal.
    pub ended: Result<(), No>,
    pub stands: String,
}

impl Outcome {
    /// As the table wants it.
    pub fn wanted(row: &Row) -> Self {
        Self::of(row.ending, row.stands)
    }

    pub fn of(ending: Ending, stands: &str) -> Self {
        let ended = match ending {
            Ending::Done => Ok(()),
            Ending::Refused(code, text, hint) => {
                Err(No { code: code.to_owned(), text: text.to_owned(), hint: hint.to_owned() })
            }
        };
        Self { ended, stands: stands.to_owned() }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.ended {
            Ok(()) => write!(formatter, "done")?,
            Err(no) => write!(formatter, "refused ({:?}, {:?}, {:?})", no.code, no.text, no.hint)?,
        }
        write!(formatter, ", stands {:?}", self.stands)
    }
}

/// One script on its way.
pub struct Scene<'a> {
    authority: &'a mut dyn Authority,
    files: BTreeMap<String, String>,
    policy: Arc<Policy>,
    asked: Vec<Asked>,
    reviews: Vec<(ReviewStatement, Signed)>,
    nonce: u32,
}

/// Plays a row to its end.
pub fn play(row: &Row, authority: &mut dyn Authority) -> Outcome {
    let files = authority.files();
    let policy = compile(&files);
    let mut scene = Scene { authority, files, policy, asked: Vec::new(), reviews: Vec::new(), nonce: 0 };
    let (last, before) = row.steps.split_last().unwrap();
    for (place, step) in before.iter().enumerate() {
        let answer = scene.take(step, false);
        if !step.tried
            && let Err(no) = answer
        {
            let ended = Err(No { code: format!("step {}", place + 1), ..scene.plain(&no) });
            return Outcome { ended, stands: String::new() };
        }
    }
    let answer = scene.take(last, true);
    let ended = answer.map_err(|no| scene.plain(&no));
    let stands = if row.stands.is_empty() { String::new() } else { scene.stands(last) };
    Outcome { ended, stands }
}

/// Policies that were compiled before: most rows have the same one.
fn compile(files: &BTreeMap<String, String>) -> Arc<Policy> {
    static KNOWN: Mutex<BTreeMap<Vec<String>, Arc<Policy>>> = Mutex::new(BTreeMap::new());
    let key: Vec<String> = files.iter().map(|(path, text)| format!("{path}\n{text}")).collect();
    if let Some(known) = KNOWN.lock().unwrap().get(&key) {
        return Arc::clone(known);
    }
    let bytes = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let policy = Policy::compile(bytes).unwrap_or_else(|problems| panic!("{problems:?}"));
    let policy = Arc::new(policy);
    KNOWN.lock().unwrap().insert(key, Arc::clone(&policy));
    policy
}

impl Scene<'_> {
    fn take(&mut self, step: &Step, last: bool) -> Answer {
        match &step.act {
            Act::Wait(span) => {
                self.authority.wait(length(span));
                Ok(())
            }
            Act::Edit(edits) => {
                for (file, from, to) in edits {
                    let from = &place(from);
                    let text = self.files.get_mut(*file).unwrap();
                    assert!(text.contains(from.as_str()), "{from:?} is not in {text}");
                    *text = text.replace(from.as_str(), to);
                }
                self.policy = compile(&self.files);
                self.authority.change(&self.files);
                Ok(())
            }
            Act::Ask(role) => self.ask(step, Way::Request, role, last),
            Act::Emergency(role) => self.ask(step, Way::BreakGlass, role, last),
            Act::More => {
                let first = self.asked[step.of.unwrap_or(1) - 1].clone();
                let role = first.statement.role.clone();
                self.ask(step, Way::Extend(first.digest), role.as_str(), last)
            }
            Act::Settle => {
                let of = self.of(step);
                self.authority.settle(step.who, &of)
            }
            Act::Approve | Act::Deny => {
                let of = self.of(step);
                let about = step.about.map_or(of.digest, |about| self.asked[about - 1].digest);
                let verdict = if matches!(step.act, Act::Approve) { Verdict::Approve } else { Verdict::Deny };
                let statement = ReviewStatement {
                    header: self.header(step),
                    request: about,
                    verdict,
                    comment: step.text.unwrap_or_default().to_owned(),
                    duration: step.span.map(|span| span.parse().unwrap()),
                    scope: step.scope.map(|scope| scope.parse().unwrap()),
                };
                let signed = sign(&Statement::Review(statement.clone()), step);
                self.reviews.push((statement.clone(), signed.clone()));
                self.authority.review(self.bringer(step), &of, (&statement, &signed), last)
            }
            Act::Replay(place) => {
                let of = self.of(step);
                let (statement, signed) = self.reviews[place - 1].clone();
                self.authority.review(self.bringer(step), &of, (&statement, &signed), last)
            }
            Act::Mint => {
                let of = self.of(step);
                self.authority.mint(step.who, &of)
            }
            Act::End => {
                let of = self.of(step);
                self.authority.end(step.who, &of)
            }
            Act::Revoke => {
                let of = self.of(step);
                let about = step.about.map_or(of.digest, |about| self.asked[about - 1].digest);
                let reason = step.text.unwrap_or("the incident is over").to_owned();
                let statement =
                    Statement::Revoke(RevokeStatement { header: self.header(step), request: about, reason });
                let signed = sign(&statement, step);
                self.authority.revoke(self.bringer(step), &of, &signed)
            }
        }
    }

    /// The person whose session or account brings a statement. Somebody whom the policy does not name uses eve's.
    fn bringer(&self, step: &Step) -> &'static str {
        let own = if PEOPLE.contains(&step.who) { step.who } else { "eve" };
        step.brought_by.unwrap_or(own)
    }

    fn of(&self, step: &Step) -> Asked {
        let place = step.of.unwrap_or(self.asked.len());
        self.asked[place - 1].clone()
    }

    fn header(&mut self, step: &Step) -> Header {
        self.nonce += 1;
        let ago = step.ago.strip_prefix('-').map_or(1, |_| -1);
        let span = step.ago.trim_start_matches('-');
        let span = if span == "0s" { SignedDuration::ZERO } else { length(span) };
        Header {
            authority: self.authority.address(),
            who: step.who.parse().unwrap(),
            at: self.authority.now() - span * ago,
            nonce: format!("nonce-of-the-table-{:08}", self.nonce),
        }
    }

    fn ask(&mut self, step: &Step, way: Way, role: &str, last: bool) -> Answer {
        let header = self.header(step);
        let found = self.policy.role(&role.parse().unwrap()).unwrap().clone();
        let seed = Digest::of(header.nonce.as_bytes());
        let asked_span = step.span.map(|span| span.parse::<Span>().unwrap());
        let created = header.at;
        let extended = match way {
            Way::Extend(digest) => self.asked.iter().find(|asked| asked.digest == digest).cloned(),
            _ => None,
        };
        let scope = step.scope.map(|name| {
            let name: jit::grant::Name = name.parse().unwrap();
            RequestedScope { document: found.scopes[&name].document.digest(), name }
        });
        let scope = scope.or_else(|| extended.as_ref().and_then(|first| first.statement.scope.clone()));
        let piece = scope.as_ref().and_then(|scope| found.scopes.get(&scope.name)?.max_duration);
        let usual: Span = match way {
            Way::Request => piece.map_or(found.duration, |most| most.min(found.duration)),
            Way::Extend(_) => "30m".parse().unwrap(),
            Way::BreakGlass => "20m".parse().unwrap(),
        };
        let duration = asked_span.unwrap_or(usual);
        let not_after = match (&way, &extended) {
            (Way::Extend(_), Some(first)) => {
                let end = self.authority.view(first).ok().and_then(|view| view.active_until);
                duration.after(end.unwrap_or(created))
            }
            (Way::BreakGlass, _) => duration.after(duration.after(created)),
            _ => duration.after(found.unused.after(found.pending.after(created))),
        };
        let mut statement = RequestStatement {
            way,
            interactive: true,
            agent: false,
            role: role.parse().unwrap(),
            target: found.target.clone(),
            scope,
            duration,
            start: None,
            reason: step.text.unwrap_or("INC-42 fail over orders-db").to_owned(),
            recipient: RecipientKey::generate(seed.bytes()).public().unwrap(),
            workload: None,
            job: None,
            purpose: None,
            policy: self.policy.revision,
            created,
            not_after,
            header,
        };
        if let Some(change) = step.change {
            change(&mut statement);
        }
        let all = Statement::Request(Box::new(statement.clone()));
        let signed = sign(&all, step);
        let digest = Digest::of(signed.statement.as_bytes());
        let asked = Asked { signed, statement, digest };
        self.asked.push(asked.clone());
        self.authority.ask(self.bringer(step), &asked, last)
    }

    fn stands(&mut self, step: &Step) -> String {
        let of = self.of(step);
        let now = self.authority.now();
        match self.authority.view(&of) {
            Ok(view) => render(&view, now),
            Err(no) => format!("unreadable: {}", self.plain(&no).text),
        }
    }

    /// The same for every authority and run: ids as `{1}`, keys as `{key}`, times by how far they are from now.
    fn plain(&self, no: &No) -> No {
        let now = self.authority.now();
        let words = |text: &str| {
            let mut text = text.to_owned();
            for (place, asked) in self.asked.iter().enumerate() {
                text = text.replace(asked.digest.request_id().as_str(), &format!("{{{}}}", place + 1));
                text = text.replace(&asked.digest.to_string(), &format!("{{digest {}}}", place + 1));
            }
            let told: Vec<String> = text.split(' ').map(|word| plain_word(word, now)).collect();
            told.join(" ")
        };
        No { code: no.code.clone(), text: words(&no.text), hint: words(&no.hint) }
    }
}

/// Signs whatever it is: a client of one's own holds nobody back.
fn sign(statement: &Statement, step: &Step) -> Signed {
    let text = statement.canonical_text();
    let key = key_of(step.key.unwrap_or(step.who));
    let signature = key.sign(&statement.kind().namespace(), text.as_bytes()).unwrap();
    Signed { statement: text, signature }
}

fn length(span: &str) -> SignedDuration {
    span.parse::<Span>().unwrap().duration().try_into().unwrap()
}

/// The text that a row means: for `PLACE OF NAME` the key of that person, else the text itself.
fn place(from: &str) -> String {
    match from.strip_prefix("PLACE OF ") {
        Some(name) => line_of(&name.to_lowercase()),
        None => from.to_owned(),
    }
}

fn plain_word(word: &str, now: Timestamp) -> String {
    let core = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    if core.starts_with("SHA256:") {
        return word.replace(core, "{key}");
    }
    match core.parse::<Timestamp>() {
        Ok(at) => word.replace(core, &format!("{{{}}}", apart(at, now))),
        Err(_) => word.to_owned(),
    }
}

fn apart(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.duration_since(now).as_secs();
    let sign = if seconds < 0 { "-" } else { "+" };
    format!("{sign}{}", short(seconds.unsigned_abs()))
}

fn short(seconds: u64) -> String {
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let text: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A request in one line.
fn render(view: &RequestView, now: Timestamp) -> String {
    let mut text = view.state.as_str().to_owned();
    if matches!(view.state, State::Approved | State::Active) {
        let by: Vec<String> = view.approved_by.iter().map(ToString::to_string).collect();
        let by = if by.is_empty() { "nobody".to_owned() } else { by.join("+") };
        let duration = view.approved_duration.map_or_else(String::new, |span| format!(" for {span}"));
        text.push_str(&format!("{duration} by {by}"));
        if let Some(scope) = &view.approved_scope {
            text.push_str(&format!(" within {scope}"));
        }
    }
    if view.state == State::Active
        && let Some(until) = view.active_until
    {
        text.push_str(&format!(", ends {}", apart(until, now)));
    }
    if view.state.is_terminal()
        && let Some(by) = view.closing.as_ref().and_then(|closing| closing.by.as_ref())
    {
        text.push_str(&format!(" by {by}"));
    }
    if let Some(until) = view.credentials_until {
        text.push_str(&format!(", credentials {}", apart(until, now)));
    }
    text
}
