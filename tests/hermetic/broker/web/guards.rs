//! Calls that another site, a scanner or another browser sends. None changes anything.

use jit::grant::State;
use jit::protocol::Problem;

use crate::broker::web::browser::Browser;
use crate::broker::web::browser::OWN;
use crate::broker::world::AUTHORITY;
use crate::broker::world::World;

#[tokio::test]
async fn the_page_is_off_unless_asked_for() {
    let world = World::new().await;
    let cy = world.person("cy").await;
    assert_eq!(world.call("GET", "/web", "", None::<&()>).await.problem(), "not_found");
    assert_eq!(world.post_nothing("/v1/page/code", &cy).await.problem(), "not_found");
}

/// Passkeys belong to a host name, so an address without one cannot have the page.
#[tokio::test]
async fn an_address_without_a_name_is_refused() {
    let mut world = World::unstarted();
    let mut settings = world.settings();
    settings.web = true;
    settings.url = "http://127.0.0.1:8765".to_owned();
    let error = world.start_with(settings).await.unwrap_err();
    assert!(error.hint().unwrap().contains("http://localhost"), "{error}");
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let world = World::with_page().await;
    let cy = world.person("cy").await;
    let browser = world.signed_in(&cy).await;
    let stranger = Browser::new(&world);
    let script = browser.get("/web").await.text();
    let script = script.split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (who, path) in [
        (&browser, "/web"),
        (&browser, "/web/passkey"),
        (&browser, "/web/r/AAAAAAAAAA"),
        (&browser, "/web/nothing"),
        (&browser, script.as_str()),
        (&stranger, "/web"),
        (&stranger, "/web/r/AAAAAAAAAA"),
        (&stranger, "/web/sign-in/oidc?state=x&code=y"),
    ] {
        let page = who.get(path).await;
        let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{path}"));
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert!(page.header("permissions-policy").unwrap().contains("publickey-credentials-get=(self)"));
        let cache = page.header("cache-control").unwrap();
        assert_eq!(cache.contains("immutable"), path.starts_with("/web/js"), "{path}: {cache}");
        assert_eq!(cache.contains("no-store"), !path.starts_with("/web/js"), "{path}: {cache}");
    }
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let world = World::with_page().await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    let path = format!("/web/r/{}", view.id);
    let action = format!("{path}/deny");
    let shown = browser.get(&path).await;
    let (token, out) = (shown.token(&action), shown.token("/web/sign-out"));
    let other = world.signed_in(&dee).await.get(&path).await.token(&action);
    let good = [("token", token.as_str()), ("comment", "no")];
    let origins: [&[(&str, &str)]; 9] = [
        &[],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://jit.example.com")],
        &[("origin", "https://jit.example.com:8443")],
        &[("origin", "https://jit.example.com.evil.example")],
        &[("origin", AUTHORITY), ("origin", "https://evil.example")],
        &[("origin", AUTHORITY), ("sec-fetch-site", "cross-site")],
        &[("origin", AUTHORITY), ("sec-fetch-site", "same-site")],
    ];
    for headers in origins {
        let page = browser.post_from(headers, &action, &good).await;
        assert_eq!(page.status(), 403, "{headers:?}");
        assert_eq!(browser.post_from(headers, "/web/sign-out", &[("token", &out)]).await.status(), 403);
        let body = ("application/json", br#"{"token":"x"}"#.to_vec());
        assert_eq!(browser.send("POST", "/web/passkey/challenge", headers, Some(body)).await.status(), 401);
    }
    for bad in ["", "AAAA", out.as_str(), other.as_str(), &format!("{token}A")] {
        let page = browser.post(&action, &[("token", bad), ("comment", "no")]).await;
        assert_eq!(page.status(), 403, "{bad}");
    }
    // Not a form: what a script of another site could send without asking.
    let plain = ("text/plain", format!("token={token}&comment=no").into_bytes());
    assert_eq!(browser.send("POST", &action, &OWN, Some(plain)).await.status(), 400);
    let twice = browser.post(&action, &[("token", &token), ("comment", "a"), ("comment", "b")]).await;
    assert_eq!(twice.status(), 400);
    assert_eq!(world.show(&ana, &view).await.version, 1);
    assert!(browser.get("/web").await.status() == 200, "still signed in");
}

/// Mail and chat scanners fetch links, in every way they know.
#[tokio::test]
async fn nothing_acts_on_get_or_head() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    let token = browser.get(&format!("/web/r/{}", view.id)).await.token(&format!("/web/r/{}/deny", view.id));
    for who in [&browser, &Browser::new(&world)] {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"] {
            for end in ["", "/deny", "/review"] {
                let path = format!("/web/r/{}{end}?token={token}&comment=no&verdict=deny", view.id);
                let page = who.send(method, &path, &OWN, None).await;
                assert_ne!(page.status(), 303, "{method} {path}");
            }
            for path in ["/web", "/web/sign-out", "/web/sign-in", "/web/passkey", "/web/passkey/challenge"] {
                who.send(method, path, &OWN, None).await;
            }
        }
    }
    assert_eq!(world.show(&ana, &view).await.version, 1);
    assert_eq!(browser.get("/web").await.status(), 200);
}

#[tokio::test]
async fn each_door_hears_its_own_proof_only() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    let cookie = browser.cookies.borrow()["__Host-jit"].clone();
    for path in ["/v1/session", "/v1/requests", &format!("/v1/requests/{}", view.id), "/v1/page/code"] {
        assert_eq!(browser.get(path).await.status(), 401, "{path}: a cookie is heard");
        assert_eq!(world.call("GET", path, &cookie, None::<&()>).await.problem(), "unauthenticated");
    }
    assert_eq!(browser.send("POST", "/v1/page/code", &OWN, None).await.status(), 401);
    let bearer = format!("Bearer {}", cy.token);
    let stranger = Browser::new(&world);
    for path in ["/web", "/web/passkey", &format!("/web/r/{}", view.id)] {
        let page = stranger.send("GET", path, &[("authorization", &bearer)], None).await;
        assert_eq!(page.status(), 401, "{path}: a bearer token is heard");
    }
    stranger.cookies.borrow_mut().insert("__Host-jit".to_owned(), cy.token.clone());
    assert_eq!(stranger.get("/web").await.status(), 401, "a session token is no cookie");
    // The cookie under another name, or twice, is none.
    for line in [
        format!("jit={cookie}"),
        format!("__Host-jit={cookie}; __Host-jit={cookie}"),
        format!("__Host-jit={cookie}x"),
    ] {
        let page = Browser::new(&world).send("GET", "/web", &[("cookie", &line)], None).await;
        assert_eq!(page.status(), 401, "{line}");
    }
}

/// The address that the terminal shows is the peer's, whatever a stranger writes.
#[tokio::test]
async fn forged_forwarding_headers_change_no_address_and_no_link() {
    let world = World::with_page().await;
    let cy = world.person("cy").await;
    let browser = Browser::new(&world);
    let token = browser.get("/web").await.token("/web/sign-in");
    let code = world.page_code(&cy).await.code;
    let forged = [
        OWN.as_slice(),
        &[
            ("x-forwarded-for", "10.1.2.3"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("forwarded", "for=10.1.2.3;host=evil.example"),
            ("host", "evil.example"),
        ],
    ]
    .concat();
    let fields = [("token", token.as_str()), ("code", &code)];
    let (page, entry) =
        tokio::join!(browser.post_from(&forged, "/web/sign-in", &fields), world.answer(&cy, true));
    assert_eq!(entry.browser.unwrap().address.as_deref(), Some("127.0.0.1"));
    assert_eq!(page.header("location"), Some("/web"));
    let page = browser.send("GET", "/web", &forged, None).await;
    assert!(page.status() == 200 && !page.text().contains("evil.example"));
}

/// A link in a mail is followed without the strict cookie; the page then asks for itself.
#[tokio::test]
async fn a_link_from_elsewhere_lands_on_the_request() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    let path = format!("/web/r/{}", view.id);
    let kept = browser.cookies.take();
    let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let page = browser.send("GET", &path, &link, None).await;
    assert!(page.text().contains(&format!("content=\"0; url={path}\"")), "{}", page.text());
    assert!(!page.text().contains("INC-42"));
    browser.cookies.replace(kept);
    let page = browser
        .send("GET", &path, &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")], None)
        .await;
    assert!(page.text().contains("INC-42"));
}

#[tokio::test]
async fn a_script_of_the_page_gets_problems_and_not_pages() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    let path = format!("/web/r/{}/review", view.id);
    let body = |token: &str| {
        let body = format!(
            r#"{{"token":"{token}","statement":"{{}}","authenticator_data":"AA","client_data_json":"AA","signature":"AA"}}"#
        );
        Some(("application/json", body.into_bytes()))
    };
    let page = browser.send("POST", &path, &OWN, body("AAAA")).await;
    let problem: Problem = serde_json::from_slice(&page.0.body).unwrap();
    assert_eq!((page.status(), problem.code.as_str()), (403, "forbidden"));
    let page = Browser::new(&world).send("POST", &path, &OWN, body("AAAA")).await;
    let problem: Problem = serde_json::from_slice(&page.0.body).unwrap();
    assert_eq!((page.status(), problem.code.as_str()), (401, "unauthenticated"));
    assert_eq!(world.show(&ana, &view).await.state, State::Pending);
}
