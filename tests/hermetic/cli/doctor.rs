//! `jit doctor`: what it finds, and that it tests the forbidden path only when allowed.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jit::flow::doctor::CheckResult;
use jit::flow::doctor::Finding;
use jit::flow::doctor::forbidden_path;
use jit::provider::ProviderError;
use jit::provider::aws::direct::BaseCredentials;
use jit::provider::aws::signing::Keys;
use jit::system::Clock;
use jit::system::console::ConsoleError;
use jit::system::fake::FakeClock;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Output;

use crate::cli::fake_broker::ACCOUNT;
use crate::cli::fake_broker::BROKER;
use crate::cli::fake_broker::CLOUD;
use crate::cli::fake_broker::answer;
use crate::cli::stage::Stage;

#[tokio::test]
async fn all_is_well_after_login() {
    let stage = Stage::ready().await;
    let shot = stage.ana.run("doctor", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    for part in [
        "settings",
        "broker",
        "clock",
        "keychain",
        "credentials",
        "login",
        "index",
        "prompt",
        "aws",
        "loopback",
    ] {
        assert!(
            shot.stdout.lines().any(|line| line.split_whitespace().nth(1) == Some(part)),
            "{part}: {shot}"
        );
    }
    assert!(shot.stdout.contains("note     forbidden path  not tried"), "{shot}");
    // The child that contacts this machine is this program.
    let started = stage.ana.world.processes.started.lock().unwrap().pop().unwrap();
    assert_eq!(started.arguments[..2], ["doctor", "--reach"]);
}

/// A broker that answers need not be able to grant.
#[tokio::test]
async fn a_broker_that_is_not_ready_says_why() {
    let stage = Stage::ready().await;
    let shot = stage.ana.run("doctor", &[]).await;
    assert!(shot.stdout.contains(&format!("{BROKER} answers and is ready")), "{shot}");
    let why = "the policy does not load since \u{1b}[2J12:00";
    stage.broker.state.lock().unwrap().unready = Some(why.to_owned());
    let (code, said, _) = found(&stage, "broker").await;
    assert_eq!(code, 1);
    assert!(
        said.contains("is not ready: the policy does not load since") && !said.contains('\u{1b}'),
        "{said}"
    );
}

/// The finding for a broken part.
async fn found(stage: &Stage, part: &str) -> (u8, String, bool) {
    let shot = stage.ana.run("doctor --json", &[]).await;
    let findings: Vec<serde_json::Value> = serde_json::from_str(&shot.stdout).unwrap();
    let problem = findings
        .iter()
        .find(|finding| finding["part"] == part && finding["verdict"] == "problem")
        .unwrap_or(&serde_json::Value::Null);
    assert!(problem.is_object(), "{part}: {shot}");
    (shot.code, problem["found"].as_str().unwrap().to_owned(), problem["mend"].is_string())
}

#[tokio::test]
async fn each_part_that_is_broken_is_found_and_can_be_mended() {
    let mut stage = Stage::ready().await;
    let files = stage.ana.world.system.files.clone();
    stage.ana.write(&jit::state::index::path(&files), "{");
    assert_eq!(found(&stage, "index").await.0, 1);
    stage.ana.write(
        &files.home.join(".aws/credentials"),
        "[default]\naws_access_key_id=AKIA1\naws_secret_access_key=canary\n",
    );
    let (_, said, mended) = found(&stage, "aws").await;
    assert!(said.contains("[default] holds standing keys") && !said.contains("canary") && mended, "{said}");
    std::fs::remove_file(files.home.join(".aws/credentials")).unwrap();
    stage.ana.world.system.environment.set("AWS_ENDPOINT_URL_S3", "http://evil.example");
    assert!(found(&stage, "aws").await.1.contains("AWS_ENDPOINT_URL_S3"));
    let refused = Output { code: 1, stdout: Vec::new(), stderr: Vec::new() };
    stage.ana.world.processes.outputs.lock().unwrap().push_back(refused);
    assert!(found(&stage, "loopback").await.1.contains("does not reach"));
    stage.http.unroute(BROKER);
    assert!(found(&stage, "broker").await.1.contains("does not answer"));
    found(&stage, "login").await;
    stage.ana.write(&files.config.join("config.toml"), "colour = 1\n");
    assert!(found(&stage, "settings").await.1.contains("unknown field"));
}

/// The findings of one part, as `VERDICT FOUND`.
async fn of_part(stage: &Stage, part: &str) -> Vec<String> {
    let shot = stage.ana.run("doctor --json", &["n"]).await;
    assert!(!shot.stderr.contains('?'), "nothing is asked: {shot}");
    let findings: Vec<serde_json::Value> = serde_json::from_str(&shot.stdout).unwrap();
    let own = findings.iter().filter(|finding| finding["part"] == part);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    own.map(|finding| {
        format!("{} {} | {}", text(&finding["verdict"]), text(&finding["found"]), text(&finding["mend"]))
    })
    .collect()
}

/// Missing settings are not "loaded", a company's certificates are no problem, and the STS that a surrounding
/// `jit exec` set is its own.
#[tokio::test]
async fn what_is_in_order_is_not_called_a_problem() {
    let mut stage = Stage::new();
    stage.http.unroute(CLOUD);
    let settings = of_part(&stage, "settings").await;
    assert!(settings[0].contains("there is no ") && settings[0].contains("0 direct roles"), "{settings:?}");
    let role = "[roles.dev]\napproval = \"none\"\n[roles.dev.aws]\nrole_arn = \"arn:aws:iam::111122223333:role/x\"\nregion = \"eu-west-1\"\n";
    stage.ana.write(&stage.ana.world.system.files.config.join("config.toml"), role);
    let settings = of_part(&stage, "settings").await;
    assert!(settings[0].contains("config.toml loads; 1 direct role |"), "{settings:?}");
    let environment = &mut stage.ana.world.system.environment;
    environment.set("AWS_CA_BUNDLE", "/etc/ssl/company.pem");
    environment.set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    environment.set("JIT_GRANT", "dev");
    assert_eq!(of_part(&stage, "aws").await, ["ok no AWS setting overrides jit's credentials | "]);
    stage.ana.world.system.environment.remove("JIT_GRANT");
    let aws = of_part(&stage, "aws").await;
    assert!(aws.len() == 1 && aws[0].contains("AWS_ENDPOINT_URL_STS is set"), "{aws:?}");
}

/// Records the output so far when the question comes.
struct Watched {
    console: Arc<jit::system::fake::FakeConsole>,
    before: Mutex<Option<String>>,
}

impl jit::system::Console for Watched {
    fn print(&self, text: &str) -> std::io::Result<()> {
        self.console.print(text)
    }

    fn line(&self, line: &str) {
        self.console.line(line);
    }

    fn progress(&self, line: &str) {
        self.console.progress(line);
    }

    fn settle(&self) {}

    fn is_interactive(&self) -> bool {
        true
    }

    fn is_inherited(&self) -> bool {
        self.console.is_inherited()
    }

    fn colours_output(&self) -> bool {
        false
    }

    fn colours_messages(&self) -> bool {
        false
    }

    fn confirm(&self, question: &str, _default: bool) -> Result<bool, ConsoleError> {
        self.console.say(question);
        *self.before.lock().unwrap() = Some(self.console.printed());
        Ok(false)
    }

    fn ask(&self, _question: &str, _offered: &[String]) -> Result<String, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }

    fn ask_secret(&self, _question: &str) -> Result<jit::secret::Secret<String>, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }

    fn choose(&self, _question: &str, _choices: &[String]) -> Result<usize, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }
}

/// The question comes after the results, and with `--json` not at all.
#[tokio::test]
async fn the_question_comes_after_the_results() {
    let stage = Stage::ready().await;
    let console = Arc::clone(&stage.ana.world.console);
    let watched = Arc::new(Watched { console, before: Mutex::default() });
    let mut system = stage.ana.world.system.clone();
    system.console = Arc::clone(&watched) as Arc<dyn jit::system::Console>;
    let run = async |words: &[&str]| {
        jit::cli::run_async(words.iter().map(std::ffi::OsString::from).collect(), &system).await
    };
    assert_eq!(run(&["doctor", "--json"]).await, 0);
    assert_eq!(*watched.before.lock().unwrap(), None, "nothing is asked");
    watched.console.output.lock().unwrap().clear();
    assert_eq!(run(&["doctor"]).await, 0);
    let before = watched.before.lock().unwrap().clone().unwrap();
    assert!(before.contains("loopback") && before.contains("settings"), "{before}");
    assert!(watched.console.printed().ends_with("it leaves an entry in CloudTrail\n"));
}

/// The path in the profiles of `jit setup aws` and in a start file survives an upgrade, and doctor says where it does
/// not.
#[cfg(unix)]
#[tokio::test]
async fn a_path_of_jit_that_an_upgrade_takes_away_is_found() {
    use std::os::unix::fs::symlink;
    let mut stage = Stage::ready().await;
    let root = std::fs::canonicalize(&stage.ana.world.system.files.working).unwrap();
    let (old, new, link) =
        (root.join("Cellar/jit/1/bin/jit"), root.join("Cellar/jit/2/bin/jit"), root.join("bin/jit"));
    for path in [&old, &new] {
        stage.ana.write(path, "");
    }
    std::fs::create_dir_all(root.join("bin")).unwrap();
    symlink(&old, &link).unwrap();
    stage.ana.world.system.files.executable = old.clone();
    let environment = &mut stage.ana.world.system.environment;
    environment.set("PATH", root.join("bin").as_os_str());
    environment.set("SHELL", "/bin/bash");
    let config = stage.ana.world.system.files.home.join(".aws/config");
    assert_eq!(stage.ana.run("setup aws --write", &[]).await.code, 0);
    let written = std::fs::read_to_string(&config).unwrap();
    assert!(written.contains(&format!("credential_process = {} credentials", link.display())), "{written}");
    let hook = stage.ana.run("init bash", &[]).await;
    assert!(hook.stdout.contains(&link.display().to_string()) && !hook.stdout.contains("Cellar"), "{hook}");
    stage.ana.write(
        &stage.ana.world.system.files.home.join(".bashrc"),
        &format!("eval \"$({} init bash)\"\n", old.display()),
    );
    // The hook in the start file names the version, and the profiles do not.
    assert!(of_part(&stage, "prompt").await[0].contains("note the hook in ~/.bashrc starts"), "by version");
    assert_eq!(of_part(&stage, "aws").await.len(), 1, "{:?}", of_part(&stage, "aws").await);
    // The upgrade.
    std::fs::remove_file(&link).unwrap();
    symlink(&new, &link).unwrap();
    std::fs::remove_dir_all(root.join("Cellar/jit/1")).unwrap();
    stage.ana.world.system.files.executable = new.clone();
    assert_eq!(of_part(&stage, "aws").await, ["ok no AWS setting overrides jit's credentials | "]);
    let prompt = of_part(&stage, "prompt").await;
    assert!(prompt[0].contains("problem the hook") && prompt[0].contains("which is not there"), "{prompt:?}");
    // A file of an older `jit`, which wrote the resolved path.
    stage.ana.write(&config, &written.replace(&link.display().to_string(), &old.display().to_string()));
    let aws = of_part(&stage, "aws").await;
    assert!(
        aws[0].starts_with("problem ")
            && aws[0].contains("config:4: ")
            && aws[0].contains(" profiles ask ")
            && aws[0].contains("not there"),
        "{aws:?}"
    );
    assert!(aws[0].contains("`jit setup aws --write`"), "{aws:?}");
}

#[tokio::test]
async fn a_wrong_clock_is_found() {
    let stage = Stage::ready().await;
    let mut world = jit::system::fake::FakeWorld::new(
        &stage.ana.world.system.files.working,
        &FakeClock::at("2026-11-23T10:05:00Z").advancing(),
        &stage.http,
        1,
    );
    world.system.keychain = stage.ana.world.system.keychain.clone();
    let findings = jit::flow::doctor::examine(&world.system, false).await;
    let clock = findings.iter().find(|finding| finding.part == "clock").unwrap();
    assert_eq!(clock.verdict, CheckResult::Problem);
    assert!(clock.found.contains("differ by 300 seconds"), "{}", clock.found);
}

/// An STS that trusts the given callers.
struct Sts {
    clock: FakeClock,
    trusts: bool,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Host for Sts {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.asked.lock().unwrap().push(String::from_utf8(request.body).unwrap());
        let mut answer = if self.trusts {
            let body = format!(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>\
                 canary</SecretAccessKey><SessionToken>canary</SessionToken><Expiration>2026-11-23T10:15:00Z</Expiration>\
                 </Credentials><AssumedRoleUser><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/prod-admin/jit-doctor</Arn>\
                 </AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
            );
            answer(200, "text/xml", body)
        } else {
            let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized\
                        </Message></Error></ErrorResponse>";
            answer(403, "text/xml", body.to_owned())
        };
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.clock.now());
        answer.headers.push(("date".into(), date.unwrap()));
        Ok(answer)
    }
}

struct Own(bool);

#[async_trait]
impl BaseCredentials for Own {
    async fn keys(&self) -> Result<Keys, ProviderError> {
        if !self.0 {
            return Err(ProviderError { message: "none".to_owned(), hint: None, passing: false });
        }
        Ok(Keys { access_key_id: "AKIAOWN".to_owned(), secret_access_key: "own".into(), session_token: None })
    }
}

async fn tried(trusts: bool, has_identity: bool) -> (Finding, Vec<String>) {
    let stage = Stage::new();
    let sts = Arc::new(Sts { clock: stage.clock.clone(), trusts, asked: Mutex::default() });
    stage.http.route(CLOUD, Arc::clone(&sts) as Arc<dyn Host>);
    let target = format!("aws:arn:aws:iam::{ACCOUNT}:role/prod-admin?region=eu-west-1").parse().unwrap();
    let roles = [("prod-admin".parse().unwrap(), target)];
    let mut found = forbidden_path(&stage.ana.world.system, &roles, &Own(has_identity)).await;
    let asked = sts.asked.lock().unwrap().clone();
    (found.remove(0), asked)
}

#[tokio::test]
async fn the_forbidden_path_must_be_closed() {
    let (closed, asked) = tried(false, true).await;
    assert_eq!(closed.verdict, CheckResult::Ok, "{closed:?}");
    assert!(asked[0].contains("Action=AssumeRole&") && asked[0].contains("RoleSessionName=jit-doctor"));
    let (open, _) = tried(true, true).await;
    assert_eq!(open.verdict, CheckResult::Problem, "{open:?}");
    assert!(open.found.contains("can be assumed without jit") && !format!("{open:?}").contains("canary"));
    assert!(open.mend.unwrap().contains("jit setup aws-trust prod-admin"));
    let (nobody, asked) = tried(true, false).await;
    assert_eq!((nobody.verdict, asked.len()), (CheckResult::Ok, 0));
}

#[tokio::test]
async fn nothing_is_tried_after_a_no() {
    let stage = Stage::ready().await;
    let before = stage.http.sent().len();
    let shot = stage.ana.run("doctor", &["n"]).await;
    assert!(shot.stderr.contains("? Test whether your own AWS identity can assume"), "{shot}");
    assert!(shot.stdout.contains("forbidden path  not tried"), "{shot}");
    assert!(stage.http.sent()[before..].iter().all(|request| !request.url.starts_with(CLOUD)));
}
