//! The Homebrew formula and the Scoop manifest, from a list of checksums.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::tool;

fn write(folder: &Path, repository: &str) -> Ended {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".packaging/manifests");
    run(Command::new(tool("python")).arg(script).arg(folder).args(["0.1.0", repository]), b"")
}

#[test]
fn both_manifests_name_each_archive_with_its_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let (linux, windows) = ("ab".repeat(32), "cd".repeat(32));
    let list = format!(
        "{linux}  jit-0.1.0-x86_64-linux.tar.gz\n{windows}  jit-0.1.0-x86_64-windows.zip\n{windows}  jit_0.1.0-1_amd64.deb\n"
    );
    fs::write(folder.path().join("SHA256SUMS"), list).unwrap();
    write(folder.path(), "acme/jit").ok();
    let formula = fs::read_to_string(folder.path().join("jit.rb")).unwrap();
    let archive = "https://github.com/acme/jit/releases/download/v0.1.0/jit-0.1.0-x86_64-linux.tar.gz";
    assert!(formula.contains(&format!("url \"{archive}\"\n      sha256 \"{linux}\"")), "{formula}");
    assert!(!formula.contains("on_macos"), "a system without an archive is left out: {formula}");
    let scoop: Value = serde_json::from_slice(&fs::read(folder.path().join("jit.json")).unwrap()).unwrap();
    assert_eq!(scoop["architecture"]["64bit"]["hash"], windows);
    let ruby = run(Command::new("ruby").arg("-c").arg(folder.path().join("jit.rb")), b"");
    assert!(ruby.stdout.contains("Syntax OK"), "{ruby:?}");
}

#[test]
fn a_list_that_is_none_or_a_repository_with_code_in_it_gives_no_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let sums = folder.path().join("SHA256SUMS");
    for (list, repository) in
        [("not a list\n", "acme/jit"), ("", "acme/jit\"; system(\"id\""), ("", "acme"), ("", "acme/jit/x")]
    {
        fs::write(&sums, list).unwrap();
        write(folder.path(), repository).refused();
        assert!(!folder.path().join("jit.rb").exists(), "{list} {repository}");
    }
}
