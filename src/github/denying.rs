//! Why a denial on a pull request does not count, in the words in which a broker refuses it.

use super::RequestEvidence;
use crate::forge::review_body;
use crate::forge::review_body::Carried;
use crate::github::reviews::may_deny;
use crate::grant::Digest;
use crate::grant::Signed;
use crate::grant::statement::Kind;
use crate::grant::statement::RequestStatement;
use crate::identity::Opened;
use crate::judgement::Bench;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::review::Given;
use crate::judgement::review::check_denial;
use crate::judgement::signer::check_key;

/// Why the newest denial of an account does not count. `None` if it gave none, or if it counts.
pub(super) fn objection(
    evidence: &RequestEvidence,
    bench: &Bench,
    (asked, digest): (&RequestStatement, &Digest),
    account: u64,
) -> Option<Rule> {
    let own = evidence
        .reviews
        .iter()
        .rfind(|review| review.user.as_ref().map(|user| user.id) == Some(account) && may_deny(review))?;
    if let Carried::Signed(both) = review_body::read(own.body.as_deref().unwrap_or_default()) {
        return signed(bench, asked, digest, &both.0).err();
    }
    let name = &bench.force.person_of_github(account)?.name;
    if *name == asked.header.who {
        return Some(Rule::OwnRequest);
    }
    (!bench.may_stop(asked, name)).then(|| Rule::NotReviewer(name.clone()))
}

fn signed(bench: &Bench, asked: &RequestStatement, digest: &Digest, signed: &Signed) -> Result<(), Rule> {
    let opened = Opened::open(signed.clone(), Kind::Review, &bench.authority)?;
    check_key(&bench.force, &opened)?;
    check_denial(bench, asked, digest, &Given::of(&opened)?)
}
