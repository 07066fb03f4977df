//! Telling people: webhooks and commands that the policy names. A notice never carries a credential or a signature.
//!
//! What is to be told is written in the transaction of the event that it is about; who is told, and what is said, is
//! worked out from the policy and the proved request at the moment of sending, so that rows alone reach nobody.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::oneshot;

use super::shared::Shared;
use super::store::Notice;
use super::store::Outcome;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::text::sanitise;
use crate::policy::Policy;
use crate::policy::SecretSource;
use crate::policy::Webhook;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::files;
use crate::system::http::Request as Post;
use crate::system::processes::Command;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);
/// How long to wait before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// How long an answer waits to be able to say who was told.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many notices a start sends again.
const RESENT: u32 = 256;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Somebody asked.
    Request,
    /// It was decided.
    Decision,
}

impl About {
    /// The word in the store and in the notice.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Decision => "decision",
        }
    }
}

/// A place to be told, as the policy names it.
pub struct Place {
    /// What people see: the kind of place and its host or program, never an address with a secret in it.
    pub label: String,
    way: Way,
}

enum Way {
    Webhook(Webhook),
    Command(Vec<String>),
}

/// The places that the policy names for a role. Labels differ from each other.
pub fn places(policy: &Policy, role: &Name) -> Vec<Place> {
    let Some(role) = policy.role(role) else { return Vec::new() };
    let mut places: Vec<Place> = Vec::new();
    for notify in policy.notices_for(role) {
        let webhook = notify.webhook.iter().map(|webhook| {
            let host = url::Url::parse(&webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            (format!("webhook {}", host.unwrap_or_default()), Way::Webhook(webhook.clone()))
        });
        let command = notify.command.iter().map(|command| {
            let program = command.first().map(String::as_str).unwrap_or_default();
            let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
            (format!("command {name}"), Way::Command(command.clone()))
        });
        for (label, way) in webhook.chain(command) {
            let twins = places.iter().filter(|place| place.label.starts_with(&label)).count();
            let label = if twins == 0 { label } else { format!("{label} ({})", twins + 1) };
            places.push(Place { label, way });
        }
    }
    places
}

/// Sends what waits for this event, in the background.
pub fn tell(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) {
    let (shared, request) = (Arc::clone(shared), Arc::clone(request));
    tokio::spawn(async move {
        begin(&shared, &request, event).await;
    });
}

/// Sends what waits for this event, and waits a moment for the first tries.
pub async fn tell_and_wait(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) {
    let tries = async {
        for first in begin(shared, request, event).await {
            let _ = first.await;
        }
    };
    tokio::select! {
        () = tries => {}
        () = shared.system.clock.sleep(PATIENCE) => {}
    }
}

/// Sends what a stopped broker had not sent.
pub async fn resend(shared: &Arc<Shared>) {
    let waiting = match shared.ledger.store().waiting_notices(RESENT).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::warn!(%error, "the notices that wait cannot be read");
            return;
        }
    };
    for notice in waiting {
        // The row only says that something is to be said; what, comes from the proved request.
        if let Ok(Some(request)) = shared.find(&notice.request.request_id()).await
            && request.digest == notice.request
        {
            tokio::spawn(deliver(Arc::clone(shared), request, notice, None));
        }
    }
}

/// Starts a courier for each notice; the receivers tell when its first try is over.
async fn begin(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) -> Vec<oneshot::Receiver<()>> {
    let notices = shared.ledger.store().notices_of(&request.digest).await.unwrap_or_default();
    notices
        .into_iter()
        .filter(|notice| notice.event == event && notice.outcome == Outcome::Waiting)
        .map(|notice| {
            let (tried, first) = oneshot::channel();
            tokio::spawn(deliver(Arc::clone(shared), Arc::clone(request), notice, Some(tried)));
            first
        })
        .collect()
}

async fn deliver(
    shared: Arc<Shared>,
    request: Arc<Request>,
    mut notice: Notice,
    mut tried: Option<oneshot::Sender<()>>,
) {
    let mut closing = shared.closing.subscribe();
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        let outcome = {
            let Ok(_permit) = shared.couriers.acquire().await else { return };
            try_once(&shared, &request, &notice).await
        };
        notice.problem = outcome.err();
        notice.outcome = match (&notice.problem, pause) {
            (None, _) => Outcome::Delivered,
            (Some(_), Some(_)) => Outcome::Waiting,
            (Some(_), None) => Outcome::Failed,
        };
        if let Some(problem) = &notice.problem {
            tracing::warn!(place = %notice.place, request = %request.id(), %problem, "a notice failed");
        }
        if let Err(error) = shared.ledger.store().settle(&notice).await {
            tracing::warn!(%error, "the outcome of a notice could not be written");
        }
        if let Some(tried) = tried.take() {
            let _ = tried.send(());
        }
        let Some(pause) = pause.filter(|_| notice.outcome == Outcome::Waiting) else { return };
        tokio::select! {
            () = shared.system.clock.sleep(pause) => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
    }
}

async fn try_once(shared: &Shared, request: &Request, notice: &Notice) -> Result<(), String> {
    let policy = shared.policies.standing().policy;
    let place =
        places(&policy, &request.statement.role).into_iter().find(|place| place.label == notice.place);
    let place = place.ok_or("the policy no longer names this place")?;
    let body = write(shared, request, &notice.about);
    match place.way {
        Way::Webhook(webhook) => post(shared, &webhook, notice, body).await,
        Way::Command(command) => run(shared, &command, &body).await,
    }
}

/// What is said.
fn write(shared: &Shared, request: &Request, about: &str) -> Vec<u8> {
    let id = request.id();
    let state = request.state_at(shared.now());
    let command = match state {
        State::Pending => format!("jit approve {id}"),
        _ => format!("jit show {id}"),
    };
    let by: Vec<&Name> = match &request.closing {
        Some(closing) => closing.by.iter().collect(),
        None => request.approved_by.iter().collect(),
    };
    let notice = serde_json::json!({
        "type": about,
        "broker": shared.authority,
        "request": id,
        "state": state.as_str(),
        "role": request.statement.role,
        "person": request.requester(),
        "duration": request.statement.duration,
        "extends": request.extends().map(|first| first.request_id()),
        "reason": sanitise(&request.statement.reason),
        "by": by,
        "command": command,
    });
    notice.to_string().into_bytes()
}

/// Posts with the headers of standard-webhooks 1.1.1.
async fn post(shared: &Shared, webhook: &Webhook, notice: &Notice, body: Vec<u8>) -> Result<(), String> {
    let key = secret_of(shared, &webhook.secret)?;
    let place = Digest::of(notice.place.as_bytes()).request_id();
    let id = format!("msg_{}_{}_{place}", notice.request.request_id(), notice.event);
    let time = shared.system.clock.now().as_second();
    let mut signed = format!("{id}.{time}.").into_bytes();
    signed.extend_from_slice(&body);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()), &signed);
    let request = Post::new(http::Method::POST, webhook.url.clone())
        .header("webhook-id", id)
        .header("webhook-timestamp", time.to_string())
        .header("webhook-signature", format!("v1,{}", STANDARD.encode(signature.as_ref())))
        .body("application/json", body)
        .time_limit(TRY);
    let answer = shared.system.http.send(request).await.map_err(|error| error.to_string())?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(format!("it answered with status {}", answer.status))
    }
}

/// The key: base64 after `whsec_`, or the bytes as they stand.
fn secret_of(shared: &Shared, source: &SecretSource) -> Result<Secret<Vec<u8>>, String> {
    let text = match source {
        SecretSource::Environment(variable) => shared
            .system
            .environment
            .get(variable)
            .map(Secret::from)
            .ok_or_else(|| format!("the environment variable {variable} is not set"))?,
        SecretSource::File(path) => {
            let bytes =
                files::read(path).map_err(|error| format!("its secret's file cannot be read: {error}"))?;
            let bytes = Secret::new(bytes.ok_or("its secret's file is missing")?);
            Secret::from(std::str::from_utf8(bytes.expose()).map_err(|_| "its secret's file is not text")?)
        }
    };
    let trimmed = text.expose().trim();
    if trimmed.is_empty() {
        return Err("its secret is empty".to_owned());
    }
    match trimmed.strip_prefix("whsec_") {
        Some(encoded) => STANDARD
            .decode(encoded)
            .map(Secret::new)
            .map_err(|_| "its secret is not base64 after whsec_".to_owned()),
        None => Ok(Secret::new(trimmed.as_bytes().to_vec())),
    }
}

/// Runs a program with the notice on its standard input and next to nothing in its environment.
async fn run(shared: &Shared, command: &[String], body: &[u8]) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("the command is empty")?;
    let mut environment = Environment::default();
    for name in ["PATH", "HOME", "LANG", "TZ"] {
        if let Some(value) = shared.system.environment.get(name) {
            environment.set(name, value);
        }
    }
    let command = Command {
        program: OsString::from(program),
        arguments: arguments.iter().map(OsString::from).collect(),
        environment,
    };
    let output = shared.system.processes.run_collected(&command, body, TRY).await;
    match output.map_err(|error| error.to_string())?.code {
        0 => Ok(()),
        code => Err(format!("it ended with code {code}")),
    }
}
