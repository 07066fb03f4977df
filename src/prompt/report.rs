//! The data that a shell needs to show the prompt without asking again: the parts, the time of their next change, and
//! the warnings.

use jiff::Timestamp;

use super::segment;
#[cfg(test)]
use super::segment::Shell;
use super::turning::Nearness;
use super::turning::end_second;
use super::turning::next_change;
use super::turning::notice;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::text::sanitise;
use crate::state::index::Entry;

/// One active grant as the prompt shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// How near its end is.
    pub nearness: Nearness,
    /// Its text in the prompt.
    pub text: String,
}

/// Everything that the prompt shows at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The time, in whole seconds since 1970. The hook passes it as `since` next time.
    pub now: i64,
    /// When the report changes although the index does not, in seconds since 1970. `None` if it never does.
    pub next: Option<i64>,
    /// The active grants, the soonest to end first.
    pub grants: Vec<Shown>,
    /// The role of the calling shell's credentials, if that access has ended.
    pub ended_here: Option<String>,
    /// The variable that overrides the access of the calling shell, and its role.
    pub overruled_here: Option<String>,
    /// Pending requests, access that is ready to be used, and reviews that others wait for.
    pub waiting: Vec<String>,
    /// Warnings that became due after `since`, one line each.
    pub notices: Vec<String>,
}

/// The inputs of a report, beside the index.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The time of the report.
    pub now: Timestamp,
    /// [`Report::now`] of the previous report, if there was one. The first report after a warning became due gives it,
    /// and no other.
    pub since: Option<i64>,
    /// The role of the calling shell's credentials (`JIT_GRANT`). Its name is shown in brackets.
    pub here: Option<&'a Name>,
    /// The name of the place of the credentials that the shell was given: of two roles of one name it tells which is here.
    pub place: Option<&'a str>,
    /// The variable that leads that shell's tools to other credentials; see [`super::overruled`].
    pub overruled: Option<&'a str>,
    /// When each request that waits for this person's review expires.
    pub reviews: &'a [Timestamp],
    /// The format of one grant, as [`segment::FORMAT`].
    pub format: &'a str,
}

impl Asking<'_> {
    /// Inputs for a first report at this time, in the usual format, with nothing else known.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            since: None,
            here: None,
            place: None,
            overruled: None,
            reviews: &[],
            format: segment::FORMAT,
        }
    }
}

/// Makes the report of the index at this time.
pub fn report(entries: &[Entry], asking: &Asking<'_>) -> Report {
    let now = asking.now;
    let second = now.as_second();
    let active = segment::active(entries, now);
    let grants: Vec<Shown> = active.iter().map(|entry| shown(entry, &active, asking)).collect();
    let ended_here = asking.here.filter(|role| !active.iter().any(|entry| entry.role == **role));
    let overruled = asking.here.zip(asking.overruled).filter(|_| ended_here.is_none());
    let notices = asking.since.map_or_else(Vec::new, |since| {
        active.iter().filter_map(|entry| notice(entry, since, second)).collect()
    });
    let waits = |entry: &&Entry| matches!(entry.state, State::Pending | State::Approved) && entry.until > now;
    let open: Vec<&Entry> = entries.iter().filter(waits).collect();
    let awaited: Vec<Timestamp> = asking.reviews.iter().copied().filter(|until| *until > now).collect();
    let next = active
        .iter()
        .map(|entry| next_change(entry.until, second))
        .chain(open.iter().map(|entry| end_second(entry.until)))
        .chain(awaited.iter().map(|until| end_second(*until)))
        .map(|change| change.max(second + 1))
        .min();
    Report {
        now: second,
        next,
        grants,
        ended_here: ended_here.map(ToString::to_string),
        overruled_here: overruled.map(|(role, name)| format!("[{role}] overruled by {name}")),
        waiting: waiting(&open, awaited.len()),
        notices,
    }
}

impl Report {
    /// The form that the hooks of [`super::hook`] read: five lines, then the warnings, one per line. The first line has
    /// a mark, [`Report::now`] and [`Report::next`] (0 for none). The others have the grants about to end, those that
    /// end soon, the calm ones, and everything that waits.
    pub fn lines(&self) -> String {
        let mut lines = format!("jit1 {} {}\n", self.now, self.next.unwrap_or(0));
        for nearness in [Nearness::Ending, Nearness::Soon, Nearness::Calm] {
            lines.push_str(&self.group(nearness));
            lines.push('\n');
        }
        lines.push_str(&one_line(&self.waiting.join("  ")));
        lines.push('\n');
        for notice in &self.notices {
            lines.push_str(&one_line(notice));
            lines.push('\n');
        }
        lines
    }

    /// The report as one text, for tests.
    #[cfg(test)]
    pub(super) fn segment(&self, shell: Shell, colour: bool) -> String {
        let mut parts: Vec<String> = Vec::new();
        let coloured = |text: &str, code: u8, name: &str| match (colour, shell) {
            (false, _) => shell.escape(text),
            (true, Shell::Bash) => format!("\\[\\e[{code}m\\]{}\\[\\e[0m\\]", shell.escape(text)),
            (true, Shell::Zsh) => format!("%F{{{name}}}{}%f", shell.escape(text)),
            (true, _) => format!("\u{1b}[{code}m{}\u{1b}[0m", shell.escape(text)),
        };
        let groups = [
            (self.group(Nearness::Ending), 31, "red"),
            (self.group(Nearness::Soon), 33, "yellow"),
            (self.group(Nearness::Calm), 32, "green"),
            (one_line(&self.waiting.join("  ")), 36, "cyan"),
        ];
        for (text, code, name) in groups.iter().filter(|(text, ..)| !text.is_empty()) {
            parts.push(coloured(text, *code, name));
        }
        parts.join("  ")
    }

    fn group(&self, nearness: Nearness) -> String {
        let ended = self.ended_here.as_ref().filter(|_| nearness == Nearness::Ending);
        let overruled = self.overruled_here.clone().filter(|_| nearness == Nearness::Ending);
        let grants = self.grants.iter().filter(|shown| shown.nearness == nearness);
        let texts: Vec<String> = ended
            .map(|role| format!("[{role}] ended"))
            .into_iter()
            .chain(overruled)
            .chain(grants.map(|shown| shown.text.clone()))
            .collect();
        one_line(&texts.join("  "))
    }
}

/// Sanitises a text: other people's text can act on a terminal, and a line end would shift the lines after it.
fn one_line(text: &str) -> String {
    sanitise(text)
}

fn shown(entry: &Entry, active: &[&Entry], asking: &Asking<'_>) -> Shown {
    let seconds_left = entry.until.as_second() - asking.now.as_second();
    let is_only = active.iter().filter(|other| other.role == entry.role).count() == 1;
    let here = asking.here == Some(&entry.role)
        && (is_only || asking.place.is_none_or(|place| place == entry.place.name));
    let name = segment::name_of(entry, active);
    let role = if here { format!("[{name}]") } else { name };
    Shown {
        nearness: Nearness::of(seconds_left),
        text: segment::text_of(entry, &role, asking.now, asking.format),
    }
}

fn waiting(open: &[&Entry], reviews: usize) -> Vec<String> {
    let mut waiting: Vec<String> = open
        .iter()
        .filter(|entry| entry.state == State::Approved)
        .map(|entry| format!("{} ready", entry.role))
        .collect();
    let pending = open.iter().filter(|entry| entry.state == State::Pending).count();
    if pending > 0 {
        waiting.push(format!("{pending} pending"));
    }
    if reviews > 0 {
        waiting.push(format!("{reviews} to review"));
    }
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::index::example;

    const NOW: &str = "2026-11-23T10:00:00.25Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn make(entries: &[Entry], now: Timestamp, since: Option<i64>) -> Report {
        report(entries, &Asking { since, ..Asking::at(now) })
    }

    #[test]
    fn colour_turns_as_the_end_nears() {
        let entries = [
            example("calm", "2026-11-23T11:05:00Z"),
            example("soon", "2026-11-23T10:15:00Z"),
            example("last", "2026-11-23T10:04:59Z"),
            example("over", "2026-11-23T10:00:00Z"),
        ];
        let report = make(&entries, at(NOW), None);
        let now = at(NOW).as_second();
        assert_eq!(report.lines(), format!("jit1 {now} {}\nlast 4m\nsoon 15m\ncalm 1h 5m\n\n", now + 1));
        assert_eq!(report.segment(Shell::Plain, false), "last 4m  soon 15m  calm 1h 5m");
        assert_eq!(
            report.segment(Shell::Plain, true),
            "\u{1b}[31mlast 4m\u{1b}[0m  \u{1b}[33msoon 15m\u{1b}[0m  \u{1b}[32mcalm 1h 5m\u{1b}[0m"
        );
        assert_eq!(
            report.segment(Shell::Zsh, true),
            "%F{red}last 4m%f  %F{yellow}soon 15m%f  %F{green}calm 1h 5m%f"
        );
        assert!(report.segment(Shell::Bash, true).starts_with("\\[\\e[31m\\]last 4m\\[\\e[0m\\]  "));
    }

    #[test]
    fn nothing_is_shown_when_there_is_nothing() {
        let report = make(&[example("over", "2026-11-23T10:00:00Z")], at(NOW), Some(0));
        assert_eq!(report.segment(Shell::Zsh, true), "");
        assert_eq!(report.lines(), format!("jit1 {} 0\n\n\n\n\n", at(NOW).as_second()));
    }

    #[test]
    fn the_access_of_this_shell_is_marked_and_its_end_is_said() {
        let entries = [example("prod", "2026-11-23T11:00:00Z"), example("stage", "2026-11-23T10:10:00Z")];
        let text = |here: &str, now: &str| {
            let here = here.parse().unwrap();
            report(&entries, &Asking { here: Some(&here), ..Asking::at(at(now)) })
                .segment(Shell::Plain, false)
        };
        assert_eq!(text("prod", NOW), "stage 10m  [prod] 1h");
        assert_eq!(text("stage", "2026-11-23T10:10:00Z"), "[stage] ended  prod 50m");
        assert_eq!(text("stage", "2026-11-23T11:10:00Z"), "[stage] ended");
    }

    #[test]
    fn shows_what_waits_until_it_lapses() {
        let mut pending = example("asked", "2026-11-23T12:00:00Z");
        pending.state = State::Pending;
        let mut approved = example("given", "2026-11-23T11:00:00.5Z");
        approved.state = State::Approved;
        let mut denied = example("denied", "2026-11-23T12:00:00Z");
        denied.state = State::Denied;
        let entries = [pending, approved, denied];
        let reviews = [at("2026-11-23T10:30:00Z"), at("2026-11-23T09:59:00Z"), at("2026-11-23T10:40:00Z")];
        let report = report(&entries, &Asking { reviews: &reviews, ..Asking::at(at(NOW)) });
        assert_eq!(report.waiting, ["given ready", "1 pending", "2 to review"]);
        assert_eq!(report.next, Some(at("2026-11-23T10:30:00Z").as_second()));
        assert_eq!(report.segment(Shell::Plain, false), "given ready  1 pending  2 to review");
        let report = make(&entries, at(NOW), None);
        assert_eq!(report.next, Some(at("2026-11-23T11:00:01Z").as_second()));
    }

    #[test]
    fn a_hostile_format_stays_one_line() {
        let entries = [example("prod", "2026-11-23T11:00:00Z")];
        let report =
            report(&entries, &Asking { format: "{role}\n\u{1b}]0;x\u{7}\u{202e}", ..Asking::at(at(NOW)) });
        assert_eq!(report.lines().lines().count(), 5);
        assert!(!report.lines().contains(['\u{1b}', '\u{202e}']));
    }
}
