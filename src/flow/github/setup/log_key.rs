//! The log's key and its first commit.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;

use crate::flow::Failure;
use crate::flow::github::setup::init::Prepared;
use crate::flow::github::setup::init::Setup;
use crate::forge::log::JournalKey;
use crate::github::LOG_BRANCH;
use crate::github::LOG_ENVIRONMENT;
use crate::github::authority;
use crate::github::log_store::genesis;
use crate::grant::span::whole_seconds;
use crate::secret::Secret;
use crate::system::files as disk;

/// The secret that signs events and the index.
pub(super) const SECRET: &str = "JIT_LOG_KEY";

/// A new key of the log. Its private half exists in memory alone until it is put away.
pub(super) struct NewKey {
    seed: Secret<String>,
    key: JournalKey,
}

impl NewKey {
    /// Makes one.
    ///
    /// # Errors
    /// The file for its private half is there already.
    pub(super) fn make(setup: &Setup<'_>) -> Result<Self, Failure> {
        if let Some(path) = &setup.plan.key_file {
            is_free(&setup.system.files.working.join(path))?;
        }
        let seed = Secret::new(BASE64URL_NOPAD.encode(&setup.system.entropy.seed()));
        let key = JournalKey::read(&seed).ok_or_else(|| Failure::failed("the log's key cannot be made"))?;
        Ok(Self { seed, key })
    }

    /// The public half, as a policy names it.
    pub(super) fn public(&self) -> String {
        self.key.public_text()
    }

    /// Puts the private half into the secret of the log's environment, or into a file that only its owner can read. It never
    /// appears in an argument or on the screen.
    ///
    /// # Errors
    /// GitHub refuses, or the file is there already or cannot be written.
    pub(super) async fn put_away(&self, setup: &Setup<'_>, prepared: &mut Prepared) -> Result<(), Failure> {
        let Some(path) = &setup.plan.key_file else {
            setup.put_secret(SECRET, &self.seed).await?;
            setup.tell(&format!("secret {SECRET} of the environment {LOG_ENVIRONMENT}"));
            return Ok(());
        };
        write(&setup.system.files.working.join(path), &self.seed)?;
        prepared.left.push(format!(
            "hand over the private half, then delete the file: gh secret set {SECRET} --repo {} --env {LOG_ENVIRONMENT} < {}",
            setup.plan.slug,
            path.display()
        ));
        Ok(())
    }

    /// Makes the branch of the log with a signed, empty index.
    ///
    /// # Errors
    /// GitHub refuses.
    pub(super) async fn begin_log(&self, setup: &Setup<'_>) -> Result<(), Failure> {
        let now = whole_seconds(setup.system.clock.now());
        let first = genesis(&self.key, authority(setup.repository.id), now).unwrap_or_default();
        let tree = setup.github.create_tree(None, &first).await?;
        let commit = setup.github.create_commit("The log begins", &tree, &[]).await?;
        setup.github.create_branch(LOG_BRANCH, &commit).await?;
        setup.tell(&format!("branch {LOG_BRANCH}"));
        Ok(())
    }
}

fn is_free(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::usage(format!("{} is there already", path.display()))
            .hint("name another file, or leave `--key-file` out: then GitHub gets the key as a secret"));
    }
    Ok(())
}

fn write(path: &Path, seed: &Secret<String>) -> Result<(), Failure> {
    is_free(path)?;
    disk::replace_private(path, seed.expose().as_bytes()).map_err(|error| {
        Failure::failed(format!("{} cannot be written", path.display())).cause(error.to_string())
    })
}
