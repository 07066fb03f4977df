//! The exact number of GitHub's calls, points and fetches per command, which docs/github.md and docs/figures.md quote: with
//! three files of policy, and the same with thirty, three hundred, and a log of ten thousand requests. And the time that they
//! take if each call takes as long as one to GitHub does.

use std::time::Duration;

use jit::authority::Authority;
use jit::authority::StatementAuthority;

use super::laptop::Asking;
use super::laptop::Laptop;
use super::old_log::OldLog;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::support::github::smart::Fetched;

/// One call to GitHub, or one request of git, in seconds. They follow each other.
const CALL: f64 = 0.12;
/// The start of a runner, in seconds. Each job has one.
const RUNNER: f64 = 12.0;
/// A client looks at its run every three seconds, so it sees the end half of that later.
const LOOK: f64 = 1.5;
/// A person who waits sees the last review half of five seconds later.
const REVIEW_SEEN: f64 = 2.5;

/// The calls of each line, and the time that passed while it ran.
struct Bill<'a> {
    hub: &'a Hub,
    laptop: &'a Laptop<'a>,
    text: String,
    /// What each line takes, in seconds, by its name.
    seconds: Vec<(String, f64)>,
    logbot: u64,
    total: Asking,
}

impl<'a> Bill<'a> {
    fn new(hub: &'a Hub, laptop: &'a Laptop<'a>) -> Self {
        Self {
            hub,
            laptop,
            text: String::new(),
            seconds: Vec::new(),
            logbot: hub.id("logbot"),
            total: Asking::default(),
        }
    }
}

impl Bill<'_> {
    fn of(&mut self, what: &str, work: impl FnOnce()) {
        self.laptop.asked();
        self.laptop.jobs();
        self.hub.github.fetches();
        self.hub.github.git_requests();
        let began = jit::system::Clock::now(&self.hub.clock);
        work();
        let seconds = jit::system::Clock::now(&self.hub.clock).duration_since(began).as_secs();
        let (asked, jobs) = (self.laptop.asked(), self.laptop.jobs());
        self.seconds.push((what.to_owned(), took(asked, self.hub.github.git_requests(), jobs)));
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

    /// What a line takes, in seconds.
    fn took(&self, what: &str) -> f64 {
        self.seconds.iter().find(|(name, _)| name == what).unwrap().1
    }

    /// The lines of the bill, and what jobs spent on all of them.
    fn sum(&self) -> String {
        format!("{}jobs: {} calls, {} points\n", self.text, self.total.jobs, self.total.jobs_points)
    }
}

/// The time of these calls, one after another, and of these jobs, in seconds.
fn took(asked: Asking, of_git: u32, jobs: u32) -> f64 {
    let laptop = asked.laptop + asked.unchanged + asked.laptop_points;
    let others = asked.jobs + asked.jobs_points + asked.writer + asked.writer_points;
    let waits = if jobs > 0 { f64::from(jobs) * RUNNER + LOOK } else { 0.0 };
    f64::from(laptop + others + of_git) * CALL + waits
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
    request --no-wait          3    0   5   3 |   0   0   0   0   0     0 s
    its check                  0    0   0   0 |   2   1   0   0   4     0 s
    inbox, one request         0    0   1   2 |   0   0   0   0   0     0 s
    approve                    1    0   4   0 |   0   0   0   0   0     0 s
    status                     0    0   1   1 |   0   0   0   0   0     0 s
    wait for an hour           4 1552   2   0 |   0   0   0   0   0  3600 s
    wait, approved             0    0   1   0 |   0   0   0   0   0     0 s
    exec, the first            6    0   2   0 |   1   1   1   3   4     3 s
    exec, from the keychain    0    0   0   0 |   0   0   0   0   0     0 s
    exec, the next             6    0   2   2 |   1   1   1   2   4     3 s
    extend --no-wait           3    0   5   3 |   0   0   0   0   0     0 s
    wait, and more time        5    0   6   4 |   0   0   1   3   5     3 s
    end                        4    0   3   2 |   0   0   3   2   3     3 s
    audit list                 0    0   1   1 |   0   0   0   0   0     0 s
    ");
    is_quoted(&bill);
    // The goals of the design.
    assert!(bill.took("request --no-wait") <= 2.5, "{:?}", bill.seconds);
    let from_review = REVIEW_SEEN + bill.took("wait, approved") + bill.took("exec, the first");
    says(&format!("some {from_review:.0} seconds from the last review to the credentials"));
}

/// The bill of an inbox with so many requests, and its seconds.
fn inbox_of(count: usize) -> (String, f64) {
    let hub = Hub::new();
    hub.github.serve_git();
    let role = hub.policy("account", None)["roles/prod-admin.toml"].clone();
    let more = (0..count).map(|number| {
        (format!("roles/more-{number}.toml"), role.replace("role/prod-admin", &format!("role/more-{number}")))
    });
    hub.write_main(&more.collect());
    let laptop = Laptop::of(&hub, "bo");
    let [ana, bo] = ["ana", "bo"].map(|login| Person::new(&hub, login).logged_in());
    for number in 0..count {
        let role = format!("more-{number}");
        ana.words(&["request", &role, "--reason", "INC-42", "--no-wait", "-y"], &[]).ok();
        // A change of something else between two requests: each branched off from another `main`.
        hub.write_main(&[("README.md".to_owned(), role)].into());
    }
    hub.finish_all();
    let mut bill = Bill::new(&hub, &laptop);
    bill.of("inbox", || assert_eq!(bo.run("inbox").ok().matches("more-").count(), count));
    let seconds = bill.took("inbox");
    (bill.text, seconds)
}

#[test]
fn an_inbox_of_ten_costs_no_more_calls_than_one_of_one() {
    let (ten, seconds) = inbox_of(10);
    insta::assert_snapshot!(ten, @"inbox                      0    0   1   3 |   0   0   0   0   0     0 s");
    assert!(seconds <= 1.5, "{seconds}");
    says(&format!("`jit inbox` of ten takes {seconds:.1} s"));
}

/// A request from asking to its end, with so many files of policy.
fn whole(files: usize, prepare: impl FnOnce(&Hub, &Laptop<'_>)) -> String {
    whole_at(&Hub::new(), files, prepare)
}

fn whole_at(hub: &Hub, files: usize, prepare: impl FnOnce(&Hub, &Laptop<'_>)) -> String {
    hub.github.serve_git();
    let role = hub.policy("account", None)["roles/prod-admin.toml"].clone();
    let more = (3..files).map(|number| {
        (format!("roles/more-{number}.toml"), role.replace("role/prod-admin", &format!("role/more-{number}")))
    });
    hub.write_main(&more.collect());
    let laptop = Laptop::of(hub, "ana");
    prepare(hub, &laptop);
    let [ana, bo, dee] = ["ana", "bo", "dee"].map(|login| Person::new(hub, login).logged_in());
    let mut bill = Bill::new(hub, &laptop);
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
    request                    3    0   5   3 |   0   0   0   0   0     0 s
    its check                  0    0   0   0 |   2   1   0   0   4     0 s
    approve, twice             2    0   8   4 |   0   0   0   0   0     0 s
    credentials                6    0   2   1 |   1   1   1   3   4     3 s
    end                        4    0   3   4 |   0   0   2   2   2     3 s
    audit list                 0    0   1   0 |   0   0   0   0   0     0 s
    audit list, again          0    0   1   0 |   0   0   0   0   0     0 s
    jobs: 6 calls, 7 points
    ");
    is_within_the_goal(&small);
    for files in [30, 300] {
        assert_eq!(whole(files, |_, _| {}), small, "{files} files");
    }
}

/// An app's token is made anew in each run that writes the log, from its key.
#[test]
fn an_app_that_writes_the_log_stays_within_the_goal() {
    let bill = whole_at(&Hub::with_app(), 3, |_, _| {});
    insta::assert_snapshot!(bill.lines().last().unwrap(), @"jobs: 10 calls, 7 points");
    is_within_the_goal(&bill);
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

/// The rows of the table in docs/github.md, "What it costs": the row's name, the line of the bill, and what the version before
/// asked for. Nobody waits for the check or for an hour's answer, so they have no time.
const ROWS: [(&str, &str, &str, bool); 13] = [
    ("`jit login`", "login", "14", true),
    ("`jit request --no-wait`", "request --no-wait", "23", true),
    ("the check of its pull request", "its check", "12 by jobs", false),
    ("`jit inbox` with one request", "inbox, one request", "12", true),
    ("`jit approve`", "approve", "13", true),
    ("an hour of `jit wait`", "wait for an hour", "11", false),
    ("credentials, the first", "exec, the first", "20, 33, 4", true),
    ("credentials, the next", "exec, the next", "20, 33, 4", true),
    ("`jit exec` with credentials in the keychain", "exec, from the keychain", "0", true),
    ("`jit extend --no-wait`", "extend --no-wait", "27", true),
    ("its taking effect", "wait, and more time", "26, 19, 4", true),
    ("`jit end --wait`", "end", "26, 19, 4", true),
    ("`jit audit list`", "audit list", "9, and one for each request in the log", true),
];
const HEAD: &str = "| | person: calls | unchanged, free | points | fetches | jobs: calls | points | log's app: calls | points | \
                    fetches of jobs | takes, about | before |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";

fn page() -> (std::path::PathBuf, String) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/github.md");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// docs/github.md has this sentence, wherever its lines end.
#[track_caller]
fn says(words: &str) {
    let flat = page().1.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(words), "docs/github.md does not say: {words}");
}

/// Compares the table in docs/github.md with the bill. `JIT_REFRESH=1` writes it.
fn is_quoted(bill: &Bill<'_>) {
    let spelled = |number: &str| match number.parse::<u64>().unwrap() {
        number @ 0..1000 => number.to_string(),
        number => format!("{},{:03}", number / 1000, number % 1000),
    };
    let mut table = HEAD.to_owned();
    for (row, label, before, waits) in ROWS {
        let line = bill.text.lines().find_map(|line| line.strip_prefix(&format!("{label:<24} "))).unwrap();
        let numbers: Vec<String> =
            line.split_whitespace().filter(|word| *word != "|").take(9).map(spelled).collect();
        let seconds = if waits { format!("{:.1} s", bill.took(label)) } else { "–".to_owned() };
        table.push_str(&format!("| {row} | {} | {seconds} | {before} |\n", numbers.join(" | ")));
    }
    let (path, page) = page();
    let start = page.find(HEAD.split_once('\n').unwrap().0).expect("docs/github.md has no table of costs");
    let length = page[start..].find("\n\n").unwrap() + 1;
    if jit::system::Environment::of_process().get("JIT_REFRESH").is_some() {
        std::fs::write(&path, [&page[..start], &table, &page[start + length..]].concat()).unwrap();
        return;
    }
    assert!(
        page[start..start + length] == table,
        "docs/github.md is stale, write it with JIT_REFRESH=1:\n{table}"
    );
}
