//! The facts that the rules of admission get from the broker's index.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::audit::Subject;
use crate::audit::index::tests::Log;
use crate::audit::index::tests::asked;
use crate::audit::index::tests::extended;
use crate::audit::index::tests::signed;
use crate::audit::index::tests::start;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::ExtensionError;
use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::judgement::docket;
use crate::judgement::docket::in_the_way;
use crate::judgement::refusal::Refusal;

fn admit(log: &Log, digest: &Digest, asked: &RequestStatement, now: Timestamp) -> Result<(), Refusal> {
    let first = asked.extends().and_then(|first| log.index.open(&first));
    docket::admit(&log.index, digest, asked, first.map(AsRef::as_ref), now)
}

fn open(id: RequestId) -> Refusal {
    Refusal::Open { id, role: "prod".parse().unwrap() }
}

/// Another digest with the same first characters, and therefore the same id.
fn twin(digest: &Digest) -> Digest {
    let text = digest.to_string();
    let last = if text.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &text[..63]).parse().unwrap()
}

#[test]
fn an_id_belongs_to_one_request() {
    let mut log = Log::new();
    let digest = log.ask("prod");
    let twin = twin(&digest);
    assert_eq!(twin.request_id(), digest.request_id());
    let id = digest.request_id();
    assert_eq!(admit(&log, &digest, &asked("prod"), start()), Err(Refusal::TakenBefore(id.clone())));
    assert_eq!(admit(&log, &twin, &asked("other"), start()), Err(Refusal::Collision(id.clone())));
    let fresh = Digest::of(b"fresh");
    assert_eq!(admit(&log, &fresh, &asked("prod"), start()), Err(open(id)));
    assert_eq!(admit(&log, &fresh, &asked("other"), start()), Ok(()));
    let lapsed = start() + SignedDuration::from_hours(24);
    assert_eq!(admit(&log, &fresh, &asked("prod"), lapsed), Ok(()), "a clock ran out, whoever wrote it down");
}

#[test]
fn more_time_is_admitted_beside_its_grant_and_once() {
    let (mut log, first, more) = extended();
    let (digest, bytes) = signed(more.clone());
    assert_eq!(admit(&log, &digest, &more, start()), Ok(()));
    let again = asked("prod");
    assert_eq!(
        in_the_way(&log.index, &Digest::of(b"again"), &again, start()).unwrap().digest,
        first,
        "the grant itself"
    );
    let late = start() + SignedDuration::from_hours(1);
    assert!(matches!(admit(&log, &digest, &more, late), Err(Refusal::Extension(_))), "the grant is over");
    let stray = RequestStatement { way: Way::Extend(Digest::of(b"nothing")), ..more.clone() };
    let (other, _) = signed(stray.clone());
    assert_eq!(admit(&log, &other, &stray, start()), Err(ExtensionError::Unknown.into()));
    let change = Change::Requested { signed: bytes, pending_until: late, source: None };
    log.write(start(), Subject::Request { request: digest, change }).unwrap();
    let second = RequestStatement { reason: "again".to_owned(), ..more };
    let (other, _) = signed(second.clone());
    assert_eq!(admit(&log, &other, &second, start()), Err(open(digest.request_id())));
    assert_eq!(
        in_the_way(&log.index, &Digest::of(b"again"), &again, start()).unwrap().digest,
        first,
        "and never its extension"
    );
}
