//! Reports of logs with known content: every figure has a case that would be wrong if it were counted in another way.

use std::collections::BTreeMap;
use std::path::Path;

use insta::assert_snapshot;
use jit::audit::Event;
use jit::audit::Head;
use jit::audit::Link;
use jit::audit::LogKey;
use jit::audit::Subject;
use jit::grant::Change;
use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::change::Lapse;
use jit::grant::span::Span;
use jit::grant::span::whole_seconds;
use jit::grant::statement::Header;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::statement::sign;
use jit::secret::seal::RecipientKey;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::cli::real::ASK;
use crate::cli::real::Team;
use crate::cli::stage::Person;
use crate::cli::stage::Shot;

const AUTHORITY: &str = "https://jit.example.com";

/// The key of each person: the number of the signer.
fn signer(name: &str) -> TestSigner {
    TestSigner::ed25519(match name {
        "ana" => 1,
        "bo" => 2,
        "cy" => 3,
        other => panic!("{other} has no key"),
    })
}

/// A log that a test writes, as `jit audit list --all --json` exports it.
struct Log {
    head: Head,
    events: Vec<Value>,
    nonce: u32,
}

impl Log {
    fn new() -> Self {
        Self { head: Head::default(), events: Vec::new(), nonce: 0 }
    }

    fn add(&mut self, at: &str, subject: Subject) {
        let event = Event {
            sequence: self.head.sequence + 1,
            at: at.parse().unwrap(),
            policy: Digest::of(b"policy"),
            source: Some("192.0.2.7".to_owned()),
            subject,
        };
        let link = Link::forge(&LogKey::new(&[7; 32]), &self.head, &event).unwrap();
        self.head = link.head();
        let body: Value = serde_json::from_slice(&link.body).unwrap();
        let hash = data_encoding::HEXLOWER.encode(&link.hash);
        self.events.push(json!({"sequence": event.sequence, "at": at, "event": body, "hash": hash}));
    }

    fn change(&mut self, at: &str, request: Digest, change: Change) {
        self.add(at, Subject::Request { request, change });
    }

    fn header(&mut self, who: &str, at: &str) -> Header {
        self.nonce += 1;
        Header {
            authority: AUTHORITY.to_owned(),
            who: who.parse().unwrap(),
            at: whole_seconds(at.parse().unwrap()),
            nonce: format!("a-nonce-for-the-test-{}", self.nonce),
        }
    }

    fn asking(&mut self, at: &str, who: &str, role: &str, way: Way, reason: &str) -> Signed {
        let header = self.header(who, at);
        let created = header.at;
        let asked = RequestStatement {
            header,
            way,
            interactive: true,
            agent: false,
            role: role.parse().unwrap(),
            target: format!("aws:arn:aws:iam::111122223333:role/{role}?region=eu-west-1").parse().unwrap(),
            scope: None,
            duration: "1h".parse().unwrap(),
            start: None,
            reason: reason.to_owned(),
            recipient: RecipientKey::generate(&[3; 32]).public().unwrap(),
            workload: None,
            job: None,
            purpose: None,
            policy: Digest::of(b"policy"),
            created,
            not_after: Span::of_minutes(2880).after(created),
        };
        sign(&Statement::Request(Box::new(asked)), &signer(who)).unwrap()
    }

    fn ask(&mut self, at: &str, who: &str, role: &str, way: Way, reason: &str) -> Digest {
        let signed = self.asking(at, who, role, way, reason);
        let digest = Digest::of(signed.statement.as_bytes());
        let pending_until = Span::of_minutes(1440).after(at.parse().unwrap());
        self.change(at, digest, Change::Requested { signed, pending_until, source: None });
        digest
    }

    fn say(&mut self, at: &str, who: &str, request: Digest, verdict: Verdict) -> Signed {
        let header = self.header(who, at);
        let comment = if verdict == Verdict::Deny { "no" } else { "" }.to_owned();
        let review = ReviewStatement { header, request, verdict, comment, duration: None, scope: None };
        sign(&Statement::Review(review), &signer(who)).unwrap()
    }

    fn review(&mut self, at: &str, who: &str, request: Digest, verdict: Verdict) {
        let signed = self.say(at, who, request, verdict);
        self.change(at, request, Change::Reviewed { by: who.parse().unwrap(), verdict, signed });
        if verdict == Verdict::Deny {
            self.change(at, request, Change::Denied { by: who.parse().unwrap(), on_page: None });
        }
    }

    fn approved(&mut self, at: &str, request: Digest, by: &[&str], duration: &str) {
        let by = by.iter().map(|name| name.parse().unwrap()).collect();
        let unused_until = Span::of_minutes(720).after(at.parse().unwrap());
        let duration = duration.parse().unwrap();
        self.change(at, request, Change::Approved { duration, unused_until, by, scope: None });
    }

    fn used(&mut self, at: &str, request: Digest, until: &str) {
        let until = until.parse().unwrap();
        self.change(at, request, Change::Activated { until });
        self.change(at, request, Change::Minted { lease: 1, expires: until, handle: None, last_end: None });
    }

    fn write(&self, path: &Path) {
        std::fs::write(path, serde_json::to_string_pretty(&self.events).unwrap()).unwrap();
    }
}

/// One person at a terminal, who needs no login to read a file.
struct Desk {
    person: Person,
}

impl Desk {
    fn new() -> Self {
        let clock = FakeClock::at("2026-11-30T12:00:00Z");
        Self { person: Person::new(2, &clock, &FakeHttp::default()) }
    }

    async fn report(&self, log: &Log, flags: &str) -> Shot {
        let working = &self.person.world.system.files.working;
        std::fs::create_dir_all(working).unwrap();
        log.write(&working.join("log.json"));
        self.person.run(&format!("report --log log.json {flags}"), &[]).await
    }

    async fn json(&self, log: &Log, flags: &str) -> Value {
        let shot = self.report(log, &format!("{flags} --json")).await;
        assert_eq!(shot.code, 0, "{shot}");
        serde_json::from_str(&shot.stdout).unwrap()
    }
}

/// A month of a small team.
fn month() -> Log {
    let mut log = Log::new();
    let policy = Digest::of(b"policy");
    log.add("2026-11-02T08:00:00Z", Subject::Policy { revision: policy, commit: None });
    // Approved by two people, the second after 4 minutes; used, ended early, two leases.
    let first = log.ask("2026-11-02T09:00:00Z", "ana", "prod-admin", Way::Request, "INC-1");
    log.review("2026-11-02T09:00:09.9Z", "bo", first, Verdict::Approve);
    log.review("2026-11-02T09:04:00Z", "cy", first, Verdict::Approve);
    log.approved("2026-11-02T09:04:00Z", first, &["bo", "cy"], "30m");
    log.used("2026-11-02T09:10:00Z", first, "2026-11-02T09:40:00Z");
    let more = log.ask("2026-11-02T09:30:00Z", "ana", "prod-admin", Way::Extend(first), "INC-1");
    log.review("2026-11-02T09:30:10Z", "bo", more, Verdict::Approve);
    log.approved("2026-11-02T09:30:10Z", more, &["bo"], "1h");
    let signed = {
        let asked = log.events.iter().find_map(|event| {
            let subject = &event["event"]["subject"];
            let is_more = subject["request"] == json!(more) && subject["change"]["change"] == "requested";
            is_more.then(|| serde_json::from_value::<Signed>(subject["change"]["signed"].clone()).unwrap())
        });
        asked.unwrap()
    };
    log.change(
        "2026-11-02T09:30:11Z",
        more,
        Change::Activated { until: "2026-11-02T10:40:00Z".parse().unwrap() },
    );
    log.change(
        "2026-11-02T09:30:11Z",
        first,
        Change::Extended { signed, until: "2026-11-02T10:40:00Z".parse().unwrap() },
    );
    log.change(
        "2026-11-02T10:00:00Z",
        first,
        Change::Minted {
            lease: 2,
            expires: "2026-11-02T10:30:00Z".parse().unwrap(),
            handle: None,
            // A token that its place ends later.
            last_end: Some("2026-11-02T11:05:00Z".parse().unwrap()),
        },
    );
    log.change("2026-11-02T10:20:00Z", first, Change::Ended { by: Some("ana".parse().unwrap()) });
    // Denied after an hour.
    let denied = log.ask("2026-11-10T10:00:00Z", "ana", "prod-admin", Way::Request, "INC-2");
    log.change("2026-11-10T10:15:00Z", denied, Change::Reminded);
    log.review("2026-11-10T11:00:00Z", "cy", denied, Verdict::Deny);
    // Approved without a review, never used.
    let automatic = log.ask("2026-11-11T10:00:00Z", "cy", "stage-admin", Way::Request, "");
    log.approved("2026-11-11T10:00:00Z", automatic, &[], "1h");
    log.change("2026-11-11T22:00:00Z", automatic, Change::Expired { lapse: Lapse::NeverUsed });
    // Nobody decided, and one was taken back.
    let ignored = log.ask("2026-11-12T10:00:00Z", "ana", "prod-admin", Way::Request, "INC-3");
    log.change("2026-11-13T10:00:00Z", ignored, Change::Expired { lapse: Lapse::NobodyDecided });
    let cancelled = log.ask("2026-11-14T10:00:00Z", "ana", "prod-admin", Way::Request, "INC-4");
    log.change("2026-11-14T10:05:00Z", cancelled, Change::Cancelled { by: "ana".parse().unwrap() });
    // Two emergencies: one is reviewed, one is not. The second was revoked by the policy.
    for (day, is_reviewed) in [(15, true), (16, false)] {
        let at = |time: &str| format!("2026-11-{day}T{time}Z");
        let taken = log.ask(&at("02:00:00"), "ana", "prod-admin", Way::BreakGlass, "down");
        let unused_until = at("02:30:00").parse().unwrap();
        let duration = "30m".parse().unwrap();
        log.change(&at("02:00:00"), taken, Change::GlassBroken { duration, unused_until });
        log.used(&at("02:00:05"), taken, &at("02:30:05"));
        if is_reviewed {
            log.change(&at("02:30:05"), taken, Change::Ended { by: None });
            let signed = log.say(&at("09:00:00"), "bo", taken, Verdict::Approve);
            log.change(&at("09:00:00"), taken, Change::Acknowledged { by: "bo".parse().unwrap(), signed });
        } else {
            let reason = "the role is gone".to_owned();
            log.change(&at("02:10:00"), taken, Change::Revoked { by: None, reason, signed: None });
        }
    }
    // Approved in two minutes by one person, and still waiting.
    let last = log.ask("2026-11-29T23:30:00Z", "ana", "prod-admin", Way::Request, "=HYPERLINK(\"x\")");
    log.review("2026-11-29T23:32:00Z", "bo", last, Verdict::Approve);
    log.approved("2026-11-29T23:32:00Z", last, &["bo"], "1h");
    log.ask("2026-11-30T11:00:00Z", "cy", "orders-reader", Way::Request, "look");
    log
}

#[tokio::test]
async fn every_figure_of_a_known_month() {
    let desk = Desk::new();
    let report = desk.json(&month(), "").await;
    assert_eq!(
        report["totals"],
        json!({
            "all": 10,
            "requests": 7,
            "extensions": 1,
            "emergencies": 2,
            "approved": 3,
            "without_review": 1,
            "taken": 2,
            "denied": 1,
            "nobody_decided": 1,
            "withdrawn": 1,
            "pending": 1,
            "used": 4,
            "revoked": 1,
            "credentials": 4,
            "extended": 1,
            // 9.9 seconds are under ten, 10 seconds are not, and the second reviewer took four minutes.
            "fast_approvals": 1,
            "unreviewed_emergencies": 1,
            // 10 s, 120 s, 240 s and 3600 s: neither what the policy approved nor what expired counts.
            "decided_by_people": 4,
            "median_decision_seconds": 180,
        })
    );
    let rows = report["requests"].as_array().unwrap();
    let by = |reason: &str| rows.iter().find(|row| row["reason"] == reason).unwrap();
    let first = by("INC-1");
    assert_eq!(first["agreed"], json!(["bo", "cy"]));
    assert_eq!(first["decision_seconds"], 240);
    // Its approval was shorter than asked, an extension moved its end, and its owner ended it before that.
    assert_eq!((&first["asked_seconds"], &first["approved_seconds"]), (&json!(3600), &json!(1800)));
    assert_eq!(first["active_from"], "2026-11-02T09:10:00Z");
    assert_eq!(first["active_until"], "2026-11-02T10:20:00Z");
    assert_eq!(
        (&first["extended"], &first["credentials"], &first["stopped_by"]),
        (&json!(1), &json!(2), &json!("ana"))
    );
    assert_eq!(first["credentials_until"], "2026-11-02T11:05:00Z");
    let emergencies: Vec<&Value> = rows.iter().filter(|row| row["kind"] == "emergency").collect();
    assert_eq!(emergencies[0]["acknowledged"]["by"], "bo");
    assert_eq!(emergencies[1]["active_until"], "2026-11-16T02:10:00Z");
    assert_eq!(report["unreviewed_emergencies"], json!([emergencies[1]["request"]]));
    assert_eq!(report["fast_approvals"], json!([{"request": first["request"], "by": "bo", "seconds": 9}]));
    // Bo alone approved the extension and the last request. The first one had a second approval.
    assert_eq!(report["approved_alone"], json!([{"person": "bo", "count": 2}]));
    assert_eq!((&report["version"], &report["authority"]), (&json!(1), &json!(AUTHORITY)));
    // Without a policy nothing is said of roles and people that the log does not know.
    for member in ["could_approve_alone", "unused_roles", "not_in_policy"] {
        assert_eq!(report[member], Value::Null, "{member}");
    }
    let text = |member: &str| report[member].to_string();
    assert!(text("verified").contains("10 signatures of requests and 6 signatures of reviews"), "{report}");
    for said in ["events after its last one may be missing", "whose keys signed", "which roles exist"] {
        assert!(text("not_verified").contains(said), "{said}: {}", report["not_verified"]);
    }
}

#[tokio::test]
async fn the_filter_takes_what_touches_the_period() {
    let desk = Desk::new();
    let log = month();
    let reasons = |report: &Value| -> Vec<String> {
        let rows = report["requests"].as_array().unwrap();
        rows.iter().map(|row| row["reason"].as_str().unwrap().to_owned()).collect()
    };
    // Asked for before, decided or active within; and nothing that only lies before or after.
    for (flags, expected) in [
        ("--since 2026-11-02T09:45:00Z --until 2026-11-02T10:00:00Z", vec!["INC-1", "INC-1"]),
        ("--since 2026-11-02T10:20:00Z --until 2026-11-02T10:30:00Z", vec!["INC-1"]),
        ("--since 2026-11-02T11:00:00Z --until 2026-11-10T10:00:00Z", vec![]),
        ("--since 2026-11-10T10:30:00Z --until 2026-11-10T12:00:00Z", vec!["INC-2"]),
        ("--since 2026-11-12 --until 2026-11-12", vec!["INC-3"]),
        ("--since 2026-11-13 --until 2026-11-14", vec!["INC-3", "INC-4"]),
        ("--role stage-admin", vec![""]),
        ("--role orders-reader --person ana", vec![]),
        ("--person cy", vec!["INC-1", "INC-2", "", "look"]),
        ("--since 1d", vec!["=HYPERLINK(\"x\")", "look"]),
    ] {
        let report = desk.json(&log, flags).await;
        assert_eq!(reasons(&report), expected, "{flags}");
        assert_eq!(report["totals"]["all"], json!(expected.len()), "{flags}");
    }
    let empty = desk.json(&log, "--role nobody").await;
    assert_eq!(empty["totals"]["median_decision_seconds"], Value::Null);
    for wrong in ["--since yesterday", "--since 2026-11-03 --until 2026-11-02", "--csv --json"] {
        assert_eq!(desk.report(&log, wrong).await.code, 2, "{wrong}");
    }
}

/// A day means another day in another time zone, in the filter and in the text.
#[tokio::test]
async fn two_time_zones_have_two_days() {
    let log = month();
    let mut desk = Desk::new();
    for (zone, expected, shown) in [
        ("Europe/Berlin", vec!["=HYPERLINK(\"x\")", "look"], "2026-11-30 00:30 CET"),
        ("America/New_York", vec!["look"], "2026-11-30 06:00 EST"),
    ] {
        desk.person.world.system.zone = jiff::tz::TimeZone::get(zone).unwrap().into();
        let report = desk.json(&log, "--since 2026-11-30 --until 2026-11-30").await;
        let rows = report["requests"].as_array().unwrap();
        assert_eq!(
            rows.iter().map(|row| row["reason"].as_str().unwrap()).collect::<Vec<_>>(),
            expected,
            "{zone}"
        );
        // Programs read UTC, people their own time.
        assert!(rows.iter().all(|row| row["asked_at"].as_str().unwrap().ends_with('Z')));
        let text = desk.report(&log, "--since 2026-11-30 --until 2026-11-30").await;
        assert!(text.stdout.contains(shown), "{zone}: {text}");
        let csv = desk.report(&log, "--since 2026-11-30 --until 2026-11-30 --csv").await;
        assert!(csv.stdout.contains("2026-11-30T11:00:00Z"), "{csv}");
    }
}

#[tokio::test]
async fn the_text_says_what_deserves_a_look() {
    let desk = Desk::new();
    let text = desk.report(&month(), "--since 2026-11-15").await;
    assert_eq!(text.code, 0, "{text}");
    let stdout = regex_ids(&text.stdout);
    assert_snapshot!(stdout, @r#"
    access report of https://jit.example.com: since 2026-11-15 00:00 UTC; made 2026-11-30 12:00 UTC

      verified      40 events: each follows the one before
      verified      10 signatures of requests and 6 signatures of reviews and revocations, each by the key that it names
      not verified  whether the file is the whole log: events after its last one may be missing
      not verified  that the broker shows the log that it wrote: the key that authenticates events never leaves it. Keep the last hash of this report elsewhere, and pass it to the next one with --kept
      not verified  whose keys signed: the log does not contain the people. --policy compares them with a policy
      not verified  which roles exist: --policy says so
      last event    40, hash HASH

    FIGURE                               NUMBER
    requests, extensions, emergencies    4
      ordinary requests                  2
      extensions asked for               0
      emergencies                        2
    approved by people                   1
    approved without a review            0
    taken in an emergency                2
    denied                               0
    nobody decided                       0
    taken back before a decision         0
    pending                              1
    used                                 2
    revoked                              1
    credentials handed out               2
    extensions that took effect          0
    median time to a decision of people  2m (of 1 decision)
    approvals in under ten seconds       0
    emergencies without a review         1

    REQUEST     ASKED                 WHO  ROLE                    DECISION                      ACCESS                                                               REASON
    REQUEST-ID  2026-11-15 02:00 UTC  ana  prod-admin (emergency)  taken; bo found it justified  2026-11-15 02:00 UTC to 2026-11-15 02:30 UTC                         down
    REQUEST-ID  2026-11-16 02:00 UTC  ana  prod-admin (emergency)  taken; not reviewed           2026-11-16 02:00 UTC to 2026-11-16 02:10 UTC, revoked by the policy  down
    REQUEST-ID  2026-11-29 23:30 UTC  ana  prod-admin              approved by bo after 2m       not used                                                             =HYPERLINK("x")
    REQUEST-ID  2026-11-30 11:00 UTC  cy   orders-reader           pending                       not used                                                             look

    deserves a look
      nobody has reviewed the emergency REQUEST-ID
      bo alone approved 1 request
    "#);
    // In a narrow terminal nothing is cut, and no line is wider.
    desk.person.world.console.columns.store(100, std::sync::atomic::Ordering::Relaxed);
    let narrow = desk.report(&month(), "").await;
    assert!(narrow.stdout.lines().all(|line| line.chars().count() <= 100), "{narrow}");
}

/// Ids and hashes depend on bytes that no reader looks at.
fn regex_ids(text: &str) -> String {
    let is_id = |word: &str| {
        word.len() == 10
            && word.chars().all(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase())
            && word.chars().any(|letter| letter.is_ascii_digit())
    };
    let is_hash = |word: &str| word.len() == 64 && word.chars().all(|letter| letter.is_ascii_hexdigit());
    let lines = text.lines().map(|line| {
        let words = line.split(' ').map(|word| match word {
            word if is_id(word) => "REQUEST-ID",
            word if is_hash(word) => "HASH",
            word => word,
        });
        words.collect::<Vec<&str>>().join(" ")
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// The members of each line of CSV, by its header.
fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[tokio::test]
async fn csv_has_a_line_a_request_and_no_formula() {
    let desk = Desk::new();
    let shot = desk.report(&month(), "--csv").await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("verified") && shot.stderr.contains("not verified"), "{shot}");
    assert!(shot.stdout.lines().count() == 11 && shot.stdout.contains("\r\n"), "{shot}");
    let rows = csv_rows(&shot.stdout);
    let last = rows.iter().find(|row| row["reason"].contains("HYPERLINK")).unwrap();
    assert_eq!(last["reason"], "'=HYPERLINK(\"x\")");
    assert!(
        rows.iter()
            .flat_map(BTreeMap::values)
            .all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r']))
    );
    let first = &rows[0];
    assert_eq!((first["agreed"].as_str(), first["decision"].as_str()), ("bo cy", "approved"));
    assert_eq!(first["reviews"], "bo approve 2026-11-02T09:00:09Z; cy approve 2026-11-02T09:04:00Z");
}

/// Checks that text, CSV and JSON say the same of one log.
async fn agree(desk: &Desk, log: &Log) {
    let json = desk.json(log, "").await;
    let totals = json["totals"].as_object().unwrap().clone();
    let total = |name: &str| totals[name].as_u64().unwrap();
    let rows = csv_rows(&desk.report(log, "--csv").await.stdout);
    let count =
        |test: &dyn Fn(&BTreeMap<String, String>) -> bool| rows.iter().filter(|row| test(row)).count() as u64;
    let sum = |column: &str| rows.iter().map(|row| row[column].parse::<u64>().unwrap()).sum::<u64>();
    assert_eq!(total("all"), rows.len() as u64);
    for (name, kind) in [("requests", "request"), ("extensions", "extension"), ("emergencies", "emergency")] {
        assert_eq!(total(name), count(&|row| row["kind"] == kind), "{name}");
    }
    let decisions =
        ["approved", "without_review", "taken", "denied", "nobody_decided", "withdrawn", "pending"];
    for name in decisions {
        assert_eq!(total(name), count(&|row| row["decision"] == name), "{name}");
    }
    assert_eq!(decisions.iter().map(|name| total(name)).sum::<u64>(), total("all"), "one decision each");
    assert_eq!(total("used"), count(&|row| !row["active_from"].is_empty()));
    assert_eq!(total("revoked"), count(&|row| row["revoked"] == "yes"));
    assert_eq!(total("credentials"), sum("credentials"));
    assert_eq!(total("extended"), sum("extended"));
    assert_eq!(total("fast_approvals"), sum("fast_approvals"));
    assert_eq!(total("decided_by_people"), count(&|row| !row["decision_seconds"].is_empty()));
    assert_eq!(
        total("unreviewed_emergencies"),
        count(&|row| row["decision"] == "taken" && row["acknowledged"].is_empty())
    );
    let mut times: Vec<u64> = rows.iter().filter_map(|row| row["decision_seconds"].parse().ok()).collect();
    times.sort_unstable();
    let median = (!times.is_empty()).then(|| (times[(times.len() - 1) / 2] + times[times.len() / 2]) / 2);
    assert_eq!(totals["median_decision_seconds"], json!(median));
    let text = desk.report(log, "").await.stdout;
    for (figure, name) in [
        ("requests, extensions, emergencies", "all"),
        ("approved by people", "approved"),
        ("approved without a review", "without_review"),
        ("taken in an emergency", "taken"),
        ("denied", "denied"),
        ("nobody decided", "nobody_decided"),
        ("taken back before a decision", "withdrawn"),
        ("pending", "pending"),
        ("used", "used"),
        ("revoked", "revoked"),
        ("credentials handed out", "credentials"),
        ("extensions that took effect", "extended"),
        ("approvals in under ten seconds", "fast_approvals"),
        ("emergencies without a review", "unreviewed_emergencies"),
    ] {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{figure}  ")))
            .unwrap_or_else(|| panic!("{figure}: {text}"));
        assert_eq!(line.split_whitespace().last().unwrap(), totals[name].to_string(), "{line}");
    }
}

/// The fate of one request: how long people take, and how it ends.
#[derive(Debug, Clone)]
struct Fate {
    kind: u8,
    seconds: i64,
    end: u8,
}

fn invented(fates: &[Fate]) -> Log {
    let mut log = Log::new();
    let mut first = None;
    for (place, fate) in fates.iter().enumerate() {
        let start: jiff::Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let begin = start + jiff::SignedDuration::from_hours(place as i64 * 4);
        let at = |seconds: i64| (begin + jiff::SignedDuration::from_secs(seconds)).to_string();
        let way = match (fate.kind, first) {
            (0, _) => Way::BreakGlass,
            (1, Some(first)) => Way::Extend(first),
            _ => Way::Request,
        };
        let request = log.ask(&at(0), "ana", "prod-admin", way, "x");
        if way == Way::Request {
            first.get_or_insert(request);
        }
        if way == Way::BreakGlass {
            let duration = "30m".parse().unwrap();
            let unused_until = at(1800).parse().unwrap();
            log.change(&at(0), request, Change::GlassBroken { duration, unused_until });
        } else {
            match fate.end {
                0 => continue,
                1 => {
                    log.review(&at(fate.seconds), "bo", request, Verdict::Deny);
                    continue;
                }
                2 => {
                    log.change(&at(fate.seconds), request, Change::Expired { lapse: Lapse::NobodyDecided });
                    continue;
                }
                3 => {
                    log.change(&at(fate.seconds), request, Change::Cancelled { by: "ana".parse().unwrap() });
                    continue;
                }
                4 => log.approved(&at(0), request, &[], "1h"),
                _ => {
                    log.review(&at(fate.seconds), "bo", request, Verdict::Approve);
                    log.approved(&at(fate.seconds), request, &["bo"], "1h");
                }
            }
        }
        match fate.end {
            5 => continue,
            6 => log.review(&at(fate.seconds + 1), "cy", request, Verdict::Deny),
            _ => {
                log.used(&at(fate.seconds + 2), request, &at(fate.seconds + 3600));
                if fate.end == 8 {
                    let signed = log.say(&at(fate.seconds + 9), "cy", request, Verdict::Approve);
                    if way == Way::BreakGlass {
                        let by = "cy".parse().unwrap();
                        log.change(&at(fate.seconds + 9), request, Change::Acknowledged { by, signed });
                    }
                }
                if fate.end == 9 {
                    let reason = "gone".to_owned();
                    log.change(
                        &at(fate.seconds + 9),
                        request,
                        Change::Revoked { by: None, reason, signed: None },
                    );
                }
            }
        }
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn text_csv_and_json_agree(fates in proptest::collection::vec(
        (0_u8..4, 0_i64..60, 0_u8..10).prop_map(|(kind, seconds, end)| Fate { kind, seconds, end }), 0..12
    )) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { agree(&Desk::new(), &invented(&fates)).await });
    }
}

#[tokio::test]
async fn an_empty_log_and_an_empty_period_are_reported() {
    let desk = Desk::new();
    for log in [Log::new(), month()] {
        let flags = "--since 2020-01-01 --until 2020-01-02";
        let json = desk.json(&log, flags).await;
        assert_eq!((&json["totals"]["all"], &json["requests"]), (&json!(0), &json!([])));
        assert_eq!(json["log"]["events"], json!(log.events.len()));
        let text = desk.report(&log, flags).await;
        assert!(text.code == 0 && text.stdout.contains("no request in this period"), "{text}");
        let csv = desk.report(&log, &format!("{flags} --csv")).await;
        assert_eq!(csv.stdout.lines().count(), 1, "the header alone: {csv}");
    }
    agree(&desk, &Log::new()).await;
}

/// The command reports nothing of a changed log, and its exit code says so.
#[tokio::test]
async fn a_log_that_does_not_verify_is_not_reported() {
    let desk = Desk::new();
    let refused = |log: Log, what: &'static str| {
        let desk = &desk;
        async move {
            for flags in ["", "--csv", "--json"] {
                let shot = desk.report(&log, flags).await;
                assert_eq!((shot.code, shot.stdout.as_str()), (1, ""), "{what} {flags}: {shot}");
                assert!(shot.stderr.contains("nothing is reported"), "{what}: {shot}");
            }
        }
    };
    let number = month().events.len();
    for place in [1, number / 2, number - 1] {
        let mut log = month();
        log.events[place]["event"]["source"] = json!("203.0.113.9");
        refused(log, "an event was changed").await;
        if place + 1 < number {
            let mut log = month();
            log.events.remove(place);
            refused(log, "an event is missing").await;
        }
        let mut log = month();
        log.events[place]["hash"] = json!("0".repeat(64));
        refused(log, "a hash was changed").await;
    }
    let mut log = month();
    log.events.swap(3, 4);
    refused(log, "two events were exchanged").await;
    let mut log = month();
    log.events[2]["event"]["subject"]["change"]["unknown"] = json!("x");
    refused(log, "an event of an unknown form").await;

    // An attacker who can write the whole log can chain it anew. The signatures of people still tell.
    let chained = |edit: &dyn Fn(&mut Log)| {
        let mut log = Log::new();
        let request = log.ask("2026-11-02T09:00:00Z", "ana", "prod-admin", Way::Request, "INC-1");
        log.review("2026-11-02T09:04:00Z", "bo", request, Verdict::Approve);
        edit(&mut log);
        log
    };
    let other = chained(&|log| {
        let mut signed = log.asking("2026-11-02T10:00:00Z", "ana", "prod-admin", Way::Request, "INC-2");
        signed.statement = signed.statement.replace("INC-2", "INC-3");
        let digest = Digest::of(signed.statement.as_bytes());
        let pending_until = "2026-11-03T10:00:00Z".parse().unwrap();
        log.change("2026-11-02T10:00:00Z", digest, Change::Requested { signed, pending_until, source: None });
    });
    refused(other, "a request was edited").await;
    let review = |by: &'static str, verdict: Verdict, swap: bool| {
        chained(&move |log: &mut Log| {
            let asked = log.ask("2026-11-02T10:00:00Z", "ana", "prod-admin", Way::Request, "INC-2");
            let about = if swap { Digest::of(b"another") } else { asked };
            let signed = log.say("2026-11-02T10:01:00Z", "bo", about, Verdict::Deny);
            log.change(
                "2026-11-02T10:01:00Z",
                asked,
                Change::Reviewed { by: by.parse().unwrap(), verdict, signed },
            );
        })
    };
    refused(review("bo", Verdict::Approve, false), "a denial stands as an approval").await;
    refused(review("cy", Verdict::Deny, false), "a review stands under another name").await;
    refused(review("bo", Verdict::Deny, true), "a review of another request").await;
    assert_eq!(desk.report(&review("bo", Verdict::Deny, false), "").await.code, 0, "the same, unchanged");
    let unsigned = chained(&|log| {
        let asked = log.ask("2026-11-02T10:00:00Z", "ana", "prod-admin", Way::Request, "INC-2");
        log.review("2026-11-02T10:01:00Z", "bo", asked, Verdict::Approve);
        log.approved("2026-11-02T10:01:00Z", asked, &["bo", "cy"], "1h");
    });
    refused(unsigned, "an approval names somebody who did not sign").await;
    let stray = chained(&|log| {
        let change = Change::Activated { until: "2026-11-03T10:00:00Z".parse().unwrap() };
        log.change("2026-11-02T10:00:00Z", Digest::of(b"unknown"), change);
    });
    refused(stray, "access that nobody asked for").await;
    let another = chained(&|log| {
        let signed = log.asking("2026-11-02T10:00:00Z", "ana", "prod-admin", Way::Request, "x");
        let statement = signed.statement.replace("jit.example.com", "jit.example.org");
        let signed = Signed { statement, ..signed };
        let digest = Digest::of(signed.statement.as_bytes());
        let pending_until = "2026-11-03T10:00:00Z".parse().unwrap();
        log.change("2026-11-02T10:00:00Z", digest, Change::Requested { signed, pending_until, source: None });
    });
    refused(another, "a request to another authority").await;

    // A hash that was kept must still be there.
    let log = month();
    let kept = log.events[5]["hash"].as_str().unwrap().to_owned();
    let shot = desk.report(&log, &format!("--kept {kept}")).await;
    assert!(shot.code == 0 && shot.stdout.contains("event 6 has the hash that was kept"), "{shot}");
    refused_kept(&desk, &log).await;
    // A file that is no log, or only the end of one.
    let mut late = month();
    late.events.drain(..3);
    let shot = desk.report(&late, "").await;
    assert!(shot.code == 2 && shot.stderr.contains("does not begin with the first event"), "{shot}");
    let shot = desk.person.run("report --log nothing.json", &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("jit audit list --all --json"), "{shot}");
}

async fn refused_kept(desk: &Desk, log: &Log) {
    let shot = desk.report(log, &format!("--kept {}", "0".repeat(64))).await;
    assert!(shot.code == 1 && shot.stdout.is_empty(), "{shot}");
    assert!(shot.stderr.contains("does not contain the hash that was kept"), "{shot}");
}

/// A policy says which roles exist, who left, and who needs no second person.
#[tokio::test]
async fn a_policy_shows_who_left_and_what_nobody_used() {
    let desk = Desk::new();
    let folder = desk.person.world.system.files.working.join("access");
    std::fs::create_dir_all(folder.join("roles")).unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.join(path), text).unwrap();
    write("access.toml", "version = 1\n");
    let key = |name: &str| signer(name).public_key().to_owned();
    // Cy left. Bo has a new key since.
    write(
        "people.toml",
        &format!(
            "[people.ana]\nname = \"Ana\"\nkeys = [\"{}\"]\n[people.bo]\nname = \"Bo\"\nkeys = [\"{}\"]\n\
             [people.eve]\nname = \"Eve\"\n[groups]\ndev = [\"ana\"]\nsre = [\"bo\", \"eve\"]\n",
            key("ana"),
            TestSigner::ed25519(9).public_key()
        ),
    );
    for (role, approval) in [
        ("prod-admin", "\"2 of group:sre\""),
        ("orders-reader", "{ any = [\"1 of person:eve\", \"2 of group:sre\"] }"),
        ("stage-admin", "\"none\""),
        ("both", "{ all = [\"1 of person:bo\", \"1 of person:eve\"] }"),
    ] {
        write(
            &format!("roles/{role}.toml"),
            &format!(
                "description = \"A role\"\nrequesters = [\"group:dev\"]\napproval = {approval}\nduration = \"1h\"\n\
                 max_duration = \"4h\"\nlease = \"1h\"\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/{role}\"\n\
                 region = \"eu-west-1\"\n"
            ),
        );
    }
    let report = desk.json(&month(), "--policy access").await;
    assert_eq!(
        report["unused_roles"],
        json!(["both", "orders-reader", "stage-admin"]),
        "asked for is not used"
    );
    assert_eq!(report["not_in_policy"], json!(["cy"]));
    let alone: Vec<String> = report["could_approve_alone"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alone| format!("{} {} {}", alone["way"], alone["people"], alone["needs_nobody"]))
        .collect();
    assert_eq!(alone, ["\"orders-reader\" [\"eve\"] false", "\"stage-admin\" [] true"]);
    assert!(report["verified"].to_string().contains("1 key that the given policy has"), "{report}");
    assert!(
        report["not_verified"].to_string().contains("2 keys that the given policy does not have"),
        "{report}"
    );
    // The rows of a person who left stay.
    assert_eq!(desk.json(&month(), "--policy access --person cy").await["totals"]["all"], 4);
    let text = desk.report(&month(), "--policy access").await;
    for said in
        ["cy is not in the policy any more", "nobody used the role both", "stage-admin needs no review"]
    {
        assert!(text.stdout.contains(said), "{said}: {text}");
    }
}

/// A broker's own log, read by an auditor, says the same as its exported file.
#[tokio::test]
async fn a_broker_is_reported_to_its_auditors() {
    let mut team = Team::with("", &[("access.toml", "version = 1\nauditors = [\"person:bo\"]\n")]).await;
    let mut ask = ASK.to_vec();
    ask.extend(["--no-wait"]);
    let asked = team.ana.run_words(&ask, &[]).await;
    let id = asked.stdout.trim().to_owned();
    team.clock.advance(std::time::Duration::from_secs(90));
    assert_eq!(team.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 0);
    assert_eq!(team.ana.run("end orders-admin", &[]).await.code, 0);
    let online = team.bo.run("report --json", &[]).await;
    assert_eq!(online.code, 0, "{online}");
    let online: Value = serde_json::from_str(&online.stdout).unwrap();
    let row = &online["requests"][0];
    assert_eq!(
        (&row["request"], &row["decision"], &row["agreed"]),
        (&json!(id), &json!("approved"), &json!(["bo"]))
    );
    assert!((90..100).contains(&row["decision_seconds"].as_u64().unwrap()), "{row}");
    assert_eq!((&row["credentials"], &row["stopped_by"]), (&json!(1), &json!("ana")));
    assert_eq!(online["unused_roles"], json!([]));
    let exported = team.bo.run("audit list --all --json", &[]).await.stdout;
    let file = team.bo.world.system.files.working.join("log.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, exported).unwrap();
    let offline = team.bo.run("report --log log.json --json", &[]).await;
    let offline: Value = serde_json::from_str(&offline.stdout).unwrap();
    for member in ["totals", "requests", "log", "authority", "approved_alone"] {
        assert_eq!(online[member], offline[member], "{member}");
    }
    let refused = team.ana.run("report", &[]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (5, ""), "{refused}");
    assert!(refused.stderr.contains("only auditors read the log"), "{refused}");
    assert!(refused.stderr.contains("`jit show ID`"), "{refused}");
    team.stop().await;
}
