//! From the calls to a session policy that still allows each of them, as narrow as fits.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use super::actions::Call;
use crate::grant::cloud::aws_scope::AwsScopeDocument;

/// The most resources of an action that are told apart. With more of them, objects become their bucket, and others any.
const MOST_RESOURCES: usize = 200;

/// The actions that were used, each with its resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learnt(BTreeMap<String, Used>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Used {
    /// Whether each call of it only read.
    reads: bool,
    /// The resources. `None` for any.
    resources: Option<BTreeSet<String>>,
}

/// A document, and in which ways it is wider than the calls were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The session policy, with line breaks.
    pub document: String,
    /// The parts that were widened, in words.
    pub widened: Vec<&'static str>,
}

impl Learnt {
    /// Whether nothing was used.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of actions.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds the actions of one call.
    pub(super) fn add(&mut self, calls: &[Call]) {
        for call in calls {
            let fresh = || Used { reads: true, resources: Some(BTreeSet::new()) };
            let used = self.0.entry(call.action.clone()).or_insert_with(fresh);
            used.reads &= call.reads;
            let Some(known) = used.resources.as_mut().filter(|_| !call.resources.is_empty()) else {
                used.resources = None;
                continue;
            };
            known.extend(call.resources.iter().cloned());
            if known.len() > MOST_RESOURCES {
                let wider = by_bucket(known);
                used.resources = Some(wider).filter(|wider| wider.len() <= MOST_RESOURCES);
            }
        }
    }
}

/// Objects of S3 as every object of their bucket. Other resources stay.
fn by_bucket(resources: &BTreeSet<String>) -> BTreeSet<String> {
    let wide = |arn: &String| match arn.split_once('/') {
        Some((bucket, _)) if bucket.contains(":s3:::") => format!("{bucket}/*"),
        _ => arn.clone(),
    };
    resources.iter().map(wide).collect()
}

/// The steps by which a document is widened. Each includes those before.
const STEPS: [&str; 3] = [
    "objects of S3 became every object of their bucket",
    "named resources became any resource",
    "Describe and List became every action of that verb of the service",
];

/// The narrowest document that fits into a scope. `None` if none does.
pub fn propose(learnt: &Learnt) -> Option<Proposed> {
    (0..=STEPS.len()).find_map(|step| {
        let value = document(learnt, step);
        AwsScopeDocument::parse(&value.to_string(), str::to_owned).ok()?;
        let widened = STEPS.iter().take(step).copied().collect();
        Some(Proposed { document: format!("{value:#}\n"), widened })
    })
}

/// The document, widened by a number of steps.
fn document(learnt: &Learnt, step: usize) -> Value {
    let mut statements: BTreeMap<(bool, Vec<String>), BTreeSet<String>> = BTreeMap::new();
    for (action, used) in &learnt.0 {
        let resources = match &used.resources {
            Some(resources) if step == 0 => resources.iter().cloned().collect(),
            Some(resources) if step == 1 => by_bucket(resources).into_iter().collect(),
            _ => vec!["*".to_owned()],
        };
        let action = if step >= 3 && used.reads { by_verb(action) } else { action.clone() };
        statements.entry((!used.reads, resources)).or_default().insert(action);
    }
    let mut counts = [0, 0];
    let statements: Vec<Value> = statements
        .into_iter()
        .map(|((writes, resources), actions)| {
            let (word, count) = if writes { ("Write", &mut counts[1]) } else { ("Read", &mut counts[0]) };
            *count += 1;
            json!({ "Sid": format!("{word}{count}"), "Effect": "Allow", "Action": actions, "Resource": resources })
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// An action as all of its verb, for verbs that tell what there is and not what is in it.
fn by_verb(action: &str) -> String {
    let Some((service, name)) = action.split_once(':') else { return action.to_owned() };
    let verb = ["Describe", "List"].into_iter().find(|verb| name.starts_with(verb));
    verb.map_or_else(|| action.to_owned(), |verb| format!("{service}:{verb}*"))
}
