//! `actions/checkout`: the files of the run's commit, for a job whose token may read them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::run::Run;
use crate::support::github::GitHub;
use crate::support::github::access::Level;
use crate::support::github::access::TokenKind;

/// Writes the files of the run's commit into the workspace.
///
/// # Errors
/// The job's token may not read the repository.
pub fn run(
    github: &GitHub,
    run: &Run,
    token: &str,
    workspace: &Path,
) -> Result<BTreeMap<String, String>, String> {
    let world = github.world();
    let may = world.tokens.get(token).is_some_and(|token| match &token.kind {
        TokenKind::Job(_, _, permissions) => {
            permissions.get("contents").is_some_and(|level| *level >= Level::Read)
        }
        _ => false,
    });
    if !may {
        return Err("Error: fatal: repository not found".to_owned());
    }
    for (path, (mode, _)) in world.store(run.repository).files(&run.sha) {
        let Some(text) = world.file(run.repository, &run.sha, &path) else { continue };
        let file = workspace.join(&path);
        std::fs::create_dir_all(file.parent().unwrap_or(workspace)).map_err(|error| error.to_string())?;
        std::fs::write(&file, text).map_err(|error| error.to_string())?;
        if mode == "100755" {
            let may_run = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&file, may_run).map_err(|error| error.to_string())?;
        }
    }
    Ok(BTreeMap::new())
}
