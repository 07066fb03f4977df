//! Why a target is refused.

/// Why a text is not a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not `arn:<partition>:iam::<12 digits>:role/<path and name>`.
    #[error("{0:?} is not the ARN of an IAM role, like arn:aws:iam::111122223333:role/admin")]
    RoleArn(String),
    /// A region with characters other than a-z, 0-9 and `-`.
    #[error("{0:?} is not an AWS region, like eu-west-1")]
    Region(String),
    /// The region is in another partition than the role.
    #[error("the region {region} is not in the partition {partition} of the role")]
    Partition {
        /// The given region.
        region: String,
        /// The partition in the role's ARN.
        partition: String,
    },
    /// The hub is the role itself, or in another partition.
    #[error("{0} cannot be the way to this role: a hub is another role of the same partition")]
    Hub(String),
    /// The broker's own identity would go through a hub.
    #[error(
        "the broker's own identity takes no way through a hub: it is itself what the role trusts, in any account"
    )]
    HubByBroker,
    /// The endpoint is neither https nor http on loopback.
    #[error("{0:?} is not an https address, nor http on this machine")]
    Endpoint(String),
    /// The endpoint is written in another form than the one that is called. Both forms.
    #[error("{0:?} is not written as it is called, which is {1:?}")]
    EndpointForm(String, String),
    /// The audience of a token is empty, too long, or not printable.
    #[error("{0:?} is not an audience: 1 to 255 printable characters without blanks, quotes and `?`")]
    Audience(String),
    /// The audience is one with which a token buys something at a cloud.
    #[error(
        "{0:?} is the audience of a cloud's token exchange: a token for it would buy more than the role opens"
    )]
    Exchanged(String),
    /// A name at a server has characters that it cannot have.
    #[error("{1:?} cannot be the {0} at this server")]
    VaultName(&'static str, String),
    /// A name is not of the form that Google Cloud gives it.
    #[error("{1:?} cannot be the {0} of Google Cloud")]
    GcpName(&'static str, String),
    /// An id or a name is not of the form that Azure gives it.
    #[error("{1:?} cannot be the {0} of Azure")]
    AzureName(&'static str, String),
    /// A name in Kubernetes has characters that it cannot have there.
    #[error("{1:?} cannot be the {0} in Kubernetes")]
    KubernetesName(&'static str, String),
    /// A group that Kubernetes itself gives power to.
    #[error(
        "the group {0} belongs to Kubernetes itself, which decides what it may do: bind roles to a group of your own"
    )]
    SystemGroup(String),
    /// A file is no bundle of certificates.
    #[error("this cannot be the certificates of a cluster: {0}")]
    Certificates(&'static str),
    /// The text form is damaged.
    #[error("{0:?} is not a target")]
    Unknown(String),
    /// The text form begins with the name of a cloud that this version does not know.
    #[error(
        "it opens a place of {0:?}, a cloud that this version does not know: it was made by a newer jit; update jit"
    )]
    Newer(String),
}

/// A text as an error may show it: without control characters, and short.
pub(in crate::grant) fn shown(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}
