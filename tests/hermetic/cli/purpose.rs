//! Access for exactly one command: what is signed and shown, the one thing that runs with it, and all that may not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use jit::state::index;

use crate::cli::real::Team;
use crate::cli::stage::Shot;

const APPLY: [&str; 3] = ["terraform", "apply", "plan.bin"];

/// A team; Ana stands in a folder with a plan, and her PATH has a program.
pub(super) struct Site {
    pub(super) team: Team,
}

impl Site {
    pub(super) async fn new() -> Self {
        let mut team = Team::new().await;
        let path = team.ana.world.system.files.working.join("bin");
        team.ana.world.system.environment.set("PATH", path.as_os_str());
        let site = Self { team };
        site.write_program("bin/terraform", "one");
        site.write("plan.bin", "plan");
        site
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.team.ana.world.system.files.working.join(name)
    }

    pub(super) fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn write_program(&self, name: &str, content: &str) {
        self.write(name, content);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(super) async fn ana(&self, words: &[&str]) -> Shot {
        self.team.ana.run_words(words, &[]).await
    }

    pub(super) async fn ask(&self, files: &[&str], command: &[&str]) -> Shot {
        let asking = ["request", "orders-admin", "--reason", "INC-42 fail over", "--no-wait", "-y"];
        self.ana(&[&asking, files, &["--command", "--"], command].concat()).await
    }

    pub(super) async fn exec(&self, command: &[&str]) -> Shot {
        self.ana(&[&["exec", "orders-admin", "--"], command].concat()).await
    }

    /// The command that ran since the last call. `None` if none did.
    pub(super) fn ran(&self) -> Option<Vec<String>> {
        let became = std::mem::take(&mut *self.team.ana.world.processes.started.lock().unwrap());
        assert!(became.iter().all(|command| command.program == "git"), "jit stays as the parent: {became:?}");
        let started = self.team.ana.world.supervisor.started.lock().unwrap().pop()?;
        assert!(std::path::Path::new(&started.program).is_absolute(), "the file that was hashed");
        let name = std::path::Path::new(&started.program).file_name().unwrap();
        let words = std::iter::once(name).chain(started.arguments.iter().map(|word| word.as_os_str()));
        Some(words.map(|word| word.to_str().unwrap().to_owned()).collect())
    }

    pub(super) async fn stop(mut self) {
        self.team.stop().await;
    }

    async fn approved() -> Self {
        let site = Self::new().await;
        let asked = site.ask(&["--file", "plan.bin"], &APPLY).await;
        assert_eq!(asked.code, 0, "{asked}");
        let approved = site.team.bo.approve("").await;
        assert_eq!(approved.code, 0, "{approved}");
        site
    }
}

#[tokio::test]
async fn reviewers_read_the_command_and_it_runs_once() {
    let site = Site::new().await;
    let asked = site.ask(&["--file", "plan.bin"], &APPLY).await;
    assert!(asked.stderr.contains("runs    | terraform apply plan.bin"), "{asked}");
    let approved = site.team.bo.approve("").await;
    for line in ["  runs    | terraform apply plan.bin\n", "  program | ", "  files   | plan.bin\n"] {
        assert!(approved.stderr.contains(line), "{line}: {approved}");
    }
    let waited = site.ana(&["wait", "orders-admin"]).await;
    assert_eq!(waited.code, 0, "{waited}");
    assert!(waited.stderr.contains("use it: jit exec orders-admin -- terraform apply plan.bin"), "{waited}");
    site.team.ana.world.supervisor.codes.lock().unwrap().push_back(7);
    let ran = site.exec(&APPLY).await;
    assert_eq!((ran.code, site.ran().unwrap()), (7, APPLY.map(str::to_owned).to_vec()), "{ran}");
    // The access ended with the command.
    let status = site.ana(&["status", "--json"]).await;
    assert!(!status.stdout.contains("\"active\""), "{status}");
    let again = site.exec(&APPLY).await;
    assert_eq!((again.code, site.ran()), (125, None), "{again}");
    site.stop().await;
}

#[tokio::test]
async fn nothing_else_gets_the_credentials() {
    let site = Site::approved().await;
    let refused = async |words: &[&str], says: &str| {
        let shot = site.ana(words).await;
        assert!(shot.code != 0 && shot.stderr.contains(says), "{words:?} says {says}: {shot}");
        assert!(
            !shot.stdout.contains("AWS_") && !shot.stdout.contains("SecretAccessKey"),
            "{words:?}: {shot}"
        );
        assert_eq!(site.ran(), None, "{words:?}");
    };
    let exec = |command: &'static [&'static str]| [&["exec", "orders-admin", "--"][..], command].concat();
    for command in [
        &["terraform", "destroy", "plan.bin"][..],
        &["terraform", "apply"],
        &["terraform", "apply", "plan.bin", ""],
        &["terraform", "apply plan.bin"],
        // A Cyrillic letter, and an invisible one.
        &["terr\u{430}form", "apply", "plan.bin"],
        &["terraform", "apply", "plan.bin\u{200b}"],
        &["sh", "-c", "terraform apply plan.bin"],
    ] {
        let shot = site.ana(&exec(command)).await;
        // A program that is not there is seen first.
        let code = if command[0] == "terraform" { 125 } else { 127 };
        assert_eq!((shot.code, site.ran()), (code, None), "{command:?}: {shot}");
    }
    refused(
        &exec(&["terraform", "destroy", "plan.bin"]),
        "it is another command: terraform destroy plan.bin",
    )
    .await;
    for words in [
        &["env", "orders-admin"][..],
        &["shell", "orders-admin"],
        &["credentials", "orders-admin"],
        &["credentials", "orders-admin", "--format", "json"],
        &["console", "orders-admin"],
    ] {
        let shot = site.ana(words).await;
        assert!(shot.code != 0, "{words:?}: {shot}");
        assert!(!shot.stdout.contains("ASIA") && site.ran().is_none(), "{words:?}: {shot}");
    }
    refused(&["exec", "orders-admin", "--env", "--", "terraform", "apply", "plan.bin"], "leave `--env` out")
        .await;

    site.write("plan.bin", "another plan");
    refused(&exec(&APPLY), "the file plan.bin has changed").await;
    fs::remove_file(site.path("plan.bin")).unwrap();
    refused(&exec(&APPLY), "the file plan.bin was not found").await;
    site.write("other", "another plan");
    std::os::unix::fs::symlink(site.path("other"), site.path("plan.bin")).unwrap();
    refused(&exec(&APPLY), "the file plan.bin has changed").await;
    fs::remove_file(site.path("plan.bin")).unwrap();
    site.write("plan.bin", "plan");

    site.write_program("bin/terraform", "two");
    refused(&exec(&APPLY), "the program terraform has changed").await;
    site.write_program("bin/terraform", "one");
    let ran = site.exec(&APPLY).await;
    assert_eq!((ran.code, site.ran().is_some()), (0, true), "{ran}");
    site.stop().await;
}

/// The attacker's program has the same name, stands earlier on PATH, and came after the approval.
#[tokio::test]
async fn another_program_earlier_on_the_path_does_not_run() {
    let mut site = Site::new().await;
    let path = std::env::join_paths([site.path("first"), site.path("bin")]).unwrap();
    site.team.ana.world.system.environment.set("PATH", &path);
    let asked = site.ask(&["--file", "plan.bin"], &APPLY).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(site.team.bo.approve("").await.code, 0);
    site.write_program("first/terraform", "of an attacker");
    let refused = site.exec(&APPLY).await;
    assert!(refused.code == 125 && refused.stderr.contains("the program terraform has changed"), "{refused}");
    assert_eq!(site.ran(), None);
    fs::remove_file(site.path("first/terraform")).unwrap();
    // A link there to the program that was agreed to is that program.
    std::os::unix::fs::symlink(site.path("bin/terraform"), site.path("first/terraform")).unwrap();
    let ran = site.exec(&APPLY).await;
    assert_eq!((ran.code, site.ran().is_some()), (0, true), "{ran}");
    site.stop().await;
}

/// The terminal died between the start of the command and the end of its access.
#[tokio::test]
async fn a_command_that_was_started_is_not_started_again() {
    let site = Site::approved().await;
    let waited = site.ana(&["wait", "orders-admin"]).await;
    assert_eq!(waited.code, 0, "{waited}");
    let files = &site.team.ana.world.system.files;
    let id = index::read(files).entries[0].id.clone().unwrap();
    assert!(index::begin_run(files, &id).unwrap());
    assert!(!index::begin_run(files, &id).unwrap(), "a second process is late");
    // A listing brings the authority's view, which does not know.
    assert_eq!(site.ana(&["status"]).await.code, 0);
    let again = site.exec(&APPLY).await;
    assert!(again.code == 125 && again.stderr.contains("for one run, which has begun"), "{again}");
    assert_eq!(site.ran(), None);
    site.stop().await;
}

#[tokio::test]
async fn a_request_for_another_command_does_not_pass_for_this_one() {
    let site = Site::new().await;
    let asked = site.ask(&["--file", "plan.bin"], &APPLY).await;
    assert_eq!(asked.code, 0, "{asked}");
    // The command names its plan, so that belongs to it with and without the option.
    for files in [&["--file", "plan.bin"][..], &[]] {
        let same = site.ask(files, &APPLY).await;
        assert!(same.code == 0 && same.stderr.contains("exists already"), "{same}");
    }
    site.write("plan.bin", "another plan");
    for (shot, cause) in [
        (site.ask(&[], &["terraform", "destroy"]).await, "it is another command"),
        (site.ask(&[], &APPLY).await, "the file plan.bin has changed"),
        (
            site.team.ana.run("request orders-admin --reason INC-42 -y --no-wait", &[]).await,
            "it is for one command",
        ),
    ] {
        assert!(shot.code != 0 && shot.stderr.contains(cause), "{cause}: {shot}");
    }
    for (shot, says) in [
        (site.ask(&["--file", "missing"], &APPLY).await, "the file missing was not found"),
        (site.ask(&[], &["missing"]).await, "the program missing was not found"),
        (site.ask(&["--file", "bin"], &APPLY).await, "the file bin cannot be read"),
    ] {
        assert!(shot.code != 0 && shot.stderr.contains(says), "{says}: {shot}");
    }
    site.stop().await;
}

#[tokio::test]
async fn exec_takes_only_bound_access_when_told_to() {
    let site = Site::new().await;
    let bound =
        ["exec", "orders-admin", "--bind", "--file", "plan.bin", "--", "terraform", "apply", "plan.bin"];
    let nothing = site.ana(&bound).await;
    let hint = "jit request orders-admin --command --file plan.bin -- terraform apply plan.bin";
    assert!(nothing.code == 125 && nothing.stderr.contains(hint), "{nothing}");
    let asked = site.team.ana.run("request orders-admin --reason INC-42 -y --no-wait", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(site.team.bo.approve("").await.code, 0);
    assert_eq!(site.ana(&["wait", "orders-admin"]).await.code, 0);
    let wide = site.ana(&bound).await;
    assert!(wide.code == 125 && wide.stderr.contains("is for any command"), "{wide}");
    assert_eq!(site.ran(), None);
    // Where the last request has ended, the one to type is for the command as well.
    assert_eq!(site.ana(&["end", "orders-admin"]).await.code, 0);
    let ended = site.ana(&bound).await;
    assert!(ended.code == 125 && ended.stderr.contains(hint), "{ended}");
    assert!(!ended.stderr.contains("`jit request orders-admin`"), "{ended}");
    site.stop().await;
}

/// Nobody could read the script when the request was made, since there was none.
#[tokio::test]
async fn a_file_that_comes_after_the_approval_is_not_run() {
    let site = Site::new().await;
    site.write_program("bin/sh", "a shell");
    let asked = site.ask(&[], &["sh", "deploy.sh"]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(site.team.bo.approve("").await.code, 0);
    site.write("deploy.sh", "evil");
    let refused = site.exec(&["sh", "deploy.sh"]).await;
    assert_eq!((refused.code, site.ran()), (125, None), "{refused}");
    assert!(refused.stderr.contains("the file deploy.sh is not one that was agreed to"), "{refused}");
    fs::remove_file(site.path("deploy.sh")).unwrap();
    let ran = site.exec(&["sh", "deploy.sh"]).await;
    assert_eq!((ran.code, site.ran().is_some()), (0, true), "{ran}");
    site.stop().await;
}

/// `sh deploy.sh` says nothing about what runs, so the files that a command names are approved by their content.
#[tokio::test]
async fn files_that_the_command_names_belong_to_it() {
    let site = Site::new().await;
    site.write_program("bin/sh", "a shell");
    for name in ["deploy.sh", "prod.tfvars", "body.json", "input.json"] {
        site.write(name, "agreed");
    }
    let command =
        ["sh", "deploy.sh", "--var-file=prod.tfvars", "@body.json", "file://input.json", "no-file", "bin"];
    let asked = site.ask(&[], &command).await;
    assert_eq!(asked.code, 0, "{asked}");
    let approved = site.team.bo.approve("").await;
    for name in ["deploy.sh", "prod.tfvars", "body.json", "input.json"] {
        assert!(approved.stderr.contains(&format!("| {name}\n")), "{name}: {approved}");
    }
    for name in ["deploy.sh", "prod.tfvars", "body.json", "input.json"] {
        site.write(name, "evil");
        let refused = site.exec(&command).await;
        assert_eq!((refused.code, site.ran()), (125, None), "{refused}");
        assert!(refused.stderr.contains(&format!("the file {name} has changed")), "{refused}");
        let again =
            "then `jit request orders-admin --command --file body.json --file deploy.sh --file input.json";
        assert!(refused.stderr.contains(again), "{refused}");
        site.write(name, "agreed");
    }
    let ran = site.exec(&command).await;
    assert_eq!((ran.code, site.ran().is_some()), (0, true), "{ran}");
    site.stop().await;
}
