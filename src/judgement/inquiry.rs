//! Asks one source of a fact: an address, a program or a file, each limited in time and size.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserializer;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;

use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::policy::FactFrom;
use crate::policy::FactSource;
use crate::policy::SecretSource;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::contained::Bounds;
use crate::system::files;
use crate::system::http::MAX_ANSWER;
use crate::system::http::Request;
use crate::system::processes::Command;

/// The time limit of one source.
const LIMIT: Duration = Duration::from_secs(5);

/// A source's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The people of whom it is true.
    pub people: BTreeSet<Name>,
    /// Since when that is known. Never later than the moment before the source was asked.
    pub at: Timestamp,
}

/// Asks a source. The error says why there is no answer. An answer after the time limit is discarded.
pub async fn ask(system: &System, source: &FactSource) -> Result<Said, String> {
    tokio::select! {
        said = fetch(system, source) => said,
        () = system.clock.sleep(LIMIT) => Err(format!("it did not answer within {} seconds", LIMIT.as_secs())),
    }
}

async fn fetch(system: &System, source: &FactSource) -> Result<Said, String> {
    let before = system.clock.now();
    let (answer, at) = match &source.from {
        FactFrom::Url { url, token } => get(system, url, token.as_ref(), before).await?,
        FactFrom::Command(words) => (run(system, words).await?, before),
        FactFrom::File(path) => {
            let path = path.clone();
            // The file may be on a network disk that does not answer.
            let read = tokio::task::spawn_blocking(move || files::read_small(&path, MAX_ANSWER));
            let file = read.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
            (file.content, file.written)
        }
    };
    Ok(Said { people: read(&answer, &source.name)?, at })
}

async fn get(
    system: &System,
    url: &str,
    token: Option<&SecretSource>,
    before: Timestamp,
) -> Result<(Vec<u8>, Timestamp), String> {
    let mut request = Request::new(http::Method::GET, url)
        .header("accept", "application/json")
        .header("cache-control", "no-cache")
        .time_limit(LIMIT);
    if let Some(source) = token {
        let token = secret_of(system, source)?;
        request = request.header("authorization", format!("Bearer {}", token.expose().trim()));
    }
    let answer = system.http.send(request).await.map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("it answered with status {}", answer.status));
    }
    // A cache on the path reports how old its answer is (RFC 9111 §5.1).
    let age = match answer.header("age") {
        None => 0,
        Some(text) => {
            text.trim().parse::<u32>().map_err(|_| "its answer has an Age that is not a number".to_owned())?
        }
    };
    let at = before.checked_sub(SignedDuration::from_secs(i64::from(age))).unwrap_or(Timestamp::MIN);
    Ok((answer.body, at))
}

/// Runs a program with a minimal environment, and returns its output.
async fn run(system: &System, words: &[String]) -> Result<Vec<u8>, String> {
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let mut environment = Environment::default();
    for name in ["PATH", "HOME", "LANG", "TZ"] {
        if let Some(value) = system.environment.get(name) {
            environment.set(name, value);
        }
    }
    let command = Command {
        program: OsString::from(program),
        arguments: arguments.iter().map(OsString::from).collect(),
        environment,
    };
    let bounds = Bounds { time: LIMIT, output: MAX_ANSWER, folder: None };
    let output = system.processes.run_contained(&command, &[], &bounds).await;
    let output = output.map_err(|error| error.to_string())?;
    if output.code == 0 { Ok(output.stdout) } else { Err(format!("it ended with code {}", output.code)) }
}

/// The token for an address.
fn secret_of(system: &System, source: &SecretSource) -> Result<Secret<String>, String> {
    let token = match source {
        SecretSource::Environment(variable) => {
            let set = system.environment.get(variable).map(Secret::from);
            set.ok_or_else(|| format!("the environment variable {variable} is not set"))?
        }
        SecretSource::File(path) => read_token(path)?,
    };
    if token.expose().trim().is_empty() { Err("its token is empty".to_owned()) } else { Ok(token) }
}

fn read_token(path: &Path) -> Result<Secret<String>, String> {
    const LONGEST: usize = 16 * 1024;
    let read = files::read_small(path, LONGEST);
    let file = read.map_err(|error| format!("its token's file cannot be read: {error}"))?;
    let bytes = Secret::new(file.content);
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| "its token's file is not text".to_owned())?;
    Ok(Secret::from(text))
}

/// Parses `{"<fact>": ["<person>", …]}`. Ignores other members, because a source answers for its own fact only.
fn read(answer: &[u8], fact: &str) -> Result<BTreeSet<Name>, String> {
    let mut reader = serde_json::Deserializer::from_slice(answer);
    let found = reader.deserialize_map(Members { fact }).and_then(|found| reader.end().map(|()| found));
    found.map_err(|error| sanitise(&format!("its answer is not {{\"{fact}\": [people]}}: {error}")))
}

struct Members<'a> {
    fact: &'a str,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = BTreeSet<Name>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found: Option<BTreeSet<Name>> = None;
        while let Some(member) = members.next_key::<String>()? {
            if member != self.fact {
                members.next_value::<IgnoredAny>()?;
            } else if found.replace(members.next_value()?).is_some() {
                // Two parsers could each take a different one.
                return Err(A::Error::custom("the fact occurs twice"));
            }
        }
        found.ok_or_else(|| A::Error::custom("the fact is not in it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_speaks_of_its_own_fact_in_plain_lists() {
        let people = |answer: &str| read(answer.as_bytes(), "oncall");
        let names = |names: &[&str]| Ok(names.iter().map(|name| name.parse().unwrap()).collect());
        assert_eq!(people(r#"{"oncall": ["ana", "bo", "ana"], "admins": 7}"#), names(&["ana", "bo"]));
        assert_eq!(people(r#"{"oncall": []}"#), names(&[]));
        for bad in [
            "",
            "null",
            "[]",
            "{}",
            "<html>",
            r#"["ana"]"#,
            r#"{"oncall": "ana"}"#,
            r#"{"oncall": {"ana": true}}"#,
            r#"{"oncall": [1]}"#,
            r#"{"oncall": ["Ana Pires"]}"#,
            r#"{"oncall": ["ana", null]}"#,
            r#"{"oncall": [], "oncall": ["ana"]}"#,
            r#"{"oncall": ["ana"]} trailing"#,
            r#"{"oncall": ["ana"]"#,
            r#"{"ONCALL": ["ana"]}"#,
        ] {
            assert!(people(bad).is_err(), "{bad}");
        }
        let deep =
            format!("{{\"x\": {}1{}, \"oncall\": [\"ana\"]}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(people(&deep), names(&["ana"]), "what is passed over is not even built");
        assert!(!people("{\"oncall\": [\"\u{1b}[2J\"]}").unwrap_err().contains('\u{1b}'));
    }
}
