//! The SCIM receiver: what it says of itself, what it ends, and what it refuses.

use jit::grant::State;
use serde_json::Value;
use serde_json::json;

use crate::broker::leaving::EVENTS;
use crate::broker::leaving::SCIM;
use crate::broker::leaving::listening;
use crate::broker::leaving::send;
use crate::broker::signed_in::House;
use crate::broker::world::AUTHORITY;
use crate::broker::world::key_of;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

async fn scim(house: &House, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/scim/v2/{path}");
    let answer = send(house, method, &path, SCIM, "application/scim+json", body).await;
    let read = serde_json::from_slice(&answer.0.body).unwrap_or(Value::Null);
    if !read.is_null() {
        assert_eq!(answer.0.header("content-type"), Some("application/scim+json"), "{read}");
    }
    (answer.status(), read)
}

#[tokio::test]
async fn an_account_that_ends_at_the_provider_ends_here_as_okta_and_entra_say_it() {
    let ends: [(&str, Value); 5] = [
        (
            "PATCH",
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "value": {"active": false}}]}),
        ),
        (
            "PATCH",
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "Replace", "path": "active", "value": "False"}]}),
        ),
        (
            "PUT",
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "quinn@example.com", "externalId": "quinn", "active": false}),
        ),
        ("POST", json!({"userName": "quinn@example.com", "externalId": "quinn", "active": false})),
        ("DELETE", Value::Null),
    ];
    for (method, body) in ends {
        let house = listening("").await;
        let (quinn, cy) = (house.sign_in("quinn", &["dev"]).await, house.world.person("cy").await);
        let view = house.approved(&quinn, &cy).await;
        let (status, found) =
            scim(&house, "GET", "Users?filter=externalId%20eq%20%22quinn%22", Value::Null).await;
        assert_eq!((status, &found["totalResults"]), (200, &json!(1)), "{found}");
        let by_name = "Users?filter=userName+eq+%22Quinn@example.com%22";
        assert_eq!(scim(&house, "GET", by_name, Value::Null).await.1["totalResults"], 1);
        let user = &found["Resources"][0];
        assert_eq!((&user["userName"], &user["active"]), (&json!("quinn@example.com"), &json!(true)));
        let path = match method {
            "POST" => "Users".to_owned(),
            _ => format!("Users/{}", user["id"].as_str().unwrap()),
        };
        if method != "POST" {
            assert_eq!(scim(&house, "GET", &path, Value::Null).await.1, *user);
        }
        let (status, answer) = scim(&house, method, &path, body).await;
        let expected = match method {
            "DELETE" => 204,
            "POST" => 201,
            _ => 200,
        };
        assert_eq!(status, expected, "{method}: {answer}");
        assert!(answer.is_null() || answer["active"] == false, "{answer}");
        assert_eq!(house.world.get("/v1/session", &quinn).await.problem(), "unauthenticated", "{method}");
        let shown = house.world.show(&cy, &view).await;
        assert_eq!(shown.state, State::Revoked, "{method}");
        // Again is no event, and a new sign-in of a person who came back works.
        let again = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
        let path = format!("Users/{}", user["id"].as_str().unwrap());
        assert_eq!(scim(&house, "PATCH", &path, again).await.0, 200);
        house.tick();
        house.sign_in("quinn", &["dev"]).await;
    }
}

/// Somebody without anything open leaves a mark too.
#[tokio::test]
async fn a_token_from_before_the_end_of_an_account_signs_nobody_in() {
    let house = listening("").await;
    let claims = house.claims("quinn", &["dev"]);
    house.tick();
    let ends = json!({"userName": "quinn@example.com", "externalId": "quinn", "active": false});
    assert_eq!(scim(&house, "POST", "Users", ends).await.0, 201);
    assert_eq!(house.enrol(claims, &key_of("quinn-late"), false).await.status(), 422);
    house.tick();
    house.tick();
    house.sign_in("quinn", &["dev"]).await;
}

#[tokio::test]
async fn scim_creates_nobody_and_refuses_as_its_standard_says() {
    let house = listening("").await;
    let (status, config) = scim(&house, "GET", "ServiceProviderConfig", Value::Null).await;
    assert_eq!((status, &config["patch"]["supported"]), (200, &json!(true)));
    // Entra ID tests the connection with a random name; Okta assigns somebody who has not signed in.
    let (status, none) = scim(&house, "GET", "Users?filter=userName+eq+%22nobody%22", Value::Null).await;
    assert_eq!((status, &none["totalResults"], &none["Resources"]), (200, &json!(0), &json!([])));
    let (status, user) = scim(
        &house,
        "POST",
        "Users",
        json!({"userName": "zed@example.com", "externalId": "zed", "active": true}),
    )
    .await;
    assert_eq!((status, &user["active"]), (201, &json!(true)));
    let end = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    let path = format!("Users/{}", user["id"].as_str().unwrap());
    assert_eq!(scim(&house, "PATCH", &path, end).await.0, 200, "nothing to end is no error");
    let eve = house.world.person("eve").await;
    let log: Value = house.world.get("/v1/events?limit=500", &eve).await.read();
    let about = log["events"].as_array().unwrap().iter().filter(|event| event.to_string().contains("zed"));
    let words: Vec<&Value> = about.map(|event| &event["word"]).collect();
    assert_eq!(words, ["left"], "nobody is created, and only the mark of the end is kept");
    let refused = [
        ("GET", "Users?filter=emails+pr", Value::Null, 400),
        ("GET", "Users?filter=userName+eq+quinn", Value::Null, 400),
        ("GET", "Users/!", Value::Null, 404),
        ("GET", "", Value::Null, 404),
        ("GET", "Schemas/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", Value::Null, 404),
        ("GET", "ResourceTypes/Role", Value::Null, 404),
        ("POST", "Bulk", json!({"Operations": []}), 404),
        ("POST", "Groups", json!({"displayName": "dev"}), 501),
        ("POST", "Users", json!({"userName": "x", "externalId": 7}), 400),
        ("POST", "Users", json!({"userName": "x"}), 400),
        ("POST", "Users", json!([]), 400),
        ("PATCH", &path, json!({"Operations": [{"op": "explode"}]}), 400),
        ("PATCH", &path, json!({"active": false}), 400),
        ("PUT", &path, json!("x"), 400),
    ];
    for (method, path, body, expected) in refused {
        let (status, error) = scim(&house, method, path, body).await;
        assert_eq!(
            (status, &error["status"]),
            (expected, &json!(expected.to_string())),
            "{method} {path}: {error}"
        );
        assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    }
    for token in ["", EVENTS, "wrong-token-of-a-stranger"] {
        let answer = send(&house, "GET", "/scim/v2/Users", token, "", String::new()).await;
        assert_eq!((answer.status(), answer.0.header("www-authenticate")), (401, Some("Bearer")), "{token}");
    }
}

/// A client that goes by the published schema sends a name, an id and whether the account is in use; above all no password.
#[tokio::test]
async fn the_receivers_schema_asks_for_three_attributes_and_names_its_other_documents() {
    let house = listening("").await;
    let mut asked = Vec::new();
    for (list, ids) in [("Schemas", [USER, GROUP]), ("ResourceTypes", ["User", "Group"])] {
        let (status, found) = scim(&house, "GET", list, Value::Null).await;
        assert_eq!((status, &found["totalResults"]), (200, &json!(2)), "{found}");
        for (document, id) in found["Resources"].as_array().unwrap().iter().zip(ids) {
            assert_eq!(document["id"], id);
            let place = document["meta"]["location"].as_str().unwrap();
            let path = place.strip_prefix(&format!("{AUTHORITY}/scim/v2/")).unwrap();
            assert_eq!(scim(&house, "GET", path, Value::Null).await, (200, document.clone()));
            for attribute in document["attributes"].as_array().into_iter().flatten() {
                match attribute["mutability"].as_str().unwrap() {
                    "readWrite" => asked.push(attribute["name"].as_str().unwrap().to_owned()),
                    other => assert_eq!((other, &attribute["returned"]), ("readOnly", &json!("never"))),
                }
            }
        }
    }
    assert_eq!(asked, ["userName", "active"]);
    let (status, none) = scim(&house, "GET", "Groups?filter=displayName+eq+%22dev%22", Value::Null).await;
    assert_eq!((status, &none["totalResults"]), (200, &json!(0)));
}

/// The names of attributes have no case in SCIM, and what a client reads afterwards is what it said.
#[tokio::test]
async fn an_account_that_ended_is_shown_as_ended_until_its_person_signs_in_again() {
    let house = listening("").await;
    house.sign_in("quinn", &["dev"]).await;
    let path = format!("Users/{}", data_encoding::BASE64URL_NOPAD.encode(b"quinn"));
    let shown = async || scim(&house, "GET", &path, Value::Null).await.1["active"].clone();
    assert_eq!(shown().await, true);
    house.tick();
    let over = json!({"schemas": [USER], "username": "Quinn", "EXTERNALID": "quinn", "Active": "False"});
    let (status, answer) = scim(&house, "PUT", &path, over).await;
    assert_eq!((status, &answer["active"]), (200, &json!(false)));
    assert_eq!((&answer["userName"], &answer["externalId"]), (&json!("Quinn"), &json!("quinn")));
    assert_eq!(shown().await, false);
    house.tick();
    house.sign_in("quinn", &["dev"]).await;
    assert_eq!(shown().await, true);
}

/// If another claim than `sub` names people, the account is the client's id of the user.
#[tokio::test]
async fn a_user_who_is_named_by_a_name_is_found_by_the_account_and_keeps_it() {
    let house = listening("person = \"preferred_username\"").await;
    let mut claims = house.claims("00u1", &["dev"]);
    claims["preferred_username"] = json!("quinn");
    house.enrol(claims, &key_of("quinn-laptop"), true).await.read::<Value>();
    let (_, found) = scim(&house, "GET", "Users?filter=externalId+eq+%2200u1%22", Value::Null).await;
    let user = &found["Resources"][0];
    assert_eq!((&user["userName"], &user["externalId"]), (&json!("quinn"), &json!("00u1")), "{found}");
    let sent = json!({"userName": "quinn", "externalId": "00u1", "active": true});
    let (status, created) = scim(&house, "POST", "Users", sent).await;
    assert_eq!((status, &created["id"], &created["externalId"]), (201, &user["id"], &json!("00u1")));
}
