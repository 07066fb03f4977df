//! The files for a repository. Only the address and the SHA-256 of `jit` and the owners of the policy vary.

use crate::address;
use crate::flow::Failure;
use crate::github::WORKFLOW;
use crate::grant::Digest;

/// The workflow that describes on pull requests what they ask or change.
pub(in crate::flow::github) const CHECK: &str = ".github/workflows/jit-check.yml";

const JIT: &str = include_str!("templates/jit.yml");
const JIT_CHECK: &str = include_str!("templates/jit-check.yml");

/// The `jit` that the workflows run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Its address.
    pub url: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

impl Download {
    /// A download from an address that passes [`Download::check`].
    ///
    /// # Errors
    /// It does not.
    pub fn new(url: &str, sha256: Digest) -> Result<Self, Failure> {
        Self::check(url).map(|()| Self { url: url.to_owned(), sha256 })
    }

    /// Accepts an address that is safe inside quotes of YAML and of a shell: https, or http on this machine for a
    /// trial.
    ///
    /// # Errors
    /// It is none of these.
    pub fn check(url: &str) -> Result<(), Failure> {
        let plain = url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/._-~%+@".contains(&byte));
        let private =
            url::Url::parse(url).is_ok_and(|url| address::is_private(&url) && address::is_bare(&url));
        let spelled = url.starts_with("https://") || url.starts_with("http://");
        if plain && spelled && private && url.len() <= 500 {
            return Ok(());
        }
        Err(Failure::usage("the workflows cannot fetch jit from that address")
            .hint("name an https address of one release: --download https://…/jit"))
    }

    fn protocol(&self) -> &'static str {
        if self.url.starts_with("https:") { "https" } else { "http" }
    }

    /// Whether a workflow is an earlier version's template, filled in with this address and hash.
    fn is_older(&self, path: &str, text: &str) -> bool {
        let template = text
            .replace(&format!("JIT_URL: \"{}\"", self.url), "JIT_URL: \"@URL@\"")
            .replace(&format!("JIT_SHA256: \"{}\"", self.sha256), "JIT_SHA256: \"@SHA256@\"")
            .replace(&format!("--proto '={}'", self.protocol()), "--proto '=@PROTOCOL@'");
        let digest = Digest::of(template.as_bytes()).to_string();
        OLDER.iter().any(|(older, known)| *older == path && *known == digest)
    }

    fn fill(&self, template: &str) -> String {
        let protocol = self.protocol();
        template
            .replace("@URL@", &self.url)
            .replace("@SHA256@", &self.sha256.to_string())
            .replace("@PROTOCOL@", protocol)
    }
}

/// A file for the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: &'static str,
    /// Its content.
    pub text: String,
    /// Whether an existing file is the repository's own, and is kept.
    pub keeps: bool,
}

/// The files. `owners` are GitHub's names of people or teams, with `@`.
pub fn files(download: &Download, owners: &str) -> Vec<File> {
    let file = |path, text: String, keeps| File { path, text, keeps };
    vec![
        file(WORKFLOW, download.fill(JIT), false),
        file(CHECK, download.fill(JIT_CHECK), false),
        file(".github/CODEOWNERS", include_str!("templates/CODEOWNERS").replace("@OWNERS@", owners), true),
        file("requests/README.md", include_str!("templates/README.md").to_owned(), true),
    ]
}

/// Whether a repository's workflow equals the one that this version writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::flow::github) enum Likeness {
    /// It is equal, and fetches this `jit`.
    Same(Download),
    /// It is equal to the one that an earlier version wrote.
    Older,
    /// It differs from this line on.
    Differs(usize),
}

/// The SHA-256 of each template of an earlier version, before address and hash are filled in. With these, a third job
/// left the credentials in an artifact, and an edited title did not start the check.
const OLDER: [(&str, &str); 2] = [
    (WORKFLOW, "8d1eb6cb3c15ef199ac4a88284063f2369adbc7449967e151c734db33bc6d8b8"),
    (CHECK, "dd03914f6dfc910597fb137328a6aede220482ff99fbe5f7999a2bb778248d9c"),
];

/// Compares one of our workflows with the text that this version writes for the same `jit`.
pub(in crate::flow::github) fn compare(path: &str, text: &str) -> Likeness {
    let template = if path == WORKFLOW { JIT } else { JIT_CHECK };
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.trim_start().strip_prefix(name));
        line.map(|rest| rest.trim_matches('"')).unwrap_or_default()
    };
    let fetched =
        value("JIT_SHA256: ").parse().ok().and_then(|sha256| Download::new(value("JIT_URL: "), sha256).ok());
    let wanted = fetched.as_ref().map_or_else(|| template.to_owned(), |download| download.fill(template));
    match fetched {
        Some(download) if wanted == text => Likeness::Same(download),
        Some(download) if download.is_older(path, text) => Likeness::Older,
        _ => {
            let same = wanted.lines().zip(text.lines()).take_while(|(one, other)| one == other).count();
            Likeness::Differs(same + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_is_ours_whatever_release_it_fetches_and_not_when_anything_else_differs() {
        for url in ["https://example.com/jit", "http://127.0.0.1:8765/jit"] {
            let download = Download::new(url, Digest::of(b"jit")).unwrap();
            for file in files(&download, "@acme/security").iter().filter(|file| file.path.ends_with(".yml")) {
                assert_eq!(compare(file.path, &file.text), Likeness::Same(download.clone()));
                for (was, is) in [
                    ("permissions: {}", "permissions: write-all"),
                    ("ubuntu-latest", "self-hosted"),
                    ("--strict", "--quiet"),
                    (url, "https://example.com/jit\"; curl evil"),
                ] {
                    let changed = file.text.replacen(was, is, 1);
                    assert_ne!(changed, file.text, "{was}");
                    assert!(
                        matches!(compare(file.path, &changed), Likeness::Differs(line) if line > 1),
                        "{was}"
                    );
                }
                assert!(matches!(compare(file.path, &format!("{}\n# x\n", file.text)), Likeness::Differs(_)));
            }
        }
        assert_eq!(compare(WORKFLOW, ""), Likeness::Differs(1));
    }

    /// The workflows as the version before wrote them.
    const OLDER_FORMS: [(&str, &str); 2] = [
        (WORKFLOW, include_str!("../../../../tests/fixtures/older/jit.yml")),
        (CHECK, include_str!("../../../../tests/fixtures/older/jit-check.yml")),
    ];

    #[test]
    fn an_older_form_is_known_as_one_and_not_when_anything_differs() {
        for url in ["https://example.com/jit", "http://127.0.0.1:8765/jit"] {
            let download = Download::new(url, Digest::of(b"jit")).unwrap();
            for (path, template) in OLDER_FORMS {
                let text = download.fill(template);
                assert_eq!(compare(path, &text), Likeness::Older);
                let other = if path == CHECK { WORKFLOW } else { CHECK };
                assert!(matches!(compare(other, &text), Likeness::Differs(_)));
                for (was, is) in
                    [("permissions: {}", "permissions: write-all"), ("--strict", "--quiet"), (url, "x")]
                {
                    let changed = text.replacen(was, is, 1);
                    assert!(matches!(compare(path, &changed), Likeness::Differs(_)), "{was}");
                }
            }
        }
    }

    /// The host is what stands behind the `@`: the first of these was fetched in plain text from there.
    #[test]
    fn jit_is_fetched_over_tls_or_from_this_machine() {
        for bad in [
            "http://127.0.0.1:80@evil.example/jit",
            "https://user@example.com/jit",
            "http://localhost:8765/jit",
            "http://example.com/jit",
            "HTTPS://example.com/jit",
            "https://",
        ] {
            assert!(Download::new(bad, Digest::of(b"jit")).is_err(), "{bad}");
        }
    }
}
