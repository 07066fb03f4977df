//! The words of the pages, and their weight.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jit::grant::Statement;
use jit::identity::statement::sign;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use crate::broker::web::browser::Browser;
use crate::broker::world::World;

/// The most that a page may weigh with its script and style, in bytes.
const HEAVIEST: usize = 60 * 1024;

#[tokio::test]
async fn a_request_says_what_a_reviewer_needs() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "vault").await;
    let browser = world.signed_in(&cy).await;
    let list = browser.get("/web").await.text();
    assert!(list.contains("ana asks for vault") && list.contains("INC-42"), "{list}");
    let page = browser.get(&format!("/web/r/{}", view.id)).await.text();
    for text in [
        "ana asks for vault",
        "role vault in account 111122223333 (aws)",
        "INC-42 fail over orders-db",
        "1 of group:security",
        "dee, eve",
        "4h",
        view.id.as_str(),
        &view.digest.to_string(),
        &format!("jit approve {}", view.id),
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

#[tokio::test]
async fn pages_are_light_and_bring_nothing_from_elsewhere() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    let stranger = Browser::new(&world);
    for (who, path) in [
        (&stranger, "/web"),
        (&browser, "/web"),
        (&browser, "/web/passkey"),
        (&browser, &format!("/web/r/{}", view.id)),
    ] {
        let page = who.get(path).await.text();
        let mut weight = page.len();
        let mut assets = 0;
        for link in
            page.split(['"']).filter(|word| word.starts_with("/web/js/") || word.starts_with("/web/css/"))
        {
            let asset = who.get(link).await;
            assert_eq!(asset.status(), 200, "{link}");
            weight += asset.0.body.len();
            assets += 1;
            let hash = jit::grant::Digest::of(&asset.0.body);
            assert!(link.contains(&hash.to_string()[..16]), "{link}");
            assert!(page.contains(&format!("sha256-{}", data_encoding::BASE64.encode(hash.bytes()))));
        }
        assert_eq!(assets, 2, "{path}");
        assert!(weight <= HEAVIEST, "{path} weighs {weight} bytes");
        for elsewhere in
            ["src=\"http", "src=\"//", "href=\"http", "href=\"//", "<style", " style=", " onclick="]
        {
            assert!(!page.contains(elsewhere), "{path}: {elsewhere}");
        }
    }
    assert_eq!(stranger.get("/web/js/jit.0000000000000000.js").await.status(), 404);
}

/// Markup of every place where a reason may end up stays text.
#[tokio::test]
async fn a_crafted_reason_stays_text() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let browser = world.signed_in(&cy).await;
    let crafted = r#"</section><script>alert(1)</script><img src=x onerror=alert(1)> " onload='x' <!channel> <https://evil.example|approve> %0d%0aSubject: x"#;
    let (mut statement, _) = world.plan(&ana, "prod").await;
    statement.reason = crafted.to_owned();
    let view: jit::protocol::RequestView = world.ask_signed(&ana, statement).await.read();
    for path in ["/web".to_owned(), format!("/web/r/{}", view.id)] {
        let page = browser.get(&path).await.text();
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x"), "{page}");
        assert_eq!(page.matches("<script").count(), 1, "{path}");
        assert!(!page.contains("<img") && !page.contains("<!channel>"), "{path}");
    }
    // Invisible characters never get in.
    for hidden in ["a\u{202e}b", "a\u{1b}]0;x\u{7}b", "a\r\nBcc: x", "a\u{200b}b", "a\u{2066}b"] {
        let (mut statement, _) = world.plan(&ana, "other").await;
        statement.reason = hidden.to_owned();
        let text = Statement::Request(Box::new(statement.clone())).canonical_text();
        assert!(Statement::parse(text.as_bytes()).is_err());
        assert!(sign(&Statement::Request(Box::new(statement)), &ana.signer).is_err(), "{hidden:?}");
    }
}

/// Keeps the notices that it is sent.
#[derive(Default)]
struct Inbox(Mutex<Vec<Request>>);

#[async_trait]
impl Host for Inbox {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.0.lock().unwrap().push(request);
        Ok(Response { status: 204, headers: Vec::new(), body: Vec::new() })
    }
}

/// Notices have the link of the request on the page, and only where there is a page.
#[tokio::test]
async fn notices_lead_to_the_page() {
    for web in [true, false] {
        let mut world = World::unstarted();
        let secret = world.folder.path().join("webhook-secret");
        std::fs::write(&secret, format!("whsec_{}\n", data_encoding::BASE64.encode(b"shared"))).unwrap();
        let webhook = format!(
            "webhook = {{ url = \"https://hooks.example.com/x\", secret_file = \"{}\" }}",
            secret.display()
        );
        world.write_policy("access.toml", &format!("version = 1\n[notify]\n{webhook}\n"));
        let inbox = Arc::new(Inbox::default());
        world.http.route("https://hooks.example.com", Arc::clone(&inbox) as Arc<dyn Host>);
        let mut settings = world.settings();
        settings.web = web;
        world.start_with(settings).await.unwrap();
        let ana = world.person("ana").await;
        let (view, _) = world.ask(&ana, "prod").await;
        let sent = inbox.0.lock().unwrap()[0].clone();
        let notice: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
        let link = format!("https://jit.example.com/web/r/{}", view.id);
        assert_eq!(notice.get("page").and_then(serde_json::Value::as_str), web.then_some(link.as_str()));
    }
}

/// The page says what is true now.
#[tokio::test]
async fn a_request_of_the_past_is_shown_as_it_is() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    assert_eq!(world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.status(), 200);
    let page = browser.get(&format!("/web/r/{}", view.id)).await.text();
    assert!(page.contains("cancelled") && page.contains("It is over"), "{page}");
    assert!(!page.contains("data-verdict"));
    assert!(browser.get("/web").await.text().contains("Nothing waits for you"));
}
