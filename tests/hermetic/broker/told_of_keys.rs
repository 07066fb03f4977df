//! A person is told of each key that a sign-in enrolled for them, and of each signature that confirms one: somebody else may
//! be able to sign in as them.

use jit::grant::Assurance;
use jit::identity::Signer;
use jit::system::mail::Letter;
use jit::system::mail::MailError;
use serde_json::json;

use crate::broker::database::sql;
use crate::broker::signed_in::House;
use crate::broker::signed_in::LIN;
use crate::broker::told_people::MAIL;
use crate::broker::told_people::settle;
use crate::broker::world::key_of;
use crate::support::provider::ISSUER;

/// A broker that reaches lin by mail.
async fn house_with(more: &str) -> House {
    let mut house = House::unstarted(more);
    let entry = "[people.lin]\n";
    house.world.change_policy("people.toml", entry, &format!("{entry}mail = \"lin@example.com\"\n")).await;
    house.world.change_policy("access.toml", "[identity.oidc]", &format!("{MAIL}[identity.oidc]")).await;
    house.world.start().await.unwrap();
    house
}

async fn house() -> House {
    house_with("vouchers = [\"group:security\"]").await
}

fn letters(house: &House) -> Vec<Letter> {
    house.world.fake.mail.sent.lock().unwrap().clone()
}

#[tokio::test]
async fn a_person_is_told_of_each_key_that_a_sign_in_enrolls() {
    let house = house().await;
    let lin = house.sign_in_lasting(LIN, &[], "lin-laptop").await;
    settle(&house.world).await;
    let sent = letters(&house);
    let [letter] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(
        (letter.to.as_slice(), letter.subject.as_str()),
        (&["lin@example.com".to_owned()][..], "jit: a key was enrolled for you, lin")
    );
    let key = key_of("lin-laptop").fingerprint().to_owned();
    for part in [
        format!("key:   {key}\n"),
        format!("by:    a sign-in at {ISSUER}\n"),
        "lasts: until it is dropped\n".to_owned(),
        "from:  ".to_owned(),
        format!("type: jit key drop {key}\n"),
    ] {
        assert!(letter.body.contains(&part), "{part:?} in {}", letter.body);
    }
    // The same key again is no news, and a session's key is.
    house.tick();
    house.sign_in_lasting(LIN, &[], "lin-laptop").await;
    settle(&house.world).await;
    assert_eq!(letters(&house).len(), 1);
    house.tick();
    house.sign_in(LIN, &[]).await;
    settle(&house.world).await;
    let sent = letters(&house);
    assert!(sent.len() == 2 && sent[1].body.contains("lasts: until 2026-"), "{sent:?}");

    // A colleague who agreed with the attacker is named too.
    let dee = house.world.person("dee").await;
    assert_eq!(house.vouch(&dee, &lin.name, "lin-laptop").await.status(), 200);
    assert_eq!(house.worth(&lin, "lin-laptop").await, Some(Assurance::Key));
    settle(&house.world).await;
    let sent = letters(&house);
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[2].subject, "jit: dee confirmed a key as yours, lin");
    assert!(sent[2].body.contains(&format!("key:   {key}\n")), "{}", sent[2].body);
    assert!(sent.iter().all(|letter| letter.to == ["lin@example.com"]));
}

/// A person whom nobody lists has no address in the policy, but the provider verified the one that names them.
#[tokio::test]
async fn an_address_that_names_a_person_is_where_they_are_told() {
    let house = house_with("person = \"email\"").await;
    let mut claims = house.claims("uma", &["sre"]);
    claims["email_verified"] = json!(false);
    let unverified = house.enrol(claims.clone(), &key_of("uma-laptop"), true).await;
    assert_ne!(unverified.status(), 200);
    claims["email_verified"] = json!(true);
    assert_eq!(house.enrol(claims, &key_of("uma-laptop"), true).await.status(), 200);
    settle(&house.world).await;
    let sent = letters(&house);
    assert!(sent.len() == 1 && sent[0].to == ["uma@example.com"], "{sent:?}");
}

/// The broker retries a notice that it could not send, also after a restart. A row that somebody changed sends nothing.
#[tokio::test]
async fn a_notice_of_a_key_survives_a_restart_and_a_forged_row_says_nothing() {
    let failing = || MailError::TimeOut("mail.example.com".to_owned());
    let forged = [
        "UPDATE notices SET about = 'key_confirmed'",
        "UPDATE notices SET event = 1",
        "UPDATE notices SET request = x'0101010101010101010101010101010101010101010101010101010101010101'",
        "UPDATE notices SET place = 'ana, by mail'",
        "UPDATE notices SET about = 'break_glass'",
        "UPDATE notices SET about = about",
    ];
    for change in forged {
        let mut house = house().await;
        house.world.fake.mail.fails.lock().unwrap().push(failing());
        house.sign_in_lasting(LIN, &[], "lin-laptop").await;
        tokio::task::yield_now().await;
        house.world.stop().await;
        let before = letters(&house).len();
        sql(&house.world, "UPDATE notices SET outcome = 'waiting'").await;
        sql(&house.world, change).await;
        house.world.start().await.unwrap();
        settle(&house.world).await;
        let again = letters(&house).len() - before;
        assert_eq!(again, usize::from(change.ends_with("= about")), "{change}");
    }
}
