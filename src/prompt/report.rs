//! What a shell must know to show the prompt without asking again: the parts, when they change by themselves, and what to
//! warn about.

use jiff::Timestamp;
use serde::Serialize;

use super::index::Entry;
use super::segment;
use super::segment::Shell;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::span::time_left;
use crate::grant::text::sanitise;

/// From here on a grant is shown as ending soon, and its holder is warned, in seconds before the end.
pub const SOON: i64 = 15 * 60;
/// From here on a grant is shown as about to end, and its holder is warned again, in seconds before the end.
pub const ENDING: i64 = 5 * 60;

/// How near the end of a grant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Nearness {
    /// At most [`ENDING`] seconds are left.
    Ending,
    /// At most [`SOON`] seconds are left.
    Soon,
    /// More is left.
    Calm,
}

impl Nearness {
    fn of(seconds_left: i64) -> Self {
        match seconds_left {
            ..=ENDING => Self::Ending,
            ..=SOON => Self::Soon,
            _ => Self::Calm,
        }
    }
}

/// One active grant as the prompt shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The role.
    pub role: String,
    /// The twelve digits of the account.
    pub account: String,
    /// When it ends.
    pub until: Timestamp,
    /// Seconds until then.
    pub seconds_left: i64,
    /// How near that is.
    pub nearness: Nearness,
    /// Whether the shell that asks holds its credentials.
    pub here: bool,
    /// The text in the prompt.
    pub text: String,
}

/// Everything that the prompt shows at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The instant, in whole seconds since 1970: what to hand back as `since` next time.
    pub now: i64,
    /// When the report changes although the index does not, in seconds since 1970; none if it never does.
    pub next: Option<i64>,
    /// What is active, the soonest to end first.
    pub grants: Vec<Shown>,
    /// The role whose credentials the shell that asks was given, when that access has ended since.
    pub ended_here: Option<String>,
    /// What waits: requests that are pending, access that is ready to be used, reviews that others wait for.
    pub waiting: Vec<String>,
    /// Warnings that became due after `since`: one line each.
    pub notices: Vec<String>,
}

/// What a report is made of, beside the index.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The instant.
    pub now: Timestamp,
    /// [`Report::now`] of the report before, if there was one: a warning is given by the first report after it became due,
    /// and by no other.
    pub since: Option<i64>,
    /// The role whose credentials the shell that asks was given (`JIT_GRANT`): its name is shown in brackets.
    pub here: Option<&'a Name>,
    /// For every request that waits for this person's review, when it lapses.
    pub reviews: &'a [Timestamp],
    /// The text of one grant, as [`segment::FORMAT`].
    pub format: &'a str,
}

impl Asking<'_> {
    /// A first asking at an instant, in the usual format, with nothing else known.
    pub fn at(now: Timestamp) -> Self {
        Self { now, since: None, here: None, reviews: &[], format: segment::FORMAT }
    }
}

/// Makes the report of the index at an instant.
pub fn report(entries: &[Entry], asking: &Asking<'_>) -> Report {
    let now = asking.now;
    let second = now.as_second();
    let active = segment::active(entries, now);
    let grants: Vec<Shown> = active.iter().map(|entry| shown(entry, asking)).collect();
    let ended_here = asking.here.filter(|role| !active.iter().any(|entry| entry.role == **role));
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
        waiting: waiting(&open, awaited.len()),
        notices,
    }
}

impl Report {
    /// The form that the hooks of [`super::hook`] read: five lines and the warnings, one a line. The first line has a mark,
    /// [`Report::now`] and [`Report::next`] (0 for none); then what is about to end, what ends soon, what is calm, what waits.
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

    /// The segment for a person or a prompt of their own: empty when there is nothing to show.
    pub fn segment(&self, shell: Shell, colour: bool) -> String {
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
        let grants = self.grants.iter().filter(|shown| shown.nearness == nearness);
        let texts: Vec<String> = ended
            .map(|role| format!("[{role}] ended"))
            .into_iter()
            .chain(grants.map(|shown| shown.text.clone()))
            .collect();
        one_line(&texts.join("  "))
    }
}

/// What others wrote can act on a terminal, and a line end would shift the lines after it.
fn one_line(text: &str) -> String {
    sanitise(text)
}

fn shown(entry: &Entry, asking: &Asking<'_>) -> Shown {
    let seconds_left = entry.until.as_second() - asking.now.as_second();
    let here = asking.here == Some(&entry.role);
    let role = if here { format!("[{}]", entry.role) } else { entry.role.to_string() };
    Shown {
        role: entry.role.to_string(),
        account: entry.account.clone(),
        until: entry.until,
        seconds_left,
        nearness: Nearness::of(seconds_left),
        here,
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

/// The warning that became due in the seconds after `since`, up to `second`; of several the most urgent.
fn notice(entry: &Entry, since: i64, second: i64) -> Option<String> {
    let end = entry.until.as_second();
    let due = |before: i64| end - before > since && end - before <= second;
    if !due(SOON) && !due(ENDING) {
        return None;
    }
    let now = Timestamp::from_second(second).ok()?;
    let left = time_left(now, entry.until);
    let role = &entry.role;
    Some(if entry.is_direct() {
        format!("{role} ends in {left}")
    } else {
        format!("{role} ends in {left}; for more time: jit extend {role}")
    })
}

/// The first whole second at which nothing is left.
fn end_second(until: Timestamp) -> i64 {
    until.as_second() + i64::from(until.subsec_nanosecond() > 0)
}

/// The next whole second at which the text or the colour of a grant changes: see [`time_left`].
fn next_change(until: Timestamp, second: i64) -> i64 {
    let left = until.as_second() - second;
    let unit = match left {
        ..=59 => 1,
        60..=86_399 => 60,
        _ => 3_600,
    };
    // The text turns once fewer than a whole unit more is left; under a minute it turns every second.
    let turn = second + if unit == 1 { 1 } else { left % unit + 1 };
    let colour = [SOON, ENDING].into_iter().map(|before| until.as_second() - before);
    colour.chain([turn, end_second(until)]).filter(|change| *change > second).min().unwrap_or(second + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::index::example;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-23T10:00:00.25Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn seconds(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
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
    fn warns_once_at_each_threshold() {
        let end = at("2026-11-23T11:00:00Z");
        let mut direct = example("own", "2026-11-23T11:00:00Z");
        direct.id = None;
        direct.authority = None;
        let entries = [example("prod", "2026-11-23T11:00:00Z"), direct];
        let end = end.as_second();
        let notices = |since: i64, now: i64| make(&entries, seconds(now), Some(since)).notices;
        assert!(notices(end - 2_000, end - 901).is_empty());
        assert_eq!(
            notices(end - 901, end - 899),
            ["own ends in 14m", "prod ends in 14m; for more time: jit extend prod"]
        );
        assert!(notices(end - 900, end - 301).is_empty());
        assert_eq!(notices(end - 301, end - 300).len(), 2);
        assert!(notices(end - 300, end - 1).is_empty());
        // A laptop that slept over both is warned once, and not at all after the end.
        assert_eq!(notices(end - 5_000, end - 60)[0], "own ends in 1m");
        assert!(notices(end - 5_000, end).is_empty());
        assert!(make(&entries, seconds(end - 60), None).notices.is_empty());
    }

    #[test]
    fn a_hostile_format_stays_one_line() {
        let entries = [example("prod", "2026-11-23T11:00:00Z")];
        let report =
            report(&entries, &Asking { format: "{role}\n\u{1b}]0;x\u{7}\u{202e}", ..Asking::at(at(NOW)) });
        assert_eq!(report.lines().lines().count(), 5);
        assert!(!report.lines().contains(['\u{1b}', '\u{202e}']));
    }

    proptest! {
        #[test]
        fn nothing_changes_before_the_next_change(left in 1_i64..200_000, other in 1_i64..200_000, at in 0.0..1.0) {
            let now = 1_795_000_000_i64;
            let entries = [
                example("a", &seconds(now + left).to_string()),
                example("b", &seconds(now + other).to_string()),
            ];
            let text = |second: i64| make(&entries, seconds(second), None).segment(Shell::Plain, true);
            let next = make(&entries, seconds(now), None).next.unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a point between the two")]
            let between = now + ((next - now) as f64 * at) as i64;
            prop_assert_eq!(text(now), text(between));
            prop_assert_eq!(text(now), text(next - 1));
            prop_assert_ne!(text(now), text(next));
        }

        #[test]
        fn each_threshold_is_announced_exactly_once(end in 1_000_i64..3_000, steps in proptest::collection::vec(1_i64..400, 1..40)) {
            let start = 1_795_000_000_i64;
            let entries = [example("a", &seconds(start + end).to_string())];
            let mut now = start;
            let mut count = 0;
            let mut skipped = 0;
            for step in steps {
                let since = now;
                now += step;
                count += make(&entries, seconds(now), Some(since)).notices.len();
                let both = now >= start + end - ENDING && since < start + end - SOON;
                skipped += usize::from(both || (now >= start + end && since < start + end - ENDING));
            }
            let due = usize::from(now >= start + end - SOON) + usize::from(now >= start + end - ENDING);
            prop_assert!(count <= due && count + 2 * skipped >= due, "{count} of {due}, {skipped}");
        }
    }
}
