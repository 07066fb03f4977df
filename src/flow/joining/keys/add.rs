//! Enrolling a key that signs elsewhere, such as a passkey of a phone, by a sign-in of its own.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::login::Wanted;
use crate::flow::joining::sign_in;
use crate::flow::joining::ways;
use crate::flow::joining::ways::Chosen;
use crate::grant::AuthorityAddress;
use crate::identity::key;
use crate::protocol::EnrolAnswer;

/// Enrols a public key line for the person of the login. `wanted` says how to sign in.
///
/// # Errors
/// The line is no acceptable key, the authority takes no sign-in, or somebody else signed in.
pub async fn add(client: &Client<'_>, typed: &str, wanted: Wanted) -> Result<EnrolAnswer, Failure> {
    let (url, account) = client.account()?;
    let line = key::parse_line(typed).map_err(|error| {
        Failure::usage("this is not the line of a public key").cause(error.to_string()).hint(
            "paste the line that the approval page shows under \"Your passkey\", or one that `ssh-add -L` prints",
        )
    })?;
    let in_policy =
        format!("ask the policy's owner to add the line to your keys in people.toml: {}", line.line);
    if AuthorityAddress::of(url).is_github() {
        return Err(Failure::usage("a repository has no enrolled keys").hint(in_policy));
    }
    // With the person's own key the choice falls on the account, wherever the broker takes one.
    let wanted = Wanted { ssh: true, ..wanted };
    let way = ways::choose(client, url, &wanted, Some(account)).await?;
    if matches!(way, Chosen::Ssh) {
        return Err(Failure::usage(format!("{url} takes no sign-in with an account")).hint(in_policy));
    }
    let enrolled = sign_in::enrol_line(client, &wanted, url, &way, &line.line).await?;
    if enrolled.person != account.person {
        return Err(Failure::refused(format!(
            "{} signed in, and the login is {}'s",
            enrolled.person, account.person
        ))
        .cause(format!("the key is {}'s now, and worth no more than an account", enrolled.person))
        .hint(format!(
            "{} types `jit key drop {}`, then sign in as yourself",
            enrolled.person, enrolled.key
        )));
    }
    Ok(enrolled)
}
