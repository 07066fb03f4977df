//! The GitHub App that writes the log, made in the person's browser: jit posts a manifest from a page on this machine, GitHub comes
//! back with a code, and the code gives the app's key, which goes into a secret and nowhere else.
//!
//! Source: GitHub, "Registering a GitHub App from a manifest".

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::SignedDuration;
use url::form_urlencoded;

use crate::flow::Failure;
use crate::flow::github::setup::init::Setup;
use crate::flow::session::browser;
use crate::github::GitHubError;
use crate::github::LOG_ENVIRONMENT;
use crate::github::api::device::web_of;
use crate::github::api::manifest;
use crate::github::api::manifest::NewApp;
use crate::github::api::models::Account;
use crate::github::api::secrets::SealingKey;
use crate::identity::oidc::landing::Landing;
use crate::identity::oidc::landing::Start;
use crate::secret::Secret;
use crate::system::System;

/// How long a person has for each of the two pages at GitHub.
const LIMIT: Duration = Duration::from_secs(10 * 60);
/// The pause between two looks for the installation.
const PAUSE: Duration = Duration::from_secs(3);

/// How often a secret that could not be put away is tried again.
const TRIES: u32 = 3;

/// The secrets of the app: its id and its private key.
pub(super) const SECRETS: [&str; 2] = ["JIT_LOG_APP", "JIT_LOG_APP_KEY"];

/// Refuses before anything is changed if no browser could bring the app.
///
/// # Errors
/// There is no browser on this machine, or nobody at a terminal, and `--no-browser` is not given.
pub(super) fn check(system: &System, no_browser: bool) -> Result<(), Failure> {
    if no_browser || browser::is_here(&system.environment) {
        return Ok(());
    }
    Err(Failure::usage("the log has no writer yet, and this machine has no browser to make one in")
        .cause("jit makes a GitHub App on a page that only a browser of this machine reaches")
        .hint("run this where there is a browser; or forward the port that `--no-browser` prints: ssh -L PORT:127.0.0.1:PORT …")
        .hint(format!(
            "or make an app by hand (contents: write; actions and pull requests: read), install it on this repository, set {} and {} in \
             the environment {LOG_ENVIRONMENT}, and run this with --log-writer app:ID",
            SECRETS[0], SECRETS[1]
        )))
}

/// Has the person make the app. Until GitHub comes back, nothing has happened.
///
/// # Errors
/// The time ran out, the person pressed Ctrl-C, or GitHub does not know the code.
pub(super) async fn make(setup: &Setup<'_>) -> Result<NewApp, Failure> {
    let (system, console) = (setup.system, &setup.system.console);
    let mut landing = Landing::open("127.0.0.1", None)
        .await
        .map_err(|error| Failure::failed("no page can be shown on this machine").cause(error.to_string()))?;
    let state = Secret::new(system.entropy.token());
    let start = page(setup, &landing.redirect(), &state)?;
    let address = landing.begin_at(start);
    let name = manifest::name_for(&setup.plan.slug.name);
    console.say(&format!("make the app {name} on GitHub; if the name is taken, choose another there:"));
    console.say(&format!("  {address}"));
    let judge = move |query: &str| code_of(query, &state);
    let answer = landing.answer(Arc::clone(&system.clock), Arc::new(judge));
    let opened = open(setup, &address);
    console.progress("waiting for the app on GitHub");
    let code = tokio::select! {
        biased;
        code = answer => Ok(code),
        () = opened => Err(late()),
        () = system.processes.interrupted() => Err(Failure::interrupted()),
        () = system.clock.sleep(LIMIT) => Err(late()),
    };
    console.settle();
    Ok(manifest::convert(&system.http, &setup.api, &code?).await?)
}

fn late() -> Failure {
    Failure::failed("nobody made the app in time").hint("run the command again")
}

/// Opens the browser, and stays until the answer is there: the one-use address serves the browser until then.
async fn open(setup: &Setup<'_>, address: &str) {
    let is_wanted = !setup.plan.no_browser && browser::is_here(&setup.system.environment);
    let opened = if is_wanted { browser::open(setup.system, address).await } else { Ok(None) };
    let _handed = opened.unwrap_or_else(|cause| {
        let line = format!("warning: no browser was opened: {cause}; open the address yourself");
        setup.system.console.say(&line);
        None
    });
    std::future::pending::<()>().await;
}

/// The code in the query of a request to the loopback address. Another program of this machine can send one, and does not know the
/// state of 256 random bits.
fn code_of(query: &str, state: &Secret<String>) -> Option<Secret<String>> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let only = |wanted: &str| {
        let mut values = pairs.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_ref());
        values.next().filter(|_| values.next().is_none())
    };
    let given = only("state").unwrap_or_default();
    verify_slices_are_equal(given.as_bytes(), state.expose().as_bytes()).ok()?;
    only("code").filter(|code| !code.is_empty()).map(Secret::from)
}

/// The page that posts the manifest, at once where scripts run.
fn page(setup: &Setup<'_>, redirect: &str, state: &Secret<String>) -> Result<Start, Failure> {
    let web = web_of(&setup.api).ok_or_else(|| Failure::failed("the API belongs to no web site"))?;
    let form = form_of(&web, &setup.repository.owner);
    let home = format!("{web}/{}", setup.plan.slug);
    let manifest = manifest::manifest(&setup.plan.slug.name, &home, redirect).to_string();
    let entropy = &setup.system.entropy;
    let (path, nonce) = (format!("/{}", entropy.token()), entropy.token());
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>jit</title>\
<form action=\"{}?state={}\" method=\"post\"><input type=\"hidden\" name=\"manifest\" value=\"{}\">\
<p>GitHub makes the app that writes the log of {}.</p><button>Go to GitHub</button></form>\
<script nonce=\"{nonce}\">document.forms[0].submit()</script></html>",
        escaped(&form),
        state.expose(),
        escaped(&manifest),
        escaped(&setup.plan.slug.to_string()),
    );
    Ok(Start { path, html, nonce })
}

/// The address that takes the manifest of an app for an organisation or a person.
fn form_of(web: &str, owner: &Account) -> String {
    match owner.kind.as_str() {
        "Organization" => format!("{web}/organizations/{}/settings/apps/new", owner.login),
        _ => format!("{web}/settings/apps/new"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Puts the app's key and id into the secrets, sealed to a key that is at hand: the key first, since GitHub shows it once. A second
/// run puts the id.
///
/// # Errors
/// GitHub refuses, several times if the trouble may pass. The app is there then, and its key may be lost.
pub(super) async fn put_away(setup: &Setup<'_>, app: &NewApp, sealing: &SealingKey) -> Result<(), Failure> {
    let id = Secret::new(app.id.to_string());
    for (name, value) in [(SECRETS[1], &app.pem), (SECRETS[0], &id)] {
        put(setup, name, value, sealing).await.map_err(|error| {
            Failure::from(error).because(format!("the app {} is made, and its key could not be put away", app.slug)).hint(format!(
                "make another key on the app's page, set {} and {} in the environment {LOG_ENVIRONMENT}, and run this again",
                SECRETS[0], SECRETS[1]
            ))
        })?;
        setup.tell(&format!("secret {name} of the environment {LOG_ENVIRONMENT}"));
    }
    Ok(())
}

async fn put(
    setup: &Setup<'_>,
    name: &str,
    value: &Secret<String>,
    sealing: &SealingKey,
) -> Result<(), GitHubError> {
    let mut tries = 0;
    loop {
        let entropy = setup.system.entropy.seed();
        match setup.github.put_secret(LOG_ENVIRONMENT, sealing, name, value, entropy).await {
            Err(error) if error.is_passing() && tries < TRIES => tries += 1,
            done => return done,
        }
        setup.system.clock.sleep(PAUSE).await;
    }
}

/// Has the person install the app on the repository, and waits until it is. Returns whether it is installed there alone.
///
/// # Errors
/// The time ran out, the person pressed Ctrl-C, or GitHub does not answer.
pub(super) async fn install(setup: &Setup<'_>, app: &NewApp) -> Result<bool, Failure> {
    let (system, slug) = (setup.system, &setup.plan.slug);
    let web = web_of(&setup.api).unwrap_or_default();
    let address = format!("{web}/apps/{}/installations/new", app.slug);
    let unfinished = |failure: Failure| {
        failure.hint(format!("install it on {slug} alone, at {address}, and run the command again"))
    };
    system.console.say(&format!("install it on {slug}, and on no other repository:"));
    system.console.say(&format!("  {address}"));
    if !setup.plan.no_browser && browser::is_here(&system.environment) {
        // The address is no secret, and it was printed.
        let _ = system.processes.launch(&browser::command(system, &address), browser::PATIENCE).await;
    }
    let until = system.clock.now() + SignedDuration::try_from(LIMIT).unwrap_or_default();
    while system.clock.now() < until {
        system.console.progress("waiting for the installation of the app");
        match manifest::installation(&setup.api, slug, app, system).await {
            Ok(Some(installed)) => {
                system.console.settle();
                return Ok(installed.repository_selection == "selected");
            }
            Ok(None) => {}
            Err(error) if error.is_passing() => {}
            Err(error) => return Err(unfinished(error.into())),
        }
        tokio::select! {
            () = system.clock.sleep(PAUSE) => {}
            () = system.processes.interrupted() => {
                system.console.settle();
                return Err(unfinished(Failure::interrupted()));
            }
        }
    }
    system.console.settle();
    Err(unfinished(Failure::failed(format!("nobody installed the app {} in time", app.slug))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_counts_with_the_state_alone_and_once() {
        let state = Secret::from("right");
        let code = |query: &str| code_of(query, &state).map(|code| code.expose().clone());
        assert_eq!(code("code=abc&state=right").as_deref(), Some("abc"));
        for bad in [
            "",
            "code=abc",
            "code=abc&state=wrong",
            "code=abc&state=right&state=right",
            "code=abc&code=abd&state=right",
            "code=&state=right",
            "state=right",
        ] {
            assert_eq!(code(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_app_belongs_to_the_repositorys_owner() {
        let owner =
            |login: &str, kind: &str| Account { id: 1, login: login.to_owned(), kind: kind.to_owned() };
        let web = "https://github.com";
        let company = "https://github.com/organizations/acme/settings/apps/new";
        assert_eq!(form_of(web, &owner("acme", "Organization")), company);
        assert_eq!(form_of(web, &owner("ana", "User")), "https://github.com/settings/apps/new");
    }

    #[test]
    fn a_manifest_stays_inside_its_attribute() {
        assert_eq!(escaped("a\"><script>&"), "a&quot;&gt;&lt;script&gt;&amp;");
    }
}
