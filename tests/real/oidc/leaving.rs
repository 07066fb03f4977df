//! People who leave at Canaille: its own SCIM client tells the broker, which ends what they have.

use serde_json::json;

use super::browser::Browser;
use super::canaille::Company;
use crate::peers::peer::wait_for;

const RECEIVER: &str = "token-of-canailles-scim-client";

#[test]
fn whom_canaille_locks_or_deletes_is_gone_at_the_broker() {
    let company = Company::new(&json!({"ana": ["dev"], "cy": ["dev"]}), Some(RECEIVER));
    let (ana, bo) = (&company.team.ana, &company.team.bo);
    for leaves in ["locked", "deleted"] {
        company.sign_in(&mut Browser::of("ana"));
        let (active, asked) = (company.access(), ana.ask("orders-reader"));
        let session = ana.session(&company.team.broker.url);
        let call = || company.team.broker.call(http::Method::GET, "/v1/session", &session).0;
        assert_eq!(call(), 200);
        match leaves {
            "locked" => company.canaille.lock("ana"),
            _ => company.canaille.delete("ana"),
        }
        // Canaille has told the broker before its own page answers.
        assert_eq!(call(), 401, "{}\n{}", company.canaille.log(), company.team.broker.log());
        for id in [&active, &asked] {
            wait_for("the broker ends everything", || bo.state(id) == "revoked");
        }
        let view = bo.show(&active);
        let why = view["closing"]["why"].as_str().unwrap();
        assert!(why.contains("the identity provider ended their account"), "{view}");
        let minted =
            company.team.broker.call(http::Method::POST, &format!("/v1/requests/{active}/leases"), &session);
        assert_eq!(minted.0, 401, "{}", minted.1);
        if leaves == "locked" {
            company.canaille.unlock("ana");
        }
    }
    assert!(!company.team.broker.log().contains(RECEIVER));
}

#[test]
fn a_change_of_groups_reaches_the_broker_and_ends_nothing_by_itself() {
    let company = Company::new(&json!({"ana": ["dev", "staff"]}), Some(RECEIVER));
    let mut browser = Browser::of("ana");
    company.sign_in(&mut browser);
    let id = company.access();
    // Canaille's client sends the groups of its people; the receiver takes none, and Canaille goes on.
    company.canaille.set_groups("ana", &["dev", "on-call", "staff"]);
    let log = company.canaille.log();
    assert!(log.contains("SCIM Group on-call creation for client jit failed"), "{log}");
    company.canaille.set_groups("ana", &["staff"]);
    assert_eq!(company.team.bo.state(&id), "active");
    company.sign_in(&mut browser);
    wait_for("the token without the group ends it", || company.team.bo.state(&id) == "revoked");
}
