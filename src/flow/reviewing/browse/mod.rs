//! The inbox in a window that refreshes by itself: walk, open, approve, approve for less, deny.

mod deciding;
mod desk;
mod news;
mod picture;

use std::pin::Pin;
use std::time::Duration;

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::reviewing::review;
use crate::flow::session::pick::Typed;
use crate::grant::RequestId;
use crate::system::screen::Event;
use crate::system::screen::Key;
use crate::system::screen::Screen;
use desk::Act;
use desk::Choice;
use desk::Desk;
use news::News;

type Fetching<'a> = Pin<Box<dyn Future<Output = Result<News, Failure>> + Send + 'a>>;

/// Shows the inbox until the person leaves. `waiting` is the list as it was just fetched. Decisions leave the window:
/// their questions and answers stay in the terminal's own history.
///
/// # Errors
/// The session ended, or the terminal failed or went away.
pub async fn browse(
    client: &Client<'_>,
    connected: &Connected,
    mut screen: Box<dyn Screen>,
    waiting: Vec<Standing>,
) -> Result<(), Failure> {
    let desk = Desk::new(connected.authority.url(), waiting, client.now());
    let mut open = Open { client, connected, desk, failures: 0 };
    let mut fetching = open.later();
    loop {
        for said in screen.said() {
            open.desk.note(said);
        }
        let (lines, page) = picture::draw(&mut open.desk, client, screen.size());
        screen
            .draw(&lines)
            .map_err(|error| Failure::failed("the terminal cannot be written").cause(error.to_string()))?;
        tokio::select! {
            biased;
            event = screen.event() => {
                let key = match event? {
                    Event::Resized => Key::Redraw,
                    Event::Key(key) => key,
                };
                match open.desk.press(key, page) {
                    Act::Stay => {}
                    Act::Quit => return Ok(()),
                    Act::Refresh => fetching = open.now(),
                    Act::Open(id) => {
                        open.show(&id).await?;
                        fetching = open.later();
                    }
                    Act::Decide(id, choice) => {
                        screen.leave();
                        open.decide(&id, choice).await?;
                        fetching = open.now();
                    }
                }
            }
            fetched = &mut fetching => {
                open.hear(fetched)?;
                fetching = open.later();
            }
        }
    }
}

/// The desk with the means to fill it.
struct Open<'a> {
    client: &'a Client<'a>,
    connected: &'a Connected,
    desk: Desk,
    /// The fetches that failed since the last good one.
    failures: u32,
}

impl<'a> Open<'a> {
    /// Fetches at once.
    fn now(&self) -> Fetching<'a> {
        self.fetching(Duration::ZERO)
    }

    /// Fetches after the usual pause, or as soon as the open request changes.
    fn later(&self) -> Fetching<'a> {
        self.fetching(news::pause(self.connected, self.failures))
    }

    fn fetching(&self, pause: Duration) -> Fetching<'a> {
        let opened = self.desk.opened.as_ref().filter(|opened| opened.over.is_none());
        let seen = opened.map(|opened| opened.reviewing.standing.view.clone());
        Box::pin(news::next(self.client, self.connected, pause, seen, self.desk.known()))
    }

    /// Shows what was fetched, or that it could not be.
    fn hear(&mut self, fetched: Result<News, Failure>) -> Result<(), Failure> {
        match fetched {
            Ok(news) => {
                self.failures = 0;
                self.desk.receive(news.waiting, self.client.now());
                for (id, how) in news.ended {
                    self.desk.ended(&id, how);
                }
                for warning in news.warnings.into_iter().map(|warning| format!("warning: {warning}")) {
                    // The same damage is reported once, not at each refresh.
                    if !self.desk.notes.contains(&warning) {
                        self.desk.note(warning);
                    }
                }
                Ok(())
            }
            Err(failure) if failure.kind == Kind::NotLoggedIn => Err(failure),
            Err(failure) => {
                self.failures = self.failures.saturating_add(1);
                self.desk.trouble = Some(failure.in_one_line());
                Ok(())
            }
        }
    }

    /// Opens a request as it is now.
    async fn show(&mut self, id: &RequestId) -> Result<(), Failure> {
        let typed = Typed { command: "approve", request: Some(id.as_str()), confirmed: false };
        match review::open(self.client, self.connected, typed).await {
            Ok(reviewing) => self.desk.open(reviewing),
            Err(failure) if failure.kind == Kind::NotLoggedIn => return Err(failure),
            Err(failure) => self.desk.note(failure.in_one_line()),
        }
        Ok(())
    }

    /// Decides a request on the terminal itself, and notes the outcome.
    async fn decide(&mut self, id: &RequestId, choice: Choice) -> Result<(), Failure> {
        let outcome = match deciding::decide(self.client, self.connected, id, choice).await {
            Ok(outcome) => {
                self.desk.forget(id);
                outcome
            }
            Err(failure) if failure.kind == Kind::NotLoggedIn => return Err(failure),
            Err(failure) => failure.in_one_line(),
        };
        self.client.console().say(&outcome);
        self.desk.note(outcome);
        Ok(())
    }
}
