//! An ended grant appears nowhere, also where a repository decides.

use std::time::Duration;

use jit::authority::Authority;

use super::laptop::Laptop;
use super::walk::Terminal;
use super::walk::hub;

#[test]
fn a_grant_that_was_ended_at_another_machine_is_not_used_again() {
    let hub = hub();
    let elsewhere = Laptop::of(&hub, "ana");
    let mut terminal = Terminal::logged_in(&hub, ["ana", "bo", "dee"]);
    let id = terminal.types("ana", "request prod-admin --reason INC-42 -y --no-wait");
    for reviewer in ["bo", "dee"] {
        terminal.types(reviewer, &format!("approve {id} -y"));
    }
    terminal.types("ana", &format!("wait {id}"));
    let program = "credentials prod-admin --format aws";
    assert!(terminal.types("ana", program).contains("SessionToken"), "{}", terminal.seen());
    hub.wait(elsewhere.authority.end(&id.parse().unwrap(), true)).unwrap();
    hub.clock.advance(Duration::from_secs(60));
    let next = terminal.types("ana", "request prod-admin --reason INC-43 -y --no-wait");
    assert!(!next.is_empty() && next != id, "{}", terminal.seen());
    assert_eq!(terminal.types("ana", "prompt"), "");
    assert_eq!(terminal.types("ana", program), "");
    terminal.types("ana", "exec --env prod-admin -- true");
    let seen = terminal.seen();
    assert!(seen.ends_with("state=pending\n[exit 125]\n"), "{seen}");
}

/// Reviewers read the command, and nothing else runs with the access, also where a repository decides.
#[cfg(unix)]
#[test]
fn access_for_one_command_is_for_that_command() {
    use std::os::unix::fs::PermissionsExt;
    let hub = hub();
    let mut terminal = Terminal::logged_in(&hub, ["ana", "bo", "dee"]);
    let world = &mut terminal.person("ana").world;
    let bin = world.system.files.working.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let program = bin.join("terraform");
    std::fs::write(&program, "one").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    world.system.environment.set("PATH", bin.as_os_str());
    let asks = "request prod-admin --reason INC-42 -y --no-wait --command -- terraform apply";
    let id = terminal.types("ana", asks);
    for reviewer in ["bo", "dee"] {
        let before = terminal.seen().len();
        terminal.types(reviewer, &format!("approve {id} -y"));
        let seen = terminal.seen();
        assert!(seen[before..].contains("  runs    | terraform apply\n"), "{seen}");
        assert!(seen[before..].contains("  program | HASH\n"), "{seen}");
    }
    terminal.types("ana", &format!("wait {id}"));
    let started = |terminal: &mut Terminal| {
        let world = &terminal.person("ana").world;
        let started = std::mem::take(&mut *world.supervisor.started.lock().unwrap());
        started.into_iter().map(|command| command.arguments).collect::<Vec<_>>()
    };
    for line in
        ["exec prod-admin -- terraform destroy", "credentials prod-admin --format aws", "env prod-admin"]
    {
        assert_eq!(terminal.types("ana", line), "", "{line}");
        assert_eq!(started(&mut terminal), Vec::<Vec<std::ffi::OsString>>::new(), "{line}");
    }
}
