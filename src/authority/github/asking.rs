//! Opens a request: a branch with one file and its pull request. Each step is written down first, so that an
//! interrupted client finds its request again instead of asking twice.

use jiff::SignedDuration;

use super::GitHubAuthority;
use super::journal;
use super::reading::Seen;
use super::roles::check_possible;
use crate::authority::Asked;
use crate::authority::AuthorityError;
use crate::authority::Listing;
use crate::forge::pull_text::Told;
use crate::forge::request_file;
use crate::forge::request_file::RequestFile;
use crate::forge::title::title;
use crate::github::MAIN;
use crate::github::Refusal;
use crate::github::api::models::Pull;
use crate::github::api::repositories::NewFile;
use crate::github::api::requests::NewRequest;
use crate::github::api::requests::Reviewed;
use crate::github::api::requests::Which;
use crate::github::gather::Ground;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::grant::text::sanitise;
use crate::judgement::clocks::MAX_PENDING;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::views::approval_of;
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
        let mut seen = self.look(Listing::Mine).await?;
        self.check_possible(&seen.ground, &file.statement)?;
        let open = self.list(&mut seen, Listing::Mine).await?;
        if let Some(view) = standing_request(open, &file.statement)? {
            return Ok(Asked { view, reused: true });
        }
        let begun =
            journal::find(&self.system.files, self.seat.repository).and_then(|signed| read(&signed).ok());
        let begun = begun.filter(|begun| self.is_resumable(begun, &file.statement));
        let reused = begun.is_some();
        let file = begun.unwrap_or(file);
        let id = file.digest.request_id();
        journal::begin(&self.system.files, self.seat.repository, &file.signed);
        let parent = parent_of(&seen, &file)?;
        let opened = if reused {
            self.go_on(&id, &file, &seen, &parent).await?;
            None
        } else {
            Some(self.open(&id, &file, &seen, &parent).await?)
        };
        journal::done(&self.system.files, self.seat.repository);
        // Read as every reader would, from what GitHub has now.
        let reading = match opened {
            Some(opened) => {
                let Seen { reader, ground, account, log, .. } = &mut seen;
                self.read_pull(reader, ground, log, opened.into(), *account).await?
            }
            None => self.read(&id).await?,
        };
        let mut view = self.view(&reading);
        if let Some(notice) = self.ask_reviewers(&seen.ground, &reading.evidence.pull, &view).await {
            view.notices.push(notice);
        }
        Ok(Asked { view, reused })
    }

    /// Makes the commit, its branch and its pull request.
    async fn open(
        &self,
        id: &RequestId,
        file: &RequestFile,
        seen: &Seen<'_>,
        parent: &str,
    ) -> Result<Reviewed, AuthorityError> {
        let commit = self.make_commit(id, file, seen, parent).await?;
        let (branch, title) = (request_file::branch_of(id), title(id, &file.statement));
        let body = body(id, &file.statement, &seen.ground);
        let new = NewRequest {
            repository: &seen.node,
            branch: &branch,
            commit: &commit,
            base: MAIN,
            title: &title,
            body: &body,
        };
        let opened = self.github.open_request(&new).await?;
        // The file is at hand already, under the id that its content has.
        seen.reader.keep(request_file::write(&file.signed).as_bytes());
        Ok(opened)
    }

    /// Does what an interrupted client left undone. A branch that is there must have exactly this file.
    async fn go_on(
        &self,
        id: &RequestId,
        file: &RequestFile,
        seen: &Seen<'_>,
        parent: &str,
    ) -> Result<(), AuthorityError> {
        if !self.has_branch(id, &file.signed).await? {
            let commit = self.make_commit(id, file, seen, parent).await?;
            self.github.create_branch(&request_file::branch_of(id), &commit).await?;
        }
        self.open_pull(id, &file.statement, &seen.ground).await
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

    /// Makes the commit with the one file. A commit that no branch names has no effect.
    async fn make_commit(
        &self,
        id: &RequestId,
        file: &RequestFile,
        seen: &Seen<'_>,
        parent: &str,
    ) -> Result<String, AuthorityError> {
        let content = request_file::write(&file.signed);
        let base = match seen.ground.tree.clone().filter(|_| parent == seen.ground.main) {
            Some(tree) => tree,
            None => self.github.commit(parent).await?.tree.sha,
        };
        let new = NewFile { path: request_file::path_of(id), content };
        let tree = self.github.create_tree(Some(&base), &[new]).await?;
        Ok(self.github.create_commit(&format!("Ask {id}"), &tree, &[parent]).await?)
    }

    /// Whether the branch is there, with exactly this request.
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

    async fn open_pull(
        &self,
        id: &RequestId,
        asked: &RequestStatement,
        ground: &Ground,
    ) -> Result<(), AuthorityError> {
        let branch = request_file::branch_of(id);
        let text = body(id, asked, ground);
        match self.github.create_pull(&title(id, asked), &branch, MAIN, &text).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => {
                let (_, all) = self.github.requests(Which::Branch(&branch)).await?;
                let is_there = all.iter().any(|found| found.pull.is_from(self.seat.repository));
                if is_there { Ok(()) } else { Err(error.into()) }
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
        let ids: Vec<u64> = ids.take(MOST_REVIEWERS).collect();
        if ids.is_empty() {
            return None;
        }
        let known = self.github.assignable().await.unwrap_or_default();
        let mut logins = Vec::new();
        for id in ids {
            // One query names most of them. A large organisation has more people than it lists.
            let account = match known.iter().find(|account| account.id == id) {
                Some(known) => Some(known.clone()),
                None => self.github.account(id).await.ok().flatten(),
            };
            logins.extend(
                account.filter(|account| account.is_user() && account.id == id).map(|found| found.login),
            );
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

/// The equal one of a person's requests. `None` if there is none and another may be opened.
fn standing_request(
    all: Vec<RequestView>,
    asked: &RequestStatement,
) -> Result<Option<RequestView>, AuthorityError> {
    let open: Vec<RequestView> = all.into_iter().filter(|view| !view.state.is_terminal()).collect();
    let pending = open.iter().filter(|view| view.state == State::Pending).count();
    let equal =
        open.into_iter().find(|view| read(&view.signed).is_ok_and(|file| is_equal(&file.statement, asked)));
    if equal.is_none() && pending >= MAX_PENDING {
        return Err(Refusal::from(Rule::TooManyPending).into());
    }
    Ok(equal)
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
fn parent_of(seen: &Seen<'_>, file: &RequestFile) -> Result<String, AuthorityError> {
    if seen.ground.force.revision == file.statement.policy {
        return Ok(seen.ground.main.clone());
    }
    let commit = seen.reader.commit_of(&file.statement.policy);
    commit.ok_or_else(|| Refusal::from(Rule::Revision).into())
}

/// The text of the pull request, as the check of the repository writes it. No decision depends on it.
fn body(id: &RequestId, asked: &RequestStatement, ground: &Ground) -> String {
    let role = ground.force.role(&asked.role);
    let told = Told {
        id,
        statement: asked,
        description: role.map(|role| role.description.as_str()).unwrap_or_default(),
        approval: &approval_of(&ground.force, asked),
        objections: &[],
    };
    told.text()
}
