//! Conditions: whom they let in, whom they keep out, and every way to get round one.

use std::collections::BTreeSet;

use jit::grant::Assurance;
use jit::grant::Verdict;
use jit::policy::Action;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Facts;
use jit::policy::How;
use jit::policy::Opinion;
use jit::policy::Policy;
use jit::policy::Refusal;

use crate::policy::world;
use crate::policy::world::name;

const ACCESS: &str = "version = 1\ntime_zone = \"Europe/Lisbon\"\n[facts.oncall]\nfile = \"/run/oncall.json\"\nmax_age = \"5m\"\n";

/// One role with `[when]` lines and organisation-wide rules.
fn policy(when: &str, rules: &str) -> Policy {
    let role = format!(
        "requesters = [\"group:dev\", \"workload:deploy\"]\napproval = \"1 of group:sre\"\n[when]\n{when}"
    );
    let mut files = world::with_role(&role);
    files.insert("access.toml".to_owned(), ACCESS.as_bytes().to_vec());
    let people = format!("{}{}", world::people(), WORKLOAD);
    files.insert("people.toml".to_owned(), people.into_bytes());
    if !rules.is_empty() {
        files.insert("rules/all.cedar".to_owned(), rules.as_bytes().to_vec());
    }
    Policy::compile(files).unwrap()
}

const WORKLOAD: &str = "[workloads.deploy]\noidc = { issuer = \"https://token.actions.githubusercontent.com\", repository_id = \"1234\", environment = \"deploy\" }\n";

fn oncall(people: &[&str], fetched: &str) -> Facts {
    let mut facts = Facts::none();
    let people: BTreeSet<_> = people.iter().map(|person| name(person)).collect();
    facts.insert("oncall", people, fetched.parse().unwrap());
    facts
}

/// The decision for ana for an hour on a Monday at noon, in words.
fn ask(policy: &Policy, change: impl Fn(&mut Asking<'_>)) -> String {
    let (who, role) = (name("ana"), name("prod-admin"));
    let mut asking = Asking { reason: "INC-42", ..world::asking(&who, &role, "1h") };
    change(&mut asking);
    words(policy.decide(&asking))
}

fn words(decision: Decision) -> String {
    match decision {
        Decision::Refused(refusal) => refusal.to_string(),
        Decision::NeedsApproval { missing } => format!("needs {}", missing[0].demand),
        Decision::Approved { how: How::Automatic { rule }, .. } => format!("by itself: {rule}"),
        other => format!("{other:?}"),
    }
}

const NEEDS: &str = "needs 1 of group:sre";
const CLOSED: &str = "prod-admin is refused by [when] request of prod-admin";
const ITSELF: &str = "by itself: [when] auto_approve of prod-admin";

#[test]
fn hours_are_those_of_the_policys_time_zone_in_summer_and_winter() {
    let policy = policy("request = \"context.hour >= 6 && context.hour < 22\"", "");
    let at = |instant: &str| ask(&policy, |asking| asking.now = instant.parse().unwrap());
    assert_eq!(policy.time_zone(), "Europe/Lisbon");
    // Winter: Lisbon is UTC. Summer: an hour ahead.
    assert_eq!(at("2026-11-23T05:59:59Z"), CLOSED);
    assert_eq!(at("2026-11-23T06:00:00Z"), NEEDS);
    assert_eq!(at("2026-07-01T04:59:59Z"), CLOSED);
    assert_eq!(at("2026-07-01T05:00:00Z"), NEEDS);
    assert_eq!(at("2026-07-01T20:59:59Z"), NEEDS);
    assert_eq!(at("2026-07-01T21:00:00Z"), CLOSED);
    // The hour that occurs twice on the last Sunday of October, and the one that is missing in March.
    let twice = policy_of_hour(1);
    let at = |instant: &str| ask(&twice, |asking| asking.now = instant.parse().unwrap());
    assert_eq!(at("2026-10-25T00:30:00Z"), NEEDS);
    assert_eq!(at("2026-10-25T01:30:00Z"), NEEDS);
    assert_eq!(at("2026-10-25T02:30:00Z"), CLOSED);
    assert_eq!(at("2026-03-29T00:59:59Z"), CLOSED);
    assert_eq!(at("2026-03-29T01:00:00Z"), CLOSED);
    assert_eq!(ask(&policy_of_hour(2), |asking| asking.now = "2026-03-29T01:00:00Z".parse().unwrap()), NEEDS);
}

fn policy_of_hour(hour: u8) -> Policy {
    policy(&format!("request = \"context.hour == {hour}\""), "")
}

#[test]
fn weekdays_are_typed_and_local() {
    let policy = policy("request = 'context.weekday in [Weekday::\"saturday\", Weekday::\"sunday\"]'", "");
    let at = |instant: &str| ask(&policy, |asking| asking.now = instant.parse().unwrap());
    assert_eq!(at("2026-11-20T23:59:59Z"), CLOSED);
    assert_eq!(at("2026-11-21T00:00:00Z"), NEEDS);
    assert_eq!(at("2026-07-03T23:00:00Z"), NEEDS, "midnight of Saturday in Lisbon in summer");
    assert_eq!(at("2026-11-23T00:00:00Z"), CLOSED);
}

#[test]
fn every_part_of_the_context_is_there() {
    let holds = |condition: &str| {
        let policy = policy(&format!("request = '''{condition}'''"), "");
        ask(&policy, |asking| {
            asking.source = Some("::ffff:10.1.2.3".parse().unwrap());
            asking.reason = "INC-42 \"quoted\"";
        }) == NEEDS
    };
    for condition in [
        "context.duration <= duration(\"1h\") && context.duration > duration(\"59m59s\")",
        "context.now > datetime(\"2026-11-23T11:59:59Z\") && context.now.toDate() == datetime(\"2026-11-23\")",
        "context.reason like \"INC-*\"",
        "!(context has ticket) && !(context has scope)",
        "context has source_ip && context.source_ip.isInRange(ip(\"10.0.0.0/8\"))",
        "context.interactive && !context.agent",
        "!context.facts.oncall && !principal.oncall",
        "principal in Group::\"dev\" && !(principal in Group::\"sre\")",
        "context has requester && context.requester in Group::\"dev\"",
        "resource.name == \"prod-admin\" && resource.cloud == \"aws\" && resource.account == \"111122223333\"",
        "resource.account_name == \"\" && resource.owner == \"\" && resource.tags.isEmpty()",
        "principal is Person && resource == Role::\"prod-admin\"",
    ] {
        assert!(holds(condition), "{condition}");
        assert!(!holds(&format!("!({condition})")), "{condition}");
    }
}

#[test]
fn a_ticket_is_what_the_reasons_pattern_finds() {
    let role = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = { pattern = '^(INC|CHG)-\\d+' }\n[when]\nrequest = 'context has ticket && context.ticket == \"INC\"'";
    let policy = world::compile(role);
    assert_eq!(ask(&policy, |_| {}), NEEDS);
    assert_eq!(ask(&policy, |asking| asking.reason = "CHG-42"), CLOSED);
    let whole = world::compile(&role.replace("(INC|CHG)", "(?:INC|CHG)").replace("\"INC\"", "\"CHG-7\""));
    assert_eq!(ask(&whole, |asking| asking.reason = "CHG-7 now"), NEEDS);
}

#[test]
fn facts_are_false_when_absent_old_or_of_somebody_else() {
    let policy =
        policy("auto_approve = \"principal.oncall && context.duration <= duration(\\\"1h\\\")\"", "");
    let with = |facts: &Facts| {
        let (who, role) = (name("ana"), name("prod-admin"));
        words(policy.decide(&Asking { reason: "x", facts, ..world::asking(&who, &role, "1h") }))
    };
    assert_eq!(with(&oncall(&["ana"], "2026-11-23T11:58:00Z")), ITSELF);
    assert_eq!(with(&Facts::none()), NEEDS);
    assert_eq!(with(&oncall(&["bo"], "2026-11-23T11:58:00Z")), NEEDS);
    assert_eq!(with(&oncall(&["ana"], "2026-11-23T11:55:00Z")), ITSELF);
    assert_eq!(with(&oncall(&["ana"], "2026-11-23T11:54:58Z")), NEEDS);
    // A source whose clock is far ahead could be of any age.
    assert_eq!(with(&oncall(&["ana"], "2026-11-23T12:01:00Z")), ITSELF);
    assert_eq!(with(&oncall(&["ana"], "2026-11-23T12:01:01Z")), NEEDS);
    let facts = oncall(&["ana"], "2026-11-23T12:00:00Z");
    let (who, role) = (name("ana"), name("prod-admin"));
    let asking = Asking { reason: "x", facts: &facts, ..world::asking(&who, &role, "1h") };
    assert_eq!(words(policy.decide(&Asking { duration: "61m".parse().unwrap(), ..asking })), NEEDS);
    assert_eq!(words(policy.decide(&Asking { automatic: false, ..asking })), NEEDS);
    // Automatic approval demands the signature that it replaces. Without it, people decide.
    assert_eq!(words(policy.decide(&Asking { assurance: Assurance::Account, ..asking })), NEEDS);
    let no = Opinion::new(name("cy"), Verdict::Deny);
    let denied = policy.decide(&Asking { reviews: std::slice::from_ref(&no), ..asking });
    assert_eq!(denied, Decision::Denied { by: name("cy") });
    assert_eq!(policy.approves_by_itself(&asking), Ok(Some("[when] auto_approve of prod-admin".to_owned())));
}

#[test]
fn a_forbid_wins_and_says_where_it_stands() {
    let freeze = "// Nobody changes anything in December.\npermit(principal in Group::\"auditors\", action == Action::\"request\", resource);\n\n@reason(\"no changes in December\")\nforbid(principal, action, resource)\nwhen { context.now >= datetime(\"2026-12-01\") };\n";
    let policy = policy("auto_approve = \"true\"", freeze);
    assert_eq!(ask(&policy, |_| {}), ITSELF);
    let december = |asking: &mut Asking<'_>| asking.now = "2026-12-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        ask(&policy, december),
        "prod-admin is refused by rules/all.cedar:4:1: no changes in December"
    );
    // A permit for everybody admits people who are no requesters of any role. The approval rule still applies.
    let fay = name("fay");
    let role = name("prod-admin");
    let asking = Asking { reason: "x", ..world::asking(&fay, &role, "1h") };
    assert!(policy.may_request(&fay, policy.role(&role).unwrap()));
    assert!(!policy.may_request(&name("gus"), policy.role(&role).unwrap()));
    assert_eq!(words(policy.decide(&asking)), ITSELF);
    assert_eq!(words(policy.decide(&Asking { automatic: false, ..asking })), NEEDS);
}

#[test]
fn a_forbid_of_auto_approval_leaves_people_to_decide() {
    let policy = policy(
        "auto_approve = \"true\"",
        "forbid(principal, action == Action::\"auto_approve\", resource) when { context.agent };",
    );
    assert_eq!(ask(&policy, |_| {}), ITSELF);
    assert_eq!(ask(&policy, |asking| asking.agent = true), NEEDS);
}

#[test]
fn what_errs_denies_and_says_why() {
    // Arithmetic beyond 64 bits fails only at decision time, and Cedar skips a forbid that fails.
    let overflow = "context.hour + 9223372036854775807 > 5";
    let forbid = format!("forbid(principal, action == Action::\"request\", resource) when {{ {overflow} }};");
    let said = ask(&policy("", &forbid), |_| {});
    assert!(
        said.starts_with("prod-admin is refused, as rules/all.cedar:1:1 could not be evaluated: "),
        "{said}"
    );
    assert!(said.contains("overflow"), "{said}");
    let said = ask(&policy(&format!("request = \"{overflow}\""), ""), |_| {});
    assert!(said.contains("as [when] request of prod-admin could not be evaluated"), "{said}");
    // A permit that fails beside one that holds: still refused.
    let permit = format!("permit(principal, action == Action::\"request\", resource) when {{ {overflow} }};");
    assert!(ask(&policy("", &permit), |_| {}).contains("could not be evaluated"));
    // If only the automatic approval fails, people decide, and the requester is told.
    let automatic = policy(&format!("auto_approve = \"{overflow}\""), "");
    assert_eq!(ask(&automatic, |_| {}), NEEDS);
    let (who, role) = (name("ana"), name("prod-admin"));
    let asking = Asking { reason: "x", ..world::asking(&who, &role, "1h") };
    assert!(matches!(automatic.approves_by_itself(&asking), Err(Refusal::Failed { .. })));
}

#[test]
fn what_a_client_says_of_itself_only_denies() {
    let stricter = policy("request = \"context.interactive && !context.agent\"", "");
    assert_eq!(ask(&stricter, |_| {}), NEEDS);
    assert_eq!(ask(&stricter, |asking| asking.interactive = false), CLOSED);
    assert_eq!(ask(&stricter, |asking| asking.agent = true), CLOSED);
    // Nobody meets a condition that only an agent would meet.
    let odd = policy("request = \"context.agent || !context.interactive\"", "");
    for (interactive, agent) in [(true, false), (true, true), (false, false), (false, true)] {
        assert_eq!(
            ask(&odd, |asking| {
                asking.interactive = interactive;
                asking.agent = agent;
            }),
            CLOSED
        );
    }
}

#[test]
fn conditions_may_keep_people_from_reviewing() {
    let policy = policy(
        "",
        "forbid(principal in Group::\"leads\", action == Action::\"review\", resource)\nwhen { context has requester && context.requester in Group::\"dev\" };",
    );
    let (who, role) = (name("ana"), name("prod-admin"));
    let asking = Asking { reason: "x", ..world::asking(&who, &role, "1h") };
    // dee is a lead, so neither their approval nor their denial counts, and they are not named as possible reviewers.
    for verdict in [Verdict::Approve, Verdict::Deny] {
        let word = [Opinion::new(name("dee"), verdict)];
        match policy.decide(&Asking { reviews: &word, ..asking }) {
            Decision::NeedsApproval { missing } => assert_eq!(missing[0].could_help, [name("cy")]),
            other => panic!("{other:?}"),
        }
    }
    let yes = [Opinion::new(name("cy"), Verdict::Approve)];
    assert!(matches!(policy.decide(&Asking { reviews: &yes, ..asking }), Decision::Approved { .. }));
    assert!(policy.let_review(&asking, &name("dee")).is_err());
    assert_eq!(policy.let_review(&asking, &name("cy")), Ok(()));
    assert_eq!(policy.let_revoke(&asking, &name("dee")), Ok(()));
}

#[test]
fn workloads_ask_and_never_review() {
    let policy = policy("request = \"principal is Workload || context.hour == 12\"", "");
    let (who, role) = (name("deploy"), name("prod-admin"));
    let at_night = "2026-11-23T03:00:00Z".parse().unwrap();
    let asking = Asking { reason: "x", now: at_night, ..world::asking(&who, &role, "1h") };
    assert_eq!(words(policy.decide(&asking)), NEEDS);
    let word = [Opinion::new(name("deploy"), Verdict::Approve)];
    let ana = name("ana");
    let by_ana = Asking { reason: "x", reviews: &word, ..world::asking(&ana, &role, "1h") };
    assert_eq!(words(policy.decide(&by_ana)), NEEDS);
    assert!(policy.may_request(&who, policy.role(&role).unwrap()));
    assert!(!policy.may_audit(&who));
    // A pipeline has no key to sign with, so it cannot have a role without reviews unless the role says "account".
    let token = Asking { assurance: Assurance::Account, action: Action::Request, ..asking };
    assert_eq!(words(policy.decide(&token)), NEEDS);
}
