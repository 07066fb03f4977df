//! The inbox in a window: which request is chosen or open, and what each key means. No I/O.

use jiff::Timestamp;

use crate::flow::Standing;
use crate::flow::reviewing::review::Reviewing;
use crate::grant::RequestId;
use crate::grant::Verdict;
use crate::system::screen::Key;

/// How many notes are shown.
const NOTES: usize = 3;

/// The decision that a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Approve as asked.
    Approve,
    /// Approve for a shorter time or a scope.
    Less,
    /// Deny.
    Deny,
}

impl Choice {
    /// Its verdict.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Approve | Self::Less => Verdict::Approve,
            Self::Deny => Verdict::Deny,
        }
    }
}

/// The command of a key that leaves the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing but a new picture.
    Stay,
    /// Open this request.
    Open(RequestId),
    /// Decide this request.
    Decide(RequestId, Choice),
    /// Fetch the list now.
    Refresh,
    /// Leave.
    Quit,
}

/// The open request.
pub(super) struct Opened {
    /// The request, read from its bytes, beside the policy's role.
    pub(super) reviewing: Reviewing,
    /// The first line that is shown.
    pub(super) first: usize,
    /// How it ended while it was open. `None` while it waits.
    pub(super) over: Option<String>,
}

/// Everything that the window shows.
pub(super) struct Desk {
    /// The authority's name.
    pub(super) authority: String,
    /// The requests that wait, the oldest first.
    pub(super) waiting: Vec<Standing>,
    /// The place of the chosen one.
    pub(super) chosen: usize,
    /// The open one.
    pub(super) opened: Option<Opened>,
    /// The notes, the newest last.
    pub(super) notes: Vec<String>,
    /// Why the list is not up to date. `None` if it is.
    pub(super) trouble: Option<String>,
    /// When the list was fetched.
    pub(super) as_of: Timestamp,
}

impl Desk {
    /// A desk with these requests.
    pub(super) fn new(authority: &str, waiting: Vec<Standing>, now: Timestamp) -> Self {
        Self {
            authority: authority.to_owned(),
            waiting,
            chosen: 0,
            opened: None,
            notes: Vec::new(),
            trouble: None,
            as_of: now,
        }
    }

    /// Adds a note. The oldest goes.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
        self.notes.drain(..self.notes.len().saturating_sub(NOTES));
    }

    /// The ids of every request that the window shows.
    pub(super) fn known(&self) -> Vec<RequestId> {
        let mut known: Vec<RequestId> = self.waiting.iter().map(|one| one.view.id.clone()).collect();
        let opened = self.opened.as_ref().filter(|opened| opened.over.is_none());
        if let Some(opened) = opened
            && !known.contains(&opened.reviewing.standing.view.id)
        {
            known.push(opened.reviewing.standing.view.id.clone());
        }
        known
    }

    /// Shows a fetched list. The cursor stays on its request, or near the place of one that is gone.
    pub(super) fn receive(&mut self, waiting: Vec<Standing>, now: Timestamp) {
        let chosen = self.waiting.get(self.chosen).map(|one| one.view.id.clone());
        let place = chosen.and_then(|id| waiting.iter().position(|one| one.view.id == id));
        self.chosen = place.unwrap_or(self.chosen).min(waiting.len().saturating_sub(1));
        self.waiting = waiting;
        self.trouble = None;
        self.as_of = now;
        if let Some(opened) = &mut self.opened {
            let id = &opened.reviewing.standing.view.id;
            if let Some(fresh) = self.waiting.iter().find(|one| one.view.id == *id) {
                opened.reviewing.standing = fresh.clone();
                opened.over = None;
            }
        }
    }

    /// Notes that a request no longer waits, and how it ended.
    pub(super) fn ended(&mut self, id: &RequestId, how: String) {
        match &mut self.opened {
            Some(opened) if opened.reviewing.standing.view.id == *id => opened.over = Some(how),
            _ => self.note(how),
        }
    }

    /// Opens a request.
    pub(super) fn open(&mut self, reviewing: Reviewing) {
        self.opened = Some(Opened { reviewing, first: 0, over: None });
    }

    /// Takes a request that the person has decided off the desk, so that its end is no news.
    pub(super) fn forget(&mut self, id: &RequestId) {
        self.waiting.retain(|one| one.view.id != *id);
        self.chosen = self.chosen.min(self.waiting.len().saturating_sub(1));
        self.opened.take_if(|opened| opened.reviewing.standing.view.id == *id);
    }

    /// The request that a decision is about.
    fn subject(&self) -> Option<RequestId> {
        match &self.opened {
            Some(opened) => Some(opened.reviewing.standing.view.id.clone()),
            None => self.waiting.get(self.chosen).map(|one| one.view.id.clone()),
        }
    }

    /// Takes a key, and returns the act that it calls for. `page` is the number of lines or requests that one window shows.
    pub(super) fn press(&mut self, key: Key, page: usize) -> Act {
        match key {
            Key::Interrupt => return Act::Quit,
            Key::Character('a') => return self.decide(Choice::Approve),
            Key::Character('l') => return self.decide(Choice::Less),
            Key::Character('d') => return self.decide(Choice::Deny),
            Key::Character('r') => return Act::Refresh,
            _ => {}
        }
        let page = page.max(1);
        let last = self.waiting.len().saturating_sub(1);
        let (place, most) = match &mut self.opened {
            // The picture knows the number of lines, and corrects a place beyond them.
            Some(opened) => (&mut opened.first, usize::MAX / 2),
            None => (&mut self.chosen, last),
        };
        match key {
            Key::Up | Key::Character('k') => *place = place.saturating_sub(1),
            Key::Down | Key::Character('j') => *place = (*place + 1).min(most),
            Key::PageUp => *place = place.saturating_sub(page),
            Key::PageDown | Key::Character(' ') => *place = (*place + page).min(most),
            Key::Home | Key::Character('g') => *place = 0,
            Key::End | Key::Character('G') => *place = most,
            Key::Enter if self.opened.is_none() => return self.subject().map_or(Act::Stay, Act::Open),
            Key::Escape | Key::Character('q') if self.opened.take().is_none() => return Act::Quit,
            _ => {}
        }
        Act::Stay
    }

    fn decide(&mut self, choice: Choice) -> Act {
        if self.opened.as_ref().is_some_and(|opened| opened.over.is_some()) {
            // The picture says how it ended.
            return Act::Stay;
        }
        self.subject().map_or(Act::Stay, |id| Act::Decide(id, choice))
    }
}
