//! The rows about asking: who may ask for what, and in which words.

use jiff::SignedDuration;
use jit::grant::Digest;
use jit::grant::statement::RequestedScope;

use super::words::Row;
use super::words::ask;
use super::words::done;
use super::words::edit;
use super::words::end;
use super::words::mint;
use super::words::no;
use super::words::refused;
use super::words::wait;
use super::words::yes;

pub const STALE: &str = "set this machine's clock, then try again";
pub const AGAIN: &str = "ask again: the plan is then made from the policy in force";
pub const LIST: &str = "`jit roles` lists what you may ask for";

pub fn rows() -> Vec<Row> {
    vec![
        done("a request waits for reviews", [ask("ana", "prod")], "pending"),
        done("what needs nobody is approved at once", [ask("ana", "play")], "approved for 1h by nobody"),
        done("a condition approves by itself", [ask("ana", "quick")], "approved for 1h by nobody"),
        done("a scope is asked for", [ask("ana", "prod").scope("read")], "pending"),
        done("an agent asks for its owner", [ask("ana", "prod").with(|asked| asked.agent = true)], "pending"),
        done("it may be made a little before it comes in", [ask("ana", "prod").ago("5m")], "pending"),
        done(
            "a start may lie 31 days ahead",
            [ask("ana", "prod").with(|asked| {
                asked.start = Some(asked.created + SignedDuration::from_hours(31 * 24));
            })],
            "pending",
        ),
        done(
            "two scopes of one role are two requests",
            [ask("ana", "prod").scope("read"), ask("ana", "prod").scope("write")],
            "pending",
        ),
        refused(
            "a start lies too far ahead",
            [ask("ana", "prod").with(|asked| {
                asked.start = Some(asked.created + SignedDuration::from_hours(31 * 24 + 1));
            })],
            ("statement", "the start must lie between now and 31 days from now", ""),
            "",
        ),
        refused(
            "a start lies in the past",
            [ask("ana", "prod").with(|asked| {
                asked.start = Some(asked.created - SignedDuration::from_mins(1));
            })],
            ("statement", "the start must lie between now and 31 days from now", ""),
            "",
        ),
        refused(
            "`not_after` is past the role's clocks",
            [ask("ana", "prod").with(|asked| asked.not_after += SignedDuration::from_secs(1))],
            ("statement", "`not_after` is later than the role's clocks allow ({+37h} at the latest)", AGAIN),
            "",
        ),
        refused(
            "it has lapsed before it is taken",
            [ask("ana", "prod").with(|asked| asked.not_after = asked.created)],
            (
                "statement",
                "the signed statement is refused: the statement's member \"not_after\" is wrong: must be later than `created`",
                "",
            ),
            "",
        ),
        refused(
            "it was made more than five minutes ago",
            [ask("ana", "prod").ago("6m")],
            ("statement", "it was made at {-6m}, and came in at {+0s}: more than 5 minutes apart", STALE),
            "",
        ),
        refused(
            "it is made more than five minutes from now",
            [ask("ana", "prod").ago("-6m")],
            ("statement", "it was made at {+6m}, and came in at {+0s}: more than 5 minutes apart", STALE),
            "",
        ),
        refused(
            "`created` is older than what was signed says of itself",
            [ask("ana", "prod").with(|asked| asked.created -= SignedDuration::from_mins(6))],
            (
                "statement",
                "the signed statement is refused: the statement's member \"created\" is wrong: must equal `at`",
                "",
            ),
            "",
        ),
        refused(
            "it was signed long before it says that it was created",
            [ask("ana", "prod").with(|asked| asked.header.at -= SignedDuration::from_mins(6))],
            (
                "statement",
                "the signed statement is refused: the statement's member \"created\" is wrong: must equal `at`",
                "",
            ),
            "",
        ),
        refused(
            "nothing can be sealed to the recipient",
            [ask("ana", "prod").with(|asked| asked.recipient = "A".repeat(43))],
            ("statement", "the recipient key is not a valid X25519 key: nothing can be sealed to it", ""),
            "",
        ),
        refused(
            "the recipient is no key",
            [ask("ana", "prod").with(|asked| asked.recipient = "key".to_owned())],
            (
                "statement",
                "the signed statement is refused: the statement's member \"recipient\" is wrong: the recipient key is not a valid X25519 key",
                "",
            ),
            "",
        ),
        refused(
            "the reason hides a character",
            [ask("ana", "prod").saying("INC-42 \u{202e}evil")],
            (
                "statement",
                "the signed statement is refused: the statement's member \"reason\" is wrong: the text has a character that cannot be seen (U+202E)",
                "",
            ),
            "",
        ),
        refused(
            "the reason is not in normalization form C",
            [ask("ana", "prod").saying("INC-42 e\u{301}")],
            (
                "statement",
                "the signed statement is refused: the statement's member \"reason\" is wrong: the text is not in Unicode normalization form C",
                "",
            ),
            "",
        ),
        refused(
            "the reason is too long",
            [ask("ana", "prod").with(|asked| asked.reason = "x".repeat(1025))],
            (
                "statement",
                "the signed statement is refused: the statement's member \"reason\" is wrong: the text is 1025 bytes long; at most 1024 are allowed",
                "",
            ),
            "",
        ),
        refused(
            "the reason draws columns with blanks",
            [ask("ana", "prod").saying("INC-42    fail over")],
            ("statement", "the text has more than 2 blanks in a row", "write it with single blanks"),
            "",
        ),
        refused(
            "the reason is not of the role's pattern",
            [ask("ana", "ticket").saying("please")],
            ("policy", "ticket needs another reason: name the incident", ""),
            "",
        ),
        refused(
            "the reason is missing",
            [ask("ana", "prod").saying("")],
            ("policy", "prod needs another reason: say why", ""),
            "",
        ),
        refused(
            "it is longer than the role allows",
            [ask("ana", "prod").span("5h")],
            ("policy", "5h is longer than the 4h that prod allows", ""),
            "",
        ),
        refused(
            "it is longer than the scope allows",
            [ask("ana", "prod").scope("read").span("31m")],
            ("policy", "31m is longer than the 30m that prod allows", ""),
            "",
        ),
        refused(
            "the role is not this person's to ask for",
            [ask("eve", "prod")],
            ("policy", "there is no role prod that you may ask for", LIST),
            "",
        ),
        refused(
            "there is no such role",
            [ask("ana", "prod").with(|asked| asked.role = "nothing".parse().unwrap())],
            ("policy", "there is no role nothing that you may ask for", LIST),
            "",
        ),
        refused(
            "the role is named by its other name",
            [ask("ana", "prod").with(|asked| asked.role = "production".parse().unwrap())],
            (
                "statement",
                "production is another name for prod; a request carries the role's own name",
                AGAIN,
            ),
            "",
        ),
        refused(
            "the target is another than the role's",
            [ask("ana", "prod").with(|asked| {
                asked.target = "aws:arn:aws:iam::111122223333:role/other?region=eu-west-1".parse().unwrap();
            })],
            ("statement", "prod opens something else than the request says", AGAIN),
            "",
        ),
        refused(
            "the scope's document is another than the role's",
            [ask("ana", "prod").scope("read").with(|asked| {
                asked.scope.as_mut().unwrap().document = Digest::of(b"everything");
            })],
            ("statement", "prod has no scope read, or it allows something else than the request says", AGAIN),
            "",
        ),
        refused(
            "the role has no such scope",
            [ask("ana", "other").with(|asked| {
                let document = Digest::of(b"everything");
                asked.scope = Some(RequestedScope { name: "read".parse().unwrap(), document });
            })],
            (
                "statement",
                "other has no scope read, or it allows something else than the request says",
                AGAIN,
            ),
            "",
        ),
        refused(
            "the key is nobody's",
            [ask("ana", "prod").key("mallory")],
            (
                "statement",
                "the policy does not know {key} as a key of ana",
                "ask the policy's owner to add the key to people.toml",
            ),
            "",
        ),
        refused(
            "the key is a colleague's",
            [ask("ana", "prod").key("bo")],
            (
                "statement",
                "the policy does not know {key} as a key of ana",
                "ask the policy's owner to add the key to people.toml",
            ),
            "",
        ),
        refused(
            "somebody brings the request of somebody else",
            [ask("ana", "prod").brought_by("bo")],
            ("forbidden", "the statement is ana's, and bo brings it", ""),
            "",
        ),
        refused(
            "it was made for another authority",
            [ask("ana", "prod")
                .with(|asked| asked.header.authority = "https://other.example.com".to_owned())],
            ("statement", "the signed statement is refused: it is meant for another broker", ""),
            "",
        ),
        refused(
            "it was made under a policy that nobody knows",
            [ask("ana", "prod").with(|asked| asked.policy = Digest::of(b"no policy"))],
            (
                "statement",
                "the request names a revision of the policy that was not in force here when it was made",
                AGAIN,
            ),
            "",
        ),
        refused(
            "one request for a role and scope waits already",
            [ask("ana", "prod"), ask("ana", "prod").span("2h")],
            ("conflict", "request {1} for prod is open already", "end it with `jit end {1}`, or wait for it"),
            "",
        ),
        refused(
            "one grant of a role and scope is active already",
            [ask("ana", "prod"), yes("cy"), mint("ana"), ask("ana", "prod").span("2h")],
            ("conflict", "request {1} for prod is open already", "end it with `jit end {1}`, or wait for it"),
            "",
        ),
        done(
            "the next request comes after the end of the one before",
            [ask("ana", "prod"), yes("cy"), mint("ana"), end("ana"), ask("ana", "prod")],
            "pending",
        ),
        done("ten requests of one person may wait", ten(9), "pending"),
        refused(
            "an eleventh may not",
            ten(10),
            (
                "too_many",
                "10 requests wait for reviews already",
                "take one back with `jit end ID`, or wait for reviews",
            ),
            "",
        ),
        done(
            "requests of others do not count among the ten",
            {
                let mut steps = ten(10);
                steps[10].who = "bo";
                steps
            },
            "pending",
        ),
        refused(
            "a condition keeps agents from asking",
            [ask("ana", "guarded").with(|asked| asked.agent = true)],
            ("policy", "guarded is refused by rules/table.cedar:1:1", ""),
            "",
        ),
        done("the same condition lets people ask", [ask("ana", "guarded")], "pending"),
        refused(
            "where nobody reviews, the request is signed as a review would be",
            [ask("ana", "strict")],
            ("policy", "strict needs no review, so the request itself must be signed with touch", ""),
            "",
        ),
        done("and a touch is enough for it", [ask("pat", "strict")], "approved for 1h by nobody"),
        done(
            "after a denial a condition approves no equal request",
            [ask("ana", "quick"), no("cy"), ask("ana", "quick")],
            "pending",
        ),
        done(
            "after a day it does again",
            [ask("ana", "quick"), no("cy"), wait("24h"), ask("ana", "quick")],
            "approved for 1h by nobody",
        ),
        done(
            "a denial of one person's request is none of another's",
            [ask("ana", "quick"), no("cy"), ask("bo", "quick")],
            "approved for 1h by nobody",
        ),
        refused(
            "after a denial a rule that asks nobody gives nothing to an equal request",
            [
                ask("ana", "other"),
                no("cy"),
                edit("roles/other.toml", "\"1 of group:sre\"", "\"none\""),
                ask("ana", "other"),
            ],
            (
                "policy",
                "a request for the same role and scope was denied within the last 24 hours, so this one needs a review",
                "",
            ),
            "",
        ),
        done(
            "people approve an equal request after a denial",
            [ask("ana", "prod"), no("cy"), ask("ana", "prod"), yes("dee")],
            "approved for 1h by dee",
        ),
    ]
}

/// The eleven requests that one person can have, the first ones of them.
fn ten(count: usize) -> Vec<super::words::Step> {
    let all = [
        ask("ana", "prod"),
        ask("ana", "prod").scope("read"),
        ask("ana", "prod").scope("write"),
        ask("ana", "pair"),
        ask("ana", "pair").scope("read"),
        ask("ana", "pair").scope("write"),
        ask("ana", "sealed"),
        ask("ana", "other"),
        ask("ana", "guarded"),
        ask("ana", "quiet"),
        ask("ana", "easy"),
    ];
    all[..=count].to_vec()
}
