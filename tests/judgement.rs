//! The rules of an authority by themselves: reviewing, minting and stopping, from two policies, a request and a time. No
//! authority runs here.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "judgement/court.rs"]
mod court;
#[path = "judgement/emergencies.rs"]
mod emergencies;
#[path = "judgement/minting.rs"]
mod minting;
#[path = "judgement/properties.rs"]
mod properties;
#[path = "judgement/reviewing.rs"]
mod reviewing;
#[path = "judgement/stopping.rs"]
mod stopping;
#[path = "judgement/worths.rs"]
mod worths;
