//! The groups of commands, for `jit --help` and the manual.

/// Every group and its commands, in display order. Commands missing from this build are left out. A test checks that no
/// command is forgotten.
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
    ("Review", &["inbox", "approve", "deny", "revoke", "web"]),
    (
        "Set up",
        &[
            "login",
            "logout",
            "lock",
            "whoami",
            "key",
            "agent",
            "doctor",
            "config",
            "setup",
            "init",
            "completions",
            "man",
            "version",
            "demo",
        ],
    ),
    ("Policy", &["policy", "learn", "audit", "report"]),
    ("Run it", &["serve", "ci"]),
    ("Machines", &["credentials", "env", "prompt", "mcp", "hook"]),
];

/// Each group with its available commands, and what each does.
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

/// The template of the first help page. clap itself has only one list of commands, without groups.
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
