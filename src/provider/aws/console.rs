//! The URL that signs a browser in to AWS's web console with existing credentials (AWS, "Enable custom identity broker
//! access to the AWS console").

use serde::Deserialize;
use zeroize::Zeroizing;

use super::endpoint;
use super::endpoint::SANDBOX_REGION;
use super::wire;
use crate::grant::cloud::aws::AwsCredentials;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::Http;
use crate::system::http::Request;

/// Partition, sign-in host, and console host.
const PARTITIONS: [(&str, &str, &str); 3] = [
    ("aws", "signin.aws.amazon.com", "console.aws.amazon.com"),
    ("aws-cn", "signin.amazonaws.cn", "console.amazonaws.cn"),
    ("aws-us-gov", "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
];

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SigninToken")]
    token: Secret<String>,
}

/// The URL to open. Anybody who has it within fifteen minutes is signed in, so it is as secret as the credentials.
///
/// The length of the console's session is not set: it then ends with the credentials, and chained roles are not
/// refused.
///
/// `destination` is a URL of the console, or the name of a service. The default is the console's first page.
///
/// # Errors
/// The credentials are not a session of AWS itself, the partition has no known console, the destination is outside the
/// console, or AWS returned no sign-in token.
pub async fn sign_in_url(
    credentials: &AwsCredentials,
    destination: Option<&str>,
    http: &dyn Http,
) -> Result<Secret<String>, ProviderError> {
    let partition = partition_of(credentials)?;
    let (_, sign_in, console) =
        PARTITIONS.into_iter().find(|(name, ..)| *name == partition).ok_or_else(|| {
            refuse(
                format!("the web console of the partition {partition} is not known to jit"),
                "use the access in a terminal: `jit exec ROLE -- COMMAND`",
            )
        })?;
    let destination = destination_url(destination, console, &credentials.region)?;
    let federation = format!("https://{sign_in}/federation");
    let token = sign_in_token(&federation, credentials, http).await?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "login")
        .append_pair("Destination", &destination)
        .append_pair("SigninToken", token.expose())
        .finish();
    Ok(Secret::new(format!("{federation}?{query}")))
}

/// The partition. Only credentials of AWS's own STS are sent to AWS's sign-in, never those of another endpoint.
fn partition_of(credentials: &AwsCredentials) -> Result<&'static str, ProviderError> {
    if credentials.region == SANDBOX_REGION {
        return Err(refuse(
            "the sandbox cloud has no web console".to_owned(),
            "use it in a terminal: `jit exec ROLE -- jit whoami --cloud`",
        ));
    }
    let elsewhere = credentials.endpoint_url.as_deref().is_some_and(|endpoint| {
        let url = url::Url::parse(endpoint).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
        ![".amazonaws.com", ".amazonaws.com.cn"].iter().any(|suffix| host.ends_with(suffix))
    });
    if elsewhere {
        return Err(refuse(
            "these credentials come from another endpoint than AWS's own, which has no web console"
                .to_owned(),
            "use the access in a terminal: `jit exec ROLE -- COMMAND`",
        ));
    }
    Ok(endpoint::partition_of(&credentials.region))
}

fn destination_url(wanted: Option<&str>, console: &str, region: &str) -> Result<String, ProviderError> {
    let service = wanted.unwrap_or("console");
    let is_service = !service.is_empty()
        && service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_service {
        return Ok(format!("https://{console}/{service}/home?region={region}"));
    }
    let outside = || {
        refuse(
            format!("the destination is not a page of the console at {console}"),
            "name a service, like `s3`, or the whole address of a page of the console",
        )
    };
    let url = url::Url::parse(service).map_err(|_| outside())?;
    let host = url.host_str().unwrap_or_default();
    let within = host == console || host.strip_suffix(console).is_some_and(|front| front.ends_with('.'));
    let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    if url.scheme() == "https" && within && plain { Ok(url.into()) } else { Err(outside()) }
}

/// Fetches the token by `POST`, because a URL with the credentials in it would appear in every proxy's log.
async fn sign_in_token(
    federation: &str,
    credentials: &AwsCredentials,
    http: &dyn Http,
) -> Result<Secret<String>, ProviderError> {
    let session = Zeroizing::new(
        serde_json::json!({
            "sessionId": credentials.access_key_id,
            "sessionKey": credentials.secret_access_key.expose(),
            "sessionToken": credentials.session_token.expose(),
        })
        .to_string(),
    );
    let form = Zeroizing::new(
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "getSigninToken")
            .append_pair("Session", &session)
            .finish(),
    );
    let request: Request = wire::post(federation, &form);
    let answer = http.send(request).await.map_err(|error| ProviderError {
        message: format!("AWS's sign-in was not reached: {error}"),
        hint: Some("check that this machine may reach it, then try again".to_owned()),
        passing: true,
    })?;
    if answer.status != 200 {
        return Err(ProviderError {
            message: format!("AWS's sign-in refused these credentials (status {})", answer.status),
            hint: Some("see whether they still work: `jit exec ROLE -- jit whoami --cloud`".to_owned()),
            passing: answer.status >= 500,
        });
    }
    let body = Zeroizing::new(answer.body);
    serde_json::from_slice::<Answer>(&body)
        .ok()
        .map(|answer| answer.token)
        .filter(|token| !token.expose().is_empty())
        .ok_or_else(|| {
            refuse(
                "AWS's sign-in answered without a sign-in token".to_owned(),
                "try again; a proxy on the way may have answered instead",
            )
        })
}

fn refuse(message: String, hint: &str) -> ProviderError {
    ProviderError { message, hint: Some(hint.to_owned()), passing: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::fake::FakeHttp;
    use crate::system::fake::Host;
    use crate::system::http::HttpError;
    use crate::system::http::Response;
    use async_trait::async_trait;
    use std::sync::Arc;

    struct SignIn(u16, &'static str);

    #[async_trait]
    impl Host for SignIn {
        async fn answer(&self, _request: Request) -> Result<Response, HttpError> {
            Ok(Response { status: self.0, headers: Vec::new(), body: self.1.as_bytes().to_vec() })
        }
    }

    fn credentials(region: &str, endpoint_url: Option<&str>) -> AwsCredentials {
        AwsCredentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "canary/se+cret".into(),
            session_token: "canary-to=ken".into(),
            account: "111122223333".to_owned(),
            session_arn: None,
            region: region.to_owned(),
            endpoint_url: endpoint_url.map(str::to_owned),
        }
    }

    const TOKEN: &str = r#"{"SigninToken":"a+b/c="}"#;

    #[tokio::test]
    async fn each_partition_signs_in_at_its_own_host() {
        for (region, sign_in, expected) in [
            (
                "eu-west-1",
                "https://signin.aws.amazon.com",
                "https://signin.aws.amazon.com/federation?Action=login&Destination=https%3A%2F%2Fconsole.aws.amazon.com\
                 %2Fconsole%2Fhome%3Fregion%3Deu-west-1&SigninToken=a%2Bb%2Fc%3D",
            ),
            (
                "cn-north-1",
                "https://signin.amazonaws.cn",
                "https://signin.amazonaws.cn/federation?Action=login&Destination=https%3A%2F%2Fconsole.amazonaws.cn\
                 %2Fconsole%2Fhome%3Fregion%3Dcn-north-1&SigninToken=a%2Bb%2Fc%3D",
            ),
            (
                "us-gov-west-1",
                "https://signin.amazonaws-us-gov.com",
                "https://signin.amazonaws-us-gov.com/federation?Action=login&Destination=https%3A%2F%2F\
                 console.amazonaws-us-gov.com%2Fconsole%2Fhome%3Fregion%3Dus-gov-west-1&SigninToken=a%2Bb%2Fc%3D",
            ),
        ] {
            let http = FakeHttp::default();
            http.route(sign_in, Arc::new(SignIn(200, TOKEN)));
            let url = sign_in_url(&credentials(region, None), None, &http).await.unwrap();
            assert_eq!(url.expose(), expected);
            let sent = http.sent();
            assert_eq!(sent.len(), 1);
            assert_eq!((sent[0].method.as_str(), &sent[0].url), ("POST", &format!("{sign_in}/federation")));
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(&sent[0].body).into_owned().collect();
            assert_eq!(fields[0], ("Action".to_owned(), "getSigninToken".to_owned()));
            let session: serde_json::Value = serde_json::from_str(&fields[1].1).unwrap();
            assert_eq!(
                session,
                serde_json::json!({
                    "sessionId": "ASIAEXAMPLE", "sessionKey": "canary/se+cret", "sessionToken": "canary-to=ken",
                })
            );
            assert_eq!(fields.len(), 2, "no duration is named");
        }
    }

    #[tokio::test]
    async fn credentials_are_shown_to_nobody_but_aws() {
        let http = FakeHttp::default();
        for (region, endpoint) in [
            ("sandbox", Some("http://127.0.0.1:4000")),
            ("eu-west-1", Some("http://127.0.0.1:4000")),
            ("eu-west-1", Some("https://amazonaws.com.example.com")),
            ("us-iso-east-1", None),
            ("eusc-de-east-1", None),
        ] {
            let refused = sign_in_url(&credentials(region, endpoint), None, &http).await;
            assert!(refused.is_err(), "{region} {endpoint:?}");
        }
        assert!(http.sent().is_empty());
    }

    #[test]
    fn destinations_stay_within_the_console() {
        let console = "console.aws.amazon.com";
        let to = |wanted: &str| destination_url(Some(wanted), console, "eu-west-1").ok();
        assert_eq!(to("s3").unwrap(), "https://console.aws.amazon.com/s3/home?region=eu-west-1");
        let page = "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:";
        assert_eq!(to(page).unwrap(), page);
        for outside in [
            "https://evil.example/",
            "https://evilconsole.aws.amazon.com/",
            "https://console.aws.amazon.com.evil.example/",
            "https://console.aws.amazon.com@evil.example/",
            "http://console.aws.amazon.com/",
            "javascript:alert(1)",
            "../x",
            "",
        ] {
            assert_eq!(to(outside), None, "{outside}");
        }
    }

    #[tokio::test]
    async fn refusals_show_nothing_of_what_was_sent_or_answered() {
        for (status, body) in [
            (400, "canary-to=ken"),
            (302, ""),
            (200, "<html>canary-to=ken</html>"),
            (200, r#"{"SigninToken":""}"#),
        ] {
            let http = FakeHttp::default();
            http.route("https://signin.aws.amazon.com", Arc::new(SignIn(status, body)));
            let error = sign_in_url(&credentials("eu-west-1", None), None, &http).await.unwrap_err();
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
