//! Reviews: a review of the pull request at the commit that was read, with the signed statement in its body.

use super::GitHubAuthority;
use super::Reading;
use crate::authority::AuthorityError;
use crate::forge::markdown::code;
use crate::forge::request_file;
use crate::forge::review_body;
use crate::forge::review_body::Carried;
use crate::github::Refusal;
use crate::github::api::models::ReviewRecord;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::statement::Kind;
use crate::grant::statement::ReviewStatement;
use crate::identity::Opened;
use crate::judgement::Case;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::review::Given;
use crate::judgement::review::check_approver;
use crate::judgement::review::check_denier;
use crate::judgement::review::check_words;
use crate::protocol::RequestView;

impl GitHubAuthority {
    /// Submits a review. It is bound to the request twice: by the digest in the signed statement, and by the commit
    /// that it names.
    pub(super) async fn give_review(
        &self,
        id: &RequestId,
        signed: &Signed,
    ) -> Result<RequestView, AuthorityError> {
        let Ok(Statement::Review(statement)) = Statement::parse(signed.statement.as_bytes()) else {
            return Err(Refusal::Signature("the signed statement is not a review".to_owned()).into());
        };
        let reading = self.read(id).await?;
        self.check_review(&reading, &statement, signed)?;
        if !self.has_said(&reading, &statement) {
            let event = match statement.verdict {
                Verdict::Approve if statement.narrows() => "COMMENT",
                Verdict::Approve => "APPROVE",
                Verdict::Deny => "REQUEST_CHANGES",
            };
            let body = review_body::write(&words(&statement), signed);
            let pull = &reading.evidence.pull;
            self.github.create_review(pull.number, &pull.head.sha, event, &body).await?;
        }
        if statement.verdict == Verdict::Deny
            && let Err(error) = self.have_denial_recorded(&reading).await
        {
            tracing::info!(%error, "the denial is not in the log yet; it counts as long as the review is there");
        }
        Ok(self.view(&self.read(id).await?))
    }

    /// Refuses a review that a run would not count, before anything is sent.
    fn check_review(
        &self,
        reading: &Reading,
        statement: &ReviewStatement,
        signed: &Signed,
    ) -> Result<(), AuthorityError> {
        let refuse = |refusal: Rule| AuthorityError::from(Refusal::from(refusal));
        let Reading { request, verified, .. } = reading;
        let (asked, bench) = (&request.statement, &verified.bench);
        if reading.evidence.pull.user.as_ref().map(|user| user.id) == Some(reading.account) {
            return Err(refuse(Rule::OwnRequest));
        }
        check_words(bench, asked, &request.digest, statement).map_err(refuse)?;
        let stands = self.view(reading).state;
        if stands.is_terminal() {
            return Err(refuse(Rule::NotReviewable(stands)));
        }
        let opened = Opened::open(signed.clone(), Kind::Review, &bench.authority);
        let opened = opened.map_err(|error| refuse(Rule::Unproved(error)))?;
        let given = Given::of(&opened).map_err(refuse)?;
        if statement.verdict == Verdict::Deny {
            return check_denier(bench, asked, &given).map_err(refuse);
        }
        let case = Case::new(asked, &verified.file.signed, self.now());
        check_approver(bench, &given, &case).map_err(refuse)?;
        bench.let_review(&case, given.by()).map_err(|refusal| refuse(refusal.into()))
    }

    /// Whether the same person has given the same review of the same request already. A repeated review is sent only
    /// once.
    fn has_said(&self, reading: &Reading, statement: &ReviewStatement) -> bool {
        let own = |user: u64| user == reading.account;
        let carried = |review: &ReviewRecord| review_body::read(review.body.as_deref().unwrap_or_default());
        let latest = reading.evidence.reviews.iter().rev().find(|review| {
            review.user.as_ref().is_some_and(|user| own(user.id))
                && (review.state != "COMMENTED" || carried(review).narrows())
        });
        let says = |latest: &&ReviewRecord| {
            matches!(latest.state.as_str(), "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED")
        };
        let Some(latest) = latest.filter(says) else { return false };
        match carried(latest) {
            Carried::Signed(both) => {
                let said = &both.1;
                said.request == statement.request
                    && said.verdict == statement.verdict
                    && said.duration == statement.duration
                    && said.scope == statement.scope
                    && said.comment == statement.comment
            }
            Carried::Nothing | Carried::Unreadable => false,
        }
    }
}

/// The line above the statement, for people who read on GitHub.
fn words(statement: &ReviewStatement) -> String {
    let id = statement.request.request_id();
    let verdict = match statement.verdict {
        Verdict::Approve => "Approved",
        Verdict::Deny => "Denied",
    };
    let mut text = format!(
        "{verdict} with `jit`: request {} of {}",
        code(id.as_str()),
        code(&request_file::path_of(&id))
    );
    if let Some(duration) = statement.duration {
        text.push_str(&format!(", for at most {duration}"));
    }
    if let Some(scope) = &statement.scope {
        text.push_str(&format!(", for no more than {}", code(scope.as_str())));
    }
    if !statement.comment.is_empty() {
        // The body holds one statement, and no other text in it may look like the beginning of one.
        text.push_str(&format!("\n\n{}", code(&statement.comment.replace("<!--", "<! --"))));
    }
    text
}
