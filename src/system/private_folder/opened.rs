//! Access by handle: the folder that was checked is the one that is used, even if others place or rename files
//! meanwhile.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::AtFlags;
use rustix::fs::Dir;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::Stat;
use rustix::process::geteuid;

use super::LOCK;
use super::PREFIX;
use crate::system::files::Lock;

/// The user that the kernel shows for one that it cannot name here. Within a container it may be root outside of it.
const NOBODY: u32 = 65_534;
/// The name of the lock's file until it is locked, so that no sweep takes it for an abandoned one.
const UNLOCKED: &str = ".lock";
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDWR.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// The parent of private folders.
pub struct Parent {
    path: PathBuf,
    handle: OwnedFd,
}

/// A private folder, with its lock.
#[derive(Debug)]
pub struct Held {
    parent: OwnedFd,
    name: String,
    handle: OwnedFd,
    _lock: Lock,
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

fn mode(about: &Stat) -> Mode {
    Mode::from_raw_mode(about.st_mode)
}

/// Refuses a folder that is not this user's alone.
fn check_ours(about: &Stat) -> io::Result<()> {
    if about.st_uid != geteuid().as_raw() {
        return Err(refused("it belongs to another user"));
    }
    if mode(about).intersects(Mode::RWXG | Mode::RWXO) {
        return Err(refused("others may look into it"));
    }
    Ok(())
}

impl Parent {
    fn open(path: &Path) -> io::Result<(Self, Stat)> {
        // Links in the path are the user's or the system's. After this no link is followed.
        let path = path.canonicalize()?;
        let handle = rustix::fs::open(&path, FOLDER, Mode::empty())?;
        let about = rustix::fs::fstat(&handle)?;
        Ok((Self { path, handle }, about))
    }

    /// A folder that is only this user's, as the specification of `XDG_RUNTIME_DIR` demands.
    pub fn private(path: &Path) -> io::Result<Self> {
        let (parent, about) = Self::open(path)?;
        check_ours(&about)?;
        Ok(parent)
    }

    /// A folder where others may write but cannot rename our files. It belongs to this user or to the system, and
    /// either others may not write there or its sticky bit is set.
    pub fn shared(path: &Path) -> io::Result<Self> {
        let (parent, about) = Self::open(path)?;
        let owner = about.st_uid;
        if owner != geteuid().as_raw() && owner != 0 && owner != NOBODY {
            return Err(refused(&format!("{} belongs to another user: set TMPDIR", path.display())));
        }
        let open = mode(&about).intersects(Mode::WGRP | Mode::WOTH);
        if open && !mode(&about).contains(Mode::SVTX) {
            return Err(refused(&format!(
                "others may rename files in {}: set TMPDIR, or `chmod +t` it",
                path.display()
            )));
        }
        Ok(parent)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a folder in it without following a link, if it is only this user's.
    fn enter(&self, name: &str) -> io::Result<OwnedFd> {
        let handle = rustix::fs::openat(&self.handle, name, FOLDER, Mode::empty())?;
        check_ours(&rustix::fs::fstat(&handle)?)?;
        Ok(handle)
    }

    /// Makes a private folder and takes its lock.
    pub fn make(&self, name: &str) -> io::Result<Held> {
        // Fails if anything of that name exists, even a link that another user placed.
        rustix::fs::mkdirat(&self.handle, name, Mode::RWXU)?;
        let handle = self.enter(name)?;
        let flags = FILE | OFlags::CREATE | OFlags::EXCL;
        let file = rustix::fs::openat(&handle, UNLOCKED, flags, Mode::RUSR | Mode::WUSR)?;
        let lock = Lock::hold(File::from(file))?
            .ok_or_else(|| io::Error::other("somebody locked the new private folder"))?;
        rustix::fs::renameat(&handle, UNLOCKED, &handle, LOCK)?;
        Ok(Held { parent: self.handle.try_clone()?, name: name.to_owned(), handle, _lock: lock })
    }

    /// Removes this user's folders whose maker was killed before it could remove them. It makes and changes nothing
    /// else, whatever is there.
    pub fn sweep(&self) {
        let Ok(entries) = Dir::read_from(&self.handle) else { return };
        for entry in entries.flatten() {
            if let Ok(name) = entry.file_name().to_str()
                && name.starts_with(PREFIX)
            {
                let _ = self.sweep_one(name);
            }
        }
    }

    fn sweep_one(&self, name: &str) -> io::Result<()> {
        let handle = self.enter(name)?;
        // A folder without a lock file is just being made.
        let lock = File::from(rustix::fs::openat(&handle, LOCK, FILE, Mode::empty())?);
        let about = rustix::fs::fstat(&lock)?;
        let is_file = FileType::from_raw_mode(about.st_mode) == FileType::RegularFile;
        if is_file && about.st_uid == geteuid().as_raw() && lock.try_lock().is_ok() {
            remove(&self.handle, name, &handle);
        }
        Ok(())
    }
}

impl Held {
    /// Removes the folder with its content.
    pub fn remove(&self) {
        remove(&self.parent, &self.name, &self.handle);
    }
}

/// Empties a folder by its handle, then removes it by its name, which succeeds only if it is empty.
fn remove(parent: &OwnedFd, name: &str, folder: &OwnedFd) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    for entry in entries.flatten() {
        let _ = rustix::fs::unlinkat(folder, entry.file_name(), AtFlags::empty());
    }
    let _ = rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR);
}

#[cfg(test)]
#[path = "opened_tests.rs"]
mod tests;
