//! The profiles in `~/.aws/config`, as AWS's own CLI reads them.

use super::proposal::Person;
use super::proposal::Proposal;
use super::proposal::Role;
use super::proposal::region_in;
use crate::flow::Failure;
use crate::flow::aws::aws_files;
use crate::grant::Name;
use crate::grant::cloud::aws::AwsTarget;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws::partition_of;
use crate::system::System;
use crate::system::aws_files::AwsFiles;
use crate::system::aws_files::Profile;

/// Proposes a role for each profile that assumes a role or signs in for a permission set.
pub fn of_profiles(system: &System, region: &str) -> Result<Proposal, Failure> {
    let files = aws_files::read(system)?;
    let shown = files.config_path().display();
    if !files.config_path().is_file() {
        return Err(Failure::failed(format!("there is no {shown}")));
    }
    let mut proposal = Proposal { origin: "profiles", ..Proposal::default() };
    let person: Option<Name> = system.environment.get("USER").and_then(|user| user.parse().ok());
    let requesters = person.iter().map(|name| format!("person:{name}")).collect::<Vec<_>>();
    proposal.people.extend(person.map(|name| (name, Person::default())));
    for (profile, settings) in &files.profiles {
        let (arn, signs_in) = match (settings.plain("role_arn"), by_sign_in(&files, settings)) {
            (Some(arn), _) => (arn.to_owned(), false),
            (None, Some(arn)) => (arn, true),
            (None, None) => continue,
        };
        let target = arn.parse::<RoleArn>().and_then(|arn| {
            let usual = region_in(arn.partition(), region);
            let region = settings.plain("region").unwrap_or(usual).to_owned();
            Ok((AwsTarget::new(arn, region.clone(), None)?, region))
        });
        let (target, region) = match target {
            Ok(found) => found,
            Err(error) => {
                proposal.notes.push(format!("the profile {profile}: {error}"));
                continue;
            }
        };
        let fallback = Name::like(target.role_arn.role_name(), "role", |_| false);
        let fallback = fallback.as_ref().map_or("role", Name::as_str);
        let Some(name) = Proposal::name(profile, fallback, &proposal.roles) else {
            proposal.notes.push(format!("the profile {profile}: its name cannot be one of jit's"));
            continue;
        };
        let remark = if signs_in {
            format!(
                "From the profile {profile}. Create this role: IAM Identity Center keeps the one that it made to itself."
            )
        } else {
            format!(
                "From the profile {profile}. Let the broker's issuer into its trust policy: `jit setup aws-trust`."
            )
        };
        let role = Role {
            description: format!("From the profile {}", super::proposal::line(profile)),
            requesters: requesters.clone(),
            max_duration: None,
            role_arn: target.role_arn.clone(),
            region,
            remark,
        };
        proposal.roles.insert(name, role);
    }
    proposal.notes.extend(aws_files::unread(&files));
    if proposal.roles.is_empty() {
        return Err(Failure::failed(format!("no profile in {shown} assumes a role")));
    }
    Ok(proposal)
}

/// The role that replaces a permission set, in the partition of its Identity Center.
fn by_sign_in(files: &AwsFiles, settings: &Profile) -> Option<String> {
    let (account, role) = (settings.plain("sso_account_id")?, settings.plain("sso_role_name")?);
    let session = settings.plain("sso_session").and_then(|session| files.config.sso_sessions.get(session));
    let of_session = session.and_then(|session| session.get("sso_region")).map(|value| value.plain());
    let region = of_session.or(settings.plain("sso_region")).or(settings.plain("region"));
    let partition = region.map_or("aws", partition_of);
    Some(format!("arn:{partition}:iam::{account}:role/{role}"))
}
