//! The policy of the table, and who is in it.

use std::collections::BTreeMap;

use jit::grant::Digest;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;

/// Everybody whom the policy knows.
pub const PEOPLE: [&str; 6] = ["ana", "bo", "cy", "dee", "eve", "pat"];

/// Each name's own key, the same in every case. `pat` has a security key, and so has `bo-touch`, whoever that is.
pub fn key_of(name: &str) -> TestSigner {
    let seed = u32::from_be_bytes(Digest::of(name.as_bytes()).bytes()[..4].try_into().unwrap());
    if name == "pat" || name.ends_with("-touch") {
        TestSigner::touch(seed)
    } else {
        TestSigner::ed25519(seed)
    }
}

pub fn line_of(name: &str) -> String {
    key_of(name).public_key().to_owned()
}

fn document(action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Action":"{action}","Effect":"Allow","Resource":"*"}}]}}"#
    )
}

/// The files of the policy. `access` is what the authority adds to `access.toml`, `account` the numeric id of each person.
pub fn files(access: &str, account: &dyn Fn(&str) -> u64) -> BTreeMap<String, String> {
    let people: String = PEOPLE
        .iter()
        .map(|name| format!("[people.{name}]\nkeys = [\"{}\"]\ngithub = {}\n", line_of(name), account(name)))
        .collect();
    let groups = "[groups]\ndev = [\"ana\", \"bo\", \"pat\"]\nsre = [\"cy\", \"dee\"]\nsecurity = [\"dee\", \"eve\"]\n\
                  hardware = [\"pat\", \"cy\"]\nwatch = [\"eve\"]\n";
    let role = |name: &str, approval: &str, keys: &str, tables: &str| {
        let text = format!(
            "requesters = [\"group:dev\", \"group:sre\"]\napproval = {approval}\nduration = \"1h\"\nmax_duration = \"4h\"\n\
             lease = \"15m\"\n{keys}\n{tables}\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/{name}\"\n\
             region = \"eu-west-1\"\n"
        );
        (format!("roles/{name}.toml"), text)
    };
    let long_lived = |name: &str, approval: &str, keys: &str| {
        let (path, text) = role(name, approval, keys, "");
        (path, text.replace("lease = \"15m\"", "lease = \"1h\""))
    };
    let sre = "\"1 of group:sre\"";
    let key = "signed = \"key\"";
    let scopes = "[scopes.read]\nmax_duration = \"30m\"\npolicy = \"read.json\"\n[scopes.write]\npolicy = \"write.json\"\n";
    let rules = "forbid (principal, action == Action::\"request\", resource == Role::\"guarded\") when { context.agent };\n\
                 forbid (principal, action == Action::\"extend\", resource == Role::\"guarded\") when { context.agent };\n\
                 forbid (principal == Person::\"dee\", action == Action::\"review\", resource == Role::\"quiet\");\n\
                 forbid (principal == Person::\"dee\", action == Action::\"revoke\", resource == Role::\"quiet\");\n";
    BTreeMap::from([
        ("access.toml".to_owned(), format!("version = 1\nauditors = [\"group:watch\"]\n{access}")),
        ("people.toml".to_owned(), format!("{people}{groups}")),
        ("rules/table.cedar".to_owned(), rules.to_owned()),
        ("roles/read.json".to_owned(), document("dynamodb:GetItem")),
        ("roles/write.json".to_owned(), document("dynamodb:PutItem")),
        role(
            "prod",
            sre,
            &format!(
                "{key}\naliases = [\"production\"]\nextend = {{ times = 2, approval = \"1 of group:sre\" }}"
            ),
            scopes,
        ),
        role("pair", "{ all = [\"1 of group:sre\", \"1 of group:security\"] }", key, scopes),
        role("sealed", "\"1 of group:hardware\"", "signed = \"touch\"", ""),
        role("play", "\"none\"", &format!("{key}\nextend = {{ times = 1, approval = \"none\" }}"), ""),
        role("strict", "\"none\"", "signed = \"touch\"", ""),
        role("quick", sre, key, "[when]\nauto_approve = \"context.hour < 24\"\n"),
        long_lived("other", sre, key),
        role("guarded", sre, &format!("{key}\nextend = {{ times = 1, approval = \"1 of group:sre\" }}"), ""),
        role("quiet", sre, key, ""),
        role("easy", sre, &format!("{key}\nextend = {{ times = 1, approval = \"none\" }}"), ""),
        role(
            "ticket",
            sre,
            &format!("{key}\nreason = {{ pattern = \"(INC-[0-9]+)\", hint = \"name the incident\" }}"),
            "",
        ),
        role(
            "alarm",
            sre,
            key,
            "[break_glass]\nrequesters = [\"person:ana\", \"person:cy\"]\nmax_duration = \"30m\"\n",
        ),
    ])
}
