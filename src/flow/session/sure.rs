//! The last question before access opens, ends or is revealed. A yes is not enough if it looks like production.

use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::RequestId;

/// How many characters of an id the person must type to show that they have read it.
const READ: usize = 4;

/// The answer that is required.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// Yes.
    Yes,
    /// The beginning of the request's id, which was shown.
    Id(&'a RequestId),
    /// The role's name, if there is no request yet.
    Role(&'a Name),
    /// The person's name, if all their access is concerned.
    Person(&'a Name),
}

/// Asks. `default` is the answer of Enter alone to a plain question. Enter alone never counts as a proof.
///
/// # Errors
/// There is no terminal, or the person pressed Ctrl-C.
pub fn ask(client: &Client<'_>, question: &str, default: bool, proof: Proof<'_>) -> Result<bool, Failure> {
    let (wanted, wrong) = match proof {
        Proof::Yes => return Ok(client.console().confirm(question, default)?),
        Proof::Id(_) => ("the first four characters of its id", "its id does not begin with that"),
        Proof::Role(_) => ("the role's name", "that is not the role's name"),
        Proof::Person(_) => ("the person's name", "that is not the person's name"),
    };
    let question = format!("{question} Production: type {wanted}");
    loop {
        let answer = client.console().ask(&question, &[])?;
        let answer = answer.trim();
        if matches!(answer.to_ascii_lowercase().as_str(), "" | "n" | "no") {
            return Ok(false);
        }
        let proves = match proof {
            Proof::Yes => false,
            Proof::Id(id) => RequestId::spell(answer)
                .is_some_and(|spelled| spelled.len() >= READ && id.as_str().starts_with(&spelled)),
            Proof::Role(name) | Proof::Person(name) => answer == name.as_str(),
        };
        if proves {
            return Ok(true);
        }
        client.console().say(&format!("{wrong}; Enter alone stops"));
    }
}
