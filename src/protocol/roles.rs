//! Roles, as the person who asks may see them.

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

/// What a role wants to hear as a reason.
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

/// What is not said does not keep anybody from asking.
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
    /// What it is for; may be empty.
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
    /// Whether there are people who could approve a request by the viewer, whatever the moment.
    #[serde(default = "yes")]
    pub approvable: bool,
    /// What a review must carry.
    pub signed: Assurance,
    /// The longest grant.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub max_duration: Span,
    /// The cloud in whose words the document is. Brokers of older versions do not say: it is the role's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
    /// What it allows, in compact form: for AWS an IAM policy document. Clients show it, and sign its digest as they computed it.
    pub document: String,
    /// The SHA-256 of the document.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub digest: Digest,
}

/// One role, as the person who asks may see it: everything that a plan and a statement need.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RoleView {
    /// The role's own name.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub name: Name,
    /// Other names that lead here.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub aliases: Vec<Name>,
    /// What it is for.
    pub description: String,
    /// What it opens. The text begins with the cloud's word.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub target: Target,
    /// The cloud. Brokers of older versions do not say; the target does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
    /// Where the target is, for people. Brokers of older versions do not say; the target does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whether the viewer may ask for it.
    pub may_request: bool,
    /// Whether the viewer may review some requests for it: for the whole role, a scope, or more time.
    pub may_review: bool,
    /// Whether the viewer may review requests for the whole role. Brokers of older versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_review_whole: Option<bool>,
    /// The approval rule in words: `1 of group:sre`, or `none`.
    pub approval: String,
    /// Whether a request by the viewer would be approved at once.
    pub automatic: bool,
    /// The people who could review a request by the viewer.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub approvers: Vec<Name>,
    /// Whether there are people who could approve a request by the viewer, whatever the moment.
    #[serde(default = "yes")]
    pub approvable: bool,
    /// What a review must carry.
    pub signed: Assurance,
    /// What is asked for when nothing is said.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub duration: Span,
    /// The longest grant.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub max_duration: Span,
    /// How long one set of credentials lives.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub lease: Span,
    /// How long a request waits for reviews.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub pending: Span,
    /// How long an approval waits for its first use.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub unused: Span,
    /// What it wants to hear as a reason.
    pub reason: ReasonWanted,
    /// What it says of more time; nothing where a grant is not extended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend: Option<ExtendView>,
    /// Its narrower pieces, in name order.
    #[serde(default)]
    pub scopes: Vec<ScopeView>,
    /// Whether credentials work from the requester's address only.
    #[serde(default)]
    pub bind_ip: bool,
    /// The emergency way, where the viewer has it.
    #[serde(default)]
    pub break_glass: Option<BreakGlassView>,
    /// Whether its names, or those of its account or the account's tags, say production.
    #[serde(default)]
    pub production: bool,
    /// The revision of the policy that says so.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub policy: Digest,
}

/// A role's emergency way: nobody is asked, everybody is told, somebody reviews it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct BreakGlassView {
    /// The longest grant.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub max_duration: Span,
    /// What the request itself must carry.
    pub signed: Assurance,
    /// The places that will be told, as the policy names them.
    pub told: Vec<String>,
    /// The people who could review it afterwards.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub reviewers: Vec<Name>,
}

/// What a role says of more time for a grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ExtendView {
    /// How often one grant may be extended.
    pub times: u32,
    /// The approval rule in words.
    pub approval: String,
    /// Whether an extension would be approved at once.
    pub automatic: bool,
    /// The people who could review one of the viewer's.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub approvers: Vec<Name>,
    /// Whether there are people who could approve a request by the viewer, whatever the moment.
    #[serde(default = "yes")]
    pub approvable: bool,
    /// What a review must carry.
    pub signed: Assurance,
}

/// `GET /v1/roles`.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RoleList {
    /// In name order.
    pub roles: Vec<RoleView>,
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
        }
        let mut list = Self { roles: Vec::new(), newer: Vec::new() };
        for view in Sent::deserialize(deserializer)?.roles {
            match NewerRole::of(&view) {
                Some(newer) => list.newer.push(newer),
                None => list.roles.push(serde_json::from_value(view).map_err(D::Error::custom)?),
            }
        }
        Ok(list)
    }
}
