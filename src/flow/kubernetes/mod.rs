//! Kubernetes on the person's machine: a kubeconfig of jit's own, whose users ask jit for tokens.

pub mod running;
pub mod setup;
