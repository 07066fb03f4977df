//! The files that a repository gets. What varies is the address of `jit` and its SHA-256, and who owns the policy.

use crate::flow::Failure;
use crate::forge::WORKFLOW;
use crate::grant::Digest;

/// Which `jit` the workflows run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Its address.
    pub url: String,
    /// What its bytes must be.
    pub sha256: Digest,
}

impl Download {
    /// An address that is safe inside quotes of YAML and of a shell: https, or http on this machine for a trial.
    ///
    /// # Errors
    /// It is another.
    pub fn new(url: &str, sha256: Digest) -> Result<Self, Failure> {
        let plain = url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/._-~%+@".contains(&byte));
        let known = url.starts_with("https://") || url.starts_with("http://127.0.0.1:");
        if plain && known && url.len() <= 500 {
            return Ok(Self { url: url.to_owned(), sha256 });
        }
        Err(Failure::usage("the workflows cannot fetch jit from that address")
            .hint("name an https address of one release: --download https://…/jit --sha256 HEX"))
    }

    fn fill(&self, template: &str) -> String {
        let protocol = if self.url.starts_with("https:") { "https" } else { "http" };
        template
            .replace("@URL@", &self.url)
            .replace("@SHA256@", &self.sha256.to_string())
            .replace("@PROTOCOL@", protocol)
    }
}

/// A file for the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where.
    pub path: &'static str,
    /// What.
    pub text: String,
    /// Whether a file that is there already is the repository's own, and stays.
    pub keeps: bool,
}

/// The files. `owners` are GitHub's names of people or teams, with `@`.
pub fn files(download: &Download, owners: &str) -> Vec<File> {
    let file = |path, text: String, keeps| File { path, text, keeps };
    vec![
        file(WORKFLOW, download.fill(include_str!("templates/jit.yml")), false),
        file(
            ".github/workflows/jit-check.yml",
            download.fill(include_str!("templates/jit-check.yml")),
            false,
        ),
        file(".github/CODEOWNERS", include_str!("templates/CODEOWNERS").replace("@OWNERS@", owners), true),
        file("requests/README.md", include_str!("templates/README.md").to_owned(), true),
    ]
}
