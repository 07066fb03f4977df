//! Ending a grant, or cancelling a request.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::extend;
use crate::flow::asking::namesakes;
use crate::flow::asking::namesakes::Meant;
use crate::flow::session::find;
use crate::grant::Cloud;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Target;
use crate::grant::span::local;
use crate::grant::text::sanitise;
use crate::protocol::DenialState;
use crate::provider::clouds;
use crate::state::index;

/// How long a place may take to take credentials back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends the person's own grant or cancels their own request, and removes its secrets from this machine. Without `waits`, the
/// result may show the request as it was before: then the authority has accepted the end and has not recorded it yet.
pub async fn end(
    client: &Client<'_>,
    connected: &Connected,
    typed: &str,
    waits: bool,
) -> Result<Standing, Failure> {
    let standing = find::own_for_acting(client, connected, typed).await?;
    if standing.asked.header.who != connected.person {
        return Err(Failure::refused(format!(
            "request {} is {}'s",
            standing.view.id, standing.asked.header.who
        ))
        .hint(format!("a reviewer can type `jit revoke {} --reason …`", standing.view.id)));
    }
    if standing.view.state.is_terminal() {
        forget(client, &standing)?;
        return Err(Failure::refused(format!(
            "request {} is {} already",
            standing.view.id,
            standing.view.state.as_str()
        )));
    }
    // The access on this machine ends at once, even if the authority cannot be told.
    let dropped = put_down(client, &standing).await?;
    let view = connected.authority.end(&standing.view.id, waits).await.map_err(|error| {
        let failure = Failure::from(error);
        let id = &standing.view.id;
        if dropped {
            failure
                .because(format!("{} is not ended yet", standing.asked.role))
                .cause("the credentials on this machine are gone already")
                .hint(format!("try again: `jit end {id}`"))
        } else {
            failure
        }
    })?;
    let ended = Standing::read(view, connected.authority.as_ref())?;
    forget(client, &ended)?;
    if ended.asked.extends().is_some() && ended.view.state.is_terminal() {
        // The end of an approved extension also ended its grant.
        extend::settle(client, connected, &ended).await?;
    }
    say_others(client, &ended);
    Ok(ended)
}

/// Shows which other grant of the same role is still active, because the role's name now stands for that one.
fn say_others(client: &Client<'_>, ended: &Standing) {
    let authority = Some(ended.asked.header.authority.as_str());
    let entries = client.index();
    let others = entries.iter().filter(|entry| {
        entry.role == ended.asked.role && entry.is_of(authority, Some(&ended.asked.header.who))
    });
    for other in index::by_preference(others, client.now()) {
        if let Some(id) = other.id.as_ref().filter(|id| **id != ended.view.id) {
            client.console().say(&format!("note: other access to {} goes on, by request {id}", other.role));
        }
    }
}

/// Whether ending a role with this name ends a direct session. If an authority's role has the name too, the role in use
/// is meant. If both are in use, a terminal asks.
///
/// # Errors
/// Both are in use, and there is no answer to the question.
pub fn is_direct(client: &Client<'_>, role: &Name) -> Result<bool, Failure> {
    if !client.settings.roles.contains_key(role) {
        return Ok(false);
    }
    let Some(other) = namesakes::of_authority(client, role) else { return Ok(true) };
    let now = client.now();
    let stated = client.settings.stated_authority();
    let entries = client.index();
    let in_use = |direct: bool, name: &Name| {
        entries.iter().any(|entry| {
            entry.role == *name
                && entry.is_open(now)
                && entry.is_direct() == direct
                && (direct || entry.authority == stated)
        })
    };
    match (in_use(true, role), in_use(false, &other)) {
        (true, true) => Ok(matches!(namesakes::meant(client, role, true)?, Meant::Direct(_))),
        (is_direct, _) => Ok(is_direct),
    }
}

/// Removes a direct session from this machine. Returns the time until which its place accepts it.
pub fn end_direct(client: &Client<'_>, role: &Name) -> Result<Timestamp, Failure> {
    let vault = client.vault_if_any()?;
    let lease = vault.direct(role)?.filter(|lease| lease.expires > client.now());
    vault.drop_direct(role)?;
    index::update(&client.system.files, |entries| {
        entries.retain(|entry| !(entry.is_direct() && entry.role == *role));
    })?;
    match lease {
        // The place may take credentials for longer than they were meant for.
        Some(lease) => Ok(lease.credentials.last_end().unwrap_or(lease.expires)),
        None => Err(Failure::refused(format!("there is no session of {role}"))),
    }
}

/// Why the credentials of a direct role outlive their removal.
pub fn not_revoked(client: &Client<'_>, role: &Name) -> &'static str {
    match client.settings.roles.get(role).map(|role| role.target.cloud()) {
        None | Some(Cloud::Aws | Cloud::Sandbox) => "AWS cannot revoke the session",
        Some(Cloud::Token | Cloud::Vault | Cloud::Gcp | Cloud::Kubernetes | Cloud::Azure) => {
            "nobody can call the token back"
        }
    }
}

/// Removes the credentials of a grant and its entry in the index, so that programs on this machine get no new ones. Its
/// key stays until the authority knows of the end. Returns whether there was a grant.
async fn put_down(client: &Client<'_>, standing: &Standing) -> Result<bool, Failure> {
    if standing.view.state != State::Active || standing.asked.extends().is_some() {
        return Ok(false);
    }
    let keychain = client.vault()?;
    // A lease that does not open cannot be given back. It expires by itself.
    let lease = keychain.lease(&standing.view.id).ok().flatten().filter(|lease| lease.expires > client.now());
    keychain.drop_lease(&standing.view.id)?;
    index::forget(&client.system.files, &standing.view.id)?;
    if let Some(lease) = lease {
        give_back(client, &lease).await;
    }
    Ok(true)
}

/// Takes the credentials back at the place that gave them, where it can do so, and says what came of it. The access ends all the
/// same if the place does not answer.
async fn give_back(client: &Client<'_>, lease: &Lease) {
    let place = lease.credentials.place();
    let taken = tokio::select! {
        taken = clouds::give_back(&lease.credentials, client.system) => taken,
        () = client.system.clock.sleep(PATIENCE) => {
            client.console().say(&format!("note: {place} did not answer in time, so the token there expires by itself"));
            return;
        }
    };
    match taken {
        Ok(true) => client.console().say(&format!("the token was revoked at {place}")),
        Ok(false) => {
            if let Some(end) = lease.credentials.last_end() {
                let end = local(end, &client.system.zone);
                client
                    .console()
                    .say(&format!("note: the tokens of this machine are good at {place} until {end}"));
            }
        }
        Err(error) => {
            client.console().say(&format!(
                "note: the token was not revoked at {place}, where it expires by itself: {error}"
            ));
        }
    }
}

/// Removes a request from the index, and its secrets.
pub(in crate::flow) fn forget(client: &Client<'_>, standing: &Standing) -> Result<(), Failure> {
    index::forget(&client.system.files, &standing.view.id)?;
    client.vault()?.drop_request(&standing.view.id)
}

/// The same for a place whose credentials nobody denies there.
fn survives_there(target: &Target, until: Timestamp, zone: &TimeZone) -> String {
    let until = local(until, zone);
    if target.overrun().is_some() {
        return format!(
            "tokens already handed out can outlive the access, as the role accepts: until {until} at the latest; nobody can call them back"
        );
    }
    let kept = format!("credentials already handed out stay valid until {until}");
    match target.cloud() {
        Cloud::Aws | Cloud::Sandbox => format!("{kept}; AWS cannot call them back"),
        Cloud::Vault => format!("tokens already handed out that nobody revoked stay valid until {until}"),
        Cloud::Kubernetes if target.as_kubernetes().is_some_and(|cluster| cluster.groups().is_none()) => {
            format!(
                "the broker deletes the Secret to which the tokens are bound; if it cannot, they stay valid until {until}"
            )
        }
        Cloud::Token | Cloud::Gcp | Cloud::Kubernetes | Cloud::Azure => {
            format!("{kept}; nobody can call them back")
        }
    }
}

/// The same for tokens of a server, which revokes them where the broker may tell it.
fn survives_at_server(standing: &Standing, until: &str, unless_told: String) -> String {
    match standing.view.denial.as_ref().map(|denial| (denial.state, denial.why.as_deref())) {
        Some((DenialState::Denied, _)) => "the server revoked the tokens already handed out".to_owned(),
        Some((DenialState::Waiting, _)) => format!(
            "tokens already handed out that nobody revoked stay valid until {until}, unless the server revokes them first: the broker is \
             telling it, and `jit show {}` says when it has",
            standing.view.id
        ),
        Some((DenialState::Failed, why)) => format!(
            "tokens already handed out that nobody revoked stay valid until {until}; the server has not revoked them all yet: {}. The \
             broker tries again",
            sanitise(why.unwrap_or("no reason was given"))
        ),
        None => unless_told,
    }
}

/// A sentence on what survives the end: issued credentials cannot be called back. `None` if none survive.
pub fn survives(standing: &Standing, now: Timestamp, zone: &TimeZone) -> Option<String> {
    if matches!(standing.view.state, State::Ended | State::Revoked) {
        lasting(standing, now, zone)
    } else {
        None
    }
}

/// The same for a request whose end is accepted, whatever its state is.
pub fn lasting(standing: &Standing, now: Timestamp, zone: &TimeZone) -> Option<String> {
    standing.view.credentials_until.filter(|until| *until > now).map(|end| {
        let until = local(end, zone);
        if standing.asked.target.cloud() == Cloud::Vault {
            return survives_at_server(standing, &until, survives_there(&standing.asked.target, end, zone));
        }
        match standing.view.denial.as_ref().map(|denial| (denial.state, denial.why.as_deref())) {
            Some((DenialState::Denied, _)) => format!(
                "the cloud denies the credentials already handed out; that takes effect within minutes, and they expire at {until}"
            ),
            Some((DenialState::Waiting, _)) => format!(
                "credentials already handed out stay valid until {until}, unless the cloud denies them first: the broker is telling it, and \
                 `jit show {}` says when it has",
                standing.view.id
            ),
            Some((DenialState::Failed, why)) => format!(
                "credentials already handed out stay valid until {until}; the cloud does not deny them yet: {}. The broker tries again",
                sanitise(why.unwrap_or("no reason was given"))
            ),
            None => survives_there(&standing.asked.target, end, zone),
        }
    })
}
