//! Roles, as a requester may see them.

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error;
use serde_json::Value;

use crate::grant::Assurance;
use crate::grant::Cloud;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::Target;
use crate::grant::cloud::is_word;
use crate::grant::span::Span;

/// A role's requirements for the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ReasonWanted {
    /// Whether an empty reason is refused.
    pub required: bool,
    /// A regular expression that the reason must match.
    pub pattern: Option<String>,
    /// How to satisfy the pattern, in words.
    pub hint: Option<String>,
}

/// The default of a missing member permits asking.
fn yes() -> bool {
    true
}

/// A named, narrower piece of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ScopeView {
    /// Its name.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub name: Name,
    /// The description from the policy. May be empty.
    pub description: String,
    /// The approval rule in words: the scope's own, or the role's.
    pub approval: String,
    /// Whether a request by the viewer would be approved at once.
    pub automatic: bool,
    /// The people who could review a request by the viewer.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub approvers: Vec<Name>,
    /// Whether the viewer may review requests for it.
    #[serde(default)]
    pub may_review: bool,
    /// Whether anybody could ever approve a request by the viewer.
    #[serde(default = "yes")]
    pub approvable: bool,
    /// The assurance that a review needs.
    pub signed: Assurance,
    /// The longest grant.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub max_duration: Span,
    /// The cloud in whose words the document is. Brokers of older versions do not say: it is the role's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
    /// Its permissions, in compact form: for AWS an IAM policy document. Clients show it, and sign the digest that they
    /// compute themselves.
    pub document: String,
    /// The SHA-256 of the document.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub digest: Digest,
}

/// One role, as a requester may see it: everything that a plan and a statement need.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RoleView {
    /// The role's own name.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub name: Name,
    /// Other names of this role.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub aliases: Vec<Name>,
    /// The description from the policy. May be empty.
    pub description: String,
    /// The target. The text begins with the cloud's word.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub target: Target,
    /// The cloud. Brokers of older versions do not say; the target does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
    /// The place of the target, for people. Brokers of older versions leave it out; the target contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The certificates of a Kubernetes cluster in PEM, which the target pins by their SHA-256. `None` for other places, and where the
    /// machine's own are trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<String>,
    /// Whether the viewer may ask for it.
    pub may_request: bool,
    /// Whether the viewer may review some requests for it: for the whole role, a scope, or an extension.
    pub may_review: bool,
    /// Whether the viewer may review requests for the whole role. Absent from older brokers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_review_whole: Option<bool>,
    /// The approval rule in words: `1 of group:sre`, or `none`.
    pub approval: String,
    /// Whether a request by the viewer would be approved at once.
    pub automatic: bool,
    /// The people who could review a request by the viewer.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub approvers: Vec<Name>,
    /// Whether anybody could ever approve a request by the viewer.
    #[serde(default = "yes")]
    pub approvable: bool,
    /// The assurance that a review needs.
    pub signed: Assurance,
    /// The default duration of a request.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub duration: Span,
    /// The longest grant.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub max_duration: Span,
    /// The lifetime of one set of credentials.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub lease: Span,
    /// How long a request stays pending.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub pending: Span,
    /// How long an unused approval is valid.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub unused: Span,
    /// The requirements for the reason.
    pub reason: ReasonWanted,
    /// The rules for extensions. Absent if grants cannot be extended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend: Option<ExtendView>,
    /// Its scopes, in name order.
    #[serde(default)]
    pub scopes: Vec<ScopeView>,
    /// Whether credentials work only from the requester's address.
    #[serde(default)]
    pub bind_ip: bool,
    /// Whether the broker denies in the cloud what it handed out when access ends early.
    #[serde(default)]
    pub deny_revoked: bool,
    /// The role at the place by which the broker takes back what it handed out when access ends early. Absent if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_role: Option<String>,
    /// The break-glass, if the viewer may use it.
    #[serde(default)]
    pub break_glass: Option<BreakGlassView>,
    /// The commands that coding agents run only with this role, each as words with single blanks between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gate: Vec<String>,
    /// Whether its names, or the names or tags of its account, indicate production.
    #[serde(default)]
    pub production: bool,
    /// The policy revision that this comes from.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub policy: Digest,
}

/// A role's break-glass: access without an approval, with notices to everybody and a review afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct BreakGlassView {
    /// The longest grant.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub max_duration: Span,
    /// The assurance that the request itself needs.
    pub signed: Assurance,
    /// The places that are notified, as the policy names them.
    pub told: Vec<String>,
    /// The people who could review it afterwards.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub reviewers: Vec<Name>,
}

/// A role's rules for extensions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ExtendView {
    /// How often one grant may be extended.
    pub times: u32,
    /// The approval rule in words.
    pub approval: String,
    /// Whether an extension would be approved at once.
    pub automatic: bool,
    /// The people who could review an extension for the viewer.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub approvers: Vec<Name>,
    /// Whether anybody could ever approve an extension for the viewer.
    #[serde(default = "yes")]
    pub approvable: bool,
    /// The assurance that a review needs.
    pub signed: Assurance,
}

/// `GET /v1/roles`.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RoleList {
    /// The roles, in name order.
    pub roles: Vec<RoleView>,
    /// The commands that coding agents run only with a role, whichever it is. Each is words with single blanks between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gate: Vec<String>,
    /// The roles that open a cloud which this version does not know, by a newer broker's answer. They are no reason to refuse the
    /// others.
    #[serde(skip)]
    pub newer: Vec<NewerRole>,
}

/// A role that only a newer version can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewerRole {
    /// Its name.
    pub name: Name,
    /// The word of its cloud.
    pub cloud: String,
}

impl NewerRole {
    /// Reads the name and the cloud of a role in a form that this version does not know. `None` where the cloud is a known one, or
    /// the members are no names.
    pub fn of(view: &Value) -> Option<Self> {
        let target = view["target"].as_str().and_then(|target| target.split_once(':'));
        let cloud = view["cloud"].as_str().or(target.map(|(word, _)| word))?;
        let is_newer = is_word(cloud) && Cloud::of(cloud).is_none();
        is_newer.then_some(())?;
        Some(Self { name: view["name"].as_str()?.parse().ok()?, cloud: cloud.to_owned() })
    }
}

impl<'de> Deserialize<'de> for RoleList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Sent {
            roles: Vec<Value>,
            #[serde(default)]
            gate: Vec<String>,
        }
        let sent = Sent::deserialize(deserializer)?;
        let mut list = Self { roles: Vec::new(), gate: sent.gate, newer: Vec::new() };
        for view in sent.roles {
            match NewerRole::of(&view) {
                Some(newer) => list.newer.push(newer),
                None => list.roles.push(serde_json::from_value(view).map_err(D::Error::custom)?),
            }
        }
        Ok(list)
    }
}
