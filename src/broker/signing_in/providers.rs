//! The key caches of identity providers, one for each issuer.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::identity::oidc::KeyCache;
use crate::system::System;

/// The most issuers whose keys are kept. A policy names few, and old revisions a few more.
const REMEMBERED: usize = 16;

/// The key caches, by issuer.
#[derive(Default)]
pub struct Providers {
    caches: Mutex<HashMap<String, Arc<KeyCache>>>,
}

impl Providers {
    /// The cache of an issuer that the policy names.
    pub fn of(&self, system: &System, issuer: &str) -> Arc<KeyCache> {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = caches.get(issuer) {
            return Arc::clone(cache);
        }
        if caches.len() >= REMEMBERED {
            caches.clear();
        }
        let cache = Arc::new(KeyCache::new(system, issuer));
        caches.insert(issuer.to_owned(), Arc::clone(&cache));
        cache
    }
}
