//! `authority.toml`: facts that `jit login` found. They have a file of their own, so that the user's file is never
//! rewritten.

use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use super::ConfigError;
use super::authority_address;
use crate::grant::Name;
use crate::system::Files;
use crate::system::files;

const HEADING: &str =
    "# Written by `jit login`; every login replaces it. Settings of your own belong in config.toml.\n\n";

/// Facts that a login established. They contain no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRecord {
    /// The keychain, which is chosen once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keychain: Option<String>,
    /// Where credentials are kept, if it was chosen with the keychain: `kernel` or `keychain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// The authority and the person's account there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

/// A person's account at one authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The authority's address.
    pub url: String,
    /// The person's name in its policy.
    pub person: Name,
    /// The public key that signs, as one OpenSSH line.
    pub key: String,
    /// The private key's file, if no agent holds the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The numeric id of the repository, if the authority is a repository and the login has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<u64>,
    /// Whether `jit logout` ended the login. If so, only a person logs in again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// The identity provider that the person signed in at. `None` after a login with a key that the policy lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<SignIn>,
}

/// A sign-in at an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The issuer. A refresh token is sent nowhere else.
    pub issuer: String,
    /// Whether the keychain keeps the key. Otherwise it is the person's own SSH key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_key: bool,
}

impl Account {
    /// Whether the keychain keeps the key that signs.
    pub fn keeps_key(&self) -> bool {
        self.provider.as_ref().is_some_and(|provider| provider.keeps_key)
    }
}

impl LoginRecord {
    /// The address of the authority that the person logged in to.
    pub fn url(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.url.as_str())
    }

    /// The path of the file.
    pub fn path(files: &Files) -> PathBuf {
        files.config.join("authority.toml")
    }

    /// Reads the file. Empty if there was no login yet.
    pub fn load(files: &Files) -> Result<Self, ConfigError> {
        let path = Self::path(files);
        let Some(bytes) = files::read(&path).map_err(|error| ConfigError::of_file(&path, &error))? else {
            return Ok(Self::default());
        };
        let source = String::from_utf8_lossy(&bytes);
        let again = "type `jit login URL` to write it anew";
        let record: Self = toml::from_str(&source)
            .map_err(|error| ConfigError::of_toml(&path, &source, &error).hint(again))?;
        if let Some(url) = record.url()
            && authority_address(url).as_deref() != Ok(url)
        {
            return Err(ConfigError::at(&path, &source, 0, "its address is not an authority's").hint(again));
        }
        Ok(record)
    }

    /// Replaces the whole file.
    pub fn save(&self, files: &Files) -> Result<(), ConfigError> {
        let path = Self::path(files);
        let body = toml::to_string(self).map_err(|error| ConfigError {
            path: path.clone(),
            position: None,
            message: error.to_string(),
            hint: None,
        })?;
        files::make_private_folder(&files.config)
            .and_then(|()| files::replace_private(&path, format!("{HEADING}{body}").as_bytes()))
            .map_err(|error| ConfigError::of_file(&path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_loads() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        assert_eq!(LoginRecord::load(&files).unwrap(), LoginRecord::default());
        let record = LoginRecord {
            keychain: Some("secret-service".to_owned()),
            credentials: Some("kernel".to_owned()),
            account: Some(Account {
                url: "https://jit.example.com".to_owned(),
                person: "ana".parse().unwrap(),
                key: "ssh-ed25519 AAAA".to_owned(),
                key_file: None,
                repository: Some(42),
                ended: true,
                provider: Some(SignIn { issuer: "https://login.example.com".to_owned(), keeps_key: true }),
            }),
        };
        record.save(&files).unwrap();
        assert_eq!(LoginRecord::load(&files).unwrap(), record);
        std::fs::write(LoginRecord::path(&files), "[account]\nurl = \"http://evil.example\"\n").unwrap();
        assert!(LoginRecord::load(&files).is_err());
    }
}
