//! Cases in tests/*.toml, and explanations.

use jit::policy::Policy;
use jit::policy::Question;

use crate::policy_tools::stage;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::with;

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = { all = [\"1 of group:sre\", \"1 of group:security\"] }\nmax_duration = \"4h\"\nreason = { pattern = '^INC-\\d+', hint = \"start with INC-\" }";

fn policy(cases: &str) -> Policy {
    stage::policy(with(files(&stage::usual_people(), &[("prod", ROLE)]), &[("tests/t.toml", cases)]))
}

/// The failed cases, and the mistakes in the cases themselves.
fn failures(cases: &str) -> String {
    let policy = policy(cases);
    match policy.cases() {
        Err(problems) => problems.to_string(),
        Ok(cases) => {
            let outcomes = policy.run(&cases);
            let failures = outcomes.iter().filter_map(|outcome| {
                Some(format!(
                    "{}:{} {}: {}",
                    outcome.file,
                    outcome.line,
                    outcome.name,
                    outcome.failure.as_ref()?
                ))
            });
            failures.collect::<Vec<_>>().join("\n")
        }
    }
}

fn case(lines: &str) -> String {
    format!("[[case]]\nname = \"c\"\nwho = \"ana\"\nrole = \"prod\"\n{lines}\n")
}

#[test]
fn what_holds_holds() {
    for lines in [
        "expect = \"needs-approval\"\nmissing = [\"1 of group:security\", \"1 of group:sre\"]",
        "expect = \"needs-approval\"\nreviews = [\"dee\"]",
        "expect = \"approved\"\nreviews = [\"cy\", \"dee\"]",
        "expect = \"approved\"\nfor = \"4h\"\nreviews = [\"cy\", { by = \"eve\", for = \"2h\" }]\ngranted = \"2h\"",
        "expect = \"needs-approval\"\nreviews = [\"cy\", { by = \"eve\", signed = \"account\" }]",
        "expect = \"denied\"\nreviews = [{ by = \"eve\", verdict = \"deny\" }]",
        "expect = \"refused\"\nreason = \"no ticket\"",
        "expect = \"needs-approval\"\nreason = \"INC-7\"",
        "expect = \"refused\"\nfor = \"5h\"",
    ] {
        assert_eq!(failures(&case(lines)), "", "{lines}");
    }
}

#[test]
fn what_does_not_hold_says_so() {
    insta::assert_snapshot!(failures(&case("expect = \"auto-approved\"")), @"tests/t.toml:1 c: expected auto-approved, got needs-approval (missing: 1 of group:sre and 1 of group:security)");
    insta::assert_snapshot!(failures(&case("expect = \"needs-approval\"\nmissing = \"1 of group:sre\"")), @"tests/t.toml:1 c: expected that 1 of group:sre is missing, and 1 of group:security and 1 of group:sre is");
    insta::assert_snapshot!(failures(&case("expect = \"approved\"\nreviews = [\"cy\", \"eve\"]\ngranted = \"2h\"")), @"tests/t.toml:1 c: expected 2h, got 1h");
    insta::assert_snapshot!(failures(&case("expect = \"refused\"\nreviews = [\"cy\", \"eve\"]")), @"tests/t.toml:1 c: expected refused, got approved (for 1h, by cy, eve)");
    insta::assert_snapshot!(failures(&case("expect = \"approved\"\nreason = \"x\"")), @"tests/t.toml:1 c: expected approved, got refused (prod needs another reason: start with INC-)");
}

#[test]
fn a_case_that_could_never_fail_is_a_mistake() {
    insta::assert_snapshot!(failures("[[case]]\nname = \"c\"\nwho = \"anna\"\nrole = \"prd\"\nexpect = \"refused\"\nreviews = [\"nobody\"]\nfacts = { oncal = [\"ana\"] }"), @r#"
    tests/t.toml:3:7: there is no person, workload or agent anna
    tests/t.toml:4:8: there is no role prd
    tests/t.toml:6:12: there is no person nobody
    tests/t.toml:7:11: there is no fact oncal
      hint: add [facts.NAME] to access.toml, or mend the name
    "#);
    insta::assert_snapshot!(failures("[[cases]]\nname = \"c\""), @r#"
    tests/t.toml:1:1: `case` is missing
      hint: write [[case]] above each case
    tests/t.toml:1:3: `cases` is not a known key
      hint: did you mean `case`?
    "#);
    insta::assert_snapshot!(failures(&format!("{}{}", case("expect = \"maybe\"\nat = \"yesterday\"\nfor = \"1 h\""), case("missing = \"x\"\nexpect = \"refused\"\nreviews = [\"cy\", \"cy\"]"))), @r#"
    tests/t.toml:5:10: a policy has no such answer
      hint: write expect = "auto-approved", "approved", "needs-approval", "denied" or "refused"
    tests/t.toml:6:6: failed to parse four digit integer as year: invalid digit, expected 0-9 but got y
    tests/t.toml:7:7: "1 h" is not a duration: write it like 30m, 1h, 1h30m or 2d, at most 31 days
    tests/t.toml:13:10: `missing` goes with expect = "needs-approval"
    tests/t.toml:14:18: cy reviews twice; only the last word counts
    "#);
    insta::assert_snapshot!(failures(&format!("{}{}", case("expect = \"needs-approval\""), case("expect = \"needs-approval\""))), @r#"tests/t.toml:6:1: two cases are called "c""#);
    insta::assert_snapshot!(failures(&case("expect = \"refused\"\ntokens = { zoe = [\"sre\"] }")), @r#"
    tests/t.toml:6:10: the policy accepts no people from tokens
      hint: add [identity.oidc] to access.toml
    "#);
}

#[test]
fn time_facts_scopes_and_the_other_ways_take_part() {
    let role = format!(
        "requesters = [\"group:dev\", \"workload:robot\"]\napproval = \"1 of group:sre\"\nextend = {{ times = 1, approval = \"none\" }}\n\
         [when]\nrequest = \"context.hour >= 6 || principal.oncall\"\nauto_approve = \"principal.oncall && context.duration <= duration(\\\"1h\\\")\"\n\
         [break_glass]\nrequesters = [\"person:bo\"]\nmax_duration = \"30m\"\n\
         [scopes.part]\npolicy = \"part.json\"\napproval = \"1 of group:dev\"\n{}",
        stage::TARGET
    );
    let people = format!(
        "{}[workloads.robot]\noidc = {{ issuer = \"https://token.actions.githubusercontent.com\", repository_id = \"1\", environment = \"deploy\" }}\n",
        stage::usual_people()
    );
    let access = "version = 1\n[facts.oncall]\nfile = \"/run/oncall.json\"\n";
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let night = "at = \"2026-03-01T02:00:00Z\"";
    let cases = [
        format!("{night}\nexpect = \"refused\""),
        "at = \"2026-03-01T12:00:00Z\"\nexpect = \"needs-approval\"".to_owned(),
        // The default time is noon.
        "expect = \"needs-approval\"".to_owned(),
        format!("{night}\nfacts = {{ oncall = [\"ana\"] }}\nexpect = \"auto-approved\""),
        format!("{night}\nfacts = {{ oncall = [\"ana\"] }}\nfor = \"2h\"\nexpect = \"needs-approval\""),
        format!("{night}\nfacts = {{ oncall = [\"bo\"] }}\nexpect = \"refused\""),
        "scope = \"part\"\nreviews = [\"bo\"]\nexpect = \"approved\"\ngranted_scope = \"part\"".to_owned(),
        "reviews = [\"bo\"]\nexpect = \"needs-approval\"".to_owned(),
        "reviews = [{ by = \"cy\", scope = \"part\" }]\nexpect = \"approved\"\ngranted_scope = \"part\""
            .to_owned(),
        "scope = \"other\"\nexpect = \"refused\"".to_owned(),
        "action = \"extend\"\nexpect = \"auto-approved\"".to_owned(),
        "action = \"break-glass\"\nexpect = \"refused\"".to_owned(),
    ];
    let mut text = String::new();
    for (number, lines) in cases.iter().enumerate() {
        text.push_str(&case(lines).replace("\"c\"", &format!("\"{number}\"")));
    }
    text.push_str("[[case]]\nname = \"g\"\nwho = \"bo\"\nrole = \"prod\"\naction = \"break-glass\"\nexpect = \"auto-approved\"\ngranted = \"30m\"\n");
    text.push_str("[[case]]\nname = \"w\"\nwho = \"robot\"\nrole = \"prod\"\nexpect = \"needs-approval\"\n");
    let policy = stage::policy(with(
        files(&people, &[("prod", &role)]),
        &[("access.toml", access), ("roles/part.json", document), ("tests/t.toml", &text)],
    ));
    let outcomes = policy.run(&policy.cases().unwrap());
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.holds()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(outcomes.len(), cases.len() + 2);
}

#[test]
fn people_by_token_take_part() {
    let access = "version = 1\n[identity.oidc]\nissuer = \"https://login.example.com\"\nclient_id = \"jit\"\ngroups = \"groups\"\n";
    let role = "requesters = [\"group:ops\"]\napproval = \"1 of group:leads\"\nsigned = \"account\"";
    let text = "[[case]]\nname = \"a\"\nwho = \"zoe\"\nrole = \"prod\"\ntokens = { zoe = [\"ops\"], yan = \"leads\" }\nreviews = [\"yan\"]\nexpect = \"approved\"\n\
                [[case]]\nname = \"b\"\nwho = \"zoe\"\nrole = \"prod\"\ntokens = { zoe = [\"other\"] }\nexpect = \"refused\"\n";
    let policy = stage::policy(with(
        files(&stage::usual_people(), &[("prod", role)]),
        &[("access.toml", access), ("tests/t.toml", text)],
    ));
    let outcomes = policy.run(&policy.cases().unwrap());
    assert!(outcomes.iter().all(jit::policy::Outcome::holds), "{outcomes:#?}");
}

#[test]
fn explanations_name_the_rule() {
    let folder = tempfile::tempdir().unwrap();
    let role = format!(
        "requesters = [\"group:all\"]\napproval = \"1 of group:sre\"\n[when]\nrequest = \"context.hour >= 6\"\n{}",
        stage::TARGET
    );
    stage::write(folder.path(), &files(&stage::usual_people(), &[("prod", ROLE), ("night", &role)]));
    let explain = |arguments: &[&str]| {
        let ran = stage::jit(folder.path(), &[&["policy", "explain"], arguments].concat());
        format!("{}{}", ran.stdout, ran.stderr)
    };
    insta::assert_snapshot!(explain(&["ana", "prod", "--review", "dee"]), @r#"
    ana asks for prod for 1h: needs-approval (missing: 1 of group:security)
      because  approval by 1 of group:sre and 1 of group:security  (roles/prod.toml:2)
      and      requesters name group:dev  (roles/prod.toml:1)
      and      at most 4h  (roles/prod.toml:3)
      and      reviews are signed with key  (roles/prod.toml:1)
      and      the reason: start with INC-  (roles/prod.toml:4)
      missing  1 of group:security; could help: cy, eve
      may review: cy, dee, eve
    "#);
    insta::assert_snapshot!(explain(&["ana", "prod", "--review", "cy", "--review", "eve", "--for", "2h"]), @r#"
    ana asks for prod for 2h: approved (for 2h, by cy, eve)
      because  approval by 1 of group:sre and 1 of group:security  (roles/prod.toml:2)
      and      requesters name group:dev  (roles/prod.toml:1)
      and      at most 4h  (roles/prod.toml:3)
      and      reviews are signed with key  (roles/prod.toml:1)
      and      the reason: start with INC-  (roles/prod.toml:4)
      may review: cy, dee, eve
    "#);
    insta::assert_snapshot!(explain(&["fay", "prod"]), @r#"
    fay asks for prod for 1h: refused (fay may not ask for prod)
      because  requesters do not name fay  (roles/prod.toml:1)
      may review: cy, dee, eve
      hint: `jit policy matrix` lists who may ask for what
    "#);
    insta::assert_snapshot!(explain(&["ana", "prod", "--reason", "because"]), @r#"
    ana asks for prod for 1h: refused (prod needs another reason: start with INC-)
      because  the reason: start with INC-  (roles/prod.toml:4)
      and      requesters name group:dev  (roles/prod.toml:1)
      may review: cy, dee, eve
      hint: `jit request prod --reason "…"`
    "#);
    insta::assert_snapshot!(explain(&["bo", "night", "--at", "2026-03-01T02:00:00Z"]), @r#"
    bo asks for night for 1h: refused (night is refused by [when] request of night)
      because  [when] request of night forbids it  (roles/night.toml:4)
      and      requesters name group:all (through group:dev)  (roles/night.toml:1)
      may review: cy, dee
      hint: `jit policy explain WHO night` shows what the conditions look at
    "#);
    insta::assert_snapshot!(explain(&["bo", "nothing"]), @r#"
    error: there is no role nothing in this policy
      hint: `jit policy matrix` lists the roles
    "#);
    insta::assert_snapshot!(explain(&["bo", "night", "--fact", "oncall=bo"]), @r#"
    error: "oncall=bo" is not a fact of this policy
      hint: write FACT=NAME
    "#);
}

/// The reviewers agree with the missing demand, and who cannot review is named with the cause.
#[test]
fn a_reviewer_without_a_hardware_key_is_explained() {
    let rule = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nsigned = \"touch\"";
    let folder = tempfile::tempdir().unwrap();
    let people = stage::usual_people().replace(&stage::key(4), &stage::hardware(4));
    let explain = |people: &str, arguments: &[&str]| {
        stage::write(folder.path(), &files(people, &[("prod", rule)]));
        let ran = stage::jit(folder.path(), &[&["policy", "explain", "ana", "prod"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    let nobody = explain(&stage::usual_people(), &[]);
    assert!(nobody.contains("missing  1 of group:sre; could help: nobody\n"), "{nobody}");
    assert!(!nobody.contains("may review:"), "{nobody}");
    for name in ["cy", "dee"] {
        assert!(
            nobody.contains(&format!("  cannot review: {name} has no hardware key in the policy\n")),
            "{nobody}"
        );
    }
    let one = explain(&people, &[]);
    assert!(
        one.contains("could help: dee\n  may review: dee\n  cannot review: cy has no hardware key"),
        "{one}"
    );
    let json: serde_json::Value = serde_json::from_str(&explain(&people, &["--json"])).unwrap();
    assert_eq!(
        (&json["approvers"], &json["too_weak"]),
        (&serde_json::json!(["dee"]), &serde_json::json!({"cy": "touch"}))
    );
}

/// An agent is explained as one: whose it is, by which line it may ask, and without its owner among the reviewers.
#[test]
fn agents_are_explained_with_their_owner() {
    let people = stage::usual_people().replace(&stage::key(4), &stage::hardware(4));
    let bots = format!(
        "[agents.bot]\nof = \"dee\"\nkeys = [\"{}\"]\n[agents.soft]\nof = \"cy\"\nkeys = [\"{}\"]\n",
        stage::key(50),
        stage::key(51)
    );
    let rule = "requesters = [\"agents-of:group:sre\"]\napproval = \"1 of group:sre\"";
    let owned = format!("{rule}\nowner_may_approve = true");
    let folder = tempfile::tempdir().unwrap();
    stage::write(folder.path(), &files(&format!("{people}{bots}"), &[("prod", rule), ("owned", &owned)]));
    let explain = |arguments: &[&str]| {
        let ran = stage::jit(folder.path(), &[&["policy", "explain"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    insta::assert_snapshot!(explain(&["bot", "prod"]), @r#"
    bot (agent of dee) asks for prod for 1h: needs-approval (missing: 1 of group:sre)
      because  approval by 1 of group:sre  (roles/prod.toml:2)
      and      requesters name agents-of:group:sre  (roles/prod.toml:1)
      and      at most 8h  (roles/prod.toml:1)
      and      reviews are signed with key  (roles/prod.toml:1)
      and      the reason: say why  (roles/prod.toml:1)
      missing  1 of group:sre; could help: cy
      may review: cy
    "#);
    let reviewers = |who: &str, role: &str| {
        let json: serde_json::Value = serde_json::from_str(&explain(&[who, role, "--json"])).unwrap();
        assert_eq!(json["agent_of"], if who == "bot" { "dee" } else { "cy" });
        json["approvers"].to_string()
    };
    assert_eq!(reviewers("bot", "owned"), r#"["cy","dee"]"#, "by a touch");
    assert_eq!(reviewers("soft", "owned"), r#"["dee"]"#, "cy has no key that proves one");
    let own = explain(&["bot", "prod", "--review", "dee"]);
    assert!(own.contains("needs-approval"), "the owner's word counts for nothing: {own}");
    let own = explain(&["bot", "owned", "--review", "dee"]);
    assert!(own.contains("approved (for 1h, by dee)"), "{own}");
}

#[test]
fn a_question_about_nothing_is_answered() {
    let policy = policy("case = []");
    let name = |text: &str| text.parse().unwrap();
    let now = "2026-03-01T10:00:00Z".parse().unwrap();
    let explanation = policy.explain(&Question::new(name("nobody"), name("nothing"), now));
    assert_eq!(explanation.decision, "refused (nobody is not in the policy)");
}
