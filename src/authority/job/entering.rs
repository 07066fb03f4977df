//! Coming in: the job's own ID token, from wherever its platform puts it, and a session for a key of this process.

use std::path::Path;

use super::JobError;
use crate::authority::AuthorityError;
use crate::authority::BrokerClient;
use crate::config;
use crate::config::inputs;
use crate::github::id_token;
use crate::grant::Digest;
use crate::grant::JobRun;
use crate::grant::Name;
use crate::identity::Signer;
use crate::identity::kept::KeptKey;
use crate::protocol::WorkloadCall;
use crate::secret::Secret;
use crate::system::System;
use crate::system::files;

/// The largest token file, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// A job that a broker let in.
pub(super) struct Entered {
    /// The broker, with the job's session.
    pub(super) broker: BrokerClient,
    /// The workload.
    pub(super) workload: Name,
    /// The facts of the job.
    pub(super) job: JobRun,
    /// The policy in force then.
    pub(super) policy: Digest,
    /// The key that signs for the job.
    pub(super) signer: Box<dyn Signer>,
}

/// Shows the job's token to the broker.
///
/// # Errors
/// The job has no token for the broker, or the broker refuses it.
pub(super) async fn enter(system: &System) -> Result<Entered, AuthorityError> {
    let written = inputs::BROKER.read(&system.environment).map_err(JobError::from)?;
    let url = config::broker_address(&written).map_err(|cause| JobError::Address { written, cause })?;
    let token = token(system, &url).await?;
    let key = KeptKey::generate(system.entropy.as_ref()).map_err(JobError::from)?;
    let broker = BrokerClient::new(system, &url, None);
    let call = WorkloadCall { token: token.expose().clone(), key: key.line().to_owned() };
    let session = broker.enter(&call).await?;
    let job = session.job.parse().map_err(|_| JobError::Facts)?;
    let signer = key.signer().map_err(JobError::from)?;
    Ok(Entered {
        broker: BrokerClient::new(system, &url, Some(session.token)),
        workload: session.workload,
        job,
        policy: session.policy.revision,
        signer,
    })
}

/// The job's ID token whose audience is the broker: from a variable, a file, or GitHub's runner.
async fn token(system: &System, audience: &str) -> Result<Secret<String>, JobError> {
    let environment = &system.environment;
    if let Some(token) = inputs::ID_TOKEN.find(environment)? {
        return Ok(Secret::new(token));
    }
    if let Some(path) = inputs::ID_TOKEN_FILE.find(environment)? {
        let file = files::read_small(Path::new(&path), MAX_TOKEN)
            .map_err(|error| JobError::File(error.to_string()))?;
        let text =
            String::from_utf8(file.content).map_err(|_| JobError::File("it is not text".to_owned()))?;
        return Ok(Secret::new(text.trim().to_owned()));
    }
    if environment.get(id_token::REQUEST_URL).is_none() {
        return Err(JobError::NoToken);
    }
    Ok(id_token::fetch(system, audience).await?)
}
