//! A request as the client knows it: what was signed, read from its bytes, beside what the authority says of it.

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

/// A request whose bytes were checked: their digest, their signature, and that they are meant for this authority.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What the authority says of it.
    pub view: RequestView,
    /// What the requester signed.
    pub asked: RequestStatement,
    /// By which key; `None` where a workload asked: its run's token proves it, and no key.
    pub signer: Option<Verified>,
    /// The SHA-256 of what was signed, recomputed here.
    pub digest: Digest,
}

/// One reviewer's latest word.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Who.
    pub by: Name,
    /// Yes or no.
    pub verdict: Verdict,
    /// When the authority took it.
    pub at: Timestamp,
    /// What they said; may be empty.
    pub comment: String,
    /// "For at most this long."
    pub duration: Option<Span>,
    /// "For no more than this scope."
    pub scope: Option<Name>,
}

impl Standing {
    /// Refuses to go on waiting for what a later policy made impossible.
    ///
    /// # Errors
    /// Nobody can approve it as it stands.
    pub fn refuse_dead(&self) -> Result<(), Failure> {
        let Some(why) = &self.view.ask_again else { return Ok(()) };
        let (id, role) = (&self.view.id, &self.asked.role);
        Err(Failure::refused(format!(
            "your request {id} for {role} is open, and cannot be approved any more"
        ))
        .cause(text::sanitise(why))
        .hint(format!("ask again: {}", self.how_to_ask_again())))
    }

    /// What its requester types to ask for the same under the policy in force.
    pub fn how_to_ask_again(&self) -> String {
        let (asked, id) = (&self.asked, &self.view.id);
        let verb = if asked.extends().is_some() { "extend" } else { "request" };
        let scope = asked.scope.as_ref().filter(|_| asked.extends().is_none());
        let scope = scope.map_or_else(String::new, |scope| format!(" --scope {}", scope.name));
        format!("`jit end {id}`, then `jit {verb} {}{scope}`", asked.role)
    }

    /// Reads a view. Labels of the authority's own making are not looked at.
    pub fn read(view: RequestView, authority: &dyn StatementAuthority) -> Result<Self, Failure> {
        let refuse = |cause: String| {
            Failure::failed(format!("request {} is not what its bytes say", view.id)).cause(cause)
        };
        let digest = Digest::of(view.signed.statement.as_bytes());
        if digest.request_id() != view.id {
            return Err(refuse("its digest is another one".to_owned()));
        }
        let opened = authority.open_asking(&view.signed);
        let (asked, signer) = opened.map_err(|error| refuse(error.to_string()))?;
        Ok(Self { asked, signer, digest, view })
    }

    /// No credentials outlive this: what the requester signed, for the request or for more time of it by the same key.
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

    /// What is asked for: the role, and behind a slash the scope that it is narrowed to.
    pub fn what(&self) -> String {
        named(&self.asked.role, self.asked.scope.as_ref().map(|scope| &scope.name))
    }

    /// What reviewers have said so far, each read from what they signed. A review without a statement is one that a repository
    /// vouches for; one that is of another request is left out.
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

    /// Whether the names that were signed say production.
    pub fn looks_like_production(&self) -> bool {
        let target = &self.asked.target;
        looks_like_production([self.asked.role.as_str(), target.name()])
    }

    /// Whether it was taken by the role's emergency way: nobody approved it.
    pub fn is_emergency(&self) -> bool {
        self.asked.way == Way::BreakGlass
    }

    /// Whether it is an emergency that nobody has reviewed yet, be it over or not.
    pub fn is_unreviewed(&self) -> bool {
        let taken = self.view.approved_duration.is_some();
        self.is_emergency() && taken && self.view.acknowledged.is_none()
    }

    /// Where it stands by the authority's word and the clock of this machine.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.view.state {
            State::Active if self.view.active_until.is_some_and(|until| until <= now) => State::Ended,
            state => state,
        }
    }

    /// When its present state ends by itself.
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

    /// For a request for more time, in words: which grant ends when, instead of when. The request and how much longer are read
    /// from what was signed; the end as it is now is the authority's word.
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

    /// What the index remembers of it.
    pub fn entry(&self) -> Entry {
        Entry {
            id: Some(self.view.id.clone()),
            authority: Some(self.asked.header.authority.clone()),
            extends: self.asked.extends().map(|first| first.request_id()),
            role: self.asked.role.clone(),
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
            policy: Digest::of(b"policy"),
            created,
            not_after: "2026-11-23T11:00:00Z".parse().unwrap(),
        }
    }

    fn signed(asked: RequestStatement, signer: &TestSigner) -> Signed {
        sign(&Statement::Request(Box::new(asked)), signer).unwrap()
    }

    /// A grant to which an authority says that these bytes gave more time.
    fn with(extension: Signed, until: Option<Timestamp>) -> Standing {
        let first = signed(asked(), &TestSigner::ed25519(1));
        let digest = Digest::of(first.statement.as_bytes());
        let (asked, signer) = identity::statement::open_asking(&first, AUTHORITY).unwrap();
        let id = Digest::of(extension.statement.as_bytes()).request_id();
        let view = RequestView {
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
            active_until: until,
            credentials_until: None,
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
