//! The workflows under an independent runner: `act` parses them, evaluates their expressions, and runs their steps on
//! this machine, where they fetch the built `jit`, which talks to GitHub's sites over sockets.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use jit::github::job_log;

use crate::github::company::Company;
use crate::peers::broker::JIT;
use crate::peers::peer::wait_for;
use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::tool;
use crate::support::github::access::Level;
use crate::support::github::access::Token;
use crate::support::github::access::TokenKind;
use crate::support::github::actions::contexts;
use crate::support::github::actions::issuer::TokenRequest;
use crate::support::github::actions::run::Run;
use crate::support::github::seed::permissions;
use crate::support::github::world::ACTIONS_BOT;

const ROLE: &str = "orders-admin";

/// A machine with act, and a checkout that act takes for the repository's.
struct Machine<'a> {
    company: &'a Company,
    folder: PathBuf,
}

impl<'a> Machine<'a> {
    fn new(company: &'a Company) -> Self {
        let folder = company.folder().join("act");
        std::fs::create_dir_all(folder.join("home")).unwrap();
        let bash = folder.join("bin/bash");
        std::fs::create_dir_all(bash.parent().unwrap()).unwrap();
        let told = folder.join("told").display().to_string();
        std::fs::write(&bash, format!("#!/bin/sh\nset -a\n. {told}\nexec /bin/bash \"$@\"\n")).unwrap();
        std::fs::set_permissions(&bash, std::fs::Permissions::from_mode(0o755)).unwrap();
        let machine = Self { company, folder };
        let checkout = machine.folder.join("checkout/.github/workflows");
        std::fs::create_dir_all(&checkout).unwrap();
        for name in ["jit.yml", "jit-check.yml"] {
            std::fs::copy(company.checkout.join(".github/workflows").join(name), checkout.join(name))
                .unwrap();
        }
        machine.git(&["init", "-q", "-b", "main", "."]);
        machine.git(&["add", "-A"]);
        machine.git(&["-c", "user.name=olga", "-c", "user.email=olga@example.com", "commit", "-qm", "Begin"]);
        machine
    }

    fn git(&self, words: &[&str]) {
        let mut command = Command::new("git");
        command.args(words).current_dir(self.folder.join("checkout")).env("HOME", self.folder.join("home"));
        run(&mut command, b"").ok();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(tool("act"));
        // A wrapper comes before the machine's own bash, with the variables that act does not know or sets differently.
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.folder.join("bin").display());
        command.env_clear().env("PATH", path).env("HOME", self.folder.join("home"));
        command.current_dir(self.folder.join("checkout"));
        command
    }

    /// Runs all jobs of a run that GitHub has queued.
    fn execute(&self, run_id: u64, secrets: &BTreeMap<&str, String>, job: &[(&str, String)]) -> Ended {
        let world = self.company.github().world();
        let queued = &world.runs[&run_id];
        let known = contexts::of_run(&world, queued)["github"].clone();
        let event = self.folder.join("event.json");
        std::fs::write(&event, contexts::event(&world, queued).to_string()).unwrap();
        let (name, file) = (queued.event, queued.path.clone());
        drop(world);
        let text = |name: &str| known[name].as_str().unwrap().to_owned();
        let mut command = self.command();
        command.args([name, "-W", &file, "-P", "ubuntu-latest=-self-hosted", "--actor", &text("actor")]);
        command.args(["--container-daemon-socket", "-", "--no-cache-server", "--eventpath"]).arg(&event);
        let told =
            ["repository", "repository_id", "ref", "ref_name", "sha", "run_id", "run_attempt", "actor_id"];
        let told = told.iter().chain(&["event_name", "workflow_ref", "api_url", "server_url"]);
        let told = told.map(|name| (format!("GITHUB_{}", name.to_uppercase()), text(name)));
        let more = job.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let lines = told.chain(more).map(|(name, value)| format!("{name}='{value}'\n"));
        std::fs::write(self.folder.join("told"), lines.collect::<String>()).unwrap();
        for (name, value) in secrets {
            command.args(["-s", name]).env(name, value);
        }
        run(&mut command, b"")
    }

    /// The token of a job with these permissions.
    fn token(&self, run: &Run, named: &[(&str, Level)]) -> String {
        let mut world = self.company.github().world();
        let kind = TokenKind::Job(run.id, run.repository, permissions(named));
        let text = world.next_secret("ghs_");
        world.tokens.insert(text.clone(), Token { account: ACTIONS_BOT, kind, expires_at: None });
        text
    }
}

fn company() -> (Company, crate::peers::site::SandboxCloud) {
    let mut company = Company::found();
    let (cloud, target) = company.sandbox(ROLE);
    company.set_up(&[(ROLE, &target)]);
    company.log_in();
    (company, cloud)
}

#[test]
fn act_runs_the_check_and_the_whole_way_from_a_dispatch_to_credentials() {
    let (company, _cloud) = company();
    let machine = Machine::new(&company);
    let validated = run(machine.command().args(["--validate", "--strict"]), b"");
    assert_eq!(validated.code, 0, "{validated:?}");

    // The check of a pull request: a comment that describes the request.
    let id = company.ana.ask(ROLE);
    let check = company.runs("jit-check.yml").remove(0);
    let named = [("contents", Level::Read), ("pull_requests", Level::Write)];
    let secrets = BTreeMap::from([("GITHUB_TOKEN", machine.token(&check, &named))]);
    let ended = machine.execute(check.id, &secrets, &[]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("jit: OK"), "{ended:?}");
    let world = company.github().world();
    let pull = &world.repository(company.repository).pulls[&check.pull.unwrap()];
    let comment = pull.comments.last().unwrap();
    assert_eq!(comment.author, ACTIONS_BOT);
    assert!(comment.body.contains(&id) && comment.body.contains("INC-42 orders"), "{}", comment.body);
    drop(world);

    // A dispatch: ana's command waits while act does the run's work.
    company.bo.approve(&id);
    let running = company.ana.start(&["exec", ROLE, "--env", "--", JIT, "whoami", "--cloud"]);
    wait_for("the run", || !company.runs("jit.yml").is_empty());
    minted_by_act(&machine);
    let ended = running.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains(&format!("assumed-role/{ROLE}/{id}-ana")), "{ended:?}");
}

/// Does GitHub's work around the jobs of a run: hands out tokens and secrets, and collects results.
fn minted_by_act(machine: &Machine<'_>) {
    let company = machine.company;
    let queued = company.runs("jit.yml").remove(0);
    let named = [("actions", Level::Read), ("contents", Level::Read), ("pull_requests", Level::Read)];
    let token = machine.token(&queued, &named);
    let mut secrets = company.log_secrets();
    secrets.insert("GITHUB_TOKEN", token);
    let mut world = company.github().world();
    let bearer = world.next_secret("eyJ");
    let begun = world.runs.get_mut(&queued.id).unwrap();
    begun.status = "in_progress";
    let mut mint = 0;
    for job in &mut begun.jobs {
        job.status = "in_progress";
        if job.key == "mint" {
            mint = job.id;
            job.environment = Some(format!("jit-role-{ROLE}"));
        }
    }
    world.token_requests.insert(bearer.clone(), TokenRequest { run: queued.id, job: mint });
    let url = format!("{}/{}/{mint}/idtoken?api-version=2.0", world.origins.issuer, queued.id);
    drop(world);
    let job = [("ACTIONS_ID_TOKEN_REQUEST_URL", url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", bearer)];
    let ended = machine.execute(queued.id, &secrets, &job);
    assert_eq!(ended.code, 0, "{ended:?}");
    for secret in secrets.values().chain([&job[1].1]) {
        assert!(!ended.stdout.contains(secret.as_str()) && !ended.stderr.contains(secret.as_str()));
    }
    // What act shows of the job: it pads the job's name.
    let said = |line: &str| {
        let rest = line.strip_prefix("[jit/mint")?;
        Some(format!("{}\n", rest.split_once("| ")?.1))
    };
    let log: String = ended.stdout.lines().filter_map(said).collect();
    assert!(job_log::read(log.as_bytes()).is_ok(), "{log}\n{}", ended.stdout);
    let mut world = company.github().world();
    let begun = world.runs.get_mut(&queued.id).unwrap();
    begun.jobs.iter_mut().find(|job| job.key == "mint").unwrap().log = log;
    world.finish(queued.id, "success");
}
