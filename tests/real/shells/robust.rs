//! The hook in shells with unusual options, with a `jit` that is malicious, slow, broken or missing, and with signals.

use std::process::Command;

use jit::prompt::hook;
use jit::prompt::hook::Placing;
use jit::prompt::segment::Shell;

use crate::shells::prompt::next_prompt;
use crate::shells::terminal::wait_until;
use crate::shells::world::SHELLS;
use crate::shells::world::World;
use crate::shells::world::now;
use crate::shells::world::output;
use crate::shells::world::program;

/// Texts that would run `touch pwned`, move the cursor or change the prompt, if anything evaluated them.
const HOSTILE: [&str; 9] = [
    "$(touch pwned)`touch pwned`",
    "\\$(touch pwned)\\`touch pwned\\`",
    "${x:=$(touch pwned)}${(e):-$(touch pwned)}",
    "%(!.%{%}.$(touch pwned))|jit)$(touch pwned)%F{red}%S",
    "';touch pwned;'\";touch pwned;\"",
    "\\u\\h\\w\\[\\]\\001\u{1}\u{2}!!",
    "\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[5A\r\u{8}",
    "a[$(touch pwned)]",
    "(touch pwned) {touch,pwned} *",
];

#[test]
fn nothing_that_is_shown_is_ever_run() {
    let options = [
        (Shell::Bash, ""),
        (Shell::Bash, "shopt -u promptvars"),
        (Shell::Bash, "set -o posix"),
        (Shell::Zsh, ""),
        (Shell::Zsh, "setopt promptsubst promptbang"),
        (Shell::Zsh, "setopt promptsubst; PROMPT='${JIT_PROMPT}READY> '"),
        (Shell::Fish, ""),
        (Shell::Nu, ""),
    ];
    for (shell, before) in options {
        let world = World::new();
        let terminal = world.start(shell, before, "");
        for (index, text) in HOSTILE.iter().enumerate() {
            world.answer(0, [text, text, text, text], &[text]);
            world.index(&index.to_string());
            let line = next_prompt(&terminal);
            assert!(line.ends_with("READY>"), "{shell:?} {before} {text:?}: {line}");
            assert!(!terminal.title().contains("title"), "{shell:?} {text:?}");
            assert!(!world.is_harmed(), "{shell:?} {before} {text:?}");
        }
        // A header that is not numbers is ignored.
        for header in [
            "jit1 a[$(touch${IFS}pwned)] 0",
            "jit1 0 a[$(touch${IFS}pwned)]",
            "jit1 1 1\u{1b}[2J",
            "jit2 1 1",
            "",
        ] {
            world.raw_answer(&format!("{header}\nprod 4m\n\n\n\n"));
            world.index(header);
            assert_eq!(next_prompt(&terminal), "READY>", "{shell:?} {header:?}");
            assert!(!world.is_harmed(), "{shell:?} {header:?}");
        }
        // Numbers that some shells read as octal.
        world.raw_answer(&format!("jit1 {} 0000000099\nprod 4m\n\n\n\n", now()));
        world.index("octal");
        let shown = if before.contains("promptvars") { "READY>" } else { "prod 4m READY>" };
        assert_eq!(next_prompt(&terminal), shown, "{shell:?} {before}");
    }
}

#[test]
fn odd_options_change_nothing() {
    let options = [
        (Shell::Bash, "set -u; set -C; IFS=jit1:0"),
        (Shell::Bash, "set -e"),
        (Shell::Bash, "set -o posix; set -f; shopt -s nullglob failglob"),
        (Shell::Bash, "alias printf='touch pwned' local='touch pwned' read='touch pwned'"),
        (Shell::Bash, "command_not_found_handle() { touch pwned; }"),
        (Shell::Bash, "trap 'touch pwned' ERR"),
        (Shell::Zsh, "setopt nounset noclobber errexit; IFS=jit1:0"),
        (Shell::Zsh, "setopt ksharrays shwordsplit globsubst nullglob extendedglob warncreateglobal"),
        (Shell::Zsh, "alias print='touch pwned' local='touch pwned' command='touch pwned'"),
        (Shell::Zsh, "alias -g jit='; touch pwned;' FILE='x'; command_not_found_handler() { touch pwned }"),
        (Shell::Zsh, "trap 'touch pwned' ZERR; setopt errreturn pipefail"),
        (Shell::Bash, "set -o pipefail; set -o noglob; shopt -s nocasematch extglob globstar"),
        (Shell::Fish, "set -g fish_features all; function printf; touch pwned; end; functions -e printf"),
        (Shell::Nu, "$env.config.hooks = {}"),
    ];
    for (shell, before) in options {
        let world = World::new();
        world.answer(0, ["", "", "one 3h", ""], &[]);
        let terminal = world.start(shell, before, "");
        assert_eq!(next_prompt(&terminal), "one 3h READY>", "{shell:?} {before}");
        world.answer(0, ["", "two 12m", "", ""], &["two ends in 12m"]);
        world.index("changed");
        assert_eq!(next_prompt(&terminal), "two 12m READY>", "{shell:?} {before}");
        let screen = terminal.screen();
        let lines: Vec<&str> = screen.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["one 3h READY>", "jit: two ends in 12m", "two 12m READY>"], "{shell:?} {before}");
        assert_eq!(world.calls(), 2, "{shell:?} {before}");
        assert!(!world.is_harmed(), "{shell:?} {before}");
    }
}

#[test]
fn a_name_is_looked_up_among_programs_only() {
    for (shell, before) in [
        (Shell::Bash, "jit() { touch pwned; }; PATH=$PATH:${BASH_SOURCE%/*}"),
        (Shell::Zsh, "jit() { touch pwned }; path+=($ZDOTDIR)"),
        (Shell::Fish, "function jit; touch pwned; end; set -a PATH $XDG_CONFIG_HOME"),
        (Shell::Nu, "def jit [...rest] { ^touch pwned }; $env.PATH ++= [($nu.config-path | path dirname)]"),
    ] {
        let mut world = World::new();
        world.executable = Some("jit");
        world.answer(0, ["", "", "one 3h", ""], &[]);
        let terminal = world.start(shell, before, "");
        assert_eq!(next_prompt(&terminal), "one 3h READY>", "{shell:?}");
        assert!(!world.is_harmed());
    }
}

#[test]
fn read_twice_it_acts_once() {
    for shell in SHELLS {
        let world = World::new();
        world.answer(0, ["", "", "one 3h", ""], &["once"]);
        let again = world.folder.join("hook");
        let again = again.to_str().unwrap();
        let after = match shell {
            Shell::Fish => format!("source '{}'", again.replace('\'', "\\'")),
            Shell::Nu => format!("source r#'{again}'#"),
            _ => format!("eval \"$(cat '{}')\"", again.replace('\'', "'\\''")),
        };
        let terminal = world.start(shell, "", &after);
        terminal.until_line("one 3h READY>");
        assert_eq!(terminal.screen().matches("jit: once").count(), 1, "{shell:?}: {}", terminal.screen());
        assert_eq!(next_prompt(&terminal), "one 3h READY>", "{shell:?}");
        assert_eq!(world.calls(), 1, "{shell:?}");
    }
}

#[test]
fn without_jit_there_is_only_the_prompt() {
    for shell in SHELLS {
        let world = World::new();
        world.answer(0, ["", "", "one 3h", ""], &[]);
        std::fs::remove_file(world.folder.join("jit")).unwrap();
        let terminal = world.start(shell, "", "");
        assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        let screen = terminal.screen();
        assert!(
            screen.lines().all(|line| line.is_empty() || line.starts_with("READY>")),
            "{shell:?}: {screen}"
        );
        // It fails, and prints an error that nobody should see.
        world.stand_in("echo calls >>\"${0%/*}/calls\"; echo no >&2; exit 1");
        world.index("changed");
        assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        assert!(!terminal.screen().contains("no"), "{shell:?}: {}", terminal.screen());
        assert_eq!(world.calls(), 1, "{shell:?}");
    }
}

#[test]
fn keys_act_as_without_it() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let world = World::new();
        world.answer(0, ["", "", "one 3h", ""], &[]);
        let terminal = world.start(shell, "", "");
        terminal.until_line("one 3h READY>");
        // Ctrl-C drops the line. The terminal's echo is not yet the shell's: wait for an empty line, after which Enter
        // is safe.
        terminal.text("touch pwned");
        terminal.until("the line", |screen| screen.contains("touch pwned"));
        // A line editor that is just taking over the terminal may drop a Ctrl-C with what it drops of the input.
        terminal.until_by_key("C-c", "one 3h READY>");
        terminal.key("Enter");
        terminal.until("a new line", |screen| screen.trim_end().ends_with("one 3h READY>"));
        // Ctrl-Z stops a program, `fg` continues it, Ctrl-C ends it.
        terminal.clear();
        terminal.text("sh -c 'echo started; while read line; do echo got $line; done'");
        terminal.key("Enter");
        terminal.until("the program", |screen| screen.lines().any(|line| line.trim_end() == "started"));
        terminal.key("C-z");
        terminal.until("a stopped job", |screen| {
            let screen = screen.to_lowercase();
            (screen.contains("stopped") || screen.contains("suspended"))
                && screen.trim_end().ends_with("ready>")
        });
        terminal.text("fg");
        terminal.key("Enter");
        let answers = || {
            terminal.text("again");
            terminal.key("Enter");
            terminal.screen().contains("got again")
        };
        wait_until(answers, || format!("{shell:?}'s job to carry on: {}", terminal.screen()));
        terminal.key("C-c");
        terminal.until_line("one 3h READY>");
        // Ctrl-C interrupts a `jit` that hangs.
        world.stand_in("echo calls >>\"${0%/*}/calls\"; exec sleep 1000");
        world.index("changed");
        terminal.key("Enter");
        wait_until(|| world.calls() == 2, || format!("{shell:?} to ask"));
        terminal.key("C-c");
        terminal.run("echo back");
        assert!(!world.is_harmed(), "{shell:?}");
    }
}

#[test]
fn what_init_prints_passes_the_shells_own_checks() {
    let world = World::new();
    let text =
        |shell, placing| hook::text(shell, "/usr/bin/jit", "/home/ana/jit/grants.json", placing).unwrap();
    for placing in [Placing::Prompt, Placing::Variable] {
        for shell in SHELLS {
            let path = world.folder.join("check");
            std::fs::write(&path, text(shell, placing)).unwrap();
            match shell {
                Shell::Bash => {
                    output(Command::new("bash").arg("-n").arg(&path));
                    output(
                        Command::new("shellcheck")
                            .args(["-o", "all", "-e", "SC2250,SC2310,SC2312"])
                            .arg(&path),
                    );
                }
                Shell::Zsh => drop(output(Command::new("zsh").args(["-f", "-n"]).arg(&path))),
                Shell::Fish => drop(output(Command::new("fish").args(["--no-config", "-n"]).arg(&path))),
                Shell::Nu => {
                    let check = format!("if not (nu-check --debug r#'{}'#) {{ exit 1 }}", path.display());
                    output(Command::new(program("nu")).args(["-n", "-c", &check]));
                }
                Shell::Plain | Shell::PowerShell => {}
            }
        }
    }
    // zsh's own check does not examine the text that `emulate` reads.
    let inner = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prompt/hooks/hook.zsh");
    output(Command::new("zsh").args(["-f", "-n", "-o", "extendedglob", inner]));
}
