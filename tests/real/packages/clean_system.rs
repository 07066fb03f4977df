//! A Debian system of nothing but its base, in a folder: `tests/run` makes it once, each test unpacks its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::peers::peers;
use crate::peers::script::Ended;
use crate::peers::script::run;

/// The script that runs one command in the system: its own mounts and processes, which end with it.
const INSIDE: &str = r#"root=$1 user=$2 script=$3
mount --types proc proc "$root/proc"
mount --types tmpfs tmpfs "$root/dev/shm" 2>/dev/null || true
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LC_ALL=C.UTF-8 \
    setpriv --reuid="$user" --regid="$(chroot "$root" id -g "$user")" --init-groups /bin/sh -c "$script"
"#;

/// A system of one test. It is removed with its folder.
pub struct CleanSystem {
    folder: TempDir,
}

impl CleanSystem {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("jit-clean-").tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        let mut unpack = Command::new("tar");
        unpack.args(["--extract", "--numeric-owner", "--same-permissions", "--file"]);
        run(unpack.arg(peers().join("debian/clean.tar")).arg("--directory").arg(&root), b"").ok();
        // The folder of a test is its owner's only; every user of the system goes through it.
        run(Command::new("chmod").arg("755").arg(folder.path()).arg(&root), b"").ok();
        Self { folder }
    }

    /// The folder beside the system, for logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path of the system, as seen from outside.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join("root").join(inside.trim_start_matches('/'))
    }

    /// Copies a file into the system.
    pub fn bring(&self, file: &Path, inside: &str) {
        fs::copy(file, self.path(inside)).unwrap();
    }

    /// The command that runs a shell's script as a user of the system.
    pub fn command(&self, user: &str, script: &str) -> Command {
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--pid",
            "--ipc",
            "--fork",
            "--kill-child=KILL",
            "sh",
            "-ec",
            INSIDE,
            "inside",
        ]);
        command.arg(self.folder.path().join("root")).args([user, script]);
        command
    }

    /// Runs a script as a user of the system.
    pub fn run(&self, user: &str, script: &str) -> Ended {
        run(&mut self.command(user, script), b"")
    }

    /// Every file, folder and link outside these folders.
    pub fn files(&self, except: &[&str]) -> BTreeSet<String> {
        let root = self.folder.path().join("root");
        let listed = run(Command::new("find").arg(&root).args(["-xdev", "-printf", "/%P\n"]), b"").ok();
        let is_kept = |path: &&str| !except.iter().any(|folder| path.starts_with(folder));
        listed.lines().filter(is_kept).map(str::to_owned).collect()
    }
}
