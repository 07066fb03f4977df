//! `POST /web/r/{id}/review`: a review that a passkey signed. From here on it is a review like any other.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::passkeys;
use super::refused::Refused;
use super::visitor::Visitor;
use super::visitor::page;
use crate::broker::caller::Body;
use crate::broker::caller::Segment;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::routes::reviews;
use crate::broker::shared::Shared;
use crate::grant::Signed;
use crate::grant::statement::Kind;
use crate::identity::passkey::Assertion;
use crate::identity::passkey::pack;

/// The script's body. The bytes are base64url without padding.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assented {
    token: String,
    statement: String,
    authenticator_data: String,
    client_data_json: String,
    signature: String,
}

/// Packs the assertion into an SSH signature and takes the review as `/v1` takes one.
pub async fn review(
    State(shared): State<Arc<Shared>>,
    visitor: Result<Visitor, Refused>,
    id: Result<Segment, Fault>,
    body: Result<Body<Assented>, Fault>,
) -> Result<StatusCode, Fault> {
    let visitor = visitor.map_err(passkeys::signed_out)?;
    let (Segment(id), Body(body)) = (id?, body?);
    let web = page(&shared)?;
    visitor.check_token(web, &format!("r/{id}/review"), &body.token)?;
    let assertion = Assertion {
        authenticator_data: passkeys::bytes(&body.authenticator_data)?,
        client_data_json: passkeys::bytes(&body.client_data_json)?,
        signature: passkeys::bytes(&body.signature)?,
    };
    let standing = shared.standing().await;
    let lines = passkeys::lines_of(web, &standing, &visitor.person);
    let namespace = Kind::Review.namespace();
    let mut why = None;
    let packed = lines.iter().find_map(|line| {
        let packed = pack(line, &web.site, &namespace, body.statement.as_bytes(), &assertion);
        packed.map_err(|error| why.get_or_insert(error.to_string()).clone()).ok()
    });
    let Some(signature) = packed else {
        let why = why.unwrap_or_else(|| "the policy has no passkey of yours for this page".to_owned());
        return Err(Fault::new(Code::Statement, format!("this passkey's signature is not accepted: {why}"))
            .hint("use your own passkey, the one whose line is yours in people.toml"));
    };
    let signed = Signed { statement: body.statement, signature };
    let taken = reviews::take(&shared, visitor.actor(), &id, &signed).await;
    taken.map_err(|fault| match fault.code() {
        Code::Groups => fault.hint("sign out and in again on this page, so that your groups are proved anew"),
        _ => fault,
    })?;
    Ok(StatusCode::NO_CONTENT)
}
