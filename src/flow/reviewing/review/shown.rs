//! A request in lines, for the person who is about to decide. Each line of other people's text has a mark.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Reviewing;
use super::Word;
use crate::flow::Client;
use crate::flow::asking::planned;
use crate::flow::asking::scopes::Piece;
use crate::grant::Purpose;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::span::local;
use crate::grant::span::time_left;
use crate::grant::span::time_since;
use crate::grant::statement::shown::AGENT;
use crate::grant::statement::shown::NO_REASON;
use crate::grant::text;

/// How many changes of one kind that lose nothing a review lists.
const CHANGES_SHOWN: usize = 100;

impl Reviewing {
    /// The requested scope, or why it cannot be shown, in lines.
    fn scope(&self) -> Vec<String> {
        let Some(asked) = &self.standing.asked.scope else { return Vec::new() };
        let piece = match Piece::signed(&self.role, asked) {
            Ok(piece) => piece,
            Err(failure) => return vec![format!("  scope     {}: {failure}", asked.name)],
        };
        let allows = piece.lines().into_iter().map(|line| format!("  allows    {line}"));
        std::iter::once(format!("  scope     {}", piece.title())).chain(allows).collect()
    }

    /// The scope to which the review narrows the request, in lines.
    pub(super) fn narrowed(&self, word: &Word) -> Vec<String> {
        if word.verdict == Verdict::Deny {
            return Vec::new();
        }
        let mut lines = Vec::new();
        let piece = word.scope.as_ref().filter(|_| self.standing.asked.scope.is_none());
        if let Some(Ok(piece)) = piece.map(|name| Piece::of(&self.role, name)) {
            lines.push(format!("  narrowed  {}", piece.title()));
            lines.extend(piece.lines().into_iter().map(|line| format!("  allows    {line}")));
        }
        let asked = self.standing.asked.duration;
        if let Some(allowed) = word.duration.filter(|allowed| *allowed < asked) {
            lines.push(format!("  shortened {allowed} instead of {asked}"));
        }
        lines
    }

    /// The present state of break-glass access.
    fn so_far(&self, now: Timestamp) -> String {
        let state = self.standing.state_at(now);
        let left = |until: Timestamp| format!("{}, {} left", state.as_str(), time_left(now, until));
        match (state, &self.standing.view) {
            (State::Active, view) => view.active_until.map_or_else(|| state.as_str().to_owned(), left),
            (State::Approved, view) => view.unused_until.map_or_else(|| state.as_str().to_owned(), left),
            _ => state.as_str().to_owned(),
        }
    }

    /// The rule for this kind of request, in the policy's words.
    fn rule<'a>(&'a self, piece: Option<&'a Piece>) -> &'a str {
        let extend = self.role.extend.as_ref().filter(|_| self.standing.asked.extends().is_some());
        match (extend, piece) {
            (Some(extend), _) => &extend.approval,
            (None, Some(piece)) => &piece.view.approval,
            (None, None) => &self.role.approval,
        }
    }

    /// The plan of the command, or how to see it, in lines.
    fn planned(&self, columns: usize) -> Vec<String> {
        let has_plan = self.standing.asked.purpose.as_ref().is_some_and(|purpose| purpose.plan.is_some());
        match &self.plan {
            Some(plan) => planned::lines(plan, columns, CHANGES_SHOWN),
            None if has_plan => {
                let id = &self.standing.view.id;
                vec![format!(
                    "  note      the plan was not shown: `jit approve {id} --plan FILE` shows it first"
                )]
            }
            None => Vec::new(),
        }
    }

    /// The other reviewers' reviews, in lines.
    fn heard(&self, now: Timestamp, columns: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for heard in self.standing.heard() {
            let said = if heard.verdict == Verdict::Approve { "approved" } else { "denied" };
            let span = heard.duration.map_or_else(String::new, |span| format!(", for at most {span}"));
            let scope = heard.scope.map_or_else(String::new, |scope| format!(", for no more than {scope}"));
            lines.push(format!("  so far    {} {said} {}{span}{scope}", heard.by, time_since(heard.at, now)));
            if !heard.comment.is_empty() {
                lines.extend(text::marked("", &heard.comment, columns));
            }
        }
        lines
    }

    /// The request in lines, for the person who is about to decide. No line is wider than the window. A longer one
    /// continues below its own column, so that nobody's text begins a line.
    pub fn describe(&self, client: &Client<'_>) -> Vec<String> {
        self.describe_in(client, client.console().message_columns())
    }

    /// The same for a window of this many columns. `None` wraps nothing but other people's text.
    pub(in crate::flow::reviewing) fn describe_in(
        &self,
        client: &Client<'_>,
        columns: Option<usize>,
    ) -> Vec<String> {
        let lines = self.lines(client.now(), &client.system.zone, columns.unwrap_or(text::COLUMNS));
        let Some(columns) = columns else { return lines };
        let fold = |line: String| match line.split_at_checked(12) {
            Some((label, rest)) if label.starts_with("  ") => text::hanging(label, rest, columns),
            _ => vec![line],
        };
        lines.into_iter().flat_map(fold).collect()
    }

    fn lines(&self, now: Timestamp, zone: &TimeZone, columns: usize) -> Vec<String> {
        let asked = &self.standing.asked;
        let emergency = self.standing.is_emergency();
        let mut lines = vec![
            format!("{}  (request {})", asked.headline(), self.standing.view.id),
            format!("  opens     {}", asked.target.describe()),
        ];
        if let Some(owner) = &self.standing.view.agent_of {
            lines.push(format!("  who       {}, an agent of {owner} by the policy", asked.header.who));
        }
        if !self.role.description.is_empty() {
            lines.push(format!("  role      {}", text::prose(&self.role.description)));
        }
        lines.extend(self.scope());
        let found = asked.scope.as_ref().and_then(|scope| Piece::signed(&self.role, scope).ok());
        let longest = found.as_ref().map_or(self.role.max_duration, |piece| piece.view.max_duration);
        if emergency {
            lines.push(format!("  for       {}", asked.duration));
            lines.push(format!("  now       {}", self.so_far(now)));
        } else {
            lines.push(format!("  for       {} (at most {longest})", asked.lasts()));
        }
        if let Some(line) = self.standing.more_time(zone) {
            lines.push(format!("  extends   {line}"));
        }
        if let Some(start) = asked.start {
            lines.push(format!("  from      {}", local(start, zone)));
        }
        if asked.reason.is_empty() {
            lines.push(format!("  reason    {NO_REASON}"));
        } else {
            lines.extend(text::marked("reason", &asked.reason, columns));
        }
        // The requester's own words.
        for (label, fact) in asked.purpose.iter().flat_map(Purpose::facts) {
            lines.extend(text::marked(label, &fact, columns));
        }
        lines.push(if emergency {
            "  approval  none: taken without approval; approve to confirm that it was justified, deny to end it now"
                .to_owned()
        } else {
            format!("  approval  {}", text::sanitise(self.rule(found.as_ref())))
        });
        lines.extend(self.heard(now, columns));
        if asked.agent {
            lines.push(format!("  agent     {AGENT}"));
        }
        let since = time_since(asked.created, now);
        if let Some(run) = &asked.workload {
            lines.extend(text::marked("run", &run.describe(), columns));
        }
        if let Some(job) = &asked.job {
            lines.extend(text::marked("run", job.as_str(), columns));
        }
        lines.push(match &self.standing.signer {
            Some(signer) => format!("  asked     {since}, signed by {}", signer.fingerprint),
            None => format!("  asked     {since}, proven by its run's own token"),
        });
        lines.push(format!("  digest    {}", self.standing.digest));
        if let Some(denied) = &self.standing.view.denied_before {
            let by = denied.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            // A broker of an earlier version says neither what was denied nor why.
            let what = denied.what.as_deref().unwrap_or("a request for the same role");
            let (what, since) = (text::sanitise(what), time_since(denied.at, now));
            lines.push(format!("  beware    {what} was denied{by} {since}"));
            if let Some(said) = &denied.said {
                lines.extend(text::marked("", said, columns));
            }
        }
        if self.role.policy != asked.policy {
            lines
                .push("  note      the policy has changed since it was asked; both must allow it".to_owned());
        }
        if let Some(why) = &self.standing.view.ask_again {
            lines.push(format!("  note      it cannot get enough approvals: {}", text::sanitise(why)));
        }
        lines.extend(self.planned(columns));
        lines
    }
}
