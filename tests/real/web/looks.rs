//! How the pages look: in light and dark, narrow and wide, by keyboard alone, and without JavaScript.

use serde_json::Value;
use serde_json::json;

use crate::web::world::APPROVE;
use crate::web::world::Page;
use crate::web::world::pictures;

impl Page {
    /// Takes pictures of the present page in every form, and has axe-core judge each.
    pub fn look(&mut self, name: &str, findings: &mut Vec<String>) {
        for dark in [false, true] {
            for width in [375, 1280] {
                let tone = if dark { "dark" } else { "light" };
                let path = pictures().join(format!("{name}-{tone}-{width}.png"));
                let seen = self.browser.ask("look", json!({"dark": dark, "width": width, "path": path}));
                if seen["wide"].as_i64().unwrap() > 0 {
                    findings.push(format!("{name} {tone} {width}: {} pixels too wide", seen["wide"]));
                }
                for finding in seen["findings"].as_array().unwrap() {
                    findings.push(format!("{name} {tone} {width}: {}", finding.as_str().unwrap()));
                }
            }
        }
    }
}

#[test]
fn every_page_is_legible_in_every_form() {
    let mut page = Page::without_passkey();
    let mut findings = Vec::new();
    let scope =
        "[scopes.orders-read]\ndescription = \"Read orders, change nothing\"\npolicy = \"read.json\"\n";
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::orders/*"}]}"#;
    let role = page.team.folder().join("broker/policy/roles/orders-admin.toml");
    let text = std::fs::read_to_string(&role).unwrap();
    page.team.broker.write_policy("roles/read.json", document);
    page.team.broker.write_policy("roles/orders-admin.toml", &format!("{text}{scope}"));
    // The judge does find faults.
    let fault = "() => { const faint = document.querySelector('h1'); faint.style.color = '#ddd'; faint.style.width = '3000px'; }";
    page.browser.run(fault, &json!(null));
    page.look("fault", &mut findings);
    assert!(findings.iter().any(|finding| finding.contains("color-contrast")), "{findings:?}");
    assert!(findings.iter().any(|finding| finding.contains("too wide")), "{findings:?}");
    findings.clear();
    page.open("");
    page.look("list-empty", &mut findings);
    page.open("/passkey");
    page.look("passkey-new", &mut findings);
    let id = page.team.ana.ask("orders-reader");
    page.open(&format!("/r/{id}"));
    page.browser.wait("#checked", "Your browser");
    page.look("request-without-passkey", &mut findings);
    page.register();
    page.look("passkey-registered", &mut findings);
    page.enrol();
    page.look("passkey-enrolled", &mut findings);
    let id = page.team.ana.ask("orders-admin");
    page.open("");
    page.look("list", &mut findings);
    page.open(&format!("/r/{id}"));
    page.browser.wait(APPROVE, "Approve");
    page.look("request", &mut findings);
    page.browser.click("details.less summary");
    page.browser.fill("#duration", "30m");
    page.browser.ask("choose", json!({"at": "#scope", "value": "orders-read"}));
    assert!(page.browser.text("#narrowed").contains("s3:GetObject"));
    page.look("request-less", &mut findings);
    page.browser.fill("#duration", "3h");
    page.browser.click(APPROVE);
    page.browser.wait("#problem", "more than");
    page.look("request-problem", &mut findings);
    page.browser.fill("#duration", "30m");
    page.browser.click(APPROVE);
    page.browser.wait(".state", "approved");
    page.look("request-approved", &mut findings);
    page.browser.fill("#comment", "the incident is over");
    page.browser.click("button.danger[type=submit]");
    page.browser.wait(".state", "denied");
    page.look("request-denied", &mut findings);
    assert_eq!(page.open("/r/AAAAAAAAAA"), 404);
    page.look("not-found", &mut findings);
    page.browser.click(".out button");
    page.browser.wait("h1", "Sign in");
    page.look("sign-in", &mut findings);
    page.browser.fill("#code", "BCDF-GHJK");
    page.browser.click("#sign-in button");
    page.browser.wait("[role=alert]", "no such code");
    page.look("sign-in-refused", &mut findings);
    assert_eq!(findings, Vec::<String>::new());
}

/// Presses Tab until the test holds. Each place must be visibly marked.
fn walk(page: &mut Page, what: &str, reached: impl Fn(&Value) -> bool) {
    for _ in 0..40 {
        page.browser.ask("press", json!({"key": "Tab"}));
        let place = page.browser.ask("focused", json!({}));
        assert_ne!(place["outline"], "none", "{place} is not marked");
        if reached(&place) {
            return;
        }
    }
    panic!("the keyboard does not reach {what}");
}

#[test]
fn the_keyboard_is_enough() {
    let mut page = Page::new();
    let id = page.team.ana.ask("orders-admin");
    page.open("");
    walk(&mut page, "the skip link", |place| place["text"] == "Skip to content");
    walk(&mut page, "the request", |place| place["text"].as_str().unwrap().contains("ana asks"));
    page.browser.ask("press", json!({"key": "Enter"}));
    page.browser.wait("#checked", "Your browser");
    walk(&mut page, "the comment", |place| place["id"] == "comment");
    page.browser.ask("type", json!({"text": "by keyboard"}));
    walk(&mut page, "less", |place| place["tag"] == "SUMMARY");
    page.browser.ask("press", json!({"key": "Enter"}));
    walk(&mut page, "the time", |place| place["id"] == "duration");
    page.browser.ask("type", json!({"text": "15m"}));
    walk(&mut page, "the button", |place| place["text"] == "Approve with passkey");
    page.browser.ask("press", json!({"key": "Space"}));
    page.browser.wait(".state", "approved");
    let view = page.stored(&id);
    assert_eq!(view["approved_duration"], "15m");
}

#[test]
fn without_javascript_one_reads_and_denies() {
    let mut page = Page::new();
    let id = page.team.ana.ask("orders-admin");
    page.browser.ask("scripts", json!({"on": false}));
    page.open(&format!("/r/{id}"));
    let text = page.browser.text("main");
    for expected in [
        "ana asks for orders-admin",
        "INC-42 orders",
        "role orders-admin in account",
        &format!("jit approve {id}"),
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("Approve with passkey"), "{text}");
    page.browser.fill("#comment", "without a script");
    page.browser.click("button.danger[type=submit]");
    page.browser.wait(".state", "denied");
    assert_eq!(page.team.bo.state(&id), "denied");
}
