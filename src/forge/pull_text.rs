//! The text of a request's pull request: what was signed, and what the policy says of it. All foreign text is in code spans and
//! never starts a line.

use crate::forge::markdown::code;
use crate::grant::Purpose;
use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;

/// A request, as the policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Its id.
    pub id: &'a RequestId,
    /// Its statement.
    pub statement: &'a RequestStatement,
    /// The role's description in the policy. Empty if there is none.
    pub description: &'a str,
    /// The approvals that the policy demands.
    pub approval: &'a str,
    /// Why it will be refused.
    pub objections: &'a [String],
}

impl Told<'_> {
    /// The text of the pull request. The requester's client and the check of the repository write the same, so the check has
    /// nothing to replace unless somebody changed it.
    pub fn text(&self) -> String {
        let id = self.id;
        format!(
            "{}\njit wrote this from the signed bytes, and the check of this repository replaces whatever else stands here. Look closer \
             with `jit show {id}`, decide with `jit approve {id}` or `jit deny {id} --reason …`. If the role accepts a GitHub account as the \
             signature, a review here counts too.\nThis pull request is never merged; it is closed when the access ends.\n",
            self.plan()
        )
    }

    /// The signed request, and the policy's answer to it.
    pub fn plan(&self) -> String {
        let statement = self.statement;
        let way = match statement.way {
            Way::Request => "asks for",
            Way::Extend(_) => "asks for more time with",
            Way::BreakGlass => "**breaks the glass** for",
        };
        let (who, role) = (code(statement.header.who.as_str()), code(statement.role.as_str()));
        let mut text = format!("### {who} {way} {role}\n\n");
        // A list, not a table: in a table, a backslash before a bar would end both the cell and the code span.
        let mut row = |name: &str, value: String| text.push_str(&format!("- **{name}:** {value}\n"));
        row("request", code(self.id.as_str()));
        if let Way::Extend(first) = &statement.way {
            row("more time for", code(first.request_id().as_str()));
        }
        row("opens", code(&statement.target.describe()));
        if !self.description.is_empty() {
            row("which is", code(self.description));
        }
        if let Some(scope) = &statement.scope {
            row("only", code(scope.name.as_str()));
        }
        if let Some(run) = &statement.workload {
            row("for the run", code(&run.describe()));
        }
        for (name, value) in statement.purpose.iter().flat_map(Purpose::facts) {
            row(name, code(&value));
        }
        row("for", code(&statement.duration.to_string()));
        if let Some(start) = statement.start {
            row("from", code(&start.to_string()));
        }
        row(
            "reason",
            if statement.reason.is_empty() { "none given".to_owned() } else { code(&statement.reason) },
        );
        row("must agree", code(self.approval));
        for objection in self.objections {
            text.push_str(&format!("\n> **It will be refused:** {}\n", code(objection)));
        }
        text
    }
}
