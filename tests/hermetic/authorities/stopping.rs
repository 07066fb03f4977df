//! How a request ends before its time, and who may end it.

use super::asking::STALE;
use super::reviewing::ADD;
use super::words::LEFT;
use super::words::Row;
use super::words::ask;
use super::words::done;
use super::words::edit;
use super::words::end;
use super::words::mint;
use super::words::no;
use super::words::refused;
use super::words::revoke;
use super::words::wait;
use super::words::yes;

const OWN: &str = "to end your own access, use `jit end`";
const NOT: &str = "only those who may approve this request may revoke it";

pub fn rows() -> Vec<Row> {
    vec![
        done(
            "the requester is done",
            [ask("ana", "prod"), yes("cy"), mint("ana"), end("ana")],
            "ended by ana, credentials +15m",
        ),
        done("the requester takes back what waits", [ask("ana", "prod"), end("ana")], "cancelled by ana"),
        done(
            "the requester takes back what was approved",
            [ask("ana", "prod"), yes("cy"), end("ana")],
            "cancelled by ana",
        ),
        done(
            "it is ended already",
            [ask("ana", "prod"), yes("cy"), mint("ana"), end("ana"), end("ana")],
            "ended by ana, credentials +15m",
        ),
        done("it was denied", [ask("ana", "prod"), no("cy"), end("ana")], "denied by cy"),
        done("it has expired", [ask("ana", "prod"), wait("24h"), end("ana")], "expired"),
        refused(
            "somebody else ends it",
            [ask("ana", "prod"), yes("cy"), mint("ana"), end("cy")],
            (
                "forbidden",
                "only its requester ends a request",
                "to take the access away, use `jit revoke {1}`",
            ),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        done(
            "who approved it revokes it",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("cy")],
            "revoked by cy, credentials +15m",
        ),
        done(
            "who could have approved it revokes it",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("dee")],
            "revoked by dee, credentials +15m",
        ),
        done("what waits is revoked", [ask("ana", "prod"), revoke("cy")], "revoked by cy"),
        done("what was approved is revoked", [ask("ana", "prod"), yes("cy"), revoke("cy")], "revoked by cy"),
        done(
            "a revocation needs no touch",
            [ask("ana", "sealed"), yes("pat"), mint("ana"), revoke("cy")],
            "revoked by cy, credentials +15m",
        ),
        done(
            "whom the policy names since may revoke",
            [
                ask("ana", "prod"),
                yes("cy"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"cy\", \"dee\", \"eve\"]"),
                revoke("eve"),
            ],
            "revoked by eve",
        ),
        done(
            "the requester may not ask any more, and it is revoked all the same",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("people.toml", "dev = [\"ana\", \"bo\", \"pat\"]", "dev = [\"bo\", \"pat\"]"),
                revoke("cy"),
            ],
            "revoked by cy",
        )
        .only_repository(LEFT),
        refused(
            "somebody revokes who may not approve",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("eve")],
            ("forbidden", NOT, OWN),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        refused(
            "the requester revokes",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("ana")],
            ("forbidden", NOT, OWN),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        refused(
            "the requester revokes, who may approve for others",
            [ask("cy", "prod"), yes("dee"), mint("cy"), revoke("cy")],
            ("forbidden", NOT, OWN),
            "active for 1h by dee, ends +1h, credentials +15m",
        ),
        refused(
            "the policy no longer names who revokes",
            [
                ask("ana", "prod"),
                yes("dee"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"dee\", \"eve\"]"),
                edit(
                    "access.toml",
                    "auditors = [\"group:watch\"]",
                    "auditors = [\"group:watch\", \"person:cy\"]",
                ),
                revoke("cy"),
            ],
            ("forbidden", NOT, OWN),
            "approved for 1h by dee",
        ),
        refused(
            "a condition keeps somebody from revoking",
            [ask("ana", "quiet"), yes("cy"), mint("ana"), revoke("dee")],
            ("policy", "quiet is refused by rules/table.cedar:4:1", ""),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        refused(
            "it is ended already, and somebody revokes it",
            [ask("ana", "prod"), yes("cy"), mint("ana"), end("ana"), revoke("cy")],
            ("state", "the request is ended already", ""),
            "ended by ana, credentials +15m",
        ),
        refused(
            "somebody else revoked it before",
            [ask("ana", "prod"), yes("cy"), revoke("cy"), revoke("dee")],
            ("state", "the request is revoked already", ""),
            "revoked by cy",
        ),
        refused(
            "the key of a revocation is nobody's",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("cy").key("mallory")],
            ("statement", "the policy does not know {key} as a key of cy", ADD),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        refused(
            "a revocation of another request",
            [ask("ana", "other"), ask("ana", "prod"), revoke("cy").naming(1)],
            ("statement", "the statement is about another request", ""),
            "pending",
        ),
        refused(
            "a revocation that was made more than five minutes ago",
            [ask("ana", "prod"), wait("10m"), revoke("cy").ago("6m")],
            ("statement", "it was made at {-6m}, and came in at {+0s}: more than 5 minutes apart", STALE),
            "pending",
        ),
        refused(
            "a revocation that is made more than five minutes from now",
            [ask("ana", "prod"), revoke("cy").ago("-6m")],
            ("statement", "it was made at {+6m}, and came in at {+0s}: more than 5 minutes apart", STALE),
            "pending",
        ),
        refused(
            "somebody brings the revocation of somebody else",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("cy").brought_by("eve")],
            ("forbidden", "the statement is cy's, and eve brings it", ""),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        refused(
            "the reason of a revocation hides a character",
            [ask("ana", "prod"), revoke("cy").saying("over\u{200b}")],
            (
                "statement",
                "the signed statement is refused: the statement's member \"reason\" is wrong: the text has a character that cannot be seen (U+200B)",
                "",
            ),
            "pending",
        ),
        refused(
            "the reason of a revocation draws columns with blanks",
            [ask("ana", "prod"), revoke("cy").saying("over    now")],
            ("statement", "the text has more than 2 blanks in a row", "write it with single blanks"),
            "pending",
        ),
        done(
            "the requester may not ask any more, and the request is ended all the same",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("people.toml", "dev = [\"ana\", \"bo\", \"pat\"]", "dev = [\"bo\", \"pat\"]"),
                end("ana"),
            ],
            "cancelled by ana",
        )
        .only_repository(LEFT),
    ]
}
