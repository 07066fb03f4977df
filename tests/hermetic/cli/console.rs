//! `jit console`: the sign-in URL, the browser, and who can see the URL.

use std::sync::Arc;

use async_trait::async_trait;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Output;

use crate::cli::fake_broker::answer;
use crate::cli::stage::Stage;

const ADDRESS: &str = "https://signin.aws.amazon.com/federation?Action=login&Destination=https%3A%2F%2F\
    console.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Deu-west-1&SigninToken=canary-sign-in";

struct SignIn;

#[async_trait]
impl Host for SignIn {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let body = String::from_utf8(request.body).unwrap();
        assert!(body.starts_with("Action=getSigninToken&Session=") && body.contains("canary-token"));
        Ok(answer(200, "application/json", r#"{"SigninToken":"canary-sign-in"}"#.to_owned()))
    }
}

async fn stage() -> Stage {
    let stage = Stage::ready().await;
    stage.http.route("https://signin.aws.amazon.com", Arc::new(SignIn));
    let shot = stage.ana.run("request stage-admin --reason play -y --no-wait", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    stage
}

#[tokio::test]
async fn the_browser_gets_the_address_and_the_terminal_does_not() {
    let stage = stage().await;
    let shot = stage.ana.run("console stage-admin --destination s3", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(!shot.to_string().contains("canary"), "{shot}");
    assert!(shot.stderr.contains("the console of stage-admin in account 111122223333 is open"), "{shot}");
    let started = stage.ana.world.processes.started.lock().unwrap().pop().unwrap();
    let arguments = format!("{:?}", started.arguments);
    assert!(!arguments.contains("canary") && !arguments.contains("aws"), "{arguments}");
    let here = url::Url::parse(started.arguments.last().unwrap().to_str().unwrap()).unwrap();
    assert_eq!((here.scheme(), here.host_str(), here.path().len()), ("http", Some("127.0.0.1"), 44));
    let visit = stage.ana.world.processes.visits.lock().unwrap().pop().unwrap();
    assert!(visit.starts_with("HTTP/1.1 302"), "{visit}");
    assert!(visit.contains(&format!("location: {ADDRESS}\r\n")), "{visit}");
    assert!(
        tokio::net::TcpStream::connect(("127.0.0.1", here.port().unwrap())).await.is_err(),
        "it is closed"
    );
    assert_eq!(started.environment.get("AWS_SESSION_TOKEN"), None);
    // Opening the console starts the grant.
    assert!(stage.ana.run("status", &[]).await.stdout.contains("active"));
}

#[tokio::test]
async fn printing_warns() {
    let stage = stage().await;
    let shot = stage.ana.run("console stage-admin --destination s3 --print", &[]).await;
    assert_eq!((shot.code, shot.stdout.trim_end()), (0, ADDRESS));
    assert!(shot.stderr.contains("warning: everybody who opens this address"), "{shot}");
    assert!(stage.ana.world.processes.started.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_browser_that_never_comes_is_said_without_the_address() {
    let stage = stage().await;
    stage.ana.world.processes.is_browser_away.store(true, std::sync::atomic::Ordering::Relaxed);
    let shot = stage.ana.run("console stage-admin", &[]).await;
    assert_eq!(shot.code, 1, "{shot}");
    assert!(shot.stderr.contains("no browser opened the address within 60 seconds"), "{shot}");
    assert!(!shot.to_string().contains("canary"), "{shot}");
}

#[tokio::test]
async fn a_browser_that_does_not_open_is_said_without_the_address() {
    let stage = stage().await;
    let stderr = ADDRESS.as_bytes().to_vec();
    let output = Output { code: 3, stdout: Vec::new(), stderr };
    stage.ana.world.processes.outputs.lock().unwrap().push_back(output);
    let shot = stage.ana.run("console stage-admin", &[]).await;
    assert_eq!(shot.code, 1, "{shot}");
    assert!(shot.stderr.contains("exit code 3") && shot.stderr.contains("--print"), "{shot}");
    assert!(!shot.to_string().contains("canary"), "{shot}");
}
