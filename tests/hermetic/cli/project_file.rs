//! `.jit.toml` is text by other people, in folders that others may write.

use crate::cli::stage::Stage;

/// Such a file in a repository costs no memory and no time, and the request continues without it.
#[cfg(unix)]
#[tokio::test]
async fn a_project_file_that_is_a_device_a_pipe_or_a_link_is_left_aside() {
    let stage = Stage::ready().await;
    let path = stage.ana.world.system.files.working.join(".jit.toml");
    let words = ["request", "prod-admin", "--reason", "INC-1 x"];
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    let shot = stage.ana.run_words(&words, &["n"]).await;
    assert!(shot.stderr.contains(".jit.toml: it is a symbolic link"), "{shot}");
    assert!(shot.stderr.contains("role prod-admin in account"), "{shot}");
    std::fs::remove_file(&path).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let shot = stage.ana.run_words(&words, &["n"]).await;
    assert!(shot.stderr.contains(".jit.toml: it is not a regular file"), "{shot}");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "# more than a settings file\n".repeat(1000)).unwrap();
    let shot = stage.ana.run_words(&words, &["n"]).await;
    assert!(shot.stderr.contains(".jit.toml: it is larger than 16384 bytes"), "{shot}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_project_file_of_another_user_is_left_aside() {
    let stage = Stage::ready().await;
    let path = stage.ana.world.system.files.working.join(".jit.toml");
    std::fs::write(&path, "role = \"stage-admin\"\n").unwrap();
    // Only root can give a file away. Otherwise there is no second user to test with.
    if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
        return;
    }
    let shot = stage.ana.run("request", &["^C"]).await;
    assert!(shot.stderr.contains(".jit.toml: it belongs to another user"), "{shot}");
    assert!(shot.stderr.contains("? Which role?"), "nothing was pre-filled: {shot}");
}
