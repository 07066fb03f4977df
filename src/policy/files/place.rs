//! The meaning of each path in a policy's folder, by its text alone.

use crate::grant::Name;
use crate::grant::cloud::certificates::MAX_CERTIFICATES;

use crate::policy::files::problem::Findings;
use crate::policy::files::problem::Position;

/// The longest role file, test file or `access.toml`, in bytes.
const MAX_FILE: usize = 1 << 20;
/// The longest `people.toml`, in bytes: ten thousand people with an RSA key each.
const MAX_PEOPLE: usize = 16 << 20;
/// The longest rules file, in bytes.
const MAX_RULES: usize = 1 << 18;
/// The longest document of a scope, in bytes. Blanks do not count towards the limit of STS.
const MAX_DOCUMENT: usize = 1 << 16;
/// The most files in a policy.
pub(in crate::policy) const MAX_FILES: usize = 10_000;

/// The meaning of a path in a policy's folder.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::policy) enum PolicyPath {
    /// `access.toml`, `people.toml` or `accounts.toml`.
    Main,
    /// `roles/NAME.toml`
    Role(Name),
    /// `roles/NAME.json`, the document of a scope.
    Scope,
    /// `roles/NAME.pem`, the certificates of a cluster.
    Certificates,
    /// `rules/NAME.cedar`
    Rules,
    /// `tests/NAME.toml`, kept for `jit policy test` and part of the revision.
    Test,
    /// Not part of a policy: a README, a hidden file, another folder.
    Other,
    /// Not part of a policy, but looks like it. It is not read, and a lint says so.
    Unread,
    /// Forbidden there: a message and a hint.
    Wrong(String, &'static str),
}

/// The folders that are read.
pub(in crate::policy) const FOLDERS: [&str; 3] = ["roles", "rules", "tests"];

impl PolicyPath {
    /// Classifies a path by its text alone.
    pub(in crate::policy) fn of(path: &str) -> Self {
        if path.split('/').any(|part| part.starts_with('.')) {
            return Self::Other;
        }
        let Some((folder, file)) = path.split_once('/') else {
            return match path {
                "access.toml" | "people.toml" | "accounts.toml" => Self::Main,
                _ if is_nearly_a_folder(path) => Self::Wrong(
                    "this looks like a folder of the policy, and would not be read".to_owned(),
                    "the folders are roles, rules and tests; name it so, or something quite different",
                ),
                _ if path.ends_with(".cedar") => Self::Wrong(
                    "rules are read from the folder rules only".to_owned(),
                    "move it to rules/, or elsewhere",
                ),
                _ if looks_like_policy(path) => Self::Unread,
                _ => Self::Other,
            };
        };
        if !FOLDERS.contains(&folder) {
            return Self::Other;
        }
        let parts = file.rsplit_once('.').filter(|(stem, _)| !stem.contains('/'));
        let place = match (folder, parts) {
            ("roles", Some((stem, "toml"))) => stem.parse().map(Self::Role),
            ("roles", Some((stem, "json"))) => stem.parse::<Name>().map(|_| Self::Scope),
            ("roles", Some((stem, "pem"))) => stem.parse::<Name>().map(|_| Self::Certificates),
            ("rules", Some((stem, "cedar"))) => stem.parse::<Name>().map(|_| Self::Rules),
            ("tests", Some((stem, "toml"))) => stem.parse::<Name>().map(|_| Self::Test),
            _ => {
                let kinds = match folder {
                    "roles" => "NAME.toml, NAME.json for scopes, or NAME.pem for certificates",
                    "rules" => "NAME.cedar",
                    _ => "NAME.toml",
                };
                let message = format!("{folder}/ holds only files like {kinds}");
                return Self::Wrong(message, "move it elsewhere; subfolders are not read either");
            }
        };
        place.unwrap_or_else(|error| {
            Self::Wrong(error.to_string(), "rename the file; it names the role, rule or test")
        })
    }

    /// The size limit of a file at this path, in bytes.
    pub(in crate::policy) fn limit(path: &str) -> usize {
        match path {
            "people.toml" => MAX_PEOPLE,
            _ if path.ends_with(".cedar") => MAX_RULES,
            _ if path.ends_with(".json") => MAX_DOCUMENT,
            _ if path.ends_with(".pem") => MAX_CERTIFICATES,
            _ => MAX_FILE,
        }
    }
}

/// Whether a name differs from one of [`FOLDERS`] only in case or plural. Its files would silently have no effect, and
/// a forbid without effect is dangerous.
fn is_nearly_a_folder(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let near = |folder: &&str| lower == **folder || folder.strip_suffix('s') == Some(lower.as_str());
    !FOLDERS.contains(&path) && FOLDERS.iter().any(near)
}

/// Whether a file beside `access.toml` could be mistaken for a part of the policy: `groups.toml`, `people.yaml`, a role
/// that belongs in `roles/`.
fn looks_like_policy(path: &str) -> bool {
    /// Files of other tools, if the policy is the root of a repository.
    const TOOLS: [&str; 9] =
        ["book", "cargo", "clippy", "deny", "fly", "mise", "netlify", "pyproject", "rustfmt"];
    const NAMES: [&str; 12] = [
        "access",
        "account",
        "accounts",
        "facts",
        "group",
        "groups",
        "notify",
        "people",
        "person",
        "role",
        "users",
        "workloads",
    ];
    let lower = path.to_ascii_lowercase();
    match lower.rsplit_once('.') {
        Some((stem, "toml")) => !TOOLS.contains(&stem),
        Some((stem, "json" | "yaml" | "yml")) => NAMES.contains(&stem),
        _ => false,
    }
}

pub(in crate::policy) fn report_too_long(findings: &Findings, path: &str) {
    let message = format!("the file is longer than {} bytes", PolicyPath::limit(path));
    findings.add(path, Position::START, &message, None);
}

pub(in crate::policy) fn report_too_many(findings: &Findings) {
    let message = format!("the policy has more than {MAX_FILES} files");
    findings.add("access.toml", Position::START, &message, None);
}
