use std::path::Path;
use std::path::PathBuf;

use clap::Args;

#[cfg(feature = "broker")]
use crate::broker::settings_file::SettingsFile;
#[cfg(feature = "broker")]
use crate::broker::settings_file::keys;
use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::operating::issuer;
use crate::grant::AuthorityAddress;
use crate::issuer::Documents;

/// Write the issuer's documents for a web host that clouds reach
#[derive(Debug, Args)]
#[command(
    long_about = "Write the issuer's documents for a web host that clouds reach.

Clouds fetch two documents from the issuer: the discovery document and the public keys. If the broker is not on the public \
internet, any web host can serve them: a bucket, or GitHub Pages. jit writes DIR/.well-known/openid-configuration and \
DIR/.well-known/jwks.json, with public keys only, and says what to do next. It asks the broker that you are logged in to, or \
the one at --url. On the broker's machine it reads the keys themselves, with --config, --keys or --data.

jit does not replace the documents of another issuer.",
    after_long_help = "Examples:
  jit setup issuer site --issuer https://jit-issuer.example.com
  jit setup issuer /srv/issuer --config /etc/jit/broker.toml
  jit setup issuer --print-keys > jwks.json"
)]
pub struct Issuer {
    /// The folder to write
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Print the key set, as Google takes it for a provider with uploaded keys
    #[arg(long)]
    print_keys: bool,
    /// The issuer's address; default: the issuer of the broker
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Fetch from the broker at this address
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Read the keys of the broker with this settings file
    #[cfg(feature = "broker")]
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    config: Option<PathBuf>,
    /// Read the keys in this key folder of a broker
    #[cfg(feature = "broker")]
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    keys: Option<PathBuf>,
    /// Read the keys in this data folder of a broker
    #[cfg(feature = "broker")]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["url", "keys"])]
    data: Option<PathBuf>,
}

impl Issuer {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        if self.folder.is_none() && !self.print_keys {
            return Err(Failure::usage("no folder is named").hint(
                "name the one to write: `jit setup issuer DIR`, or print the key set: `--print-keys`",
            ));
        }
        let named = self.issuer.as_deref().map(issuer::address).transpose()?;
        #[cfg(feature = "broker")]
        let own = self.of_own_keys(client, named.as_deref())?;
        #[cfg(not(feature = "broker"))]
        let own = None;
        let documents = match own {
            Some(documents) => documents,
            None => self.of_broker(client, named, ui).await?,
        };
        if self.print_keys {
            ui.line(&documents.key_set_json())?;
        }
        match &self.folder {
            Some(folder) => write(&client.system.files.working, folder, &documents, ui),
            None => Ok(()),
        }
    }

    /// The documents that a broker serves, for the named issuer.
    async fn of_broker(
        &self,
        client: &Client<'_>,
        named: Option<String>,
        ui: &Ui<'_>,
    ) -> Result<Documents, Failure> {
        let url = match self.url.as_deref().or(client.settings.authority()) {
            Some(url) if AuthorityAddress::of(url).is_github() => {
                return Err(Failure::usage(format!(
                    "{url} is not a broker: clouds trust GitHub's own issuer"
                ))
                .hint("name a broker: --url https://jit.example.com"));
            }
            Some(url) => crate::config::broker_address(url)
                .map_err(|cause| Failure::usage(format!("{url:?} is not a broker's address")).cause(cause))?,
            None => {
                return Err(Failure::usage("no broker is known").hint(
                    "name it: --url https://jit.example.com, or its keys on its machine: --config FILE",
                ));
            }
        };
        let documents = issuer::of_broker(client.system, &url).await?;
        let Some(named) = named.filter(|named| named != documents.issuer()) else { return Ok(documents) };
        ui.say(&format!(
            "note: the broker's tokens still name the issuer {}: start it with --issuer {named}",
            documents.issuer()
        ));
        Ok(documents.at(&named))
    }

    /// The documents of a broker's keys on this machine. `None` if no flag names them.
    #[cfg(feature = "broker")]
    fn of_own_keys(&self, client: &Client<'_>, named: Option<&str>) -> Result<Option<Documents>, Failure> {
        if self.config.is_none() && self.keys.is_none() && self.data.is_none() {
            return Ok(None);
        }
        let files = &client.system.files;
        let file = self.config.as_ref().map(|path| SettingsFile::read(&files.working.join(path)));
        let file = file.transpose()?;
        let file = file.as_ref();
        let text = |key: &str| file.and_then(|file| file.text(key)).map(issuer::address).transpose();
        let issuer_url = match named {
            Some(named) => Some(named.to_owned()),
            None => text(keys::ISSUER)?.or(text(keys::URL)?),
        };
        let issuer_url = issuer_url.ok_or_else(|| {
            Failure::usage("the issuer's address is not known")
                .hint("name it: --issuer https://jit-issuer.example.com")
        })?;
        let place = |key: &str| file.and_then(|file| file.place(key));
        let under_data = |data: PathBuf| data.join("keys");
        let keys = self
            .keys
            .clone()
            .or_else(|| self.data.clone().map(under_data))
            .or_else(|| place(keys::KEYS_FOLDER))
            .or_else(|| place(keys::DATA).map(under_data))
            .unwrap_or_else(|| under_data(files.state.join("broker")));
        issuer::of_keys(&files.working.join(keys), &issuer_url, client.now()).map(Some)
    }
}

/// Writes the files and says what to do with them.
fn write(working: &Path, folder: &Path, documents: &Documents, ui: &Ui<'_>) -> Result<(), Failure> {
    let written = issuer::write(&working.join(folder), documents)?;
    if written.is_empty() {
        ui.say(&format!("the documents in {} need no change", folder.display()));
    }
    for path in &written {
        let path = path.strip_prefix(working).unwrap_or(path);
        ui.say(&format!("{} is written", path.display()));
    }
    for line in issuer::next_steps(folder, documents) {
        ui.say(&line);
    }
    Ok(())
}
