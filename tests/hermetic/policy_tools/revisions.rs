//! `jit policy diff` over git: revisions, bare and shallow clones, and malicious repositories.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::policy_tools::stage;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::usual_people;

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";

#[expect(clippy::disallowed_methods, reason = "the tests make repositories with git")]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"])
        .args(["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn commit(folder: &Path, role: &str) {
    stage::write(&folder.join("access"), &files(&usual_people(), &[("prod", role)]));
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "x"]);
}

/// A repository with two commits. In the second one security may ask, too.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q"]);
    commit(folder.path(), ROLE);
    commit(folder.path(), &ROLE.replace("[\"group:dev\"]", "[\"group:dev\", \"group:security\"]"));
    folder
}

const GAIN: &str = "2 people gain access.\n  prod: 4 may ask, 2 could\n\ngained\n  dee, eve: prod\n    requesters name group:security now (roles/prod.toml:1)\n";

fn diff(folder: &Path, arguments: &[&str]) -> (u8, String) {
    let ran = stage::jit(folder, &[&["policy", "diff"], arguments].concat());
    (ran.code, format!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn two_revisions_a_revision_and_the_disk_and_two_folders() {
    let folder = repository();
    let root = folder.path();
    assert_eq!(diff(root, &["HEAD^", "HEAD"]), (4, GAIN.to_owned()));
    assert_eq!(diff(root, &["HEAD^"]), (4, GAIN.to_owned()));
    assert_eq!(diff(&root.join("access"), &["HEAD^", "HEAD"]), (4, GAIN.to_owned()));
    assert_eq!(diff(root, &["HEAD^", "HEAD", "--policy", "access"]), (4, GAIN.to_owned()));
    assert_eq!(diff(root, &["HEAD", "HEAD"]), (0, "Nothing changes for anybody.\n".to_owned()));
    // A loss is not a gain.
    let (code, text) = diff(root, &["HEAD", "HEAD^"]);
    assert_eq!((code, text.lines().next().unwrap()), (0, "2 people lose access."));
    let elsewhere = tempfile::tempdir().unwrap();
    stage::write(&elsewhere.path().join("old"), &files(&usual_people(), &[("prod", ROLE)]));
    fs::rename(root.join("access"), elsewhere.path().join("new")).unwrap();
    assert_eq!(diff(elsewhere.path(), &["./old", "./new"]), (4, GAIN.to_owned()));
    let old = elsewhere.path().join("old");
    assert_eq!(diff(elsewhere.path(), &[old.to_str().unwrap(), "./new"]).0, 4);
}

#[test]
fn a_bare_clone_and_a_checkout_of_depth_two() {
    let folder = repository();
    let url = format!("file://{}", folder.path().display());
    let clones = tempfile::tempdir().unwrap();
    git(clones.path(), &["clone", "-q", "--bare", &url, "bare"]);
    assert_eq!(diff(&clones.path().join("bare"), &["HEAD^", "HEAD"]), (4, GAIN.to_owned()));
    assert_eq!(diff(&clones.path().join("bare"), &["HEAD^"]), (4, GAIN.to_owned()));
    git(clones.path(), &["clone", "-q", "--depth", "2", &url, "two"]);
    assert_eq!(diff(&clones.path().join("two"), &["HEAD^", "HEAD"]), (4, GAIN.to_owned()));
    git(clones.path(), &["clone", "-q", "--depth", "1", &url, "one"]);
    let (code, text) = diff(&clones.path().join("one"), &["HEAD^", "HEAD"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r#"
    error: there is no revision HEAD^ here
      hint: a shallow clone may lack it: `git fetch --deepen=1`, or `fetch-depth: 2` for actions/checkout
    "#);
}

#[test]
fn what_is_no_revision_is_refused() {
    let folder = repository();
    for bad in ["--output=/tmp/x", "-p", "", "a\nb"] {
        let ran = stage::jit(folder.path(), &["policy", "diff", "--", bad]);
        assert_eq!(ran.code, 2, "{bad:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("is not a revision"), "{}", ran.stderr);
    }
    for absent in ["nothing", "access", "HEAD:access", "HEAD^{tree}"] {
        let ran = stage::jit(folder.path(), &["policy", "diff", absent, "HEAD"]);
        assert_eq!(ran.code, 1, "{absent}");
        assert!(ran.stderr.contains("there is no revision"), "{}", ran.stderr);
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, text) = diff(elsewhere.path(), &["main", "HEAD"]);
    assert_eq!(code, 1);
    assert!(text.contains("there is no git repository here"), "{text}");
}

#[test]
fn a_folder_does_not_stand_in_for_a_branch_of_its_name() {
    let folder = repository();
    let root = folder.path();
    // The author of the pull request adds a folder that looks like the base.
    let own = files(&usual_people(), &[("prod", &ROLE.replace("group:dev", "group:all"))]);
    stage::write(&root.join("HEAD^"), &own);
    git(root, &["branch", "base", "HEAD^"]);
    stage::write(&root.join("base"), &own);
    assert_eq!(diff(root, &["base", "HEAD"]), (4, GAIN.to_owned()));
    assert_eq!(diff(root, &["HEAD^", "HEAD"]), (4, GAIN.to_owned()));
}

#[test]
fn links_submodules_and_large_files_are_refused() {
    let folder = repository();
    let root = folder.path();
    let refuse = |what: &str| {
        git(root, &["add", "-A"]);
        git(root, &["commit", "-q", "-m", what]);
        let (code, text) = diff(root, &["HEAD~1", "HEAD"]);
        git(root, &["reset", "-q", "--hard", "HEAD~1"]);
        assert_eq!(code, 1, "{what}: {text}");
        text
    };
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", root.join("access/roles/link.toml")).unwrap();
        insta::assert_snapshot!(refuse("link"), @r#"
        error: the later policy does not load
          cause: roles/link.toml:1:1: symbolic links are not followed (put the file itself here: the target of a link can change without a review)
        "#);
        fs::remove_dir_all(root.join("access/roles")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("access/roles")).unwrap();
        insta::assert_snapshot!(refuse("folder"), @r#"
        error: the later policy does not load
          cause: roles:1:1: symbolic links are not followed (put the file itself here: the target of a link can change without a review)
        "#);
    }
    fs::write(root.join("access/roles/large.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    insta::assert_snapshot!(refuse("large"), @r#"
    error: the later policy does not load
      cause: roles/large.toml:1:1: the file is longer than 1048576 bytes
    "#);
    fs::write(root.join("access/roles/a b.toml"), "").unwrap();
    insta::assert_snapshot!(refuse("name"), @r#"
    error: the later policy does not load
      cause: roles/a b.toml:1:1: "a b" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit (rename the file; it names the role, rule or test)
    "#);
    let head = git(root, &["rev-parse", "HEAD"]);
    git(
        root,
        &["update-index", "--add", "--cacheinfo", &format!("160000,{},access/roles/sub.toml", head.trim())],
    );
    git(root, &["commit", "-q", "-m", "submodule"]);
    let (code, text) = diff(root, &["HEAD~1", "HEAD"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r#"
    error: the later policy does not load
      cause: roles/sub.toml:1:1: this is not a regular file
    "#);
}

#[test]
fn nothing_of_the_repository_runs_and_nothing_replaces_what_was_reviewed() {
    let folder = repository();
    let root = folder.path();
    let trap = root.join("trapped");
    let script = root.join(".git/trap.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", trap.display())).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let program = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "filter.x.smudge",
        "diff.x.textconv",
        "core.sshCommand",
        "core.editor",
    ] {
        git(root, &["config", key, program]);
    }
    fs::write(root.join(".gitattributes"), "* filter=x diff=x\n").unwrap();
    // A replace object would show the second commit in place of the first.
    git(root, &["replace", "HEAD^", "HEAD"]);
    assert_eq!(diff(root, &["HEAD^", "HEAD"]), (4, GAIN.to_owned()));
    assert!(!trap.exists());
}

#[test]
fn a_policy_that_does_not_load_says_which() {
    let folder = repository();
    let root = folder.path();
    commit(root, "requesters = [\"group:nobody\"]\napproval = \"1 of group:sre\"");
    let (code, text) = diff(root, &["HEAD^", "HEAD"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r#"
    error: the later policy does not load
      cause: roles/prod.toml:1:15: there is no group nobody (add it to [groups] in people.toml)
    "#);
    commit(root, ROLE);
    git(root, &["rm", "-q", "-r", "access"]);
    git(root, &["commit", "-q", "-m", "gone"]);
    let (code, text) = diff(root, &["HEAD^", "HEAD", "--folder", "access"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text.lines().next().unwrap(), @"error: the revision HEAD holds no policy that could be read");
}

#[test]
fn the_comment_is_markdown_that_nobody_writes_into() {
    let folder = repository();
    let root = folder.path();
    let evil = format!(
        "{ROLE}\ndescription = \"`</code><img src=x> @everyone [a](http://x) | ``` <!-- --> </details>\""
    );
    commit(root, &evil);
    let ran = stage::jit(root, &["policy", "diff", "HEAD^", "HEAD", "--format", "github"]);
    insta::assert_snapshot!(ran.stdout, @r#"
    <!-- jit policy diff -->
    ### Access: 2 people lose access

    - `prod`: 2 may ask, 4 could

    **Lost: could ask, and may not any more**

    - `dee`, `eve`: `prod`
      `requesters no longer name group:security` at `roles/prod.toml:1`

    <details><summary>Other changes</summary>

    - ````prod: the description is "`</code><img src=x> @everyone [a](http://x) | ``` <!-- --> </details>" instead of ""````

    </details>
    "#);
    let ran = stage::jit(root, &["policy", "diff", "HEAD~2", "HEAD~1", "--format", "github"]);
    insta::assert_snapshot!(ran.stdout, @r#"
    <!-- jit policy diff -->
    ### Access: 2 people gain access

    - `prod`: 4 may ask, 2 could

    **Gained: may ask, and could not before**

    - `dee`, `eve`: `prod`
      `requesters name group:security now` at `roles/prod.toml:1`
    "#);
    let ran = stage::jit(root, &["policy", "diff", "HEAD~2", "HEAD~1", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&json["anybody_gained"], &json["counts"]["gained"]), (&true.into(), &2.into()));
    assert_eq!(json["changes"][0]["people"], serde_json::json!(["dee", "eve"]));
}
