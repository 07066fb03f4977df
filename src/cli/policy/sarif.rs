//! SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), for code scanning.

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use serde_json::json;

use super::check::Report;
use crate::flow::policy::Folder;
use crate::policy::CATALOGUE;
use crate::policy::Lint;
use crate::policy::Problem;
use crate::policy::Severity;

/// The rule id of the problems that keep a policy from loading.
pub(super) const DOES_NOT_LOAD: &str = "does-not-load";

/// The characters that need no escape in the path of a relative URI (RFC 3986).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The whole SARIF log.
pub(super) fn log(report: &Report, folder: &Folder) -> Value {
    let mut rules = vec![json!({
        "id": DOES_NOT_LOAD,
        "shortDescription": { "text": "A problem keeps the policy from loading." },
        "defaultConfiguration": { "level": "error" },
    })];
    rules.extend(CATALOGUE.iter().map(|kind| {
        json!({
            "id": kind.name,
            "shortDescription": { "text": kind.finds },
            "fullDescription": { "text": kind.why },
            "help": { "text": format!("To mend it: {}.", kind.mend) },
            "defaultConfiguration": { "level": level(kind.severity) },
        })
    }));
    let problems =
        report.problems.iter().map(|problem| result(DOES_NOT_LOAD, Severity::Error, problem, folder));
    let lints = report.lints.iter().map(|lint| of_lint(lint, folder));
    let allowed = report.allowed.iter().map(|lint| {
        let mut result = of_lint(lint, folder);
        result["suppressions"] = json!([{ "kind": "inSource", "justification": lint.allowed }]);
        result
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "jit",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": problems.chain(lints).chain(allowed).collect::<Vec<Value>>(),
        }],
    })
}

fn of_lint(lint: &Lint, folder: &Folder) -> Value {
    result(lint.name, lint.severity, &lint.problem, folder)
}

fn result(rule: &str, severity: Severity, problem: &Problem, folder: &Folder) -> Value {
    let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    let path = folder.file(&problem.file);
    let uri = utf8_percent_encode(&path, PATH).to_string();
    json!({
        "ruleId": rule,
        "level": level(severity),
        "message": { "text": format!("{}{hint}", problem.message) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": { "startLine": problem.line, "startColumn": problem.column },
        } }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
