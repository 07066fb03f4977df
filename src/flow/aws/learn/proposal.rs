//! From the calls to a session policy that still allows each of them, as narrow as fits.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use super::actions::Call;
use super::resources;
use super::resources::Reach;
use super::resources::Resource;
use crate::grant::cloud::aws_scope::AwsScopeDocument;

/// The most resources of an action that are told apart. With more of them, those of one container are joined.
const MOST_RESOURCES: usize = 200;

/// The actions that were used, each with its resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learnt(BTreeMap<String, Used>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Used {
    /// Whether each call of it only read.
    reads: bool,
    resources: BTreeSet<Resource>,
}

/// A document, and in which ways it is wider than the calls were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The session policy, with line breaks.
    pub document: String,
    /// The parts that were widened, in words: the actions, and their reach. Empty if there are none.
    pub widened: Vec<String>,
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
            let fresh = || Used { reads: true, resources: BTreeSet::new() };
            let used = self.0.entry(call.action.clone()).or_insert_with(fresh);
            used.reads &= call.reads;
            call.resources.iter().for_each(|resource| resources::add(&mut used.resources, resource));
            let widenings = [Widening::Objects, Widening::Named, Widening::All];
            for widening in widenings {
                if used.resources.len() > MOST_RESOURCES {
                    used.resources = widening.of(&used.resources);
                }
            }
        }
    }
}

/// How far a document is widened. Each includes those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Widening {
    /// Not at all.
    None,
    /// Objects of one bucket are joined.
    Objects,
    /// Resources of one kind are joined.
    Named,
    /// Every action is on any resource.
    All,
    /// `Describe` and `List` are every action of that verb of the service.
    Verbs,
}

impl Widening {
    fn of(self, resources: &BTreeSet<Resource>) -> BTreeSet<Resource> {
        match self {
            Self::None => resources.clone(),
            Self::Objects => resources::joined(resources, true),
            Self::Named => resources::joined(resources, false),
            Self::All | Self::Verbs => {
                let mut all = resources.clone();
                resources::add(&mut all, &Resource::any(Reach::Fitted));
                all
            }
        }
    }
}

/// The narrowest document that fits into a scope. `None` if none does.
pub fn propose(learnt: &Learnt) -> Option<Proposed> {
    let widenings =
        [Widening::None, Widening::Objects, Widening::Named, Widening::All, Widening::Verbs].into_iter();
    widenings
        .map(|widening| proposed(learnt, widening))
        .find(|proposed| AwsScopeDocument::parse(&proposed.document, str::to_owned).is_ok())
}

/// The document, and how it is wider than the calls.
fn proposed(learnt: &Learnt, widening: Widening) -> Proposed {
    let mut statements: BTreeMap<(bool, Vec<String>), BTreeSet<String>> = BTreeMap::new();
    let mut wider: BTreeMap<Resource, BTreeSet<String>> = BTreeMap::new();
    let mut verbs = BTreeSet::new();
    for (action, used) in &learnt.0 {
        let resources = widening.of(&used.resources);
        let verb = by_verb(action).filter(|_| widening >= Widening::Verbs && used.reads);
        verbs.extend(verb.clone());
        let action = verb.unwrap_or_else(|| action.clone());
        for resource in resources.iter().filter(|resource| resource.reach != Reach::Exact) {
            wider.entry(resource.clone()).or_default().insert(action.clone());
        }
        let patterns = resources.iter().map(Resource::pattern).collect();
        statements.entry((!used.reads, patterns)).or_default().insert(action);
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
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let verbs = verbs
        .into_iter()
        .map(|verb| format!("{verb}: every action with this start, so that the document fits"));
    let widened = wider.iter().map(|(resource, actions)| told(resource, actions)).chain(verbs).collect();
    Proposed { document: format!("{document:#}\n"), widened }
}

/// One widening in words.
fn told(resource: &Resource, actions: &BTreeSet<String>) -> String {
    let actions = actions.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let reach = match resource.stem.as_str() {
        "" => "any resource".to_owned(),
        stem => format!("every resource that begins with {stem}"),
    };
    let why = match resource.reach {
        Reach::Fitted => "so that the document fits",
        Reach::Exact | Reach::Unnamed => "because the records do not name it, or a session policy cannot",
    };
    format!("{actions}: {reach}, {why}")
}

/// An action as all of its verb, for verbs that tell what there is and not what is in it.
fn by_verb(action: &str) -> Option<String> {
    let (service, name) = action.split_once(':')?;
    let verb = ["Describe", "List"].into_iter().find(|verb| name.starts_with(verb))?;
    Some(format!("{service}:{verb}*"))
}
