//! A team with the page, bo's browser, and bo's passkey in the policy.

use std::path::PathBuf;

use http::Method;
use serde_json::Value;
use serde_json::json;

use crate::peers::broker::JIT;
use crate::peers::browser::Browser;
use crate::peers::peer::wait_for;
use crate::peers::person::Person;
use crate::peers::site::SandboxCloud;
use crate::peers::team::Team;
use crate::shells::terminal::Terminal;

/// The button that signs.
pub const APPROVE: &str = "button[data-verdict=approve]";

pub struct Page {
    pub team: Team,
    pub browser: Browser,
    /// Bo's passkey, as its line for the policy.
    pub passkey: String,
    pub authenticator: String,
    _cloud: SandboxCloud,
}

impl Page {
    /// Bo's browser is signed in, and bo has no passkey yet.
    pub fn without_passkey() -> Self {
        Self::prepared(|_| {})
    }

    /// The same, after the policy was prepared.
    pub fn prepared(prepare: impl FnOnce(&Team)) -> Self {
        let mut team = Team::new();
        team.broker.serve_page();
        let cloud = team.add_sandbox(None);
        prepare(&team);
        team.open();
        let mut browser = Browser::start();
        let made = browser.ask("authenticator", json!({}));
        let authenticator = made["id"].as_str().unwrap().to_owned();
        let mut page = Self { team, browser, passkey: String::new(), authenticator, _cloud: cloud };
        page.sign_in();
        page
    }

    /// Bo has registered a passkey, and it is in the policy.
    pub fn new() -> Self {
        let mut page = Self::without_passkey();
        page.register();
        page.enrol();
        page
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/web{path}", self.team.broker.url)
    }

    /// Opens a page of the broker. Returns the status.
    #[track_caller]
    pub fn open(&mut self, path: &str) -> u64 {
        let url = self.url(path);
        self.browser.open(&url)
    }

    /// Signs bo's browser in, with the code of a real terminal and its question.
    pub fn sign_in(&mut self) {
        assert_eq!(self.open(""), 401);
        let terminal = jit(&self.team.bo, &["web", "--no-open"]);
        terminal.until("a code", |screen| screen.contains("once, within"));
        let screen = terminal.screen();
        assert!(screen.contains(&format!("page  {}", self.url(""))), "{screen}");
        let code = screen.lines().find_map(|line| line.strip_prefix("code  ")).unwrap();
        let code = code.split(' ').next().unwrap().to_ascii_lowercase();
        self.browser.fill("#code", &code);
        self.browser.send("click", &mut json!({"at": "#sign-in button"}));
        terminal.until("the question", |screen| screen.contains("Is this your browser?"));
        let screen = terminal.screen();
        assert!(screen.contains("address | 127.0.0.1") || screen.contains("address | ::1"), "{screen}");
        assert!(screen.contains("HeadlessChrome"), "{screen}");
        terminal.text("y");
        terminal.key("Enter");
        self.browser.answer();
        self.browser.wait("h1", "Requests that wait for you");
        let cookies = self.browser.ask("cookies", json!({}));
        let cookie = |name: &str| {
            let all = cookies["cookies"].as_array().unwrap();
            all.iter().find(|cookie| cookie["name"] == name).cloned().unwrap_or_default()
        };
        let own = cookie("__Host-jit");
        assert_eq!(
            (&own["httpOnly"], &own["secure"], &own["sameSite"]),
            (&json!(true), &json!(true), &json!("Strict"))
        );
    }

    /// Registers a passkey on the page.
    pub fn register(&mut self) {
        self.open("/passkey");
        self.browser.click("#register button.primary");
        self.browser.wait("#registered", "One step is left");
        self.passkey = self.browser.text("#line");
        assert!(self.passkey.starts_with("sk-ecdsa-sha2-nistp256@openssh.com "), "{}", self.passkey);
    }

    /// Puts bo's passkey into the policy, and waits until the broker has read it.
    pub fn enrol(&mut self) {
        let file = self.team.folder().join("broker/policy/people.toml");
        let people = std::fs::read_to_string(&file).unwrap();
        let old = format!("keys = [\"{}\"]", self.team.bo.key);
        assert!(people.contains(&old), "{people}");
        let new = format!("keys = [\"{}\", \"{}\"]", self.team.bo.key, self.passkey);
        self.team.broker.write_policy("people.toml", &people.replace(&old, &new));
        let url = self.url("/passkey");
        let browser = &mut self.browser;
        wait_for("the passkey in the policy", || {
            browser.open(&url);
            browser.text("main").contains("The policy has these passkeys of yours")
        });
    }

    /// Ana's request, as bo's browser shows it, ready to be signed.
    pub fn ask(&mut self, role: &str) -> String {
        let id = self.team.ana.ask(role);
        assert_eq!(self.open(&format!("/r/{id}")), 200);
        self.browser.wait("#checked", "Your browser derived these words");
        id
    }

    /// A request as the broker has it.
    #[track_caller]
    pub fn stored(&self, id: &str) -> Value {
        let session = self.team.bo.session(&self.team.broker.url);
        let (status, body) = self.team.broker.call(Method::GET, &format!("/v1/requests/{id}"), &session);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// `jit` in a terminal of its own.
pub fn jit(person: &Person, words: &[&str]) -> Terminal {
    let command = person.jit(words);
    let variables: Vec<(String, String)> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())))
        .filter(|(name, _)| name != "PATH" && name != "HOME")
        .collect();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // The screen stays after the program has ended.
    let line = format!("{JIT} {}; read -r _", words.join(" "));
    Terminal::sized(&person.home, (120, 40), &["sh", "-c", &line], &variables)
}

/// The folder for pictures, which are looked at by hand.
pub fn pictures() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let folder = target.join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
