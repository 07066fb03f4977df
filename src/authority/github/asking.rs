//! Opens a request: a branch with one file and its pull request. Each step is written down first, so that an
//! interrupted client finds its request again instead of asking twice.

use jiff::SignedDuration;

use super::GitHubAuthority;
use super::journal;
use super::roles::check_possible;
use crate::authority::Asked;
use crate::authority::AuthorityError;
use crate::authority::Listing;
use crate::forge::markdown::code;
use crate::forge::request_file;
use crate::forge::request_file::RequestFile;
use crate::forge::title::title;
use crate::github::MAIN;
use crate::github::Refusal;
use crate::github::api::models::Pull;
use crate::github::api::repositories::NewFile;
use crate::github::api::requests::Reviewed;
use crate::github::api::requests::Which;
use crate::github::gather::Ground;
use crate::github::tree::Reader;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::grant::text::sanitise;
use crate::judgement::clocks::MAX_PENDING;
use crate::judgement::refusal::Refusal as Rule;
use crate::policy::Obstacle;
use crate::protocol::NoticeView;
use crate::protocol::RequestView;

/// The greatest age of a request whose pull request is not open yet: the pull request must exist within five minutes of
/// the request's making.
const RESUMABLE: SignedDuration = SignedDuration::from_mins(4);
/// The most people who are asked for a review by name.
const MOST_REVIEWERS: usize = 6;

impl GitHubAuthority {
    /// Opens the pull request of a signed request, or finds an equal pending one.
    pub(super) async fn open_request(&self, signed: &Signed) -> Result<Asked<RequestView>, AuthorityError> {
        let file = read(signed)?;
        let mut reader = self.reader();
        let (ground, _) = self.ground(&mut reader).await?;
        self.check_possible(&ground, &file.statement)?;
        if let Some(view) = self.standing_request(&file.statement).await? {
            return Ok(Asked { view, reused: true });
        }
        let begun =
            journal::find(&self.system.files, self.seat.repository).and_then(|signed| read(&signed).ok());
        let begun = begun.filter(|begun| self.is_resumable(begun, &file.statement));
        let reused = begun.is_some();
        let file = begun.unwrap_or(file);
        let id = file.digest.request_id();
        journal::begin(&self.system.files, self.seat.repository, &file.signed);
        let parent = parent_of(&reader, &ground, &file)?;
        self.make_branch(&id, &file, &parent, reused).await?;
        let pull = self.open_pull(&id, &file.statement).await?;
        journal::done(&self.system.files, self.seat.repository);
        let reading = self.read(&id).await?;
        let mut view = self.view(&reading);
        if let Some(notice) = self.ask_reviewers(&ground, &pull, &view).await {
            view.notices.push(notice);
        }
        Ok(Asked { view, reused })
    }

    /// Refuses what no run would mint for, before anything is created.
    fn check_possible(&self, ground: &Ground, asked: &RequestStatement) -> Result<(), AuthorityError> {
        if asked.way == Way::BreakGlass {
            return Err(no_emergency(&asked.role));
        }
        match ground.force.role(&asked.role) {
            Some(role) => check_possible(&ground.force, role),
            None => Ok(()),
        }
    }

    /// The equal open request. `None` if there is none and another may be opened.
    async fn standing_request(
        &self,
        asked: &RequestStatement,
    ) -> Result<Option<RequestView>, AuthorityError> {
        let open: Vec<RequestView> = self
            .list_requests(Listing::Mine)
            .await?
            .into_iter()
            .filter(|view| !view.state.is_terminal())
            .collect();
        let pending = open.iter().filter(|view| view.state == State::Pending).count();
        let equal = open
            .into_iter()
            .find(|view| read(&view.signed).is_ok_and(|file| is_equal(&file.statement, asked)));
        if equal.is_none() && pending >= MAX_PENDING {
            return Err(Refusal::from(Rule::TooManyPending).into());
        }
        Ok(equal)
    }

    /// Whether a request begun earlier asks for the same access and is young enough to resume.
    fn is_resumable(&self, begun: &RequestFile, asked: &RequestStatement) -> bool {
        let old = &begun.statement;
        let age = self.now().duration_since(old.created).abs();
        let same = old.header.authority == self.url
            && old.header.who == asked.header.who
            && old.policy == asked.policy
            && (&old.target, old.duration, old.start) == (&asked.target, asked.duration, asked.start)
            && old.reason == asked.reason;
        same && is_equal(old, asked) && age < RESUMABLE
    }

    /// Creates the branch with its one file. A branch that exists already must contain exactly this file.
    async fn make_branch(
        &self,
        id: &RequestId,
        file: &RequestFile,
        parent: &str,
        may_be_there: bool,
    ) -> Result<(), AuthorityError> {
        let branch = request_file::branch_of(id);
        if may_be_there && self.has_branch(id, &file.signed).await? {
            return Ok(());
        }
        let content = request_file::write(&file.signed);
        let base = self.github.commit(parent).await?.tree.sha;
        let new = NewFile { path: request_file::path_of(id), content };
        let tree = self.github.create_tree(Some(&base), &[new]).await?;
        let commit = self.github.create_commit(&format!("Ask {id}"), &tree, &[parent]).await?;
        match self.github.create_branch(&branch, &commit).await {
            Ok(()) => Ok(()),
            // The first answer was lost, and this is the retry.
            Err(error) if error.is_conflict() && self.has_branch(id, &file.signed).await? => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn has_branch(&self, id: &RequestId, signed: &Signed) -> Result<bool, AuthorityError> {
        let Some(commit) = self.github.branch(&request_file::branch_of(id)).await? else { return Ok(false) };
        let content = self.github.content(&request_file::path_of(id), &commit).await?;
        let found = content.and_then(|content| request_file::read_signed(&content).ok());
        if found.as_ref() == Some(signed) {
            Ok(true)
        } else {
            Err(Refusal::Log(format!("the branch of {id} holds something else")).into())
        }
    }

    async fn open_pull(&self, id: &RequestId, asked: &RequestStatement) -> Result<Pull, AuthorityError> {
        let branch = request_file::branch_of(id);
        let made = self.github.create_pull(&title(id, asked), &branch, MAIN, &body(id, asked)).await;
        match made {
            Ok(pull) => Ok(pull),
            Err(error) if error.is_conflict() => {
                let (_, all) = self.github.requests(Which::Branch(&branch)).await?;
                let own = |found: &Reviewed| found.pull.is_from(self.seat.repository);
                all.into_iter().find(own).map(|found| found.pull).ok_or_else(|| error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks possible reviewers for a review, by the logins that their numeric ids have today. A failure is reported and
    /// changes nothing.
    async fn ask_reviewers(&self, ground: &Ground, pull: &Pull, view: &RequestView) -> Option<NoticeView> {
        let mut people: Vec<&Name> = view.missing.iter().flat_map(|missing| &missing.could_help).collect();
        people.sort();
        people.dedup();
        let ids = people.iter().filter_map(|name| ground.force.person(name)?.github);
        let mut logins = Vec::new();
        for id in ids.take(MOST_REVIEWERS) {
            if let Ok(Some(account)) = self.github.account(id).await
                && account.is_user()
                && account.id == id
            {
                logins.push(account.login);
            }
        }
        if logins.is_empty() {
            return None;
        }
        let asked = self.github.request_reviewers(pull.number, &logins, &[]).await;
        Some(NoticeView {
            to: format!(
                "{} by pull request {}, {}",
                logins.join(", "),
                pull.number,
                sanitise(&pull.html_url)
            ),
            about: "request".to_owned(),
            delivered: asked.is_ok(),
            problem: asked.err().map(|error| error.to_string()),
            tries_again: false,
        })
    }
}

/// Why a repository authority offers no break-glass, whatever its policy says.
pub(super) fn no_emergency(role: &Name) -> AuthorityError {
    AuthorityError::NotHere {
        what: format!("emergency access to {role}"),
        cause: Obstacle::Emergency.reason(),
        hint: format!("make an ordinary request: `jit request {role}`; emergency access needs a broker"),
    }
}

fn read(signed: &Signed) -> Result<RequestFile, AuthorityError> {
    let file = request_file::read(request_file::write(signed).as_bytes());
    file.map_err(|error| AuthorityError::from(Refusal::from(error)))
}

/// Whether two requests ask for the same access in the same way, whatever their durations.
fn is_equal(one: &RequestStatement, other: &RequestStatement) -> bool {
    one.way == other.way && one.role == other.role && one.scope == other.scope
}

/// The commit of `main` with the policy revision that the statement names. `main` may have moved since the client read
/// it.
fn parent_of(reader: &Reader<'_>, ground: &Ground, file: &RequestFile) -> Result<String, AuthorityError> {
    if ground.force.revision == file.statement.policy {
        return Ok(ground.main.clone());
    }
    let commit = reader.commit_of(&file.statement.policy);
    commit.ok_or_else(|| Refusal::from(Rule::Revision).into())
}

/// A summary for people who read on GitHub, until the check of the pull request puts its own there. No decision depends on
/// it.
fn body(id: &RequestId, asked: &RequestStatement) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| text.push_str(&format!("- **{name}:** {}\n", code(value)));
    row("who", asked.header.who.as_str());
    row("role", asked.role.as_str());
    row("opens", &asked.target.describe());
    if let Some(scope) = &asked.scope {
        row("only", scope.name.as_str());
    }
    if let Way::Extend(first) = &asked.way {
        row("more time for", first.request_id().as_str());
    }
    row("for", &asked.duration.to_string());
    if let Some(start) = asked.start {
        row("from", &start.to_string());
    }
    if !asked.reason.is_empty() {
        row("reason", &asked.reason);
    }
    text.push_str(&format!(
        "\nLook closer with `jit show {id}`, decide with `jit approve {id}` or `jit deny {id} --reason …`. If the role accepts a GitHub account as the signature, a review here counts too.\nThis pull request is never merged; it is closed when the access ends.\n"
    ));
    text
}
