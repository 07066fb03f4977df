//! Opens a sealed lease, for a person's client and for a pipeline's. Compares all of it with the signed request, and
//! then asks the cloud.

use jiff::Timestamp;

use crate::grant::Digest;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::lease::LeaseError;
use crate::grant::lease::associated_data;
use crate::grant::statement::RequestStatement;
use crate::protocol::SealedLease;
use crate::provider::clouds;
use crate::provider::whose;
use crate::provider::whose::WhoseError;
use crate::secret::seal::RecipientKey;
use crate::system::System;

/// Why sealed credentials are not used. Nothing of them is shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// They do not open, or do not fit what was signed.
    #[error("the credentials for {role} are refused")]
    Refused {
        /// For which role they were asked.
        role: Name,
        /// The problem with the credentials.
        cause: String,
        /// How to fix it.
        advice: String,
    },
    /// The cloud does not say that they are the role's.
    #[error("the credentials for {role} are not kept")]
    NotKept {
        /// For which role they were asked.
        role: Name,
        /// The cloud's answer, or the reason why it gave none.
        error: WhoseError,
    },
}

impl OpeningError {
    /// Why, the nearest cause first.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::Refused { cause, .. } => vec![cause.clone()],
            Self::NotKept { error, .. } => std::iter::once(error.to_string()).chain(error.cause()).collect(),
        }
    }

    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { advice, .. } => Some(advice.clone()),
            Self::NotKept { error, .. } => error.hint(),
        }
    }
}

/// The signed request, and the other values that a sealed lease is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The authority's name in statements.
    pub authority: &'a str,
    /// The digest of the request.
    pub digest: &'a Digest,
    /// The statement of the request.
    pub asked: &'a RequestStatement,
    /// The SHA-256 of the document of the scope that it was approved for. `None` if the authority names none.
    pub narrowed: Option<&'a Digest>,
    /// The time at which all credentials must have expired.
    pub latest: Timestamp,
    /// The number of the stored lease, if there is one.
    pub before: Option<u32>,
    /// Advice for a lease that does not fit, in words.
    pub advice: &'a str,
}

/// Opens a lease. The error says what is wrong and shows no part of the lease.
///
/// # Errors
/// It was sealed for another key, request, run or number. Or it does not match the signed request. Or the cloud reports
/// another identity.
pub async fn open(
    system: &System,
    key: &RecipientKey,
    sealed: &SealedLease,
    signed: &Signed<'_>,
) -> Result<Lease, OpeningError> {
    let role = &signed.asked.role;
    let refuse = |cause: &str| OpeningError::Refused {
        role: role.clone(),
        cause: cause.to_owned(),
        advice: signed.advice.to_owned(),
    };
    let associated = associated_data(signed.authority, signed.digest, &sealed.run, sealed.number);
    let opened = key.open(&sealed.sealed, &associated).map_err(|error| refuse(&error.to_string()))?;
    let lease = Lease::from_secret_json(&opened).map_err(|error| {
        let advice = match error {
            LeaseError::Newer => "update jit on this machine, and try again",
            LeaseError::Damaged => signed.advice,
        };
        OpeningError::Refused { role: role.clone(), cause: error.to_string(), advice: advice.to_owned() }
    })?;
    fits(&lease, sealed, signed, system.clock.now()).map_err(refuse)?;
    whose::check(system, &lease.credentials, &signed.asked.target)
        .await
        .map_err(|error| OpeningError::NotKept { role: role.clone(), error })?;
    Ok(lease)
}

/// Compares a lease with the signed request: its number, times, account, role, region, endpoint and, where it says them, the limits
/// of a scope must match.
fn fits(
    lease: &Lease,
    sealed: &SealedLease,
    signed: &Signed<'_>,
    now: Timestamp,
) -> Result<(), &'static str> {
    if lease.number != sealed.number {
        return Err("their number differs from the announced one");
    }
    if signed.before.is_some_and(|before| before >= lease.number) {
        return Err("they were handed out before");
    }
    if lease.expires <= now {
        return Err("they have expired already; check this machine's clock");
    }
    if lease.expires > signed.latest {
        return Err("they outlive the request");
    }
    let (target, scope) = (&signed.asked.target, &signed.asked.scope);
    if clouds::outlives(&lease.credentials, target, signed.latest.min(sealed.active_until)) {
        return Err("one of them works for longer than the access, which the role does not accept");
    }
    // Where reviewers narrowed it, the signed scope is wider.
    let scope = signed.narrowed.or(scope.as_ref().map(|scope| &scope.document));
    let of_scope = || scope.and_then(|document| clouds::misfit_of_scope(&lease.credentials, document));
    clouds::misfit(&lease.credentials, target).or_else(of_scope).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Cloud;
    use crate::grant::Credentials;
    use crate::grant::ScopeDocument;
    use crate::grant::Target;
    use crate::grant::cloud::aws::AwsCredentials;
    use crate::grant::cloud::azure::Authority;
    use crate::grant::cloud::azure::AzureCredentials;
    use crate::grant::cloud::azure::AzureToken;
    use crate::grant::statement::Header;
    use crate::grant::statement::RequestedScope;
    use crate::grant::statement::Way;

    /// The expected error, and the change of the lease.
    type Altered<'a> = (&'a str, &'a dyn Fn(&mut Lease));

    fn asked() -> RequestStatement {
        let created: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        RequestStatement {
            header: Header {
                authority: "github:42".to_owned(),
                who: "deploy".parse().unwrap(),
                at: created,
                nonce: "a-nonce-for-the-test".to_owned(),
            },
            way: Way::Request,
            interactive: false,
            agent: false,
            role: "prod".parse().unwrap(),
            target: "aws:arn:aws:iam::111122223333:role/prod?region=eu-west-1".parse().unwrap(),
            scope: None,
            duration: "1h".parse().unwrap(),
            start: None,
            reason: String::new(),
            recipient: String::new(),
            workload: None,
            job: None,
            purpose: None,
            policy: Digest::of(b"policy"),
            created,
            not_after: "2026-11-23T11:00:00Z".parse().unwrap(),
        }
    }

    fn lease() -> Lease {
        Lease {
            number: 2,
            expires: "2026-11-23T11:00:00Z".parse().unwrap(),
            credentials: Credentials::Aws(AwsCredentials {
                access_key_id: "ASIAEXAMPLE".to_owned(),
                secret_access_key: "hush".into(),
                session_token: "quiet".into(),
                account: "111122223333".to_owned(),
                session_arn: Some("arn:aws:sts::111122223333:assumed-role/prod/x".to_owned()),
                region: "eu-west-1".to_owned(),
                endpoint_url: None,
            }),
        }
    }

    fn aws(lease: &mut Lease) -> &mut AwsCredentials {
        let Credentials::Aws(credentials) = &mut lease.credentials else { panic!() };
        credentials
    }

    /// Each part of a lease is compared with the signed request, whoever opens it.
    #[test]
    fn nothing_that_was_not_signed_gets_in() {
        let (asked, digest) = (asked(), Digest::of(b"request"));
        let sealed = SealedLease {
            number: 2,
            run: "7".to_owned(),
            sealed: String::new(),
            expires: asked.not_after,
            active_until: asked.not_after,
        };
        let signed = Signed {
            authority: "github:42",
            digest: &digest,
            asked: &asked,
            narrowed: None,
            latest: asked.not_after,
            before: Some(1),
            advice: "",
        };
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let said = |change: &dyn Fn(&mut Lease)| {
            let mut lease = lease();
            change(&mut lease);
            fits(&lease, &sealed, &signed, now)
        };
        assert_eq!(said(&|_| {}), Ok(()));
        assert_eq!(said(&|lease| aws(lease).session_arn = None), Ok(()));
        let changes: [Altered<'_>; 8] = [
            ("their number", &|lease| lease.number = 3),
            ("they have expired", &|lease| lease.expires = now),
            ("they outlive", &|lease| lease.expires = "2026-11-23T11:00:01Z".parse().unwrap()),
            ("another account", &|lease| aws(lease).account = "999999999999".to_owned()),
            ("another role", &|lease| {
                aws(lease).session_arn = Some("arn:aws:sts::111122223333:assumed-role/other/x".to_owned());
            }),
            ("another region", &|lease| aws(lease).region = "us-east-1".to_owned()),
            ("another endpoint", &|lease| {
                aws(lease).endpoint_url = Some("https://evil.example".to_owned());
            }),
            ("another endpoint", &|lease| aws(lease).endpoint_url = Some(String::new())),
        ];
        for (words, change) in changes {
            assert!(said(change).unwrap_err().contains(words), "{words}");
        }
        let before = Signed { before: Some(2), ..signed };
        assert_eq!(fits(&lease(), &sealed, &before, now), Err("they were handed out before"));
        // A target with its own endpoint, as in a private network, must match as well.
        let arn = asked.target.role_arn().unwrap().clone();
        let endpoint = Some("https://sts.example.com".to_owned());
        let target = Target::aws(arn, "eu-west-1".to_owned(), endpoint).unwrap();
        let asked = RequestStatement { target, ..asked.clone() };
        let signed = Signed { asked: &asked, ..signed };
        assert!(fits(&lease(), &sealed, &signed, now).unwrap_err().contains("another endpoint"));
    }

    /// Each token has an end and an audience of its own: none works for longer, and none is for more, than was signed.
    #[test]
    fn no_token_of_a_lease_is_more_than_was_signed() {
        const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
        const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
        const MANAGER: &str = "https://management.azure.com";
        const GRAPH: &str = "https://graph.microsoft.com";
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let lease = |tokens: &[(&str, &str)], overrun: bool| Lease {
            number: 2,
            expires: at("2026-11-23T10:50:00Z"),
            credentials: Credentials::Azure(AzureCredentials {
                tokens: tokens
                    .iter()
                    .map(|(audience, end)| AzureToken {
                        audience: (*audience).to_owned(),
                        token: "quiet".into(),
                        expires: at(end),
                    })
                    .collect(),
                tenant: TENANT.to_owned(),
                client_id: APP.to_owned(),
                authority: Authority::Public,
                overrun,
            }),
        };
        let document = |text: &str| ScopeDocument::parse(Cloud::Azure, text, str::to_owned).unwrap().digest();
        let weighed = |scope: Option<&str>,
                       narrowed: Option<&str>,
                       until: &str,
                       tokens: &[(&str, &str)],
                       more: &str| {
            let target = format!("azure:{APP}?tenant={TENANT}&audiences={MANAGER},{GRAPH}{more}");
            let scope =
                scope.map(|text| RequestedScope { name: "some".parse().unwrap(), document: document(text) });
            let narrowed = narrowed.map(document);
            let asked = RequestStatement { target: target.parse().unwrap(), scope, ..asked() };
            let sealed = SealedLease {
                number: 2,
                run: "7".to_owned(),
                sealed: String::new(),
                expires: asked.not_after,
                active_until: at(until),
            };
            let signed = Signed {
                authority: "github:42",
                digest: &Digest::of(b"request"),
                asked: &asked,
                narrowed: narrowed.as_ref(),
                latest: asked.not_after,
                before: Some(1),
                advice: "",
            };
            fits(&lease(tokens, !more.is_empty()), &sealed, &signed, at("2026-11-23T10:00:00Z"))
        };
        let said = |scope: Option<&str>, until: &str, tokens: &[(&str, &str)], more: &str| {
            weighed(scope, None, until, tokens, more)
        };
        let (end, late) = ("2026-11-23T11:01:00Z", "2026-11-23T11:01:01Z");
        let longer = Err("one of them works for longer than the access, which the role does not accept");
        assert_eq!(said(None, end, &[(MANAGER, end), (GRAPH, end)], ""), Ok(()));
        assert_eq!(said(None, end, &[(MANAGER, end), (GRAPH, late)], ""), longer);
        assert_eq!(said(None, "2026-11-23T10:59:59Z", &[(MANAGER, end)], ""), longer);
        assert_eq!(said(None, end, &[(MANAGER, end), (GRAPH, late)], "&overrun=accept"), Ok(()));
        let scope = Some(r#"{"audiences":["https://graph.microsoft.com"]}"#);
        let other = Err("they are for other audiences than the requested scope's");
        assert_eq!(said(scope, end, &[(GRAPH, end)], ""), Ok(()));
        assert_eq!(said(scope, end, &[(MANAGER, end)], ""), other);
        assert_eq!(said(scope, end, &[(GRAPH, end), (MANAGER, end)], ""), other);
        assert_eq!(said(scope, end, &[(GRAPH, end), (GRAPH, end)], ""), other);
        // A reviewer's scope counts as a signed one does.
        let both = Some(r#"{"audiences":["https://graph.microsoft.com","https://management.azure.com"]}"#);
        for signed in [None, both] {
            assert_eq!(weighed(signed, scope, end, &[(GRAPH, end)], ""), Ok(()));
            assert_eq!(weighed(signed, scope, end, &[(GRAPH, end), (MANAGER, end)], ""), other);
        }
    }
}
