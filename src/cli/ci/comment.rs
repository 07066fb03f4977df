//! The comment on a pull request. All foreign text is in code spans and never starts a line.

use crate::cli::policy::markdown;
use crate::flow::github::run::check::Asked;
use crate::flow::github::run::check::Changed;
use crate::forge::pull_text::Told;

/// The comment about a request.
pub(super) fn request(asked: &Asked) -> String {
    format!(
        "<!-- jit request -->\n{}\nDerived from the signed bytes. jit decides on `main`, never on this comment.\n",
        told(asked).plan()
    )
}

/// The text of a request's pull request.
pub(super) fn body(asked: &Asked) -> String {
    told(asked).text()
}

fn told(asked: &Asked) -> Told<'_> {
    Told {
        id: &asked.id,
        statement: &asked.statement,
        description: &asked.description,
        approval: &asked.approval,
        objections: &asked.objections,
    }
}

/// The comment about a policy change.
pub(super) fn changed(changed: &Changed) -> String {
    let mut text = match &changed.difference {
        Some(difference) => markdown::comment(difference),
        None => "<!-- jit policy diff -->\n### Access: not compared\n".to_owned(),
    };
    let failed = changed.outcomes.iter().filter(|outcome| !outcome.holds()).count();
    let passed = changed.outcomes.len() - failed;
    let holds = if passed == 1 { "case holds" } else { "cases hold" };
    let not = if failed == 1 { "does not" } else { "do not" };
    text.push_str(&format!("\n{passed} {holds}, {failed} {not}.\n"));
    for problem in &changed.problems {
        text.push_str(&format!("- **does not load:** {}\n", markdown::code(&problem.to_string())));
    }
    for lint in &changed.lints {
        let words = markdown::code(&lint.problem.to_string());
        text.push_str(&format!("- **{}** `{}`: {words}\n", lint.severity.as_str(), lint.name));
    }
    for path in &changed.workflows {
        let path = markdown::code(path);
        text.push_str(&format!(
            "- **error** {path} names an environment that belongs to `jit.yml` alone, or hides its name\n"
        ));
    }
    text.chars().take(60_000).collect()
}

/// Makes a text safe for the job's log. The runner reads every line, so none may be a command (`::` or the older
/// `##[`).
pub(super) fn harmless(text: &str) -> String {
    text.lines().map(|line| format!("| {}\n", line.replace("::", ": :").replace("##[", "## ["))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::statement::Statement;

    fn statement_reason(asked: &Asked) -> &str {
        &asked.statement.reason
    }

    #[test]
    fn a_hostile_reason_stays_in_its_span() {
        let statement = r##"{"agent":"false","at":"2026-11-23T10:00:00Z","authority":"github:42","created":"2026-11-23T10:00:00Z","duration":"3600","interactive":"true","kind":"request","nonce":"nnnnnnnnnnnnnnnn","not_after":"2026-11-24T10:00:00Z","policy":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","reason":"``` | \\| <img src=x onerror=y> @everyone ::set-output name=a::b ${{ secrets.X }} # big","recipient":"RECIPIENT","role":"prod-admin","target":"aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1","v":"1","who":"ana"}"##;
        let key = crate::secret::seal::RecipientKey::generate(&[7; 32]).public().unwrap();
        let statement = statement.replace("RECIPIENT", &key);
        let Statement::Request(statement) = Statement::parse(statement.as_bytes()).unwrap() else { panic!() };
        let asked = Asked {
            id: "7F3KQ2M8ZD".parse().unwrap(),
            statement: *statement,
            description: "Administer\n# it".to_owned(),
            objections: vec!["no `role` <b>".to_owned()],
            approval: "1 of group:sre".to_owned(),
            shown: Default::default(),
        };
        let text = request(&asked);
        let reason = statement_reason(&asked);
        assert!(text.contains(&format!("- **reason:** ```` {reason} ````\n")), "{text}");
        assert!(text.contains("> **It will be refused:** ``no `role` <b>``\n"), "{text}");
        assert!(text.lines().all(|line| !line.starts_with("::") && !line.starts_with('|')), "{text}");
        let log = harmless(&text);
        assert!(log.lines().all(|line| line.starts_with("| ")) && !log.contains("::"), "{log}");
    }
}
