//! The policy's webhook makes the broker look earlier, and does nothing else.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use jit::secret::Secret;
use jit::system::Http;
use jit::system::http::Request;

use crate::broker::repository::Forge;
use crate::broker::repository::following;
use crate::broker::repository::settings;
use crate::broker::world::AUTHORITY;
use crate::broker::world::Answer;
use crate::broker::world::World;

const SECRET: &str = "a secret that both sides have";

async fn hooked(forge: &Forge) -> World {
    let mut world = World::unstarted();
    let mut settings = settings(&mut world, &forge.typed("#main"));
    settings.policy_hook = Some(Secret::from(SECRET));
    world.start_with(settings).await.unwrap();
    world
}

fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body).as_ref()))
}

async fn call(world: &World, body: &[u8], signature: &str) -> Answer {
    let request = Request::new(http::Method::POST, format!("{AUTHORITY}/v1/hooks/policy"))
        .header("x-hub-signature-256", signature.to_owned())
        .header("x-github-event", "push")
        .body("application/json", body.to_vec());
    Answer(world.http.send(request).await.unwrap())
}

#[tokio::test]
async fn a_signed_call_makes_the_broker_look_early_and_never_often() {
    let forge = Forge::new();
    let world = hooked(&forge).await;
    let before = world.revision().await;
    forge.change("roles/prod.toml", "4h", "2h");
    forge.push("shorter");
    let body = br#"{"ref":"refs/heads/evil","after":"0000000000000000000000000000000000000000"}"#;
    assert_eq!(call(&world, body, &signature(SECRET, body)).await.status(), 202);
    assert!(world.look_after(1).await);
    assert_eq!(world.revision().await, before, "a second after the last look nobody makes it look again");
    assert!(world.look_after(5).await);
    let after = world.revision().await;
    assert_ne!(after, before, "what it says is not read: the branch is the one that was typed");
    // A replay only makes the broker look once more.
    let events = world.policy_events().await.len();
    for _ in 0..3 {
        assert_eq!(call(&world, body, &signature(SECRET, body)).await.status(), 202);
        assert!(world.look_after(6).await);
    }
    assert_eq!((world.revision().await, world.policy_events().await.len()), (after, events));
}

#[tokio::test]
async fn forged_unsigned_and_huge_calls_are_refused() {
    let forge = Forge::new();
    let world = hooked(&forge).await;
    let before = world.revision().await;
    forge.change("roles/prod.toml", "4h", "2h");
    forge.push("shorter");
    let body = b"{}";
    let good = signature(SECRET, body);
    for bad in ["", "sha256=", &signature("another secret of that length", body), &signature(SECRET, b"{ }")]
    {
        assert_eq!(call(&world, body, bad).await.problem(), "unauthenticated", "{bad}");
    }
    assert_eq!(call(&world, b"[]", &good).await.problem(), "unauthenticated");
    assert_eq!(world.call("POST", "/v1/hooks/policy", "", None::<&()>).await.problem(), "unauthenticated");
    let huge = vec![b' '; (1 << 20) + 1];
    assert_eq!(call(&world, &huge, &signature(SECRET, &huge)).await.problem(), "too_large");
    assert!(world.look_after(6).await);
    assert_eq!(world.revision().await, before, "none of them made it look");
    let large = vec![b' '; 1 << 20];
    assert_eq!(call(&world, &large, &signature(SECRET, &large)).await.status(), 202);
}

#[tokio::test]
async fn without_a_secret_there_is_no_webhook() {
    let forge = Forge::new();
    let world = following(&forge, "#main").await;
    assert_eq!(call(&world, b"{}", &signature("", b"{}")).await.problem(), "not_found");
    let mut other = World::unstarted();
    let mut settings = settings(&mut other, &forge.typed("#main"));
    settings.policy_hook = Some(Secret::from("short"));
    let error = other.start_with(settings).await.unwrap_err();
    assert!(error.to_string().contains("webhook") && !error.to_string().contains("short\""), "{error}");
}
