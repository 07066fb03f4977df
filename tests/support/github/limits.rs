//! Rate limits: the primary ones per hour, and the secondary one when a test asks for it.
//!
//! Sources: <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>; "Rate limits and query limits
//! for the GraphQL API", which has limits of its own.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::access::Caller;
use super::access::TokenKind;
use super::answer::Fault;
use super::world::World;

/// The API that a limit is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// REST: one for each call.
    Core,
    /// GraphQL: the points of each query.
    GraphQl,
}

impl Resource {
    /// The name in `x-ratelimit-resource`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::GraphQl => "graphql",
        }
    }
}

/// The limits of all callers, and their calls. Both APIs have the same ones.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls an hour of a person or an app.
    pub personal: u64,
    /// Calls an hour of the `GITHUB_TOKEN`s of a repository.
    pub jobs: u64,
    /// Calls an hour without a token.
    pub anonymous: u64,
    used: BTreeMap<(Resource, String), (u64, Timestamp)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { personal: 5_000, jobs: 1_000, anonymous: 60, used: BTreeMap::new() }
    }
}

/// A caller's budget.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// The limit.
    pub limit: u64,
    /// The calls made.
    pub used: u64,
    /// When the count starts again.
    pub reset: Timestamp,
}

impl Budget {
    /// The calls left.
    pub fn remaining(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

impl World {
    fn bucket(&self, caller: &Caller) -> (String, u64) {
        match caller.token.as_ref() {
            None => ("anonymous".to_owned(), self.limits.anonymous),
            Some(token) => match token.kind {
                TokenKind::Job(_, repository, _) => (format!("jobs of {repository}"), self.limits.jobs),
                TokenKind::Installation(app, ..) | TokenKind::App(app) => {
                    (format!("app {app}"), self.limits.personal)
                }
                _ => (format!("account {}", token.account), self.limits.personal),
            },
        }
    }

    /// The caller's budget.
    pub fn budget(&mut self, caller: &Caller, resource: Resource) -> Budget {
        let (bucket, limit) = self.bucket(caller);
        let now = self.now();
        let entry =
            self.limits.used.entry((resource, bucket)).or_insert((0, now + SignedDuration::from_hours(1)));
        if entry.1 <= now {
            *entry = (0, now + SignedDuration::from_hours(1));
        }
        Budget { limit, used: entry.0, reset: entry.1 }
    }

    /// Counts one call, or a query's points.
    ///
    /// # Errors
    /// None is left: 403 with the time of the next reset.
    pub fn spend(&mut self, caller: &Caller, resource: Resource, cost: u64) -> Result<(), Fault> {
        if self.budget(caller, resource).remaining() < cost {
            let who =
                caller.account().map_or_else(|| "this address".to_owned(), |id| format!("user ID {id}"));
            return Err(Fault::new(403, format!("API rate limit exceeded for {who}.")));
        }
        let (bucket, _) = self.bucket(caller);
        if let Some(entry) = self.limits.used.get_mut(&(resource, bucket)) {
            entry.0 += cost;
        }
        Ok(())
    }

    /// Returns one call, because a 304 is free.
    pub fn refund(&mut self, caller: &Caller) {
        let (bucket, _) = self.bucket(caller);
        if let Some(entry) = self.limits.used.get_mut(&(Resource::Core, bucket)) {
            entry.0 = entry.0.saturating_sub(1);
        }
    }
}
