//! Parses the source of a broker's policy from what the operator typed.

use std::path::Path;
use std::path::PathBuf;

use url::Url;

use crate::address;
use crate::policy::folder_in_tree;

/// The source of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicySource {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A branch of a git repository.
    Repository(Branch),
}

impl From<PathBuf> for PolicySource {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

/// A branch of a git repository, and the policy's folder in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The repository: an `https`, `ssh` or `file` URL, `user@host:path`, or http on this machine.
    pub url: String,
    /// The protocol, as git calls it.
    pub protocol: &'static str,
    /// The branch. `None` for the repository's HEAD.
    pub name: Option<String>,
    /// The policy's folder, empty for the root. `None` for the root or the folder `access`, whichever holds `access.toml`.
    pub folder: Option<String>,
    /// A commit that takes effect although its history does not contain the commit in force before.
    pub accepted: Option<String>,
}

/// Why a text is not a policy source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{typed:?} is not the place of a policy: {why}")]
pub struct SourceError {
    /// The typed text, without a password.
    pub typed: String,
    /// Why it is invalid.
    pub why: &'static str,
    /// How to fix it.
    pub hint: &'static str,
}

const WRITE: &str = "write a folder, or a repository like https://git.example.com/access.git#main or /srv/access.git#main:access";

impl PolicySource {
    /// Parses `DIR`, `URL`, `URL#BRANCH` or `URL#BRANCH:FOLDER`. The path of a repository may stand for the URL. A path
    /// without `#` is a repository only if it is a bare one. Relative paths are relative to `working`.
    pub fn parse(typed: &str, working: &Path) -> Result<Self, SourceError> {
        let refuse = |why, hint| Err(SourceError { typed: typed.to_owned(), why, hint });
        let (place, fragment) = match typed.split_once('#') {
            Some((place, fragment)) => (place, Some(fragment)),
            None => (typed, None),
        };
        let (name, folder) = match fragment.map(|text| text.split_once(':').unwrap_or((text, ""))) {
            Some((name, folder)) => (Some(name).filter(|name| !name.is_empty()), folder),
            None => (None, ""),
        };
        if name.is_some_and(|name| !is_branch(name)) {
            return refuse(
                "the part after `#` is not the name of a branch",
                "name a branch of it, like #main",
            );
        }
        if folder.chars().any(char::is_control) || folder.split(['/', '\\']).any(|part| part == "..") {
            return refuse("the folder after `:` leaves the repository", WRITE);
        }
        let branch = |url: String, protocol| {
            // Spellings of the root, such as `.`, mean only the root.
            let folder = Some(folder).filter(|folder| !folder.is_empty()).map(folder_in_tree);
            Self::Repository(Branch { url, protocol, name: name.map(str::to_owned), folder, accepted: None })
        };
        if place.chars().any(char::is_control) {
            return refuse("it contains control characters", WRITE);
        }
        if let Some((scheme, _)) = place.split_once("://") {
            let Ok(url) = Url::parse(place) else { return refuse("it is not a URL", WRITE) };
            if url.password().is_some() || scheme != "ssh" && !url.username().is_empty() {
                let hint = "let git's credential helper or an SSH key speak for the broker";
                let typed = format!("{scheme}://…");
                return Err(SourceError { typed, why: "others can see a password in an address", hint });
            }
            // ssh would read it as an option.
            if url.username().starts_with('-') || url.host_str().is_some_and(|host| host.starts_with('-')) {
                return refuse("its host or user begins with `-`", WRITE);
            }
            return match scheme {
                "https" => Ok(branch(place.to_owned(), "https")),
                "http" if address::is_private(&url) => Ok(branch(place.to_owned(), "http")),
                "ssh" if url.has_host() => Ok(branch(place.to_owned(), "ssh")),
                "file" => Ok(branch(place.to_owned(), "file")),
                _ => refuse("others can change a policy that comes this way", "use https, ssh or file"),
            };
        }
        if is_remote_path(place) {
            return Ok(branch(place.to_owned(), "ssh"));
        }
        let path = working.join(place);
        if fragment.is_none() && !is_bare(&path) {
            return Ok(Self::Folder(PathBuf::from(typed)));
        }
        match Url::from_file_path(&path) {
            Ok(url) => Ok(branch(url.into(), "file")),
            Err(()) => refuse("it is not a path on this machine", WRITE),
        }
    }
}

/// Whether it is `user@host:path`, as ssh and git define it.
fn is_remote_path(place: &str) -> bool {
    let Some((host, path)) = place.split_once(':') else { return false };
    let Some((user, host)) = host.split_once('@') else { return false };
    let word = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    word(user) && word(host) && !path.is_empty()
}

/// Whether git recognises this folder as a bare repository.
fn is_bare(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

/// Whether a text can be a branch's name: the rules of git-check-ref-format(1), restricted to plain characters.
fn is_branch(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with('.') && !part.ends_with(".lock")
    };
    name.len() <= 200
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/+".contains(&byte))
        && name.split('/').all(part)
        && !name.contains("..")
}

/// Whether a text is a full commit id.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<PolicySource, SourceError> {
        PolicySource::parse(typed, Path::new("/checkout"))
    }

    fn branch(typed: &str) -> (String, &'static str, Option<String>, Option<String>) {
        match parse(typed) {
            Ok(PolicySource::Repository(Branch { url, protocol, name, folder, .. })) => {
                (url, protocol, name, folder)
            }
            other => panic!("{typed}: {other:?}"),
        }
    }

    #[test]
    fn reads_repositories() {
        let some = |text: &str| Some(text.to_owned());
        for (typed, url, protocol, name, folder) in [
            (
                "https://git.example.com/a.git#main",
                "https://git.example.com/a.git",
                "https",
                some("main"),
                None,
            ),
            ("https://git.example.com/a.git", "https://git.example.com/a.git", "https", None, None),
            ("http://127.0.0.1:80/a#x/y-z", "http://127.0.0.1:80/a", "http", some("x/y-z"), None),
            ("ssh://git@h/a#:./in/side/", "ssh://git@h/a", "ssh", None, some("in/side/")),
            (
                "git@h.example:org/a.git#m:access",
                "git@h.example:org/a.git",
                "ssh",
                some("m"),
                some("access/"),
            ),
            ("file:///srv/a.git#", "file:///srv/a.git", "file", None, None),
            ("file:///srv/a.git#main:", "file:///srv/a.git", "file", some("main"), None),
            ("file:///srv/a.git#main:.", "file:///srv/a.git", "file", some("main"), some("")),
            ("file:///srv/a.git#:./", "file:///srv/a.git", "file", None, some("")),
            ("sub/a%20 b#main", "file:///checkout/sub/a%2520%20b", "file", some("main"), None),
        ] {
            assert_eq!(branch(typed), (url.to_owned(), protocol, name, folder), "{typed}");
        }
        assert_eq!(parse("access"), Ok(PolicySource::Folder("access".into())));
        assert_eq!(parse("C:\\access"), Ok(PolicySource::Folder("C:\\access".into())));
    }

    #[test]
    fn a_bare_repository_is_known_without_a_branch() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["objects", "refs"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let typed = folder.path().to_str().unwrap();
        assert!(matches!(parse(typed), Ok(PolicySource::Folder(_))));
        std::fs::write(folder.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(branch(typed).0, format!("file://{typed}"));
    }

    #[test]
    fn refuses_what_could_mean_something_else() {
        for typed in [
            "git://h/a#main",
            "http://git.example.com/a#main",
            "http://localhost/a",
            "ext::sh -c x#main",
            "ext://sh/x",
            "ftp://h/a",
            "ssh://-oProxyCommand=x",
            "ssh://-oProxyCommand=x@h/a",
            "https://me:secret@h/a",
            "https://token@h/a",
            "https://h/a#--upload-pack=touch",
            "https://h/a#-x",
            "https://h/a#main^{tree}",
            "https://h/a#a..b",
            "https://h/a#a b",
            "https://h/a#refs/.x",
            "https://h/a#x.lock",
            "https://h/a#x:../out",
            "https://h/a\n#x",
            "https://h/a#main\u{0}",
        ] {
            // A text that is not a URL is a path, and a `#` makes it the path of a local repository.
            let refused = parse(typed);
            let local = matches!(&refused, Ok(PolicySource::Repository(branch)) if branch.protocol == "file");
            assert!(refused.is_err() || local, "{typed}: {refused:?}");
        }
        let error = parse("https://me:secret@h/a").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
