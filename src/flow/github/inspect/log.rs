//! The log: whether the workflow signed its newest index.

use crate::flow::Failure;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::authority;
use crate::github::log_store::Log;
use crate::grant::text::count;
use crate::policy::Policy;
use crate::system::System;

const PART: &str = "log";

pub(super) async fn look(system: &System, github: &GitHub, policy: &Policy) -> Finding {
    let keys = policy.forge().map_or(&[][..], |forge| &forge.log_keys);
    let opened = async {
        let repository = github.repository().await?;
        let log = Log::open(github, keys, &authority(repository.id), system.clock.now()).await?;
        Ok::<_, Failure>(log.index.sequence)
    };
    match opened.await {
        Ok(sequence) => {
            Finding::ok(PART, format!("its index is signed and counts {}", count(sequence, "event")))
        }
        Err(failure) => Finding::of(PART, &failure),
    }
}
