//! Roles that the broker opens with its own AWS identity: at SeaweedFS, which really compares the role's principal, and at moto,
//! which enforces the policies of IAM after `reset-auth`.

use jit::grant::RequestId;
use jit::provider::Deny;
use jit::provider::Denying;

use super::*;

/// The account of moto's default users.
const ACCOUNT: &str = "123456789012";

/// A moto with a broker's user, whom the role `prod-admin` trusts, and one whom it does not.
struct Own {
    _folder: TempDir,
    moto: Moto,
    keys: Value,
}

impl Own {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let moto = Moto::start(folder.path());
        let keys = use_through("moto_broker.py", &anybody(&moto));
        moto.enforce();
        Self { _folder: folder, moto, keys }
    }

    /// A machine with the keys of this user in its environment, whose own STS is moto.
    fn system(&self, user: &str) -> System {
        let [id, secret] = [0, 1].map(|part| self.keys[user][part].as_str().unwrap());
        machine(id, secret, &self.moto.endpoint)
    }

    fn provider(&self, user: &str) -> AwsProvider {
        provider(&self.system(user))
    }

    fn order(&self, seconds: i64) -> MintOrder {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/prod-admin");
        let order = order(&arn, &self.moto.endpoint, "prod-admin", seconds);
        let target = format!("{}&by=broker", order.target).parse().unwrap();
        MintOrder { target, ..order }
    }
}

/// A machine with these keys in its environment, and no other identity. All its services of AWS are at this endpoint.
fn machine(id: &str, secret: &str, endpoint: &str) -> System {
    let mut system = System::real();
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE"] {
        system.environment.remove(name);
    }
    system.environment.set("AWS_ACCESS_KEY_ID", id);
    system.environment.set("AWS_SECRET_ACCESS_KEY", secret);
    system.environment.set("AWS_REGION", "eu-west-1");
    system.environment.set("AWS_ENDPOINT_URL", endpoint);
    system
}

fn provider(system: &System) -> AwsProvider {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Arc::new(Issuer::open(folder.path(), Timestamp::now()).unwrap());
    AwsProvider::new(issuer, "https://jit.example.com".to_owned(), system)
}

/// While nothing is enforced, any keys can set moto up.
fn anybody(moto: &Moto) -> AwsCredentials {
    AwsCredentials {
        access_key_id: "any".to_owned(),
        secret_access_key: "any".into(),
        session_token: "any".into(),
        account: ACCOUNT.to_owned(),
        session_arn: None,
        region: "eu-west-1".to_owned(),
        endpoint_url: Some(moto.endpoint.clone()),
    }
}

#[test]
fn the_brokers_user_opens_the_role_that_trusts_it() {
    let own = Own::start();
    let order = own.order(120);
    let minted = mint(&own.provider("jit-broker"), &order).unwrap();
    assert_eq!(minted.expires, order.grant_until, "not the 900 seconds that the session lives at the least");
    let identity = wait(clouds::identify(&minted.credentials, &System::real())).unwrap();
    assert_eq!(identity.who, format!("arn:aws:sts::{ACCOUNT}:assumed-role/prod-admin/7F3KQ2M8ZD-ana"));
    assert!(identify::belongs_to(&identity, &order.target));
    let credentials = minted.credentials.as_aws().unwrap();
    for cli in ["aws1", "aws2"] {
        let listed = aws(cli, &["s3api", "list-buckets"], credentials).ok();
        assert!(listed.contains("orders"), "{listed}");
        let refusal = aws(cli, &["s3", "rb", "s3://orders"], credentials).refused();
        assert!(refusal.contains("AccessDenied"), "{refusal}");
    }
    // More than the identity's own session would give: a user's sessions are not chained.
    let long = mint(&own.provider("jit-broker"), &own.order(4 * 3600)).unwrap();
    assert!(long.expires.duration_since(Timestamp::now()).as_secs() > 3 * 3600);
}

#[test]
fn another_user_opens_nothing() {
    let own = Own::start();
    let error = mint(&own.provider("stranger"), &own.order(3600)).unwrap_err();
    // moto's refusal has a form of its own (`peers/moto.rs`); the words for AWS's are in `hermetic/own_identity`.
    assert!(error.message.contains("AccessDenied") && error.message.contains("user/stranger"), "{error:?}");
    assert!(!error.passing);
}

#[test]
fn the_broker_says_who_it_is() {
    let own = Own::start();
    let said = wait(clouds::own_identity(&own.order(60).target, &own.system("jit-broker"))).unwrap();
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/jit-broker");
    assert_eq!(said, format!("{arn}, from AWS_ACCESS_KEY_ID in the broker's environment"));
    let mut system = own.system("jit-broker");
    system.environment.set("AWS_SECRET_ACCESS_KEY", "guess");
    let error = wait(clouds::own_identity(&own.order(60).target, &system)).unwrap_err();
    assert!(error.message.contains("SignatureDoesNotMatch"), "{error:?}");
}

/// A user of moto whom nothing limits: it reads what the broker wrote.
fn administrator(own: &Own, arguments: &[&str]) -> Ended {
    let [id, secret] = [0, 1].map(|part| own.keys["administrator"][part].as_str().unwrap());
    let mut command = Command::new(tool("aws1"));
    command.args(["--endpoint-url", &own.moto.endpoint, "--output", "json"]).args(arguments);
    let home = tempfile::tempdir().unwrap();
    command
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("JIT_PEERS", crate::peers::peers());
    command.envs([
        ("AWS_ACCESS_KEY_ID", id),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ]);
    run(&mut command, b"")
}

const READ: [&str; 6] =
    ["iam", "get-role-policy", "--role-name", "prod-admin", "--policy-name", "jit-revoked"];

#[test]
fn what_ended_early_is_denied_on_the_role_and_swept() {
    let own = Own::start();
    let order = own.order(3600);
    let provider = own.provider("jit-broker");
    let deny = |requests: Vec<(RequestId, Timestamp)>| {
        wait(provider.deny(&Deny { target: order.target.clone(), requests, taking: Vec::new() }))
    };
    let ends = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let denied = deny(vec![(order.request.clone(), ends)]).unwrap();
    assert!(denied.next_sweep.unwrap() > ends);
    let written: Value = serde_json::from_str(&administrator(&own, &READ).ok()).unwrap();
    let statement = &written["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Effect"], "Deny");
    assert_eq!(statement["Condition"], json!({"StringEquals": {"aws:SourceIdentity": ["7F3KQ2M8ZD"]}}));
    // Another request comes beside it. The first is still in the document that moto gave back.
    let other: RequestId = "8F3KQ2M8ZD".parse().unwrap();
    deny(vec![(order.request.clone(), ends), (other, ends)]).unwrap();
    let written = administrator(&own, &READ).ok();
    assert!(written.contains("7F3KQ2M8ZD") && written.contains("8F3KQ2M8ZD"), "{written}");
    // Somebody who may not write the role's policies changes nothing.
    let stranger = own.provider("stranger");
    let refused =
        wait(stranger.deny(&Deny { target: order.target.clone(), requests: Vec::new(), taking: Vec::new() }))
            .unwrap_err();
    assert!(refused.message.contains("AccessDenied"), "{refused:?}");
}

/// The broker takes out a denial whose sessions have ended. The test writes the document as an earlier broker would have left it.
#[test]
fn what_has_ended_is_swept() {
    let own = Own::start();
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "JitSource20200101T000000Z", "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceIdentity": ["7F3KQ2M8ZD"]}},
    }]});
    let document = document.to_string();
    let mut write: Vec<&str> = READ.to_vec();
    write[1] = "put-role-policy";
    write.extend(["--policy-document", &document]);
    administrator(&own, &write).ok();
    let provider = own.provider("jit-broker");
    let swept =
        wait(provider.deny(&Deny { target: own.order(60).target, requests: Vec::new(), taking: Vec::new() }))
            .unwrap();
    assert_eq!(swept, Denying::default());
    let refusal = administrator(&own, &READ).refused();
    assert!(refusal.contains("NoSuchEntity"), "{refusal}");
}

#[test]
fn seaweed_lets_in_the_brokers_user_and_nobody_else() {
    let cloud = Cloud::shared();
    let SeaweedFs { endpoint, secret, .. } = &cloud.seaweed;
    let own = |role: &str| {
        let order = cloud.order(role, role, 3600);
        MintOrder { target: format!("{}&by=broker", order.target).parse().unwrap(), ..order }
    };
    let broker = provider(&machine("jit-broker", secret, endpoint));
    let minted = mint(&broker, &own("own")).unwrap();
    let credentials = minted.credentials.as_aws().unwrap();
    let identity = wait(clouds::identify(&minted.credentials, &System::real())).unwrap();
    assert!(identity.who.ends_with("assumed-role/own/7F3KQ2M8ZD-ana"), "{identity:?}");
    assert_eq!(aws("aws1", &["s3", "cp", "s3://orders/a.txt", "-"], credentials).ok(), "one order\n");
    let refusal =
        aws("aws1", &["s3api", "delete-object", "--bucket", "orders", "--key", "a.txt"], credentials);
    assert!(refusal.refused().contains("AccessDenied"));
    // A role that trusts tokens does not let the broker's user in, and no other user gets into the broker's role.
    let error = mint(&broker, &own("reader")).unwrap_err();
    assert!(error.message.contains("AccessDenied"), "{error:?}");
    let stranger = provider(&machine("stranger", secret, endpoint));
    let error = mint(&stranger, &own("own")).unwrap_err();
    assert!(error.message.contains("does not let in the broker's own identity"), "{error:?}");
    let principal = "--principal arn:aws:iam::000000000000:user/stranger";
    assert!(
        error.hint.as_ref().unwrap().contains(&format!("jit setup aws-trust own {principal}")),
        "{error:?}"
    );
}
