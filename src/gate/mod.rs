//! Which command lines of a coding agent belong behind `jit exec`: those that the policy's roles name, and those that name a role's
//! profile, context or account.
//!
//! May use `grant` and `state`. No I/O. Invariant: a line that cannot be read is read as more than it is, never as less. An agent that
//! wants to evade finds a way (a script, another language): what holds it is that it has no credentials.

pub mod call;
mod line;

use crate::state::index::KnownRole;
use line::Simple;

/// Options of cloud programs whose value names a profile, a context or a place.
const NAMING: [&str; 8] = [
    "--profile",
    "--context",
    "--kube-context",
    "--cluster",
    "--project",
    "--account",
    "--subscription",
    "use-context",
];
/// Variables whose value does.
const VARIABLES: [&str; 8] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_VAULT",
    "CLOUDSDK_CORE_PROJECT",
    "CLOUDSDK_CORE_ACCOUNT",
    "GOOGLE_CLOUD_PROJECT",
    "ARM_SUBSCRIPTION_ID",
    "KUBECTL_CONTEXT",
];
/// The verbs of `jit` that run what follows with access.
const RUNNING: [&str; 3] = ["exec", "shell", "mcp"];

/// Why a command line is not for an agent's own shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The role that it is about.
    pub role: &'a KnownRole,
    /// What was found, in words of the policy.
    pub what: String,
}

impl Finding<'_> {
    /// The sentence that tells an agent how to ask.
    pub fn sentence(&self) -> String {
        let role = &self.role.name;
        format!(
            "jit: {} needs the role {role}. Run the command with it: `jit exec {role} -- COMMAND`. If that says that there is no access, ask \
             for it with `jit request {role} --no-wait --reason TEXT`, tell the person you work for, and continue when `jit wait {role}` says \
             that it is approved.",
            self.what
        )
    }
}

/// The first thing in a command line that belongs behind `jit exec`. `None` if nothing does.
pub fn find<'a>(roles: &'a [KnownRole], line: &str) -> Option<Finding<'a>> {
    judge(roles, &line::read(line))
}

/// The same for a command that is a list of words already.
pub fn find_in_words<'a>(roles: &'a [KnownRole], words: &[String]) -> Option<Finding<'a>> {
    judge(roles, &line::of_words(words))
}

fn judge<'a>(roles: &'a [KnownRole], commands: &[Simple]) -> Option<Finding<'a>> {
    commands
        .iter()
        .find_map(|own| roles.iter().find_map(|role| gated(role, own).or_else(|| named(role, own))))
}

/// The place of a `jit exec` in a command, which runs the rest with access. The length of the command if there is none.
fn place_of_jit(command: &[String]) -> usize {
    let runs = |pair: &[String]| program(&pair[0]) == "jit" && RUNNING.contains(&pair[1].as_str());
    command.windows(2).position(runs).unwrap_or(command.len())
}

/// A command of the role's `gate`: its program under any path, and its other words after it in this order, with anything between.
fn gated<'a>(role: &'a KnownRole, command: &[String]) -> Option<Finding<'a>> {
    let is_in = |gate: &&String| {
        let mut words = gate.split(' ');
        let Some(first) = words.next() else { return false };
        let mut rest = command.iter();
        rest.by_ref().any(|word| program(word) == first)
            && words.all(|wanted| rest.by_ref().any(|word| word == wanted))
    };
    let gate = role.gate.iter().find(is_in)?;
    Some(Finding { role, what: format!("`{gate}`") })
}

/// A profile, context or place of the role, as an option or variable names it.
fn named<'a>(role: &'a KnownRole, command: &[String]) -> Option<Finding<'a>> {
    let is_name = |value: &str| {
        let own = std::iter::once(&role.name).chain(&role.aliases).any(|name| name.as_str() == value);
        own || role.place.as_deref() == Some(value)
    };
    let of_option = |(place, word): (usize, &String)| {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value),
            None => (word.as_str(), command.get(place + 1)?.as_str()),
        };
        let is_naming = NAMING.contains(&name) || (word.contains('=') && VARIABLES.contains(&name));
        (is_naming && is_name(value)).then(|| format!("{} {value}", name.trim_start_matches('-')))
    };
    let of_account = |word: &String| {
        let digits = role
            .place
            .as_deref()
            .filter(|place| place.len() == 12 && place.bytes().all(|byte| byte.is_ascii_digit()))?;
        let in_arn = word.split("arn:aws").skip(1).any(|arn| arn.split(':').nth(3) == Some(digits));
        in_arn.then(|| format!("account {digits}"))
    };
    let is_aws = command.iter().any(|word| program(word) == "aws");
    let what = command
        .iter()
        .enumerate()
        .find_map(of_option)
        .or_else(|| if is_aws { command.iter().find_map(of_account) } else { None })?;
    Some(Finding { role, what: format!("`{what}`") })
}

/// The name of a program without its folder.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

#[cfg(test)]
mod tests;
