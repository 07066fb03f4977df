//! The parts of a file that are read, and those that are not. `tests/real/aws/mod.rs` compares this reader with
//! botocore itself.

use super::*;
use crate::system::Environment;
use crate::system::Files;

fn config(text: &str) -> File {
    parse(text, Kind::Config).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

fn shown(file: &File) -> String {
    let mut lines = Vec::new();
    for (kind, sections) in
        [("", &file.profiles), ("sso ", &file.sso_sessions), ("services ", &file.services)]
    {
        for (name, settings) in sections {
            let settings = settings.iter().map(|(name, value)| format!("{name}={:?}", value.whole()));
            lines.push(format!("{kind}{name}: {}", settings.collect::<Vec<_>>().join(" ")));
        }
    }
    lines.extend(
        file.unread.iter().map(|unread| format!("{} [{}] {}", unread.line, unread.header, unread.why)),
    );
    lines.join("\n")
}

/// Indented settings, names in quotes, and comments after values.
#[test]
fn indented_settings_and_quoted_names_are_read_as_the_cli_reads_them() {
    let file = config(
        "[profile base]\n    region = eu-west-1\n    credential_process = /usr/local/bin/keys\n\
         [profile 'Kim Dev Tenant.Administrator']\nregion = eu-west-1\n\
         [profile \"My Account:ReadOnly\"]\nrole_arn = arn:aws:iam::111122223333:role/ReadOnly\n\
         source_profile = Kim Dev Tenant.Administrator\nmfa_serial = arn:aws:iam::111122223333:mfa/kim # my phone\n\
         duration_seconds = 7200 # two hours\n",
    );
    insta::assert_snapshot!(shown(&file), @r#"
    Kim Dev Tenant.Administrator: region="eu-west-1"
    My Account:ReadOnly: duration_seconds="7200 # two hours" mfa_serial="arn:aws:iam::111122223333:mfa/kim # my phone" role_arn="arn:aws:iam::111122223333:role/ReadOnly" source_profile="Kim Dev Tenant.Administrator"
    base: credential_process="/usr/local/bin/keys" region="eu-west-1"
    "#);
    let read_only = &file.profiles["My Account:ReadOnly"];
    assert_eq!(read_only["mfa_serial"].plain(), "arn:aws:iam::111122223333:mfa/kim");
    assert_eq!(read_only["duration_seconds"].plain(), "7200");
    assert_eq!(read_only["mfa_serial"].line, 9);
}

#[test]
fn comments_after_a_value_are_cut_after_white_space_only() {
    for (text, plain) in [
        ("a # b", "a"),
        ("a\t; b # c", "a"),
        ("a#b", "a#b"),
        ("a;b ;c", "a;b"),
        ("# all", ""),
        ("https://x/#part", "https://x/#part"),
        ("a\nb # c", "a\nb"),
    ] {
        let value = Value { text: text.to_owned(), line: 1, kind: Kind::Config };
        assert_eq!(value.plain(), plain, "{text:?}");
    }
}

#[test]
fn blocks_continuations_defaults_and_line_ends_are_those_of_the_cli() {
    let file = config(
        "# mine\r\n[DEFAULT]\r\nOutput: json\r\n[default] ; first\r\ns3 =\r\n  max_queue_size = 3\r\n# between\r\n  a=b=c\r\n\
         \tregion = x\r\n[profile\ttwo]\rregion = a\r  b\r\r  c\r[services local]\rs3 =\r  endpoint_url = http://127.0.0.1:9\r\
         [sso-session 'my corp']\rsso_region = y\r",
    );
    insta::assert_snapshot!(shown(&file), @r#"
    default: output="json" s3="\nmax_queue_size = 3\na=b=c\nregion = x"
    two: output="json" region="a\nb\n\nc"
    sso my corp: output="json" sso_region="y"
    services local: output="json" s3="\nendpoint_url = http://127.0.0.1:9"
    "#);
    assert_eq!(file.profiles["default"]["s3"].block()[1], ("a".to_owned(), "b=c".to_owned()));
}

#[test]
fn sections_that_the_cli_passes_over_are_named_with_line_and_reason() {
    let file = config(
        "[default]\nregion = a\n[profile default]\nregion = b\n[prod]\nrole_arn = x\n[profile Prod Admin]\n[profile 'open]\n\
         [profile]\n[plugins]\ncli = x\n[profile one]\n[profile \"one\"]\n[profiles like]\n[ profile no]\n",
    );
    insta::assert_snapshot!(shown(&file), @r#"
    default: region="b"
    like: 
    one: 
    1 [default] a later section names the same profile, and AWS's CLI reads that one alone
    5 [prod] it is not a profile: write [profile NAME]
    7 [profile Prod Admin] a name with spaces needs quotes: write [profile "A NAME"]
    8 [profile 'open] its quotes do not close
    9 [profile] it has no name: write [profile NAME]
    10 [plugins] it is not a profile: write [profile NAME]
    12 [profile one] a later section names the same profile, and AWS's CLI reads that one alone
    15 [ profile no] it is not a profile: write [profile NAME]
    "#);
    assert!(file.unread.iter().find(|unread| unread.header == "prod").unwrap().meant_as_profile);
    assert!(!file.unread.iter().find(|unread| unread.header == "plugins").unwrap().meant_as_profile);
}

#[test]
fn one_wrong_line_makes_the_cli_refuse_the_file_and_is_named() {
    for (text, line, why) in [
        ("\u{feff}[default]\n", 1, "byte order mark"),
        ("region = x\n", 1, "must come first"),
        ("[default]\nregion = x\n[default]\n", 3, "this section is there already"),
        ("[default]\nregion = x\nREGION = y\n", 3, "this setting already"),
        ("[default]\n\nnonsense\n[profile a]\n", 3, "neither a section nor a setting"),
        ("[default]\n= x\n", 2, "neither"),
        ("[default]\n[]\n", 2, "neither"),
        ("[default]\n[unclosed\n", 2, "neither"),
        ("[default]\ncredential_process =\n  /usr/bin/keys\n", 2, "are not settings"),
    ] {
        let error = parse(text, Kind::Config).unwrap_err();
        assert!(error.line == line && error.why.contains(why), "{error} in {text:?}");
    }
}

#[test]
fn the_credentials_file_names_profiles_alone_and_its_settings_win() {
    let file = parse("[profile a]\nregion = x\n['b']\n[services]\n", Kind::Credentials).unwrap();
    assert_eq!(file.profiles.keys().collect::<Vec<_>>(), ["'b'", "profile a", "services"]);
    let folder = tempfile::tempdir().unwrap();
    let places = Files::under(folder.path());
    std::fs::create_dir_all(places.home.join(".aws")).unwrap();
    std::fs::write(places.home.join(".aws/config"), "[default]\nregion = a\noutput = json\n").unwrap();
    std::fs::write(places.home.join(".aws/credentials"), "[default]\nregion = b\n").unwrap();
    let read = AwsFiles::read(&Environment::default(), &places).unwrap();
    assert_eq!(read.profiles["default"].plain("region"), Some("b"));
    assert_eq!(read.profiles["default"].plain("output"), Some("json"));
    std::fs::write(places.home.join(".aws/config"), b"[default]\nregion = \xff\n").unwrap();
    let error = AwsFiles::read(&Environment::default(), &places).unwrap_err();
    assert!(error.to_string().ends_with("config:2: this line is not UTF-8 text"), "{error}");
}

/// `AWS_CONFIG_FILE` may begin with `~`.
#[test]
fn the_files_are_found_where_the_cli_looks() {
    let places = Files::under(std::path::Path::new("/w"));
    let of = |value: &str| {
        let environment =
            Environment::of([("AWS_CONFIG_FILE", value), ("D", "/d"), ("USER", "ana"), ("T", "~")]);
        path(Kind::Config, &environment, &places.home, &places.working).map(|path| path.display().to_string())
    };
    for (value, found) in [
        ("~/mine", "/w/home/mine"),
        ("~", "/w/home/"),
        ("~ana/mine", "/w/home/mine"),
        ("~bo/mine", "/w/~bo/mine"),
        ("$D/x${D}y", "/d/x/dy"),
        ("$T/x", "/w/home/x"),
        ("$none/${}$", "/w/$none/${}$"),
        ("mine", "/w/mine"),
        ("/a/~", "/a/~"),
    ] {
        assert_eq!(of(value).as_deref(), Some(found), "{value}");
    }
    assert_eq!(of(""), None);
    assert_eq!(
        path(Kind::Credentials, &Environment::default(), &places.home, &places.working).unwrap(),
        places.home.join(".aws/credentials")
    );
}

#[test]
fn names_that_any_tool_could_take_are_claimed() {
    let text = "\u{feff}[default]\n[profile one]\n[profile  \"two\"]\r\n  [three]\n[profile four\n[ profile\tfive ] # x]\n\
            {\"not\": [1]}\n# [profile no]\n[pro\\file 's'ix]\n[profiles seven]\n";
    let found = claimed_names(text, Kind::Config);
    for name in ["default", "one", "two", "three", "four", "five", "seven"] {
        assert!(found.contains(name), "{name}: {found:?}");
    }
    assert!(!found.contains("no"));
}
