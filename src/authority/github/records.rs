//! Reading the whole log on `jit-log`, signed by the workflow's key and complete by its index.

use super::GitHubAuthority;
use crate::audit::words::describe;
use crate::authority::AuthorityError;
use crate::authority::records::Record;

impl GitHubAuthority {
    /// Every event after this number, in order. The whole log is read for it, and held against the newest event that this
    /// machine has seen: only so is it clear that nothing is missing.
    ///
    /// # Errors
    /// GitHub does not answer, or an event does not hold.
    pub(super) async fn read_log(&self, after: u64) -> Result<Vec<Record>, AuthorityError> {
        let mut reader = self.reader();
        let (ground, _) = self.ground(&mut reader).await?;
        let log = self.open_log(&ground).await?;
        let entries = log.entries().await?;
        Ok(entries
            .into_iter()
            .filter(|(_, entry)| entry.sequence > after)
            .map(|(link, entry)| Record {
                sequence: entry.sequence,
                at: entry.at,
                request: Some(entry.request.request_id()),
                happened: entry.steps.iter().map(|step| describe(&step.change)).collect(),
                source: Some(format!("run {}", entry.run)),
                event: serde_json::from_str(&link.body).unwrap_or_default(),
                hash: link.hash().to_string(),
            })
            .collect())
    }
}
