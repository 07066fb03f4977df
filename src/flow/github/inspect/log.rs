//! The log: whether the workflow signed its newest index.

use crate::flow::Failure;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::authority;
use crate::github::log_store::Log;
use crate::github::tree::Reader;
use crate::grant::text::count;
use crate::policy::Policy;
use crate::system::System;

const PART: &str = "log";

pub(super) async fn look(system: &System, github: &GitHub, policy: &Policy) -> Finding {
    let keys = policy.forge().map_or(&[][..], |forge| &forge.log_keys);
    let opened = async {
        let survey = github.survey().await?;
        let (reader, authority) = (Reader::new(github), authority(survey.repository.id));
        let log = Log::open(&reader, survey.log.as_deref(), keys, &authority, system.clock.now()).await?;
        Ok::<_, Failure>(log.index.sequence)
    };
    match opened.await {
        Ok(sequence) => {
            Finding::ok(PART, format!("its index is signed and counts {}", count(sequence, "event")))
        }
        Err(failure) => Finding::of(PART, &failure),
    }
}
