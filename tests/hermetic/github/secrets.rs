//! Secrets of environments: sealed to the environment's own key, or refused.
//!
//! Source: <https://docs.github.com/rest/actions/secrets>; "Encrypting secrets for the REST API".

use jit::secret::Secret;
use jit::secret::sealed_box::seal;
use serde_json::Value;
use serde_json::json;

use crate::support::github::fixture::Hub;

const NAME: &str = "environments/jit-log/secrets/JIT_LOG_KEY";

fn body(key: &Value, value: &str, seed: u8) -> Value {
    let sealed = seal(key["key"].as_str().unwrap(), &Secret::from(value), [seed; 32]).unwrap();
    json!({"encrypted_value": sealed, "key_id": key["key_id"]})
}

#[test]
fn a_box_to_the_environments_key_is_opened_and_any_other_refused() {
    let hub = Hub::new();
    for name in ["jit-log", "other"] {
        hub.on("olga", "PUT", &format!("environments/{name}"), json!({})).expect(200);
    }
    let key = |name: &str| hub.get("olga", &format!("environments/{name}/secrets/public-key"));
    let (own, other) = (key("jit-log"), key("other"));
    assert_ne!(own["key"], other["key"]);
    let put = |who: &str, body: Value| hub.on(who, "PUT", NAME, body);
    // To another environment's key, with either id.
    let mut wrong = body(&other, "hush", 1);
    put("olga", wrong.clone()).refused(422);
    wrong["key_id"] = own["key_id"].clone();
    assert!(put("olga", wrong).refused(422).contains("cannot be opened"));
    put("olga", json!({"encrypted_value": "aHVzaA==", "key_id": own["key_id"]})).refused(422);
    put("olga", json!({"key_id": own["key_id"]})).refused(422);
    put("dora", body(&own, "hush", 1)).refused(403);
    put("eve", body(&own, "hush", 1)).refused(404);
    hub.on("olga", "PUT", "environments/none/secrets/X", body(&own, "hush", 1)).refused(404);
    hub.on("olga", "PUT", "environments/jit-log/secrets/GITHUB_X", body(&own, "hush", 1)).refused(422);
    assert_eq!(hub.get("olga", "environments/jit-log/secrets")["total_count"], 0);
    put("olga", body(&own, "hush", 1)).expect(201);
    assert_eq!(put("olga", body(&own, "quiet", 2)).status, 204);
    let world = hub.github.world();
    let secrets = &world.repository(hub.repository).environment("jit-log").unwrap().secrets;
    assert_eq!(secrets["JIT_LOG_KEY"].0, "quiet");
}
