//! `jit setup import`: what is proposed, and that nothing of the user's is lost.

use crate::stage::Person;
use crate::stage::Stage;

const CONFIG: &str = "\
[default]
region = eu-west-1

[profile base]
mfa_serial = arn:aws:iam::111122223333:mfa/ana

[profile Prod Admin]
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
external_id = canary

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
    for left_out in ["team: ", "granted: ", "partner: ", "china: ", "loop: "] {
        assert!(shot.stderr.contains(&format!("left out  {left_out}")), "{left_out}{shot}");
    }
    assert!(!shot.to_string().contains("canary") && !shot.to_string().contains('\u{1b}'), "{shot}");
    let parsed: toml::Table = toml::from_str(&shot.stdout).unwrap();
    assert_eq!(parsed.keys().collect::<Vec<_>>(), ["roles"], "a hostile profile adds nothing else");
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
