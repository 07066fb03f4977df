//! `roles/NAME.toml`: what can be asked for, and under which rules.

use regex::Regex;
use regex::RegexBuilder;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::span::Span;
use crate::grant::target::RoleArn;
use crate::grant::target::TargetError;

use super::access::Defaults;
use super::access::read_lease;
use super::access::read_principals;
use super::document::Document;
use super::document::Field;
use super::document::Section;
use super::document::Tree;
use super::lint;
use super::lint::Allowance;
use super::notify::Notify;
use super::people::People;
use super::people::read_line;
use super::principal::Principal;
use super::problem::Position;
use super::rule::Rule;

/// How much memory a compiled pattern may take, in bytes.
const PATTERN_MEMORY: usize = 256 * 1024;

/// What a reason must be.
#[derive(Debug, Clone)]
pub enum ReasonRule {
    /// Something must be said. This is what a role wants that says nothing.
    Required,
    /// Nothing need be said.
    Optional,
    /// It must match.
    Pattern {
        /// Searched for anywhere in the reason, unless it has anchors.
        pattern: Regex,
        /// What to write, for people.
        hint: String,
    },
}

impl ReasonRule {
    /// What is wanted, in words.
    pub fn wanted(&self) -> &str {
        match self {
            Self::Required => "say why",
            Self::Optional => "nothing need be said",
            Self::Pattern { hint, .. } => hint,
        }
    }

    /// Whether a reason is good enough.
    pub fn accepts(&self, reason: &str) -> bool {
        let said = !reason.trim().is_empty();
        match self {
            Self::Required => said,
            Self::Optional => true,
            Self::Pattern { pattern, .. } => said && pattern.is_match(reason),
        }
    }
}

/// Something that can be asked for.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name, which is its file's.
    pub name: Name,
    /// What it is, for people; may be empty.
    pub description: String,
    /// What it opens.
    pub target: Target,
    /// Who may ask.
    pub requesters: Vec<Principal>,
    /// Who must agree.
    pub approval: Rule,
    /// How long a grant lasts when nothing is said.
    pub duration: Span,
    /// How long it may last.
    pub max_duration: Span,
    /// The credentials' own life.
    pub lease: Span,
    /// How long a request waits for reviews.
    pub pending: Span,
    /// How long an approval waits for its use.
    pub unused: Span,
    /// What a reason must be.
    pub reason: ReasonRule,
    /// How strongly a review must be signed; where none is needed, the request.
    pub signed: Assurance,
    /// Names from before.
    pub aliases: Vec<Name>,
    /// Who is told, besides those that the whole policy tells.
    pub notify: Notify,
    /// Where `approval` stands, for lints.
    pub(super) approval_at: Position,
    /// Lints that this role's file allows.
    pub(super) allow: Vec<Allowance>,
}

impl Role {
    /// The role's file, by its path in the policy's folder.
    pub fn file(&self) -> String {
        format!("roles/{}.toml", self.name)
    }

    /// Reads a role, or reports everything that is wrong with it.
    pub(super) fn read(
        name: Name,
        document: &Document<'_>,
        tree: &Tree<'_>,
        defaults: Option<&Defaults>,
        people: Option<&People>,
    ) -> Option<(Self, Vec<usize>)> {
        let root = document.root(tree);
        let built_in = Defaults::default();
        let defaults = defaults.unwrap_or(&built_in);
        let description = root.field("description").map(|field| read_line(&field));
        let requesters = root.required("requesters", r#"write requesters = ["group:NAME"]"#);
        let requesters = requesters.and_then(|field| read_principals(&field, people));
        let approval = root.required("approval", r#"write approval = "1 of group:NAME""#);
        let approval_at = approval.map_or(Position::START, |field: Field<'_>| document.position(field.at()));
        let approval = approval.and_then(|field| Rule::read(&field, people));
        let (duration, max_duration) = read_durations(&root, defaults);
        let lease = read_lease(&root, defaults.lease);
        let span = |key, otherwise| root.field(key).and_then(|field| field.parse()).unwrap_or(otherwise);
        let pending = span("pending", defaults.pending);
        let unused = span("unused", defaults.unused);
        let reason = root.field("reason").map_or(Some(ReasonRule::Required), |field| read_reason(&field));
        let signed = root.field("signed").map_or(Some(Assurance::default()), |field| read_assurance(&field));
        let (aliases, places) = read_aliases(&root);
        let notify = root.field("notify").and_then(|field| field.section()).map(Notify::read);
        let allow =
            root.field("allow").map_or_else(Vec::new, |field| lint::read_allowances(document, &field));
        let target = read_target(&root);
        root.finish(&["extend", "when", "break_glass", "scopes", "for_each", "gcp", "azure", "kubernetes"]);
        let role = Self {
            name,
            description: description.unwrap_or(Some(String::new()))?,
            target: target?,
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
            notify: notify.unwrap_or_default(),
            approval_at,
            allow,
        };
        Some((role, places))
    }
}

/// How long a grant lasts when nothing is said, and at most.
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

fn read_reason(field: &Field<'_>) -> Option<ReasonRule> {
    match field.as_text() {
        Some("required") => return Some(ReasonRule::Required),
        Some("optional") => return Some(ReasonRule::Optional),
        _ => {}
    }
    let Some(section) = field.as_section() else {
        field.report(r#"a reason is "required", "optional" or { pattern = '…', hint = "…" }"#);
        return None;
    };
    let pattern = section.required("pattern", r"write pattern = '^INC-\d+'");
    let hint = section.field("hint").map(|field| read_line(&field));
    section.finish(&[]);
    let pattern = pattern?;
    let text = pattern.text()?;
    match RegexBuilder::new(text).size_limit(PATTERN_MEMORY).dfa_size_limit(PATTERN_MEMORY).build() {
        Ok(compiled) => {
            let hint = hint.unwrap_or_else(|| Some(format!("it must match {text}")))?;
            Some(ReasonRule::Pattern { pattern: compiled, hint })
        }
        Err(error) => {
            // The crate draws a picture over several lines and ends with what is wrong.
            let drawn = error.to_string();
            let last = drawn.lines().last().unwrap_or_default();
            let why = last.strip_prefix("error: ").unwrap_or(last);
            pattern.report(&format!("the pattern does not compile: {why}"));
            None
        }
    }
}

fn read_assurance(field: &Field<'_>) -> Option<Assurance> {
    let every = [Assurance::Account, Assurance::Key, Assurance::Touch];
    let text = field.text()?;
    let found = every.into_iter().find(|assurance| assurance.as_str() == text);
    if found.is_none() {
        field.report("`signed` is \"account\", \"key\" or \"touch\"");
    }
    found
}

/// The aliases and the byte offset of each.
fn read_aliases(root: &Section<'_>) -> (Vec<Name>, Vec<usize>) {
    let items = root.field("aliases").and_then(|field| field.list());
    let found = items.into_iter().flatten().filter_map(|item| Some((item.parse()?, item.at())));
    found.unzip()
}

fn read_target(root: &Section<'_>) -> Option<Target> {
    let (aws, sandbox) = (root.field("aws"), root.field("sandbox"));
    match (aws, sandbox) {
        (Some(field), None) => read_aws(field.section()?),
        (None, Some(field)) => read_sandbox(field.section()?),
        (Some(_), Some(second)) => {
            second.report("a role opens one target, and this is its second");
            None
        }
        (None, None) => {
            root.document.report_with(
                root.at,
                "the role opens nothing",
                "add [aws] with role_arn and region",
            );
            None
        }
    }
}

const ARN_HINT: &str = r#"write role_arn = "arn:aws:iam::111122223333:role/NAME""#;

fn read_aws(section: Section<'_>) -> Option<Target> {
    let role_arn = section.required("role_arn", ARN_HINT);
    let region = section.required("region", r#"write region = "eu-west-1""#);
    let endpoint = section.field("endpoint_url");
    section.finish(&["via", "bind_ip"]);
    let arn = role_arn.and_then(|field| field.parse::<RoleArn>());
    let region_text = region.and_then(|field| field.text())?.to_owned();
    let endpoint_text = match &endpoint {
        Some(field) => Some(field.text()?.to_owned()),
        None => None,
    };
    let target = Target::aws(arn?, region_text, endpoint_text);
    report_target(target, role_arn, region, endpoint)
}

fn read_sandbox(section: Section<'_>) -> Option<Target> {
    let role_arn = section.required("role_arn", ARN_HINT);
    let endpoint = section.required("endpoint_url", r#"write endpoint_url = "http://127.0.0.1:PORT""#);
    section.finish(&[]);
    let arn = role_arn.and_then(|field| field.parse::<RoleArn>());
    let endpoint_text = endpoint.and_then(|field| field.text())?.to_owned();
    let target = Target::sandbox(arn?, endpoint_text);
    report_target(target, role_arn, None, endpoint)
}

/// Reports what is wrong with a target at the key that is to blame.
fn report_target(
    target: Result<Target, TargetError>,
    role_arn: Option<Field<'_>>,
    region: Option<Field<'_>>,
    endpoint: Option<Field<'_>>,
) -> Option<Target> {
    let error = match target {
        Ok(target) => return Some(target),
        Err(error) => error,
    };
    let blamed = match &error {
        TargetError::RoleArn(_) | TargetError::Unknown(_) => role_arn,
        TargetError::Region(_) | TargetError::Partition { .. } => region,
        TargetError::Endpoint(_) => endpoint,
    };
    if let Some(field) = blamed.or(role_arn) {
        field.report(&error.to_string());
    }
    None
}
