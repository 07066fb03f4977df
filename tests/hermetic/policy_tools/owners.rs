//! `more-by-agent`: what an owner has by their agent, and has not alone, in the same situation with the same reviews.

use jiff::Timestamp;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Policy;
use jit::policy::Refusal;
use proptest::prelude::*;

use crate::policy_tools::stage;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::with;

const BOTH: &str = "requesters = [\"group:dev\", \"agents-of:group:dev\"]\n";
const AGENTS: &str = "requesters = [\"agents-of:group:dev\"]\n";
const REVIEWED: &str = "approval = \"1 of group:sre\"\n";
const FREE: &str = "approval = \"none\"\n";
const FACTS: &str = "version = 1\n[facts.oncall]\nfile = \"/oncall.json\"\nmax_age = \"5m\"\n";

fn told_of(policy: &Policy) -> Vec<String> {
    let lints = policy.lints().into_iter().filter(|lint| lint.name == "more-by-agent");
    lints.map(|lint| lint.problem.message).collect()
}

/// What is found in a role of these lines, with this organisation's rule.
fn told(lines: &str, rule: &str) -> String {
    let bot = format!("[agents.bot]\nof = \"ana\"\nkeys = [\"{}\"]\n", stage::key(50));
    let people = format!("{}{bot}", stage::usual_people());
    let (head, when) = lines.split_at(lines.find("[when]").unwrap_or(lines.len()));
    let lines = format!("{head}reason = \"optional\"\n{}{when}", stage::TARGET);
    let files =
        with(files(&people, &[("thing", &lines)]), &[("rules/r.cedar", rule), ("access.toml", FACTS)]);
    told_of(&stage::policy(files)).join("; ")
}

fn automatic(condition: &str) -> String {
    format!("{BOTH}{REVIEWED}[when]\nauto_approve = '''{condition}'''\n")
}

#[test]
fn what_an_owner_has_by_their_agent_alone_is_told() {
    let bot = "bot (agent of ana)";
    for (lines, rule, says) in [
        (format!("{AGENTS}{FREE}"), "", format!("{bot} gets thing without a review, and its owner does not")),
        (
            automatic("principal is Agent && context.hour < 6"),
            "",
            format!("{bot} gets thing without a review, and its owner does not, as on 2026-06-01 05:30 UTC"),
        ),
        (
            automatic(
                "context has requester && context.requester == Person::\"ana\" && !(principal is Person)",
            ),
            "",
            format!("{bot} gets thing without a review, and its owner does not"),
        ),
        (
            automatic("!(principal in Group::\"dev\") && context.duration <= duration(\"15m\")"),
            "",
            format!("{bot} gets thing without a review, and its owner does not, as for 14m59s"),
        ),
        (
            automatic("principal is Agent && context.facts.oncall"),
            "",
            format!("{bot} gets thing without a review, and its owner does not, as while oncall holds"),
        ),
        (
            format!("{BOTH}{REVIEWED}"),
            "forbid (principal in Group::\"dev\", action == Action::\"request\", resource) when { context.hour < 6 };",
            format!(
                "{bot} may ask for thing, and its owner may not: rules/r.cedar:1:1 refuses it, as on 2026-06-01 05:30 UTC"
            ),
        ),
        (
            format!("{AGENTS}{REVIEWED}"),
            "forbid (principal in Group::\"dev\", action == Action::\"request\", resource);",
            format!("{bot} may ask for thing, and its owner may not: rules/r.cedar:1:1 refuses it"),
        ),
        (
            format!("{BOTH}{REVIEWED}[when]\nrequest = \"principal is Agent\"\n"),
            "",
            format!("{bot} may ask for thing, and its owner may not: [when] request of thing refuses it"),
        ),
        (
            format!("{BOTH}{REVIEWED}"),
            "forbid (principal, action == Action::\"review\", resource) unless { context.agent };",
            format!("{bot} can have thing reviewed by cy, and its owner cannot"),
        ),
        (
            format!("{AGENTS}{REVIEWED}"),
            "permit (principal is Agent, action == Action::\"auto_approve\", resource) when { context.reason like \"INC-*\" };",
            format!("{bot} gets thing without a review, and its owner does not, as with the reason \"INC-\""),
        ),
    ] {
        let found = told(&lines, rule);
        assert_eq!(
            found.split("; ").find(|found| found.starts_with(bot)),
            Some(says.as_str()),
            "{lines}{rule}"
        );
    }
}

#[test]
fn what_owners_have_as_well_is_not_told() {
    for (lines, rule) in [
        (format!("{BOTH}{FREE}"), ""),
        (format!("{AGENTS}{REVIEWED}"), ""),
        // No agent gives a touch.
        (format!("{AGENTS}{FREE}signed = \"touch\"\n"), ""),
        // A role that refuses every person is meant for agents.
        (format!("{AGENTS}{REVIEWED}[when]\nrequest = \"principal is Agent\"\n"), ""),
        (automatic("context.hour < 6"), ""),
        (automatic("principal.oncall || context has requester && context.requester.oncall"), ""),
        (automatic("context has requester && context.requester in Group::\"dev\""), ""),
        (automatic("principal is Person && context.hour < 6"), ""),
        (automatic("!context.agent"), ""),
        (
            format!("{BOTH}{REVIEWED}"),
            "forbid (principal, action == Action::\"request\", resource) when { context has requester && context.requester in Group::\"dev\" && context.hour < 6 };",
        ),
        (
            format!("{BOTH}{FREE}"),
            "forbid (principal is Agent, action == Action::\"request\", resource) when { context.hour < 6 };",
        ),
        (
            format!("{BOTH}{REVIEWED}"),
            "forbid (principal in Group::\"security\", action == Action::\"review\", resource);",
        ),
    ] {
        assert_eq!(told(&lines, rule), "", "{lines}{rule}");
    }
}

/// The role's name says nothing, and there is no agent yet.
#[test]
fn a_role_for_agents_is_looked_at_before_there_is_one() {
    let people = format!("[people.gil]\ngithub = 7\n{}", stage::usual_people());
    let role = |lines: &str| told_of(&stage::policy(files(&people, &[("thing", lines)])));
    let found = role(&format!("{AGENTS}{FREE}"));
    assert_eq!(found, ["an agent of ana gets thing without a review, and its owner does not"]);
    // The owner has no key that the role demands, and an agent has one.
    let of_gil = "requesters = [\"person:gil\", \"agents-of:person:gil\"]\napproval = \"none\"\n";
    let found = role(&format!("{of_gil}signed = \"key\""));
    assert_eq!(found, ["an agent of gil gets thing without a review, and its owner does not"]);
    assert_eq!(role(&format!("{of_gil}signed = \"account\"")), [""; 0]);
    // What the owner has by another role that opens as much is nothing more.
    let narrow = format!("{AGENTS}{FREE}max_duration = \"1h\"\n");
    let wide = |lines: &str| {
        let roles = [("thing", narrow.as_str()), ("wide", lines)];
        told_of(&stage::policy(files(&people, &roles)))
    };
    assert_eq!(wide("requesters = [\"group:dev\"]\napproval = \"none\""), [""; 0]);
    assert_eq!(wide("requesters = [\"group:dev\"]\napproval = \"none\"\nmax_duration = \"30m\"").len(), 1);
    assert_eq!(wide("requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"").len(), 1);
}

/// The sample company, if its developers' agents may ask for all that they may ask for: its rule for contractors, which names a
/// group, is the one thing that their agents get round.
#[test]
fn the_sample_company_with_agents_has_one_kind_of_finding() {
    let company = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/company/access");
    let policy = Policy::load(&company).unwrap();
    assert_eq!(told_of(&policy), [""; 0]);
    let mut files = (*policy.files).clone();
    for (path, content) in &mut files {
        if path.starts_with("roles/") && path.ends_with(".toml") {
            let text = String::from_utf8(content.clone()).unwrap();
            // The first is the role's own; break-glass is for people.
            let (before, rest) = text.split_once("requesters").unwrap();
            let (list, after) = rest.split_once(']').unwrap();
            let groups = list.split('"').filter(|word| word.starts_with("group:"));
            let agents: String = groups.map(|group| format!(", \"agents-of:{group}\"")).collect();
            *content = format!("{before}requesters{list}{agents}]{after}").into_bytes();
        }
    }
    let found = told_of(&stage::policy(files.clone()));
    // Kit is the contractor.
    let is_of_kit = |told: &String| told.starts_with("an agent of kit ");
    assert!(found.iter().all(is_of_kit), "{found:#?}");
    assert!(found.iter().any(|told| told.contains("rules/contractors.cedar")), "{found:#?}");
    // Written so that it holds for agents too, nothing is found.
    let rules = String::from_utf8(files["rules/contractors.cedar"].clone()).unwrap();
    let mended: String = rules
        .replace("principal in Group::\"contractors\"", "principal")
        .replace(
            "unless {",
            "when { context has requester && context.requester in Group::\"contractors\" }\nunless {",
        )
        .replace(
            "when { resource.tags",
            "when { context has requester && context.requester in Group::\"contractors\" && resource.tags",
        );
    files.insert("rules/contractors.cedar".to_owned(), mended.into_bytes());
    assert_eq!(told_of(&stage::policy(files)), [""; 0]);
}

/// A condition that every actor's schema allows, and that rests on no claim.
fn condition() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        Just("context.hour < 6".to_owned()),
        Just("context.hour >= 18".to_owned()),
        Just("context.weekday == Weekday::\"friday\"".to_owned()),
        Just("context.duration <= duration(\"30m\")".to_owned()),
        Just("context.duration > duration(\"1h\")".to_owned()),
        Just("principal is Agent".to_owned()),
        Just("principal is Person".to_owned()),
        Just("principal in Group::\"dev\"".to_owned()),
        Just("(context has requester && context.requester in Group::\"dev\")".to_owned()),
        Just("(principal is Agent && principal.owner == Person::\"ana\")".to_owned()),
        Just("principal == Agent::\"bot\"".to_owned()),
    ];
    atom.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("!({one})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} && {other})")),
            (inner.clone(), inner).prop_map(|(one, other)| format!("({one} || {other})")),
        ]
    })
}

fn policies() -> impl Strategy<Value = String> {
    let requesters = prop_oneof![
        Just("\"group:dev\", \"agent:bot\""),
        Just("\"agent:bot\""),
        Just("\"group:sre\", \"agents-of:group:dev\""),
    ];
    let approval = prop_oneof![Just("none"), Just("1 of group:sre")];
    let optional = || proptest::option::of(condition());
    (requesters, approval, optional(), optional()).prop_map(|(requesters, approval, request, automatic)| {
        let when = |name: &str, condition: Option<String>| {
            condition.map_or_else(String::new, |condition| format!("{name} = '''{condition}'''\n"))
        };
        format!(
            "requesters = [{requesters}]\napproval = \"{approval}\"\nreason = \"optional\"\nmax_duration = \"4h\"\n{}[when]\n{}{}",
            stage::TARGET,
            when("request", request),
            when("auto_approve", automatic)
        )
    })
}

/// Whether an agent has more than its owner at any of many times and durations, by the decisions themselves.
fn has_more(policy: &Policy) -> bool {
    let name = |text: &str| text.parse::<jit::grant::Name>().unwrap();
    let (role, bot, ana, fay) = (name("thing"), name("bot"), name("ana"), name("fay"));
    let is_listed = policy.may_request(&ana, policy.role(&role).unwrap());
    let refused = |decision: &Decision| {
        matches!(decision, Decision::Refused(Refusal::Condition { .. } | Refusal::Failed { .. }))
    };
    let mut times = [1, 5, 7].into_iter().flat_map(|day| {
        [0, 5, 6, 12, 17, 18, 23]
            .map(|hour| format!("2026-06-0{day}T{hour:02}:30:00Z").parse::<Timestamp>().unwrap())
    });
    times.any(|now| {
        ["30m", "1h", "2h"].into_iter().any(|duration| {
            let decide = |who| policy.decide(&Asking::new(who, &role, duration.parse().unwrap(), now));
            let [agent, owner, stranger] = [decide(&bot), decide(&ana), decide(&fay)];
            let is_approved = |decision: &Decision| matches!(decision, Decision::Approved { .. });
            let unreviewed = is_approved(&agent) && !is_approved(&owner);
            let asks = !matches!(agent, Decision::Refused(_)) && refused(&owner);
            unreviewed || asks && (is_listed || !refused(&stranger))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The lint says it if and only if decisions show it.
    #[test]
    fn the_lint_agrees_with_the_decisions(role in policies(), forbidden in proptest::option::of(condition())) {
        let bot = format!("[agents.bot]\nof = \"ana\"\nkeys = [\"{}\"]\n", stage::key(50));
        let people = format!("{}{bot}", stage::usual_people());
        let rule = forbidden.map_or_else(String::new, |condition| {
            format!("forbid (principal, action in [Action::\"request\", Action::\"extend\"], resource) when {{ {condition} }};")
        });
        let files = with(files(&people, &[("thing", &role)]), &[("rules/r.cedar", &rule)]);
        let policy = stage::policy(files);
        // Another member of the group, for whom an agent is assumed, is like ana but for the name.
        let found = told_of(&policy).iter().any(|told| told.starts_with("bot"));
        prop_assert_eq!(found, has_more(&policy), "{}\n{}", role, rule);
    }
}
