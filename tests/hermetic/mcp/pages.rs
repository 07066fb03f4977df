//! A client that opens pages for its person is shown the broker's page of a request that waits.

use std::sync::Arc;

use async_trait::async_trait;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::json;

use super::request;
use crate::cli::real::BROKER;
use crate::cli::real::Team;
use crate::mcp::client::Client;

/// The broker, with a page: its address here has no host name, so that it has none itself.
struct WithPage(RouterHost);

#[async_trait]
impl Host for WithPage {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        if request.url.ends_with("/web") {
            return Ok(Response { status: 303, headers: Vec::new(), body: Vec::new() });
        }
        self.0.answer(request).await
    }
}

async fn team() -> Team {
    let team = Team::new().await;
    team.http.route(BROKER, Arc::new(WithPage(RouterHost(team.router()))));
    team
}

#[tokio::test]
async fn the_page_is_offered_beside_the_call_and_declining_it_changes_nothing() {
    let mut team = team().await;
    let mut client =
        Client::with(&team.ana, &team, "2025-11-25", json!({ "elicitation": { "form": {}, "url": {} } }))
            .await;
    let id = request(&mut client).await;
    let call = client.begin_call("wait", json!({ "request": id })).await;
    let question = loop {
        let told = client.next().await.unwrap();
        if told["method"] == "elicitation/create" {
            break told;
        }
    };
    let params = &question["params"];
    assert_eq!((&params["mode"], &params["url"]), (&json!("url"), &json!(format!("{BROKER}/web/r/{id}"))));
    assert_eq!(params["elicitationId"], id.as_str());
    assert!(params["message"].as_str().unwrap().contains(&format!("jit approve {id}")), "{params}");
    client.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } })).await;
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(client.result(call).await["state"], "approved");
    let done = |told: &&serde_json::Value| told["method"] == "notifications/elicitation/complete";
    assert_eq!(client.told.iter().find(done).unwrap()["params"]["elicitationId"], id.as_str());
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn a_client_without_pages_reads_the_address() {
    let mut team = team().await;
    let mut client =
        Client::with(&team.ana, &team, "2025-11-25", json!({ "elicitation": { "form": {} } })).await;
    let id = request(&mut client).await;
    let call = client.begin_call("wait", json!({ "request": id, "timeout_seconds": 5 })).await;
    assert_eq!(client.next().await.unwrap()["method"], "notifications/progress");
    team.clock.advance(std::time::Duration::from_secs(30));
    let waited = client.result(call).await;
    assert_eq!(
        (&waited["state"], &waited["page"]),
        (&json!("pending"), &json!(format!("{BROKER}/web/r/{id}")))
    );
    assert!(client.told.iter().all(|told| told["method"] != "elicitation/create"));
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// Protocol 2026-07-28 has no requests to the client: the call ends with the question and is made again.
#[tokio::test]
async fn a_stateless_client_is_asked_and_calls_again() {
    let mut team = team().await;
    let mut client = Client::bare(&team.ana, &team);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "url": {} } },
    });
    let params = |tool: &str, arguments: serde_json::Value| json!({ "name": tool, "arguments": arguments, "_meta": meta });
    let asked = client
        .ask("tools/call", params("request", json!({ "role": "orders-admin", "reason": "INC-42" })))
        .await;
    let id =
        asked["result"]["structuredContent"]["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let arguments = json!({ "request": id });
    let question = client.ask("tools/call", params("wait", arguments.clone())).await;
    let result = &question["result"];
    assert_eq!(result["resultType"], "input_required", "{question}");
    let page = &result["inputRequests"]["approval"]["params"];
    assert_eq!((&page["mode"], &page["url"]), (&json!("url"), &json!(format!("{BROKER}/web/r/{id}"))));
    assert_eq!(team.bo.approve("").await.code, 0);
    let mut again = params("wait", arguments);
    again["inputResponses"] = json!({ "approval": { "action": "accept" } });
    again["requestState"] = result["requestState"].clone();
    let waited = client.ask("tools/call", again).await;
    assert_eq!(waited["result"]["structuredContent"]["state"], "approved", "{waited}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}
