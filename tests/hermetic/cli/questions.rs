//! Questions before access opens or ends: what they accept, what they say, and which request they mean.

use std::sync::atomic::Ordering;

use crate::cli::real::Team;
use crate::cli::scopes::team as scoped;
use crate::cli::stage::Person;
use crate::cli::stage::Shot;
use crate::cli::stage::Stage;

const ASK: [&str; 6] = ["request", "prod-admin", "--reason", "INC-42 fail over", "-y", "--no-wait"];

/// How many signatures were made, to check that nothing was signed in between.
fn signed(person: &Person) -> usize {
    person.world.agent.asked_to_sign().len()
}

async fn ask(team: &Team, more: &str) -> String {
    let asked = team.ana.run(&format!("request orders-admin --reason look -y --no-wait{more}"), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    asked.stdout.trim().to_owned()
}

/// The last question.
fn question(shot: &Shot) -> &str {
    shot.stderr.lines().rev().find_map(|line| line.strip_prefix("? ")).unwrap_or_default()
}

/// A single key is no answer, nor is a line meant for another window. A word is.
#[tokio::test]
async fn only_a_whole_yes_approves() {
    let mut team = Team::new().await;
    let id = ask(&team, "").await;
    let before = signed(&team.bo);
    for typed in [&["yarn build", "yum update", "y y", "yes please", ""][..], &["no"], &["N"], &["^C"]] {
        let refused = team.bo.run(&format!("approve {id}"), typed).await;
        assert_ne!(refused.code, 0, "{typed:?}: {refused}");
        assert_eq!(signed(&team.bo), before, "{typed:?}");
    }
    let approved = team.bo.run(&format!("approve {id}"), &["yarn build", "YES"]).await;
    assert_eq!(approved.code, 0, "{approved}");
    // Revoking ends access: Enter alone does not confirm it.
    let stays = team.bo.run(&format!("revoke {id} --reason x"), &[""]).await;
    assert_eq!((stays.code, stays.stderr.contains("nothing was revoked")), (1, true), "{stays}");
    let revoked = team.bo.run(&format!("revoke {id} --reason x"), &["y"]).await;
    assert_eq!(question(&revoked), "Revoke orders-admin of ana, approved and not used yet?");
    assert_eq!(revoked.code, 0, "{revoked}");
    team.stop().await;
}

/// A role that looks like production requires that the person has read the id.
#[tokio::test]
async fn production_wants_the_beginning_of_the_id() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let id = stage.newest();
    let before = signed(&stage.bo);
    for typed in [&["y"][..], &["yes", ""], &[&id[..3], ""], &["ZZZZ", "n"], &[""], &["prod-admin", ""]] {
        let refused = stage.bo.run(&format!("approve {id}"), typed).await;
        assert_ne!(refused.code, 0, "{typed:?}: {refused}");
        assert_eq!(signed(&stage.bo), before, "{typed:?}");
    }
    // Lower case is accepted, and a typing error can be corrected.
    let typed = id[..4].to_ascii_lowercase();
    let approved = stage.bo.run(&format!("approve {id}"), &["y", &typed]).await;
    assert_eq!(approved.code, 0, "{approved}");
    assert_eq!(
        question(&approved),
        "Approve prod-admin for ana, 1h? Production: type the first four characters of its id"
    );
    let stays = stage.bo.run(&format!("revoke {id} --reason x"), &["y", ""]).await;
    assert_eq!(stays.code, 1, "{stays}");
    assert_eq!(stage.bo.run(&format!("revoke {id} --reason x"), &[&id[..4]]).await.code, 0);
    // Before a break-glass there is no request, so the role's name is required.
    stage.broker.state.lock().unwrap().glass = true;
    let stays = stage.ana.run("break-glass prod-admin --reason down", &["y", ""]).await;
    assert!(stays.code == 1 && stays.stderr.contains("cancelled; nobody was notified"), "{stays}");
    assert_eq!(question(&stays), "Break the glass for prod-admin, 30m? Production: type the role's name");
    assert_eq!(stage.ana.run("break-glass prod-admin --reason down", &["prod-admin"]).await.code, 0);
}

/// The question and the answer name role, scope, duration and request.
#[tokio::test]
async fn the_question_says_what_is_signed() {
    let mut team = scoped().await;
    let id = ask(&team, " --scope notes-read").await;
    let inbox = team.bo.run("inbox", &[]).await;
    assert!(inbox.stdout.contains("orders-admin/notes-read"), "{inbox}");
    let approved = team.bo.run(&format!("approve {id} --for 20m"), &["y"]).await;
    assert_eq!(question(&approved), "Approve orders-admin/notes-read for ana, 20m (asked 30m)?");
    assert_eq!(
        approved.stdout,
        format!("approved {id}: orders-admin/notes-read for ana, 20m (asked 30m); ana can use it now\n")
    );
    let whole = ask(&team, "").await;
    let narrowed = team.bo.run(&format!("approve {whole} --scope notes-write --for 10m"), &["y"]).await;
    assert_eq!(
        question(&narrowed),
        "Approve orders-admin/notes-write (asked: the whole role) for ana, 10m (asked 1h)?"
    );
    assert!(narrowed.stderr.contains("  shortened 10m instead of 1h\n"), "{narrowed}");
    let other = ask(&team, " --scope notes-write").await;
    let denied = team.bo.run(&format!("deny {other} --reason no"), &["y"]).await;
    assert_eq!(question(&denied), "Deny orders-admin/notes-write for ana, 1h?");
    assert_eq!(denied.stdout, format!("denied {other}: orders-admin/notes-write for ana, 1h\n"));
    team.stop().await;
}

/// An approved request is not offered as if it were pending.
#[tokio::test]
async fn what_is_approved_leaves_nothing_to_do() {
    let mut team = Team::new().await;
    let id = ask(&team, "").await;
    assert_eq!(team.bo.run(&format!("approve {id}"), &["y"]).await.code, 0);
    team.clock.advance(std::time::Duration::from_secs(5));
    let before = signed(&team.bo);
    let again = team.bo.run(&format!("approve {id} -y"), &[]).await;
    assert_eq!(again.stdout, format!("{id}: approved by bo 5s ago: nothing to do\n"), "{again}");
    assert_eq!((again.code, signed(&team.bo)), (0, before));
    let narrower = team.bo.run(&format!("approve {id} -y --for 10m"), &[]).await;
    assert!(narrower.code == 5 && narrower.stderr.contains("cannot narrow it any more"), "{narrower}");
    assert_eq!(team.bo.run("approve", &["y"]).await.code, 1, "nothing waits");
    team.stop().await;
}

/// `-y` requires the whole id. A role means its only request. Of several, the person picks one.
#[tokio::test]
async fn which_request_is_meant() {
    let mut team = scoped().await;
    let none = team.bo.run("approve", &["y"]).await;
    assert!(none.stderr.contains("nothing waits for your review"), "{none}");
    let first = ask(&team, "").await;
    for line in ["approve -y", "approve orders-admin -y", "deny -y --reason no", "revoke -y --reason no"] {
        let refused = team.bo.run(line, &[]).await;
        assert!(refused.code == 2 && refused.stderr.contains("needs the whole id"), "{line}: {refused}");
        assert!(refused.stderr.contains(&first), "{line}: {refused}");
    }
    // Without a terminal nobody has looked, so the flag is required.
    for line in ["approve".to_owned(), format!("approve {first}"), "approve orders-admin".to_owned()] {
        let refused = team.bo.run(&line, &[]).await;
        assert!(
            refused.code == 2 && refused.stderr.contains(&format!("jit approve {first} -y")),
            "{line}: {refused}"
        );
    }
    // The beginning of an id is accepted for reading only.
    for typed in [first[..4].to_owned(), first[..4].to_ascii_lowercase()] {
        let refused = team.bo.run(&format!("approve {typed}"), &["y"]).await;
        assert!(refused.code == 2 && refused.stderr.contains("the whole id"), "{refused}");
    }
    let second = ask(&team, " --scope notes-read").await;
    for line in ["approve", "approve orders-admin", "deny --reason no"] {
        let refused = team.bo.run(line, &[]).await;
        assert!(refused.code == 2 && refused.stderr.contains("more than one request"), "{line}: {refused}");
        assert!(refused.stderr.contains(&first) && refused.stderr.contains(&second), "{line}: {refused}");
    }
    let picked = team.bo.run("deny", &[&first, "not today", "y"]).await;
    assert!(picked.stdout.starts_with(&format!("denied {first}")), "{picked}");
    assert!(picked.stderr.contains("? Which request?"), "{picked}");
    // One is left: the role alone means it.
    let approved = team.bo.run("approve orders-admin", &["y"]).await;
    assert!(approved.stdout.starts_with(&format!("approved {second}")), "{approved}");
    let revoked = team.bo.run("revoke orders-admin", &["laptop lost", "y"]).await;
    assert!(
        revoked.code == 0 && revoked.stdout.starts_with("orders-admin/notes-read of ana is revoked"),
        "{revoked}"
    );
    team.stop().await;
}

/// Without an argument the other commands ask too, and say what is missing if they cannot ask.
#[tokio::test]
async fn one_s_own_request_is_picked() {
    let mut team = scoped().await;
    for command in ["end", "wait", "show"] {
        let refused = team.ana.run(command, &["y"]).await;
        assert!(
            refused.code == 2 && refused.stderr.contains("none of yours is open"),
            "{command}: {refused}"
        );
    }
    let first = ask(&team, "").await;
    // Reading and waiting take the only one. Ending requires that the person picks it.
    assert!(team.ana.run("show", &[]).await.stdout.starts_with(&first));
    let refused = team.ana.run("end", &[]).await;
    assert!(refused.code == 2 && refused.stderr.contains("jit end ROLE"), "{refused}");
    let second = ask(&team, " --scope notes-read").await;
    assert!(team.ana.run("show", &[&second]).await.stdout.starts_with(&second));
    let refused = team.ana.run("wait", &[]).await;
    assert!(refused.code == 2 && refused.stderr.contains(&second), "{refused}");
    let ended = team.ana.run("end", &[&second]).await;
    assert!(ended.stdout.contains(&second) && ended.stdout.contains("cancelled"), "{ended}");
    for line in ["deny", "revoke"] {
        let refused = team.bo.run(&format!("{line} {first}"), &[]).await;
        assert!(refused.code == 2 && refused.stderr.contains("--reason TEXT"), "{line}: {refused}");
    }
    team.stop().await;
}

/// The beginning of an id finds a person's own requests and those that they may review, in any state.
#[tokio::test]
async fn the_beginning_of_an_id_is_enough_to_read() {
    let mut team = Team::new().await;
    let id = ask(&team, "").await;
    for person in [&team.ana, &team.bo] {
        for typed in [&id[..4], &id[..6]] {
            let shown = person.run(&format!("show {typed}"), &[]).await;
            assert!(shown.code == 0 && shown.stdout.starts_with(&id), "{shown}");
        }
    }
    assert_eq!(team.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    assert!(team.bo.run(&format!("show {}", &id[..4]), &[]).await.stdout.starts_with(&id));
    assert_eq!(team.ana.run(&format!("wait {}", &id[..4]), &[]).await.code, 0);
    for typed in ["admin", "deploy", "zz"] {
        let shown = team.ana.run(&format!("show {typed}"), &[]).await;
        assert!(shown.code == 2 && !shown.stderr.contains("auditors"), "{shown}");
    }
    team.stop().await;
}

/// A mistyped role name is reported, with what may have been meant.
#[tokio::test]
async fn a_slip_in_a_role_is_understood() {
    let mut team = Team::new().await;
    for line in [
        "request orders-amdin --reason x -y",
        "exec orders-amdin -- true",
        "break-glass orders-amdin --reason x -y",
        "console orders-amdin",
        "env orders-amdin",
        "shell orders-amdin",
        "credentials orders-amdin --format aws",
        "end orders-amdin",
        "extend orders-amdin",
        "wait orders-amdin",
        "show orders-amdin",
        "request admin --reason x -y",
        "approve orders-amdin",
    ] {
        let refused = team.ana.run(line, &[]).await;
        assert_ne!(refused.code, 0, "{line}: {refused}");
        assert!(refused.stderr.contains("did you mean orders-admin?"), "{line}: {refused}");
        assert!(refused.stderr.contains("amdin") || line.contains("request admin"), "{line}: {refused}");
    }
    // A role for other people looks like a missing one.
    let other = team.bo.run("request orders-admin --reason x -y", &[]).await;
    assert!(other.stderr.contains("is not among the roles that you may ask for"), "{other}");
    team.stop().await;
}

/// The policy's hint is a rule and not a reason. A bad answer is asked for again.
#[tokio::test]
async fn a_reason_is_asked_for_until_it_will_do() {
    let stage = Stage::ready().await;
    let refused = stage.ana.run("request prod-admin -y --no-wait", &[]).await;
    assert!(refused.stderr.contains("cause: the policy says: start with a ticket, e.g. INC-42"), "{refused}");
    assert!(refused.stderr.contains("hint: say why: --reason TEXT"), "{refused}");
    let asked = stage
        .ana
        .run("request prod-admin -y --no-wait", &["", "no ticket", "a\u{202e}b", "INC-42 \u{ad}fail\tover "])
        .await;
    assert_eq!(asked.code, 0, "{asked}");
    assert!(asked.stderr.contains("prod-admin needs another reason: the policy says: start with"), "{asked}");
    assert!(asked.stderr.contains("  reason  | INC-42 fail over\n"), "{asked}");
    // A bad name ends nothing either.
    let folder = tempfile::tempdir().unwrap();
    let init = format!("policy init {}", folder.path().join("access").display());
    let begun = stage.ana.run(&init, &["Ana Pires", "ana"]).await;
    assert_eq!(begun.code, 0, "{begun}");
}

/// Output that people have read is not printed again, and the same one-liner waits no longer.
#[tokio::test]
async fn the_bare_id_is_for_programs() {
    let stage = Stage::ready().await;
    stage.ana.world.console.columns.store(100, Ordering::Relaxed);
    let asked = stage.ana.run("request prod-admin --no-wait", &["INC-42 x", "y"]).await;
    assert_eq!((asked.code, asked.stdout.as_str()), (0, ""), "{asked}");
    assert!(
        asked.stderr.contains("next time: jit request prod-admin --for 1h --reason 'INC-42 x' --no-wait"),
        "{asked}"
    );
}

/// The bell rings when the awaited request is decided, unless the settings turn it off. The command line has the last
/// word.
#[tokio::test]
async fn the_bell_rings_once_for_a_decision() {
    let off = "bell = false\n";
    for (settings, flag, rings) in [("", "", 1), (off, "", 0), (off, " --bell", 1), ("", " --bell", 1)] {
        let stage = Stage::ready().await;
        let config = stage.ana.world.system.files.config.join("config.toml");
        stage.ana.write(&config, settings);
        assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
        assert_eq!(stage.ana.world.console.bells.load(Ordering::Relaxed), 0);
        let wait = format!("wait prod-admin{flag}");
        let (waited, _) = tokio::join!(stage.ana.run(&wait, &[]), async {
            tokio::task::yield_now().await;
            stage.bo.approve("").await
        });
        assert_eq!(waited.code, 0, "{waited}");
        let console = &stage.ana.world.console;
        assert_eq!(console.bells.load(Ordering::Relaxed), rings, "{settings:?}{flag}");
        let notices = console.rung.lock().unwrap().clone();
        assert_eq!(notices, vec!["prod-admin is approved"; rings], "{settings:?}{flag}");
    }
}

/// Wherever others' texts are shown, each of their lines has our mark.
#[tokio::test]
async fn words_of_others_draw_no_lines_of_ours() {
    let mut team = Team::new().await;
    let fill = "x ".repeat(60);
    let reason = format!("{fill}  approval  none; cy agrees  {fill}");
    let words = ["request", "orders-admin", "--reason", &reason, "-y", "--no-wait"];
    let asked = team.ana.run_words(&words, &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let id = asked.stdout.trim().to_owned();
    let comment = format!("{fill}  closed    nothing of this happened");
    // In a narrow window no line is too long, not even ours.
    team.bo.world.console.columns.store(50, Ordering::Relaxed);
    let approved = team.bo.run_words(&["approve", &id, "-y", "--comment", &comment], &[]).await;
    for line in approved.stderr.lines() {
        assert!(line.chars().count() < 50, "{line:?}");
    }
    let shown = team.ana.run(&format!("show {id}"), &[]).await;
    for text in [&asked.stderr, &approved.stderr, &shown.stdout] {
        let marked = text.lines().filter(|line| line.contains("x x")).collect::<Vec<_>>();
        assert!(marked.len() > 2, "{text}");
        for line in text.lines().filter(|line| line.contains("x x") || line.contains("cy agrees")) {
            assert!(line.starts_with("  reason  | ") || line.starts_with("          | "), "{line:?}");
            assert!(line.chars().count() < 80, "{line:?}");
        }
    }
    team.stop().await;
}

/// An approval is not given twice, and the missing reviews are shown.
#[tokio::test]
async fn a_yes_is_given_once() {
    let role = "requesters = [\"group:dev\"]\napproval = \"2 of group:sre\"\nreason = \"optional\"\n[sandbox]\n\
                role_arn = \"arn:aws:iam::000000000042:role/twice\"\nendpoint_url = \"http://127.0.0.1:9000\"\n";
    let mut team = Team::with("", &[("roles/twice.toml", role)]).await;
    let asked = team.ana.run("request twice -y --no-wait", &[]).await;
    let id = asked.stdout.trim().to_owned();
    let first = team.bo.run(&format!("approve {id} -y"), &[]).await;
    assert!(first.code == 0 && first.stdout.contains("; still missing "), "{first}");
    let before = signed(&team.bo);
    let again = team.bo.run(&format!("approve {id} -y"), &[]).await;
    assert!(
        again.stdout.starts_with(&format!("{id}: you approved it just now: nothing to do; it waits for ")),
        "{again}"
    );
    assert_eq!((again.code, signed(&team.bo)), (0, before));
    // Less than before is another review.
    let less = team.bo.run(&format!("approve {id} -y --for 10m"), &[]).await;
    assert!(less.code == 0 && less.stderr.contains("  so far    bo approved just now\n"), "{less}");
    assert_eq!(signed(&team.bo), before + 1);
    team.stop().await;
}
