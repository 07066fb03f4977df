//! `jit` replaces standing cloud privileges with privileges that are asked for, approved, short and recorded.
//!
//! `main` collects the arguments and builds the real [`system::System`]; [`run`] dispatches to `cli/<command>.rs`,
//! which reads flags and calls one verb in `flow/<stage>/<verb>.rs`. Four hops, no more.
//!
//! # The map
//!
//! A folder uses only folders of a lower level. Folders of one level do not use each other.
//!
//! | level | folder | what lives there |
//! |---|---|---|
//! | 0 | [`address`] | which addresses may be called: https, or http on this machine |
//! | 0 | [`secret`] | values that cannot be printed; sealing to a request's recipient key |
//! | 1 | [`system`] | the outside world: clock, entropy, environment, files, http, processes, console, the keychain's trait |
//! | 1 | [`grant`] | the words of the domain and the state machine; no I/O |
//! | 2 | [`forge`] | the formats that any repository as authority shares: request files, review bodies, the log |
//! | 2 | [`config`] | finding and layering settings; the list of environment variables |
//! | 2 | [`policy`] | access as code: files, people, roles, conditions, deciding, analysis |
//! | 2 | [`identity`] | who is asking: SSH keys, agents and signatures; tokens of identity providers |
//! | 2 | [`protocol`] | the versioned JSON that client and broker speak |
//! | 2 | [`audit`] | events, their chain, and its verification |
//! | 2 | [`keychain`] | where credentials rest: one file a store |
//! | 2 | [`provider`] | clouds, one folder each: an approved grant in, a lease out |
//! | 2 | [`deliver`] | how a lease reaches a program, one folder a cloud |
//! | 2 | [`state`] | what this machine remembers: the index of grants |
//! | 2 | [`terraform`] | a plan of Terraform, in lines for its reviewer |
//! | 2 | [`issuer`] | the authority's own keys, key set and tokens, which clouds trust |
//! | 3 | [`judgement`] | the rules of an authority, once: who may ask and review, what is met, how long |
//! | 3 | [`prompt`] | the prompt segment and the hooks of shells |
//! | 3 | [`gate`] | which commands of a coding agent belong behind `jit exec` |
//! | 4 | [`github`] | GitHub as the authority: its API, what it proves of a request, and the store of the log |
//! | 5 | [`authority`] | what decides, seen from the client: a broker, or a repository |
//! | 5 | `broker` | the server |
//! | 5 | `sandbox` | the cloud that `jit demo` and tests talk to |
//! | 6 | [`flow`] | a folder a stage, a file a verb: the steps, in order |
//! | 7 | [`cli`] | one file a command; output, errors, exit codes |
//!
//! `tests/hermetic/architecture.rs` reads this table and holds every `crate::` path in `src/` against it. An exception is a line of its
//! own here, which the test reads too:
//!
//! Exception: `provider` uses `issuer`: a cloud's exchange begins with a token that the issuer signs.
//!
//! # Invariants
//!
//! 1. Only `system/` touches environment, clock, randomness, network, processes or the terminal.
//! 2. `grant/` and `policy/` do no I/O beyond reading the policy folder handed to them, and never block.
//! 3. `flow/` never prints; it reports through [`system::Console`].
//! 4. `broker/` never sees the keychain; `authority/` never sees how a lease is delivered.
//! 5. The prompt and `jit hook` start no runtime, open no socket, no keychain, no configuration beyond the index.
//! 6. No environment variable, in any build, moves time, skips policy or fakes a yes.
//! 7. A secret never appears in logs, errors, snapshots or argv.
//! 8. A failure to load, compile or verify denies.
//! 9. Authority, provider, delivery and lease are words for code; help and messages say broker, cloud, access, credentials.
//! 10. Text that other people wrote is sanitised before it reaches a terminal.

#![forbid(unsafe_code)]

pub mod address;
pub mod audit;
pub mod authority;
#[cfg(feature = "broker")]
pub mod broker;
pub mod cli;
pub mod config;
pub mod deliver;
pub mod flow;
pub mod forge;
pub mod gate;
pub mod github;
pub mod grant;
pub mod identity;
pub mod issuer;
pub mod judgement;
pub mod keychain;
pub mod policy;
pub mod prompt;
pub mod protocol;
pub mod provider;
#[cfg(feature = "demo")]
pub mod sandbox;
pub mod secret;
pub mod state;
pub mod system;
pub mod terraform;

pub use cli::guard;
pub use cli::run;
