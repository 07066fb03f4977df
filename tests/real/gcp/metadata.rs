//! `--metadata`: Google's libraries in the form in which they ask a metadata server, and a process of another user.

use std::path::PathBuf;
use std::process::Command;

use super::World;
use super::peer;
use super::run;
use super::script;
use super::text;

#[test]
fn both_libraries_take_it_for_the_metadata_server() {
    let libraries: [(&str, PathBuf, Vec<PathBuf>); 2] = [
        ("google-auth", peer("venv/bin/python"), vec![script("metadata.py")]),
        ("gcp-metadata", peer("venv/bin/node"), vec![script("metadata.mjs"), peer("node")]),
    ];
    for (name, program, arguments) in libraries {
        let world = World::new();
        let lines = run(&mut world.driver_as("metadata", [9, 3600, 9]), &program, &arguments, "10");
        let said =
            lines.iter().filter(|line| !line.starts_with("every program of yours")).collect::<Vec<_>>();
        assert_eq!(
            said[..5],
            ["True", "prod-123456", "db-admin@prod-123456.iam.gserviceaccount.com", "ya29.001", "ya29.002"],
            "{name}: {lines:?}"
        );
        assert_eq!(world.left_behind(), 0, "{name}");
    }
}

/// Only root can become somebody else, so elsewhere this asks as the same user alone.
#[test]
fn another_user_gets_nothing() {
    let world = World::new();
    let ask = "curl -s -m 5 -H 'Metadata-Flavor: Google' \
               http://$GCE_METADATA_HOST/computeMetadata/v1/instance/service-accounts/default/token";
    let is_root = text(&Command::new("id").arg("-u").output().unwrap()).trim() == "0";
    let other = format!("setpriv --reuid=65534 --regid=65534 --clear-groups {ask}");
    let both = if is_root { format!("{other}; echo ' then'; {ask}") } else { format!("echo ' then'; {ask}") };
    let output = world.driver_as("metadata", [60, 3600, 9]).args(["sh", "-c", &both]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (before, after) = said.split_once(" then\n").unwrap();
    assert_eq!(before, "", "another user's connection is closed without an answer");
    assert!(after.contains("ya29.001"), "{said}");
}
