//! A new key, with a host that is quick, late, or never told.

use serde_json::Value;

use super::Behaviour;
use super::ISSUER;
use super::Stage;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Lets the first key get old, until the broker has made the next one. Returns both, the old one first.
async fn rotated(stage: &Stage) -> [String; 2] {
    stage.pass(90 * DAY);
    stage.until("the broker makes a key", || async { stage.kids().await.len() == 2 }).await;
    stage.kids().await.try_into().unwrap()
}

#[tokio::test]
async fn a_new_key_of_the_folder_signs_a_day_after_the_host_serves_it() {
    let stage = Stage::start(true).await;
    let first = stage.signer(&stage.mint().await);
    let [old, new] = rotated(&stage).await;
    assert_eq!(old, first);
    stage.pass(60);
    assert_eq!(stage.ready().await, (200, "ready\n".to_owned()));
    assert_eq!(stage.signer(&stage.mint().await), old);
    stage.pass(DAY - 120);
    assert_eq!(stage.signer(&stage.mint().await), old);
    stage.pass(180);
    assert_eq!(stage.signer(&stage.mint().await), new);
    assert_eq!(
        stage.kids().await,
        [old.clone(), new.clone()],
        "tokens of the old one may still be under way"
    );
    stage.pass(DAY + 60);
    assert_eq!(stage.kids().await, [new]);
    stage
        .until("the old key leaves the host", || async { stage.ready().await == (200, "ready\n".to_owned()) })
        .await;
}

/// The operator uploads by hand, three days late. Nothing breaks in between, and the broker says what it waits for.
#[tokio::test]
async fn a_new_key_waits_as_long_as_the_host_does_not_serve_it() {
    let mut stage = Stage::start(false).await;
    stage.publish().await;
    let [old, new] = rotated(&stage).await;
    assert_eq!(stage.signer(&stage.mint().await), old);
    let (status, told) = stage.ready().await;
    assert_eq!(
        (status, told.as_str()),
        (200, format!("ready\nnote: {ISSUER}: it does not serve the key {new} yet\n").as_str())
    );
    for _ in 0..3 {
        stage.pass(DAY);
        assert_eq!(stage.signer(&stage.mint().await), old, "the old key signs, and the host still serves it");
        assert_eq!(stage.kids().await, [old.clone(), new.clone()]);
        let (status, told) = stage.ready().await;
        assert!(status == 503 && told.contains(&format!("it does not serve the key {new}")), "{told}");
    }
    stage.publish().await;
    assert_eq!(stage.signer(&stage.mint().await), old, "clouds may have the older set in their caches");
    assert_eq!(stage.ready().await, (200, "ready\n".to_owned()));
    stage.pass(DAY - 60);
    assert_eq!(stage.signer(&stage.mint().await), old);
    stage.pass(60);
    assert_eq!(stage.signer(&stage.mint().await), new);
    // The host serves the old key for longer than it must, which is a note and no alarm.
    stage.pass(DAY + 60);
    assert_eq!(stage.kids().await, std::slice::from_ref(&new));
    let note = format!(
        "ready\nnote: {ISSUER}: it serves the key {old}, which is not the broker's any more: publish the newest key set\n"
    );
    assert_eq!(stage.ready().await, (200, note.clone()));
    assert_eq!(stage.signer(&stage.mint().await), new);
    stage.restart(false).await;
    assert_eq!(stage.ready().await, (200, note), "a broker remembers which keys were its own");
    // Another key under the old one's name is no old key.
    let (discovery, keys) = stage.originals().await;
    let (Ok(Value::Object(mut set)), Ok(before)) =
        (serde_json::from_str(&keys), serde_json::from_str::<Value>(&keys))
    else {
        panic!("{keys}")
    };
    let mut fake = before["keys"][0].clone();
    fake["kid"] = old.clone().into();
    fake["n"] = "AQAB".into();
    set["keys"].as_array_mut().unwrap().push(fake);
    stage.host_is(Behaviour::Copies(discovery, Value::Object(set).to_string()));
    stage.pass(60);
    let (status, told) = stage.ready().await;
    assert!(status == 503 && told.contains("whoever holds it can sign as the broker"), "{told}");
}

/// A host whose edges differ shows the older copy now and then.
#[tokio::test]
async fn an_edge_with_an_older_copy_makes_the_old_key_sign_and_breaks_nothing() {
    let stage = Stage::start(false).await;
    stage.publish().await;
    let (discovery, before) = stage.originals().await;
    let [old, new] = rotated(&stage).await;
    stage.publish().await;
    stage.pass(DAY);
    assert_eq!(stage.signer(&stage.mint().await), new);
    stage.host_is(Behaviour::Copies(discovery, before));
    stage.pass(60);
    assert_eq!(stage.signer(&stage.mint().await), old);
    stage.publish().await;
    assert_eq!(stage.signer(&stage.mint().await), old);
    stage.pass(DAY);
    assert_eq!(stage.signer(&stage.mint().await), new);
}
