//! Tests: our own files are used and removed, and files that others placed are never touched.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::chown;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::system::Environment;
use crate::system::private_folder::PrivateFolder;

/// Another user. Only root can act as one.
const OTHER: u32 = 12_345;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A folder as a killed process leaves it: with such a name and with the lock in it.
fn leave(parent: &Path, name: &str) -> PathBuf {
    let folder = parent.join(name);
    fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o700);
    fs::write(folder.join(LOCK), "1").unwrap();
    fs::write(folder.join("token"), "secret").unwrap();
    folder
}

fn environment(pairs: &[(&str, &Path)]) -> Environment {
    let mut environment = Environment::default();
    for (name, path) in pairs {
        environment.set(*name, path.as_os_str());
    }
    environment
}

#[test]
fn it_is_private_and_goes_away() {
    let parent = tempfile::tempdir().unwrap();
    let folder = PrivateFolder::make_in(parent.path()).unwrap();
    assert_eq!(mode_of(folder.path()), 0o700);
    assert_eq!(mode_of(&folder.write("token", b"secret").unwrap()), 0o600);
    drop(folder);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn what_a_killed_process_left_is_swept_and_what_is_in_use_stays() {
    let parent = tempfile::tempdir().unwrap();
    let left = leave(parent.path(), "jit-exec-left");
    let foreign = leave(parent.path(), "foreign");
    symlink(&foreign, parent.path().join("jit-exec-link")).unwrap();
    let one = PrivateFolder::make_in(parent.path()).unwrap();
    let other = PrivateFolder::make_in(parent.path()).unwrap();
    assert!(!left.exists());
    assert!(foreign.join(LOCK).exists() && one.path().exists() && other.path().exists());
}

/// The attack: a folder looks abandoned, and its lock is a link to the victim's file.
#[test]
fn a_sweep_follows_no_link_and_makes_and_truncates_nothing() {
    let parent = tempfile::tempdir().unwrap();
    set_mode(parent.path(), 0o1777);
    let precious = parent.path().join("precious");
    fs::write(&precious, "all nine thousand bytes").unwrap();
    let absent = parent.path().join("absent");
    // Folders that are not private, so another user could have filled them.
    let mut laid = Vec::new();
    for (number, (target, mode)) in
        [(&precious, 0o755), (&precious, 0o700), (&absent, 0o755), (&absent, 0o700), (&precious, 0o1777)]
            .into_iter()
            .enumerate()
    {
        let folder = parent.path().join(format!("jit-exec-{number}"));
        fs::create_dir(&folder).unwrap();
        symlink(target, folder.join(LOCK)).unwrap();
        set_mode(&folder, mode);
        laid.push(folder);
    }
    let readable = leave(parent.path(), "jit-exec-readable");
    set_mode(&readable, 0o755);
    let linked = leave(parent.path(), "elsewhere");
    symlink(&linked, parent.path().join("jit-exec-linked")).unwrap();
    fs::write(parent.path().join("jit-exec-file"), "x").unwrap();
    let made = PrivateFolder::make_in(parent.path()).unwrap();
    assert_eq!(fs::read(&precious).unwrap(), b"all nine thousand bytes");
    assert!(!absent.exists());
    assert!(laid.iter().all(|folder| folder.join(LOCK).is_symlink()), "not one is touched");
    assert!(readable.join("token").exists() && linked.join("token").exists());
    drop(made);
}

#[test]
fn a_folder_of_another_user_is_not_swept() {
    let parent = tempfile::tempdir().unwrap();
    set_mode(parent.path(), 0o1777);
    let theirs = leave(parent.path(), "jit-exec-theirs");
    let precious = parent.path().join("precious");
    fs::write(&precious, "all of it").unwrap();
    fs::remove_file(theirs.join(LOCK)).unwrap();
    symlink(&precious, theirs.join(LOCK)).unwrap();
    let whole = leave(parent.path(), "jit-exec-whole");
    // Only root can give a folder away. For others only the folder's mode differs.
    for folder in [&theirs, &whole] {
        if chown(folder, Some(OTHER), None).is_err() {
            set_mode(folder, 0o750);
        }
    }
    let made = PrivateFolder::make_in(parent.path()).unwrap();
    assert_eq!(fs::read(&precious).unwrap(), b"all of it");
    assert!(theirs.join("token").exists() && whole.join("token").exists());
    drop(made);
}

#[test]
fn a_lock_of_another_kind_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = leave(parent.path(), "jit-exec-folder");
    fs::remove_file(folder.join(LOCK)).unwrap();
    fs::create_dir(folder.join(LOCK)).unwrap();
    let pipe = leave(parent.path(), "jit-exec-pipe");
    fs::remove_file(pipe.join(LOCK)).unwrap();
    let kind = FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, pipe.join(LOCK), kind, Mode::RUSR | Mode::WUSR, 0).unwrap();
    drop(PrivateFolder::make_in(parent.path()).unwrap());
    assert!(folder.join("token").exists() && pipe.join("token").exists());
}

/// A runtime folder that is not only the user's is not used, and nothing in it is read.
#[test]
fn a_runtime_folder_counts_only_if_it_is_ours_alone() {
    let (runtime, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let both = environment(&[("XDG_RUNTIME_DIR", runtime.path()), ("TMPDIR", temporary.path())]);
    let place = |environment: &Environment| {
        let made = PrivateFolder::make(environment).unwrap();
        made.path().parent().unwrap().to_owned()
    };
    let real = |folder: &TempDir| folder.path().canonicalize().unwrap();
    set_mode(runtime.path(), 0o700);
    assert_eq!(place(&both), real(&runtime));
    for mode in [0o755, 0o770, 0o707, 0o1777] {
        set_mode(runtime.path(), mode);
        let left = leave(runtime.path(), &format!("jit-exec-{mode}"));
        assert_eq!(place(&both), real(&temporary), "{mode:o}");
        assert!(left.exists());
    }
    set_mode(runtime.path(), 0o700);
    if chown(runtime.path(), Some(OTHER), None).is_ok() {
        assert_eq!(place(&both), real(&temporary), "of another user, to whom even root must not write");
    }
    let relative = environment(&[("XDG_RUNTIME_DIR", Path::new("run")), ("TMPDIR", temporary.path())]);
    assert_eq!(place(&relative), real(&temporary));
}

/// In a folder without the sticky bit others could replace our folder with their own.
#[test]
fn a_temporary_folder_where_others_may_rename_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    for mode in [0o777, 0o770, 0o707] {
        set_mode(parent.path(), mode);
        let refused = PrivateFolder::make_in(parent.path()).unwrap_err().to_string();
        assert!(refused.contains("TMPDIR"), "{refused}");
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    for mode in [0o1777, 0o755, 0o700] {
        set_mode(parent.path(), mode);
        drop(PrivateFolder::make_in(parent.path()).unwrap());
    }
    if chown(parent.path(), Some(OTHER), None).is_ok() {
        set_mode(parent.path(), 0o1777);
        let refused = PrivateFolder::make_in(parent.path()).unwrap_err().to_string();
        assert!(refused.contains("belongs to another user"), "{refused}");
    }
}

/// If another user renames the folder away, it is emptied, and the folder put in its place stays.
#[test]
fn it_is_removed_by_its_handle() {
    let parent = tempfile::tempdir().unwrap();
    let folder = PrivateFolder::make_in(parent.path()).unwrap();
    folder.write("token", b"secret").unwrap();
    let away = parent.path().join("away");
    fs::rename(folder.path(), &away).unwrap();
    let mine = parent.path().join("mine");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("precious"), "x").unwrap();
    symlink(&mine, folder.path()).unwrap();
    drop(folder);
    assert!(!away.join("token").exists(), "the secret is gone wherever it lies");
    assert!(mine.join("precious").exists());
}
