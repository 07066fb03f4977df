//! Coming from elsewhere: the profiles of AWS's own files (and so of aws-vault, granted and aws-sso) as direct roles.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::Client;
use super::Failure;
use super::aws_files;
use super::aws_files::Sections;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::text::sanitise;
use crate::system::files;
use crate::system::user_file::UserFile;

/// How many profiles may include one another.
const MAX_INCLUDES: usize = 8;

/// What the profiles come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The names of the roles.
    pub roles: Vec<Name>,
    /// Their settings, to be added to `config.toml`.
    pub toml: String,
    /// What was left out, and why; one line each.
    pub left_out: Vec<String>,
}

/// Reads AWS's files and proposes a direct role for each profile that assumes a role. Writes nothing.
pub fn propose(client: &Client<'_>) -> Result<Proposal, Failure> {
    let sections = aws_files::config(client.system)?;
    let credentials = aws_files::credentials(client.system)?;
    let known: BTreeSet<&Name> = client.settings.roles.keys().collect();
    let mut proposal = Proposal::default();
    for section in sections.keys() {
        let Some(profile) = section.strip_prefix("profile ").map(str::trim) else { continue };
        match role_of(profile, &sections, &credentials) {
            Ok(None) => {}
            Ok(Some(role)) if known.contains(&role.name) || proposal.roles.contains(&role.name) => {
                let why = "a role of that name is there already";
                proposal.left_out.push(format!("{}: {why}", sanitise(profile)));
            }
            Ok(Some(role)) => {
                if !proposal.toml.is_empty() {
                    proposal.toml.push('\n');
                }
                proposal.toml.push_str(&role.toml);
                proposal.roles.push(role.name);
            }
            Err(why) => proposal.left_out.push(format!("{}: {}", sanitise(profile), sanitise(&why))),
        }
    }
    Ok(proposal)
}

/// Adds the proposal at the end of the user's `config.toml`, every byte that is there kept.
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

struct Role {
    name: Name,
    toml: String,
}

/// The role of a profile; none when the profile assumes no role; why not, when its role cannot be a direct one.
fn role_of(profile: &str, sections: &Sections, credentials: &Sections) -> Result<Option<Role>, String> {
    let own = |key: &str| setting(sections, profile, key);
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
    if own("external_id").is_some() {
        return Err("its role wants an external id, which jit does not send".to_owned());
    }
    if own("web_identity_token_file").is_some() {
        return Err("it is for a workload with a token file".to_owned());
    }
    let source = own("source_profile");
    match (source, own("credential_source")) {
        (Some(source), _) if source == profile => {
            return Err("it is its own source; give its keys a profile of their own first".to_owned());
        }
        (None, None) => return Err("it names no source_profile and no credential_source".to_owned()),
        _ => {}
    }
    let of_source = |key: &str| source.and_then(|source| setting(sections, source, key));
    let region = own("region")
        .or_else(|| of_source("region"))
        .or_else(|| setting(sections, "default", "region"))
        .ok_or("it has no region")?;
    let parsed = arn.parse().map_err(|error| format!("{error}"))?;
    Target::aws(parsed, region.to_owned(), None).map_err(|error| error.to_string())?;
    let name: Name = name_of(profile).parse().map_err(|_| "its name cannot be one of jit's".to_owned())?;
    let header = if name.as_str().contains(['.', '@']) { quoted(name.as_str()) } else { name.to_string() };
    let mut toml = format!("# from the profile {} of AWS's own files\n", sanitise(profile));
    if let Some(source) = source.filter(|source| !gives_credentials(source, sections, credentials)) {
        toml.push_str(&format!(
            "# beware: the profile {} has no credentials in those files; if aws-vault keeps them, give it a credential_process\n",
            sanitise(source)
        ));
    }
    toml.push_str(&format!("[roles.{header}]\napproval = \"none\"\n\n[roles.{header}.aws]\n"));
    let seconds = own("duration_seconds").and_then(|seconds| seconds.parse::<i64>().ok());
    let duration = seconds
        .filter(|seconds| (900..=43_200).contains(seconds))
        .map(|seconds| format!("{}m", SignedDuration::from_secs(seconds).as_mins()));
    let members = [
        ("role_arn", Some(arn)),
        ("region", Some(region)),
        ("profile", source),
        ("mfa_serial", own("mfa_serial").or_else(|| of_source("mfa_serial"))),
        ("duration", duration.as_deref()),
    ];
    for (key, value) in members {
        if let Some(value) = value {
            toml.push_str(&format!("{key} = {}\n", quoted(value)));
        }
    }
    Ok(Some(Role { name, toml }))
}

/// A setting of a profile, or of the profile that it includes, as aws-vault has it.
fn setting<'a>(sections: &'a Sections, profile: &str, key: &str) -> Option<&'a str> {
    let mut profile = profile;
    for _ in 0..MAX_INCLUDES {
        let section = section(sections, profile)?;
        if let Some(value) = section.get(key).filter(|value| !value.is_empty()) {
            return Some(value);
        }
        profile = section.get("include_profile")?;
    }
    None
}

fn section<'a>(
    sections: &'a Sections,
    profile: &str,
) -> Option<&'a std::collections::BTreeMap<String, String>> {
    let named = sections.get(&format!("profile {profile}"));
    if profile == "default" { sections.get("default").or(named) } else { named }
}

fn gives_credentials(profile: &str, sections: &Sections, credentials: &Sections) -> bool {
    let gives = [
        "aws_access_key_id",
        "credential_process",
        "sso_session",
        "sso_start_url",
        "role_arn",
        "login_session",
        "credential_source",
    ];
    credentials.get(profile).is_some_and(|section| section.contains_key("aws_access_key_id"))
        || gives.iter().any(|key| setting(sections, profile, key).is_some())
}

/// A profile's name as one of jit's: lower case, and `-` for every character that a name cannot have.
fn name_of(profile: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "._@-".contains(character);
    profile
        .chars()
        .map(|character| if fits(character) { character.to_ascii_lowercase() } else { '-' })
        .collect::<String>()
        .trim_matches('-')
        .to_owned()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
