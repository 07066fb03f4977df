//! `roles/NAME.toml`: the roles that can be requested, and their rules.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::grant::Assurance;
use crate::grant::Cloud;
use crate::grant::Name;
use crate::grant::ScopeDocument;
use crate::grant::Target;
use crate::grant::cloud::aws_scope::DocumentError;
use crate::grant::span::Span;

use crate::policy::analysis::lint;
use crate::policy::analysis::lint::Allowance;
use crate::policy::conditions::Grammar;
use crate::policy::files::document::Document;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::files::document::Tree;
use crate::policy::files::problem::Position;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;
use crate::policy::people::roster::read_line;
use crate::policy::roles::opening;
use crate::policy::roles::opening::decided_lease;
use crate::policy::roles::opening::longest_lease;
use crate::policy::roles::reason::ReasonRule;
use crate::policy::roles::reason::read_reason;
use crate::policy::roles::rule::Rule;
use crate::policy::roles::scopes::BreakGlass;
use crate::policy::roles::scopes::Extend;
use crate::policy::roles::scopes::Scope;
use crate::policy::roles::when::When;
use crate::policy::settings::access::Defaults;
use crate::policy::settings::access::read_lease;
use crate::policy::settings::access::read_principals;
use crate::policy::settings::accounts::Account;
use crate::policy::settings::gate;
use crate::policy::settings::notify::Notify;

/// A role that can be requested.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name, from its file's name.
    pub name: Name,
    /// A description for people. May be empty.
    pub description: String,
    /// The target that it opens.
    pub target: Target,
    /// The principals that may ask.
    pub requesters: Vec<Principal>,
    /// The rule of approval, which says who must approve.
    pub approval: Rule,
    /// The default duration of a grant.
    pub duration: Span,
    /// The longest duration of a grant.
    pub max_duration: Span,
    /// The lifetime of the credentials.
    pub lease: Span,
    /// How long a request stays pending.
    pub pending: Span,
    /// How long an approval stays usable.
    pub unused: Span,
    /// The requirement on a reason.
    pub reason: ReasonRule,
    /// The assurance demanded of a review or, if none is needed, of the request.
    pub signed: Assurance,
    /// Earlier names.
    pub aliases: Vec<Name>,
    /// The commands that coding agents run only with this role, each as words with single blanks between.
    pub gate: Vec<String>,
    /// The ways of notifying people, besides those of the whole policy.
    pub notify: Notify,
    /// Its scopes.
    pub scopes: BTreeMap<Name, Scope>,
    /// Extensions. `None` if the role allows none.
    pub extend: Option<Extend>,
    /// Break-glass. `None` if the role has none.
    pub break_glass: Option<BreakGlass>,
    /// Whether the owner of an agent may review its requests, by a touch.
    pub owner_may_approve: bool,
    /// Whether credentials work only from the requester's address.
    pub bind_ip: bool,
    /// Whether what was handed out is denied in the cloud when access ends early.
    pub deny_revoked: bool,
    /// The role at the place by which the broker takes back what was handed out when access ends early. `None` if it does not.
    pub revoke_role: Option<String>,
    /// The files that it comes from.
    pub origin: Origin,
    /// The position of `approval`, for lints.
    pub(in crate::policy) approval_at: Position,
    /// The lints that this role's file allows.
    pub(in crate::policy) allow: Vec<Allowance>,
}

/// The files that a role comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its file, by its path in the policy's folder.
    pub file: String,
    /// The account for which `for_each` made it. `None` without `for_each`.
    pub account: Option<Name>,
    /// Less specific files that would have made a role of this name, and that this one overrides.
    pub replaces: Vec<String>,
}

/// The context for parsing a role.
#[derive(Clone, Copy)]
pub(in crate::policy) struct Surroundings<'a> {
    pub(in crate::policy) defaults: Defaults,
    pub(in crate::policy) people: Option<&'a People>,
    /// Every file of the policy.
    pub(in crate::policy) files: &'a BTreeMap<String, Vec<u8>>,
    /// The account for which it is made.
    pub(in crate::policy) account: Option<&'a Account>,
    /// The grammar for conditions. `None` if `access.toml` could not be parsed.
    pub(in crate::policy) grammar: Option<&'a Grammar>,
    /// The scope documents named by a role so far.
    pub(in crate::policy) used: &'a RefCell<BTreeSet<String>>,
}

impl Surroundings<'_> {
    /// The document of a scope, in the file that a field names, for a role of this cloud.
    pub(in crate::policy) fn read_document(&self, field: &Field<'_>, cloud: Cloud) -> Option<ScopeDocument> {
        self.read_json("policy", field, |text, expand| ScopeDocument::parse(cloud, text, expand))
    }

    /// The document of a scope, in the JSON file beside the role that the field of this key names. `parse` gets its text, and what
    /// expands the account's values in it.
    pub(in crate::policy) fn read_json<T>(
        &self,
        key: &str,
        field: &Field<'_>,
        parse: impl FnOnce(&str, &dyn Fn(&str) -> String) -> Result<T, DocumentError>,
    ) -> Option<T> {
        let file = field.text()?;
        let path = format!("roles/{file}");
        let named = file.strip_suffix(".json").is_some_and(|stem| stem.parse::<Name>().is_ok());
        let Some(content) = self.files.get(&path).filter(|_| named) else {
            let shown: String = file.chars().take(64).collect();
            let message = format!("there is no file {shown} beside this one");
            field.report_with(&message, &format!("write {key} = \"NAME.json\", a file in roles/"));
            return None;
        };
        self.used.borrow_mut().insert(path.clone());
        let document = Document::of(&path, content, field.document.findings())?;
        let expand =
            |text: &str| self.account.map_or_else(|| text.to_owned(), |account| account.expand(text));
        match parse(document.text(), &expand) {
            Ok(found) => Some(found),
            Err(error @ DocumentError::Json { line, column, .. }) => {
                document.report_line(line, column, &error.to_string());
                None
            }
            Err(error @ DocumentError::Other(_)) => {
                document.report(0, &error.to_string());
                None
            }
            Err(error) => {
                document.report_with(
                    0,
                    &error.to_string(),
                    "see \"session policies\" in the AWS documentation",
                );
                None
            }
        }
    }
}

/// A parsed role, and the parts that are resolved once all roles are parsed.
pub(in crate::policy) struct Reading {
    pub(in crate::policy) role: Role,
    pub(in crate::policy) when: When,
    /// The position of each alias.
    pub(in crate::policy) alias_places: Vec<Position>,
}

impl Role {
    /// The role's file, by its path in the policy's folder.
    pub fn file(&self) -> String {
        self.origin.file.clone()
    }

    /// Parses a role and reports all of its errors.
    pub(in crate::policy) fn read(
        name: Name,
        document: &Document<'_>,
        tree: &Tree<'_>,
        around: &Surroundings<'_>,
    ) -> Option<Reading> {
        let root = document.root(tree);
        let (defaults, people) = (&around.defaults, around.people);
        let description = root.field("description").map(|field| read_line(&field));
        let requesters = root.required("requesters", r#"write requesters = ["group:NAME"]"#);
        let requesters = requesters.and_then(|field| read_principals(&field, people, true));
        let approval = root.required("approval", r#"write approval = "1 of group:NAME""#);
        let approval_at = approval.map_or(Position::START, |field: Field<'_>| document.position(field.at()));
        let approval = approval.and_then(|field| Rule::read(&field, people));
        let (duration, max_duration) = read_durations(&root, defaults);
        let lease = root.field("lease");
        let lease = (lease.is_some(), read_lease(&root, defaults.lease));
        let span = |key, otherwise| root.field(key).and_then(|field| field.parse()).unwrap_or(otherwise);
        let pending = span("pending", defaults.pending);
        let unused = span("unused", defaults.unused);
        let reason = root.field("reason").map_or(Some(ReasonRule::Required), |field| read_reason(&field));
        let signed = root.field("signed").map_or(Some(Assurance::default()), |field| read_assurance(&field));
        let (aliases, alias_places) = read_aliases(&root);
        let gate = root.field("gate").map_or_else(Vec::new, |field| gate::read_commands(&field));
        let owner = root.field("owner_may_approve");
        let owner_may_approve = owner.is_some_and(|field| field.truth().unwrap_or_default());
        let notify = root.field("notify").and_then(|field| field.section());
        let notify = notify.map(|section| Notify::read(section, people, true));
        let allow =
            root.field("allow").map_or_else(Vec::new, |field| lint::read_allowances(document, &field));
        let extend = root.field("extend").map(|field| Extend::read(field.section()?, people));
        let when = root.field("when").map(|field| When::read(field.section()?, &name, around.grammar));
        let break_glass = root.field("break_glass");
        let break_glass = break_glass.map(|field| BreakGlass::read(field.section()?, people, max_duration));
        let opening = opening::read(&root, around);
        let target = opening.as_ref().map(|opening| &opening.target);
        let scopes = root.field("scopes");
        let scopes = scopes.map(|field| Scope::read_all(&field.section()?, around, target, max_duration));
        // Handled by the reader of the files; see `expand`.
        let _ = root.field("for_each");
        let lease = opening.as_ref().map_or(lease.1, |opening| limit_lease(&root, lease, &opening.target));
        let duration = opening
            .as_ref()
            .map_or(duration, |opening| usual_duration(&root, duration, max_duration, &opening.target));
        root.finish(&[]);
        let opening = opening?;
        let role = Self {
            name,
            description: description.unwrap_or(Some(String::new()))?,
            target: opening.target,
            requesters: requesters?,
            approval: approval?,
            duration,
            max_duration,
            lease,
            pending,
            unused,
            reason: reason?,
            signed: signed?,
            aliases,
            gate,
            notify: notify.unwrap_or_default(),
            scopes: scopes.map_or(Some(BTreeMap::new()), |scopes| scopes)?,
            extend: extend.map_or(Some(None), |extend| extend.map(Some))?,
            break_glass: break_glass.map_or(Some(None), |way| way.map(Some))?,
            owner_may_approve,
            bind_ip: opening.bind_ip,
            deny_revoked: opening.deny_revoked,
            revoke_role: opening.revoke_role,
            origin: Origin {
                file: document.file.to_owned(),
                account: around.account.map(|account| account.name.clone()),
                replaces: Vec::new(),
            },
            approval_at,
            allow,
        };
        let when = when.map_or(Some(When::default()), |when| when)?;
        Some(Reading { role, when, alias_places })
    }
}

/// Limits the lifetime of credentials to what the place allows. A longer one is cut if it is a default. If the role sets it, it is an
/// error. The broker's own identity may be an IAM user, whose sessions are not chained, so there it is a lint only (`long-lease`),
/// and the broker cuts it if the identity is itself a session.
fn limit_lease(root: &Section<'_>, (own, lease): (bool, Span), target: &Target) -> Span {
    if let Some((decided, why)) = decided_lease(target) {
        if let (true, Some(field)) = (own, root.field("lease")) {
            field.report_with(&format!("the role has no `lease`: {why}"), "take the line out");
        }
        return decided;
    }
    let Some((longest, whose, why)) = longest_lease(target) else { return lease };
    if lease <= longest {
        return lease;
    }
    if own && target.is_by_broker() {
        return lease;
    };
    if let (true, Some(field)) = (own, root.field("lease")) {
        let message = format!("{whose} live {longest} at most, and {lease} is longer");
        field.report_with(&message, &format!("{why}; they are renewed while the access lasts"));
    }
    longest
}

/// The usual duration of a grant: where the file does not say it, no shorter than the target allows.
fn usual_duration(root: &Section<'_>, usual: Span, longest: Span, target: &Target) -> Span {
    match target.shortest_grant() {
        Some(shortest) if root.field("duration").is_none() => usual.max(shortest).min(longest),
        _ => usual,
    }
}

/// The default and the longest duration of a grant.
fn read_durations(root: &Section<'_>, defaults: &Defaults) -> (Span, Span) {
    let own_maximum = root.field("max_duration").and_then(|field| field.parse());
    let max_duration = own_maximum.unwrap_or(defaults.max_duration);
    let usual = Span::of_minutes(60).min(max_duration);
    let Some(field) = root.field("duration") else { return (usual, max_duration) };
    let duration = field.parse().unwrap_or(usual);
    if duration > max_duration {
        let whose = if own_maximum.is_some() { "the role allows" } else { "access.toml allows" };
        field.report_with(
            &format!("the usual duration {duration} is longer than the {max_duration} that {whose}"),
            "ask for less, or give the role its own max_duration",
        );
    }
    (duration, max_duration)
}

pub(in crate::policy) fn read_assurance(field: &Field<'_>) -> Option<Assurance> {
    let every = [Assurance::Account, Assurance::Key, Assurance::Touch];
    let text = field.text()?;
    let found = every.into_iter().find(|assurance| assurance.as_str() == text);
    if found.is_none() {
        field.report("`signed` is \"account\", \"key\" or \"touch\"");
    }
    found
}

/// The aliases and their positions.
fn read_aliases(root: &Section<'_>) -> (Vec<Name>, Vec<Position>) {
    let items = root.field("aliases").and_then(|field| field.list());
    let found = items
        .into_iter()
        .flatten()
        .filter_map(|item| Some((item.parse()?, item.document.position(item.at()))));
    found.unzip()
}
