//! boto3 under `jit exec --serve` for longer than its credentials live: one client, never recreated, across two
//! renewals and past the end of the access. libfaketime moves everybody's clock at once.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::flow::round_trip::script;
use crate::flow::time::MovedClock;
use crate::flow::time::variables;
use crate::peers::site::SandboxCloud;
use crate::peers::site::arn;
use crate::peers::team::Team;
use crate::peers::tool;

/// A program that answers each line with a line.
struct Talking {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Talking {
    fn ask(&mut self) -> String {
        writeln!(self.stdin, "again").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Asks until the answer differs. Returns both.
    fn ask_until_other_than(&mut self, before: &str) -> String {
        let mut answer = String::new();
        crate::peers::peer::wait_for(&format!("another answer than {before}"), || {
            answer = self.ask();
            answer != before
        });
        answer
    }
}

#[test]
fn boto3_crosses_two_renewals_and_is_refused_after_the_end() {
    let mut team = Team::new();
    let clock = MovedClock::default();
    let cloud = SandboxCloud::start(&team.broker.url, &["orders-admin"], Some(Arc::new(clock.clone())));
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nduration = \"40m\"\nmax_duration = \"1h\"\n\
         lease = \"15m\"\n[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\n",
        arn("orders-admin"),
        cloud.url
    );
    team.broker.write_policy("roles/orders-admin.toml", &role);
    let file = team.folder().join("clock");
    std::fs::write(&file, "+0s").unwrap();
    for (variable, value) in variables(&file) {
        team.broker.set(variable, &value);
        team.ana.set(variable, &value);
        team.bo.set(variable, &value);
    }
    let pass = |minutes: i64| {
        clock.0.store(minutes * 60, Ordering::Relaxed);
        std::fs::write(&file, format!("+{}s", minutes * 60)).unwrap();
    };
    team.open();
    let id = team.grant("orders-admin");
    let python = tool("python");
    let words = ["exec", "orders-admin", "--serve", "--", python.to_str().unwrap(), &script("refresh.py")];
    let mut child = team.ana.jit(&words);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut boto3 = Talking { child, stdin, stdout };

    let first = boto3.ask();
    assert!(first.starts_with("key "), "{first}");
    pass(11);
    // A running broker trusts a jumped clock a minute later. A starting one trusts it at once.
    team.broker.kill();
    team.broker.start();
    let second = boto3.ask_until_other_than(&first);
    assert!(second.starts_with("key "), "no call failed on the way: {second}");
    pass(22);
    // A running broker trusts a jumped clock a minute later. A starting one trusts it at once.
    team.broker.kill();
    team.broker.start();
    let third = boto3.ask_until_other_than(&second);
    assert!(third.starts_with("key ") && third != first, "{third}");
    let minted = team.broker.changes().iter().filter(|change| *change == "minted").count();
    assert_eq!(minted, 3);
    pass(41);
    // A running broker trusts a jumped clock a minute later. A starting one trusts it at once.
    team.broker.kill();
    team.broker.start();
    let over = boto3.ask_until_other_than(&third);
    assert!(over.starts_with("error ") && over.contains("orders-admin"), "{over}");
    drop(boto3.stdin);
    assert_eq!(boto3.child.wait().unwrap().code(), Some(0));
    assert_eq!(team.ana.state(&id), "ended");
}
