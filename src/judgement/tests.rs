//! The rules of asking over real policies and real signatures, and a log that tests write.

mod log;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::LazyLock;

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::RequestId;
use crate::grant::Target;
use crate::grant::statement::Header;
use crate::identity::Signer;
use crate::identity::fake::TestSigner;
use crate::identity::statement::sign;
use crate::secret::seal::RecipientKey;
use docket::Denial;
use docket::Docket;
use docket::Errand;
use docket::Filed;
use refusal::Code;
use refusal::Refusal as Rule;

static ANA: LazyLock<Name> = LazyLock::new(|| "ana".parse().unwrap());

const AUTHORITY: &str = "https://jit.example.com";

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn later(hours: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(hours)
}

fn key(name: &str) -> TestSigner {
    TestSigner::ed25519(name.bytes().map(u32::from).sum())
}

fn policy(change: impl Fn(&str) -> String) -> Arc<Policy> {
    let people: String = ["ana", "bo", "cy"]
        .map(|name| format!("[people.{name}]\nkeys = [\"{}\"]\n", key(name).public_key()))
        .concat();
    let role = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nduration = \"1h\"\nmax_duration = \"4h\"\n\
                lease = \"1h\"\n[extend]\ntimes = 1\n[break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n\
                [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod\"\nregion = \"eu-west-1\"\n";
    let files = BTreeMap::from([
        ("access.toml".to_owned(), b"version = 1\n[notify]\ncommand = [\"/usr/bin/tell\"]\n".to_vec()),
        (
            "people.toml".to_owned(),
            format!("{people}[groups]\ndev = [\"ana\"]\nsre = [\"cy\"]\n").into_bytes(),
        ),
        ("roles/prod.toml".to_owned(), change(role).into_bytes()),
    ]);
    Arc::new(Policy::compile(files).unwrap())
}

fn bench(under: &Arc<Policy>, force: &Arc<Policy>) -> Bench {
    Bench { authority: AUTHORITY.to_owned(), under: Arc::clone(under), force: Arc::clone(force) }
}

fn same() -> Bench {
    let policy = policy(str::to_owned);
    bench(&policy, &policy)
}

/// A request of ana's for an hour, as her client builds it under the first policy of the bench.
fn asked(bench: &Bench) -> RequestStatement {
    let role = bench.under.role(&"prod".parse().unwrap()).unwrap();
    let duration: Span = "1h".parse().unwrap();
    RequestStatement {
        header: Header {
            authority: AUTHORITY.to_owned(),
            who: "ana".parse().unwrap(),
            at: noon(),
            nonce: "a-nonce-for-the-test".to_owned(),
        },
        way: Way::Request,
        interactive: true,
        agent: false,
        role: role.name.clone(),
        target: role.target.clone(),
        scope: None,
        duration,
        start: None,
        reason: "INC-42".to_owned(),
        recipient: RecipientKey::generate(&[3; 32]).public().unwrap(),
        workload: None,
        job: None,
        purpose: None,
        policy: bench.under.revision,
        created: noon(),
        not_after: duration.after(role.unused.after(role.pending.after(noon()))),
    }
}

fn open_by(who: &str, asked: &RequestStatement) -> Opened {
    let signed = sign(&Statement::Request(Box::new(asked.clone())), &key(who)).unwrap();
    Opened::open_asking(signed, AUTHORITY).unwrap()
}

/// A log that tests write.
#[derive(Default)]
struct Sheet {
    open: Vec<Request>,
    waiting: Vec<(Digest, RequestStatement)>,
    denied: Vec<(Digest, Way, Name, Option<Name>, Timestamp)>,
    unreviewed: Option<Request>,
    lost: Option<Timestamp>,
    known: Vec<Digest>,
}

impl Docket for Sheet {
    fn with_id(&self, id: &RequestId) -> Option<Digest> {
        self.known.iter().copied().find(|digest| digest.request_id() == *id)
    }

    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>> {
        let open = self.open.iter().filter(|open| open.requester() == who);
        let waiting = self.waiting.iter().filter(|(_, asked)| asked.header.who == *who);
        let open = open.map(|open| Filed::of(open, now));
        open.chain(waiting.map(|(digest, asked)| Filed::asked(*digest, asked))).collect()
    }

    fn denials_of(&self, _: &Name) -> Vec<Denial<'_>> {
        self.denied
            .iter()
            .map(|(digest, way, role, scope, at)| Denial {
                digest: *digest,
                way: *way,
                who: &ANA,
                role,
                scope: scope.as_ref(),
                errand: Errand::Any,
                at: *at,
                by: None,
                said: "",
            })
            .collect()
    }

    fn unreviewed_of(&self, _: &Name, now: Timestamp) -> Option<Filed<'_>> {
        self.unreviewed.as_ref().map(|request| Filed::of(request, now))
    }

    fn lost(&self) -> Option<Timestamp> {
        self.lost
    }
}

/// Holds a statement against the rules of asking, as an authority does at noon.
fn checked(bench: &Bench, asked: &RequestStatement) -> Result<(), Rule> {
    let opened = open_by("ana", asked);
    ask::check(bench, &Case::taken(&opened, noon()).unwrap(), None)
}

/// The same, judged.
fn decided(bench: &Bench, sheet: &Sheet, asked: &RequestStatement, who: &str) -> Result<ask::Taken, Rule> {
    let opened = open_by(who, asked);
    let case = Case::taken(&opened, noon()).unwrap();
    let denied = docket::denied_before(sheet, &opened.digest(), asked, noon()).is_some();
    ask::decide(&ask::Taking { bench, case: &case, first: None, denied, healthy: true })
}

/// A change of a statement, and the code and the text of its refusal.
type Wrong = (fn(&mut RequestStatement), Code, &'static str);

#[test]
fn what_is_wrong_with_a_request_has_a_code_and_a_text() {
    let bench = same();
    checked(&bench, &asked(&bench)).unwrap();
    let wrongs: [Wrong; 9] = [
        (
            |asked| asked.role = "nothing".parse().unwrap(),
            Code::Policy,
            "there is no role nothing that you may ask for",
        ),
        (
            |asked| asked.header.who = "cy".parse().unwrap(),
            Code::Policy,
            "there is no role prod that you may ask for",
        ),
        (
            |asked| asked.target = other_target(),
            Code::Statement,
            "prod opens something else than the request says",
        ),
        (
            |asked| {
                asked.scope =
                    Some(RequestedScope { name: "logs".parse().unwrap(), document: Digest::of(b"x") });
            },
            Code::Statement,
            "prod has no scope logs, or it allows something else than the request says",
        ),
        (
            |asked| asked.start = Some(later(-1)),
            Code::Statement,
            "the start must lie between now and 31 days from now",
        ),
        (
            |asked| asked.start = Some(later(31 * 24 + 1)),
            Code::Statement,
            "the start must lie between now and 31 days from now",
        ),
        (
            |asked| asked.duration = "5h".parse().unwrap(),
            Code::Policy,
            "5h is longer than the 4h that prod allows",
        ),
        (
            |asked| asked.not_after = later(48),
            Code::Statement,
            "`not_after` is later than the role's clocks allow (2026-11-25T01:00:00Z at the latest)",
        ),
        (
            |asked| {
                let before = noon() - SignedDuration::from_mins(4);
                (asked.created, asked.header.at) = (before, before);
                asked.not_after = noon();
            },
            Code::Policy,
            "the request has lapsed already",
        ),
    ];
    for (spoil, code, text) in wrongs {
        let mut wrong = asked(&bench);
        spoil(&mut wrong);
        let refusal = checked(&bench, &wrong).unwrap_err();
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, text));
    }
    let mut unsealable = asked(&bench);
    unsealable.recipient = data_encoding::BASE64URL_NOPAD.encode(&[0; 32]);
    assert!(matches!(checked(&bench, &unsealable), Err(Rule::Recipient(_))));
}

fn other_target() -> Target {
    Target::aws("arn:aws:iam::111122223333:role/other".parse().unwrap(), "eu-west-1".to_owned(), None)
        .unwrap()
}

/// The shorter time of both policies holds, whichever is the older: a repository used to look at the older one alone.
#[test]
fn both_policies_limit_what_is_asked() {
    let long = policy(str::to_owned);
    let short = policy(|role| role.replace("max_duration = \"4h\"", "max_duration = \"2h\""));
    for (under, force) in [(&long, &short), (&short, &long)] {
        let bench = bench(under, force);
        let three = RequestStatement { duration: "3h".parse().unwrap(), ..asked(&bench) };
        assert_eq!(
            checked(&bench, &three).unwrap_err().to_string(),
            "3h is longer than the 2h that prod allows"
        );
        checked(&bench, &RequestStatement { duration: "2h".parse().unwrap(), ..asked(&bench) }).unwrap();
    }
}

#[test]
fn a_request_waits_or_is_approved_at_once_and_a_strangers_key_is_neither() {
    let bench = same();
    let taken = decided(&bench, &Sheet::default(), &asked(&bench), "ana").unwrap();
    assert!(matches!(taken.judgement, Judgement::Waiting(_)));
    assert!(
        matches!(taken.changes.as_slice(), [Change::Requested { pending_until, .. }] if *pending_until == later(24))
    );
    let nobody = policy(|role| role.replace("\"1 of group:sre\"", "\"none\""));
    let alone = self::bench(&nobody, &nobody);
    let taken = decided(&alone, &Sheet::default(), &asked(&alone), "ana").unwrap();
    assert!(
        matches!(taken.changes.as_slice(), [_, Change::Approved { unused_until, .. }] if *unused_until == later(12))
    );
    assert!(matches!(decided(&alone, &Sheet::default(), &asked(&alone), "bo"), Err(Rule::Refused(_))));
    let sick = {
        let opened = open_by("ana", &asked(&alone));
        let case = Case::taken(&opened, noon()).unwrap();
        ask::decide(&ask::Taking { bench: &alone, case: &case, first: None, denied: false, healthy: false })
    };
    assert_eq!(sick, Err(Rule::NoAutomatic));
}

/// A signature that was verified counts for its own bytes and its own authority, and for no others.
#[test]
fn an_opened_statement_vouches_for_itself_alone() {
    let nobody = policy(|role| role.replace("\"1 of group:sre\"", "\"none\""));
    let bench = bench(&nobody, &nobody);
    let (own, other) = (asked(&bench), RequestStatement { reason: "another".to_owned(), ..asked(&bench) });
    let opened = open_by("ana", &own);
    let forged =
        Signed { statement: open_by("ana", &other).signed().statement.clone(), ..opened.signed().clone() };
    let case = Case { opened: Some(&opened), ..Case::new(&other, &forged, noon()) };
    assert!(matches!(bench.judge(&case), Judgement::Refused(_)));
    let elsewhere = Bench { authority: "https://other.example.com".to_owned(), ..bench.clone() };
    assert!(matches!(elsewhere.judge(&Case::taken(&opened, noon()).unwrap()), Judgement::Refused(_)));
    assert!(matches!(bench.judge(&Case::taken(&opened, noon()).unwrap()), Judgement::Approved(_)));
}

proptest! {
    /// No request that is taken lasts past the clocks of the role, whatever it says of itself.
    #[test]
    fn nothing_is_taken_past_the_clocks(start in -2_i64..900, hours in 1_u64..6, end in 1_i64..1_000) {
        let bench = same();
        let duration = Span::of_minutes(hours * 60);
        let wanted = RequestStatement { start: Some(later(start)), duration, not_after: later(end), ..asked(&bench) };
        let taken = checked(&bench, &wanted).is_ok();
        let latest = start.max(0) + 24 + 12 + i64::try_from(hours).unwrap();
        let fits = (0..=31 * 24).contains(&start) && hours <= 4 && end <= latest;
        prop_assert_eq!(taken, fits);
    }

    /// A denial counts for exactly a day, and a statement is fresh for exactly five minutes either way.
    #[test]
    fn clocks_are_exact(seconds in -90_000_i64..90_000) {
        let now = noon() + SignedDuration::from_secs(seconds);
        prop_assert_eq!(clocks::denial_counts(noon(), now), seconds < 86_400);
        prop_assert_eq!(clocks::is_fresh(noon(), now), seconds.abs() <= 300);
        prop_assert_eq!(clocks::lies_ahead(noon(), now), seconds < -300);
        prop_assert_eq!(clocks::is_too_short(noon(), now), seconds > -30);
    }
}

/// Every refusal has a text of its own kind, and one whose hint names a command names one of ours.
#[test]
fn refusals_say_what_to_type() {
    let role: Name = "prod".parse().unwrap();
    let id = Digest::of(b"one").request_id();
    let open = Rule::Open { id: id.clone(), role: role.clone() };
    assert_eq!(open.to_string(), format!("request {id} for prod is open already"));
    assert_eq!(open.hint().unwrap(), format!("end it with `jit end {id}`, or wait for it"));
    assert_eq!(open.code(), Code::Conflict);
    assert_eq!(Rule::NoAutomatic.retry_after(), Some(30));
    assert_eq!(Rule::Lapsed.retry_after(), None);
    let explained = Rule::Refused("no".to_owned()).explained(|why| format!("{why} (facts)"));
    assert_eq!(explained.to_string(), "no (facts)");
    assert_eq!(Rule::Lapsed.explained(|_| "facts".to_owned()), Rule::Lapsed);
}

/// A team of one with a pipeline: nobody but the workload asks, and the one person agrees.
#[test]
fn somebody_who_reviews_only_a_workload_sees_its_role() {
    let people = format!(
        "[people.cy]\nkeys = [\"{}\"]\n[groups]\nsre = [\"cy\"]\n[workloads.deploy]\noidc = {{ issuer = \
         \"https://git.example.com\", project_id = \"12\" }}\n",
        key("cy").public_key()
    );
    let role = "requesters = [\"workload:deploy\"]\napproval = \"1 of group:sre\"\nduration = \"1h\"\n[aws]\n\
                role_arn = \"arn:aws:iam::111122223333:role/prod\"\nregion = \"eu-west-1\"\n";
    let files = BTreeMap::from([
        ("access.toml".to_owned(), b"version = 1\n".to_vec()),
        ("people.toml".to_owned(), people.into_bytes()),
        ("roles/prod.toml".to_owned(), role.as_bytes().to_vec()),
    ]);
    let policy = Policy::compile(files).unwrap();
    let role = policy.role(&"prod".parse().unwrap()).unwrap();
    assert!(views::may_see_role(&policy, role, &"cy".parse().unwrap()));
    assert!(!views::may_see_role(&policy, role, &"ana".parse().unwrap()));
}
