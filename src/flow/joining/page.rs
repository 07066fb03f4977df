//! Signs a browser in on the broker's approval page. The code goes from this terminal to the page, and this terminal
//! asks about the browser that entered it.

use std::time::Duration;

use jiff::Timestamp;

use crate::authority::Authority;
use crate::authority::BrokerClient;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::session::browser;
use crate::grant::AuthorityAddress;
use crate::grant::RequestId;
use crate::grant::span::time_left;
use crate::grant::text;
use crate::protocol::PageAnswer;
use crate::protocol::PageBrowser;
use crate::system::http::Request;

/// How long the program that opens a browser may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The user's input.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The request to open. `None` for the list.
    pub request: Option<RequestId>,
    /// Whether only the address is shown and no browser is opened.
    pub only_say: bool,
}

/// The address of a request's page. `None` if the authority has no page.
pub async fn address(client: &Client<'_>, connected: &Connected, id: &RequestId) -> Option<String> {
    let authority = connected.authority.url();
    if AuthorityAddress::of(authority).is_github() {
        return None;
    }
    // Without a page the whole path is unknown. A page first asks who is there.
    let page = format!("{}/web", authority.trim_end_matches('/'));
    let answer = client.system.http.send(Request::new(http::Method::GET, &page)).await.ok()?;
    (answer.status != 404).then(|| format!("{page}/r/{id}"))
}

/// Signs a browser in. Returns the address of the page.
///
/// # Errors
/// There is no terminal or no page, the code expired, or the person did not let the browser in.
pub async fn sign_in(client: &Client<'_>, wanted: &Wanted) -> Result<String, Failure> {
    if !client.console().is_interactive() {
        return Err(Failure::usage(
            "signing a browser in asks a question, and there is no terminal to ask on",
        )
        .hint("type `jit web` in a terminal"));
    }
    let broker = client.connect_to_broker().await?;
    let issued = broker.page_code().await?;
    // From this machine's own configuration: a broker must not send anybody elsewhere.
    let url = match &wanted.request {
        Some(id) => format!("{}/web/r/{id}", broker.url()),
        None => format!("{}/web", broker.url()),
    };
    let left = time_left(client.now(), issued.expires);
    client.console().say(&format!("page  {url}"));
    client
        .console()
        .say(&format!("code  {}  (once, within {left}; type it on that page and nowhere else)", issued.code));
    if !wanted.only_say {
        open(client, &url).await;
    }
    let browser = wait(client, &broker, issued.expires).await?;
    for line in describe(client, &browser) {
        client.console().say(&line);
    }
    let allow =
        client.console().confirm("Is this your browser? It could read and deny in your name.", false)?;
    broker.page_answer(&PageAnswer { browser: browser.id, allow }).await?;
    if allow {
        Ok(url)
    } else {
        Err(Failure::failed("the browser was not let in").hint(
            "if you typed the code on another site, somebody wanted to get in: tell your security team",
        ))
    }
}

/// Waits until a browser has entered the code.
async fn wait(
    client: &Client<'_>,
    broker: &BrokerClient,
    expires: Timestamp,
) -> Result<PageBrowser, Failure> {
    loop {
        if let Some(browser) = broker.page_browser().await? {
            return Ok(browser);
        }
        if client.now() >= expires {
            return Err(Failure::failed("no browser entered the code in time").hint("type `jit web` again"));
        }
    }
}

/// The browser in lines. Its own words have a mark.
fn describe(client: &Client<'_>, browser: &PageBrowser) -> Vec<String> {
    let columns = client.console().message_columns().unwrap_or(text::COLUMNS);
    let address = browser.address.as_deref().unwrap_or("not known");
    let mut lines = vec!["a browser entered the code:".to_owned()];
    lines.extend(text::marked("address", address, columns));
    lines.extend(text::marked("program", &browser.agent, columns));
    lines
}

/// Opens the page. Its address is no secret, and without a browser the person opens it where there is one.
async fn open(client: &Client<'_>, url: &str) {
    let command = browser::command(client.system, url);
    if !matches!(client.system.processes.launch(&command, PATIENCE).await, Ok(Some(0) | None)) {
        client.console().say("note: no browser was opened; open the page yourself");
    }
}
