//! What stands around `jit`: the shell, and the settings of AWS's own tools.

use super::Finding;
use crate::deliver::environment;
use crate::flow::aws_files;
use crate::flow::aws_files::Sections;
use crate::system::System;
use crate::system::files;

/// Whether the shell's start file reads the hook: a guess, since a shell can be set up in many ways.
pub(super) fn hook(system: &System) -> Finding {
    const PART: &str = "prompt";
    let shell = system.environment.get("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let starts: &[&str] = match shell {
        "bash" => &[".bashrc", ".bash_profile", ".profile"],
        "zsh" => &[".zshrc", ".zprofile"],
        "fish" => &[".config/fish/config.fish"],
        _ => return Finding::note(PART, "your shell is not known; see `jit help init`"),
    };
    let reads_hook = |name: &&str| {
        let text = files::read(&system.files.home.join(name)).ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().any(|line| !line.trim_start().starts_with('#') && line.contains("jit init"))
    };
    match starts.iter().find(|name| reads_hook(name)) {
        Some(name) => Finding::ok(PART, format!("~/{name} reads the hook")),
        None => Finding::note(PART, format!("{shell} does not show what you hold")).mend(format!(
            "see `jit help init` for the line to put into ~/{}",
            starts.first().unwrap_or(&"")
        )),
    }
}

/// Variables and files of AWS's tools that lead past the access that was asked for.
pub(super) fn aws(system: &System) -> Vec<Finding> {
    const PART: &str = "aws";
    let variables = &system.environment;
    let mut findings = Vec::new();
    // Within `jit exec` these are ours.
    if variables.get("JIT_GRANT").is_none() {
        for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"]
        {
            if variables.get(name).is_some() {
                let found = format!("{name} is set: outside `jit exec` AWS's tools follow it");
                findings
                    .push(Finding::problem(PART, found).mend(format!("unset {name}, and where it is set")));
            }
        }
    }
    for name in environment::redirecting(variables) {
        let found = format!("{name} is set and may send the cloud's traffic elsewhere");
        findings.push(Finding::problem(PART, found).mend(format!("unset {name}, unless you mean it")));
    }
    let proxy = ["HTTP_PROXY", "http_proxy"].into_iter().find(|name| variables.get(name).is_some());
    let spares = ["NO_PROXY", "no_proxy"]
        .iter()
        .filter_map(|name| variables.get(name))
        .any(|hosts| hosts.contains("127.0.0.1") || hosts.trim() == "*");
    if let Some(name) = proxy.filter(|_| !spares) {
        let found = format!("{name} is set and NO_PROXY does not spare 127.0.0.1, where `jit exec` serves");
        findings.push(Finding::note(PART, found).mend("add 127.0.0.1 to NO_PROXY"));
    }
    for read in [aws_files::config(system), aws_files::credentials(system)] {
        match read {
            Ok(sections) => findings.extend(standing(&sections)),
            Err(failure) => findings.push(Finding::of(PART, &failure)),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(PART, "no AWS setting overrides jit's credentials"));
    }
    findings
}

/// Keys that do not expire: in the default profile every program finds them without being told.
fn standing(sections: &Sections) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, settings) in sections {
        let has_keys =
            settings.contains_key("aws_secret_access_key") && !settings.contains_key("aws_session_token");
        if !has_keys {
            continue;
        }
        let mend = "deactivate the key in IAM once a role does its work, then remove it from the file";
        findings.push(if name == "default" {
            Finding::problem("aws", "[default] holds standing keys, which every program finds").mend(mend)
        } else {
            Finding::note("aws", format!("[{name}] holds standing keys")).mend(mend)
        });
    }
    findings
}
