//! The sources in which the broker looks for its identity, in order, and the calls to each.

use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;

use super::*;

/// The metadata of an instance with the role `jit-broker`.
pub fn metadata(request: &Request) -> Answer {
    let path = request.url.strip_prefix(METADATA).unwrap();
    match (request.method.as_str(), path) {
        ("PUT", "/latest/api/token") => {
            assert_eq!(header(request, "x-aws-ec2-metadata-token-ttl-seconds"), Some("60"));
            answer(200, "metadata-canary-session==")
        }
        ("GET", path) if header(request, "x-aws-ec2-metadata-token") == Some("metadata-canary-session==") => {
            match path {
                "/latest/meta-data/iam/security-credentials/" => answer(200, "jit-broker"),
                "/latest/meta-data/iam/security-credentials/jit-broker" => {
                    answer(200, document("ASIAINSTANCE", 21_600).to_string())
                }
                _ => answer(404, "not found"),
            }
        }
        _ => answer(401, ""),
    }
}

#[tokio::test]
async fn an_instance_is_asked_by_the_second_version_only() {
    let mut stage = Stage::new(SESSION, &[]);
    stage.route(METADATA, metadata);
    stage.mint().await.unwrap();
    insta::assert_snapshot!(stage.asked().join("\n"), @"
    PUT http://169.254.169.254/latest/api/token
    GET http://169.254.169.254/latest/meta-data/iam/security-credentials/
    GET http://169.254.169.254/latest/meta-data/iam/security-credentials/jit-broker
    POST https://sts.eu-west-1.amazonaws.com/ GetCallerIdentity by ASIAINSTANCE
    POST https://sts.eu-west-1.amazonaws.com/ AssumeRole by ASIAINSTANCE
    ");
    assert!(stage.http.sent()[..3].iter().all(|request| request.time_limit.as_secs() <= 2));
}

#[tokio::test]
async fn a_task_and_a_pod_ask_their_endpoint() {
    let mut task = Stage::new(
        SESSION,
        &[
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/11-22?x=1"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://not.asked.example.com/"),
        ],
    );
    task.route(CONTAINER, |request| {
        assert_eq!(header(request, "authorization"), None);
        answer(200, document("ASIATASK", 3600).to_string())
    });
    task.mint().await.unwrap();
    assert_eq!(task.asked()[0], format!("GET {CONTAINER}/v2/credentials/11-22?x=1"));
    assert_eq!(signer(task.http.sent().last().unwrap()), Some("ASIATASK"));
    let mut pod = Stage::new(
        SESSION,
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials")],
    );
    let file = pod.file("pod/token", &format!("{PASSWORD}\n"));
    pod.world.system.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this");
    pod.world.system.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.as_os_str());
    pod.route(POD, |request| {
        assert_eq!(header(request, "authorization"), Some(PASSWORD));
        answer(200, document("ASIAPOD", 3600).to_string())
    });
    pod.mint().await.unwrap();
    assert_eq!(signer(pod.http.sent().last().unwrap()), Some("ASIAPOD"));
}

#[tokio::test]
async fn a_service_account_is_let_in_by_its_token_file() {
    let mut stage = Stage::new(SESSION, &[("AWS_ROLE_ARN", "arn:aws:iam::999988887777:role/eks/jit-broker")]);
    let file = stage.file("irsa/token", JWT);
    stage.world.system.environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_os_str());
    stage.mint().await.unwrap();
    insta::assert_snapshot!(stage.asked().join("\n"), @"
    POST https://sts.eu-west-1.amazonaws.com/ AssumeRoleWithWebIdentity
    POST https://sts.eu-west-1.amazonaws.com/ GetCallerIdentity by ASIAOWN
    POST https://sts.eu-west-1.amazonaws.com/ AssumeRole by ASIAOWN
    ");
    let call = form(&stage.http.sent()[0]);
    assert_eq!((call["WebIdentityToken"].as_str(), call["RoleSessionName"].as_str()), (JWT, "jit-broker"));
}

#[tokio::test]
async fn a_profile_is_read_only_if_it_is_named() {
    let config = "[default]\naws_access_key_id = AKIAPERSON\naws_secret_access_key = s\n\
                  [profile broker]\nrole_arn = arn:aws:iam::999988887777:role/jit-broker\nsource_profile = base\n\
                  [profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n";
    let staged = |variables: &[(&str, &str)]| {
        let stage = Stage::new(SESSION, variables);
        let home = stage.world.system.files.home.clone();
        std::fs::create_dir_all(home.join(".aws")).unwrap();
        std::fs::write(home.join(".aws/config"), config).unwrap();
        stage
    };
    let mut named = staged(&[("AWS_PROFILE", "broker")]);
    named.mint().await.unwrap();
    insta::assert_snapshot!(named.asked().join("\n"), @"
    POST https://sts.eu-west-1.amazonaws.com/ AssumeRole by AKIABASE
    POST https://sts.eu-west-1.amazonaws.com/ GetCallerIdentity by ASIAOWN
    POST https://sts.eu-west-1.amazonaws.com/ AssumeRole by ASIAOWN
    ");
    // The default profile of whoever started the broker is never its own.
    let mut unnamed = staged(&[]);
    let error = unnamed.refusal().await;
    assert!(error.message.contains("no AWS identity of its own"), "{error}");
    assert!(unnamed.asked().iter().all(|asked| !asked.contains("AKIA")), "{:?}", unnamed.asked());
    let mut default = staged(&[("AWS_PROFILE", "default")]);
    default.mint().await.unwrap();
    assert_eq!(signer(default.http.sent().last().unwrap()), Some("AKIAPERSON"));
    let error = staged(&[("AWS_PROFILE", "gone")]).refusal().await;
    assert!(error.message.contains("there is no profile gone"), "{error}");
}

#[tokio::test]
async fn credentials_are_kept_and_fetched_anew_before_they_expire() {
    static END: AtomicI64 = AtomicI64::new(3600);
    let mut stage = Stage::new(SESSION, &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x")]);
    stage.route(CONTAINER, |_| answer(200, document("ASIATASK", END.load(Ordering::Relaxed)).to_string()));
    let fetched = |stage: &Stage| stage.asked().iter().filter(|asked| asked.starts_with("GET")).count();
    stage.mint().await.unwrap();
    stage.clock.advance(std::time::Duration::from_secs(3600 - 5 * 60 - 30));
    stage.mint().await.unwrap();
    assert_eq!(fetched(&stage), 1);
    // Five minutes before their end, and the endpoint has no newer ones yet: they are used.
    stage.clock.advance(std::time::Duration::from_secs(60));
    stage.mint().await.unwrap();
    assert_eq!(fetched(&stage), 2);
    // It fails: what there is works until it expires.
    stage.route(CONTAINER, |_| answer(500, ""));
    stage.mint().await.unwrap();
    stage.clock.advance(std::time::Duration::from_secs(300));
    let error = stage.refusal().await;
    assert!(error.passing && error.message.contains("HTTP 500"), "{error:?}");
    END.store(10_000, Ordering::Relaxed);
    stage.route(CONTAINER, |_| answer(200, document("ASIATASK", END.load(Ordering::Relaxed)).to_string()));
    stage.mint().await.unwrap();
}

/// A source that is configured and fails is an error. Falling through would use another identity than the operator's choice.
#[tokio::test]
async fn no_other_identity_takes_the_place_of_one_that_fails() {
    let mut said = String::new();
    let missing = Path::new("/nonexistent/token");
    for variables in [
        vec![("AWS_ACCESS_KEY_ID", "AKIAOWN")],
        vec![("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token")],
        vec![
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::999988887777:role/x"),
        ],
        vec![("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"), ("AWS_ROLE_ARN", "x")],
        vec![("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x")],
        vec![("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "x")],
        vec![
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/x"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent/token"),
        ],
        vec![("AWS_PROFILE", "gone")],
        vec![
            ("AWS_ENDPOINT_URL_STS", "http://sts.example.com"),
            ("AWS_ACCESS_KEY_ID", "AKIAOWN"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ],
    ] {
        assert!(!missing.exists());
        let mut stage = Stage::new(SESSION, &variables);
        stage.route(METADATA, metadata);
        let error = stage.refusal().await;
        said.push_str(&format!("{error}\n  -> {}\n", error.hint.as_ref().unwrap()));
        assert!(stage.asked().iter().all(|asked| !asked.contains(METADATA)), "{:?}", stage.asked());
    }
    insta::assert_snapshot!(said, @r#"
    the broker's environment has only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
      -> set both, or neither: the broker then looks for a profile, a token file, a container's or an instance's role
    the broker's environment has AWS_WEB_IDENTITY_TOKEN_FILE and no AWS_ROLE_ARN
      -> set both: on EKS the annotation eks.amazonaws.com/role-arn of the service account does
    the broker's own role arn:aws:iam::999988887777:role/x was not opened by AWS_WEB_IDENTITY_TOKEN_FILE: the token file /nonexistent/token cannot be used: No such file or directory (os error 2)
      -> see that the broker's user may read it, and that it is the file of a projected service account token
    AWS_WEB_IDENTITY_TOKEN_FILE: "x" is not the ARN of an IAM role, like arn:aws:iam::111122223333:role/admin
      -> check AWS_ROLE_ARN
    the container's credentials endpoint cannot be asked: cannot connect to http://169.254.170.2: connection refused
      -> try again in a moment; if it stays, look at it on the broker's machine
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash
      -> leave it as the container's runtime sets it
    the token for the container's credentials endpoint cannot be used: /nonexistent/token: No such file or directory (os error 2)
      -> see AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, and that the broker's user may read the file
    the profile gone gives no credentials: there is no profile gone
      -> see what AWS's own tools say on the broker's machine: `aws sts get-caller-identity`
    the endpoint must be https, or http on this machine
      -> check AWS_REGION and AWS_ENDPOINT_URL_STS in the broker's environment
    "#);
}
