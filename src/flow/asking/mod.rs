//! Asking for access: request, extension, break-glass, and waiting for the decision.

pub mod attendance;
pub mod break_glass;
pub mod choose;
pub mod extend;
pub mod lookup;
pub mod namesakes;
pub mod plan;
pub mod planned;
pub mod purpose;
pub mod reasons;
pub mod request;
pub mod roles;
pub mod scopes;
pub mod show;
pub mod wait;
pub mod wishing;
