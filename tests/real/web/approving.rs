//! From the click to the credentials, and what the page says when things have moved on.

use std::process::Stdio;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use serde_json::Value;
use serde_json::json;

use crate::peers::broker::JIT;
use crate::web::signature;
use crate::web::world::APPROVE;
use crate::web::world::Page;

#[test]
fn a_click_and_a_passkey_give_the_waiting_terminal_its_credentials() {
    let mut page = Page::new();
    let mut command = page.team.ana.shell("sh");
    let line = "\"$0\" request orders-admin --reason 'INC-42 orders' -y >/dev/null && exec \"$0\" exec orders-admin -- env";
    command.args(["-c", line, JIT]).stdin(Stdio::null()).stdout(Stdio::piped());
    let waiting = command.spawn().unwrap();
    while page.browser.ask("count", json!({"at": "a.item"}))["count"] == 0 {
        page.open("");
    }
    page.browser.click("a.item");
    page.browser.wait("#checked", "Your browser derived these words");
    page.browser.wait(APPROVE, "Approve with passkey");
    assert_eq!(page.browser.text("#signs"), "orders-admin for ana, 1h");
    let id = page.browser.text("[data-fact=request]");
    // A double click is one approval.
    let clicked = page.browser.ask("click", json!({"at": APPROVE, "twice": true}))["began"].as_u64().unwrap();
    let ended = waiting.wait_with_output().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    println!("click to credentials: {} ms", now - u128::from(clicked));
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success() && said.contains("AWS_"), "{said}");
    page.browser.wait("#so-far", "So far");
    page.open(&format!("/r/{id}"));
    page.browser.wait(".state", "active");
    let page_says = page.browser.text("main");
    assert!(page_says.contains("bo approved"), "{page_says}");
    let view = page.stored(&id);
    assert_eq!(view["reviews"].as_array().unwrap().len(), 1, "{view} {said}");
    signature::judge(&page, &view["reviews"][0]["signed"]);
    let faults = page.browser.ask("faults", json!({}));
    let refused = |fault: &&Value| !fault.as_str().unwrap().contains("status of 401");
    let errors: Vec<&Value> = faults["errors"].as_array().unwrap().iter().filter(refused).collect();
    assert!(errors.is_empty(), "the page's own rules stopped something: {errors:?}");
    assert_eq!(faults["elsewhere"], json!([page.team.broker.url]), "something came from elsewhere");
}

#[test]
fn less_than_asked_and_a_denial() {
    let mut page = Page::new();
    let id = page.ask("orders-admin");
    page.browser.click("details.less summary");
    page.browser.fill("#duration", "2h");
    assert!(page.browser.text("#signs").contains("more than the requested 1h"));
    page.browser.click(APPROVE);
    page.browser.wait("#problem", "more than the requested 1h");
    page.browser.fill("#duration", "20m");
    assert_eq!(page.browser.text("#signs"), "orders-admin for ana, 20m (asked 1h)");
    page.browser.fill("#comment", "for  the\nincident");
    page.browser.click(APPROVE);
    page.browser.wait(".state", "approved");
    let view = page.stored(&id);
    assert_eq!(view["approved_duration"], "20m");
    let signed = view["reviews"][0]["signed"]["statement"].as_str().unwrap();
    assert!(signed.contains(r#""comment":"for  the incident","duration":"1200""#), "{signed}");
    // Before its use, the same reviewer may still deny. The back button shows what is true.
    page.browser.fill("#comment", "on second thought");
    page.browser.click("button.danger[type=submit]");
    page.browser.wait(".state", "denied");
    page.browser.ask("back", json!({}));
    page.browser.wait(".state", "denied");
    assert_eq!(page.browser.ask("count", json!({"at": "#decision"}))["count"], 0);
    let shown = page.team.ana.run(&["show", &id]).ok();
    assert!(shown.contains("on second thought"), "{shown}");
    // A denial without a comment stays in the browser.
    let id = page.ask("orders-reader");
    page.browser.click("button.danger[type=submit]");
    assert_eq!(page.team.bo.state(&id), "pending");
    // Enter in a field decides nothing.
    page.browser.click("details.less summary");
    page.browser.fill("#comment", "typed");
    page.browser.fill("#duration", "10m");
    page.browser.ask("press", json!({"key": "Enter"}));
    page.browser.wait("#checked", "Your browser");
    assert_eq!(page.team.bo.state(&id), "pending");
}

#[test]
fn a_stale_tab_and_an_unverified_person_approve_nothing() {
    let mut page = Page::new();
    let id = page.ask("orders-admin");
    let authenticator = page.authenticator.clone();
    page.browser.ask("verified", json!({"id": authenticator, "yes": false}));
    page.browser.click(APPROVE);
    page.browser.wait("#problem", "No passkey was used");
    page.browser.ask("verified", json!({"id": authenticator, "yes": true}));
    page.team.ana.run(&["end", &id]).ok();
    page.browser.click(APPROVE);
    page.browser.wait("#problem", "cancelled");
    assert_eq!(page.team.bo.state(&id), "cancelled");
    assert_eq!(page.team.broker.changes().iter().filter(|word| *word == "reviewed").count(), 0);
}

/// A broker that shows one thing and has another signed is found out by its own script, as long as that is honest.
#[test]
fn words_that_differ_from_the_bytes_are_not_signed() {
    let mut page = Page::new();
    let id = page.ask("orders-admin");
    let lie = r#"async () => {
        const source = document.querySelector('script[type=module]').src;
        document.querySelector('[data-fact=reason]').textContent = 'lunch';
        await import(source + '?again');
        await new Promise((done) => setTimeout(done));
    }"#;
    page.browser.run(lie, &json!(null));
    page.browser.wait("#checked", "Do not decide here: the words on this page differ");
    assert_eq!(page.browser.ask("count", json!({"at": "#decision"}))["count"], 0);
    assert_eq!(page.team.bo.state(&id), "pending");
}

/// `jit logout` signs the browser out too.
#[test]
fn a_logout_ends_the_browser() {
    let mut page = Page::without_passkey();
    assert_eq!(page.open(""), 200);
    page.team.bo.run(&["logout"]).ok();
    assert_eq!(page.open(""), 401);
}
