//! Secrets. Nobody can read their values. Clients put them in sealed boxes, and tests set them as they are.
//!
//! Sources: <https://docs.github.com/rest/actions/secrets>; "Encrypting secrets for the REST API".

use std::collections::BTreeMap;

use crypto_box::SecretKey;
use data_encoding::BASE64;
use jiff::Timestamp;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

fn names(secrets: &BTreeMap<String, (String, Timestamp)>) -> Outcome {
    let row = |(name, (_, at)): (&String, &(String, Timestamp))| json!({"name": name, "created_at": at.to_string(), "updated_at": at.to_string()});
    Answer::named("secrets", secrets.iter().map(row).collect())
}

/// `GET environments/{name}/secrets`
pub fn of_environment(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "environments", Level::Read, Role::Write)?;
    names(&world.repository(id).environment(name).ok_or_else(Fault::not_found)?.secrets)
}

/// `GET actions/secrets`
pub fn of_repository(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "secrets", Level::Read, Role::Write)?;
    names(&world.repository(id).secrets)
}

/// `GET actions/organization-secrets`
pub fn of_organisation(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "secrets", Level::Read, Role::Write)?;
    names(&world.repository(id).lent_secrets)
}

/// The key pair of an environment's secrets, and its id. Each environment has its own.
fn pair(id: u64, environment: u64) -> (SecretKey, String) {
    let seed = format!("secrets of the environment {environment} in {id}");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, seed.as_bytes());
    let key: [u8; 32] = digest.as_ref().try_into().unwrap();
    (SecretKey::from_bytes(key), format!("33805{environment}"))
}

/// `GET environments/{name}/secrets/public-key`
pub fn public_key(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "environments", Level::Read, Role::Write)?;
    let environment = world.repository(id).environment(name).ok_or_else(Fault::not_found)?;
    let (key, key_id) = pair(id, environment.id);
    Answer::ok(json!({"key_id": key_id, "key": BASE64.encode(key.public_key().as_bytes())}))
}

/// Whether GitHub accepts this as a secret's name ("Naming your secrets").
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.to_uppercase().starts_with("GITHUB_")
        && !name.is_empty()
}

/// `PUT environments/{name}/secrets/{secret}`: opens the box with the environment's own key, so a box to another key fails.
/// 201 for a new secret, 204 for a changed one.
pub fn put(world: &mut World, call: &Call, id: u64, name: &str, secret: &str) -> Outcome {
    world.require(&call.caller, id, "environments", Level::Write, Role::Write)?;
    let environment = world.repository(id).environment(name).ok_or_else(Fault::not_found)?;
    let (key, key_id) = pair(id, environment.id);
    let existed = environment.secrets.contains_key(&secret.to_uppercase());
    if !is_name(secret) {
        return Err(Fault::unprocessable(
            "Secret names can only contain alphanumeric characters or underscores",
        ));
    }
    if call.needed("key_id")? != key_id {
        return Err(Fault::unprocessable("key_id is not the one of the public key"));
    }
    let sealed = BASE64.decode(call.needed("encrypted_value")?.as_bytes()).ok();
    let opened = sealed.and_then(|sealed| key.unseal(&sealed).ok());
    let value = opened.and_then(|value| String::from_utf8(value).ok());
    let value = value.ok_or_else(|| Fault::unprocessable("Bad request - the sealed box cannot be opened"))?;
    // A value has at most 48 KB (GitHub, "Limits for secrets").
    if value.len() > 48 * 1024 {
        return Err(Fault::unprocessable("Secret value is too long"));
    }
    world.put_secret(id, Some(name), secret, &value);
    if existed { Answer::nothing() } else { Answer::created(json!({})) }
}

impl World {
    /// Puts a secret into an environment, or into the repository itself.
    pub fn put_secret(&mut self, id: u64, environment: Option<&str>, name: &str, value: &str) {
        let entry = (value.to_owned(), self.now());
        if let Some(environment) = environment {
            self.add_environment(id, environment);
        }
        let repository = self.repository_mut(id);
        let secrets = match environment {
            Some(environment) => &mut repository.environment_mut(environment).unwrap().secrets,
            None => &mut repository.secrets,
        };
        secrets.insert(name.to_uppercase(), entry);
    }
}
