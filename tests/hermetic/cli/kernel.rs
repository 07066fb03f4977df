//! Credentials in the kernel's keyring beside the keychain: the choice at login, its record, the switch, and what happens
//! to them.

use std::sync::Arc;

use jit::system::Clock;
use jit::system::KernelKeyring;
use jit::system::Keychain;
use jit::system::KeychainSource;
use jit::system::fake_kernel::FakeKernel;
use jit::system::keychain::KeychainError;

use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Stage;

/// Gives Ana's machine a kernel with a keyring.
fn with_kernel(stage: &mut Stage) -> Arc<FakeKernel> {
    let kernel = Arc::new(FakeKernel::new(Arc::new(stage.clock.clone()) as Arc<dyn Clock>));
    stage.ana.world.system.kernel = KernelKeyring::Given(Arc::clone(&kernel) as Arc<dyn Keychain>);
    kernel
}

/// Ana, logged in on such a machine, and Bo.
async fn ready() -> (Stage, Arc<FakeKernel>) {
    let mut stage = Stage::ready().await;
    let kernel = with_kernel(&mut stage);
    let shot = stage.ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert!(shot.stderr.contains("keychain  memory; credentials in the kernel's keyring"), "{shot}");
    (stage, kernel)
}

fn record(stage: &Stage) -> String {
    std::fs::read_to_string(stage.ana.world.system.files.config.join("authority.toml")).unwrap()
}

fn leases(stage: &Stage) -> Vec<String> {
    let items = stage.ana.world.keychain.items().into_iter();
    items.filter(|item| item.starts_with("lease:") || item.starts_with("direct:")).collect()
}

async fn granted(stage: &Stage) -> String {
    let shot = stage.ana.run("request stage-admin -y", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    stage.newest()
}

#[tokio::test]
async fn the_login_tests_the_kernel_and_records_the_choice() {
    let (stage, kernel) = ready().await;
    assert!(record(&stage).contains("credentials = \"kernel\""), "{}", record(&stage));
    assert!(kernel.items().is_empty(), "the probe is gone");
    let id = granted(&stage).await;
    let items = kernel.items();
    assert_eq!(items.len(), 1, "{items:?}");
    let (item, expires) = &items[0];
    assert_eq!(*item, format!("lease:{id}"));
    assert!(*expires > stage.clock.now(), "{expires}");
    assert_eq!(leases(&stage), Vec::<String>::new());
    assert!(stage.ana.world.keychain.items().contains(&format!("recipient:{id}")), "the one-use key");
    let asked = stage.http.sent().len();
    assert_eq!(stage.ana.run("exec stage-admin -- true", &[]).await.code, 0);
    assert_eq!(stage.http.sent().len(), asked, "nobody was asked");
}

#[tokio::test]
async fn whoami_and_doctor_show_the_place() {
    let (stage, _kernel) = ready().await;
    let shown = stage.ana.run("whoami", &[]).await;
    assert!(shown.stdout.contains("\n  keychain  memory; credentials in the kernel's keyring\n"), "{shown}");
    let shown = stage.ana.run("whoami --json", &[]).await;
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["keychain"], "memory");
    assert_eq!(shown["credentials"], "kernel");
    granted(&stage).await;
    let shot = stage.ana.run("doctor", &[]).await;
    let line = shot.stdout.lines().find(|line| line.contains(" credentials ")).unwrap();
    assert!(
        line.starts_with("ok ") && line.contains("takes an end, ") && line.contains(" of 20000 bytes"),
        "{line}"
    );
    let shot = stage.ana.run("config set credentials keychain", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let shot = stage.ana.run("doctor", &[]).await;
    assert!(shot.stdout.lines().any(|line| line.contains("credentials     kept in the keychain")), "{shot}");
}

/// A session of `exec` reads the lease from the kernel and nothing from the keychain, whose daemon costs most of the time.
#[tokio::test]
async fn exec_takes_nothing_from_the_keychain() {
    struct Shut;
    impl Keychain for Shut {
        fn name(&self) -> &'static str {
            "shut"
        }
        fn get(&self, item: &str) -> Result<Option<jit::secret::Secret<Vec<u8>>>, KeychainError> {
            panic!("{item} was read")
        }
        fn set(&self, item: &str, _: &jit::secret::Secret<Vec<u8>>) -> Result<(), KeychainError> {
            panic!("{item} was written")
        }
        fn delete(&self, item: &str) -> Result<(), KeychainError> {
            panic!("{item} was removed")
        }
    }
    let (mut stage, _kernel) = ready().await;
    granted(&stage).await;
    stage.ana.world.system.keychain = KeychainSource::Given(Arc::new(Shut));
    let shot = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let shot = stage.ana.run("credentials stage-admin --format aws", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
}

/// After a reboot the keychain still has the request's key, so the broker mints again while the grant lives.
#[tokio::test]
async fn after_a_reboot_the_access_is_taken_anew() {
    let (stage, kernel) = ready().await;
    let id = granted(&stage).await;
    kernel.reboot();
    let asked = stage.http.sent().len();
    let shot = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let sent = stage.http.sent().split_off(asked);
    assert!(sent.iter().any(|request| request.url.ends_with(&format!("/v1/requests/{id}/leases"))));
    assert_eq!(kernel.items().len(), 1);
}

/// The kernel forgets the lease at its own end, though the grant goes on and nobody sweeps.
#[tokio::test]
async fn the_kernel_forgets_at_the_end_of_the_lease() {
    let (stage, kernel) = ready().await;
    granted(&stage).await;
    let (_, expires) = kernel.items().remove(0);
    stage.clock.set(expires);
    assert!(kernel.items().is_empty());
}

#[tokio::test]
async fn end_and_sweep_remove_it_from_both_places() {
    let (stage, kernel) = ready().await;
    let id = granted(&stage).await;
    // The keychain had it before the choice changed.
    let stale = format!("lease:{id}");
    let value = kernel.get(&stale).unwrap().unwrap();
    stage.ana.world.keychain.set(&stale, &value).unwrap();
    assert_eq!(stage.ana.run("end stage-admin", &[]).await.code, 0);
    assert!(kernel.items().is_empty());
    assert_eq!(leases(&stage), Vec::<String>::new());

    // And the other way round.
    let id = granted(&stage).await;
    assert_eq!(stage.ana.run("config set credentials keychain", &[]).await.code, 0);
    assert_eq!(stage.ana.run("exec stage-admin -- true", &[]).await.code, 0);
    assert_eq!(leases(&stage), [format!("lease:{id}")]);
    assert_eq!(kernel.items().len(), 1);
    assert_eq!(stage.ana.run("end stage-admin", &[]).await.code, 0);
    assert!(kernel.items().is_empty());
    assert_eq!(leases(&stage), Vec::<String>::new());

    // A sweep after the grant has ended by itself.
    assert_eq!(stage.ana.run("config set credentials kernel", &[]).await.code, 0);
    let id = granted(&stage).await;
    stage.ana.world.keychain.set(&format!("lease:{id}"), &value).unwrap();
    stage.clock.set("2026-11-24T12:00:00Z".parse().unwrap());
    granted(&stage).await;
    assert!(
        leases(&stage).is_empty() && !stage.ana.world.keychain.items().contains(&format!("recipient:{id}"))
    );
}

/// A home that is mounted into a container, say. The access on this machine ends as far as this machine can end it, and the
/// error names the way on.
#[tokio::test]
async fn a_keyring_that_fails_at_the_end_keeps_nothing_in_the_keychain() {
    let (stage, kernel) = ready().await;
    let id = granted(&stage).await;
    let item = format!("lease:{id}");
    let value = kernel.get(&item).unwrap().unwrap();
    stage.ana.world.keychain.set(&item, &value).unwrap();
    let cause = "the kernel's keyring is switched off here";
    *kernel.broken.lock().unwrap() = Some(KeychainError::Absent(cause.to_owned()));
    let shot = stage.ana.run("end stage-admin", &[]).await;
    assert!(shot.code != 0 && shot.stderr.contains("`jit config set credentials keychain`"), "{shot}");
    assert_eq!(leases(&stage), Vec::<String>::new());
    // The next login tests it, and names what a login can choose.
    let shot = stage.ana.run("login", &[]).await;
    let hint = format!("  cause: {cause}\n  hint: say `--credentials keychain`\n");
    assert!(shot.code == 1 && shot.stderr.ends_with(&hint), "{shot}");
    assert_eq!(stage.ana.run("config set credentials keychain", &[]).await.code, 0);
    let shot = stage.ana.run("end stage-admin", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(!stage.ana.world.keychain.items().contains(&format!("recipient:{id}")));
}

/// The kernel's items have the names of the keychain's, so another program of the user can put anything in their place.
#[tokio::test]
async fn what_another_program_put_there_is_not_used() {
    let (stage, kernel) = ready().await;
    let id = granted(&stage).await;
    let (item, expires) = kernel.items().remove(0);
    let value = jit::secret::Secret::new(b"planted".to_vec());
    kernel.set_until(&item, &value, expires).unwrap();
    let asked = stage.http.sent().len();
    let shot = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let sent = stage.http.sent().split_off(asked);
    assert!(sent.iter().any(|request| request.url.ends_with(&format!("/v1/requests/{id}/leases"))));
    assert_ne!(kernel.get(&item).unwrap(), Some(value));
}

#[tokio::test]
async fn one_switch_has_everything_in_the_keychain() {
    let (stage, kernel) = ready().await;
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --credentials keychain"), &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("keychain  memory\n"), "{shot}");
    assert!(record(&stage).contains("credentials = \"keychain\""), "{}", record(&stage));
    let id = granted(&stage).await;
    assert_eq!(leases(&stage), [format!("lease:{id}")]);
    assert!(kernel.items().is_empty());
    // The next login keeps the choice.
    assert_eq!(stage.ana.run("login", &[]).await.code, 0);
    assert!(record(&stage).contains("credentials = \"keychain\""), "{}", record(&stage));
}

/// A login of an older version recorded no place, and goes on as it was.
#[tokio::test]
async fn a_login_without_the_setting_keeps_everything_in_the_keychain() {
    let mut stage = Stage::ready().await;
    let kernel = with_kernel(&mut stage);
    assert!(!record(&stage).contains("credentials"), "{}", record(&stage));
    let id = granted(&stage).await;
    assert_eq!(leases(&stage), [format!("lease:{id}")]);
    assert!(kernel.items().is_empty());
}

/// In a container the probe fails, so the login chooses the keychain, and says no word of the kernel.
#[tokio::test]
async fn a_kernel_that_refuses_is_not_chosen_and_when_named_is_an_error() {
    let mut stage = Stage::ready().await;
    let kernel = with_kernel(&mut stage);
    *kernel.broken.lock().unwrap() =
        Some(KeychainError::Absent("the kernel's keyring is switched off here".to_owned()));
    let shot = stage.ana.run("login", &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("keychain  memory\n"), "{shot}");
    assert!(record(&stage).contains("credentials = \"keychain\""), "{}", record(&stage));
    let shot = stage.ana.run("login --credentials kernel", &[]).await;
    let expected = "error: the kernel's keyring cannot hold your credentials\n  cause: the kernel's keyring is \
                    switched off here\n  hint: say `--credentials keychain`\n";
    assert_eq!((shot.code, shot.stderr.as_str()), (1, expected));
    for line in ["login --credentials disk", "config set credentials disk"] {
        let shot = stage.ana.run(line, &[]).await;
        let expected = "error: \"disk\" is no place for credentials: use kernel or keychain\n";
        assert!(shot.code == 2 && shot.stderr.starts_with(expected), "{line}: {shot}");
    }
}

/// Nothing falls back silently: the error says the cause and what to type.
#[tokio::test]
async fn a_keyring_that_fails_later_is_an_error_with_a_way_out() {
    let (stage, kernel) = ready().await;
    *kernel.quota.lock().unwrap() = 100;
    let shot = stage.ana.run("request stage-admin -y", &[]).await;
    for part in [
        "error: the kernel's keyring cannot hold your credentials\n  cause: the quota is used up\n",
        "hint: end access that you no longer need: `jit status`, then `jit end ROLE`\n",
        "hint: keep credentials in the keychain: `jit config set credentials keychain`\n",
    ] {
        assert!(shot.code != 0 && shot.stderr.contains(part), "{shot}");
    }
    assert_eq!(leases(&stage), Vec::<String>::new());
    *kernel.quota.lock().unwrap() = 20_000;
    *kernel.broken.lock().unwrap() =
        Some(KeychainError::Absent("the kernel's keyring is switched off here".to_owned()));
    let shot = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert!(shot.code == 125 && shot.stderr.contains("`jit config set credentials keychain`"), "{shot}");
    assert_eq!(stage.ana.run("config set credentials keychain", &[]).await.code, 0);
    assert_eq!(stage.ana.run("exec stage-admin -- true", &[]).await.code, 0);
}

/// A keychain that somebody chose by name keeps the credentials; `none` keeps none anywhere.
#[tokio::test]
async fn other_keychains_keep_their_credentials_unless_the_kernel_is_named() {
    let mut stage = Stage::new();
    let kernel = with_kernel(&mut stage);
    stage.ana.world.system.keychain = KeychainSource::Recorded;
    let login = format!("login {BROKER} --as ana --keychain");
    assert_eq!(stage.ana.run(&format!("{login} none"), &[]).await.code, 0);
    assert!(!record(&stage).contains("credentials"), "{}", record(&stage));
    let shot = stage.ana.run(&format!("{login} none --credentials kernel"), &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("keeps no credentials"), "{shot}");
    let passphrase = ["long enough a passphrase", "long enough a passphrase"];
    let shot = stage.ana.run(&format!("{login} file"), &passphrase).await;
    assert!(shot.code == 0 && shot.stderr.contains("keychain  file\n"), "{shot}");
    assert!(record(&stage).contains("credentials = \"keychain\""), "{}", record(&stage));
    let answers = ["long enough a passphrase"];
    let shot = stage.ana.run(&format!("{login} file --credentials kernel"), &answers).await;
    assert!(
        shot.code == 0 && shot.stderr.contains("keychain  file; credentials in the kernel's keyring"),
        "{shot}"
    );
    assert!(kernel.items().is_empty(), "the probe is gone");
}

/// Sessions of direct roles are in the same place.
#[tokio::test]
async fn a_direct_role_is_kept_there_too() {
    let (stage, kernel) = ready().await;
    let config = stage.ana.world.system.files.config.join("config.toml");
    stage.ana.write(
        &config,
        "[roles.mine]\napproval = \"none\"\n[roles.mine.aws]\n\
         role_arn = \"arn:aws:iam::111122223333:role/mine\"\nregion = \"eu-west-1\"\n",
    );
    let lease = jit::grant::Lease {
        number: 1,
        expires: "2026-11-23T10:40:00Z".parse().unwrap(),
        credentials: jit::grant::cloud::aws::AwsCredentials {
            access_key_id: "ASIADIRECT".to_owned(),
            secret_access_key: "canary".into(),
            session_token: "canary".into(),
            account: "111122223333".to_owned(),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }
        .into(),
    };
    kernel.set_until("direct:mine", &lease.to_secret_json(), lease.expires).unwrap();
    let shot = stage.ana.run("exec mine -- true", &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("directly"), "{shot}");
    assert_eq!(stage.ana.run("end mine", &[]).await.code, 0);
    assert!(kernel.items().is_empty());
}
