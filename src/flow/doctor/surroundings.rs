//! The settings of AWS's own tools around `jit`.

use super::Finding;
use super::written;
use crate::deliver::environment;
use crate::flow::aws::aws_files;
use crate::grant::Cloud;
use crate::system::System;
use crate::system::aws_files::AwsFiles;

/// Variables and files of AWS's tools that would replace the requested access.
pub(super) fn aws(system: &System) -> Vec<Finding> {
    const PART: &str = "aws";
    let variables = &system.environment;
    let mut findings = Vec::new();
    // Within `jit exec` `jit` itself set these.
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
    findings.extend(written::profiles(system));
    for name in environment::redirecting(variables, &[Cloud::Aws]) {
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
    match aws_files::read(system) {
        Ok(files) => {
            findings.extend(standing(&files));
            findings.extend(aws_files::unread(&files).into_iter().map(|line| Finding::note(PART, line)));
        }
        Err(failure) => findings.push(Finding::of(PART, &failure)),
    }
    if findings.is_empty() {
        findings.push(Finding::ok(PART, "no AWS setting overrides jit's credentials"));
    }
    findings
}

/// Keys that do not expire. Every program finds those in the default profile by itself.
fn standing(files: &AwsFiles) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, profile) in &files.profiles {
        let has_keys =
            profile.value("aws_secret_access_key").is_some() && profile.value("aws_session_token").is_none();
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
