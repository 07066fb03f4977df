//! `jit setup import`: what it proposes, and that it loses nothing of the user's.

use crate::cli::stage::Person;
use crate::cli::stage::Stage;

const CONFIG: &str = "\
[default]
region = eu-west-1

[profile base]
mfa_serial = arn:aws:iam::111122223333:mfa/ana

[profile 'Prod Admin']
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = base
duration_seconds = 7200

[profile machine]
role_arn = arn:aws:iam::111122223333:role/machine
credential_source = Environment
region = us-east-1

[profile shared]
region = eu-central-1
source_profile = team

[profile included]
include_profile = shared
role_arn = arn:aws:iam::444455556666:role/read

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[profile team]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = Developer

[profile granted]
granted_sso_start_url = https://corp.awsapps.com/start
credential_process = granted credential-process --profile granted

[profile partner]
role_arn = arn:aws:iam::777788889999:role/x
source_profile = base
external_id = partner-7

[profile china]
role_arn = arn:aws-cn:iam::777788889999:role/x
source_profile = base

[profile loop]
role_arn = arn:aws:iam::777788889999:role/x
source_profile = loop

[profile evil\u{1b}[2J\"]]
role_arn = arn:aws:iam::777788889999:role/x
source_profile = a\"]\\nurl = \"https://evil.example

[profile plain]
output = json
";

fn person(config: &str) -> (Stage, std::path::PathBuf) {
    let stage = Stage::new();
    let files = &stage.ana.world.system.files;
    stage.ana.write(&files.home.join(".aws/config"), config);
    let path = files.config.join("config.toml");
    (stage, path)
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

async fn loads(ana: &Person) -> String {
    let shot = ana.run("roles", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    shot.stdout
}

#[tokio::test]
async fn profiles_become_direct_roles_and_nothing_is_changed_until_told() {
    let (stage, path) = person(CONFIG);
    let shot = stage.ana.run("setup import", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(!path.exists());
    assert!(
        shot.stdout.contains(
            "[roles.prod-admin]\napproval = \"none\"\n\n[roles.prod-admin.aws]\nrole_arn = \
             \"arn:aws:iam::111122223333:role/admin\"\nregion = \"eu-west-1\"\nprofile = \"base\"\nmfa_serial = \
             \"arn:aws:iam::111122223333:mfa/ana\"\nduration = \"120m\"\n"
        ),
        "{shot}"
    );
    assert!(shot.stdout.contains("# beware: the profile base has no credentials"), "{shot}");
    assert!(shot.stdout.contains("region = \"eu-central-1\"\nprofile = \"team\"\n"), "{shot}");
    assert!(shot.stdout.contains("profile = \"base\"\nexternal_id = \"partner-7\"\n"), "{shot}");
    for left_out in ["team: ", "granted: ", "china: ", "loop: "] {
        assert!(shot.stderr.contains(&format!("left out  {left_out}")), "{left_out}{shot}");
    }
    assert!(shot.stderr.contains("config:51: AWS's CLI does not read [profile evil"), "{shot}");
    assert!(!shot.to_string().contains('\u{1b}'), "{shot}");
    let parsed: toml::Table = toml::from_str(&shot.stdout).unwrap();
    assert_eq!(parsed.keys().collect::<Vec<_>>(), ["roles"], "a hostile profile adds nothing else");
}

/// The proposal for a config file, what it leaves out, and the roles as `jit` loads them.
async fn proposed(config: &str) -> (String, String) {
    let (stage, path) = person(config);
    let shot = stage.ana.run("setup import", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    stage.ana.write(&path, &shot.stdout);
    loads(&stage.ana).await;
    (shot.stdout, shot.stderr)
}

/// Indented settings, names in quotes, and comments after values.
#[tokio::test]
async fn the_profiles_of_the_issue_come_out_as_the_cli_reads_them() {
    let (toml, told) = proposed(
        "[profile base]\n    region = eu-west-1\n    credential_process = /usr/local/bin/keys\n\
         [profile 'Kim Dev Tenant.Administrator']\nregion = eu-west-1\n[profile \"My Account:ReadOnly\"]\n\
         role_arn = arn:aws:iam::111122223333:role/ReadOnly\nsource_profile = Kim Dev Tenant.Administrator\n\
         mfa_serial = arn:aws:iam::111122223333:mfa/kim # my phone\nduration_seconds = 7200 # two hours\n",
    )
    .await;
    insta::assert_snapshot!(toml, @r#"
    # from the profile My Account:ReadOnly of AWS's own files
    # beware: the profile Kim Dev Tenant.Administrator has no credentials in those files; if aws-vault keeps them, give it a credential_process
    [roles.my-account-readonly]
    approval = "none"

    [roles.my-account-readonly.aws]
    role_arn = "arn:aws:iam::111122223333:role/ReadOnly"
    region = "eu-west-1"
    profile = "Kim Dev Tenant.Administrator"
    mfa_serial = "arn:aws:iam::111122223333:mfa/kim"
    duration = "120m"
    "#);
    assert!(!told.contains("left out"), "{told}");
}

/// Each role gets what AWS's CLI sends for it, and a chain lasts an hour.
#[tokio::test]
async fn what_a_hub_wants_stays_with_the_hub() {
    let role = |name: &str, more: &str| {
        format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::111122223333:role/{name}\nregion = eu-west-1\n{more}\n"
        )
    };
    let config = [
        "[profile keys]\naws_access_key_id = AKIA\naws_secret_access_key = canary\nmfa_serial = arn:aws:iam::1:mfa/x\n",
        "[sso-session corp]\nsso_start_url = https://x/start\nsso_region = eu-west-1\n",
        "[profile signed]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = r\n",
        &role("hub", "source_profile = keys\nmfa_serial = arn:aws:iam::111122223333:mfa/ana\nduration_seconds = 43200"),
        &role("prod", "source_profile = hub\nduration_seconds = 43200\nrole_session_name = ana@corp"),
        &role("signs", "source_profile = signed\nduration_seconds = 7230"),
        &role("odd", "source_profile = keys\nduration_seconds = 930"),
        &role("words", "source_profile = keys\nduration_seconds = 2h"),
        &role("metal", "credential_source = Ec2InstanceMetadata"),
        &role("itself", "source_profile = itself\naws_access_key_id = A\naws_secret_access_key = canary"),
        &role("long", "source_profile = keys\nduration_seconds = 43201"),
        &role("short", "source_profile = keys\nduration_seconds = 899"),
        &role("named", "source_profile = keys\nrole_session_name = ana at home"),
        &role("partner", "source_profile = keys\nexternal_id = a b"),
        &role("phone", "source_profile = keys\nmfa_serial = my phone"),
        &role("ring", "source_profile = gnir"),
        &role("gnir", "source_profile = ring"),
        &role("both", "source_profile = keys\ncredential_source = Environment"),
        &role("other", "credential_source = environment"),
        &role("token", "web_identity_token_file = /token"),
        &role("half", "source_profile = halved"),
        "[profile halved]\naws_access_key_id = A\n",
    ]
    .concat();
    let (toml, told) = proposed(&config).await;
    assert!(!toml.contains("canary") && !told.contains("canary"), "{toml}{told}");
    let parsed: toml::Table = toml::from_str(&toml).unwrap();
    let of = |role: &str, key: &str| parsed["roles"][role]["aws"].get(key).and_then(toml::Value::as_str);
    assert_eq!(of("hub", "mfa_serial"), Some("arn:aws:iam::111122223333:mfa/ana"));
    assert_eq!(of("hub", "duration"), Some("720m"));
    assert_eq!((of("prod", "profile"), of("prod", "mfa_serial")), (Some("hub"), None));
    assert_eq!((of("prod", "duration"), of("prod", "role_session_name")), (Some("60m"), Some("ana@corp")));
    assert!(toml.contains("# an hour instead of 43200 seconds"), "{toml}");
    assert_eq!((of("signs", "duration"), of("odd", "duration")), (Some("60m"), Some("930s")));
    assert_eq!((of("words", "duration"), of("words", "mfa_serial")), (None, None));
    assert!(toml.contains("# duration_seconds is \"2h\", which AWS's CLI ignores"), "{toml}");
    assert_eq!(
        (of("metal", "credential_source"), of("metal", "profile")),
        (Some("Ec2InstanceMetadata"), None)
    );
    assert_eq!(of("itself", "profile"), Some("itself"));
    for (profile, why) in [
        ("long", "43201"),
        ("short", "899"),
        ("named", "AWS does not take its role_session_name"),
        ("partner", "AWS does not take its external_id"),
        ("phone", "AWS does not take its mfa_serial"),
        ("ring", "lead back to"),
        ("gnir", "lead back to"),
        ("both", "may have one"),
        ("other", "none of Environment"),
        ("token", "token file"),
        ("half", "one half of a key"),
    ] {
        let line = told.lines().find(|line| line.starts_with(&format!("left out  {profile}: ")));
        assert!(line.is_some_and(|line| line.contains(why)), "{profile}: {told}");
        assert!(!parsed["roles"].as_table().unwrap().contains_key(profile), "{profile}");
    }
}

/// Names beyond ASCII, two profiles with the same resulting name, and lines that the CLI does not read.
#[tokio::test]
async fn every_profile_gets_a_name_of_its_own_or_is_told() {
    let role = |name: &str| {
        format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::111122223333:role/admin\nregion = eu-west-1\ncredential_source = Environment\n"
        )
    };
    let config = [
        role("Prüfung"),
        role("本番管理者"),
        role("'a b'"),
        role("a-b"),
        role("Prod Admin"),
        "[prod]\nrole_arn = x\n".to_owned(),
    ]
    .concat();
    let (toml, told) = proposed(&config).await;
    let parsed: toml::Table = toml::from_str(&toml).unwrap();
    let mut names: Vec<&String> = parsed["roles"].as_table().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["a-b", "a-b-2", "admin", "prufung"]);
    assert!(
        told.contains(
            "config:17: AWS's CLI does not read [profile Prod Admin]: a name with spaces needs quotes"
        ),
        "{told}"
    );
    assert!(told.contains("config:21: AWS's CLI does not read [prod]: it is not a profile"), "{told}");
}

/// All commands agree about a file that the CLI does not read, and each names the line.
#[tokio::test]
async fn a_file_that_the_cli_does_not_read_is_told_with_its_line_by_every_command() {
    for text in ["[default]\nregion = a\n[default]\n", "\u{feff}\n\n[default]\n", "[default]\nx = y\nX = z\n"]
    {
        let (stage, _) = person(text);
        let line = if text.starts_with('\u{feff}') { 1 } else { 3 };
        for command in ["setup import", "policy import profiles", "doctor"] {
            let shot = stage.ana.run(command, &["n"]).await;
            assert_eq!(shot.code, 1, "{command}: {shot}");
            assert!(shot.to_string().contains(&format!("config:{line}: ")), "{command}: {shot}");
        }
    }
}

/// `AWS_CONFIG_FILE` may begin with `~`, for every reader.
#[tokio::test]
async fn the_file_that_the_variable_names_is_read_by_every_command() {
    let (mut stage, _) = person("nonsense\n");
    let home = stage.ana.world.system.files.home.clone();
    let text = "[profile here]\nrole_arn = arn:aws:iam::111122223333:role/x\nregion = eu-west-1\ncredential_source = Environment\n";
    stage.ana.write(&home.join("elsewhere/config"), text);
    stage.ana.world.system.environment.set("USER", "ana");
    for value in ["~/elsewhere/config", "$WHERE/config"] {
        stage.ana.world.system.environment.set("AWS_CONFIG_FILE", value);
        stage.ana.world.system.environment.set("WHERE", home.join("elsewhere").as_os_str());
        for command in ["setup import", "policy import profiles"] {
            let shot = stage.ana.run(command, &[]).await;
            assert!(shot.code == 0 && shot.stdout.contains("here"), "{command}: {shot}");
        }
    }
}

#[tokio::test]
async fn writing_keeps_every_byte_and_twice_is_once() {
    let (stage, path) = person(CONFIG);
    let own = "# mine, with care\n[defaults]\nduration = \"30m\"   # odd   spacing";
    stage.ana.write(&path, own);
    let shot = stage.ana.run("setup import --write", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let written = read(&path);
    assert!(written.starts_with(own), "{written}");
    let listed = loads(&stage.ana).await;
    for role in ["prod-admin", "machine", "included"] {
        assert!(listed.contains(role), "{role}: {listed}");
    }
    let again = stage.ana.run("setup import --write", &[]).await;
    assert!(again.code == 0 && again.stderr.contains("there is nothing to import"), "{again}");
    assert_eq!(read(&path), written);
}

#[tokio::test]
async fn a_file_that_would_not_load_is_left_as_it_is() {
    let (stage, path) = person(CONFIG);
    let inline = "roles = {}\n";
    stage.ana.write(&path, inline);
    let shot = stage.ana.run("setup import --write", &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("is left as it is"), "{shot}");
    assert_eq!(read(&path), inline);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_a_link_and_modes_stay() {
    use std::os::unix::fs::PermissionsExt;
    let (stage, path) = person(CONFIG);
    let real = stage.ana.world.system.files.home.join("dotfiles/jit.toml");
    stage.ana.write(&real, "# kept\n");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&real, &path).unwrap();
    let shot = stage.ana.run("setup import --write", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
    assert!(read(&real).starts_with("# kept\n\n# from the profile"));
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o440)).unwrap();
    stage.ana.write(
        &stage.ana.world.system.files.home.join(".aws/config"),
        "[profile new]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = b\nregion = eu-west-1\n",
    );
    let before = read(&real);
    let shot = stage.ana.run("setup import --write", &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("is left as it is"), "{shot}");
    assert_eq!(read(&real), before);
}
