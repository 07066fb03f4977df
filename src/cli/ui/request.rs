//! A request as shown to people and programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Ui;
use super::reviews::ReviewJson;
use super::reviews::read;
use super::reviews::reviews;
use crate::flow::Standing;
use crate::grant::AuthorityAddress;
use crate::grant::Cloud;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::Purpose;
use crate::grant::RequestId;
use crate::grant::Target;
use crate::grant::span::Span;
use crate::grant::statement::Kind;
use crate::grant::text::COLUMNS;
use crate::grant::text::marked;
use crate::grant::text::sanitise;
use crate::protocol::ClosingView;
use crate::protocol::DenialState;
use crate::protocol::DenialView;
use crate::protocol::DeniedView;
use crate::protocol::ExtensionView;
use crate::protocol::MissingView;
use crate::protocol::NoticeView;

/// The documented JSON of a request. Members are only added, never removed.
#[derive(Debug, Serialize)]
pub struct RequestJson {
    id: RequestId,
    digest: Digest,
    way: Kind,
    role: Name,
    who: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_of: Option<Name>,
    target: Target,
    cloud: Cloud,
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    scope: Option<ScopeJson>,
    duration: Span,
    reason: String,
    interactive: bool,
    agent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<BTreeMap<&'static str, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<PurposeJson>,
    state: &'static str,
    created: Timestamp,
    start: Option<Timestamp>,
    pending_until: Timestamp,
    unused_until: Option<Timestamp>,
    approved_duration: Option<Span>,
    approved_by: Vec<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_scope: Option<Name>,
    active_until: Option<Timestamp>,
    credentials_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denial: Option<DenialView>,
    approval: String,
    missing: Vec<MissingView>,
    reviews: Vec<ReviewJson>,
    acknowledged: Option<ReviewJson>,
    notices: Vec<NoticeView>,
    denied_before: Option<DeniedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extends: Option<RequestId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<ExtensionJson>,
    closing: Option<ClosingView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ask_again: Option<String>,
    may_review: bool,
    may_revoke: bool,
}

#[derive(Debug, Serialize)]
struct ScopeJson {
    name: Name,
    sha256: Digest,
}

/// The one command that a request is for.
#[derive(Debug, Serialize)]
struct PurposeJson {
    command: Vec<String>,
    program_sha256: Digest,
    folder: String,
    files: BTreeMap<String, Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_sha256: Option<Digest>,
    commit: Option<String>,
}

#[derive(Debug, Serialize)]
struct ExtensionJson {
    id: RequestId,
    /// `None` while it is pending.
    until: Option<Timestamp>,
}

impl RequestJson {
    /// The JSON of a request.
    pub fn of(standing: &Standing, now: Timestamp) -> Self {
        let view = &standing.view;
        let asked = &standing.asked;
        Self {
            id: view.id.clone(),
            digest: standing.digest,
            way: asked.way.kind(),
            role: asked.role.clone(),
            who: asked.header.who.clone(),
            agent_of: view.agent_of.clone(),
            target: asked.target.clone(),
            cloud: asked.target.cloud(),
            place: asked.target.place(),
            account: asked.target.place().as_account().map(str::to_owned),
            scope: asked
                .scope
                .as_ref()
                .map(|scope| ScopeJson { name: scope.name.clone(), sha256: scope.document }),
            duration: asked.duration,
            reason: asked.reason.clone(),
            interactive: asked.interactive,
            agent: asked.agent,
            run: asked.workload.as_ref().map(|run| run.members().into()),
            job: asked.job.as_ref().map(ToString::to_string),
            purpose: asked.purpose.as_ref().map(purpose),
            state: standing.state_at(now).as_str(),
            created: asked.created,
            start: asked.start,
            pending_until: view.pending_until,
            unused_until: view.unused_until,
            approved_duration: view.approved_duration,
            approved_by: view.approved_by.clone(),
            approved_scope: view.approved_scope.clone(),
            active_until: view.active_until,
            credentials_until: view.credentials_until,
            denial: view
                .denial
                .as_ref()
                .map(|denial| DenialView { why: denial.why.as_deref().map(sanitise), ..denial.clone() }),
            approval: sanitise(&view.approval),
            missing: view.missing.iter().map(missing).collect(),
            reviews: reviews(standing),
            acknowledged: view.acknowledged.as_ref().and_then(|review| read(review, standing)),
            notices: view.notices.iter().map(notice).collect(),
            denied_before: view.denied_before.as_ref().map(denied),
            extends: asked.extends().map(|first| first.request_id()),
            extensions: view.extensions.iter().map(extension).collect(),
            closing: view.closing.as_ref().map(closing),
            ask_again: view.ask_again.as_deref().map(sanitise),
            may_review: view.may_review,
            may_revoke: view.may_revoke,
        }
    }
}

fn purpose(purpose: &Purpose) -> PurposeJson {
    let Purpose { command, program, folder, files, plan, commit } = purpose.clone();
    PurposeJson { command, program_sha256: program, folder, files, plan_sha256: plan, commit }
}

fn extension(extension: &ExtensionView) -> ExtensionJson {
    ExtensionJson { id: extension.id.clone(), until: extension.until }
}

fn missing(missing: &MissingView) -> MissingView {
    MissingView { demand: sanitise(&missing.demand), could_help: missing.could_help.clone() }
}

fn notice(notice: &NoticeView) -> NoticeView {
    NoticeView {
        to: sanitise(&notice.to),
        about: sanitise(&notice.about),
        delivered: notice.delivered,
        problem: notice.problem.as_deref().map(sanitise),
        tries_again: notice.tries_again,
    }
}

fn denied(denied: &DeniedView) -> DeniedView {
    let clean = |text: &Option<String>| text.as_deref().map(sanitise);
    DeniedView {
        why: sanitise(&denied.why),
        what: clean(&denied.what),
        said: clean(&denied.said),
        ..denied.clone()
    }
}

fn closing(closing: &ClosingView) -> ClosingView {
    ClosingView { at: closing.at, by: closing.by.clone(), why: sanitise(&closing.why) }
}

/// A request as lines for people.
pub fn describe(standing: &Standing, now: Timestamp, ui: &Ui<'_>) -> String {
    let asked = &standing.asked;
    let view = &standing.view;
    let state = standing.state_at(now).as_str();
    let mut lines = vec![
        format!("{}  {}  {}", ui.heading(view.id.as_str()), ui.heading(asked.role.as_str()), ui.state(state)),
        format!("  who       {}", standing.who()),
        format!("  opens     {}", asked.target.describe()),
    ];
    if let Some(scope) = &asked.scope {
        lines.push(format!("  scope     {}", scope.name));
    }
    let more = if asked.extends().is_some() { " more" } else { "" };
    lines.push(format!("  for       {}{more}", asked.duration));
    let columns = ui.columns().unwrap_or(COLUMNS);
    // Foreign text gets a mark on each line.
    let mut put = |name: &str, value: String| match name {
        "reason" | "run" | "runs" | "program" | "folder" | "files" | "plan" | "commit" | "" => {
            lines.extend(marked(name, &value, columns));
        }
        _ => lines.push(format!("  {name:<9} {value}")),
    };
    if let Some(more) = standing.more_time(ui.zone()) {
        put("extends", more);
    }
    if !asked.reason.is_empty() {
        put("reason", asked.reason.clone());
    }
    asked.purpose.iter().flat_map(Purpose::facts).for_each(|(label, fact)| put(label, fact));
    if let Some(run) = &asked.workload {
        put("run", run.describe());
    }
    asked.job.iter().for_each(|job| put("run", job.to_string()));
    if asked.agent {
        put("agent", "a coding agent asked, as its client claims".to_owned());
    }
    put("asked", ui.when(asked.created, now));
    if let Some(start) = asked.start {
        put("from", ui.when(start, now));
    }
    if standing.is_emergency() {
        put("way", "emergency: taken without approval".to_owned());
    } else {
        put("approval", sanitise(&view.approval));
    }
    for missing in &view.missing {
        let people: Vec<&str> = missing.could_help.iter().map(Name::as_str).collect();
        put("missing", format!("{} ({})", sanitise(&missing.demand), people.join(", ")));
    }
    if let Some(why) = view.ask_again.as_ref().filter(|_| state == "pending") {
        put("again", format!("{}; ask again: {}", sanitise(why), standing.how_to_ask_again()));
    }
    let after = view.acknowledged.as_ref().and_then(|review| read(review, standing));
    let before = reviews(standing).into_iter().map(|review| ("review", review));
    for (name, review) in before.chain(after.map(|review| ("after", review))) {
        let span = review.duration.map_or_else(String::new, |span| format!(" for at most {span}"));
        let scope = review.scope.map_or_else(String::new, |scope| format!(" for no more than {scope}"));
        put(name, format!("{} says {}{span}{scope}", review.by, review.verdict));
        if !review.comment.is_empty() {
            put("", review.comment);
        }
    }
    if let Some(duration) = view.approved_duration.filter(|duration| *duration != asked.duration) {
        put("approved", format!("for {duration} only"));
    }
    if let Some(scope) = view.approved_scope.as_ref().filter(|_| asked.scope.is_none()) {
        put("approved", format!("for no more than {scope}"));
    }
    match state {
        "pending" => put("expires", ui.when(view.pending_until, now)),
        "approved" => {
            let until = view.unused_until.map_or_else(String::new, |until| ui.when(until, now));
            put("usable", format!("until {until}"));
        }
        _ => {}
    }
    if let Some(until) = view.active_until {
        // The earlier end counts.
        let closed = view.closing.as_ref().filter(|_| view.state.is_terminal()).map(|closing| closing.at);
        let until = closed.map_or(until, |closed| until.min(closed));
        put("access", format!("until {}", ui.until(until, now)));
    }
    for extension in &view.extensions {
        let what = extension
            .until
            .map_or("waits for approval".to_owned(), |until| format!("until {}", ui.when(until, now)));
        put("extended", format!("by {}: {what}", extension.id));
    }
    for line in told(standing) {
        put("told", line);
    }
    if let Some(denial) = &view.denial {
        put("issued", issued(denial, asked.target.cloud()));
    }
    if let Some(closing) = &view.closing {
        let by = closing.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        put("closed", format!("{}{by}", ui.when(closing.at, now)));
        put("", closing.why.clone());
    }
    lines.join("\n")
}

/// How far the place is with ending early what was handed out.
fn issued(denial: &DenialView, cloud: Cloud) -> String {
    let (who, does, done) = match cloud {
        Cloud::Vault => ("the server", "revoke", "revoked"),
        // Its tokens are bound to a Secret, and the broker deletes that.
        Cloud::Kubernetes => ("the cluster", "refuse", "refuses"),
        _ => ("the cloud", "deny", "denies"),
    };
    match denial.state {
        DenialState::Denied => format!("{who} {done} what was handed out"),
        DenialState::Waiting => format!("the broker is telling {who} to {does} what was handed out"),
        DenialState::Failed => {
            let why = sanitise(denial.why.as_deref().unwrap_or("no reason was given"));
            format!("what was handed out still works: {why}; the broker tries again")
        }
    }
}

/// The subject of a notice, for people.
fn about(word: &str) -> String {
    match word {
        "break_glass" => "emergency".to_owned(),
        "decided" => "decision".to_owned(),
        "expiring" => "near end".to_owned(),
        "ended" => "end".to_owned(),
        other => sanitise(other),
    }
}

/// Each notice in one line: delivered, on its way, or why not.
pub fn told(standing: &Standing) -> Vec<String> {
    let line = |notice: &NoticeView| {
        let to = sanitise(&notice.to);
        match (&notice.problem, notice.delivered) {
            (_, true) => format!("{to} (about the {})", about(&notice.about)),
            (Some(problem), false) => format!("{to} could not be told: {}", failed(problem, notice)),
            (None, false) => format!("{to} is being told"),
        }
    };
    standing.view.notices.iter().map(line).collect()
}

fn failed(problem: &str, notice: &NoticeView) -> String {
    let again = if notice.tries_again { "; the broker tries again" } else { "" };
    format!("{}{again}", sanitise(problem))
}

/// The people and places that were told of a new request, or the people who could agree if nobody was told.
pub fn told_of_new(standing: &Standing) -> Vec<String> {
    let view = &standing.view;
    let mut lines: Vec<String> = view
        .notices
        .iter()
        .map(|notice| {
            let to = sanitise(&notice.to);
            match (&notice.problem, notice.delivered) {
                (_, true) => format!("told: {to}"),
                (Some(problem), false) => format!("not told: {to}: {}", failed(problem, notice)),
                (None, false) => format!("being told: {to}"),
            }
        })
        .collect();
    // A repository tells nobody by itself: GitHub tells those whose review is asked for.
    let is_github = AuthorityAddress::of(&standing.asked.header.authority).is_github();
    // The requester's own addresses are named after the requester.
    let own = format!("{}, ", standing.asked.header.who);
    let others = || view.notices.iter().filter(|notice| !notice.to.starts_with(&own));
    let reaches = others().any(|notice| notice.delivered || notice.problem.is_none());
    if !is_github && !reaches && !view.missing.is_empty() {
        let why =
            if others().next().is_none() { "the policy names no place" } else { "no notice was delivered" };
        let mut people: Vec<&str> =
            view.missing.iter().flat_map(|missing| &missing.could_help).map(Name::as_str).collect();
        people.sort_unstable();
        people.dedup();
        lines.push(if people.is_empty() {
            format!("nobody was told: {why}")
        } else {
            format!("nobody was told: {why}; ask {} to type: jit approve {}", people.join(" or "), view.id)
        });
    }
    lines
}
