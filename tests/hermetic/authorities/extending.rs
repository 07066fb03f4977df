//! More time: a request of its own, which moves the end of a grant and does nothing else (docs/trust.md, "More time").

use jiff::SignedDuration;

use super::minting::CHANGED;
use super::words::Row;
use super::words::ask;
use super::words::done;
use super::words::edit;
use super::words::end;
use super::words::mint;
use super::words::more;
use super::words::no;
use super::words::refused;
use super::words::revoke;
use super::words::settle;
use super::words::wait;
use super::words::yes;

const ASK: &str = "ask for the access again: `jit request ROLE`";

pub fn rows() -> Vec<Row> {
    vec![
        done(
            "more time waits for its review",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana")],
            "pending",
        ),
        done(
            "more time that nobody must review",
            [ask("ana", "easy"), yes("cy"), mint("ana"), more("ana"), settle("ana"), mint("ana").of(1)],
            "active for 1h by cy, ends +1h30m, credentials +15m",
        ),
        done(
            "more time that somebody approved",
            [
                ask("ana", "prod"),
                yes("cy"),
                mint("ana"),
                more("ana"),
                yes("dee"),
                settle("ana"),
                mint("ana").of(1),
            ],
            "active for 1h by cy, ends +1h30m, credentials +15m",
        ),
        done(
            "less of it than was asked",
            [
                ask("ana", "prod"),
                yes("cy"),
                mint("ana"),
                more("ana"),
                yes("dee").span("10m"),
                settle("ana"),
                mint("ana").of(1),
            ],
            "active for 1h by cy, ends +1h10m, credentials +15m",
        ),
        done(
            "more time that nobody has approved yet moves nothing",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana"), mint("ana").of(1)],
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        done(
            "more time is denied",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana"), no("dee")],
            "denied by dee",
        ),
        done(
            "more time of a piece",
            [
                ask("ana", "prod").scope("read"),
                yes("cy"),
                mint("ana"),
                more("ana"),
                yes("dee"),
                settle("ana"),
                mint("ana").of(1),
            ],
            "active for 30m by cy within read, ends +1h, credentials +15m",
        ),
        refused(
            "more often than the role allows",
            [ask("ana", "easy"), yes("cy"), mint("ana"), more("ana"), settle("ana"), more("ana")],
            ("policy", "easy was extended 1 times already, and no more are allowed", ""),
            "",
        ),
        refused(
            "longer than the role allows",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana").span("5h")],
            ("policy", "5h is longer than the 4h that prod allows", ""),
            "",
        ),
        refused(
            "the role gives no more time",
            [ask("ana", "other"), yes("cy"), mint("ana"), more("ana")],
            ("policy", "other cannot be extended", ""),
            "",
        ),
        refused(
            "the grant has not begun",
            [ask("ana", "prod"), yes("cy"), more("ana")],
            ("state", "the request that it extends is approved, and only an active grant is extended", ASK),
            "",
        ),
        refused(
            "the grant was ended",
            [ask("ana", "prod"), yes("cy"), mint("ana"), end("ana"), more("ana")],
            ("state", "it names no grant of yours", ASK),
            "",
        ),
        refused(
            "the grant was revoked",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("cy"), more("ana")],
            ("state", "it names no grant of yours", ASK),
            "",
        ),
        refused(
            "the grant is over",
            [ask("ana", "prod"), yes("cy"), mint("ana"), wait("1h10m"), more("ana")],
            ("state", "it names no grant of yours", ASK),
            "",
        ),
        refused(
            "the grant is somebody else's",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("bo")],
            ("state", "it names no grant of yours", ASK),
            "",
        ),
        refused(
            "for another scope",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana").scope("read")],
            ("statement", "it asks for another role, target or scope than the request that it extends", ""),
            "",
        ),
        refused(
            "for the whole role, where the grant is of a piece",
            [
                ask("ana", "prod").scope("read"),
                yes("cy"),
                mint("ana"),
                more("ana").with(|asked| asked.scope = None),
            ],
            ("statement", "it asks for another role, target or scope than the request that it extends", ""),
            "",
        ),
        refused(
            "with a start",
            [
                ask("ana", "prod"),
                yes("cy"),
                mint("ana"),
                more("ana").with(|asked| asked.start = Some(asked.created + SignedDuration::from_mins(5))),
            ],
            ("statement", "more time begins where the grant ends; it has no start of its own", ""),
            "",
        ),
        refused(
            "`not_after` past the end that it moves",
            [
                ask("ana", "prod"),
                yes("cy"),
                mint("ana"),
                more("ana").with(|asked| asked.not_after += SignedDuration::from_secs(1)),
            ],
            (
                "statement",
                "its `not_after` must lie after the grant's end, by no more than its duration ({+1h30m} at the latest)",
                "",
            ),
            "",
        ),
        refused(
            "of more time",
            [
                ask("ana", "prod"),
                yes("cy"),
                mint("ana"),
                more("ana"),
                yes("dee"),
                settle("ana"),
                more("ana").of(2),
            ],
            (
                "statement",
                "only an ordinary request is extended: name the first one, not an extension or an emergency",
                "",
            ),
            "",
        ),
        refused(
            "an agent asks, and a condition forbids it",
            [ask("ana", "guarded"), yes("cy"), mint("ana"), more("ana").with(|asked| asked.agent = true)],
            ("policy", "guarded is refused by rules/table.cedar:2:1", ""),
            "",
        ),
        refused(
            "nobody reviews it, and a reviewer limited the access",
            [ask("ana", "easy"), yes("cy").span("30m"), mint("ana"), more("ana")],
            (
                "policy",
                "cy approved the access for at most 30m, and more time than that needs a review, but this role's rule for more time asks nobody",
                ASK,
            ),
            "",
        ),
        refused(
            "another request for more time waits already",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana"), more("ana").span("20m")],
            ("conflict", "request {2} for prod is open already", "end it with `jit end {2}`, or wait for it"),
            "",
        ),
        refused(
            "the requester approves it",
            [ask("cy", "prod"), yes("dee"), mint("cy"), more("cy"), yes("cy")],
            ("forbidden", "nobody reviews their own request", ""),
            "pending",
        ),
        refused(
            "it is approved for a piece of what the grant is for",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana"), yes("dee").scope("read")],
            ("statement", "more time is approved for what the grant is for, or not at all", ""),
            "pending",
        ),
        refused(
            "it is approved after the grant was ended",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana"), end("ana").of(1), yes("dee")],
            ("state", "the request is cancelled", ""),
            "cancelled by ana",
        ),
        refused(
            "it is approved after the grant was over",
            [ask("ana", "prod"), yes("cy"), mint("ana"), more("ana"), wait("1h"), yes("dee")],
            ("state", "the request is expired", ""),
            "expired",
        ),
        refused(
            "it has no credentials of its own",
            [ask("ana", "easy"), yes("cy"), mint("ana"), more("ana"), settle("ana"), mint("ana")],
            (
                "state",
                "more time has no credentials of its own: they belong to the request that it extends",
                "",
            ),
            "active for 30m by nobody, ends +1h30m",
        ),
        done(
            "whoever ends what was added ends all of it",
            [
                ask("ana", "easy"),
                yes("cy"),
                mint("ana"),
                more("ana"),
                settle("ana"),
                end("ana").of(2),
                wait("1m"),
                mint("ana").of(1).tried(),
                mint("ana").of(1).tried(),
                ask("ana", "easy"),
            ],
            "pending",
        ),
        refused(
            "whoever revokes what was added revokes all of it",
            [
                ask("ana", "easy"),
                yes("cy"),
                mint("ana"),
                more("ana"),
                settle("ana"),
                revoke("cy").of(2),
                mint("ana").of(1),
            ],
            ("state", "the request is revoked", "ask again with `jit request`"),
            "revoked by cy, credentials +15m",
        ),
        refused(
            "the policy gives no more time since, and the first hour is over",
            [
                ask("ana", "easy"),
                yes("cy"),
                mint("ana"),
                more("ana"),
                settle("ana"),
                edit(
                    "roles/easy.toml",
                    "times = 1, approval = \"none\"",
                    "times = 1, approval = \"1 of group:sre\"",
                ),
                wait("1h9m54s"),
                mint("ana").of(1),
            ],
            (
                "policy",
                "extension {2} counts no more: the policy in force needs more reviews than it has; without it the access ended at {-10m}",
                CHANGED,
            ),
            "",
        ),
    ]
}
