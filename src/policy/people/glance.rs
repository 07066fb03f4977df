//! A quick look at `people.toml` before the whole policy is read: its keys and accounts.

use std::collections::BTreeSet;

use ssh_key::HashAlg;
use ssh_key::PublicKey;

/// The keys and accounts in a `people.toml`, valid or not, whoever they belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// The fingerprints of keys.
    pub keys: BTreeSet<String>,
    /// The numeric ids of GitHub accounts.
    pub accounts: BTreeSet<u64>,
}

impl Glance {
    /// Scans a text. The result is empty if it is not TOML.
    pub fn at(people: &str) -> Self {
        let mut glance = Self::default();
        if let Ok(table) = people.parse::<toml::Table>() {
            glance.walk(&toml::Value::Table(table));
        }
        glance
    }

    fn walk(&mut self, value: &toml::Value) {
        match value {
            toml::Value::String(text) => {
                let key = PublicKey::from_openssh(text.trim()).ok();
                self.keys.extend(key.map(|key| key.key_data().fingerprint(HashAlg::Sha256).to_string()));
            }
            toml::Value::Array(values) => values.iter().for_each(|value| self.walk(value)),
            toml::Value::Table(table) => {
                let account = table.get("github").and_then(toml::Value::as_integer);
                self.accounts.extend(account.and_then(|account| u64::try_from(account).ok()));
                table.values().for_each(|value| self.walk(value));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_accounts_are_found_however_they_are_written() {
        let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUHSvmYmIStXEcTdHb6nE8sLgBwN1YAcVZWbHnf8";
        let escaped = line.replace("ssh", "\\u0073sh");
        let plain = Glance::at(&format!("[people.ana]\nkeys = [\"{line} ana@x\"]\ngithub = 583_231\n"));
        assert_eq!((plain.keys.len(), plain.accounts), (1, BTreeSet::from([583_231])));
        let other =
            Glance::at(&format!("people = {{ ana = {{ keys = [\"{escaped}\"], github = 0x10 }} }}\n"));
        assert_eq!((other.keys, other.accounts), (plain.keys, BTreeSet::from([16])));
        assert_eq!(Glance::at("[people"), Glance::default());
    }
}
