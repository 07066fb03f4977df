//! The exact number of GitHub calls per command, which docs/github.md and docs/figures.md quote. The policy has three
//! files.

use std::time::Duration;

use super::laptop::Laptop;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;

/// The calls of each line, and the time that passed while it ran.
struct Bill<'a> {
    hub: &'a Hub,
    laptop: &'a Laptop<'a>,
    text: String,
}

impl Bill<'_> {
    fn of(&mut self, what: &str, work: impl FnOnce()) {
        self.laptop.asked();
        let began = jit::system::Clock::now(&self.hub.clock);
        work();
        let seconds = jit::system::Clock::now(&self.hub.clock).duration_since(began).as_secs();
        let asked = self.laptop.asked();
        self.text.push_str(&format!(
            "{what:<28} {:>4} {:>4} {:>4} {:>4} {seconds:>5} s\n",
            asked.laptop, asked.unchanged, asked.jobs, asked.writer
        ));
    }
}

#[test]
fn what_a_request_costs() {
    let hub = Hub::new();
    let mut policy = hub.policy("account", None);
    policy.retain(|path, _| path.starts_with("roles/"));
    let ways = "extend = { times = 2, approval = \"1 of group:sre\" }\n[sandbox]";
    let role = policy["roles/prod-admin.toml"]
        .replace("lease = \"15m\"", "lease = \"30m\"")
        .replace("[sandbox]", ways);
    hub.write_main(&[("roles/prod-admin.toml".to_owned(), role)].into());
    let laptop = Laptop::of(&hub, "ana");
    let [ana, bo, dee] = ["ana", "bo", "dee"].map(|login| Person::new(&hub, login));
    let mut bill = Bill { hub: &hub, laptop: &laptop, text: String::new() };
    bill.of("login", || assert_eq!(ana.run("login github:acme/access").code, 0));
    for person in [&bo, &dee] {
        person.run("login github:acme/access").ok();
    }
    bill.of("roles", || assert_eq!(ana.run("roles").code, 0));
    let mut id = String::new();
    bill.of("request --no-wait", || id = ana.ask("INC-42"));
    bill.of("the check of its pull request", || hub.finish_all());
    bill.of("inbox, one request", || assert_eq!(bo.run("inbox").code, 0));
    bill.of("approve", || assert_eq!(bo.run(&format!("approve {id} -y")).code, 0));
    bill.of("status", || assert_eq!(ana.run("status").code, 0));
    bill.of("wait for an hour", || {
        ana.run(&format!("wait {id} --timeout 1h")).failed(4, &["no reviewer has decided"]);
    });
    dee.run(&format!("approve {id} -y")).ok();
    // Requested long ago, so the access begins when it is used.
    bill.of("wait, approved", || assert_eq!(ana.run(&format!("wait {id}")).code, 0));
    let exec = || assert_eq!(ana.run("exec prod-admin --env -- true").code, 0);
    bill.of("exec, the first credentials", exec);
    bill.of("exec, from the keychain", exec);
    hub.clock.advance(Duration::from_secs(16 * 60));
    bill.of("exec, the next credentials", exec);
    let mut more = String::new();
    bill.of("extend --no-wait", || {
        more = ana.run("extend prod-admin --for 30m --reason INC-43 --no-wait -y").ok().to_owned();
    });
    hub.finish_all();
    bo.run(&format!("approve {more} -y")).ok();
    bill.of("wait, and more time", || assert_eq!(ana.run(&format!("wait {more}")).code, 0));
    bill.of("end", || assert_eq!(ana.run("end prod-admin --wait").code, 0));
    bill.of("audit list", || assert_eq!(ana.run("audit list").code, 0));
    let more: std::collections::BTreeMap<String, String> = (0..10)
        .map(|number| {
            let text = hub.policy("account", None)["roles/prod-admin.toml"].clone();
            (
                format!("roles/more-{number}.toml"),
                text.replace("role/prod-admin", &format!("role/more-{number}")),
            )
        })
        .collect();
    hub.write_main(&more);
    let id = ana.ask("INC-44");
    for person in [&bo, &dee] {
        person.run(&format!("approve {id} -y")).ok();
    }
    hub.finish_all();
    bill.of("credentials, 10 more files", || assert_eq!(ana.run(&format!("wait {id}")).code, 0));
    // The person's counted calls, the person's unchanged reads, the jobs' calls, and the log writer's calls; then the
    // time waited.
    insta::assert_snapshot!(bill.text, @"
    login                          14    3    0    0     0 s
    roles                           4    0    0    0     0 s
    request --no-wait              23   14    0    0     0 s
    the check of its pull request    0    0   13    0     0 s
    inbox, one request             12    0    0    0     0 s
    approve                        13   19    0    0     0 s
    status                         12    0    0    0     0 s
    wait for an hour               11 1565    0    0  3600 s
    wait, approved                 10    1    0    0     0 s
    exec, the first credentials    18    9   32    4     3 s
    exec, from the keychain         0    0    0    0     0 s
    exec, the next credentials     19   10   33    4     3 s
    extend --no-wait               27   20    0    0     0 s
    wait, and more time            26   43   19    4     3 s
    end                            27   16   19    6     3 s
    audit list                      9    0    0    0     0 s
    credentials, 10 more files     16   10   52    4     3 s
    ");
    is_quoted(&bill.text);
}

/// docs/github.md, "What it costs", quotes these numbers.
fn is_quoted(bill: &str) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/github.md")).unwrap();
    let numbers = |label: &str| -> Vec<u64> {
        let line = bill.lines().find_map(|line| line.strip_prefix(&format!("{label:<28} "))).unwrap();
        line.split_whitespace().take(4).map(|number| number.parse().unwrap()).collect()
    };
    let spelled = |number: u64| match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    };
    let check = numbers("the check of its pull request")[2];
    let (extend, more) = (numbers("extend --no-wait"), numbers("wait, and more time"));
    let (exec, end) = (numbers("exec, the next credentials"), numbers("end"));
    let mut rows = vec![
        format!(
            "| `jit extend`, and its taking effect | {} | {} | {}, and {check} for the check | {} |",
            extend[0] + more[0],
            extend[1] + more[1],
            more[2],
            more[3]
        ),
        format!(
            "| credentials, the first or the next | {} | {} | {} | {} |",
            exec[0], exec[1], exec[2], exec[3]
        ),
        format!("| `jit end` | {} | {} | {} | {} |", end[0], end[1], end[2], end[3]),
    ];
    for (row, label, jobs) in [
        ("`jit login`", "login", 0),
        ("`jit request`, with the check of its pull request", "request --no-wait", check),
        ("an hour of `jit wait`", "wait for an hour", 0),
        ("`jit approve`", "approve", 0),
    ] {
        let asked = numbers(label);
        let jobs = if jobs == 0 { String::new() } else { format!("{jobs} ") };
        rows.push(format!("| {row} | {} | {} | {jobs}| |", asked[0], spelled(asked[1])));
    }
    for row in rows {
        assert!(page.contains(&row), "docs/github.md does not say\n{row}");
    }
}
