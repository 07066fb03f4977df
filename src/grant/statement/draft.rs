//! The one place where a request statement is built, for whatever asks: a request, an emergency, more time, a workload. All
//! say in the same way who sits at the terminal.

use jiff::Timestamp;

use super::Header;
use super::RequestStatement;
use super::RequestedScope;
use super::Way;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::WorkloadRun;
use crate::grant::span::Span;

/// What the client says of itself in a request. An authority takes it for no proof: it can only make a decision stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// Whether a person sits at the terminal.
    pub interactive: bool,
    /// Whether a coding agent runs the command.
    pub agent: bool,
}

/// What is asked for.
pub struct Draft<'a> {
    /// Who asks whom.
    pub header: Header,
    /// In which way.
    pub way: Way,
    /// The role.
    pub role: &'a Name,
    /// What it opens.
    pub target: &'a Target,
    /// The piece of it, where it is not the whole role.
    pub scope: Option<RequestedScope>,
    /// For how long.
    pub duration: Span,
    /// Not before this.
    pub start: Option<Timestamp>,
    /// Why.
    pub reason: &'a str,
    /// The public half of the one-use key; empty where a workload asks, whose key comes later.
    pub recipient: String,
    /// The run of a workload.
    pub workload: Option<WorkloadRun>,
    /// The policy revision that the asker saw.
    pub policy: Digest,
    /// No credentials outlive this.
    pub not_after: Timestamp,
}

impl Draft<'_> {
    /// The statement to be signed.
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
            policy: self.policy,
            not_after: self.not_after,
        }
    }
}
