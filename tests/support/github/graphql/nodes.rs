//! The types of the graph and their fields.

use serde_json::Value;
use serde_json::json;

use super::Problem;
use super::documents;
use super::selecting::Arguments;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::call::Call;
use crate::support::github::limits::Resource;
use crate::support::github::pulls::Pull;
use crate::support::github::pulls::Review;
use crate::support::github::shapes;
use crate::support::github::world::Kind;
use crate::support::github::world::World;

/// An object of the graph.
#[derive(Debug, Clone)]
pub enum Node {
    /// The root of a query, which costs so many points.
    Query {
        /// The cost.
        points: u64,
    },
    /// The caller's limit.
    RateLimit {
        /// The cost of this query.
        points: u64,
    },
    /// A repository.
    Repository(u64),
    /// A reference of a repository.
    Reference(u64, String),
    /// A commit of a repository.
    Commit(u64, String),
    /// The tree of a commit.
    Tree(String),
    /// The caller, who is always a user in the graph.
    Viewer(u64),
    /// A person, a bot or an organisation.
    Account(u64),
    /// A pull request.
    Pull(u64, u64),
    /// A review of a pull request.
    Review(u64, u64, u64),
    /// The dismissal of a review: pull request, review, and its earlier state.
    Dismissal(u64, u64, u64, &'static str),
    /// A page of a list: its type, its items, whether there are more, and the cursor of its end.
    Page(&'static str, Vec<Node>, bool, Option<String>),
    /// Where a page ends.
    PageEnd(bool, Option<String>),
    /// The result of a mutation: its type and its fields.
    Payload(&'static str, Vec<(&'static str, Node)>),
}

/// The value of a field.
pub enum Resolved {
    /// A scalar, or null.
    Value(Value),
    /// An object.
    Node(Node),
    /// A list of objects.
    List(Vec<Node>),
}

fn maybe(node: Option<Node>) -> Resolved {
    node.map_or(Resolved::Value(Value::Null), Resolved::Node)
}

fn value(value: impl Into<Value>) -> Result<Resolved, Problem> {
    Ok(Resolved::Value(value.into()))
}

impl Node {
    /// The name of its type.
    pub fn kind(&self, world: &World) -> &'static str {
        match self {
            Self::Query { .. } => "Query",
            Self::RateLimit { .. } => "RateLimit",
            Self::Repository(_) => "Repository",
            Self::Reference(..) => "Ref",
            Self::Commit(..) => "Commit",
            Self::Tree(_) => "Tree",
            Self::Viewer(_) => "User",
            Self::Account(id) => match world.accounts.get(id).map(|account| account.kind) {
                Some(Kind::Bot) => "Bot",
                Some(Kind::Organisation) => "Organization",
                _ => "User",
            },
            Self::Pull(..) => "PullRequest",
            Self::Review(..) => "PullRequestReview",
            Self::Dismissal(..) => "ReviewDismissedEvent",
            Self::Page(kind, ..) | Self::Payload(kind, _) => kind,
            Self::PageEnd(..) => "PageInfo",
        }
    }

    /// The interfaces and unions that its type belongs to.
    pub fn interfaces(&self, world: &World) -> &'static [&'static str] {
        match self.kind(world) {
            "User" | "Bot" => &["Actor", "Node", "UniformResourceLocatable"],
            "Organization" => &["Actor", "Node", "RepositoryOwner", "UniformResourceLocatable"],
            "Commit" | "Tree" => &["GitObject", "Node"],
            "ReviewDismissedEvent" => &["PullRequestTimelineItems", "Node"],
            _ => &["Node"],
        }
    }
}

/// The value of a field of an object.
///
/// # Errors
/// There is no such field, or the caller may not read it.
pub fn field(
    world: &World,
    call: &Call,
    node: &Node,
    name: &str,
    given: &Arguments,
) -> Result<Resolved, Problem> {
    let unknown = || {
        let message = format!("Field '{name}' doesn't exist on type '{}'", node.kind(world));
        Err(Problem::invalid(message))
    };
    match node {
        Node::Query { points } => match name {
            "viewer" => Ok(Resolved::Node(Node::Viewer(call.caller.account().unwrap_or_default()))),
            "rateLimit" => Ok(Resolved::Node(Node::RateLimit { points: *points })),
            "repository" => {
                let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
                documents::repository(world, call, text("owner"), text("name"))
                    .map(|id| Resolved::Node(Node::Repository(id)))
            }
            _ => unknown(),
        },
        Node::RateLimit { points } => {
            let budget = world.clone().budget(&call.caller, Resource::GraphQl);
            match name {
                "cost" => value(*points),
                "limit" => value(budget.limit),
                "remaining" => value(budget.remaining()),
                "used" => value(budget.used),
                "resetAt" => value(budget.reset.to_string()),
                _ => unknown(),
            }
        }
        Node::Repository(id) => repository(world, call, *id, name, given).unwrap_or_else(unknown),
        Node::Reference(id, reference) => match name {
            "name" => value(reference.trim_start_matches("refs/heads/")),
            "target" => Ok(maybe(world.resolve(*id, reference).map(|commit| Node::Commit(*id, commit)))),
            "associatedPullRequests" => {
                let branch = reference.trim_start_matches("refs/heads/");
                let numbers = documents::of_head(world, *id, branch);
                let nodes = numbers.into_iter().map(|(base, number)| (number, Node::Pull(base, number)));
                documents::page("PullRequestConnection", nodes.collect(), given).map(Resolved::Node)
            }
            _ => unknown(),
        },
        Node::Commit(id, commit) => match name {
            "oid" => value(commit.as_str()),
            "tree" => {
                let tree = world.store(*id).commit(commit).map(|commit| commit.tree.clone());
                Ok(maybe(tree.map(Node::Tree)))
            }
            "history" => {
                let all = world.store(*id).history(commit).into_iter().map(|sha| Node::Commit(*id, sha));
                documents::page("CommitHistoryConnection", (0..).zip(all).collect(), given)
                    .map(Resolved::Node)
            }
            _ => unknown(),
        },
        Node::Tree(tree) if name == "oid" => value(tree.as_str()),
        Node::Viewer(id) => match name {
            "login" => value(world.login(*id)),
            "databaseId" => value(*id),
            _ => unknown(),
        },
        Node::Account(id) => match name {
            "login" => value(world.login(*id).trim_end_matches("[bot]")),
            "databaseId" => value(*id),
            _ => unknown(),
        },
        Node::Pull(id, number) => {
            pull(world, call, *id, &world.repository(*id).pulls[number], name, given).unwrap_or_else(unknown)
        }
        Node::Review(id, number, review) => {
            let all = &world.repository(*id).pulls[number].reviews;
            let found = all.iter().find(|other| other.id == *review);
            found.and_then(|found| self::review(*id, found, name)).unwrap_or_else(unknown)
        }
        Node::Dismissal(id, number, review, state) => match name {
            "previousReviewState" => value(state.to_uppercase()),
            "review" => Ok(Resolved::Node(Node::Review(*id, *number, *review))),
            _ => unknown(),
        },
        Node::Page(_, items, more, end) => match name {
            "nodes" => Ok(Resolved::List(items.clone())),
            "pageInfo" => Ok(Resolved::Node(Node::PageEnd(*more, end.clone()))),
            _ => unknown(),
        },
        Node::PageEnd(more, end) => match name {
            "hasNextPage" => value(*more),
            "endCursor" => value(json!(end)),
            _ => unknown(),
        },
        Node::Payload(_, fields) => {
            let found = fields.iter().find(|(known, _)| *known == name);
            found.map_or_else(unknown, |(_, node)| Ok(Resolved::Node(node.clone())))
        }
        Node::Tree(_) => unknown(),
    }
}

fn repository(
    world: &World,
    call: &Call,
    id: u64,
    name: &str,
    given: &Arguments,
) -> Option<Result<Resolved, Problem>> {
    let found = world.repository(id);
    let may = |permission: &str| {
        world
            .require(&call.caller, id, permission, Level::Read, Role::Read)
            .map_err(|fault| Problem::of(&fault))
    };
    Some(match name {
        "id" => value(shapes::node("Repository", id)),
        "databaseId" => value(id),
        "nameWithOwner" => value(world.full_name(id)),
        "isPrivate" => value(found.private),
        "isFork" => value(found.fork_of.is_some()),
        "viewerPermission" => {
            let role = world.caller_role(&call.caller, id);
            let is_app = call.caller.run().is_some();
            value(if is_app || role == Role::None { Value::Null } else { json!(role.name().to_uppercase()) })
        }
        "owner" => Ok(Resolved::Node(Node::Account(found.owner))),
        "defaultBranchRef" => {
            let reference = format!("refs/heads/{}", found.default_branch);
            Ok(maybe(found.refs.contains_key(&reference).then_some(Node::Reference(id, reference))))
        }
        "ref" => may("contents").map(|()| {
            let wanted = given.get("qualifiedName").and_then(Value::as_str).unwrap_or_default().to_owned();
            maybe(found.refs.contains_key(&wanted).then_some(Node::Reference(id, wanted)))
        }),
        "assignableUsers" => may("metadata").and_then(|()| {
            // Whoever may triage, as GitHub offers them for issues and reviews.
            let people = world
                .accounts
                .values()
                .filter(|account| account.kind == Kind::Person && world.role(account.id, id) >= Role::Triage);
            let nodes = people.map(|account| (account.id, Node::Account(account.id))).collect();
            documents::page("UserConnection", nodes, given).map(Resolved::Node)
        }),
        "pullRequest" => may("pull_requests").and_then(|()| {
            let number = given.get("number").and_then(Value::as_u64).unwrap_or_default();
            if found.pulls.contains_key(&number) {
                return Ok(Resolved::Node(Node::Pull(id, number)));
            }
            let message = format!("Could not resolve to a PullRequest with the number of {number}.");
            Err(Problem::new("NOT_FOUND", message))
        }),
        "pullRequests" => may("pull_requests").and_then(|()| {
            let all = documents::pulls(world, id, given);
            let nodes = all.into_iter().map(|number| (number, Node::Pull(id, number)));
            documents::page("PullRequestConnection", nodes.collect(), given).map(Resolved::Node)
        }),
        _ => return None,
    })
}

fn pull(
    world: &World,
    call: &Call,
    id: u64,
    pull: &Pull,
    name: &str,
    given: &Arguments,
) -> Option<Result<Resolved, Problem>> {
    Some(match name {
        "id" => value(shapes::node("PullRequest", pull.id)),
        "number" => value(pull.number),
        "state" => value(match (pull.open, &pull.merged) {
            (true, _) => "OPEN",
            (false, Some(_)) => "MERGED",
            (false, None) => "CLOSED",
        }),
        "title" => value(pull.title.as_str()),
        "body" => value(pull.body.clone().unwrap_or_default()),
        "isDraft" => value(pull.draft),
        "url" => value(format!("{}/{}/pull/{}", world.origins.web, world.full_name(id), pull.number)),
        "author" => {
            Ok(maybe(world.accounts.contains_key(&pull.author).then_some(Node::Account(pull.author))))
        }
        "createdAt" => value(pull.created_at.to_string()),
        "updatedAt" => value(pull.updated_at.to_string()),
        "headRefName" => value(pull.head_branch.as_str()),
        "headRefOid" => value(pull.head_sha.as_str()),
        "headRepository" => {
            let known = world.repositories.contains_key(&pull.head_repository);
            Ok(maybe(known.then_some(Node::Repository(pull.head_repository))))
        }
        "headRef" => {
            let reference = format!("refs/heads/{}", pull.head_branch);
            let refs = world.repositories.get(&pull.head_repository).map(|repository| &repository.refs);
            let is_there = refs.is_some_and(|refs| refs.contains_key(&reference));
            Ok(maybe(is_there.then_some(Node::Reference(pull.head_repository, reference))))
        }
        "baseRefName" => value(pull.base_branch.as_str()),
        "baseRefOid" => value(pull.base_sha.as_str()),
        "baseRepository" => Ok(Resolved::Node(Node::Repository(id))),
        "reviews" => {
            let seen =
                |review: &&Review| review.state != "PENDING" || call.caller.account() == Some(review.author);
            let nodes = pull.reviews.iter().filter(seen);
            let nodes = nodes.map(|review| (review.id, Node::Review(id, pull.number, review.id)));
            documents::page("PullRequestReviewConnection", nodes.collect(), given).map(Resolved::Node)
        }
        "timelineItems" => {
            let dismissals = pull.events.iter().filter_map(|event| {
                let (review, state, _) = event.dismissed.as_ref()?;
                Some((event.id, Node::Dismissal(id, pull.number, *review, state)))
            });
            if given.get("itemTypes") != Some(&json!(["REVIEW_DISMISSED_EVENT"])) {
                return None;
            }
            documents::page("PullRequestTimelineItemsConnection", dismissals.collect(), given)
                .map(Resolved::Node)
        }
        _ => return None,
    })
}

fn review(id: u64, review: &Review, name: &str) -> Option<Result<Resolved, Problem>> {
    Some(match name {
        // A BigInt, which is written as text.
        "fullDatabaseId" => value(review.id.to_string()),
        "author" => Ok(Resolved::Node(Node::Account(review.author))),
        "state" => value(review.state),
        "body" => value(review.body.as_str()),
        "commit" => Ok(Resolved::Node(Node::Commit(id, review.commit.clone()))),
        "submittedAt" => value(json!(review.submitted_at.map(|at| at.to_string()))),
        "lastEditedAt" => value(json!(review.edited.map(|(at, _)| at.to_string()))),
        "editor" => Ok(maybe(review.edited.map(|(_, editor)| Node::Account(editor)))),
        _ => return None,
    })
}
