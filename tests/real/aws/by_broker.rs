//! Roles that the broker opens with its own AWS identity, at moto, which enforces the policies of IAM after `reset-auth`.

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
        let [id, secret] = [0, 1].map(|part| self.keys[user][part].as_str().unwrap().to_owned());
        let mut system = System::real();
        for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE"]
        {
            system.environment.remove(name);
        }
        system.environment.set("AWS_ACCESS_KEY_ID", id);
        system.environment.set("AWS_SECRET_ACCESS_KEY", secret);
        system.environment.set("AWS_REGION", "eu-west-1");
        system.environment.set("AWS_ENDPOINT_URL", &self.moto.endpoint);
        system
    }

    fn provider(&self, user: &str) -> AwsProvider {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Arc::new(Issuer::open(folder.path(), Timestamp::now()).unwrap());
        AwsProvider::new(issuer, "https://jit.example.com".to_owned(), &self.system(user))
    }

    fn order(&self, seconds: i64) -> MintOrder {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/prod-admin");
        let order = order(&arn, &self.moto.endpoint, "prod-admin", seconds);
        let target = format!("{}&by=broker", order.target).parse().unwrap();
        MintOrder { target, ..order }
    }
}

/// While nothing is enforced, any keys can set moto up.
pub fn anybody(moto: &Moto) -> AwsCredentials {
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
fn another_user_opens_nothing_and_is_told_what_to_do() {
    let own = Own::start();
    let error = mint(&own.provider("stranger"), &own.order(3600)).unwrap_err();
    assert!(error.message.contains("does not let in the broker's own identity"), "{error:?}");
    let hint = error.hint.unwrap();
    let principal = format!("--principal arn:aws:iam::{ACCOUNT}:user/stranger");
    assert!(hint.contains(&format!("jit setup aws-trust prod-admin {principal}")), "{hint}");
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
