//! Which key a login uses, and the keys that are found automatically.

use std::fs;
use std::path::Path;

use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::system::fake_agent::SoftKey;
use ssh_key::LineEnding;

use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Stage;

fn write_private(path: &Path, key: &SoftKey) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, key.private().to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test]
async fn a_login_finds_a_key_that_has_no_pub_file() {
    let stage = Stage::new();
    let home = &stage.ana.world.system.files.home;
    stage.ana.world.agent.clear();
    write_private(&home.join(".ssh/id_ed25519"), TestSigner::ed25519(1).key());
    let shot = stage.ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let key = home.join("elsewhere/deploy");
    write_private(&key, TestSigner::ed25519(1).key());
    fs::remove_file(home.join(".ssh/id_ed25519")).unwrap();
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --key ~/elsewhere/deploy"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let record = fs::read_to_string(stage.ana.world.system.files.config.join("authority.toml")).unwrap();
    assert!(record.contains(&format!("key_file = {:?}", key.display().to_string())), "{record}");
}

/// A stored relative path would work in one folder only.
#[tokio::test]
async fn a_key_named_by_a_relative_path_is_recorded_whole() {
    let stage = Stage::new();
    let files = &stage.ana.world.system.files;
    stage.ana.world.agent.clear();
    write_private(&files.working.join("keys/deploy"), TestSigner::ed25519(1).key());
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --key keys/deploy"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let record = fs::read_to_string(files.config.join("authority.toml")).unwrap();
    let whole = files.working.join("keys/deploy");
    assert!(record.contains(&format!("key_file = {:?}", whole.display().to_string())), "{record}");
}

/// The private file says which key it is, and the error names the public file.
#[tokio::test]
async fn a_pub_file_of_another_key_is_not_believed() {
    let stage = Stage::new();
    let ssh = stage.ana.world.system.files.home.join(".ssh");
    stage.ana.world.agent.clear();
    write_private(&ssh.join("id_ed25519"), TestSigner::ed25519(1).key());
    fs::write(ssh.join("id_ed25519.pub"), TestSigner::ed25519(2).public_key()).unwrap();
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --key ~/.ssh/id_ed25519"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("id_ed25519.pub holds another key than"), "{shot}");
    assert!(shot.stderr.contains("`ssh-keygen -y -f "), "{shot}");
    let record = fs::read_to_string(stage.ana.world.system.files.config.join("authority.toml")).unwrap();
    assert!(record.contains(TestSigner::ed25519(1).public_key()), "{record}");
}

/// A key on a card has no private file at all, and its public file is enough.
#[tokio::test]
async fn a_key_that_only_the_agent_holds_is_named_by_its_pub_file() {
    let stage = Stage::new();
    let card = stage.ana.world.system.files.home.join(".ssh/card.pub");
    fs::create_dir_all(card.parent().unwrap()).unwrap();
    fs::write(&card, format!("{} cardno:000F", TestSigner::ed25519(1).public_key())).unwrap();
    stage.ana.world.agent.add(SoftKey::ed25519(9));
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --key ~/.ssh/card.pub"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let record = fs::read_to_string(stage.ana.world.system.files.config.join("authority.toml")).unwrap();
    assert!(!record.contains("key_file"), "{record}");
}

/// `gpg-agent` calls every key `(none)`.
#[tokio::test]
async fn a_comment_that_several_keys_share_names_none() {
    let stage = Stage::new();
    stage.ana.world.agent.add(SoftKey::ed25519(9));
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --key memory"), &[]).await;
    assert_eq!(shot.code, 2, "{shot}");
    assert!(shot.stderr.contains("names several SSH keys"), "{shot}");
    assert!(shot.stderr.contains("--key SHA256:"), "{shot}");
}
