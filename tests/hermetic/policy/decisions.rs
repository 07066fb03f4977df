//! The people whom a policy lets in, and every way in which a person might let themselves in.

use jit::grant::Assurance;
use jit::grant::Name;
use jit::grant::Verdict;
use jit::policy::Action;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::How;
use jit::policy::Missing;
use jit::policy::Opinion;
use jit::policy::Policy;
use jit::policy::Refusal;
use jit::policy::compiling::starter;

use crate::policy::world;
use crate::policy::world::name;

fn yes(by: &str) -> Opinion {
    Opinion::new(name(by), Verdict::Approve)
}

fn no(by: &str) -> Opinion {
    Opinion { verdict: Verdict::Deny, ..yes(by) }
}

fn at_most(by: &str, duration: &str) -> Opinion {
    Opinion { duration: Some(duration.parse().unwrap()), ..yes(by) }
}

fn ask_as(policy: &Policy, who: &str, reviews: &[Opinion]) -> Decision {
    let (who, role) = (name(who), name("prod-admin"));
    policy.decide(&Asking { reason: "INC-42", reviews, ..world::asking(&who, &role, "1h") })
}

fn ask(policy: &Policy, reviews: &[Opinion]) -> Decision {
    ask_as(policy, "ana", reviews)
}

fn approved(by: &[&str]) -> Decision {
    let by: Vec<Name> = by.iter().map(|person| name(person)).collect();
    let how = if by.is_empty() { How::NoneNeeded } else { How::Reviews };
    Decision::Approved { duration: "1h".parse().unwrap(), scope: None, by, how }
}

fn needs(demands: &[(&str, &[&str])]) -> Decision {
    let missing = demands.iter().map(|(demand, people)| Missing {
        demand: (*demand).to_owned(),
        could_help: people.iter().map(|person| name(person)).collect(),
    });
    Decision::NeedsApproval { missing: missing.collect() }
}

const BOTH: &str =
    "requesters = [\"group:dev\"]\napproval = { all = [\"1 of group:sre\", \"1 of group:security\"] }";

#[test]
fn one_person_in_two_groups_is_not_two_approvals() {
    let policy = world::compile(BOTH);
    // dee fills one of the two. Then cy could fill the first, and dee the second.
    assert_eq!(ask(&policy, &[yes("dee")]), needs(&[("1 of group:security", &["cy", "eve"])]));
    assert_eq!(ask(&policy, &[yes("dee"), yes("dee")]), ask(&policy, &[yes("dee")]));
    assert_eq!(ask(&policy, &[yes("dee"), yes("cy")]), approved(&["dee", "cy"]));
    assert_eq!(ask(&policy, &[yes("dee"), yes("eve")]), approved(&["dee", "eve"]));
    assert_eq!(ask(&policy, &[yes("cy"), yes("eve"), yes("dee")]), approved(&["cy", "eve"]));
}

#[test]
fn the_requester_never_counts() {
    let rule = "requesters = [\"group:sre\", \"group:dev\"]\napproval = \"1 of group:sre\"";
    let policy = world::compile(rule);
    assert_eq!(ask_as(&policy, "cy", &[yes("cy")]), needs(&[("1 of group:sre", &["dee"])]));
    assert_eq!(ask_as(&policy, "cy", &[yes("cy"), yes("dee")]), approved(&["dee"]));
    let role = policy.role(&name("prod-admin")).unwrap();
    assert_eq!(policy.eligible_reviewers(role, &name("cy")), [name("dee")]);
    let may = |requester| policy.may_review_way(&name("cy"), role, Action::Request, None, &name(requester));
    assert!(!may("cy") && may("dee"));
}

#[test]
fn a_denial_ends_it_and_the_ineligible_have_no_say() {
    let policy = world::compile(BOTH);
    assert_eq!(ask(&policy, &[yes("cy"), yes("eve"), no("dee")]), Decision::Denied { by: name("dee") });
    // A weakly signed denial still denies.
    let weak = Opinion { assurance: Assurance::Account, ..no("dee") };
    assert_eq!(ask(&policy, &[yes("cy"), yes("eve"), weak]), Decision::Denied { by: name("dee") });
    let noise = [no("bo"), no("ana"), no("nobody"), yes("fay"), yes("bo"), yes("ana"), yes("nobody")];
    assert_eq!(ask(&policy, &noise), ask(&policy, &[]));
    assert_eq!(
        ask(&policy, &[]),
        needs(&[("1 of group:sre", &["cy", "dee"]), ("1 of group:security", &["dee", "eve"])])
    );
}

#[test]
fn reviews_narrow_the_duration_and_never_widen_it() {
    let policy = world::compile("requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"");
    let duration = |reviews: &[Opinion]| match ask(&policy, reviews) {
        Decision::Approved { duration, .. } => duration.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(duration(&[at_most("cy", "30m")]), "30m");
    assert_eq!(duration(&[at_most("cy", "4h")]), "1h");
    // Each of the two suffices alone: the narrower one applies, in any order.
    assert_eq!(duration(&[yes("dee"), at_most("cy", "30m")]), "30m");
    assert_eq!(duration(&[at_most("cy", "30m"), yes("dee")]), "30m");
    // A person who is not eligible narrows nothing.
    assert_eq!(duration(&[yes("dee"), at_most("bo", "5m")]), "1h");
}

#[test]
fn only_what_is_signed_strongly_enough_counts() {
    let policy = world::compile(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre, person:dee-two, person:gus\"\nsigned = \"touch\"",
    );
    // Only dee-two has a hardware key, so only they could help.
    let waiting = needs(&[("1 of group:sre, person:dee-two, person:gus", &["dee-two"])]);
    assert_eq!(ask(&policy, &[]), waiting);
    assert_eq!(ask(&policy, &[yes("cy"), yes("dee-two")]), waiting);
    let touched = Opinion { assurance: Assurance::Touch, ..yes("dee-two") };
    assert_eq!(ask(&policy, &[touched]), approved(&["dee-two"]));
}

#[test]
fn where_nobody_reviews_the_request_itself_must_be_signed() {
    let policy = world::compile("requesters = [\"group:dev\"]\napproval = \"none\"\nsigned = \"touch\"");
    let refused = Refusal::Assurance { role: name("prod-admin"), demanded: Assurance::Touch };
    assert_eq!(ask(&policy, &[]), Decision::Refused(refused));
    let who = name("ana");
    let role = name("prod-admin");
    let asking = Asking { reason: "INC-42", assurance: Assurance::Touch, ..world::asking(&who, &role, "1h") };
    assert_eq!(policy.decide(&asking), approved(&[]));
}

#[test]
fn what_may_not_be_asked_for_is_refused() {
    let policy = world::compile(
        "requesters = [\"group:dev\", \"person:gus\"]\napproval = \"1 of group:sre\"\nmax_duration = \"2h\"\n\
         reason = { pattern = '^(INC|CHG)-\\d+\\b', hint = \"start with a ticket\" }\naliases = [\"old-admin\"]",
    );
    let ask = |who: &str, role: &str, duration: &str, reason: &str| {
        let (who, role): (Name, Name) = (name(who), name(role));
        match policy.decide(&Asking { reason, ..world::asking(&who, &role, duration) }) {
            Decision::Refused(refusal) => refusal.to_string(),
            Decision::NeedsApproval { .. } => "needs approval".to_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ask("zoe", "prod-admin", "1h", "INC-1"), "zoe is not in the policy");
    assert_eq!(ask("ana", "nothing", "1h", "INC-1"), "there is no role nothing");
    assert_eq!(ask("fay", "prod-admin", "1h", "INC-1"), "fay may not ask for prod-admin");
    assert_eq!(
        ask("ana", "prod-admin", "2h1s", "INC-1"),
        "2h1s is longer than the 2h that prod-admin allows"
    );
    for reason in ["", " ", "INC-", "see INC-1"] {
        assert_eq!(
            ask("ana", "prod-admin", "1h", reason),
            "prod-admin needs another reason: start with a ticket"
        );
    }
    assert_eq!(ask("ana", "prod-admin", "2h", "INC-1 now"), "needs approval");
    assert_eq!(ask("gus", "old-admin", "2h", "CHG-77"), "needs approval");
}

#[test]
fn a_reason_is_required_unless_the_role_says_otherwise() {
    let silent = |policy: &Policy| {
        let (who, role) = (name("ana"), name("prod-admin"));
        policy.decide(&Asking { reason: " ", ..world::asking(&who, &role, "1h") })
    };
    let rule = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";
    assert!(matches!(silent(&world::compile(rule)), Decision::Refused(Refusal::Reason { .. })));
    let optional = world::compile(&format!("{rule}\nreason = \"optional\""));
    assert!(matches!(silent(&optional), Decision::NeedsApproval { .. }));
}

#[test]
fn equally_near_ways_are_all_named() {
    let policy = world::compile(
        "requesters = [\"group:dev\"]\n\
         approval = { any = [\"1 of person:fay\", \"2 of group:sre\", \"1 of group:security\"] }",
    );
    assert_eq!(
        ask(&policy, &[]),
        needs(&[("either 1 of person:fay or 1 of group:security", &["dee", "eve", "fay"])])
    );
    assert_eq!(
        ask(&policy, &[yes("cy")]),
        needs(&[("either 1 of person:fay or 1 of group:sre or 1 of group:security", &["dee", "eve", "fay"])])
    );
    let rule = &policy.role(&name("prod-admin")).unwrap().approval;
    assert_eq!(rule.to_string(), "either 1 of person:fay or 2 of group:sre or 1 of group:security");
}

#[test]
fn rules_read_as_they_are_meant() {
    let shown = |approval: &str| {
        let policy = world::compile(&format!("requesters = [\"group:dev\"]\napproval = {approval}"));
        policy.role(&name("prod-admin")).unwrap().approval.to_string()
    };
    assert_eq!(shown("\"none\""), "none");
    assert_eq!(shown("\"2 of group:sre,person:fay\""), "2 of group:sre, person:fay");
    assert_eq!(
        shown("{ all = [\"1 of group:sre\", { any = [\"1 of group:security\", \"2 of group:dev\"] }] }"),
        "1 of group:sre and (either 1 of group:security or 2 of group:dev)"
    );
    assert_eq!(shown("{ all = [{ any = [\"1 of group:sre\"] }] }"), "1 of group:sre");
}

#[test]
fn auditors_and_requesters_are_who_the_policy_says() {
    let mut files = world::with_role("requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"");
    files.insert("access.toml".to_owned(), b"version = 1\nauditors = [\"group:auditors\"]\n".to_vec());
    let policy = Policy::compile(files).unwrap();
    let role = policy.role(&name("prod-admin")).unwrap();
    assert!(policy.may_audit(&name("fay")) && !policy.may_audit(&name("ana")));
    assert!(policy.may_request(&name("bo"), role) && !policy.may_request(&name("fay"), role));
    assert!(!policy.may_audit(&name("nobody")) && !policy.may_request(&name("nobody"), role));
    assert_eq!(policy.person_of_key(&world::fingerprint(4)).unwrap().name, name("dee"));
    assert!(policy.person_of_key(&world::fingerprint(77)).is_none());
    assert_eq!(policy.person(&name("dee")).unwrap().groups, ["leads", "security", "sre"].map(name));
    assert_eq!(policy.members(&name("sre")), ["cy", "dee"].map(name));
}

#[test]
fn a_first_policy_loads_and_says_what_it_lacks() {
    let targets = [
        "aws:arn:aws:iam::111122223333:role/example-admin?region=eu-west-1",
        "sandbox:arn:aws:iam::000000000001:role/x?endpoint_url=http://127.0.0.1:4000",
    ];
    for target in targets {
        let target = target.parse().unwrap();
        let files =
            starter::files(&name("ana@example.com"), "Ana \"P\" \\ Pires", &world::key_line(1), &target);
        let bytes = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
        let policy = Policy::compile(bytes).unwrap();
        let ana = policy.person(&name("ana@example.com")).unwrap();
        assert_eq!(ana.label, "Ana \"P\" \\ Pires");
        assert_eq!(policy.role(&name(starter::ROLE)).unwrap().target, target);
        insta::allow_duplicates! {
            insta::assert_snapshot!(starter::missing(&policy).join("\n"), @r#"role example-admin: nobody but ana@example.com can approve, and nobody approves their own request. Add a second person to people.toml, with a line that `ssh-add -L` prints for them, and to the groups in "1 of group:approvers""#);
        }
        assert!(gates(&policy).is_empty(), "a fresh start checks clean");
        let all = policy.all_lints();
        let allowed: Vec<_> =
            all.iter().filter(|lint| lint.allowed.is_some()).map(|lint| lint.name).collect();
        assert_eq!(allowed, ["impossible-gate"]);

        let mut grown = files.clone();
        let people = grown.get_mut("people.toml").unwrap();
        *people = people
            .replace("approvers  = [\"ana@example.com\"]", "approvers  = [\"ana@example.com\", \"bo\"]");
        people.push_str(&format!("[people.bo]\nkeys = [\"{}\"]\n", world::key_line(2)));
        let policy =
            Policy::compile(grown.into_iter().map(|(path, text)| (path, text.into_bytes())).collect())
                .unwrap();
        assert!(starter::missing(&policy).is_empty() && gates(&policy).is_empty());
    }
}

/// The lints about gates. The other lints have tests of their own.
fn gates(policy: &Policy) -> Vec<jit::policy::Lint> {
    policy.lints().into_iter().filter(|lint| lint.name.ends_with("-gate")).collect()
}

#[test]
fn gates_that_make_no_sense_are_pointed_out() {
    let lints = |lines: &str| {
        let found = gates(&world::compile(lines));
        found
            .iter()
            .map(|lint| format!("{:?} {}", lint.severity, lint.problem))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(lints("requesters = [\"group:sre\", \"group:dev\"]\napproval = \"2 of group:sre\""), @r#"
    Error roles/prod-admin.toml:2:12: requests by cy, dee can never be approved: without the requester, too few people can give 2 of group:sre
      hint: add people to these groups, with keys that are strong enough; nobody approves their own request
    "#);
    insta::assert_snapshot!(lints("requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nsigned = \"touch\""), @r#"
    Error roles/prod-admin.toml:2:12: requests by ana, bo can never be approved: without the requester, too few people can give 1 of group:sre
      hint: add people to these groups, with keys that are strong enough; nobody approves their own request
    "#);
    insta::assert_snapshot!(lints("requesters = [\"group:dev\"]\napproval = \"none\""), @r#"
    Warning roles/prod-admin.toml:2:12: a role that looks like production or administration needs no approval
      hint: write approval = "1 of group:NAME"
    "#);
    assert_eq!(lints("requesters = [\"group:dev\"]\napproval = \"2 of group:sre\""), "");
}
