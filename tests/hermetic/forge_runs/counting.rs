//! The exact number of GitHub's calls, points and fetches per command, which docs/github.md and docs/figures.md quote: with
//! three files of policy, and the same with thirty, three hundred, and a log of ten thousand requests.

use std::time::Duration;

use jit::authority::Authority;
use jit::authority::StatementAuthority;

use super::laptop::Asking;
use super::laptop::Laptop;
use super::old_log::OldLog;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::support::github::smart::Fetched;

/// The calls of each line, and the time that passed while it ran.
struct Bill<'a> {
    hub: &'a Hub,
    laptop: &'a Laptop<'a>,
    text: String,
    logbot: u64,
    total: Asking,
}

impl<'a> Bill<'a> {
    fn new(hub: &'a Hub, laptop: &'a Laptop<'a>) -> Self {
        Self { hub, laptop, text: String::new(), logbot: hub.id("logbot"), total: Asking::default() }
    }
}

impl Bill<'_> {
    fn of(&mut self, what: &str, work: impl FnOnce()) {
        self.laptop.asked();
        self.hub.github.fetches();
        let began = jit::system::Clock::now(&self.hub.clock);
        work();
        let seconds = jit::system::Clock::now(&self.hub.clock).duration_since(began).as_secs();
        let asked = self.laptop.asked();
        let (by_jobs, others): (Vec<Fetched>, Vec<Fetched>) = self
            .hub
            .github
            .fetches()
            .into_iter()
            .partition(|fetched| fetched.by_job || fetched.account == self.logbot);
        self.text.push_str(&format!(
            "{what:<24} {:>3} {:>4} {:>3} {:>3} | {:>3} {:>3} {:>3} {:>3} {:>3} {seconds:>5} s\n",
            asked.laptop,
            asked.unchanged,
            asked.laptop_points,
            others.len(),
            asked.jobs,
            asked.jobs_points,
            asked.writer,
            asked.writer_points,
            by_jobs.len(),
        ));
        self.total.jobs += asked.jobs + asked.writer;
        self.total.jobs_points += asked.jobs_points + asked.writer_points;
    }

    /// The lines of the bill, and what jobs spent on all of them.
    fn sum(&self) -> String {
        format!("{}jobs: {} calls, {} points\n", self.text, self.total.jobs, self.total.jobs_points)
    }
}

#[test]
fn what_a_request_costs() {
    let hub = Hub::new();
    hub.github.serve_git();
    let mut policy = hub.policy("account", None);
    policy.retain(|path, _| path.starts_with("roles/"));
    let ways = "extend = { times = 2, approval = \"1 of group:sre\" }\n[sandbox]";
    let role = policy["roles/prod-admin.toml"]
        .replace("lease = \"15m\"", "lease = \"30m\"")
        .replace("[sandbox]", ways);
    hub.write_main(&[("roles/prod-admin.toml".to_owned(), role)].into());
    let laptop = Laptop::of(&hub, "ana");
    let [ana, bo, dee] = ["ana", "bo", "dee"].map(|login| Person::new(&hub, login));
    let mut bill = Bill::new(&hub, &laptop);
    bill.of("login", || assert_eq!(ana.run("login github:acme/access").code, 0));
    for person in [&bo, &dee] {
        person.run("login github:acme/access").ok();
    }
    bill.of("roles", || assert_eq!(ana.run("roles").code, 0));
    let mut id = String::new();
    bill.of("request --no-wait", || id = ana.ask("INC-42"));
    bill.of("its check", || hub.finish_all());
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
    bill.of("exec, the first", exec);
    bill.of("exec, from the keychain", exec);
    hub.clock.advance(Duration::from_secs(16 * 60));
    bill.of("exec, the next", exec);
    let mut more = String::new();
    bill.of("extend --no-wait", || {
        more = ana.run("extend prod-admin --for 30m --reason INC-43 --no-wait -y").ok().to_owned();
    });
    hub.finish_all();
    bo.run(&format!("approve {more} -y")).ok();
    bill.of("wait, and more time", || assert_eq!(ana.run(&format!("wait {more}")).code, 0));
    bill.of("end", || assert_eq!(ana.run("end prod-admin --wait").code, 0));
    bill.of("audit list", || assert_eq!(ana.run("audit list").code, 0));
    // The person's counted calls, unchanged reads, points and fetches; then, of jobs, calls and points with their own
    // token, calls and points with the token of the log, and fetches; then the time waited.
    insta::assert_snapshot!(bill.text, @r"
    login                      6    0   3   2 |   0   0   0   0   0     0 s
    roles                      0    0   1   0 |   0   0   0   0   0     0 s
    request --no-wait         10    0   7   4 |   0   0   0   0   0     0 s
    its check                  0    0   0   0 |   4   1   0   0   4     0 s
    inbox, one request         1    0   1   2 |   0   0   0   0   0     0 s
    approve                    2    2   4   0 |   0   0   0   0   0     0 s
    status                     1    0   2   0 |   0   0   0   0   0     0 s
    wait for an hour           5 1553   2   0 |   0   0   0   0   0  3600 s
    wait, approved             1    0   1   0 |   0   0   0   0   0     0 s
    exec, the first            7    1   3   0 |   2   1   2   3   4     3 s
    exec, from the keychain    0    0   0   0 |   0   0   0   0   0     0 s
    exec, the next             7    1   3   2 |   2   1   2   2   4     3 s
    extend --no-wait          10    1   7   4 |   0   0   0   0   0     0 s
    wait, and more time        7    4   6   3 |   0   0   2   3   5     3 s
    end                        6    2   4   2 |   0   0   4   2   3     3 s
    audit list                 0    0   1   1 |   0   0   0   0   0     0 s
    ");
    is_quoted(&bill.text);
}

/// A request from asking to its end, with so many files of policy.
fn whole(files: usize, prepare: impl FnOnce(&Hub, &Laptop<'_>)) -> String {
    let hub = Hub::new();
    hub.github.serve_git();
    let role = hub.policy("account", None)["roles/prod-admin.toml"].clone();
    let more = (3..files).map(|number| {
        (format!("roles/more-{number}.toml"), role.replace("role/prod-admin", &format!("role/more-{number}")))
    });
    hub.write_main(&more.collect());
    let laptop = Laptop::of(&hub, "ana");
    prepare(&hub, &laptop);
    let [ana, bo, dee] = ["ana", "bo", "dee"].map(|login| Person::new(&hub, login).logged_in());
    let mut bill = Bill::new(&hub, &laptop);
    let mut id = String::new();
    bill.of("request", || id = ana.ask("INC-42"));
    bill.of("its check", || hub.finish_all());
    bill.of("approve, twice", || {
        for person in [&bo, &dee] {
            person.run(&format!("approve {id} -y")).ok();
        }
    });
    bill.of("credentials", || _ = ana.run("exec prod-admin --env -- true").ok());
    bill.of("end", || _ = ana.run("end prod-admin --wait").ok());
    bill.of("audit list", || _ = ana.run("audit list").ok());
    bill.of("audit list, again", || _ = ana.run("audit list").ok());
    bill.sum()
}

/// The goal of the design: at most 12 calls and 8 points of jobs, whatever the policy and the log.
fn is_within_the_goal(bill: &str) {
    let last = bill.lines().last().unwrap();
    let numbers: Vec<u32> =
        last.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    assert!(numbers[0] <= 12 && numbers[1] <= 8, "{bill}");
}

#[test]
fn a_large_policy_costs_no_more_than_a_small_one() {
    let small = whole(3, |_, _| {});
    insta::assert_snapshot!(small, @r"
    request                   10    0   7   4 |   0   0   0   0   0     0 s
    its check                  0    0   0   0 |   4   1   0   0   4     0 s
    approve, twice             4    4   8   4 |   0   0   0   0   0     0 s
    credentials                7    1   3   0 |   2   1   2   3   4     3 s
    end                        5    2   4   4 |   0   0   3   2   2     3 s
    audit list                 0    0   1   0 |   0   0   0   0   0     0 s
    audit list, again          0    0   1   0 |   0   0   0   0   0     0 s
    jobs: 11 calls, 7 points
    ");
    is_within_the_goal(&small);
    for files in [30, 300] {
        assert_eq!(whole(files, |_, _| {}), small, "{files} files");
    }
}

#[test]
fn a_long_log_costs_no_more_than_a_short_one() {
    let [long, short] = [10_000, 1].map(|count| {
        whole(3, |hub, laptop| {
            let asked = hub.approved(1);
            hub.finish_all();
            let sealed = laptop.lease(&asked, None).unwrap();
            hub.wait(laptop.authority.received(&asked.digest.request_id(), &sealed)).unwrap();
            hub.wait(laptop.authority.end(&asked.digest.request_id(), true)).unwrap();
            OldLog::of(hub, laptop, &asked).write(hub, count);
            hub.clock.advance(Duration::from_secs(48 * 3600));
        })
    });
    assert_eq!(long, short);
    is_within_the_goal(&long);
}

/// docs/github.md, "What it costs", quotes these numbers.
fn is_quoted(bill: &str) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/github.md")).unwrap();
    let spelled = |number: &str| match number.parse::<u64>().unwrap() {
        number @ 0..1000 => number.to_string(),
        number => format!("{},{:03}", number / 1000, number % 1000),
    };
    for (row, label) in [
        ("`jit login`", "login"),
        ("`jit request`", "request --no-wait"),
        ("the check of its pull request", "its check"),
        ("an hour of `jit wait`", "wait for an hour"),
        ("`jit inbox` with one request", "inbox, one request"),
        ("`jit approve`", "approve"),
        ("credentials, the first or the next", "exec, the next"),
        ("`jit exec` with credentials in the keychain", "exec, from the keychain"),
        ("`jit extend`", "extend --no-wait"),
        ("its taking effect", "wait, and more time"),
        ("`jit end`", "end"),
        ("`jit audit list`", "audit list"),
    ] {
        let line = bill.lines().find_map(|line| line.strip_prefix(&format!("{label:<24} "))).unwrap();
        let numbers: Vec<String> =
            line.split_whitespace().filter(|word| *word != "|").take(9).map(spelled).collect();
        let [calls, unchanged, points, fetches, jobs, jobs_points, writer, writer_points, job_fetches] =
            numbers.as_slice()
        else {
            panic!("{line}");
        };
        let row = format!(
            "| {row} | {calls} | {unchanged} | {points} | {fetches} | {jobs} | {jobs_points} | {writer} | {writer_points} | {job_fetches} |"
        );
        assert!(page.contains(&row), "docs/github.md does not say\n{row}");
    }
}
