//! People whom tokens name, and the keys that tokens enrolled, laid over a policy.
//!
//! A policy is decided by its files alone. The people whom an identity provider names are facts of the authority's log,
//! so the authority lays them over every revision that it judges by.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::grant::Assurance;
use crate::grant::Name;

use crate::policy::Policy;
use crate::policy::people::claims::Enrol;
use crate::policy::people::key;
use crate::policy::people::key::PersonKey;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::Person;
use crate::policy::people::roster::Proof;
use crate::policy::question::asking::Claims;

/// The login by which the authority knows a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A verified token of the identity provider.
    Token(Claims),
    /// The numeric id of a GitHub account. The policy lists the person.
    GitHub(u64),
}

/// A person who signed in, with the keys that they enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The login of the newest proof.
    pub known: Known,
    /// The newest proof.
    pub proof: Proof,
    /// The enrolled keys, oldest first.
    pub keys: Vec<EnrolledKey>,
}

/// A key that a sign-in enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledKey {
    /// `SHA256:…`
    pub fingerprint: String,
    /// The key in OpenSSH's format, without a comment.
    pub line: String,
    /// Whether the key is in hardware (`sk-`).
    pub hardware: bool,
    /// When its enrolment expires. `None` for a key of the person that stays; every other key is a session's.
    pub until: Option<Timestamp>,
    /// The signatures that confirm it, oldest first.
    pub confirmations: Vec<Confirmation>,
}

/// A signature that confirms whose an enrolled key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// The person signed with this other key of theirs, by its fingerprint.
    Own(String),
    /// A voucher signed with this key of theirs, by its fingerprint.
    Vouched(Name, String),
}

/// The key of a job that a verified token proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobKey {
    /// `SHA256:…`
    pub fingerprint: String,
    /// When the key expires.
    pub until: Timestamp,
    /// The issuer of the token.
    pub issuer: String,
    /// Every claim of the token that is text.
    pub claims: BTreeMap<String, String>,
}

/// The enrolled keys with their owners, by fingerprint, and whether a token of the identity provider enrolled them. `None` for a key that two people claim: it is nobody's.
type Keys<'a> = BTreeMap<&'a str, Option<(Name, &'a EnrolledKey, bool)>>;

impl Policy {
    /// The edition of the people laid over the policy. 0 for the policy alone.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// The policy with the people and keys that sign-ins enrolled. `edition` tells one set of them from another. Somebody whom
    /// the policy does not take from tokens is left out, and a key that somebody else has stays theirs.
    #[must_use]
    pub fn admit<'a>(
        &self,
        enrolled: impl IntoIterator<Item = &'a Enrolled>,
        jobs: impl IntoIterator<Item = &'a JobKey>,
        edition: u64,
    ) -> Self {
        let mut admitted = Self { edition, ..self.clone() };
        let mut keys: Keys<'a> = BTreeMap::new();
        for enrolled in enrolled {
            let Some(person) = self.person_of_sign_in(enrolled) else { continue };
            let by_token = matches!(enrolled.known, Known::Token(_));
            for key in &enrolled.keys {
                keys.entry(&key.fingerprint)
                    .and_modify(|known| *known = known.take().filter(|(owner, _, _)| *owner == person.name))
                    .or_insert_with(|| Some((person.name.clone(), key, by_token)));
            }
            admitted.add(person);
        }
        let worths = admitted.worths(&keys);
        for (fingerprint, held) in keys {
            if let Some((owner, key, _)) = held {
                admitted.add_key(&owner, key, worths.get(fingerprint).copied().unwrap_or(Assurance::Account));
            }
        }
        for job in jobs {
            let workload = self.workload_of_claims(&job.issuer, &job.claims);
            if let Some(workload) = workload
                && !admitted.people.by_fingerprint.contains_key(&job.fingerprint)
            {
                let held = (workload.name.clone(), job.until);
                admitted.people.by_job_key.insert(job.fingerprint.clone(), held);
            }
        }
        admitted
    }

    /// The person behind a sign-in, by the rules of this policy. `None` if it does not take them.
    pub fn person_of_sign_in(&self, enrolled: &Enrolled) -> Option<Person> {
        match &enrolled.known {
            // Without the table, GitHub's word counts no more.
            Known::GitHub(id) => {
                let listed = self.person_of_github(*id).filter(|_| self.access.github.is_some());
                listed.cloned()
            }
            Known::Token(claims) => {
                let person = self.person_of_claims(claims).ok()?;
                let is_listed = self.person(&person.name).is_some();
                let groups = if enrolled.proof.groups_unknown { Vec::new() } else { person.groups.clone() };
                let by_token = Person { proof: Some(enrolled.proof), groups, ..person.clone() };
                Some(if is_listed { person } else { by_token })
            }
        }
    }

    fn add(&mut self, person: Person) {
        let people = &mut self.people;
        if people.people.contains_key(&person.name) {
            return;
        }
        for group in &person.groups {
            if !people.groups.contains_key(group) {
                people.of_tokens.insert(group.clone());
            }
            let members = people.groups.entry(group.clone()).or_default();
            if let Err(place) = members.binary_search(&person.name) {
                members.insert(place, person.name.clone());
            }
        }
        if let Some(subject) = &person.oidc {
            people.by_subject.insert(subject.clone(), person.name.clone());
        }
        people.people.insert(person.name.clone(), person);
    }

    fn add_key(&mut self, owner: &Name, key: &EnrolledKey, worth: Assurance) {
        let people = &mut self.people;
        if people.by_fingerprint.contains_key(&key.fingerprint) {
            return;
        }
        let Some(person) = people.people.get_mut(owner) else { return };
        // A key that a policy would not list does not count either.
        let Ok(read) = key::read(&key.line) else { return };
        people.by_fingerprint.insert(read.fingerprint.clone(), owner.clone());
        person.keys.push(PersonKey { worth, until: key.until, ..read });
    }

    /// The worth of each enrolled key. A confirmation counts for as much as the key that signed it is worth, which may itself
    /// rest on a confirmation, so the worths grow until they stand. A session's key is never worth more than an account.
    fn worths(&self, keys: &Keys<'_>) -> BTreeMap<String, Assurance> {
        let trusted = self.access.oidc.as_ref().is_some_and(|oidc| oidc.enrol == Enrol::Trusted);
        let mut worths: BTreeMap<String, Assurance> = BTreeMap::new();
        loop {
            let mut grew = false;
            for (owner, key, by_token) in keys.values().flatten().filter(|(_, key, _)| key.until.is_none()) {
                let full = PersonKey::full_worth(key.hardware);
                let of = |signer: &Name, fingerprint: &str| self.worth_of(signer, fingerprint, keys, &worths);
                let confirmed = key.confirmations.iter().map(|confirmation| match confirmation {
                    Confirmation::Own(by) if *by == key.fingerprint => Assurance::Account,
                    Confirmation::Own(by) => of(owner, by).min(full),
                    Confirmation::Vouched(by, with) => {
                        let counts = self.may_vouch(by, owner) && of(by, with) >= Assurance::Key;
                        if counts { full } else { Assurance::Account }
                    }
                });
                let worth =
                    if trusted && *by_token { full } else { confirmed.max().unwrap_or(Assurance::Account) };
                let known = worths.entry(key.fingerprint.clone()).or_insert(Assurance::Account);
                if worth > *known {
                    *known = worth;
                    grew = true;
                }
            }
            if !grew {
                return worths;
            }
        }
    }

    /// The worth of a signer's key: a listed one's kind, or the worth of an enrolled one so far.
    fn worth_of(
        &self,
        signer: &Name,
        fingerprint: &str,
        keys: &Keys<'_>,
        worths: &BTreeMap<String, Assurance>,
    ) -> Assurance {
        match self.person_of_key(fingerprint) {
            Some(owner) if owner.name == *signer => {
                let listed = owner.keys.iter().find(|key| key.fingerprint == fingerprint);
                listed.map_or(Assurance::Account, |key| key.worth)
            }
            Some(_) => Assurance::Account,
            None => {
                let held = keys.get(fingerprint).and_then(Option::as_ref);
                let is_theirs = held.is_some_and(|(owner, _, _)| owner == signer);
                let known = worths.get(fingerprint).copied().filter(|_| is_theirs);
                known.unwrap_or(Assurance::Account)
            }
        }
    }

    /// Whether somebody may confirm another person's key. Of a group that `people.toml` lists, the listed members may: whoever
    /// administers the provider could put a person of theirs into it, and vouch for keys in anybody's name.
    pub fn may_vouch(&self, voucher: &Name, person: &Name) -> bool {
        let vouchers = self.access.oidc.as_ref().map_or(&[][..], |oidc| oidc.vouchers.as_slice());
        let Some(known) = self.person(voucher).filter(|_| voucher != person) else { return false };
        let is_closed = |principal: &Principal| match principal {
            Principal::Group(group) => known.proof.is_some() && !self.people.of_tokens.contains(group),
            _ => false,
        };
        vouchers.iter().any(|principal| known.is(principal) && !is_closed(principal))
    }

    /// Whether the policy names anybody who may confirm other people's keys.
    pub fn has_vouchers(&self) -> bool {
        self.access.oidc.as_ref().is_some_and(|oidc| !oidc.vouchers.is_empty())
    }

    /// The key of a person or an agent, by its fingerprint.
    pub fn key(&self, fingerprint: &str) -> Option<&PersonKey> {
        let of_agent = || self.agent_of_key(fingerprint).map(|agent| &agent.keys);
        let keys = self.person_of_key(fingerprint).map(|person| &person.keys).or_else(of_agent)?;
        keys.iter().find(|key| key.fingerprint == fingerprint)
    }
}
