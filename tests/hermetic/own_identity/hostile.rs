//! Endpoints that misbehave, identities that are a person's, and places where the broker's secrets must not show.

use std::io;

use jit::provider::clouds;
use tracing_subscriber::fmt::MakeWriter;

use super::sources::metadata;
use super::*;

#[tokio::test]
async fn only_the_hosts_of_aws_and_this_machine_are_asked_for_credentials() {
    for (address, origin) in [
        ("http://169.254.170.2/x", "http://169.254.170.2"),
        ("http://169.254.170.23/v1/credentials", "http://169.254.170.23"),
        ("http://[fd00:ec2::23]/v1/credentials", "http://[fd00:ec2::23]"),
        ("http://127.0.0.1:4000/x", "http://127.0.0.1:4000"),
        ("http://[::1]:4000/x", "http://[::1]:4000"),
        ("http://localhost:4000/x", "http://localhost:4000"),
        ("https://credentials.example.com/x", "https://credentials.example.com"),
    ] {
        let mut stage = Stage::new(SESSION, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)]);
        stage.route(origin, |_| answer(200, document("ASIATASK", 3600).to_string()));
        stage.mint().await.unwrap();
        assert!(stage.asked()[0].contains(address), "{:?}", stage.asked());
    }
    for address in [
        "http://credentials.example.com/x",
        "http://169.254.169.254/x",
        "http://169.254.170.3/x",
        "http://169.254.170.2.example.com/x",
        "http://169.254.170.2@example.com/x",
        "http://user:word@169.254.170.2/x",
        "http://[fd00:ec2::24]/x",
        "http://10.0.0.1/x",
        "http://localhost.example.com/x",
        "ftp://127.0.0.1/x",
        "/x",
        "nonsense",
    ] {
        let mut stage = Stage::new(SESSION, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)]);
        let error = stage.refusal().await;
        assert!(error.message.contains("may not be asked"), "{address}: {error}");
        assert!(stage.asked().is_empty(), "{address}: {:?}", stage.asked());
    }
    for address in ["http://10.0.0.1", "http://169.254.169.254.example.com", "http://169.254.170.2", "x"] {
        let mut stage = Stage::new(SESSION, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", address)]);
        let error = stage.refusal().await;
        assert!(error.message.contains("may not be asked"), "{address}: {error}");
        assert!(stage.asked().is_empty());
    }
    // A path that would be another host if it were joined.
    for path in ["//evil.example.com/x", "/\\evil.example.com", "/x@evil.example.com"] {
        let mut stage = Stage::new(SESSION, &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path)]);
        stage.route(CONTAINER, |_| answer(200, document("ASIATASK", 3600).to_string()));
        stage.mint().await.unwrap();
        assert!(stage.asked()[0].starts_with(&format!("GET {CONTAINER}/")), "{:?}", stage.asked());
    }
}

type Bad = (&'static str, Box<dyn Fn() -> Answer + Send + Sync>);

/// Answers with which an endpoint gives nothing.
fn bad_answers() -> Vec<Bad> {
    let without = |member: &str| {
        let mut document = document("ASIATASK", 3600);
        document.as_object_mut().unwrap().remove(member);
        document.to_string()
    };
    let with = |member: &str, value: Value| {
        let mut document = document("ASIATASK", 3600);
        document[member] = value;
        document.to_string()
    };
    let of = |name: &'static str, answer: Answer| -> Bad { (name, Box::new(move || answer.clone())) };
    let redirect = Response {
        status: 302,
        headers: vec![("location".to_owned(), "http://169.254.170.2/elsewhere".to_owned())],
        body: Vec::new(),
    };
    let host = || "169.254.170.2".to_owned();
    vec![
        of("html", answer(200, format!("<html>{SECRET}</html>"))),
        of("empty", answer(200, "")),
        of("redirect", Ok(redirect)),
        of("too large", Err(HttpError::TooLarge { host: host() })),
        of("silent", Err(HttpError::TimeOut { host: host() })),
        of("broken", Err(HttpError::Broken { host: host(), cause: "eof".to_owned() })),
        of("refused", answer(400, json!({"code": "InvalidToken", "message": format!("bad {SECRET}")}).to_string())),
        of("not text", answer(403, b"\xff\xfe".to_vec())),
        of("busy", answer(503, "")),
        of("no key", answer(200, without("AccessKeyId"))),
        of("no secret", answer(200, without("SecretAccessKey"))),
        of("no token", answer(200, without("Token"))),
        of("no end", answer(200, without("Expiration"))),
        of("end is no time", answer(200, with("Expiration", json!("tomorrow")))),
        of("end is a number", answer(200, with("Expiration", json!(1_795_438_800)))),
        of("expired", answer(200, with("Expiration", json!("2026-11-23T11:59:59Z")))),
        of("line end in the key", answer(200, with("AccessKeyId", json!("ASIA\r\nX: y")))),
        of("failed", answer(200, json!({"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role\u{1b}[2J"}).to_string())),
    ]
}

#[tokio::test]
async fn a_container_endpoint_that_misbehaves_gives_nothing() {
    let mut said = String::new();
    for (name, bad) in bad_answers() {
        let mut stage = Stage::new(
            SESSION,
            &[
                ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", PASSWORD),
            ],
        );
        stage.route(CONTAINER, move |_| bad());
        let error = stage.refusal().await;
        assert!(!error.message.contains('\u{1b}'));
        said.push_str(&format!("{name}: {error}{}\n", if error.passing { " (again)" } else { "" }));
        let asked = stage.asked();
        assert!(
            asked.len() <= 3 && asked.iter().all(|asked| asked == &format!("GET {CONTAINER}/x")),
            "{asked:?}"
        );
    }
    insta::assert_snapshot!(said, @r#"
    html: the container's credentials endpoint answered 55 bytes that are no credentials
    empty: the container's credentials endpoint answered 0 bytes that are no credentials
    redirect: the container's credentials endpoint answered HTTP 302, which is a redirect and is never followed
    too large: the container's credentials endpoint cannot be asked: the answer of 169.254.170.2 is larger than jit reads
    silent: the container's credentials endpoint cannot be asked: 169.254.170.2 did not answer in time (again)
    broken: the container's credentials endpoint cannot be asked: the answer of 169.254.170.2 broke off: eof (again)
    refused: the container's credentials endpoint answered HTTP 400, InvalidToken: bad [removed]
    not text: the container's credentials endpoint answered HTTP 403, without a reason that can be read
    busy: the container's credentials endpoint answered HTTP 503, without a reason that can be read (again)
    no key: the container's credentials endpoint answered without a key, a token or the time when they expire
    no secret: the container's credentials endpoint answered without a key, a token or the time when they expire
    no token: the container's credentials endpoint answered without a key, a token or the time when they expire
    no end: the container's credentials endpoint answered without a key, a token or the time when they expire
    end is no time: the container's credentials endpoint answered with an end that is not a time
    end is a number: the container's credentials endpoint answered 242 bytes that are no credentials
    expired: the broker's own AWS credentials from the container's credentials endpoint have expired (again)
    line end in the key: the container's credentials endpoint answered with keys that have other characters than keys have
    failed: the container's credentials endpoint gives no credentials (AssumeRoleUnauthorizedAccess: EC2 cannot assume the role\u{1b}[2J)
    "#);
    // A token with a line end would be a header of its own.
    let mut stage = Stage::new(
        SESSION,
        &[
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nx-evil: 1"),
        ],
    );
    assert!(stage.refusal().await.message.contains("characters that a header may not have"));
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn metadata_that_misbehave_give_nothing_and_the_first_version_is_never_asked() {
    let mut said = String::new();
    let host = || "169.254.169.254".to_owned();
    let firsts: Vec<(&str, Answer)> = vec![
        ("silent", Err(HttpError::TimeOut { host: host() })),
        ("nobody", Err(HttpError::Connect { host: host(), cause: "no route".to_owned() })),
        ("turned off", answer(403, "")),
        ("only the first version", answer(404, "")),
        ("a login page", answer(200, "<html>sign in</html>")),
        ("large", Err(HttpError::TooLarge { host: host() })),
        ("redirect", answer(302, "")),
    ];
    for (name, first) in firsts {
        let mut stage = Stage::new(SESSION, &[]);
        stage.route(METADATA, move |_| first.clone());
        let error = stage.refusal().await;
        said.push_str(&format!("{name}: {error}\n  -> {}\n", error.hint.as_ref().unwrap()));
        assert_eq!(stage.asked(), [format!("PUT {METADATA}/latest/api/token")]);
    }
    for (name, role) in
        [("no role", answer(404, "")), ("a page", answer(200, "<html>")), ("a path", answer(200, "../x"))]
    {
        let mut stage = Stage::new(SESSION, &[]);
        stage.route(METADATA, move |request| match request.method.as_str() {
            "PUT" => metadata(request),
            _ => role.clone(),
        });
        let error = stage.refusal().await;
        said.push_str(&format!("{name}: {error}\n  -> {}\n", error.hint.as_ref().unwrap()));
        assert_eq!(stage.asked().len(), 2);
    }
    insta::assert_snapshot!(said, @"
    silent: the broker has no AWS identity of its own. Its environment has no AWS_ACCESS_KEY_ID, no AWS_PROFILE, no AWS_WEB_IDENTITY_TOKEN_FILE and no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, and the instance's metadata did not answer: this is no instance of EC2, or the broker runs in a container there and the answer may not go so far (`aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2`)
      -> run the broker where AWS gives it a role (an instance, a task, a pod), or name a profile: AWS_PROFILE
    nobody: the broker has no AWS identity of its own. Its environment has no AWS_ACCESS_KEY_ID, no AWS_PROFILE, no AWS_WEB_IDENTITY_TOKEN_FILE and no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, and no instance's metadata can be reached
      -> run the broker where AWS gives it a role (an instance, a task, a pod), or name a profile: AWS_PROFILE
    turned off: the instance's metadata is turned off
      -> turn it on: `aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled --http-tokens required`
    only the first version: the instance's metadata answered HTTP 404 and no token: it does not speak IMDSv2
      -> check that nothing else answers at 169.254.169.254; the first version of the service is never asked
    a login page: the instance's metadata answered HTTP 200 and no token: it does not speak IMDSv2
      -> check that nothing else answers at 169.254.169.254; the first version of the service is never asked
    large: the instance's metadata cannot be asked: the answer of 169.254.169.254 is larger than jit reads
      -> try again in a moment; if it stays, look at it on the broker's machine
    redirect: the instance's metadata answered HTTP 302 and no token: it does not speak IMDSv2
      -> check that nothing else answers at 169.254.169.254; the first version of the service is never asked
    no role: the broker's instance has no role
      -> attach an instance profile to it: `aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=NAME`
    a page: the instance's metadata names no role
      -> check that nothing else answers at 169.254.169.254
    a path: the instance's metadata names no role
      -> check that nothing else answers at 169.254.169.254
    ");
    let mut stage = Stage::new(SESSION, &[("AWS_EC2_METADATA_DISABLED", "true")]);
    assert!(stage.refusal().await.message.contains("AWS_EC2_METADATA_DISABLED turns"));
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn a_persons_identity_is_never_taken_for_the_brokers() {
    let person =
        "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana@example.com";
    let error = Stage::with_keys(person).refusal().await;
    insta::assert_snapshot!(format!("{error}\n{}", error.hint.as_ref().unwrap()), @"
    the broker needs an AWS identity of its own, and AWS_ACCESS_KEY_ID in the broker's environment is the session of a person (arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana@example.com)
    give the broker's process a role: of its instance, container or pod, or a profile that is no sign-in
    ");
    for (profile, why) in [
        (
            "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 999988887777\nsso_role_name = Admin\n",
            "sign-in",
        ),
        (
            "role_arn = arn:aws:iam::999988887777:role/x\nmfa_serial = arn:aws:iam::999988887777:mfa/ana\nsource_profile = base\n",
            "MFA",
        ),
    ] {
        let mut stage = Stage::new(SESSION, &[("AWS_PROFILE", "own")]);
        let base = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n";
        let home = stage.world.system.files.home.clone();
        std::fs::create_dir_all(home.join(".aws")).unwrap();
        std::fs::write(home.join(".aws/config"), format!("[profile own]\n{profile}{base}")).unwrap();
        let error = stage.refusal().await;
        assert!(error.message.contains(why) && error.message.contains("of its own"), "{error}");
        assert!(stage.asked().is_empty(), "{:?}", stage.asked());
    }
}

/// A policy may name an STS for a role. The token of the broker's own identity opens its role for whoever gets it, so it goes to
/// the operator's STS alone.
#[tokio::test]
async fn a_policys_endpoint_never_gets_what_opens_the_brokers_own_role() {
    let evil = "https://sts.evil.example.com";
    let mut stage = Stage::new(SESSION, &[("AWS_ROLE_ARN", "arn:aws:iam::999988887777:role/jit-broker")]);
    let file = stage.file("irsa/token", JWT);
    stage.world.system.environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_os_str());
    stage.route_sts(evil);
    let target = TARGET.replace("&by=", &format!("&endpoint_url={evil}&by="));
    stage.mint_of(&target, 3600).await.unwrap();
    insta::assert_snapshot!(stage.asked().join("\n"), @"
    POST https://sts.eu-west-1.amazonaws.com/ AssumeRoleWithWebIdentity
    POST https://sts.eu-west-1.amazonaws.com/ GetCallerIdentity by ASIAOWN
    POST https://sts.evil.example.com/ AssumeRole by ASIAOWN
    ");
    for request in stage.http.sent().iter().filter(|request| request.url.starts_with(evil)) {
        // The session token is of no use without the secret, and the signature fits this host only.
        let whole = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
        assert!(!whole.contains(SECRET) && !whole.contains(JWT), "{whole}");
    }
    // The operator's own STS is asked about the identity, wherever the target is.
    let mut stage = Stage::with_keys(SESSION);
    stage.world.system.environment.set("AWS_ENDPOINT_URL_STS", "https://sts.vpce.example.com");
    stage.route_sts("https://sts.vpce.example.com");
    stage.mint().await.unwrap();
    assert!(stage.asked()[0].starts_with("POST https://sts.vpce.example.com/ GetCallerIdentity"));
    assert!(stage.asked()[1].starts_with(&format!("POST {STS}/ AssumeRole")));
}

#[tokio::test]
async fn a_session_of_another_role_is_refused() {
    let mut stage = Stage::with_keys(SESSION);
    stage.sts.lock().unwrap().gives = "jit-broker";
    let error = stage.refusal().await;
    assert!(error.message.contains("another role"), "{error}");
    assert!(!format!("{error:?}").contains(MINTED));
}

/// A log that keeps everything for a later look.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn at_trace_level_the_brokers_secrets_are_not_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let mut stage = Stage::new(SESSION, &[]);
            stage.route(METADATA, metadata);
            stage.mint().await.unwrap();
            let target = TARGET.parse().unwrap();
            let said = clouds::own_identity(&target, &stage.world.system).await.unwrap();
            assert_eq!(said, format!("{SESSION}, from the instance's metadata"));
            let mut stage = Stage::new(
                SESSION,
                &[
                    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"),
                    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", PASSWORD),
                ],
            );
            stage.route(CONTAINER, |_| answer(200, document("ASIATASK", 3600).to_string()));
            stage.mint().await.unwrap();
            let mut stage =
                Stage::new(SESSION, &[("AWS_ROLE_ARN", "arn:aws:iam::999988887777:role/jit-broker")]);
            let file = stage.file("irsa/token", JWT);
            stage.world.system.environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_os_str());
            stage.mint().await.unwrap();
        });
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the broker's own AWS identity"), "{log}");
    assert_secret(&log);
    assert!(!log.contains(MINTED) && !log.contains("eyJ"), "{log}");
}
