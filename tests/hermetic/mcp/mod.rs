//! `jit mcp` as its client sees it, over the real broker and the sandbox cloud. Commands are real ones.

mod attacks;
mod client;
mod ending;
mod marked;
mod pages;
mod using;

use serde_json::Value;
use serde_json::json;

use self::client::Client;
use crate::cli::real::Team;

const REASON: &str = "INC-42 fail over";

/// Requests the role. Returns the request's id.
async fn request(client: &mut Client) -> String {
    let asked = client.call("request", json!({ "role": "orders-admin", "reason": REASON })).await;
    assert_eq!(asked["state"], "pending", "{asked}");
    asked["id"].as_str().unwrap().to_owned()
}

/// A client whose request was approved.
async fn approved(team: &Team) -> (Client, String) {
    let mut client = Client::of(&team.ana, team).await;
    let id = request(&mut client).await;
    assert_eq!(team.bo.approve("").await.code, 0);
    (client, id)
}

fn shell(script: &str) -> Value {
    json!({ "role": "orders-admin", "argv": ["/bin/sh", "-c", script] })
}

#[tokio::test]
async fn the_tools_and_their_schemas() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let listed = client.ask("tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["roles", "request", "status", "wait", "exec", "end"]);
    for tool in &tools {
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&tools).unwrap());
    assert_eq!(client.close().await, (0, Vec::new()));
    team.stop().await;
}

#[tokio::test]
async fn a_request_is_made_waited_for_used_and_ended() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let roles = client.call("roles", json!({ "filter": "orders" })).await;
    assert_eq!(roles["roles"][0]["name"], "orders-admin", "{roles}");
    assert_eq!(roles["roles"][0]["reason_required"], true, "{roles}");

    let unreasoned = client.call("request", json!({ "role": "orders-admin" })).await;
    assert_eq!(unreasoned["state"], "usage", "{unreasoned}");
    let none = client.call("exec", shell("true")).await;
    assert_eq!(none["state"], "none", "{none}");
    assert!(none["error"]["hints"].to_string().contains("call the tool `request`"), "{none}");

    let asked =
        client.call("request", json!({ "role": "orders-admin", "reason": REASON, "for": "30m" })).await;
    let id = asked["id"].as_str().unwrap().to_owned();
    assert_eq!((&asked["state"], &asked["duration"]), (&json!("pending"), &json!("30m")), "{asked}");
    assert_eq!(asked["review_with"], format!("jit approve {id}"), "{asked}");
    assert!(asked.get("page").is_none(), "{asked}");
    let pending = client.call("exec", shell("true")).await;
    assert_eq!(pending["state"], "pending", "{pending}");
    let status = client.call("status", json!({})).await;
    assert_eq!((&status["requests"][0]["id"], &status["stale"]), (&json!(id), &json!(false)), "{status}");

    // The reviewer reads that an agent asks.
    let inbox = team.bo.run("inbox --json", &[]).await;
    let inbox: Value = serde_json::from_str(&inbox.stdout).unwrap();
    assert_eq!((&inbox[0]["agent"], &inbox[0]["interactive"]), (&json!(true), &json!(false)), "{inbox}");

    let waiting = client.begin_call("wait", json!({ "request": id })).await;
    assert_eq!(team.bo.approve("").await.code, 0);
    let waited = client.result(waiting).await;
    assert_eq!((&waited["state"], &waited["approved_by"]), (&json!("approved"), &json!(["bo"])), "{waited}");
    let progress: Vec<&Value> =
        client.told.iter().filter(|told| told["method"] == "notifications/progress").collect();
    assert_eq!(progress[0]["params"]["progressToken"], "p", "{progress:?}");
    assert!(progress[0]["params"]["message"].as_str().unwrap().contains("waits for"), "{progress:?}");

    let ran = client.call("exec", shell("echo out; echo err >&2; cat; exit 3")).await;
    assert_eq!((&ran["exit_code"], &ran["timed_out"]), (&json!(3), &json!(false)), "{ran}");
    assert_eq!((&ran["stdout"], &ran["stderr"]), (&json!("out\n"), &json!("err\n")), "{ran}");
    assert_eq!(client.call("status", json!({})).await["requests"][0]["state"], "active");

    let ended = client.call("end", json!({ "request": "orders-admin" })).await;
    assert_eq!(ended["state"], "ended", "{ended}");
    assert!(ended["notes"].to_string().contains("stay valid until"), "{ended}");
    let over = client.call("exec", shell("true")).await;
    assert_eq!(over["state"], "ended", "{over}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn a_wait_ends_with_the_state_as_it_is() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let id = request(&mut client).await;
    let waiting =
        client.begin_call("wait", json!({ "request": "orders-admin", "timeout_seconds": 30 })).await;
    // The call waits once its first progress is there.
    let progress = client.next().await.unwrap();
    assert_eq!(progress["method"], "notifications/progress", "{progress}");
    team.clock.advance(std::time::Duration::from_secs(40));
    let waited = client.result(waiting).await;
    assert_eq!((&waited["state"], &waited["id"]), (&json!("pending"), &json!(id)), "{waited}");

    assert_eq!(team.bo.run(&format!("deny {id} --reason no -y"), &[]).await.code, 0);
    let denied = client.call("wait", json!({ "request": id })).await;
    assert_eq!(denied["state"], "denied", "{denied}");
    assert!(denied["why"].to_string().contains("bo: no"), "{denied}");
    assert_eq!(client.call("exec", shell("true")).await["state"], "denied");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// A hundred calls make one request. What differs is bounded by the authority.
#[tokio::test]
async fn a_flood_of_requests_is_one_request() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(client.begin_call("request", json!({ "role": "orders-admin", "reason": REASON })).await);
    }
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        let asked = client.result(id).await;
        // A hundred a minute. The broker's own limit holds faster ones back.
        team.clock.advance(std::time::Duration::from_millis(600));
        seen.insert(asked["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned());
    }
    assert_eq!(seen.len(), 1);
    let inbox = team.bo.run("inbox --json", &[]).await;
    let inbox: Value = serde_json::from_str(&inbox.stdout).unwrap();
    assert_eq!(inbox.as_array().unwrap().len(), 1, "{inbox}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn without_a_login_the_agent_hears_what_a_person_has_to_type() {
    let mut team = Team::new().await;
    assert_eq!(team.ana.run("logout", &[]).await.code, 0);
    let mut client = Client::of(&team.ana, &team).await;
    for (tool, arguments) in [
        ("roles", json!({})),
        ("status", json!({})),
        ("exec", shell("true")),
        ("wait", json!({ "request": "x" })),
    ] {
        let answer = client.call(tool, arguments).await;
        assert_eq!(answer["state"], "login", "{tool}: {answer}");
        assert!(answer["error"]["hints"].to_string().contains("jit login"), "{answer}");
    }
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn a_person_at_a_terminal_is_told_whom_it_is_for() {
    let mut team = Team::new().await;
    let shot = team.ana.run("mcp", &["y"]).await;
    assert_eq!(shot.code, 2, "{shot}");
    assert!(shot.stderr.contains("MCP client's settings") && shot.stdout.is_empty(), "{shot}");
    team.stop().await;
}
