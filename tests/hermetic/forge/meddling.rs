//! The changes that anybody with write access can make on GitHub besides the request: others' review texts, a pull
//! request's base, and pull requests of their own. None of them opens more access, and none of them prevents a denial.

use http::Method;
use jit::forge::review_body;
use jit::github::GitHub as Client;
use jit::github::GitHubError;
use jit::github::api::Slug;
use jit::github::tree::Reader;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::ReviewStatement;
use jit::identity::statement::sign;
use jit::secret::Secret;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use serde_json::json;

use super::case::BO;
use super::case::Case;
use super::case::account;
use super::case::at;
use super::case::signer;
use super::hostile::call;
use super::hub::Hub;
use super::hub::outcome;
use super::hub::said;
use super::transport::Script;
use super::transport::answer;

const DEE: u64 = 104;

/// Bo's approval for ten minutes, as `jit` gives it: a comment, which by itself says nothing.
fn narrowed(case: &mut Case) {
    let statement = ReviewStatement {
        header: jit::grant::statement::Header {
            authority: format!("github:{}", super::case::REPOSITORY),
            who: "bo".parse().unwrap(),
            at: at("2026-11-23T10:30:00Z"),
            nonce: "m".repeat(43),
        },
        request: case.dispatch.digest,
        verdict: Verdict::Approve,
        comment: String::new(),
        duration: Some("10m".parse().unwrap()),
        scope: None,
    };
    let signed = sign(&Statement::Review(statement), &signer("bo")).unwrap();
    case.review(account(BO, "bo"), "COMMENTED").body = Some(review_body::write("For less.", &signed));
}

#[test]
fn a_ceiling_does_not_fall_off_with_the_words_of_a_review() {
    let mut case = Case::new("account");
    case.review(account(DEE, "dee"), "APPROVED");
    narrowed(&mut case);
    let terms = case.verify().unwrap().terms(at("2026-11-23T10:40:00Z")).unwrap();
    assert_eq!(terms.duration, "10m".parse().unwrap());
    assert_eq!(terms.by.len(), 2);
    // People with write access can edit others' texts. The rest is a comment.
    for words in ["Seen.", "", "<!-- jit:review:v1:AAAA -->"] {
        case.evidence.reviews.last_mut().unwrap().body = Some(words.to_owned());
        assert!(case.refusal().contains("reviews are missing"), "{words:?}");
    }
    // The same under another account, or written by the account itself.
    let mut case = Case::new("account");
    case.review(account(DEE, "dee"), "APPROVED");
    narrowed(&mut case);
    case.evidence.reviews.last_mut().unwrap().user = Some(account(super::case::CY, "cy"));
    assert!(case.refusal().contains("reviews are missing"));
}

#[test]
fn moving_a_pull_request_elsewhere_keeps_nobody_from_taking_it_away() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let pull = format!("/pulls/{}", asked.pull);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    // Its author can change its base, and change it back, at any time.
    let main = hub.tip("main");
    let olga = hub.client("olga");
    hub.wait(olga.create_branch("dev", &main)).unwrap();
    let (status, _) = call(&hub, "ana", Method::PATCH, &pull, &json!({ "base": "dev" }));
    assert_eq!(status, 200);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert!(said(&run, "decide").contains("it is not into main"), "{}", said(&run, "decide"));
    let mut inputs = hub.inputs("revoke", &asked);
    inputs.insert("statement", hub.revocation("bo", &asked));
    let run = hub.run("bo", &inputs);
    assert_eq!(outcome(&run, "decide"), "success", "{}", said(&run, "decide"));
    let (status, _) = call(&hub, "ana", Method::PATCH, &pull, &json!({ "base": "main" }));
    assert_eq!(status, 200);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert!(said(&run, "decide").contains("the request is revoked"), "{}", said(&run, "decide"));
    // The same for a denial of a pending request.
    let waiting = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    hub.review("bo", &waiting, "REQUEST_CHANGES");
    call(&hub, "ana", Method::PATCH, &format!("/pulls/{}", waiting.pull), &json!({ "base": "dev" }));
    let run = hub.run("bo", &hub.inputs("deny", &waiting));
    assert_eq!(outcome(&run, "decide"), "success", "{}", said(&run, "decide"));
}

#[test]
fn long_pull_requests_of_others_stop_no_run() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let main = hub.tip("main");
    let eve = hub.client("cy");
    hub.wait(async {
        let base = eve.commit(&main).await.unwrap().tree.sha;
        for number in 0..20 {
            let file = jit::github::api::repositories::NewFile {
                path: format!("notes/{number}.md"),
                content: "x".to_owned(),
            };
            let tree = eve.create_tree(Some(&base), &[file]).await.unwrap();
            let commit = eve.create_commit("x", &tree, &[&main]).await.unwrap();
            let branch = format!("notes-{number}");
            eve.create_branch(&branch, &commit).await.unwrap();
            eve.create_pull("x", &branch, "main", &"<".repeat(65_000)).await.unwrap();
        }
        // And a lot of text beside the request itself.
        let head = eve.pull(asked.pull).await.unwrap().head.sha;
        for _ in 0..20 {
            eve.create_review(asked.pull, &head, "COMMENT", &"&".repeat(65_000)).await.unwrap();
        }
    });
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

#[tokio::test]
async fn a_file_that_is_not_what_its_id_says_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let http = FakeHttp::default();
    // The id of a file that says `hello`.
    let id = "ce013625030ba8dba906f756967f9e9ca394464a";
    let tree = json!({ "sha": id, "truncated": false, "tree": [
        { "path": "access.toml", "mode": "100644", "type": "blob", "sha": id, "size": 6 },
    ] });
    let blob = |content: &str| json!({ "content": content, "encoding": "base64" }).to_string();
    let answers =
        [tree.to_string(), blob("d29ybGQK"), blob("aGVsbG8K")].map(|body| Ok(answer(200, &[], &body)));
    http.route("https://api.github.com", std::sync::Arc::new(Script::of(answers.into())));
    let world = FakeWorld::new(folder.path(), &FakeClock::at("2026-11-23T12:00:00Z").advancing(), &http, 1);
    let slug = Slug::parse("acme/access").unwrap();
    let github =
        Client::new("https://api.github.com", slug, Secret::from("ghp_canary"), &world.system).unwrap();
    let reader = Reader::new(&github);
    let tree = reader.listing(id).await.unwrap();
    let wrong = reader.file(&tree, "access.toml", 100).await.unwrap_err();
    assert!(matches!(wrong, GitHubError::Unreadable { .. }), "{wrong}");
    assert_eq!(reader.file(&tree, "access.toml", 100).await.unwrap().unwrap(), b"hello\n");
}
