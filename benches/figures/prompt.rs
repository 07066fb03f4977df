//! `jit prompt`, which runs before each line that a person types, beside a program that does nothing.

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::grant::Digest;
use jit::grant::State;
use jit::state::index;
use jit::state::index::Entry;
use jit::system::Files;

use crate::measure::Contender;
use crate::measure::Times;
use crate::measure::in_turns;
use crate::measure::output;
use crate::measure::quiet;
use crate::measure::ratio;
use crate::measure::run;
use crate::place;

const ROUNDS: usize = 500;

/// A state folder with three active grants.
pub fn three_grants(folder: &std::path::Path) -> Files {
    let files = Files::under(folder);
    let now = Timestamp::now();
    for (hours, role) in (1..).zip(["orders-admin", "prod-read", "stage-admin"]) {
        let entry = Entry {
            id: Some(Digest::of(role.as_bytes()).request_id()),
            authority: Some("https://jit.example.com".to_owned()),
            extends: None,
            role: role.parse().unwrap(),
            scope: None,
            cloud: jit::grant::Cloud::Aws,
            place: jit::grant::Place::account("111122223333"),
            state: State::Active,
            until: now + SignedDuration::from_hours(hours),
            asked: now,
            emergency: false,
            who: None,
            elsewhere: false,
            shadows: false,
            run: None,
        };
        index::put(&files, &entry).unwrap();
    }
    files
}

/// A call that `jit hook` leaves to the client.
const CALL: &str = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cd web && git status --short | head -5"}}"#;

/// Twenty roles, each with gated commands.
fn know_roles(files: &Files) {
    let role = |number: usize| index::KnownRole {
        name: format!("role-{number}").parse().unwrap(),
        aliases: Vec::new(),
        scopes: Vec::new(),
        authority: None,
        gate: vec!["terraform apply".to_owned(), "kubectl delete".to_owned()],
        place: Some("111122223333".to_owned()),
    };
    index::put_roles(files, None, &(0..20).map(role).collect::<Vec<_>>(), &[]).unwrap();
}

/// Builds a Rust program that does nothing.
pub fn build_nothing(folder: &std::path::Path) -> std::path::PathBuf {
    let source = folder.join("nothing.rs");
    std::fs::write(&source, "fn main() {\n}\n").unwrap();
    let nothing = folder.join("nothing");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let flags = ["-O", "-C", "panic=abort", "-C", "strip=symbols", "--edition=2024", "-o"];
    run(std::process::Command::new(rustc).args(flags).arg(&nothing).arg(&source));
    nothing
}

pub fn figure() {
    let folder = place::folder();
    let files = three_grants(folder.path());
    let state = files.state.to_str().unwrap();
    let home = folder.path().to_str().unwrap();
    // As many variables as a typical terminal has.
    let variables: Vec<(String, String)> =
        (0..40).map(|number| (format!("VARIABLE_{number}"), "x".repeat(40))).collect();
    let mut environment: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    environment.extend([("HOME", home), ("JIT_STATE_DIR", state), ("PATH", "/usr/bin:/bin")]);
    let nothing = build_nothing(folder.path());

    let prompt = |program: &std::path::Path| {
        let mut command = quiet(program, &environment);
        command.arg("prompt");
        let shown = output(&mut command);
        assert_eq!(shown.matches("  ").count(), 2, "three grants are shown: {shown:?}");
        let mut command = quiet(program, &environment);
        command.arg("prompt");
        move || run(&mut command)
    };
    let mut idle = quiet(&nothing, &environment);
    let mut contenders: Vec<Contender<'_>> = vec![
        ("a Rust program that does nothing", Box::new(move || run(&mut idle))),
        ("jit prompt, three grants", Box::new(prompt(&place::jit()))),
    ];
    let call = folder.path().join("call.json");
    std::fs::write(&call, CALL).unwrap();
    know_roles(&files);
    let mut hook = quiet(place::jit(), &environment);
    hook.args(["hook", "claude"]);
    let ask = move || {
        hook.stdin(std::fs::File::open(&call).unwrap());
        run(&mut hook);
    };
    contenders.push(("jit hook, a command that passes, 20 roles", Box::new(ask)));
    let mut idle = quiet("true", &environment);
    contenders.push(("true", Box::new(move || run(&mut idle))));
    let linked_whole = place::variant(place::STATIC);
    if linked_whole.exists() {
        contenders.push(("jit prompt, three grants, static-pie", Box::new(prompt(&linked_whole))));
    }
    let starship = place::peer("starship");
    if starship.exists() {
        let settings = folder.path().join("starship.toml");
        std::fs::write(&settings, "format = \"$character\"\nadd_newline = false\n").unwrap();
        let mut command = quiet(&starship, &environment);
        command.env("STARSHIP_CONFIG", settings).env("STARSHIP_SHELL", "bash").arg("prompt");
        assert!(!output(&mut command).is_empty());
        contenders.push(("starship prompt, one module", Box::new(move || run(&mut command))));
    } else {
        println!("prompt     starship is not installed: tests/run --install");
    }
    let times = in_turns(ROUNDS, &mut contenders);
    let nothing = &times[0];
    for ((name, _), own) in contenders.iter().zip(&times).skip(1) {
        line(name, own, contenders[0].0, nothing);
    }
    line(contenders[2].0, &times[2], contenders[3].0, &times[3]);
    if !linked_whole.exists() {
        println!(
            "prompt     the static-pie variant is not built: cargo bench --features testing --bench figures -- builds prompt"
        );
    }
}

fn line(name: &str, own: &Times, other_name: &str, other: &Times) {
    println!(
        "prompt     {name} {own} | {other_name} {other} | ratio {:.2}",
        ratio(own.median(), other.median())
    );
}
