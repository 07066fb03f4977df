//! The job that asks a broker as a workload, as its token states it. An approval of one run is no approval of another.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

/// The longest text, in bytes.
const MAX: usize = 1_024;
/// The claims that tell one run from another, in the order in which they are written: of GitHub Actions ("OpenID Connect
/// reference"), then of GitLab CI ("ID token authentication").
const RUN: [&str; 10] = [
    "repository_id",
    "repository",
    "project_id",
    "project_path",
    "ref",
    "sha",
    "workflow_ref",
    "run_id",
    "run_attempt",
    "pipeline_id",
];
/// The claims of a service account's token: its subject, and the pod (Kubernetes, "Service account tokens").
const POD: [&str; 2] = ["sub", "kubernetes.io/pod/uid"];
/// The claims of any other token. Nothing but the token's own id tells one run from another.
const OTHER: [&str; 2] = ["sub", "jti"];
/// The characters of a value that are not written as they are.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/').remove(b'@').remove(b':');

/// The facts of a job: `name=value` pairs separated by single blanks. Other characters than letters, digits and `-._/@:` are
/// percent-encoded, so that no value can imitate another pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun(String);

impl JobRun {
    /// The facts in the claims of a token. `None` if they do not tell one run from another.
    pub fn of(claims: &BTreeMap<String, String>) -> Option<Self> {
        let has = |name: &str| claims.contains_key(name);
        let names: &[&str] =
            if has("repository_id") && has("run_id") || has("project_id") && has("pipeline_id") {
                &RUN
            } else if has(POD[1]) {
                &POD
            } else if has(OTHER[1]) {
                &OTHER
            } else {
                return None;
            };
        let pair = |name: &&str| {
            let value = claims.get(*name)?;
            Some(format!("{name}={}", utf8_percent_encode(value, ESCAPED)))
        };
        let pairs: Vec<String> = names.iter().filter_map(pair).collect();
        pairs.join(" ").parse().ok()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for JobRun {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |pair: &str| {
            let is_plain = |part: &str| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/@:%".contains(&byte))
            };
            pair.split_once('=').is_some_and(|(name, value)| is_plain(name) && is_plain(value))
        };
        if text.len() <= MAX && text.split(' ').all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("write the facts of the job as name=value, separated by single blanks")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_kind_of_job_states_its_run() {
        let actions = claims(&[
            ("run_id", "9"),
            ("repository_id", "4"),
            ("ref", "refs/heads/a b=c"),
            ("sub", "repo:x"),
            ("actor", "ana"),
        ]);
        assert_eq!(
            JobRun::of(&actions).unwrap().as_str(),
            "repository_id=4 ref=refs/heads/a%20b%3Dc run_id=9"
        );
        let gitlab = claims(&[("project_id", "12"), ("pipeline_id", "77"), ("sha", "abc"), ("job_id", "5")]);
        assert_eq!(JobRun::of(&gitlab).unwrap().as_str(), "project_id=12 sha=abc pipeline_id=77");
        let pod = claims(&[("sub", "system:serviceaccount:prod:deploy"), ("kubernetes.io/pod/uid", "u-1")]);
        assert_eq!(
            JobRun::of(&pod).unwrap().as_str(),
            "sub=system:serviceaccount:prod:deploy kubernetes.io/pod/uid=u-1"
        );
        let other = claims(&[("sub", "x"), ("jti", "t-1")]);
        assert_eq!(JobRun::of(&other).unwrap().as_str(), "sub=x jti=t-1");
        for none in [vec![("aud", "x")], vec![("sub", "x")], vec![("repository_id", "4"), ("sub", "x")]] {
            assert_eq!(JobRun::of(&claims(&none)), None, "{none:?}");
        }
        let long = "x".repeat(2_000);
        assert_eq!(JobRun::of(&claims(&[("sub", &long), ("jti", "t-1")])), None);
    }

    #[test]
    fn other_texts_are_none() {
        for bad in ["", "a", "a=", "=b", "a=b  c=d", "a=b ", "a=b\n", "a=\u{202e}", "a=b=c"] {
            assert!(bad.parse::<JobRun>().is_err(), "{bad:?}");
        }
    }
}
