//! The form of a call, and STS's limits on its fields (AWS STS API Reference).

use std::collections::BTreeMap;

use super::answer::Fault;
use super::session_policy::SessionPolicy;
use crate::provider::aws::MAX_SESSION;
use crate::provider::aws::MIN_SESSION;
use crate::provider::aws::session_policy::MAX_POLICY;

/// The fields of one call, each present once.
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Parses a form.
    pub fn read(body: &[u8]) -> Result<Self, Fault> {
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if fields.insert(name.to_string(), value.to_string()).is_some() {
                return Err(Fault::validation(format!("{name} is given twice")));
            }
        }
        if fields.get("Version").is_none_or(|version| version != "2011-06-15") {
            return Err(Fault::new(400, "InvalidAction", "the version of the STS API is 2011-06-15"));
        }
        Ok(Self(fields))
    }

    /// A field. `None` if it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A required field.
    pub fn require(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| Fault::validation(format!("{name} is missing")))
    }

    /// `RoleSessionName`: 2 to 64 of `[\w+=,.@-]`.
    pub fn session_name(&self) -> Result<&str, Fault> {
        let name = self.require("RoleSessionName")?;
        let fits = (2..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
        if fits { Ok(name) } else { Err(Fault::validation("RoleSessionName must be 2 to 64 of [\\w+=,.@-]")) }
    }

    /// `DurationSeconds`: within the limits of STS and the role. The default is 3600.
    pub fn duration(&self, most: i64) -> Result<i64, Fault> {
        let seconds: i64 = match self.get("DurationSeconds") {
            None => 3600,
            Some(text) => {
                text.parse().map_err(|_| Fault::validation("DurationSeconds must be a whole number"))?
            }
        };
        if !(MIN_SESSION..=MAX_SESSION).contains(&seconds) {
            return Err(Fault::validation(format!("DurationSeconds must be {MIN_SESSION} to {MAX_SESSION}")));
        }
        if seconds > most {
            return Err(Fault::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        Ok(seconds)
    }

    /// `Policy`: at most 2048 characters of JSON that the sandbox can enforce.
    pub fn policy(&self) -> Result<Option<SessionPolicy>, Fault> {
        let Some(text) = self.get("Policy") else { return Ok(None) };
        let characters_fit =
            text.chars().all(|character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'));
        if text.chars().count() > MAX_POLICY || !characters_fit {
            return Err(Fault::validation(format!(
                "Policy must be at most {MAX_POLICY} characters of Latin-1"
            )));
        }
        SessionPolicy::read(text).map(Some).map_err(|cause| Fault::new(400, "MalformedPolicyDocument", cause))
    }
}
