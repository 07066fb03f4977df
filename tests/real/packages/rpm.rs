//! The RPM in a clean system that `rpm` itself manages from outside. The system is Debian's, so a package that is empty stands for
//! the one that brings `useradd` on Fedora, RHEL or openSUSE.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::packages::RECORDS;
use crate::packages::clean_system::CleanSystem;
use crate::packages::package;
use crate::peers::script::Ended;
use crate::peers::script::run;

/// A program of systemd's name, which notes its words.
const SYSTEMCTL: &str = "#!/bin/sh\necho \"$*\" >>/said\n";

struct Managed {
    system: CleanSystem,
    before: BTreeSet<String>,
}

impl Managed {
    /// A clean system with one package: an empty one of this name.
    fn with(name: &str) -> Self {
        let system = CleanSystem::new();
        let folder = system.folder().to_owned();
        let specification = folder.join("empty.spec");
        let text = format!(
            "Name: {name}\nVersion: 1\nRelease: 1\nSummary: Empty\nLicense: none\nBuildArch: noarch\nProvides: /bin/sh\n%description\nEmpty.\n%files\n"
        );
        fs::write(&specification, text).unwrap();
        let mut build = Command::new("rpmbuild");
        build.args(["-bb", "--quiet", "--define"]).arg(format!("_topdir {}", folder.join("build").display()));
        run(build.arg(&specification), b"").ok();
        let empty = folder.join(format!("build/RPMS/noarch/{name}-1-1.noarch.rpm"));
        let mut managed = Self { system, before: BTreeSet::new() };
        managed.rpm(&["--install", &empty.display().to_string()]).ok();
        // Fedora's package `filesystem` has them.
        for folder in ["licenses", "zsh/site-functions", "fish/vendor_completions.d"] {
            fs::create_dir_all(managed.system.path("/usr/share").join(folder)).unwrap();
        }
        managed.before = managed.files();
        managed
    }

    fn rpm(&self, words: &[&str]) -> Ended {
        let mut command = Command::new("rpm");
        command.arg("--root").arg(self.system.path("/")).args(["--dbpath", "/var/lib/rpm"]).args(words);
        run(&mut command, b"")
    }

    fn install(&self) -> Ended {
        self.rpm(&["--install", &package("rpm").display().to_string()])
    }

    fn files(&self) -> BTreeSet<String> {
        let except: Vec<_> = RECORDS.into_iter().chain(["/var/lib/rpm"]).collect();
        self.system.files(&except)
    }

    /// The files that are not as before the installation.
    fn changed(&self) -> Vec<String> {
        self.files().symmetric_difference(&self.before).cloned().collect()
    }

    fn people(&self) -> String {
        let text = |name: &str| fs::read_to_string(self.system.path("/etc").join(name)).unwrap();
        text("passwd") + &text("group")
    }
}

#[test]
fn rpm_installs_it_its_demonstration_runs_and_its_removal_leaves_nothing() {
    let managed = Managed::with("shadow-utils");
    managed.install().ok();
    managed.rpm(&["--verify", "jit"]).ok();
    assert!(managed.people().contains("jit broker"));
    for folder in ["/etc/jit/keys", "/var/lib/jit", "/var/lib/jit-home"] {
        let rights = fs::metadata(managed.system.path(folder)).unwrap().permissions().mode();
        assert_eq!(rights & 0o777, 0o700, "{folder}");
    }
    let said = managed.system.run("nobody", "cd /tmp && HOME=/tmp jit demo").ok();
    assert!(said.contains("assumed-role/orders-admin"), "{said}");
    managed.rpm(&["--erase", "jit"]).ok();
    assert!(managed.changed().is_empty(), "{:?}", managed.changed());
    assert!(!managed.people().contains("jit"), "{}", managed.people());
}

#[test]
fn a_removal_stops_the_service_and_keeps_what_a_broker_wrote() {
    let managed = Managed::with("shadow");
    let systemctl = managed.system.path("/usr/bin/systemctl");
    fs::write(&systemctl, SYSTEMCTL).unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    managed.install().ok();
    let said = managed.system.path("/said");
    assert!(!said.exists(), "an installation starts nothing");
    managed.system.run("jit", "echo log >/var/lib/jit/broker.db").ok();
    let ended = managed.rpm(&["--erase", "jit"]);
    assert!(ended.stderr.contains("kept /var/lib/jit and the user jit"), "{ended:?}");
    ended.ok();
    assert_eq!(fs::read_to_string(said).unwrap(), "--no-reload disable --now jit.service\n");
    assert_eq!(fs::read_to_string(managed.system.path("/var/lib/jit/broker.db")).unwrap(), "log\n");
    assert!(managed.people().contains("jit broker"), "the log's owner stays");
    assert!(!managed.system.path("/usr/bin/jit").exists());
}

#[test]
fn rpm_refuses_it_where_nothing_brings_useradd() {
    let managed = Managed::with("another");
    let said = managed.install().refused();
    assert!(said.contains("(shadow-utils or shadow) is needed by jit"), "{said}");
    assert!(managed.changed().is_empty(), "{:?}", managed.changed());
}
