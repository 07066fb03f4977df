//! Credentials: only for what both policies allow now, and never for more than any reviewer approved.

use jiff::SignedDuration;

use super::policy::line_of;
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

pub const CHANGED: &str =
    "the policy, the time or a fact changed since the approval; ask again with `jit request` if it stays so";
pub const AGAIN: &str = "ask again with `jit request`";
const MORE: &str = "the policy now needs more reviews than the request has";
const SRE: &str = "\"1 of group:sre\"";

pub fn rows() -> Vec<Row> {
    let mut rows = clocks();
    rows.extend(policies());
    rows.extend(ceilings());
    rows
}

fn clocks() -> Vec<Row> {
    vec![
        done(
            "the first credentials begin the grant",
            [ask("ana", "prod"), yes("cy"), mint("ana")],
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        done(
            "the grant begins with its first use, not with its approval",
            [ask("ana", "prod"), yes("cy"), wait("11h"), mint("ana")],
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        done(
            "the next ones leave its end where it is",
            [ask("ana", "prod"), yes("cy"), mint("ana"), wait("20m"), mint("ana"), mint("ana")],
            "active for 1h by cy, ends +40m, credentials +15m",
        ),
        done(
            "the last ones end with the grant",
            [ask("ana", "prod"), yes("cy"), mint("ana"), wait("50m"), mint("ana")],
            "active for 1h by cy, ends +10m, credentials +10m",
        ),
        done(
            "half a minute is enough",
            [ask("ana", "prod"), yes("cy"), mint("ana"), wait("59m30s"), mint("ana")],
            "active for 1h by cy, ends +30s, credentials +30s",
        ),
        refused(
            "less is not",
            [ask("ana", "prod"), yes("cy"), mint("ana"), wait("59m31s"), mint("ana")],
            ("state", "the access ends in a few seconds", AGAIN),
            "active for 1h by cy, ends +29s",
        ),
        refused(
            "the grant is over",
            [ask("ana", "prod"), yes("cy"), mint("ana"), wait("1h"), mint("ana")],
            ("state", "the request is ended", AGAIN),
            "ended",
        ),
        refused(
            "reviews are missing",
            [ask("ana", "prod"), mint("ana")],
            ("state", "the request is pending", "`jit wait` waits for the reviews that are missing"),
            "pending",
        ),
        refused(
            "one of two reviews is missing",
            [ask("ana", "pair"), yes("dee"), mint("ana")],
            ("state", "the request is pending", "`jit wait` waits for the reviews that are missing"),
            "pending",
        ),
        refused(
            "nobody decided in time",
            [ask("ana", "prod"), wait("24h"), mint("ana")],
            ("state", "the request is expired", AGAIN),
            "expired",
        ),
        refused(
            "it was approved and never used",
            [ask("ana", "prod"), yes("cy"), wait("12h"), mint("ana")],
            ("state", "the request is expired", AGAIN),
            "expired",
        ),
        refused(
            "it was denied",
            [ask("ana", "prod"), no("cy"), mint("ana")],
            ("state", "the request is denied", AGAIN),
            "denied by cy",
        ),
        refused(
            "it was approved, then denied",
            [ask("ana", "prod"), yes("cy"), no("dee"), mint("ana")],
            ("state", "the request is denied", AGAIN),
            "denied by dee",
        ),
        refused(
            "a condition approved it, then somebody denied it",
            [ask("ana", "quick"), no("cy"), mint("ana")],
            ("state", "the request is denied", AGAIN),
            "denied by cy",
        ),
        refused(
            "its requester ended it",
            [ask("ana", "prod"), yes("cy"), mint("ana"), end("ana"), mint("ana")],
            ("state", "the request is ended", AGAIN),
            "ended by ana, credentials +15m",
        ),
        refused(
            "its requester took it back",
            [ask("ana", "prod"), end("ana"), mint("ana")],
            ("state", "the request is cancelled", AGAIN),
            "cancelled by ana",
        ),
        refused(
            "somebody revoked it",
            [ask("ana", "prod"), yes("cy"), mint("ana"), revoke("cy"), mint("ana")],
            ("state", "the request is revoked", AGAIN),
            "revoked by cy, credentials +15m",
        ),
        refused(
            "somebody revoked it before its first use",
            [ask("ana", "prod"), yes("cy"), revoke("dee"), mint("ana")],
            ("state", "the request is revoked", AGAIN),
            "revoked by dee",
        ),
        refused(
            "it starts later",
            [
                ask("ana", "prod").with(|asked| {
                    asked.start = Some(asked.created + SignedDuration::from_hours(2));
                }),
                yes("cy"),
                mint("ana"),
            ],
            ("state", "the access starts at {+2h}", ""),
            "approved for 1h by cy",
        ),
        done(
            "it has started",
            [
                ask("ana", "prod").with(|asked| {
                    asked.start = Some(asked.created + SignedDuration::from_hours(2));
                }),
                yes("cy"),
                wait("2h"),
                mint("ana"),
            ],
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        done(
            "no credentials outlive `not_after`",
            [
                ask("ana", "prod").with(|asked| {
                    asked.not_after = asked.created + SignedDuration::from_mins(40);
                }),
                yes("cy"),
                wait("30m"),
                mint("ana"),
            ],
            "active for 1h by cy, ends +10m, credentials +10m",
        ),
    ]
}

fn policies() -> Vec<Row> {
    vec![
        done(
            "the policy in force gives less time",
            [
                ask("ana", "prod"),
                yes("cy"),
                edit("roles/prod.toml", "duration = \"1h\"", "duration = \"30m\""),
                edit("roles/prod.toml", "max_duration = \"4h\"", "max_duration = \"30m\""),
                mint("ana"),
            ],
            "active for 1h by cy, ends +30m, credentials +15m",
        ),
        done(
            "a grant that has begun is cut as well",
            [
                ask("ana", "prod"),
                yes("cy"),
                mint("ana"),
                edit("roles/prod.toml", "duration = \"1h\"", "duration = \"30m\""),
                edit("roles/prod.toml", "max_duration = \"4h\"", "max_duration = \"30m\""),
                wait("9m48s"),
                mint("ana"),
            ],
            "active for 1h by cy, ends +50m, credentials +15m",
        ),
        done(
            "the policy in force gives more time",
            [
                ask("ana", "prod"),
                yes("cy"),
                edit("roles/prod.toml", "duration = \"1h\"", "duration = \"2h\""),
                mint("ana"),
            ],
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        done(
            "the policy in force gives shorter credentials",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("roles/other.toml", "lease = \"1h\"", "lease = \"15m\""),
                mint("ana"),
            ],
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        refused(
            "the policy in force wants another review",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("roles/other.toml", SRE, "{ all = [\"1 of group:sre\", \"1 of group:security\"] }"),
                mint("ana"),
            ],
            ("policy", MORE, CHANGED),
            "approved for 1h by cy",
        ),
        refused(
            "the policy in force wants a touch",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("roles/other.toml", "signed = \"key\"", "signed = \"touch\""),
                mint("ana"),
            ],
            ("policy", MORE, CHANGED),
            "approved for 1h by cy",
        ),
        refused(
            "the policy in force asks nobody, and the one before did",
            [ask("ana", "other"), edit("roles/other.toml", SRE, "\"none\""), mint("ana")],
            ("state", "the request is pending", "`jit wait` waits for the reviews that are missing"),
            "pending",
        ),
        refused(
            "the reviewer is out of the policy",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"dee\"]"),
                mint("ana"),
            ],
            ("policy", MORE, CHANGED),
            "approved for 1h by cy",
        ),
        refused(
            "the reviewer has another key",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("people.toml", "PLACE OF CY", line_of("cy-new")),
                mint("ana"),
            ],
            ("policy", MORE, CHANGED),
            "approved for 1h by cy",
        ),
        refused(
            "the requester has another key",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("people.toml", "PLACE OF ANA", line_of("ana-new")),
                mint("ana"),
            ],
            ("policy", "the key that signed the request is not ana's (any more)", CHANGED),
            "",
        ),
        refused(
            "the requester may not ask any more",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("people.toml", "dev = [\"ana\", \"bo\", \"pat\"]", "dev = [\"bo\", \"pat\"]"),
                mint("ana"),
            ],
            ("policy", "ana may not ask for other", CHANGED),
            "pending",
        )
        .only_repository(LEFT),
        refused(
            "the role opens something else",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("roles/other.toml", "role/other", "role/admin"),
                mint("ana").tried(),
                mint("ana"),
            ],
            ("state", "the request is revoked", AGAIN),
            "revoked",
        ),
        refused(
            "a grant whose role opens something else is over",
            [
                ask("ana", "other"),
                yes("cy"),
                mint("ana"),
                edit("roles/other.toml", "role/other", "role/admin"),
                mint("ana").tried(),
                edit("roles/other.toml", "role/admin", "role/other"),
                mint("ana"),
            ],
            ("state", "the request is revoked", AGAIN),
            "revoked, credentials +59m48s",
        ),
        refused(
            "the scope allows something else",
            [
                ask("ana", "prod").scope("read"),
                yes("cy"),
                edit("roles/read.json", "GetItem", "PutItem"),
                mint("ana").tried(),
                mint("ana"),
            ],
            ("state", "the request is revoked", AGAIN),
            "revoked",
        ),
        refused(
            "a condition forbids it since",
            [
                ask("ana", "other"),
                yes("cy"),
                edit(
                    "rules/table.cedar",
                    "forbid (principal, action == Action::\"extend\", resource == Role::\"guarded\")",
                    "forbid (principal, action == Action::\"request\", resource == Role::\"other\");\n\
                     forbid (principal, action == Action::\"extend\", resource == Role::\"guarded\")",
                ),
                mint("ana"),
            ],
            ("policy", "other is refused by rules/table.cedar:2:1", CHANGED),
            "approved for 1h by cy",
        ),
        refused(
            "the condition that approved it holds no more",
            [
                ask("ana", "quick"),
                edit("roles/quick.toml", "context.hour < 24", "context.hour < 1"),
                mint("ana"),
            ],
            ("policy", MORE, CHANGED),
            "approved for 1h by nobody",
        ),
        refused(
            "a condition carries no grant that people approved",
            [
                ask("ana", "other"),
                yes("cy"),
                edit("roles/other.toml", "[aws]", "[when]\nauto_approve = \"context.hour < 24\"\n[aws]"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"dee\"]"),
                mint("ana"),
            ],
            ("policy", MORE, CHANGED),
            "approved for 1h by cy",
        ),
    ]
}

fn ceilings() -> Vec<Row> {
    vec![
        done(
            "less time was agreed to, by somebody whom nobody asks any more",
            [
                ask("ana", "pair"),
                yes("cy").span("30m"),
                yes("eve"),
                edit("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"dee\", \"eve\"]"),
                edit(
                    "roles/pair.toml",
                    "{ all = [\"1 of group:sre\", \"1 of group:security\"] }",
                    "\"1 of group:security\"",
                ),
                mint("ana").tried(),
                edit("people.toml", "sre = [\"dee\", \"eve\"]", "sre = [\"cy\", \"dee\"]"),
                mint("ana"),
            ],
            "active for 30m by cy+eve, ends +29m54s, credentials +15m",
        ),
        done(
            "a piece was agreed to, and the rule is weaker now",
            [
                ask("ana", "pair"),
                yes("cy").scope("read"),
                yes("eve"),
                edit(
                    "roles/pair.toml",
                    "{ all = [\"1 of group:sre\", \"1 of group:security\"] }",
                    "\"1 of group:security\"",
                ),
                mint("ana"),
            ],
            "active for 1h by cy+eve within read, ends +1h, credentials +15m",
        ),
        refused(
            "the piece that was agreed to allows something else",
            [
                ask("ana", "prod"),
                yes("cy").scope("read"),
                edit("roles/read.json", "GetItem", "PutItem"),
                mint("ana"),
            ],
            (
                "policy",
                "prod has no scope read, or it allows something else than when the request was made",
                CHANGED,
            ),
            "approved for 1h by cy within read",
        ),
        done(
            "less time was agreed to, and somebody else approves for all of it",
            [ask("ana", "pair"), yes("cy").span("10m"), yes("eve"), mint("ana")],
            "active for 10m by cy+eve, ends +10m, credentials +10m",
        ),
    ]
}
