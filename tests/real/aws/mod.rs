//! AWS, as far as it can be tested without an account: SeaweedFS verifies our tokens and enforces its sessions, moto
//! speaks the rest of the protocol, an IAM engine evaluates the session policy, and the real clients use the
//! credentials.
//!
//! No live AWS is called. `peers/seaweed.rs` and `peers/moto.rs` list how each stand-in differs from AWS.

mod by_broker;
mod config_files;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::Weak;

use crate::peers::issuer_site::IssuerSite;
use crate::peers::moto::Moto;
use crate::peers::script::Ended;
use crate::peers::script::ask;
use crate::peers::script::run;
use crate::peers::seaweed::SeaweedFs;
use crate::peers::seaweed::role_arn;
use crate::peers::tool;
use async_trait::async_trait;
use jiff::Timestamp;
use jit::grant::Target;
use jit::grant::cloud::aws::AwsCredentials;
use jit::issuer::Issuer;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::ProviderError;
use jit::provider::aws::AwsProvider;
use jit::provider::aws::direct;
use jit::provider::aws::direct::BaseCredentials;
use jit::provider::aws::direct::DirectOrder;
use jit::provider::aws::identify;
use jit::provider::aws::session_policy::session_policy;
use jit::provider::aws::signing::Keys;
use jit::provider::clouds;
use jit::system::System;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

/// An issuer and a SeaweedFS that trusts it. Tests that run at the same time share one, because it takes seconds to
/// start.
struct Cloud {
    site: IssuerSite,
    seaweed: SeaweedFs,
    _folder: TempDir,
}

impl Cloud {
    fn shared() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Cloud>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(cloud) = running.upgrade() {
            return cloud;
        }
        let folder = tempfile::tempdir().unwrap();
        let site = IssuerSite::start(&folder.path().join("issuer"));
        let seaweed = SeaweedFs::start(folder.path(), &site.url);
        let cloud = Arc::new(Self { site, seaweed, _folder: folder });
        *running = Arc::downgrade(&cloud);
        cloud
    }

    fn provider(&self) -> AwsProvider {
        AwsProvider::new(Arc::clone(&self.site.issuer), self.site.url.clone(), &System::real())
    }

    /// An order for this role of the cloud under this name in the policy, for a grant of so many seconds.
    fn order(&self, opens: &str, role: &str, seconds: i64) -> MintOrder {
        order(&role_arn(opens), &self.seaweed.endpoint, role, seconds)
    }

    /// Credentials of the role, as an approved grant gives them.
    fn mint(&self, role: &str) -> MintedCredentials {
        mint(&self.provider(), &self.order(role, role, 3600)).unwrap()
    }
}

fn order(role_arn: &str, endpoint: &str, role: &str, seconds: i64) -> MintOrder {
    // A grant ends on a whole second, as IAM compares it.
    let end = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
    let arn = role_arn.parse().unwrap();
    MintOrder {
        target: Target::aws(arn, "eu-west-1".to_owned(), Some(endpoint.to_owned())).unwrap(),
        role: role.parse().unwrap(),
        request: "7F3KQ2M8ZD".parse().unwrap(),
        person: "ana".parse().unwrap(),
        until: end,
        grant_until: end,
        scope: None,
        source: None,
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn mint(provider: &AwsProvider, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
    wait(provider.mint(order))
}

/// Runs a program with credentials in its environment, and no other settings of this machine.
fn with_credentials(command: &mut Command, credentials: &AwsCredentials) -> Ended {
    let home = tempfile::tempdir().unwrap();
    command.env_clear().env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("PATH", "/usr/bin:/bin").env("JIT_PEERS", crate::peers::peers());
    command.envs([
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.expose()),
        ("AWS_SESSION_TOKEN", credentials.session_token.expose()),
        ("AWS_REGION", &credentials.region),
        ("AWS_DEFAULT_REGION", &credentials.region),
        ("AWS_ENDPOINT_URL", credentials.endpoint_url.as_deref().unwrap()),
    ]);
    run(command, b"")
}

/// One call of an AWS CLI. The address is also passed as a flag, because Debian's version 2 does not read it from the
/// environment.
fn aws(cli: &str, arguments: &[&str], credentials: &AwsCredentials) -> Ended {
    let mut command = Command::new(tool(cli));
    command.args(["--endpoint-url", credentials.endpoint_url.as_deref().unwrap(), "--output", "json"]);
    with_credentials(command.args(arguments), credentials)
}

/// The result of `list_buckets.py` or `list_buckets.mjs`.
fn use_through(script: &str, credentials: &AwsCredentials) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
    let mut command = Command::new(tool(if script.ends_with(".py") { "python" } else { "node" }));
    serde_json::from_str(&with_credentials(command.arg(path), credentials).ok()).unwrap()
}

#[test]
fn seaweed_gives_a_session_of_the_role_that_ends_with_the_grant() {
    let cloud = Cloud::shared();
    let order = cloud.order("lister", "lister", 120);
    let minted = mint(&cloud.provider(), &order).unwrap();
    assert_eq!(minted.expires, order.grant_until, "not the 900 seconds that the session lives at the least");
    let identity = wait(clouds::identify(&minted.credentials, &System::real())).unwrap();
    assert!(identify::belongs_to(&identity, &order.target), "{identity:?}");
    assert!(identity.who.ends_with("assumed-role/lister/7F3KQ2M8ZD-ana"), "{identity:?}");
    let other = cloud.order("reader", "reader", 120).target;
    assert!(!identify::belongs_to(&identity, &other));
}

#[test]
fn seaweed_refuses_the_subject_of_another_role() {
    let cloud = Cloud::shared();
    for (opens, role) in [("reader", "lister"), ("lister", "reader"), ("lister", "lister-admin")] {
        let error = mint(&cloud.provider(), &cloud.order(opens, role, 3600)).unwrap_err();
        assert!(error.message.contains("AccessDenied"), "{error:?}");
        assert!(error.message.contains("trust policy"), "{error:?}");
        assert!(!error.passing);
    }
}

#[test]
fn seaweed_refuses_other_keys_and_other_issuers() {
    let cloud = Cloud::shared();
    let folder = tempfile::tempdir().unwrap();
    let stranger = Arc::new(Issuer::open(folder.path(), Timestamp::now()).unwrap());
    let order = cloud.order("lister", "lister", 3600);
    let rogue = AwsProvider::new(stranger, cloud.site.url.clone(), &System::real());
    let error = mint(&rogue, &order).unwrap_err();
    assert!(!error.passing, "{error:?}");
    // The right keys under another name: issuers are compared exactly, including the last slash.
    let url = format!("{}/", cloud.site.url);
    let rogue = AwsProvider::new(Arc::clone(&cloud.site.issuer), url, &System::real());
    let error = mint(&rogue, &order).unwrap_err();
    assert!(!error.passing, "{error:?}");
    assert!(cloud.site.fetched() >= 1, "SeaweedFS fetched the key set");
}

#[test]
fn a_role_that_is_not_there_and_a_grant_that_is_over_give_nothing() {
    let cloud = Cloud::shared();
    let error = mint(&cloud.provider(), &cloud.order("nobody", "lister", 3600)).unwrap_err();
    assert!(error.message.contains("AccessDenied"), "{error:?}");
    let error = mint(&cloud.provider(), &cloud.order("lister", "lister", 0)).unwrap_err();
    assert_eq!(error.message, "no time is left of the grant");
}

#[test]
fn real_clients_do_what_the_role_allows_and_no_more() {
    let cloud = Cloud::shared();
    let own = |role: &str| cloud.mint(role).credentials.as_aws().unwrap().clone();
    let (lister, reader) = (own("lister"), own("reader"));
    for cli in ["aws1", "aws2"] {
        let identity = aws(cli, &["sts", "get-caller-identity"], &lister).ok();
        assert!(identity.contains("assumed-role/lister/7F3KQ2M8ZD-ana"), "{identity}");
        aws(cli, &["s3api", "list-buckets"], &lister).ok();
        let refusal = aws(cli, &["s3", "ls", "s3://orders"], &lister).refused();
        assert!(refusal.contains("AccessDenied"), "{refusal}");
        let listed = aws(cli, &["s3", "ls", "s3://orders"], &reader).ok();
        assert!(listed.contains("a.txt"), "{listed}");
        assert_eq!(aws(cli, &["s3", "cp", "s3://orders/a.txt", "-"], &reader).ok(), "one order\n");
        let refusal = aws(cli, &["s3api", "delete-object", "--bucket", "orders", "--key", "a.txt"], &reader);
        assert!(refusal.refused().contains("AccessDenied"));
    }
    for script in ["list_buckets.py", "list_buckets.mjs"] {
        let arn = |role: &str| format!("arn:aws:sts::assumed-role/{role}/7F3KQ2M8ZD-ana");
        let denied = "AccessDenied";
        assert_eq!(
            use_through(script, &lister),
            json!({"arn": arn("lister"), "buckets": [], "read": denied, "write": denied}),
            "{script}"
        );
        assert_eq!(
            use_through(script, &reader),
            json!({"arn": arn("reader"), "buckets": ["orders"], "read": "one order\n", "write": denied}),
            "{script}"
        );
    }
}

#[test]
fn credentials_that_were_tampered_with_are_refused() {
    let cloud = Cloud::shared();
    let good = cloud.mint("reader").credentials.as_aws().unwrap().clone();
    let lister = cloud.mint("lister").credentials.as_aws().unwrap().clone();
    let wrong_secret = AwsCredentials { secret_access_key: "guess".into(), ..good.clone() };
    let wrong_token = AwsCredentials { session_token: lister.session_token, ..good.clone() };
    for bad in [wrong_secret, wrong_token] {
        let error = wait(identify::identify(&bad, &System::real())).unwrap_err();
        assert!(!error.passing, "{error:?}");
        let refusal = aws("aws1", &["s3", "ls", "s3://orders"], &bad).refused();
        assert!(!refusal.contains("a.txt"), "{refusal}");
    }
}

/// SeaweedFS accepts our session policy and applies its Allow, but does not know `aws:CurrentTime` and so never applies
/// its Deny: there the credentials outlive the grant until the session's own end. This test records that, and fails
/// when it changes. The IAM engine below checks the policy's meaning; AWS itself is never asked.
#[test]
fn seaweed_does_not_know_the_time_of_a_request() {
    let cloud = Cloud::shared();
    let order = cloud.order("reader", "reader", 2);
    let minted = mint(&cloud.provider(), &order).unwrap();
    while Timestamp::now() <= minted.expires {
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    let listed = aws("aws1", &["s3", "ls", "s3://orders"], minted.credentials.as_aws().unwrap()).ok();
    assert!(listed.contains("a.txt"), "{listed}");
}

#[test]
fn an_iam_engine_denies_everything_after_the_grant() {
    let allow = |action: Value| {
        json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
    };
    let instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0";
    let (read, stop) = (("s3:GetObject", "arn:aws:s3:::orders/a.txt"), ("ec2:StopInstances", instance));
    let asks: Vec<Value> = [
        ("2026-11-23T13:14:59Z", read),
        ("2026-11-23T13:15:00Z", read),
        ("2026-11-23T13:15:01Z", read),
        ("2026-11-24T00:00:00Z", read),
        ("2026-11-23T13:14:59Z", stop),
        ("2026-11-23T13:15:01Z", stop),
    ]
    .into_iter()
    .map(|(at, (action, resource))| json!({"at": at, "action": action, "resource": resource}))
    .collect();
    let policy = session_policy("2026-11-23T13:15:00.9Z".parse().unwrap());
    let judge = |role_policy: Value| {
        ask(
            "session_policy.mjs",
            &json!({"role": "arn:aws:iam::111122223333:role/prod-admin", "rolePolicy": role_policy,
                "sessionPolicy": serde_json::from_str::<Value>(&policy).unwrap(), "asks": asks}),
        )
    };
    let (yes, over, never) = ("Allowed", "ExplicitlyDenied", "ImplicitlyDenied");
    assert_eq!(judge(allow(json!("*"))), json!([yes, yes, over, over, yes, over]));
    // The session policy adds nothing to what the role allows.
    assert_eq!(judge(allow(json!("s3:*"))), json!([yes, yes, over, over, never, over]));
}

#[test]
fn moto_answers_as_aws_does_and_enforces_on_use() {
    let folder = tempfile::tempdir().unwrap();
    let moto = Moto::start(folder.path());
    let issuer = Arc::new(Issuer::open(&folder.path().join("issuer"), Timestamp::now()).unwrap());
    let provider = AwsProvider::new(issuer, "https://jit.example.com".to_owned(), &System::real());
    let order = order("arn:aws:iam::111122223333:role/team/prod-admin", &moto.endpoint, "prod-admin", 3600);
    let minted = mint(&provider, &order).unwrap();
    // Here the answer names the session, without the role's path, as AWS does.
    let arn = "arn:aws:sts::111122223333:assumed-role/prod-admin/7F3KQ2M8ZD-ana";
    assert_eq!(minted.credentials.as_aws().unwrap().session_arn.as_deref(), Some(arn));
    let identity = wait(clouds::identify(&minted.credentials, &System::real())).unwrap();
    assert_eq!(identity.who, arn);
    assert!(identify::belongs_to(&identity, &order.target));
    moto.enforce();
    let bad =
        AwsCredentials { secret_access_key: "guess".into(), ..minted.credentials.as_aws().unwrap().clone() };
    let error = wait(identify::identify(&bad, &System::real())).unwrap_err();
    assert!(error.message.contains("SignatureDoesNotMatch"), "{error:?}");
}

/// One person's own keys.
struct Own(Keys);

#[async_trait]
impl BaseCredentials for Own {
    async fn keys(&self) -> Result<Keys, ProviderError> {
        Ok(self.0.clone())
    }
}

#[test]
fn a_direct_role_is_assumed_with_the_persons_own_keys() {
    let folder = tempfile::tempdir().unwrap();
    let moto = Moto::start(folder.path());
    // While nothing is enforced, any keys can set it up.
    let anybody = AwsCredentials {
        access_key_id: "any".to_owned(),
        secret_access_key: "any".into(),
        session_token: "any".into(),
        account: "123456789012".to_owned(),
        session_arn: None,
        region: "eu-west-1".to_owned(),
        endpoint_url: Some(moto.endpoint.clone()),
    };
    let people = use_through("moto_people.py", &anybody);
    moto.enforce();
    let own = |person: &str| {
        let [id, secret] = [0, 1].map(|part| people[person][part].as_str().unwrap());
        Own(Keys { access_key_id: id.to_owned(), secret_access_key: secret.into(), session_token: None })
    };
    let order = order("arn:aws:iam::123456789012:role/prod-admin", &moto.endpoint, "prod-admin", 3600);
    let order = DirectOrder {
        target: order.target,
        session_name: "ana@laptop".to_owned(),
        until: order.until,
        mfa_serial: None,
        external_id: None,
    };
    let system = System::real();
    let minted = wait(direct::assume(&order, &own("ana"), &system)).unwrap();
    let identity = wait(clouds::identify(&minted.credentials, &system)).unwrap();
    assert_eq!(identity.who, "arn:aws:sts::123456789012:assumed-role/prod-admin/ana@laptop");
    assert!(identify::belongs_to(&identity, &order.target));
    let listed = aws("aws1", &["s3api", "list-buckets"], minted.credentials.as_aws().unwrap()).ok();
    assert!(listed.contains("orders"), "{listed}");
    let refusal = aws("aws1", &["s3", "rb", "s3://orders"], minted.credentials.as_aws().unwrap()).refused();
    assert!(refusal.contains("AccessDenied"), "{refusal}");
    let error = wait(direct::assume(&order, &own("bo"), &system)).unwrap_err();
    assert!(error.message.contains("AccessDenied"), "{error:?}");
    assert!(!error.passing);
}
