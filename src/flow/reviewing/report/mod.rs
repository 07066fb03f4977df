//! A report of the audit log: who had what when, who agreed, and what deserves a look.

mod count;
mod exported;
pub mod form;
mod proof;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::audit;
use crate::audit::Subject;
use crate::authority::Record;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::policy;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::text::count as counted;
use crate::policy::Policy;
use form::Fast;
use form::Filter;
use form::LogSeen;
use form::Report;
use form::Row;
use proof::Proof;

/// The sources of a report.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// The filter.
    pub filter: Filter,
    /// The exported log. `None` for the authority's.
    pub log: Option<&'a Path>,
    /// The policy's folder. `None` to do without.
    pub policy: Option<&'a Path>,
    /// A hash of an earlier report, which the log must contain.
    pub kept: Option<&'a str>,
}

/// A log, and how far its origin is proven.
struct Source {
    records: Vec<Record>,
    authority: Option<String>,
    verified: Vec<String>,
    not_verified: Vec<String>,
    /// The roles that the authority names to this person. `None` offline.
    roles: Option<Vec<Name>>,
}

/// Reads a log, verifies it, and counts.
///
/// # Errors
/// The log cannot be read, or does not verify. Nothing of such a log is reported.
pub async fn report(client: &Client<'_>, wanted: &Wanted<'_>) -> Result<Report, Failure> {
    let policy = match wanted.policy {
        Some(folder) => {
            let folder = policy::locate(client.system, Some(folder))?;
            Some(folder.load().map_err(|problems| policy::does_not_load(&problems))?)
        }
        None => None,
    };
    let mut source = match wanted.log {
        Some(path) => offline(&client.system.files.working.join(path))?,
        None => online(client).await?,
    };
    let proof = proof::verify(&source.records, source.authority.as_deref())?;
    if let Some(kept) = wanted.kept {
        let found = source.records.iter().find(|record| record.hash == kept).ok_or_else(|| {
            Failure::failed("the log does not contain the hash that was kept, so nothing is reported of it")
                .cause("the log was replaced or shortened, or the hash is another log's")
        })?;
        source.verified.push(format!(
            "event {} has the hash that was kept: no event up to there was changed",
            found.sequence
        ));
    }
    words(&mut source, &proof, policy.as_ref());
    let rows: Vec<Row> =
        count::rows(&source.records).into_iter().filter(|row| wanted.filter.takes(row)).collect();
    Ok(assemble(client.now(), wanted, source, proof, policy.as_ref(), rows))
}

async fn online(client: &Client<'_>) -> Result<Source, Failure> {
    let connected = client.connect().await?;
    let records = connected.authority.records(0).await?;
    let url = connected.authority.url().to_owned();
    let is_github = AuthorityAddress::of(&url).is_github();
    let roles = connected.authority.roles().await?.roles;
    let chained = counted(records.len(), "event");
    let (verified, not_verified) = if is_github {
        (
            vec![format!("{chained}: the workflow's key signed each, and each follows the one before")],
            vec![FORGE.to_owned()],
        )
    } else {
        (vec![format!("{chained}: each follows the one before")], vec![BROKER.to_owned()])
    };
    let roles = Some(roles.into_iter().map(|role| role.name).collect());
    Ok(Source { records, authority: Some(url), verified, not_verified, roles })
}

/// The claim that a reader of a broker's log cannot prove.
const BROKER: &str = "that the broker shows the log that it wrote: the key that authenticates events never leaves it. \
                      Keep the last hash of this report elsewhere, and pass it to the next one with --kept";
/// The requests that the log of a repository lacks.
const FORGE: &str = "requests on which no run acted: a repository's log begins a request with its first run, so one \
                     that nobody decided is missing";

fn offline(path: &Path) -> Result<Source, Failure> {
    let log = exported::read(path)?;
    let verified = vec![format!("{}: each follows the one before", counted(log.records.len(), "event"))];
    let mut not_verified =
        vec!["whether the file is the whole log: events after its last one may be missing".to_owned()];
    if log.is_of_repository {
        not_verified
            .push("that the repository's workflow wrote it: the file has no signatures of events".to_owned());
        not_verified.push(FORGE.to_owned());
    } else {
        not_verified.push(BROKER.to_owned());
    }
    Ok(Source { records: log.records, authority: None, verified, not_verified, roles: None })
}

/// Says where events are known to be lost.
fn gaps(records: &[Record]) -> Vec<String> {
    let is_gap = |subject: &Subject| matches!(subject, Subject::GapAccepted { .. });
    let gaps = records.iter().filter(|record| record.subjects.iter().any(is_gap));
    gaps.map(|record| {
        let number = record.sequence;
        format!("what happened before event {number}: there the operator accepted that events are lost")
    })
    .collect()
}

/// Says what the statements prove, and what they do not.
fn words(source: &mut Source, proof: &Proof, policy: Option<&Policy>) {
    source.verified.push(format!(
        "{} of requests and {} of reviews and revocations, each by the key that it names",
        counted(proof.requests, "signature"),
        counted(proof.reviews, "signature")
    ));
    if proof.attested > 0 {
        let reviews = counted(proof.attested, "review");
        source
            .not_verified
            .push(format!("{reviews} without a signature: the forge's word alone, and no time of their own"));
    }
    if proof.workloads > 0 {
        let requests = counted(proof.workloads, "request");
        source
            .not_verified
            .push(format!("{requests} of workloads: the token that proved each is not in the log"));
    }
    source.not_verified.extend(gaps(&source.records));
    match policy {
        Some(policy) => {
            let is_own =
                |name: &Name, key: &String| policy.owner_of_key(key).is_some_and(|owner| owner == name);
            let pairs: Vec<bool> = proof
                .keys
                .iter()
                .flat_map(|(name, keys)| keys.iter().map(move |key| is_own(name, key)))
                .collect();
            let known = pairs.iter().filter(|is_own| **is_own).count();
            let unknown = pairs.len() - known;
            source.verified.push(format!(
                "{} that the given policy has for the person who signed",
                counted(known, "key")
            ));
            if unknown > 0 {
                source.not_verified.push(format!(
                    "{} that the given policy does not have for the person who signed: replaced since, or of somebody who left",
                    counted(unknown, "key")
                ));
            }
        }
        None => source.not_verified.push(
            "whose keys signed: the log does not contain the people. --policy compares them with a policy"
                .to_owned(),
        ),
    }
}

fn assemble(
    now: Timestamp,
    wanted: &Wanted<'_>,
    mut source: Source,
    proof: Proof,
    policy: Option<&Policy>,
    mut rows: Vec<Row>,
) -> Report {
    for row in &mut rows {
        row.agent_of = policy.and_then(|policy| policy.owner_of(&row.person)).cloned();
    }
    let used: BTreeSet<&Name> =
        rows.iter().filter(|row| row.active_from.is_some()).map(|row| &row.role).collect();
    let roles: Option<Vec<Name>> = match policy {
        Some(policy) => Some(policy.roles().map(|role| role.name.clone()).collect()),
        None => source.roles.take(),
    };
    let is_wanted = |role: &Name| wanted.filter.role.as_ref().is_none_or(|only| only == role);
    let unused = roles.map(|roles| -> Vec<Name> {
        roles.into_iter().filter(|role| is_wanted(role) && !used.contains(role)).collect()
    });
    source.not_verified.push(match (policy, &unused) {
        (Some(_), _) => "whether the given policy was in force all the time".to_owned(),
        (None, Some(_)) => {
            "other roles than those that you may request or review: --policy takes all of a policy".to_owned()
        }
        (None, None) => "which roles exist: --policy says so".to_owned(),
    });
    let left = policy.map(|policy| -> Vec<Name> {
        let is_known = |name: &Name| {
            policy.person(name).is_some() || policy.workload(name).is_some() || policy.agent(name).is_some()
        };
        let people: BTreeSet<&Name> = rows.iter().flat_map(Row::people).collect();
        people.into_iter().filter(|name| !is_known(name)).cloned().collect()
    });
    let last = source.records.last();
    Report {
        version: form::VERSION,
        made_at: now,
        authority: source.authority.or(proof.authority),
        filter: wanted.filter.clone(),
        log: LogSeen {
            events: source.records.len(),
            first_at: source.records.first().map(|record| record.at),
            last_at: last.map(|record| record.at),
            last: last.map(|record| record.sequence),
            hash: last.map(|record| record.hash.clone()),
        },
        verified: source.verified,
        not_verified: source.not_verified,
        totals: count::totals(&rows),
        fast_approvals: rows
            .iter()
            .flat_map(|row| row.fast().map(move |said| (row, said)))
            .map(|(row, said)| Fast {
                request: row.request.clone(),
                by: said.by.clone(),
                seconds: said.seconds,
            })
            .collect(),
        unreviewed_emergencies: rows
            .iter()
            .filter(|row| row.is_unreviewed())
            .map(|row| row.request.clone())
            .collect(),
        approved_alone: count::alone(&rows),
        could_approve_alone: policy.map(Policy::alone),
        unused_roles: unused,
        not_in_policy: left,
        requests: rows,
    }
}

/// The end of a period: as [`audit::since`], and a day includes that day.
///
/// # Errors
/// It is no time.
pub fn until(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-11-24".len());
    let next = day.and_then(|day| day.tomorrow().ok());
    let begin = next
        .and_then(|next| zone.to_ambiguous_timestamp(next.to_datetime(Time::midnight())).compatible().ok());
    match begin {
        Some(begin) => Ok(begin),
        None => audit::since(text, now, zone),
    }
}
