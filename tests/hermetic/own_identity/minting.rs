//! The calls of a mint, the life of its credentials, and the message for each refusal.

use jit::provider::Provider;
use jit::provider::aws::AwsProvider;
use jit::secret::Secret;

use super::*;

#[tokio::test]
async fn the_role_is_assumed_in_the_requests_name() {
    let mut stage = Stage::with_keys(SESSION);
    let minted = stage.mint().await.unwrap();
    let lease = minted.credentials.as_aws().unwrap();
    assert_eq!((lease.access_key_id.as_str(), lease.account.as_str()), ("ASIAMINTED", "111122223333"));
    assert_eq!(lease.secret_access_key.expose(), MINTED);
    for given in [lease.secret_access_key.expose(), lease.session_token.expose()] {
        assert_secret(given);
    }
    let sent = stage.http.sent();
    insta::assert_snapshot!(stage.asked().join("\n"), @"
    POST https://sts.eu-west-1.amazonaws.com/ GetCallerIdentity by AKIAOWN
    POST https://sts.eu-west-1.amazonaws.com/ AssumeRole by AKIAOWN
    ");
    let mut call = form(sent.last().unwrap());
    insta::assert_snapshot!(call.remove("Policy").unwrap(), @r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-11-23T13:00:00Z"}}}]}"#);
    let lines: Vec<String> = call.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    Action = AssumeRole
    DurationSeconds = 3600
    RoleArn = arn:aws:iam::111122223333:role/team/db-admin
    RoleSessionName = 7F3KQ2M8ZD-ana@example.com
    SourceIdentity = 7F3KQ2M8ZD
    Tags.member.1.Key = jit:request
    Tags.member.1.Value = 7F3KQ2M8ZD
    Tags.member.2.Key = jit:person
    Tags.member.2.Value = ana@example.com
    Tags.member.3.Key = jit:role
    Tags.member.3.Value = prod-db
    TransitiveTagKeys.member.1 = jit:request
    TransitiveTagKeys.member.2 = jit:person
    TransitiveTagKeys.member.3 = jit:role
    Version = 2011-06-15
    ");
    assert_eq!(header(sent.last().unwrap(), "x-amz-security-token"), Some(TOKEN));
    // The identity is asked for once, and not at each mint.
    stage.mint().await.unwrap();
    assert_eq!(stage.asked().len(), 3);
}

#[tokio::test]
async fn a_session_opens_an_hour_and_a_user_what_was_ordered() {
    let seconds = |identity: &'static str| async move {
        let mut stage = Stage::with_keys(identity);
        let minted = stage.mint_of(TARGET, 4 * 3600).await.unwrap();
        let call = form(stage.http.sent().last().unwrap());
        let lives = minted.expires.duration_since(stage.clock.now()).as_secs();
        assert!(call["Policy"].contains("2026-11-23T16:00:00Z"), "the session policy names the grant's end");
        (call["DurationSeconds"].clone(), lives)
    };
    assert_eq!(seconds(SESSION).await, ("3600".to_owned(), 3600));
    assert_eq!(seconds(USER).await, ("14400".to_owned(), 14400));
    // A grant that ends sooner than any session may: the session policy ends it.
    let mut stage = Stage::with_keys(SESSION);
    let minted = stage.mint_of(TARGET, 60).await.unwrap();
    let call = form(stage.http.sent().last().unwrap());
    assert_eq!(call["DurationSeconds"], "900");
    assert_eq!(minted.expires.duration_since(stage.clock.now()).as_secs(), 60);
}

/// A role that trusts tokens is opened with a token, whatever identity the broker has.
#[tokio::test]
async fn another_role_never_uses_the_brokers_identity() {
    let mut stage = Stage::with_keys(SESSION);
    let target = TARGET.strip_suffix("&by=broker").unwrap();
    stage.mint_of(target, 3600).await.unwrap();
    assert_eq!(stage.asked(), [format!("POST {STS}/ AssumeRoleWithWebIdentity")]);
    let sent = stage.http.sent();
    assert_eq!(header(&sent[0], "authorization"), None);
    assert_secret(&String::from_utf8_lossy(&sent[0].body));
    // A hub's session alone signs for the role behind it.
    let behind = format!("{target}&via=arn:aws:iam::111122223333:role/hub");
    stage.mint_of(&behind, 3600).await.unwrap();
    let sent = stage.http.sent();
    assert!(sent.iter().all(|request| signer(request) != Some("AKIAOWN")), "{:?}", stage.asked());
}

/// A workflow has its token and nothing else, though its runner may have AWS keys lying about.
#[tokio::test]
async fn a_workflow_opens_no_such_role() {
    let stage = Stage::with_keys(SESSION);
    let provider = AwsProvider::with_token(Secret::from(JWT), &stage.world.system);
    let error = provider.mint(&stage.order(TARGET, 3600)).await.unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.hint.as_ref().unwrap()), @"
    a broker's own AWS identity opens this role, and a workflow has only its token
    ask a broker for it, or take `by` out of the role's file
    ");
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let mut said = String::new();
    for (action, code, message) in [
        ("AssumeRole", "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole on resource: y"),
        ("AssumeRole", "AccessDenied", "User: x is not authorized to perform: sts:TagSession on resource: y"),
        (
            "AssumeRole",
            "AccessDenied",
            "User: x is not authorized to perform: sts:SetSourceIdentity on resource: y",
        ),
        ("AssumeRole", "PackedPolicyTooLarge", "Packed size of session tags consumes 101%"),
        (
            "AssumeRole",
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ),
        ("AssumeRole", "ExpiredToken", "expired"),
        ("AssumeRole", "RegionDisabledException", "not here"),
        ("GetCallerIdentity", "InvalidClientTokenId", "unknown"),
        ("GetCallerIdentity", "SignatureDoesNotMatch", "wrong"),
    ] {
        let mut stage = Stage::with_keys(SESSION);
        stage.sts.lock().unwrap().refused.insert(action, (code, message));
        let error = stage.refusal().await;
        assert!(!error.passing, "{error:?}");
        said.push_str(&format!("{error}\n  -> {}\n", error.hint.as_ref().unwrap()));
    }
    insta::assert_snapshot!(said, @r#"
    the role does not let in the broker's own identity (AccessDenied: User: x is not authorized to perform: sts:AssumeRole on resource: y; the cloud's request id is 7b1e)
      -> put on the role what `jit setup aws-trust prod-db --principal arn:aws:iam::999988887777:role/jit-broker` prints, and give the broker's identity what `--part broker-permissions` prints; a role that is new may need a few minutes
    the role or the broker's own identity does not allow to set session tags (sts:TagSession) (AccessDenied: User: x is not authorized to perform: sts:TagSession on resource: y; the cloud's request id is 7b1e)
      -> put on the role what `jit setup aws-trust prod-db --principal arn:aws:iam::999988887777:role/jit-broker` prints, and give the broker's identity what `--part broker-permissions` prints; a role that is new may need a few minutes
    the role or the broker's own identity does not allow to set a source identity (sts:SetSourceIdentity) (AccessDenied: User: x is not authorized to perform: sts:SetSourceIdentity on resource: y; the cloud's request id is 7b1e)
      -> put on the role what `jit setup aws-trust prod-db --principal arn:aws:iam::999988887777:role/jit-broker` prints, and give the broker's identity what `--part broker-permissions` prints; a role that is new may need a few minutes
    the session policy and the session tags are too large together (PackedPolicyTooLarge: Packed size of session tags consumes 101%; the cloud's request id is 7b1e)
      -> shorten the scope's policy document; the broker's own identity may bring tags along too, as a pod's does
    a role that another role's session opens lasts an hour at most (ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining; the cloud's request id is 7b1e)
      -> write lease = "1h" or less in the role's file
    the broker's own AWS credentials have expired (ExpiredToken: expired; the cloud's request id is 7b1e)
      -> the broker's operator must look at where its identity comes from; the broker says it when it starts
    STS is not enabled in this region for the account (RegionDisabledException: not here; the cloud's request id is 7b1e)
      -> enable the region in the account, or give the role another region in the policy
    the identity from AWS_ACCESS_KEY_ID in the broker's environment cannot be used: the cloud does not know the broker's own AWS credentials (InvalidClientTokenId: unknown; the cloud's request id is 7b1e)
      -> the broker's operator must check that the key still exists, and that it belongs to the role's partition of AWS
    the identity from AWS_ACCESS_KEY_ID in the broker's environment cannot be used: the cloud does not accept the broker's signature (SignatureDoesNotMatch: wrong; the cloud's request id is 7b1e)
      -> the broker's operator must check its clock, then the secret key
    "#);
    let mut stage = Stage::with_keys(SESSION);
    stage.sts.lock().unwrap().refused.insert("AssumeRole", ("Throttling", "slow down"));
    assert!(stage.refusal().await.passing);
}

#[tokio::test]
async fn keys_that_have_expired_are_fetched_anew_once() {
    let mut stage = Stage::new(SESSION, &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x")]);
    stage.route(CONTAINER, |_| answer(200, document("ASIAOLD", 7200).to_string()));
    stage.mint().await.unwrap();
    // The endpoint has newer keys before the old ones should have expired.
    stage.sts.lock().unwrap().expired.push("ASIAOLD");
    stage.route(CONTAINER, |_| answer(200, document("ASIANEW", 7200).to_string()));
    stage.mint().await.unwrap();
    assert_eq!(signer(stage.http.sent().last().unwrap()), Some("ASIANEW"));
    // It has none: the same keys are not tried for ever.
    stage.sts.lock().unwrap().expired.push("ASIANEW");
    let before = stage.asked().len();
    let error = stage.refusal().await;
    assert!(error.message.contains("have expired"), "{error}");
    assert!(stage.asked().len() - before <= 4, "{:?}", &stage.asked()[before..]);
}
