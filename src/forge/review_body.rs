//! The body of a review: words for people, and the signed statement, for roles that require more than an account's
//! approval.

use data_encoding::BASE64URL_NOPAD;

use super::request_file;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::statement::ReviewStatement;

/// The prefix of the statement. No base64url text can end an HTML comment.
const OPENS: &str = "<!-- jit:review:v1:";
const CLOSES: &str = " -->";

/// The content of a review's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Text only.
    Nothing,
    /// A statement. The caller still has to check its signature and author.
    Signed(Box<(Signed, ReviewStatement)>),
    /// A statement that does not parse.
    Unreadable,
}

impl Carried {
    /// The statement's verdict, if there is a statement.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Signed(both) => Some(both.1.verdict),
            _ => None,
        }
    }

    /// Whether it is an approval for less than requested. It is sent as a comment, which by itself says nothing: people
    /// with write access can edit others' texts on GitHub, and an approval that lost its statement would become one for
    /// everything.
    pub fn narrows(&self) -> bool {
        match self {
            Self::Signed(both) => both.1.narrows(),
            Self::Nothing | Self::Unreadable => false,
        }
    }
}

/// The body of a signed review: a line for people, which no decision depends on, and the statement.
pub fn write(words: &str, signed: &Signed) -> String {
    let packed = BASE64URL_NOPAD.encode(request_file::write(signed).as_bytes());
    format!("{words}\n\n{OPENS}{packed}{CLOSES}\n")
}

/// Parses the output of [`write`]: exactly one statement, or none.
pub fn read(body: &str) -> Carried {
    let mut parts = body.split(OPENS);
    parts.next();
    let Some(part) = parts.next() else { return Carried::Nothing };
    if parts.next().is_some() {
        return Carried::Unreadable;
    }
    let signed = part
        .split_once(CLOSES)
        .and_then(|(packed, _)| BASE64URL_NOPAD.decode(packed.as_bytes()).ok())
        .and_then(|bytes| request_file::read_signed(&bytes).ok());
    let Some(signed) = signed else { return Carried::Unreadable };
    match Statement::parse(signed.statement.as_bytes()) {
        Ok(Statement::Review(statement)) => Carried::Signed(Box::new((signed, statement))),
        _ => Carried::Unreadable,
    }
}
