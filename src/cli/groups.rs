//! The commands in groups, for `jit --help` and the manual.

/// Every group and the commands in it, in the order in which they are shown. A command that this build does not have is left
/// out; a test holds that none is missing.
pub const GROUPS: [(&str, &[&str]); 6] = [
    (
        "Use",
        &[
            "roles",
            "request",
            "wait",
            "exec",
            "shell",
            "console",
            "status",
            "show",
            "extend",
            "end",
            "break-glass",
        ],
    ),
    ("Review", &["inbox", "approve", "deny", "revoke"]),
    (
        "Set up",
        &["login", "logout", "whoami", "doctor", "config", "setup", "init", "completions", "man", "demo"],
    ),
    ("Policy", &["policy", "audit"]),
    ("Run it", &["serve", "ci"]),
    ("Machines", &["credentials", "env", "prompt"]),
];

/// Each group with those of its commands that there are, and what each does.
pub fn of(command: &clap::Command) -> Vec<(&'static str, Vec<(&str, String)>)> {
    GROUPS
        .iter()
        .map(|(group, names)| {
            let found = names.iter().filter_map(|name| command.find_subcommand(name));
            let lines = found.map(|inner| {
                let about = inner.get_about().map(ToString::to_string).unwrap_or_default();
                (inner.get_name(), about)
            });
            (*group, lines.collect())
        })
        .collect()
}

/// The template of the first page of help: clap itself has one list of commands without groups.
pub fn template(command: &clap::Command) -> String {
    let widest = GROUPS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or(0);
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (group, commands) in of(command) {
        if commands.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{group}:\n"));
        for (name, about) in commands {
            text.push_str(&format!("  {name:<widest$}  {about}\n"));
        }
    }
    text.push_str("\nOptions:\n{options}{after-help}");
    text
}
