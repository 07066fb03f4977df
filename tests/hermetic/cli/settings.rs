//! `jit config`: where settings are, which values apply and why, and changing them.

use insta::assert_snapshot;

use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Stage;

#[tokio::test]
async fn settings_are_found_shown_and_changed() {
    let stage = Stage::ready().await;
    let files = &stage.ana.world.system.files;
    let own = files.config.join("config.toml").display().to_string();
    let shot = stage.ana.run("config path", &[]).await;
    assert_eq!(shot.stdout, format!("{own}\n"), "{shot}");
    let shot = stage.ana.run("config set defaults.duration 30m", &[]).await;
    assert_eq!((shot.code, shot.stdout.as_str()), (0, ""), "{shot}");
    assert_eq!(stage.ana.run("config get defaults.duration", &[]).await.stdout, "30m\n");
    let shot = stage.ana.run("config get", &[]).await;
    let folder = files.working.display().to_string();
    let key = jit::identity::Signer::public_key(&jit::identity::fake::TestSigner::ed25519(1)).to_owned();
    assert_snapshot!(shot.to_string().replace(&folder, "…").replace(&key, "KEY"), @"
    exit 0
    --- stdout
    keychain              -
    credentials           -
    bell                  true  (default)
    authority.url         https://jit.example.com  (…/config/authority.toml)
    authority.api         https://api.github.com  (default)
    authority.client_id   -
    authority.key         KEY  (…/config/authority.toml)
    authority.key_file    -
    defaults.duration     30m  (…/config/config.toml)
    --- stderr
    ");
    let shot = stage.ana.run("request prod-admin --reason INC-1 -y --no-wait", &[]).await;
    assert!(shot.stderr.contains("for       30m"), "it is in force: {shot}");
    let shot = stage.ana.run("config unset defaults.duration", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let shot = stage.ana.run("config get defaults.duration", &[]).await;
    assert_eq!(shot.code, 1, "{shot}");
    assert!(shot.stderr.contains("defaults.duration is not set"), "{shot}");
    let shot = stage.ana.run("config get authority.url --json", &[]).await;
    let shown: serde_json::Value = serde_json::from_str(&shot.stdout).unwrap();
    assert_eq!(shown["value"], BROKER);
    assert!(shown["origin"].as_str().unwrap().ends_with("authority.toml"), "{shot}");
}

/// The error says what is wrong, and nothing is written.
#[tokio::test]
async fn a_setting_that_does_not_fit_is_refused() {
    let stage = Stage::ready().await;
    for (line, word) in [
        ("config set keychain paper", "is not a keychain"),
        ("config set authority.url http://jit.example.com", "plain http is only for this machine"),
        ("config set defaults.duration soon", "authority.url"),
        ("config set defaults.colour red", "defaults.duration"),
    ] {
        let shot = stage.ana.run(line, &[]).await;
        assert!(matches!(shot.code, 1 | 2), "{line}: {shot}");
        if line.contains("soon") {
            assert!(shot.stderr.contains("defaults.duration is not changed"), "{line}: {shot}");
        } else {
            assert!(shot.stderr.contains(word), "{line}: {shot}");
        }
    }
    let path = stage.ana.world.system.files.config.join("config.toml");
    assert!(!path.exists());
    // A file that does not load can still be located.
    stage.ana.write(&path, "color = 1\n");
    let shot = stage.ana.run("config path", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let shot = stage.ana.run("config set keychain file", &[]).await;
    assert!(shot.stderr.contains("config.toml:1:1: unknown field `color`"), "{shot}");
}
