//! Agents as principals: they ask for their owner and never review, and their owner is no second person.

use std::collections::BTreeMap;
use std::sync::Arc;

use jit::grant::Assurance;
use jit::grant::Change;
use jit::grant::Request;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::judgement::Bench;
use jit::judgement::Case;
use jit::judgement::Judgement;
use jit::judgement::ask;
use jit::judgement::refusal::Refusal;
use jit::judgement::review;
use jit::judgement::review::Given;
use jit::judgement::review::Said;
use jit::judgement::signer::check_key;
use jit::judgement::stop;
use jit::judgement::stop::Revocation;

use super::court::AUTHORITY;
use super::court::compile;
use super::court::files;
use super::court::key;
use super::court::minutes;
use super::court::name;
use super::court::noon;
use super::court::opened;
use super::court::opened_review;
use super::court::opened_revocation;
use super::court::statement;
use super::court::taken;

/// Four agents: one of ana, who approves nothing; two of bo, who approves with a plain key; one of pat, whose key is hardware.
fn with_agents() -> BTreeMap<String, String> {
    let mut files = files();
    for (bot, owner) in [("ana-bot", "ana"), ("bo-bot", "bo"), ("bo-two", "bo"), ("pat-bot", "pat-touch")] {
        let agent = format!("[agents.{bot}]\nof = \"{owner}\"\nkeys = [\"{}\"]\n", key(bot).public_key());
        files.entry("people.toml".to_owned()).and_modify(|text| text.push_str(&agent));
    }
    for (path, text) in &mut files {
        if path.starts_with("roles/") && path.ends_with(".toml") {
            *text = text.replacen(
                "[\"group:dev\"]",
                "[\"group:dev\", \"agent:ana-bot\", \"agents-of:person:bo\", \"agents-of:group:sre\"]",
                1,
            );
        }
    }
    files
}

/// A bench of these files, with another line in one role of each policy.
fn with_lines(role: &str, under: &str, force: &str) -> Bench {
    let policy = |line: &str| {
        let mut files = with_agents();
        files.entry(format!("roles/{role}.toml")).and_modify(|text| *text = format!("{line}\n{text}"));
        compile(&files)
    };
    Bench { authority: AUTHORITY.to_owned(), under: policy(under), force: policy(force) }
}

fn bench() -> Bench {
    with_lines("prod", "", "")
}

const MAY: &str = "owner_may_approve = true";

fn asked_by(bench: &Bench, who: &str, role: &str) -> Request {
    taken(statement(bench, who, role))
}

fn give(bench: &Bench, request: &Request, who: &str, verdict: Verdict) -> Result<Said, Refusal> {
    let opened = opened_review(request, who, verdict, |_| {});
    review::check(bench, request, &Given::of(&opened).unwrap(), &Case::of(request, minutes(1)))
}

/// The judgement once this person's approval is in the log, whether or not it was let in.
fn judged_with(bench: &Bench, mut request: Request, who: &str) -> Judgement {
    let opened = opened_review(&request, who, Verdict::Approve, |_| {});
    let reviewed =
        Change::Reviewed { by: name(who), verdict: Verdict::Approve, signed: opened.signed().clone() };
    request.apply(noon(), &reviewed).unwrap();
    bench.judge(&Case::of(&request, minutes(1)))
}

fn asks(bench: &Bench, asked: &RequestStatement, signer: &str) -> Result<Judgement, Refusal> {
    let opened = opened(signer, &Statement::Request(Box::new(asked.clone())));
    check_key(&bench.force, &opened)?;
    let case = Case::taken(&opened, noon()).unwrap();
    ask::check(bench, &case, None)?;
    let taking = ask::Taking { bench, case: &case, first: None, denied: false, healthy: true };
    Ok(ask::decide(&taking)?.judgement)
}

#[test]
fn an_agent_asks_and_somebody_else_agrees() {
    let bench = bench();
    for bot in ["ana-bot", "bo-bot", "pat-bot"] {
        let request = asked_by(&bench, bot, "prod");
        assert_eq!(give(&bench, &request, "cy", Verdict::Approve), Ok(Said::New), "{bot}");
        let Judgement::Approved(terms) = judged_with(&bench, request, "cy") else { panic!("{bot}") };
        assert_eq!(terms.by, [name("cy")]);
        let asked = statement(&bench, bot, "prod");
        assert!(matches!(asks(&bench, &asked, bot), Ok(Judgement::Waiting(_))));
    }
    let request = asked_by(&bench, "ana-bot", "prod");
    assert_eq!(give(&bench, &request, "ana", Verdict::Approve), Err(Refusal::OwnAgents(name("ana-bot"))));
}

#[test]
fn an_owner_is_no_second_person() {
    let bench = bench();
    for (bot, owner) in [("bo-bot", "bo"), ("pat-bot", "pat-touch")] {
        let request = asked_by(&bench, bot, "prod");
        let own = give(&bench, &request, owner, Verdict::Approve);
        assert_eq!(own, Err(Refusal::OwnAgents(name(bot))));
        assert!(!bench.may_review(&request.statement, &name(owner)));
        // Also if a review got into the log all the same.
        let Judgement::Waiting(missing) = judged_with(&bench, request, owner) else { panic!("{owner}") };
        assert!(missing.iter().all(|missing| !missing.could_help.contains(&name(owner))));
    }
    let two = asked_by(&bench, "bo-bot", "both");
    let Judgement::Waiting(missing) = judged_with(&bench, two, "cy") else { panic!() };
    assert_eq!(missing[0].could_help, [name("pat-touch")], "bo is the owner");
}

#[test]
fn an_owner_approves_by_touch_where_both_roles_say_so() {
    let bench = with_lines("prod", MAY, MAY);
    let request = asked_by(&bench, "pat-bot", "prod");
    assert_eq!(give(&bench, &request, "pat-touch", Verdict::Approve), Ok(Said::New));
    let Judgement::Approved(terms) = judged_with(&bench, request, "pat-touch") else { panic!() };
    assert_eq!(terms.by, [name("pat-touch")]);
    // A plain key of an owner may be in the agent's reach.
    let request = asked_by(&bench, "bo-bot", "prod");
    assert_eq!(give(&bench, &request, "bo", Verdict::Approve), Err(Refusal::TooWeak(Assurance::Touch)));
    assert!(matches!(judged_with(&bench, request, "bo"), Judgement::Waiting(_)));
    // Nobody else's review becomes harder.
    let request = asked_by(&bench, "bo-bot", "prod");
    assert_eq!(give(&bench, &request, "cy", Verdict::Approve), Ok(Said::New));
    for (under, force) in [(MAY, ""), ("", MAY)] {
        let bench = with_lines("prod", under, force);
        let request = asked_by(&bench, "pat-bot", "prod");
        let own = give(&bench, &request, "pat-touch", Verdict::Approve);
        assert_eq!(own, Err(Refusal::OwnAgents(name("pat-bot"))));
        assert!(!matches!(judged_with(&bench, request, "pat-touch"), Judgement::Approved(_)));
    }
    // An owner whom the rule does not name does not become a reviewer.
    let bench = with_lines("prod", MAY, MAY);
    let request = asked_by(&bench, "ana-bot", "prod");
    assert_eq!(give(&bench, &request, "ana", Verdict::Approve), Err(Refusal::NotReviewer(name("ana"))));
}

#[test]
fn agents_never_review() {
    let bench = with_lines("prod", MAY, MAY);
    for requester in ["bo-bot", "bo", "pat-bot", "ana"] {
        let request = asked_by(&bench, requester, "prod");
        for bot in ["bo-two", "ana-bot"] {
            for verdict in [Verdict::Approve, Verdict::Deny] {
                let refused = give(&bench, &request, bot, verdict);
                assert_eq!(refused, Err(Refusal::NotReviewer(name(bot))), "{bot} of {requester}");
            }
            assert!(matches!(judged_with(&bench, request.clone(), bot), Judgement::Waiting(_)));
            let opened = opened_revocation(&request, bot, bot, |_| {});
            let revocation = Revocation::of(&opened).unwrap();
            assert_eq!(revocation.check_author(&bench.force, &request, minutes(1)), Err(Refusal::NotRevoker));
        }
    }
    let own = asked_by(&bench, "bo-bot", "prod");
    assert_eq!(give(&bench, &own, "bo-bot", Verdict::Approve), Err(Refusal::OwnRequest));
}

#[test]
fn an_owner_always_stops_their_agent() {
    let bench = bench();
    let request = asked_by(&bench, "ana-bot", "prod");
    assert_eq!(give(&bench, &request, "ana", Verdict::Deny), Ok(Said::New));
    let opened = opened_revocation(&request, "ana", "ana", |_| {});
    let revocation = Revocation::of(&opened).unwrap();
    assert_eq!(revocation.check(&bench.force, &request), Ok(()));
    assert_eq!(revocation.check_author(&bench.force, &request, minutes(1)), Ok(()));
    assert_eq!(bench.let_revoke(&Case::of(&request, minutes(1)), &name("ana")), Ok(()));
    let of_bo = asked_by(&bench, "bo-bot", "prod");
    assert_eq!(give(&bench, &of_bo, "ana", Verdict::Deny), Err(Refusal::NotReviewer(name("ana"))));
}

#[test]
fn neither_signs_as_the_other() {
    let bench = bench();
    for (who, signer) in [("bo", "bo-bot"), ("bo-bot", "bo"), ("bo-bot", "bo-two"), ("ana", "bo-bot")] {
        let forged = asks(&bench, &statement(&bench, who, "prod"), signer);
        assert!(matches!(forged, Err(Refusal::ForeignKey { .. })), "{who} by {signer}");
    }
    let request = asked_by(&bench, "ana", "prod");
    let said = Statement::Review(super::court::review_by(&request, "bo", Verdict::Approve));
    let forged = opened("bo-bot", &said);
    let given = Given::of(&forged).unwrap();
    assert!(review::check(&bench, &request, &given, &Case::of(&request, minutes(1))).is_err());
}

#[test]
fn an_agents_signature_is_a_key_and_never_a_touch() {
    let asked = |bench: &Bench| statement(bench, "ana-bot", "open");
    let plain = bench();
    assert!(matches!(asks(&plain, &asked(&plain), "ana-bot"), Ok(Judgement::Approved(_))));
    let mut files = with_agents();
    files
        .entry("roles/open.toml".to_owned())
        .and_modify(|text| *text = text.replace("signed = \"key\"", "signed = \"touch\""));
    let policy = compile(&files);
    let sealed =
        Bench { authority: AUTHORITY.to_owned(), under: Arc::clone(&policy), force: Arc::clone(&policy) };
    let refused = asks(&sealed, &asked(&sealed), "ana-bot").unwrap_err().to_string();
    assert!(refused.contains("touch"), "{refused}");
}

#[test]
fn an_agent_never_breaks_the_glass() {
    let bench = bench();
    let glass = RequestStatement { way: Way::BreakGlass, ..statement(&bench, "bo-bot", "glass") };
    assert!(asks(&bench, &glass, "bo-bot").is_err());
    assert!(
        asks(
            &bench,
            &RequestStatement { way: Way::BreakGlass, ..statement(&bench, "bo", "glass") },
            "bo-bot"
        )
        .is_err()
    );
}

#[test]
fn an_agent_that_hides_its_marks_is_an_agent_all_the_same() {
    let mut files = with_agents();
    let rule = "forbid (principal, action, resource) when { context.agent };\n";
    files.insert("rules/agents.cedar".to_owned(), rule.to_owned());
    let policy = compile(&files);
    let bench =
        Bench { authority: AUTHORITY.to_owned(), under: Arc::clone(&policy), force: Arc::clone(&policy) };
    let asked = statement(&bench, "ana-bot", "prod");
    assert!(!asked.agent);
    let refused = asks(&bench, &asked, "ana-bot").unwrap_err().to_string();
    assert!(refused.contains("agents.cedar"), "{refused}");
    assert!(asks(&bench, &statement(&bench, "ana", "prod"), "ana").is_ok());
}

#[test]
fn an_agent_that_left_has_nothing_any_more() {
    let whole = bench();
    let mut files = with_agents();
    let people = files["people.toml"].split("[agents.").next().unwrap().to_owned();
    files.insert("people.toml".to_owned(), people);
    for text in files.values_mut() {
        *text = text.replace(", \"agent:ana-bot\"", "");
    }
    let bench = Bench { force: compile(&files), ..whole };
    let request = asked_by(&bench, "ana-bot", "prod");
    assert!(matches!(judged_with(&bench, request.clone(), "cy"), Judgement::Refused(_)));
    let why = stop::changed(&bench.force, &request.statement).unwrap();
    assert!(why.contains("ana-bot"), "{why}");
    // The agent is still there, and nobody lets it ask any more.
    let mut files = with_agents();
    files
        .entry("roles/prod.toml".to_owned())
        .and_modify(|text| *text = text.replace(", \"agent:ana-bot\"", ""));
    let why = stop::changed(&compile(&files), &request.statement).unwrap();
    assert!(why.contains("may no longer ask"), "{why}");
    assert_eq!(stop::changed(&bench.under, &request.statement), None);
}

#[test]
fn an_agent_that_changed_hands_loses_what_its_new_owner_agreed_to() {
    // cy approved while the agent was ana's; in force it is cy's own.
    let bench = bench();
    let mut files = with_agents();
    files.entry("people.toml".to_owned()).and_modify(|text| {
        *text = text.replace("[agents.ana-bot]\nof = \"ana\"", "[agents.ana-bot]\nof = \"cy\"");
    });
    let moved = Bench { force: compile(&files), ..bench };
    let request = asked_by(&moved, "ana-bot", "prod");
    assert_eq!(give(&moved, &request, "cy", Verdict::Approve), Err(Refusal::OwnAgents(name("ana-bot"))));
    assert!(matches!(judged_with(&moved, request, "cy"), Judgement::Changed(_)));
}
