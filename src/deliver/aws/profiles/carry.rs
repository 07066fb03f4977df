//! The user's own settings that the private files copy: they are no credentials and lead to none.

use std::collections::BTreeMap;

use crate::system::aws_files::File;
use crate::system::aws_files::Value;

/// Settings of a profile that are copied, by the SDKs' shared configuration reference. All others are left out: keys,
/// `credential_process`, `role_arn`, `source_profile`, `sso_*`, `web_identity_token_file`, `login_session` and anything
/// that an SDK may add.
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

/// Settings whose value may itself contain ` #` or ` ;`: a path, a command, a format. They are copied unchanged.
const FREE_TEXT: &[&str] = &["ca_bundle", "cli_pager", "cli_timestamp_format"];

/// Settings of one profile or services section, by lower-case name. A block's value has a line for each of its settings.
pub type Settings = BTreeMap<String, String>;

/// The settings copied from the user's files.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The settings of each profile, by its name.
    pub profiles: BTreeMap<String, Settings>,
    /// Each `[services NAME]` section: an endpoint per service.
    pub services: BTreeMap<String, Settings>,
}

impl Carried {
    /// Adds a file's settings. They win over those of files added before, as in AWS's CLI.
    pub fn add(&mut self, file: &File) {
        for (name, own) in &file.profiles {
            self.profiles.entry(name.clone()).or_default().extend(own.iter().filter_map(setting));
        }
        for (name, own) in &file.services {
            self.services.entry(name.clone()).or_default().extend(own.iter().filter_map(service));
        }
    }
}

/// Whether the value of this setting is a block of indented settings.
pub fn is_block(key: &str) -> bool {
    BLOCKS.contains(&key)
}

fn setting((key, value): (&String, &Value)) -> Option<(String, String)> {
    if is_block(key) {
        return block(value, |_| true).map(|value| (key.clone(), value));
    }
    // Some of AWS's tools take a comment after a value as part of it, others do not.
    let text = if FREE_TEXT.contains(&key.as_str()) { value.whole() } else { value.plain() };
    (SETTINGS.contains(&key.as_str()) && is_plain(text)).then(|| (key.clone(), text.to_owned()))
}

fn service((key, value): (&String, &Value)) -> Option<(String, String)> {
    is_word(key).then_some(())?;
    block(value, |name| name == "endpoint_url").map(|value| (key.clone(), value))
}

/// The wanted settings of a block, one per line. `None` if there are none.
fn block(value: &Value, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let lines: Vec<String> = value
        .block()
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, value)| is_word(name) && is_plain(value) && wanted(name))
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Whether a value is free of control characters. Without line ends it cannot pass for another setting or section.
fn is_plain(value: &str) -> bool {
    !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::aws_files::Kind;
    use crate::system::aws_files::parse;

    const CONFIG: &str = "# mine
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
  x = y
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
        carried.add(&parse(CONFIG, Kind::Config).unwrap());
        let keys = "[default]\naws_secret_access_key = x\nretry_mode = standard\ncli_pager =\n";
        carried.add(&parse(keys, Kind::Credentials).unwrap());
        let text = format!("{carried:?}");
        for secret in ["AKIA", "steal", "arn:", "sso", "evil", "corp", "aws_", "Ec2", "mfa"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let default = &carried.profiles["default"];
        assert_eq!(default["region"], "eu-west-1");
        assert_eq!(default["retry_mode"], "standard");
        assert_eq!(default["output"], "json");
        assert_eq!(default["cli_pager"], "");
        assert_eq!(default["s3"], "addressing_style = path\nmax_queue_size = 3");
        assert_eq!(carried.profiles["prod"]["services"], "Local");
        assert_eq!(carried.services["Local"]["s3"], "endpoint_url = http://127.0.0.1:8001");
        assert_eq!(carried.services["Local"].len(), 1);
    }

    /// A setting of the credentials file wins, as in AWS's CLI. A comment is no part of a region.
    #[test]
    fn the_credentials_file_wins_and_comments_stay_behind() {
        let mut carried = Carried::default();
        let config = "[default]\n  region = eu-west-1 # home\n  cli_pager = less -p #x\n  output = text\n";
        carried.add(&parse(config, Kind::Config).unwrap());
        assert_eq!(carried.profiles["default"]["region"], "eu-west-1");
        assert_eq!(carried.profiles["default"]["cli_pager"], "less -p #x");
        carried.add(&parse("[default]\nregion = us-west-2\n", Kind::Credentials).unwrap());
        assert_eq!(carried.profiles["default"]["region"], "us-west-2");
        assert_eq!(carried.profiles["default"]["output"], "text");
    }

    #[test]
    fn every_setting_is_lower_case_and_in_order() {
        assert!(SETTINGS.is_sorted());
        assert!(SETTINGS.iter().chain(BLOCKS).all(|name| is_word(name) && **name == name.to_lowercase()));
        assert!(FREE_TEXT.iter().all(|name| SETTINGS.contains(name)));
    }
}
