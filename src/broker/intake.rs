//! Taking in signed statements: whose they are, and whether they are fresh and meant for this broker.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::caller::Caller;
use super::problem::Code;
use super::problem::Fault;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::grant::text;
use crate::identity::statement::open;
use crate::policy::Policy;

/// How far a statement's time may be from the broker's, either way.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// A statement that its signer really made for this broker.
pub struct Opened {
    /// What it says.
    pub statement: Statement,
    /// The fingerprint of the key that signed it.
    pub fingerprint: String,
    /// How strongly.
    pub assurance: Assurance,
}

impl Opened {
    /// Who signed it.
    pub fn who(&self) -> &Name {
        &self.statement.header().who
    }

    /// Refuses a statement that was not made just now.
    pub fn check_fresh(&self, now: Timestamp) -> Result<(), Fault> {
        let at = self.statement.header().at;
        let apart = now.duration_since(at).abs();
        if apart <= FRESH {
            return Ok(());
        }
        Err(Fault::new(
            Code::Statement,
            format!("it was made at {at}, and the broker's clock says {now}: more than 5 minutes apart"),
        )
        .hint("set this machine's clock, then try again"))
    }
}

/// The kind of asking that the bytes say they are, which decides what their signature must be for. Anything else is read as
/// an ordinary request, and fails as one.
pub fn kind_of_asking(signed: &Signed) -> Kind {
    match Statement::parse(signed.statement.as_bytes()) {
        Ok(Statement::Request(asked)) => asked.way.kind(),
        _ => Kind::Request,
    }
}

/// Opens a signed statement of one kind. The key must be its author's in the policy in force.
pub fn open_statement(
    signed: &Signed,
    kind: Kind,
    authority: &str,
    policy: &Policy,
) -> Result<Opened, Fault> {
    let (statement, verified) = open(signed, kind, authority).map_err(|error| {
        let fault = Fault::new(Code::Statement, error.to_string());
        match error.hint() {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    })?;
    let who = &statement.header().who;
    let known = policy.person_of_key(&verified.fingerprint).is_some_and(|person| person.name == *who);
    if !known {
        return Err(Fault::new(
            Code::Statement,
            format!("the policy does not know {} as a key of {who}", verified.fingerprint),
        )
        .hint("ask whoever keeps the policy to add the key to people.toml"));
    }
    Ok(Opened { statement, fingerprint: verified.fingerprint, assurance: verified.assurance })
}

/// The same, made by the caller and nobody else.
pub fn open_own(
    signed: &Signed,
    kind: Kind,
    authority: &str,
    policy: &Policy,
    caller: &Caller,
) -> Result<Opened, Fault> {
    let opened = open_statement(signed, kind, authority, policy)?;
    if let Err(error) = text::check_new(opened.statement.prose().unwrap_or_default()) {
        return Err(Fault::new(Code::Statement, error.to_string()).hint("write it with single blanks"));
    }
    if *opened.who() == caller.person {
        return Ok(opened);
    }
    Err(Fault::new(
        Code::Forbidden,
        format!("the statement is {}'s, and the session is {}'s", opened.who(), caller.person),
    ))
}
