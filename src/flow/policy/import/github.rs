//! The members of a GitHub organisation, with their numeric ids and published SSH keys.

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::proposal::Person;
use super::proposal::Proposal;
use crate::flow::Failure;
use crate::flow::session::github_token;
use crate::grant::text::sanitise;
use crate::policy::Policy;
use crate::system::System;
use crate::system::http::Request;

/// The largest page (GitHub REST, "List organization members").
const PAGE: usize = 100;
/// The most members that are imported. The import is for a first policy.
const MOST: usize = 2_000;

#[derive(Debug, Deserialize)]
struct Member {
    login: String,
    id: u64,
}

#[derive(Debug, Deserialize)]
struct Key {
    key: String,
}

/// Proposes a person for each member. Members who are not public show only with a token in `GITHUB_TOKEN`.
pub async fn of_organisation(system: &System, organisation: &str) -> Result<Proposal, Failure> {
    let fits = !organisation.is_empty()
        && organisation.len() <= 39
        && organisation.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits {
        return Err(Failure::usage(format!("{organisation:?} is not the name of an organisation")));
    }
    let mut members: Vec<Member> = Vec::new();
    for page in 1.. {
        let found: Vec<Member> =
            ask(system, &format!("/orgs/{organisation}/members?per_page={PAGE}&page={page}")).await?;
        let is_last = found.len() < PAGE;
        members.extend(found);
        if members.len() > MOST {
            return Err(Failure::failed(format!("{organisation} has more than {MOST} members"))
                .hint("take people from your identity provider: [identity.oidc] in access.toml"));
        }
        if is_last {
            break;
        }
    }
    let mut proposal = Proposal { origin: "github", ..Proposal::default() };
    let mut everybody = Vec::new();
    for member in members {
        let Some(name) = Proposal::name(&member.login, "person", &proposal.people) else { continue };
        let keys: Vec<Key> = ask(system, &format!("/users/{}/keys", member.login)).await?;
        let mut person =
            Person { label: super::proposal::line(&member.login), keys: Vec::new(), github: Some(member.id) };
        for key in keys {
            match Policy::check_key(&key.key) {
                Ok(line) => person.keys.push(line),
                Err(why) => proposal.notes.push(format!("a key of {name} is left out: {why}")),
            }
        }
        everybody.push(name.to_string());
        proposal.people.insert(name, person);
    }
    proposal.groups.extend("members".parse().map(|name| (name, everybody)));
    Ok(proposal)
}

async fn ask<T: DeserializeOwned>(system: &System, path: &str) -> Result<T, Failure> {
    let mut request = Request::new(Method::GET, format!("{}{path}", github_token::api(system)?))
        .header("accept", "application/vnd.github+json")
        .header("user-agent", "jit")
        .header("x-github-api-version", "2022-11-28");
    if let Some(token) = system.environment.get("GITHUB_TOKEN") {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = system
        .http
        .send(request)
        .await
        .map_err(|error| Failure::failed("GitHub cannot be asked").cause(error.to_string()))?;
    if answer.status != 200 {
        let said: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
        return Err(Failure::failed(format!("GitHub answers {} to {path}", answer.status))
            .cause(sanitise(&said))
            .hint("set GITHUB_TOKEN to a token that may read the organisation's members"));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| Failure::failed("GitHub's answer is not understood").cause(error.to_string()))
}
