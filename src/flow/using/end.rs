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

/// The end of a person's own access.
pub struct Ended {
    /// The request as the authority shows it now.
    pub standing: Standing,
    /// The place's answer when this machine gave its credentials back.
    given: Option<GivenBack>,
}

impl Ended {
    /// A sentence on what this machine's credentials are worth at their place now. `None` if [`Ended::lasting`] says it.
    pub fn given_back(&self) -> Option<&str> {
        let given = self.given.as_ref()?;
        // The place took back everything, so the first try no longer matters.
        let is_over = !given.is_good && denial_of(&self.standing) == Some(DenialState::Denied);
        (!is_over).then_some(&*given.said)
    }

    /// A sentence on what survives the end elsewhere. `None` if nothing does.
    pub fn lasting(&self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        let is_taken = self.given.as_ref().is_some_and(|given| given.is_taken);
        lasting_beside(&self.standing, now, zone, is_taken)
    }
}

/// The outcome of giving credentials back at their place.
struct GivenBack {
    /// The outcome in a sentence for people.
    said: String,
    /// Whether the place took them back.
    is_taken: bool,
    /// Whether the place takes nothing back, and they stay good there.
    is_good: bool,
}

fn denial_of(standing: &Standing) -> Option<DenialState> {
    standing.view.denial.as_ref().map(|denial| denial.state)
}

/// Ends the person's own grant or cancels their own request, and removes its secrets from this machine. Without `waits`, the
/// result may show the request as it was before: then the authority has accepted the end and has not recorded it yet.
pub async fn end(
    client: &Client<'_>,
    connected: &Connected,
    typed: &str,
    waits: bool,
) -> Result<Ended, Failure> {
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
        if dropped.is_gone {
            dropped.given.iter().for_each(|given| client.console().say(&given.said));
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
    Ok(Ended { standing: ended, given: dropped.given })
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

/// The access on this machine, after it was put down.
#[derive(Default)]
struct PutDown {
    /// Whether there was one.
    is_gone: bool,
    /// The outcome of giving its credentials back. `None` if there is nothing to say.
    given: Option<GivenBack>,
}

/// Removes the credentials of a grant and its entry in the index, so that programs on this machine get no new ones. Its
/// key stays until the authority knows of the end.
async fn put_down(client: &Client<'_>, standing: &Standing) -> Result<PutDown, Failure> {
    if standing.view.state != State::Active || standing.asked.extends().is_some() {
        return Ok(PutDown::default());
    }
    let keychain = client.vault()?;
    // A lease that does not open cannot be given back. It expires by itself.
    let lease = keychain.lease(&standing.view.id).ok().flatten().filter(|lease| lease.expires > client.now());
    keychain.drop_lease(&standing.view.id)?;
    index::forget(&client.system.files, &standing.view.id)?;
    let given = match lease {
        Some(lease) => give_back(client, &lease).await,
        None => None,
    };
    Ok(PutDown { is_gone: true, given })
}

/// Takes the credentials back at the place that gave them, where it can do so. The access ends all the same if the place does not
/// answer. `None` if there is nothing to say.
async fn give_back(client: &Client<'_>, lease: &Lease) -> Option<GivenBack> {
    let place = lease.credentials.place();
    let outcome = |said: String| GivenBack { said, is_taken: false, is_good: false };
    let taken = tokio::select! {
        taken = clouds::give_back(&lease.credentials, client.system) => taken,
        () = client.system.clock.sleep(PATIENCE) => {
            return Some(outcome(format!("note: {place} did not answer in time, so the token there expires by itself")));
        }
    };
    match taken {
        Ok(true) => {
            Some(GivenBack { is_taken: true, ..outcome(format!("the token was revoked at {place}")) })
        }
        Ok(false) => {
            let end = local(lease.credentials.last_end()?, &client.system.zone);
            let said = format!("note: the tokens of this machine are good at {place} until {end}");
            Some(GivenBack { is_good: true, ..outcome(said) })
        }
        Err(error) => Some(outcome(format!(
            "note: the token was not revoked at {place}, where it expires by itself: {error}"
        ))),
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
        Cloud::Kubernetes if target.as_kubernetes().is_some_and(|cluster| cluster.groups().is_none()) => {
            format!(
                "the broker deletes the Secret to which the tokens are bound; if it cannot, they stay valid until {until}"
            )
        }
        Cloud::Token | Cloud::Vault | Cloud::Gcp | Cloud::Kubernetes | Cloud::Azure => {
            format!("{kept}; nobody can call them back")
        }
    }
}

/// The same for tokens of a server, which revokes them where the broker may tell it. `is_taken` says that this machine's token has been
/// revoked already.
fn survives_at_server(standing: &Standing, until: &str, is_taken: bool) -> String {
    let kept = if is_taken {
        format!("tokens that were handed out before that one, if there are any, stay valid until {until}")
    } else {
        format!("tokens already handed out that nobody revoked stay valid until {until}")
    };
    match standing.view.denial.as_ref().map(|denial| (denial.state, denial.why.as_deref())) {
        Some((DenialState::Denied, _)) => "the server revoked the tokens already handed out".to_owned(),
        Some((DenialState::Waiting, _)) => format!(
            "{kept}, unless the server revokes them first: the broker is telling it, and `jit show {}` says when it has",
            standing.view.id
        ),
        Some((DenialState::Failed, why)) => format!(
            "{kept}; the server has not revoked them all yet: {}. The broker tries again",
            sanitise(why.unwrap_or("no reason was given"))
        ),
        None => kept,
    }
}

/// The same for tokens of a service account, which end with the Secret that they are bound to. `None` if the broker does not say how far
/// it is.
fn survives_in_cluster(standing: &Standing, until: &str) -> Option<String> {
    let denial = standing.view.denial.as_ref()?;
    let id = &standing.view.id;
    Some(match denial.state {
        DenialState::Denied => {
            "the broker deleted the Secret to which the tokens are bound: the cluster refuses them within seconds".to_owned()
        }
        DenialState::Waiting => format!(
            "tokens already handed out stay valid until {until}, unless the broker deletes the Secret to which they are bound first: `jit \
             show {id}` says when it has"
        ),
        DenialState::Failed => format!(
            "tokens already handed out stay valid: the broker could not delete the Secret to which they are bound: {}. It tries again",
            sanitise(denial.why.as_deref().unwrap_or("no reason was given"))
        ),
    })
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
    lasting_beside(standing, now, zone, false)
}

fn lasting_beside(standing: &Standing, now: Timestamp, zone: &TimeZone, is_taken: bool) -> Option<String> {
    standing.view.credentials_until.filter(|until| *until > now).map(|end| {
        let until = local(end, zone);
        let by_place = match standing.asked.target.cloud() {
            Cloud::Vault => Some(survives_at_server(standing, &until, is_taken)),
            Cloud::Kubernetes => survives_in_cluster(standing, &until),
            Cloud::Aws | Cloud::Sandbox | Cloud::Token | Cloud::Gcp | Cloud::Azure => None,
        };
        if let Some(said) = by_place {
            return said;
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
