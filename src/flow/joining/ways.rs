//! The way to log in to a broker: the best one that the broker offers and that works here.

use crate::authority::BrokerClient;
use crate::config::login::Account;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::login::Wanted;
use crate::protocol::LoginWay;
use crate::protocol::OidcWay;

/// A way that the broker offers.
pub(in crate::flow) enum Chosen {
    /// With an SSH key that the policy lists.
    Ssh,
    /// With the account at an identity provider.
    Provider(OidcWay),
    /// With the account on GitHub, where the broker itself asks.
    GitHub,
}

/// Asks the broker and chooses.
///
/// # Errors
/// The broker does not answer, or offers no way that this command line allows.
pub(in crate::flow) async fn choose(
    client: &Client<'_>,
    url: &str,
    wanted: &Wanted,
    known: Option<&Account>,
) -> Result<Chosen, Failure> {
    let Some(offered) = BrokerClient::new(client.system, url, None).login_ways().await? else {
        return if wanted.device { Err(no_code(url)) } else { Ok(Chosen::Ssh) };
    };
    let has_ssh = offered.ways.contains(&LoginWay::Ssh);
    let account = offered.ways.iter().find_map(|way| match way {
        LoginWay::Oidc(way) => Some((Chosen::Provider(way.clone()), way.issuer.as_str())),
        LoginWay::GitHub => Some((Chosen::GitHub, "GitHub")),
        LoginWay::Ssh | LoginWay::Unknown => None,
    });
    let Some((account, place)) = account else {
        return match (has_ssh, wanted.device) {
            (true, false) => Ok(Chosen::Ssh),
            (true, true) => Err(no_code(url)),
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
        return Ok(Chosen::Ssh);
    }
    if named_key {
        return Err(Failure::usage(format!("{url} knows people by their account at {place}"))
            .hint("to sign with your own SSH key from then on: add --ssh"));
    }
    Ok(account)
}

fn no_code(url: &str) -> Failure {
    Failure::usage(format!("{url} offers no login with a code")).hint("leave `--device` out")
}
