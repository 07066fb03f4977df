//! The cases that Rust and the page's script must answer alike: what a request says in words, and the bytes of a review.
//! `tests/real/web` runs the same file in Chromium.

use jit::grant::Digest;
use jit::grant::ScopeDocument;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::ReviewStatement;
use jit::grant::text;
use serde_json::Value;
use serde_json::json;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/web/cases.json");

fn cases() -> Value {
    serde_json::from_str(&std::fs::read_to_string(CASES).unwrap()).unwrap()
}

/// The answer of Rust to a case. The members are the arguments and the answers of the script.
fn answer(case: &Value) -> Value {
    let statement = case["statement"].as_str().unwrap();
    let asked = match Statement::parse(statement.as_bytes()) {
        Ok(Statement::Request(asked)) => *asked,
        other => panic!("{other:?}"),
    };
    let digest = Digest::of(statement.as_bytes());
    let document = case["document"].as_str().map(|text| {
        let document = ScopeDocument::parse(asked.target.cloud(), text, str::to_owned).unwrap();
        assert_eq!(document.as_str(), text, "the broker serves documents in compact form");
        document
    });
    let facts = asked.facts(&digest, document.as_ref());
    let facts: Vec<[&str; 2]> = facts.iter().map(|fact| [fact.label, fact.text.as_str()]).collect();
    let reviews: Vec<Value> =
        case["reviews"].as_array().unwrap().iter().map(|review| give(&asked, &digest, review)).collect();
    json!({ "facts": facts, "id": digest.request_id(), "reviews": reviews })
}

fn give(asked: &RequestStatement, digest: &Digest, review: &Value) -> Value {
    let text_of = |name: &str| review[name].as_str().unwrap_or_default().to_owned();
    let duration = review["duration"].as_str().map(|text| text.parse().unwrap());
    let scope = review["scope"].as_str().map(|name| name.parse().unwrap());
    let statement = Statement::Review(ReviewStatement {
        header: Header {
            authority: asked.header.authority.clone(),
            who: text_of("who").parse().unwrap(),
            at: text_of("at").parse().unwrap(),
            nonce: text_of("nonce"),
        },
        request: *digest,
        verdict: text_of("verdict").parse::<Verdict>().unwrap(),
        comment: text::normalize(&text_of("comment")),
        duration,
        scope: scope.clone(),
    });
    let text = statement.canonical_text();
    assert_eq!(Statement::parse(text.as_bytes()).as_ref(), Ok(&statement), "{text}");
    json!({ "statement": text, "words": asked.approved_as(duration, scope.as_ref()) })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "`JIT_REFRESH=1` writes the answers anew")]
fn rust_answers_every_case() {
    let mut cases = cases();
    let refresh = std::env::var_os("JIT_REFRESH").is_some();
    for case in cases["cases"].as_array_mut().unwrap() {
        let answer = answer(case);
        if refresh {
            case["answer"] = answer;
        } else {
            assert_eq!(case["answer"], answer, "{}", case["name"]);
        }
    }
    if refresh {
        std::fs::write(CASES, format!("{}\n", serde_json::to_string_pretty(&cases).unwrap())).unwrap();
    }
}
