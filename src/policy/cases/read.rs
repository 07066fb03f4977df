//! Reading cases. A name that does not exist is a mistake: such a case would expect "refused" and hold for ever.

use std::collections::BTreeSet;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Verdict;

use super::super::Policy;
use super::super::document::Document;
use super::super::document::Field;
use super::super::document::Section;
use super::super::people::read_line;
use super::super::problem::Findings;
use super::super::problem::Problems;
use super::Case;
use super::Expected;
use super::Review;

/// Reads every file of `tests/`.
pub(super) fn read(policy: &Policy) -> Result<Vec<Case>, Problems> {
    let findings = Findings::default();
    let mut cases = Vec::new();
    for (path, content) in policy.files.range("tests/".to_owned().."tests0".to_owned()) {
        let Some(document) = Document::of(path, content, &findings) else { continue };
        let Some(tree) = document.parse() else { continue };
        let root = document.root(&tree);
        let list = root.required("case", "write [[case]] above each case").and_then(|field| field.list());
        root.finish(&[]);
        let mut names = BTreeSet::new();
        for field in list.into_iter().flatten() {
            let Some(case) = field.section().and_then(|section| read_case(policy, &document, path, section))
            else {
                continue;
            };
            if !names.insert(case.name.clone()) {
                field.report(&format!("two cases are called {:?}", case.name));
            }
            cases.push(case);
        }
    }
    if findings.is_empty() { Ok(cases) } else { Err(findings.into_problems()) }
}

fn read_case(policy: &Policy, document: &Document<'_>, file: &str, section: Section<'_>) -> Option<Case> {
    let at = document.position(section.at);
    let name = section.required("name", r#"write name = "what this case is about""#);
    let who = section.required("who", r#"write who = "NAME""#);
    let role = section.required("role", r#"write role = "NAME""#);
    let expect = section.required("expect", EXPECT);
    let duration = section.field("for").map(|field| field.parse());
    let when = section.field("at").map(|field| field.parse());
    let reason = section.field("reason").map(|field| field.text().map(str::to_owned));
    let signed = section.field("signed").map(|field| read_assurance(&field));
    let reviews = section.field("reviews").map(|field| read_reviews(policy, &field));
    let missing = section.field("missing").map(|field| read_texts(&field));
    let granted = section.field("granted").map(|field| field.parse());
    if let Some(facts) = section.field("facts").and_then(|field| field.section()) {
        read_facts(policy, &facts);
    }
    section.finish(&["scope"]);
    let role = role.and_then(|field| existing(&field, "role", |name| policy.role(name).is_some()));
    let expect_field = expect?;
    let expect = read_expected(&expect_field);
    if missing.is_some() && expect.is_some_and(|expect| expect != Expected::NeedsApproval) {
        expect_field.report("`missing` goes with expect = \"needs-approval\"");
    }
    Some(Case {
        name: name.and_then(|field| read_line(&field))?,
        file: file.to_owned(),
        at,
        who: who.and_then(|field| existing_person(policy, &field))?,
        role: role?,
        duration: sound(duration)?,
        when: sound(when)?,
        reason: sound(reason)?,
        signed: sound(signed)?,
        reviews: reviews.map_or(Some(Vec::new()), |reviews| reviews)?,
        expect: expect?,
        missing: sound(missing)?,
        granted: sound(granted)?,
    })
}

/// Absent is sound, wrong is not.
fn sound<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}

const EXPECT: &str = r#"write expect = "auto-approved", "approved", "needs-approval", "denied" or "refused""#;

fn read_expected(field: &Field<'_>) -> Option<Expected> {
    let text = field.text()?;
    let found = Expected::ALL.into_iter().find(|expected| expected.as_str() == text);
    if found.is_none() {
        field.report_with("this is nothing that a policy answers", EXPECT);
    }
    found
}

fn read_assurance(field: &Field<'_>) -> Option<Assurance> {
    let text = field.text()?;
    let all = [Assurance::Account, Assurance::Key, Assurance::Touch];
    let found = all.into_iter().find(|assurance| assurance.as_str() == text);
    if found.is_none() {
        field.report("`signed` is \"account\", \"key\" or \"touch\"");
    }
    found
}

fn existing(field: &Field<'_>, what: &str, exists: impl Fn(&Name) -> bool) -> Option<Name> {
    let name: Name = field.parse()?;
    if !exists(&name) {
        field.report(&format!("there is no {what} {name}"));
        return None;
    }
    Some(name)
}

fn existing_person(policy: &Policy, field: &Field<'_>) -> Option<Name> {
    existing(field, "person", |name| policy.person(name).is_some())
}

/// Texts, or one text alone.
fn read_texts(field: &Field<'_>) -> Option<Vec<String>> {
    if let Some(text) = field.as_text() {
        return Some(vec![text.to_owned()]);
    }
    field.list()?.map(|item| item.text().map(str::to_owned)).collect()
}

fn read_reviews(policy: &Policy, field: &Field<'_>) -> Option<Vec<Review>> {
    let mut reviews: Vec<Review> = Vec::new();
    let mut all_read = true;
    for item in field.list()? {
        let Some(review) = read_review(policy, &item) else {
            all_read = false;
            continue;
        };
        if reviews.iter().any(|other| other.by == review.by) {
            item.report(&format!("{} reviews twice; only the last word counts", review.by));
        }
        reviews.push(review);
    }
    all_read.then_some(reviews)
}

/// `"dee"` approves; `{ by = "dee", verdict = "deny", for = "1h", signed = "key" }` says more.
fn read_review(policy: &Policy, item: &Field<'_>) -> Option<Review> {
    if item.as_text().is_some() {
        let by = existing_person(policy, item)?;
        return Some(Review { by, verdict: Verdict::Approve, duration: None, signed: None });
    }
    let Some(section) = item.as_section() else {
        item.expected("a name, or { by = \"NAME\", verdict = \"deny\" }");
        return None;
    };
    let by = section.required("by", r#"write { by = "NAME" }"#);
    let verdict = section.field("verdict");
    let duration = section.field("for").map(|field| field.parse());
    let signed = section.field("signed").map(|field| read_assurance(&field));
    section.finish(&["scope"]);
    let verdict = match verdict {
        None => Some(Verdict::Approve),
        Some(field) => match field.text()? {
            "approve" => Some(Verdict::Approve),
            "deny" => Some(Verdict::Deny),
            _ => {
                field.report("`verdict` is \"approve\" or \"deny\"");
                None
            }
        },
    };
    Some(Review {
        by: by.and_then(|field| existing_person(policy, &field))?,
        verdict: verdict?,
        duration: sound(duration)?,
        signed: sound(signed)?,
    })
}

/// Facts are lists of people by the fact's name.
fn read_facts(policy: &Policy, facts: &Section<'_>) {
    for (_, _, field) in facts.entries() {
        for item in field.list().into_iter().flatten() {
            existing_person(policy, &item);
        }
    }
}
