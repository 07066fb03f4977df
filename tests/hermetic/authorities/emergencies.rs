//! The emergency way: at once, for those who have it, and reviewed once afterwards.

use jiff::SignedDuration;

use super::asking::AGAIN;
use super::words::Row;
use super::words::done;
use super::words::emergency;
use super::words::end;
use super::words::mint;
use super::words::no;
use super::words::refused;
use super::words::wait;
use super::words::yes;

const WAYS: &str = "`jit roles` shows which roles allow it; `jit request` makes an ordinary request";
const WHY: &str =
    "a repository tells nobody and cannot keep a person to one at a time, so it has no emergency way";

pub fn rows() -> Vec<Row> {
    let rows = vec![
        done("who has the way takes it", [emergency("ana", "alarm")], "approved for 20m by nobody"),
        done(
            "and uses it",
            [emergency("ana", "alarm"), mint("ana")],
            "active for 20m by nobody, ends +20m, credentials +15m",
        ),
        refused(
            "who has it not does not",
            [emergency("bo", "alarm")],
            ("policy", "you may not take emergency access to alarm", WAYS),
            "",
        ),
        refused(
            "the role has none",
            [emergency("ana", "prod")],
            ("policy", "you may not take emergency access to prod", WAYS),
            "",
        ),
        refused(
            "longer than the way allows",
            [emergency("ana", "alarm").span("31m")],
            ("policy", "31m is longer than the 30m that alarm allows", ""),
            "",
        ),
        refused(
            "with a start",
            [emergency("ana", "alarm").with(|asked| asked.start = Some(asked.created))],
            ("statement", "an emergency starts now, not later", ""),
            "",
        ),
        refused(
            "`not_after` past its clocks",
            [emergency("ana", "alarm").with(|asked| asked.not_after += SignedDuration::from_secs(1))],
            ("statement", "`not_after` is later than the role's clocks allow ({+40m} at the latest)", AGAIN),
            "",
        ),
        refused(
            "a second one before the first was reviewed",
            [emergency("ana", "alarm"), mint("ana"), end("ana"), emergency("ana", "alarm")],
            (
                "conflict",
                "your emergency access to alarm (request {1}) has not been reviewed yet",
                "ask cy or dee to type `jit approve {1}`",
            ),
            "",
        ),
        done(
            "a second one after the first was reviewed",
            [emergency("ana", "alarm"), mint("ana"), end("ana"), yes("cy"), emergency("ana", "alarm")],
            "approved for 20m by nobody",
        ),
        refused(
            "a second one beside the first",
            [emergency("ana", "alarm"), mint("ana"), yes("cy"), emergency("ana", "alarm")],
            ("conflict", "you hold alarm already, by request {1}", "use it: `jit exec alarm -- COMMAND`"),
            "",
        ),
        done(
            "found wrong, it is over",
            [emergency("ana", "alarm"), mint("ana"), no("cy")],
            "revoked by cy, credentials +15m",
        ),
        refused(
            "found wrong, there is no other within a day",
            [emergency("ana", "alarm"), mint("ana"), no("cy"), emergency("ana", "alarm")],
            (
                "policy",
                "cy reviewed your last emergency access to alarm and found it wrong, within the last 24 hours",
                "make an ordinary request: `jit request alarm`",
            ),
            "",
        ),
        done(
            "found wrong, there is another after a day",
            [emergency("ana", "alarm"), mint("ana"), no("cy"), wait("24h"), emergency("ana", "alarm")],
            "approved for 20m by nobody",
        ),
        refused(
            "the requester reviews it",
            [emergency("cy", "alarm"), mint("cy"), yes("cy")],
            ("forbidden", "nobody reviews their own request", ""),
            "active for 20m by nobody, ends +20m, credentials +15m",
        ),
        refused(
            "somebody reviews it who is not eligible",
            [emergency("ana", "alarm"), mint("ana"), yes("eve")],
            ("forbidden", "eve is not among those who may review this request", ""),
            "active for 20m by nobody, ends +20m, credentials +15m",
        ),
        refused(
            "it is reviewed twice",
            [emergency("ana", "alarm"), mint("ana"), yes("cy"), no("dee")],
            (
                "state",
                "cy has reviewed this emergency already; one review is all it has",
                "`jit revoke ID --reason …` takes away what still lives",
            ),
            "active for 20m by nobody, ends +20m, credentials +15m",
        ),
        refused(
            "it is reviewed for less",
            [emergency("ana", "alarm"), mint("ana"), yes("cy").span("10m")],
            ("statement", "an emergency is reviewed as it was: neither shorter nor narrower", ""),
            "active for 20m by nobody, ends +20m, credentials +15m",
        ),
    ];
    rows.into_iter().map(|row| row.only_broker(WHY)).collect()
}
