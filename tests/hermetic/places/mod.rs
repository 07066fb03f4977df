//! Places other than AWS: from the policy to the command that runs with access, over the real broker.

mod attacks;
pub mod bao;
mod cluster_policy;
mod direct;
mod direct_azure;
mod entra;
mod google;
mod kubernetes;
mod round_trip;
mod service_accounts;
mod taking_back;
mod terraform;
