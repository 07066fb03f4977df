//! The address on this machine that a provider sends the browser back to, and what else may come there.

use std::sync::Arc;
use std::time::Duration;

use jit::identity::oidc::SignInError;
use jit::identity::oidc::landing::Landing;
use jit::system::Clock;
use jit::system::clock::RealClock;
use jit::system::loopback;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

async fn ask(port: u16, text: &str) -> Option<String> {
    let mut stream = loopback::connect(port, Duration::from_secs(5)).await.ok()?;
    stream.write_all(text.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

#[tokio::test]
async fn only_the_awaited_answer_closes_the_port() {
    let landing = Landing::open("127.0.0.1", None).await.unwrap();
    let redirect = url::Url::parse(&landing.redirect()).unwrap();
    assert_eq!((redirect.host_str(), redirect.path()), (Some("127.0.0.1"), "/callback"));
    let port = redirect.port().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(RealClock);
    let judge = |query: &str| (query == "state=right&code=x").then(|| query.to_owned());
    let waiting = tokio::spawn(landing.answer(clock, Arc::new(judge)));
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let right = "/callback?state=right&code=x";
    for (line, headers, status) in [
        ("GET /callback?state=wrong".to_owned(), host.clone(), "403"),
        ("GET /callback".to_owned(), host.clone(), "403"),
        ("GET /".to_owned(), host.clone(), "404"),
        ("GET /callback/?state=right&code=x".to_owned(), host.clone(), "404"),
        (format!("POST {right}"), format!("{host}Content-Length: 0\r\n"), "405"),
        (format!("HEAD {right}"), host.clone(), "405"),
        (format!("GET {right}"), "Host: evil.example\r\n".to_owned(), "403"),
        (format!("GET {right}"), format!("Host: localhost:{port}\r\n"), "403"),
        (format!("GET {right}"), format!("{host}{host}"), "403"),
        (format!("GET {right}"), String::new(), "403"),
        (format!("GET {right}"), format!("{host}Origin: https://evil.example\r\n"), "403"),
        (format!("GET http://evil.example{right}"), host.clone(), "403"),
    ] {
        let answer = ask(port, &format!("{line} HTTP/1.1\r\n{headers}\r\n")).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line} {headers}: {answer}");
        assert!(!answer.contains("jit has") && !answer.contains("right"), "{answer}");
    }
    // A connection that sends nothing, as browsers open in advance, does not block others.
    let _silent = loopback::connect(port, Duration::from_secs(5)).await.unwrap();
    let right = format!("GET {right} HTTP/1.1\r\n{host}Referer: https://login.example.com/\r\n\r\n");
    let answer = ask(port, &right);
    let answer = answer.await.unwrap().to_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    for header in ["default-src 'none'", "cache-control: no-store", "referrer-policy: no-referrer"] {
        assert!(answer.contains(header), "{answer}");
    }
    assert_eq!(waiting.await.unwrap(), "state=right&code=x");
    assert_eq!(ask(port, &right).await, None, "the port is closed");
}

#[tokio::test]
async fn a_redirect_leads_to_this_machine_only() {
    let named = Landing::open("localhost", None).await.unwrap().redirect();
    assert!(named.starts_with("http://localhost:"), "{named}");
    for host in ["login.example.com", "0.0.0.0", "127.0.0.1.evil.example", ""] {
        assert!(matches!(Landing::open(host, None).await, Err(SignInError::Listen(_))), "{host}");
    }
}

/// Some providers compare the port too, so the policy may name one. A second sign-in at the same time is told why it has to wait.
#[tokio::test]
async fn a_named_port_is_taken_or_said_to_be_taken() {
    let port = {
        let free = loopback::Listener::bind().await.unwrap();
        free.port()
    };
    let landing = Landing::open("127.0.0.1", Some(port)).await.unwrap();
    assert_eq!(landing.redirect(), format!("http://127.0.0.1:{port}/callback"));
    let Err(error) = Landing::open("127.0.0.1", Some(port)).await else { panic!("two programs at one port") };
    assert_eq!(
        error.to_string(),
        format!(
            "another program listens on port {port}, to which the identity provider sends the browser back"
        )
    );
    assert!(error.hint().contains("jit login --device"), "{}", error.hint());
    drop(landing);
    Landing::open("127.0.0.1", Some(port)).await.unwrap();
}
