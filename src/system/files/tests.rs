use super::*;

#[test]
fn a_lock_excludes_others_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locks/one");
    let held = Lock::try_take(&path).unwrap().unwrap();
    assert!(Lock::try_take(&path).unwrap().is_none());
    assert!(Lock::take_within(&path, Duration::from_millis(25)).unwrap().is_none());
    assert_eq!(Lock::holder(&path), Some(std::process::id()));
    drop(held);
    assert!(Lock::try_take(&path).unwrap().is_some());
}

/// A lock that another user placed as a link, a pipe or a file of their own is refused untouched.
#[cfg(unix)]
#[test]
fn a_lock_follows_no_link_and_opens_no_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious");
    fs::write(&precious, "all of it").unwrap();
    let lock = folder.path().join("lock");
    std::os::unix::fs::symlink(&precious, &lock).unwrap();
    assert!(Lock::try_take(&lock).is_err());
    assert_eq!(fs::read(&precious).unwrap(), b"all of it");
    fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink(folder.path().join("absent"), &lock).unwrap();
    assert!(Lock::try_take(&lock).is_err());
    assert!(!folder.path().join("absent").exists(), "a link to nothing makes nothing");
    fs::remove_file(&lock).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &lock,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(Lock::try_take(&lock).is_err());
    fs::remove_file(&lock).unwrap();
    // Only root can give a file away. Otherwise there is no second user to test with.
    fs::write(&lock, "theirs").unwrap();
    if std::os::unix::fs::chown(&lock, Some(12345), None).is_ok() {
        let refused = Lock::try_take(&lock).unwrap_err();
        assert!(refused.to_string().contains("another user (id 12345)"), "{refused}");
        assert_eq!(fs::read(&lock).unwrap(), b"theirs");
        let theirs = folder.path().join("theirs");
        fs::create_dir(&theirs).unwrap();
        std::os::unix::fs::chown(&theirs, Some(12345), None).unwrap();
        let refused = make_private_folder(&theirs).unwrap_err();
        assert!(refused.to_string().contains("another user"), "{refused}");
    }
}

/// The demonstration keeps keys in one.
#[cfg(unix)]
#[test]
fn a_temporary_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = temporary_folder().unwrap();
    assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[cfg(unix)]
#[test]
fn replacing_leaves_a_private_file_and_nothing_else() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    replace_private(&path, b"one").unwrap();
    replace_private(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
