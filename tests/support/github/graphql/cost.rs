//! The cost of a query in points, and the limit on its nodes.
//!
//! Source: "Rate limits and query limits for the GraphQL API": the requests that every connection needs are added up,
//! divided by a hundred and rounded, and a query costs one point at least.

use graphql_parser::query::Selection;
use graphql_parser::query::SelectionSet;

use super::Asked;
use super::Problem;
use super::selecting::arguments;
use super::selecting::is_in;

/// The most nodes of a query.
const MOST_NODES: u64 = 500_000;
/// The fields that are connections, and need `first` or `last`.
const CONNECTIONS: [&str; 6] =
    ["pullRequests", "associatedPullRequests", "reviews", "timelineItems", "history", "assignableUsers"];

#[derive(Default)]
struct Count {
    requests: u64,
    nodes: u64,
}

/// The points that a query costs.
///
/// # Errors
/// A connection has no size, or the nodes are too many.
pub fn points(asked: &Asked<'_>) -> Result<u64, Problem> {
    let mut count = Count::default();
    walk(asked, asked.roots, 1, &mut count)?;
    if count.nodes > MOST_NODES {
        let message = format!(
            "This query requests up to {} possible nodes which exceeds the maximum limit of 500,000.",
            count.nodes
        );
        return Err(Problem::new("MAX_NODE_LIMIT_EXCEEDED", message));
    }
    Ok(((count.requests + 50) / 100).max(1))
}

fn walk(
    asked: &Asked<'_>,
    set: &SelectionSet<'_, String>,
    times: u64,
    count: &mut Count,
) -> Result<(), Problem> {
    for selection in &set.items {
        match selection {
            Selection::Field(field) if is_in(&field.directives, &asked.variables) => {
                let mut inside = times;
                if CONNECTIONS.contains(&field.name.as_str()) {
                    let given = arguments(&field.arguments, &asked.variables);
                    let size = given.get("first").or(given.get("last")).and_then(serde_json::Value::as_u64);
                    let name = &field.name;
                    let size = size.ok_or_else(|| {
                        let message = format!(
                            "You must provide a `first` or `last` value to properly paginate the `{name}` connection."
                        );
                        Problem::new("MISSING_PAGINATION_BOUNDARIES", message)
                    })?;
                    if !(1..=100).contains(&size) {
                        let message = format!(
                            "Requesting {size} records on the `{name}` connection exceeds the `first` limit of 100 records."
                        );
                        return Err(Problem::new("EXCESSIVE_PAGINATION", message));
                    }
                    count.requests += times;
                    inside = times * size;
                    count.nodes += inside;
                }
                walk(asked, &field.selection_set, inside, count)?;
            }
            Selection::InlineFragment(inline) if is_in(&inline.directives, &asked.variables) => {
                walk(asked, &inline.selection_set, times, count)?;
            }
            Selection::FragmentSpread(spread) if is_in(&spread.directives, &asked.variables) => {
                let named = asked.fragments.iter().find(|fragment| fragment.name == spread.fragment_name);
                if let Some(fragment) = named {
                    walk(asked, &fragment.selection_set, times, count)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
