//! Runs of `jit.yml`: dispatches them, finds them after a crash, follows them to their end, and explains failures.
//!
//! Nothing here is evidence: the log proves what a run did, and the ID token proves who sealed credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::memory::Begun;
use super::memory::Memory;
use super::run_error::RunError;
use super::run_error::activity;
use super::words;
use crate::forge::log::Action;
use crate::forge::log::JournalHead;
use crate::forge::request_file;
use crate::github::GitHub;
use crate::github::GitHubError;
use crate::github::MAIN;
use crate::github::WORKFLOW;
use crate::github::api::jobs::Job;
use crate::github::api::jobs::Step;
use crate::github::api::models::Run;
use crate::grant::Digest;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::text::sanitise;
use crate::system::System;

/// The workflow's file name, as the API uses it.
const FILE: &str = "jit.yml";
/// The form in which this version takes credentials: from the log of the job `mint`.
const FORM: &str = "2";
/// How long GitHub may take to show a dispatched run.
const APPEARS: SignedDuration = SignedDuration::from_secs(60);
/// How long a run may wait for a runner.
const QUEUED: SignedDuration = SignedDuration::from_mins(15);
/// How long a run may take: two jobs of ten minutes each, and the gaps between them.
const LONGEST: SignedDuration = SignedDuration::from_mins(25);
/// How long another process waits for the same credentials. Most runs take a minute or two.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// How many status reads in a row may fail.
const TROUBLES: u32 = 10;

/// The work for a run.
#[derive(Debug, Clone)]
pub struct Order {
    /// The action for the run to perform.
    pub action: Action,
    /// The request's digest.
    pub digest: Digest,
    /// Its pull request.
    pub pull: u64,
    /// The signed statement of a revocation.
    pub statement: Option<Signed>,
    /// The ID token of a workload's job, issued for this request and one key.
    pub proof: Option<String>,
}

impl Order {
    /// The request's id.
    pub fn id(&self) -> RequestId {
        self.digest.request_id()
    }
}

/// Runs that one account starts.
pub struct Runs<'a> {
    /// The repository, with the person's token.
    pub github: &'a GitHub,
    /// The clock, entropy and terminal.
    pub system: &'a System,
    /// The numeric id of the person's account.
    pub account: u64,
    /// This machine's memory of the authority.
    pub memory: &'a Memory,
}

impl Runs<'_> {
    /// Performs an order: resumes the run that was started for it, or starts a new one, and returns once it has
    /// succeeded. The run stays remembered until [`Memory::finish`].
    ///
    /// # Errors
    /// The run did not start, end or succeed.
    pub async fn carry_out(&self, order: &Order) -> Result<Run, RunError> {
        let id = order.id();
        if let Some(begun) = self.memory.begun(order.action, &id, self.now())? {
            match self.resume(order.action, &begun).await {
                Ok(Some(run)) => return Ok(run),
                Ok(None) => {}
                // The earlier run failed or never existed, so a new run may succeed. A run that can still end is waited
                // for.
                Err(error @ (RunError::Queued { .. } | RunError::Slow { .. } | RunError::Held { .. })) => {
                    return Err(error);
                }
                Err(error @ (RunError::Interrupted { .. } | RunError::GitHub(_))) => return Err(error),
                Err(error) => tracing::debug!(%error, "the previous run failed"),
            }
            self.memory.finish(order.action, &id)?;
        }
        let begun = self.start(order).await?;
        let run = begun.run.unwrap_or_default();
        match self.follow(order.action, run, begun.at).await {
            Ok(run) => Ok(run),
            Err(error) => {
                let goes_on = matches!(
                    error,
                    RunError::Queued { .. }
                        | RunError::Slow { .. }
                        | RunError::Held { .. }
                        | RunError::Interrupted { .. }
                        | RunError::GitHub(_)
                );
                if !goes_on {
                    self.memory.finish(order.action, &id)?;
                }
                Err(error)
            }
        }
    }

    /// Starts a run for an order, unless an earlier one is under way, and does not wait for its end. The run stays
    /// remembered, so that [`Runs::carry_out`] goes on with it.
    ///
    /// # Errors
    /// GitHub does not start it.
    pub async fn begin(&self, order: &Order) -> Result<(), RunError> {
        let id = order.id();
        if let Some(begun) = self.memory.begun(order.action, &id, self.now())? {
            let run = match begun.run {
                Some(run) => Some(run),
                None => self.find(&begun, false).await?,
            };
            let goes_on = |run: &Run| run.run_attempt == 1 && run.conclusion.is_none();
            if let Some(run) = run
                && self.github.run(run).await.is_ok_and(|run| self.is_own(&run) && goes_on(&run))
            {
                return Ok(());
            }
            self.memory.finish(order.action, &id)?;
        }
        self.start(order).await?;
        self.system.console.settle();
        Ok(())
    }

    /// Dispatches a run and finds its id.
    async fn start(&self, order: &Order) -> Result<Begun, RunError> {
        let mut begun = Begun { nonce: self.system.entropy.token(), run: None, at: self.now() };
        let id = order.id();
        let inputs = inputs(order, &begun.nonce, self.memory.head()?);
        // Written before the dispatch, so that after a crash the run can be found by its name.
        self.memory.begin(order.action, &id, &begun)?;
        self.progress(order.action, "starting the run", begun.at);
        let dispatched = match self.github.dispatch(FILE, MAIN, &inputs).await {
            Ok(dispatched) => dispatched,
            // The answer was lost. The search below shows whether the run was started.
            Err(error) if is_unsure(&error) => {
                return match self.find(&begun, true).await {
                    Ok(Some(run)) => self.note(order.action, &id, begun, run),
                    _ => Err(error.into()),
                };
            }
            Err(error) => {
                self.memory.finish(order.action, &id)?;
                self.system.console.settle();
                return Err(match error.status() {
                    Some(422) if error.to_string().contains("Unexpected inputs") => RunError::OlderWorkflow,
                    Some(403 | 404 | 422) => RunError::NotTaken(error.to_string()),
                    _ => error.into(),
                });
            }
        };
        begun.run = dispatched.map(|dispatched| dispatched.workflow_run_id);
        match begun.run {
            Some(run) => self.note(order.action, &id, begun, run),
            None => match self.find(&begun, true).await? {
                Some(run) => self.note(order.action, &id, begun, run),
                None => {
                    self.system.console.settle();
                    Err(RunError::Unseen(APPEARS.as_secs()))
                }
            },
        }
    }

    fn note(&self, action: Action, id: &RequestId, begun: Begun, run: u64) -> Result<Begun, RunError> {
        let begun = Begun { run: Some(run), ..begun };
        self.memory.begin(action, id, &begun)?;
        Ok(begun)
    }

    /// The run that was started before, if it exists and succeeded. Follows it while it is running.
    async fn resume(&self, action: Action, begun: &Begun) -> Result<Option<Run>, RunError> {
        let run = match begun.run {
            Some(run) => Some(run),
            None => self.find(begun, false).await?,
        };
        let Some(run) = run else { return Ok(None) };
        self.follow(action, run, begun.at).await.map(Some)
    }

    /// Finds our run among the newest by its name, which ends in the nonce. A fresh run may take a while to appear.
    async fn find(&self, begun: &Begun, fresh: bool) -> Result<Option<u64>, RunError> {
        let began = self.now();
        let mut pause = Duration::from_secs(2);
        loop {
            let runs = self.github.newest_runs(FILE).await?;
            let own =
                |run: &&Run| run.display_title.ends_with(&format!(" {}", begun.nonce)) && self.is_own(run);
            if let Some(run) = runs.iter().find(own) {
                return Ok(Some(run.id));
            }
            if !fresh || self.now().duration_since(began) >= APPEARS {
                return Ok(None);
            }
            self.system.clock.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }

    /// Whether this account started the run on `main`.
    fn is_own(&self, run: &Run) -> bool {
        run.event == "workflow_dispatch"
            && run.head_branch.as_deref() == Some(MAIN)
            && run.path.split('@').next() == Some(WORKFLOW)
            && run.actor.as_ref().is_some_and(|actor| actor.id == self.account)
    }

    /// Waits for the end of a run.
    async fn follow(&self, action: Action, id: u64, began: Timestamp) -> Result<Run, RunError> {
        let watched = self.watch(action, id, began);
        // Ctrl-C is handled only if a status line must be removed. Otherwise it belongs to the terminal's owner.
        let interrupted = async {
            if !self.system.console.is_interactive() {
                std::future::pending::<()>().await;
            }
            self.system.processes.interrupted().await;
        };
        let ended = tokio::select! {
            ended = watched => ended,
            () = interrupted => {
                let url = format!("run {id} of {}", self.github.slug);
                Err(RunError::Interrupted { url })
            }
        };
        self.system.console.settle();
        ended
    }

    async fn watch(&self, action: Action, id: u64, began: Timestamp) -> Result<Run, RunError> {
        let looked = self.now();
        let mut troubles = 0;
        loop {
            let run = match self.github.run(id).await {
                Ok(run) => run,
                Err(error) if error.is_missing() && troubles < 3 => {
                    // GitHub may not show a new run at once.
                    troubles += 1;
                    self.pause(looked).await;
                    continue;
                }
                Err(error) if error.is_missing() => return Err(RunError::Gone(id)),
                Err(error) if troubles < TROUBLES && RunError::GitHub(error.clone()).is_passing() => {
                    troubles += 1;
                    self.progress(action, "GitHub does not tell the run's state", began);
                    self.pause(looked).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            troubles = 0;
            if !self.is_own(&run) {
                return Err(RunError::Foreign(id));
            }
            let url = sanitise(&run.html_url);
            if run.run_attempt != 1 {
                return Err(RunError::Again(url));
            }
            let status = run.status.as_deref().unwrap_or_default();
            if status == "completed" {
                return self.ended(run).await;
            }
            let minutes = self.now().duration_since(began).as_mins();
            let words = match status {
                "queued" | "requested" | "pending" => "waiting for a runner",
                "waiting" => "waiting for the approval of its environment",
                _ => "running",
            };
            if status == "waiting" && self.now().duration_since(looked) >= APPEARS {
                return Err(RunError::Held { url });
            }
            if words == "waiting for a runner" && self.now().duration_since(looked) >= QUEUED {
                return Err(RunError::Queued { minutes, url });
            }
            if self.now().duration_since(looked) >= LONGEST {
                return Err(RunError::Slow { minutes, url });
            }
            self.progress(action, words, began);
            self.pause(looked).await;
        }
    }

    /// Returns a completed run if it succeeded, otherwise the reason for its failure.
    async fn ended(&self, run: Run) -> Result<Run, RunError> {
        let url = sanitise(&run.html_url);
        match run.conclusion.as_deref() {
            Some("success") => Ok(run),
            Some("cancelled") => Err(RunError::Cancelled(url)),
            Some("timed_out") => Err(RunError::TimedOut(url)),
            Some("failure") => Err(self.explain(&run, url).await),
            other => {
                let conclusion = sanitise(other.unwrap_or("nothing"));
                Err(RunError::Odd { conclusion, url })
            }
        }
    }

    /// Explains a failed run with the error of the job that failed.
    async fn explain(&self, run: &Run, url: String) -> RunError {
        let jobs = self.github.jobs(run.id).await.unwrap_or_default();
        let failed = |job: &&Job| matches!(job.conclusion.as_deref(), Some("failure" | "timed_out"));
        let Some(job) = jobs.iter().find(failed) else {
            return RunError::Odd { conclusion: "failure".to_owned(), url };
        };
        let name = sanitise(&job.name);
        // An unreadable log is not reported as an error of its own: the run has failed anyway.
        let log = self.github.job_log(job.id).await.unwrap_or_default();
        let words = words::read(&String::from_utf8_lossy(&log));
        match words.said {
            Some(said) => {
                RunError::Refused { said, hint: words.hint, rule: words.rule, code: words.code, url }
            }
            None => {
                let failed = |step: &&Step| step.conclusion.as_deref() == Some("failure");
                let step = job.steps.iter().flatten().find(failed);
                let step = step.map(|step| sanitise(&step.name).chars().take(100).collect());
                RunError::Failed { job: name, step, url }
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.system.clock.now()
    }

    fn progress(&self, action: Action, how: &str, began: Timestamp) {
        let seconds = self.now().duration_since(began).as_secs().max(0);
        let line = if seconds < 5 {
            format!("{}: {how}", activity(action))
        } else {
            format!("{}: {how}, {seconds} s so far", activity(action))
        };
        self.system.console.progress(&line);
    }

    /// The pause between two reads: short at first, when most runs end, then longer. An unchanged answer costs nothing.
    async fn pause(&self, looked: Timestamp) {
        let seconds = match self.now().duration_since(looked).as_secs() {
            ..60 => 3,
            60..600 => 5,
            _ => 10,
        };
        self.system.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

/// Whether the call may have taken effect although it failed.
fn is_unsure(error: &GitHubError) -> bool {
    matches!(error, GitHubError::Network(_)) || matches!(error.status(), Some(500..))
}

/// The workflow's inputs.
fn inputs(order: &Order, nonce: &str, head: Option<JournalHead>) -> BTreeMap<&'static str, String> {
    let mut inputs = BTreeMap::from([
        ("action", order.action.as_str().to_owned()),
        ("request", order.id().to_string()),
        ("pull", order.pull.to_string()),
        ("digest", order.digest.to_string()),
        ("nonce", nonce.to_owned()),
    ]);
    // A workflow of an older form refuses this input. What only stops access is left to any workflow.
    if order.action == Action::Mint {
        inputs.insert("form", FORM.to_owned());
    }
    if let Some(head) = head {
        inputs.insert("head", format!("{}.{}", head.sequence, head.hash));
    }
    if let Some(signed) = &order.statement {
        // The form that a workflow of an older version reads, too: what stops access is left to any workflow.
        inputs.insert("statement", BASE64URL_NOPAD.encode(request_file::write_older(signed).as_bytes()));
    }
    if let Some(proof) = &order.proof {
        inputs.insert("proof", proof.clone());
    }
    inputs
}
