//! Parses cases. An unknown name is an error, because such a case would expect "refused" and hold for ever.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::grant::Name;
use crate::grant::Verdict;

use super::Case;
use super::Outline;
use crate::policy::Policy;
use crate::policy::analysis::question::Question;
use crate::policy::analysis::question::Review;
use crate::policy::files::document::Document;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::files::problem::Findings;
use crate::policy::files::problem::Problems;
use crate::policy::people::roster::read_line;
use crate::policy::question::asking::Action;
use crate::policy::roles::role::read_assurance;

/// Parses every file of `tests/`.
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

/// The default time of a case: noon of a Wednesday. A test must not depend on when it runs.
const NOON: i64 = 1_767_787_200;

fn read_case(policy: &Policy, document: &Document<'_>, file: &str, section: Section<'_>) -> Option<Case> {
    let at = document.position(section.at);
    let name = section.required("name", r#"write name = "what this case is about""#);
    let who = section.required("who", r#"write who = "NAME""#);
    let role = section.required("role", r#"write role = "NAME""#);
    let expect = section.required("expect", EXPECT);
    let tokens = section.field("tokens").and_then(|field| read_tokens(policy, &field)).unwrap_or_default();
    let somebody = Somebody { policy, tokens: &tokens };
    let action = section.field("action").map(|field| read_action(&field));
    let scope = section.field("scope").map(|field| field.parse());
    let duration = section.field("for").map(|field| field.parse());
    let now = section.field("at").map(|field| field.parse());
    let reason = section.field("reason").map(|field| field.text().map(str::to_owned));
    let signed = section.field("signed").map(|field| read_assurance(&field));
    let source = section.field("source_ip").map(|field| field.parse());
    let agent = section.field("agent").map(|field| field.truth());
    let interactive = section.field("interactive").map(|field| field.truth());
    let facts = section.field("facts").map(|field| somebody.read_facts(&field));
    let reviews = section.field("reviews").map(|field| somebody.read_reviews(&field));
    let missing = section.field("missing").map(|field| read_texts(&field));
    let granted = section.field("granted").map(|field| field.parse());
    let granted_scope = section.field("granted_scope").map(|field| field.parse());
    section.finish(&[]);
    let role = role.and_then(|field| existing(&field, "role", |name| policy.role(name).is_some()));
    let expect_field = expect?;
    let expect = read_expected(&expect_field);
    if missing.is_some() && expect.is_some_and(|expect| expect != Outline::NeedsApproval) {
        expect_field.report("`missing` goes with expect = \"needs-approval\"");
    }
    let name = name.and_then(|field| read_line(&field))?;
    let who = who.and_then(|field| somebody.who(&field))?;
    let noon = Timestamp::from_second(NOON).unwrap_or_default();
    let question = Question {
        action: sound(action)?.unwrap_or_default(),
        scope: sound(scope)?,
        duration: sound(duration)?,
        reason: sound(reason)?,
        signed: sound(signed)?,
        source: sound(source)?,
        agent: sound(agent)?.unwrap_or(false),
        unattended: !sound(interactive)?.unwrap_or(true),
        facts: facts.map_or(Some(BTreeMap::new()), |facts| facts)?,
        reviews: reviews.map_or(Some(Vec::new()), |reviews| reviews)?,
        tokens: tokens.clone(),
        ..Question::new(who, role?, sound(now)?.unwrap_or(noon))
    };
    Some(Case {
        name,
        file: file.to_owned(),
        at,
        question,
        expect: expect?,
        missing: sound(missing)?,
        granted: sound(granted)?,
        granted_scope: sound(granted_scope)?,
    })
}

/// `None` for an invalid value. An absent value is valid.
fn sound<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}

const EXPECT: &str = r#"write expect = "auto-approved", "approved", "needs-approval", "denied" or "refused""#;

fn read_expected(field: &Field<'_>) -> Option<Outline> {
    let text = field.text()?;
    let found = Outline::ALL.into_iter().find(|expected| expected.as_str() == text);
    if found.is_none() {
        field.report_with("a policy has no such answer", EXPECT);
    }
    found
}

/// `"request"`, `"extend"` (the first time) or `"break-glass"`.
fn read_action(field: &Field<'_>) -> Option<Action> {
    match field.text()? {
        "request" => Some(Action::Request),
        "extend" => Some(Action::Extend { before: 0 }),
        "break-glass" => Some(Action::BreakGlass),
        _ => {
            field.report("`action` is \"request\", \"extend\" or \"break-glass\"");
            None
        }
    }
}

/// `tokens = { zoe = ["sre"] }`: people known by token, with the groups from the identity provider.
fn read_tokens(policy: &Policy, field: &Field<'_>) -> Option<BTreeMap<String, Vec<String>>> {
    if policy.oidc().is_none() {
        field.report_with("the policy accepts no people from tokens", "add [identity.oidc] to access.toml");
        return None;
    }
    let section = field.section()?;
    let mut tokens = BTreeMap::new();
    for (subject, _, groups) in section.entries() {
        tokens.insert(subject.to_owned(), read_texts(&groups)?);
    }
    Some(tokens)
}

fn existing(field: &Field<'_>, what: &str, exists: impl Fn(&Name) -> bool) -> Option<Name> {
    let name: Name = field.parse()?;
    if !exists(&name) {
        field.report(&format!("there is no {what} {name}"));
        return None;
    }
    Some(name)
}

/// A list of strings, or a single string.
fn read_texts(field: &Field<'_>) -> Option<Vec<String>> {
    if let Some(text) = field.as_text() {
        return Some(vec![text.to_owned()]);
    }
    field.list()?.map(|item| item.text().map(str::to_owned)).collect()
}

/// The people, workloads and agents that a case may name.
struct Somebody<'a> {
    policy: &'a Policy,
    tokens: &'a BTreeMap<String, Vec<String>>,
}

impl Somebody<'_> {
    fn person(&self, field: &Field<'_>) -> Option<Name> {
        existing(field, "person", |name| self.is_person(name))
    }

    /// A person, a workload or an agent.
    fn who(&self, field: &Field<'_>) -> Option<Name> {
        let exists = |name: &Name| {
            let policy = self.policy;
            self.is_person(name) || policy.workload(name).is_some() || policy.agent(name).is_some()
        };
        existing(field, "person, workload or agent", exists)
    }

    fn is_person(&self, name: &Name) -> bool {
        self.policy.person(name).is_some() || self.tokens.contains_key(name.as_str())
    }

    fn read_reviews(&self, field: &Field<'_>) -> Option<Vec<Review>> {
        let mut reviews: Vec<Review> = Vec::new();
        let mut all_read = true;
        for item in field.list()? {
            let Some(review) = self.read_review(&item) else {
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

    /// `"dee"` approves. `{ by = "dee", verdict = "deny", for = "1h", scope = "s", signed = "key" }` gives details.
    fn read_review(&self, item: &Field<'_>) -> Option<Review> {
        if item.as_text().is_some() {
            return self.person(item).map(Review::approving);
        }
        let Some(section) = item.as_section() else {
            item.expected("a name, or { by = \"NAME\", verdict = \"deny\" }");
            return None;
        };
        let by = section.required("by", r#"write { by = "NAME" }"#);
        let verdict = section.field("verdict");
        let duration = section.field("for").map(|field| field.parse());
        let scope = section.field("scope").map(|field| field.parse());
        let signed = section.field("signed").map(|field| read_assurance(&field));
        section.finish(&[]);
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
            by: by.and_then(|field| self.person(&field))?,
            verdict: verdict?,
            duration: sound(duration)?,
            scope: sound(scope)?,
            signed: sound(signed)?,
        })
    }

    /// Facts are lists of people, by the fact's name.
    fn read_facts(&self, field: &Field<'_>) -> Option<BTreeMap<String, BTreeSet<Name>>> {
        let mut facts = BTreeMap::new();
        let mut all_read = true;
        for (name, at, field) in field.section()?.entries() {
            if self.policy.facts().iter().all(|source| source.name != name) {
                let shown: String = name.chars().take(64).collect();
                let hint = "add [facts.NAME] to access.toml, or mend the name";
                field.document.report_with(at, &format!("there is no fact {shown}"), hint);
                all_read = false;
            }
            let people: Option<BTreeSet<Name>> = field.list()?.map(|item| self.who(&item)).collect();
            facts.insert(name.to_owned(), people?);
        }
        all_read.then_some(facts)
    }
}
