use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use super::receivers::Receivers;
use super::ui::Ui;
use crate::audit::Head;
use crate::broker::BrokerSettings;
use crate::broker::PolicySource;
use crate::config;
use crate::flow::Failure;
use crate::flow::operating::serve;
use crate::flow::operating::serve::Started;
use crate::secret::Secret;
use crate::system::System;
use crate::system::files;

/// Run your team's broker
#[derive(Debug, Args)]
#[command(
    long_about = "Run your team's broker.

The broker takes requests and reviews, decides by the policy, gets credentials from the cloud, and keeps the audit log. It \
speaks plain http on loopback. For other machines, put a proxy that speaks TLS in front, and name it with --trusted-proxy. At \
the start it says what it serves, then it writes one line for each event. Warnings and errors are always written; JIT_LOG adds \
to them.

No cloud can verify a broker on plain http: then only roles of the sandbox cloud give credentials, with --sandbox.",
    after_long_help = "Examples:
  jit serve --policy access --sandbox
  jit serve --policy access --url https://jit.example.com \\
      --trusted-proxy 127.0.0.1
  jit serve --policy access --data /var/lib/jit --keys /etc/jit/keys
  jit serve --policy https://git.example.com/access.git#main \\
      --url https://jit.example.com"
)]
pub struct Serve {
    /// The policy: a folder, or a git repository and branch, fetched every minute
    #[arg(long, alias = "folder", value_name = "DIR|URL#BRANCH[:FOLDER]")]
    policy: String,
    /// Accept this commit although the branch was rewritten
    #[arg(long, value_name = "COMMIT")]
    policy_accept: Option<String>,
    /// A file with the secret of the webhook /v1/hooks/policy; default: JIT_POLICY_HOOK_SECRET
    #[arg(long, value_name = "FILE")]
    policy_hook_secret: Option<PathBuf>,
    #[command(flatten)]
    receivers: Receivers,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
    /// The address that people and clouds use; default: http://LISTEN
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The database's folder; default: in your state folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The keys' folder; default: DATA/keys. Never back up keys and data together
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Also run the cloud that the policy's sandbox roles open; it is on this machine and opens nothing real
    #[cfg(feature = "demo")]
    #[arg(long)]
    sandbox: bool,
    /// Accept a database that lacks events, by the event with which it ends. Ends every open request and session
    #[arg(long, value_name = "SEQUENCE.HASH")]
    accept_gap: Option<Head>,
    /// A proxy in front speaks TLS, so plain http is allowed beyond this machine
    #[arg(long)]
    behind_tls_proxy: bool,
    /// Serve the approval page under /web, where reviewers approve with a passkey
    #[arg(long)]
    web: bool,
    /// Trust X-Forwarded-For of this proxy; may be repeated
    #[arg(long = "trusted-proxy", value_name = "IP")]
    trusted_proxies: Vec<IpAddr>,
}

impl Serve {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let url = self.url.unwrap_or_else(|| format!("http://{}", self.listen));
        let issuer = config::authority_address(&url).map_err(|cause| {
            Failure::usage(format!("{url:?} cannot be the broker's address"))
                .cause(cause)
                .hint("say how people reach it: --url https://jit.example.com")
        })?;
        let policy = source(&self.policy, self.policy_accept, &system.files.working)?;
        let hook = hook_secret(system, self.policy_hook_secret.as_deref())?;
        let data = self.data.unwrap_or_else(|| system.files.state.join("broker"));
        let mut settings = BrokerSettings::new(policy, data, issuer.clone(), self.listen);
        settings.keys = self.keys;
        settings.policy_hook = hook;
        settings.receivers = self.receivers.read(system)?;
        settings.accepted_gap = self.accept_gap;
        settings.behind_tls_proxy = self.behind_tls_proxy;
        settings.trusted_proxies = self.trusted_proxies;
        settings.web = self.web;
        let (data, keys) = (settings.data.clone(), settings.key_folder());
        #[cfg(feature = "demo")]
        let sandbox = self.sandbox;
        #[cfg(not(feature = "demo"))]
        let sandbox = false;
        serve::serve(system, settings, sandbox, |started| {
            let Started { address, revision, commit, people, roles, sandbox, notes } = started;
            let commit = commit.map_or_else(String::new, |commit| format!(", commit {commit}"));
            ui.say(&format!("policy   {revision}{commit}, from {}", self.policy));
            ui.say(&format!(
                "has      {}, {}",
                counted(people, "person", "people"),
                counted(roles, "role", "roles")
            ));
            ui.say(&format!("url      {issuer} (the issuer that clouds trust)"));
            ui.say(&format!("listen   {address}"));
            ui.say(&format!("data     {}; keys in {}", data.display(), keys.display()));
            if let Some(sandbox) = sandbox {
                ui.say(&format!("sandbox  {sandbox}: a cloud that opens nothing real"));
            }
            if self.web {
                ui.say(&format!("page     {issuer}/web"));
            }
            for note in &notes {
                ui.say(&format!("note: {note}"));
            }
            ui.say(&format!("the broker listens on {address}; its address is {issuer}"));
            ui.say(&format!("log in with: jit login {issuer}"));
        })
        .await?;
        ui.say("the broker has stopped");
        Ok(())
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The source of the policy.
fn source(typed: &str, accept: Option<String>, working: &Path) -> Result<PolicySource, Failure> {
    let source = PolicySource::parse(typed, working)
        .map_err(|error| Failure::usage(error.to_string()).hint(error.hint))?;
    match (source, accept) {
        (PolicySource::Repository(mut branch), accept) => {
            branch.accepted = accept;
            Ok(PolicySource::Repository(branch))
        }
        (source, None) => Ok(source),
        (_, Some(_)) => Err(Failure::usage("--policy-accept names a commit, and the policy is a folder")
            .hint("leave it out, or name the repository: --policy URL#BRANCH")),
    }
}

/// The secret of the policy's webhook. `None` if there is no webhook.
fn hook_secret(system: &System, file: Option<&Path>) -> Result<Option<Secret<String>>, Failure> {
    let Some(file) = file else {
        return Ok(system.environment.get(config::variables::POLICY_HOOK_SECRET).map(Secret::from));
    };
    let fail = |cause: String| {
        Failure::usage(format!("the secret in {} cannot be read", file.display())).cause(cause)
    };
    let bytes = files::read(&system.files.working.join(file)).map_err(|error| fail(error.to_string()))?;
    let bytes = Secret::new(bytes.ok_or_else(|| fail("there is no such file".to_owned()))?);
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| fail("it is not text".to_owned()))?;
    Ok(Some(Secret::from(text)))
}
