//! Questions in a real terminal: text typed before a question does not answer it, and no single key answers by itself.

use serde_json::json;

use crate::flow::keychains::typed_ahead;
use crate::peers::site::arn;
use crate::peers::team::Team;

/// For example `yarn build`, typed into the wrong window.
#[test]
fn what_was_typed_before_a_question_answers_nothing() {
    let (team, _cloud) = Team::with_sandbox();
    let id = team.ana.ask("orders-admin");
    let words = ["approve", id.as_str()];
    for ahead in ["y", "yarn build", "y\r", "yes\ry\r\ry\r"] {
        let stopped = typed_ahead(&team.bo, &words, ahead, &[("Approve orders-admin for ana, 1h?", "n\r")]);
        assert_ne!(stopped["code"], 0, "{stopped}");
        assert_eq!(stopped["unanswered"], json!([]), "{stopped}");
    }
    // No single key answers, and a line that only begins like an answer does not count.
    let question = "Approve orders-admin for ana, 1h?";
    let dialogue = [(question, "yarn build\r"), (question, "\u{3}")];
    let stopped = typed_ahead(&team.bo, &words, "", &dialogue);
    assert!(stopped["text"].as_str().unwrap().contains("type y or n, then Enter"), "{stopped}");
    assert_eq!(stopped["unanswered"], json!([]), "{stopped}");
    assert_eq!(team.broker.changes(), ["requested"]);
    let approved = typed_ahead(&team.bo, &words, "n\rn\r", &[(question, "y\r")]);
    assert_eq!(approved["code"], 0, "{approved}");
    // Revoking: an Enter typed too early is dropped, and Enter alone means no.
    let revoke = ["revoke", &id, "--reason", "lost"];
    let stays = typed_ahead(&team.bo, &revoke, "y\r", &[("Revoke orders-admin of ana", "\r")]);
    assert_ne!(stays["code"], 0, "{stays}");
    let revoked = typed_ahead(&team.bo, &revoke, "", &[("Revoke orders-admin of ana", "y\r")]);
    assert_eq!(revoked["code"], 0, "{revoked}");
}

#[test]
fn production_wants_the_id_and_a_picker_narrows_as_one_types() {
    let mut team = Team::new();
    let cloud = team.add_sandbox(None);
    let target =
        format!("[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\n", arn("orders-admin"), cloud.url);
    team.add_role("shop-prod", &target);
    team.open();
    let reader = team.ana.ask("orders-reader");
    let shop = team.ana.ask("shop-prod");
    let own = "Production: type the first four characters of its id";
    let begin = format!("{}\r", &shop[..4]);
    let words = ["approve", shop.as_str()];
    let stopped = typed_ahead(&team.bo, &words, &begin, &[(own, "y\r"), (own, "\r")]);
    assert_ne!(stopped["code"], 0, "{stopped}");
    assert_eq!(team.broker.changes(), ["requested", "requested"]);
    let picked = [("Which request?", "reader\r"), ("Deny orders-reader for ana, 1h?", "y\r")];
    let denied = typed_ahead(&team.bo, &["deny", "--reason", "not now"], "\r\r", &picked);
    assert!(denied["text"].as_str().unwrap().contains(&format!("denied {reader}")), "{denied}");
    let approved = typed_ahead(&team.bo, &words, "", &[(own, &begin)]);
    assert_eq!(approved["code"], 0, "{approved}");
}
