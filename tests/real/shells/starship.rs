//! starship with the snippets of `docs/shell.md`.

use jit::prompt::hook::Placing;
use jit::prompt::segment::Shell;

use crate::shells::prompt::next_prompt;
use crate::shells::world::World;
use crate::shells::world::program;

/// The TOML blocks of the page: with the hook, and without it.
fn snippets() -> Vec<String> {
    let page = include_str!("../../../docs/shell.md");
    let parts = page.split("```toml\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

const REST: &str = "add_newline = false\nformat = \"${env_var.JIT_PROMPT}${custom.jit}$character\"\n\
                    [character]\nformat = \"READY> \"\n";

/// The lines of the start file after the hook.
fn starship(shell: Shell, settings: &str) -> String {
    let program = program("starship");
    let settings =
        format!("'{}'", settings.replace('\'', if shell == Shell::Fish { "\\'" } else { "'\\''" }));
    match shell {
        Shell::Bash => format!("export STARSHIP_CONFIG={settings}\neval \"$({program} init bash)\""),
        Shell::Zsh => format!("export STARSHIP_CONFIG={settings}\neval \"$({program} init zsh)\""),
        _ => format!("set -gx STARSHIP_CONFIG {settings}\n{program} init fish | source"),
    }
}

#[test]
fn starship_shows_what_the_hook_keeps() {
    let snippets = snippets();
    assert_eq!(snippets.len(), 2);
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let world = World::new();
        world.answer(0, ["", "", "$(touch pwned) 1h", ""], &[]);
        let settings = world.folder.join("starship.toml");
        std::fs::write(&settings, format!("{REST}{}", snippets[0])).unwrap();
        let after = starship(shell, settings.to_str().unwrap());
        let terminal = world.start_as(shell, Placing::Variable, "", &after);
        world.answer(0, ["prod 4m", "", "dev 3h", ""], &[]);
        world.index("changed");
        assert_eq!(next_prompt(&terminal), "prod 4m  dev 3h READY>", "{shell:?}");
        assert!(terminal.coloured().contains("[1m\u{1b}[33mprod 4m"), "{:?}", terminal.coloured());
        assert_eq!(next_prompt(&terminal), "prod 4m  dev 3h READY>", "{shell:?}");
        assert_eq!(world.calls(), 2, "{shell:?}");
        world.answer(0, ["", "", "", ""], &[]);
        world.index("gone");
        assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        assert!(!world.is_harmed(), "{shell:?}");
    }
}

#[test]
fn starship_asks_by_itself_without_the_hook() {
    let world = World::new();
    let settings = world.folder.join("starship.toml");
    let snippet = &snippets()[1];
    let jit = world.folder.join("jit");
    let named = snippet.replace("[\"jit\"]", &format!("['''{}''']", jit.display()));
    assert_ne!(&named, snippet);
    std::fs::write(&settings, format!("{REST}{named}")).unwrap();
    let ask = |text: &str| {
        world.stand_in(&format!("printf '%s\\n' \"$*\" >>\"${{0%/*}}/calls\"\nprintf '%s' '{text}'"));
        let mut command = std::process::Command::new(program("starship"));
        command.arg("prompt").env("STARSHIP_SHELL", "fish").env("STARSHIP_CONFIG", &settings);
        String::from_utf8(crate::shells::world::output(&mut command)).unwrap()
    };
    assert!(ask("prod 4m").contains("[1;33mprod 4m\u{1b}[0m READY>"));
    assert!(ask("").ends_with("[JREADY> ") || ask("").ends_with("READY> "));
    let calls = std::fs::read_to_string(world.folder.join("calls")).unwrap();
    assert!(calls.lines().all(|line| line == "prompt"), "{calls}");
}
