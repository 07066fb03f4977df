//! The output of `jit init`, read as text. No shell is started here: `tests/real/shells` starts them.

use jit::prompt::hook;
use jit::prompt::hook::Placing;
use jit::prompt::segment::Shell;

const SHELLS: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Nu];

fn texts() -> Vec<(Shell, String)> {
    let placings = [Placing::Prompt, Placing::Variable];
    let text = |shell, placing| hook::text(shell, "/opt/a b/jit", "/s/grants.json", placing).unwrap();
    SHELLS.iter().flat_map(|shell| placings.map(|placing| (*shell, text(*shell, placing)))).collect()
}

/// The lines that are code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with('#') && !line.is_empty())
}

#[test]
fn nothing_is_left_unfilled_and_both_paths_are_there() {
    for (shell, text) in texts() {
        assert!(text.contains("JIT_GRANT"), "{shell:?}");
        for place in ["@executable@", "@index@", "@place@"] {
            assert!(!text.contains(place), "{shell:?}");
        }
        assert!(text.contains("/opt/a b/jit") && text.contains("/s/grants.json"), "{shell:?}");
        assert!(text.is_ascii() && text.ends_with('\n') && !text.contains(['\r', '\t']), "{shell:?}");
    }
}

#[test]
fn nothing_evaluates() {
    for (shell, text) in texts() {
        for line in code(&text) {
            let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
            for evaluates in ["eval", "source", "iex", "Invoke-Expression", "ScriptBlock"] {
                assert!(!words.contains(&evaluates), "{shell:?}: {line}");
            }
            // zsh's (e), (P) and (%) flags expand a value once more, and so do bash's ${!x} and @P.
            for evaluates in ["(e)", "(%)", "(P)", "@P}", "${!", "print -P"] {
                assert!(!line.contains(evaluates), "{shell:?}: {line}");
            }
        }
    }
}

#[test]
fn jit_is_started_in_one_place_and_no_other_program_is() {
    for (shell, text) in texts() {
        let starts: Vec<&str> = code(&text).filter(|line| line.contains("prompt --hook")).collect();
        assert_eq!(starts.len(), 1, "{shell:?}: {starts:?}");
        // Its standard input belongs to the person who types.
        assert!(starts[0].contains("</dev/null") || starts[0].contains("null |"), "{shell:?}");
        for line in code(&text) {
            for program in ["cat ", "date ", "stat ", "grep ", "sed ", "awk ", "test -e /proc"] {
                let starts = line.starts_with(program) || line.contains(&format!("({program}"));
                assert!(!starts || shell == Shell::Nu && line.contains("date now"), "{shell:?}: {line}");
            }
        }
    }
}

#[test]
fn every_shell_demands_the_same_form_of_answer() {
    for (shell, text) in texts() {
        assert!(text.contains("jit1 "), "{shell:?}");
        let digits = ["[0-9]{1,12}", "[0-9](#c1,12)", "*[!0-9]*"];
        assert!(digits.iter().any(|digits| text.contains(digits)), "{shell:?}");
        assert!(text.to_lowercase().contains("[:cntrl:]") || text.contains("\\p{Cc}"), "{shell:?}");
    }
}

#[test]
fn powershell_keeps_what_the_last_command_left() {
    let text =
        hook::text(Shell::PowerShell, "C:\\it's\\jit.exe", "C:\\s\\grants.json", Placing::Prompt).unwrap();
    assert!(text.contains("Executable = 'C:\\it''s\\jit.exe'\n"));
    assert!(text.contains("$outcome = $?\n") && text.contains("$global:LASTEXITCODE = $code\n"));
    assert!(text.contains("Place = $true\n"));
    let opened = text.matches(['{', '(']).count();
    assert_eq!(opened, text.matches(['}', ')']).count());
}
