//! Permission sets and assignments as printed by the AWS CLI: several JSON documents in one file.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;

use super::proposal::Person;
use super::proposal::Proposal;
use super::proposal::Role;
use super::proposal::line;
use super::proposal::region_in;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws::partition_of;
use crate::grant::span::Span;

/// The output of one of the commands. Other members are ignored (AWS CLI: `sso-admin describe-permission-set`,
/// `list-account-assignments`; `identitystore list-users`, `list-groups`, `list-group-memberships`; `organizations
/// list-accounts`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    permission_set: Option<PermissionSet>,
    account_assignments: Vec<Assignment>,
    users: Vec<User>,
    groups: Vec<Group>,
    group_memberships: Vec<Membership>,
    accounts: Vec<Account>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionSet {
    name: String,
    permission_set_arn: String,
    description: Option<String>,
    session_duration: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Assignment {
    account_id: String,
    permission_set_arn: String,
    principal_type: String,
    principal_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct User {
    user_id: String,
    user_name: String,
    display_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    group_id: String,
    display_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Membership {
    group_id: String,
    member_id: Member,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    user_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: String,
    name: String,
}

/// Proposes a role for each permission set in each account to which it is assigned.
pub fn of_answers(text: &[u8], region: &str) -> Result<Proposal, Failure> {
    let mut whole = Answer::default();
    let mut sets: BTreeMap<String, PermissionSet> = BTreeMap::new();
    for answer in serde_json::Deserializer::from_slice(text).into_iter::<Answer>() {
        let answer = answer.map_err(|error| {
            Failure::failed("this is not JSON output of the AWS CLI")
                .cause(error.to_string())
                .hint("append the output of several commands with --output json to one file")
        })?;
        sets.extend(answer.permission_set.map(|set| (set.permission_set_arn.clone(), set)));
        whole.account_assignments.extend(answer.account_assignments);
        whole.users.extend(answer.users);
        whole.groups.extend(answer.groups);
        whole.group_memberships.extend(answer.group_memberships);
        whole.accounts.extend(answer.accounts);
    }
    if whole.account_assignments.is_empty() {
        return Err(Failure::failed("there are no assignments in this file")
            .hint("add the output of `aws sso-admin list-account-assignments … --output json`"));
    }
    let mut proposal = Proposal { origin: "aws", ..Proposal::default() };
    let people = add_people(&whole, &mut proposal);
    let groups = add_groups(&whole, &people, &mut proposal);
    let accounts = add_accounts(&whole, &mut proposal);
    let mut asked: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for assignment in &whole.account_assignments {
        let known = match assignment.principal_type.as_str() {
            "GROUP" => groups.get(assignment.principal_id.as_str()).map(|name| format!("group:{name}")),
            _ => people.get(assignment.principal_id.as_str()).map(|name| format!("person:{name}")),
        };
        let requesters = asked.entry((&assignment.permission_set_arn, &assignment.account_id)).or_default();
        match known {
            Some(requester) if !requesters.contains(&requester) => requesters.push(requester),
            Some(_) => {}
            None => proposal.notes.push(format!(
                "{} {} is not in the file; add `aws identitystore list-users` and `list-groups`",
                assignment.principal_type.to_lowercase(),
                assignment.principal_id
            )),
        }
    }
    for ((arn, account), requesters) in asked {
        let Some(set) = sets.get(arn) else {
            proposal
                .notes
                .push(format!("{arn} is not described; add `aws sso-admin describe-permission-set`"));
            continue;
        };
        // The role belongs in the partition of the permission set: GovCloud, China or the ordinary one.
        let partition = partition(arn).unwrap_or(partition_of(region));
        let role_arn = format!("arn:{partition}:iam::{account}:role/{}", set.name).parse::<RoleArn>();
        let place = accounts.get(account).map_or(account, Name::as_str);
        let name = Proposal::name(&format!("{place}.{}", set.name), "role", &proposal.roles);
        let (Ok(role_arn), Some(name)) = (role_arn, name) else {
            proposal.notes.push(format!("{} in {account} makes no role", set.name));
            continue;
        };
        let role = Role {
            description: line(set.description.as_deref().unwrap_or_default()),
            requesters,
            max_duration: set.session_duration.as_deref().and_then(duration),
            role_arn,
            region: region_in(partition, region).to_owned(),
            remark: format!(
                "Create this role in {account}: IAM Identity Center keeps the one that it made for {} to itself.",
                set.name
            ),
        };
        proposal.roles.insert(name, role);
    }
    Ok(proposal)
}

fn add_people<'a>(whole: &'a Answer, proposal: &mut Proposal) -> BTreeMap<&'a str, Name> {
    let mut known = BTreeMap::new();
    for user in &whole.users {
        if let Some(name) = Proposal::name(&user.user_name, "person", &proposal.people) {
            let label = line(user.display_name.as_deref().unwrap_or_default());
            proposal.people.insert(name.clone(), Person { label, ..Person::default() });
            known.insert(user.user_id.as_str(), name);
        }
    }
    known
}

fn add_groups<'a>(
    whole: &'a Answer,
    people: &BTreeMap<&str, Name>,
    proposal: &mut Proposal,
) -> BTreeMap<&'a str, Name> {
    let mut known = BTreeMap::new();
    for group in &whole.groups {
        if let Some(name) = Proposal::name(&group.display_name, "group", &proposal.groups) {
            let members = whole.group_memberships.iter().filter(|member| member.group_id == group.group_id);
            let names = members.filter_map(|member| people.get(member.member_id.user_id.as_str()));
            proposal.groups.insert(name.clone(), names.map(ToString::to_string).collect());
            known.insert(group.group_id.as_str(), name);
        }
    }
    known
}

fn add_accounts<'a>(whole: &'a Answer, proposal: &mut Proposal) -> BTreeMap<&'a str, Name> {
    let mut known = BTreeMap::new();
    for account in &whole.accounts {
        let digits = account.id.len() == 12 && account.id.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(name) = Proposal::name(&account.name, "account", &proposal.accounts).filter(|_| digits) {
            proposal.accounts.insert(name.clone(), account.id.clone());
            known.insert(account.id.as_str(), name);
        }
    }
    known
}

/// The partition of a permission set: `arn:aws-us-gov:sso:::permissionSet/…`.
fn partition(arn: &str) -> Option<&str> {
    let mut fields = arn.split(':');
    let (first, partition, service) = (fields.next()?, fields.next()?, fields.next()?);
    (first == "arn" && service == "sso").then_some(partition)
}

/// `PT8H` (ISO 8601).
fn duration(text: &str) -> Option<Span> {
    let duration: SignedDuration = text.parse().ok()?;
    Span::of_seconds(u64::try_from(duration.as_secs()).ok()?)
}
