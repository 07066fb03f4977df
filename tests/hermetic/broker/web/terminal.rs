//! `jit web`: the code, the question about the browser, and what each answer does.

use jit::identity::fake::TestSigner;

use crate::broker::web::browser::Browser;
use crate::broker::web::browser::OWN;
use crate::broker::world::AUTHORITY;
use crate::broker::world::World;
use crate::cli::stage;

/// A broker with the page, and dora at a terminal, logged in.
async fn team() -> (World, stage::Person) {
    let mut world = World::with_page().await;
    let key = TestSigner::ed25519(1);
    let line = format!("[people.dora]\nkeys = [\"{}\"]\n[groups]", jit::identity::Signer::public_key(&key));
    world.change_policy("people.toml", "[groups]", &line).await;
    let dora = stage::Person::new(1, &world.clock, &world.http);
    let shot = dora.run(&format!("login {AUTHORITY} --as dora"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    (world, dora)
}

/// Runs `jit web` while a browser enters the code that it shows.
async fn web(world: &World, dora: &stage::Person, line: &str, answer: &str) -> (stage::Shot, bool, String) {
    let browser = Browser::new(world);
    let token = browser.get("/web").await.token("/web/sign-in");
    let agent = [OWN.as_slice(), &[("user-agent", "Firefox\u{202e}  address | 10.0.0.1")]].concat();
    let entering = async {
        let code = loop {
            let said = dora.world.console.said();
            if let Some(code) = said.lines().find_map(|line| line.strip_prefix("code  ")) {
                break code.split(' ').next().unwrap().to_owned();
            }
            tokio::task::yield_now().await;
        };
        browser.post_from(&agent, "/web/sign-in", &[("token", &token), ("code", &code)]).await;
        code
    };
    let answers = [answer];
    let (shot, code) = tokio::join!(dora.run(line, &answers), entering);
    (shot, browser.is_signed_in(), code)
}

#[tokio::test]
async fn a_yes_lets_the_browser_in_and_anything_else_does_not() {
    let (world, dora) = team().await;
    let (shot, is_in, code) = web(&world, &dora, "web", "y").await;
    assert_eq!((shot.code, is_in), (0, true), "{shot}");
    assert!(shot.stderr.contains("page  https://jit.example.com/web\n"), "{shot}");
    assert!(shot.stderr.contains("  address | 127.0.0.1\n"), "{shot}");
    // The browser's own words keep their mark, and cannot look like a line of ours.
    assert!(shot.stderr.contains("  program | Firefox\\u{202e} address | 10.0.0.1\n"), "{shot}");
    // The opener's arguments, which other users may see, hold no code.
    let started = dora.world.processes.started.lock().unwrap().clone();
    let words: Vec<String> = started
        .iter()
        .flat_map(|command| command.arguments.iter())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    assert!(words.contains(&"https://jit.example.com/web".to_owned()), "{words:?}");
    assert!(words.iter().all(|word| !word.contains(&code)), "{words:?}");
    for answer in ["n", ""] {
        let (shot, is_in, _) = web(&world, &dora, "web --no-open", answer).await;
        assert_eq!((shot.code, is_in), (1, false), "{answer:?}: {shot}");
        assert!(shot.stderr.contains("was not let in"), "{shot}");
    }
    assert_eq!(dora.world.processes.started.lock().unwrap().len(), started.len(), "--no-open opens nothing");
}

#[tokio::test]
async fn it_leads_to_one_request() {
    let (world, dora) = team().await;
    let (shot, is_in, _) = web(&world, &dora, "web 7f3kq2m8zd --no-open", "yes").await;
    assert_eq!((shot.code, is_in), (0, true), "{shot}");
    assert!(shot.stderr.contains("page  https://jit.example.com/web/r/7F3KQ2M8ZD\n"), "{shot}");
}

#[tokio::test]
async fn without_a_terminal_or_a_page_it_says_so() {
    let (mut world, dora) = team().await;
    let shot = dora.run("web", &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("no terminal to ask on"), "{shot}");
    world.stop().await;
    world.start().await.unwrap();
    let shot = dora.run("web", &["y"]).await;
    assert!(shot.code != 0 && shot.stderr.contains("serves no approval page"), "{shot}");
}
