//! The messages for policies that do not load: every problem, at its own line and column.

use std::collections::BTreeMap;

use jit::policy::MailDoor;
use jit::policy::SecretSource;
use ssh_key::Mpint;
use ssh_key::PublicKey;
use ssh_key::public::DsaPublicKey;
use ssh_key::public::EcdsaPublicKey;
use ssh_key::public::Ed25519PublicKey;
use ssh_key::public::KeyData;
use ssh_key::public::RsaPublicKey;
use ssh_key::public::SkEcdsaSha2NistP256;
use ssh_key::public::SkEd25519;

use crate::policy::world;
use crate::policy::world::files;
use crate::policy::world::problems;

fn of_role(lines: &str) -> String {
    problems(world::with_role(lines)).to_string()
}

fn of_people(text: &str) -> String {
    problems(files(&[("access.toml", world::ACCESS), ("people.toml", text)])).to_string()
}

fn of_access(text: &str) -> String {
    problems(files(&[("access.toml", text), ("people.toml", &world::people())])).to_string()
}

#[test]
fn unknown_keys_are_refused_where_they_stand() {
    insta::assert_snapshot!(of_role("requesters = [\"group:dev\"]\n  aproval = \"none\"\napproval = \"none\"\n[notify]\nmail = {}\nwebhok = 1"), @r#"
    roles/prod-admin.toml:2:3: `aproval` is not a known key
      hint: did you mean `approval`?
    roles/prod-admin.toml:5:8: `from` is missing
      hint: write mail = { server = "smtps://mail.example.com", from = "jit@example.com", to = ["…"] }
    roles/prod-admin.toml:5:8: `server` is missing
      hint: write mail = { server = "smtps://mail.example.com", from = "jit@example.com", to = ["…"] }
    roles/prod-admin.toml:5:8: `to` is missing
      hint: write mail = { server = "smtps://mail.example.com", from = "jit@example.com", to = ["…"] }
    roles/prod-admin.toml:6:1: `webhok` is not a known key
      hint: did you mean `webhook`?
    "#);
    insta::assert_snapshot!(of_access("versoin = 1\n[defaults]\nlease = \"1h\"\nleese = \"1h\"\n[identity.oidc]\nissuer = \"x\""), @r#"
    access.toml:1:1: `version` is missing
      hint: write version = 1
    access.toml:1:1: `versoin` is not a known key
      hint: did you mean `version`?
    access.toml:4:1: `leese` is not a known key
      hint: did you mean `lease`?
    access.toml:5:1: `client_id` is missing
      hint: write client_id = "jit"
    access.toml:6:10: this is not an issuer of tokens
      hint: write its https address, exactly as its tokens name it
    "#);
    insta::assert_snapshot!(of_people("[people.ana]\nkey = []\n[workloads.x]\n[group]\n"), @r#"
    people.toml:2:1: `key` is not a known key
      hint: did you mean `keys`?
    people.toml:3:1: `oidc` is missing
      hint: write oidc = { issuer = "https://…", repository_id = "1234", environment = "deploy" }
    people.toml:4:2: `group` is not a known key
      hint: did you mean `groups`?
    "#);
    insta::assert_snapshot!(of_role("requesters = []\napproval = \"none\"\n[when]\nrequest = \"true\"\n[break_glass]\n[scopes.x]\n"), @r#"
    roles/prod-admin.toml:5:1: `max_duration` is missing
      hint: write max_duration = "30m"
    roles/prod-admin.toml:5:1: `requesters` is missing
      hint: write requesters = ["group:NAME"]
    roles/prod-admin.toml:6:1: `policy` is missing
      hint: write policy = "NAME.json", a file beside this one
    "#);
}

#[test]
fn gated_commands_are_words_that_can_be_recognised() {
    let gate = |lines: &str| of_access(&format!("version = 1\n[gate]\n{lines}"));
    insta::assert_snapshot!(gate("command = [\"helm\"]\n"), @r#"
    access.toml:2:1: `commands` is missing
      hint: write commands = ["terraform apply"]
    access.toml:3:1: `command` is not a known key
      hint: did you mean `commands`?
    "#);
    insta::assert_snapshot!(gate("commands = [\"\", \"/bin/helm\", \"a  b\", \"rm -rf\"]\n"), @r#"
    access.toml:3:13: this is no command that can be recognised
      hint: write a program and words of its arguments: "terraform apply"
    access.toml:3:17: this is no command that can be recognised
      hint: write a program and words of its arguments: "terraform apply"
    access.toml:3:30: this is no command that can be recognised
      hint: write a program and words of its arguments: "terraform apply"
    "#);
    let many = vec!["\"helm\""; 65].join(", ");
    assert!(gate(&format!("commands = [{many}]")).contains("at most 64 commands are named here"));
    let sound = "version = 1\n[gate]\ncommands = [\"helm\", \"terraform apply\"]\n";
    let compiled =
        jit::policy::Policy::compile(files(&[("access.toml", sound), ("people.toml", &world::people())]));
    assert_eq!(compiled.unwrap().gate(), ["helm", "terraform apply"]);
}

#[test]
fn every_wrong_value_is_reported_at_once() {
    insta::assert_snapshot!(of_role(concat!(
        "description = \"two\\nlines\"\n",
        "requesters = [\"group:nope\", \"sre\", \"workload:deploy\", \"person:A B\", 7]\n",
        "approval = { all = [\"1 of group:sre\", \"none\", \"0 of group:sre\", \"one of group:sre\", \"1 of group:none-such\", \"2 of group:sre, group:sre\"] }\n",
        "duration = \"9h\"\n",
        "lease = \"5m\"\n",
        "pending = \"tomorrow\"\n",
        "unused = 12\n",
        "reason = { pattern = '(', hint = \"x\" }\n",
        "signed = \"blood\"\n",
        "aliases = [\"prod-admin\", \"UP\"]\n",
    )), @r#"
    roles/prod-admin.toml:1:15: the text has a character that cannot be seen (U+000A)
    roles/prod-admin.toml:2:15: there is no group nope
      hint: add it to [groups] in people.toml
    roles/prod-admin.toml:2:29: "sre" names nobody: write group:NAME or person:NAME
    roles/prod-admin.toml:2:36: there is no workload deploy
      hint: add it to [workloads] in people.toml
    roles/prod-admin.toml:2:55: "A B" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit
    roles/prod-admin.toml:2:69: expected a text in quotes, found a number
    roles/prod-admin.toml:3:39: write `none` alone: within another rule it would cancel the rest
      hint: leave it out
    roles/prod-admin.toml:3:47: a rule asks for 1 to 64 people
    roles/prod-admin.toml:3:65: "one of group:sre" is not a rule
      hint: write "none", "1 of group:NAME", { all = ["…", "…"] } or { any = ["…", "…"] }
    roles/prod-admin.toml:3:85: there is no group none-such
      hint: add it to [groups] in people.toml
    roles/prod-admin.toml:3:109: group:sre is listed twice
    roles/prod-admin.toml:4:12: the usual duration 9h is longer than the 8h that access.toml allows
      hint: ask for less, or give the role its own max_duration
    roles/prod-admin.toml:5:9: credentials live from 15m to 12h, and 5m is outside
      hint: a shorter access still ends in time: its credentials are made to, or taken back
    roles/prod-admin.toml:6:11: "tomorrow" is not a duration: write it like 30m, 1h, 1h30m or 2d, at most 31 days
    roles/prod-admin.toml:7:10: expected a text in quotes, found a number
    roles/prod-admin.toml:8:22: the pattern does not compile: unclosed group
    roles/prod-admin.toml:9:10: `signed` is "account", "key" or "touch"
    roles/prod-admin.toml:10:26: "UP" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit
    "#);
}

#[test]
fn targets_are_checked_part_by_part() {
    let of_target = |target: &str| {
        let role = format!("requesters = []\napproval = \"none\"\n{target}");
        let files = files(&[
            ("access.toml", world::ACCESS),
            ("people.toml", &world::people()),
            ("roles/r.toml", &role),
        ]);
        problems(files).to_string()
    };
    let arn = "arn:aws:iam::111122223333:role/x";
    insta::assert_snapshot!(of_target(""), @r#"
    roles/r.toml:1:1: the role opens nothing
      hint: add [aws] with role_arn and region, or another target: [gcp], [azure], [kubernetes], [vault], [token]
    "#);
    insta::assert_snapshot!(of_target("[aws]\nrole_arn = \"arn:aws:iam::1:role/x\"\nregion = \"eu-west-1\""), @r#"roles/r.toml:4:12: "arn:aws:iam::1:role/x" is not the ARN of an IAM role, like arn:aws:iam::111122223333:role/admin"#);
    insta::assert_snapshot!(of_target(&format!("[aws]\nrole_arn = \"{arn}\"\nregion = \"cn-north-1\"\nvia = 1")), @r#"
    roles/r.toml:5:10: the region cn-north-1 is not in the partition aws of the role
    roles/r.toml:6:7: expected a text in quotes, found a number
    "#);
    insta::assert_snapshot!(of_target(&format!("[sandbox]\nrole_arn = \"{arn}\"\nendpoint_url = \"https://sts.amazonaws.com\"")), @r#"
    roles/r.toml:5:16: "https://sts.amazonaws.com" is not an https address, nor http on this machine
      hint: write https://HOST, with a port if it needs one; http is for 127.0.0.1 and [::1] alone
    "#);
    insta::assert_snapshot!(of_target(&format!("[aws]\nrole_arn = \"{arn}\"\n[sandbox]\nendpoint_url = \"http://127.0.0.1:1\"")), @"roles/r.toml:5:1: a role opens one target, and this is its second");
}

#[test]
fn one_human_cannot_be_two() {
    let (one, hardware) = (world::key_line(1), world::hardware_line(2));
    insta::assert_snapshot!(of_people(&format!(
        "[people.ana]\nkeys = [\"{one} a@b\", \"{hardware}\"]\ngithub = 7\n[people.bo]\nkeys = [\n  \"{one} other comment\",\n]\ngithub = 7\n[people.cy]\nkeys = [\"{hardware}\", \"{hardware}\"]\n"
    )), @r#"
    people.toml:6:3: the key SHA256:q4RtEzcqstphCPWBZ/Tgi1D0G1WQFMgV7HLec1F7f6o is ana's too: one human would be seen as two
      hint: leave it with the one who holds it
    people.toml:8:10: the GitHub account 7 is ana's too: one human would be seen as two
      hint: leave it with the one who holds it
    people.toml:10:9: the key SHA256:Y+joCK1W33wIfvu0uhe0wi2DOTsDRIYN5ow6AUrNkS0 is ana's too: one human would be seen as two
      hint: leave it with the one who holds it
    people.toml:10:140: the key SHA256:Y+joCK1W33wIfvu0uhe0wi2DOTsDRIYN5ow6AUrNkS0 is listed twice
    "#);
}

#[test]
fn groups_are_sound_or_refused() {
    let people = "[people.ana]\n[people.bo]\n[groups]\n";
    insta::assert_snapshot!(of_people(&format!("{people}a = [\"ana\", \"group:b\"]\nb = [\"group:c\"]\nc = [\n \"group:a\"]\nd = [\"group:d\"]\ne = [\"group:a\"]\n")), @r#"
    people.toml:7:2: the group a contains itself: a → b → c → a
      hint: take one of them out
    people.toml:8:6: the group d contains itself: d → d
      hint: take one of them out
    "#);
    insta::assert_snapshot!(of_people(&format!("{people}a = [\"zoe\", \"group:zz\", 4]\nB = []\nc = \"ana\"\n")), @r#"
    people.toml:4:6: there is no person zoe
      hint: add them as [people.NAME], or write group:NAME for a group
    people.toml:4:13: there is no group zz
      hint: add it to [groups]
    people.toml:4:25: expected a text in quotes, found a number
    people.toml:5:1: "B" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit
    people.toml:6:5: expected a list, found a text
    "#);
    // A diamond is not a cycle.
    let files = files(&[
        ("access.toml", world::ACCESS),
        (
            "people.toml",
            &format!(
                "{people}a = [\"group:b\", \"group:c\"]\nb = [\"group:d\"]\nc = [\"group:d\"]\nd = [\"ana\", \"ana\"]\n"
            ),
        ),
    ]);
    let policy = jit::policy::Policy::compile(files).unwrap();
    assert_eq!(policy.members(&world::name("a")), [world::name("ana")]);
}

fn rsa(bits: usize, exponent: u32) -> String {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] = u8::try_from(0xff_usize >> (bits.div_ceil(8) * 8 - bits)).unwrap();
    let key = RsaPublicKey::new(
        Mpint::from_positive_bytes(&exponent.to_be_bytes()),
        Mpint::from_positive_bytes(&modulus),
    );
    PublicKey::from(KeyData::Rsa(key.unwrap())).to_openssh().unwrap()
}

/// The message for a text as a person's key.
fn of_key(line: &str) -> String {
    let people = format!("[people.ana]\nkeys = ['{line}']\n");
    match jit::policy::Policy::compile(files(&[("access.toml", world::ACCESS), ("people.toml", &people)])) {
        Ok(_) => "accepted".to_owned(),
        Err(problems) => {
            assert!(!problems.to_string().contains("SECRET"), "{problems}");
            problems.0.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
        }
    }
}

#[test]
fn keys_are_of_the_accepted_kinds() {
    assert_eq!(of_key(&rsa(3072, 65_537)), "accepted");
    assert_eq!(of_key(&rsa(16_384, 3)), "accepted");
    assert_eq!(of_key(&world::hardware_line(3)), "accepted");
    insta::assert_snapshot!(of_key(&rsa(3071, 65_537)), @"an RSA key needs at least 3072 bits, and this one has 3071");
    insta::assert_snapshot!(of_key(&rsa(4096, 1)), @"this RSA key has an odd shape: at most 16384 bits and an odd exponent from 3 are accepted");
    insta::assert_snapshot!(of_key(&rsa(4096, 4)), @"this RSA key has an odd shape: at most 16384 bits and an odd exponent from 3 are accepted");
    insta::assert_snapshot!(of_key("-----BEGIN OPENSSH PRIVATE KEY----- SECRET"), @"this is a private key; everybody who can read this file now has it");
    insta::assert_snapshot!(of_key("ssh-ed25519-cert-v01@openssh.com SECRET"), @"this is an SSH certificate; a policy names keys");
    let number = || Mpint::from_positive_bytes(&[3; 128]);
    let dsa = DsaPublicKey::new(number(), number(), number(), number()).unwrap();
    let dsa = PublicKey::from(KeyData::Dsa(dsa)).to_openssh().unwrap();
    insta::assert_snapshot!(of_key(&dsa), @"keys of the kind ssh-dss are not accepted");
    insta::assert_snapshot!(of_key("ssh-ed25519 SECRET ana@laptop"), @"this is not an SSH public key");
    let line = world::key_line(1);
    assert_eq!(of_key(&format!("restrict {line}")), "this is not an SSH public key");
    assert_eq!(of_key(&line[..line.len() - 8]), "this is not an SSH public key");
    // A point in compressed form has another fingerprint, and would be another person.
    let ecdsa = |tag: u8, length: usize| {
        let point: Vec<u8> = [tag].into_iter().chain(vec![9; length]).collect();
        EcdsaPublicKey::from_sec1_bytes(&point).unwrap()
    };
    let written = |key: KeyData| PublicKey::from(key).to_openssh().unwrap();
    for length in [64, 96, 132] {
        assert_eq!(of_key(&written(KeyData::Ecdsa(ecdsa(4, length)))), "accepted");
        assert!(of_key(&written(KeyData::Ecdsa(ecdsa(2, length / 2)))).contains("compressed"));
    }
    let on_token = |application: &str, tag: u8, length: usize| match ecdsa(tag, length) {
        EcdsaPublicKey::NistP256(point) => {
            of_key(&written(KeyData::SkEcdsaSha2NistP256(SkEcdsaSha2NistP256::new(point, application))))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(on_token("ssh:", 4, 64), "accepted");
    assert_eq!(on_token("ssh:jit", 4, 64), "accepted");
    assert!(on_token("ssh:", 3, 32).contains("compressed"));
    // The application of a passkey is the host name of its site.
    assert_eq!(on_token("jit.example.com", 4, 64), "accepted");
    assert_eq!(on_token("localhost", 4, 64), "accepted");
    assert!(on_token("jit.example.com", 3, 32).contains("compressed"));
    let strange = "this hardware key was made neither for SSH nor as a passkey";
    for application in ["https://example.com", "JIT.example.com", "127.0.0.1", "jit.example.com:443", ""] {
        assert_eq!(on_token(application, 4, 64), strange, "{application}");
    }
    let point = Ed25519PublicKey([7; 32]);
    assert_eq!(of_key(&written(KeyData::SkEd25519(SkEd25519::new(point, "jit.example.com")))), strange);
    // The label in front must be the key's own.
    assert_eq!(of_key(&line.replace("ssh-ed25519", "ssh-rsa")), "this is not an SSH public key");
}

#[test]
fn rules_have_bounds() {
    let rule = |approval: String| of_role(&format!("requesters = []\napproval = {approval}"));
    let list = |count: usize, of: &str| vec![of; count].join(", ");
    let leaf = "\"1 of group:sre\"";
    assert!(
        !world::compile(&format!("requesters = []\napproval = {{ all = [{}] }}", list(64, leaf)))
            .lints()
            .iter()
            .any(|lint| lint.name == "impossible-gate")
    );
    insta::assert_snapshot!(rule(format!("{{ all = [{}] }}", list(65, leaf))), @"roles/prod-admin.toml:2:12: the rule has 65 demands; at most 64 are allowed");
    let pair = format!("{{ any = [{leaf}, {leaf}] }}");
    world::compile(&format!("requesters = []\napproval = {{ all = [{}] }}", list(10, &pair)));
    insta::assert_snapshot!(rule(format!("{{ all = [{}] }}", list(11, &pair))), @r#"
    roles/prod-admin.toml:2:12: the rule can be met in more than 1024 ways
      hint: put people who may stand in for each other into one group
    "#);
    insta::assert_snapshot!(rule(format!("{}{leaf}{}", "{ all = [".repeat(17), "] }".repeat(17))), @"roles/prod-admin.toml:2:165: the rule nests deeper than 16");
    insta::assert_snapshot!(rule("\"65 of group:sre\"".to_owned()), @"roles/prod-admin.toml:2:12: a rule asks for 1 to 64 people");
    insta::assert_snapshot!(rule("{ any = [] }".to_owned()), @"roles/prod-admin.toml:2:20: the list is empty, so the rule demands nothing");
    insta::assert_snapshot!(rule("{ any = [], all = [] }".to_owned()), @r#"
    roles/prod-admin.toml:2:12: a rule has either `all` or `any`
      hint: write "none", "1 of group:NAME", { all = ["…", "…"] } or { any = ["…", "…"] }
    "#);
    insta::assert_snapshot!(rule("7".to_owned()), @r#"roles/prod-admin.toml:2:12: expected a rule: write "none", "1 of group:NAME", { all = ["…", "…"] } or { any = ["…", "…"] }, found a number"#);
}

#[test]
fn notices_name_secrets_and_never_hold_them() {
    insta::assert_snapshot!(of_access("version = 1\n[notify]\ncommand = [\"sh\", \"-c\", \"x\"]\nwebhook = { url = \"http://hooks.example.com\", secret = \"abc\" }"), @r#"
    access.toml:3:11: a command begins with the absolute path of a program
      hint: write command = ["/usr/bin/tell", "--room", "ops"]; no shell takes part
    access.toml:4:11: a webhook has either `secret_env` or `secret_file`
      hint: name the environment variable or the file in which the broker finds the secret
    access.toml:4:19: jit cannot call this address
      hint: write an https address without a password, or http on 127.0.0.1, exactly as a browser shows it
    access.toml:4:47: `secret` is not a known key
      hint: known here: url, secret_env, secret_file
    "#);
    insta::assert_snapshot!(of_access("version = 1\n[notify]\nslack = { url = \"https://hooks.slack.com/services/T0/B0/x\" }\nremind = \"often\"\nmail = { server = \"https://mail.example.com\", from = \"jit\", to = [], password_env = \"P\" }"), @r#"
    access.toml:3:9: a Slack webhook has either `url_env` or `url_file`
      hint: name the environment variable or the file in which the broker finds the address
    access.toml:3:11: `url` is not a known key
      hint: known here: url_env, url_file
    access.toml:4:10: "often" is not a duration: write it like 30m, 1h, 1h30m or 2d, at most 31 days
    access.toml:5:19: jit cannot use this mail server
      hint: write smtps://HOST, smtp://HOST (TLS is demanded), or smtp://127.0.0.1 for a relay on this machine
    access.toml:5:54: this is not a mail address
    access.toml:5:66: write 1 to 20 addresses; a mailing list is for more
    access.toml:5:85: whose password is it? write `user` too
    "#);
    insta::assert_snapshot!(of_access("version = 1\n[notify]\nmail = { server = \"smtp://user:pw@mail.example.com\", from = \"a@b.example\\r\\nBcc: x@evil.example\", to = [\"Ana <ana@example.com>\"], user = \"jit\" }"), @"
    access.toml:3:8: the user of a mail server has either `password_env` or `password_file`
      hint: name the environment variable or the file in which the broker finds the password
    access.toml:3:19: jit cannot use this mail server
      hint: write smtps://HOST, smtp://HOST (TLS is demanded), or smtp://127.0.0.1 for a relay on this machine
    access.toml:3:61: this is not a mail address
    access.toml:3:105: this is not a mail address
    ");
    let access = "version = 1\n[notify]\ncommand = [\"/usr/bin/tell\", \"ops\"]\nwebhook = { url = \"http://127.0.0.1:9/x\", secret_env = \"HOOK\" }";
    let role = "requesters = []\napproval = \"none\"\n[notify]\nwebhook = { url = \"https://example.com/?room=1\", secret_file = \"/run/secret\" }";
    let mut files = world::with_role(role);
    files.insert("access.toml".to_owned(), access.as_bytes().to_vec());
    let policy = jit::policy::Policy::compile(files).unwrap();
    let notices = policy.notices_for(policy.role(&world::name("prod-admin")).unwrap());
    assert_eq!(notices.len(), 2);
    assert_eq!(notices[0].command.as_deref().unwrap(), ["/usr/bin/tell", "ops"]);
    assert_eq!(policy.remind_after(policy.role(&world::name("prod-admin")).unwrap()), None);
    assert_eq!(notices[1].webhook.as_ref().unwrap().url, "https://example.com/?room=1");
}

#[test]
fn every_way_of_telling_loads() {
    let access = "version = 1\n[notify]\nslack = { url_env = \"SLACK\" }\nremind = \"10m\"\n\
                  mail = { server = \"smtp://mail.example.com\", from = \"jit@example.com\", to = [\"ops@example.com\"], user = \"jit\", password_file = \"/run/p\" }";
    let role = "requesters = []\napproval = \"none\"\n[notify]\nremind = \"5m\"\nmail = { server = \"smtp://127.0.0.1:2525\", from = \"jit@example.com\", to = [\"ops@example.com\"] }";
    let mut files = world::with_role(role);
    files.insert("access.toml".to_owned(), access.as_bytes().to_vec());
    let policy = jit::policy::Policy::compile(files).unwrap();
    let role = policy.role(&world::name("prod-admin")).unwrap();
    // The role's own setting for reminders wins.
    assert_eq!(policy.remind_after(role), Some("5m".parse().unwrap()));
    let notices = policy.notices_for(role);
    assert_eq!(notices[0].slack, Some(SecretSource::Environment("SLACK".to_owned())));
    let doors: Vec<(MailDoor, u16, bool)> = notices
        .iter()
        .filter_map(|notify| notify.mail.as_ref())
        .map(|mail| (mail.server.door, mail.server.port, mail.server.login.is_some()))
        .collect();
    assert_eq!(doors, [(MailDoor::StartTls, 587, true), (MailDoor::Plain, 2525, false)]);
}

#[test]
fn damaged_files_are_reported_where_the_damage_is() {
    insta::assert_snapshot!(of_access("version = 1\nversion = 1\n[defaults\nlease = \"1h\"\n"), @r#"
    access.toml:2:1: this is not TOML: duplicate key
    access.toml:3:10: this is not TOML: unclosed table, expected `]`
    "#);
    let mut damaged = files(&[("access.toml", "version = 1\n# é \u{1F600} x")]);
    damaged.get_mut("access.toml").unwrap().extend(b"\xff\n");
    insta::assert_snapshot!(problems(damaged), @r#"
    access.toml:2:8: the file is not UTF-8 from here on
      hint: save the file in the encoding UTF-8
    people.toml:1:1: the file is missing
      hint: begin a policy with `jit policy init DIR`
    "#);
    // A column counts characters, not bytes.
    insta::assert_snapshot!(of_people("people.\"é\" = {}\n\"é😀\" = 1\npeople.ana = { name = \"é\u{202e}\", x = 1 }"), @r#"
    people.toml:1:8: "é" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit
    people.toml:2:1: `é😀` is not a known key
      hint: known here: people, workloads, agents, groups
    people.toml:3:23: the text has a character that cannot be seen (U+202E)
    people.toml:3:29: `x` is not a known key
      hint: known here: name, keys, github, oidc, mail, slack
    "#);
    insta::assert_snapshot!(problems(BTreeMap::new()), @r#"
    access.toml:1:1: the file is missing
      hint: begin a policy with `jit policy init DIR`
    people.toml:1:1: the file is missing
      hint: begin a policy with `jit policy init DIR`
    "#);
}

#[test]
fn aliases_mean_one_role() {
    let other = world::role("requesters = []\napproval = \"none\"\naliases = [\"old\", \"a-b\", \"a\"]");
    let mut given = world::with_role("requesters = []\napproval = \"none\"\naliases = [\"old\"]");
    given.insert("roles/a.toml".to_owned(), other.into_bytes());
    given.insert(
        "roles/a-b.toml".to_owned(),
        world::role("requesters = []\napproval = \"none\"").into_bytes(),
    );
    insta::assert_snapshot!(problems(given), @r#"
    roles/a.toml:3:19: the name a-b means the role a-b already
      hint: a name means one role; take the alias out
    roles/a.toml:3:26: the name a means the role a already
      hint: a name means one role; take the alias out
    roles/prod-admin.toml:3:12: the name old means the role a already
      hint: a name means one role; take the alias out
    "#);
}

#[test]
fn files_that_would_be_passed_over_in_silence_are_refused() {
    let mut given = world::with_role("requesters = []\napproval = \"none\"");
    for path in [
        "rules/global.cedar",
        "accounts.toml",
        "roles/Prod.toml",
        "roles/x.toml~",
        "roles/sub/x.toml",
        "tests/x",
    ] {
        given.insert(path.to_owned(), Vec::new());
    }
    insta::assert_snapshot!(problems(given), @r#"
    roles/Prod.toml:1:1: "Prod" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit
      hint: rename the file; it names the role, rule or test
    roles/sub/x.toml:1:1: roles/ holds only files like NAME.toml, NAME.json for scopes, or NAME.pem for certificates
      hint: move it elsewhere; subfolders are not read either
    roles/x.toml~:1:1: roles/ holds only files like NAME.toml, NAME.json for scopes, or NAME.pem for certificates
      hint: move it elsewhere; subfolders are not read either
    tests/x:1:1: tests/ holds only files like NAME.toml
      hint: move it elsewhere; subfolders are not read either
    "#);
}
