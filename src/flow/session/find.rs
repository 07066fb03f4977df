//! Finds a request by the typed text: a role, an id, or the beginning of an id.

use crate::authority::Listing;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::lookup;
use crate::flow::session::reconcile;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::digest::DigestError;

/// For verbs that only read: a role of the person's own, or an unambiguous beginning of an id.
pub async fn for_reading(
    client: &Client<'_>,
    connected: &Connected,
    typed: &str,
) -> Result<Standing, Failure> {
    let authority = connected.authority.as_ref();
    if let Ok(role) = typed.parse::<Name>()
        && let Some(found) = own_by_any_name(client, connected, &role).await?
    {
        return Ok(found);
    }
    if let Ok(id) = typed.parse::<RequestId>() {
        return Standing::read(authority.request(&id).await?, authority);
    }
    let Some(spelled) = RequestId::spell(typed) else { return Err(nothing(connected, typed).await) };
    let mut found = readable(client, connected).await?;
    found.retain(|standing| standing.view.id.as_str().starts_with(&spelled));
    match found.len() {
        0 => Err(nothing(connected, typed).await),
        1 => Ok(found.remove(0)),
        _ => {
            let ids: Vec<&str> = found.iter().take(5).map(|standing| standing.view.id.as_str()).collect();
            Err(Failure::usage(format!("{typed:?} is the beginning of several requests"))
                .cause(ids.join(", "))
                .hint("type more of the id"))
        }
    }
}

/// The newest requests that the viewer may read: their own, those that they may review or revoke, and all for an
/// auditor. An invalid one is left out, so that it does not hide the others.
pub async fn readable(client: &Client<'_>, connected: &Connected) -> Result<Vec<Standing>, Failure> {
    let authority = connected.authority.as_ref();
    let mut found = reconcile::mine(client, connected).await?;
    let others = match authority.requests(Listing::All).await {
        // An older broker lists everything to auditors only.
        Err(error) if error.status() == Some(403) => authority.requests(Listing::Inbox).await?,
        others => others?,
    };
    for view in others {
        if found.iter().all(|own| own.view.id != view.id)
            && let Ok(standing) = Standing::read(view, authority)
        {
            found.push(standing);
        }
    }
    Ok(found)
}

/// For verbs that act on the person's own request: its whole id, or its role.
pub async fn own_for_acting(
    client: &Client<'_>,
    connected: &Connected,
    typed: &str,
) -> Result<Standing, Failure> {
    if let Ok(role) = typed.parse::<Name>()
        && let Some(found) = own_by_any_name(client, connected, &role).await?
    {
        return Ok(found);
    }
    if typed.parse::<RequestId>().is_err() {
        return Err(nothing(connected, typed).await);
    }
    for_acting(connected, typed).await
}

/// For verbs that act on any person's request: its whole id.
pub async fn for_acting(connected: &Connected, typed: &str) -> Result<Standing, Failure> {
    let id: RequestId = typed.parse().map_err(|_| no_id(typed))?;
    let authority = connected.authority.as_ref();
    Standing::read(authority.request(&id).await?, authority)
}

/// The failure for a text that is no whole id and names no role with a request.
pub(in crate::flow) fn no_id(typed: &str) -> Failure {
    Failure::usage(format!("{typed:?} names no request"))
        .cause(DigestError::Id.to_string())
        .hint("type the whole id; `jit status` and `jit inbox` show it")
}

/// The person's own request that a role's name stands for. Requests that have not ended come first, and among them
/// those that this machine can open, then active before approved before pending, then the newest. If all have ended,
/// the last one to end counts. Extension requests do not count; they are found by id.
///
/// # Errors
/// The authority cannot be asked, or the index cannot be written.
pub async fn own(
    client: &Client<'_>,
    connected: &Connected,
    role: &Name,
) -> Result<Option<Standing>, Failure> {
    let mut found = reconcile::mine(client, connected).await?;
    found.retain(|standing| standing.asked.role == *role && standing.asked.extends().is_none());
    let now = client.now();
    let is_over = |standing: &Standing| standing.state_at(now).is_terminal();
    let several = found.iter().filter(|standing| !is_over(standing)).count() > 1;
    found.sort_by_cached_key(|standing| {
        let over = is_over(standing);
        let newest = if over { standing.until() } else { standing.asked.created };
        let is_foreign = !over && several && !reconcile::is_openable(client, standing);
        (over, is_foreign, rank(standing.state_at(now)), std::cmp::Reverse(newest))
    });
    Ok(found.into_iter().next())
}

/// The order of several requests for a role, each for another scope: the most usable first.
pub(in crate::flow) fn rank(state: State) -> u8 {
    match state {
        State::Active => 0,
        State::Approved => 1,
        State::Pending => 2,
        _ => 3,
    }
}

/// The person's own ordinary requests that are open, as one listing showed them. Break-glass access to a role does not
/// replace an ordinary request for it.
pub struct Open(Vec<Standing>);

impl Open {
    /// Lists them: one question to the authority.
    ///
    /// # Errors
    /// The authority cannot be asked, or the index cannot be written.
    pub async fn list(client: &Client<'_>, connected: &Connected) -> Result<Self, Failure> {
        let now = client.now();
        let mut open = reconcile::mine(client, connected).await?;
        open.retain(|standing| {
            !standing.is_emergency()
                && standing.asked.extends().is_none()
                && !standing.state_at(now).is_terminal()
        });
        open.sort_by_key(|standing| (rank(standing.view.state), std::cmp::Reverse(standing.asked.created)));
        Ok(Self(open))
    }

    /// The one for a role, by its own name, with just this scope: the one furthest on, of equals the newest.
    pub fn of(&self, role: &Name, scope: Option<&Name>) -> Option<&Standing> {
        self.0.iter().find(|standing| {
            standing.asked.role == *role && standing.asked.scope.as_ref().map(|scope| &scope.name) == scope
        })
    }
}

/// As [`own`], by the role's own name or an alias.
pub async fn own_by_any_name(
    client: &Client<'_>,
    connected: &Connected,
    role: &Name,
) -> Result<Option<Standing>, Failure> {
    if let Some(found) = own(client, connected, role).await? {
        return Ok(Some(found));
    }
    match connected.authority.role(role).await {
        Ok(view) if view.name != *role => own(client, connected, &view.name).await,
        // The caller finds out whether there is such a role at all.
        _ => Ok(None),
    }
}

async fn nothing(connected: &Connected, typed: &str) -> Failure {
    if let Some(unasked) = unasked(connected, typed).await {
        return unasked;
    }
    let failure = Failure::usage(format!("{typed:?} names neither a role of yours nor a request"));
    match lookup::meant(typed, &lookup::names(connected).await) {
        Some(meant) => failure.hint(meant),
        None => failure.hint("`jit status` shows your requests, `jit roles` what you may ask for"),
    }
}

/// The failure for a person who names a role that they can see but have not requested. `None` if there is no such role.
async fn unasked(connected: &Connected, typed: &str) -> Option<Failure> {
    let role = connected.authority.role(&typed.parse().ok()?).await.ok()?;
    let failure = Failure::usage(format!("you have no request for {}", role.name));
    Some(match role.may_request {
        true => failure.hint(format!("ask for it: `jit request {}`", role.name)),
        false => failure.hint("`jit status` shows your requests, `jit inbox` those that wait for you"),
    })
}
