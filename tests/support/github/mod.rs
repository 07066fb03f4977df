//! A fake GitHub: its REST API, its git objects, its Actions and their token issuer, in memory.
//!
//! `fixture::Hub` is a furnished one to begin with. The fake knows nothing of `jit`: its interface is GitHub's, and it
//! enforces what GitHub enforces. It serves four origins as GitHub does (API, web, Actions tokens, storage of logs),
//! over sockets or as routers of the fake network.

pub mod access;
pub mod actions;
pub mod answer;
pub mod call;
pub mod device;
pub mod faults;
pub mod fixture;
pub mod git;
pub mod graphql;
pub mod limits;
pub mod manifests;
pub mod people;
pub mod plans;
pub mod pulls;
pub mod receive;
pub mod record;
pub mod repository;
pub mod routes;
pub mod seed;
pub mod server;
pub mod shapes;
pub mod smart;
pub mod tour;
pub mod world;

use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jit::system::Clock;

use world::World;

/// The addresses of GitHub's parts.
#[derive(Debug, Clone)]
pub struct Origins {
    /// The REST API: `https://api.github.com`.
    pub api: String,
    /// The web site, with the device flow: `https://github.com`.
    pub web: String,
    /// The issuer of Actions tokens: `https://token.actions.githubusercontent.com`.
    pub issuer: String,
    /// The storage of logs, on another host than the API.
    pub storage: String,
}

impl Default for Origins {
    fn default() -> Self {
        Self {
            api: "https://api.github.com".to_owned(),
            web: "https://github.com".to_owned(),
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            storage: "https://productionresultssa0.blob.core.windows.net".to_owned(),
        }
    }
}

/// The four sites, which share one world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The REST API.
    Api,
    /// The web site.
    Web,
    /// The issuer of Actions tokens.
    Issuer,
    /// The storage of logs.
    Storage,
    /// Git alone, over HTTP.
    Git,
}

/// A GitHub. Clones share it.
#[derive(Clone)]
pub struct GitHub {
    world: Arc<Mutex<World>>,
    /// The number of answered calls, for threads that wait for work.
    bell: Arc<(Mutex<u64>, Condvar)>,
    smart: smart::Shared,
}

impl GitHub {
    /// An empty GitHub at these origins, on this clock.
    pub fn new(origins: Origins, clock: Arc<dyn Clock>) -> Self {
        Self {
            world: Arc::new(Mutex::new(World::new(origins, clock))),
            bell: Arc::default(),
            smart: Arc::default(),
        }
    }

    /// The state, for seeding and checks. Do not hold it while something calls the API.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The repositories as git sees them.
    fn smart(&self) -> &smart::Smart {
        &self.smart
    }

    /// Wakes threads that wait for work.
    pub fn ring(&self) {
        *self.bell.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.bell.1.notify_all();
    }

    /// Waits until the number of rings differs from `heard`, and returns it.
    pub fn listen(&self, heard: u64) -> u64 {
        let count = self.bell.0.lock().unwrap_or_else(PoisonError::into_inner);
        *self.bell.1.wait_while(count, |count| *count == heard).unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses of its parts.
    pub fn origins(&self) -> Origins {
        self.world().origins.clone()
    }
}
