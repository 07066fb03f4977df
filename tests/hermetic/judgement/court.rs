//! A policy, its people, and requests as their events make them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::grant::Change;
use jit::grant::Name;
use jit::grant::Request;
use jit::grant::Signed;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::Header;
use jit::grant::statement::Kind;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::RevokeStatement;
use jit::grant::statement::Way;
use jit::identity::Opened;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::statement::sign;
use jit::judgement::Bench;
use jit::judgement::Terms;
use jit::policy::Policy;
use jit::secret::seal::RecipientKey;

pub const AUTHORITY: &str = "https://jit.example.com";
pub const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:Get*","Effect":"Allow","Resource":"*"}]}"#;
pub const WRITE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:Put*","Effect":"Allow","Resource":"*"}]}"#;

pub fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub fn minutes(minutes: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(minutes)
}

pub fn seconds(seconds: i64) -> Timestamp {
    noon() + SignedDuration::from_secs(seconds)
}

pub fn name(name: &str) -> Name {
    name.parse().unwrap()
}

pub fn span(text: &str) -> Span {
    text.parse().unwrap()
}

/// A person's key: hardware where the name ends in `-touch`.
pub fn key(who: &str) -> TestSigner {
    let seed = who.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(byte)));
    if who.ends_with("-touch") { TestSigner::touch(seed) } else { TestSigner::ed25519(seed) }
}

/// The policy: ana asks, bo and cy agree, dee is of another group, pat signs with hardware.
pub fn files() -> BTreeMap<String, String> {
    let person = |who: &str| format!("[people.{who}]\nkeys = [\"{}\"]\n", key(who).public_key());
    let people: String =
        ["ana", "bo", "cy", "dee", "pat-touch"].into_iter().map(person).collect::<Vec<_>>().join("");
    let groups =
        "[groups]\ndev = [\"ana\", \"bo\"]\nsre = [\"bo\", \"cy\", \"pat-touch\"]\nsecurity = [\"dee\"]\n";
    let role = |name: &str, approval: &str, more: &str| {
        let signed = if name == "sealed" { "touch" } else { "key" };
        let text = format!(
            "requesters = [\"group:dev\"]\napproval = \"{approval}\"\nduration = \"1h\"\nmax_duration = \"4h\"\nlease = \"30m\"\n\
             signed = \"{signed}\"\n{more}\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/{name}\"\nregion = \"eu-west-1\"\n"
        );
        (format!("roles/{name}.toml"), text)
    };
    let extend = "extend = { times = 2, approval = \"1 of group:sre\" }";
    let scopes = "[scopes.read]\npolicy = \"read.json\"\n[scopes.write]\npolicy = \"write.json\"";
    let glass = "break_glass = { requesters = [\"group:dev\"], max_duration = \"1h\" }";
    BTreeMap::from([
        ("access.toml".to_owned(), "version = 1\n".to_owned()),
        ("people.toml".to_owned(), format!("{people}{groups}")),
        ("roles/read.json".to_owned(), READ.to_owned()),
        ("roles/write.json".to_owned(), WRITE.to_owned()),
        role("prod", "1 of group:sre", &format!("{extend}\n{scopes}")),
        role("both", "2 of group:sre", ""),
        role("open", "none", ""),
        role("sealed", "1 of group:sre", ""),
        role("glass", "1 of group:sre", glass),
    ])
}

pub fn compile(files: &BTreeMap<String, String>) -> Arc<Policy> {
    let bytes = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    Arc::new(Policy::compile(bytes).unwrap_or_else(|error| panic!("{error:?}")))
}

/// Both policies the same.
pub fn bench() -> Bench {
    let policy = compile(&files());
    Bench { authority: AUTHORITY.to_owned(), under: Arc::clone(&policy), force: policy }
}

/// The same after a change of one file in the policy in force.
pub fn changed(path: &str, from: &str, to: &str) -> Bench {
    let mut files = files();
    let text = files.get(path).cloned().unwrap_or_default();
    assert!(from.is_empty() || text.contains(from), "{from:?} is not in {text}");
    let text = if from.is_empty() { to.to_owned() } else { text.replace(from, to) };
    files.insert(path.to_owned(), text);
    Bench { force: compile(&files), ..bench() }
}

fn header(who: &str, at: Timestamp) -> Header {
    let nonce = format!("{:0>43}", at.as_second());
    Header { authority: AUTHORITY.to_owned(), who: name(who), at, nonce }
}

fn signed_by(signer: &str, statement: &Statement) -> Signed {
    sign(statement, &key(signer)).unwrap()
}

/// The statement of a request that somebody makes at noon.
pub fn statement(bench: &Bench, who: &str, role: &str) -> RequestStatement {
    RequestStatement {
        header: header(who, noon()),
        way: Way::Request,
        role: name(role),
        target: bench.under.role(&name(role)).unwrap().target.clone(),
        scope: None,
        duration: span("1h"),
        start: None,
        reason: "INC-42".to_owned(),
        interactive: true,
        agent: false,
        recipient: RecipientKey::generate(&[7; 32]).public().unwrap(),
        workload: None,
        job: None,
        purpose: None,
        policy: bench.under.revision,
        created: noon(),
        not_after: noon() + SignedDuration::from_hours(24),
    }
}

/// A request as the log has it once it was asked.
pub fn taken(statement: RequestStatement) -> Request {
    let who = statement.header.who.to_string();
    let at = statement.created;
    let pending_until = at + SignedDuration::from_hours(12);
    let signed = signed_by(&who, &Statement::Request(Box::new(statement)));
    Request::begin(at, &Change::Requested { signed, pending_until, source: None }).unwrap()
}

/// A request of ana's that waits.
pub fn pending(bench: &Bench, role: &str) -> Request {
    taken(statement(bench, "ana", role))
}

/// The same after these changes, at noon.
pub fn after(mut request: Request, changes: &[Change]) -> Request {
    for change in changes {
        request.apply(noon(), change).unwrap();
    }
    request
}

pub fn approval(by: &[&str]) -> Change {
    Change::Approved {
        duration: span("1h"),
        unused_until: noon() + SignedDuration::from_hours(12),
        by: by.iter().map(|by| name(by)).collect(),
        scope: None,
    }
}

/// A request that was approved by bo's own review.
pub fn approved(bench: &Bench, role: &str) -> Request {
    let request = pending(bench, role);
    let review = opened_review(&request, "bo", Verdict::Approve, |_| {});
    let reviewed =
        Change::Reviewed { by: name("bo"), verdict: Verdict::Approve, signed: review.signed().clone() };
    after(request, &[reviewed, approval(&["bo"])])
}

/// The same, in use since noon.
pub fn active(bench: &Bench, role: &str) -> Request {
    after(approved(bench, role), &[Change::Activated { until: minutes(60) }])
}

pub fn review_by(request: &Request, who: &str, verdict: Verdict) -> ReviewStatement {
    ReviewStatement {
        header: header(who, noon()),
        request: request.digest,
        verdict,
        comment: String::new(),
        duration: None,
        scope: None,
    }
}

/// A review, signed with the reviewer's own key and opened.
pub fn opened_review(
    request: &Request,
    who: &str,
    verdict: Verdict,
    change: impl FnOnce(&mut ReviewStatement),
) -> Opened {
    let mut statement = review_by(request, who, verdict);
    change(&mut statement);
    opened(who, &Statement::Review(statement))
}

/// A revocation, signed by somebody and opened.
pub fn opened_revocation(
    request: &Request,
    who: &str,
    signer: &str,
    change: impl FnOnce(&mut RevokeStatement),
) -> Opened {
    let mut statement = RevokeStatement {
        header: header(who, noon()),
        request: request.digest,
        reason: "not any more".to_owned(),
    };
    change(&mut statement);
    opened(signer, &Statement::Revoke(statement))
}

pub fn opened(signer: &str, statement: &Statement) -> Opened {
    let kind: Kind = statement.kind();
    Opened::open(signed_by(signer, statement), kind, AUTHORITY).unwrap()
}

/// Terms as both policies would give them.
pub fn terms(by: &[&str]) -> Terms {
    Terms {
        duration: span("1h"),
        lease: span("30m"),
        unused: span("12h"),
        by: by.iter().map(|by| name(by)).collect(),
        scope: None,
        named: None,
        bind_ip: false,
    }
}
