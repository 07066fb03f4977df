//! A tour of every route, so that all of them can be checked against GitHub's own description.

use http::Method;
use jit::github::api::manifest;
use jit::secret::Secret;
use jit::secret::sealed_box::seal;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;
use url::form_urlencoded::Serializer;

use super::access::Level;
use super::actions::runner::Runner;
use super::actions::shell::Shell;
use super::actions::shell::StepCall;
use super::actions::shell::StepEnd;
use super::faults::When;
use super::faults::secondary_limit;
use super::fixture::Hub;
use super::receive::Exchange;

const WORKFLOW: &str = "
name: Tour
on:
  workflow_dispatch:
    inputs: {who: {type: string}}
  pull_request:
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: write
  deploy:
    needs: build
    if: github.event_name == 'workflow_dispatch'
    environment: gated
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
";

/// Steps that need no bash.
struct Written;

impl Shell for Written {
    fn run(&self, call: &StepCall) -> StepEnd {
        StepEnd { code: 0, log: format!("{}\n", call.name) }
    }
}

/// The exchanges of the tour, in this version of the API.
pub fn tour(version: &'static str) -> Vec<Exchange> {
    let mut hub = Hub::new();
    hub.version = Some(version);
    hub.write("main", ".github/workflows/tour.yml", WORKFLOW);
    hub.github.world().exchanges = Some(Vec::new());
    people(&hub);
    contents(&hub);
    rules(&hub);
    pulls(&hub);
    settings(&hub);
    actions(&hub);
    apps(&hub);
    manifest_of_an_app(&hub);
    graph(&hub);
    refusals(&hub);
    let exchanges = hub.github.world().exchanges.take();
    exchanges.unwrap_or_default()
}

fn people(hub: &Hub) {
    hub.github.world().add_key("ana", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample");
    let ana = hub.id("ana");
    let team = hub.github.world().add_team("acme", "leads", &["ben", "cleo"]);
    hub.github.world().repository_mut(hub.repository).teams.insert(team, super::access::Role::Read);
    for path in [
        "/rate_limit",
        "/versions",
        "/user",
        &format!("/user/{ana}"),
        "/users/ana",
        "/users/ana/keys",
        "/orgs/acme",
        "/orgs/acme/members",
        "/orgs/acme/teams",
        "/orgs/acme/teams/leads/members",
    ] {
        hub.call("ana", "GET", path, Value::Null).expect(200);
    }
    hub.call("olga", "GET", "/orgs/acme", Value::Null).expect(200);
    hub.call("ana", "GET", "/orgs/acme/members/ben", Value::Null).expect(204);
    hub.call("eve", "GET", "/orgs/acme/members/ben", Value::Null).expect(302);
    let path = "/orgs/acme/actions/oidc/customization/sub";
    hub.call("olga", "PUT", path, json!({"include_claim_keys": ["repo", "context"]})).expect(201);
    hub.call("olga", "GET", path, Value::Null).expect(200);
    hub.get("ana", "");
    hub.get("ana", "collaborators/dora/permission");
    hub.get("ana", "teams");
    hub.write("main", "CODEOWNERS", "*.md @nobody\n[ @ana\n/x/ @acme/leads\n");
    hub.get("ana", "codeowners/errors?ref=main");
    hub.get("olga", "actions/runners");
    hub.github.world().add_host(hub.repository, "own", &["self-hosted", "linux"]);
    let acme = hub.id("acme");
    hub.github.world().add_host(acme, "ours", &["self-hosted"]);
    hub.get("olga", "actions/runners");
    hub.call("olga", "GET", "/orgs/acme/actions/runner-groups?visible_to_repository=access", Value::Null)
        .expect(200);
    hub.call("olga", "GET", "/orgs/acme/actions/runner-groups/1/runners", Value::Null).expect(200);
    hub.get("ana", "collaborators?affiliation=direct");
    let key = (1, "robot".to_owned(), "ssh-ed25519 AAAA".to_owned(), false);
    hub.github.world().repository_mut(hub.repository).deploy_keys.push(key);
    hub.get("olga", "collaborators?permission=admin");
    hub.get("olga", "keys");
    hub.on("dora", "POST", "forks", json!({"default_branch_only": true})).expect(202);
}

fn contents(hub: &Hub) {
    let sha = hub.branch("ana", "topic", "a/b.txt", "one\ntwo\n");
    let blob = hub.get("ana", "contents/a/b.txt?ref=topic")["sha"].as_str().unwrap().to_owned();
    for path in [
        format!("git/blobs/{blob}"),
        format!("git/trees/{sha}"),
        "git/trees/topic?recursive=1".into(),
        format!("git/commits/{sha}"),
        "git/ref/heads/topic".into(),
        "git/matching-refs/heads/to".into(),
        "contents/a?ref=topic".into(),
        "compare/main...topic".into(),
        "compare/topic...main".into(),
        "commits".into(),
        "commits?sha=topic&path=a/b.txt".into(),
        "commits/topic".into(),
        "branches".into(),
        "branches/topic".into(),
    ] {
        hub.get("ana", &path);
    }
    let put = |body: Value| hub.on("ana", "PUT", "contents/c.txt", body);
    let made = put(json!({"message": "Add", "content": "YQ==", "branch": "topic"})).expect(201);
    let sha = made["content"]["sha"].clone();
    put(json!({"message": "Change", "content": "Yg==", "branch": "topic", "sha": "0".repeat(40)}))
        .expect(409);
    let changed =
        put(json!({"message": "Change", "content": "Yg==", "branch": "topic", "sha": sha})).expect(200);
    let gone = json!({"message": "Remove", "sha": changed["content"]["sha"], "branch": "topic"});
    hub.on("ana", "DELETE", "contents/c.txt", gone).expect(200);
    let other = hub.commit("ana", "d.txt", "d");
    hub.on("ana", "PATCH", "git/refs/heads/topic", json!({"sha": other})).expect(422);
    hub.on("ana", "PATCH", "git/refs/heads/topic", json!({"sha": other, "force": true})).expect(200);
    hub.on("ana", "DELETE", "git/refs/heads/topic", Value::Null).expect(204);
}

fn rules(hub: &Hub) {
    let parameters = json!({
        "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": true, "require_code_owner_review": true,
        "require_last_push_approval": false, "required_review_thread_resolution": false,
        "allowed_merge_methods": ["merge", "squash"],
        "dismissal_restriction": {"enabled": false, "allowed_actors": []},
    });
    let body = json!({
        "name": "everything", "target": "branch", "enforcement": "active",
        "bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
        "conditions": {"ref_name": {"include": ["refs/heads/jit-log"], "exclude": []}},
        "rules": [
            {"type": "creation"}, {"type": "update"}, {"type": "deletion"}, {"type": "non_fast_forward"},
            {"type": "required_linear_history"}, {"type": "pull_request", "parameters": parameters},
        ],
    });
    let id = hub.on("olga", "POST", "rulesets", body).expect(201)["id"].clone();
    hub.get("olga", "rulesets");
    hub.get("olga", &format!("rulesets/{id}"));
    hub.get("ana", &format!("rulesets/{id}"));
    hub.get("ana", "rules/branches/jit-log");
    let update = json!({"enforcement": "disabled"});
    hub.on("olga", "PUT", &format!("rulesets/{id}"), update).expect(200);
    hub.on("olga", "DELETE", &format!("rulesets/{id}"), Value::Null).expect(204);
    let protection = json!({
        "required_status_checks": null, "enforce_admins": false, "restrictions": null,
        "required_pull_request_reviews": {"required_approving_review_count": 1},
    });
    hub.on("olga", "PUT", "branches/main/protection", protection).expect(200);
    hub.get("olga", "branches/main/protection");
    hub.github.world().repository_mut(hub.repository).protections.clear();
}

fn pulls(hub: &Hub) {
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let one = |rest: &str| format!("pulls/{number}{rest}");
    let both = json!({"reviewers": ["ben"], "team_reviewers": ["leads"]});
    hub.on("ana", "POST", &one("/requested_reviewers"), both).expect(201);
    hub.get("ana", &one("/requested_reviewers"));
    hub.get("ana", "pulls");
    hub.on("ana", "DELETE", &one("/requested_reviewers"), json!({"reviewers": ["ben"]})).expect(200);
    for rest in ["", "/files", "/commits", "/reviews"] {
        hub.get("ana", &one(rest));
    }
    let review = hub.review("ben", number, "REQUEST_CHANGES").expect(200)["id"].clone();
    let pending = hub.on("cleo", "POST", &one("/reviews"), json!({})).expect(200)["id"].clone();
    let submitted = json!({"event": "COMMENT", "body": "Hm"});
    hub.on("cleo", "POST", &one(&format!("/reviews/{pending}/events")), submitted).expect(200);
    hub.get("ana", &one(&format!("/reviews/{review}")));
    hub.on("ben", "PUT", &one(&format!("/reviews/{review}")), json!({"body": "Other"})).expect(200);
    let dismissal = json!({"message": "No", "event": "DISMISS"});
    hub.on("ana", "PUT", &one(&format!("/reviews/{review}/dismissals")), dismissal.clone()).expect(200);
    hub.on("ana", "PUT", &one(&format!("/reviews/{review}/dismissals")), dismissal).expect(422);
    hub.get("ana", &one("/reviews?per_page=1&page=1"));
    let comments = format!("issues/{number}/comments");
    let comment = hub.on("ana", "POST", &comments, json!({"body": "Hello"})).expect(201)["id"].clone();
    hub.get("ana", &comments);
    hub.on("ana", "PATCH", &format!("issues/comments/{comment}"), json!({"body": "Hi"})).expect(200);
    hub.on("ana", "DELETE", &format!("issues/comments/{comment}"), Value::Null).expect(204);
    hub.get("ana", &format!("issues/{number}/events"));
    hub.review("ana", number, "APPROVE").expect(422);
    hub.on("ana", "PATCH", &one(""), json!({"state": "closed", "title": "Done"})).expect(200);
    let other = hub.pull("ana", "change", "roles/x.toml");
    hub.on("ana", "PUT", &format!("pulls/{other}/merge"), json!({"merge_method": "squash"})).expect(200);
    hub.get("ana", &format!("pulls/{other}"));
    hub.get("ana", &format!("issues/{other}/events"));
}

fn settings(hub: &Hub) {
    let body = json!({
        "wait_timer": 0, "prevent_self_review": true, "reviewers": [{"type": "User", "id": hub.id("ben")}],
        "deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true},
    });
    hub.on("olga", "PUT", "environments/gated", body).expect(200);
    let policies = "environments/gated/deployment-branch-policies";
    hub.on("olga", "POST", policies, json!({"name": "main"})).expect(200);
    let tags =
        hub.on("olga", "POST", policies, json!({"name": "v*", "type": "tag"})).expect(200)["id"].clone();
    hub.get("ana", policies);
    hub.on("olga", "DELETE", &format!("{policies}/{tags}"), Value::Null).expect(204);
    hub.github.world().put_secret(hub.repository, Some("gated"), "KEY", "hush");
    hub.github.world().put_secret(hub.repository, None, "OTHER", "hush");
    let key = hub.get("olga", "environments/gated/secrets/public-key");
    let sealed = seal(key["key"].as_str().unwrap(), &Secret::from("hush"), [7; 32]).unwrap();
    let body = json!({"encrypted_value": sealed, "key_id": key["key_id"]});
    hub.on("olga", "PUT", "environments/gated/secrets/FRESH", body).expect(201);
    for path in [
        "environments",
        "environments/gated",
        "environments/gated/secrets",
        "actions/secrets",
        "actions/organization-secrets",
        "actions/oidc/customization/sub",
    ] {
        hub.get("ana", path);
    }
    let body = json!({"use_default": false, "include_claim_keys": ["repo", "context", "job_workflow_ref"], "use_immutable_subject": true});
    hub.on("olga", "PUT", "actions/oidc/customization/sub", body).expect(201);
    hub.get("ana", "actions/oidc/customization/sub");
    hub.get("olga", "actions/permissions");
    let body = json!({"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false});
    hub.on("olga", "PUT", "actions/permissions/workflow", body).expect(204);
    hub.get("olga", "actions/permissions/workflow");
    hub.on("olga", "PUT", "environments/spare", Value::Null).expect(200);
    hub.on("olga", "DELETE", "environments/spare", Value::Null).expect(204);
}

/// An app from a manifest: two pages of GitHub's, then the call that gives its key.
fn manifest_of_an_app(hub: &Hub) {
    let post = |path: &str, fields: &[(&str, &str)]| {
        let form: String = Serializer::new(String::new()).extend_pairs(fields).finish();
        let url = format!("{}{path}", hub.github.origins().web);
        let request = Request::new(Method::POST, url).header("cookie", "user_session=olga");
        hub.send(request.body("application/x-www-form-urlencoded", form))
    };
    let whole = manifest::manifest("access", "https://github.com/acme/access", "http://127.0.0.1:7/callback");
    let page = post("/organizations/acme/settings/apps/new?state=s", &[("manifest", &whole.to_string())]);
    let text = String::from_utf8(page.bytes.clone()).unwrap();
    let made = post(text.split('"').nth(1).unwrap(), &[]);
    let back = url::Url::parse(made.header("location")).unwrap();
    let code = back.query_pairs().next().unwrap().1.into_owned();
    hub.call("", "POST", &format!("/app-manifests/{code}/conversions"), Value::Null).expect(201);
}

fn actions(hub: &Hub) {
    hub.get("ana", "actions/workflows");
    hub.get("ana", "actions/workflows/tour.yml");
    let path = "actions/workflows/tour.yml/dispatches";
    let plain = hub.on("ana", "POST", path, json!({"ref": "main", "inputs": {"who": "x"}}));
    // The newer version always returns the run, and no longer accepts the flag.
    let run = if hub.version == Some("2026-03-10") {
        plain.expect(200)["workflow_run_id"].as_u64().unwrap_or_default()
    } else {
        plain.expect(204);
        hub.dispatch("ana", "tour.yml", json!({"who": "y"}))
    };
    let one = |rest: &str| format!("actions/runs/{run}{rest}");
    hub.get("ana", &one("/jobs"));
    Runner::new(&hub.github, &Written).run_all();
    hub.get("ana", "actions/runs?event=workflow_dispatch&status=waiting&created=%3E%3D2026-01-01T00:00:00Z");
    hub.get("ana", "actions/runs");
    hub.get("ana", "actions/workflows/tour.yml/runs?actor=ana");
    hub.get("ana", &one(""));
    let pending = hub.get("ben", &one("/pending_deployments"));
    let body =
        json!({"environment_ids": [pending[0]["environment"]["id"]], "state": "approved", "comment": "Yes"});
    hub.on("ben", "POST", &one("/pending_deployments"), body).expect(200);
    hub.get("ana", &one("/approvals"));
    Runner::new(&hub.github, &Written).run_all();
    let job = hub.get("ana", &one("/jobs"))["jobs"][0]["id"].clone();
    hub.get("ana", &format!("actions/jobs/{job}"));
    hub.on("ana", "GET", &format!("actions/jobs/{job}/logs"), Value::Null).expect(302);
    hub.on("ana", "DELETE", &one("/logs"), Value::Null).expect(204);
    hub.on("ana", "POST", &one("/rerun"), Value::Null).expect(201);
    hub.get("ana", &one("/attempts/1"));
    hub.on("ana", "POST", &one("/cancel"), Value::Null).expect(202);
    hub.on("ana", "POST", &one("/cancel"), Value::Null).expect(409);
}

fn apps(hub: &Hub) {
    // The token behind an app's JWT, without the JWT, whose verification has a test of its own.
    let named = [("contents", Level::Write), ("metadata", Level::Read)];
    let (app, bot) = {
        let mut world = hub.github.world();
        let app = world.add_app("scribe", "", "acme", &[hub.repository], &named);
        (app, world.apps[&app].bot)
    };
    let kind = super::access::TokenKind::App(app);
    let token = super::access::Token { account: bot, kind, expires_at: None };
    hub.github.world().tokens.insert("app".to_owned(), token);
    hub.call("app", "GET", "/app", Value::Null).expect(200);
    let id = hub.on("app", "GET", "installation", Value::Null).expect(200)["id"].clone();
    let body = json!({"repository_ids": [hub.repository], "permissions": {"contents": "read"}});
    hub.call("app", "POST", &format!("/app/installations/{id}/access_tokens"), body).expect(201);
}

/// Every field of the graph.
const GRAPH: &str = "
query Everything($name: String!, $first: Int = 5) {
  viewer { __typename login databaseId }
  rateLimit { cost limit remaining used resetAt }
  repository(owner: \"acme\", name: $name) {
    id databaseId nameWithOwner isPrivate isFork viewerPermission
    owner { __typename login ... on Organization { databaseId } }
    defaultBranchRef { name }
    main: ref(qualifiedName: \"refs/heads/main\") {
      name target { __typename oid ... on Commit { tree { oid } history(first: 2) { nodes { oid } } } }
    }
    none: ref(qualifiedName: \"refs/heads/none\") { name }
    assignableUsers(first: $first) { nodes { login databaseId } }
    pullRequests(first: $first, states: [OPEN, CLOSED, MERGED], orderBy: { field: UPDATED_AT, direction: DESC }) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id number state title body url isDraft createdAt updatedAt
        author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
        headRefName headRefOid headRepository { databaseId } baseRefName baseRefOid baseRepository { databaseId }
        headRef { associatedPullRequests(first: 5) { nodes { number } } }
        reviews(first: 5) {
          pageInfo { hasNextPage endCursor }
          nodes { fullDatabaseId state body submittedAt lastEditedAt author { login } editor { login } commit { oid } }
        }
        timelineItems(first: 5, itemTypes: [REVIEW_DISMISSED_EVENT]) {
          pageInfo { hasNextPage endCursor }
          nodes { __typename ... on ReviewDismissedEvent { previousReviewState review { fullDatabaseId } } }
        }
      }
    }
  }
}";

fn graph(hub: &Hub) {
    let ask = |query: &str, variables: Value| {
        hub.call("ana", "POST", "/graphql", json!({"query": query, "variables": variables})).expect(200)
    };
    let all = ask(GRAPH, json!({"name": "access"}));
    let pulls = &all["data"]["repository"]["pullRequests"]["nodes"];
    let has = |list: &str| pulls.as_array().unwrap().iter().any(|pull| pull[list]["nodes"] != json!([]));
    assert!(has("reviews") && has("timelineItems"), "{pulls}");
    ask(GRAPH, json!({"name": "nowhere"}));
    hub.write("graph", "README.md", "x\n");
    let commit = "mutation($input: CreateCommitOnBranchInput!) {
        createCommitOnBranch(input: $input) { commit { oid } }
    }";
    let input = json!({
        "branch": {"repositoryNameWithOwner": "acme/access", "branchName": "graph"},
        "message": {"headline": "One line", "body": "And more"}, "expectedHeadOid": hub.tip("graph"),
        "fileChanges": {"additions": [{"path": "x.txt", "contents": "eA=="}]},
    });
    ask(commit, json!({"input": input}));
    // The branch has moved.
    ask(commit, json!({"input": input}));
    let open = "mutation($branch: CreateRefInput!, $pull: CreatePullRequestInput!) {
        createRef(input: $branch) { ref { target { oid } } }
        createPullRequest(input: $pull) { pullRequest { number isDraft } }
    }";
    let id = all["data"]["repository"]["id"].clone();
    let both = json!({
        "branch": {"repositoryId": id, "name": "refs/heads/opened", "oid": hub.tip("graph")},
        "pull": {
            "repositoryId": id, "baseRefName": "main", "headRefName": "opened", "title": "t", "body": "b", "draft": true,
        },
    });
    ask(open, both.clone());
    // Both are there.
    ask(open, both);
}

fn refusals(hub: &Hub) {
    hub.on("eve", "GET", "", Value::Null).expect(404);
    hub.call("ghp_wrong", "GET", "/user", Value::Null).expect(401);
    hub.on("dora", "POST", "git/blobs", json!({"content": "x"})).expect(403);
    hub.on("ana", "POST", "git/refs", json!({"ref": "refs/heads/main", "sha": hub.tip("main")})).expect(422);
    hub.on("ana", "PUT", "environments/x", json!({})).expect(403);
    hub.github.world().faults.order("GET", "/user", 1, When::Before, secondary_limit(403, 60));
    hub.call("ana", "GET", "/user", Value::Null).expect(403);
    let tag = hub.call("ana", "GET", "/user", Value::Null).header("etag").to_owned();
    let again = hub.request("ana", "GET", "/user", Value::Null).header("if-none-match", tag);
    hub.send(again).expect(304);
}

/// The number of routes, read from the table itself.
pub fn routes() -> usize {
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let table = include_str!("routes.rs");
    methods.iter().map(|method| table.matches(&format!("(\"{method}\", [")).count()).sum()
}
