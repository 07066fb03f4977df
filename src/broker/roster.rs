//! Lays the people whom sign-ins proved over each policy that the broker judges by.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::audit::Evidence;
use crate::audit::Index;
use crate::audit::index::JobRecord;
use crate::audit::index::KeyRecord;
use crate::audit::index::LoginRecord;
use crate::grant::Digest;
use crate::grant::Name;
use crate::identity::key::is_hardware_line;
use crate::policy::Claims;
use crate::policy::Confirmation;
use crate::policy::Enrolled;
use crate::policy::EnrolledKey;
use crate::policy::JobKey;
use crate::policy::Known;
use crate::policy::Policy;
use crate::policy::Proof;

/// The most policies that are kept with their people.
const REMEMBERED: usize = 16;

/// The policies with the people of one edition.
#[derive(Default)]
pub struct Roster {
    admitted: Mutex<(u64, HashMap<Digest, Arc<Policy>>)>,
}

impl Roster {
    /// The policy with everybody whom sign-ins proved so far.
    pub fn admit(&self, policy: Arc<Policy>, index: &Index) -> Arc<Policy> {
        let edition = index.edition();
        if edition == 0 {
            return policy;
        }
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, policies) = &mut *admitted;
        if *known != edition || policies.len() >= REMEMBERED {
            policies.clear();
            *known = edition;
        }
        let laid = policies.entry(policy.revision).or_insert_with(|| {
            let enrolled: Vec<Enrolled> = index.logins().map(enrolled).collect();
            let jobs: Vec<JobKey> = index.jobs().map(job_key).collect();
            Arc::new(policy.admit(&enrolled, &jobs, edition))
        });
        Arc::clone(laid)
    }
}

/// A login of the log as a policy takes it.
pub fn enrolled(login: &LoginRecord) -> Enrolled {
    let (known, groups_unknown) = match &login.evidence {
        Evidence::GitHub { id, .. } => (Known::GitHub(*id), false),
        Evidence::Token(token) => {
            let claims = Claims {
                issuer: token.issuer.clone(),
                subject: token.subject.clone(),
                label: token.label.clone(),
                groups: token.groups.clone().unwrap_or_default(),
            };
            (Known::Token(claims), token.groups.is_none())
        }
    };
    Enrolled {
        known,
        proof: Proof { at: login.proved, groups_unknown },
        keys: login.keys.iter().map(|key| key_of(login, key)).collect(),
    }
}

fn job_key(job: &JobRecord) -> JobKey {
    let (fingerprint, issuer) = (job.fingerprint.clone(), job.issuer.clone());
    JobKey { fingerprint, until: job.until, issuer, claims: job.claims.clone() }
}

fn key_of(login: &LoginRecord, key: &KeyRecord) -> EnrolledKey {
    let confirmation = |(by, with, _): &(Name, String, u64)| {
        if *by == login.person {
            Confirmation::Own(with.clone())
        } else {
            Confirmation::Vouched(by.clone(), with.clone())
        }
    };
    EnrolledKey {
        fingerprint: key.fingerprint.clone(),
        line: key.line.clone(),
        hardware: is_hardware_line(&key.line),
        until: key.until,
        confirmations: key.confirmed.iter().map(confirmation).collect(),
    }
}
