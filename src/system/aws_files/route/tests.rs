//! Tests: the routes from profiles to credentials, by the rules of botocore.

use super::*;
use crate::system::aws_files::Kind;
use crate::system::aws_files::parse;

fn files(config: &str, credentials: &str) -> AwsFiles {
    AwsFiles::of(parse(config, Kind::Config).unwrap(), parse(credentials, Kind::Credentials).unwrap())
}

const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/x\n";

/// Each role keeps the parameters of its own profile.
#[test]
fn each_hop_sends_what_its_own_profile_says() {
    let config = format!(
        "[profile hub]\n{ROLE}source_profile = keys\nmfa_serial = arn:aws:iam::1:mfa/ana # phone\nexternal_id = x:1\n\
         role_session_name = ana\nduration_seconds = 1_800\n[profile prod]\n{ROLE}source_profile = hub\nduration_seconds = 2h\n"
    );
    let route =
        files(&config, "[keys]\naws_access_key_id = A\naws_secret_access_key = s\n").route("prod").unwrap();
    assert!(matches!(route.base, Base::Keys { .. }));
    let [hub, prod] = route.hops.as_slice() else { panic!("{route:?}") };
    assert_eq!((hub.profile.as_str(), hub.mfa_serial.as_deref()), ("hub", Some("arn:aws:iam::1:mfa/ana")));
    assert_eq!((hub.external_id.as_deref(), hub.session_name.as_deref()), (Some("x:1"), Some("ana")));
    assert_eq!((hub.seconds, prod.seconds), (Some(1_800), None));
    assert_eq!((prod.mfa_serial.as_deref(), prod.external_id.as_deref()), (None, None));
}

#[test]
fn loops_and_what_is_missing_are_told() {
    let told = |config: &str, of: &str| match files(config, "").route(of) {
        Ok(route) => panic!("{route:?}"),
        Err(error) => error.to_string(),
    };
    let itself = format!("[profile a]\n{ROLE}source_profile = a\n");
    assert!(told(&itself, "a").contains("lead back to a"));
    let ring = format!("[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n");
    assert!(told(&ring, "a").contains("lead back to a"));
    assert!(told(&format!("[profile a]\n{ROLE}source_profile = c\n"), "a").contains("no profile c"));
    assert!(told(&format!("[profile a]\n{ROLE}"), "a").contains("neither"));
    assert!(
        told(&format!("[profile a]\n{ROLE}credential_source = environment\n"), "a").contains("other than")
    );
    let two = format!("[profile a]\n{ROLE}credential_source = Environment\nsource_profile = b\n");
    assert!(told(&two, "a").contains("both"));
    assert!(told("[profile a]\nregion = x\n", "a").contains("no credentials"));
    assert!(told("[profile a]\naws_access_key_id = x\n", "a").contains("one half"));
    assert!(told("[profile a]\nlogin_session = x\n", "a").contains("aws login"));
    assert!(
        told("[profile a]\nsso_session = x\nsso_account_id = 1\nsso_role_name = y\n", "a")
            .contains("not there")
    );
}

#[test]
fn the_base_is_the_one_that_the_cli_takes() {
    let of = |config: &str, credentials: &str| files(config, credentials).route("a").unwrap();
    let own =
        format!("[profile a]\n{ROLE}source_profile = a\naws_access_key_id = A\naws_secret_access_key = s\n");
    assert!(matches!(of(&own, ""), Route { base: Base::Keys { .. }, hops } if hops.is_empty()));
    let process = "[profile a]\ncredential_process = \"/opt/my keys\" --x # y\naws_access_key_id = A\naws_secret_access_key = s\n";
    match of(process, "").base {
        Base::Process { words, .. } => assert_eq!(words, ["/opt/my keys", "--x", "#", "y"]),
        base => panic!("{base:?}"),
    }
    let keys = "[a]\naws_access_key_id = B\naws_secret_access_key = s\n";
    assert!(matches!(of(process, keys).base, Base::Keys { access_key_id, .. } if access_key_id == "B"));
    let sso = "[profile a]\nsso_session = my corp\nsso_account_id = 1\nsso_role_name = y\n\
               [sso-session 'my corp']\nsso_start_url = https://x/#/ # z\nsso_region = eu-west-1\n";
    match of(sso, "").base {
        Base::Sso { session, start_url, .. } => {
            assert_eq!((session.as_deref(), start_url.as_str()), (Some("my corp"), "https://x/#/"));
        }
        base => panic!("{base:?}"),
    }
    let token = format!("[profile a]\n{ROLE}web_identity_token_file = /token\n");
    assert!(matches!(of(&token, "").base, Base::WebIdentity { .. }));
    let named = format!("[profile a]\n{ROLE}credential_source = EcsContainer\n");
    let route = of(&named, "");
    assert!(matches!(route.base, Base::Source(CredentialSource::EcsContainer)) && route.hops.len() == 1);
}
