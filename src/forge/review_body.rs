//! The body of a review: words for people, and the signed statement that makes it count where a role wants more than the
//! account's own word.

use data_encoding::BASE64URL_NOPAD;

use super::request_file;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::statement::ReviewStatement;

/// What stands before the statement. Nothing in base64url can end an HTML comment.
const OPENS: &str = "<!-- jit:review:v1:";
const CLOSES: &str = " -->";

/// What a review's body carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Words only.
    Nothing,
    /// A statement, whose signature and author remain to be asked.
    Signed(Box<(Signed, ReviewStatement)>),
    /// Something that looks like a statement and cannot be read.
    Unreadable,
}

impl Carried {
    /// What the statement says, where there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Signed(both) => Some(both.1.verdict),
            _ => None,
        }
    }

    /// Whether it is an approval for less than was asked for. It comes as a comment, which by itself says nothing: whoever may
    /// write can change what others wrote on GitHub, and an approval that lost its statement would be one for everything.
    pub fn narrows(&self) -> bool {
        match self {
            Self::Signed(both) => both.1.narrows(),
            Self::Nothing | Self::Unreadable => false,
        }
    }
}

/// The body of a signed review: a line for people, which nobody's decision hangs on, and the statement.
pub fn write(words: &str, signed: &Signed) -> String {
    let packed = BASE64URL_NOPAD.encode(request_file::write(signed).as_bytes());
    format!("{words}\n\n{OPENS}{packed}{CLOSES}\n")
}

/// Reads what [`write`] wrote: exactly one statement, or none.
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
