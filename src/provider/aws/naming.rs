//! The names that a session carries: the claims of a token for STS, the session's name, its source identity and its tags.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::endpoint::Place;
use super::subject;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::provider::MintOrder;
use crate::provider::tokens::TOKEN_LIFE;

/// The longest session name, in characters.
const MAX_SESSION_NAME: usize = 64;

/// The tag with the request's id on sessions that the broker's own identity opens.
pub const TAG_REQUEST: &str = "jit:request";

/// The tag with the requester's name.
pub const TAG_PERSON: &str = "jit:person";

/// The tag with the role's name in the policy. The role's trust policy pins it.
pub const TAG_ROLE: &str = "jit:role";

/// The claims of a JWT for STS. The subject names only the role. The roles claim is a second check. The source identity
/// makes the cloud's audit trail name the person.
pub(super) fn claims(
    issuer_url: &str,
    order: &MintOrder,
    place: &Place,
    now: Timestamp,
    nonce: &str,
) -> Map<String, Value> {
    let issued = now.as_second();
    // The role that the JWT itself opens: the hub, if there is one.
    let assumed = place.hub.as_ref().unwrap_or(&place.role);
    let members = [
        ("iss", json!(issuer_url)),
        ("sub", json!(subject(&order.role))),
        ("aud", json!(place.audience)),
        ("iat", json!(issued)),
        ("exp", json!(issued + TOKEN_LIFE)),
        ("jti", json!(nonce)),
        ("https://aws.amazon.com/roles", json!([assumed.as_str()])),
        ("https://aws.amazon.com/source_identity", json!(source_identity(&order.person))),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The person as source identity: 2 to 64 characters (API reference of `AssumeRole`). A name of one character gets a prefix
/// that no name can have.
fn source_identity(person: &Name) -> String {
    if person.as_str().len() < 2 { format!("person={person}") } else { person.to_string() }
}

/// The session's name: the request's id, then the person.
pub(super) fn session_name(request: &RequestId, person: &Name) -> String {
    fit_session_name(&format!("{}-{person}", request.as_str()))
}

/// Converts any text to a session name: 2 to 64 of `[A-Za-z0-9_+=,.@-]` (API reference of `AssumeRole`). All other
/// characters become `-`.
pub(super) fn fit_session_name(text: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    let mut name: String = text
        .chars()
        .map(|character| if fits(character) { character } else { '-' })
        .take(MAX_SESSION_NAME)
        .collect();
    while name.len() < 2 {
        name.push('-');
    }
    name
}

/// The session tags, by key. All are transitive: a later session in a chain keeps them, and cannot name somebody else.
/// Names and ids have only characters that tags accept (API reference of `AssumeRole`).
pub(super) fn tags(order: &MintOrder) -> [(&'static str, String); 3] {
    [
        (TAG_REQUEST, order.request.as_str().to_owned()),
        (TAG_PERSON, order.person.to_string()),
        (TAG_ROLE, order.role.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::aws::endpoint;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn claims_name_the_role_and_the_person_and_end_in_a_minute() {
        let order = MintOrder {
            target: "aws:arn:aws:iam::111122223333:role/db-admin?region=eu-west-1".parse().unwrap(),
            role: "prod-db".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until: at("2026-11-23T14:00:00Z"),
            grant_until: at("2026-11-23T15:00:00Z"),
            scope: None,
            source: None,
        };
        let place = endpoint::place_of(&order.target).unwrap();
        let claims = claims("https://jit.example.com", &order, &place, at("2026-11-23T13:00:00.9Z"), "nonce");
        insta::assert_snapshot!(serde_json::to_string(&claims).unwrap(), @r#"{"iss":"https://jit.example.com","sub":"jit:role:prod-db","aud":"sts.amazonaws.com","iat":1795438800,"exp":1795438860,"jti":"nonce","https://aws.amazon.com/roles":["arn:aws:iam::111122223333:role/db-admin"],"https://aws.amazon.com/source_identity":"ana@example.com"}"#);
    }

    #[test]
    fn sessions_are_named_by_request_and_person() {
        let request: RequestId = "7F3KQ2M8ZD".parse().unwrap();
        assert_eq!(session_name(&request, &"ana@example.com".parse().unwrap()), "7F3KQ2M8ZD-ana@example.com");
        let long = session_name(&request, &"a".repeat(63).parse().unwrap());
        assert!(long.len() == 64 && long.starts_with("7F3KQ2M8ZD-aaa"));
        assert_eq!(fit_session_name("ana maría/é"), "ana-mar-a--");
        assert_eq!(fit_session_name(""), "--");
        assert_eq!(source_identity(&"ana".parse().unwrap()), "ana");
        assert_eq!(source_identity(&"a".parse().unwrap()), "person=a");
    }
}
