//! The reasons that somebody gave before, most used first. Kept beside the index: they are no secret, but nobody else's
//! business.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::grant::text;
use crate::system::Files;
use crate::system::files;

/// How many are kept.
const MOST: usize = 50;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    count: u32,
    last: Timestamp,
}

fn load(files: &Files) -> BTreeMap<String, Used> {
    let bytes = files::read(&files.state.join("reasons.json")).ok().flatten().unwrap_or_default();
    let reasons: BTreeMap<String, Used> = serde_json::from_slice(&bytes).unwrap_or_default();
    reasons.into_iter().filter(|(reason, _)| text::check(reason).is_ok()).collect()
}

fn by_use(reasons: BTreeMap<String, Used>) -> Vec<(String, Used)> {
    let mut sorted: Vec<(String, Used)> = reasons.into_iter().collect();
    sorted.sort_by_key(|(_, used)| std::cmp::Reverse((used.count, used.last)));
    sorted
}

/// What was said before, most used first. A damaged file is no reason to stop.
pub fn offered(files: &Files) -> Vec<String> {
    by_use(load(files)).into_iter().map(|(reason, _)| reason).collect()
}

/// Remembers a reason. Failing to is no reason to stop either.
pub fn remember(files: &Files, reason: &str, now: Timestamp) {
    if reason.is_empty() {
        return;
    }
    let mut reasons = load(files);
    let used = reasons.entry(reason.to_owned()).or_insert(Used { count: 0, last: now });
    used.count = used.count.saturating_add(1);
    used.last = now;
    let kept: BTreeMap<String, Used> = by_use(reasons).into_iter().take(MOST).collect();
    let text = serde_json::to_string_pretty(&kept).unwrap_or_default();
    let written = files::make_private_folder(&files.state)
        .and_then(|()| files::replace_private(&files.state.join("reasons.json"), text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, "the reason was not remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_used_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for reason in ["a", "b", "a", "", "c"] {
            remember(&files, reason, now);
        }
        assert_eq!(offered(&files)[0], "a");
        assert_eq!(offered(&files).len(), 3);
        std::fs::write(files.state.join("reasons.json"), "{").unwrap();
        assert!(offered(&files).is_empty());
    }
}
