//! Which grant a role's name means, and that an ended grant appears nowhere.

use jit::deliver::endpoint::LeaseSource;
use jit::flow::Client;
use jit::flow::using::exec;
use jit::flow::using::renewal::Renewal;
use jit::grant::Credentials;
use jit::grant::State;
use jit::grant::cloud::aws::AwsCredentials;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::protocol::ClosingView;
use jit::sandbox::read_note;
use jit::sandbox::write_note;
use jit::state::index;

use crate::cli::fake_broker::BROKER as FAKE_BROKER;
use crate::cli::real::ASK;
use crate::cli::real::BROKER;
use crate::cli::real::Team;
use crate::cli::stage::Person;
use crate::cli::stage::Stage;

const READ: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{ "Effect": "Allow", "Action": "sandbox:Read*", "Resource": "*" }]
}"#;
const SMALL: &str =
    "[scopes.small]\napproval = \"none\"\npolicy = \"small.json\"\n[scopes.asked]\npolicy = \"small.json\"\n";
const ASK_SMALL: [&str; 7] = ["request", "orders-admin", "--scope", "small", "--reason", "look", "-y"];

async fn team() -> Team {
    Team::with(SMALL, &[("roles/small.json", READ)]).await
}

/// Ana at another machine: the same key in the agent, and nothing else in common.
async fn second_machine(team: &Team) -> Person {
    let machine = Person::new(33, &team.clock, &team.http);
    machine.world.agent.add(TestSigner::ed25519(1).key().clone());
    let key = TestSigner::ed25519(1).fingerprint().to_owned();
    let login = machine.run(&format!("login {BROKER} --as ana --key {key}"), &[]).await;
    assert_eq!(login.code, 0, "{login}");
    machine
}

/// The whole role, requested at this machine, approved and active. Returns its id.
async fn whole(team: &Team) -> String {
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let id = asked.stdout.trim().to_owned();
    assert_eq!(team.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    let waited = team.ana.run("wait orders-admin", &[]).await;
    assert_eq!(waited.code, 0, "{waited}");
    id
}

/// The scope that needs no review. Returns its id.
async fn small(person: &Person) -> String {
    let asked = person.run_words(&[&ASK_SMALL[..], &["--json"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let view: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    assert_eq!((&view["state"], &view["scope"]["name"]), (&"active".into(), &"small".into()), "{asked}");
    view["id"].as_str().unwrap().to_owned()
}

/// Whether the last command that this person ran may read and write in the cloud.
async fn may(person: &Person) -> (bool, bool) {
    let environment = person.world.processes.started.lock().unwrap().last().unwrap().environment.clone();
    let of = |name: &str| environment.get(name).unwrap().to_owned();
    let credentials = Credentials::Aws(AwsCredentials {
        access_key_id: of("AWS_ACCESS_KEY_ID"),
        secret_access_key: of("AWS_SECRET_ACCESS_KEY").as_str().into(),
        session_token: of("AWS_SESSION_TOKEN").as_str().into(),
        account: of("AWS_ACCOUNT_ID"),
        session_arn: None,
        region: of("AWS_REGION"),
        endpoint_url: environment.get("AWS_ENDPOINT_URL_STS").map(str::to_owned),
    });
    let system = &person.world.system;
    (read_note(&credentials, system).await.is_ok(), write_note(&credentials, system).await.is_ok())
}

/// The access key of the last command.
fn last_key(person: &Person) -> String {
    let started = person.world.processes.started.lock().unwrap();
    started.last().unwrap().environment.get("AWS_ACCESS_KEY_ID").unwrap().to_owned()
}

/// Every use of credentials at this machine uses the scope, and nothing of the whole role is left.
async fn only_the_piece_is_left(team: &Team, dead: &str) {
    let ana = &team.ana;
    let exec = ana.run("exec --env orders-admin -- aws s3 ls", &[]).await;
    assert_eq!(exec.code, 0, "{exec}");
    assert_eq!(may(ana).await, (true, false), "the credentials are the piece's");
    let key = last_key(ana);
    assert_eq!(ana.run("shell --env orders-admin", &[]).await.code, 0);
    assert_eq!(last_key(ana), key);
    let env = ana.run("env orders-admin", &[]).await;
    assert!(env.code == 0 && env.stdout.contains(&key), "{}", env.stderr);
    let program = ana.run("credentials orders-admin --format aws", &[]).await;
    assert!(program.code == 0 && program.stdout.contains(&key), "{}", program.stderr);
    let prompt = ana.run("prompt", &[]).await.stdout;
    assert_eq!(prompt.matches("orders-admin").count(), 1, "{prompt}");
    let status = ana.run("status", &[]).await.stdout;
    assert!(status.lines().count() == 2 && !status.contains(dead), "a header and the piece: {status}");
    let items = ana.world.keychain.items();
    assert!(!items.iter().any(|item| item.contains(dead)), "{items:?}");
}

/// A grant of the whole role is ended at another machine. Here the commands then use the grant of one scope.
#[tokio::test]
async fn a_grant_that_was_ended_at_another_machine_is_not_used_again() {
    let mut team = team().await;
    let dead = whole(&team).await;
    assert_eq!(team.ana.run("exec --env orders-admin -- true", &[]).await.code, 0);
    assert_eq!(may(&team.ana).await, (true, true));
    let elsewhere = second_machine(&team).await;
    assert_eq!(elsewhere.run("end orders-admin", &[]).await.code, 0);
    small(&team.ana).await;
    only_the_piece_is_left(&team, &dead).await;
    team.stop().await;
}

/// The same after a reviewer revoked it.
#[tokio::test]
async fn a_grant_that_a_reviewer_revoked_is_not_used_again() {
    let mut team = team().await;
    let dead = whole(&team).await;
    assert_eq!(team.bo.run(&format!("revoke {dead} --reason over -y"), &[]).await.code, 0);
    small(&team.ana).await;
    only_the_piece_is_left(&team, &dead).await;
    team.stop().await;
}

/// `--serve` continues with the live grant, and one that was started with the ended grant says what is available.
#[tokio::test]
async fn what_is_served_is_the_live_grant() {
    let mut team = team().await;
    whole(&team).await;
    let system = team.ana.world.system.clone();
    let role = "orders-admin".parse().unwrap();
    let client = Client::open(&system).unwrap();
    let before = Renewal::of(&client, &exec::access(&client, &role, false).await.unwrap()).unwrap();
    assert_eq!(second_machine(&team).await.run("end orders-admin", &[]).await.code, 0);
    let id = small(&team.ana).await;
    let client = Client::open(&system).unwrap();
    let access = exec::access(&client, &role, false).await.unwrap();
    assert_eq!(access.request.as_ref().unwrap().as_str(), id);
    let now = Renewal::of(&client, &access).unwrap();
    assert_eq!(before.until(), None, "the dead grant has no end to wait for");
    team.clock.advance(std::time::Duration::from_secs(20 * 60));
    assert!(now.renew().await.unwrap().expires > access.lease.expires);
    let told = before.renew().await.unwrap_err().to_string();
    assert!(
        told.contains("is ended") && told.contains(&format!("request {id} for orders-admin is active")),
        "{told}"
    );
    team.stop().await;
}

/// Of two live grants, every command uses the newest that can be opened here.
#[tokio::test]
async fn a_role_means_the_same_grant_to_every_command() {
    let mut team = team().await;
    let first = whole(&team).await;
    let elsewhere = second_machine(&team).await;
    let foreign = small(&elsewhere).await;
    let status = team.ana.run("status", &[]).await.stdout;
    assert!(status.contains(&first) && status.contains(&foreign), "{status}");
    // The newest was requested elsewhere, so here the older one is used.
    assert_eq!(team.ana.run("exec --env orders-admin -- true", &[]).await.code, 0);
    assert_eq!(may(&team.ana).await, (true, true));
    assert!(
        team.ana
            .run("credentials orders-admin --format aws", &[])
            .await
            .stdout
            .contains(&last_key(&team.ana))
    );
    assert_eq!(team.ana.run("prompt", &[]).await.stdout.matches("orders-admin").count(), 1);
    let more = team.ana.run("extend orders-admin --for 30m --reason more -y --no-wait --json", &[]).await;
    assert!(more.code == 0 && more.stdout.contains(&format!("\"extends\": \"{first}\"")), "{more}");
    let ended = team.ana.run("end orders-admin", &[]).await;
    assert!(ended.stdout.contains(&first), "{ended}");
    assert!(
        ended.stderr.contains(&format!("note: other access to orders-admin goes on, by request {foreign}")),
        "{ended}"
    );
    // The other machine still uses the scope.
    assert_eq!(elsewhere.run("exec --env orders-admin -- true", &[]).await.code, 0);
    assert_eq!(may(&elsewhere).await, (true, false));
    let ended = elsewhere.run("end orders-admin", &[]).await;
    assert!(ended.stdout.contains(&foreign), "{ended}");
    team.stop().await;
}

/// A denied extension no longer shows as pending, by whichever command the denial becomes known.
#[tokio::test]
async fn a_denied_extension_is_gone_from_the_prompt() {
    let mut team = team().await;
    whole(&team).await;
    let more = team.ana.run("extend orders-admin --for 30m --reason more -y --no-wait", &[]).await;
    let id = more.stdout.trim().to_owned();
    let hook = || async { team.ana.run("prompt --hook", &[]).await.stdout };
    assert!(hook().await.contains("1 pending"));
    assert_eq!(team.bo.run(&format!("deny {id} --reason no -y"), &[]).await.code, 0);
    assert_eq!(team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await.code, 0);
    assert!(!hook().await.contains("pending"), "{}", hook().await);
    team.stop().await;
}

/// A grant that a policy change ended, as learned from another request.
#[tokio::test]
async fn a_grant_that_the_policy_ended_is_forgotten() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    let dead = stage.newest();
    let at = "2026-11-23T10:00:00Z".parse().unwrap();
    stage.broker.change(&dead, |view| {
        view.state = State::Revoked;
        view.closing = Some(ClosingView { at, by: None, why: "the role opens something else".to_owned() });
    });
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
    let exec = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert!(exec.code == 125 && exec.stderr.contains("stage-admin was revoked"), "{exec}");
    assert!(stage.ana.world.processes.started.lock().unwrap().is_empty());
    let items = stage.ana.world.keychain.items();
    assert!(!items.iter().any(|item| item.contains(&dead)), "{items:?}");
    assert_eq!(stage.ana.run("prompt", &[]).await.stdout, "");
    let program = stage.ana.run("credentials stage-admin --format aws", &[]).await;
    assert_eq!(program.code, 5, "{program}");
}

/// The result of a renewal is stored.
#[tokio::test]
async fn a_renewal_of_what_is_over_tells_what_became_of_it() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    let dead = stage.newest();
    stage.broker.change(&dead, |view| view.state = State::Revoked);
    let id: jit::grant::RequestId = dead.parse().unwrap();
    let item = jit::keychain::Item::Lease(id).to_string();
    jit::system::Keychain::delete(stage.ana.world.keychain.as_ref(), &item).unwrap();
    let program = stage.ana.run("credentials stage-admin --format aws", &[]).await;
    assert!(program.code == 5 && program.stderr.contains("is revoked"), "{program}");
    assert!(index::read(&stage.ana.world.system.files).entries.is_empty());
}

/// A request missing from a list is read by its id, and not assumed to have ended.
#[tokio::test]
async fn a_live_grant_that_fell_off_the_listing_stays() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    stage.broker.state.lock().unwrap().unlisted = true;
    let status = stage.ana.run("status", &[]).await;
    assert!(status.stdout.contains("stage-admin  active"), "{status}");
    assert_eq!(stage.ana.run("exec stage-admin -- true", &[]).await.code, 0);
    assert_eq!(stage.ana.run("end stage-admin", &[]).await.code, 0);
    assert_eq!(stage.ana.run("status", &[]).await.stdout, "");
}

/// A person who logs in at another person's machine does not find that person's access there.
#[tokio::test]
async fn another_person_at_the_same_machine_gets_nothing_of_the_first() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    let dead = stage.newest();
    stage.ana.world.agent.add(TestSigner::ed25519(2).key().clone());
    let key = TestSigner::ed25519(2).fingerprint().to_owned();
    let login = stage.ana.run(&format!("login {FAKE_BROKER} --as bo --key {key}"), &[]).await;
    assert_eq!(login.code, 0, "{login}");
    assert_eq!(stage.ana.run("prompt", &[]).await.stdout, "");
    let items = stage.ana.world.keychain.items();
    assert!(!items.iter().any(|item| item.contains(&dead)), "{items:?}");
    let exec = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_eq!(exec.code, 125, "{exec}");
    assert!(stage.ana.world.processes.started.lock().unwrap().is_empty());
    assert_eq!(stage.ana.run("credentials stage-admin --format aws", &[]).await.code, 5);
}

/// An index of an older version, without a person's name, is checked with the authority first.
#[tokio::test]
async fn an_entry_without_a_name_is_asked_about() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    let files = &stage.ana.world.system.files;
    index::update(files, |entries| entries.iter_mut().for_each(|entry| entry.who = None)).unwrap();
    let before = stage.http.sent().len();
    assert_eq!(stage.ana.run("credentials stage-admin --format aws", &[]).await.code, 0);
    assert!(stage.http.sent().len() > before);
    assert_eq!(index::read(files).entries[0].who, Some("ana".parse().unwrap()));
    index::update(files, |entries| entries.iter_mut().for_each(|entry| entry.who = None)).unwrap();
    stage.broker.change(&stage.newest(), |view| view.state = State::Ended);
    let exec = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_eq!(exec.code, 125, "{exec}");
}

/// The note says how the last grant ended, and what an older denial was for.
#[tokio::test]
async fn the_note_is_about_what_ended_last() {
    let mut team = team().await;
    let first = whole(&team).await;
    let words = ["request", "orders-admin", "--scope", "asked", "--reason", "look", "-y", "--no-wait"];
    let asked = team.ana.run_words(&words, &[]).await;
    let id = asked.stdout.trim().to_owned();
    assert_eq!(team.bo.run(&format!("deny {id} --reason no -y"), &[]).await.code, 0);
    team.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(team.bo.run(&format!("revoke {first} --reason over -y"), &[]).await.code, 0);
    // The grant is no longer in the index, and the person declines to ask.
    team.ana.run("status", &[]).await;
    let exec = team.ana.run("exec orders-admin -- true", &["INC-1", "n"]).await;
    assert!(exec.stderr.contains("note: orders-admin was revoked by bo"), "{exec}");
    assert!(!exec.stderr.contains("denied"), "{exec}");
    let shown = team.ana.run(&format!("wait {id}"), &[]).await;
    assert!(shown.stderr.contains("orders-admin/asked was denied by bo"), "{shown}");
    team.stop().await;
}

/// A role that was never requested is not reported as denied, and `env` says that it never asks.
#[tokio::test]
async fn what_was_never_asked_for_is_not_called_denied() {
    let stage = Stage::ready().await;
    insta::assert_snapshot!(stage.ana.run("exec prod-admin -- true", &[]).await, @"
    exit 125
    --- stdout
    --- stderr
    error: you have no access to prod-admin
      cause: you have not asked for it, and there is no terminal to ask on
      hint: ask for it: `jit request prod-admin`
    state=none
    ");
    insta::assert_snapshot!(stage.ana.run("env prod-admin", &["an answer, so there is a terminal"]).await, @"
    exit 5
    --- stdout
    --- stderr
    error: you have no access to prod-admin
      cause: you have not asked for it, and this command never asks
      hint: ask for it: `jit request prod-admin`
    ");
}

/// In a shell with access, Enter takes that access.
#[tokio::test]
async fn the_picker_offers_the_shells_own_access_first() {
    let mut stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin --for 2h -y", &[]).await.code, 0);
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "--for", "1h", "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
    let id = stage.newest();
    assert_eq!(stage.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    assert_eq!(stage.ana.run("wait prod-admin", &[]).await.code, 0);
    // The empty answer is a prefix of every choice: the first is taken, as with Enter.
    let first = stage.ana.run("exec -- true", &[""]).await;
    assert!(first.stderr.contains("jit: prod-admin"), "{first}");
    stage.ana.world.system.environment.set("JIT_GRANT", "stage-admin");
    let own = stage.ana.run("exec -- true", &[""]).await;
    assert!(own.stderr.contains("jit: stage-admin"), "{own}");
}

#[tokio::test]
async fn forgotten_dashes_are_named() {
    let stage = Stage::new();
    for (line, hint) in [
        ("exec prod-admin aws s3 ls", "`jit exec prod-admin -- aws s3 ls`"),
        (
            "exec prod-admin terraform apply -auto-approve",
            "`jit exec prod-admin -- terraform apply -auto-approve`",
        ),
        ("exec --needs 3h prod-admin ./Migrate.sh", "`jit exec --needs 3h prod-admin -- ./Migrate.sh`"),
        ("exec prod-admin", "`jit exec prod-admin -- COMMAND`"),
    ] {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 125, "{shot}");
        assert!(
            shot.stderr.contains(&format!("hint: did you forget `--` before the command? {hint}")),
            "{shot}"
        );
    }
    let spaced = stage.ana.run_words(&["exec", "prod", "sh", "-c", "echo \u{1b}[2J 'x'"], &[]).await;
    assert!(spaced.stderr.contains("prod -- sh -c ") && !spaced.stderr.contains('\u{1b}'), "{spaced}");
    let other = stage.ana.run("exec prod-admin --needs never -- true", &[]).await;
    assert!(!other.stderr.contains("did you forget"), "{other}");
}

/// One's own end is not reported as another person's reason.
#[tokio::test]
async fn an_end_of_ones_own_is_said_as_such() {
    let mut team = team().await;
    let id = whole(&team).await;
    assert_eq!(team.ana.run("end orders-admin", &[]).await.code, 0);
    let exec = team.ana.run("exec orders-admin -- true", &[]).await;
    assert!(exec.stderr.contains("  cause: ana ended it\n"), "{exec}");
    let shown = team.ana.run(&format!("show {id}"), &[]).await;
    assert!(!shown.stdout.contains("is done"), "{shown}");
    // The access ended when it was ended, not when it would have expired.
    let access = shown.stdout.lines().find(|line| line.starts_with("  access ")).unwrap();
    assert!(!access.contains("left"), "{shown}");
    team.stop().await;
}

/// A deliberately set region is not replaced silently.
#[tokio::test]
async fn a_region_that_is_not_passed_on_is_named() {
    let mut stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    let silent = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert!(!silent.stderr.contains("note:"), "{silent}");
    stage.ana.world.system.environment.set("AWS_REGION", "us-east-1");
    let note = "note: AWS_REGION=us-east-1 is not passed on: stage-admin is used in eu-west-1";
    for line in [
        "exec stage-admin -- true",
        "shell stage-admin",
        "exec --serve stage-admin -- true",
        "env stage-admin",
    ] {
        let shot = stage.ana.run(line, &[]).await;
        assert!(shot.code == 0 && shot.stderr.contains(note), "{line}: {shot}");
    }
    let started = stage.ana.world.processes.started.lock().unwrap().last().unwrap().clone();
    assert_eq!(started.environment.get("AWS_REGION"), Some("eu-west-1"));
}
