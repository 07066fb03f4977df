//! The parts of `jit` itself.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Finding;
use super::issuer;
use crate::authority::AuthorityError;
use crate::authority::BrokerClient;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::text::count;
use crate::keychain::LeaseStore;
use crate::provider::aws::forbidden::clock_difference;
use crate::state::index;
use crate::system::KeychainSource;
use crate::system::System;
use crate::system::loopback;
use crate::system::processes::Command;

/// The largest accepted difference of clocks, in seconds.
const MAX_DIFFERENCE: i64 = 60;
/// The time limit for a child to reach this process.
const PATIENCE: Duration = Duration::from_secs(5);
const CLOCK_MEND: &str = "set the clock by NTP: `timedatectl set-ntp true`";

pub(super) fn settings(client: &Client<'_>) -> Finding {
    let path = client.system.files.config.join("config.toml");
    let direct = count(client.settings.roles.len(), "direct role");
    let shown = path.display();
    if path.exists() {
        Finding::ok("settings", format!("{shown} loads; {direct}"))
    } else {
        Finding::ok("settings", format!("there is no {shown}, so the defaults apply; {direct}"))
    }
}

pub(super) async fn broker(client: &Client<'_>) -> Vec<Finding> {
    let Some(url) = client.settings.authority() else {
        let mend = "log in when your team has one: `jit login https://…`";
        return vec![Finding::note("broker", "none is known; only direct roles work").mend(mend)];
    };
    let sent = client.now();
    let challenge = match BrokerClient::new(client.system, url, None).challenge().await {
        Ok(challenge) => challenge,
        Err(error) => {
            return vec![Finding::of(
                "broker",
                &Failure::from(error).because(format!("{url} does not answer as it should")),
            )];
        }
    };
    let ahead = challenge.time.duration_since(client.now());
    let behind = sent.duration_since(challenge.time);
    let difference = ahead.max(behind).max(SignedDuration::ZERO).as_secs();
    let mut findings = vec![ready(client, url).await];
    findings.extend(issuer::examine(client, url).await);
    findings.push(clock("clock", "the broker's", difference));
    findings
}

/// Whether the broker reports that it is ready. A broker that answers may still be unable to grant.
async fn ready(client: &Client<'_>, url: &str) -> Finding {
    const PART: &str = "broker";
    match BrokerClient::new(client.system, url, None).ready().await {
        Ok(()) => Finding::ok(PART, format!("{url} answers and is ready")),
        Err(AuthorityError::Problem(problem)) if problem.code == "unready" => {
            let finding = Finding::problem(PART, format!("{url} is not ready: {}", problem.detail));
            match problem.hint {
                Some(hint) => finding.mend(hint),
                None => finding,
            }
        }
        // A proxy may hide the path.
        Err(error) => {
            let failure = Failure::from(error);
            let causes: String = failure.causes.iter().map(|cause| format!(": {cause}")).collect();
            let found =
                format!("{url} answers; jit could not see whether it is ready: {}{causes}", failure.message);
            Finding::unknown(PART, found)
        }
    }
}

fn clock(part: &'static str, whose: &str, difference: i64) -> Finding {
    let text = format!("this machine's clock and {whose} differ by {}", count(difference, "second"));
    if difference > MAX_DIFFERENCE {
        Finding::problem(part, format!("{text}; more than {MAX_DIFFERENCE} are not accepted"))
            .mend(CLOCK_MEND)
    } else {
        Finding::ok(part, text)
    }
}

/// Compares the clock with the STS of each region that a direct role names, by its `Date` header.
pub(super) async fn clouds(client: &Client<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for role in client.settings.roles.values() {
        let Some(aws) = role.target.as_aws() else { continue };
        if !seen.insert((aws.region.clone(), aws.endpoint_url.clone())) {
            continue;
        }
        findings.push(match clock_difference(&role.target, client.system).await {
            Ok(Some(difference)) => clock("cloud", &format!("that of AWS in {}", aws.region), difference),
            Ok(None) => Finding::note("cloud", format!("AWS in {} does not say its time", aws.region)),
            Err(error) => Finding::of("cloud", &Failure::from(error)),
        });
    }
    findings
}

fn is_keychain_chosen(client: &Client<'_>) -> bool {
    matches!(client.system.keychain, KeychainSource::Given(_)) || client.settings.keychain().is_some()
}

pub(super) fn keychain(client: &Client<'_>) -> Finding {
    if !is_keychain_chosen(client) {
        return Finding::note("keychain", "none has been chosen yet; `jit login` does that");
    }
    let proved = client.vault().and_then(|vault| vault.prove(client.system).map(|()| vault.name()));
    match proved {
        Ok(name) => Finding::ok("keychain", format!("{name} writes, reads back and removes")),
        Err(failure) => Finding::of("keychain", &failure),
    }
}

/// The place of credentials. `None` until a keychain is chosen.
pub(super) fn credentials(client: &Client<'_>) -> Option<Finding> {
    const PART: &str = "credentials";
    let vault = is_keychain_chosen(client).then(|| client.vault())?.ok()?;
    if vault.forgets() {
        return Some(Finding::note(PART, "the keychain `none` keeps none"));
    }
    Some(match vault.leases_in() {
        LeaseStore::Keychain => Finding::ok(PART, "kept in the keychain"),
        LeaseStore::Kernel => match vault.prove_kernel(client.system) {
            Ok(room) => {
                let room = room.map(|room| format!(", {} of {} bytes in use", room.used, room.limit));
                let does = "the kernel's keyring writes, reads back, removes and takes an end";
                Finding::ok(PART, format!("{does}{}", room.unwrap_or_default()))
            }
            Err(failure) => Finding::of(PART, &failure),
        },
    })
}

pub(super) async fn login(client: &Client<'_>) -> Finding {
    if client.settings.authority().is_none() || !is_keychain_chosen(client) {
        return Finding::note("login", "not logged in anywhere").mend("type `jit login https://…`");
    }
    let session = async {
        let connected = client.connect().await?;
        Ok::<_, Failure>(connected.authority.session().await?)
    };
    match session.await {
        Ok(session) => {
            let until = if session.expires == Timestamp::MAX {
                "GitHub does not say until when".to_owned()
            } else {
                format!("{} left", crate::grant::span::time_left(client.now(), session.expires))
            };
            Finding::ok("login", format!("logged in as {}, {until}", session.person))
        }
        Err(failure) => Finding::of("login", &failure),
    }
}

pub(super) fn index(system: &System) -> Finding {
    let read = index::read(&system.files);
    if let Some(newer) = read.newer.words() {
        return Finding::note("index", newer).mend("update jit on this machine");
    }
    match read.damage {
        Some(damage) => {
            Finding::problem("index", damage).mend("type `jit status`: it writes the index again")
        }
        None => Finding::ok(
            "index",
            match read.entries.len() {
                1 => "1 grant or request".to_owned(),
                number => format!("{number} grants and requests"),
            },
        ),
    }
}

/// Whether a child reaches a server of this process on this machine: a container or a firewall may prevent it.
pub(super) async fn loopback(system: &System) -> Finding {
    const PART: &str = "loopback";
    const MEND: &str =
        "use `jit exec --env`, which serves nothing, and see what keeps programs from 127.0.0.1";
    let listener = match loopback::Listener::bind().await {
        Ok(listener) => listener,
        Err(error) => {
            return Finding::problem(PART, format!("cannot listen on 127.0.0.1: {error}")).mend(MEND);
        }
    };
    let command = Command {
        program: system.files.executable.clone().into(),
        arguments: ["doctor", "--reach", &listener.port().to_string()].map(OsString::from).to_vec(),
        environment: system.environment.clone(),
    };
    match system.processes.run_collected(&command, &[], PATIENCE).await {
        Ok(output) if output.code == 0 => Finding::ok(PART, "a child reaches this process"),
        Ok(_) => Finding::problem(PART, "a child does not reach 127.0.0.1").mend(MEND),
        Err(error) => Finding::problem(PART, format!("a child did not start: {error}")).mend(MEND),
    }
}
