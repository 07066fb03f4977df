//! The canary: with all logs at trace level, no secret appears anywhere but where it belongs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use serde_json::Value;

use crate::peers::broker::processes;
use crate::peers::person::files_below;
use crate::peers::team::Team;

/// Reads the command lines of all processes of this machine repeatedly, as any user could.
struct Onlooker {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<String>>,
}

impl Onlooker {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !stopped.load(Ordering::Relaxed) {
                seen.extend(processes(|_| true).into_iter().map(|(_, words)| words.join(" ")));
                std::thread::yield_now();
            }
            seen
        });
        Self { stop, thread }
    }

    fn saw(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

#[test]
fn no_secret_leaves_its_place_at_the_most_talkative() {
    let mut team = Team::new();
    let cloud = team.add_sandbox(None);
    for person in [&team.ana, &team.bo] {
        person.set("JIT_LOG", "trace");
    }
    team.broker.set("JIT_LOG", "trace");
    let webhook_secret = "whsec_Y2FuYXJ5IG9mIHRoZSB3ZWJob29rISEhISEhISE=";
    team.broker.set("HOOK_SECRET", webhook_secret);
    team.broker.write_policy(
        "access.toml",
        "version = 1\n[notify]\nwebhook = { url = \"http://127.0.0.1:1/hook\", secret_env = \"HOOK_SECRET\" }\n\
         command = [\"/bin/cat\"]\n",
    );
    let onlooker = Onlooker::start();
    team.open();
    let (ana, bo) = (&team.ana, &team.bo);
    let url = team.broker.url.clone();
    let id = team.grant("orders-admin");
    ana.run(&["wait", "orders-admin"]).ok();
    let mut secrets = vec![("the webhook's secret", webhook_secret.to_owned())];
    for person in [ana, bo] {
        secrets.push(("a session", person.session(&url)));
    }
    let recipient = ana.keyring.lookup(&format!("recipient:{id}")).unwrap();
    secrets.push(("a recipient key", recipient.split_once(' ').unwrap().1.to_owned()));
    let lease: Value = serde_json::from_str(&ana.keyring.lookup(&format!("lease:{id}")).unwrap()).unwrap();
    for member in ["secret_access_key", "session_token"] {
        secrets.push(("credentials", lease["credentials"][member].as_str().unwrap().to_owned()));
    }
    for words in [
        &["exec", "orders-admin", "--", "true"][..],
        &["status", "--verify"],
        &["show", &id],
        &["show", &id, "--json"],
        &["whoami"],
        &["roles"],
        &["prompt"],
        &["end", "orders-admin"],
        &["exec", "orders-admin", "--", "true"],
        &["status", "--json"],
    ] {
        ana.run(words);
    }
    // Failures log more than success.
    team.broker.kill();
    ana.run(&["whoami"]).refused();
    team.broker.start();
    team.bo.run(&["approve", &id, "-y"]).refused();
    team.bo.run(&["logout"]).ok();
    team.ana.run(&["logout"]).ok();
    let tokens = cloud.sent("WebIdentityToken");
    assert!(!tokens.is_empty());
    secrets.extend(tokens.into_iter().map(|token| ("a web identity token", token)));

    let mut places = vec![
        ("ana's terminal".to_owned(), team.ana.said()),
        ("bo's terminal".to_owned(), team.bo.said()),
        ("the broker's log".to_owned(), team.broker.log()),
    ];
    assert!(places.iter().all(|(_, text)| text.contains(" jit::")), "the log was on");
    let seen = onlooker.saw();
    assert!(seen.iter().any(|line| line.contains("exec orders-admin -- true")), "the onlooker looked");
    places.push(("the words of a process".to_owned(), seen.into_iter().collect::<Vec<_>>().join("\n")));
    for (path, content) in files_below(team.folder()) {
        places.push((path.display().to_string(), String::from_utf8_lossy(&content).into_owned()));
    }
    for (what, secret) in &secrets {
        assert!(secret.len() >= 16, "{what} is worth looking for");
        for (place, text) in &places {
            assert!(!text.contains(secret.as_str()), "{what} is in {place}");
        }
    }
}
