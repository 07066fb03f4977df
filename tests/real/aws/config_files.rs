//! `jit`'s parser of AWS's files against botocore, which AWS's CLI uses: over many texts, well formed or not.

use std::collections::BTreeMap;

use jit::system::aws_files::AwsFiles;
use jit::system::aws_files::Kind;
use jit::system::aws_files::Settings;
use jit::system::aws_files::Value as Setting;
use jit::system::aws_files::parse;
use serde_json::Value;
use serde_json::json;

use crate::peers::script::ask;
use crate::peers::script::run;
use crate::peers::tool;

/// Chooses by a fixed sequence (SplitMix64), so that a failure is reproducible.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) % most as u64) as usize
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const HEADERS: &[&str] = &[
    "[default]",
    "[profile default]",
    "[profile a]",
    "[profile  'b c']",
    "[profile \"d:e\"]",
    "[profile\tf]",
    "[profile g h]",
    "[profile 'open]",
    "[profile]",
    "[profiles i]",
    "[ profile j]",
    "[profile k ]",
    "[default ]",
    "[DEFAULT]",
    "[l]",
    "[profile m] # comment",
    "[profile n]o]",
    "[sso-session s]",
    "[sso-session 'my corp']",
    "[services local]",
    "[plugins]",
    "[profile prüfung]",
    "[profile 本番]",
    "[profile x\\ y]",
    "[profile \"q\\\"r\"]",
    "[profile #z]",
    "[profile a\u{a0}b]",
    "[profile '']",
];
const NAMES: &[&str] = &[
    "region",
    "role_arn",
    "source_profile",
    "Region",
    "s3",
    "mfa_serial",
    "duration_seconds",
    "credential_process",
    "output",
    "two words",
    "ünicode",
    "ca_bundle",
    "x",
];
const VALUES: &[&str] = &[
    "eu-west-1",
    "arn:aws:iam::111122223333:role/x",
    "7200 # two hours",
    "a ; b",
    "\"quoted\"",
    "",
    "",
    "k = v",
    "a=b=c",
    "# all",
    "ü 本",
    "/usr/bin/keys --x=1",
    "a\u{85}b",
    "\u{a0}nbsp\u{a0}",
];
const BETWEEN: &[&str] = &["\n", "# comment\n", "; comment\n", "  # indented\n", " \t\n", "\u{a0}\n"];
const WRONG: &[&str] = &[
    "nonsense\n",
    "= x\n",
    "[]\n",
    "[open\n",
    "region = again\n",
    "[profile a]\n",
    "  stray\n",
    "\u{feff}",
    "k v\n",
];

fn text(chance: &mut Chance, kind: Kind) -> String {
    let mut text = String::new();
    let mut headers: Vec<&str> = HEADERS.to_vec();
    for _ in 0..=chance.below(4) {
        if kind == Kind::Credentials && chance.below(3) > 0 {
            let name = chance.of(&["[a]", "[b c]", "[d:e]", "['q']", "[new]"]);
            if !text.contains(name) {
                text.push_str(&format!("{name}\n"));
            }
        } else {
            let header = headers.swap_remove(chance.below(headers.len()));
            text.push_str(&format!("{}{header}\n", chance.of(&["", "", "", "", " "])));
        }
        let indent = chance.of(&["", "", "    ", "\t", " "]);
        let mut names: Vec<&str> = NAMES.to_vec();
        for _ in 0..chance.below(5) {
            let name = names.swap_remove(chance.below(names.len()));
            if name.eq_ignore_ascii_case("region") {
                names.retain(|other| !other.eq_ignore_ascii_case("region"));
            }
            let sign = chance.of(&[" = ", "=", ": ", " =", "\t=\t", "\u{1f}= "]);
            let value = chance.of(VALUES);
            text.push_str(&format!("{indent}{name}{sign}{value}\n"));
            if chance.below(3) == 0 {
                let deeper = if value.is_empty() { "inner = 1\n" } else { "more\n" };
                text.push_str(&format!("{indent}  {deeper}"));
                text.push_str(&format!(
                    "{indent}   {}",
                    chance.of(&["b = c # d\n", "e=f=g\n", "h: i = j\n"])
                ));
            }
            if chance.below(4) == 0 {
                text.push_str(chance.of(BETWEEN));
            }
        }
    }
    if chance.below(6) == 0 {
        let wrong = chance.of(WRONG);
        let places: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).chain([0]).collect();
        text.insert_str(places[chance.below(places.len())], wrong);
    }
    match chance.below(8) {
        0 => text.replace('\n', "\r\n"),
        1 => text.replace('\n', "\r"),
        2 => text.trim_end().to_owned(),
        _ => text,
    }
}

fn value(setting: &Setting) -> Value {
    if setting.is_block() {
        return setting.block().into_iter().map(|(name, value)| (name, json!(value))).collect();
    }
    json!(setting.whole())
}

fn sections(found: &BTreeMap<String, Settings>) -> Value {
    let section = |settings: &Settings| -> Value {
        settings.iter().map(|(name, setting)| (name.clone(), value(setting))).collect()
    };
    found.iter().map(|(name, settings)| (name.clone(), section(settings))).collect()
}

fn ours(config: &str, credentials: &str) -> Value {
    let Ok(config) = parse(config, Kind::Config) else { return json!({ "error": "config" }) };
    let Ok(credentials) = parse(credentials, Kind::Credentials) else {
        return json!({ "error": "credentials" });
    };
    let files = AwsFiles::of(config, credentials);
    let profiles: Value = files
        .profiles
        .iter()
        .map(|(name, profile)| {
            let settings: Value =
                profile.settings().map(|(name, setting)| (name.clone(), value(setting))).collect();
            (name.clone(), settings)
        })
        .collect();
    json!({ "profiles": profiles, "sso_sessions": sections(&files.config.sso_sessions), "services": sections(&files.config.services) })
}

/// The reference is what AWS's own CLI reads.
#[test]
fn every_text_is_read_as_botocore_reads_it() {
    let mut chance = Chance(9);
    let cases: Vec<(String, String)> = (0..4000)
        .map(|_| {
            let config = text(&mut chance, Kind::Config);
            let credentials =
                if chance.below(2) == 0 { String::new() } else { text(&mut chance, Kind::Credentials) };
            (config, credentials)
        })
        .collect();
    let question: Vec<Value> = cases
        .iter()
        .map(|(config, credentials)| json!({ "config": config, "credentials": credentials }))
        .collect();
    let answers = ask("read_aws_files.py", &json!(question));
    let mut refused = 0;
    for ((config, credentials), theirs) in cases.iter().zip(answers.as_array().unwrap()) {
        let ours = ours(config, credentials);
        assert_eq!(ours, *theirs, "config {config:?}, credentials {credentials:?}");
        refused += usize::from(theirs.get("error").is_some());
    }
    assert!((400..3600).contains(&refused), "the texts are of both kinds: {refused} refused");
}

/// Indented settings, names in quotes, names with blanks and names beyond ASCII, by both versions of the CLI itself.
#[test]
fn both_versions_of_the_cli_list_the_profiles_that_jit_knows() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[profile base]\n    region = eu-west-1\n    credential_process = /usr/local/bin/keys\n\
                [profile 'Kim Dev Tenant.Administrator']\nregion = eu-west-1\n[profile \"My Account:ReadOnly\"]\n\
                role_arn = arn:aws:iam::111122223333:role/ReadOnly\nsource_profile = Kim Dev Tenant.Administrator\n\
                [profile Prod Admin]\nregion = eu-west-1\n[profile prüfung]\nregion = eu-west-1\n";
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::write(folder.path().join("mine/config"), text).unwrap();
    let mut expected: Vec<String> = parse(text, Kind::Config).unwrap().profiles.into_keys().collect();
    expected.sort();
    let asked = |cli: &str, words: &[&str]| {
        let mut command = std::process::Command::new(tool(cli));
        command.args(["configure"]).args(words).env("HOME", folder.path());
        run(command.env("AWS_CONFIG_FILE", "~/mine/config").env("PYTHONUTF8", "1"), b"")
    };
    let listed = asked("aws2", &["list-profiles"]).ok();
    let mut listed: Vec<String> = listed.lines().map(str::to_owned).collect();
    listed.sort();
    assert_eq!(listed, expected);
    // Version 1 cannot list profiles, so it is asked for each.
    for name in expected.iter().map(String::as_str).chain(["Prod Admin", "Prod", "base "]) {
        let known = asked("aws1", &["list", "--profile", name]);
        let is_known = !known.stderr.contains("could not be found");
        assert_eq!(is_known, expected.iter().any(|known| known == name), "{name}: {known:?}");
    }
}
