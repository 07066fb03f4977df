//! Access for one command with only a repository: asked, approved, minted by a run, and used by that command alone, once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::laptop::Laptop;
use super::whole::newest;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::forge_client::stage::Shot;

const APPLY: [&str; 3] = ["terraform", "apply", "plan.bin"];

/// Ana's folder: a plan, and a program on her PATH.
fn furnish(ana: &mut Person) {
    let working = ana.world.system.files.working.clone();
    let program = working.join("bin/terraform");
    fs::create_dir_all(working.join("bin")).unwrap();
    fs::write(&program, "one").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(working.join("plan.bin"), "plan").unwrap();
    let mut path = working.join("bin").into_os_string();
    if let Some(others) = ana.world.system.environment.get("PATH") {
        path.push(":");
        path.push(others);
    }
    ana.world.system.environment.set("PATH", path);
}

fn exec(ana: &Person, command: &[&str]) -> Shot {
    ana.words(&[&["exec", "prod-admin", "--"], command].concat(), &[])
}

/// The command that ran since the last call, beside those that jit itself needs. `None` if none did.
fn ran(ana: &Person) -> Option<Vec<String>> {
    let became = std::mem::take(&mut *ana.world.processes.started.lock().unwrap());
    assert!(became.iter().all(|command| command.program == "git"), "{became:?}");
    let started = ana.world.supervisor.started.lock().unwrap().pop()?;
    let program = Path::new(&started.program);
    assert!(program.is_absolute(), "the file that was hashed");
    let words = std::iter::once(program.file_name().unwrap().to_owned()).chain(started.arguments);
    Some(words.map(|word| word.into_string().unwrap()).collect())
}

#[test]
fn one_command_is_asked_for_approved_and_runs_once() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let mut ana = Person::new(&hub, "ana").logged_in();
    furnish(&mut ana);
    let asking = ["request", "prod-admin", "--reason", "INC-42", "--no-wait", "-y", "--file", "plan.bin"];
    let asked = ana.words(&[&asking[..], &["--command", "--"], &APPLY].concat(), &[]);
    let id = asked.ok().to_owned();
    let number = newest(&hub);
    let pull = hub.github.world().repository(hub.repository).pulls[&number].clone();
    let body = pull.body.unwrap();
    assert!(body.contains("terraform apply plan.bin"), "{body}");
    exec(&ana, &APPLY).failed(125, &["state=pending"]);
    for who in ["bo", "dee"] {
        let reviewed = Person::new(&hub, who).logged_in().words(&["approve", &id, "-y"], &[]);
        reviewed.ok();
        for line in ["  runs    | terraform apply plan.bin\n", "  program | ", "  files   | plan.bin\n"] {
            assert!(reviewed.stderr.contains(line), "{line}: {reviewed}");
        }
    }
    // Another command starts no run.
    for command in [
        &["terraform", "destroy", "plan.bin"][..],
        &["terraform", "apply"],
        &["terraform", "apply plan.bin"],
        &["/bin/sh", "-c", "terraform apply plan.bin"],
    ] {
        exec(&ana, command).failed(125, &["it is another command"]);
    }
    assert_eq!((laptop.runs().len(), laptop.handed_over(), ran(&ana)), (0, 0, None));
    // No runner comes: nothing runs, and the error says how to go on.
    laptop.stop_runners(true);
    let hint = "`jit wait` goes on waiting for the same run";
    exec(&ana, &APPLY).failed(125, &["the run has waited 15 minutes for a runner: https://", hint]);
    assert_eq!((laptop.runs().len(), laptop.handed_over(), ran(&ana)), (1, 0, None));
    laptop.stop_runners(false);
    let waited = ana.run(&format!("wait {id}"));
    waited.ok();
    assert!(waited.stderr.contains("use it: jit exec prod-admin -- terraform apply plan.bin"), "{waited}");
    assert_eq!(laptop.runs().len(), 1, "it is the same run");
    assert_eq!(laptop.handed_over(), 0, "the log of the run is deleted");
    // The credentials are here, and nothing but the command gets them.
    fs::write(ana.world.system.files.working.join("plan.bin"), "another").unwrap();
    exec(&ana, &APPLY).failed(125, &["plan.bin has changed"]);
    fs::write(ana.world.system.files.working.join("plan.bin"), "plan").unwrap();
    exec(&ana, &["terraform", "destroy", "plan.bin"]).failed(125, &["it is another command"]);
    for line in ["env prod-admin", "shell prod-admin", "credentials prod-admin --format json"] {
        let refused = ana.run(line);
        assert!(refused.code != 0 && !refused.stdout.contains("AWS_"), "{line}: {refused}");
        let is_told = refused.stderr.contains("terraform apply plan.bin");
        // The last asks nobody, and the index knows of no command.
        assert!(is_told || line.starts_with("credentials"), "{line}: {refused}");
    }
    assert_eq!(ran(&ana), None);
    ana.world.supervisor.codes.lock().unwrap().push_back(7);
    let used = exec(&ana, &APPLY);
    assert_eq!((used.code, ran(&ana)), (7, Some(APPLY.map(str::to_owned).to_vec())), "{used}");
    // The access ended with the command.
    hub.finish_all();
    assert_eq!(ana.show(&id)["state"], "ended");
    let again = exec(&ana, &APPLY);
    assert_eq!((again.code, ran(&ana)), (125, None), "{again}");
}
