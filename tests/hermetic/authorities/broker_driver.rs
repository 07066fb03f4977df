//! A broker in this process, for one row.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::grant::Signed;
use jit::grant::statement::ReviewStatement;
use jit::protocol::Challenge;
use jit::protocol::Problem;
use jit::protocol::RequestView;
use jit::protocol::Session;
use jit::system::files;

use super::policy;
use super::policy::PEOPLE;
use super::policy::key_of;
use super::scene::Answer;
use super::scene::Asked;
use super::scene::Authority;
use super::scene::No;
use crate::broker::world;
use crate::broker::world::Person;
use crate::broker::world::World;

pub struct BrokerDriver {
    runtime: tokio::runtime::Runtime,
    world: World,
    sessions: BTreeMap<String, Person>,
}

impl BrokerDriver {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut world = World::unstarted();
        std::fs::remove_dir_all(world.folder.path().join("policy")).unwrap();
        for (path, text) in &Self::policy() {
            world.write_policy(path, text);
        }
        with_known_keys(&world.folder.path().join("keys/issuer"), || {
            runtime.block_on(world.start()).unwrap();
        });
        Self { runtime, world, sessions: BTreeMap::new() }
    }

    fn policy() -> BTreeMap<String, String> {
        let account = |name: &str| 101 + PEOPLE.iter().position(|person| *person == name).unwrap() as u64;
        policy::files("[notify]\ncommand = [\"/usr/bin/tell\"]\n", &account)
    }

    /// Somebody's session, begun when it is first needed.
    fn log_in(&mut self, name: &str) {
        let known = self.sessions.get(name).map(|person| person.token.clone());
        let lives = known.is_some_and(|token| {
            let session = self.world.call("GET", "/v1/session", &token, None::<&()>);
            self.runtime.block_on(session).status() == 200
        });
        if !lives {
            // A person whose key was replaced logs in with the new one.
            let person = [name.to_owned(), format!("{name}-new")].into_iter().find_map(|key| {
                let mut person =
                    Person { name: name.parse().unwrap(), signer: key_of(&key), token: String::new() };
                person.token = self.runtime.block_on(token(&self.world, &person))?;
                Some(person)
            });
            self.sessions.insert(name.to_owned(), person.unwrap());
        }
    }

    fn post(&mut self, by: &str, path: &str, body: Option<&Signed>) -> Answer {
        self.log_in(by);
        let person = &self.sessions[by];
        let answer = self.runtime.block_on(self.world.call("POST", path, &person.token, body));
        if answer.status() < 300 { Ok(()) } else { Err(no_of(&answer.0.body)) }
    }
}

/// Starts a broker with the issuer's keys of the first one: to make RSA keys takes longer than a row.
fn with_known_keys(folder: &Path, start: impl FnOnce()) {
    static KNOWN: OnceLock<Vec<(OsString, Vec<u8>)>> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        files::make_private_folder(folder.parent().unwrap()).unwrap();
        files::make_private_folder(folder).unwrap();
        for (name, content) in known {
            files::replace_private(&folder.join(name), content).unwrap();
        }
    }
    start();
    KNOWN.get_or_init(|| {
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect()
    });
}

/// A session's token, if the policy knows the key.
async fn token(world: &World, person: &Person) -> Option<String> {
    let challenge: Challenge = world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
    let signed = world.login_statement(person, &challenge.challenge);
    let answer = world.call("POST", "/v1/login", "", Some(&signed)).await;
    let session: Session = (answer.status() == 200).then(|| answer.read())?;
    Some(session.token?.expose().clone())
}

fn no_of(body: &[u8]) -> No {
    let problem: Problem = serde_json::from_slice(body).unwrap();
    No { code: problem.code, text: problem.detail, hint: problem.hint.unwrap_or_default() }
}

impl Authority for BrokerDriver {
    fn address(&self) -> String {
        world::AUTHORITY.to_owned()
    }

    fn now(&self) -> Timestamp {
        self.world.now()
    }

    fn wait(&mut self, span: SignedDuration) {
        self.world.clock.advance(span.unsigned_abs());
    }

    fn files(&self) -> BTreeMap<String, String> {
        Self::policy()
    }

    fn change(&mut self, files: &BTreeMap<String, String>) {
        for (path, text) in files {
            self.world.write_policy(path, text);
        }
        // One look sees it, the next one believes it.
        for _ in 0..2 {
            self.world.clock.advance(std::time::Duration::from_secs(3));
            self.runtime.block_on(self.world.call("GET", "/readyz", "", None::<&()>));
        }
    }

    fn ask(&mut self, by: &str, asked: &Asked, _last: bool) -> Answer {
        self.post(by, "/v1/requests", Some(&asked.signed))
    }

    /// A broker does this when more time is approved.
    fn settle(&mut self, _by: &str, _of: &Asked) -> Answer {
        Ok(())
    }

    fn review(
        &mut self,
        by: &str,
        of: &Asked,
        (_, signed): (&ReviewStatement, &Signed),
        _last: bool,
    ) -> Answer {
        self.post(by, &format!("/v1/requests/{}/reviews", of.digest.request_id()), Some(signed))
    }

    fn mint(&mut self, by: &str, of: &Asked) -> Answer {
        self.post(by, &format!("/v1/requests/{}/leases", of.digest.request_id()), None)
    }

    fn end(&mut self, by: &str, of: &Asked) -> Answer {
        self.post(by, &format!("/v1/requests/{}/end", of.digest.request_id()), None)
    }

    fn revoke(&mut self, by: &str, of: &Asked, signed: &Signed) -> Answer {
        self.post(by, &format!("/v1/requests/{}/revoke", of.digest.request_id()), Some(signed))
    }

    fn view(&mut self, of: &Asked) -> Result<RequestView, No> {
        let who = of.statement.header.who.to_string();
        self.log_in(&who);
        let path = format!("/v1/requests/{}", of.digest.request_id());
        let answer = self.runtime.block_on(self.world.get(&path, &self.sessions[&who]));
        if answer.status() == 200 { Ok(answer.read()) } else { Err(no_of(&answer.0.body)) }
    }
}
