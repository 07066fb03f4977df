//! Approval rules: who must approve. `"none"`, `"N of group:G, person:P"`, `{ all = […] }` and `{ any = […] }`, nested.

use std::fmt;

use crate::policy::files::document::Field;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;

/// The most demands in one rule.
pub const MAX_DEMANDS: usize = 64;
/// The most ways to choose a branch of every `any`.
pub const MAX_CHOICES: usize = 1024;
/// The deepest nesting of `all` and `any`.
pub const MAX_DEPTH: usize = 16;
/// The most people that one demand may require, and the most groups and people that it may name.
pub const MAX_COUNT: usize = 64;

/// `N of` some groups and people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The number of people, from 1 to [`MAX_COUNT`].
    pub count: usize,
    /// The candidates.
    pub from: Vec<Principal>,
}

/// The rule of approval: the people who must approve before a role may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Nobody: the request's own signature is enough. Only as a whole rule, never inside another.
    None,
    /// A number of these people.
    Of(Demand),
    /// All of these, by different people.
    All(Vec<Rule>),
    /// One of these.
    Any(Vec<Rule>),
}

impl fmt::Display for Demand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of ", self.count)?;
        for (index, principal) in self.from.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{principal}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, before, between) = match self {
            Self::None => return formatter.write_str("none"),
            Self::Of(demand) => return demand.fmt(formatter),
            Self::All(parts) => (parts, "", " and "),
            Self::Any(parts) => (parts, "either ", " or "),
        };
        if let [only] = parts.as_slice() {
            return only.fmt(formatter);
        }
        formatter.write_str(before)?;
        for (index, part) in parts.iter().enumerate() {
            formatter.write_str(if index == 0 { "" } else { between })?;
            if part.is_compound() { write!(formatter, "({part})")? } else { part.fmt(formatter)? }
        }
        Ok(())
    }
}

impl Rule {
    /// Whether it is displayed as several demands.
    fn is_compound(&self) -> bool {
        match self {
            Self::None | Self::Of(_) => false,
            Self::All(parts) | Self::Any(parts) => match parts.as_slice() {
                [only] => only.is_compound(),
                _ => true,
            },
        }
    }

    /// Every demand in the rule, in file order.
    pub fn demands(&self) -> Vec<&Demand> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Demand>) {
        match self {
            Self::None => {}
            Self::Of(demand) => found.push(demand),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect(found)),
        }
    }

    /// The number of ways to choose a branch of every `any`. May exceed [`MAX_CHOICES`].
    fn count_choices(&self) -> usize {
        match self {
            Self::None | Self::Of(_) => 1,
            Self::All(parts) => parts.iter().map(Self::count_choices).fold(1, usize::saturating_mul),
            Self::Any(parts) => parts.iter().map(Self::count_choices).fold(0, usize::saturating_add),
        }
    }

    /// Every choice of a branch of every `any`, as the indexes of its demands in [`Rule::demands`].
    pub(in crate::policy) fn choices(&self) -> Vec<Vec<usize>> {
        self.choices_from(&mut 0)
    }

    fn choices_from(&self, next: &mut usize) -> Vec<Vec<usize>> {
        match self {
            Self::None => vec![Vec::new()],
            Self::Of(_) => {
                *next += 1;
                vec![vec![*next - 1]]
            }
            Self::Any(parts) => parts.iter().flat_map(|part| part.choices_from(next)).collect(),
            Self::All(parts) => {
                let mut choices = vec![Vec::new()];
                for part in parts {
                    let more = part.choices_from(next);
                    choices = choices
                        .iter()
                        .flat_map(|choice: &Vec<usize>| {
                            more.iter().map(move |tail| choice.iter().chain(tail).copied().collect())
                        })
                        .collect();
                }
                choices
            }
        }
    }

    /// Parses a rule and reports its errors.
    pub(in crate::policy) fn read(field: &Field<'_>, people: Option<&People>) -> Option<Self> {
        let rule = read_part(field, people, 0)?;
        let (demands, choices) = (rule.demands().len(), rule.count_choices());
        if demands > MAX_DEMANDS {
            field.report(&format!("the rule has {demands} demands; at most {MAX_DEMANDS} are allowed"));
            return None;
        }
        if choices > MAX_CHOICES {
            let message = format!("the rule can be met in more than {MAX_CHOICES} ways");
            field.report_with(&message, "put people who may stand in for each other into one group");
            return None;
        }
        Some(rule)
    }
}

const HOW: &str = r#"write "none", "1 of group:NAME", { all = ["…", "…"] } or { any = ["…", "…"] }"#;

fn read_part(field: &Field<'_>, people: Option<&People>, depth: usize) -> Option<Rule> {
    if depth > MAX_DEPTH {
        field.report(&format!("the rule nests deeper than {MAX_DEPTH}"));
        return None;
    }
    if let Some(text) = field.as_text() {
        if text != "none" {
            return read_demand(field, text, people).map(Rule::Of);
        }
        if depth > 0 {
            field.report_with(
                "write `none` alone: within another rule it would cancel the rest",
                "leave it out",
            );
            return None;
        }
        return Some(Rule::None);
    }
    let Some(section) = field.as_section() else {
        field.expected(&format!("a rule: {HOW}"));
        return None;
    };
    let (all, any) = (section.field("all"), section.field("any"));
    section.finish(&[]);
    let (parts, whole): (_, fn(Vec<Rule>) -> Rule) = match (all, any) {
        (Some(parts), None) => (parts, Rule::All),
        (None, Some(parts)) => (parts, Rule::Any),
        _ => {
            field.report_with("a rule has either `all` or `any`", HOW);
            return None;
        }
    };
    let items = parts.list()?;
    let wanted = items.len();
    if wanted == 0 {
        parts.report("the list is empty, so the rule demands nothing");
        return None;
    }
    // Parses every part, so that every error is reported.
    let rules: Vec<Rule> = items.filter_map(|item| read_part(&item, people, depth + 1)).collect();
    (rules.len() == wanted).then(|| whole(rules))
}

fn read_demand(field: &Field<'_>, text: &str, people: Option<&People>) -> Option<Demand> {
    let refuse = || {
        let shown: String = text.chars().take(64).collect();
        field.report_with(&format!("{shown:?} is not a rule"), HOW);
        None
    };
    let Some((count, names)) = text.split_once(" of ") else { return refuse() };
    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse();
    }
    let Some(count) = count.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count)) else {
        field.report(&format!("a rule asks for 1 to {MAX_COUNT} people"));
        return None;
    };
    let mut from: Vec<Principal> = Vec::new();
    for name in names.split(',') {
        let principal = match name.trim().parse() {
            Ok(principal) => principal,
            Err(error) => {
                field.report(&format!("{error}"));
                return None;
            }
        };
        if let Some(what) = Principal::only_asks(&principal) {
            field.report_with(&format!("{what} asks; it never reviews"), "name a group or a person");
            return None;
        }
        if from.contains(&principal) {
            field.report(&format!("{principal} is listed twice"));
            return None;
        }
        if from.len() == MAX_COUNT {
            field.report(&format!("one demand names at most {MAX_COUNT} groups and people"));
            return None;
        }
        people?.check(field, &principal)?;
        from.push(principal);
    }
    Some(Demand { count, from })
}
