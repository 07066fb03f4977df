//! Folders: what is read, what is refused, and what the revision covers.

use std::fs;
use std::path::Path;

use jit::grant::Digest;
use jit::policy::Policy;
use proptest::prelude::*;

use crate::policy::world;

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";

fn write(folder: &Path) {
    for (path, content) in world::with_role(ROLE) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[test]
fn a_folder_loads_as_its_files_compile() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let expected = Policy::compile(world::with_role(ROLE)).unwrap();
    for other in ["README.md", "CODEOWNERS", ".git/HEAD", "roles/.prod-admin.toml.swp", "docs/x.toml"] {
        let path = folder.path().join(other);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let policy = Policy::load(folder.path()).unwrap();
    assert_eq!(policy.revision, expected.revision);
    assert_eq!(policy.files, expected.files);
    assert_eq!(
        policy.files.keys().collect::<Vec<_>>(),
        ["access.toml", "people.toml", "roles/prod-admin.toml"]
    );
}

#[test]
fn rules_that_nobody_would_read_are_not_passed_over() {
    let forbid = "forbid(principal, action, resource);";
    for path in ["rule/all.cedar", "Rules/all.cedar", "all.cedar", "role/other.toml", "test/cases.toml"] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, forbid).unwrap();
        let problems = Policy::load(folder.path()).unwrap_err().to_string();
        let named = path.split('/').next().unwrap();
        assert!(problems.starts_with(&format!("{named}:1:1: ")), "{problems}");
    }
}

#[test]
fn a_revision_is_what_sha256sum_says() {
    let policy = Policy::compile(world::files(&[
        ("access.toml", "version = 1\n"),
        ("people.toml", ""),
        ("roles/a-b.toml", &world::role("requesters = []\napproval = \"none\"")),
        ("roles/a.toml", &world::role("requesters = []\napproval = \"none\"")),
        ("tests/a.toml", ""),
    ]))
    .unwrap();
    let lines: Vec<String> =
        policy.files.iter().map(|(path, content)| format!("{}  {path}\n", Digest::of(content))).collect();
    assert_eq!(policy.revision, Digest::of(lines.concat().as_bytes()));
    // Printed by `sha256sum access.toml people.toml roles/*.toml tests/*.toml | sha256sum` over these files.
    assert_eq!(
        policy.revision.to_string(),
        "ef4fa6919e51814f13f221e780e4dcc7c5e7fd3fe307bbfc504156753c8c934f"
    );
}

#[test]
fn carriage_returns_and_byte_order_marks_are_understood() {
    let mut files = world::with_role(ROLE);
    for content in files.values_mut() {
        let text = String::from_utf8(content.clone()).unwrap();
        *content = format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes();
    }
    let policy = Policy::compile(files.clone()).unwrap();
    assert_ne!(policy.revision, Policy::compile(world::with_role(ROLE)).unwrap().revision);
    files.insert("access.toml".to_owned(), "\u{feff}version = 1\r\nx = 2\r\n".as_bytes().to_vec());
    assert!(world::problems(files).to_string().starts_with("access.toml:2:1: `x` is not a known key"));
}

#[cfg(unix)]
#[test]
fn links_and_devices_are_refused() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    write(outside.path());
    let said = |make: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        make(folder.path());
        Policy::load(folder.path()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(said(&|folder| {
        fs::remove_file(folder.join("people.toml")).unwrap();
        symlink(outside.path().join("people.toml"), folder.join("people.toml")).unwrap();
    }), @r#"
    people.toml:1:1: symbolic links are not followed
      hint: put the file itself here: the target of a link can change without a review
    "#);
    insta::assert_snapshot!(said(&|folder| {
        fs::remove_dir_all(folder.join("roles")).unwrap();
        symlink(outside.path().join("roles"), folder.join("roles")).unwrap();
        symlink("/etc", folder.join("rules")).unwrap();
    }), @r#"
    roles:1:1: symbolic links are not followed
      hint: put the file itself here: the target of a link can change without a review
    rules:1:1: symbolic links are not followed
      hint: put the file itself here: the target of a link can change without a review
    "#);
    insta::assert_snapshot!(said(&|folder| {
        symlink(folder.join("roles/prod-admin.toml"), folder.join("roles/twin.toml")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(folder.join("roles/socket.toml")).unwrap();
        drop(socket);
        fs::create_dir(folder.join("tests")).unwrap();
        fs::create_dir(folder.join("tests/deep.toml")).unwrap();
    }), @r#"
    roles/socket.toml:1:1: this is not a regular file
    roles/twin.toml:1:1: symbolic links are not followed
      hint: put the file itself here: the target of a link can change without a review
    tests/deep.toml:1:1: this is not a regular file
    "#);
}

#[test]
fn too_long_and_too_many_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let padded = |length: usize| {
        let mut content = world::role(ROLE).into_bytes();
        content.resize(length, b'\n');
        content
    };
    let path = folder.path().join("roles/prod-admin.toml");
    fs::write(&path, padded(1 << 20)).unwrap();
    Policy::load(folder.path()).unwrap();
    fs::write(&path, padded((1 << 20) + 1)).unwrap();
    insta::assert_snapshot!(Policy::load(folder.path()).unwrap_err(), @"roles/prod-admin.toml:1:1: the file is longer than 1048576 bytes");
    let mut files = world::with_role(ROLE);
    files.insert("roles/prod-admin.toml".to_owned(), padded((1 << 20) + 1));
    insta::assert_snapshot!(world::problems(files), @"roles/prod-admin.toml:1:1: the file is longer than 1048576 bytes");
    let mut files = world::with_role(ROLE);
    files.extend((0..9_998).map(|number| (format!("tests/{number}.toml"), Vec::new())));
    insta::assert_snapshot!(world::problems(files), @"access.toml:1:1: the policy has more than 10000 files");
    let missing = Policy::load(&folder.path().join("nowhere")).unwrap_err().to_string();
    assert!(missing.contains("the folder cannot be read"), "{missing}");
}

/// Nesting that a recursive parser might follow. Each must be refused or parsed without a stack overflow.
#[test]
fn deep_nesting_overflows_nothing() {
    let dotted = vec!["a"; 79].join(".");
    let mut within = String::new();
    for _ in 0..79 {
        within.push_str(&format!("{dotted} = {{ "));
    }
    let many_dots = vec!["a"; 100_000].join(".");
    for text in [
        format!("x = {}", "[".repeat(100_000)),
        format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("x = {}{}", "{a = ".repeat(100_000), "}".repeat(100_000)),
        format!("{many_dots} = 1"),
        format!("[{many_dots}]\nx = 1"),
        format!("[[{many_dots}]]\nx = 1"),
        format!("[{dotted}]\n{within} a = 1 {}", "}".repeat(79)),
        format!("[{dotted}]\n{within} a = 1"),
        format!("{}approval = \"none\"", "[[x]]\n".repeat(100_000)),
    ] {
        for path in ["access.toml", "people.toml", "roles/prod-admin.toml"] {
            let mut files = world::with_role(ROLE);
            files.insert(path.to_owned(), text.clone().into_bytes());
            assert!(Policy::compile(files).is_err());
        }
    }
}

proptest! {
    /// Every byte and every name affects the revision, and no bytes crash the parser.
    #[test]
    fn the_revision_moves_with_every_byte_and_name(
        text in "[ -~\n]{0,40}",
        place in 0_usize..40,
        other in any::<u8>(),
        stem in "[a-z0-9][a-z0-9._-]{0,8}",
    ) {
        let with = |path: String, content: Vec<u8>| {
            let mut files = world::with_role(ROLE);
            files.insert(path, content);
            Policy::compile(files).unwrap().revision
        };
        let path = format!("tests/{stem}.toml");
        let first = with(path.clone(), text.clone().into_bytes());
        let mut changed = text.clone().into_bytes();
        if let Some(byte) = changed.get_mut(place) {
            *byte = other;
        } else {
            changed.push(other);
        }
        prop_assert_eq!(changed == text.as_bytes(), with(path, changed) == first);
        prop_assert_ne!(with(format!("tests/{stem}0.toml"), text.into_bytes()), first);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200), toml in "([a-z.]{1,4} ?= ?[\\[\\]{}\"',a-z0-9 =]{0,12}\n|\\[[a-z.]{1,5}\\]\n){0,8}") {
        for content in [bytes, toml.into_bytes()] {
            for path in ["access.toml", "people.toml", "roles/prod-admin.toml"] {
                let mut files = world::with_role(ROLE);
                files.insert(path.to_owned(), content.clone());
                if let Err(problems) = Policy::compile(files) {
                    prop_assert!(!problems.0.is_empty());
                }
            }
        }
    }
}
