mod wanted;

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;
use serde_json::json;
use tracing::Level;

use super::receivers::Receivers;
use super::trace::LogFormat;
use super::trace::json::Fields;
use super::ui::Ui;
use crate::audit::Head;
use crate::broker::BrokerSettings;
use crate::broker::ClusterToken;
use crate::broker::settings_file::SettingsFile;
use crate::broker::settings_file::keys;
use crate::flow::Failure;
use crate::flow::operating::check;
use crate::flow::operating::serve;
use crate::flow::operating::serve::Started;
use crate::system::System;
use wanted::Wanted;

/// Run your team's broker
#[derive(Debug, Args)]
#[command(
    long_about = "Run your team's broker.

The broker takes requests and reviews, decides by the policy, gets credentials from the cloud, and keeps the audit log. It \
speaks plain http on loopback. For other machines, put a proxy that speaks TLS in front, and name it with --trusted-proxy. At \
the start it says what it serves, then it writes one line for each event. Warnings and errors are always written; JIT_LOG adds \
to them.

No cloud can verify a broker on plain http: then only roles of the sandbox cloud give credentials, with --sandbox.

Clouds must reach two documents on the public internet, and nothing else of the broker. With --issuer, another web host serves \
them, and the broker stays in your network. A key signs only once that host serves it.",
    after_long_help = "Examples:
  jit serve --policy access --sandbox
  jit serve --policy access --url https://jit.example.com \\
      --trusted-proxy 127.0.0.1
  jit serve --policy access --url https://jit.internal.example.com \\
      --issuer https://jit-issuer.example.com --issuer-dir /srv/issuer
  jit serve --config /etc/jit/broker.toml --check
  jit serve --policy https://git.example.com/access.git#main \\
      --url https://jit.example.com"
)]
pub struct Serve {
    /// A settings file in TOML, with a key for each flag; flags overrule it
    #[arg(help_heading = "Settings", long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the settings and the policy's folder, and do not start
    #[arg(help_heading = "Settings", long)]
    check: bool,
    /// The policy: a folder, or a git repository and branch, fetched every minute
    #[arg(help_heading = "Policy", long, alias = "folder", value_name = "DIR|URL#BRANCH[:FOLDER]")]
    policy: Option<String>,
    /// Accept this commit although the branch was rewritten
    #[arg(help_heading = "Policy", long, value_name = "COMMIT")]
    policy_accept: Option<String>,
    /// A file with the secret of the webhook /v1/hooks/policy; default: JIT_POLICY_HOOK_SECRET
    #[arg(help_heading = "Policy", long, value_name = "FILE")]
    policy_hook_secret: Option<PathBuf>,
    #[command(flatten, next_help_heading = "People who leave")]
    receivers: Receivers,
    /// The address that people use; default: http://LISTEN
    #[arg(help_heading = "Address", long, value_name = "URL")]
    url: Option<String>,
    /// The address at which another web host serves the issuer's documents to clouds; default: the broker's
    #[arg(help_heading = "Address", long, value_name = "URL")]
    issuer: Option<String>,
    /// Keep those documents fresh in this folder, for that web host
    #[arg(help_heading = "Address", long, value_name = "DIR")]
    issuer_dir: Option<PathBuf>,
    /// Where to listen; default: 127.0.0.1:8765
    #[arg(help_heading = "Address", long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// A proxy in front speaks TLS, so plain http is allowed beyond this machine
    #[arg(help_heading = "Address", long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    behind_tls_proxy: Option<bool>,
    /// Trust X-Forwarded-For of this proxy; may be repeated
    #[arg(help_heading = "Address", long = "trusted-proxy", value_name = "IP")]
    trusted_proxies: Vec<IpAddr>,
    /// The file with the broker's own token for an API server of Kubernetes; may be repeated
    #[arg(help_heading = "Clouds", long = "kubernetes", value_name = "SERVER=FILE")]
    clusters: Vec<ClusterToken>,
    /// Serve the approval page under /web, where reviewers approve with a passkey
    #[arg(help_heading = "Address", long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    web: Option<bool>,
    /// The database's folder; default: in your state folder
    #[arg(help_heading = "Data", long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The keys' folder; default: DATA/keys. Never back up keys and data together
    #[arg(help_heading = "Data", long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Accept a database that lacks events, by the event with which it ends. Ends every open request and session
    #[arg(help_heading = "Data", long, value_name = "SEQUENCE.HASH")]
    accept_gap: Option<Head>,
    /// The form of the log: lines for people, or one JSON object a line; default: text
    #[arg(help_heading = "Watching", long, value_name = "FORMAT", value_enum)]
    log_format: Option<LogFormat>,
    /// Serve /metrics in the OpenMetrics format at this address of its own; default: nowhere
    #[arg(help_heading = "Watching", long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Other machines may read the metrics, which have no password
    #[arg(help_heading = "Watching", long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    metrics_reachable: Option<bool>,
    /// Also run the cloud that the policy's sandbox roles open; it is on this machine and opens nothing real
    #[cfg(feature = "demo")]
    #[arg(help_heading = "Sandbox", long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    sandbox: Option<bool>,
}

impl Serve {
    /// The form of the log. A settings file that does not load says nothing about it.
    pub(super) fn log_format(&self, system: &System) -> LogFormat {
        let from_file = || {
            let file = SettingsFile::read(&system.files.working.join(self.config.as_ref()?)).ok()?;
            LogFormat::from_str(file.text(keys::LOG_FORMAT)?, false).ok()
        };
        self.log_format.or_else(from_file).unwrap_or(LogFormat::Text)
    }

    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let only_check = self.check;
        let Wanted { policy, settings, sandbox } = Wanted::of(self, system)?;
        let places = Places::of(&settings, policy);
        if only_check {
            let found = check::check(system, &settings)?;
            let notes = found.as_ref().map(|found| found.notes.clone()).unwrap_or_default();
            let found = found.map_or_else(
                || "a start fetches it".to_owned(),
                |found| format!("{}, {}", found.revision, inhabitants(found.people, found.roles)),
            );
            ui.say(&format!("policy   {}: {found}", places.policy));
            ui.say(&format!("url      {}", places.url));
            if let Some(issuer) = places.issuer_line() {
                ui.say(&issuer);
            }
            ui.say(&format!("listen   {}", settings.listen));
            if let Some(metrics) = settings.metrics {
                ui.say(&format!("metrics  http://{metrics}/metrics"));
            }
            ui.say(&format!("data     {}; keys in {}", places.data.display(), places.keys.display()));
            notes.iter().for_each(|note| ui.say(&format!("note: {note}")));
            ui.say("the settings are good");
            return Ok(());
        }
        serve::serve(system, settings, sandbox, |started| {
            if !ui.log(
                Level::INFO,
                &format!("the broker listens on {}", started.address),
                &told(&started, &places),
            ) {
                tell(&started, &places, ui);
            }
            for note in &started.notes {
                if !ui.log(Level::WARN, note, &Fields::new()) {
                    ui.say(&format!("note: {note}"));
                }
            }
            if !ui.is_log() {
                ui.say(&format!("the broker listens on {}; its address is {}", started.address, places.url));
                ui.say(&format!("log in with: jit login {}", places.url));
            }
        })
        .await?;
        ui.say("the broker has stopped");
        Ok(())
    }
}

/// The addresses and folders of a broker, as its operator wrote them.
struct Places {
    policy: String,
    url: String,
    /// The issuer, if it is elsewhere.
    issuer: Option<String>,
    issuer_folder: Option<PathBuf>,
    data: PathBuf,
    keys: PathBuf,
}

impl Places {
    fn of(settings: &BrokerSettings, policy: String) -> Self {
        Self {
            policy,
            url: settings.url.clone(),
            issuer: settings.issuer_elsewhere().map(str::to_owned),
            issuer_folder: settings.issuer_folder.clone(),
            data: settings.data.clone(),
            keys: settings.key_folder(),
        }
    }

    /// The line about an issuer that is elsewhere.
    fn issuer_line(&self) -> Option<String> {
        let issuer = self.issuer.as_ref()?;
        let folder = self.issuer_folder.as_ref().map_or_else(
            || "publish its documents with `jit setup issuer`".to_owned(),
            |folder| format!("its documents are in {}", folder.display()),
        );
        Some(format!("issuer   {issuer} (that clouds trust); {folder}"))
    }
}

/// The broker's offer, for people.
fn tell(started: &Started, places: &Places, ui: &Ui<'_>) {
    let Started { address, revision, commit, people, roles, web, metrics, sandbox, notes: _ } = started;
    let Places { policy, url, data, keys, .. } = places;
    let commit = commit.as_ref().map_or_else(String::new, |commit| format!(", commit {commit}"));
    ui.say(&format!("policy   {revision}{commit}, from {policy}"));
    ui.say(&format!("has      {}", inhabitants(*people, *roles)));
    match places.issuer_line() {
        None => ui.say(&format!("url      {url} (the issuer that clouds trust)")),
        Some(issuer) => {
            ui.say(&format!("url      {url}"));
            ui.say(&issuer);
        }
    }
    ui.say(&format!("listen   {address}"));
    ui.say(&format!("data     {}; keys in {}", data.display(), keys.display()));
    if *web {
        ui.say(&format!("page     {url}/web"));
    }
    if let Some(metrics) = metrics {
        ui.say(&format!("metrics  http://{metrics}/metrics"));
    }
    if let Some(sandbox) = sandbox {
        ui.say(&format!("sandbox  {sandbox}: a cloud that opens nothing real"));
    }
}

/// The same, as the fields of one line.
fn told(started: &Started, places: &Places) -> Fields {
    let Started { address, revision, commit, people, roles, web, metrics, sandbox, notes: _ } = started;
    let Places { policy, url, issuer, issuer_folder, data, keys } = places;
    let mut fields = Fields::new();
    for (name, value) in [
        ("policy", json!(policy)),
        ("revision", json!(revision)),
        ("commit", json!(commit)),
        ("people", json!(people)),
        ("roles", json!(roles)),
        ("url", json!(url)),
        ("issuer", json!(issuer)),
        ("issuer_dir", json!(issuer_folder.as_ref().map(|folder| folder.display().to_string()))),
        ("listen", json!(address)),
        ("data", json!(data.display().to_string())),
        ("keys", json!(keys.display().to_string())),
        ("page", json!(web.then(|| format!("{url}/web")))),
        ("metrics", json!(metrics)),
        ("sandbox", json!(sandbox)),
    ] {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    }
    fields
}

fn inhabitants(people: usize, roles: usize) -> String {
    format!("{}, {}", counted(people, "person", "people"), counted(roles, "role", "roles"))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
