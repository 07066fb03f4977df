//! Every key of a broker's settings file, in one table. The parser, the schema and the tests go by it.

/// The form of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A folder or a git repository. A relative path is relative to the file.
    Source,
    /// A path. A relative one is relative to the file.
    Path,
    /// Any text.
    Text,
    /// An address and a port.
    Address,
    /// A list of addresses.
    Addresses,
    /// A list of `SERVER=FILE`: an API server of Kubernetes and a file with the broker's own token for it.
    Clusters,
    /// `true` or `false`.
    Switch,
    /// The name of an environment variable.
    Variable,
    /// The end of an older database, `SEQUENCE.HASH`.
    Head,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The word in the file.
    pub name: &'static str,
    /// The flag of `jit serve` that overrules it, without dashes. Empty if there is none.
    pub flag: &'static str,
    /// The form of its value.
    pub form: Form,
    /// Its meaning, in one sentence.
    pub meaning: &'static str,
}

const fn key(name: &'static str, flag: &'static str, form: Form, meaning: &'static str) -> Key {
    Key { name, flag, form, meaning }
}

/// The source of the policy.
pub const POLICY: &str = "policy";
/// An accepted commit.
pub const POLICY_ACCEPT: &str = "policy_accept";
/// The file of the webhook's secret.
pub const POLICY_HOOK_SECRET_FILE: &str = "policy_hook_secret_file";
/// The environment variable of the webhook's secret.
pub const POLICY_HOOK_SECRET_ENV: &str = "policy_hook_secret_env";
/// The file of the token of a transmitter of security events.
pub const EVENTS_TOKEN_FILE: &str = "events_token_file";
/// The environment variable of that token.
pub const EVENTS_TOKEN_ENV: &str = "events_token_env";
/// The file of the token of a SCIM client.
pub const SCIM_TOKEN_FILE: &str = "scim_token_file";
/// The environment variable of that token.
pub const SCIM_TOKEN_ENV: &str = "scim_token_env";
/// The address to listen at.
pub const LISTEN: &str = "listen";
/// The address of the metrics.
pub const METRICS: &str = "metrics";
/// Whether other machines may read the metrics.
pub const METRICS_REACHABLE: &str = "metrics_reachable";
/// The broker's address.
pub const URL: &str = "url";
/// The issuer of tokens for clouds.
pub const ISSUER: &str = "issuer";
/// The folder of the issuer's documents.
pub const ISSUER_DIR: &str = "issuer_dir";
/// Whether the approval page is served.
pub const WEB: &str = "web";
/// The data folder.
pub const DATA: &str = "data";
/// The key folder.
pub const KEYS_FOLDER: &str = "keys";
/// The form of the log.
pub const LOG_FORMAT: &str = "log_format";
/// Whether the sandbox cloud runs.
pub const SANDBOX: &str = "sandbox";
/// The accepted end of an older database.
pub const ACCEPT_GAP: &str = "accept_gap";
/// Whether a proxy in front speaks TLS.
pub const BEHIND_TLS_PROXY: &str = "behind_tls_proxy";
/// The trusted proxies.
pub const TRUSTED_PROXIES: &str = "trusted_proxies";

/// The broker's own tokens for Kubernetes.
pub const KUBERNETES: &str = "kubernetes";

/// The whole table.
pub const KEYS: &[Key] = &[
    key(
        POLICY,
        "policy",
        Form::Source,
        "The policy: a folder, or a git repository as URL#BRANCH or URL#BRANCH:FOLDER.",
    ),
    key(POLICY_ACCEPT, "policy-accept", Form::Text, "A commit to accept although the branch was rewritten."),
    key(
        POLICY_HOOK_SECRET_FILE,
        "policy-hook-secret",
        Form::Path,
        "The file with the secret of the webhook /v1/hooks/policy.",
    ),
    key(
        POLICY_HOOK_SECRET_ENV,
        "",
        Form::Variable,
        "The environment variable with that secret, instead of a file.",
    ),
    key(
        EVENTS_TOKEN_FILE,
        "events-token",
        Form::Path,
        "The file with the token of a transmitter of security events (CAEP), which says that people left.",
    ),
    key(EVENTS_TOKEN_ENV, "", Form::Variable, "The environment variable with that token, instead of a file."),
    key(
        SCIM_TOKEN_FILE,
        "scim-token",
        Form::Path,
        "The file with the token of a SCIM client, which says that people left.",
    ),
    key(SCIM_TOKEN_ENV, "", Form::Variable, "The environment variable with that token, instead of a file."),
    key(LISTEN, "listen", Form::Address, "Where to listen, by default 127.0.0.1:8765."),
    key(METRICS, "metrics", Form::Address, "Where to serve /metrics, by default nowhere."),
    key(
        METRICS_REACHABLE,
        "metrics-reachable",
        Form::Switch,
        "Whether other machines may read the metrics, which have no password.",
    ),
    key(URL, "url", Form::Text, "The address that people use, by default http:// and `listen`."),
    key(
        ISSUER,
        "issuer",
        Form::Text,
        "The address at which clouds find the issuer's documents, if another web host serves them. By default `url`.",
    ),
    key(
        ISSUER_DIR,
        "issuer-dir",
        Form::Path,
        "A folder in which the broker keeps the issuer's documents fresh for that web host.",
    ),
    key(
        WEB,
        "web",
        Form::Switch,
        "Whether to serve the approval page under /web, where reviewers approve with a passkey.",
    ),
    key(DATA, "data", Form::Path, "The database's folder, by default in the state folder."),
    key(KEYS_FOLDER, "keys", Form::Path, "The keys' folder, by default `keys` in `data`."),
    key(
        LOG_FORMAT,
        "log-format",
        Form::Choice(&["text", "json"]),
        "The form of the log: lines for people, or one JSON object a line.",
    ),
    key(SANDBOX, "sandbox", Form::Switch, "Whether to run the cloud that the policy's sandbox roles open."),
    key(
        ACCEPT_GAP,
        "accept-gap",
        Form::Head,
        "The end of a database that lacks events, to accept it. Ends every open request and session.",
    ),
    key(
        BEHIND_TLS_PROXY,
        "behind-tls-proxy",
        Form::Switch,
        "Whether a proxy in front speaks TLS, so that plain http is allowed beyond this machine.",
    ),
    key(
        TRUSTED_PROXIES,
        "trusted-proxy",
        Form::Addresses,
        "The proxies whose X-Forwarded-For the broker trusts.",
    ),
    key(
        KUBERNETES,
        "kubernetes",
        Form::Clusters,
        "The files with the broker's own tokens for Kubernetes, as SERVER=FILE. Each is read anew at each use.",
    ),
];
