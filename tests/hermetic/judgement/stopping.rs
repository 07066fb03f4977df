//! How a request ends before its time, and what that means for the others of its grant.

use jiff::SignedDuration;
use jit::grant::Change;
use jit::grant::Request;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::statement::RevokeStatement;
use jit::judgement::Bench;
use jit::judgement::Case;
use jit::judgement::facts::Gathered;
use jit::judgement::refusal::Code;
use jit::judgement::refusal::Refusal;
use jit::judgement::stop;
use jit::judgement::stop::Revocation;
use jit::policy::Opinion;

use super::court::active;
use super::court::after;
use super::court::approved;
use super::court::bench;
use super::court::changed;
use super::court::minutes;
use super::court::name;
use super::court::noon;
use super::court::opened_review;
use super::court::opened_revocation;
use super::court::pending;
use super::court::statement;
use super::court::taken;
use super::worths::extended;

/// Everything that is checked of a revocation, and what it does.
fn revoke(
    bench: &Bench,
    request: &Request,
    who: &str,
    signer: &str,
    change: impl FnOnce(&mut RevokeStatement),
) -> Result<Change, Refusal> {
    let opened = opened_revocation(request, who, signer, change);
    let revocation = Revocation::of(&opened)?;
    let now = minutes(1);
    revocation.check(&bench.force, request)?;
    revocation.check_author(&bench.force, request, now)?;
    revocation.check_conditions(bench, &Case::of(request, now), &Gathered::default())?;
    Ok(revocation.change(request, None, now))
}

#[test]
fn whoever_may_approve_may_revoke_and_nobody_else() {
    let bench = bench();
    for request in [pending(&bench, "prod"), approved(&bench, "prod"), active(&bench, "prod")] {
        let change = revoke(&bench, &request, "cy", "cy", |_| {}).unwrap();
        let Change::Revoked { by, reason, signed: Some(_) } = &change else { panic!("{change:?}") };
        assert_eq!((by.as_ref(), reason.as_str()), (Some(&name("cy")), "not any more"));
        assert_eq!(after(request.clone(), &[change]).state, State::Revoked);
        for who in ["ana", "dee"] {
            let refusal = revoke(&bench, &request, who, who, |_| {}).unwrap_err();
            assert_eq!((&refusal, refusal.code()), (&Refusal::NotRevoker, Code::Forbidden));
            assert_eq!(refusal.hint().as_deref(), Some("to end your own access, use `jit end`"));
        }
    }
}

#[test]
fn a_revocation_is_its_authors_own_and_of_this_request() {
    let bench = bench();
    let request = active(&bench, "prod");
    let forged = revoke(&bench, &request, "cy", "bo", |_| {}).unwrap_err();
    assert!(matches!(&forged, Refusal::ForeignKey { who, .. } if *who == name("cy")), "{forged}");
    let other = revoke(&bench, &request, "cy", "cy", |said| said.request = jit::grant::Digest::of(b"x"));
    assert_eq!(other, Err(Refusal::OtherRevocation));
    let columns = revoke(&bench, &request, "cy", "cy", |said| said.reason = "a    b".to_owned());
    assert!(matches!(columns, Err(Refusal::Prose(_))));
    let review = opened_review(&request, "cy", Verdict::Deny, |_| {});
    assert_eq!(Revocation::of(&review).map(|_| ()), Err(Refusal::OtherRevocation));
    // The key of the policy in force counts: somebody who left revokes nothing.
    let left = changed("people.toml", "sre = [\"bo\", \"cy\"", "sre = [\"bo\"");
    assert_eq!(revoke(&left, &request, "cy", "cy", |_| {}), Err(Refusal::NotRevoker));
}

#[test]
fn what_is_over_is_not_taken_away_again() {
    let bench = bench();
    let request = active(&bench, "prod");
    let change = revoke(&bench, &request, "cy", "cy", |_| {}).unwrap();
    let revoked = after(request.clone(), &[change]);
    for who in ["cy", "bo"] {
        let opened = opened_revocation(&revoked, who, who, |_| {});
        let revocation = Revocation::of(&opened).unwrap();
        assert_eq!(revocation.is_done(&revoked), who == "cy");
        let refusal = revocation.check_author(&bench.force, &revoked, noon()).unwrap_err();
        assert_eq!((&refusal, refusal.code()), (&Refusal::Closed(State::Revoked), Code::State));
        assert_eq!(refusal.to_string(), "the request is revoked already");
    }
    let opened = opened_revocation(&request, "cy", "cy", |_| {});
    let late = Revocation::of(&opened).unwrap().check_author(&bench.force, &request, minutes(60));
    assert_eq!(late, Err(Refusal::Closed(State::Ended)), "its clock was faster");
}

#[test]
fn conditions_may_keep_somebody_from_revoking_and_a_lost_revision_may_not() {
    let rule = "forbid(principal == Person::\"cy\", action == Action::\"revoke\", resource);\n";
    let silenced = changed("rules/all.cedar", "", rule);
    let request = active(&silenced, "prod");
    let refusal = revoke(&silenced, &request, "cy", "cy", |_| {}).unwrap_err();
    assert_eq!(refusal.code(), Code::Policy);
    assert!(revoke(&silenced, &request, "bo", "bo", |_| {}).is_ok());
    // A scope that the policy has given up keeps nobody from ending what was had for it.
    let gone = changed("roles/prod.toml", "[scopes.read]", "[scopes.other]");
    let mut asked = statement(&gone, "ana", "prod");
    let document = gone.under.role(&name("prod")).unwrap().scopes[&name("read")].document.digest();
    asked.scope = Some(jit::grant::statement::RequestedScope { name: name("read"), document });
    assert!(revoke(&gone, &taken(asked), "cy", "cy", |_| {}).is_ok());
}

#[test]
fn its_requester_ends_or_takes_back_and_nobody_else() {
    let bench = bench();
    let ana = name("ana");
    let end = |request: &Request, now| stop::end(request, &ana, None, now);
    assert_eq!(end(&pending(&bench, "prod"), noon()), Ok(Change::Cancelled { by: ana.clone() }));
    assert_eq!(end(&approved(&bench, "prod"), noon()), Ok(Change::Cancelled { by: ana.clone() }));
    let active = active(&bench, "prod");
    assert_eq!(end(&active, noon()), Ok(Change::Ended { by: Some(ana.clone()) }));
    assert_eq!(end(&active, minutes(60)), Err(Refusal::Closed(State::Ended)));
    let refusal = stop::end(&active, &name("bo"), None, noon()).unwrap_err();
    assert_eq!((&refusal, refusal.code()), (&Refusal::NotRequester(active.id()), Code::Forbidden));
    assert_eq!(refusal.hint(), Some(format!("to take the access away, use `jit revoke {}`", active.id())));
}

/// A denial that the log does not hold would be forgotten with the request that it stands on.
#[test]
fn a_denial_that_stands_is_recorded_whatever_ends_the_request() {
    let bench = bench();
    let denied = Change::Denied { by: name("bo"), on_page: None };
    for request in [pending(&bench, "prod"), approved(&bench, "prod")] {
        let end = stop::end(&request, &name("ana"), Some(name("bo")), noon()).unwrap();
        let opened = opened_revocation(&request, "cy", "cy", |_| {});
        let revoked = Revocation::of(&opened).unwrap().change(&request, Some(name("bo")), noon());
        assert_eq!((&end, &revoked), (&denied, &denied));
    }
    // It counts until activation.
    let active = active(&bench, "prod");
    let end = stop::end(&active, &name("ana"), Some(name("bo")), noon()).unwrap();
    assert_eq!(end, Change::Ended { by: Some(name("ana")) });
    assert_eq!(stop::check_deniable(&active, noon()), Err(Refusal::NotReviewable(State::Active)));
    assert_eq!(stop::check_deniable(&approved(&bench, "prod"), noon()), Ok(()));
}

#[test]
fn the_first_who_may_deny_did() {
    let bench = bench();
    let asked = statement(&bench, "ana", "prod");
    let said = |words: &[(&str, Verdict)]| {
        let opinions: Vec<Opinion> =
            words.iter().map(|(by, verdict)| Opinion::new(name(by), *verdict)).collect();
        stop::denier(&bench, &asked, &opinions)
    };
    assert_eq!(said(&[]), None);
    assert_eq!(said(&[("bo", Verdict::Approve)]), None);
    assert_eq!(said(&[("dee", Verdict::Deny), ("ana", Verdict::Deny)]), None);
    let both = [("dee", Verdict::Deny), ("cy", Verdict::Deny), ("bo", Verdict::Deny)];
    assert_eq!(said(&both), Some(name("cy")));
}

#[test]
fn a_grant_ends_with_its_extensions_and_an_extension_with_its_grant() {
    let bench = bench();
    let (first, more) = extended(&bench);
    let mut waits = statement(&bench, "ana", "prod");
    waits.way = jit::grant::statement::Way::Extend(first.digest);
    waits.header.nonce = "w".repeat(43);
    waits.not_after = minutes(120);
    let waits = taken(waits);
    let other = active(&bench, "both");
    let family = [&first, &more, &waits, &other];
    let ana = name("ana");
    let states = |of: &Request, change: &Change| {
        let mut found: Vec<_> = stop::beside(of, change, family, minutes(1))
            .into_iter()
            .map(|(request, change)| (request.digest, after_at(request, &change)))
            .collect();
        found.sort_by_key(|(digest, _)| family.iter().position(|member| member.digest == *digest));
        found
    };
    let ended = Change::Ended { by: Some(ana.clone()) };
    let expected = vec![(more.digest, State::Ended), (waits.digest, State::Cancelled)];
    assert_eq!(states(&first, &ended), expected);
    let revoked = stop::by_policy("the policy changed".to_owned());
    let expected = vec![(more.digest, State::Revoked), (waits.digest, State::Revoked)];
    assert_eq!(states(&first, &revoked), expected);
    // Time that was added cannot be taken out of the middle.
    let expected = vec![(first.digest, State::Revoked), (waits.digest, State::Revoked)];
    assert_eq!(states(&more, &revoked), expected);
    assert_eq!(stop::first_of(&more, &revoked), Some(first.digest));
    // One that only waits ends alone, and so does one whose own clock ran out.
    assert_eq!(states(&waits, &Change::Cancelled { by: ana }), Vec::new());
    assert_eq!(states(&more, &Change::Ended { by: None }), Vec::new());
    assert_eq!(stop::first_of(&waits, &revoked), None);
}

fn after_at(request: &Request, change: &Change) -> State {
    let mut request = request.clone();
    request.apply(minutes(1), change).unwrap();
    request.state
}

#[test]
fn the_policy_ends_what_opens_something_else_now() {
    let bench = bench();
    let asked = statement(&bench, "ana", "prod");
    assert_eq!(stop::changed(&bench.force, &asked), None);
    let moved = changed("roles/prod.toml", "role/prod", "role/other");
    let why = stop::changed(&moved.force, &asked).unwrap();
    assert_eq!(why, "the policy changed: prod opens something else now");
    let mut scoped = asked.clone();
    let document = jit::grant::Digest::of(super::court::READ.as_bytes());
    scoped.scope = Some(jit::grant::statement::RequestedScope { name: name("read"), document });
    assert_eq!(stop::changed(&bench.force, &scoped), None);
    let wider = changed("roles/read.json", "s3:Get*", "*");
    assert!(stop::changed(&wider.force, &scoped).unwrap().contains("has another scope read, or none"));
    assert_eq!(stop::changed(&wider.force, &asked), None);
    // The longest that a revocation lies ahead is not the rule's, but its author's clock's.
    let opened = opened_revocation(&active(&bench, "prod"), "cy", "cy", |said| {
        said.header.at = noon() + SignedDuration::from_mins(5);
    });
    assert_eq!(Revocation::of(&opened).unwrap().made(), minutes(5));
}
