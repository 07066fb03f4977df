//! IAM, as far as the broker writes there: one inline policy of a role, by the broker's own identity.
//!
//! The protocol is STS's with another version (IAM API reference). One region of each partition signs for the whole
//! partition.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::AwsProvider;
use super::MIN_SESSION;
use super::ambient::Ambient;
use super::ambient::Own;
use super::ambient::own_endpoint;
use super::ambient::world;
use super::denials::By;
use super::denials::Denials;
use super::denials::Denied;
use super::denials::MAX_INLINE;
use super::denials::POLICY_NAME;
use super::endpoint;
use super::identify::signed_for;
use super::signing;
use super::vouching::Voucher;
use super::vouching::Words;
use super::wire;
use super::wire::World;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::Deny;
use crate::provider::Denying;
use crate::provider::ProviderError;
use crate::system::Environment;
use crate::system::System;

/// The version of the IAM API.
const VERSION: &str = "2010-05-08";

/// The words of a refusal if the role, or its policy, is not there.
const ABSENT: &str = "the role or its inline policy is not there";

/// The words of a refusal if no more fits.
const FULL: &str = "the role's inline policies are full";

/// Partition, the region that signs, and the host (botocore's endpoint rule set of IAM).
const PLACES: [(&str, &str, &str); 8] = [
    ("aws", "us-east-1", "iam.amazonaws.com"),
    ("aws-cn", "cn-north-1", "iam.cn-north-1.amazonaws.com.cn"),
    ("aws-us-gov", "us-gov-west-1", "iam.us-gov.amazonaws.com"),
    ("aws-eusc", "eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu"),
    ("aws-iso", "us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov"),
    ("aws-iso-b", "us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov"),
    ("aws-iso-e", "eu-isoe-west-1", "iam.eu-isoe-west-1.cloud.adc-e.uk"),
    ("aws-iso-f", "us-isof-south-1", "iam.us-isof-south-1.csp.hci.ic.gov"),
];

/// The endpoint of IAM that writes a role's policies, and the region for which calls are signed. The policy of `jit` does not name it.
struct IamPlace {
    url: String,
    region: &'static str,
}

impl IamPlace {
    fn of(environment: &Environment, role: &RoleArn) -> Result<Self, ProviderError> {
        let place = PLACES.into_iter().find(|(partition, ..)| *partition == role.partition());
        let (_, region, host) = place.ok_or_else(|| ProviderError {
            message: format!("the partition {} of AWS is not known", role.partition()),
            hint: Some("update jit".to_owned()),
            passing: false,
        })?;
        let url = match own_endpoint(environment, "AWS_ENDPOINT_URL_IAM") {
            Some(given) => endpoint::sts_url(region, Some(given))?,
            None => format!("https://{host}/"),
        };
        Ok(Self { url, region })
    }
}

impl AwsProvider {
    /// Writes the inline policy of a role so that it denies these requests too, and no request whose sessions have ended.
    pub(super) async fn write_denials(&self, order: &Deny) -> Result<Denying, ProviderError> {
        let own = self.own.as_ref().ok_or_else(|| ProviderError {
            message: "a workflow has no AWS identity with which it could deny anything".to_owned(),
            hint: Some("take `revoke` out of the role's file, or give the role from a broker".to_owned()),
            passing: false,
        })?;
        let role = order.target.role_arn().filter(|_| order.target.as_aws().is_some());
        let role = role.ok_or_else(|| ProviderError {
            message: "it is no role of AWS".to_owned(),
            hint: Some("take `revoke` out of the role's file".to_owned()),
            passing: false,
        })?;
        write(own, role, order, self.clock.now()).await
    }
}

async fn write(
    own: &Ambient,
    role: &RoleArn,
    order: &Deny,
    now: Timestamp,
) -> Result<Denying, ProviderError> {
    let system = own.system();
    let place = IamPlace::of(&system.environment, role)?;
    let identity = own.get(place.region).await?;
    if identity.account != role.account() {
        return Err(ProviderError {
            message: format!(
                "the broker's own identity is in account {}, and only an identity of account {} may write policies of its roles",
                identity.account,
                role.account()
            ),
            hint: Some("take `revoke` out of the role's file, or run a broker in that account".to_owned()),
            passing: false,
        });
    }
    let caller = Caller { system, own: &identity, place: &place, role };
    let outcome = change(&caller, order, now).await;
    if outcome.as_ref().is_err_and(super::vouching::is_stale) {
        own.forget(&identity).await;
    }
    outcome
}

async fn change(caller: &Caller<'_>, order: &Deny, now: Timestamp) -> Result<Denying, ProviderError> {
    let written = caller.read().await?;
    let mut denials = written.clone();
    denials.sweep(now);
    let mut left_out = Vec::new();
    for denied in order.requests.iter().map(|request| of_order(request, &order.target)) {
        if denied.until <= now || denials.has(&denied) {
            continue;
        }
        let mut more = denials.clone();
        more.add(&denied);
        if more.text().len() > MAX_INLINE {
            left_out.push(denied.request);
        } else {
            denials = more;
        }
    }
    if denials != written {
        if denials.is_empty() {
            caller.delete().await?;
        } else {
            caller.put(&denials.text()).await?;
        }
    }
    let full = || ProviderError {
        message: format!("{FULL}: {POLICY_NAME} has {} characters of {MAX_INLINE}", denials.text().len()),
        hint: Some("room comes back as sessions end; until then deny by hand on the role itself".to_owned()),
        passing: true,
    };
    let left_out = (!left_out.is_empty()).then(|| (left_out, full()));
    Ok(Denying { next_sweep: denials.next_sweep(), left_out })
}

fn of_order((request, until): &(crate::grant::RequestId, Timestamp), target: &Target) -> Denied {
    let by = if target.is_by_broker() { By::Source } else { By::Session };
    // A session lives at least so long, whatever was asked. Its own policy ends it before; this is for an STS that does not
    // apply that.
    let until = until.checked_add(jiff::SignedDuration::from_secs(MIN_SESSION)).unwrap_or(*until);
    Denied { request: request.clone(), by, until }
}

/// The things that every call needs: the broker's identity, the endpoint, and the role whose policy it is about.
struct Caller<'a> {
    system: &'a System,
    own: &'a Own,
    place: &'a IamPlace,
    role: &'a RoleArn,
}

impl Caller<'_> {
    async fn call(&self, action: &str, more: &[(&str, &str)]) -> Result<String, ProviderError> {
        let mut parameters = vec![("RoleName", self.role.role_name()), ("PolicyName", POLICY_NAME)];
        parameters.extend(more);
        let form = wire::form_of(VERSION, action, &parameters);
        let world = World { voucher: Voucher::Denying, ..world(self.system) };
        let answer = wire::call(&world, || {
            let keys = &self.own.keys;
            signed_for(signing::IAM, &self.place.url, &form, keys, self.place.region, &*self.system.clock)
        })
        .await?;
        Ok(answer.to_string())
    }

    /// Reads the denials that the role's inline policy has now. Empty if there is no such policy.
    ///
    /// # Errors
    /// IAM does not answer or refuses, or jit did not write the policy.
    async fn read(&self) -> Result<Denials, ProviderError> {
        let answer = match self.call("GetRolePolicy", &[]).await {
            Ok(answer) => answer,
            // If the role itself is missing, the next call says so.
            Err(error) if error.message.starts_with(ABSENT) => return Ok(Denials::default()),
            Err(error) => return Err(error),
        };
        let document = read_document(&answer).and_then(|text| Denials::read(&text));
        document.ok_or_else(|| ProviderError {
            message: format!("the role has an inline policy {POLICY_NAME} that jit did not write"),
            hint: Some("give it another name, so that jit can use this one".to_owned()),
            passing: false,
        })
    }

    async fn put(&self, text: &str) -> Result<(), ProviderError> {
        self.call("PutRolePolicy", &[("PolicyDocument", text)]).await.map(drop)
    }

    async fn delete(&self) -> Result<(), ProviderError> {
        match self.call("DeleteRolePolicy", &[]).await {
            // Somebody else took it away.
            Err(error) if error.message.starts_with(ABSENT) => Ok(()),
            answered => answered.map(drop),
        }
    }
}

#[derive(Deserialize)]
struct PolicyAnswer {
    #[serde(rename = "GetRolePolicyResult")]
    result: PolicyResult,
}

#[derive(Deserialize)]
struct PolicyResult {
    #[serde(rename = "PolicyDocument")]
    document: String,
}

/// The document in an answer of `GetRolePolicy`, which has it percent-encoded (RFC 3986).
fn read_document(xml: &str) -> Option<String> {
    let PolicyAnswer { result } = quick_xml::de::from_str(xml).ok()?;
    let decoded = percent_decode_str(result.document.trim()).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// The words for an error code of IAM. `None` if those for STS fit.
pub fn words(code: &str) -> Option<Words> {
    Some(match code {
        "AccessDenied" | "AccessDeniedException" => (
            "the broker's own identity may not write the role's inline policies",
            Some(
                "give it what `jit setup aws-trust ROLE --part broker-permissions` prints, or take `revoke` out of the role's file",
            ),
        ),
        "NoSuchEntity" => (ABSENT, Some("check the role's ARN in the policy")),
        "LimitExceeded" => (
            FULL,
            Some(
                "room comes back as sessions end; make the role's other inline policies managed ones, and deny by hand until then",
            ),
        ),
        "UnmodifiableEntity" => (
            "AWS itself manages this role, and lets nobody write its policies",
            Some("take `revoke` out of the role's file"),
        ),
        _ => return None,
    })
}
