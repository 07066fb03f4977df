//! Access for one command, against somebody who changes what surrounds it: the folder, the environment, the search for the
//! program, and the time between the comparison and the start.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Command;

use super::purpose::Site;
use crate::cli::real::CLOUD;

const APPLY: [&str; 3] = ["terraform", "apply", "plan.bin"];

async fn approved(site: &Site) {
    let asked = site.ask(&["--file", "plan.bin"], &APPLY).await;
    assert_eq!(asked.code, 0, "{asked}");
    let approved = site.team.bo.approve("").await;
    assert_eq!(approved.code, 0, "{approved}");
}

fn started(site: &Site) -> Option<Command> {
    site.team.ana.world.supervisor.started.lock().unwrap().pop()
}

#[tokio::test]
async fn another_folder_is_another_command() {
    let mut site = Site::new().await;
    approved(&site).await;
    let working = site.team.ana.world.system.files.working.clone();
    let shown = site.ana(&["show", "orders-admin"]).await;
    assert!(shown.stdout.contains("  folder  | "), "{shown}");
    // The same plan, and the same program by PATH.
    site.write("dev/plan.bin", "plan");
    site.team.ana.world.system.files.working = working.join("dev");
    let refused = site.exec(&APPLY).await;
    assert_eq!((refused.code, site.ran()), (125, None), "{refused}");
    assert!(refused.stderr.contains("the folder is ") && refused.stderr.contains("/dev, not "), "{refused}");
    assert!(refused.stderr.contains("go to the folder "), "{refused}");
    // The folder is the reason, also where the file is not there.
    fs::remove_file(site.path("plan.bin")).unwrap();
    let refused = site.exec(&APPLY).await;
    assert!(refused.code == 125 && refused.stderr.contains("go to the folder "), "{refused}");
    site.team.ana.world.system.files.working = working;
    let ran = site.exec(&APPLY).await;
    assert_eq!((ran.code, site.ran().is_some()), (0, true), "{ran}");
    site.stop().await;
}

/// `execvp` goes on to the next folder of `PATH` if the first file has no interpreter.
#[tokio::test]
async fn the_file_that_was_read_is_the_file_that_starts() {
    let mut site = Site::new().await;
    let working = site.team.ana.world.system.files.working.clone();
    let both = std::env::join_paths([working.join("bin"), working.join("other")]).unwrap();
    site.team.ana.world.system.environment.set("PATH", both);
    site.write("other/terraform", "evil");
    approved(&site).await;
    let ran = site.exec(&APPLY).await;
    assert_eq!(ran.code, 0, "{ran}");
    let command = started(&site).unwrap();
    assert_eq!(PathBuf::from(command.program), working.join("bin/terraform"));
    assert_eq!(command.arguments, ["apply", "plan.bin"]);
    site.stop().await;
}

#[tokio::test]
async fn the_environment_does_not_change_the_command() {
    let mut site = Site::new().await;
    for (name, value) in [
        ("BASH_ENV", "evil.sh"),
        ("LD_PRELOAD", "evil.so"),
        ("TF_CLI_ARGS_apply", "-destroy"),
        ("GIT_DIR", "/elsewhere"),
        ("EDITOR", "vi"),
    ] {
        site.team.ana.world.system.environment.set(name, value);
    }
    approved(&site).await;
    let ran = site.exec(&APPLY).await;
    assert_eq!(ran.code, 0, "{ran}");
    let note =
        "it would change the command that reviewers agreed to: BASH_ENV, LD_PRELOAD, TF_CLI_ARGS_apply";
    assert!(ran.stderr.contains(note), "{ran}");
    let environment = started(&site).unwrap().environment;
    for (name, is_there) in
        [("BASH_ENV", false), ("LD_PRELOAD", false), ("TF_CLI_ARGS_apply", false), ("EDITOR", true)]
    {
        assert_eq!(environment.get(name).is_some(), is_there, "{name}");
    }
    // The commit is of the folder, and not of the repository that the environment names.
    let asked = site.team.ana.world.processes.started.lock().unwrap().clone();
    let mut git = asked.iter().filter(|command| command.program == "git").peekable();
    assert!(git.peek().is_some());
    assert!(git.all(|command| command.environment.get("GIT_DIR").is_none()));
    site.stop().await;
}

/// A cloud during whose answer somebody replaces a file.
struct Meanwhile {
    cloud: RouterHost,
    path: PathBuf,
}

#[async_trait]
impl Host for Meanwhile {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        fs::write(&self.path, "evil").unwrap();
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o755)).unwrap();
        self.cloud.answer(request).await
    }
}

#[tokio::test]
async fn what_changes_during_the_mint_does_not_start() {
    let site = Site::new().await;
    approved(&site).await;
    let cloud = RouterHost(site.team.cloud.clone());
    let path = site.path("bin/terraform");
    site.team.http.route(CLOUD, Arc::new(Meanwhile { cloud, path }));
    let refused = site.exec(&APPLY).await;
    assert_eq!((refused.code, site.ran()), (125, None), "{refused}");
    assert!(refused.stderr.contains("the program terraform has changed"), "{refused}");
    site.stop().await;
}
