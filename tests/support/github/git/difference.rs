//! The difference of two commits, file by file.

use serde_json::Value;
use serde_json::json;

use super::objects::Store;
use crate::support::github::world::World;

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path.
    pub path: String,
    /// Its path before, if it was renamed.
    pub before: Option<String>,
    /// `added`, `removed`, `modified`, `renamed`, `changed` (the mode alone).
    pub status: &'static str,
    /// The blob before.
    pub old: Option<String>,
    /// The blob after.
    pub new: Option<String>,
}

/// Every file that differs, by path. An unchanged file at a new path counts as renamed, as on GitHub.
pub fn changes(store: &Store, base: Option<&str>, head: &str) -> Vec<Change> {
    let old = base.map(|base| store.files(base)).unwrap_or_default();
    let new = store.files(head);
    let mut gone: Vec<(&String, &String)> =
        old.iter().filter(|(path, _)| !new.contains_key(*path)).map(|(path, (_, sha))| (path, sha)).collect();
    let mut found = Vec::new();
    for (path, (mode, sha)) in &new {
        let (status, before, was) = match old.get(path) {
            Some((old_mode, old_sha)) if old_sha == sha && old_mode == mode => continue,
            Some((_, old_sha)) if old_sha == sha => ("changed", None, Some(old_sha.clone())),
            Some((_, old_sha)) => ("modified", None, Some(old_sha.clone())),
            None => match gone.iter().position(|(_, gone)| *gone == sha) {
                Some(place) => {
                    let (before, old_sha) = gone.remove(place);
                    ("renamed", Some(before.clone()), Some(old_sha.clone()))
                }
                None => ("added", None, None),
            },
        };
        found.push(Change { path: path.clone(), before, status, old: was, new: Some(sha.clone()) });
    }
    found.extend(gone.into_iter().map(|(path, sha)| Change {
        path: path.clone(),
        before: None,
        status: "removed",
        old: Some(sha.clone()),
        new: None,
    }));
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn lines(store: &Store, sha: Option<&String>) -> Vec<String> {
    let bytes = sha.and_then(|sha| store.blob(sha)).unwrap_or_default();
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

/// Files in the form of pull requests, commits and comparisons. The patch replaces the part between equal beginnings
/// and ends, which is valid but not always minimal.
pub fn documents(world: &World, id: u64, changes: &[Change], head: &str) -> Vec<Value> {
    let store = world.store(id);
    let web = format!("{}/{}", world.origins.web, world.full_name(id));
    let document = |change: &Change| {
        let (old, new) = (lines(store, change.old.as_ref()), lines(store, change.new.as_ref()));
        let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
        let end =
            old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
        let (removed, added) = (&old[start..old.len() - end], &new[start..new.len() - end]);
        let path = url_path(&change.path);
        let mut row = json!({
            "sha": change.new.as_ref().or(change.old.as_ref()), "filename": change.path, "status": change.status,
            "additions": added.len(), "deletions": removed.len(), "changes": added.len() + removed.len(),
            "blob_url": format!("{web}/blob/{head}/{path}"), "raw_url": format!("{web}/raw/{head}/{path}"),
            "contents_url": world.repository_url(id, &format!("contents/{path}?ref={head}")),
        });
        if !(added.is_empty() && removed.is_empty()) {
            let from = |count: usize| if count == 0 { start } else { start + 1 };
            let mut patch = format!(
                "@@ -{},{} +{},{} @@",
                from(removed.len()),
                removed.len(),
                from(added.len()),
                added.len()
            );
            removed.iter().for_each(|line| patch.push_str(&format!("\n-{line}")));
            added.iter().for_each(|line| patch.push_str(&format!("\n+{line}")));
            row["patch"] = json!(patch);
        }
        if let Some(before) = &change.before {
            row["previous_filename"] = json!(before);
        }
        row
    };
    changes.iter().map(document).collect()
}

/// A path in the form of a URL.
pub fn url_path(path: &str) -> String {
    const SET: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    percent_encoding::utf8_percent_encode(path, &SET).to_string()
}
