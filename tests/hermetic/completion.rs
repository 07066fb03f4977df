//! Roles, requests and reviews complete by name in bash, zsh and fish, with a malicious stand-in for `jit`. A test
//! reports and skips a shell that is not installed.
#![expect(clippy::disallowed_methods, reason = "the tests drive real shells")]
#![expect(clippy::print_stderr, reason = "a shell that is missing is said")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

struct World(tempfile::TempDir);

impl World {
    /// A folder on the path with a `jit` that returns names of each kind, some of them attacks.
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        let program = world.0.path().join("jit");
        let script = "#!/bin/sh\n[ \"$1\" = complete ] || exit 9\nprintf '%s\\n' prod-$2 'prod-$(touch pwned)' \
                      'prod-`touch pwned`' '*'\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        world
    }

    fn run(&self, shell: &[&str], script: &str) -> Option<String> {
        let folder = self.0.path();
        let path = std::env::var("PATH").unwrap();
        let completions = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        let output = Command::new(shell[0])
            .args(&shell[1..])
            .arg(script)
            .current_dir(folder)
            .env_clear()
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("HOME", folder)
            .env("TERM", "xterm")
            .env("SCRIPTS", completions)
            .output();
        let Ok(output) = output else {
            eprintln!("{} is not installed; skipped", shell[0]);
            return None;
        };
        assert!(!folder.join("pwned").exists(), "what was printed was run");
        Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    }
}

/// The typed line, and what the answers must contain. `None` for no answer of ours.
const CASES: [(&str, Option<&str>); 9] = [
    ("request prod-x --scope pro", Some("prod-scopes")),
    ("approve --scope pro", Some("prod-scopes")),
    ("exec pro", Some("prod-roles")),
    ("request prod-", Some("prod-roles")),
    ("end pro", Some("prod-requests")),
    ("approve pro", Some("prod-reviews")),
    ("env pro", Some("prod-grants")),
    ("request --for pro", None),
    ("exec a -- pro", None),
];

/// After `--` comes a command line of another program.
const COMMAND: &str = "exec a -- prin";

fn check(shell: &str, line: &str, wanted: Option<&str>, answer: &str) {
    match wanted {
        Some(wanted) => assert!(answer.contains(wanted), "{shell}: {line:?}: {answer:?}"),
        None => assert!(!answer.contains("prod-"), "{shell}: {line:?}: {answer:?}"),
    }
}

#[test]
fn bash_completes_names() {
    let world = World::new();
    for (line, wanted) in CASES {
        let words: Vec<&str> = line.split(' ').collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let script = format!(
            "source \"$SCRIPTS/jit.bash\"; COMP_WORDS=(jit {line}); COMP_CWORD={}; \
             _jit_named jit {last} {before}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.len()
        );
        let Some(answer) = world.run(&["bash", "--norc", "--noprofile", "-c"], &script) else { return };
        check("bash", line, wanted, &answer);
    }
    let script = format!(
        "source \"$SCRIPTS/jit.bash\"; COMP_WORDS=(jit {COMMAND}); COMP_CWORD=4; _jit_named jit prin --; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let answer = world.run(&["bash", "--norc", "--noprofile", "-c"], &script).unwrap();
    assert!(answer.lines().any(|line| line == "printf"), "{answer:?}");
}

#[test]
fn fish_completes_names() {
    let world = World::new();
    for (line, wanted) in CASES {
        let script = format!("source $SCRIPTS/jit.fish; complete -C 'jit {line}'");
        let Some(answer) = world.run(&["fish", "--no-config", "-c"], &script) else { return };
        check("fish", line, wanted, &answer);
    }
    let script = format!("source $SCRIPTS/jit.fish; complete -C 'jit {COMMAND}'");
    let answer = world.run(&["fish", "--no-config", "-c"], &script).unwrap();
    assert!(answer.lines().any(|line| line.starts_with("printf")), "{answer:?}");
}

#[test]
fn zsh_completes_names() {
    let world = World::new();
    // Stand-ins for the functions that only a line editor has.
    let stand_in = "compdef() { : }; compadd() { print -r -- $#@ ${(q)@}; print -rl -- \"$names[@]\" }; \
                    source $SCRIPTS/_jit; _jit_names -J group roles";
    let Some(answer) = world.run(&["zsh", "-f", "-c"], stand_in) else { return };
    assert_eq!(answer, "4 -J group -a names\nprod-roles\nprod-$(touch pwned)\nprod-`touch pwned`\n*\n");
    let script = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("completions/_jit")).unwrap();
    assert!(script.contains(":SCOPE:_jit_scopes'"));
    // A second colon would hide the words before it from the completion of flags and values.
    assert!(!script.contains("'*::"), "{script}");
    for (command, kind) in [("exec", "roles"), ("end", "requests"), ("approve", "reviews"), ("env", "grants")]
    {
        let part = script.split(&format!("\n({command})\n")).nth(1).unwrap();
        let part = part.split("\n;;\n").next().unwrap();
        assert!(part.contains(&format!(":_jit_names {kind}'")), "{command}: {part}");
    }
}
