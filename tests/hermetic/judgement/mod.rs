//! The rules of an authority by themselves: reviewing, minting and stopping, from two policies, a request and a time. No
//! authority runs here.

mod agents;
mod court;
mod emergencies;
mod minting;
mod properties;
mod reviewing;
mod stopping;
mod worths;
