//! The one place that builds a request statement, for all kinds: a request, break-glass, an extension, a workload. All
//! state in the same way who sits at the terminal.

use jiff::Timestamp;

use super::Header;
use super::RequestStatement;
use super::RequestedScope;
use super::Way;
use crate::grant::Digest;
use crate::grant::JobRun;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::Target;
use crate::grant::WorkloadRun;
use crate::grant::span::Span;

/// The client's claims about itself in a request. They are no proof to an authority: they can only make a
/// decision stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// Whether a person sits at the terminal.
    pub interactive: bool,
    /// Whether a coding agent runs the command.
    pub agent: bool,
}

/// The content of a request.
pub struct Draft<'a> {
    /// The requester and the authority.
    pub header: Header,
    /// The kind of request.
    pub way: Way,
    /// The role.
    pub role: &'a Name,
    /// The target that the role opens.
    pub target: &'a Target,
    /// The scope. `None` for the whole role.
    pub scope: Option<RequestedScope>,
    /// The requested duration.
    pub duration: Span,
    /// The earliest start.
    pub start: Option<Timestamp>,
    /// The reason given.
    pub reason: &'a str,
    /// The public half of the one-use key. Empty for a workload, whose key comes later.
    pub recipient: String,
    /// The run of a workload.
    pub workload: Option<WorkloadRun>,
    /// The job of a workload that asks a broker.
    pub job: Option<JobRun>,
    /// The one command that it is for.
    pub purpose: Option<Purpose>,
    /// The policy revision that the requester saw.
    pub policy: Digest,
    /// The time at which all credentials must have expired.
    pub not_after: Timestamp,
}

impl Draft<'_> {
    /// The statement to sign.
    pub fn statement(self, attendance: Attendance) -> RequestStatement {
        RequestStatement {
            created: self.header.at,
            header: self.header,
            way: self.way,
            interactive: attendance.interactive,
            agent: attendance.agent,
            role: self.role.clone(),
            target: self.target.clone(),
            scope: self.scope,
            duration: self.duration,
            start: self.start,
            reason: self.reason.to_owned(),
            recipient: self.recipient,
            workload: self.workload,
            job: self.job,
            purpose: self.purpose,
            policy: self.policy,
            not_after: self.not_after,
        }
    }
}
