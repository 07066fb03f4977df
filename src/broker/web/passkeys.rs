//! `/web/passkey`: registers a passkey and shows its line for `people.toml`. Registering gives no right: the line counts
//! once it is in the policy.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64;
use data_encoding::BASE64URL_NOPAD;
use maud::Markup;
use maud::html;
use serde::Deserialize;
use serde::Serialize;

use super::Web;
use super::layout;
use super::refused::Refused;
use super::visitor::Visitor;
use super::visitor::page;
use crate::broker::caller::Body;
use crate::broker::caller::unauthenticated;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Name;
use crate::identity::passkey::Registration;
use crate::identity::passkey::Site;
use crate::identity::passkey::enrol;

/// The type of the keys that passkeys are.
const KIND: &str = "sk-ecdsa-sha2-nistp256@openssh.com";

/// The person's key lines that are passkeys of this page.
pub fn lines_of(web: &Web, standing: &Standing, person: &Name) -> Vec<String> {
    let keys = standing.policy.person(person).map(|person| person.keys.as_slice()).unwrap_or_default();
    keys.iter().filter(|key| is_of(&key.line, &web.site)).map(|key| key.line.clone()).collect()
}

/// Whether the policy in force has a passkey of this person for this page.
pub fn has_passkey(web: &Web, standing: &Standing, person: &Name) -> bool {
    !lines_of(web, standing, person).is_empty()
}

/// Whether a key line is a passkey of this site: its blob ends with the site's host (PROTOCOL.u2f, "application").
fn is_of(line: &str, site: &Site) -> bool {
    let mut words = line.split(' ');
    let (kind, blob) = (words.next(), words.next().unwrap_or_default());
    let length = u32::try_from(site.rp_id.len()).unwrap_or_default().to_be_bytes();
    let end = [length.as_slice(), site.rp_id.as_bytes()].concat();
    kind == Some(KIND) && BASE64.decode(blob.as_bytes()).is_ok_and(|blob| blob.ends_with(&end))
}

/// Bytes that the script sent, in base64url without padding.
///
/// # Errors
/// They are something else.
pub fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    let read = BASE64URL_NOPAD.decode(text.as_bytes());
    read.map_err(|_| Fault::new(Code::BadRequest, "the browser's answer cannot be read"))
}

/// The answer to a script whose browser is not signed in any more.
pub fn signed_out(_: Refused) -> Fault {
    unauthenticated().hint("reload the page, and sign in again")
}

/// Shows the page.
pub async fn show(State(shared): State<Arc<Shared>>, visitor: Visitor) -> Result<Markup, Refused> {
    render(&shared, &visitor).await.map_err(|fault| Refused::page(&shared, Some(&visitor), fault))
}

async fn render(shared: &Arc<Shared>, visitor: &Visitor) -> Result<Markup, Fault> {
    let web = page(shared)?;
    let standing = shared.standing().await;
    let lines = lines_of(web, &standing, &visitor.person);
    let person = &visitor.person;
    let body = html! {
        div class="card" {
            h1 { "Your passkey" }
            p {
                "A passkey is an SSH key whose private half stays in your phone, your security key or your computer. "
                "An approval that it signs can be verified with " code { "ssh-keygen -Y verify" } ", without this broker."
            }
            @if lines.is_empty() {
                p class="notice" { "The policy has no passkey of yours for this page yet." }
            } @else {
                p { "The policy has these passkeys of yours for this page:" }
                @for line in &lines { pre tabindex="0" role="region" aria-label="A passkey of yours" { (line) } }
            }
            form id="register" data-action={ (web.base) "/passkey" } data-token=(visitor.token(web, "passkey"))
                data-rp=(web.site.rp_id) data-person=(person) data-authority=(shared.authority)
            {
                p id="problem" class="notice bad" role="alert" hidden {}
                div class="buttons" {
                    button class="primary script" type="submit" hidden { "Register a passkey" }
                }
                noscript { p class="notice" { "Registering a passkey needs JavaScript." } }
                p id="status" class="status" role="status" {}
            }
        }
        section class="card" id="registered" aria-labelledby="next-step" hidden {
            h2 id="next-step" tabindex="-1" { "One step is left" }
            p { "The passkey counts once this line of yours is known:" }
            pre id="line" tabindex="0" role="region" aria-label="The line of the passkey" {}
            div class="buttons" { button type="button" data-copy="line" { "Copy the line" } }
            @if standing.policy.oidc().is_some() || standing.policy.github_app().is_some() {
                p {
                    "If you sign in with an account: type " code { "jit key add" }
                    " with this line in a terminal, and have the key confirmed. Otherwise put the line into "
                    code { "people.toml" } " by a pull request. A text for it:"
                }
            } @else {
                p { "Put it into " code { "people.toml" } " by a pull request. A text for it:" }
            }
            pre id="pull" tabindex="0" role="region" aria-label="A text for the pull request" {}
            div class="buttons" { button type="button" data-copy="pull" { "Copy the text" } }
            p class="status" id="copied" role="status" {}
        }
    };
    Ok(layout::page(shared, Some(visitor), "Your passkey", &body))
}

/// The script's question for a challenge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begun {
    token: String,
}

/// The challenge that the browser is to sign.
#[derive(Serialize)]
pub struct Challenge {
    challenge: String,
}

/// Issues a challenge for one registration.
pub async fn challenge(
    State(shared): State<Arc<Shared>>,
    visitor: Result<Visitor, Refused>,
    body: Result<Body<Begun>, Fault>,
) -> Result<Json<Challenge>, Fault> {
    let visitor = visitor.map_err(signed_out)?;
    let Body(Begun { token }) = body?;
    visitor.check_token(page(&shared)?, "passkey", &token)?;
    let challenge = shared.challenges.issue(&shared.system.entropy.seed(), shared.clock());
    Ok(Json(Challenge { challenge }))
}

/// The script's registration. The bytes are base64url without padding.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    token: String,
    challenge: String,
    attestation_object: String,
    client_data_json: String,
}

/// The line of a new passkey.
#[derive(Serialize)]
pub struct Line {
    line: String,
    pull: String,
}

/// Checks a registration and answers with its line for `people.toml`. Nothing is recorded, because nothing is granted.
pub async fn register(
    State(shared): State<Arc<Shared>>,
    visitor: Result<Visitor, Refused>,
    body: Result<Body<Registered>, Fault>,
) -> Result<Json<Line>, Fault> {
    let visitor = visitor.map_err(signed_out)?;
    let Body(body) = body?;
    let web = page(&shared)?;
    visitor.check_token(web, "passkey", &body.token)?;
    if !shared.challenges.use_up(&body.challenge, shared.clock()) {
        return Err(Fault::new(
            Code::Statement,
            "the registration took longer than two minutes, or was sent before",
        )
        .hint("register it again"));
    }
    let registration = Registration {
        attestation_object: bytes(&body.attestation_object)?,
        client_data_json: bytes(&body.client_data_json)?,
    };
    let line = enrol(&registration, &bytes(&body.challenge)?, &web.site)
        .map_err(|error| Fault::new(Code::Statement, error.to_string()).hint("try another passkey"))?;
    let person = &visitor.person;
    let pull = format!(
        "people: a passkey of {person}\n\n{person} registered this passkey at {}/web.\n\nIn people.toml, under [people.{person}], add to `keys`:\n\n    \"{line}\",\n\nAsk {person} in person or by phone whether it is theirs before you merge.",
        shared.authority
    );
    Ok(Json(Line { line, pull }))
}
