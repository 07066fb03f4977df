//! The target of a role: exactly one of `[aws]` and `[sandbox]`.

use crate::grant::Target;
use crate::grant::cloud::aws::AssumedBy;
use crate::grant::cloud::aws::AwsTarget;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::error::TargetError;
use crate::grant::span::Span;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::roles::region;

/// The longest session that one assumed role may open of another (IAM: role chaining).
pub(in crate::policy) const LONGEST_CHAINED: Span = Span::of_minutes(60);

/// A target, and how to open it.
pub(in crate::policy) struct Opening {
    pub(in crate::policy) target: Target,
    /// Whether credentials work only from the requester's address.
    pub(in crate::policy) bind_ip: bool,
    /// Whether what was handed out is denied in the cloud when access ends early.
    pub(in crate::policy) deny_revoked: bool,
}

/// Parses the one target table.
pub(in crate::policy) fn read(root: &Section<'_>) -> Option<Opening> {
    let (aws, sandbox) = (root.field("aws"), root.field("sandbox"));
    match (aws, sandbox) {
        (Some(field), None) => read_aws(field.section()?),
        (None, Some(field)) => read_sandbox(field.section()?),
        (Some(_), Some(second)) => {
            second.report("a role opens one target, and this is its second");
            None
        }
        (None, None) => {
            root.document.report_with(
                root.at,
                "the role opens nothing",
                "add [aws] with role_arn and region",
            );
            None
        }
    }
}

const ARN_HINT: &str = r#"write role_arn = "arn:aws:iam::111122223333:role/NAME""#;

fn read_aws(section: Section<'_>) -> Option<Opening> {
    let role_arn = section.required("role_arn", ARN_HINT);
    let region = section.required("region", r#"write region = "eu-west-1""#);
    let endpoint = section.field("endpoint_url");
    let via = section.field("via");
    let by = section.field("by");
    let by_broker = by.map_or(Some(false), |field| is_by_broker(&field));
    let bind_ip = section.field("bind_ip").map_or(Some(false), |field| field.truth());
    let deny_revoked = section.field("revoke").map_or(Some(false), |field| read_revoke(&field));
    section.finish(&[]);
    let arn = role_arn.and_then(|field| field.parse::<RoleArn>());
    let region_text = region.and_then(|field| field.text())?.to_owned();
    let named = region.is_none_or(|field| is_region(&field, &region_text));
    let endpoint_text = match &endpoint {
        Some(field) => Some(field.text()?.to_owned()),
        None => None,
    };
    let hub = via.map(|field| field.parse::<RoleArn>());
    let target = AwsTarget::new(arn?, region_text, endpoint_text).and_then(|target| match &hub {
        Some(Some(hub)) => target.through(hub.clone()),
        // An invalid hub has been reported already.
        Some(None) | None => Ok(target),
    });
    let target = target.and_then(|target| match by_broker {
        Some(true) => target.by_broker(),
        // An invalid word has been reported already.
        Some(false) | None => Ok(target),
    });
    let target = report_target(target.map(Target::Aws), &Blamed { role_arn, region, endpoint, via, by })?;
    let sound = named && !matches!(hub, Some(None)) && by_broker.is_some();
    let (bind_ip, deny_revoked) = bind_ip.zip(deny_revoked).filter(|_| sound)?;
    Some(Opening { target, bind_ip, deny_revoked })
}

/// Whether `revoke` says that what was handed out is denied. `None` for a value that is not known, which is reported.
fn read_revoke(field: &Field<'_>) -> Option<bool> {
    let is_deny = field.text()? == "deny";
    if !is_deny {
        field.report_with(
            "`revoke` says what happens to credentials when access ends early, and knows \"deny\" alone",
            "write revoke = \"deny\", or leave it out: credentials then work until they expire",
        );
    }
    is_deny.then_some(true)
}

/// Whether the broker's own identity assumes the role. `None` for a value that is not known, which is reported.
fn is_by_broker(field: &Field<'_>) -> Option<bool> {
    let is_broker = AssumedBy::Broker.word() == Some(field.text()?);
    if !is_broker {
        field.report_with(
            "`by` says whose identity assumes the role, and knows \"broker\" alone",
            "write by = \"broker\", or leave it out: the role is then opened with a token of the broker's issuer",
        );
    }
    is_broker.then_some(true)
}

/// Whether a text has the shape of a region. The target itself refuses texts with other characters.
fn is_region(field: &Field<'_>, text: &str) -> bool {
    let name = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte));
    match region::check(text) {
        Err(meant) if name => {
            let hint = meant.map_or_else(
                || r#"write region = "eu-west-1""#.to_owned(),
                |meant| format!("did you mean {meant}?"),
            );
            field.report_with(&format!("{text:?} is not an AWS region"), &hint);
            false
        }
        _ => true,
    }
}

fn read_sandbox(section: Section<'_>) -> Option<Opening> {
    let role_arn = section.required("role_arn", ARN_HINT);
    let endpoint = section.required("endpoint_url", r#"write endpoint_url = "http://127.0.0.1:PORT""#);
    let bind_ip = section.field("bind_ip").map_or(Some(false), |field| field.truth());
    section.finish(&[]);
    let arn = role_arn.and_then(|field| field.parse::<RoleArn>());
    let endpoint_text = endpoint.and_then(|field| field.text())?.to_owned();
    let target = Target::sandbox(arn?, endpoint_text);
    let target = report_target(target, &Blamed { role_arn, region: None, endpoint, via: None, by: None })?;
    bind_ip.map(|bind_ip| Opening { target, bind_ip, deny_revoked: false })
}

/// The keys that an error may belong to.
struct Blamed<'a> {
    role_arn: Option<Field<'a>>,
    region: Option<Field<'a>>,
    endpoint: Option<Field<'a>>,
    via: Option<Field<'a>>,
    by: Option<Field<'a>>,
}

/// Reports a target's error at the key that caused it.
fn report_target(target: Result<Target, TargetError>, blamed: &Blamed<'_>) -> Option<Target> {
    let error = match target {
        Ok(target) => return Some(target),
        Err(error) => error,
    };
    let field = match &error {
        TargetError::RoleArn(_) | TargetError::Unknown(_) | TargetError::Newer(_) => blamed.role_arn,
        TargetError::Region(_) | TargetError::Partition { .. } => blamed.region,
        TargetError::Endpoint(_) => blamed.endpoint,
        TargetError::Hub(_) => blamed.via,
        TargetError::HubByBroker => blamed.by,
    };
    if let Some(field) = field.or(blamed.role_arn) {
        field.report(&error.to_string());
    }
    None
}
