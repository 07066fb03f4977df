//! Input that no honest client sends. It gains nothing, and the server goes on or ends in good order.

use serde_json::json;

use super::approved;
use super::shell;
use super::using;
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
async fn garbage_is_dropped_and_endless_lines_are_refused() {
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
    // A request that is too long is refused by its id, where that can be known.
    let refused = |id: Option<u64>, code: i64| {
        let is_it = |told: &&serde_json::Value| {
            told["error"]["code"] == code && told.get("id").and_then(serde_json::Value::as_u64) == id
        };
        client.told.iter().filter(is_it).count()
    };
    assert_eq!(refused(Some(99), -32600), 1, "{:?}", client.told);
    assert_eq!(refused(None, -32700), 1, "{:?}", client.told);
    // Of the rest, only what is JSON and no message was answered, without an id.
    assert_eq!(refused(None, -32600) + 2, client.told.len(), "{:?}", client.told);
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

/// The second one does not run, and the first one can still be cancelled.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_second_request_of_one_id_is_refused() {
    let mut team = Team::new().await;
    let (mut client, _) = approved(&team).await;
    let folder = tempfile::tempdir().unwrap();
    let call = |arguments: serde_json::Value| {
        let params = json!({ "name": "exec", "arguments": arguments });
        json!({ "jsonrpc": "2.0", "id": "same", "method": "tools/call", "params": params })
    };
    client.send(&call(using::endless(folder.path()))).await;
    let ids =
        [using::started(&folder.path().join("one")).await, using::started(&folder.path().join("two")).await];
    let second = folder.path().join("second");
    client.send(&call(shell(&format!("/bin/echo ran >{}", second.display())))).await;
    let refusal = client.next().await.unwrap();
    assert_eq!((&refusal["error"]["code"], refusal.get("id")), (&json!(-32600), None), "{refusal}");
    assert!(refusal["error"]["message"].as_str().unwrap().contains("\"same\""), "{refusal}");
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "same" } });
    client.send(&cancel).await;
    for id in ids {
        using::gone(&id).await;
    }
    assert_eq!(client.call("exec", shell("exit 0")).await["exit_code"], 0);
    assert!(!second.exists());
    // An id is free again after its answer.
    for code in [1, 2] {
        let mut again = call(shell(&format!("exit {code}")));
        again["id"] = json!(4711);
        client.send(&again).await;
        assert_eq!(client.result(4711).await["exit_code"], code);
    }
    assert!(client.told.iter().all(|told| told["id"] != "same"), "{:?}", client.told);
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
