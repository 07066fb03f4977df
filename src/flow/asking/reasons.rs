//! The person's earlier reasons for each role, most used first. They are stored beside the index: they are not secret, but
//! private.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::text;
use crate::system::Files;
use crate::system::files;

/// How many reasons are kept.
const MOST: usize = 50;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    count: u32,
    last: Timestamp,
    /// The roles that were asked for with it. Empty in a file of an older version, which did not record them.
    #[serde(default)]
    roles: BTreeSet<Name>,
}

fn load(files: &Files) -> BTreeMap<String, Used> {
    let bytes = files::read(&files.state.join("reasons.json")).ok().flatten().unwrap_or_default();
    let reasons: BTreeMap<String, Used> = serde_json::from_slice(&bytes).unwrap_or_default();
    reasons.into_iter().filter(|(reason, _)| text::check(reason).is_ok()).collect()
}

fn by_use(reasons: BTreeMap<String, Used>) -> Vec<(String, Used)> {
    let mut sorted: Vec<(String, Used)> = reasons.into_iter().collect();
    sorted.sort_by_key(|(_, used)| std::cmp::Reverse((used.count, used.last)));
    sorted
}

/// Earlier reasons for a role, most used first. A damaged file counts as empty.
pub fn offered(files: &Files, role: &Name) -> Vec<String> {
    let own = by_use(load(files)).into_iter().filter(|(_, used)| used.roles.contains(role));
    own.map(|(reason, _)| reason).collect()
}

/// The reason to sign: the one from the command line, else the person's answer to a question. The question repeats
/// until the answer is valid; an invalid reason from the command line fails at once. Also returns whether the person
/// was asked.
///
/// # Errors
/// The given reason is invalid. Or none is given and there is no terminal (`wanted`). Or the person pressed Ctrl-C.
pub(in crate::flow) fn settle(
    client: &Client<'_>,
    given: Option<String>,
    question: &str,
    offered: &[String],
    wanted: impl FnOnce() -> Failure,
    judge: impl Fn(&str) -> Result<(), Failure>,
) -> Result<(String, bool), Failure> {
    let checked = |reason: &str| {
        let reason = text::normalize(reason);
        text::check_new(&reason)
            .map_err(|error| Failure::usage(error.to_string()).hint("write it in another way"))?;
        judge(&reason).map(|()| reason)
    };
    if let Some(given) = given {
        return Ok((checked(&given)?, false));
    }
    if !client.console().is_interactive() {
        return Err(wanted());
    }
    loop {
        match checked(&client.console().ask(question, offered)?) {
            Ok(reason) => return Ok((reason, true)),
            Err(failure) => {
                let why: String = failure.causes.iter().map(|cause| format!(": {cause}")).collect();
                client.console().say(&format!("{}{why}", failure.message));
            }
        }
    }
}

/// The reason of a verb that requires one.
pub(in crate::flow) fn said(
    client: &Client<'_>,
    given: Option<String>,
    question: &str,
    wanted: &str,
) -> Result<String, Failure> {
    let missing = || Failure::usage(wanted).hint("say why: --reason TEXT");
    let judge = |reason: &str| if reason.is_empty() { Err(missing()) } else { Ok(()) };
    settle(client, given, question, &[], missing, judge).map(|(reason, _)| reason)
}

/// Remembers a reason for a role. A failure is only logged.
pub fn remember(files: &Files, role: &Name, reason: &str, now: Timestamp) {
    if reason.is_empty() {
        return;
    }
    let mut reasons = load(files);
    let used =
        reasons.entry(reason.to_owned()).or_insert(Used { count: 0, last: now, roles: BTreeSet::new() });
    used.count = used.count.saturating_add(1);
    used.last = now;
    used.roles.insert(role.clone());
    let kept: BTreeMap<String, Used> = by_use(reasons).into_iter().take(MOST).collect();
    let text = serde_json::to_string_pretty(&kept).unwrap_or_default();
    let written = files::make_private_folder(&files.state)
        .and_then(|()| files::replace_private(&files.state.join("reasons.json"), text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, "the reason was not remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_used_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let (role, other): (Name, Name) = ("prod".parse().unwrap(), "other".parse().unwrap());
        for reason in ["a", "b", "a", "", "c"] {
            remember(&files, &role, reason, now);
        }
        assert_eq!(offered(&files, &role)[0], "a");
        assert_eq!(offered(&files, &role).len(), 3);
        assert!(offered(&files, &other).is_empty(), "a reason for one role is no default of another");
        remember(&files, &other, "b", now);
        assert_eq!(offered(&files, &other), ["b"]);
        let older = r#"{"INC-1 the database is down": {"count": 1, "last": "2026-11-23T10:00:00Z"}}"#;
        std::fs::write(files.state.join("reasons.json"), older).unwrap();
        assert!(offered(&files, &role).is_empty(), "nobody knows for which role it was");
        std::fs::write(files.state.join("reasons.json"), "{").unwrap();
        assert!(offered(&files, &role).is_empty());
    }
}
