//! boto3 under `jit exec --serve` for longer than its credentials live, renewed by a run of the workflow: one client,
//! never recreated. libfaketime moves everybody's clock at once.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;

use crate::github::company::Company;
use crate::peers::faketime::MovedClock;
use crate::peers::faketime::variables;
use crate::peers::peer::wait_for;
use crate::peers::tool;

const ROLE: &str = "orders-admin";

#[test]
fn boto3_crosses_a_renewal_that_is_a_run_of_the_workflow() {
    let clock = MovedClock::default();
    let mut company = Company::at(Arc::new(clock.clone()));
    let (_cloud, target) = company.sandbox(ROLE);
    company.set_up(&[(ROLE, &target)]);
    company.merge_changed(&[(ROLE, &target)], |files| {
        let role = files.get_mut(&format!("roles/{ROLE}.toml")).unwrap();
        *role = role.replace("lease = \"1h\"", "lease = \"15m\"");
    });
    let file = company.folder().join("clock");
    std::fs::write(&file, "+0s").unwrap();
    let moved = variables(&file);
    company.hire_runner(&moved.each_ref().map(|(name, value)| (*name, value.as_str())));
    for (name, value) in &moved {
        company.ana.set(name, value);
        company.bo.set(name, value);
    }
    company.log_in();
    let id = company.ana.ask(ROLE);
    company.bo.approve(&id);

    let script = format!("{}/tests/peers/refresh.py", env!("CARGO_MANIFEST_DIR"));
    let python = tool("python");
    let words = ["exec", ROLE, "--serve", "--", python.to_str().unwrap(), &script];
    let mut child = company.ana.jit(&words);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut ask = || {
        writeln!(stdin, "again").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        line.trim().to_owned()
    };
    let mut other_than = |before: &str| {
        let mut answer = String::new();
        wait_for(&format!("another answer than {before}"), || {
            answer = ask();
            answer != before
        });
        answer
    };
    let first = other_than("");
    assert!(first.starts_with("key "), "{first}");
    clock.set(11 * 60);
    std::fs::write(&file, "+660s").unwrap();
    let second = other_than(&first);
    assert!(second.starts_with("key "), "no call failed on the way: {second}\n{}", company.logs());
    assert_eq!(company.runs("jit.yml").len(), 2, "{}", company.logs());
    assert_eq!(company.handed_over(), 0);
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(company.ana.state(&id), "active");
}
