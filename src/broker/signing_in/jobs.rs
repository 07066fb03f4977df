//! Workloads at a broker: a job shows its own ID token once, and its key counts for hours.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::audit::Subject;
use crate::audit::index::MAX_TOKEN_AGE;
use crate::audit::index::token_digest;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::JobRun;
use crate::grant::Name;
use crate::identity::key::PublicLine;
use crate::identity::oidc::Expected;
use crate::identity::oidc::Failure;
use crate::identity::oidc::Nonce;
use crate::identity::oidc::token;
use crate::policy::Policy;

/// How long a job may act after it showed its token, if the token itself ends earlier. A job on GitHub runs for at most six
/// hours ("Usage limits"), and its token lives for minutes.
const JOB: SignedDuration = SignedDuration::from_hours(6);

/// A job whose token was verified.
pub struct Job {
    /// The workload.
    pub workload: Name,
    /// The facts of the job.
    pub job: JobRun,
    /// When its key expires.
    pub until: Timestamp,
    issuer: String,
    claims: BTreeMap<String, String>,
    jwk: String,
}

/// Why a job is not let in.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error("the policy names no workload of this token's issuer")]
    Issuer,
    #[error(transparent)]
    Verify(#[from] Failure),
    #[error("the policy names no workload, or more than one, with the claims of this token")]
    Unknown,
    #[error("this token came in before, and a token enters once")]
    Used,
    #[error("the token is older than a day")]
    Old,
    #[error("the token does not say which job it is of")]
    NoFacts,
}

impl From<JobError> for Fault {
    fn from(error: JobError) -> Self {
        let text = error.to_string();
        match error {
            JobError::Verify(failure @ Failure::Provider(_)) => {
                let fault = Self::new(Code::Unready, text).retry_after(10);
                match failure.hint() {
                    Some(hint) => fault.hint(hint),
                    None => fault,
                }
            }
            JobError::Verify(_) => Self::new(Code::Statement, text)
                .hint("the audience of a job's token is the broker's address, to the last character"),
            JobError::NoFacts => Self::new(Code::Statement, text)
                .hint("use the token that the platform makes for a job: docs/broker.md, \"Jobs that ask\""),
            JobError::Old => Self::new(Code::Statement, text).hint("let the job fetch a new token"),
            JobError::Used => Self::new(Code::Conflict, text).hint("let the job fetch a new token"),
            JobError::Issuer | JobError::Unknown => Self::new(Code::Policy, text)
                .hint("compare [workloads] in people.toml with the token's issuer and claims"),
        }
    }
}

/// Verifies the token of a job: signature, issuer, and this broker as its audience.
///
/// # Errors
/// The token is refused, was used before, or belongs to no workload of the policy.
pub async fn open(shared: &Shared, policy: &Policy, token: &str) -> Result<Job, Fault> {
    let issuer = token::unverified_issuer(token);
    let issuer = issuer.filter(|issuer| policy.workloads().any(|workload| workload.issuer == *issuer));
    let issuer = issuer.ok_or(JobError::Issuer)?;
    let cache = shared.providers.of(&shared.system, &issuer);
    let expected = Expected { issuer: &issuer, client: &shared.authority, nonce: Nonce::Any };
    let proven = cache.verify(token, &expected).await.map_err(JobError::from)?;
    let now = shared.clock();
    if now.duration_since(proven.issued) >= MAX_TOKEN_AGE {
        return Err(JobError::Old.into());
    }
    if shared.ledger.index().has_entered(&token_digest(token)) {
        return Err(JobError::Used.into());
    }
    let claims = texts(&proven.claims);
    let workload = policy.workload_of_claims(&issuer, &claims).ok_or(JobError::Unknown)?;
    let job = JobRun::of(&claims).ok_or(JobError::NoFacts)?;
    let least = now.saturating_add(JOB).unwrap_or(Timestamp::MAX);
    let most = now.saturating_add(MAX_TOKEN_AGE).unwrap_or(Timestamp::MAX);
    let until = proven.expires.max(least).min(most);
    Ok(Job { workload: workload.name.clone(), job, until, issuer, claims, jwk: proven.key })
}

impl Job {
    /// The event that lets the job in with a key.
    pub fn entered(&self, line: &PublicLine, token: &str) -> Subject {
        Subject::Entered {
            workload: self.workload.clone(),
            key: line.fingerprint.clone(),
            until: self.until,
            job: self.job.to_string(),
            token: token.to_owned(),
            jwk: self.jwk.clone(),
            issuer: self.issuer.clone(),
            claims: self.claims.clone(),
        }
    }
}

/// Every claim that is text, and those of the pod of a Kubernetes service account, by `kubernetes.io/pod/uid`.
pub(super) fn texts(claims: &Map<String, Value>) -> BTreeMap<String, String> {
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let mut texts: BTreeMap<String, String> = claims.iter().filter_map(text).collect();
    let inner = claims.get("kubernetes.io").and_then(Value::as_object);
    for (name, value) in inner.into_iter().flatten() {
        let path = format!("kubernetes.io/{name}");
        match value {
            Value::String(text) => {
                texts.insert(path, text.clone());
            }
            Value::Object(members) => {
                let members = members.iter().filter_map(text);
                texts.extend(members.map(|(member, text)| (format!("{path}/{member}"), text)));
            }
            _ => {}
        }
    }
    texts
}
