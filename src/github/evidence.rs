//! What was fetched about one request, as plain data: no judgement, and nothing that is fetched later.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::ops::DerefMut;
use std::sync::Arc;

use super::MAIN;
use super::Refusal;
use crate::forge::request_file;
use crate::github::api::models::ChangedFile;
use crate::github::api::models::Pull;
use crate::github::api::models::Repository;
use crate::github::api::models::ReviewRecord;
use crate::github::api::models::Run;
use crate::github::id_token::KeySet;
use crate::grant::Digest;
use crate::policy::Policy;

/// What was dispatched: which request, in which pull request, with which digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The pull request.
    pub pull: u64,
    /// The digest of the request.
    pub digest: Digest,
}

/// What a run says of itself, from its environment or from its ID token. Compared with GitHub's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The repository's numeric id.
    pub repository_id: u64,
    /// The run.
    pub run_id: u64,
    /// How often it was run.
    pub run_attempt: u64,
    /// The numeric id of who dispatched it.
    pub actor_id: u64,
    /// What started it.
    pub event: String,
    /// `refs/heads/main`.
    pub reference: String,
    /// The commit that it runs at.
    pub sha: String,
    /// `owner/name/.github/workflows/jit.yml@refs/heads/main`.
    pub workflow_ref: String,
}

/// Everything that a decision about one request looks at.
#[derive(Clone)]
pub struct Evidence {
    /// The run that decides, as GitHub has it.
    pub run: Run,
    /// What it decides about.
    pub asked: RequestEvidence,
}

/// What a run looks at holds all that a reader does.
impl Deref for Evidence {
    type Target = RequestEvidence;

    fn deref(&self) -> &RequestEvidence {
        &self.asked
    }
}

impl DerefMut for Evidence {
    fn deref_mut(&mut self) -> &mut RequestEvidence {
        &mut self.asked
    }
}

/// Everything about one request, whoever looks: a run, or a person's own client.
#[derive(Clone)]
pub struct RequestEvidence {
    /// The access repository.
    pub repository: Repository,
    /// Where `main` is, by the API.
    pub main: String,
    /// The pull request.
    pub pull: Pull,
    /// The numbers of all pull requests from the request's branch, closed ones too.
    pub pulls: Vec<u64>,
    /// What the pull request's head has beyond the newest commit that it shares with `main`.
    pub files: Vec<ChangedFile>,
    /// The newest commit of `main` that the head has too: the request was made there.
    pub base: String,
    /// The bytes of the one file at the head; nothing where they could not be had.
    pub content: Option<Vec<u8>>,
    /// Every review, the oldest first.
    pub reviews: Vec<ReviewRecord>,
    /// What each dismissed review was before: `approved`, `changes_requested`; unknown where missing.
    pub dismissed: BTreeMap<u64, String>,
    /// The digest of the request's file at each commit that a review names, where there is one.
    pub reviewed: BTreeMap<String, Digest>,
    /// The keys of the issuer of ID tokens, where a workload asks.
    pub keys: Option<KeySet>,
    /// The policy on `main`.
    pub force: Arc<Policy>,
    /// The policy at [`RequestEvidence::base`].
    pub under: Arc<Policy>,
}

impl RequestEvidence {
    /// Whether something may be opened by it: its pull request is open, and into `main`. Its author can change both at any time,
    /// which keeps nobody from saying no to it, or from taking it away.
    ///
    /// # Errors
    /// It is closed, or into another branch.
    pub fn check_open(&self) -> Result<(), Refusal> {
        let no = |cause: &str| Err(Refusal::Pull { number: self.pull.number, cause: cause.to_owned() });
        if self.pull.state != "open" {
            return no("it is closed");
        }
        let base = &self.pull.base;
        if base.branch != MAIN || base.repo.as_ref().map(|repo| repo.id) != Some(self.repository.id) {
            return no("it is not into main");
        }
        Ok(())
    }

    /// The request whose grant this one asks more time for, by the bytes at the head.
    pub fn extends(&self) -> Option<Digest> {
        request_file::read(self.content.as_ref()?).ok()?.statement.extends()
    }

    /// What a run for this request would be dispatched with, by the bytes at the head.
    ///
    /// # Errors
    /// There is no file of a request.
    pub fn dispatch(&self) -> Result<Dispatch, Refusal> {
        let pull = self.pull.number;
        let missing =
            || Refusal::Pull { number: pull, cause: "it is not one added file of a request".to_owned() };
        let file = request_file::read(self.content.as_ref().ok_or_else(missing)?)?;
        Ok(Dispatch { pull, digest: file.digest })
    }
}
