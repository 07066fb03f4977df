//! The enrolment of a key whose person was proved.

use std::sync::Arc;

use crate::audit::Subject;
use crate::broker::caller::Origin;
use crate::broker::caller::too_many;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::KeyNews;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::routes::SESSION;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Proved;
use crate::grant::Assurance;
use crate::identity::key;
use crate::identity::key::PublicLine;
use crate::policy::Policy;
use crate::protocol::EnrolAnswer;

/// Parses the key to enrol.
///
/// # Errors
/// It is not an acceptable key, is not written as OpenSSH writes it, or is a hardware key for one session.
pub fn read_key(written: &str, lasting: bool) -> Result<PublicLine, Fault> {
    let line = key::parse_line(written)
        .map_err(|error| Fault::new(Code::Statement, error.to_string()).hint("run `jit login` again"))?;
    if line.line != written {
        return Err(Fault::new(
            Code::Statement,
            "the key is not written as OpenSSH writes it, without a comment",
        ));
    }
    if !lasting && line.hardware {
        return Err(Fault::new(
            Code::Statement,
            "a session's key is made for the session, and this one is in hardware",
        )
        .hint("enrol it as your own: `jit login --ssh`"));
    }
    Ok(line)
}

/// Checks that no other person has the key.
///
/// # Errors
/// Another person has it.
pub fn check_free(shared: &Shared, policy: &Policy, line: &PublicLine, proved: &Proved) -> Result<(), Fault> {
    let owner = &proved.person.name;
    let listed = policy.owner_of_key(&line.fingerprint).is_some_and(|other| other != owner);
    let index = shared.ledger.index();
    let name = proved.evidence.login();
    let enrolled = index.enrolled_key(&line.fingerprint).is_some_and(|(login, _)| !login.is_of(&name, owner));
    let of_a_job = index.job(&line.fingerprint).is_some();
    if listed || enrolled || of_a_job {
        return Err(taken());
    }
    Ok(())
}

fn taken() -> Fault {
    Fault::new(Code::Conflict, "this key belongs to somebody else here")
        .hint("use a key of your own, or none: `jit login` makes one for the session")
}

/// Records the enrolment of a key.
///
/// # Errors
/// The person signs in too often, or the log cannot be written.
pub async fn enrol(
    shared: &Arc<Shared>,
    line: PublicLine,
    lasting: bool,
    proved: Proved,
    origin: Origin,
) -> Result<EnrolAnswer, Fault> {
    let Proved { person, evidence } = proved;
    shared.limiters.person.take(person.name.clone(), shared.clock()).map_err(too_many)?;
    let now = shared.now();
    let until = (!lasting).then(|| SESSION.after(now));
    let fingerprint = line.fingerprint;
    let name = evidence.login();
    let is_new = shared.ledger.index().enrolled_key(&fingerprint).is_none();
    let subject = Subject::Enrolled {
        person: person.name.clone(),
        key: fingerprint.clone(),
        line: line.line,
        until,
        evidence,
    };
    let mut append = shared.nothing_expected(now, shared.policies.standing().policy.revision, subject);
    append.source = origin.recorded();
    if is_new {
        append.notices = notify::notices_of_key(&shared.in_force().policy, &person, KeyNews::Enrolled);
    }
    match shared.ledger.append(append).await {
        Ok(event) => notify::tell_of_key(shared, &fingerprint, event),
        // A repeated call gets the same answer and records no second event.
        Err(LedgerError::Enrolled) => {}
        Err(error) => return Err(error.into()),
    }
    // Meanwhile, another sign-in may have enrolled the same key, or the person may have left.
    let known = {
        let index = shared.ledger.index();
        let known = index.enrolled_key(&fingerprint).filter(|(login, _)| login.is_of(&name, &person.name));
        known.map(|(_, key)| key.until)
    };
    let until = known.ok_or_else(taken)?;
    tracing::info!(person = %person.name, key = %fingerprint, lasting, "enrolled a key");
    let worth = match until {
        Some(_) => Assurance::Account,
        None => shared.in_force().policy.key(&fingerprint).map_or(Assurance::Account, |key| key.worth),
    };
    Ok(EnrolAnswer { person: person.name, label: person.label, key: fingerprint, worth, until })
}
