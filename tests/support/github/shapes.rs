//! The documents that appear inside others: people, repositories, teams, signatures.

use serde_json::Value;
use serde_json::json;

use super::access::Role;
use super::git::objects::Signature;
use super::world::Kind;
use super::world::Team;
use super::world::World;

/// An opaque id, as in the graph API.
pub fn node(kind: &str, id: u64) -> String {
    format!("{}_{}", kind.chars().filter(char::is_ascii_uppercase).collect::<String>(), id)
}

/// A signature inside a commit.
pub fn signature(signature: &Signature) -> Value {
    json!({
        "name": signature.name, "email": signature.email,
        "date": jiff::Timestamp::from_second(signature.date.as_second()).unwrap_or_default().to_string(),
    })
}

/// The verification of an unsigned commit.
pub fn unverified() -> Value {
    json!({"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null})
}

/// The members of a repository that are URLs below it, with the suffix after its own URL.
const BELOW: [(&str, &str); 37] = [
    ("forks_url", "/forks"),
    ("keys_url", "/keys{/key_id}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("teams_url", "/teams"),
    ("hooks_url", "/hooks"),
    ("issue_events_url", "/issues/events{/number}"),
    ("events_url", "/events"),
    ("assignees_url", "/assignees{/user}"),
    ("branches_url", "/branches{/branch}"),
    ("tags_url", "/tags"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("trees_url", "/git/trees{/sha}"),
    ("statuses_url", "/statuses/{sha}"),
    ("languages_url", "/languages"),
    ("stargazers_url", "/stargazers"),
    ("contributors_url", "/contributors"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("commits_url", "/commits{/sha}"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("comments_url", "/comments{/number}"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("contents_url", "/contents/{+path}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("merges_url", "/merges"),
    ("archive_url", "/{archive_format}{/ref}"),
    ("downloads_url", "/downloads"),
    ("issues_url", "/issues{/number}"),
    ("pulls_url", "/pulls{/number}"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("labels_url", "/labels{/name}"),
    ("releases_url", "/releases{/id}"),
    ("deployments_url", "/deployments"),
    ("url", ""),
];

impl World {
    /// A URL of the API below a repository.
    pub fn repository_url(&self, id: u64, rest: &str) -> String {
        format!("{}/repos/{}/{rest}", self.origins.api, self.full_name(id))
    }

    /// An account in the form of other documents.
    pub fn simple_user(&self, id: u64) -> Value {
        let Some(account) = self.accounts.get(&id) else { return Value::Null };
        let login = &account.login;
        let own = format!("{}/users/{}", self.origins.api, login.replace('[', "%5B").replace(']', "%5D"));
        let kind = match account.kind {
            Kind::Person => "User",
            Kind::Bot => "Bot",
            Kind::Organisation => "Organization",
        };
        let html = login.strip_suffix("[bot]").map_or_else(|| login.clone(), |app| format!("apps/{app}"));
        json!({
            "login": login, "id": id, "node_id": node("User", id), "gravatar_id": "",
            "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"), "url": own,
            "html_url": format!("{}/{html}", self.origins.web), "followers_url": format!("{own}/followers"),
            "following_url": format!("{own}/following{{/other_user}}"), "gists_url": format!("{own}/gists{{/gist_id}}"),
            "starred_url": format!("{own}/starred{{/owner}}{{/repo}}"), "subscriptions_url": format!("{own}/subscriptions"),
            "organizations_url": format!("{own}/orgs"), "repos_url": format!("{own}/repos"),
            "events_url": format!("{own}/events{{/privacy}}"), "received_events_url": format!("{own}/received_events"),
            "type": kind, "user_view_type": "public", "site_admin": false,
        })
    }

    /// A repository in the form of runs.
    pub fn minimal_repository(&self, id: u64) -> Value {
        let repository = self.repository(id);
        let name = self.full_name(id);
        let own = format!("{}/repos/{name}", self.origins.api);
        let mut document = json!({
            "id": id, "node_id": node("Repository", id), "name": repository.name, "full_name": name,
            "private": repository.private, "owner": self.simple_user(repository.owner),
            "html_url": format!("{}/{name}", self.origins.web), "description": null,
            "fork": repository.fork_of.is_some(),
        });
        for (member, rest) in BELOW {
            document[member] = json!(format!("{own}{rest}"));
        }
        document
    }

    /// A repository in the form of pull requests, and by itself.
    pub fn repository_document(&self, id: u64) -> Value {
        let repository = self.repository(id);
        let (mut document, at) = (self.minimal_repository(id), repository.created_at.to_string());
        let html = format!("{}/{}", self.origins.web, self.full_name(id));
        let host = self.origins.web.split("://").nth(1).unwrap_or_default();
        let open = repository.pulls.values().filter(|pull| pull.open).count();
        let more = json!({
            "created_at": at, "updated_at": at, "pushed_at": at, "git_url": format!("git://{host}/{}.git", self.full_name(id)),
            "ssh_url": format!("git@{host}:{}.git", self.full_name(id)), "clone_url": format!("{html}.git"),
            "svn_url": html, "homepage": null, "size": 1, "stargazers_count": 0, "watchers_count": 0, "language": null,
            "has_issues": true, "has_projects": false, "has_downloads": true, "has_wiki": false, "has_pages": false,
            "has_discussions": false, "forks_count": 0, "mirror_url": null, "archived": false, "disabled": false,
            "open_issues_count": open, "license": null, "allow_forking": repository.allow_forking, "is_template": false, "topics": [],
            "visibility": if repository.private { "private" } else { "public" }, "forks": 0, "open_issues": open,
            "watchers": 0, "default_branch": repository.default_branch,
        });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document
    }

    /// A team.
    pub fn team_document(&self, organisation: u64, team: &Team) -> Value {
        self.team_with(organisation, team, Role::Read)
    }

    /// A team with its role in a repository.
    pub fn team_with(&self, organisation: u64, team: &Team, role: Role) -> Value {
        let permission = match role {
            Role::None | Role::Read => "pull",
            Role::Triage => "triage",
            Role::Write => "push",
            Role::Maintain => "maintain",
            Role::Admin => "admin",
        };
        let url = format!("{}/organizations/{organisation}/team/{}", self.origins.api, team.id);
        json!({
            "id": team.id, "node_id": node("Team", team.id), "name": team.slug, "slug": team.slug, "description": null,
            "privacy": if team.secret { "secret" } else { "closed" }, "parent": null,
            "notification_setting": "notifications_enabled", "permission": permission,
            "url": url, "members_url": format!("{url}/members{{/member}}"), "repositories_url": format!("{url}/repos"),
            "html_url": format!("{}/orgs/{}/teams/{}", self.origins.web, self.login(organisation), team.slug),
            "type": "organization", "organization_id": organisation,
        })
    }
}
