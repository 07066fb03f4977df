//! A repository that the version before set up, and clients of either version in front of either workflow: each hears what
//! to do, and what only stops access works everywhere.

use std::collections::BTreeMap;

use jit::authority::Authority;
use jit::forge::request_file;
use jit::grant::State;

use super::laptop::Laptop;
use crate::forge::hub::Asked;
use crate::forge::hub::Hub;
use crate::forge::hub::outcome;
use crate::forge::hub::said;
use crate::forge::inspecting::hole;

const JIT: &str = include_str!("../../fixtures/older/jit.yml");
const CHECK: &str = include_str!("../../fixtures/older/jit-check.yml");
const URL: &str = "https://example.com/jit";
const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn filled(template: &str) -> String {
    template.replace("@URL@", URL).replace("@SHA256@", SHA256).replace("@PROTOCOL@", "https")
}

/// The workflows of the version before, on `main`.
fn older() -> BTreeMap<String, String> {
    BTreeMap::from([
        (".github/workflows/jit.yml".to_owned(), filled(JIT)),
        (".github/workflows/jit-check.yml".to_owned(), filled(CHECK)),
    ])
}

#[test]
fn a_client_from_before_is_told_to_update_and_may_still_stop() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let mut inputs = hub.inputs("mint", &asked);
    inputs.remove("form");
    let run = hub.run("ana", &inputs);
    assert_eq!((outcome(&run, "decide"), outcome(&run, "mint")), ("failure", "skipped"));
    for words in [
        "error: your jit is older than the workflow of this access repository",
        "  cause: it does not look for the credentials where the workflow leaves them",
        "  hint: update jit on your machine, then run `jit wait`: the request stays open",
    ] {
        assert!(said(&run, "decide").contains(words), "{words}: {}", said(&run, "decide"));
    }
    // The client of before shows these lines, as this one would.
    let laptop = Laptop::of(&hub, "ana");
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
    let mut inputs = hub.inputs("end", &asked);
    inputs.remove("form");
    assert_eq!(hub.run("ana", &inputs).conclusion, Some("success"));
}

#[test]
fn a_workflow_from_before_is_named_by_the_client_and_by_the_doctor_and_may_still_stop() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    hub.write_main(&older());
    let laptop = Laptop::of(&hub, "ana");
    let error = laptop.lease(&asked, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the repository's workflow jit.yml was written by an older jit than this one"
    );
    assert!(error.hint().unwrap().contains("runs `jit ci init …` with this version"), "{error:?}");
    assert!(laptop.runs().is_empty() && !error.is_passing());
    hole(&hub, "jit.yml is as an older version of jit wrote it: this version gets no credentials from it");
    hole(&hub, "jit-check.yml is as an older version of jit wrote it");
    let view = hub.wait(laptop.authority.end(&asked.digest.request_id(), true)).unwrap();
    assert_eq!(view.state, State::Cancelled);
}

/// The setup, run again: it shows what changes, and a request that was open before is granted after.
#[test]
fn the_new_form_is_written_over_the_old_one_and_open_requests_stay() {
    let hub = Hub::new();
    hub.write_main(&older());
    let asked = hub.approved(1);
    let world = hub.shell.world(&BTreeMap::new());
    let root = world.system.files.working.clone();
    for (path, text) in hub.policy("account", None).into_iter().chain(older()) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let words = format!(
        "ci init --repository acme/access --owners @acme/security --download {URL} --sha256 {SHA256}"
    );
    let run = || {
        let code = jit::run(words.split(' ').map(Into::into).collect(), &world.system);
        assert_eq!(code, 0, "{}", world.console.said());
        world.console.said()
    };
    let told = run();
    for words in [
        "wrote  .github/workflows/jit.yml\n  -permissions: {}\n",
        "\n  +      form:\n",
        "\n  -  deliver:\n",
        "\n  -        uses: actions/upload-artifact@",
        "wrote  .github/workflows/jit-check.yml\n  +    types: [opened, edited, reopened, synchronize]\n",
        "to do  bring .github/workflows/jit.yml to main by a reviewed pull request: it replaces an older form",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let files = older().into_keys().map(|path| {
        let text = std::fs::read_to_string(root.join(&path)).unwrap();
        (path, text)
    });
    hub.write_main(&files.collect());
    let laptop = Laptop::of(&hub, "ana");
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
    // Once more, nothing changes.
    let told = run().split_off(told.len());
    assert!(!told.contains("  +") && !told.contains("replaces an older form"), "{told}");
}

/// A request's file in the one line of before.
#[test]
fn a_request_in_the_older_form_is_read_as_before() {
    let hub = Hub::new();
    let asked = hub.ask(1, |_| {});
    let ana = hub.client("ana");
    let text = |asked: &Asked| {
        let path = request_file::path_of(&asked.digest.request_id());
        let head = hub.wait(ana.pull(asked.pull)).unwrap().head.sha;
        String::from_utf8(hub.wait(ana.content(&path, &head)).unwrap().unwrap()).unwrap()
    };
    assert!(text(&asked).starts_with("{\n  \"statement\": {\n"));
    hub.wait(ana.close_pull(asked.pull)).unwrap();
    let asked =
        hub.ask_with(2, |statement| statement.reason = "INC-43".to_owned(), request_file::write_older);
    hub.review("bo", &asked, "APPROVE");
    hub.review("dee", &asked, "APPROVE");
    let laptop = Laptop::of(&hub, "ana");
    assert!(text(&asked).starts_with("{\"signature\":") && !text(&asked).contains('\n'));
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
}
