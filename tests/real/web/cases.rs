//! The page's script and Rust answer alike: over the stored cases, and over comments and times at random.

use jit::grant::span::Span;
use jit::grant::text;
use serde_json::Value;
use serde_json::json;

use crate::web::world::Page;

const CASES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/web/cases.json"));

/// Answers cases with the functions of the page's own script.
const ANSWER: &str = r#"async (cases) => {
    const page = await import(document.querySelector('script[type=module]').src);
    const answers = [];
    for (const { statement, document: scope, reviews } of cases) {
        const { asked, digest, list } = await page.facts(statement, scope);
        answers.push({
            facts: list,
            id: page.requestId(digest),
            reviews: reviews.map(({ who, at, nonce, verdict, comment, duration, scope }) => {
                const seconds = duration === null ? null : page.readSpan(duration);
                return {
                    statement: page.review({
                        authority: asked.authority, who, at, nonce, request: digest, verdict,
                        comment: page.normalise(comment), seconds, scope,
                    }),
                    words: page.approvedAs(asked, seconds, scope),
                };
            }),
        });
    }
    return answers;
}"#;

/// Normalises comments, and reads and writes times.
const RANDOM: &str = r#"async ({ comments, spans }) => {
    const page = await import(document.querySelector('script[type=module]').src);
    return {
        comments: comments.map(page.normalise),
        spans: spans.map((text) => { const seconds = page.readSpan(text); return seconds === null ? null : page.spanText(seconds); }),
    };
}"#;

/// Refuses statements that are not canonical.
const REFUSE: &str = r#"async (statements) => {
    const page = await import(document.querySelector('script[type=module]').src);
    return Promise.all(statements.map((text) => page.facts(text, null).then(() => 'taken', () => 'refused')));
}"#;

/// The SSHSIG blob of a message, in hexadecimal.
const BLOB: &str = r#"async (text) => {
    const page = await import(document.querySelector('script[type=module]').src);
    return Array.from(await page.challenge('jit.review.v1', text), (byte) => byte.toString(16).padStart(2, '0')).join('');
}"#;

#[test]
fn the_script_and_rust_answer_alike() {
    let mut page = Page::without_passkey();
    let stored: Value = serde_json::from_str(CASES).unwrap();
    let cases = stored["cases"].as_array().unwrap();
    let answers = page.browser.run(ANSWER, &stored["cases"]);
    for (case, answer) in cases.iter().zip(answers.as_array().unwrap()) {
        assert_eq!(&case["answer"], answer, "{}", case["name"]);
    }
    assert_eq!(answers.as_array().unwrap().len(), cases.len());

    let (comments, spans) = (comments(3_000), spans(1_000));
    let said = page.browser.run(RANDOM, &json!({"comments": comments, "spans": spans}));
    for (comment, said) in comments.iter().zip(said["comments"].as_array().unwrap()) {
        assert_eq!(text::normalize(comment), said.as_str().unwrap(), "{comment:?}");
    }
    for (text, said) in spans.iter().zip(said["spans"].as_array().unwrap()) {
        let own = text.parse::<Span>().ok().map(|span| span.to_string());
        assert_eq!(own.as_deref(), said.as_str(), "{text:?}");
    }

    let good = cases[0]["statement"].as_str().unwrap();
    let bad: Vec<String> = vec![
        good.replacen('{', "{ ", 1),
        good.replacen("\"v\":\"1\"", "\"v\":1", 1),
        good.replacen("\"v\":\"1\"", "\"v\":\"1\",\"v\":\"1\"", 1),
        good.replacen("\"kind\":\"request\"", "\"kind\":\"review\"", 1),
        good.replacen("aws:arn", "other:arn", 1),
        "[]".to_owned(),
        "null".to_owned(),
    ];
    let refused = page.browser.run(REFUSE, &json!(bad));
    assert_eq!(refused, json!(vec!["refused"; bad.len()]));

    let blob = page.browser.run(BLOB, &json!("{\"a\":\"é\"}"));
    let own = jit::identity::passkey::challenge("jit.review.v1", "{\"a\":\"é\"}".as_bytes()).unwrap();
    assert_eq!(blob.as_str().unwrap(), data_encoding::HEXLOWER.encode(&own));
}

/// A small generator, so that a failure is the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn comments(count: usize) -> Vec<String> {
    let pool: Vec<char> = "aZ9 \u{20}\t\n\r\u{a0}\u{3000}\u{2009}\"\\/<>&#*'`é\u{301}\u{308}\u{212b}\u{1100}\u{1161}한日\u{ad}\u{200b}\u{2060}\u{feff}\u{200c}\u{200d}\u{fe0e}\u{fe0f}\u{20e3}\
         \u{915}\u{94d}\u{937}\u{646}\u{645}\u{6cc}\u{62e}\u{627}\u{648}\u{621}\u{64e}\u{1f469}\u{1f3fd}\u{1f4bb}\u{2764}\u{1f680}"
        .chars()
        .collect();
    let mut dice = Dice(7);
    (0..count).map(|_| (0..dice.roll(14)).map(|_| pool[dice.roll(pool.len())]).collect()).collect()
}

fn spans(count: usize) -> Vec<String> {
    let pool = ["1", "9", "0", "30", "99999", "d", "h", "m", "s", "h", "m", " ", "-", ".", "é"];
    let mut dice = Dice(11);
    (0..count).map(|_| (0..dice.roll(6)).map(|_| pool[dice.roll(pool.len())]).collect()).collect()
}
