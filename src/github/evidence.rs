//! The data that was fetched about one request: plain data, without any decision.

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

/// The inputs of a dispatch: the pull request, and the request's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The pull request.
    pub pull: u64,
    /// The digest of the request.
    pub digest: Digest,
}

/// A run's claims about itself, from its environment or its ID token. They are compared with GitHub's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The repository's numeric id.
    pub repository_id: u64,
    /// The id of the run.
    pub run_id: u64,
    /// The number of the attempt.
    pub run_attempt: u64,
    /// The numeric id of the account that dispatched it.
    pub actor_id: u64,
    /// The event that started the run.
    pub event: String,
    /// `refs/heads/main`.
    pub reference: String,
    /// The commit that it runs at.
    pub sha: String,
    /// `owner/name/.github/workflows/jit.yml@refs/heads/main`.
    pub workflow_ref: String,
}

/// The data for a decision on one request.
#[derive(Clone)]
pub struct Evidence {
    /// The run that decides, as GitHub describes it.
    pub run: Run,
    /// The data of the request.
    pub asked: RequestEvidence,
}

/// A run's evidence includes the request's evidence.
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

/// The data of one request, for a run or a person's own client.
#[derive(Clone)]
pub struct RequestEvidence {
    /// The access repository.
    pub repository: Repository,
    /// The head commit of `main`, from the API.
    pub main: String,
    /// The pull request.
    pub pull: Pull,
    /// The numbers of all pull requests from the request's branch, closed ones too.
    pub pulls: Vec<u64>,
    /// The changes from the merge base with `main` to the pull request's head.
    pub files: Vec<ChangedFile>,
    /// The merge base: the newest commit of `main` that the head contains. The request was made there.
    pub base: String,
    /// The bytes of the one file at the head. `None` if they could not be fetched.
    pub content: Option<Vec<u8>>,
    /// Every review, oldest first.
    pub reviews: Vec<ReviewRecord>,
    /// The earlier state of each dismissed review: `approved`, `changes_requested`. A missing entry is unknown.
    pub dismissed: BTreeMap<u64, String>,
    /// The digest of the request's file at each commit that a review names, if the file exists there.
    pub reviewed: BTreeMap<String, Digest>,
    /// The keys of the ID tokens' issuer, if a workload asks.
    pub keys: Option<KeySet>,
    /// The policy on `main`.
    pub force: Arc<Policy>,
    /// The policy at [`RequestEvidence::base`].
    pub under: Arc<Policy>,
}

impl RequestEvidence {
    /// Checks that the request may lead to access: its pull request is open, and into `main`. Its author can change
    /// both at any time, so a denial or revocation does not depend on them.
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

    /// The digest of the request whose grant this one extends, from the bytes at the head.
    pub fn extends(&self) -> Option<Digest> {
        request_file::read(self.content.as_ref()?).ok()?.statement.extends()
    }

    /// The dispatch inputs for this request, from the bytes at the head.
    ///
    /// # Errors
    /// The pull request contains no request file.
    pub fn dispatch(&self) -> Result<Dispatch, Refusal> {
        let pull = self.pull.number;
        let missing =
            || Refusal::Pull { number: pull, cause: "it is not one added file of a request".to_owned() };
        let file = request_file::read(self.content.as_ref().ok_or_else(missing)?)?;
        Ok(Dispatch { pull, digest: file.digest })
    }
}
