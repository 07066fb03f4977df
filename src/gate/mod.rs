//! Finds the command lines of a coding agent that belong behind `jit exec`: those that the policy's roles name, and those that name a
//! role's profile, context or account.
//!
//! May use `grant` and `state`. No I/O. Invariant: a line that cannot be read is read as more than it is, never as less. An agent that
//! wants to evade finds a way (a script, another language): what holds it is that it has no credentials.

pub mod call;
mod coarse;
mod globs;
mod inputs;
mod kinds;
mod line;
mod names;
mod powershell;

use std::collections::HashMap;
use std::collections::HashSet;

use crate::state::index::KnownRole;
use line::Reading;

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
/// The verbs of `jit` that run what follows with access, or ask for it.
const RUNNING: [&str; 4] = ["exec", "shell", "mcp", "request"];

/// The most commands of a line whose globs are compared with every gate.
const MOST_GLOBBED: usize = 256;
/// Programs before a `jit exec` that leave the rest of the words to it.
const BEFORE_JIT: [&str; 5] = ["nohup", "command", "exec", "env", "timeout"];

/// Why a command line is not for an agent's own shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The roles that it is about. Empty if it needs a role, whichever it is.
    pub roles: Vec<&'a KnownRole>,
    /// The part of the line that was found, in words of the policy.
    pub what: String,
}

impl Finding<'_> {
    /// The sentence that tells an agent how to ask.
    pub fn sentence(&self) -> String {
        let (role, needs) = match self.roles.as_slice() {
            [] => ("ROLE".to_owned(), "a role (`jit roles` lists yours)".to_owned()),
            [role] => (role.name.to_string(), format!("the role {}", role.name)),
            roles => {
                let names: Vec<&str> = roles.iter().take(5).map(|role| role.name.as_str()).collect();
                let more = if roles.len() > names.len() { " or another one (`jit roles`)" } else { "" };
                ("ROLE".to_owned(), format!("one of the roles {}{more}", names.join(", ")))
            }
        };
        format!(
            "jit: {} needs {needs}. Run the command with it: `jit exec {role} -- COMMAND`. If that says that there is no access, ask \
             for it with `jit request {role} --no-wait --reason TEXT`, tell the person you work for, and continue when `jit wait {role}` says \
             that it is approved.",
            self.what
        )
    }
}

/// The commands and names that are looked for, so that a long line takes no longer with many roles.
pub struct Gates<'a> {
    /// Each gated command by its program in lower case, and the role. `None` for a command that needs a role, whichever it is.
    programs: HashMap<String, Vec<(&'a str, Option<&'a KnownRole>)>>,
    /// The roles by their names, aliases and places.
    names: HashMap<&'a str, Vec<&'a KnownRole>>,
}

impl<'a> Gates<'a> {
    /// The gates of these roles, and the commands of the whole policy.
    pub fn of(roles: &'a [KnownRole], commands: &'a [String]) -> Self {
        let mut gates = Self { programs: HashMap::new(), names: HashMap::new() };
        for role in roles {
            role.gate.iter().for_each(|gate| gates.add(gate, Some(role)));
            let names = std::iter::once(&role.name).chain(&role.aliases).map(|name| name.as_str());
            for name in names.chain(role.place.as_deref()) {
                gates.names.entry(name).or_default().push(role);
            }
        }
        // A role that names a command itself is the better answer.
        commands.iter().for_each(|gate| gates.add(gate, None));
        gates
    }

    fn add(&mut self, gate: &'a str, role: Option<&'a KnownRole>) {
        let program = gate.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        self.programs.entry(program).or_default().push((gate, role));
    }

    /// The first thing in a command line that belongs behind `jit exec`. `None` if nothing does.
    pub fn find(&self, line: &str) -> Option<Finding<'a>> {
        self.judge(&line::read(line))
    }

    /// The same for a command that is a list of words already.
    pub fn find_in_words(&self, words: &[String]) -> Option<Finding<'a>> {
        self.judge(&line::of_words(words))
    }

    /// The same for a text that may be run in any way.
    pub fn find_in_text(&self, text: &str) -> Option<Finding<'a>> {
        self.coarsely(&[text.to_owned()])
    }

    fn judge(&self, reading: &Reading) -> Option<Finding<'a>> {
        let exact = reading.commands.iter().find_map(|command| {
            let named = self.named(command);
            // A name is more exact than a command that several roles have.
            match self.gated(command) {
                Some(gated) => {
                    let is_one = |role: &&KnownRole| gated.roles.is_empty() || gated.roles.contains(role);
                    let both = named.filter(|named| named.roles.iter().all(is_one));
                    Some(Finding { roles: both.map_or(gated.roles, |named| named.roles), what: gated.what })
                }
                None => named,
            }
        });
        let globbed = || reading.commands.iter().take(MOST_GLOBBED).find_map(|command| self.globbed(command));
        exact.or_else(globbed).or_else(|| self.coarsely(&reading.sentences))
    }

    /// A command of a `gate`: its program under any path, and its other words after it in this order, with anything
    /// between. Some systems do not tell capital letters in a program's name.
    fn gated(&self, command: &[String]) -> Option<Finding<'a>> {
        let mut seen = HashSet::new();
        for (place, word) in command.iter().enumerate() {
            let name = program(word).to_ascii_lowercase();
            let Some((name, gates)) = self.programs.get_key_value(&name) else { continue };
            // The words after a later one come after the first one too.
            if !seen.insert(name) {
                continue;
            }
            let is_in = |gate: &str| {
                let mut rest = command.iter().skip(place + 1);
                gate.split(' ').skip(1).all(|wanted| rest.any(|word| word == wanted))
            };
            let Some((gate, _)) = gates.iter().find(|(gate, _)| is_in(gate)) else { continue };
            let roles =
                gates.iter().filter(|(other, _)| other == gate).filter_map(|(_, role)| *role).collect();
            return Some(Finding { roles, what: format!("`{gate}`") });
        }
        None
    }

    /// A profile, context or place of a role, as an option or variable names it.
    fn named(&self, command: &[String]) -> Option<Finding<'a>> {
        let of_option = |(place, _): (usize, &String)| {
            let (name, value) = names::pair(command, place)?;
            let is_naming =
                NAMING.contains(&name) || VARIABLES.contains(&name) || names::is_naming(command, name);
            let roles = self.names.get(value).filter(|_| is_naming)?;
            Some((roles, format!("{} {value}", name.trim_start_matches('-'))))
        };
        let of_account = |word: &String| {
            word.split("arn:aws").skip(1).find_map(|arn| {
                let digits = arn.split(':').nth(3)?;
                let is_account = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit());
                let roles = self.names.get(digits).filter(|_| is_account)?;
                Some((roles, format!("account {digits}")))
            })
        };
        let is_aws = command.iter().any(|word| program(word).eq_ignore_ascii_case("aws"));
        let by_option = command.iter().enumerate().find_map(of_option);
        let (roles, what) =
            by_option.or_else(|| if is_aws { command.iter().find_map(of_account) } else { None })?;
        Some(Finding { roles: roles.clone(), what: format!("`{what}`") })
    }
}

/// The place of a `jit exec` in a command, which runs the rest with access. The length of the command if there is none.
fn place_of_jit(command: &[String]) -> usize {
    let runs = |pair: &[String]| program(&pair[0]) == "jit" && RUNNING.contains(&pair[1].as_str());
    let place = command.windows(2).position(runs).filter(|place| kinds::is_before_jit(&command[..*place]));
    place.unwrap_or(command.len())
}

/// The name of a program without its folder.
fn program(word: &str) -> &str {
    // zsh replaces a word with this sign by the program's path.
    let word = word.trim_start_matches('=');
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let (stem, end) = name.split_at_checked(name.len().saturating_sub(4)).unwrap_or((name, ""));
    if end.eq_ignore_ascii_case(".exe") { stem } else { name }
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
