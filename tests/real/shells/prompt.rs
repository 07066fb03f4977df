//! The prompt: what it shows, when it starts a process, and what it chains with.

use jit::prompt::hook::Placing;
use jit::prompt::segment::Shell;

use crate::shells::terminal::Terminal;
use crate::shells::terminal::wait_until;
use crate::shells::world::SHELLS;
use crate::shells::world::World;

/// Presses Enter and returns the next prompt's line.
pub fn next_prompt(terminal: &Terminal) -> String {
    terminal.clear();
    terminal.key("Enter");
    terminal.until("one more prompt", |screen| screen.matches("READY>").count() == 2);
    terminal.last_line()
}

#[test]
fn shows_what_is_active_in_colours_and_nothing_without() {
    for shell in SHELLS {
        let world = World::new();
        let terminal = world.start(shell, "", "");
        assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        world.answer(0, ["prod 4m", "stage 12m  test 14m", "dev 3h 100%", "1 pending"], &[]);
        world.index("{ }");
        assert_eq!(
            next_prompt(&terminal),
            "prod 4m  stage 12m  test 14m  dev 3h 100%  1 pending READY>",
            "{shell:?}"
        );
        let coloured = terminal.coloured();
        for (code, text) in [(31, "prod"), (33, "stage"), (32, "dev"), (36, "1 pending")] {
            assert!(coloured.contains(&format!("\u{1b}[{code}m{text}")), "{shell:?} {text}: {coloured:?}");
        }
        world.answer(0, ["", "", "", ""], &[]);
        world.index("{}");
        assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        assert!(!world.is_harmed());
    }
}

#[test]
fn colour_is_left_out_where_it_is_not_wanted() {
    for (shell, before) in [
        (Shell::Bash, "NO_COLOR=1"),
        (Shell::Zsh, "TERM=dumb"),
        (Shell::Fish, "set -g NO_COLOR 1"),
        (Shell::Nu, "$env.NO_COLOR = '1'"),
    ] {
        let world = World::new();
        world.answer(0, ["prod 4m", "", "", ""], &[]);
        let terminal = world.start(shell, before, "");
        terminal.until("the segment", |screen| screen.contains("prod 4m READY>"));
        assert!(!terminal.coloured().contains("[31m"), "{shell:?}: {:?}", terminal.coloured());
    }
}

#[test]
fn no_process_starts_when_nothing_changed() {
    for shell in SHELLS {
        let world = World::new();
        world.answer(0, ["", "", "one 1h", ""], &[]);
        world.index("1");
        let terminal = world.start(shell, "", "");
        wait_until(|| world.calls() == 1, || format!("the first call of {shell:?}"));
        for _ in 0..4 {
            assert_eq!(next_prompt(&terminal), "one 1h READY>", "{shell:?}");
        }
        assert_eq!(world.calls(), 1, "{shell:?}");
        // Twice within one second, with the same size: both changes are noticed.
        for (content, text) in [("2", "two 1h"), ("3", "three 1h")] {
            world.answer(0, ["", "", text, ""], &[]);
            world.index(content);
            assert_eq!(next_prompt(&terminal), format!("{text} READY>"), "{shell:?}");
        }
        assert_eq!(world.calls(), 3, "{shell:?}");
        // The index is gone: no access is held, and one call asks for that.
        world.answer(0, ["", "", "", ""], &[]);
        std::fs::remove_file(world.folder.join("grants.json")).unwrap();
        for _ in 0..3 {
            assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        }
        assert_eq!(world.calls(), 4, "{shell:?}");
    }
}

#[test]
fn asks_again_when_the_time_has_come_and_says_when_it_last_did() {
    for shell in SHELLS {
        let world = World::new();
        world.answer(2, ["prod 2s", "", "", ""], &[]);
        let told = std::fs::read_to_string(world.folder.join("answer")).unwrap();
        let told = told.split(' ').nth(1).unwrap().to_owned();
        let terminal = world.start(shell, "", "");
        terminal.until_line("prod 2s READY>");
        world.answer(0, ["", "", "", ""], &["prod ends in 5m; for more time: jit extend prod"]);
        wait_until(|| next_prompt(&terminal) == "READY>", || format!("{shell:?} to lose it"));
        let calls = std::fs::read_to_string(world.folder.join("calls")).unwrap();
        assert_eq!(calls, format!("prompt --hook\nprompt --hook --since {told}\n"), "{shell:?}");
    }
}

#[test]
fn warns_once() {
    for shell in SHELLS {
        let world = World::new();
        world.answer(0, ["", "prod 15m", "", ""], &["prod ends in 15m", "stage ends in 14m"]);
        let terminal = world.start(shell, "", "");
        terminal.until("both warnings", |screen| {
            screen.contains("jit: prod ends in 15m") && screen.contains("jit: stage ends in 14m")
        });
        next_prompt(&terminal);
        next_prompt(&terminal);
        assert!(!terminal.screen().contains("jit:"), "{shell:?}: {}", terminal.screen());
    }
}

#[test]
fn chains_with_what_is_there() {
    for (shell, before, after, line) in [
        (Shell::Bash, "PROMPT_COMMAND='mine=$((mine + $?)); ( exit $mine );'", "", "(exit 7)"),
        (Shell::Bash, "one() { mine=$?; }; two() { last=$?; }; PROMPT_COMMAND=(one two)", "", "(exit 7)"),
        (Shell::Bash, "", "PROMPT_COMMAND+=$'\\nmine=$?'", "(exit 7)"),
        (Shell::Zsh, "precmd() { mine=$? }; last() { last=$? }; precmd_functions=(last)", "", "(exit 7)"),
        (Shell::Zsh, "", "after() { mine=$? }; precmd_functions+=(after)", "(exit 7)"),
        (
            Shell::Fish,
            "function fish_prompt; set -g mine $status$pipestatus; printf 'READY> '; end",
            "",
            "sh -c 'exit 7'",
        ),
        (
            Shell::Nu,
            "$env.config.hooks.pre_prompt = [{|| $env.mine = $env.LAST_EXIT_CODE }]",
            "",
            "^sh -c 'exit 7'",
        ),
    ] {
        let world = World::new();
        world.answer(0, ["", "", "dev 3h", ""], &[]);
        let terminal = world.start(shell, before, after);
        terminal.until_line("dev 3h READY>");
        // A change, so that the hook starts a process after this line. The line's status must still be visible to all.
        world.index("changed");
        terminal.run(line);
        let shown = match shell {
            Shell::Nu => "print $\"mine=($env.mine)\"",
            _ => "echo mine=$mine",
        };
        let screen = terminal.run(shown);
        let expected = if shell == Shell::Fish { "mine=77" } else { "mine=7" };
        assert!(screen.lines().any(|line| line.trim_end() == expected), "{shell:?} {before}: {screen}");
        assert!(terminal.last_line().starts_with("dev 3h READY>"), "{screen}");
    }
}

#[test]
fn the_status_that_a_prompt_shows_is_that_of_the_command() {
    for (shell, before) in [
        (Shell::Bash, "PS1='[$?] READY> '"),
        (Shell::Zsh, "PROMPT='[%?] READY> '"),
        (Shell::Fish, "function fish_prompt; echo -n \"[$pipestatus] READY> \"; end"),
        (Shell::Nu, "$env.PROMPT_COMMAND = {|| $\"[($env.LAST_EXIT_CODE)] READY\" }"),
    ] {
        let world = World::new();
        world.answer(0, ["", "", "dev 3h", ""], &[]);
        let terminal = world.start(shell, before, "");
        terminal.until_line("dev 3h [0] READY>");
        world.index("changed");
        terminal.run("^sh -c 'exit 3'".trim_start_matches(if shell == Shell::Nu { "" } else { "^" }));
        terminal.until_line("dev 3h [3] READY>");
        terminal.run("^sh -c 'exit 4'".trim_start_matches(if shell == Shell::Nu { "" } else { "^" }));
        terminal.until_line("dev 3h [4] READY>");
    }
}

#[test]
fn the_mode_of_fish_still_shows() {
    let world = World::new();
    world.answer(0, ["", "", "dev 3h", ""], &[]);
    let terminal = world.start(Shell::Fish, "fish_vi_key_bindings", "");
    terminal.until_line("dev 3h [I] READY>");
    terminal.key("Escape");
    terminal.until_line("dev 3h [N] READY>");
}

#[test]
fn a_prompt_that_was_kept_and_put_back_is_not_stale() {
    for (shell, keep, back) in [
        (Shell::Bash, "KEPT=$PS1; PS1=\"(venv) $PS1\"", "PS1=$KEPT"),
        (Shell::Zsh, "KEPT=$PROMPT; PROMPT=\"(venv) $PROMPT\"", "PROMPT=$KEPT"),
    ] {
        let world = World::new();
        world.answer(0, ["", "", "one 3h", ""], &[]);
        let terminal = world.start(shell, "", "");
        terminal.until_line("one 3h READY>");
        terminal.run(keep);
        let line = terminal.last_line();
        assert!(line.contains("(venv)") && line.matches("one 3h").count() == 1, "{line}");
        world.answer(0, ["", "", "two 3h", ""], &[]);
        world.index("changed");
        terminal.run(back);
        terminal.until_line("two 3h READY>");
    }
}

#[test]
fn a_prompt_that_places_it_by_hand_is_left_alone() {
    for (shell, before) in [
        (Shell::Bash, "PS1='[${JIT_PROMPT-}] READY> '"),
        (Shell::Zsh, "setopt promptsubst; PROMPT='[${JIT_PROMPT}] READY> '"),
    ] {
        let world = World::new();
        world.answer(0, ["", "", "one 100% 3h", ""], &[]);
        let terminal = world.start(shell, before, "");
        terminal.until_line("[one 100% 3h ] READY>");
        assert_eq!(next_prompt(&terminal), "[one 100% 3h ] READY>");
    }
}

#[test]
fn only_the_variable_is_kept_when_asked_so() {
    for shell in SHELLS {
        let world = World::new();
        world.answer(0, ["prod 4m", "", "dev 3h", ""], &[]);
        let terminal = world.start_as(shell, Placing::Variable, "", "");
        terminal.until_line("READY>");
        let screen = terminal.run("sh -c 'echo \"<$JIT_PROMPT>\" | cat -v'");
        assert!(screen.lines().any(|line| line.trim_end() == "<prod 4m  dev 3h>"), "{shell:?}: {screen}");
        assert_eq!(terminal.last_line(), "READY>");
    }
}

/// bash 3 and 4 know only the seconds since the shell started.
#[test]
fn the_clock_of_an_older_bash_will_do() {
    let world = World::new();
    let text = world.hook(Shell::Bash, Placing::Prompt);
    let older = text.replace("BASH_VERSINFO[0] >= 5", "4 >= 5").replace("BASH_VERSINFO[0] < 5", "4 < 5");
    assert_eq!(older.matches("4 >= 5").count() + older.matches("4 < 5").count(), 2);
    std::fs::write(world.folder.join("older"), older).unwrap();
    world.answer(3, ["prod 3s", "", "", ""], &[]);
    let older = world.folder.join("older").to_str().unwrap().replace('\'', "'\\''");
    let after = format!("unset PROMPT_COMMAND; unset EPOCHSECONDS; eval \"$(cat '{older}')\"");
    let terminal = world.start(Shell::Bash, "", &after);
    terminal.until_line("prod 3s READY>");
    next_prompt(&terminal);
    assert_eq!(world.calls(), 1);
    world.answer(0, ["", "", "", ""], &[]);
    wait_until(|| next_prompt(&terminal) == "READY>", || "it to be lost".to_owned());
    next_prompt(&terminal);
    assert_eq!(world.calls(), 2);
    // A person may reset the seconds to time something. The hook takes that for a change and recovers.
    terminal.run("SECONDS=0");
    next_prompt(&terminal);
    next_prompt(&terminal);
    assert_eq!(world.calls(), 3);
}
