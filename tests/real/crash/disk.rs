//! A full disk: the request fails, the database stays intact, and with space again everything works.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use crate::peers::broker::Broker;
use crate::peers::script::run;
use crate::peers::team::Team;

/// Mounts a small disk on the data folder, visible only to the broker and its children, then becomes the broker.
const SMALL_DISK: &str = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";

/// Limits the size of files, without dying of the signal: a substitute for a full disk where nothing can be mounted.
const SMALL_FILES: &str = "trap '' XFSZ; exec \"$@\"";

fn namespaces() -> Vec<&'static str> {
    let own = ["unshare", "--map-root-user", "--mount"];
    let mut command = Command::new(own[0]);
    let works = run(command.args(&own[1..]).args(["sh", "-c", "mount -t tmpfs none /mnt"]), b"").code == 0;
    if works { own.to_vec() } else { Vec::new() }
}

#[test]
fn a_full_disk_loses_nothing() {
    let mut team = Team::new();
    let cloud = team.add_sandbox(None);
    let data = team.folder().join("broker/data");
    std::fs::create_dir_all(&data).unwrap();
    let namespaces = namespaces();
    let data_text = data.to_str().unwrap().to_owned();
    if namespaces.is_empty() {
        team.broker.wrap(&["sh", "-c", SMALL_FILES, "sh"]);
    } else {
        team.broker.wrap(&[&namespaces[..], &["sh", "-c", SMALL_DISK, &data_text]].concat());
    }
    team.open();
    let id = team.grant("orders-admin");
    let process = team.broker.process();
    let disk = PathBuf::from(format!("/proc/{process}/root{data_text}"));
    let filler = disk.join("filler");
    let limit = |bytes: &str| {
        let mut command = Command::new("prlimit");
        run(command.args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]), b"").ok();
    };
    let fill = || {
        if namespaces.is_empty() {
            let size = std::fs::metadata(disk.join("broker.db-wal")).unwrap().size();
            limit(&size.to_string());
        } else {
            let mut file = File::create(&filler).unwrap();
            while file.write_all(&[0; 512]).is_ok() {}
        }
    };
    let free = || {
        if namespaces.is_empty() { limit("unlimited") } else { std::fs::remove_file(&filler).unwrap() }
    };
    fill();
    let refused = team.ana.run(&["request", "orders-reader", "--reason", "INC-42", "--no-wait", "-y"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("cannot record this now, so it did not happen"), "{refused:?}");
    // An approved request is not minted if the mint cannot be recorded.
    let unminted = team.ana.run(&["exec", "orders-admin", "--", "true"]);
    assert_eq!(unminted.code, 125, "{unminted:?}");
    assert!(unminted.stderr.contains("cannot record this now"), "{unminted:?}");
    assert_eq!(team.ana.keyring.lookup(&format!("lease:{id}")), None);
    // Reads still work.
    assert_eq!(team.ana.state(&id), "approved");
    assert!(team.broker.log().contains("full") || namespaces.is_empty(), "{}", team.broker.log());

    free();
    let other = team.ana.ask("orders-reader");
    team.bo.approve(&other);
    for role in ["orders-admin", "orders-reader"] {
        team.ana.run(&["exec", role, "--", "true"]).ok();
    }
    assert!(!cloud.sent("WebIdentityToken").is_empty());
    // SQLite would resolve the path into the broker's own folders, so it reads a copy.
    let copy = team.folder().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for name in ["broker.db", "broker.db-wal"] {
        std::fs::copy(disk.join(name), copy.join(name)).unwrap();
    }
    let database = copy.join("broker.db");
    let changes = Broker::changes_in(&database);
    for (word, times) in [("requested", 2), ("approved", 2), ("activated", 2), ("minted", 2)] {
        assert_eq!(changes.iter().filter(|change| *change == word).count(), times, "{changes:?}");
    }
}
