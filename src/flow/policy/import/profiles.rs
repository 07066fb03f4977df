//! The profiles in `~/.aws/config`, as AWS's own library reads them.

use aws_runtime::env_config::file::EnvConfigFileKind;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::Env;
use aws_types::os_shim_internal::Fs;

use super::proposal::Person;
use super::proposal::Proposal;
use super::proposal::Role;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::target::RoleArn;
use crate::system::System;
use crate::system::files;

/// Proposes a role for each profile that assumes one.
pub async fn of_profiles(system: &System, region: &str) -> Result<Proposal, Failure> {
    let path = match system.environment.get("AWS_CONFIG_FILE") {
        Some(path) => system.files.working.join(path),
        None => system.files.home.join(".aws/config"),
    };
    let shown = path.display().to_string();
    let content = files::read(&path)
        .map_err(|error| Failure::failed(format!("{shown} cannot be read")).cause(error.to_string()))?
        .ok_or_else(|| Failure::failed(format!("there is no {shown}")))?;
    let text = String::from_utf8_lossy(&content).into_owned();
    let given = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, text).build();
    let wrong = |cause: String| Failure::failed(format!("{shown} does not load")).cause(cause);
    let read = source::load(&Env::from_slice(&[]), &Fs::from_slice(&[]), &given).await;
    let profiles = EnvConfigSections::parse(read.map_err(|error| wrong(error.to_string()))?)
        .map_err(|error| wrong(error.to_string()))?;
    let mut proposal = Proposal { origin: "profiles", ..Proposal::default() };
    let person: Option<Name> = system.environment.get("USER").and_then(|user| user.parse().ok());
    let requesters = person.iter().map(|name| format!("person:{name}")).collect::<Vec<_>>();
    proposal.people.extend(person.map(|name| (name, Person::default())));
    let mut names: Vec<&str> = profiles.profiles().collect();
    names.sort_unstable();
    for profile in names {
        let Some(settings) = profiles.get_profile(profile) else { continue };
        let by_sso = || {
            let (account, role) = (settings.get("sso_account_id")?, settings.get("sso_role_name")?);
            Some(format!("arn:aws:iam::{account}:role/{role}"))
        };
        let Some(arn) = settings.get("role_arn").map(str::to_owned).or_else(by_sso) else { continue };
        let region = settings.get("region").unwrap_or(region);
        let fits = arn.parse::<RoleArn>().and_then(|arn| Target::aws(arn, region.to_owned(), None));
        let (target, name) = match (fits, Proposal::name(profile, &proposal.roles)) {
            (Ok(target), Some(name)) => (target, name),
            (Err(error), _) => {
                proposal.notes.push(format!("the profile {profile}: {error}"));
                continue;
            }
            (_, None) => continue,
        };
        let remark = match settings.get("role_arn") {
            Some(_) => format!(
                "From the profile {profile}. Let the broker's issuer into its trust policy: `jit setup aws-trust`."
            ),
            None => format!(
                "From the profile {profile}. Make this role: what IAM Identity Center made is its own alone."
            ),
        };
        let role = Role {
            description: format!("From the profile {}", super::proposal::line(profile)),
            requesters: requesters.clone(),
            max_duration: None,
            role_arn: target.role_arn().clone(),
            region: region.to_owned(),
            remark,
        };
        proposal.roles.insert(name, role);
    }
    if proposal.roles.is_empty() {
        return Err(Failure::failed(format!("no profile in {shown} assumes a role")));
    }
    Ok(proposal)
}
