//! The choice of a keychain: the named one, else the recorded one, else the operating system's after a test. There is
//! no silent fallback: on a terminal the person picks one that works here, elsewhere the error names them.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::session::vault::Vault;
use crate::keychain::Choice;
use crate::keychain::choice;
use crate::system::KeychainSource;

/// Opens a keychain. Returns its name unless the caller supplied the store. `again` is the command line that names one.
/// Only a login asks the person at the terminal.
pub(in crate::flow) fn choose(
    client: &Client<'_>,
    typed: Option<&str>,
    again: &dyn Fn(&str) -> String,
) -> Result<(Vault, Option<String>), Failure> {
    decide(client, typed, again, client.console().is_interactive())
}

/// The same without a question, for commands other than a login.
pub(in crate::flow) fn choose_unasked(client: &Client<'_>) -> Result<(Vault, Option<String>), Failure> {
    decide(client, None, &|name| format!("jit config set keychain {name}"), false)
}

fn decide(
    client: &Client<'_>,
    typed: Option<&str>,
    again: &dyn Fn(&str) -> String,
    may_ask: bool,
) -> Result<(Vault, Option<String>), Failure> {
    let system = client.system;
    if matches!(system.keychain, KeychainSource::Given(_)) {
        return Ok((Vault::open(system, None)?, None));
    }
    if let Some(name) = typed {
        let proved = Vault::open(system, Some(name)).and_then(|vault| vault.prove(system).map(|()| vault));
        let vault = proved.map_err(|failure| {
            if failure.kind == Kind::Usage {
                return failure;
            }
            // Its own hints fit only a keychain that was in use.
            let failure = Failure { hints: Vec::new(), ..failure };
            let failure = failure.because(format!("the keychain {name} does not work here"));
            offer(failure, &others(client, name), again)
        })?;
        return Ok((vault, Some(name.to_owned())));
    }
    if let Some(name) = client.settings.keychain() {
        return Ok((Vault::open(system, Some(name))?, Some(name.to_owned())));
    }
    let chosen = match choice::probe(system) {
        Ok(()) => Choice::Os,
        Err(error) => {
            let os = Choice::Os.as_str();
            let failure =
                Failure::failed("the desktop's keychain does not work here").cause(error.to_string());
            let others = others(client, os);
            if !may_ask {
                return Err(offer(failure, &others, again));
            }
            client.console().say(&format!("{}: {error}", failure.message));
            pick(client, &others)?
        }
    };
    let name = chosen.as_str();
    Ok((Vault::open(system, Some(name))?, Some(name.to_owned())))
}

/// The other keychains that work on this machine.
fn others(client: &Client<'_>, but: &str) -> Vec<Choice> {
    [Choice::Os, Choice::Keyutils, Choice::File, Choice::None]
        .into_iter()
        .filter(|other| other.as_str() != but)
        .filter(|other| match other {
            Choice::Os => choice::probe(client.system).is_ok(),
            Choice::Keyutils => choice::open(*other, client.system)
                .is_ok_and(|store| choice::prove(store.as_ref(), client.system).is_ok()),
            Choice::File | Choice::None => true,
        })
        .collect()
}

/// The description for a person who chooses.
fn meaning(choice: Choice) -> &'static str {
    match choice {
        Choice::Os => "the desktop's keychain",
        Choice::Keyutils => "memory of the kernel: gone at reboot, and three days after its last use",
        Choice::File => "a file encrypted with a passphrase, which each command that needs it asks for",
        Choice::None => "nothing is kept: `jit exec` and `jit shell` ask for access and use it in one",
    }
}

fn offer(failure: Failure, choices: &[Choice], again: &dyn Fn(&str) -> String) -> Failure {
    choices.iter().fold(failure, |failure, choice| {
        failure.hint(format!("`{}`: {}", again(choice.as_str()), meaning(*choice)))
    })
}

fn pick(client: &Client<'_>, choices: &[Choice]) -> Result<Choice, Failure> {
    let lines: Vec<String> =
        choices.iter().map(|choice| format!("{:<8}  {}", choice.as_str(), meaning(*choice))).collect();
    let chosen = client.console().choose("Where should jit store sessions and credentials?", &lines)?;
    choices.get(chosen).copied().ok_or_else(|| Failure::usage("no keychain was chosen"))
}
