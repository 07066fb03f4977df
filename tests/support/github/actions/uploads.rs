//! `actions/upload-artifact`, the one action that is known here.

use std::collections::BTreeMap;
use std::path::Path;

use super::run::Run;
use crate::support::github::GitHub;

/// Uploads the files of a step, and returns its outputs.
///
/// # Errors
/// The action is another one or not pinned to a commit, there is no such file, or the name is taken.
pub fn run(
    github: &GitHub,
    run: &Run,
    uses: &str,
    with: &BTreeMap<String, String>,
    workspace: &Path,
) -> Result<BTreeMap<String, String>, String> {
    let (action, _) = uses.split_once('@').ok_or_else(|| format!("{uses} names no version"))?;
    if action != "actions/upload-artifact" {
        return Err(format!("{action} is not known to this GitHub"));
    }
    let name = with.get("name").map_or("artifact", String::as_str);
    let asked = with.get("path").ok_or("Input required and not supplied: path")?;
    let mut files = Vec::new();
    for path in asked.lines().map(str::trim).filter(|path| !path.is_empty()) {
        collect(&workspace.join(path), &mut files)?;
    }
    if files.is_empty() {
        let message =
            format!("No files were found with the provided path: {asked}. No artifacts will be uploaded.");
        return if with.get("if-no-files-found").is_some_and(|word| word == "error") {
            Err(message)
        } else {
            Ok(BTreeMap::new())
        };
    }
    let days = with.get("retention-days").and_then(|days| days.parse().ok()).filter(|days| *days > 0);
    let mut world = github.world();
    let id = world.upload(run, name, &files, days)?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &world.artifacts[&id].bytes);
    let url = format!(
        "{}/{}/actions/runs/{}/artifacts/{id}",
        world.origins.web,
        world.full_name(run.repository),
        run.id
    );
    Ok(BTreeMap::from([
        ("artifact-id".to_owned(), id.to_string()),
        ("artifact-url".to_owned(), url),
        ("artifact-digest".to_owned(), data_encoding::HEXLOWER.encode(digest.as_ref())),
    ]))
}

/// Collects a file by its name, or everything below a folder.
fn collect(path: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), String> {
    if path.is_file() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, std::fs::read(path).map_err(|error| error.to_string())?));
        return Ok(());
    }
    let Ok(entries) = std::fs::read_dir(path) else { return Ok(()) };
    let mut below: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    below.sort();
    below.iter().try_for_each(|path| collect(path, files))
}
