//! `jit key list`: one's own enrolled keys, and those that one may vouch for.

use clap::Args;

use super::KeyJson;
use crate::cli::ui::Ui;
use crate::cli::ui::table::Fit;
use crate::cli::ui::table::Table;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::keys::list;

/// List your enrolled keys, and those that you may vouch for
#[derive(Debug, Args)]
#[command(
    after_long_help = "A key of yours that you do not know was enrolled by somebody who can sign in as you: drop it, and tell \
the people who run the identity provider.

Examples:
  jit key list
  jit key list --json"
)]
pub struct List {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let keys: Vec<KeyJson> = list::list(&connected).await?.into_iter().map(KeyJson::of).collect();
        if self.json {
            return ui.json(&keys);
        }
        if keys.is_empty() {
            ui.say("no sign-in has enrolled a key of yours");
            return Ok(());
        }
        let now = client.now();
        let mut table = Table::new(&[
            ("PERSON", Fit::Whole),
            ("WORTH", Fit::Whole),
            ("ENDS", Fit::Whole),
            ("KEY", Fit::Whole),
            ("", Fit::Whole),
        ]);
        for key in keys {
            let is_own = key.person == connected.person;
            let next = match (key.may_confirm, is_own) {
                (false, _) => "",
                (true, true) => "confirm",
                (true, false) => "vouch",
            };
            let ends = key.until.map_or_else(|| "stays".to_owned(), |until| ui.until(until, now));
            table.row(vec![
                key.person.to_string(),
                key.worth.as_str().to_owned(),
                ends,
                key.key,
                next.to_owned(),
            ]);
        }
        ui.table(&table)
    }
}
