//! Holds the walls between clouds: what is one cloud's own is named in its rooms, in the sums over the clouds, and nowhere else.

use std::fs;
use std::path::Path;

/// The names that belong to one place: types, modules, and variants of the sums.
const MARKS: [&str; 48] = [
    "AwsTarget",
    "AwsCredentials",
    "AwsScopeDocument",
    "AwsProvider",
    "RoleArn",
    "SandboxTarget",
    "partition_of",
    "Target::Aws",
    "Target::Sandbox",
    "Target::aws",
    "Target::Token",
    "Target::Vault",
    "TokenCredentials",
    "TokenProvider",
    "TokenTarget",
    "VaultCredentials",
    "VaultProvider",
    "VaultScopeDocument",
    "VaultTarget",
    "GcpCredentials",
    "GcpProvider",
    "GcpScopeDocument",
    "GcpTarget",
    "Target::Gcp",
    "Credentials::Gcp",
    "KubernetesCredentials",
    "KubernetesProvider",
    "KubernetesScopeDocument",
    "KubernetesTarget",
    "Target::Kubernetes",
    "AzureCredentials",
    "AzureProvider",
    "AzureScopeDocument",
    "AzureTarget",
    "Target::Azure",
    "Credentials::Azure",
    "Credentials::Kubernetes",
    "Credentials::Aws",
    "Credentials::Token",
    "Credentials::Vault",
    "provider::aws",
    "system::aws_files",
    "deliver::aws::aws_block",
    "deliver::aws::credential_process",
    "deliver::aws::document",
    "deliver::aws::fetch",
    "deliver::aws::profiles",
    "deliver::aws::variables",
];

/// The rooms of the places. A folder ends with `/`.
const ROOMS: [&str; 37] = [
    "cli/policy/import.rs",
    "cli/setup/",
    "config/direct/",
    "deliver/aws/aws_block.rs",
    "deliver/aws/credential_process.rs",
    "deliver/aws/document.rs",
    "deliver/aws/environment.rs",
    "deliver/aws/fetch.rs",
    "deliver/aws/variables.rs",
    "deliver/aws/profiles/",
    "deliver/token.rs",
    "deliver/vault.rs",
    "deliver/gcp/",
    "deliver/azure/",
    "deliver/kubernetes/",
    "flow/aws/aws_files.rs",
    "flow/aws/aws_profiles.rs",
    "flow/aws/import.rs",
    "flow/aws/learn/",
    "flow/aws/own.rs",
    "flow/aws/terraform.rs",
    "flow/kubernetes/",
    "flow/policy/import/",
    "flow/operating/sandboxed.rs",
    "flow/aws/setup.rs",
    "flow/using/direct/",
    "grant/cloud/",
    "grant/cloud/aws_scope.rs",
    "provider/aws/",
    "provider/token.rs",
    "provider/vault/",
    "provider/gcp/",
    "provider/azure/",
    "provider/kubernetes/",
    "policy/roles/azure.rs",
    "policy/roles/kubernetes.rs",
    "sandbox/",
];

/// The sums: each has one variant or one arm for each cloud.
const SUMS: [&str; 10] = [
    "deliver/documents.rs",
    "deliver/environment.rs",
    "deliver/serving.rs",
    "grant/lease.rs",
    "grant/target.rs",
    "policy/roles/blame.rs",
    "policy/roles/narrowing.rs",
    "policy/roles/opening.rs",
    "provider/clouds.rs",
    "provider/trust.rs",
];

/// Other files that name a cloud's own, each with the reason. Take lines away, and add none.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("cli/hidden.rs", "the commands of AWS's profiles that jit wrote"),
    ("cli/policy/init.rs", "a first policy is written for an AWS role or the sandbox cloud"),
    ("deliver/endpoint/mod.rs", "the served form is AWS's container endpoint, the only one so far"),
    ("flow/doctor/forbidden.rs", "the forbidden path is tried at AWS alone so far"),
    ("flow/doctor/parts.rs", "the clock of a cloud is compared at AWS alone so far"),
    ("flow/doctor/surroundings.rs", "looks for keys in AWS's files"),
    ("flow/doctor/written.rs", "looks for profiles of jit in AWS's files"),
    ("flow/github/setup/trust.rs", "AWS has several documents, one of a hub for several roles"),
    ("flow/policy/begin.rs", "a first policy is written for an AWS role or the sandbox cloud"),
    ("policy/compiling/starter.rs", "a first policy is written for a role of any place"),
];

fn sources(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, root, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The marks in the code of a file: not in comments, and not in its tests.
fn marks(source: &str) -> Vec<&'static str> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    MARKS.into_iter().filter(|mark| code.iter().any(|line| line.contains(mark))).collect()
}

fn is_own(name: &str) -> bool {
    let in_room = ROOMS.iter().any(|room| name == *room || (room.ends_with('/') && name.starts_with(room)));
    in_room || SUMS.contains(&name) || name.starts_with("system/aws_files/") || name.ends_with("tests.rs")
}

/// Each file outside the rooms and the sums that names a cloud's own, with what it names.
fn named() -> Vec<(String, Vec<&'static str>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &root, &mut files);
    files.sort();
    let outside = files.into_iter().filter(|(name, _)| !is_own(name));
    outside.map(|(name, source)| (name, marks(&source))).filter(|(_, marks)| !marks.is_empty()).collect()
}

#[test]
fn a_clouds_own_is_named_in_its_rooms_and_the_sums() {
    let named = named();
    let excused = |name: &str| EXCEPTIONS.iter().any(|(excused, _)| *excused == name);
    let broken: Vec<_> = named.iter().filter(|(name, _)| !excused(name)).collect();
    assert!(broken.is_empty(), "these name a cloud's own: go through a sum instead\n{broken:#?}");
    let idle: Vec<_> =
        EXCEPTIONS.iter().filter(|(excused, _)| named.iter().all(|(name, _)| name != excused)).collect();
    assert!(idle.is_empty(), "these need no exception any more: take them off the list\n{idle:#?}");
}

/// The rooms and the sums are there: a list of what is not there would hold nothing.
#[test]
fn the_lists_name_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for name in ROOMS.iter().chain(&SUMS).chain(EXCEPTIONS.iter().map(|(name, _)| name)) {
        assert!(root.join(name).exists(), "src/{name} is not there");
    }
    assert!(EXCEPTIONS.iter().all(|(_, reason)| reason.len() > 10));
    assert!(EXCEPTIONS.is_sorted(), "in name order");
    let mut files = Vec::new();
    sources(&root, &root, &mut files);
    for mark in MARKS {
        assert!(
            files.iter().any(|(_, source)| source.contains(mark)),
            "{mark} is said nowhere: it was renamed"
        );
    }
}

#[test]
fn the_rule_can_be_broken() {
    assert_eq!(marks("use crate::grant::cloud::aws::RoleArn;"), ["RoleArn"]);
    assert!(marks("// RoleArn\n#[cfg(test)]\nuse crate::grant::cloud::aws::RoleArn;").is_empty());
    assert!(is_own("provider/aws/mod.rs") && !is_own("flow/using/exec.rs") && !is_own("provider/mod.rs"));
}
