//! The text of the queries.

/// An account's numeric id is a field of each type of actor, and not of the interface.
const ACCOUNT: &str = "
fragment Account on Actor {
  __typename login
  ... on User { databaseId } ... on Bot { databaseId } ... on Organization { databaseId }
  ... on Mannequin { databaseId }
}";

/// A review's id no longer fits into the type `Int` of `databaseId`.
const REVIEWS: &str = "
fragment Reviews on PullRequest {
  reviews(first: $reviews, after: $reviewsAfter) {
    pageInfo { hasNextPage endCursor }
    nodes {
      fullDatabaseId state body submittedAt lastEditedAt
      author { ...Account } editor { ...Account } commit { oid }
    }
  }
  timelineItems(first: $reviews, after: $dismissalsAfter, itemTypes: [REVIEW_DISMISSED_EVENT]) {
    pageInfo { hasNextPage endCursor }
    nodes { ... on ReviewDismissedEvent { previousReviewState review { fullDatabaseId } } }
  }
}";

/// The repository with the heads of its branches, and pull requests.
const REQUESTS: &str = "
query Requests(
  $owner: String!, $name: String!, $list: Boolean!, $one: Boolean!, $number: Int!, $branch: String, $states: [PullRequestState!],
  $order: IssueOrder!, $pulls: Int!, $after: String, $reviews: Int!, $reviewsAfter: String, $dismissalsAfter: String,
  $both: Boolean!, $closed: Int!, $text: Boolean!
) {
  viewer { __typename login databaseId }
  repository(owner: $owner, name: $name) {
    id databaseId nameWithOwner isPrivate isFork viewerPermission
    owner { ...Account }
    defaultBranchRef { name }
    main: ref(qualifiedName: \"refs/heads/main\") {
      target { oid ... on Commit { tree { oid } history(first: 100) { nodes { oid } } } }
    }
    log: ref(qualifiedName: \"refs/heads/jit-log\") { target { oid } }
    pullRequests(headRefName: $branch, states: $states, orderBy: $order, first: $pulls, after: $after)
      @include(if: $list) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Pull }
    }
    closed: pullRequests(states: [CLOSED, MERGED], orderBy: $order, first: $closed) @include(if: $both) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Pull }
    }
    pullRequest(number: $number) @include(if: $one) { ...Pull body @include(if: $text) }
  }
}";

/// A pull request with its first reviews.
const PULL: &str = "
fragment Pull on PullRequest {
  number state title url createdAt updatedAt
  author { ...Account }
  headRefName headRefOid headRepository { databaseId }
  headRef { associatedPullRequests(first: 20, states: [OPEN, CLOSED, MERGED]) {
    nodes { number baseRepository { databaseId } }
  } }
  baseRefName baseRefOid baseRepository { databaseId }
  ...Reviews
}";

/// The further reviews of a pull request.
const MORE: &str = "
query MoreReviews(
  $owner: String!, $name: String!, $number: Int!, $reviews: Int!, $reviewsAfter: String, $dismissalsAfter: String
) {
  repository(owner: $owner, name: $name) { pullRequestReviews: pullRequest(number: $number) { ...Reviews } }
}";

/// One request: its branch, and its pull request as a draft. The second is performed after the first (GraphQL, "Normal and
/// Serial Execution").
const ASK: &str = "
mutation Ask(
  $branch: CreateRefInput!, $pull: CreatePullRequestInput!, $reviews: Int!, $reviewsAfter: String, $dismissalsAfter: String
) {
  createRef(input: $branch) { ref { target { oid } } }
  createPullRequest(input: $pull) { pullRequest { ...Pull } }
}";

/// The people who may be asked for a review.
const PEOPLE: &str = "
query People($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { assignableUsers(first: 100) { nodes { login databaseId } } }
}";

/// The query for pull requests.
pub(super) fn requests() -> String {
    [REQUESTS, PULL, REVIEWS, ACCOUNT].concat()
}

/// The query for further reviews.
pub(super) fn more_reviews() -> String {
    [MORE, REVIEWS, ACCOUNT].concat()
}

/// The mutation that opens a request.
pub(super) fn ask() -> String {
    [ASK, PULL, REVIEWS, ACCOUNT].concat()
}

/// The query for people.
pub(super) fn people() -> String {
    PEOPLE.to_owned()
}
