//! The target of a role: exactly one of `[aws]`, `[sandbox]`, `[token]`, `[vault]`, `[gcp]`, `[kubernetes]` and `[azure]`.

use crate::grant::Target;
use crate::grant::cloud::aws::AssumedBy;
use crate::grant::cloud::aws::AwsTarget;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::azure::LONGEST_LIFE;
use crate::grant::cloud::error::TargetError;
use crate::grant::cloud::gcp::GcpTarget;
use crate::grant::cloud::gcp_scope::OauthScopes;
use crate::grant::cloud::token::TokenTarget;
use crate::grant::cloud::vault::DEFAULT_MOUNT;
use crate::grant::cloud::vault::VaultTarget;
use crate::grant::span::Span;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::roles::azure;
use crate::policy::roles::blame;
use crate::policy::roles::kubernetes;
use crate::policy::roles::narrowing;
use crate::policy::roles::region;
use crate::policy::roles::role::Surroundings;

/// The longest session that one assumed role may open of another (IAM: role chaining).
pub(in crate::policy) const LONGEST_CHAINED: Span = Span::of_minutes(60);

/// The longest life of a token by which a role gets into a Kubernetes cluster: nothing takes such a token back.
const LONGEST_KUBERNETES: Span = Span::of_minutes(15);

/// The longest life of an access token of Google Cloud, unless an organisation's policy lists the service account.
const LONGEST_OF_GCP: Span = Span::of_minutes(60);

/// How long credentials for a target live at most, whose they are, and why, in words. `None` where only the policy limits them.
pub(in crate::policy) fn longest_lease(target: &Target) -> Option<(Span, &'static str, &'static str)> {
    match target {
        _ if target.is_chained() => {
            Some((LONGEST_CHAINED, "credentials got `via` another role", "IAM limits chained sessions"))
        }
        Target::Gcp(_) => Some((LONGEST_OF_GCP, "access tokens of Google Cloud", "Google limits them")),
        Target::Kubernetes(cluster) if cluster.groups().is_some() => Some((
            LONGEST_KUBERNETES,
            "tokens for a Kubernetes cluster",
            "nothing takes them back, so they are short",
        )),
        _ => None,
    }
}

/// The shortest life of a service account's token in Kubernetes (`TokenRequestSpec.expirationSeconds`).
const SHORTEST_OF_ACCOUNTS: Span = Span::of_minutes(10);

/// The shortest life of a target's credentials, where they do not end by themselves with a shorter access. `None` where they do.
pub(in crate::policy) fn overrun(target: &Target) -> Option<Span> {
    target.as_kubernetes().filter(|cluster| cluster.groups().is_none()).map(|_| SHORTEST_OF_ACCOUNTS)
}

/// How long credentials for a target live by their place's own decision, and why, in words. `None` where the policy decides.
pub(in crate::policy) fn decided_lease(target: &Target) -> Option<(Span, &'static str)> {
    target.as_azure().map(|_| (LONGEST_LIFE, "Entra decides how long a token of Azure lives"))
}

/// A target, and how to open it.
pub(in crate::policy) struct Opening {
    pub(in crate::policy) target: Target,
    /// Whether credentials work only from the requester's address.
    pub(in crate::policy) bind_ip: bool,
    /// Whether what was handed out is denied in the cloud when access ends early.
    pub(in crate::policy) deny_revoked: bool,
    /// The role at the place by which the broker takes back what was handed out when access ends early.
    pub(in crate::policy) revoke_role: Option<String>,
}

impl Opening {
    /// A target whose credentials work from everywhere, until they expire.
    pub(in crate::policy) fn of(target: Target) -> Self {
        Self { target, bind_ip: false, deny_revoked: false, revoke_role: None }
    }
}

/// The keys of the target tables.
pub(in crate::policy) const TABLES: [&str; 7] =
    ["aws", "sandbox", "token", "vault", "gcp", "kubernetes", "azure"];

/// Parses the one target table.
pub(in crate::policy) fn read(root: &Section<'_>, around: &Surroundings<'_>) -> Option<Opening> {
    let mut tables = TABLES.into_iter().filter_map(|key| Some((key, root.field(key)?)));
    let Some((key, field)) = tables.next() else {
        root.document.report_with(
            root.at,
            "the role opens nothing",
            "add [aws] with role_arn and region, or another target: [gcp], [azure], [kubernetes], [vault], [token]",
        );
        return None;
    };
    let second = tables.next();
    // Marks the keys of all tables as known.
    tables.for_each(drop);
    if let Some((_, second)) = second {
        second.report("a role opens one target, and this is its second");
        return None;
    }
    let section = field.section()?;
    match key {
        "aws" => read_aws(&field, section),
        "sandbox" => read_sandbox(&field, section),
        "token" => read_token(&field, section),
        "vault" => read_vault(&field, section),
        "gcp" => read_gcp(&field, section),
        "azure" => azure::read(&field, section),
        _ => kubernetes::read(&field, section, around),
    }
}

const ARN_HINT: &str = r#"write role_arn = "arn:aws:iam::111122223333:role/NAME""#;

fn read_aws(table: &Field<'_>, section: Section<'_>) -> Option<Opening> {
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
    let target = target.map_err(|error| blame::report(table, &error)).ok().map(Target::Aws)?;
    let sound = named && !matches!(hub, Some(None)) && by_broker.is_some();
    let (bind_ip, deny_revoked) = bind_ip.zip(deny_revoked).filter(|_| sound)?;
    Some(Opening { bind_ip, deny_revoked, ..Opening::of(target) })
}

/// Whether `revoke` says that the cloud denies the credentials of an access that ends early. `None` for an unknown value, which is
/// reported.
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

fn read_sandbox(table: &Field<'_>, section: Section<'_>) -> Option<Opening> {
    let role_arn = section.required("role_arn", ARN_HINT);
    let endpoint = section.required("endpoint_url", r#"write endpoint_url = "http://127.0.0.1:PORT""#);
    let bind_ip = section.field("bind_ip").map_or(Some(false), |field| field.truth());
    section.finish(&[]);
    let arn = role_arn.and_then(|field| field.parse::<RoleArn>());
    let endpoint_text = endpoint.and_then(|field| field.text())?.to_owned();
    let target = Target::sandbox(arn?, endpoint_text);
    let target = target.map_err(|error| blame::report(table, &error)).ok()?;
    bind_ip.map(|bind_ip| Opening { bind_ip, ..Opening::of(target) })
}

fn read_token(table: &Field<'_>, section: Section<'_>) -> Option<Opening> {
    let audience = section.required("audience", r#"write audience = "https://registry.example.com""#);
    let claims = section.field("claims").map(|field| narrowing::read_claims(&field));
    section.finish(&[]);
    let audience = audience?;
    let claims = match claims {
        Some(claims) => Some(claims?),
        None => None,
    };
    open(TokenTarget::new(audience.text()?.to_owned(), claims).map(Target::Token), table)
}

fn read_vault(table: &Field<'_>, section: Section<'_>) -> Option<Opening> {
    let address = section.required("address", r#"write address = "https://vault.example.com:8200""#);
    let role = section.required("role", "write the name of the role at auth/jwt/role/NAME");
    let mount = section.field("mount");
    let namespace = section.field("namespace");
    let audience = section.field("audience");
    let revoking = section.field("revoke_role");
    let policies = section.field("policies").map(|field| narrowing::read_policies(&field));
    section.finish(&[]);
    let (address, role) = (address?, role?);
    let text = |field: &Option<Field<'_>>| match field {
        Some(field) => field.text().map(|text| Some(text.to_owned())),
        None => Some(None),
    };
    let (mount, namespace, audience) = (text(&mount)?, text(&namespace)?, text(&audience)?);
    let policies = match policies {
        Some(policies) => Some(policies?),
        None => None,
    };
    let target = VaultTarget {
        address: address.text()?.trim_end_matches('/').to_owned(),
        role: role.text()?.to_owned(),
        mount: mount.unwrap_or_else(|| DEFAULT_MOUNT.to_owned()),
        namespace,
        policies,
        audience,
    };
    let revoke_role = match &revoking {
        Some(field) => Some(read_revoke_role(field, &target)?),
        None => None,
    };
    let opening = open(target.check().map(Target::Vault), table)?;
    Some(Opening { revoke_role, ..opening })
}

/// The role by which the broker revokes. It is not the one that opens: a person who may get that one's tokens could revoke everybody's.
fn read_revoke_role(field: &Field<'_>, target: &VaultTarget) -> Option<String> {
    let name = field.text()?;
    let hint = "write the name of a role at the server that may do nothing else, as `jit setup trust ROLE` prints it";
    if name == target.role {
        field.report_with("`revoke_role` is the role that this role opens", hint);
        return None;
    }
    if let Err(error) = (VaultTarget { role: name.to_owned(), ..target.clone() }).check() {
        field.report_with(&error.to_string(), hint);
        return None;
    }
    Some(name.to_owned())
}

fn read_gcp(table: &Field<'_>, section: Section<'_>) -> Option<Opening> {
    let account = section
        .required("service_account", r#"write service_account = "NAME@PROJECT.iam.gserviceaccount.com""#);
    let project = section.required("project", "write the id of the project in which programs act");
    let provider = section.required("provider", blame::PROVIDER_HINT);
    let scopes = section.field("oauth_scopes").map(|field| narrowing::read_oauth_scopes(&field));
    let endpoint = section.field("endpoint");
    section.finish(&[]);
    let text = |field: &Field<'_>| field.text().map(str::to_owned);
    let scopes = match scopes {
        Some(scopes) => scopes?,
        None => OauthScopes::default(),
    };
    let target = GcpTarget {
        service_account: text(&account?)?,
        project: text(&project?)?,
        provider: text(&provider?)?,
        scopes,
        endpoint: match &endpoint {
            Some(field) => Some(text(field)?),
            None => None,
        },
    };
    open(target.check().map(Target::Gcp), table)
}

/// The opening of a place whose credentials work from everywhere. An error belongs to one key, or to the whole table.
pub(in crate::policy) fn open(target: Result<Target, TargetError>, table: &Field<'_>) -> Option<Opening> {
    target.map(Opening::of).map_err(|error| blame::report(table, &error)).ok()
}
