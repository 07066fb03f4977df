//! The rows that a repository ends otherwise than the table says, each with the rule behind it. This list only ever
//! gets shorter.

use super::minting::CHANGED;
use super::words::Ending;

/// A row that a repository ends otherwise.
pub struct Difference {
    /// The part of the table.
    pub part: &'static str,
    /// The row.
    pub row: &'static str,
    /// How a repository ends it.
    pub ending: Ending,
    /// How the request stands then.
    pub stands: &'static str,
    /// Why.
    pub why: &'static str,
}

const BEGUN: &str = "The log holds what runs recorded, and the run that begins a grant is the first one.";
const QUEUE: &str = "A run may wait in a queue, and stopping must not fail by that.";
const RELAY: &str = "A revocation that somebody signed counts, whoever starts the run that records it.";
/// A broker records an approval when the last review comes in.
const WEIGHED: &str =
    "No run records an approval before a mint, so its reviews are weighed by the policy in force.";

/// The ending of a run while reviews are missing.
const PENDING: Ending =
    Ending::Refused("state", "the request is pending", "`jit wait` waits for the reviews that are missing");

fn but(
    part: &'static str,
    row: &'static str,
    why: &'static str,
    ending: Ending,
    stands: &'static str,
) -> Difference {
    Difference { part, row, ending, stands, why }
}

/// A row about a request that was approved, and that the policy changed under before a run recorded that.
fn weighed(row: &'static str, ending: Ending, stands: &'static str) -> Difference {
    but("minting", row, WEIGHED, ending, stands)
}

pub fn differences() -> Vec<Difference> {
    vec![
        but(
            "extending",
            "the grant has not begun",
            BEGUN,
            Ending::Refused(
                "state",
                "it names no grant of yours",
                "ask for the access again: `jit request ROLE`",
            ),
            "",
        ),
        weighed(
            "the policy in force gives less time",
            Ending::Done,
            "active for 30m by cy, ends +30m, credentials +15m",
        ),
        weighed("the policy in force wants another review", PENDING, "pending"),
        weighed("the policy in force wants a touch", PENDING, "pending"),
        weighed("the reviewer is out of the policy", PENDING, "pending"),
        weighed("the reviewer has another key", PENDING, "pending"),
        weighed(
            "a condition forbids it since",
            Ending::Refused("policy", "other is refused by rules/table.cedar:2:1", CHANGED),
            "pending",
        ),
        weighed("the condition that approved it holds no more", PENDING, "pending"),
        weighed("a condition carries no grant that people approved", PENDING, "pending"),
        weighed(
            "less time was agreed to, by somebody whom nobody asks any more",
            Ending::Done,
            "active for 30m by eve, ends +29m54s, credentials +15m",
        ),
        weighed(
            "a piece was agreed to, and the rule is weaker now",
            Ending::Done,
            "active for 1h by eve within read, ends +1h, credentials +15m",
        ),
        weighed(
            "the piece that was agreed to allows something else",
            Ending::Refused(
                "policy",
                "prod has no scope read, or it allows something else than when the request was made",
                CHANGED,
            ),
            "pending",
        ),
        but(
            "stopping",
            "a revocation that was made more than five minutes ago",
            QUEUE,
            Ending::Done,
            "revoked by cy",
        ),
        but(
            "stopping",
            "somebody brings the revocation of somebody else",
            RELAY,
            Ending::Done,
            "revoked by cy, credentials +15m",
        ),
    ]
}
