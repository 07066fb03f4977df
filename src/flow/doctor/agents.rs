//! Whether a coding agent on this machine could ask as the person who owns it.

use super::Finding;
use crate::config::variables;
use crate::flow::Client;
use crate::grant::statement::Attendance;
use crate::identity::key;
use crate::identity::signer;
use crate::identity::signer::KeyChoice;

const PART: &str = "agents";

/// Looks at the person's session and key if an agent runs here, or has a key here. Empty if neither is so.
pub(super) fn examine(client: &Client<'_>) -> Vec<Finding> {
    let system = client.system;
    if let Some(agent) = system.environment.get(variables::AGENT) {
        return vec![Finding::ok(
            PART,
            format!("jit runs as the agent {agent}, without its owner's session and key"),
        )];
    }
    let runs = Attendance::of(system).agent;
    if !runs && !system.files.config.join("agents").is_dir() {
        return Vec::new();
    }
    let Some(account) = client.settings.login().filter(|account| !account.ended) else {
        return vec![Finding::ok(PART, "an agent here has no session of yours to use")];
    };
    let who = if runs { "the coding agent that runs this" } else { "a coding agent of yours" };
    let mut findings = Vec::new();
    let choice = KeyChoice { public: account.key.clone(), file: account.key_file.clone() };
    let needs_touch = key::parse_line(&account.key).is_ok_and(|line| line.hardware);
    if !needs_touch && signer::is_in_agent(&choice, system) {
        let found = format!(
            "{who} could sign as {}: the ssh-agent holds your key, and asks for no touch",
            account.person
        );
        findings.push(Finding::problem(PART, found).mend(
            "`ssh-add -c KEY` makes it ask you each time, or use a hardware key (`ssh-keygen -t ed25519-sk`)",
        ));
    }
    let has_session =
        client.vault().and_then(|vault| vault.session(&account.url)).is_ok_and(|kept| kept.is_some());
    if has_session {
        let found = format!("{who} could use your session with {}", account.url);
        let mend = format!(
            "`jit lock` ends it; run the agent as itself: `jit agent init`, then {}=NAME",
            variables::AGENT
        );
        findings.push(Finding::note(PART, found).mend(mend));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(PART, "an agent here can neither sign as you nor use a session of yours"));
    }
    findings
}
