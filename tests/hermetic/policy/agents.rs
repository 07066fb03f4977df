//! `[agents.NAME]`: what loads, the messages for what does not, and where agents show.

use std::collections::BTreeMap;

use jit::policy::Decision;
use jit::policy::Difference;
use jit::policy::Policy;
use jit::policy::Principal;

use super::world::ACCESS;
use super::world::asking;
use super::world::files;
use super::world::hardware_line;
use super::world::key_line;
use super::world::name;
use super::world::people;
use super::world::problems;
use super::world::role;

const ROLE: &str = "requesters = [\"group:dev\", \"agents-of:group:dev\"]\napproval = \"1 of group:sre\"\n\
                    reason = \"optional\"";

fn bot(of: &str, key: &str) -> String {
    format!("[agents.bot]\nof = \"{of}\"\nkeys = [\"{key}\"]\n")
}

fn with(agents: &str, lines: &str, rules: &str) -> BTreeMap<String, Vec<u8>> {
    files(&[
        ("access.toml", ACCESS),
        ("people.toml", &format!("{}{agents}", people())),
        ("roles/prod-admin.toml", &role(lines)),
        ("rules/all.cedar", rules),
    ])
}

#[test]
fn a_sound_agent_loads() {
    let policy = Policy::compile(with(&bot("ana", &key_line(50)), ROLE, "")).unwrap();
    let agent = policy.agent(&name("bot")).unwrap();
    assert_eq!((agent.of.as_str(), agent.keys.len()), ("ana", 1));
    assert_eq!(policy.owner_of(&name("bot")), Some(&name("ana")));
    assert_eq!(policy.owner_of(&name("ana")), None);
    assert_eq!(policy.household(&name("bot")), [&name("ana"), &name("bot")]);
    let key = &agent.keys[0].fingerprint;
    assert_eq!(policy.owner_of_key(key), Some(&name("bot")));
    assert!(policy.person_of_key(key).is_none());
    assert!(policy.person(&name("bot")).is_none());
    let prod = policy.role(&name("prod-admin")).unwrap();
    assert!(policy.may_request(&name("bot"), prod));
    assert!(!policy.may_audit(&name("bot")));
}

#[test]
fn whose_agents_a_principal_names() {
    for (requesters, may) in [
        ("group:dev", false),
        ("person:ana", false),
        ("agent:bot", true),
        ("agents-of:person:ana", true),
        ("agents-of:person:bo", false),
        ("agents-of:group:dev", true),
        ("agents-of:group:sre", false),
    ] {
        let lines =
            format!("requesters = [\"{requesters}\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"");
        let policy = Policy::compile(with(&bot("ana", &key_line(50)), &lines, "")).unwrap();
        let (bot, prod) = (name("bot"), name("prod-admin"));
        assert_eq!(policy.may_request(&bot, policy.role(&prod).unwrap()), may, "{requesters}");
        let decision = policy.decide(&asking(&bot, &prod, "1h"));
        assert_eq!(matches!(decision, Decision::NeedsApproval { .. }), may, "{requesters}: {decision:?}");
        assert_eq!(requesters.parse::<Principal>().unwrap().to_string(), requesters);
    }
    for bad in ["agents-of:ana", "agents-of:workload:x", "agents-of:agent:bot", "agent:"] {
        assert!(bad.parse::<Principal>().is_err(), "{bad}");
    }
}

#[test]
fn what_does_not_load() {
    let fresh = key_line(50);
    let two = format!("{}[agents.two]\nof = \"bo\"\nkeys = [\"{fresh}\"]\n", bot("ana", &fresh));
    for (agents, lines, said) in [
        (bot("zoe", &fresh), ROLE, "there is no person zoe"),
        (bot("ana", &key_line(1)), ROLE, "is ana's too"),
        (two, ROLE, "is bot's too"),
        (bot("ana", &hardware_line(50)), ROLE, "is in hardware"),
        (bot("ana", &fresh).replace("agents.bot", "agents.bo"), ROLE, "bo is a person or a workload already"),
        (bot("ana", &fresh).replace("keys = [", "keys = [] #"), ROLE, "an agent without a key"),
        ("[agents.bot]\nof = \"ana\"\n".to_owned(), ROLE, "keys"),
        (
            bot("ana", &fresh),
            "requesters = [\"agent:nobody\"]\napproval = \"none\"",
            "there is no agent nobody",
        ),
        (
            bot("ana", &fresh),
            "requesters = [\"group:dev\"]\napproval = \"1 of agent:bot\"",
            "an agent asks; it never reviews",
        ),
        (
            bot("ana", &fresh),
            "requesters = [\"group:dev\"]\napproval = \"1 of agents-of:group:dev\"",
            "an agent asks; it never reviews",
        ),
        (
            bot("ana", &fresh),
            "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nbreak_glass = { requesters = [\"agent:bot\"], max_duration = \"30m\" }",
            "an agent cannot be named here",
        ),
    ] {
        let problems = problems(with(&agents, lines, "")).to_string();
        assert!(problems.contains(said), "{said:?} is not in {problems}");
    }
    let mut grouped = with(&bot("ana", &fresh), ROLE, "");
    let text = String::from_utf8(grouped["people.toml"].clone()).unwrap();
    grouped.insert(
        "people.toml".to_owned(),
        text.replace("sre = [\"cy\"", "sre = [\"cy\", \"bot\"").into_bytes(),
    );
    let problems = problems(grouped).to_string();
    assert!(problems.contains("bot is an agent, and groups hold people"), "{problems}");
}

#[test]
fn conditions_see_an_agent_and_its_owner() {
    let rule = "permit (principal is Agent, action == Action::\"auto_approve\", resource)\n\
                when { principal.owner in Group::\"dev\" && context.duration <= duration(\"30m\") };\n\
                forbid (principal is Agent, action == Action::\"request\", resource)\n\
                when { principal.owner == Person::\"bo\" };\n\
                forbid (principal, action == Action::\"review\", resource)\n\
                when { context has requester && context.requester == Person::\"ana\" && principal == Person::\"dee\" };\n";
    let agents =
        format!("{}[agents.bo-bot]\nof = \"bo\"\nkeys = [\"{}\"]\n", bot("ana", &key_line(50)), key_line(51));
    let policy = Policy::compile(with(&agents, ROLE, rule)).unwrap();
    let (bot, other, prod) = (name("bot"), name("bo-bot"), name("prod-admin"));
    assert!(matches!(policy.decide(&asking(&bot, &prod, "30m")), Decision::Approved { .. }));
    let Decision::NeedsApproval { missing } = policy.decide(&asking(&bot, &prod, "1h")) else { panic!() };
    assert_eq!(
        missing[0].could_help,
        [name("cy")],
        "a rule about the owner's requests holds for the agent's"
    );
    assert!(matches!(policy.decide(&asking(&other, &prod, "30m")), Decision::Refused(_)));
    assert!(matches!(policy.decide(&asking(&name("bo"), &prod, "30m")), Decision::NeedsApproval { .. }));
}

#[test]
fn the_matrix_a_difference_and_a_case_name_agents() {
    let with_bot = Policy::compile(with(&bot("ana", &key_line(50)), ROLE, "")).unwrap();
    let matrix = with_bot.matrix();
    let column = matrix.columns.iter().find(|column| column.way == "prod-admin").unwrap();
    let who: Vec<&String> = column.rows.iter().flat_map(|row| &row.who).collect();
    assert!(who.iter().any(|who| *who == "agent:bot"), "{who:?}");
    let without = Policy::compile(with("", ROLE, "")).unwrap();
    let difference = format!("{:?}", Difference::between(&without, &with_bot));
    assert!(difference.contains("agent:bot"), "{difference}");
    let mut files = with(&bot("ana", &key_line(50)), ROLE, "");
    let case = "[[case]]\nname = \"its owner is no second person\"\nwho = \"bot\"\nrole = \"prod-admin\"\nfor = \"1h\"\n\
                reviews = [\"ana\"]\nexpect = \"needs-approval\"\n";
    files.insert("tests/agents.toml".to_owned(), case.as_bytes().to_vec());
    let policy = Policy::compile(files).unwrap();
    let cases = policy.cases().unwrap();
    let outcomes = policy.run(&cases);
    assert!(outcomes.len() == 1 && outcomes[0].holds());
}

#[test]
fn lints_about_agents() {
    let names = |lines: &str, agents: &str| -> Vec<&'static str> {
        let policy = Policy::compile(with(agents, lines, "")).unwrap();
        policy.lints().into_iter().map(|lint| lint.name).collect()
    };
    let hard = |key: u32| format!("[agents.bot]\nof = \"dee-two\"\nkeys = [\"{}\"]\n", key_line(key));
    let lines = "requesters = [\"agent:bot\"]\nowner_may_approve = true\napproval = \"1 of person:dee-two, group:sre\"";
    assert!(names(lines, &hard(50)).contains(&"owner-alone"));
    assert!(!names(&lines.replace("1 of", "2 of"), &hard(50)).contains(&"owner-alone"));
    assert!(!names(&lines.replace("owner_may_approve = true", ""), &hard(50)).contains(&"owner-alone"));
    // ana has a plain key only, by which no owner approves.
    let plain = "requesters = [\"agent:bot\"]\nowner_may_approve = true\napproval = \"1 of group:dev\"";
    assert!(!names(plain, &bot("ana", &key_line(50))).contains(&"owner-alone"));
    let open = "requesters = [\"agents-of:group:dev\"]\napproval = \"none\"";
    assert!(names(open, &bot("ana", &key_line(50))).contains(&"unreviewed-agent"));
    assert!(!names("requesters = [\"group:dev\"]\napproval = \"none\"", "").contains(&"unreviewed-agent"));
}
