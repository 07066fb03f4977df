//! The callers of clouds.

/// The caller, and whose token it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voucher {
    /// The broker, with its own token or with a session that it got before.
    Broker,
    /// The broker, with its own AWS identity.
    Own,
    /// The same, to write a role's policy in IAM.
    Denying,
    /// A workflow's job, with a token that GitHub signed.
    Job,
    /// A person's own machine, with the person's own credentials or those of a lease.
    Person,
}

impl Voucher {
    /// The calling machine, in words.
    pub fn machine(self) -> &'static str {
        match self {
            Self::Broker | Self::Own | Self::Denying => "the broker",
            Self::Job => "the runner",
            Self::Person => "this machine",
        }
    }

    /// The same as a possessive.
    pub fn whose(self) -> &'static str {
        match self {
            Self::Broker | Self::Own | Self::Denying => "the broker's",
            Self::Job => "the runner's",
            Self::Person => "this machine's",
        }
    }
}
