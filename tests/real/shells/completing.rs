//! Tab in a real terminal: roles, flags after them, scopes, and the words after `--`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::shells::terminal::Terminal;

/// A folder with a `jit` that knows names, and a tool that completes words of its own.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let names = "#!/bin/sh\n[ \"$1\" = complete ] || exit 9\ncase $2 in\nroles) printf 'alpha\\nbeta\\n' ;;\n\
                 scopes) echo orders-read ;;\nesac\n";
    for (name, script) in
        [("jit", names), ("mytool", "#!/bin/sh\n"), ("asked", "#!/bin/sh\necho \"$2-done\"\n")]
    {
        let path = folder.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn start(folder: &Path, command: &[&str], more: &[(&str, &str)]) -> Terminal {
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut variables = vec![("PATH", path.as_str())];
    variables.extend(more);
    let terminal = Terminal::start(folder, command, &variables);
    terminal.until("the first prompt", |screen| screen.contains("READY>"));
    terminal
}

/// The text typed before Tab, and the resulting line.
const CASES: [(&str, &str); 10] = [
    ("jit exec al", "jit exec alpha"),
    ("jit request alpha --scope=ord", "jit request alpha --scope=orders-read"),
    ("jit request alpha --no-w", "jit request alpha --no-wait"),
    ("jit request alpha --rea", "jit request alpha --reason"),
    ("jit request alpha --scope ord", "jit request alpha --scope orders-read"),
    ("jit request alpha be", "jit request alpha beta"),
    ("jit exec alpha --nee", "jit exec alpha --needs"),
    ("jit exec alpha -- mytoo", "jit exec alpha -- mytool"),
    ("jit exec alpha --serve -- mytool la", "jit exec alpha --serve -- mytool launch"),
    ("jit exec -- mytool la", "jit exec -- mytool launch"),
];

fn check(terminal: &Terminal, cases: &[(&str, &str)]) {
    for (typed, expected) in cases {
        terminal.key("C-u");
        terminal.until("an empty line", |screen| screen.trim_end().ends_with("READY>"));
        terminal.clear();
        terminal.text(typed);
        terminal.until(typed, |screen| screen.contains(typed));
        terminal.key("Tab");
        terminal.until(expected, |screen| screen.contains(expected));
    }
}

fn completions() -> String {
    format!("{}/completions", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn zsh_completes_flags_scopes_and_commands_after_a_role() {
    let folder = folder();
    let start_file = format!(
        "PROMPT='READY> '\nfpath=('{}' $fpath)\nautoload -U compinit\ncompinit -u -D\n\
         _mytool() {{ compadd launch }}\ncompdef _mytool mytool\n",
        completions()
    );
    fs::write(folder.path().join(".zshrc"), start_file).unwrap();
    let home = folder.path().to_str().unwrap();
    let terminal = start(folder.path(), &["zsh", "-d", "-i"], &[("ZDOTDIR", home)]);
    check(&terminal, &CASES);
}

#[test]
fn bash_completes_flags_scopes_and_commands_after_a_role() {
    let folder = folder();
    let library = Path::new("/usr/share/bash-completion/bash_completion");
    let start_file = format!(
        "PS1='READY> '\n[ -r {0} ] && . {0}\n. '{1}/jit.bash'\n_mytool() {{ COMPREPLY=(launch); }}\n\
         complete -F _mytool mytool\ncomplete -C '{2}/asked' asked\n",
        library.display(),
        completions(),
        folder.path().display()
    );
    let path = folder.path().join("start");
    fs::write(&path, start_file).unwrap();
    let terminal =
        start(folder.path(), &["bash", "--noprofile", "--rcfile", path.to_str().unwrap(), "-i"], &[]);
    check(&terminal, &CASES);
    // As `aws_completer` is registered: a program that is called.
    check(&terminal, &[("jit exec alpha -- asked zz", "jit exec alpha -- asked zz-done")]);
}

#[test]
fn fish_completes_flags_scopes_and_commands_after_a_role() {
    let folder = folder();
    let start_file = format!(
        "set -g fish_greeting\nfunction fish_prompt; printf 'READY> '; end\nsource '{}/jit.fish'\n\
         complete -c mytool -f -a launch\n",
        completions()
    );
    fs::create_dir(folder.path().join("fish")).unwrap();
    fs::write(folder.path().join("fish/config.fish"), start_file).unwrap();
    let home = folder.path().to_str().unwrap();
    let variables = [("XDG_CONFIG_HOME", home), ("XDG_DATA_HOME", home)];
    let terminal = start(folder.path(), &["fish", "-i"], &variables);
    check(&terminal, &CASES);
}
