//! The sessions that the sandbox has opened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use data_encoding::BASE32_NOPAD;
use data_encoding::BASE64;
use jiff::Timestamp;

use super::Sandbox;
use super::answer::Credentials;
use super::session_policy::SessionPolicy;
use crate::grant::Digest;
use crate::grant::cloud::aws::RoleArn;
use crate::secret::Secret;

/// How long an expired session is remembered, in seconds, so that its use can be told from an unknown key.
const REMEMBERED: i64 = 24 * 3600;

/// One session. Only the token's digest is kept. The secret key is needed to verify signatures.
#[derive(Debug, Clone)]
pub struct Session {
    /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`
    pub arn: String,
    /// The role's unique id and the session's name.
    pub user_id: String,
    /// The role.
    pub role: RoleArn,
    /// The secret key.
    pub secret_access_key: Secret<String>,
    /// The digest of the session token.
    pub token: Digest,
    /// When the session expires.
    pub expires: Timestamp,
    /// Its session policy.
    pub policy: Option<Arc<SessionPolicy>>,
}

impl Sandbox {
    /// Opens a session of a role.
    pub(super) fn open_session(
        &self,
        role: &RoleArn,
        name: &str,
        expires: Timestamp,
        policy: Option<SessionPolicy>,
    ) -> (Session, Credentials) {
        let mut id = [0; 10];
        self.entropy.fill(&mut id);
        let access_key_id = format!("ASIA{}", BASE32_NOPAD.encode(&id));
        let mut secret = [0; 30];
        self.entropy.fill(&mut secret);
        let secret_access_key = BASE64.encode(&secret);
        let mut token = vec![0; 192];
        self.entropy.fill(&mut token);
        let session_token = BASE64.encode(&token);
        let session = Session {
            arn: format!(
                "arn:{}:sts::{}:assumed-role/{}/{name}",
                role.partition(),
                role.account(),
                role.role_name()
            ),
            user_id: format!("{}:{name}", unique_id(role)),
            role: role.clone(),
            secret_access_key: Secret::new(secret_access_key.clone()),
            token: Digest::of(session_token.as_bytes()),
            expires,
            policy: policy.map(Arc::new),
        };
        let mut sessions = self.sessions();
        let now = self.clock.now();
        sessions.retain(|_, session| now.duration_since(session.expires).as_secs() < REMEMBERED);
        sessions.insert(access_key_id.clone(), session.clone());
        drop(sessions);
        let expiration = expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        (session, Credentials { access_key_id, secret_access_key, session_token, expiration })
    }

    /// The session of an access key, expired or not.
    pub(super) fn session(&self, access_key_id: &str) -> Option<Session> {
        self.sessions().get(access_key_id).cloned()
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `AROA…`, always the same for a role.
fn unique_id(role: &RoleArn) -> String {
    let digest = Digest::of(role.as_str().as_bytes());
    format!("AROA{}", &BASE32_NOPAD.encode(&digest.bytes()[..10]))
}
