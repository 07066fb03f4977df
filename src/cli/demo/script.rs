//! The story. Each step is a command that a person would type, run by the real command's code.

use super::narrator::Narrator;
use super::world::OTHER_ROLE;
use super::world::Person;
use super::world::ROLE;
use super::world::World;
use crate::cli;
use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::RequestId;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::statement::ReviewStatement;
use crate::system::Console;

/// Tells the story from login to end. Fails if any step does not go as told.
pub async fn tell(world: &World, narrator: &Narrator, ui: &Ui<'_>) -> Result<(), Failure> {
    let stage = Stage { world, narrator, ui };
    let (ana, bo) = (&world.ana, &world.bo);
    stage.tell("Two people, a broker and two clouds that really verify, all on this machine.")?;
    stage.tell("Secrets stay in memory here; otherwise jit uses your system's keychain.")?;

    stage.title("Ana and Bo log in with their SSH keys")?;
    for person in [ana, bo] {
        stage.does(person, &["login", &world.broker_url, "--as", person.name.as_str()], 0).await?;
    }

    stage.title("Ana asks")?;
    stage.does(ana, &["roles"], 0).await?;
    let reason = "INC-42 fail over orders-db";
    let asked = ["request", ROLE, "--reason", reason, "--no-wait", "-y"];
    stage.does(ana, &asked, 0).await?;
    let id = stage.pending(ana).await?;

    stage.title("Ana cannot approve her own request")?;
    stage.does(ana, &["approve", id.as_str(), "-y"], 5).await?;

    stage.title("A patched client sends an approval in Bo's name, signed with Ana's key")?;
    stage.forges(ana, &bo.name, &id).await?;

    stage.title("Bo reads what was signed, and approves with his own key")?;
    stage.does(bo, &["inbox"], 0).await?;
    stage.does(bo, &["approve", id.as_str(), "--comment", "go", "-y"], 0).await?;

    stage.title("A role in another cloud, which the policy gives without approval")?;
    stage.does(ana, &["request", OTHER_ROLE, "--reason", reason, "-y"], 0).await?;

    stage.title("Ana runs one command with both; each cloud says who it is")?;
    stage.does(ana, &["exec", ROLE, OTHER_ROLE, "--", "jit", "whoami", "--cloud"], 0).await?;
    stage.does(ana, &["status"], 0).await?;

    stage.title("Ana is done")?;
    stage.does(ana, &["end", ROLE], 0).await?;
    stage.does(ana, &["exec", ROLE, "--", "jit", "whoami", "--cloud"], 125).await?;

    stage.title("That was the whole round trip; the demo has removed all its files")?;
    stage.tell("Play it yourself:      jit demo --shell")?;
    stage.tell("Your team's own:       jit policy init access\n                         jit serve --policy access --sandbox")
}

struct Stage<'a> {
    world: &'a World,
    narrator: &'a Narrator,
    ui: &'a Ui<'a>,
}

impl Stage<'_> {
    fn tell(&self, line: &str) -> Result<(), Failure> {
        self.ui.line(&format!("  {line}"))
    }

    fn title(&self, line: &str) -> Result<(), Failure> {
        self.ui.line(&format!("\n{}", self.ui.heading(line)))
    }

    /// Shows a command, runs it, and checks its exit code.
    async fn does(&self, person: &Person, words: &[&str], expected: u8) -> Result<String, Failure> {
        self.ui.line(&format!("  {}$ jit {}", person.name, as_typed(words)))?;
        let arguments = words.iter().map(|word| (*word).into()).collect();
        let code = Box::pin(cli::run_async(arguments, &person.system)).await;
        if code == expected && !self.narrator.is_closed() {
            return Ok(self.narrator.take());
        }
        Err(Failure::failed("the demo did not go as planned")
            .cause(format!("`jit {}` exited with {code}, not {expected}", as_typed(words)))
            .hint("this is a fault of jit: please report it with what you see above"))
    }

    /// The pending request, from the broker.
    async fn pending(&self, person: &Person) -> Result<RequestId, Failure> {
        let client = Client::open(&person.system)?;
        let connected = client.connect().await?;
        let requests = connected.authority.requests(crate::authority::Listing::Mine).await?;
        let newest = requests.first().ok_or_else(|| Failure::failed("the broker lost Ana's request"))?;
        Ok(newest.id.clone())
    }

    /// Sends a review in another person's name, as a modified client would.
    async fn forges(
        &self,
        forger: &Person,
        victim: &crate::grant::Name,
        id: &RequestId,
    ) -> Result<(), Failure> {
        let client = Client::open(&forger.system)?;
        let connected = client.connect().await?;
        let view = connected.authority.request(id).await?;
        let statement = Statement::Review(ReviewStatement {
            header: client.header_for(&self.world.broker_url, victim),
            request: view.digest,
            verdict: Verdict::Approve,
            comment: String::new(),
            duration: None,
            scope: None,
        });
        let signed = client.sign(&connected, &statement)?;
        self.ui.line(&format!("  {}$ POST /v1/requests/{id}/reviews", forger.name))?;
        match connected.authority.review(id, &signed).await {
            Err(refused) => {
                self.narrator.say(&format!("refused: {refused}"));
                Ok(())
            }
            Ok(_) => Err(Failure::failed("the broker took a forged review")
                .hint("this is a fault of jit: please report it with what you see above")),
        }
    }
}

/// The words quoted for a shell.
fn as_typed(words: &[&str]) -> String {
    let plain = |word: &str| {
        word.chars().all(|character| character.is_ascii_alphanumeric() || "-._:/@=".contains(character))
    };
    let quoted: Vec<String> = words
        .iter()
        .map(|word| if plain(word) { (*word).to_owned() } else { format!("\"{word}\"") })
        .collect();
    quoted.join(" ")
}
