//! The inbox as lines of a window. Text of others is sanitised, cut to its place, and never begins a line.

use unicode_width::UnicodeWidthChar;

use super::desk::Desk;
use super::desk::Opened;
use crate::flow::Client;
use crate::flow::Standing;
use crate::grant::span::local_seconds;
use crate::grant::span::time_since;
use crate::grant::text;
use crate::system::screen::Line;
use crate::system::screen::Size;
use crate::system::screen::Style;

/// The narrowest window in which a request has one line.
const WIDE: usize = 72;
/// The widest name of a person.
const WHO: usize = 16;
/// The widest name of a role with its scope.
const ROLE: usize = 30;
/// The lines above the list.
const HEAD: usize = 2;

/// The whole window, and how many requests or lines of the open one it shows at once.
pub(super) fn draw(desk: &mut Desk, client: &Client<'_>, size: Size) -> (Vec<Line>, usize) {
    let foot = foot(desk, client, size);
    let rows = size.rows.saturating_sub(HEAD + foot.len()).max(1);
    let (mut lines, page) = match &mut desk.opened {
        Some(opened) => open(opened, client, size, rows),
        None => list(desk, client, size, rows),
    };
    let blank = size.rows.saturating_sub(lines.len() + foot.len());
    lines.extend(std::iter::repeat_n(Line::default(), blank));
    lines.extend(foot);
    for line in &mut lines {
        line.text = cut(&line.text, size.columns);
    }
    (lines, page)
}

/// The notes, and the keys.
fn foot(desk: &Desk, client: &Client<'_>, size: Size) -> Vec<Line> {
    let mut lines = Vec::new();
    let trouble = desk.trouble.as_ref().map(|trouble| {
        let as_of = local_seconds(desk.as_of, &client.system.zone);
        format!("this list is from {as_of}: {trouble}")
    });
    for note in desk.notes.iter().chain(trouble.as_ref()) {
        // A note may hold words of others. They stand behind words of ours, and continue further in.
        let wrapped = text::hanging("* ", &text::sanitise(note), size.columns);
        lines.extend(wrapped.into_iter().take(3).map(|line| Line::new(line, Style::Alarm)));
    }
    let keys = match (&desk.opened, size.columns >= WIDE) {
        (Some(opened), _) if opened.over.is_some() => "q back",
        (Some(_), true) => "a approve   l approve for less   d deny   r refresh   q back",
        (Some(_), false) => "a approve  l less  d deny  q back",
        (None, true) => "enter open   a approve   l approve for less   d deny   r refresh   q quit",
        (None, false) => "enter open  a/l/d decide  q quit",
    };
    lines.push(Line::new(keys, Style::Faint));
    // In a very low window the newest notes and the keys stay.
    let most = size.rows.saturating_sub(HEAD + 1).max(1);
    lines.drain(..lines.len().saturating_sub(most));
    lines
}

fn list(desk: &Desk, client: &Client<'_>, size: Size, rows: usize) -> (Vec<Line>, usize) {
    let title = match desk.waiting.len() {
        0 => "no request is waiting for your review".to_owned(),
        1 => "1 request waits for your review".to_owned(),
        many => format!("{many} requests wait for your review"),
    };
    let title = if size.columns >= WIDE { format!("{title}   {}", desk.authority) } else { title };
    let mut lines = vec![Line::new(title, Style::Heading)];
    let is_wide = size.columns >= WIDE;
    let height = if is_wide { 1 } else { 2 };
    let page = (rows / height).max(1);
    // The window moves in pages, so that a step moves the cursor and not the list.
    let first = desk.chosen / page * page;
    let shown: Vec<&Standing> = desk.waiting.iter().skip(first).take(page).collect();
    let cells: Vec<[String; 5]> = shown.iter().map(|one| cells(one, client)).collect();
    let widest = |column: usize, most: usize| {
        let widths = cells.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
        widths.max().unwrap_or(0).min(most)
    };
    let (who, role, lasts, asked) = (widest(0, WHO), widest(1, ROLE), widest(2, 10), widest(3, 12));
    lines.push(Line::default());
    for (place, (one, [name, what, duration, since, reason])) in shown.iter().zip(&cells).enumerate() {
        let is_chosen = first + place == desk.chosen;
        let style = match (is_chosen, one.is_emergency()) {
            (true, _) => Style::Chosen,
            (false, true) => Style::Alarm,
            (false, false) => Style::Plain,
        };
        let mark = if is_chosen { "> " } else { "  " };
        if is_wide {
            let id = &one.view.id;
            let line = format!(
                "{mark}{id}  {}  {}  {}  {}  {reason}",
                padded(name, who),
                padded(what, role),
                padded(duration, lasts),
                padded(since, asked)
            );
            lines.push(Line::new(line, style));
        } else {
            let room = size.columns.saturating_sub(6 + width(name) + width(duration)).max(8);
            let line = format!("{mark}{name}  {}  {duration}", cut(what, room));
            lines.push(Line::new(line, style));
            let below = format!("    {since}: {reason}");
            lines.push(Line::new(below, if is_chosen { style } else { Style::Faint }));
        }
    }
    (lines, page)
}

/// Person, role, duration, time and reason. Only the last is text of others.
fn cells(one: &Standing, client: &Client<'_>) -> [String; 5] {
    let more = if one.asked.extends().is_some() { " more" } else { "" };
    let since = time_since(one.asked.created, client.now());
    let emergency = if one.is_emergency() { " (emergency)" } else { "" };
    [
        one.asked.header.who.to_string(),
        format!("{}{emergency}", one.what()),
        format!("{}{more}", one.asked.duration),
        if one.is_emergency() { format!("taken {since}") } else { since },
        text::prose(&one.asked.reason),
    ]
}

fn open(opened: &mut Opened, client: &Client<'_>, size: Size, rows: usize) -> (Vec<Line>, usize) {
    let columns = size.columns;
    let mut body: Vec<String> = Vec::new();
    for line in opened.reviewing.describe_in(client, Some(columns)) {
        if width(&line) > columns {
            body.extend(text::hanging("", &line, columns + 1));
        } else {
            body.push(line);
        }
    }
    let mut lines = vec![match &opened.over {
        Some(over) => Line::new(over, Style::Alarm),
        None if columns < WIDE => Line::new("signed by its requester", Style::Heading),
        None => Line::new("what the requester signed, beside the policy's role", Style::Heading),
    }];
    let page = rows;
    let last = body.len().saturating_sub(page);
    opened.first = opened.first.min(last);
    let below = last.saturating_sub(opened.first);
    lines.push(match (opened.first, below) {
        (0, 0) => Line::default(),
        (0, below) => Line::new(format!("{} below", text::count(below, "more line")), Style::Faint),
        (above, 0) => Line::new(format!("{} above", text::count(above, "more line")), Style::Faint),
        (above, below) => Line::new(format!("{above} above, {below} below"), Style::Faint),
    });
    lines.extend(body.into_iter().skip(opened.first).take(page).map(Line::plain));
    (lines, page)
}

fn padded(cell: &str, room: usize) -> String {
    let cell = cut(cell, room);
    let blanks = room.saturating_sub(width(&cell));
    format!("{cell}{}", " ".repeat(blanks))
}

/// The text, cut to a width. The sign `…` shows the cut.
fn cut(whole: &str, columns: usize) -> String {
    if width(whole) <= columns {
        return whole.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for character in whole.chars() {
        used += width_of(character);
        // The sign may be as wide as two columns.
        if used + 2 > columns {
            break;
        }
        short.push(character);
    }
    format!("{}…", short.trim_end())
}

fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// The columns of a character, the most that any terminal uses for it.
fn width_of(character: char) -> usize {
    character.width_cjk().unwrap_or(1).max(usize::from(character == '\u{fe0f}'))
}
