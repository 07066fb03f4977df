//! Attacks on reviews: whose review counts, and when it does not.

use jit::github::Refusal;
use jit::github::api::models::Edited;
use jit::grant::Verdict;

use super::case::ANA;
use super::case::BO;
use super::case::CY;
use super::case::Case;
use super::case::EVE;
use super::case::account;
use super::case::at;
use super::case::signer;

const DEE: u64 = 104;

#[track_caller]
fn waits(case: &Case) {
    match case.approved_by() {
        Err(Refusal::Waiting(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn denied(case: &Case) {
    match case.approved_by() {
        Err(Refusal::Denied(_)) => {}
        other => panic!("{other:?}"),
    }
}

fn half() -> Case {
    let mut case = Case::new("account");
    case.review(account(DEE, "dee"), "APPROVED");
    case
}

#[test]
fn words_that_are_nobodys_do_not_count() {
    // The author; a person with the reviewer's current login; a bot; one person for two groups.
    let spoil: [fn(&mut Case); 6] = [
        |case| _ = case.review(account(ANA, "ana"), "APPROVED"),
        |case| _ = case.review(account(EVE, "bo"), "APPROVED"),
        |case| case.review(account(BO, "bo"), "APPROVED").user.as_mut().unwrap().kind = "Bot".to_owned(),
        |case| case.review(account(BO, "bo"), "APPROVED").user = None,
        |case| _ = case.review(account(BO, "bo"), "COMMENTED"),
        |case| _ = case.review(account(BO, "bo"), "PENDING"),
    ];
    for change in spoil {
        let mut case = half();
        change(&mut case);
        waits(&case);
    }
    let mut one = Case::new("account");
    one.review(account(BO, "bo"), "APPROVED");
    one.review(account(BO, "bo"), "APPROVED");
    waits(&one);
    // A changed login changes nothing for the id.
    let mut renamed = half();
    renamed.review(account(BO, "robert"), "APPROVED");
    assert!(renamed.approved_by().is_ok());
}

#[test]
fn an_accounts_word_that_somebody_else_edited_is_no_approval_and_still_a_denial() {
    let edited = |by| Some(Edited { at: at("2026-11-23T10:40:00Z"), by });
    for by in [Some(EVE), Some(CY), None] {
        let mut case = half();
        case.review(account(BO, "bo"), "APPROVED").edited = edited(by);
        waits(&case);
        // An older approval does not come back.
        let mut older = half();
        older.review(account(BO, "bo"), "APPROVED");
        older.review(account(BO, "bo"), "APPROVED").edited = edited(by);
        waits(&older);
        let mut no = half();
        no.review(account(BO, "bo"), "APPROVED");
        no.review(account(CY, "cy"), "CHANGES_REQUESTED").edited = edited(by);
        denied(&no);
    }
    let mut own = half();
    own.review(account(BO, "bo"), "APPROVED").edited = edited(Some(BO));
    assert!(own.approved_by().is_ok());
}

#[test]
fn a_stale_or_dismissed_approval_does_not_count() {
    let mut stale = half();
    stale.review(account(BO, "bo"), "APPROVED").commit_id = Some("3".repeat(40));
    waits(&stale);
    let mut gone = half();
    gone.review(account(BO, "bo"), "APPROVED").commit_id = None;
    waits(&gone);
    let mut dismissed = half();
    let id = dismissed.review(account(BO, "bo"), "DISMISSED").id;
    dismissed.evidence.dismissed.insert(id, "approved".to_owned());
    waits(&dismissed);
    // An older approval does not come back when the newer one is dismissed.
    let mut older = half();
    older.review(account(BO, "bo"), "APPROVED");
    let id = older.review(account(BO, "bo"), "DISMISSED").id;
    older.evidence.dismissed.insert(id, "approved".to_owned());
    waits(&older);
    // A comment does not withdraw an approval.
    let mut talks = half();
    talks.review(account(BO, "bo"), "APPROVED");
    talks.review(account(BO, "bo"), "COMMENTED");
    assert!(talks.approved_by().is_ok());
}

#[test]
fn a_denial_stays_whatever_is_done_to_it() {
    let denials: [fn(&mut Case); 5] = [
        |case| _ = case.review(account(CY, "cy"), "CHANGES_REQUESTED"),
        |case| {
            let id = case.review(account(CY, "cy"), "DISMISSED").id;
            case.evidence.dismissed.insert(id, "changes_requested".to_owned());
        },
        // Its earlier state is unknown, or unknown to us.
        |case| _ = case.review(account(CY, "cy"), "DISMISSED"),
        |case| _ = case.review(account(CY, "cy"), "REJECTED_SOMEHOW"),
        // Of another commit, and withdrawn since.
        |case| {
            case.review(account(CY, "cy"), "CHANGES_REQUESTED").commit_id = Some("3".repeat(40));
            case.review(account(CY, "cy"), "APPROVED");
        },
    ];
    for deny in denials {
        let mut case = half();
        case.review(account(BO, "bo"), "APPROVED");
        assert!(case.approved_by().is_ok());
        deny(&mut case);
        denied(&case);
    }
    // A stranger's denial is only a comment.
    let mut case = half();
    case.review(account(BO, "bo"), "APPROVED");
    case.review(account(EVE, "eve"), "CHANGES_REQUESTED");
    assert!(case.approved_by().is_ok());
}

#[test]
fn a_denial_that_was_signed_counts_whoever_put_it_there() {
    let mut case = half();
    case.review(account(BO, "bo"), "APPROVED");
    let review = case.signed_review(account(EVE, "eve"), "cy", Verdict::Deny, &signer("cy"));
    review.state = "COMMENTED".to_owned();
    denied(&case);
    // Also if the account that posted it is deleted.
    let mut gone = half();
    gone.review(account(BO, "bo"), "APPROVED");
    gone.signed_review(account(CY, "cy"), "cy", Verdict::Deny, &signer("cy")).user = None;
    denied(&gone);
    let mut forged = half();
    forged.review(account(BO, "bo"), "APPROVED");
    forged.signed_review(account(EVE, "eve"), "cy", Verdict::Deny, &signer("eve")).state =
        "COMMENTED".to_owned();
    assert!(forged.approved_by().is_ok());
}

#[test]
fn where_a_role_wants_keys_the_accounts_word_is_not_enough() {
    let mut case = Case::new("key");
    case.review(account(BO, "bo"), "APPROVED");
    case.review(account(DEE, "dee"), "APPROVED");
    waits(&case);
    let mut case = Case::new("key");
    case.signed_review(account(BO, "bo"), "bo", Verdict::Approve, &signer("bo"));
    case.signed_review(account(DEE, "dee"), "dee", Verdict::Approve, &signer("dee"));
    assert_eq!(case.approved_by().unwrap(), ["bo", "dee"]);
    let mut touch = Case::new("key");
    touch.signed_review(account(BO, "bo"), "bo", Verdict::Approve, &signer("bo"));
    waits(&touch);
}

#[test]
fn a_signed_approval_counts_only_as_it_was_given() {
    let attacks: [fn(&mut Case); 6] = [
        // Another person's statement under one's own account.
        |case| _ = case.signed_review(account(EVE, "eve"), "bo", Verdict::Approve, &signer("bo")),
        |case| _ = case.signed_review(account(CY, "cy"), "bo", Verdict::Approve, &signer("bo")),
        // Another person's key.
        |case| _ = case.signed_review(account(BO, "bo"), "bo", Verdict::Approve, &signer("cy")),
        // Kept for later use.
        |case| {
            let review = case.signed_review(account(BO, "bo"), "bo", Verdict::Approve, &signer("bo"));
            review.submitted_at = Some(at("2026-11-23T10:40:00Z"));
        },
        // Not approved by the account.
        |case| {
            case.signed_review(account(BO, "bo"), "bo", Verdict::Approve, &signer("bo")).state =
                "COMMENTED".to_owned();
        },
        // Two statements in one body.
        |case| {
            let review = case.signed_review(account(BO, "bo"), "bo", Verdict::Approve, &signer("bo"));
            let body = review.body.clone().unwrap();
            review.body = Some(format!("{body}{body}"));
        },
    ];
    for attack in attacks {
        let mut case = Case::new("key");
        case.signed_review(account(DEE, "dee"), "dee", Verdict::Approve, &signer("dee"));
        attack(&mut case);
        waits(&case);
    }
}

#[test]
fn a_review_with_a_broken_statement_is_not_an_accounts_word() {
    let mut case = half();
    case.signed_review(account(BO, "bo"), "bo", Verdict::Approve, &signer("cy"));
    waits(&case);
    let mut case = half();
    case.review(account(BO, "bo"), "APPROVED").body = Some("<!-- jit:review:v1:AAAA -->".to_owned());
    waits(&case);
}

#[test]
fn a_review_after_the_end_of_the_wait_is_too_late_for_its_statement() {
    let mut case = half();
    case.review(account(BO, "bo"), "APPROVED").submitted_at = None;
    waits(&case);
}

#[test]
fn an_account_that_is_somebody_else_by_now_speaks_for_nobody() {
    let mut files = super::case::files("account");
    let people = String::from_utf8(files["people.toml"].clone()).unwrap();
    let swapped = people.replace("github = 102", "github = 0").replace("github = 103", "github = 102");
    files.insert("people.toml".to_owned(), swapped.replace("github = 0", "github = 103").into_bytes());
    let mut case = half();
    case.evidence.force = std::sync::Arc::new(jit::policy::Policy::compile(files).unwrap());
    case.review(account(BO, "bo"), "APPROVED");
    waits(&case);
    // A denial counts, whichever of the two persons it is.
    case.review(account(BO, "bo"), "CHANGES_REQUESTED");
    denied(&case);
}

#[test]
fn what_was_signed_of_another_request_says_nothing_of_this_one() {
    let of_another = |case: &mut Case, by: u64, verdict: Verdict, state: &str| {
        let own = std::mem::replace(&mut case.dispatch.digest, jit::grant::Digest::of(b"another"));
        case.signed_review(account(by, "x"), "bo", verdict, &signer("bo")).state = state.to_owned();
        case.dispatch.digest = own;
    };
    // Bo's own account and key, in time, on this pull request; but the statement names another request. Anybody with
    // write access can insert it into any review of bo's.
    let mut case = Case::new("key");
    case.signed_review(account(DEE, "dee"), "dee", Verdict::Approve, &signer("dee"));
    of_another(&mut case, BO, Verdict::Approve, "APPROVED");
    waits(&case);
    // And bo's denial of another request does not count for this one.
    let mut case = half();
    case.review(account(BO, "bo"), "APPROVED");
    of_another(&mut case, EVE, Verdict::Deny, "COMMENTED");
    assert!(case.approved_by().is_ok());
}
