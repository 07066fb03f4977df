//! What both policies said of open requests, so that lists and answers do not ask them again while nothing changed.
//!
//! A judgement is kept only if neither policy looks at the time or at facts for the role. It is used only for the same version
//! of the request, the same revision in force and the same word on conditions. Credentials never hang on it: each mint judges
//! anew, from the log.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::grant::Digest;
use crate::grant::Request;
use crate::judgement::Bench;
use crate::judgement::Judgement;
use crate::policy::Policy;

/// How many requests are remembered. With more than this, all are forgotten and judged again.
const REMEMBERED: usize = 4_096;

/// A judgement, and what it was made with besides the policies and the request.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What both policies said.
    pub judgement: Judgement,
    /// Whether conditions could have approved it by themselves.
    pub automatic: bool,
}

struct Kept {
    version: u64,
    force: Digest,
    before: u32,
    judged: Arc<Judged>,
}

/// The judgements that still hold, by request.
#[derive(Default)]
pub struct Judgements {
    kept: Mutex<HashMap<Digest, Kept>>,
}

/// Whether a judgement of the request stays what it is as time passes: neither policy looks at a clock or a fact.
fn lasts(bench: &Bench, request: &Request) -> bool {
    let role = &request.statement.role;
    let moves = |policy: &Policy| policy.looks_at_time(role) || policy.facts_of(role).next().is_some();
    !moves(&bench.under) && !moves(&bench.force)
}

impl Judgements {
    /// Remembers what was said of a request as it stands, if it stays so. `before` is how often its grant was extended before.
    pub fn keep(&self, bench: &Bench, request: &Request, before: u32, judged: &Arc<Judged>) {
        if !lasts(bench, request) {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= REMEMBERED {
            kept.clear();
        }
        let (version, force, judged) = (request.version, bench.force.revision, Arc::clone(judged));
        kept.insert(request.digest, Kept { version, force, before, judged });
    }

    /// What was said of a request as it stands; `None` if it has to be judged again.
    pub fn find(
        &self,
        bench: &Bench,
        request: &Request,
        before: u32,
        automatic: bool,
    ) -> Option<Arc<Judged>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&request.digest).filter(|kept| {
            kept.version == request.version
                && kept.force == bench.force.revision
                && kept.before == before
                && kept.judged.automatic == automatic
        })?;
        Some(Arc::clone(&found.judged))
    }
}
