//! The places of configuration and state, and atomic writes to them.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use super::Environment;
use super::user_folders;

/// The folders that `jit` reads and writes.
#[derive(Debug, Clone)]
pub struct Files {
    /// The user's configuration folder, with `config.toml`.
    pub config: PathBuf,
    /// The user's state folder (mode 0700), with `grants.json` and locks.
    pub state: PathBuf,
    /// The state folder of the person whose agent this is. `None` for a person.
    pub owner_state: Option<PathBuf>,
    /// The fleet's configuration file.
    pub system_config: PathBuf,
    /// The user's home, for `~/.ssh`.
    pub home: PathBuf,
    /// The folder in which the command was started.
    pub working: PathBuf,
    /// The path of this program, for hooks and profiles that call it.
    pub executable: PathBuf,
}

impl Files {
    /// The folders of the user that runs this process. `JIT_CONFIG_DIR` and `JIT_STATE_DIR` move them.
    pub fn of_user(environment: &Environment) -> Self {
        let home = user_folders::home(environment);
        let project = directories::ProjectDirs::from("", "", "jit");
        let config = environment.get("JIT_CONFIG_DIR").map(PathBuf::from);
        let state = environment.get("JIT_STATE_DIR").map(PathBuf::from);
        Self {
            config: config.unwrap_or_else(|| {
                project
                    .as_ref()
                    .map_or_else(|| home.join(".config/jit"), |folders| folders.config_dir().into())
            }),
            state: state.unwrap_or_else(|| {
                project.as_ref().map_or_else(
                    || home.join(".local/state/jit"),
                    |folders| folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).into(),
                )
            }),
            owner_state: None,
            system_config: user_folders::fleet_settings(environment),
            working: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            executable: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("jit")),
            home,
        }
    }

    /// Folders under one root, for tests and the demonstration.
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config"),
            state: root.join("state"),
            owner_state: None,
            system_config: root.join("etc/config.toml"),
            home: root.join("home"),
            working: root.to_path_buf(),
            executable: root.join("jit"),
        }
    }
}

/// Makes a folder that only this user can read. It is removed with its content when the value is dropped.
pub fn temporary_folder() -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    // By default the crate uses the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix("jit-").tempdir()
}

/// Reads a file. `None` if it does not exist.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A small file's content and its last write.
#[derive(Debug, Clone)]
pub struct SmallFile {
    /// The content.
    pub content: Vec<u8>,
    /// The time of the last write, by the file system.
    pub written: jiff::Timestamp,
}

/// Reads a regular file of at most `most` bytes. Anything else (a pipe, a device, a folder) is refused without being
/// read.
pub fn read_small(path: &Path, most: usize) -> io::Result<SmallFile> {
    let unfit = |cause: &str| io::Error::new(io::ErrorKind::InvalidData, cause);
    // Opening a pipe would wait for its writer, so the kind is checked before and after.
    if !fs::metadata(path)?.is_file() {
        return Err(unfit("it is not a regular file"));
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(unfit("it is not a regular file"));
    }
    let written =
        jiff::Timestamp::try_from(about.modified()?).map_err(|_| unfit("its time cannot be read"))?;
    let mut content = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX);
    file.take(bound.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() > most {
        return Err(unfit(&format!("it is larger than {most} bytes")));
    }
    Ok(SmallFile { content, written })
}

/// As [`read`], for a regular file. Anything else is refused, because a pipe would be waited for.
pub fn read_regular(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read_small(path, usize::MAX) {
        Ok(file) => Ok(Some(file.content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the missing folders, for their owner only. Existing ones stay as they are.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Makes a folder and its parents. Only its owner can read the folder itself. A folder of another user is refused,
/// because that user could place links in it.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    make_folder(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Uses its handle, so that the checked folder is the one that is changed.
        let folder = File::open(path)?;
        let about = folder.metadata()?;
        check_owner(&about)?;
        if about.permissions().mode() & 0o077 != 0 {
            folder.set_permissions(fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Makes a folder that everybody may enter, and its missing parents. An existing folder stays as it is. A link is refused,
/// because it leads to a folder that somebody else chose.
pub fn make_open_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => return Ok(()),
        Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.recursive(true).create(path)?;
    #[cfg(unix)]
    // The umask may have taken rights away.
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

/// Makes a file that only its owner may read and write, or removes others' rights from an existing one. Does not follow
/// a link, and refuses a file of another user.
pub fn make_private_file(path: &Path) -> io::Result<()> {
    close_to_others(&open_own(path, true)?)
}

/// Removes others' rights from a file, if it exists.
pub fn keep_private(path: &Path) -> io::Result<()> {
    match open_own(path, false) {
        Ok(file) => close_to_others(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn close_to_others(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Opens an existing file for reading and writing. If there is none and `make` is set, makes it. Does not follow a
/// link, and refuses a file of another user or kind.
fn open_own(path: &Path, make: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(make).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe would wait for its other end.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(i32::try_from(flags.bits()).map_err(io::Error::other)?);
    }
    let file = options.open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file"));
    }
    #[cfg(unix)]
    check_owner(&about)?;
    Ok(file)
}

/// Refuses a file of another user.
#[cfg(unix)]
fn check_owner(about: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if about.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let refused = format!("it belongs to another user (id {})", about.uid());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, refused))
}

/// Replaces a file atomically: writes a new one beside it with mode 0600, syncs, renames, syncs the folder. A crash
/// leaves the old or the new content, never a part.
pub fn replace_private(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, false)
}

/// Replaces a file in the same way with one that everybody may read (mode 0644).
pub fn replace_open(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, true)
}

fn replace(path: &Path, content: &[u8], is_open: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Made anew and for its owner only; it is gone again where anything fails.
    let mut beside = tempfile::Builder::new().prefix(&format!(".{name}.")).tempfile_in(folder)?;
    beside.write_all(content)?;
    #[cfg(unix)]
    if is_open {
        beside.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = is_open;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// Makes a rename in the folder durable, if the platform can.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// An exclusive lock on a file, held until dropped. The kernel releases it when its holder dies.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock if it is free. A file then names this process, so that others can show the holder.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        if let Some(folder) = path.parent() {
            make_private_folder(folder)?;
        }
        let lock = Self::hold(open_own(path, true)?)?;
        if cfg!(windows) && lock.is_some() {
            // It only serves a message.
            let _ = fs::write(holder_file(path), std::process::id().to_string());
        }
        Ok(lock)
    }

    /// Takes the lock on an open file that is known to be this user's own, if it is free.
    pub(super) fn hold(mut file: File) -> io::Result<Option<Self>> {
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                write!(file, "{}", std::process::id())?;
                Ok(Some(Self(file)))
            }
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the lock. Blocks this thread while it is held, at most for `limit`.
    pub fn take_within(path: &Path, limit: Duration) -> io::Result<Option<Self>> {
        let until = Instant::now() + limit;
        loop {
            match Self::try_take(path)? {
                Some(lock) => return Ok(Some(lock)),
                None if Instant::now() >= until => return Ok(None),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// The process id that last took this lock.
    pub fn holder(path: &Path) -> Option<u32> {
        fs::read_to_string(holder_file(path)).ok()?.trim().parse().ok()
    }
}

/// The file that names a lock's holder. On Windows nobody else can read a locked file (`LockFileEx`), so it is one beside it.
fn holder_file(path: &Path) -> PathBuf {
    if cfg!(windows) { path.with_extension("holder") } else { path.to_path_buf() }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests;
