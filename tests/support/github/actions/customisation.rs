//! `actions/oidc/customization/sub` of organisations and repositories.

use serde_json::json;

use super::subject::prefix;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::access::TokenKind;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

/// Checks that the caller's token may read an organisation's settings, and if `write` is set, that an owner's token may
/// change them. Returns the organisation's id.
fn owned(world: &World, call: &Call, login: &str, write: bool) -> Result<u64, Fault> {
    let organisation = world.account_or_404(login)?;
    let account = call.caller.somebody()?;
    let allowed = match call.caller.token.as_ref().map(|token| &token.kind) {
        Some(TokenKind::Classic(scopes)) => scopes.contains(if write { "write:org" } else { "read:org" }),
        Some(TokenKind::FineGrained(_, permissions)) => {
            permissions.get("organization_administration").is_some_and(|had| !write || *had == Level::Write)
        }
        _ => false,
    };
    if !allowed || organisation.members.get(&account).is_none_or(|owner| write && !owner) {
        return Err(Fault::not_found());
    }
    Ok(organisation.id)
}

/// `GET /orgs/{org}/actions/oidc/customization/sub`
pub fn of_organisation(world: &World, call: &Call, login: &str) -> Outcome {
    let (keys, immutable) = &world.accounts[&owned(world, call, login, false)?].subject;
    Answer::ok(json!({"include_claim_keys": keys, "use_immutable_subject": immutable}))
}

/// `PUT /orgs/{org}/actions/oidc/customization/sub`
pub fn set_of_organisation(world: &mut World, call: &Call, login: &str) -> Outcome {
    let id = owned(world, call, login, true)?;
    let subject = &mut world.accounts.get_mut(&id).unwrap().subject;
    if call.body.get("include_claim_keys").is_some() {
        subject.0 = call.texts("include_claim_keys");
    }
    if call.body.get("use_immutable_subject").is_some() {
        subject.1 = call.flag("use_immutable_subject");
    }
    Answer::created(json!({}))
}

/// `GET /repos/{o}/{r}/actions/oidc/customization/sub`
pub fn of_repository(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let subject = &world.repository(id).subject;
    let mut answer = json!({
        "use_default": subject.keys.is_none(), "use_immutable_subject": subject.immutable,
        "sub_claim_prefix": prefix(world, id),
    });
    if let Some(keys) = &subject.keys {
        answer["include_claim_keys"] = json!(keys);
    }
    Answer::ok(answer)
}

/// `PUT /repos/{o}/{r}/actions/oidc/customization/sub`: without keys, `use_default: false` takes the organisation's.
pub fn set_of_repository(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Write, Role::Admin)?;
    let Some(default) = call.body["use_default"].as_bool() else {
        return Err(Fault::new(400, "use_default is required"));
    };
    let keys = call.texts("include_claim_keys");
    if keys.iter().any(|key| !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
        return Err(Fault::sentences(&[
            "include_claim_keys may only contain alphanumeric characters and underscores",
        ]));
    }
    let owners = world.accounts[&world.repository(id).owner].subject.0.clone();
    let subject = &mut world.repository_mut(id).subject;
    subject.keys = match (default, keys.is_empty()) {
        (true, _) => None,
        (false, true) => Some(owners),
        (false, false) => Some(keys),
    };
    if call.body.get("use_immutable_subject").is_some() {
        subject.immutable = call.flag("use_immutable_subject");
    }
    Answer::created(json!({}))
}
