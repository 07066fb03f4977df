//! Everything that can be tested without other software, in one program. `cargo test --features testing --test hermetic forge::` runs one part.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[expect(dead_code, reason = "the other program uses the rest")]
#[expect(clippy::disallowed_methods, reason = "the double's runner can start bash")]
#[path = "../support/mod.rs"]
mod support;

mod architecture;
mod authorities;
#[cfg(feature = "demo")]
mod azure;
mod azure_endpoint;
mod broker;
mod cli;
mod clouds;
#[cfg(all(unix, feature = "demo"))]
mod completion;
mod demo;
mod documents;
mod endpoint;
mod forge;
mod forge_client;
mod forge_runs;
mod forge_workload;
#[cfg(feature = "demo")]
mod gcp;
mod gcp_endpoint;
#[cfg(target_os = "linux")]
mod gcp_metadata;
#[cfg(feature = "demo")]
mod generated;
#[cfg(feature = "demo")]
mod github;
mod hooks;
mod identity;
mod identity_signer;
mod judgement;
mod keychain;
#[cfg(all(unix, feature = "demo", feature = "mcp"))]
mod mcp;
mod oidc;
mod operations;
mod own_identity;
mod passkey;
mod pictures;
#[cfg(feature = "demo")]
mod places;
mod policy;
mod policy_tools;
mod programs;
#[cfg(feature = "demo")]
mod provider;
mod readers;
mod readme;
#[cfg(unix)]
mod run_script;
#[cfg(feature = "demo")]
mod sandbox;
#[cfg(feature = "demo")]
mod sandbox_azure;
#[cfg(feature = "demo")]
mod sandbox_gcp;
mod sandbox_kubernetes;
mod state_machine;
mod watched;

#[cfg(target_os = "linux")]
ctor::declarative::ctor! {
    /// Before the first test, and so for every test: a secret that is logged ends the run.
    #[ctor(unsafe)]
    fn before_main() {
        support::watched_log::watch();
    }
}
