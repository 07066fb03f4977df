//! Caches the decisions of both policies on open requests, for lists and answers.
//!
//! A decision is cached only if neither policy looks at the time or at facts for the role. It is reused only for the
//! same version of the request, the same revision in force and the same result of conditions. Credentials never depend
//! on the cache: each mint judges again, from the log.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::grant::Digest;
use crate::grant::Request;
use crate::judgement::Bench;
use crate::judgement::Judgement;
use crate::policy::Policy;

/// The most cached requests. Beyond this, the whole cache is cleared.
const REMEMBERED: usize = 4_096;

/// A decision, and its inputs besides the policies and the request.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The decision of both policies.
    pub judgement: Judgement,
    /// Whether conditions could have approved it without a review.
    pub automatic: bool,
}

struct Kept {
    version: u64,
    force: Digest,
    edition: u64,
    before: u32,
    judged: Arc<Judged>,
}

/// The cache of valid decisions, by request.
#[derive(Default)]
pub struct Judgements {
    kept: Mutex<HashMap<Digest, Kept>>,
}

/// Whether a decision on the request stays valid as time passes: neither policy looks at a clock or a fact.
fn lasts(bench: &Bench, request: &Request) -> bool {
    let role = &request.statement.role;
    let moves = |policy: &Policy| policy.looks_at_time(role) || policy.facts_of(role).next().is_some();
    !moves(&bench.under) && !moves(&bench.force)
}

impl Judgements {
    /// Caches the decision on a request if it stays valid. `before` is the number of earlier extensions of its grant.
    pub fn keep(&self, bench: &Bench, request: &Request, before: u32, judged: &Arc<Judged>) {
        if !lasts(bench, request) {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= REMEMBERED {
            kept.clear();
        }
        let (version, force, judged) = (request.version, bench.force.revision, Arc::clone(judged));
        let edition = bench.force.edition();
        kept.insert(request.digest, Kept { version, force, edition, before, judged });
    }

    /// The cached decision on a request. `None` if it must be judged again.
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
                && kept.edition == bench.force.edition()
                && kept.before == before
                && kept.judged.automatic == automatic
        })?;
        Some(Arc::clone(&found.judged))
    }
}
