//! Runs one command with access for a caller without a terminal: its output is kept, and the credentials that it ran with
//! are taken out of it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::deliver::endpoint::LeaseSource;
use crate::deliver::endpoint::RenewError;
use crate::flow::Client;
use crate::flow::using::start;
use crate::flow::using::start::Form;
use crate::flow::using::start::NotStarted;
use crate::flow::using::start::Prepared;
use crate::flow::using::start::Wanted;
use crate::flow::using::within;
use crate::grant::Lease;
use crate::secret::Secret;
use crate::secret::filter::Filter;
use crate::state::index;
use crate::system::captured::Kept;
use crate::system::captured::Within;
use crate::system::processes::Command;

/// The command, and how far it may go.
#[derive(Debug, Clone)]
pub struct Order {
    /// The program's path or name.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its working folder.
    pub folder: PathBuf,
    /// The longest run time.
    pub time: Duration,
    /// How many bytes stay of the beginning, and of the end, of each output.
    pub kept: usize,
}

/// A command that has ended.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The exit code; `128 + n` after signal `n`. `None` if its time ran out and it was killed.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// Whether a part of either was left out.
    pub is_cut: bool,
}

/// Runs the command to its end. Dropping the future kills it.
///
/// # Errors
/// The access cannot be handed to it, or the operating system refuses it.
pub async fn run(
    client: &Client<'_>,
    accesses: &[Wanted],
    form: Form,
    order: Order,
) -> Result<Ran, NotStarted> {
    let seen = Arc::new(Seen::default());
    accesses.iter().for_each(|wanted| seen.note(&wanted.access.lease));
    let around = |source| -> Arc<dyn LeaseSource> { Arc::new(Noting { source, seen: Arc::clone(&seen) }) };
    let Prepared { mut environment, served } = start::prepare(client, accesses, form, &around).await?;
    if let Some((serving, _)) = &served {
        seen.note_all(serving.secrets());
    }
    seen.note_stored(client);
    within::withhold(&mut environment);
    let Order { program, arguments, folder, time, kept } = order;
    let command = Command { program, arguments, environment };
    let own = Some(client.system.files.executable.as_path()).filter(|own| own.is_file());
    let within = Within { folder: &folder, keeper: own, time, kept };
    let captured =
        client.system.processes.run_captured(&command, &within).await.map_err(NotStarted::Command)?;
    // Others may have come in the meantime.
    seen.note_stored(client);
    // What served it ends with it. A renewal that was on its way has been noted.
    drop(served);
    let is_cut = captured.stdout.left_out + captured.stderr.left_out > 0;
    let (stdout, stderr) = (seen.clean(&captured.stdout), seen.clean(&captured.stderr));
    Ok(Ran { code: captured.code, stdout, stderr, is_cut })
}

/// The secrets that a command may have had.
#[derive(Default)]
struct Seen(Mutex<Filter>);

impl Seen {
    fn note(&self, lease: &Lease) {
        self.note_all(lease.credentials.secrets());
    }

    fn note_all<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret<String>>) {
        let mut filter = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.into_iter().for_each(|secret| filter.add(secret));
    }

    /// Everything of this person that lies in the keychain and that a command may come across: the credentials of every access, and
    /// the session. The keychain is open by now, so nobody is asked. What cannot be read is left out.
    fn note_stored(&self, client: &Client<'_>) {
        let Ok(vault) = client.vault() else { return };
        for entry in index::read(&client.system.files).entries {
            let lease = match &entry.id {
                Some(id) => vault.lease(id),
                None => vault.direct(&entry.role),
            };
            if let Ok(Some(lease)) = lease {
                self.note(&lease);
            }
        }
        if let Some(url) = client.settings.authority()
            && let Ok(Some(session)) = vault.session(url)
        {
            self.note_all([&session]);
        }
    }

    /// The output as text, without secrets.
    fn clean(&self, kept: &Kept) -> String {
        let filter = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |bytes: &[u8]| String::from_utf8_lossy(&filter.clean(bytes)).into_owned();
        if kept.left_out == 0 {
            // One text, since a secret may lie across the two parts.
            return text(&[kept.head.as_slice(), &kept.tail].concat());
        }
        let (head, tail) = (text(&kept.head), text(&kept.tail));
        format!("{head}\n[jit left out {} bytes here]\n{tail}", kept.left_out)
    }
}

/// A source whose leases are noted.
struct Noting {
    source: Arc<dyn LeaseSource>,
    seen: Arc<Seen>,
}

#[async_trait]
impl LeaseSource for Noting {
    fn until(&self) -> Option<Timestamp> {
        self.source.until()
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        let lease = self.source.renew().await?;
        self.seen.note(&lease);
        Ok(lease)
    }

    fn patience(&self) -> Duration {
        self.source.patience()
    }

    async fn look(&self) {
        self.source.look().await;
    }
}
