//! Where a repository still ends a row otherwise than the table says, and why. This list only ever gets shorter.

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

const FILE: &str = "A statement that cannot be read is refused as a file, with the hint to ask again.";
const LOG: &str = "The log of a repository holds what runs recorded, and nothing else.";
const LOOKED: &str =
    "A repository looks at a review that it does not count only when it counts them: it gains nothing.";
const OPEN: &str = "To be mended: a repository should refuse this.";
const QUEUE: &str = "A run may wait in a queue, and stopping must not fail by that.";
const RELAY: &str = "A revocation that somebody signed may be brought by whoever is in the policy.";
const RUN: &str = "A run that has nothing to record is refused.";
const SAYS: &str = "The words differ; both refuse.";
const STARTER: &str = "Who may start a run is asked before anything else is read.";
const TAKEN: &str = "Nothing is taken before the first run, which judges by the policy in force then.";
const WAITS: &str = "A run says which reviews are missing.";

fn but(
    part: &'static str,
    row: &'static str,
    why: &'static str,
    ending: Ending,
    stands: &'static str,
) -> Difference {
    Difference { part, row, ending, stands, why }
}

pub fn differences() -> Vec<Difference> {
    vec![
        but(
            "asking",
            "it has lapsed before it is taken",
            FILE,
            Ending::Refused(
                "",
                "the request's statement is refused: the statement's member \"not_after\" is wrong: must be later than `created`",
                "ask again with `jit request`",
            ),
            "",
        ),
        but(
            "asking",
            "`created` is older than what was signed says of itself",
            FILE,
            Ending::Refused(
                "",
                "the request's statement is refused: the statement's member \"created\" is wrong: must equal `at`",
                "ask again with `jit request`",
            ),
            "",
        ),
        but(
            "asking",
            "it was signed long before it says that it was created",
            FILE,
            Ending::Refused(
                "",
                "the request's statement is refused: the statement's member \"created\" is wrong: must equal `at`",
                "ask again with `jit request`",
            ),
            "",
        ),
        but(
            "asking",
            "the recipient is no key",
            FILE,
            Ending::Refused(
                "",
                "the request's statement is refused: the statement's member \"recipient\" is wrong: the recipient key is not a valid X25519 key",
                "ask again with `jit request`",
            ),
            "",
        ),
        but(
            "asking",
            "the reason hides a character",
            FILE,
            Ending::Refused(
                "",
                "the request's statement is refused: the statement's member \"reason\" is wrong: the text has a character that cannot be seen (U+202E)",
                "ask again with `jit request`",
            ),
            "",
        ),
        but(
            "asking",
            "the reason is not in normalization form C",
            FILE,
            Ending::Refused(
                "",
                "the request's statement is refused: the statement's member \"reason\" is wrong: the text is not in Unicode normalization form C",
                "ask again with `jit request`",
            ),
            "",
        ),
        but(
            "asking",
            "the reason is too long",
            FILE,
            Ending::Refused(
                "",
                "the request's statement is refused: the statement's member \"reason\" is wrong: the text is 1025 bytes long; at most 1024 are allowed",
                "ask again with `jit request`",
            ),
            "",
        ),
        but("asking", "the reason draws columns with blanks", TAKEN, Ending::Done, ""),
        but(
            "asking",
            "somebody brings the request of somebody else",
            SAYS,
            Ending::Refused(
                "",
                "the request is ana's, and the pull request is bo's",
                "`jit whoami` says who you are to this repository",
            ),
            "",
        ),
        but(
            "asking",
            "it was made under a policy that nobody knows",
            SAYS,
            Ending::Refused(
                "",
                "the request was made under another policy than the one it branched off from",
                "ask again with `jit request`",
            ),
            "",
        ),
        but(
            "extending",
            "the grant has not begun",
            LOG,
            Ending::Refused(
                "state",
                "it names no grant of yours",
                "ask for the access again: `jit request ROLE`",
            ),
            "",
        ),
        but(
            "extending",
            "the grant was ended",
            LOG,
            Ending::Refused(
                "state",
                "the request that it extends is ended, and only an active grant is extended",
                "ask for the access again: `jit request ROLE`",
            ),
            "",
        ),
        but(
            "extending",
            "the grant was revoked",
            LOG,
            Ending::Refused(
                "state",
                "the request that it extends is revoked, and only an active grant is extended",
                "ask for the access again: `jit request ROLE`",
            ),
            "",
        ),
        but("extending", "another request for more time waits already", OPEN, Ending::Done, ""),
        but(
            "extending",
            "it is approved after the grant was ended",
            OPEN,
            Ending::Done,
            "approved for 30m by dee",
        ),
        but(
            "minting",
            "reviews are missing",
            WAITS,
            Ending::Refused("state", "reviews are missing: 1 of group:sre", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "one of two reviews is missing",
            WAITS,
            Ending::Refused("state", "reviews are missing: 1 of group:security", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "nobody decided in time",
            WAITS,
            Ending::Refused("state", "reviews are missing: 1 of group:sre", "`jit wait` waits for them"),
            "expired",
        ),
        but(
            "minting",
            "the policy in force gives less time",
            TAKEN,
            Ending::Refused("policy", "1h is longer than the 30m that prod allows", ""),
            "pending",
        ),
        but(
            "minting",
            "the policy in force wants another review",
            TAKEN,
            Ending::Refused("state", "reviews are missing: 1 of group:security", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "the policy in force wants a touch",
            TAKEN,
            Ending::Refused("state", "reviews are missing: 1 of group:sre", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "the policy in force asks nobody, and the one before did",
            WAITS,
            Ending::Refused("state", "reviews are missing: 1 of group:sre", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "the reviewer is out of the policy",
            TAKEN,
            Ending::Refused("state", "reviews are missing: 1 of group:sre", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "the reviewer has another key",
            TAKEN,
            Ending::Refused("state", "reviews are missing: 1 of group:sre", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "the requester has another key",
            TAKEN,
            Ending::Refused(
                "statement",
                "the policy does not know {key} as a key of ana",
                "ask the policy's owner to add the key to people.toml",
            ),
            "",
        ),
        but(
            "minting",
            "the requester may not ask any more",
            TAKEN,
            Ending::Refused(
                "policy",
                "there is no role other that you may ask for",
                "`jit roles` lists what you may ask for",
            ),
            "pending",
        ),
        but(
            "minting",
            "a condition forbids it since",
            TAKEN,
            Ending::Refused("policy", "other is refused by rules/table.cedar:2:1", ""),
            "pending",
        ),
        but(
            "minting",
            "the condition that approved it holds no more",
            TAKEN,
            Ending::Refused("state", "reviews are missing: 1 of group:sre", "`jit wait` waits for them"),
            "pending",
        ),
        but(
            "minting",
            "a condition carries no grant that people approved",
            OPEN,
            Ending::Done,
            "active for 1h by nobody, ends +1h, credentials +1h",
        ),
        but(
            "minting",
            "less time was agreed to, by somebody whom nobody asks any more",
            TAKEN,
            Ending::Done,
            "active for 30m by eve, ends +29m54s, credentials +15m",
        ),
        but(
            "minting",
            "a piece was agreed to, and the rule is weaker now",
            TAKEN,
            Ending::Done,
            "active for 1h by eve within read, ends +1h, credentials +15m",
        ),
        but(
            "minting",
            "the piece that was agreed to allows something else",
            TAKEN,
            Ending::Refused(
                "policy",
                "prod has no scope read, or it allows something else than when the request was made",
                "",
            ),
            "pending",
        ),
        but(
            "reviewing",
            "a workload approves",
            SAYS,
            Ending::Refused("forbidden", "robot is not among those who may review this request", ""),
            "pending",
        ),
        but(
            "reviewing",
            "the key is nobody's",
            SAYS,
            Ending::Refused("forbidden", "cy is not among those who may review this request", ""),
            "pending",
        ),
        but(
            "reviewing",
            "the key is a colleague's",
            SAYS,
            Ending::Refused("forbidden", "cy is not among those who may review this request", ""),
            "pending",
        ),
        but(
            "reviewing",
            "the requester signs as a reviewer",
            SAYS,
            Ending::Refused("forbidden", "nobody reviews their own request", ""),
            "pending",
        ),
        but(
            "reviewing",
            "an approval after one's own denial",
            SAYS,
            Ending::Refused("state", "the request is denied", ""),
            "denied by cy",
        ),
        but(
            "reviewing",
            "an older approval in place of a newer, narrower one",
            LOOKED,
            Ending::Done,
            "pending",
        ),
        but("reviewing", "somebody brings the review of somebody else", LOOKED, Ending::Done, "pending"),
        but(
            "reviewing",
            "the requester brings a reviewer's review",
            SAYS,
            Ending::Refused("forbidden", "nobody reviews their own request", ""),
            "pending",
        ),
        but("reviewing", "it was made more than five minutes ago", LOOKED, Ending::Done, "pending"),
        but("reviewing", "it is made more than five minutes from now", LOOKED, Ending::Done, "pending"),
        but(
            "reviewing",
            "the comment hides a character",
            SAYS,
            Ending::Refused(
                "policy",
                "the request's signature does not count: the signed statement is not a review",
                "ask again with `jit request`",
            ),
            "pending",
        ),
        but(
            "reviewing",
            "the reviewer's key was theirs until now",
            SAYS,
            Ending::Refused(
                "forbidden",
                "it was asked under an older policy, in which cy had another key; ana must ask again",
                "the requester types `jit end ID`, then `jit request ROLE`: that is made under the policy in force",
            ),
            "pending",
        ),
        but("reviewing", "somebody else approved it before", LOOKED, Ending::Done, "approved for 1h by cy"),
        but("reviewing", "two pieces that have nothing in common", LOOKED, Ending::Done, "pending"),
        but(
            "reviewing",
            "somebody denies who is not eligible",
            SAYS,
            Ending::Refused(
                "policy",
                "nobody who may deny this request has denied it",
                "`jit policy explain` says why",
            ),
            "pending",
        ),
        but(
            "reviewing",
            "the requester denies",
            SAYS,
            Ending::Refused(
                "policy",
                "nobody who may deny this request has denied it",
                "`jit policy explain` says why",
            ),
            "pending",
        ),
        but(
            "reviewing",
            "the key of a denial is nobody's",
            SAYS,
            Ending::Refused(
                "policy",
                "nobody who may deny this request has denied it",
                "`jit policy explain` says why",
            ),
            "pending",
        ),
        but(
            "reviewing",
            "a denial of another request",
            SAYS,
            Ending::Refused(
                "policy",
                "nobody who may deny this request has denied it",
                "`jit policy explain` says why",
            ),
            "pending",
        ),
        but(
            "stopping",
            "it is ended already",
            RUN,
            Ending::Refused("state", "the request is ended already", ""),
            "ended by ana, credentials +15m",
        ),
        but(
            "stopping",
            "it was denied",
            RUN,
            Ending::Refused("state", "the request is denied already", ""),
            "denied by cy",
        ),
        but(
            "stopping",
            "it has expired",
            RUN,
            Ending::Refused("state", "the request is expired already", ""),
            "expired",
        ),
        but(
            "stopping",
            "somebody else ends it",
            STARTER,
            Ending::Refused(
                "",
                "this run may not decide: somebody else dispatched the run than who opened the pull request",
                "let `jit` dispatch the workflow: runs are never run again",
            ),
            "active for 1h by cy, ends +1h, credentials +15m",
        ),
        but(
            "stopping",
            "the key of a revocation is nobody's",
            STARTER,
            Ending::Refused(
                "policy",
                "the key that signed the revocation is nobody's in people.toml on main",
                "`jit policy explain` says why",
            ),
            "active for 1h by cy, ends +1h, credentials +15m",
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
        but(
            "extending",
            "the grant is over",
            LOG,
            Ending::Refused(
                "state",
                "the request that it extends is ended, and only an active grant is extended",
                "ask for the access again: `jit request ROLE`",
            ),
            "",
        ),
    ]
}
