//! The operation of a broker: its log for programs and its metrics, judged by others, and the runbook.

mod issuer;
mod provider;
mod runbook;
mod watching;
