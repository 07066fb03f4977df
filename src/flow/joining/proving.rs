//! A newer token of the identity provider, from the refresh token in the keychain: to prove the person's groups again,
//! or to open a new session without a person.

use crate::authority::BrokerClient;
use crate::config::login::Account;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::login;
use crate::flow::joining::sign_in;
use crate::flow::session::vault::Vault;
use crate::identity::oidc::Provider;
use crate::identity::oidc::enrolment;
use crate::identity::oidc::exchange;
use crate::identity::oidc::token;
use crate::keychain::lock;
use crate::protocol::EnrolCall;
use crate::protocol::GroupsCall;
use crate::protocol::LoginWay;
use crate::secret::Secret;
use crate::system::System;

/// The lock's name. A provider that replaces refresh tokens ends the login if one is used twice.
const TURN: &str = "refresh";

/// Proves the person's groups to the broker again. Returns whether the broker took them.
pub(in crate::flow) async fn groups(
    system: &System,
    vault: &Vault,
    account: &Account,
    session: &Secret<String>,
) -> bool {
    let proved = async {
        // Held until the broker has the token: it refuses a token that is older than the one before.
        let _held = lock::hold(system, TURN, |_| ()).await?;
        let Some(id) = refreshed(system, vault, account).await? else { return Ok(false) };
        let call = GroupsCall { token: id.expose().clone() };
        BrokerClient::new(system, &account.url, None).prove_groups(session, &call).await?;
        Ok::<_, Failure>(true)
    };
    proved.await.unwrap_or_else(|failure| {
        system.console.say(&format!("note: your groups were not proved again: {}", failure.in_one_line()));
        false
    })
}

/// A new session, if the provider issues a token with the nonce of the sign-in again, which few do. `None` if a person has
/// to sign in.
pub(in crate::flow) async fn session(client: &Client<'_>, account: &Account) -> Option<Secret<String>> {
    let renewed = async {
        let (system, url, vault) = (client.system, account.url.as_str(), client.vault()?);
        let Some((key, random)) = vault.session_key(url)?.filter(|(key, _)| key.line() == account.key) else {
            return Ok(None);
        };
        let _held = lock::hold(system, TURN, |_| ()).await?;
        let Some(id) = refreshed(system, vault, account).await? else { return Ok(None) };
        let nonce = enrolment::nonce(url, key.line(), &random);
        if token::unverified_nonce(id.expose()).as_deref() != Some(nonce.as_str()) {
            return Ok(None);
        }
        let call =
            EnrolCall { token: id.expose().clone(), key: key.line().to_owned(), random, lasting: false };
        let enrolled = BrokerClient::new(system, url, None).enrol(&call).await?;
        if enrolled.person != account.person {
            return Ok(None);
        }
        let (_, token) = login::session_with(client, url, &account.person, key.signer()?.as_ref()).await?;
        vault.keep_session(url, &token)?;
        Ok::<_, Failure>(Some(token))
    };
    renewed.await.unwrap_or_else(|failure| {
        tracing::debug!(cause = %failure.in_one_line(), "no new session without a person");
        None
    })
}

/// A new ID token, for the command whose turn it is. `None` if there is no refresh token, it has ended, or the provider sends no ID token with it.
async fn refreshed(
    system: &System,
    vault: &Vault,
    account: &Account,
) -> Result<Option<Secret<String>>, Failure> {
    let (Some(sign_in), url) = (&account.provider, account.url.as_str()) else { return Ok(None) };
    let Some(refresh) = vault.refresh_token(url)? else { return Ok(None) };
    let ways = BrokerClient::new(system, url, None).login_ways().await?;
    let ways = ways.map(|ways| ways.ways).unwrap_or_default();
    // The refresh token goes to the issuer that issued it, whatever the broker says today.
    let way = ways.into_iter().find_map(|way| match way {
        LoginWay::Oidc(way) if way.issuer == sign_in.issuer => Some(way),
        _ => None,
    });
    let Some(way) = way else {
        return Err(Failure::not_logged_in(format!("{url} uses another identity provider now"))
            .hint("run `jit login`"));
    };
    let http = system.http.as_ref();
    let provider =
        Provider::discover(http, &sign_in.issuer).await.map_err(|error| sign_in::unusable(&error))?;
    match exchange::by_refresh(http, &provider, sign_in::registration(&way), &refresh).await {
        Ok(tokens) => {
            if let Some(refresh) = &tokens.refresh {
                vault.keep_refresh_token(url, refresh)?;
            }
            Ok(tokens.id)
        }
        Err(error) if error.code() == Some("invalid_grant") => {
            vault.drop_refresh_token(url)?;
            Ok(None)
        }
        Err(error) => Err(Failure::failed(error.to_string()).hint(error.hint())),
    }
}
