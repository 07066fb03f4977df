//! Import from other tools: the profiles of AWS's own files (and so of aws-vault, granted and aws-sso) become direct
//! roles.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::aws_files;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::text::sanitise;
use crate::provider::aws::MAX_CHAINED;
use crate::provider::aws::MAX_SESSION;
use crate::provider::aws::MIN_SESSION;
use crate::system::aws_files::AwsFiles;
use crate::system::aws_files::route;
use crate::system::aws_files::route::Base;
use crate::system::aws_files::route::CredentialSource;
use crate::system::aws_files::route::RouteError;
use crate::system::files;
use crate::system::user_file::UserFile;

/// The longest chain of profiles that include one another.
const MAX_INCLUDES: usize = 8;

/// The proposed roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The names of the roles.
    pub roles: Vec<Name>,
    /// Their settings, to be added to `config.toml`.
    pub toml: String,
    /// Profiles that were left out, with the reason, one line each.
    pub left_out: Vec<String>,
}

/// Reads AWS's files and proposes a direct role for each profile that assumes a role. Writes nothing.
pub fn propose(client: &Client<'_>) -> Result<Proposal, Failure> {
    let files = aws_files::read(client.system)?;
    let mut proposal = Proposal::default();
    for profile in files.profiles.keys() {
        let proposed = match role_of(profile, &files) {
            Ok(None) => continue,
            Ok(Some(role)) => role.named(profile, client, &proposal.roles),
            Err(why) => Err(why),
        };
        match proposed {
            Ok((name, toml)) => {
                if !proposal.toml.is_empty() {
                    proposal.toml.push('\n');
                }
                proposal.toml.push_str(&toml);
                proposal.roles.push(name);
            }
            Err(why) => proposal.left_out.push(format!("{}: {}", sanitise(profile), sanitise(&why))),
        }
    }
    proposal.left_out.extend(aws_files::unread(&files));
    Ok(proposal)
}

/// Appends the proposal to the user's `config.toml` and keeps every existing byte.
pub fn write(client: &Client<'_>, proposal: &Proposal) -> Result<(), Failure> {
    let path = client.system.files.config.join("config.toml");
    let refused = |cause: String| {
        Failure::failed(format!("{} is left as it is", path.display()))
            .cause(cause)
            .hint("add the roles yourself: `jit setup import` prints them")
    };
    let file = UserFile::read(&path).map_err(|error| refused(error.to_string()))?;
    let mut text =
        String::from_utf8(file.content().to_vec()).map_err(|_| refused("it is not UTF-8 text".to_owned()))?;
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(&proposal.toml);
    toml::from_str::<toml::Table>(&text)
        .map_err(|error| refused(format!("with the roles added it would not load: {}", error.message())))?;
    files::make_private_folder(&client.system.files.config).map_err(|error| refused(error.to_string()))?;
    file.replace(text.as_bytes()).map_err(|error| refused(error.to_string()))
}

/// A role that a profile assumes, for `config.toml`.
#[derive(Debug, Default)]
struct Role {
    /// Remarks for the reader of the file, one line each.
    remarks: Vec<String>,
    arn: Option<RoleArn>,
    members: Vec<(&'static str, String)>,
}

impl Role {
    /// The role's name and text, or why its name cannot be used.
    fn named(self, profile: &str, client: &Client<'_>, taken: &[Name]) -> Result<(Name, String), String> {
        let fallback = self.arn.as_ref().and_then(|arn| Name::like(arn.role_name(), "role", |_| false));
        let fallback = fallback.as_ref().map_or("role", Name::as_str);
        let none = || "its name cannot be one of jit's".to_owned();
        let name = Name::like(profile, fallback, |_| false).ok_or_else(none)?;
        // A second import does not propose the same role again.
        if client.settings.roles.contains_key(&name) {
            return Err(format!("a role {name} is there already"));
        }
        let name = Name::like(profile, fallback, |name| {
            taken.contains(name) || client.settings.roles.contains_key(name)
        })
        .ok_or_else(none)?;
        let header =
            if name.as_str().contains(['.', '@']) { quoted(name.as_str()) } else { name.to_string() };
        let mut toml = format!("# from the profile {} of AWS's own files\n", sanitise(profile));
        for remark in &self.remarks {
            toml.push_str(&format!("# {}\n", sanitise(remark)));
        }
        toml.push_str(&format!("[roles.{header}]\napproval = \"none\"\n\n[roles.{header}.aws]\n"));
        for (key, value) in &self.members {
            toml.push_str(&format!("{key} = {}\n", quoted(value)));
        }
        Ok((name, toml))
    }
}

/// The role of a profile. `None` if the profile assumes no role. The error says why the role cannot be a direct one.
///
/// The role sends the same parameters as AWS's CLI. A profile that would fail there is left out.
fn role_of(profile: &str, files: &AwsFiles) -> Result<Option<Role>, String> {
    let own = |key: &str| setting(files, profile, key);
    let Some(arn) = own("role_arn") else {
        let signs_in =
            ["sso_session", "sso_start_url", "granted_sso_start_url"].iter().any(|key| own(key).is_some());
        return if signs_in {
            let why = "it opens a permission set by signing in, and assumes no role; name it as `profile` of one that does";
            Err(why.to_owned())
        } else {
            Ok(None)
        };
    };
    if own("web_identity_token_file").is_some() {
        return Err("it is for a workload with a token file".to_owned());
    }
    let origin = origin_of(profile, files)?;
    let of_source = |key: &str| origin.profile.and_then(|source| setting(files, source, key));
    let region = own("region")
        .or_else(|| of_source("region"))
        .or_else(|| setting(files, "default", "region"))
        .ok_or("it has no region")?;
    let arn: RoleArn = arn.parse().map_err(|error| format!("{error}"))?;
    Target::aws(arn.clone(), region.to_owned(), None).map_err(|error| error.to_string())?;
    // A session of keys that aws-vault keeps takes the code of the keys' own device. AWS's CLI uses only the role's
    // device.
    let mfa = own("mfa_serial").or_else(|| of_source("mfa_serial").filter(|_| origin.keeps_elsewhere));
    let external_id = own("external_id");
    let session_name = own("role_session_name");
    for (key, value, fits) in [
        ("mfa_serial", mfa, route::is_mfa_serial as fn(&str) -> bool),
        ("external_id", external_id, route::is_external_id),
        ("role_session_name", session_name, route::is_session_name),
    ] {
        if value.is_some_and(|value| !fits(value)) {
            return Err(format!("AWS does not take its {key}"));
        }
    }
    let mut remarks = origin.remarks;
    let duration = duration(own("duration_seconds"), origin.is_session, &mut remarks)?;
    let members = [
        ("role_arn", Some(arn.to_string())),
        ("region", Some(region.to_owned())),
        ("profile", origin.profile.map(str::to_owned)),
        ("credential_source", origin.source.map(|source| source.name().to_owned())),
        ("role_session_name", session_name.map(str::to_owned)),
        ("external_id", external_id.map(str::to_owned)),
        ("mfa_serial", mfa.map(str::to_owned)),
        ("duration", duration),
    ];
    let members = members.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    Ok(Some(Role { remarks, arn: Some(arn), members }))
}

/// The credentials with which a profile's role is assumed.
#[derive(Debug, Default)]
struct Origin<'a> {
    profile: Option<&'a str>,
    source: Option<CredentialSource>,
    /// Whether they are a role's session, so that the next session lasts at most an hour.
    is_session: bool,
    /// Whether AWS's files do not contain these credentials.
    keeps_elsewhere: bool,
    remarks: Vec<String>,
}

fn origin_of<'a>(profile: &str, files: &'a AwsFiles) -> Result<Origin<'a>, String> {
    let own = |key: &str| setting(files, profile, key);
    let source = match (own("source_profile"), own("credential_source")) {
        (Some(_), Some(_)) => {
            return Err("it has both source_profile and credential_source, and may have one".to_owned());
        }
        (None, None) => return Err("it names no source_profile and no credential_source".to_owned()),
        (None, Some(source)) => {
            let source = CredentialSource::of(source).ok_or_else(|| {
                let known = CredentialSource::ALL.map(CredentialSource::name).join(", ");
                format!("its credential_source is none of {known}")
            })?;
            let is_session = source != CredentialSource::Environment;
            return Ok(Origin { source: Some(source), is_session, ..Origin::default() });
        }
        (Some(source), None) => source,
    };
    let origin = Origin { profile: Some(source), ..Origin::default() };
    match files.route(source) {
        Ok(route) => {
            let is_session = !route.hops.is_empty()
                || match route.base {
                    Base::Sso { .. } | Base::WebIdentity { .. } => true,
                    Base::Source(source) => source != CredentialSource::Environment,
                    Base::Keys { .. } | Base::Process { .. } => false,
                };
            for hop in &route.hops {
                let role = hop.role_arn.parse::<RoleArn>();
                role.map_err(|error| format!("its source profile {}: {error}", hop.profile))?;
            }
            Ok(Origin { is_session, ..origin })
        }
        Err(RouteError::Loop(_)) if source == profile => {
            Err("it is its own source; give its keys a profile of their own first".to_owned())
        }
        Err(RouteError::NoCredentials(last) | RouteError::Unknown(last)) => {
            let remark = format!(
                "beware: the profile {last} has no credentials in those files; if aws-vault keeps them, give it a credential_process"
            );
            let keeps_elsewhere = last == source;
            Ok(Origin { is_session: !keeps_elsewhere, keeps_elsewhere, remarks: vec![remark], ..origin })
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The duration of the role's sessions.
fn duration(
    seconds: Option<&str>,
    is_chained: bool,
    remarks: &mut Vec<String>,
) -> Result<Option<String>, String> {
    let Some(text) = seconds else { return Ok(None) };
    let Some(seconds) = route::whole_number(text) else {
        remarks.push(format!("duration_seconds is {text:?}, which AWS's CLI ignores: it is not a number"));
        return Ok(None);
    };
    if !(MIN_SESSION..=MAX_SESSION).contains(&seconds) {
        return Err(format!(
            "its duration_seconds is {seconds}, and AWS gives sessions of {MIN_SESSION} to {MAX_SESSION}"
        ));
    }
    let seconds = if is_chained && seconds > MAX_CHAINED {
        remarks.push(format!(
            "an hour instead of {seconds} seconds: AWS gives no more to a role that is assumed from a role's session"
        ));
        MAX_CHAINED
    } else {
        seconds
    };
    Ok(Some(if seconds % 60 == 0 { format!("{}m", seconds / 60) } else { format!("{seconds}s") }))
}

/// A setting of a profile, or of the profile that it includes (a feature of aws-vault).
fn setting<'a>(files: &'a AwsFiles, profile: &str, key: &str) -> Option<&'a str> {
    let mut profile = files.profiles.get(profile)?;
    for _ in 0..MAX_INCLUDES {
        if let Some(value) = profile.plain(key) {
            return Some(value);
        }
        profile = files.profiles.get(profile.plain("include_profile")?)?;
    }
    None
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
