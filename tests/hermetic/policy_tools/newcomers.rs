//! The problems of a person who writes a first policy: mistyped files, folders and names, and texts by others.

use std::fs;

use jit::policy::Policy;

use crate::policy_tools::stage;
use crate::policy_tools::stage::Ran;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::jit;
use crate::policy_tools::stage::usual_people;
use crate::policy_tools::stage::with;
use crate::policy_tools::stage::write;

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";

/// `jit policy check` on a role with these lines.
fn check(lines: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("access"), &files(&usual_people(), &[("prod", lines)]));
    jit(folder.path(), &["policy", "check"])
}

#[test]
fn a_mistake_is_shown_in_its_line_with_what_to_write() {
    let ran = check(&ROLE.replace("\"1 of group:sre\"", "none"));
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.stdout, @r#"
    error: access/roles/prod.toml:2:12: `none` is not in quotes
      2 | approval = none
        |            ^
      hint: write approval = "none"
    "#);
    let ran = check(&ROLE.replace("approval", "approvals"));
    assert!(
        ran.stdout.contains("`approvals` is not a known key\n  2 | approvals = \"1 of group:sre\"\n    | ^\n  hint: did you mean `approval`?"),
        "{}",
        ran.stdout
    );
    let ran = check(&format!("{ROLE}\n{}", stage::TARGET.replace("eu-west-1", "eu-wets-1")));
    assert!(ran.stdout.contains("\"eu-wets-1\" is not an AWS region"), "{}", ran.stdout);
    assert!(ran.stdout.contains("hint: did you mean eu-west-1?"), "{}", ran.stdout);
    let ran = check(&format!("{ROLE}\n{}\n[when]\nrequest = \"context.weekday == 'monday'\"", stage::TARGET));
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    let ran = check(&format!("{ROLE}\n{}\n[when]\nrequest = 'context.weekday == \"monday\"'", stage::TARGET));
    assert!(ran.stdout.contains("a text cannot be compared with a weekday"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Weekday::\"monday\""), "{}", ran.stdout);
}

/// A secret that was put into a file by mistake appears on no terminal and in no log.
#[test]
fn the_line_of_a_private_key_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "b3BlbnNzaC1rZXktdjEAAAAA";
    for key in [
        format!("[people.zoe]\nkeys = [\"-----BEGIN OPENSSH PRIVATE KEY-----\\n{secret}\"]\n[groups]\n"),
        format!("[people.zoe]\nkeys = [\"-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n"),
        format!("[people.zoe]\nkeys = [\"{secret}\"]\n[groups]\n"),
    ] {
        write(folder.path(), &with(files(&usual_people(), &[("prod", ROLE)]), &[("people.toml", &key)]));
        let ran = jit(folder.path(), &["policy", "check"]);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_file_that_nobody_reads_is_named_and_a_readme_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let more = [
        ("groups.toml", "[groups]\nadmins = [\"ana\"]\n"),
        ("people.yaml", "x"),
        ("prod-admin.toml", "x = 1\n"),
        ("README.md", "# Access\n"),
        ("Cargo.toml", "[package]\n"),
        (".taplo.toml", "x = 1\n"),
    ];
    let whole = with(files(&usual_people(), &[("prod", ROLE)]), &more);
    write(folder.path(), &whole);
    let ran = jit(folder.path(), &["policy", "check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for named in ["groups.toml", "people.yaml", "prod-admin.toml"] {
        let words = format!("warning[unread-file]: {named}:1:1: jit does not read {named}");
        assert!(ran.stdout.contains(&words), "{named}: {}", ran.stdout);
    }
    assert_eq!(ran.stdout.matches("unread-file").count(), 3, "{}", ran.stdout);
    // They are not part of the revision, however the policy is read.
    let plain = stage::policy(files(&usual_people(), &[("prod", ROLE)])).revision;
    assert_eq!(Policy::load(folder.path()).unwrap().revision, plain);
    assert_eq!(stage::policy(whole).revision, plain);
    assert!(Policy::load_unless(folder.path(), &plain).unwrap().is_none());
}

#[test]
fn a_lint_of_a_role_for_each_account_is_said_once_with_the_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = "[accounts.shop-prod]\nid = \"111122223333\"\ntags = [\"env:prod\"]\n\
                    [accounts.data-prod]\nid = \"111122224444\"\ntags = [\"env:prod\"]\n";
    let role = "for_each = \"env:prod\"\nrequesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nlease = \"15m\"\n\
                [aws]\nrole_arn = \"arn:aws:iam::{id}:role/admin\"\nregion = \"eu-west-1\"\n";
    write(folder.path(), &with(files(&usual_people(), &[("admin", role)]), &[("accounts.toml", accounts)]));
    let ran = jit(folder.path(), &["policy", "check"]);
    assert_eq!(ran.stdout.matches("warning[short-lease]").count(), 1, "{}", ran.stdout);
    let line = ran.stdout.lines().find(|line| line.contains("short-lease")).unwrap();
    assert!(line.contains("(in the accounts data-prod, shop-prod)"), "{line}");
    assert_eq!(ran.stdout.matches("warning[weak-signature]").count(), 1, "{}", ran.stdout);
    // A single account is named, too.
    let one = accounts.replacen("env:prod", "env:test", 1);
    write(folder.path(), &with(files(&usual_people(), &[("admin", role)]), &[("accounts.toml", &one)]));
    let ran = jit(folder.path(), &["policy", "check"]);
    assert!(ran.stdout.contains("(in the account data-prod)"), "{}", ran.stdout);
}

#[test]
fn every_command_takes_the_folder_in_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("policy"), &files(&usual_people(), &[("prod", ROLE)]));
    for words in [
        &["policy", "check", "policy"][..],
        &["policy", "check", "--policy", "policy"],
        &["policy", "test", "policy"],
        &["policy", "test", "--policy", "policy"],
        &["policy", "matrix", "policy"],
        &["policy", "matrix", "--policy", "policy"],
        &["policy", "explain", "ana", "prod", "--policy", "policy"],
        &["policy", "explain", "ana", "prod", "--folder", "policy"],
        &["policy", "check", "policy", "--policy", "policy"],
        &["setup", "aws-trust", "prod", "--policy", "policy", "--url", "https://jit.example.com"],
    ] {
        let ran = jit(root, words);
        assert_eq!(ran.code, 0, "{words:?}: {}{}", ran.stdout, ran.stderr);
    }
    let ran = jit(root, &["policy", "check", "policy", "--policy", "other"]);
    assert!(ran.code == 2 && ran.stderr.contains("named twice"), "{}", ran.stderr);
    // A missing folder is named as it was typed.
    for words in [
        &["policy", "check", "missing"][..],
        &["policy", "explain", "ana", "prod", "--policy", "missing"],
        &["policy", "matrix", "missing"],
        &["policy", "test", "missing"],
    ] {
        let ran = jit(root, words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("there is no folder missing"), "{}", ran.stderr);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(root.to_str().unwrap()), "{}", ran.stderr);
    }
    let ran = jit(root, &["policy", "check", "policy/access.toml"]);
    assert!(ran.stderr.contains("policy/access.toml is a file, and a policy is a folder"), "{}", ran.stderr);
    // Two folders are compared by their names if there is no repository.
    write(&root.join("policy.v0"), &files(&usual_people(), &[("prod", ROLE)]));
    let ran = jit(root, &["policy", "diff", "policy.v0", "policy"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "Nothing changes for anybody.\n"), "{}", ran.stderr);
}

#[test]
fn a_question_about_nobody_or_nothing_fails_with_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let roles = [("shop-prod.admin", ROLE), ("data-prod.admin", ROLE)];
    write(folder.path(), &files(&usual_people(), &roles));
    let explain = |words: &[&str]| jit(folder.path(), &[&["policy", "explain"], words].concat());
    let ran = explain(&["ana", "admin"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    insta::assert_snapshot!(ran.stderr, @r"
    error: there is no role admin in this policy
      hint: did you mean data-prod.admin or shop-prod.admin?
    ");
    let ran = explain(&["anna", "shop-prod.admin"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("there is no person anna") && ran.stderr.contains("did you mean ana?"),
        "{}",
        ran.stderr
    );
    let ran = explain(&["ana", "zzz"]);
    assert!(ran.stderr.contains("`jit policy matrix` lists the roles"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("jit roles"), "{}", ran.stderr);
    let ran = explain(&["ana", "shop-prod.admin", "--review", "zz"]);
    assert!(ran.code != 0 && ran.stderr.contains("there is no person zz"), "{}", ran.stderr);
    assert_eq!(explain(&["ana", "shop-prod.admin"]).code, 0);
}

#[test]
fn a_schema_is_had_by_its_short_name() {
    let folder = tempfile::tempdir().unwrap();
    let schema = |name: &str| jit(folder.path(), &["policy", "schema", name]);
    assert_eq!(schema("role").stdout, schema("role.schema.json").stdout);
    assert!(schema("role").stdout.contains("requesters"));
    let ran = schema("roles");
    assert!(ran.code == 2 && ran.stderr.contains("did you mean role?"), "{}", ran.stderr);
}

/// Terminal control characters, inserted into every text of a policy that a line can carry.
const EVIL: &str = "\u{1b}]0;PWN\u{7}\u{1b}[2K\u{9b}1m\u{202e}";

/// Whether a terminal would only display it.
fn is_harmless(text: &str) -> bool {
    text.chars().all(|one| one == '\n' || jit::grant::text::sanitise(&one.to_string()) == one.to_string())
}

#[test]
fn no_text_of_a_policy_reaches_a_terminal_as_more_than_text() {
    let escaped: String = EVIL.chars().map(|one| format!("\\u{:04x}", u32::from(one))).collect();
    let target = |endpoint: &str| format!("{}endpoint_url = \"{endpoint}\"\n", stage::TARGET);
    let fact = |source: &str| format!("version = 1\n[facts.oncall]\n{source}\n");
    // Refused values: the policy does not load with them.
    for endpoint in [
        format!("https://evil.example/{escaped}\\n"),
        "https://evil.example/\\t".to_owned(),
        "https://EVIL.example/".to_owned(),
        "https://evil.example:443/".to_owned(),
        "https://evil.example/a/../b".to_owned(),
        "https://ev\u{ed}l.example/".to_owned(),
        "https:evil.example".to_owned(),
    ] {
        let lines = format!("{ROLE}\n{}", target(&endpoint));
        let ran = check(&lines);
        assert_eq!(ran.code, 1, "{endpoint}");
        let refused = ["is not an https address", "is not written as it is called"];
        assert!(is_harmless(&ran.stdout), "{}", ran.stdout);
        assert!(refused.iter().any(|refused| ran.stdout.contains(refused)), "{}", ran.stdout);
    }
    for endpoint in ["https://sts.example.com", "https://sts.example.com/", "https://sts.example.com/a/b"] {
        assert_eq!(check(&format!("{ROLE}\n{}", target(endpoint))).code, 0, "{endpoint}");
    }
    for source in [
        format!("file = \"/x/{escaped}\""),
        format!("command = [\"/x/{escaped}\"]"),
        format!("command = [\"/bin/x\", \"{escaped}\"]"),
        format!("url = \"https://evil.example/{escaped}\""),
        "url = \"https://evil.example/\\nx\"".to_owned(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &with(files(&usual_people(), &[("prod", ROLE)]), &[("access.toml", &fact(&source))]),
        );
        let ran = jit(folder.path(), &["policy", "check"]);
        assert_eq!(ran.code, 1, "{source}: {}", ran.stdout);
        assert!(is_harmless(&ran.stdout), "{}", ran.stdout);
    }
}

/// A malicious text at any place in a policy, whether or not it loads: every command shows it as text.
#[test]
fn evil_texts_in_every_place_are_shown_and_not_obeyed() {
    let escaped: String = EVIL.chars().map(|one| format!("\\u{:04x}", u32::from(one))).collect();
    let places: [(&str, String); 16] = [
        ("roles/prod.toml", format!("description = \"{escaped}\"\n{ROLE}\n{}", stage::TARGET)),
        ("roles/prod.toml", format!("{ROLE}\naliases = [\"{escaped}\"]\n{}", stage::TARGET)),
        (
            "roles/prod.toml",
            format!("{ROLE}\nreason = {{ pattern = \"^{escaped}\", hint = \"x\" }}\n{}", stage::TARGET),
        ),
        (
            "roles/prod.toml",
            format!("{ROLE}\nreason = {{ pattern = \"^x\", hint = \"{escaped}\" }}\n{}", stage::TARGET),
        ),
        (
            "roles/prod.toml",
            format!("{ROLE}\nallow = [{{ lint = \"{escaped}\", reason = \"x\" }}]\n{}", stage::TARGET),
        ),
        (
            "roles/prod.toml",
            format!(
                "{ROLE}\nallow = [{{ lint = \"weak-signature\", reason = \"{escaped}\" }}]\n{}",
                stage::TARGET
            ),
        ),
        ("roles/prod.toml", format!("{ROLE}\n\"{escaped}\" = 1\n{}", stage::TARGET)),
        (
            "roles/prod.toml",
            format!("{ROLE}\n{}\n[when]\nrequest = 'context.reason == \"{EVIL}\"'\n", stage::TARGET),
        ),
        ("roles/prod.toml", format!("{ROLE}\nx = {EVIL}\n{}", stage::TARGET)),
        (
            "rules/r.cedar",
            format!("@reason(\"{EVIL}\")\nforbid(principal, action, resource) when {{ context.hour > 22 }};"),
        ),
        ("rules/r.cedar", format!("forbid(principal == Person::\"{EVIL}\", action, resource);")),
        ("accounts.toml", format!("[accounts.x]\nid = \"111122223333\"\ntags = [\"{escaped}\"]\n")),
        (
            "tests/t.toml",
            format!("[[case]]\nname = \"{escaped}\"\nwho = \"ana\"\nrole = \"prod\"\nexpect = \"refused\"\n"),
        ),
        (
            "tests/t.toml",
            format!(
                "[[case]]\nname = \"x\"\nwho = \"ana\"\nrole = \"prod\"\nreason = \"{escaped}\"\nexpect = \"refused\"\n"
            ),
        ),
        ("access.toml", format!("version = 1\n[notify]\ncommand = [\"/bin/x\", \"{escaped}\"]\n")),
        (
            "access.toml",
            format!(
                "version = 1\n[identity.oidc]\nissuer = \"https://x.example/{escaped}\"\naudience = \"x\"\n"
            ),
        ),
    ];
    for (path, text) in places {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(&root.join("old"), &files(&usual_people(), &[("prod", ROLE)]));
        write(&root.join("new"), &with(files(&usual_people(), &[("prod", ROLE)]), &[(path, &text)]));
        for words in [
            &["policy", "check", "new"][..],
            &["policy", "check", "new", "--json"],
            &["policy", "check", "new", "--format", "github"],
            &["policy", "check", "new", "--format", "sarif"],
            &["policy", "test", "new"],
            &["policy", "test", "new", "--json"],
            &["policy", "test", "new", "--format", "github"],
            &["policy", "matrix", "new"],
            &["policy", "matrix", "new", "--layout", "list"],
            &["policy", "matrix", "new", "--json"],
            &["policy", "explain", "ana", "prod", "--policy", "new"],
            &["policy", "explain", "ana", "prod", "--policy", "new", "--json"],
            &["policy", "diff", "old", "new"],
            &["policy", "diff", "new", "old"],
            &["policy", "diff", "old", "new", "--json"],
            &["policy", "diff", "old", "new", "--format", "github"],
        ] {
            let ran = jit(root, words);
            assert!(is_harmless(&ran.stdout), "{path} {words:?}: {:?}", ran.stdout);
            assert!(is_harmless(&ran.stderr), "{path} {words:?}: {:?}", ran.stderr);
        }
        drop(fs::remove_dir_all(root));
    }
}

/// Requester and reviewer see where the credentials go.
#[test]
fn an_endpoint_that_the_policy_names_is_shown_with_its_region() {
    let lines = format!("{ROLE}\n{}endpoint_url = \"https://evil.example\"\n", stage::TARGET);
    let policy = stage::usual(&[("prod", &lines)]);
    let shown = policy.roles().next().unwrap().target.describe();
    assert!(shown.contains("region eu-west-1 at https://evil.example"), "{shown}");
    let plain = stage::usual(&[("prod", ROLE)]);
    assert_eq!(plain.roles().next().unwrap().target.describe(), "role thing in account 111122223333 (aws)");
}
