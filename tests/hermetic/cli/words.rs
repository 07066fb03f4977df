//! The first messages that a newcomer reads: how to begin, what was meant, and which shells are supported.

use jit::system::processes::Output;

use crate::cli::stage::Stage;

#[tokio::test]
async fn jit_alone_says_how_to_begin() {
    let stage = Stage::new();
    let shot = stage.ana.run("", &[]).await;
    assert_eq!((shot.code, shot.stdout.as_str()), (0, ""), "{shot}");
    for command in ["jit demo", "jit login https://", "jit login github:", "jit policy init", "jit --help"] {
        assert!(shot.stderr.contains(command), "{command}: {shot}");
    }
    // Afterwards it shows what there is.
    let stage = Stage::ready().await;
    let shot = stage.ana.run("", &[]).await;
    assert!(shot.stderr.contains("next: jit roles") && !shot.stderr.contains("not set up"), "{shot}");
}

/// `clap` names the most similar command last.
#[tokio::test]
async fn the_most_similar_command_is_named_first() {
    let stage = Stage::new();
    for (typed, meant) in
        [("aprove", "approve"), ("statsu", "status"), ("reqest", "request"), ("rolls", "roles")]
    {
        let shot = stage.ana.run(typed, &[]).await;
        assert_eq!(shot.code, 2, "{shot}");
        let similar = shot.stderr.lines().find(|line| line.contains("similar")).unwrap_or_default();
        let first = similar.split('\'').nth(1);
        assert_eq!(first, Some(meant), "{typed}: {shot}");
    }
}

#[tokio::test]
async fn the_values_of_color_are_shown() {
    let stage = Stage::new();
    for command in ["--help", "-h", "roles --help"] {
        let shot = stage.ana.run(command, &[]).await;
        let after = shot.stdout.split("--color").nth(1).unwrap_or_default();
        assert!(["auto", "always", "never"].iter().all(|value| after.contains(value)), "{command}: {shot}");
    }
}

#[tokio::test]
async fn init_and_completions_know_the_same_shells() {
    let stage = Stage::new();
    for shell in ["bash", "zsh", "fish", "powershell", "nu", "elvish"] {
        let script = stage.ana.run(&format!("completions {shell}"), &[]).await;
        assert!(script.code == 0 && script.stdout.contains("break-glass"), "{shell}: {}", script.stderr);
        let hook = stage.ana.run(&format!("init {shell}"), &[]).await;
        match shell {
            "elvish" => {
                assert_eq!((hook.code, hook.stdout.as_str()), (2, ""), "{hook}");
                assert!(
                    hook.stderr.contains("jit prompt") && hook.stderr.contains("jit completions elvish"),
                    "{hook}"
                );
            }
            _ => assert!(hook.code == 0 && !hook.stdout.is_empty(), "{shell}: {hook}"),
        }
    }
}

/// On a terminal `man` shows the page. Elsewhere its source is printed.
#[tokio::test]
async fn manual_pages_are_shown_on_a_terminal_and_printed_elsewhere() {
    let stage = Stage::new();
    for words in ["man request", "man jit-request", "man jit request"] {
        let shot = stage.ana.run(words, &[]).await;
        assert!(shot.code == 0 && shot.stdout.contains(".TH jit-request 1"), "{words}: {shot}");
    }
    assert!(stage.ana.run("man policy check", &[]).await.stdout.contains(".TH jit-policy-check 1"));
    let wrong = stage.ana.run("man reqest", &[]).await;
    assert!(wrong.code == 2 && wrong.stderr.contains("no manual page jit-reqest"), "{wrong}");
    let processes = &stage.ana.world.processes;
    assert!(processes.started.lock().unwrap().is_empty(), "man was started without a terminal");

    stage.ana.world.console.columns.store(80, std::sync::atomic::Ordering::Relaxed);
    let shot = stage.ana.run("man request", &[]).await;
    assert_eq!((shot.code, shot.stdout.as_str()), (0, ""), "{shot}");
    let started = processes.started.lock().unwrap().pop().unwrap();
    assert_eq!(started.program, "man");
    assert!(started.arguments[0].to_string_lossy().ends_with("jit-request.1"), "{:?}", started.arguments);
    // Without man, the help says the same.
    let missing = Output { code: 127, stdout: Vec::new(), stderr: Vec::new() };
    processes.outputs.lock().unwrap().push_back(missing);
    let shot = stage.ana.run("man request", &[]).await;
    assert!(shot.code == 0 && shot.stdout.contains("Usage: jit request"), "{shot}");
}

#[tokio::test]
async fn the_version_begins_with_the_number() {
    let stage = Stage::new();
    let shot = stage.ana.run("--version", &[]).await;
    assert!(shot.stdout.starts_with(&format!("jit {}", env!("CARGO_PKG_VERSION"))), "{shot}");
}
