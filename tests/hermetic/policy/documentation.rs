//! `docs/policy.md`: its examples form one policy, which loads and does what the page says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jit::grant::Assurance;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Facts;
use jit::policy::How;
use jit::policy::Policy;
use jit::policy::Severity;

use crate::policy::world::name;

/// The page's examples, by the path that each begins with.
fn examples() -> BTreeMap<String, Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy.md");
    let page = fs::read_to_string(path).unwrap();
    let mut files = BTreeMap::new();
    for block in page.split("\n```").skip(1).step_by(2) {
        let (head, body) = block.split_once('\n').unwrap();
        let mut words = head.split(' ');
        let path = match (words.next().unwrap(), words.next()) {
            // A drawing of the folder.
            ("", None) => continue,
            (_, Some(path)) => path.to_owned(),
            ("toml", None) => body.lines().next().unwrap().strip_prefix("# ").unwrap().to_owned(),
            ("cedar", None) => body.lines().next().unwrap().strip_prefix("// ").unwrap().to_owned(),
            (other, None) => panic!("an example of {other} that nothing loads"),
        };
        assert!(files.insert(path.clone(), body.as_bytes().to_vec()).is_none(), "{path} stands twice");
    }
    files
}

#[test]
fn every_example_loads() {
    let files = examples();
    assert_eq!(files.len(), 9);
    let policy = Policy::compile(files.clone()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(*policy.files, files, "an example is no part of a policy");
    assert!(policy.remarks().is_empty(), "{:?}", policy.remarks());
    let roles: Vec<&str> = policy.roles().map(|role| role.name.as_str()).collect();
    assert_eq!(roles, ["payments-prod.read", "prod-admin", "search-prod.read"]);
}

#[test]
fn the_page_passes_its_own_checks() {
    let policy = Policy::compile(examples()).unwrap();
    let cases = policy.cases().unwrap();
    assert!(!cases.is_empty());
    for outcome in policy.run(&cases) {
        assert_eq!(outcome.failure, None, "{}:{} {}", outcome.file, outcome.line, outcome.name);
    }
    let errors: Vec<_> = policy.lints().into_iter().filter(|lint| lint.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_page_says_what_happens() {
    let policy = Policy::compile(examples()).unwrap();
    let (ana, bo, role) = (name("ana"), name("bo"), name("prod-admin"));
    let now = "2026-03-01T02:00:00Z".parse().unwrap();
    let mut facts = Facts::none();
    facts.insert("oncall", [ana.clone()].into(), now);
    let asking = Asking {
        reason: "INC-42",
        facts: &facts,
        assurance: Assurance::Touch,
        source: Some("198.51.100.7".parse().unwrap()),
        ..Asking::new(&ana, &role, "1h".parse().unwrap(), now)
    };
    let decided = policy.decide(&asking);
    assert!(matches!(decided, Decision::Approved { how: How::Automatic { .. }, .. }), "{decided:?}");
    let agent = policy.decide(&Asking { agent: true, ..asking });
    assert!(matches!(agent, Decision::NeedsApproval { .. }), "{agent:?}");
    let longer = policy.decide(&Asking { duration: "4h".parse().unwrap(), ..asking });
    assert!(matches!(longer, Decision::NeedsApproval { .. }), "{longer:?}");
    let refused = |asking: &Asking<'_>| match policy.decide(asking) {
        Decision::Refused(refusal) => refusal.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(&Asking { who: &bo, ..asking }),
        "prod-admin is refused by [when] request of prod-admin"
    );
    let pci = name("payments-prod.read");
    assert_eq!(
        refused(&Asking { who: &bo, role: &pci, ..asking }),
        "payments-prod.read is refused by rules/hygiene.cedar:3:1"
    );
    let office = Asking { who: &bo, role: &pci, source: Some("203.0.113.9".parse().unwrap()), ..asking };
    assert!(matches!(policy.decide(&office), Decision::NeedsApproval { .. }));
    let december = Asking { now: "2026-12-24T12:00:00Z".parse().unwrap(), ..asking };
    assert_eq!(
        refused(&december),
        "prod-admin is refused by rules/freeze.cedar:2:1: no changes over the end of the year"
    );
}
