//! The client's view of a request: the signed statement, read from its bytes, beside the authority's view.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::authority::StatementAuthority;
use crate::flow::Failure;
use crate::grant::AuthorityAddress;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::production::looks_like_production;
use crate::grant::span::Span;
use crate::grant::span::local;
use crate::grant::span::whole_seconds;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::identity;
use crate::identity::Verified;
use crate::protocol::RequestView;
use crate::protocol::ReviewView;
use crate::state::index::Entry;
use crate::state::index::Run;

/// A request after a check of its bytes: their digest, their signature, and that they are for this authority.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The authority's view of it.
    pub view: RequestView,
    /// The statement that the requester signed.
    pub asked: RequestStatement,
    /// The key that signed it. `None` if a workload asked: the token of its run proves the request.
    pub signer: Option<Verified>,
    /// The SHA-256 of the signed bytes, recomputed here.
    pub digest: Digest,
}

/// One reviewer's latest review.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The reviewer.
    pub by: Name,
    /// Approve or deny.
    pub verdict: Verdict,
    /// When the authority received it.
    pub at: Timestamp,
    /// The comment, which may be empty.
    pub comment: String,
    /// The longest duration that it allows.
    pub duration: Option<Span>,
    /// The scope to which it narrows the request.
    pub scope: Option<Name>,
}

impl Standing {
    /// Refuses to wait for a request that a later policy made impossible to approve.
    ///
    /// # Errors
    /// Nobody can approve it as it is.
    pub fn refuse_dead(&self) -> Result<(), Failure> {
        let Some(why) = &self.view.ask_again else { return Ok(()) };
        let (id, role) = (&self.view.id, &self.asked.role);
        Err(Failure::refused(format!(
            "your request {id} for {role} is open, and cannot be approved any more"
        ))
        .cause(text::sanitise(why))
        .hint(format!("ask again: {}", self.how_to_ask_again())))
    }

    /// The command with which its requester asks for the same under the policy in force.
    pub fn how_to_ask_again(&self) -> String {
        let (asked, id) = (&self.asked, &self.view.id);
        let verb = if asked.extends().is_some() { "extend" } else { "request" };
        let scope = asked.scope.as_ref().filter(|_| asked.extends().is_none());
        let scope = scope.map_or_else(String::new, |scope| format!(" --scope {}", scope.name));
        format!("`jit end {id}`, then `jit {verb} {}{scope}`", asked.role)
    }

    /// The requester, and whose agent it is by the authority's policy.
    pub fn who(&self) -> String {
        let who = &self.asked.header.who;
        self.view
            .agent_of
            .as_ref()
            .map_or_else(|| who.to_string(), |owner| format!("{who} (agent of {owner})"))
    }

    /// Reads a view. Ignores the authority's own labels.
    pub fn read(view: RequestView, authority: &dyn StatementAuthority) -> Result<Self, Failure> {
        let refuse = |cause: String| {
            Failure::failed(format!("request {} differs from its signed bytes", view.id)).cause(cause)
        };
        let digest = Digest::of(view.signed.statement.as_bytes());
        if digest.request_id() != view.id {
            return Err(refuse("its digest differs".to_owned()));
        }
        let opened = authority.open_asking(&view.signed);
        let (asked, signer) = opened.map_err(|error| refuse(error.to_string()))?;
        Ok(Self { asked, signer, digest, view })
    }

    /// The time at which all credentials must have expired, as the requester signed it, in the request or in an
    /// extension by the same key.
    pub fn latest(&self) -> Timestamp {
        let own = &self.asked;
        let signed = self.view.extensions.iter().filter(|extension| extension.until.is_some());
        let extensions = signed.filter_map(|extension| {
            let opened = identity::statement::open_asking(&extension.signed, &own.header.authority);
            let (asked, signer) = opened.ok()?;
            let same = asked.extends() == Some(self.digest)
                && asked.header.who == own.header.who
                && self.signer.as_ref().is_some_and(|own| own.fingerprint == signer.fingerprint)
                && (&asked.role, &asked.target, &asked.scope) == (&own.role, &own.target, &own.scope);
            same.then_some(asked.not_after)
        });
        extensions.fold(own.not_after, Timestamp::max)
    }

    /// The role, with `/` and the scope if the request is for one.
    pub fn what(&self) -> String {
        self.asked.what()
    }

    /// The scope, as requested, else as approved. `None` for the whole role.
    pub fn scope(&self) -> Option<&Name> {
        let requested = self.asked.scope.as_ref().map(|scope| &scope.name);
        requested.or(self.view.approved_scope.as_ref())
    }

    /// The reviews so far, each read from its signed statement. A review without a statement is one that a repository
    /// vouches for. A review of another request is left out.
    pub fn heard(&self) -> Vec<Heard> {
        self.view.reviews.iter().filter_map(|review| self.hear(review)).collect()
    }

    fn hear(&self, review: &ReviewView) -> Option<Heard> {
        let bare = Heard {
            by: review.by.clone(),
            verdict: review.verdict,
            at: review.at,
            comment: String::new(),
            duration: None,
            scope: None,
        };
        if review.signed.statement.is_empty() {
            return AuthorityAddress::of(&self.asked.header.authority).is_github().then_some(bare);
        }
        match Statement::parse(review.signed.statement.as_bytes()) {
            Ok(Statement::Review(said)) if said.request == self.digest => Some(Heard {
                by: said.header.who,
                verdict: said.verdict,
                comment: said.comment,
                duration: said.duration,
                scope: said.scope,
                ..bare
            }),
            _ => None,
        }
    }

    /// Whether the signed names indicate production.
    pub fn looks_like_production(&self) -> bool {
        let target = &self.asked.target;
        looks_like_production(std::iter::once(self.asked.role.as_str()).chain(target.names()))
    }

    /// Whether it is break-glass access, which nobody approved.
    pub fn is_emergency(&self) -> bool {
        self.asked.way == Way::BreakGlass
    }

    /// Whether it is break-glass access that nobody has reviewed yet, even if it has ended.
    pub fn is_unreviewed(&self) -> bool {
        let taken = self.view.approved_duration.is_some();
        self.is_emergency() && taken && self.view.acknowledged.is_none()
    }

    /// The state by the authority's view and this machine's clock.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.view.state {
            State::Active if self.view.active_until.is_some_and(|until| until <= now) => State::Ended,
            state => state,
        }
    }

    /// The end of its present state. For a request that has ended, the time of its end.
    pub fn until(&self) -> Timestamp {
        let view = &self.view;
        let until = match view.state {
            State::Pending => Some(view.pending_until),
            State::Approved => view.unused_until,
            State::Active => view.active_until,
            _ => view.closing.as_ref().map(|closing| closing.at),
        };
        until.unwrap_or(self.asked.not_after)
    }

    /// For an extension request, a sentence with the grant, its new end and its present end. The request and the
    /// additional time come from the signed bytes, the present end from the authority. `None` for other requests.
    pub fn more_time(&self, zone: &TimeZone) -> Option<String> {
        let id = self.asked.extends()?.request_id();
        let now =
            self.view.extends.as_ref().filter(|extends| extends.id == id).and_then(|extends| extends.until);
        let Some(end) = now else { return Some(format!("request {id}")) };
        let duration = self.view.approved_duration.unwrap_or(self.asked.duration).min(self.asked.duration);
        let later = whole_seconds(duration.after(end).min(self.asked.not_after));
        let (later, end) = (local(later, zone), local(end, zone));
        Some(format!("request {id}: ends at {later} instead of {end}"))
    }

    /// Its entry for the index.
    pub fn entry(&self) -> Entry {
        Entry {
            id: Some(self.view.id.clone()),
            authority: Some(self.asked.header.authority.clone()),
            extends: self.asked.extends().map(|first| first.request_id()),
            role: self.asked.role.clone(),
            scope: self.scope().cloned(),
            cloud: self.asked.target.cloud(),
            place: self.asked.target.place(),
            state: self.view.state,
            until: if self.view.state == State::Active {
                self.until().min(self.latest())
            } else {
                self.until()
            },
            asked: self.asked.created,
            emergency: self.is_emergency(),
            who: Some(self.asked.header.who.clone()),
            elsewhere: false,
            shadows: false,
            run: self.asked.purpose.as_ref().map(|_| Run::Waits),
        }
    }
}

/// A role and its scope as one word: `shop-prod.admin/orders-read`.
pub(in crate::flow) fn named(role: &Name, scope: Option<&Name>) -> String {
    scope.map_or_else(|| role.to_string(), |scope| format!("{role}/{scope}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Signed;
    use crate::grant::statement::Header;
    use crate::grant::statement::Way;
    use crate::identity::fake::TestSigner;
    use crate::identity::statement::sign;
    use crate::protocol::ExtensionView;
    use crate::secret::seal::RecipientKey;

    const AUTHORITY: &str = "https://jit.example.com";

    fn asked() -> RequestStatement {
        let created: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        RequestStatement {
            header: Header {
                authority: AUTHORITY.to_owned(),
                who: "ana".parse().unwrap(),
                at: created,
                nonce: "a-nonce-for-the-test".to_owned(),
            },
            way: Way::Request,
            interactive: true,
            agent: false,
            role: "prod".parse().unwrap(),
            target: "aws:arn:aws:iam::111122223333:role/prod?region=eu-west-1".parse().unwrap(),
            scope: None,
            duration: "1h".parse().unwrap(),
            start: None,
            reason: "INC-42".to_owned(),
            recipient: RecipientKey::generate(&[3; 32]).public().unwrap(),
            workload: None,
            job: None,
            purpose: None,
            policy: Digest::of(b"policy"),
            created,
            not_after: "2026-11-23T11:00:00Z".parse().unwrap(),
        }
    }

    fn signed(asked: RequestStatement, signer: &TestSigner) -> Signed {
        sign(&Statement::Request(Box::new(asked)), signer).unwrap()
    }

    /// A grant of which an authority says that this statement extended it.
    fn with(extension: Signed, until: Option<Timestamp>) -> Standing {
        let first = signed(asked(), &TestSigner::ed25519(1));
        let digest = Digest::of(first.statement.as_bytes());
        let (asked, signer) = identity::statement::open_asking(&first, AUTHORITY).unwrap();
        let id = Digest::of(extension.statement.as_bytes()).request_id();
        let view = RequestView {
            agent_of: None,
            id: digest.request_id(),
            digest,
            version: 1,
            state: State::Active,
            signed: first,
            pending_until: asked.not_after,
            unused_until: None,
            approved_duration: None,
            approved_by: vec![],
            approved_scope: None,
            approved_scope_document: None,
            active_until: until,
            credentials_until: None,
            denial: None,
            approval: String::new(),
            missing: vec![],
            reviews: vec![],
            notices: vec![],
            denied_before: None,
            acknowledged: None,
            extends: None,
            extensions: vec![ExtensionView { id, until, signed: extension }],
            closing: None,
            ask_again: None,
            why_not: None,
            may_review: false,
            may_revoke: false,
        };
        Standing { view, asked, signer: Some(signer), digest }
    }

    #[test]
    fn only_what_its_owner_signed_lets_credentials_live_longer() {
        let own = TestSigner::ed25519(1);
        let first = Digest::of(signed(asked(), &own).statement.as_bytes());
        let later: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let more = RequestStatement { way: Way::Extend(first), not_after: later, ..asked() };
        let good = signed(more.clone(), &own);
        assert_eq!(with(good.clone(), Some(later)).latest(), later);
        let nothing = |extension: Signed, until: Option<Timestamp>| {
            assert_eq!(with(extension, until).latest(), asked().not_after);
        };
        nothing(good.clone(), None);
        nothing(signed(more.clone(), &TestSigner::ed25519(2)), Some(later));
        let another = RequestStatement { way: Way::Extend(Digest::of(b"another")), ..more.clone() };
        nothing(signed(another, &own), Some(later));
        let request = RequestStatement { way: Way::Request, ..more.clone() };
        nothing(signed(request, &own), Some(later));
        let role = RequestStatement { role: "other".parse().unwrap(), ..more };
        nothing(signed(role, &own), Some(later));
        let edited = good.statement.replace("12:00:00Z", "23:00:00Z");
        nothing(Signed { statement: edited, signature: good.signature }, Some(later));
    }
}
