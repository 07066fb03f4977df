//! Events, their chain, and its verification.
