//! Going on although the database is older than the head that the key folder remembers: an operator says so, by the exact event
//! at which the database ends.
//!
//! What was lost may have been a denial, an end or a revocation. So nothing that was open survives: every request is revoked in
//! the transaction that records the gap, every session ends, and for a day no condition approves anything.

use std::path::Path;

use jiff::Timestamp;

use super::LedgerError;
use crate::audit::Event;
use crate::audit::Head;
use crate::audit::HeadFile;
use crate::audit::Index;
use crate::audit::Link;
use crate::audit::LogKey;
use crate::audit::Subject;
use crate::broker::store::Row;
use crate::broker::store::Store;
use crate::grant::Change;
use crate::grant::Digest;

/// The log as far as it could be read, and where it should have gone on to.
pub(super) struct Gap<'a> {
    /// What the database has.
    pub(super) index: &'a mut Index,
    /// The newest event that was answered for; `None` where the key folder does not know.
    pub(super) lost: Option<Head>,
    /// The clock's time.
    pub(super) now: Timestamp,
}

impl Gap<'_> {
    /// Records the gap and what it ends, all or nothing, and puts the head where the log ends then.
    pub(super) async fn accept(
        self,
        store: &dyn Store,
        key: &LogKey,
        head: &Path,
    ) -> Result<HeadFile, LedgerError> {
        let Self { index, lost, now } = self;
        let ends = index.head();
        let at = index.newest().map_or(now, |newest| newest.max(now));
        let policy = index.revision().unwrap_or_else(|| Digest::of(b""));
        let mut subjects = vec![Subject::GapAccepted {
            lost: lost.map(|lost| lost.sequence),
            hash: lost.map(|lost| Digest::from(lost.hash)),
        }];
        let mut open: Vec<_> = index.all_open().collect();
        // Extensions after the requests that they extend, and otherwise as they came.
        open.sort_by_key(|open| (open.taken, open.digest));
        let reason = format!("the broker's log lost what happened after event {}; ask again", ends.sequence);
        subjects.extend(open.into_iter().map(|open| Subject::Request {
            request: open.digest,
            change: Change::Revoked { by: None, reason: reason.clone(), signed: None },
        }));
        let mut rows = Vec::new();
        let mut tip = ends;
        for subject in subjects {
            let request = subject.request().copied();
            let event = Event { sequence: tip.sequence + 1, at, policy, source: None, subject };
            let link = Link::forge(key, &tip, &event).map_err(|_| LedgerError::Closed)?;
            tip = link.head();
            index.take(&link, &event)?;
            rows.push(Row { link, request });
        }
        store.append(&rows, &[]).await?;
        Ok(HeadFile::replace(head, &tip)?)
    }
}
