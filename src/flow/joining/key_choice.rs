//! The SSH key of a login: the named one, the one of the last login, or one that the person picks.

use crate::config::login::Account;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::identity;
use crate::identity::keyfile;
use crate::identity::keyfile::Named;
use crate::identity::signer::Candidate;
use crate::identity::signer::KeyChoice;
use crate::identity::signer::candidates;

/// The one key that this authority is offered, and no other. If none is named and the policy is already known, the
/// person's own keys come before all others.
pub(in crate::flow) fn choose(
    client: &Client<'_>,
    typed: Option<&str>,
    known: Option<&Account>,
    is_own: &(dyn Fn(&str) -> bool + Sync),
) -> Result<KeyChoice, Failure> {
    let settings = &client.settings;
    let wanted = typed
        .map(str::to_owned)
        .or_else(|| settings.key.clone())
        .or_else(|| settings.key_file.as_ref().map(|file| file.display().to_string()));
    if let (None, Some(account)) = (&wanted, known) {
        return Ok(KeyChoice { public: account.key.clone(), file: account.key_file.clone() });
    }
    let mut found = candidates(client.system);
    if let Some(wanted) = wanted {
        return pick_key(client, &wanted, found);
    }
    if found.iter().any(|candidate| is_own(&candidate.fingerprint)) {
        found.retain(|candidate| is_own(&candidate.fingerprint));
    }
    match found.len() {
        0 => Err(Failure::failed("there is no SSH key to log in with")
            .cause("the ssh-agent holds none, and ~/.ssh has none")
            .hint("make one: `ssh-keygen -t ed25519`, or name a file: --key FILE")),
        1 => Ok(offered(found.remove(0))),
        _ if client.console().is_interactive() => {
            let choices: Vec<String> = found.iter().map(shown).collect();
            let chosen = client.console().choose("Which key is yours here?", &choices)?;
            if chosen < found.len() {
                Ok(offered(found.swap_remove(chosen)))
            } else {
                Err(Failure::usage("no key was chosen"))
            }
        }
        _ => {
            let names: Vec<String> = found.iter().map(shown).collect();
            Err(Failure::usage("there are several SSH keys")
                .cause(names.join("; "))
                .hint("name one: --key FINGERPRINT, or --key FILE"))
        }
    }
}

fn pick_key(client: &Client<'_>, wanted: &str, found: Vec<Candidate>) -> Result<KeyChoice, Failure> {
    let files = &client.system.files;
    // An absolute path, because the recorded path is also read from other folders.
    let path =
        wanted.strip_prefix("~/").map_or_else(|| files.working.join(wanted), |rest| files.home.join(rest));
    let mut matching: Vec<Candidate> = found
        .into_iter()
        .filter(|candidate| {
            candidate.fingerprint == wanted
                || candidate.comment == wanted
                || candidate.line == wanted
                || wanted.starts_with(&format!("{} ", candidate.line))
                || candidate.file.as_deref() == Some(path.as_path())
        })
        .collect();
    if matching.len() > 1 {
        let names: Vec<String> = matching.iter().map(shown).collect();
        return Err(Failure::usage(format!("{wanted:?} names several SSH keys"))
            .cause(names.join("; "))
            .hint("name one by its fingerprint: --key SHA256:…"));
    }
    if let Some(candidate) = matching.pop() {
        let named = candidate.file.as_deref().and_then(|file| keyfile::named(file).ok());
        warn_of_stray(client, named.as_ref());
        return Ok(offered(candidate));
    }
    if let Ok(line) = identity::key::parse_line(wanted) {
        return Ok(KeyChoice { public: line.line, file: client.settings.key_file.clone() });
    }
    let named = keyfile::named(&path).map_err(|error| {
        let hint = error.hint();
        let failure = Failure::usage(format!("jit finds no key {wanted:?}"))
            .cause(format!("the ssh-agent does not hold it; {error}"));
        failure.hint(hint.unwrap_or_else(|| "see `ssh-add -l`, or name a key's file".to_owned()))
    })?;
    warn_of_stray(client, Some(&named));
    Ok(named.choice)
}

/// Warns that the two halves of a key do not match. The private one is used.
fn warn_of_stray(client: &Client<'_>, named: Option<&Named>) {
    let Some(Named { choice, stray: Some(stray) }) = named else { return };
    let private = choice.file.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
    client.console().say(&sanitise(&format!(
        "warning: {} holds another key than {private}, which is used; to mend it: `ssh-keygen -y -f {private} > {}`",
        stray.display(),
        stray.display()
    )));
}

fn offered(candidate: Candidate) -> KeyChoice {
    KeyChoice { public: candidate.line, file: candidate.file }
}

fn shown(candidate: &Candidate) -> String {
    let touch = if candidate.hardware { "  (security key)" } else { "" };
    format!("{}  {}{touch}", candidate.fingerprint, candidate.comment)
}
