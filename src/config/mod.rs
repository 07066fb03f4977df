//! Finds and layers settings: the fleet's file, the user's file over it, and the facts that `jit login` recorded.
//!
//! May use `address`, `system`, `grant`. Invariant: unknown keys are refused with file, line and column. Only these
//! files name an authority.

pub mod direct;
pub mod edit;
pub mod error;
mod file;
pub mod inputs;
pub mod keys;
pub mod login;
pub mod project;
pub mod variables;
pub mod variables_page;

use std::collections::BTreeMap;

use crate::address;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::system::Files;
pub use direct::DirectRole;
pub use direct::OwnAws;
pub use direct::OwnGcp;
pub use direct::OwnIdentity;
pub use direct::OwnKubernetes;
pub use error::ConfigError;
pub use login::LoginRecord;

/// All settings of one run, layered.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The authority's address in the user's own file.
    pub user_url: Option<String>,
    /// The authority's address in the fleet's file.
    pub fleet_url: Option<String>,
    /// The address of GitHub's API, if it is not github.com's.
    pub github_api: Option<String>,
    /// The client id of the OAuth app through which `jit` gets a token from GitHub.
    pub github_client: Option<String>,
    /// The key that signs for the user: a public key line or a fingerprint.
    pub key: Option<String>,
    /// The private key's file, if no agent holds the key.
    pub key_file: Option<std::path::PathBuf>,
    /// The keychain that the user chose by name.
    pub keychain: Option<String>,
    /// Where the user keeps credentials, by name: the kernel's keyring or the keychain.
    pub credentials: Option<String>,
    /// The duration to ask for if the user names none. It replaces each role's own default.
    pub duration: Option<Span>,
    /// Whether the terminal's bell rings when a request is decided while the user waits for it. `None` means yes.
    pub bell: Option<bool>,
    /// Roles that the user's own cloud identity may assume.
    pub roles: BTreeMap<Name, DirectRole>,
    /// The facts that the last login recorded.
    pub login: LoginRecord,
}

impl Settings {
    /// Reads and layers every settings file. A missing file is empty. A damaged file is an error.
    pub fn load(files: &Files) -> Result<Self, ConfigError> {
        let fleet = file::read(&files.system_config, &files.home)?;
        let user = file::read(&files.config.join("config.toml"), &files.home)?;
        let login = LoginRecord::load(files)?;
        let mut roles = fleet.roles;
        roles.extend(user.roles);
        Ok(Self {
            user_url: user.url,
            fleet_url: fleet.url,
            github_api: user.api.or(fleet.api),
            github_client: user.client_id.or(fleet.client_id),
            key: user.key.or(fleet.key),
            key_file: user.key_file.or(fleet.key_file),
            keychain: user.keychain.or(fleet.keychain),
            credentials: user.credentials.or(fleet.credentials),
            duration: user.duration.or(fleet.duration),
            bell: user.bell.or(fleet.bell),
            roles,
            login,
        })
    }

    /// The authority's address, to which requests go and which statements name: the user's setting, then the address
    /// that the last login recorded, then the fleet's.
    pub fn authority(&self) -> Option<&str> {
        self.user_url.as_deref().or(self.login.url()).or(self.fleet_url.as_deref())
    }

    /// The same, by what it names.
    pub fn address(&self) -> Option<AuthorityAddress<'_>> {
        self.authority().map(AuthorityAddress::of)
    }

    /// The account at the current authority. `None` if the last login was to another one.
    pub fn login(&self) -> Option<&login::Account> {
        self.login.account.as_ref().filter(|account| Some(account.url.as_str()) == self.authority())
    }

    /// The name of the current authority in statements and in the index: a broker's address, or for a repository the
    /// numeric id that the login found. `None` without an authority, or without a login to that repository.
    pub fn stated_authority(&self) -> Option<String> {
        match self.address()? {
            AuthorityAddress::Broker(address) => Some(address.to_owned()),
            AuthorityAddress::GitHub(_) => {
                let id = self.login()?.repository?.to_string();
                Some(AuthorityAddress::GitHub(&id).to_string())
            }
        }
    }

    /// Whether the terminal's bell rings when a request is decided while the user waits for it.
    pub fn rings(&self) -> bool {
        self.bell.unwrap_or(true)
    }

    /// The address of GitHub's API.
    pub fn github_api(&self) -> &str {
        self.github_api.as_deref().unwrap_or(GITHUB_API)
    }

    /// The keychain's name: the user's choice, or the name recorded at login.
    pub fn keychain(&self) -> Option<&str> {
        self.keychain.as_deref().or(self.login.keychain.as_deref())
    }

    /// Where credentials are kept, by name: the user's choice, or the name recorded at login. `None` means the keychain.
    pub fn credentials(&self) -> Option<&str> {
        self.credentials.as_deref().or(self.login.credentials.as_deref())
    }
}

/// The API of github.com.
pub const GITHUB_API: &str = "https://api.github.com";

/// `github:OWNER/NAME` in lower case, because GitHub ignores case.
fn repository_address(repository: &str) -> Result<String, String> {
    let fits = |part: &str| {
        (1..=100).contains(&part.len())
            && !matches!(part, "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match repository.split_once('/') {
        Some((owner, name)) if fits(owner) && fits(name) => {
            Ok(AuthorityAddress::GitHub(&repository.to_ascii_lowercase()).to_string())
        }
        _ => Err("a repository is written github:OWNER/NAME".to_owned()),
    }
}

/// Normalises an authority's address for comparison: a repository to `github:owner/name`, a broker as
/// [`broker_address`] does.
///
/// # Errors
/// It is neither.
pub fn authority_address(text: &str) -> Result<String, String> {
    match AuthorityAddress::of(text) {
        AuthorityAddress::GitHub(repository) => repository_address(repository),
        AuthorityAddress::Broker(address) => broker_address(address),
    }
}

/// Normalises an address as people type or paste it: `jit.example.com`, `127.0.0.1:8765`, a broker's address with the
/// `/v1` of its API, the page of a repository on GitHub, or an address for `git clone`. Settings files contain only the
/// normal form.
///
/// # Errors
/// It is neither a broker's address nor a repository.
pub fn typed_address(text: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some(repository) = on_github(text) {
        return repository_address(repository);
    }
    if let AuthorityAddress::GitHub(repository) = AuthorityAddress::of(text) {
        return repository_address(repository);
    }
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        // Brokers on this machine may speak plain http; all others must not.
        let plain = format!("http://{text}");
        if broker_address(&plain).is_ok() { plain } else { format!("https://{text}") }
    };
    let address = broker_address(&whole)?;
    Ok(address.strip_suffix("/v1").unwrap_or(&address).to_owned())
}

/// `OWNER/NAME`, if the text is a repository's page or its address for git.
fn on_github(text: &str) -> Option<&str> {
    const PLACES: [&str; 6] = [
        "https://github.com/",
        "http://github.com/",
        "https://www.github.com/",
        "ssh://git@github.com/",
        "git@github.com:",
        "github.com/",
    ];
    let path = PLACES.iter().find_map(|place| text.strip_prefix(place))?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    // Longer paths are pages of the repository.
    let end = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
    let repository = path.get(..end).unwrap_or(path);
    Some(repository.strip_suffix(".git").unwrap_or(repository))
}

/// Normalises a broker's address for comparison: https, or http on this machine, without a trailing slash, credentials,
/// query or fragment.
pub fn broker_address(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|error| error.to_string())?;
    if !address::is_private_broker(&url) {
        return Err(match url.scheme() {
            "http" => "plain http is only for this machine; use https".to_owned(),
            _ => "it must begin with https://".to_owned(),
        });
    }
    if !address::is_bare(&url) {
        return Err("it must not hold a user, a query or a fragment".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(user: &str, fleet: &str) -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        std::fs::create_dir_all(&files.config).unwrap();
        std::fs::create_dir_all(files.system_config.parent().unwrap()).unwrap();
        std::fs::write(files.config.join("config.toml"), user).unwrap();
        std::fs::write(&files.system_config, fleet).unwrap();
        (folder, files)
    }

    const ROLE: &str = "[roles.NAME]\napproval = \"none\"\n[roles.NAME.aws]\nrole_arn = \
         \"arn:aws:iam::111122223333:role/x\"\nregion = \"eu-west-1\"\n";

    #[test]
    fn the_user_stands_over_the_fleet() {
        let (_folder, files) = files(
            &format!("[defaults]\nduration = \"30m\"\n{}", ROLE.replace("NAME", "mine")),
            &format!(
                "[authority]\nurl = \"https://jit.example.com/\"\n[defaults]\nduration = \"2h\"\n{}",
                ROLE.replace("NAME", "fleet")
            ),
        );
        let settings = Settings::load(&files).unwrap();
        assert_eq!(settings.authority(), Some("https://jit.example.com"));
        assert_eq!(settings.duration.unwrap().to_string(), "30m");
        assert_eq!(settings.roles.len(), 2);
    }

    #[test]
    fn mistakes_are_shown_where_they_stand() {
        let said = |user: &str| {
            let (_folder, files) = files(user, "");
            let error = Settings::load(&files).unwrap_err();
            error.to_string().split("config.toml:").nth(1).unwrap_or_default().to_owned()
        };
        assert!(said("[defaults]\ncolor = 1\n").starts_with("2:1: unknown field `color`"));
        assert!(said("[authority]\nurl = \"http://jit.example.com\"\n").starts_with("2:7: "));
        let approved = ROLE.replace("NAME", "x").replace("none", "1 of group:sre");
        assert!(said(&approved).starts_with("2:12: only a broker"), "{}", said(&approved));
        assert!(said(&ROLE.replace("NAME", "x").replace("1111", "11")).starts_with("4:12: "));
        assert!(said("[roles.\"../x\"]\n").contains("is not a name"));
        assert!(said("= 1").starts_with("1:1: "));
    }

    #[test]
    fn typed_addresses_are_understood() {
        for (typed, meant) in [
            ("127.0.0.1:8765", "http://127.0.0.1:8765"),
            ("localhost:8765", "http://localhost:8765"),
            ("[::1]:8765", "http://[::1]:8765"),
            ("jit.example.com", "https://jit.example.com"),
            ("jit.example.com:8443", "https://jit.example.com:8443"),
            ("https://jit.example.com/v1", "https://jit.example.com"),
            ("https://jit.example.com/v1/", "https://jit.example.com"),
            ("https://example.com/jit/", "https://example.com/jit"),
            (" http://127.0.0.1:8765/ ", "http://127.0.0.1:8765"),
            ("github:Acme/Access", "github:acme/access"),
            ("https://github.com/Acme/Access", "github:acme/access"),
            ("https://github.com/acme/access.git", "github:acme/access"),
            ("https://github.com/acme/access/tree/main?tab=readme#top", "github:acme/access"),
            ("git@github.com:acme/access.git", "github:acme/access"),
            ("ssh://git@github.com/acme/access.git", "github:acme/access"),
            ("github.com/acme/access", "github:acme/access"),
        ] {
            assert_eq!(typed_address(typed).as_deref(), Ok(meant), "{typed}");
        }
        for bad in [
            "",
            "http://jit.example.com",
            "https://github.com/acme",
            "https://github.com/",
            "github:acme",
            "ftp://jit.example.com",
            "https://u:p@jit.example.com",
            "two words",
        ] {
            assert!(typed_address(bad).is_err(), "{bad}: {:?}", typed_address(bad));
        }
    }

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(authority_address("https://Jit.Example.com/").unwrap(), "https://jit.example.com");
        assert_eq!(authority_address("http://127.0.0.1:8765").unwrap(), "http://127.0.0.1:8765");
        for bad in ["http://jit.example.com", "ftp://x", "https://u:p@x", "https://x?y", "jit.example.com"] {
            assert!(authority_address(bad).is_err(), "{bad}");
        }
        assert_eq!(authority_address("github:Acme/Access-1.x").unwrap(), "github:acme/access-1.x");
        for bad in [
            "github:",
            "github:acme",
            "github:acme/..",
            "github:a/b/c",
            "github:a/b?c",
            "GitHub:a/b",
            "github:a/",
        ] {
            assert!(authority_address(bad).is_err(), "{bad}");
        }
        assert!(broker_address("github:acme/access").is_err());
    }
}
