//! One file, encrypted with a passphrase (age, scrypt). For people: commands that never ask, like `jit credentials`,
//! cannot use it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use age::DecryptError;
use age::scrypt;
use age::secrecy::SecretString;
use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::grant::Digest;
use crate::secret::Secret;
use crate::system::Console;
use crate::system::Keychain;
use crate::system::System;
use crate::system::console::ConsoleError;
use crate::system::files;
use crate::system::keychain::KeychainError;

/// The binary logarithm of scrypt's N: about half a second and 128 MiB.
const WORK_FACTOR: u8 = 17;
/// The most work that a file may demand, so that a forged one cannot exhaust the machine.
const MAX_WORK_FACTOR: u8 = 18;
/// The largest file that is read, in bytes.
const MAX_FILE: usize = 4 * 1024 * 1024;
/// The fewest characters of a new passphrase. A file with a shorter one still opens.
const MIN_PASSPHRASE: usize = 12;
/// How often a passphrase is asked for.
const ATTEMPTS: usize = 3;
/// Writing takes a second. A process that holds the lock for longer hangs.
const LOCK_LIMIT: Duration = Duration::from_secs(10);

type Items = BTreeMap<String, Secret<Vec<u8>>>;

/// The encrypted file. Nothing is read before the first call, and there is no prompt while there is no file.
pub(super) struct FileKeychain {
    path: PathBuf,
    lock: PathBuf,
    console: Arc<dyn Console>,
    work_factor: u8,
    state: Mutex<OpenFile>,
}

/// This process's knowledge: the passphrase, once it has opened or created the file, and the items of an opened file.
#[derive(Default)]
struct OpenFile {
    passphrase: Option<Secret<String>>,
    opened: Option<(Digest, Items)>,
}

impl FileKeychain {
    /// The keychain in the file under the state folder.
    pub(super) fn new(system: &System) -> Self {
        Self {
            path: system.files.state.join("keychain.age"),
            lock: system.files.state.join("locks").join("keychain-file.lock"),
            console: Arc::clone(&system.console),
            work_factor: WORK_FACTOR,
            state: Mutex::default(),
        }
    }

    /// Reloads the items if the file changed, and asks for the passphrase if needed. Without a file there are no items.
    fn refresh(&self, state: &mut OpenFile) -> Result<(), KeychainError> {
        let Some(sealed) = files::read(&self.path).map_err(|error| explain(&error))? else {
            state.opened = None;
            return Ok(());
        };
        let digest = Digest::of(&sealed);
        if state.opened.as_ref().is_some_and(|(known, _)| *known == digest) {
            return Ok(());
        }
        let items = match &state.passphrase {
            Some(passphrase) => unseal(&sealed, passphrase)?.ok_or_else(|| {
                KeychainError::Failed("another process has changed its passphrase".to_owned())
            })?,
            None => {
                let (passphrase, items) = self.ask(&sealed)?;
                state.passphrase = Some(passphrase);
                items
            }
        };
        state.opened = Some((digest, items));
        Ok(())
    }

    fn ask(&self, sealed: &[u8]) -> Result<(Secret<String>, Items), KeychainError> {
        for _ in 0..ATTEMPTS {
            let passphrase = self
                .console
                .ask_secret("Passphrase of jit's keychain file")
                .map_err(|error| unasked(&error))?;
            if let Some(items) = unseal(sealed, &passphrase)? {
                return Ok((passphrase, items));
            }
            self.console.say("That passphrase does not open the keychain file.");
        }
        Err(KeychainError::Failed("the passphrase is wrong, or the file was changed".to_owned()))
    }

    fn choose(&self) -> Result<Secret<String>, KeychainError> {
        for _ in 0..ATTEMPTS {
            let ask = |question| self.console.ask_secret(question).map_err(|error| unasked(&error));
            let first = ask("Choose a passphrase for jit's keychain file")?;
            if first.expose().chars().count() < MIN_PASSPHRASE {
                self.console.say(&format!(
                    "That is too short: an attacker with the file can try a billion passphrases. Use at least {MIN_PASSPHRASE} \
                     characters; five random words are easy to remember."
                ));
            } else if ask("The same passphrase again")? == first {
                return Ok(first);
            } else {
                self.console.say("The two are not the same.");
            }
        }
        Err(KeychainError::Failed("no passphrase was chosen".to_owned()))
    }

    /// Changes the items of the file. There is no prompt while the lock is held.
    fn change(&self, edit: impl FnOnce(&mut Items)) -> Result<(), KeychainError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut state)?;
        if state.passphrase.is_none() {
            state.passphrase = Some(self.choose()?);
        }
        let lock = files::Lock::take_within(&self.lock, LOCK_LIMIT).map_err(|error| explain(&error))?;
        let Some(_lock) = lock else { return Err(KeychainError::TimeOut(LOCK_LIMIT.as_secs())) };
        // Another process may have written since. The passphrase is known by now, so there is no prompt.
        self.refresh(&mut state)?;
        let OpenFile { passphrase: Some(passphrase), opened } = &mut *state else {
            return Err(KeychainError::Locked);
        };
        let mut items = opened.as_ref().map(|(_, items)| items.clone()).unwrap_or_default();
        edit(&mut items);
        let sealed = seal(&items, passphrase, self.work_factor)?;
        files::replace_private(&self.path, &sealed).map_err(|error| explain(&error))?;
        *opened = Some((Digest::of(&sealed), items));
        Ok(())
    }
}

impl Keychain for FileKeychain {
    fn name(&self) -> &'static str {
        "file"
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut state)?;
        Ok(state.opened.as_ref().and_then(|(_, items)| items.get(item).cloned()))
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        self.change(|items| {
            items.insert(item.to_owned(), value.clone());
        })
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        if self.get(item)?.is_none() {
            return Ok(());
        }
        self.change(|items| {
            items.remove(item);
        })
    }
}

fn seal(items: &Items, passphrase: &Secret<String>, work_factor: u8) -> Result<Vec<u8>, KeychainError> {
    let failed = |_| KeychainError::Failed("its content cannot be encrypted".to_owned());
    let texts: Vec<(&str, Zeroizing<String>)> = items
        .iter()
        .map(|(name, value)| (name.as_str(), Zeroizing::new(BASE64.encode(value.expose()))))
        .collect();
    let map: BTreeMap<&str, &str> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let plain = serde_json::to_vec(&map).map(Zeroizing::new);
    let plain = plain.map_err(|_| KeychainError::Failed("its content cannot be written".to_owned()))?;
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.expose().clone()));
    recipient.set_work_factor(work_factor);
    age::encrypt(&recipient, &plain).map_err(failed)
}

/// The items of a sealed file. `None` if the passphrase does not open it.
fn unseal(sealed: &[u8], passphrase: &Secret<String>) -> Result<Option<Items>, KeychainError> {
    let damaged = |cause: &str| KeychainError::Damaged(format!("keychain.age: {cause}"));
    if sealed.len() > MAX_FILE {
        return Err(damaged("it is too large"));
    }
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase.expose().clone()));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let plain = match age::decrypt(&identity, sealed) {
        Ok(plain) => Zeroizing::new(plain),
        Err(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed) => return Ok(None),
        Err(DecryptError::ExcessiveWork { .. }) => return Err(damaged("it asks for too much work")),
        Err(_) => return Err(damaged("it was changed or cut short")),
    };
    let texts: BTreeMap<String, String> =
        serde_json::from_slice(&plain).map_err(|_| damaged("its content is not what jit wrote"))?;
    let mut items = Items::new();
    for (name, text) in texts {
        let text = Zeroizing::new(text);
        let value =
            BASE64.decode(text.as_bytes()).map_err(|_| damaged("its content is not what jit wrote"))?;
        items.insert(name, Secret::new(value));
    }
    Ok(Some(items))
}

fn unasked(error: &ConsoleError) -> KeychainError {
    match error {
        ConsoleError::NotInteractive => KeychainError::Locked,
        other => KeychainError::Failed(other.to_string()),
    }
}

fn explain(error: &io::Error) -> KeychainError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => KeychainError::Full(error.to_string()),
        _ => KeychainError::Failed(format!("keychain.age: {error}")),
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
