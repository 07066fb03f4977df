//! Walks through the fields that a query selects.

use graphql_parser::query::Directive;
use graphql_parser::query::Selection;
use graphql_parser::query::SelectionSet;
use graphql_parser::query::TypeCondition;
use graphql_parser::query::Value as Literal;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::Asked;
use super::Problem;
use super::mutations;
use super::nodes;
use super::nodes::Node;
use super::nodes::Resolved;
use crate::support::github::call::Call;
use crate::support::github::world::World;

/// A field's arguments by name.
pub type Arguments = Map<String, Value>;

/// An error, and the names on the way to its field.
type Misplaced = (Vec<String>, Problem);

/// A literal as JSON, with its variables replaced. An enum's value is its name.
pub fn literal(value: &Literal<'_, String>, variables: &Map<String, Value>) -> Value {
    match value {
        Literal::Variable(name) => variables.get(name).cloned().unwrap_or_default(),
        Literal::Int(number) => json!(number.as_i64()),
        Literal::Float(number) => json!(number),
        Literal::String(text) | Literal::Enum(text) => json!(text),
        Literal::Boolean(flag) => json!(flag),
        Literal::Null => Value::Null,
        Literal::List(items) => items.iter().map(|item| literal(item, variables)).collect(),
        Literal::Object(members) => {
            let member =
                |(name, value): (&String, &Literal<'_, String>)| (name.clone(), literal(value, variables));
            Value::Object(members.iter().map(member).collect())
        }
    }
}

/// The arguments of a field. A variable without a value is no argument.
pub fn arguments(given: &[(String, Literal<'_, String>)], variables: &Map<String, Value>) -> Arguments {
    let all = given.iter().map(|(name, value)| (name.clone(), literal(value, variables)));
    all.filter(|(_, value)| !value.is_null()).collect()
}

/// Whether `@include` and `@skip` leave a selection in.
pub fn is_in(directives: &[Directive<'_, String>], variables: &Map<String, Value>) -> bool {
    directives.iter().all(|directive| {
        let condition = arguments(&directive.arguments, variables)["if"] == true;
        condition == (directive.name == "include")
    })
}

/// Answers the fields of the root, in order. A mutation that fails does not keep the next one from being performed (GraphQL,
/// "Handling Execution Errors": a payload may be null).
pub fn roots(
    world: &mut World,
    call: &Call,
    asked: &Asked<'_>,
    points: u64,
    data: &mut Map<String, Value>,
) -> Vec<Misplaced> {
    if !asked.is_mutation {
        let walk = Walk { world, call, asked };
        return walk.select(&Node::Query { points }, asked.roots, data, &[]).err().into_iter().collect();
    }
    let mut problems = Vec::new();
    for selection in &asked.roots.items {
        let Selection::Field(field) = selection else { continue };
        let name = field.alias.as_ref().unwrap_or(&field.name).clone();
        let arguments = arguments(&field.arguments, &asked.variables);
        let place = std::slice::from_ref(&name);
        let mut inner = Map::new();
        let done = mutations::perform(world, call, &field.name, &arguments)
            .map_err(|problem| (place.to_vec(), problem))
            .and_then(|payload| {
                Walk { world, call, asked }.select(&payload, &field.selection_set, &mut inner, place)
            });
        match done {
            Ok(()) => _ = data.insert(name, Value::Object(inner)),
            Err(problem) => problems.push(problem),
        }
    }
    problems
}

struct Walk<'a, 'b> {
    world: &'a World,
    call: &'a Call,
    asked: &'a Asked<'b>,
}

impl Walk<'_, '_> {
    fn select(
        &self,
        node: &Node,
        set: &SelectionSet<'_, String>,
        into: &mut Map<String, Value>,
        path: &[String],
    ) -> Result<(), Misplaced> {
        let variables = &self.asked.variables;
        for selection in &set.items {
            match selection {
                Selection::Field(field) if is_in(&field.directives, variables) => {
                    let name = field.alias.as_ref().unwrap_or(&field.name);
                    let path = [path, std::slice::from_ref(name)].concat();
                    let arguments = arguments(&field.arguments, variables);
                    let value = if field.name == "__typename" {
                        Resolved::Value(json!(node.kind(self.world)))
                    } else {
                        nodes::field(self.world, self.call, node, &field.name, &arguments)
                            .map_err(|problem| (path.clone(), problem))?
                    };
                    let value = self.complete(value, &field.selection_set, &path)?;
                    merge(into.entry(name.clone()).or_insert(Value::Null), value);
                }
                Selection::InlineFragment(inline)
                    if is_in(&inline.directives, variables)
                        && self.fits(node, inline.type_condition.as_ref()) =>
                {
                    self.select(node, &inline.selection_set, into, path)?;
                }
                Selection::FragmentSpread(spread) if is_in(&spread.directives, variables) => {
                    let named =
                        self.asked.fragments.iter().find(|fragment| fragment.name == spread.fragment_name);
                    let fragment = named.ok_or_else(|| {
                        let message = format!("Fragment {} was used, but not defined", spread.fragment_name);
                        (path.to_vec(), Problem::invalid(message))
                    })?;
                    if self.fits(node, Some(&fragment.type_condition)) {
                        self.select(node, &fragment.selection_set, into, path)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn fits(&self, node: &Node, condition: Option<&TypeCondition<'_, String>>) -> bool {
        let Some(TypeCondition::On(wanted)) = condition else { return true };
        node.kind(self.world) == *wanted || node.interfaces(self.world).contains(&wanted.as_str())
    }

    fn complete(
        &self,
        resolved: Resolved,
        set: &SelectionSet<'_, String>,
        path: &[String],
    ) -> Result<Value, Misplaced> {
        match resolved {
            Resolved::Value(value) => Ok(value),
            Resolved::Node(node) => {
                let mut inner = Map::new();
                self.select(&node, set, &mut inner, path)?;
                Ok(Value::Object(inner))
            }
            Resolved::List(nodes) => {
                let rows = nodes.into_iter().map(|node| self.complete(Resolved::Node(node), set, path));
                rows.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
        }
    }
}

/// Fields of one name in several fragments are one field.
fn merge(into: &mut Value, value: Value) {
    match (into, value) {
        (Value::Object(into), Value::Object(value)) => {
            for (name, inner) in value {
                merge(into.entry(name).or_insert(Value::Null), inner);
            }
        }
        (into, value) => *into = value,
    }
}
