//! Accounts, organisations, apps, and repositories.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;
use serde_json::json;

use super::access::Caller;
use super::access::Level;
use super::access::Role;
use super::access::Token;
use super::access::TokenKind;
use super::answer::Answer;
use super::answer::Fault;
use super::answer::Outcome;
use super::call::Call;
use super::limits::Resource;
use super::receive::VERSIONS;
use super::shapes;
use super::world::Account;
use super::world::App;
use super::world::Kind;
use super::world::Team;
use super::world::World;

/// `GET /rate_limit`, which costs nothing.
pub fn rate_limit(world: &mut World, call: &Call) -> Outcome {
    let [core, graphql] = [Resource::Core, Resource::GraphQl].map(|resource| {
        let budget = world.budget(&call.caller, resource);
        json!({
            "limit": budget.limit, "used": budget.used, "remaining": budget.remaining(),
            "reset": budget.reset.as_second(),
        })
    });
    Answer::ok(json!({"resources": {"core": core, "search": core, "graphql": graphql}, "rate": core}))
}

/// `GET /versions`
pub fn versions() -> Outcome {
    Answer::ok(json!(VERSIONS))
}

fn public_user(world: &World, account: &Account) -> Value {
    let mut document = world.simple_user(account.id);
    let at = account.created_at.to_string();
    let more = json!({
        "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
        "twitter_username": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": at, "updated_at": at,
    });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

/// `GET /user`: a job's or an app's token belongs to no user.
pub fn own(world: &World, call: &Call) -> Outcome {
    let account = call.caller.somebody()?;
    if matches!(
        call.caller.token.as_ref().map(|token| &token.kind),
        Some(TokenKind::Job(..) | TokenKind::Installation(..) | TokenKind::App(_))
    ) {
        return Err(Fault::new(403, "Resource not accessible by integration"));
    }
    Answer::ok(public_user(world, &world.accounts[&account]))
}

/// `GET /users/{login}`
pub fn by_login(world: &World, login: &str) -> Outcome {
    Answer::ok(public_user(world, world.account_or_404(login)?))
}

/// `GET /user/{id}`: by the permanent number.
pub fn by_id(world: &World, id: &str) -> Outcome {
    let found = id.parse().ok().and_then(|id: u64| world.accounts.get(&id));
    Answer::ok(public_user(world, found.ok_or_else(Fault::not_found)?))
}

/// `GET /users/{login}/keys`
pub fn keys(world: &World, login: &str) -> Outcome {
    let keys = world.account_or_404(login)?.keys.iter();
    Answer::list(keys.map(|(id, key)| json!({"id": id, "key": key})).collect())
}

fn organisation_of<'a>(world: &'a World, login: &str) -> Result<&'a Account, Fault> {
    let account = world.account_or_404(login)?;
    if account.kind == Kind::Organisation { Ok(account) } else { Err(Fault::not_found()) }
}

/// Whether the caller may see an organisation's members: its members may, with a token for that.
fn sees_members(caller: &Caller, organisation: &Account) -> bool {
    let allowed = match caller.token.as_ref().map(|token| &token.kind) {
        Some(TokenKind::Classic(scopes)) => scopes.contains("read:org") || scopes.contains("admin:org"),
        Some(TokenKind::FineGrained(_, permissions)) => permissions.contains_key("members"),
        Some(TokenKind::Installation(_, _, permissions)) => return permissions.contains_key("members"),
        _ => false,
    };
    allowed && caller.account().is_some_and(|account| organisation.members.contains_key(&account))
}

/// `GET /orgs/{org}`: its owners see its plan.
pub fn organisation(world: &World, call: &Call, login: &str) -> Outcome {
    let account = organisation_of(world, login)?;
    let (own, at) = (format!("{}/orgs/{}", world.origins.api, account.login), account.created_at.to_string());
    let mut document = json!({
        "login": account.login, "id": account.id, "node_id": shapes::node("Organization", account.id), "url": own,
        "repos_url": format!("{own}/repos"), "events_url": format!("{own}/events"), "hooks_url": format!("{own}/hooks"),
        "issues_url": format!("{own}/issues"), "members_url": format!("{own}/members{{/member}}"),
        "public_members_url": format!("{own}/public_members{{/member}}"), "description": null,
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", account.id),
        "html_url": format!("{}/{}", world.origins.web, account.login), "has_organization_projects": true,
        "has_repository_projects": true, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "type": "Organization", "created_at": at, "updated_at": at, "archived_at": null,
    });
    if call.caller.account().is_some_and(|caller| account.members.get(&caller) == Some(&true)) {
        document["plan"] = json!({"name": account.plan.name(), "space": 1, "private_repos": 999, "seats": 9, "filled_seats": 5});
    }
    Answer::ok(document)
}

/// `GET /orgs/{org}/members`: outsiders see only public members, and there are none here.
pub fn members(world: &World, call: &Call, login: &str) -> Outcome {
    let organisation = organisation_of(world, login)?;
    let owners_only = call.query("role") == Some("admin");
    let members = organisation.members.iter().filter(|(_, owner)| !owners_only || **owner);
    let seen = sees_members(&call.caller, organisation);
    Answer::list(members.filter(|_| seen).map(|(id, _)| world.simple_user(*id)).collect())
}

/// `GET /orgs/{org}/members/{login}`: 302 for callers who may see only public members.
pub fn member(world: &World, call: &Call, login: &str, member: &str) -> Outcome {
    let organisation = organisation_of(world, login)?;
    if !sees_members(&call.caller, organisation) {
        let place = format!("{}/orgs/{login}/public_members/{member}", world.origins.api);
        return Ok(Answer::Redirect(302, place));
    }
    let id = world.account(member).map(|account| account.id).unwrap_or_default();
    if organisation.members.contains_key(&id) { Answer::nothing() } else { Err(Fault::not_found()) }
}

/// `GET /orgs/{org}/teams`
pub fn teams(world: &World, call: &Call, login: &str) -> Outcome {
    let organisation = organisation_of(world, login)?;
    if !sees_members(&call.caller, organisation) {
        return Err(Fault::new(403, "Resource not accessible"));
    }
    Answer::list(organisation.teams.iter().map(|team| world.team_document(organisation.id, team)).collect())
}

/// `GET /orgs/{org}/teams/{slug}/members`
pub fn team_members(world: &World, call: &Call, login: &str, slug: &str) -> Outcome {
    let organisation = organisation_of(world, login)?;
    let team = organisation.teams.iter().find(|team| team.slug == slug);
    let team = team.filter(|_| sees_members(&call.caller, organisation)).ok_or_else(Fault::not_found)?;
    Answer::list(team.members.iter().map(|id| world.simple_user(*id)).collect())
}

/// `GET /repos/{o}/{r}`
pub fn repository(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "metadata", Level::Read, Role::Read)?;
    let role = world.caller_role(&call.caller, id);
    let mut document = world.repository_document(id);
    document["network_count"] = json!(0);
    document["subscribers_count"] = json!(0);
    document["permissions"] = json!({
        "admin": role >= Role::Admin, "maintain": role >= Role::Maintain, "push": role >= Role::Write,
        "triage": role >= Role::Triage, "pull": role >= Role::Read,
    });
    Answer::ok(document)
}

/// `POST /repos/{o}/{r}/forks`: every reader may fork. The fork shares the objects.
pub fn fork(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let owner = call.caller.somebody()?;
    if world.repository(id).private && !world.repository(id).allow_forking {
        return Err(Fault::new(403, "The repository exists, but forking is disabled."));
    }
    let owner = match call.text("organization") {
        None => owner,
        Some(login) => {
            let organisation = organisation_of(world, login)?;
            if !organisation.members.contains_key(&owner) {
                return Err(Fault::new(403, "You must be a member of the organization."));
            }
            organisation.id
        }
    };
    let name = call.text("name").unwrap_or(&world.repository(id).name).to_owned();
    if world.repository_id(&world.login(owner), &name).is_some() {
        return Err(Fault::new(403, "Name already exists on this account"));
    }
    let fork = world.fork(id, owner, &name);
    let mut document = world.repository_document(fork);
    document["network_count"] = json!(0);
    document["subscribers_count"] = json!(0);
    Ok(Answer::Json(202, document))
}

/// `GET /repos/{o}/{r}/collaborators/{login}/permission`
pub fn permission(world: &World, call: &Call, id: u64, login: &str) -> Outcome {
    world.require(&call.caller, id, "metadata", Level::Read, Role::Write)?;
    let account = world.account_or_404(login)?.id;
    let role = world.role(account, id);
    let mut user = world.simple_user(account);
    user["role_name"] = json!(role.name());
    user["permissions"] = json!({
        "admin": role >= Role::Admin, "maintain": role >= Role::Maintain, "push": role >= Role::Write,
        "triage": role >= Role::Triage, "pull": role >= Role::Read,
    });
    // The older member has only four values.
    let older = match role {
        Role::Admin => "admin",
        Role::Write | Role::Maintain => "write",
        Role::Read | Role::Triage => "read",
        Role::None => "none",
    };
    Answer::ok(json!({"permission": older, "role_name": role.name(), "user": user}))
}

/// `GET /repos/{o}/{r}/collaborators`: everybody with a role, however obtained, with the effective role.
pub fn collaborators(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "metadata", Level::Read, Role::Write)?;
    let repository = world.repository(id);
    let rows = world.accounts.values().filter(|account| account.kind == Kind::Person).filter_map(|account| {
        let role = world.role(account.id, id);
        let direct = repository.collaborators.contains_key(&account.id);
        let wanted = call.query("affiliation") != Some("direct") || direct;
        let wanted =
            wanted && call.query("permission").is_none_or(|least| least != "admin" || role == Role::Admin);
        (wanted && role > Role::None).then(|| {
            let mut row = world.simple_user(account.id);
            let custom = repository.custom_roles.get(&account.id);
            row["role_name"] = json!(custom.map_or(role.name(), String::as_str));
            row["permissions"] = json!({
                "admin": role >= Role::Admin, "maintain": role >= Role::Maintain, "push": role >= Role::Write,
                "triage": role >= Role::Triage, "pull": true,
            });
            row
        })
    });
    Answer::list(rows.collect())
}

/// `GET /repos/{o}/{r}/teams`: teams with direct access that the caller may see.
pub fn teams_of_repository(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "metadata", Level::Read, Role::Read)?;
    let repository = world.repository(id);
    let owner = &world.accounts[&repository.owner];
    let caller = call.caller.account().unwrap_or_default();
    let sees = |team: &Team| {
        !team.secret || team.members.contains(&caller) || owner.members.get(&caller) == Some(&true)
    };
    let rows = owner.teams.iter().filter(|team| sees(team)).filter_map(|team| {
        let role = *repository.teams.get(&team.id)?;
        let mut row = world.team_with(owner.id, team, role);
        row["permissions"] = json!({
            "admin": role >= Role::Admin, "maintain": role >= Role::Maintain, "push": role >= Role::Write,
            "triage": role >= Role::Triage, "pull": role >= Role::Read,
        });
        Some(row)
    });
    Answer::list(rows.collect())
}

/// `GET /repos/{o}/{r}/keys`
pub fn deploy_keys(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Read, Role::Admin)?;
    let repository = world.repository(id);
    let rows = repository.deploy_keys.iter().map(|(key, title, line, reads)| {
        json!({
            "id": key, "key": line, "url": world.repository_url(id, &format!("keys/{key}")), "title": title,
            "verified": true, "created_at": repository.created_at.to_string(), "read_only": reads, "added_by": null,
            "last_used": null, "enabled": true,
        })
    });
    Answer::list(rows.collect())
}

/// Permissions in the form of answers.
pub fn named_permissions(permissions: &BTreeMap<String, Level>) -> Value {
    permissions
        .iter()
        .map(|(name, level)| (name.clone(), json!(level.name())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn calling_app<'a>(world: &'a World, call: &Call) -> Result<&'a App, Fault> {
    match call.caller.token.as_ref().map(|token| &token.kind) {
        Some(TokenKind::App(app)) => Ok(&world.apps[app]),
        _ => Err(Fault::new(401, "A JSON web token could not be decoded")),
    }
}

/// `GET /app`
pub fn app(world: &World, call: &Call) -> Outcome {
    let app = calling_app(world, call)?;
    let at = world.accounts[&app.bot].created_at.to_string();
    Answer::ok(json!({
        "id": app.id, "slug": app.slug, "node_id": shapes::node("App", app.id), "name": app.slug,
        "owner": world.simple_user(app.installation.1), "description": null, "external_url": world.origins.web,
        "html_url": format!("{}/apps/{}", world.origins.web, app.slug), "created_at": at, "updated_at": at,
        "permissions": named_permissions(&app.installation.3), "events": [],
    }))
}

/// `GET /repos/{o}/{r}/installation`, which an app calls as itself. The repository is looked up without `visible`.
pub fn installation(world: &World, call: &Call, id: u64) -> Outcome {
    let app = calling_app(world, call)?;
    let (installation, account, repositories, permissions) = &app.installation;
    if !repositories.contains(&id) {
        return Err(Fault::not_found());
    }
    let at = world.accounts[&app.bot].created_at.to_string();
    let url = format!("{}/app/installations/{installation}/access_tokens", world.origins.api);
    let selection = if app.is_everywhere { "all" } else { "selected" };
    Answer::ok(json!({
        "id": installation, "app_id": app.id, "app_slug": app.slug, "target_id": account, "target_type": "Organization",
        "account": world.simple_user(*account), "repository_selection": selection, "access_tokens_url": url,
        "repositories_url": format!("{}/installation/repositories", world.origins.api), "single_file_name": null,
        "html_url": format!("{}/settings/installations/{installation}", world.origins.web), "events": [],
        "permissions": named_permissions(permissions), "created_at": at, "updated_at": at, "suspended_by": null,
        "suspended_at": null,
    }))
}

/// `POST /app/installations/{id}/access_tokens`: valid for an hour, with at most the installation's permissions.
pub fn installation_token(world: &mut World, call: &Call, id: &str) -> Outcome {
    let app = calling_app(world, call)?.clone();
    let (installation, _, mut repositories, mut permissions) = app.installation;
    if installation.to_string() != id {
        return Err(Fault::not_found());
    }
    if let Some(wanted) = call.body["repository_ids"].as_array() {
        let wanted: Vec<u64> = wanted.iter().filter_map(Value::as_u64).collect();
        if wanted.iter().any(|id| !repositories.contains(id)) {
            return Err(Fault::unprocessable(
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            ));
        }
        repositories.retain(|id| wanted.contains(id));
    }
    if let Some(wanted) = call.body["permissions"].as_object() {
        let mut narrowed = BTreeMap::new();
        for (name, level) in wanted {
            let level = if level == "write" { Level::Write } else { Level::Read };
            if permissions.get(name).is_none_or(|had| *had < level) {
                return Err(Fault::unprocessable(
                    "The permissions requested are not granted to this installation.",
                ));
            }
            narrowed.insert(name.clone(), level);
        }
        permissions = narrowed;
    }
    let expires = world.now() + SignedDuration::from_hours(1);
    let text = world.next_secret("ghs_");
    let named = named_permissions(&permissions);
    let kind = TokenKind::Installation(app.id, repositories, permissions);
    world.tokens.insert(text.clone(), Token { account: app.bot, kind, expires_at: Some(expires) });
    Answer::created(json!({
        "token": text, "expires_at": expires.to_string(), "permissions": named, "repository_selection": "selected",
    }))
}
