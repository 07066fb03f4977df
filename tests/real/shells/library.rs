//! The hooks with the library's own output instead of made-up output: index, report and hook together.

use std::fs;
use std::time::Duration;

use jit::grant::Digest;
use jit::grant::State;
use jit::prompt::hook;
use jit::prompt::segment::Shell;
use jit::state::index;
use jit::state::index::Entry;
use jit::system::Files;
use jit::system::System;

use crate::shells::prompt::next_prompt;
use crate::shells::terminal::wait_until;
use crate::shells::world::SHELLS;
use crate::shells::world::World;

const OUTPUT: &str = "STAND_IN_OUTPUT";
const SINCE: &str = "STAND_IN_SINCE";

/// Not a test: the stand-in of the test below runs it in place of `jit prompt --hook`.
#[test]
#[ignore = "started by a hook"]
fn answers_as_jit_would() {
    let Ok(output) = std::env::var(OUTPUT) else { return };
    let since = std::env::var(SINCE).ok().and_then(|since| since.parse().ok());
    fs::write(output, hook::answer(&System::real(), since)).unwrap();
}

fn files(state: &std::path::Path) -> Files {
    Files { state: state.to_path_buf(), ..Files::under(state) }
}

fn entry(role: &str, left: Duration) -> Entry {
    let now = jiff::Timestamp::now();
    Entry {
        id: Some(Digest::of(role.as_bytes()).request_id()),
        authority: Some("https://jit.example.com".to_owned()),
        extends: None,
        role: role.parse().unwrap(),
        scope: None,
        cloud: jit::grant::Cloud::Aws,
        place: jit::grant::Place::account("111122223333"),
        state: State::Active,
        until: now + left,
        asked: now,
        emergency: false,
        who: None,
        elsewhere: false,
        shadows: false,
        run: None,
    }
}

#[test]
fn a_grant_comes_nears_its_end_and_goes() {
    for shell in SHELLS {
        let world = World::new();
        let files = files(&world.folder);
        let program = std::env::current_exe().unwrap();
        world.stand_in(&format!(
            "echo calls >>\"${{0%/*}}/calls\"\nout=$(mktemp)\n{OUTPUT}=$out JIT_STATE_DIR=${{0%/*}} {SINCE}=${{4-}} \
             '{}' --ignored --exact {}::answers_as_jit_would >/dev/null 2>&1\ncat \"$out\"; rm \"$out\"",
            program.display(),
            module_path!().split_once("::").unwrap().1
        ));
        let terminal = world.start(shell, "", "");
        assert_eq!(next_prompt(&terminal), "READY>", "{shell:?}");
        // Three seconds before the warning, so that the warning and the change of colour happen during the test.
        index::put(&files, &entry("stage", Duration::from_secs(3_659))).unwrap();
        index::put(&files, &entry("prod-admin", Duration::from_secs(15 * 60 + 3))).unwrap();
        let line = next_prompt(&terminal);
        assert!(line.starts_with("prod-admin 1") && line.contains("m  stage 1h "), "{shell:?}: {line}");
        let warning = "jit: prod-admin ends in 15m; for more time: jit extend prod-admin";
        let is_warned = || terminal.screen().replace("in 14m", "in 15m").contains(warning);
        if !is_warned() {
            wait_until(
                || {
                    next_prompt(&terminal);
                    is_warned()
                },
                || format!("{shell:?} to warn"),
            );
        }
        assert!(terminal.coloured().contains("\u{1b}[33mprod-admin 1"), "{:?}", terminal.coloured());
        // The shell gets the credentials of one, and gives them up.
        let (give, take) = match shell {
            Shell::Fish => ("set -gx JIT_GRANT stage", "set -e JIT_GRANT"),
            Shell::Nu => ("load-env {JIT_GRANT: stage}", "load-env {JIT_GRANT: null}"),
            _ => ("export JIT_GRANT=stage", "unset JIT_GRANT"),
        };
        terminal.run(give);
        assert!(terminal.last_line().contains(" [stage] "), "{shell:?}: {}", terminal.last_line());
        terminal.run(take);
        assert!(!terminal.last_line().contains("[stage]"), "{shell:?}");
        // It is ended early, and only the short part remains.
        index::update(&files, |entries| entries.clear()).unwrap();
        index::put(&files, &entry("dev", Duration::from_secs(6))).unwrap();
        let line = next_prompt(&terminal);
        assert!(line.starts_with("dev ") && line.ends_with("s READY>"), "{shell:?}: {line}");
        assert!(terminal.coloured().contains("\u{1b}[31mdev "), "{:?}", terminal.coloured());
        wait_until(|| next_prompt(&terminal) == "READY>", || format!("{shell:?} to lose it at its end"));
        let calls = world.calls();
        next_prompt(&terminal);
        assert_eq!(world.calls(), calls, "{shell:?}");
        // An attacker wrote a role into the index whose name is invalid.
        let text = serde_json::to_string(&entry("dev", Duration::from_secs(600))).unwrap();
        let hostile = text.replace("\"dev\"", "\"$(touch pwned)`touch pwned`\"");
        world.index(&format!("{{\"grants\": [{hostile}, {}]}}", text.replace("\"dev\"", "\"good\"")));
        assert!(matches!(next_prompt(&terminal).as_str(), "good 9m READY>" | "good 10m READY>"), "{shell:?}");
        assert!(!world.is_harmed());
    }
}
