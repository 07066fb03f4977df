//! Delivery to programs of OpenBao and Vault: variables, and a file that their token helper reads.
//!
//! A token in a variable stays the one with which the command started: each renewal is another token. The variables are set all the
//! same. Without them, libraries read `~/.vault-token` and act as the person (hvac: `get_token_from_env`). With them, a program that
//! outlives its token is refused by the server. Without `VAULT_TOKEN` and `BAO_TOKEN`, the command lines `bao` and `vault` ask their
//! token helper at each start (OpenBao's and Vault's documentation of token helpers), and that one reads the newest token.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::deliver::environment::Variables;
use crate::grant::cloud::vault::VaultCredentials;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::private_folder::PrivateFolder;

/// The variables of `vault` (`api/client.go`) and of `bao`, which reads both kinds and prefers its own.
pub const VARIABLES: Variables = Variables {
    names: &["BAO_ADDR", "BAO_NAMESPACE", "BAO_TOKEN", "VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_TOKEN"],
    served: &["BAO_CONFIG_PATH", "BAO_TOKEN_FILE", "VAULT_CONFIG_PATH", "VAULT_TOKEN_FILE"],
    scrubbed: &[
        "BAO_AGENT_ADDR",
        "BAO_CONFIG_PATH",
        "BAO_TOKEN_FILE",
        "VAULT_AGENT_ADDR",
        "VAULT_CONFIG_PATH",
        "VAULT_TOKEN_FILE",
    ],
    redirecting: &[
        "BAO_HTTP_PROXY",
        "BAO_PROXY_ADDR",
        "BAO_SKIP_VERIFY",
        "BAO_SRV_LOOKUP",
        "VAULT_HTTP_PROXY",
        "VAULT_PROXY_ADDR",
        "VAULT_SKIP_VERIFY",
        "VAULT_SRV_LOOKUP",
    ],
    own_redirections: &[],
};

/// Every variable that is set for a token, in order of names.
pub fn variables(credentials: &VaultCredentials) -> Vec<(&'static str, Secret<String>)> {
    let mut variables = Vec::new();
    for name in ["BAO_ADDR", "VAULT_ADDR"] {
        variables.push((name, credentials.address.as_str().into()));
    }
    for name in ["BAO_NAMESPACE", "VAULT_NAMESPACE"] {
        if let Some(namespace) = &credentials.namespace {
            variables.push((name, namespace.as_str().into()));
        }
    }
    for name in ["BAO_TOKEN", "VAULT_TOKEN"] {
        variables.push((name, credentials.token.clone()));
    }
    variables
}

/// Sets the variables, and leads the programs to a file in which the token is kept fresh, by a token helper of their configuration.
///
/// # Errors
/// The private folder cannot be written.
pub fn serve(
    environment: &mut Environment,
    credentials: &VaultCredentials,
    folder: &PrivateFolder,
    file: &Path,
) -> io::Result<()> {
    crate::deliver::environment::set(environment, variables(credentials));
    for name in ["BAO_TOKEN_FILE", "VAULT_TOKEN_FILE"] {
        environment.set(name, file.as_os_str());
    }
    if let Some(configuration) = helper(folder, file)? {
        for name in ["BAO_CONFIG_PATH", "VAULT_CONFIG_PATH"] {
            environment.set(name, configuration.as_os_str());
        }
    }
    Ok(())
}

/// Writes a token helper, and a configuration that names it. `None` where a path cannot be quoted.
///
/// The helper is called with `get`, `store` or `erase`. It answers `get` and does nothing else, so that `bao login` inside the
/// command changes nothing here.
#[cfg(unix)]
fn helper(folder: &PrivateFolder, file: &Path) -> io::Result<Option<PathBuf>> {
    let Some(text) = file.to_str().filter(|text| !text.contains(['"', '\\', '\n', '$'])) else {
        return Ok(None);
    };
    let quoted = shell_words::quote(text);
    let script =
        format!("#!/bin/sh\n[ \"$1\" = get ] || exit 0\n[ -f {quoted} ] && exec cat {quoted}\nexit 0\n");
    let helper = folder.write_program("token-helper", script.as_bytes())?;
    let Some(helper) = helper.to_str() else { return Ok(None) };
    folder.write("vault.hcl", format!("token_helper = \"{helper}\"\n").as_bytes()).map(Some)
}

/// On Windows the helper would have to be a program of its own.
#[cfg(not(unix))]
fn helper(_: &PrivateFolder, _: &Path) -> io::Result<Option<PathBuf>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// hvac and other libraries read `~/.vault-token` where no variable has a token, and would act as the person.
    #[test]
    fn a_served_command_never_lacks_a_token() {
        let parent = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::make_in(parent.path()).unwrap();
        let credentials = VaultCredentials {
            token: Secret::new("hvs.first".to_owned()),
            accessor: "a".to_owned(),
            address: "https://vault.example.com".to_owned(),
            namespace: None,
            mount: "jwt".to_owned(),
            role: "prod".to_owned(),
        };
        let file = folder.path().join("token-vault");
        let mut environment = Environment::default();
        serve(&mut environment, &credentials, &folder, &file).unwrap();
        for name in ["BAO_TOKEN", "VAULT_TOKEN"] {
            assert_eq!(environment.get(name), Some("hvs.first"), "{name}");
        }
        for name in ["BAO_TOKEN_FILE", "VAULT_TOKEN_FILE"] {
            assert_eq!(environment.get(name), file.to_str(), "{name}");
        }
        assert_eq!(environment.get("VAULT_ADDR"), Some("https://vault.example.com"));
    }
}
