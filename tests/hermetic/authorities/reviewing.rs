//! The rows about reviews: whose review counts, and what it may say.

use super::asking::STALE;
use super::policy::line_of;
use super::words::Row;
use super::words::ask;
use super::words::done;
use super::words::edit;
use super::words::end;
use super::words::mint;
use super::words::no;
use super::words::refused;
use super::words::replay;
use super::words::wait;
use super::words::yes;

pub const ADD: &str = "ask the policy's owner to add the key to people.toml";
const ASK_AGAIN: &str =
    "the requester types `jit end ID`, then `jit request ROLE`: that is made under the policy in force";
const TOUCH: &str = "sign with a security key (sk-ssh-ed25519) and touch it";

pub fn rows() -> Vec<Row> {
    let mut rows = approvals();
    rows.extend(ceilings());
    rows.extend(denials());
    rows
}

fn approvals() -> Vec<Row> {
    vec![
        done("an eligible person approves", [ask("ana", "prod"), yes("cy")], "approved for 1h by cy"),
        done("one of two demands is met", [ask("ana", "pair"), yes("cy")], "pending"),
        done(
            "both demands are met",
            [ask("ana", "pair"), yes("cy"), yes("eve")],
            "approved for 1h by cy+eve",
        ),
        done("one person meets one demand", [ask("ana", "pair"), yes("dee")], "pending"),
        done(
            "the same person approves twice",
            [ask("ana", "prod"), yes("cy"), yes("cy")],
            "approved for 1h by cy",
        ),
        refused(
            "the requester approves, who is not eligible",
            [ask("ana", "prod"), yes("ana")],
            ("forbidden", "nobody reviews their own request", ""),
            "pending",
        ),
        refused(
            "the requester approves, who is eligible for others",
            [ask("cy", "prod"), yes("cy")],
            ("forbidden", "nobody reviews their own request", ""),
            "pending",
        ),
        refused(
            "the owner approves what their agent asks",
            [ask("cy", "prod").with(|asked| asked.agent = true), yes("cy")],
            ("forbidden", "nobody reviews their own request", ""),
            "pending",
        ),
        refused(
            "somebody approves who is not eligible",
            [ask("ana", "prod"), yes("eve")],
            ("forbidden", "eve is not among those who may review this request", ""),
            "pending",
        ),
        refused(
            "a workload approves",
            [ask("ana", "prod"), yes("robot").key("robot")],
            ("statement", "the policy does not know {key} as a key of robot", ADD),
            "pending",
        ),
        refused(
            "the key is nobody's",
            [ask("ana", "prod"), yes("cy").key("mallory")],
            ("statement", "the policy does not know {key} as a key of cy", ADD),
            "pending",
        ),
        refused(
            "the key is a colleague's",
            [ask("ana", "prod"), yes("cy").key("dee")],
            ("statement", "the policy does not know {key} as a key of cy", ADD),
            "pending",
        ),
        refused(
            "the requester signs as a reviewer",
            [ask("ana", "prod"), yes("cy").key("ana").brought_by("ana")],
            ("statement", "the policy does not know {key} as a key of cy", ADD),
            "pending",
        ),
        refused(
            "a plain key where a touch is demanded",
            [ask("ana", "sealed"), yes("cy")],
            ("policy", "this role wants reviews signed with touch", TOUCH),
            "pending",
        ),
        done(
            "a touch where a touch is demanded",
            [ask("ana", "sealed"), yes("pat")],
            "approved for 1h by pat",
        ),
        refused(
            "a review of another request",
            [ask("ana", "other"), ask("ana", "prod"), yes("cy").naming(1)],
            ("statement", "the review is of another request", ""),
            "pending",
        ),
        refused(
            "a review of another request is sent again",
            [ask("ana", "other"), yes("cy"), ask("ana", "prod"), replay("cy", 1)],
            ("statement", "the review is of another request", ""),
            "pending",
        ),
        refused(
            "a review of an earlier, equal request is sent again",
            [ask("ana", "prod"), yes("cy"), end("ana"), ask("ana", "prod"), replay("cy", 1)],
            ("statement", "the review is of another request", ""),
            "pending",
        ),
        refused(
            "an approval after one's own denial",
            [ask("ana", "prod"), no("cy"), yes("cy")],
            ("state", "cy denied this request; a denial is final", ""),
            "denied by cy",
        ),
        refused(
            "an approval after a colleague's denial",
            [ask("ana", "prod"), no("cy"), yes("dee")],
            ("state", "the request is denied", ""),
            "denied by cy",
        ),
        refused(
            "an older approval in place of a newer, narrower one",
            [ask("ana", "pair"), yes("cy"), wait("2m"), yes("cy").span("30m"), replay("cy", 1)],
            ("statement", "cy has said something newer since", ""),
            "pending",
        ),
        done(
            "and the narrower one counts",
            [
                ask("ana", "pair"),
                yes("cy"),
                wait("2m"),
                yes("cy").span("30m"),
                replay("cy", 1).tried(),
                yes("eve"),
            ],
            "approved for 30m by cy+eve",
        ),
        refused(
            "somebody brings the review of somebody else",
            [ask("ana", "prod"), yes("cy").brought_by("eve")],
            ("forbidden", "the statement is cy's, and eve brings it", ""),
            "pending",
        ),
        refused(
            "the requester brings a reviewer's review",
            [ask("ana", "prod"), yes("cy").brought_by("ana")],
            ("forbidden", "the statement is cy's, and ana brings it", ""),
            "pending",
        ),
        refused(
            "it was made more than five minutes ago",
            [ask("ana", "prod"), wait("10m"), yes("cy").ago("6m")],
            ("statement", "it was made at {-6m}, and came in at {+0s}: more than 5 minutes apart", STALE),
            "pending",
        ),
        refused(
            "it is made more than five minutes from now",
            [ask("ana", "prod"), yes("cy").ago("-6m")],
            ("statement", "it was made at {+6m}, and came in at {+0s}: more than 5 minutes apart", STALE),
            "pending",
        ),
        refused(
            "the comment hides a character",
            [ask("ana", "prod"), yes("cy").saying("fine\u{200b}")],
            (
                "statement",
                "the signed statement is refused: the statement's member \"comment\" is wrong: the text has a character that cannot be seen (U+200B)",
                "",
            ),
            "pending",
        ),
        refused(
            "the comment draws columns with blanks",
            [ask("ana", "prod"), yes("cy").saying("fine    by me")],
            ("statement", "the text has more than 2 blanks in a row", "write it with single blanks"),
            "pending",
        ),
        refused(
            "a condition keeps a reviewer from agreeing",
            [ask("ana", "quiet"), yes("dee")],
            ("policy", "quiet is refused by rules/table.cedar:3:1", ""),
            "pending",
        ),
        done("and no other one", [ask("ana", "quiet"), yes("cy")], "approved for 1h by cy"),
        refused(
            "the policy no longer names the reviewer",
            [
                ask("ana", "prod"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"dee\"]"),
                edit(
                    "access.toml",
                    "auditors = [\"group:watch\"]",
                    "auditors = [\"group:watch\", \"person:cy\"]",
                ),
                yes("cy"),
            ],
            ("forbidden", "cy is not among those who may review this request", ""),
            "pending",
        ),
        refused(
            "the policy names the reviewer only since the request",
            [
                ask("ana", "prod"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"cy\", \"dee\", \"eve\"]"),
                yes("eve"),
            ],
            (
                "forbidden",
                "it was asked under an older policy, in which eve could not review it; ana must ask again",
                ASK_AGAIN,
            ),
            "pending",
        ),
        refused(
            "the reviewer's key is theirs only since the request",
            [
                ask("ana", "prod"),
                edit("people.toml", "PLACE OF CY", line_of("cy-new")),
                yes("cy").key("cy-new"),
            ],
            (
                "forbidden",
                "it was asked under an older policy, in which cy had another key; ana must ask again",
                ASK_AGAIN,
            ),
            "pending",
        ),
        refused(
            "the reviewer's key was theirs until now",
            [ask("ana", "prod"), edit("people.toml", "PLACE OF CY", line_of("cy-new")), yes("cy")],
            ("statement", "the policy does not know {key} as a key of cy", ADD),
            "pending",
        ),
        refused(
            "nobody decided in time",
            [ask("ana", "prod"), wait("24h"), yes("cy")],
            ("state", "the request is expired", ""),
            "expired",
        ),
        refused(
            "the requester took it back",
            [ask("ana", "prod"), end("ana"), yes("cy")],
            ("state", "the request is cancelled", ""),
            "cancelled by ana",
        ),
        refused(
            "somebody else approved it before",
            [ask("ana", "prod"), yes("cy"), yes("dee")],
            ("state", "the request is approved", ""),
            "approved for 1h by cy",
        ),
    ]
}

fn ceilings() -> Vec<Row> {
    vec![
        done(
            "an approval for less time",
            [ask("ana", "prod"), yes("cy").span("30m")],
            "approved for 30m by cy",
        ),
        done(
            "an approval for a piece",
            [ask("ana", "prod"), yes("cy").scope("read")],
            "approved for 1h by cy within read",
        ),
        done(
            "the shorter of two",
            [ask("ana", "pair"), yes("cy").span("30m"), yes("eve").span("45m")],
            "approved for 30m by cy+eve",
        ),
        done(
            "time of one and piece of the other",
            [ask("ana", "pair"), yes("cy").span("20m"), yes("eve").scope("write")],
            "approved for 20m by cy+eve within write",
        ),
        refused(
            "for longer than was asked",
            [ask("ana", "prod"), yes("cy").span("2h")],
            (
                "statement",
                "the review allows 2h, but only 1h was asked for",
                "leave `--for` out, or name at most 1h",
            ),
            "pending",
        ),
        refused(
            "for a scope that there is not",
            [ask("ana", "other"), yes("cy").scope("read")],
            (
                "statement",
                "other has no scope read, or it allows something else than when the request was made",
                "`jit roles other` lists its scopes",
            ),
            "pending",
        ),
        refused(
            "for another scope than was asked",
            [ask("ana", "prod").scope("read"), yes("cy").scope("write")],
            (
                "statement",
                "the review allows the scope write, but the request is for read",
                "leave `--scope` out: the request is for read only",
            ),
            "pending",
        ),
        refused(
            "for a scope that allows something else since",
            [ask("ana", "prod"), edit("roles/read.json", "GetItem", "PutItem"), yes("cy").scope("read")],
            (
                "statement",
                "prod has no scope read, or it allows something else than when the request was made",
                "`jit roles prod` lists its scopes",
            ),
            "pending",
        ),
        refused(
            "two pieces that have nothing in common",
            [ask("ana", "pair"), yes("cy").scope("read"), yes("eve").scope("write")],
            (
                "policy",
                "pair was approved for the scope read and for the scope write, which have nothing in common",
                "",
            ),
            "pending",
        ),
    ]
}

fn denials() -> Vec<Row> {
    vec![
        done("an eligible person denies", [ask("ana", "prod"), no("cy")], "denied by cy"),
        done("an approval turns into a denial", [ask("ana", "prod"), yes("cy"), no("cy")], "denied by cy"),
        done(
            "a denial after a colleague's approval",
            [ask("ana", "prod"), yes("cy"), no("dee")],
            "denied by dee",
        ),
        done("a denial needs no touch", [ask("ana", "sealed"), no("cy")], "denied by cy"),
        done("a condition keeps nobody from denying", [ask("ana", "quiet"), no("dee")], "denied by dee"),
        done(
            "whom the policy names since the request may deny",
            [
                ask("ana", "prod"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"cy\", \"dee\", \"eve\"]"),
                no("eve"),
            ],
            "denied by eve",
        ),
        refused(
            "a denial after activation",
            [ask("ana", "prod"), yes("cy"), mint("ana"), no("dee")],
            ("state", "the request is active", ""),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        refused(
            "a denial of what somebody else denied",
            [ask("ana", "prod"), no("cy"), no("dee")],
            ("state", "the request is denied", ""),
            "denied by cy",
        ),
        refused(
            "a denial of what has expired",
            [ask("ana", "prod"), wait("24h"), no("cy")],
            ("state", "the request is expired", ""),
            "expired",
        ),
        refused(
            "somebody denies who is not eligible",
            [ask("ana", "prod"), no("eve")],
            ("forbidden", "eve is not among those who may review this request", ""),
            "pending",
        ),
        refused(
            "the requester denies",
            [ask("cy", "prod"), no("cy")],
            ("forbidden", "nobody reviews their own request", ""),
            "pending",
        ),
        refused(
            "the key of a denial is nobody's",
            [ask("ana", "prod"), no("eve").key("mallory")],
            ("statement", "the policy does not know {key} as a key of eve", ADD),
            "pending",
        ),
        refused(
            "a denial of another request",
            [ask("ana", "other"), ask("ana", "prod"), no("eve").naming(1)],
            ("statement", "the review is of another request", ""),
            "pending",
        ),
    ]
}
