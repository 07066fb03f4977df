//! Reads the whole log on `jit-log`. The workflow's key signs it, and its index proves that it is complete.

use super::GitHubAuthority;
use crate::audit::Subject;
use crate::authority::AuthorityError;
use crate::authority::records::Record;

impl GitHubAuthority {
    /// Every event after this number, in order. Reads the whole log and checks it against the newest event that this
    /// machine has seen, because only that proves that no event is missing.
    ///
    /// # Errors
    /// GitHub does not answer, or an event does not verify.
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
                agent_of: None,
                happened: Vec::new(),
                source: Some(format!("run {}", entry.run)),
                event: serde_json::from_str(&link.body).unwrap_or_default(),
                hash: link.hash().to_string(),
                subjects: entry
                    .steps
                    .iter()
                    .map(|step| Subject::Request { request: entry.request, change: step.change.clone() })
                    .collect(),
                times: entry.steps.iter().map(|step| step.at).collect(),
            })
            .map(Record::described)
            .collect())
    }
}
