//! The output of `jit env`, read by each shell it is written for, and compared byte for byte.

use std::process::Command;

use jit::deliver::exports;
use jit::deliver::exports::Syntax;
use jit::grant::Lease;
use jit::grant::cloud::aws::AwsCredentials;

use crate::shells::world::output;
use crate::shells::world::program;

/// Every ASCII character but NUL, forwards and backwards, with the sequences that are special in shells.
fn awkward() -> Vec<String> {
    let all: String = (1_u8..=127).map(char::from).collect();
    let backwards: String = all.chars().rev().collect();
    let mut values: Vec<String> = vec![all, backwards];
    values.extend(
        [
            "",
            " ",
            "'",
            "''",
            "\\",
            "\\\\'",
            "'\\''",
            "$(touch pwned)`touch pwned`${IFS}$HOME",
            "!! !$ !-1",
            "a\nb\n",
            "\n",
            "\r\n\t",
            "~ ~root *?[a-z]{a,b}",
            "-n -e --help",
            "#comment",
            "x; touch pwned & | > < ( )",
            "'#'##'###",
            "r#'a'#",
            "\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}",
            "é ü 漢字 \u{1f512} \u{202e}\u{200b}",
            "%s %d %%",
            "\"double\" \\\" \\n \\x41 \\u0041",
        ]
        .map(str::to_owned),
    );
    values
}

fn text(syntax: Syntax, token: &str) -> String {
    let lease = Lease {
        number: 1,
        expires: "2026-11-23T11:00:00Z".parse().unwrap(),
        credentials: AwsCredentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hush".into(),
            session_token: token.into(),
            account: "111122223333".to_owned(),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }
        .into(),
    };
    let until = "2026-11-23T12:00:00Z".parse().unwrap();
    exports::set(syntax, &"prod".parse().unwrap(), &lease, until).expose().to_owned()
}

/// Prints one variable of a child's environment unchanged, and those that must be gone.
const SHOW: &str = "printf '%s' \"$AWS_SESSION_TOKEN\"; printf '|%s|' \"${AWS_PROFILE-gone}\"";
const SHOW_NONE: &str = "printf '%s' \"${AWS_SESSION_TOKEN-gone}${JIT_GRANT-gone}\"";

/// Makes a shell read a file of exports, then start a program that shows its environment.
fn shell(name: &str, file: &str, show: &str, interactive: bool) -> Command {
    let show = format!("'{}'", show.replace('\'', "'\\''"));
    let mut command = Command::new(program(name));
    match name {
        "fish" => {
            let show = show.replace("'\\''", "\\'");
            command.args(["--no-config", "-c", &format!("cat {file} | source; sh -c {show}")]);
        }
        "nu" => {
            let show = show.replace("'\\''", "'").trim_matches('\'').to_owned();
            command.args([
                "-n",
                "-c",
                &format!("open --raw {file} | from json | load-env; ^sh -c r#'{show}'#"),
            ]);
        }
        _ => {
            let start: &[&str] = match (name, interactive) {
                ("bash", true) => &["--norc", "-i", "-H"],
                ("zsh", true) => &["-f", "-i"],
                ("zsh", false) => &["-f"],
                _ => &[],
            };
            command.args(start).args(["-c", &format!("eval \"$(cat {file})\"; sh -c {show}")]);
        }
    }
    command
}

#[test]
fn every_awkward_character_arrives_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exports");
    let path = file.to_str().unwrap();
    for (name, syntax, interactive) in [
        ("sh", Syntax::Posix, false),
        ("bash", Syntax::Posix, false),
        ("bash", Syntax::Posix, true),
        ("zsh", Syntax::Posix, false),
        ("zsh", Syntax::Posix, true),
        ("fish", Syntax::Fish, false),
        ("nu", Syntax::Nu, false),
    ] {
        for value in awkward() {
            std::fs::write(&file, text(syntax, &value)).unwrap();
            let mut command = shell(name, path, SHOW, interactive);
            command.current_dir(folder.path()).env("AWS_PROFILE", "old");
            let bytes = output(&mut command);
            let expected = format!("{value}|gone|");
            assert_eq!(String::from_utf8_lossy(&bytes), expected, "{name}");
            assert!(!folder.path().join("pwned").exists(), "{name}: {value:?}");
        }
        std::fs::write(&file, exports::unset(syntax)).unwrap();
        let mut command = shell(name, path, SHOW_NONE, interactive);
        command.env("AWS_SESSION_TOKEN", "old").env("JIT_GRANT", "prod");
        assert_eq!(String::from_utf8_lossy(&output(&mut command)), "gonegone", "{name}");
    }
}
