//! What the private files take over from the user's own: settings that are no credentials and lead to none.

use std::collections::BTreeMap;

use configparser::ini::Ini;
use configparser::ini::IniDefault;

use crate::grant::text::sanitise;

/// Settings of a profile that are taken over, by the SDKs' shared configuration reference. Whatever is not here stays
/// behind: keys, `credential_process`, `role_arn`, `source_profile`, `sso_*`, `web_identity_token_file`,
/// `login_session` and anything that an SDK may invent.
const SETTINGS: &[&str] = &[
    "account_id_endpoint_mode",
    "auth_scheme_preference",
    "ca_bundle",
    "cli_auto_prompt",
    "cli_binary_format",
    "cli_follow_urlparam",
    "cli_help_output",
    "cli_history",
    "cli_pager",
    "cli_timestamp_format",
    "connect_timeout",
    "defaults_mode",
    "disable_request_compression",
    "endpoint_discovery_enabled",
    "endpoint_url",
    "ignore_configured_endpoint_urls",
    "max_attempts",
    "output",
    "parameter_validation",
    "read_timeout",
    "region",
    "request_checksum_calculation",
    "request_min_compression_size_bytes",
    "response_checksum_validation",
    "retry_mode",
    "s3_disable_express_session_auth",
    "s3_disable_multiregion_access_points",
    "s3_us_east_1_regional_endpoint",
    "s3_use_arn_region",
    "sdk_ua_app_id",
    "services",
    "sigv4a_signing_region_set",
    "sts_regional_endpoints",
    "tcp_keepalive",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
];

/// Settings whose value is a block of indented settings.
const BLOCKS: &[&str] = &["api_versions", "s3"];

/// Settings of one profile or services section, by lower-case name. A block's value has a line for each of its settings.
pub type Settings = BTreeMap<String, String>;

/// What is taken over from the user's files.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The settings of each profile, by its name.
    pub profiles: BTreeMap<String, Settings>,
    /// Each `[services NAME]` section: an endpoint for each service.
    pub services: BTreeMap<String, Settings>,
}

/// Whether a file is the `config` file or the `credentials` file, which name their sections differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[default]`, `[profile NAME]`, `[services NAME]`.
    Config,
    /// `[NAME]`.
    Credentials,
}

/// The file is not in the INI form that the cloud's tools read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not in the form that AWS's tools read; {0} is wrong")]
pub struct Malformed(String);

impl Carried {
    /// Adds what a file has; what is there already stays.
    pub fn add(&mut self, text: &str, kind: Kind) -> Result<(), Malformed> {
        let mut form = IniDefault::default();
        // What stands before any section belongs to nobody; `default` is a section like the others.
        form.default_section = String::from('\0');
        form.comment_symbols = vec!['#', ';'];
        form.inline_comment_symbols = Some(Vec::new());
        form.delimiters = vec!['=', ':'];
        form.case_sensitive = true;
        form.multiline = true;
        let file = Ini::new_from_defaults(form)
            .read(text.trim_start_matches('\u{feff}').to_owned())
            // The rest of the message may quote the file.
            .map_err(|message| Malformed(message.split(':').next().map(sanitise).unwrap_or_default()))?;
        for (section, properties) in &file {
            let properties =
                properties.iter().filter_map(|(key, value)| Some((key, value.as_deref()?.trim())));
            match place(section, kind) {
                Some(Place::Profile(name)) => {
                    let settings = self.profiles.entry(name.to_owned()).or_default();
                    for (key, value) in properties {
                        if let Some((key, value)) = setting(key, value) {
                            settings.entry(key).or_insert(value);
                        }
                    }
                }
                Some(Place::Services(name)) => {
                    let services = self.services.entry(name.to_owned()).or_default();
                    for (key, value) in properties {
                        if let Some((key, value)) = service(key, value) {
                            services.entry(key).or_insert(value);
                        }
                    }
                }
                None => {}
            }
        }
        Ok(())
    }
}

enum Place<'a> {
    Profile(&'a str),
    Services(&'a str),
}

fn place(section: &str, kind: Kind) -> Option<Place<'_>> {
    let section = section.trim();
    if kind == Kind::Credentials {
        return Some(Place::Profile(section));
    }
    if section == "default" {
        return Some(Place::Profile(section));
    }
    let (word, name) = section.split_once(char::is_whitespace)?;
    let name = name.trim().trim_matches(['"', '\'']);
    match word {
        "profile" => Some(Place::Profile(name)),
        "services" => Some(Place::Services(name)),
        _ => None,
    }
}

/// Whether the value of this setting is a block of indented settings.
pub fn is_block(key: &str) -> bool {
    BLOCKS.contains(&key)
}

fn setting(key: &str, value: &str) -> Option<(String, String)> {
    let key = key.trim().to_ascii_lowercase();
    if is_block(&key) {
        return block(value, |_| true).map(|value| (key, value));
    }
    (SETTINGS.contains(&key.as_str()) && is_plain(value)).then(|| (key, value.trim().to_owned()))
}

fn service(key: &str, value: &str) -> Option<(String, String)> {
    let key = key.trim().to_ascii_lowercase();
    is_word(&key).then_some(())?;
    block(value, |name| name == "endpoint_url").map(|value| (key, value))
}

/// The lines of a block that are settings and that are wanted.
fn block(value: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let lines: Vec<String> = value
        .lines()
        .filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            let name = name.trim().to_ascii_lowercase();
            (is_word(&name) && is_plain(value) && wanted(&name)).then(|| format!("{name} = {}", value.trim()))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Without line ends nothing can pass for another setting or section.
fn is_plain(value: &str) -> bool {
    !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\u{feff}# mine
[default]
region = eu-west-1
Output=json
aws_access_key_id = AKIA
s3 =
  addressing_style = path
  max_queue_size = 3
[profile \"prod\"]
region = us-east-1
services = Local
credential_process = /bin/steal
role_arn = arn:aws:iam::111122223333:role/x
source_profile = default
sso_session = corp
web_identity_token_file = /x
credential_source = Ec2InstanceMetadata
mfa_serial = 1
ca_bundle =
  x
  credential_process = /bin/steal
[sso-session corp]
region = eu-central-1
[plugins]
evil = evil
[services Local]
s3 =
  endpoint_url = http://127.0.0.1:8001
  credential_process = /bin/steal
sts = flat
";

    #[test]
    fn settings_come_along_and_credentials_stay_behind() {
        let mut carried = Carried::default();
        carried.add(CONFIG, Kind::Config).unwrap();
        carried
            .add("[default]\naws_secret_access_key = x\nregion = us-west-2\ncli_pager =\n", Kind::Credentials)
            .unwrap();
        let text = format!("{carried:?}");
        for secret in ["AKIA", "steal", "arn:", "sso", "evil", "corp", "aws_", "Ec2", "mfa"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let default = &carried.profiles["default"];
        assert_eq!(default["region"], "eu-west-1");
        assert_eq!(default["output"], "json");
        assert_eq!(default["cli_pager"], "");
        assert_eq!(default["s3"], "addressing_style = path\nmax_queue_size = 3");
        assert_eq!(carried.profiles["prod"]["services"], "Local");
        assert_eq!(carried.services["Local"]["s3"], "endpoint_url = http://127.0.0.1:8001");
        assert_eq!(carried.services["Local"].len(), 1);
    }

    #[test]
    fn foreign_syntax_is_an_error() {
        let error = Carried::default().add("[default]\n[unclosed\nregion = x\n", Kind::Config);
        assert!(error.is_err());
    }

    #[test]
    fn every_setting_is_lower_case_and_in_order() {
        assert!(SETTINGS.is_sorted());
        assert!(SETTINGS.iter().chain(BLOCKS).all(|name| is_word(name) && **name == name.to_lowercase()));
    }
}
