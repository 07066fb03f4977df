//! Roles that the broker opens with its own AWS identity (`AssumeRole`): no issuer takes part, and no token.
//!
//! The session carries the request's id as its source identity, which nobody can change along a chain, and request, person
//! and role as tags. The role's trust policy demands both.

use super::AwsProvider;
use super::MAX_CHAINED;
use super::ambient::Own;
use super::answers;
use super::answers::Minted;
use super::endpoint::Place;
use super::identify::signed;
use super::naming::session_name;
use super::naming::tags;
use super::refusal;
use super::vouching;
use super::wire;
use crate::provider::MintOrder;
use crate::provider::ProviderError;

impl AwsProvider {
    /// Assumes the target with the broker's own identity. A session of a role opens another for an hour at most.
    pub(super) async fn assume_as_own(
        &self,
        order: &MintOrder,
        place: &Place,
        seconds: i64,
        policy: &str,
    ) -> Result<Minted, ProviderError> {
        let own = self.own.as_ref().ok_or_else(|| ProviderError {
            message: "a broker's own AWS identity opens this role, and a workflow has only its token"
                .to_owned(),
            hint: Some("ask a broker for it, or take `by` out of the role's file".to_owned()),
            passing: false,
        })?;
        let identity = own.get(&place.region).await?;
        let error = match self.assume_as(&identity, order, place, seconds, policy).await {
            Ok(minted) => return Ok(minted),
            Err(error) => error,
        };
        if !vouching::is_stale(&error) {
            return Err(explained(error, order, &identity));
        }
        // The source may have newer keys than those that were kept.
        own.forget(&identity).await;
        let newer = own.get(&place.region).await?;
        if newer.keys.access_key_id == identity.keys.access_key_id {
            return Err(explained(error, order, &identity));
        }
        let again = self.assume_as(&newer, order, place, seconds, policy).await;
        again.map_err(|error| explained(error, order, &newer))
    }

    async fn assume_as(
        &self,
        own: &Own,
        order: &MintOrder,
        place: &Place,
        seconds: i64,
        policy: &str,
    ) -> Result<Minted, ProviderError> {
        let seconds = if own.is_session() { seconds.min(MAX_CHAINED) } else { seconds }.to_string();
        let session = session_name(&order.request, &order.person);
        let mut parameters = vec![
            ("RoleArn".to_owned(), place.role.as_str().to_owned()),
            ("RoleSessionName".to_owned(), session),
            ("DurationSeconds".to_owned(), seconds),
            ("Policy".to_owned(), policy.to_owned()),
            ("SourceIdentity".to_owned(), order.request.as_str().to_owned()),
        ];
        for (number, (key, value)) in (1..).zip(tags(order)) {
            parameters.push((format!("Tags.member.{number}.Key"), key.to_owned()));
            parameters.push((format!("Tags.member.{number}.Value"), value));
            parameters.push((format!("TransitiveTagKeys.member.{number}"), key.to_owned()));
        }
        let borrowed: Vec<(&str, &str)> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let form = wire::form("AssumeRole", &borrowed);
        let world = wire::World { voucher: vouching::Voucher::Own, ..self.world() };
        let answer =
            wire::call(&world, || signed(&place.url, &form, &own.keys, &place.region, &*self.clock)).await?;
        answers::read_minted(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)
    }
}

/// A refusal by the role, with what to type for this role and this identity.
fn explained(error: ProviderError, order: &MintOrder, own: &Own) -> ProviderError {
    if !vouching::is_denial(&error) {
        return error;
    }
    let (role, principal) = (&order.role, own.principal());
    ProviderError {
        hint: Some(format!(
            "put on the role what `jit setup aws-trust {role} --principal {principal}` prints, and give the broker's identity \
             what `--part broker-permissions` prints; a role that is new may need a few minutes"
        )),
        ..error
    }
}
