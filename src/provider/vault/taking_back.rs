//! Tokens of access that ended early are revoked by their accessors (`auth/token/revoke-accessor`), with a token that the broker gets
//! by signing in to a role of the server that may do nothing else.
//!
//! Invariant: the broker keeps no token of a requester. An accessor opens nothing.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use serde_json::json;

use super::VaultProvider;
use super::answers;
use super::answers::Login;
use super::identify;
use super::post;
use super::refusal;
use super::refusal::Call;
use super::service;
use crate::grant::RequestId;
use crate::grant::cloud::vault::VaultTarget;
use crate::provider::Deny;
use crate::provider::Denying;
use crate::provider::ProviderError;
use crate::provider::TakeBack;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::provider::tokens::TOKEN_LIFE;
use crate::secret::Secret;

impl VaultProvider {
    /// Revokes every token of an order. One that the server does not know any more is revoked already.
    pub(super) async fn take_back(&self, order: &Deny) -> Result<Denying, ProviderError> {
        let target = order.target.as_vault().ok_or_else(|| ProviderError {
            message: "the role does not open [vault]".to_owned(),
            hint: None,
            passing: false,
        })?;
        let service = service(&target.address);
        let world = self.world(&service);
        let mut by_role: Vec<(&str, Vec<&TakeBack>)> = Vec::new();
        for one in &order.taking {
            match by_role.iter_mut().find(|(role, _)| *role == one.role) {
                Some((_, others)) => others.push(one),
                None => by_role.push((&one.role, vec![one])),
            }
        }
        let mut left: Vec<RequestId> = Vec::new();
        let mut why = None;
        for (role, all) in by_role {
            let revoking = VaultTarget { role: role.to_owned(), ..target.clone() };
            for (request, error) in self.take_back_by(&revoking, &all, world).await {
                left.push(request);
                why.get_or_insert(error);
            }
        }
        Ok(Denying { next_sweep: None, left_out: why.map(|error| (left, error)) })
    }

    /// Revokes with one sign-in. Returns the requests whose tokens could not be revoked, each with its error.
    async fn take_back_by(
        &self,
        revoking: &VaultTarget,
        all: &[&TakeBack],
        world: World<'_>,
    ) -> Vec<(RequestId, ProviderError)> {
        let own = match self.sign_in_to_revoke(revoking, world).await {
            Ok(own) => own,
            Err(error) => return all.iter().map(|one| (one.request.clone(), error.clone())).collect(),
        };
        let mut failed = Vec::new();
        for (place, one) in all.iter().enumerate() {
            if one.handles.is_empty() {
                failed.push((one.request.clone(), no_accessor(world)));
            }
            for accessor in &one.handles {
                let Err(error) = revoke(world, revoking, &own.token, accessor).await else { continue };
                // A server that is slow or down is not asked again for each of the others.
                if error.passing {
                    let rest = all.iter().skip(place).map(|other| (other.request.clone(), error.clone()));
                    failed.extend(rest);
                    return failed;
                }
                failed.push((one.request.clone(), error));
                break;
            }
        }
        // Nobody else has the broker's token. Taking it back leaves nothing behind at the server; otherwise it expires by itself.
        let namespace = revoking.namespace.as_deref();
        let _ = identify::revoke_self(world, &revoking.address, namespace, &own.token).await;
        failed
    }

    async fn sign_in_to_revoke(
        &self,
        revoking: &VaultTarget,
        world: World<'_>,
    ) -> Result<Login, ProviderError> {
        let own = self
            .sign_in(revoking, world, || {
                let now = self.system.clock.now();
                let until = now + SignedDuration::from_secs(TOKEN_LIFE);
                self.tokens
                    .token_for_revoking(revoking.audience(), (now, until, &self.system.entropy.token()))
            })
            .await?;
        answers::check_no_root(world, &own, revoking)?;
        Ok(own)
    }
}

async fn revoke(
    world: World<'_>,
    revoking: &VaultTarget,
    own: &Secret<String>,
    accessor: &str,
) -> Result<(), ProviderError> {
    let url = format!("{}/v1/auth/token/revoke-accessor", revoking.address);
    let namespace = revoking.namespace.as_deref();
    let form = json!({ "accessor": accessor });
    let is_unknown = AtomicBool::new(false);
    let answer = exchange::call(
        world,
        || Ok(post(&url, namespace, Some(own), &form)),
        |status, told| {
            // A proxy's page never counts: the words stand in the server's own list of errors.
            if (400..500).contains(&status) && refusal::is_unknown_accessor(told) {
                is_unknown.store(true, Ordering::Relaxed);
            }
            refusal::refused(world, Call::Revoke, (status, told), revoking)
        },
    )
    .await;
    match answer {
        Err(_) if is_unknown.load(Ordering::Relaxed) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

fn no_accessor(world: World<'_>) -> ProviderError {
    ProviderError {
        message: format!("the broker knows no accessor of the tokens at {}", world.service),
        hint: Some("they were handed out by an earlier version of jit, and expire by themselves".to_owned()),
        passing: false,
    }
}
