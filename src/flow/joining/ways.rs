//! The way to log in to a broker: the best one that the broker offers and that works here.

use crate::authority::BrokerClient;
use crate::config::login::Account;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::login::Wanted;
use crate::protocol::LoginWay;
use crate::protocol::OidcWay;

/// Asks the broker and chooses. `None` for a login with an SSH key that the policy lists.
///
/// # Errors
/// The broker does not answer, or offers no way that this command line allows.
pub(in crate::flow) async fn choose(
    client: &Client<'_>,
    url: &str,
    wanted: &Wanted,
    known: Option<&Account>,
) -> Result<Option<OidcWay>, Failure> {
    let Some(offered) = BrokerClient::new(client.system, url, None).login_ways().await? else {
        return if wanted.device { Err(none(url, "a code")) } else { Ok(None) };
    };
    let has_ssh = offered.ways.contains(&LoginWay::Ssh);
    let oidc =
        offered.ways.iter().find_map(|way| if let LoginWay::Oidc(way) = way { Some(way) } else { None });
    let Some(oidc) = oidc else {
        return match (has_ssh, wanted.device) {
            (true, false) => Ok(None),
            (true, true) => Err(none(url, "a code")),
            (false, _) => Err(Failure::failed(format!("{url} offers no way to log in that this jit knows"))
                .hint("update jit on this machine")),
        };
    };
    let named_key = wanted.key.is_some() && !wanted.ssh;
    let last_was_ssh = known.is_some_and(|account| account.provider.is_none());
    // A script at its first login has nobody who signs in, and a key that the policy may list.
    let is_alone = known.is_none() && !client.console().is_interactive();
    let asks_provider = wanted.ssh || wanted.device || wanted.no_browser;
    let prefers_ssh = !asks_provider && (named_key || last_was_ssh || is_alone);
    if has_ssh && prefers_ssh {
        return Ok(None);
    }
    if named_key {
        return Err(Failure::usage(format!("{url} knows people by their account at {}", oidc.issuer))
            .hint("to sign with your own SSH key from then on: add --ssh"));
    }
    Ok(Some(oidc.clone()))
}

fn none(url: &str, what: &str) -> Failure {
    Failure::usage(format!("{url} offers no login with {what}")).hint("leave `--device` out")
}
