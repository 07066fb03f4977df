//! `POST /graphql`: GitHub's GraphQL API, as far as anything asks for it.
//!
//! A query is parsed, counted and answered field by field; a field that this GitHub does not know is an error, as on
//! GitHub. Errors come with status 200. Sources: <https://docs.github.com/graphql>; "Rate limits and query limits for the
//! GraphQL API"; tests/real/github checks each query and each answer against GitHub's schema.

mod cost;
mod documents;
mod mutations;
mod nodes;
mod selecting;

use graphql_parser::query::Definition;
use graphql_parser::query::Document;
use graphql_parser::query::FragmentDefinition;
use graphql_parser::query::OperationDefinition;
use graphql_parser::query::SelectionSet;
use graphql_parser::query::VariableDefinition;
use graphql_parser::query::parse_query;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::answer::Answer;
use super::answer::Fault;
use super::answer::Outcome;
use super::call::Call;
use super::limits::Resource;
use super::world::World;

/// An error in an answer.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Option<&'static str>,
    message: String,
}

impl Problem {
    /// An error of this type.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Some(kind), message: message.into() }
    }

    /// An error in the query itself, which has no type.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { kind: None, message: message.into() }
    }

    /// The error for what the REST API refuses with this fault.
    pub fn of(fault: &Fault) -> Self {
        // The graph says what REST puts below "Validation Failed".
        let detail = fault.body["errors"][0]["message"].as_str().or(fault.body["message"].as_str());
        let message = detail.unwrap_or_default().to_owned();
        Self::new(
            match fault.status {
                404 => "NOT_FOUND",
                401 | 403 => "FORBIDDEN",
                _ => "UNPROCESSABLE",
            },
            message,
        )
    }

    fn document(&self, path: &[String]) -> Value {
        let mut row = json!({"message": self.message, "locations": [{"line": 1, "column": 1}]});
        if let Some(kind) = self.kind {
            row["type"] = json!(kind);
            row["path"] = json!(path);
        }
        row
    }
}

/// A parsed query with its variables.
pub struct Asked<'a> {
    /// Whether it changes anything.
    pub is_mutation: bool,
    /// The fields of the root.
    pub roots: &'a SelectionSet<'a, String>,
    /// The fragments that it may use.
    pub fragments: Vec<&'a FragmentDefinition<'a, String>>,
    /// The variables, defaults included.
    pub variables: Map<String, Value>,
}

impl<'a> Asked<'a> {
    fn of(document: &'a Document<'a, String>, given: &Value) -> Result<Self, Problem> {
        let (mut fragments, mut found) = (Vec::new(), None);
        for definition in &document.definitions {
            let operation = match definition {
                Definition::Fragment(fragment) => {
                    fragments.push(fragment);
                    continue;
                }
                Definition::Operation(OperationDefinition::Query(query)) => {
                    (false, &query.selection_set, &query.variable_definitions)
                }
                Definition::Operation(OperationDefinition::Mutation(mutation)) => {
                    (true, &mutation.selection_set, &mutation.variable_definitions)
                }
                Definition::Operation(_) => return Err(Problem::invalid("An operation needs a name")),
            };
            if found.replace(operation).is_some() {
                return Err(Problem::invalid("An operation name is required"));
            }
        }
        let (is_mutation, roots, defined) = found.ok_or_else(|| Problem::invalid("No operation"))?;
        Ok(Self { is_mutation, roots, fragments, variables: variables(defined, given)? })
    }
}

fn variables(
    defined: &[VariableDefinition<'_, String>],
    given: &Value,
) -> Result<Map<String, Value>, Problem> {
    let given = given.as_object().cloned().unwrap_or_default();
    if let Some(unknown) = given.keys().find(|name| defined.iter().all(|variable| variable.name != **name)) {
        return Err(Problem::invalid(format!("Variable ${unknown} is not declared")));
    }
    let mut known = Map::new();
    for variable in defined {
        let default = variable.default_value.as_ref().map(|value| selecting::literal(value, &Map::new()));
        let value = given.get(&variable.name).cloned().or(default);
        if matches!(variable.var_type, graphql_parser::query::Type::NonNullType(_))
            && value.as_ref().is_none_or(Value::is_null)
        {
            let (name, kind) = (&variable.name, &variable.var_type);
            return Err(Problem::invalid(format!(
                "Variable ${name} of type {kind} was provided invalid value"
            )));
        }
        known.insert(variable.name.clone(), value.unwrap_or_default());
    }
    Ok(known)
}

/// Answers a query or a mutation.
///
/// # Errors
/// The call is anonymous, or has no query.
pub fn answer(world: &mut World, call: &Call) -> Outcome {
    call.caller.somebody()?;
    let text = call.text("query").ok_or_else(|| Fault::new(400, "A query attribute must be specified"))?;
    let refused = |problem: &Problem| Answer::ok(json!({"errors": [problem.document(&[])]}));
    let document = match parse_query::<String>(text) {
        Ok(document) => document,
        Err(error) => return refused(&Problem::invalid(format!("Parse error: {error}"))),
    };
    let asked = match Asked::of(&document, &call.body["variables"]) {
        Ok(asked) => asked,
        Err(problem) => return refused(&problem),
    };
    let points = match cost::points(&asked) {
        Ok(points) => points,
        Err(problem) => return refused(&problem),
    };
    if world.budget(&call.caller, Resource::GraphQl).remaining() < points {
        let who = call.caller.account().unwrap_or_default();
        let problem = Problem::new("RATE_LIMITED", format!("API rate limit exceeded for user ID {who}."));
        return refused(&problem);
    }
    world.spend(&call.caller, Resource::GraphQl, points)?;
    let mut data = Map::new();
    let problems = selecting::roots(world, call, &asked, points, &mut data);
    if problems.is_empty() {
        return Answer::ok(json!({"data": data}));
    }
    for (path, _) in &problems {
        if let Some(root) = path.first() {
            data.insert(root.clone(), Value::Null);
        }
    }
    let rows: Vec<Value> = problems.iter().map(|(path, problem)| problem.document(path)).collect();
    Answer::ok(json!({"data": data, "errors": rows}))
}
