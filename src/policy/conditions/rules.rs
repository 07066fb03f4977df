//! `rules/*.cedar`: rules for the whole organisation. A forbid always wins.

use cedar_policy::ActionConstraint;
use cedar_policy::Effect;
use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy::PolicySet;

use super::client;
use super::compiled::Compiled;
use super::compiled::Label;
use super::compiled::Source;
use super::grammar::Grammar;
use crate::grant::text::sanitise;
use crate::policy::files::document::Document;

/// Parses every policy of a file and reports its errors.
pub(in crate::policy) fn read(document: &Document<'_>, grammar: &Grammar) -> Vec<Compiled> {
    let text = document.text();
    let whole = Source { document, text, place: &|offset| offset };
    if !whole.is_measured() {
        return Vec::new();
    }
    let set: PolicySet = match text.parse() {
        Ok(set) => set,
        Err(errors) => {
            whole.report_syntax(&errors, 0);
            return Vec::new();
        }
    };
    if set.num_of_templates() > 0 {
        document.report_with(
            0,
            "a rule cannot be a template with a slot such as ?principal",
            "write `principal` and name people and groups in a condition",
        );
    }
    pieces(&set, text)
        .into_iter()
        .filter_map(|(start, piece)| read_one(document, start, piece, grammar))
        .collect()
}

/// The text of each policy and its byte offset, in file order.
fn pieces<'a>(set: &PolicySet, text: &'a str) -> Vec<(usize, &'a str)> {
    let mut numbered: Vec<(usize, String)> = set
        .policies()
        .filter_map(|policy| {
            let number = policy.id().to_string().strip_prefix("policy")?.parse().ok()?;
            Some((number, policy.to_cedar()?))
        })
        .collect();
    numbered.sort_unstable();
    let mut from = 0;
    let mut found = Vec::new();
    for (_, piece) in numbered {
        // Cedar keeps each policy's text as in the file.
        let Some(start) = text.get(from..).and_then(|rest| rest.find(&piece)) else { continue };
        let (start, end) = (from + start, from + start + piece.len());
        found.extend(text.get(start..end).map(|piece| (start, piece)));
        from = end;
    }
    found
}

fn read_one(document: &Document<'_>, start: usize, piece: &str, grammar: &Grammar) -> Option<Compiled> {
    let place = |offset: usize| start + offset;
    let source = Source { document, text: piece, place: &place };
    let position = document.position(start);
    let rule = format!("{}:{}:{}", document.file, position.line, position.column);
    let policy = match Policy::parse(Some(PolicyId::new(&rule)), piece) {
        Ok(policy) => policy,
        Err(errors) => {
            source.report_syntax(&errors, 0);
            return None;
        }
    };
    check_permit(document, start, &policy);
    let why = policy.annotation("reason").map(|why| sanitise(why).chars().take(256).collect());
    source.compile(policy, 0, Label { rule, why }, grammar)
}

/// Reports a permit that is too broad, or depends on the client's claims.
fn check_permit(document: &Document<'_>, start: usize, policy: &Policy) {
    if policy.effect() != Effect::Permit {
        return;
    }
    if policy.action_constraint() == ActionConstraint::Any {
        document.report_with(
            start,
            "a permit must name its actions: this one would also approve every request without a review",
            r#"write action == Action::"request""#,
        );
    }
    if let Some(claim) = client::rests_on(policy) {
        report_client(document, start, claim);
    }
}

/// Reports that a permission depends on the client's claims about itself.
pub(super) fn report_client(document: &Document<'_>, at: usize, claim: &str) {
    document.report_with(
        at,
        &format!("this permission rests on {claim}, which a client may claim freely"),
        "a client's own claim may only forbid: write !context.agent, or a forbid in rules/",
    );
}
