//! The fake GitHub's graph: fields, pages, permissions, points, and a commit with an expected head.

use data_encoding::BASE64;
use serde_json::Value;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::fixture::Answered;
use crate::support::github::fixture::Hub;

fn ask(hub: &Hub, who: &str, query: &str, variables: &Value) -> Answered {
    hub.call(who, "POST", "/graphql", json!({"query": query, "variables": variables}))
}

fn error(answer: Answered) -> (String, String) {
    let body = answer.expect(200);
    let error = &body["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (text("type"), text("message"))
}

const REVIEWS: &str = "
query($number: Int!, $first: Int = 2, $after: String) {
  repository(owner: \"acme\", name: \"access\") {
    pullRequest(number: $number) {
      author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
      reviews(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId state lastEditedAt editor { login } }
      }
      timelineItems(first: 10, itemTypes: [REVIEW_DISMISSED_EVENT]) {
        nodes { ... on ReviewDismissedEvent { previousReviewState review { fullDatabaseId } } }
      }
    }
  }
}";

#[test]
fn reviews_come_page_by_page_with_their_editors_and_dismissals() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let ids: Vec<u64> = ["ben", "cleo", "dora"]
        .map(|who| hub.review(who, number, "APPROVE").expect(200)["id"].as_u64().unwrap())
        .to_vec();
    let cleo = hub.id("cleo");
    hub.github.world().edit_review(hub.repository, number, ids[0], cleo, "Not my words.");
    let path = format!("pulls/{number}/reviews/{}/dismissals", ids[1]);
    hub.on("ben", "PUT", &path, json!({"message": "no"})).expect(200);
    let first = ask(&hub, "ana", REVIEWS, &json!({"number": number})).expect(200);
    let pull = &first["data"]["repository"]["pullRequest"];
    assert_eq!(pull["author"], json!({"__typename": "User", "login": "ana", "databaseId": hub.id("ana")}));
    let nodes = pull["reviews"]["nodes"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = nodes.iter().map(|node| (&node["state"], &node["editor"])).collect();
    assert_eq!(told, [(&json!("APPROVED"), &json!({"login": "cleo"})), (&json!("DISMISSED"), &Value::Null)]);
    assert_eq!(nodes[0]["fullDatabaseId"], json!(ids[0].to_string()));
    assert_eq!(
        pull["timelineItems"]["nodes"],
        json!([{"previousReviewState": "APPROVED", "review": {"fullDatabaseId": ids[1].to_string()}}])
    );
    let end = &pull["reviews"]["pageInfo"];
    assert_eq!(end["hasNextPage"], true);
    let rest = ask(&hub, "ana", REVIEWS, &json!({"number": number, "after": end["endCursor"]})).expect(200);
    let page = &rest["data"]["repository"]["pullRequest"]["reviews"];
    assert_eq!(page["nodes"][0]["fullDatabaseId"], json!(ids[2].to_string()));
    assert_eq!(
        (page["nodes"].as_array().unwrap().len(), &page["pageInfo"]["hasNextPage"]),
        (1, &json!(false))
    );
}

#[test]
fn a_query_costs_points_of_a_limit_of_its_own() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let before = hub.get("ana", "");
    assert_eq!(before["id"], hub.repository);
    let answer = ask(&hub, "ana", REVIEWS, &json!({"number": number}));
    let told = |name: &str| answer.header(name).to_owned();
    assert_eq!(told("x-ratelimit-resource"), "graphql");
    assert_eq!((told("x-ratelimit-used"), told("x-ratelimit-limit")), ("1".to_owned(), "5000".to_owned()));
    let wide = "query { repository(owner: \"acme\", name: \"access\") { pullRequests(first: 100) { nodes {
        number reviews(first: 100) { nodes { state } } headRef { associatedPullRequests(first: 5) { nodes { number } } }
    } } } rateLimit { cost used } }";
    // 1 + 100 + 100 requests.
    assert_eq!(
        ask(&hub, "ana", wide, &json!({})).expect(200)["data"]["rateLimit"],
        json!({"cost": 2, "used": 3})
    );
    hub.github.world().limits.personal = 4;
    assert_eq!(error(ask(&hub, "ana", wide, &json!({}))).0, "RATE_LIMITED");
    let bare =
        "query { repository(owner: \"acme\", name: \"access\") { pullRequests { nodes { number } } } }";
    assert_eq!(error(ask(&hub, "ana", bare, &json!({}))).0, "MISSING_PAGINATION_BOUNDARIES");
    let deep = bare.replace("pullRequests", "pullRequests(first: 101)");
    assert_eq!(error(ask(&hub, "ana", &deep, &json!({}))).0, "EXCESSIVE_PAGINATION");
}

#[test]
fn errors_come_with_status_200() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    hub.review("ben", number, "APPROVE").expect(200);
    let weak = hub.github.world().fine_grained_token("ana", &[hub.repository], &[("contents", Level::Read)]);
    assert_eq!(error(ask(&hub, &weak, REVIEWS, &json!({"number": number}))).0, "FORBIDDEN");
    assert_eq!(error(ask(&hub, "eve", REVIEWS, &json!({"number": number}))).0, "NOT_FOUND");
    assert_eq!(error(ask(&hub, "ana", REVIEWS, &json!({"number": 99}))).0, "NOT_FOUND");
    let (kind, message) =
        error(ask(&hub, "ana", &REVIEWS.replace("state", "stat"), &json!({"number": number})));
    assert_eq!(
        (kind.as_str(), message.as_str()),
        ("", "Field 'stat' doesn't exist on type 'PullRequestReview'")
    );
    assert!(error(ask(&hub, "ana", REVIEWS, &json!({}))).1.contains("$number"));
    ask(&hub, "", REVIEWS, &json!({"number": number})).expect(401);
    assert!(error(ask(&hub, "ana", "query {", &json!({}))).1.starts_with("Parse error"));
}

const COMMIT: &str =
    "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }";

#[test]
fn a_commit_lands_only_on_the_head_that_it_expects() {
    let hub = Hub::new();
    let input = |head: &str, path: &str| {
        json!({"input": {
            "branch": {"repositoryNameWithOwner": "acme/access", "branchName": "main"},
            "message": {"headline": "Two files"}, "expectedHeadOid": head,
            "fileChanges": {"additions": [{"path": path, "contents": BASE64.encode(b"x\n")}]},
        }})
    };
    let before = hub.tip("main");
    let made = ask(&hub, "ana", COMMIT, &input(&before, "roles/x.toml")).expect(200);
    let made = made["data"]["createCommitOnBranch"]["commit"]["oid"].as_str().unwrap().to_owned();
    assert_eq!(hub.tip("main"), made);
    assert_eq!(hub.get("ana", "contents/roles/x.toml")["content"], "eAo=\n");
    let (kind, message) = error(ask(&hub, "ana", COMMIT, &input(&before, "roles/y.toml")));
    assert_eq!(kind, "STALE_DATA");
    assert_eq!(
        message,
        format!("Expected branch to point to \"{before}\" but it did not.  Pull and try again.")
    );
    assert_eq!(error(ask(&hub, "dora", COMMIT, &input(&made, "x"))).0, "FORBIDDEN");
    assert_eq!(error(ask(&hub, "ana", COMMIT, &input(&made, "../x"))).0, "UNPROCESSABLE");
    assert_eq!(hub.tip("main"), made);
}

const OPEN: &str = "
mutation($branch: CreateRefInput!, $pull: CreatePullRequestInput!) {
  createRef(input: $branch) { ref { name target { oid } } }
  createPullRequest(input: $pull) {
    pullRequest { number isDraft headRefName headRefOid baseRefName title body author { login } }
  }
}";

/// GraphQL performs one mutation after the other, and the second one whatever became of the first.
#[test]
fn a_branch_and_its_pull_request_are_made_in_one_call() {
    let hub = Hub::new();
    let commit = hub.write("work", "x.txt", "x\n");
    let id = crate::support::github::shapes::node("Repository", hub.repository);
    let input = |branch: &str, oid: &str| {
        json!({
            "branch": {"repositoryId": id, "name": format!("refs/heads/{branch}"), "oid": oid},
            "pull": {
                "repositoryId": id, "baseRefName": "main", "headRefName": branch, "title": "t", "body": "b",
                "draft": true,
            },
        })
    };
    let made = ask(&hub, "ana", OPEN, &input("jit/ab12", &commit)).expect(200);
    let pull = &made["data"]["createPullRequest"]["pullRequest"];
    assert_eq!(
        *pull,
        json!({
            "number": pull["number"], "isDraft": true, "headRefName": "jit/ab12", "headRefOid": commit,
            "baseRefName": "main", "title": "t", "body": "b", "author": {"login": "ana"},
        })
    );
    assert_eq!(hub.tip("jit/ab12"), commit);
    let again = ask(&hub, "ana", OPEN, &input("jit/ab12", &commit)).expect(200);
    let errors = again["errors"].as_array().unwrap();
    let said = |number: usize| errors[number]["message"].as_str().unwrap().to_owned();
    assert_eq!(said(0), "A ref named \"refs/heads/jit/ab12\" already exists in the repository.");
    assert!(said(1).contains("A pull request already exists for acme:jit/ab12."), "{again}");
    // The first one fails, and the second is tried.
    let lone = ask(&hub, "ana", OPEN, &input("jit/cd34", &"0".repeat(40))).expect(200);
    assert_eq!(lone["errors"].as_array().unwrap().len(), 2);
    let other = ask(&hub, "ana", OPEN, &input("work", &commit)).expect(200);
    assert_eq!(other["errors"].as_array().unwrap().len(), 1);
    assert_eq!(other["data"]["createPullRequest"]["pullRequest"]["headRefName"], "work");
    assert_eq!(error(ask(&hub, "dora", OPEN, &input("jit/ef56", &commit))).0, "FORBIDDEN");
    assert_eq!(error(ask(&hub, "eve", OPEN, &input("jit/ef56", &commit))).0, "NOT_FOUND");
}
