//! The choice of a keychain: the named one, else the recorded one, else the operating system's after a test. There is
//! no silent fallback: on a terminal the person picks one that works here, elsewhere the error names them.
//!
//! And the choice of the place for credentials: the named one, else the recorded one, else the kernel's keyring if it passes a
//! test and stands beside the operating system's keychain. Otherwise the keychain.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::session::vault::Vault;
use crate::keychain::Choice;
use crate::keychain::LeaseStore;
use crate::keychain::choice;
use crate::keychain::lease_store;
use crate::system::KeychainSource;

/// The chosen stores, and what the login records of them.
pub(in crate::flow) struct Chosen {
    /// The stores.
    pub vault: Vault,
    /// The keychain's name. `None` if the caller supplied the store.
    pub keychain: Option<String>,
    /// The name of the place for credentials. `None` if there was nothing to choose.
    pub credentials: Option<String>,
}

/// The stores that the person named after `jit login`.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::flow) struct Typed<'a> {
    /// The keychain.
    pub keychain: Option<&'a str>,
    /// The place for credentials.
    pub credentials: Option<&'a str>,
}

/// Opens a keychain. `again` is the command line that names one. Only a login asks the person at the terminal.
pub(in crate::flow) fn choose(
    client: &Client<'_>,
    typed: Typed<'_>,
    again: &dyn Fn(&str) -> String,
) -> Result<Chosen, Failure> {
    let (vault, keychain) = decide(client, typed.keychain, again, client.console().is_interactive())?;
    with_leases(client, typed, vault, keychain)
}

/// The same without a question, for commands other than a login.
pub(in crate::flow) fn choose_unasked(client: &Client<'_>) -> Result<Chosen, Failure> {
    let again = |name: &str| format!("jit config set keychain {name}");
    let (vault, keychain) = decide(client, None, &again, false)?;
    with_leases(client, Typed::default(), vault, keychain)
}

/// Adds the place for credentials.
fn with_leases(
    client: &Client<'_>,
    typed: Typed<'_>,
    vault: Vault,
    keychain: Option<String>,
) -> Result<Chosen, Failure> {
    let leases = choose_leases(client, typed, &vault, keychain.as_deref())?;
    let vault = vault.with_leases_in(leases.unwrap_or(LeaseStore::Keychain));
    Ok(Chosen { vault, keychain, credentials: leases.map(|leases| leases.to_string()) })
}

/// The place for credentials. `None` if there is nothing to choose: no kernel keyring, or a keychain that keeps nothing.
fn choose_leases(
    client: &Client<'_>,
    typed: Typed<'_>,
    vault: &Vault,
    keychain: Option<&str>,
) -> Result<Option<LeaseStore>, Failure> {
    let parse = |name: &str| {
        name.parse::<LeaseStore>().map_err(|error| {
            Failure::usage(error.to_string())
                .hint("`--credentials keychain`, or `jit config set credentials keychain`")
        })
    };
    if let Some(typed) = typed.credentials {
        let leases = parse(typed)?;
        if leases == LeaseStore::Kernel {
            if vault.forgets() {
                return Err(Failure::usage("the keychain `none` keeps no credentials")
                    .hint("choose another with `--keychain`, or leave `--credentials` out"));
            }
            prove_kernel(client, vault)?;
        }
        return Ok(Some(leases));
    }
    if vault.forgets() {
        return Ok(None);
    }
    let settings = &client.settings;
    // The recorded place was chosen for the recorded keychain.
    let recorded = settings.login.credentials.as_deref().filter(|_| typed.keychain.is_none());
    if let Some(name) = &settings.credentials {
        let leases = parse(name)?;
        if leases == LeaseStore::Kernel {
            vault.prove_kernel(client.system)?;
        }
        return Ok(Some(leases));
    }
    if let Some(name) = recorded {
        let leases = parse(name)?;
        if leases == LeaseStore::Kernel {
            prove_kernel(client, vault)?;
        }
        return Ok(Some(leases));
    }
    let Ok(kernel) = lease_store::kernel(client.system) else { return Ok(None) };
    // A person who chose another keychain by name chose how credentials are protected.
    let is_desktops = keychain.is_none_or(|name| name == Choice::Os.as_str());
    let works = is_desktops && lease_store::prove(kernel.as_ref(), client.system).is_ok();
    Ok(Some(if works { LeaseStore::Kernel } else { LeaseStore::Keychain }))
}

/// Tests the kernel's keyring, which a login chose or chooses. The hint names what changes it at a login.
fn prove_kernel(client: &Client<'_>, vault: &Vault) -> Result<(), Failure> {
    let proved = vault
        .prove_kernel(client.system)
        .map_err(|failure| Failure { hints: Vec::new(), ..failure }.hint("say `--credentials keychain`"));
    proved.map(|_| ())
}

fn decide(
    client: &Client<'_>,
    typed: Option<&str>,
    again: &dyn Fn(&str) -> String,
    may_ask: bool,
) -> Result<(Vault, Option<String>), Failure> {
    let system = client.system;
    if matches!(system.keychain, KeychainSource::Given(_)) {
        return Ok((Vault::open(system, None, None)?, None));
    }
    if let Some(name) = typed {
        let proved =
            Vault::open(system, Some(name), None).and_then(|vault| vault.prove(system).map(|()| vault));
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
        return Ok((Vault::open(system, Some(name), None)?, Some(name.to_owned())));
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
    Ok((Vault::open(system, Some(name), None)?, Some(name.to_owned())))
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
        Choice::File => "a file with a passphrase, which each command asks for",
        Choice::None => "nothing is kept: `jit exec` asks for access and uses it at once",
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
