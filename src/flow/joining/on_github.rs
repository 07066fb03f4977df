//! Enrolling a key with the account on GitHub. The broker runs GitHub's device flow and polls there; this shows the code.

use std::time::Duration;

use jiff::SignedDuration;

use crate::authority::BrokerClient;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::sign_in;
use crate::grant::text::sanitise;
use crate::identity::oidc::SignInError;
use crate::protocol::EnrolAnswer;
use crate::protocol::GitHubCall;
use crate::protocol::GitHubPoll;

/// How a record of the login names GitHub. There is nothing to refresh there.
pub(in crate::flow) const ISSUER: &str = "https://github.com";
/// The bounds of the pause between two polls, in seconds, whatever the broker says.
const PAUSE: (u64, u64) = (1, 60);
/// The longest wait, in seconds.
const LONGEST: u64 = 60 * 60;

/// Starts the sign-in, shows the code, and waits until the person has typed it.
///
/// # Errors
/// The broker does not answer or refuses, or nobody types the code in time.
pub(in crate::flow) async fn enrol(
    client: &Client<'_>,
    url: &str,
    key: &str,
    lasting: bool,
) -> Result<EnrolAnswer, Failure> {
    let system = client.system;
    let broker = BrokerClient::new(system, url, None);
    let call = GitHubCall { key: key.to_owned(), lasting };
    let start = broker.start_on_github(&call).await.map_err(|error| sign_in::refused(url, error))?;
    let address = sanitise(&start.address);
    client.console().say(&format!("open {address} and type {}", sanitise(&start.user_code)));
    let valid = i64::try_from(start.valid.min(LONGEST)).unwrap_or_default();
    let until = client.now() + SignedDuration::from_secs(valid);
    let mut interval = start.interval;
    let poll = GitHubPoll { handle: start.handle };
    while client.now() < until {
        client.console().progress("waiting for your sign-in on GitHub's page");
        tokio::select! {
            () = system.clock.sleep(Duration::from_secs(interval.clamp(PAUSE.0, PAUSE.1))) => {}
            () = system.processes.interrupted() => return Err(Failure::interrupted()),
        }
        let progress = broker.poll_github(&poll).await.map_err(|error| sign_in::refused(url, error))?;
        if let Some(enrolled) = progress.enrolled {
            client.console().settle();
            return Ok(enrolled);
        }
        interval = progress.interval;
    }
    Err(sign_in::failed(&SignInError::TimeOut))
}
