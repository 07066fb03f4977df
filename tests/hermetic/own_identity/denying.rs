//! The inline policy that denies what was handed out: read, changed, written and swept at an IAM that remembers.

use jit::provider::Deny;
use jit::provider::Denying;

use super::*;

const IAM: &str = "https://iam.amazonaws.com";
const HERE: &str = "arn:aws:iam::999988887777:role/team/db-admin";

/// The role in IAM: its inline policy, and the action that IAM refuses, with the error.
#[derive(Default)]
struct Role {
    document: Option<String>,
    refuses: Option<(&'static str, &'static str)>,
}

struct Iam {
    stage: Stage,
    role: Arc<Mutex<Role>>,
    provider: AwsProvider,
}

impl Iam {
    fn new() -> Self {
        let stage = Stage::with_keys(SESSION);
        let role: Arc<Mutex<Role>> = Arc::default();
        let (known, clock) = (Arc::clone(&role), stage.clock.clone());
        stage.route(IAM, move |request| answer_as_iam(&known, &clock, request));
        let issuer = "https://jit.example.com".to_owned();
        let provider = AwsProvider::new(Arc::clone(&ISSUER), issuer, &stage.world.system);
        // Its own identity is asked for where IAM is signed.
        stage.route_sts("https://sts.us-east-1.amazonaws.com");
        Self { stage, role, provider }
    }

    async fn deny(&self, target: &str, requests: &[(&str, &str)]) -> Result<Denying, ProviderError> {
        let target = target.parse().unwrap();
        let requests =
            requests.iter().map(|(id, until)| (id.parse().unwrap(), until.parse().unwrap())).collect();
        let denied = self.provider.deny(&Deny { target, requests, taking: Vec::new() }).await;
        if let Err(error) = &denied {
            assert_secret(&format!("{error:?}"));
            assert!(error.hint.is_some(), "{error:?}");
        }
        denied
    }

    fn written(&self) -> Option<String> {
        self.role.lock().unwrap().document.clone()
    }

    fn actions(&self) -> Vec<String> {
        let sent = self.stage.http.sent();
        let sent = sent.iter().filter(|request| request.url.starts_with(IAM));
        sent.map(|request| form(request)["Action"].clone()).collect()
    }
}

fn answer_as_iam(role: &Mutex<Role>, clock: &FakeClock, request: &Request) -> Answer {
    let mut role = role.lock().unwrap();
    let form = form(request);
    assert_eq!((form["Version"].as_str(), form["RoleName"].as_str()), ("2010-05-08", "db-admin"));
    assert_eq!(form["PolicyName"], "jit-revoked");
    let signed = header(request, "authorization").unwrap();
    assert!(signed.contains("/us-east-1/iam/aws4_request"), "{signed}");
    let date = clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let reply = |status: u16, body: String| {
        Ok(Response { status, headers: vec![("date".to_owned(), date.clone())], body: body.into_bytes() })
    };
    let refuse = |status: u16, code: &str, message: &str| {
        reply(
            status,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            ),
        )
    };
    let action = form["Action"].as_str();
    if let Some((refused, code)) = role.refuses
        && refused == action
    {
        return refuse(if code == "LimitExceeded" { 409 } else { 403 }, code, "no");
    }
    match (action, role.document.clone()) {
        ("GetRolePolicy", None) => {
            refuse(404, "NoSuchEntity", "The role policy with name jit-revoked cannot be found.")
        }
        ("GetRolePolicy", Some(document)) => {
            let encoded: String = url::form_urlencoded::byte_serialize(document.as_bytes()).collect();
            let encoded = encoded.replace('+', "%20");
            reply(
                200,
                format!(
                    "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>db-admin</RoleName><PolicyDocument>{encoded}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>"
                ),
            )
        }
        ("PutRolePolicy", _) => {
            role.document = Some(form["PolicyDocument"].clone());
            reply(200, "<PutRolePolicyResponse/>".to_owned())
        }
        ("DeleteRolePolicy", _) => {
            role.document = None;
            reply(200, "<DeleteRolePolicyResponse/>".to_owned())
        }
        other => panic!("{other:?}"),
    }
}

fn target(more: &str) -> String {
    format!("aws:{HERE}?region=eu-west-1{more}")
}

#[tokio::test]
async fn requests_are_denied_by_source_identity_or_by_the_sessions_name() {
    let iam = Iam::new();
    let own = target("&by=broker");
    let until = "2026-11-23T12:30:00Z";
    let first = iam.deny(&own, &[("7F3KQ2M8ZD", until)]).await.unwrap();
    // The shortest session lives for fifteen minutes, and the hour is rounded up.
    assert_eq!(first.next_sweep, Some("2026-11-23T13:00:00Z".parse().unwrap()));
    iam.deny(&own, &[("7F3KQ2M8ZD", until), ("8F3KQ2M8ZD", "2026-11-23T13:30:00Z")]).await.unwrap();
    // The same role may also be opened by tokens, whose sessions have the person as their source identity.
    iam.deny(&target(""), &[("9F3KQ2M8ZD", until)]).await.unwrap();
    insta::assert_snapshot!(iam.written().unwrap(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"JitSource20261123T130000Z","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":["7F3KQ2M8ZD"]}}},{"Sid":"JitSession20261123T130000Z","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:userid":["*:9F3KQ2M8ZD-*"]}}},{"Sid":"JitSource20261123T140000Z","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":["8F3KQ2M8ZD"]}}}]}"#);
    assert!(!iam.written().unwrap().contains("TokenIssueTime"));
    // A denial that is there already is not written again.
    let before = iam.actions().len();
    iam.deny(&own, &[("7F3KQ2M8ZD", until)]).await.unwrap();
    assert_eq!(iam.actions()[before..], ["GetRolePolicy"]);
}

#[tokio::test]
async fn what_has_ended_is_taken_out_and_at_last_the_policy() {
    let iam = Iam::new();
    let own = target("&by=broker");
    iam.deny(&own, &[("7F3KQ2M8ZD", "2026-11-23T12:30:00Z"), ("8F3KQ2M8ZD", "2026-11-23T13:30:00Z")])
        .await
        .unwrap();
    iam.stage.clock.advance(std::time::Duration::from_secs(3600));
    let swept = iam.deny(&own, &[]).await.unwrap();
    assert_eq!(swept.next_sweep, Some("2026-11-23T14:00:00Z".parse().unwrap()));
    let written = iam.written().unwrap();
    assert!(written.contains("8F3KQ2M8ZD") && !written.contains("7F3KQ2M8ZD"), "{written}");
    iam.stage.clock.advance(std::time::Duration::from_secs(3600));
    assert_eq!(iam.deny(&own, &[]).await.unwrap(), Denying::default());
    assert_eq!(iam.written(), None);
    assert_eq!(iam.actions().last().unwrap(), "DeleteRolePolicy");
    // With nothing there, nothing is written.
    let before = iam.actions().len();
    iam.deny(&own, &[]).await.unwrap();
    assert_eq!(iam.actions()[before..], ["GetRolePolicy"]);
}

#[tokio::test]
async fn a_full_policy_is_said_and_loses_nothing() {
    let iam = Iam::new();
    let own = target("&by=broker");
    let ids: Vec<String> = (0..800).map(|number| format!("7F3KQ2{number:04}")).collect();
    let some: Vec<(&str, &str)> = ids[..600].iter().map(|id| (id.as_str(), "2026-11-23T12:30:00Z")).collect();
    iam.deny(&own, &some).await.unwrap();
    let all: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "2026-11-23T12:30:00Z")).collect();
    let (left_out, error) = iam.deny(&own, &all).await.unwrap().left_out.unwrap();
    assert!(error.passing && error.message.contains("of 10240"), "{error:?}");
    let written = iam.written().unwrap();
    assert!(written.len() <= 10_240, "{}", written.len());
    // Each is denied, or said to be left out. The requests that were denied before stay denied.
    for id in &ids {
        let is_left_out = left_out.iter().any(|left| left.as_str() == id);
        assert_eq!(written.contains(id), !is_left_out, "{id}");
    }
    assert!(ids[..600].iter().all(|id| written.contains(id)));
    assert!(left_out.len() > 20 && left_out.len() < 200, "{}", left_out.len());
}

#[tokio::test]
async fn each_refusal_of_iam_says_what_to_do() {
    let mut said = String::new();
    let own = target("&by=broker");
    let one = [("7F3KQ2M8ZD", "2026-11-23T12:30:00Z")];
    for refuses in [
        ("GetRolePolicy", "AccessDenied"),
        ("PutRolePolicy", "AccessDenied"),
        ("PutRolePolicy", "LimitExceeded"),
        ("PutRolePolicy", "UnmodifiableEntity"),
        ("PutRolePolicy", "NoSuchEntity"),
        ("GetRolePolicy", "ExpiredToken"),
    ] {
        let iam = Iam::new();
        iam.role.lock().unwrap().refuses = Some(refuses);
        let error = iam.deny(&own, &one).await.unwrap_err();
        said.push_str(&format!("{error}\n  -> {}\n", error.hint.as_ref().unwrap()));
    }
    let iam = Iam::new();
    // Somebody's own policy of this name is not overwritten.
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    iam.role.lock().unwrap().document = Some(theirs.to_owned());
    let error = iam.deny(&own, &one).await.unwrap_err();
    said.push_str(&format!("{error}\n  -> {}\n", error.hint.as_ref().unwrap()));
    assert_eq!(iam.written().unwrap(), theirs);
    // IAM lets nobody write the policies of another account.
    let iam = Iam::new();
    let error = iam.deny(TARGET, &one).await.unwrap_err();
    said.push_str(&format!("{error}\n  -> {}\n", error.hint.as_ref().unwrap()));
    assert!(iam.actions().is_empty());
    insta::assert_snapshot!(said, @"
    the broker's own identity may not write the role's inline policies (AccessDenied: no)
      -> give it what `jit setup aws-trust ROLE --part broker-permissions` prints, or take `revoke` out of the role's file
    the broker's own identity may not write the role's inline policies (AccessDenied: no)
      -> give it what `jit setup aws-trust ROLE --part broker-permissions` prints, or take `revoke` out of the role's file
    the role's inline policies are full (LimitExceeded: no)
      -> room comes back as sessions end; make the role's other inline policies managed ones, and deny by hand until then
    AWS itself manages this role, and lets nobody write its policies (UnmodifiableEntity: no)
      -> take `revoke` out of the role's file
    the role or its inline policy is not there (NoSuchEntity: no)
      -> check the role's ARN in the policy
    the broker's own AWS credentials have expired (ExpiredToken: no)
      -> the broker's operator must look at where its identity comes from; the broker says it when it starts
    the role has an inline policy jit-revoked that jit did not write
      -> give it another name, so that jit can use this one
    the broker's own identity is in account 999988887777, and only an identity of account 111122223333 may write policies of its roles
      -> take `revoke` out of the role's file, or run a broker in that account
    ");
}
