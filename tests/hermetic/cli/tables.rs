//! Lists have headers, fit the terminal, say what expires, and show local times.

use std::sync::atomic::Ordering;

use insta::assert_snapshot;
use jiff::tz::TimeZone;

use crate::cli::stage::Person;
use crate::cli::stage::Stage;

const ASK: [&str; 6] = [
    "request",
    "prod-admin",
    "--reason",
    "INC-42 fail over the orders database to the other region before the backup begins",
    "--no-wait",
    "-y",
];

/// Sets the width of one person's terminal. 0 for none.
fn widen(person: &Person, columns: usize) {
    person.world.console.columns.store(columns, Ordering::Relaxed);
}

/// No line is wider than the terminal.
fn assert_fits(text: &str, columns: usize) {
    for line in text.lines() {
        assert!(line.chars().count() <= columns, "wider than {columns}: {line:?} in\n{text}");
    }
}

#[tokio::test]
async fn roles_fit_a_terminal_of_80_and_of_100_columns() {
    let stage = Stage::ready().await;
    widen(&stage.ana, 80);
    let narrow = stage.ana.run("roles", &[]).await;
    assert_snapshot!(narrow, @"
    exit 0
    --- stdout
    ROLE         FOR  AT MOST  APPROVAL          OPENS
    prod-admin   1h   4h       1 of group:sre    role prod-admin in account
                                                 111122223333 (aws)
    stage-admin  1h   4h       approved at once  role stage-admin in account
                                                 111122223333 (aws)
    --- stderr
    ");
    widen(&stage.ana, 100);
    let wide = stage.ana.run("roles", &[]).await;
    assert_snapshot!(wide, @"
    exit 0
    --- stdout
    ROLE         FOR  AT MOST  APPROVAL          OPENS
    prod-admin   1h   4h       1 of group:sre    role prod-admin in account 111122223333 (aws)
    stage-admin  1h   4h       approved at once  role stage-admin in account 111122223333 (aws)
    --- stderr
    ");
    widen(&stage.ana, 0);
    let piped = stage.ana.run("roles", &[]).await;
    for (shot, columns) in [(&narrow, 80), (&wide, 100)] {
        assert_fits(&shot.stdout, columns);
        let words = |text: &str| text.split_whitespace().count();
        assert_eq!(words(&shot.stdout), words(&piped.stdout), "something was cut");
    }
    assert!(
        piped.stdout.lines().all(|line| !line.starts_with(' ') || line.starts_with("  --scope")),
        "{piped}"
    );
}

#[tokio::test]
async fn the_inbox_has_a_header_and_wraps_the_reason() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    widen(&stage.bo, 80);
    let narrow = stage.bo.run("inbox", &[]).await;
    assert_snapshot!(narrow, @"
    exit 0
    --- stdout
    REQUEST     WHO  ROLE        FOR  ASKED     REASON
    GEGCSVPW0S  ana  prod-admin  1h   just now  INC-42 fail over the orders database
                                                to the other region before the
                                                backup begins
    --- stderr
    next: jit approve ID, or jit deny ID --reason TEXT
    ");
    widen(&stage.bo, 100);
    assert_snapshot!(stage.bo.run("inbox", &[]).await, @"
    exit 0
    --- stdout
    REQUEST     WHO  ROLE        FOR  ASKED     REASON
    GEGCSVPW0S  ana  prod-admin  1h   just now  INC-42 fail over the orders database to the other region
                                                before the backup begins
    --- stderr
    next: jit approve ID, or jit deny ID --reason TEXT
    ");
    assert_fits(&narrow.stdout, 80);
}

#[tokio::test]
async fn status_says_which_time_runs_out() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    widen(&stage.ana, 80);
    assert_snapshot!(stage.ana.run("status", &[]).await, @"
    exit 0
    --- stdout
    ROLE         STATE    TIME           ACCOUNT       REQUEST
    stage-admin  active   1h left        111122223333  C502ZR8TC0
    prod-admin   pending  expires in 1d  111122223333  GEGCSVPW0S
    --- stderr
    ");
    let id = stage.newest_of("prod-admin");
    assert_eq!(stage.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    assert_snapshot!(stage.ana.run("status", &[]).await, @"
    exit 0
    --- stdout
    ROLE         STATE     TIME            ACCOUNT       REQUEST
    stage-admin  active    1h left         111122223333  C502ZR8TC0
    prod-admin   approved  usable for 12h  111122223333  GEGCSVPW0S
    --- stderr
    ");
    // `jit` alone shows the same table.
    let bare = stage.ana.run("", &[]).await;
    assert!(bare.stdout.starts_with("ROLE"), "{bare}");
}

#[tokio::test]
async fn doctor_has_a_header_and_fits() {
    let stage = Stage::ready().await;
    widen(&stage.ana, 80);
    let shot = stage.ana.run("doctor", &[]).await;
    assert!(shot.stdout.starts_with("RESULT   PART            FOUND"), "{shot}");
    assert_fits(&shot.stdout, 80);
}

#[tokio::test]
async fn people_read_local_times_and_programs_read_utc() {
    let mut stage = Stage::ready().await;
    stage.ana.world.system.zone = TimeZone::get("America/New_York").unwrap().into();
    let asked = stage.ana.run("request stage-admin -y", &[]).await;
    assert!(asked.stdout.contains("active until 2026-11-23 06:00 EST (1h left)"), "{asked}");
    let shown = stage.ana.run("show stage-admin", &[]).await;
    assert!(shown.stdout.contains("asked     2026-11-23 05:00 EST"), "{shown}");
    for command in ["show stage-admin", "whoami", "status", "roles"] {
        let shot = stage.ana.run(command, &[]).await;
        assert!(!shot.stdout.contains("2026-11-23T"), "{command}: {shot}");
    }
    for command in ["show stage-admin --json", "status --json", "whoami --json"] {
        let shot = stage.ana.run(command, &[]).await;
        assert!(shot.stdout.contains("2026-11-23T") && !shot.stdout.contains("EST"), "{command}: {shot}");
    }
    let ended = stage.ana.run("end stage-admin", &[]).await;
    assert!(ended.stderr.contains("stay valid until 2026-11-23 06:00 EST"), "{ended}");
}

#[tokio::test]
async fn policies_are_shown_within_the_terminal() {
    let stage = Stage::new();
    let company = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/company/access");
    let run = async |line: &str, columns: usize| {
        widen(&stage.ana, columns);
        let shot = stage.ana.run(&format!("policy {line}"), &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        shot.stdout
    };
    let piped = run(&format!("matrix {company}"), 0).await;
    assert!(piped.lines().any(|line| line.starts_with("person ")), "{piped}");
    for columns in [80, 100] {
        // A grid that is wider than the terminal becomes a list, unless the grid is requested.
        let shown = run(&format!("matrix {company}"), columns).await;
        assert_fits(&shown, columns);
        assert!(!shown.lines().any(|line| line.starts_with("person ")), "{shown}");
        assert_eq!(run(&format!("matrix {company} --layout grid"), columns).await, piped);
        let checked = run(&format!("check {company}"), columns).await;
        assert_fits(&checked, columns);
    }
    assert_eq!(run(&format!("matrix {company}"), 4000).await, piped, "a grid that fits is shown");
}

/// Plans, notes and hints were as long as their words: the terminal broke them, and their commands, anywhere.
#[tokio::test]
async fn messages_fit_the_terminal_and_commands_stay_whole() {
    let stage = Stage::ready().await;
    let piped = stage.ana.run_words(&ASK, &[]).await;
    let longest = piped.stderr.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(longest > 60, "{piped}");
    for columns in [40, 60] {
        assert_eq!(stage.ana.run("end prod-admin", &[]).await.code, 0);
        widen(&stage.ana, columns);
        let asked = stage.ana.run_words(&ASK, &[]).await;
        assert_eq!(asked.code, 0, "{asked}");
        assert_fits(&asked.stderr, columns);
        let refused = stage.ana.run("exec stage-admin -- true", &[]).await;
        assert_eq!(refused.code, 125, "{refused}");
        assert_fits(&refused.stderr, columns);
        assert!(refused.stderr.contains("`jit request stage-admin`"), "{refused}");
    }
}
