//! One entry into every parser of a policy, for malicious bytes. `fuzz/` and the hermetic tests share it.

use std::collections::BTreeMap;

use jit::grant::Name;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Policy;

/// The beginning of each file in the text that holds a whole policy.
const MARK: &str = "=== ";

/// Splits one text into a policy's files: each begins with a line `=== PATH`. Paths may be arbitrary, too.
pub fn files(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let Some(path) = line.strip_prefix(MARK.as_bytes()) {
            let path = String::from_utf8_lossy(path).trim_end_matches(['\n', '\r']).to_owned();
            files.insert(path.clone(), Vec::new());
            current = Some(path);
        } else if let Some(path) = &current {
            files.entry(path.clone()).or_default().extend_from_slice(line);
        }
    }
    files
}

/// Whether a file is part of a policy. Files in other folders, a README and hidden files are not.
fn is_read(path: &str) -> bool {
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    let main = ["access.toml", "people.toml", "accounts.toml"].contains(&path);
    !hidden && (main || ["roles/", "rules/", "tests/"].iter().any(|folder| path.starts_with(folder)))
}

/// Loads a policy and asks it everything. It must return, whatever the bytes, and a policy that loads must not
/// contradict itself. Returns whether it loaded.
pub fn load(bytes: &[u8]) -> bool {
    let files = files(bytes);
    let policy = match Policy::compile(files.clone()) {
        Ok(policy) => policy,
        Err(problems) => {
            assert!(!problems.0.is_empty(), "it is refused, and nobody says why");
            for problem in &problems.0 {
                assert!(problem.line >= 1 && problem.column >= 1, "a place that no editor has: {problem}");
            }
            return false;
        }
    };
    let (kept, left): (BTreeMap<_, _>, BTreeMap<_, _>) =
        files.into_iter().partition(|(path, _)| is_read(path));
    assert_eq!(
        *policy.files,
        kept,
        "something has a say that is not in the revision; aside: {:?}",
        left.keys()
    );
    for lint in policy.lints() {
        assert!(!lint.problem.message.is_empty());
    }
    if let Ok(cases) = policy.cases() {
        assert_eq!(policy.run(&cases).len(), cases.len());
    }
    let people: Vec<Name> = policy.people().map(|person| person.name.clone()).take(4).collect();
    let roles: Vec<Name> = policy.roles().map(|role| role.name.clone()).take(4).collect();
    let now = jiff::Timestamp::UNIX_EPOCH;
    for (who, role) in people.iter().flat_map(|who| roles.iter().map(move |role| (who, role))) {
        let known = policy.role(role).map(|role| role.duration);
        let Some(duration) = known else { panic!("a role that is listed is not found") };
        let decision = policy.decide(&Asking { reason: "INC-1", ..Asking::new(who, role, duration, now) });
        if let Decision::Approved { duration: granted, .. } = decision {
            assert!(granted <= duration, "more time than was asked for");
        }
        let reviewers = policy.role(role).map(|role| policy.eligible_reviewers(role, who));
        assert!(!reviewers.unwrap_or_default().contains(who), "somebody reviews their own request");
    }
    true
}
