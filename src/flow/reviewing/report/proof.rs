//! Verifies what a log says of people: each statement's signature, and that it is about the request it stands at.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::audit::Subject;
use crate::authority::Record;
use crate::flow::Failure;
use crate::flow::reviewing::let_in;
use crate::grant::AuthorityAddress;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::statement::Kind;
use crate::identity;
use crate::identity::IdentityError;
use crate::identity::Verified;

/// The proven facts.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The authority that every statement names.
    pub(super) authority: Option<String>,
    /// The signatures of requests that verify.
    pub(super) requests: usize,
    /// The requests of workloads, which a token proved when they were made.
    pub(super) workloads: usize,
    /// The signatures of reviews and revocations that verify.
    pub(super) reviews: usize,
    /// The reviews that only the forge attests: a decision names the reviewer, and no statement of theirs is there.
    pub(super) attested: usize,
    /// The keys with which each person signed.
    pub(super) keys: BTreeMap<Name, BTreeSet<String>>,
    /// The request, the signer and the verdict (true: approve) of each signed review.
    signed: BTreeSet<(Digest, Name, bool)>,
}

/// Verifies every statement of a log. `authority` is the name that the statements must carry; `None` takes the name of
/// the first one for all.
///
/// # Errors
/// A statement does not verify, or is not what its event says.
pub(super) fn verify(records: &[Record], authority: Option<&str>) -> Result<Proof, Failure> {
    if let Some((number, cause)) = let_in::first_broken(records) {
        return Err(broken(number, &cause));
    }
    let mut proof = Proof { authority: authority.map(str::to_owned), ..Proof::default() };
    let mut begun: BTreeSet<Digest> = BTreeSet::new();
    for record in records {
        for subject in &record.subjects {
            let Subject::Request { request, change } = subject else { continue };
            let number = record.sequence;
            proof.change(request, change).map_err(|cause| broken(number, &cause.to_string()))?;
            if let Change::Requested { .. } = change {
                begun.insert(*request);
            } else if !begun.contains(request) {
                return Err(broken(number, "it is about a request that the log does not begin"));
            }
        }
    }
    Ok(proof)
}

/// The failure for an event that does not hold. Nothing of the log is reported then.
pub(super) fn broken(event: u64, cause: &str) -> Failure {
    Failure::failed(format!("event {event} of the log does not hold, so nothing is reported of it"))
        .cause(cause)
        .hint("keep this log and ask who runs the broker; `jit audit list` shows what came before")
}

impl Proof {
    fn change(&mut self, request: &Digest, change: &Change) -> Result<(), IdentityError> {
        match change {
            Change::Requested { signed, .. } => self.asked(request, signed),
            Change::Extended { signed, .. } => self.extended(request, signed),
            Change::Reviewed { by, signed, .. } | Change::Acknowledged { by, signed } => {
                self.said(request, by, signed, change)
            }
            Change::Revoked { by: Some(by), signed: Some(signed), .. } => {
                self.said(request, by, signed, change)
            }
            Change::Approved { by, .. } => by.iter().try_for_each(|by| self.decided(request, by, true)),
            Change::Denied { by, on_page: None } => self.decided(request, by, false),
            // The broker attests a denial on its page, which nobody signed.
            Change::Denied { on_page: Some(_), .. } => {
                self.attested += 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A decision is by somebody who signed it, unless a forge attests its reviewers.
    fn decided(&mut self, request: &Digest, by: &Name, is_yes: bool) -> Result<(), IdentityError> {
        let is_forge = |authority: &String| AuthorityAddress::of(authority).is_github();
        if self.signed.contains(&(*request, by.clone(), is_yes)) {
            Ok(())
        } else if self.authority.as_ref().is_some_and(is_forge) {
            self.attested += 1;
            Ok(())
        } else {
            Err(refused(&format!("it names {by}, whose signed review is not in the log")))
        }
    }

    fn authority_of(&mut self, statement: &Statement) -> String {
        self.authority.get_or_insert_with(|| statement.header().authority.clone()).clone()
    }

    fn asked(&mut self, request: &Digest, signed: &Signed) -> Result<(), IdentityError> {
        let statement = parse(signed)?;
        let authority = self.authority_of(&statement);
        if Digest::of(signed.statement.as_bytes()) != *request {
            return Err(refused("the request's bytes have another digest"));
        }
        let Statement::Request(asked) = &statement else { return Err(refused("it is no request")) };
        if asked.workload.is_some() {
            if asked.header.authority != authority {
                return Err(refused("it is a request to another authority"));
            }
            self.workloads += 1;
            return Ok(());
        }
        let (asked, verified) = identity::statement::open_asking(signed, &authority)?;
        self.requests += 1;
        self.key(&asked.header.who, &verified);
        Ok(())
    }

    /// The statement of an extension, which its own request's events hold too.
    fn extended(&mut self, request: &Digest, signed: &Signed) -> Result<(), IdentityError> {
        let statement = parse(signed)?;
        let authority = self.authority_of(&statement);
        let (asked, _) = identity::statement::open_asking(signed, &authority)?;
        if asked.extends() == Some(*request) {
            Ok(())
        } else {
            Err(refused("the extension is of another request"))
        }
    }

    fn said(
        &mut self,
        request: &Digest,
        by: &Name,
        signed: &Signed,
        change: &Change,
    ) -> Result<(), IdentityError> {
        let statement = parse(signed)?;
        let authority = self.authority_of(&statement);
        let kind = if matches!(change, Change::Revoked { .. }) { Kind::Revoke } else { Kind::Review };
        let (statement, verified) = identity::statement::open(signed, kind, &authority)?;
        let fits = match (&statement, change) {
            (Statement::Review(review), Change::Reviewed { verdict, .. }) => {
                review.request == *request && review.verdict == *verdict
            }
            (Statement::Review(review), Change::Acknowledged { .. }) => review.request == *request,
            (Statement::Revoke(revocation), Change::Revoked { .. }) => revocation.request == *request,
            _ => false,
        };
        if !fits || statement.header().who != *by {
            return Err(refused("the signed statement is not what the event says"));
        }
        if let (Statement::Review(review), Change::Reviewed { .. }) = (&statement, change) {
            self.signed.insert((*request, by.clone(), review.verdict == Verdict::Approve));
        }
        self.reviews += 1;
        self.key(by, &verified);
        Ok(())
    }

    fn key(&mut self, who: &Name, verified: &Verified) {
        self.keys.entry(who.clone()).or_default().insert(verified.fingerprint.clone());
    }
}

fn parse(signed: &Signed) -> Result<Statement, IdentityError> {
    Statement::parse(signed.statement.as_bytes()).map_err(|error| refused(&error.to_string()))
}

fn refused(cause: &str) -> IdentityError {
    IdentityError::Statement(cause.to_owned())
}
