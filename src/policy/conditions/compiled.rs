//! One Cedar policy, parsed and strictly validated, or every error with its position in the file.

use std::collections::HashSet;
use std::mem::discriminant;

use cedar_policy::EntityUid;
use cedar_policy::Expression;
use cedar_policy::ParseErrors;
use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy::PolicySet;
use cedar_policy::ValidationMode;
use miette::Diagnostic;

use super::embedded::raw_offset;
use super::grammar::Grammar;
use super::measure;
use super::plain::plain;
use crate::grant::text::sanitise;
use crate::policy::files::document::Document;
use crate::policy::files::document::Field;
use crate::policy::files::problem::Position;
use crate::policy::files::problem::Problem;

/// A policy's name in decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Label {
    /// `[when] request of prod-admin`, or `rules/freeze.cedar:3:1`.
    pub(in crate::policy) rule: String,
    /// Its `@reason("…")`.
    pub(in crate::policy) why: Option<String>,
}

/// An entity that a policy names, and its position.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Named {
    pub(in crate::policy) file: String,
    pub(in crate::policy) position: Position,
    pub(in crate::policy) uid: EntityUid,
}

/// A valid policy.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Compiled {
    pub(super) policy: Policy,
    pub(super) label: Label,
    pub(super) named: Vec<Named>,
    /// The validator's warnings: a condition that can never hold.
    pub(super) remarks: Vec<Problem>,
}

/// Cedar text within a file.
pub(super) struct Source<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) text: &'a str,
    /// Maps a byte offset in the text to one in the file.
    pub(super) place: &'a dyn Fn(usize) -> usize,
}

impl Source<'_> {
    fn report(&self, offset: usize, message: &str, hint: Option<&str>) {
        let at = (self.place)(offset.min(self.text.len()));
        match hint {
            Some(hint) => self.document.report_with(at, message, hint),
            None => self.document.report(at, message),
        }
    }

    /// Whether the text is within the limits for nesting and length. Reports it otherwise.
    pub(super) fn is_measured(&self) -> bool {
        match measure::check(self.text) {
            Ok(()) => true,
            Err(excess) => {
                self.report(
                    excess.at,
                    &excess.message,
                    Some("say it in several conditions, or with a group"),
                );
                false
            }
        }
    }

    /// Reports syntax errors. The parsed text has `prefix` bytes before this text.
    pub(super) fn report_syntax(&self, errors: &ParseErrors, prefix: usize) {
        for error in errors.iter() {
            let help = error.help().map(|help| help.to_string());
            let message = format!("this is not Cedar: {error}");
            self.report(offset_of(error, prefix), &message, help.as_deref());
        }
    }

    /// Validates a policy and collects the entities that it names. The policy's own text has `prefix` bytes before this
    /// text.
    pub(super) fn compile(
        &self,
        policy: Policy,
        prefix: usize,
        label: Label,
        grammar: &Grammar,
    ) -> Option<Compiled> {
        let mut set = PolicySet::new();
        if let Err(error) = set.add(policy.clone()) {
            self.report(0, &error.to_string(), None);
            return None;
        }
        let verdict = grammar.validator.validate(&set, ValidationMode::Strict);
        let preamble = format!("for policy `{}`", policy.id());
        let said = |text: String| match text.strip_prefix(&preamble) {
            Some(rest) => rest.trim_start_matches([',', ':', ' ']).to_owned(),
            None => text,
        };
        // Cedar repeats an error for each action and each kind of principal.
        let mut told = HashSet::new();
        let mut errors: Vec<_> = verdict.validation_errors().collect();
        // Of an error for people and for agents, the one for people is shown.
        errors.sort_by_cached_key(|error| (error.to_string().contains("Agent"), error.to_string()));
        for error in errors {
            let offset = offset_of(error, prefix);
            if told.insert((offset, discriminant(error))) {
                let help = error.help().map(|help| said(help.to_string()));
                let (message, hint) = plain(&said(error.to_string()), help);
                self.report(offset, &message, hint.as_deref());
            }
        }
        let remarks = verdict.validation_warnings().map(|warning| {
            let position = self.document.position((self.place)(offset_of(warning, prefix)));
            Problem {
                file: sanitise(self.document.file),
                line: position.line,
                column: position.column,
                message: sanitise(&said(warning.to_string())),
                hint: warning.help().map(|help| sanitise(&help.to_string())),
                excerpt: None,
            }
        });
        let compiled = Compiled { named: self.named(&policy), remarks: remarks.collect(), policy, label };
        verdict.validation_passed().then_some(compiled)
    }

    /// The entities that a policy names, with their positions.
    fn named(&self, policy: &Policy) -> Vec<Named> {
        let named = policy.entity_literals().into_iter().map(|uid| {
            let written = self.text.find(&uid.to_string()).unwrap_or(0);
            let position = self.document.position((self.place)(written));
            Named { file: self.document.file.to_owned(), position, uid }
        });
        named.collect()
    }
}

/// The byte offset of an error in the text.
fn offset_of(complaint: &dyn Diagnostic, prefix: usize) -> usize {
    let first = complaint.labels().and_then(|mut labels| labels.next());
    first.map_or(0, |label| label.offset().saturating_sub(prefix))
}

/// Compiles an expression in TOML to one policy: `head { … };`. The text is first parsed as an expression, so that it
/// cannot close the braces and start a policy of its own.
pub(in crate::policy) fn expression(
    field: &Field<'_>,
    head: &str,
    rule: String,
    grammar: &Grammar,
) -> Option<Compiled> {
    let text = field.text()?;
    let raw = field.raw();
    let place = |offset: usize| field.at() + raw_offset(raw, text, offset);
    let source = Source { document: field.document, text, place: &place };
    if !source.is_measured() {
        return None;
    }
    let prefix = format!("{head} {{\n");
    // The line end keeps a comment at the end of the expression from swallowing the brace.
    let whole = format!("{prefix}{text}\n}};");
    let label = Label { rule, why: None };
    if let Some(policy) = grammar.known(&whole, PolicyId::new(&label.rule)) {
        return Some(Compiled { named: source.named(&policy), remarks: Vec::new(), policy, label });
    }
    if let Err(errors) = text.parse::<Expression>() {
        source.report_syntax(&errors, 0);
        return None;
    }
    match Policy::parse(Some(PolicyId::new(&label.rule)), &whole) {
        Ok(policy) => {
            let compiled = source.compile(policy, prefix.len(), label, grammar)?;
            if compiled.remarks.is_empty() {
                grammar.remember(whole, compiled.policy.clone());
            }
            Some(compiled)
        }
        Err(errors) => {
            source.report_syntax(&errors, prefix.len());
            None
        }
    }
}
