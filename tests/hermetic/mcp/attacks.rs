//! Input that no honest client sends. It gains nothing, and the server goes on or ends in good order.

use serde_json::json;

use super::approved;
use super::shell;
use crate::cli::real::Team;
use crate::mcp::client::Client;

const OTHER: &str = "description = \"Bill\"\nrequesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nduration = \"1h\"\n\
     [sandbox]\nrole_arn = \"arn:aws:iam::000000000042:role/billing\"\nendpoint_url = \"http://127.0.0.1:9000\"\n";

#[tokio::test]
async fn what_is_no_tool_or_breaks_its_schema_is_an_error_of_the_protocol() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let refused = [
        ("approve", json!({ "request": "0123456789" })),
        ("deny", json!({})),
        ("revoke", json!({})),
        ("env", json!({ "role": "orders-admin" })),
        ("credentials", json!({ "role": "orders-admin" })),
        ("shell", json!({ "role": "orders-admin" })),
        ("console", json!({ "role": "orders-admin" })),
        ("break-glass", json!({ "role": "orders-admin" })),
        ("", json!({})),
        ("roles", json!({ "filter": "x", "more": 1 })),
        ("status", json!({ "all": true })),
        ("request", json!({})),
        ("request", json!({ "role": "orders-admin", "yes": true })),
        ("request", json!({ "role": "orders-admin", "reason": "x", "for": "forever" })),
        ("request", json!({ "role": "orders-admin", "reason": "x", "plan": "plan.json" })),
        // A Cyrillic letter, a path, an option.
        ("request", json!({ "role": "оrders-admin", "reason": "x" })),
        ("request", json!({ "role": "../orders-admin", "reason": "x" })),
        ("exec", json!({ "role": "--env", "argv": ["/bin/true"] })),
        ("exec", json!({ "role": "orders-admin", "argv": [] })),
        ("exec", json!({ "role": "orders-admin", "argv": [""] })),
        ("exec", json!({ "role": "orders-admin", "argv": "true" })),
        ("exec", json!({ "role": "orders-admin", "argv": ["/bin/echo", "a\u{0}b"] })),
        ("exec", json!({ "role": "orders-admin", "argv": ["/bin/true"], "env": { "A": "b" } })),
        ("exec", json!({ "role": "orders-admin", "argv": ["/bin/true"], "timeout_seconds": 3601 })),
        ("wait", json!({ "request": "orders-admin", "timeout_seconds": 0 })),
        ("wait", json!({ "request": "orders-admin", "timeout_seconds": -1 })),
    ];
    for (tool, arguments) in refused {
        let answer = client.call(tool, arguments.clone()).await;
        assert_eq!(answer["code"], -32602, "{tool} {arguments}: {answer}");
    }
    // A reason is judged as on the command line.
    let bidi = client.call("request", json!({ "role": "orders-admin", "reason": "look \u{202e}here" })).await;
    assert_eq!(bidi["state"], "usage", "{bidi}");
    let long = client.call("request", json!({ "role": "orders-admin", "reason": "x".repeat(2000) })).await;
    assert_eq!(long["state"], "usage", "{long}");
    assert_eq!(client.call("status", json!({})).await["requests"], json!([]));
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn garbage_and_endless_lines_are_dropped() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    client.send_raw(b"\n\xff\xfe{{{\n[1,2\n\"text\"\nnull\n").await;
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..10 {
        client.send_raw(&megabyte).await;
    }
    client.send_raw(b"\n").await;
    let long = json!({ "jsonrpc": "2.0", "id": 99, "method": "tools/call", "params": {
        "name": "request", "arguments": { "role": "orders-admin", "reason": "x".repeat(2 << 20) } } });
    client.send(&long).await;
    client.send(&json!({ "jsonrpc": "2.0", "id": 7, "result": {} })).await;
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 12345 } })).await;
    assert_eq!(client.call("status", json!({})).await["requests"], json!([]));
    // Only what is JSON and no message was answered, without an id.
    assert!(client.told.iter().all(|told| told["error"]["code"] == -32600), "{:?}", client.told);
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn a_client_that_speaks_something_else_is_sent_away() {
    let mut team = Team::new().await;
    let mut client = Client::bare(&team.ana, &team);
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    let (code, lines) = client.close().await;
    assert_eq!((code, lines), (1, Vec::new()));
    // And one that says nothing.
    let client = Client::bare(&team.ana, &team);
    assert_eq!(client.leave().await, 0);
    // A tool before the greeting.
    let mut client = Client::bare(&team.ana, &team);
    let answer = client.ask("tools/call", json!({ "name": "status", "arguments": {} })).await;
    assert!(answer.get("result").is_none(), "{answer}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn two_requests_of_one_id_gain_nothing() {
    let mut team = Team::new().await;
    let (mut client, _) = approved(&team).await;
    let call = |script: &str| {
        let params = json!({ "name": "exec", "arguments": shell(script) });
        json!({ "jsonrpc": "2.0", "id": "same", "method": "tools/call", "params": params })
    };
    client.send(&call("exit 1")).await;
    client.send(&call("exit 2")).await;
    // At most one of them is answered under that id.
    client.call("status", json!({})).await;
    assert_eq!(client.call("exec", shell("exit 0")).await["exit_code"], 0);
    let answers = client.told.iter().filter(|told| told["id"] == "same").count();
    assert!(answers <= 1, "{:?}", client.told);
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn access_to_one_role_is_none_to_another() {
    let mut team = Team::with("", &[("roles/billing.toml", OTHER)]).await;
    let (mut client, id) = approved(&team).await;
    let other = client.call("exec", json!({ "role": "billing", "argv": ["/bin/true"] })).await;
    assert_eq!(other["state"], "none", "{other}");
    // An id is no role's name here.
    let by_id = client.call("exec", json!({ "role": id, "argv": ["/bin/true"] })).await;
    assert!(by_id.get("exit_code").is_none(), "{by_id}");
    let unknown = client.call("exec", json!({ "role": "root", "argv": ["/bin/true"] })).await;
    assert!(unknown.get("exit_code").is_none() && unknown["state"] != "active", "{unknown}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// A direct role is the person's own identity.
#[tokio::test]
async fn a_direct_role_is_not_for_agents() {
    let mut team = Team::new().await;
    let config = team.ana.world.system.files.config.join("config.toml");
    let direct = "[roles.own]\napproval = \"none\"\n[roles.own.aws]\nrole_arn = \"arn:aws:iam::000000000042:role/own\"\n\
         region = \"eu-west-1\"\n";
    team.ana.write(&config, &format!("{}{direct}", std::fs::read_to_string(&config).unwrap_or_default()));
    let mut client = Client::of(&team.ana, &team).await;
    for (tool, arguments) in [
        ("exec", json!({ "role": "own", "argv": ["/bin/true"] })),
        ("request", json!({ "role": "own", "reason": "x" })),
        ("end", json!({ "request": "own" })),
    ] {
        let answer = client.call(tool, arguments).await;
        assert!(answer["error"]["message"].as_str().unwrap().contains("direct role"), "{answer}");
        assert_eq!(answer["state"], "refused", "{answer}");
    }
    let roles = client.call("roles", json!({})).await;
    assert_eq!(roles["roles"].as_array().unwrap().len(), 1, "{roles}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}
