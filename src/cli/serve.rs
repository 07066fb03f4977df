use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::ui::Ui;
use crate::broker::BrokerSettings;
use crate::config;
use crate::flow::Failure;
use crate::flow::serve;
use crate::system::System;

/// Run your team's broker
#[derive(Debug, Args)]
#[command(
    long_about = "Run your team's broker.

Takes requests and reviews, decides by the policy, mints at the cloud, and keeps the log. Speaks plain http on loopback; \
put a proxy that speaks TLS in front before others are to reach it.",
    after_long_help = "Examples:
  jit serve --policy access
  jit serve --policy access --url https://jit.example.com --listen 0.0.0.0:8765 --behind-tls-proxy
  jit serve --policy access --data /var/lib/jit --keys /etc/jit/keys"
)]
pub struct Serve {
    /// The policy's folder; see `jit policy init`
    #[arg(long, value_name = "DIR")]
    policy: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
    /// The address that people and clouds use; http://LISTEN when not said
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where the database lives; in your state folder when not said
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the keys live; under the data when not said. Never back them up together
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// A proxy in front speaks TLS, so plain http beyond this machine is meant
    #[arg(long)]
    behind_tls_proxy: bool,
    /// A proxy whose X-Forwarded-For is believed; may be repeated
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
        let data = self.data.unwrap_or_else(|| system.files.state.join("broker"));
        let mut settings = BrokerSettings::new(self.policy, data, issuer.clone(), self.listen);
        settings.keys = self.keys;
        settings.behind_tls_proxy = self.behind_tls_proxy;
        settings.trusted_proxies = self.trusted_proxies;
        serve::serve(system, settings, |address| {
            ui.say(&format!("the broker listens on {address}; its address is {issuer}"));
            ui.say(&format!("log in with: jit login {issuer}"));
        })
        .await?;
        ui.say("the broker has stopped");
        Ok(())
    }
}
