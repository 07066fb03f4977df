//! The log after a setup: a new key or the one that is there, a new app or the writer that is known.

use std::collections::BTreeSet;

use crate::flow::Failure;
use crate::flow::github::setup::access_file::Named;
use crate::flow::github::setup::app;
use crate::flow::github::setup::files;
use crate::flow::github::setup::files::ACCESS;
use crate::flow::github::setup::files::File;
use crate::flow::github::setup::init::Prepared;
use crate::flow::github::setup::init::Setup;
use crate::flow::github::setup::log_key;
use crate::flow::github::setup::log_key::NewKey;
use crate::flow::github::setup::settings::LOG_RULESET;
use crate::flow::github::setup::standing::Standing;
use crate::flow::policy::Folder;
use crate::github::LOG_BRANCH;
use crate::github::LOG_ENVIRONMENT;
use crate::github::api::manifest;
use crate::policy::LogWriter;
use crate::secret::Secret;

/// The intent.
pub(super) struct Intent {
    /// The log's keys and writer that `access.toml` will name. Its writer is `None` until a new app has an id.
    pub named: Named,
    new_key: Option<NewKey>,
}

impl Intent {
    /// Decides it from what the policy here, the policy on `main` and the settings say, in this order. Options come first.
    ///
    /// # Errors
    /// No app can be made here, or the secrets of an app are there and nothing says whose.
    pub(super) async fn of(setup: &Setup<'_>, standing: &Standing, folder: &Folder) -> Result<Self, Failure> {
        let plan = setup.plan;
        let here = std::fs::read_to_string(folder.path.join(ACCESS)).unwrap_or_default();
        let (here, there) = (Named::of(&here), standing.named(&setup.github, &folder.file(ACCESS)).await?);
        let writer = plan.writer.or(here.writer).or(there.writer).or_else(|| standing.writer());
        if writer.is_none() {
            if let Some(known) = app::SECRETS.iter().find(|name| standing.secrets.contains(**name)) {
                return Err(Failure::usage(format!(
                    "the environment {LOG_ENVIRONMENT} has {known}, and nothing says which app that is"
                ))
                .hint("the app's page says its id: run this with --log-writer app:ID"));
            }
            app::check(setup.system, plan.no_browser)?;
        }
        // Only keys of a log that exists signed anything.
        let known = if standing.has_log && !here.keys.is_empty() { here.keys } else { there.keys };
        let named = Named { keys: known, writer };
        if standing.has_log && !plan.new_log_key {
            return Ok(Self { named, new_key: None });
        }
        let key = NewKey::make(setup)?;
        Ok(Self { named: named.with_key(&key.public()), new_key: Some(key) })
    }

    /// The writer of the log, or one in its place for what is shown before a new app has an id.
    pub(super) fn expected_writer(&self) -> Option<LogWriter> {
        self.named.writer.or(Some(LogWriter::App(0)))
    }

    /// The files as they would be on `main`.
    ///
    /// # Errors
    /// As for [`files::wanted`].
    pub(super) async fn files(
        &self,
        setup: &Setup<'_>,
        standing: &Standing,
        folder: &Folder,
    ) -> Result<Vec<File>, Failure> {
        let named = Named { writer: self.expected_writer(), ..self.named.clone() };
        files::wanted(setup.system, setup.plan, &setup.github, standing.main.as_ref(), folder, &named).await
    }

    /// The changes of files, log and writer, in lines.
    pub(super) fn describe(
        &self,
        setup: &Setup<'_>,
        standing: &Standing,
        files: &[File],
        prepared: &mut Prepared,
    ) {
        let changed: Vec<&File> = files.iter().filter(|file| !file.is_same()).collect();
        let planned = &mut prepared.planned;
        planned.extend(changed.iter().map(|file| file.describe()));
        if standing.is_closed && !changed.is_empty() {
            planned.push("main is closed already, so these files go into a pull request".to_owned());
        }
        if self.new_key.is_some() {
            let place = match &setup.plan.key_file {
                Some(path) => format!("the file {}", path.display()),
                None => format!("the secret {} of the environment {LOG_ENVIRONMENT}", log_key::SECRET),
            };
            planned.push(format!("new     key of the log, in {place}"));
        }
        if !standing.has_log {
            planned.push(format!("new     branch {LOG_BRANCH}, the log"));
        }
        if self.unnamed_app(standing).is_some() {
            planned.push(format!("new     secret {} of the environment {LOG_ENVIRONMENT}", app::SECRETS[0]));
        }
        if self.named.writer.is_none() {
            let name = manifest::name_for(&setup.plan.slug.name);
            planned
                .push(format!("new     GitHub App {name}, made in your browser, which alone writes the log"));
        }
    }

    /// The id of an app whose key is a secret, and whose id is not yet: a setup that was interrupted.
    fn unnamed_app(&self, standing: &Standing) -> Option<u64> {
        let Some(LogWriter::App(id)) = self.named.writer else { return None };
        let [has_id, has_key] = app::SECRETS.map(|name| standing.secrets.contains(name));
        (has_key && !has_id).then_some(id)
    }

    /// Puts a new key away and begins the log, if there is none. `access.toml` here has the public half first.
    ///
    /// # Errors
    /// GitHub refuses, or a file cannot be written.
    pub(super) async fn begin_log(
        &self,
        setup: &Setup<'_>,
        standing: &Standing,
        folder: &Folder,
        prepared: &mut Prepared,
    ) -> Result<(), Failure> {
        let Some(key) = &self.new_key else { return Ok(()) };
        files::note(folder, &self.named, &mut prepared.written)?;
        key.put_away(setup, prepared).await?;
        if !standing.has_log {
            key.begin_log(setup).await?;
        }
        Ok(())
    }

    /// Has the app made and installed, if nobody writes the log yet.
    ///
    /// # Errors
    /// The person did not make or install it, or GitHub refuses.
    pub(super) async fn find_writer(
        &mut self,
        setup: &Setup<'_>,
        standing: &Standing,
        folder: &Folder,
        prepared: &mut Prepared,
    ) -> Result<(), Failure> {
        if let Some(writer) = self.named.writer {
            let mut secrets = standing.secrets.clone();
            if let Some(id) = self.unnamed_app(standing) {
                let name = app::SECRETS[0];
                setup.put_secret(name, &Secret::new(id.to_string())).await?;
                setup.tell(&format!("secret {name} of the environment {LOG_ENVIRONMENT}"));
                secrets.insert(name.to_owned());
            }
            by_hand(setup, standing, &secrets, writer, prepared);
            return Ok(());
        }
        // An app whose key cannot be put away would be of no use.
        let sealing = setup.github.sealing_key(LOG_ENVIRONMENT).await?;
        let new = app::make(setup).await?;
        self.named.writer = Some(LogWriter::App(new.id));
        // A second run finds the app here.
        files::note(folder, &self.named, &mut prepared.written)?;
        app::put_away(setup, &new, &sealing).await?;
        if !app::install(setup, &new).await? {
            prepared.left.push(format!(
                "the app {} is installed on every repository of {}: let it have {} alone",
                new.slug, setup.plan.slug.owner, setup.plan.slug
            ));
        }
        setup.tell(&format!("GitHub App {}, which writes the log", new.slug));
        Ok(())
    }
}

/// The steps left to people if a writer was named and not made here.
fn by_hand(
    setup: &Setup<'_>,
    standing: &Standing,
    secrets: &BTreeSet<String>,
    writer: LogWriter,
    prepared: &mut Prepared,
) {
    let lacks = |names: &[&str]| names.iter().any(|name| !secrets.contains(*name));
    let set = |name: &str, value: &str| {
        format!("gh secret set {name} --repo {} --env {LOG_ENVIRONMENT} {value}", setup.plan.slug)
    };
    match writer {
        LogWriter::App(id) => {
            if standing.ruleset(LOG_RULESET).is_none() {
                prepared
                    .left
                    .push(format!("the app {id} must be installed on {}, and there alone", setup.plan.slug));
            }
            if lacks(&app::SECRETS) && !secrets.contains("JIT_LOG_TOKEN") {
                prepared.left.push(set(app::SECRETS[0], &format!("--body {id}")));
                prepared.left.push(set(app::SECRETS[1], "< the-apps-key.pem"));
            }
        }
        LogWriter::Team(_) if lacks(&["JIT_LOG_TOKEN"]) => {
            prepared.left.push(set("JIT_LOG_TOKEN", "< a-token-of-an-account-that-does-nothing-else"));
        }
        LogWriter::Team(_) => {}
    }
}
