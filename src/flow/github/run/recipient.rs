//! The key to which credentials are sealed. A person's request contains it. A workload's job gives it at the mint, with
//! its own token.

use jiff::Timestamp;

use crate::config::inputs;
use crate::flow::Failure;
use crate::github::Evidence;
use crate::github::Verified;
use crate::github::workload::check_taking;
use crate::system::System;

/// The key.
///
/// # Errors
/// A workload's job has no token, or an invalid one.
pub(in crate::flow::github) fn recipient(
    system: &System,
    evidence: &Evidence,
    verified: &Verified,
    now: Timestamp,
) -> Result<String, Failure> {
    let statement = &verified.file.statement;
    if statement.workload.is_none() {
        return Ok(statement.recipient.clone());
    }
    let proof = inputs::PROOF.find(&system.environment)?.ok_or_else(|| {
        Failure::usage("a workload asked, and the run has no token of its job")
            .hint("let `jit exec` dispatch it, in the job that needs the credentials")
    })?;
    Ok(check_taking(evidence, verified, &proof, now)?)
}
