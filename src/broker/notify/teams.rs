//! Notices to Microsoft Teams, by the address of a workflow ("When a Teams webhook request is received").
//!
//! Such a card can show text and open a page, and no more: a button that acts would need a registered bot.

use serde_json::Value;
use serde_json::json;

use super::TRY;
use super::post;
use super::secrets;
use super::words::Words;
use crate::broker::shared::Shared;
use crate::policy::SecretSource;
use crate::policy::is_callable;
use crate::system::http::Request as Post;

/// Posts the words as an Adaptive Card. The workflow answers as soon as it has the card; whether it then posts it, only
/// its own history says.
pub(super) async fn post(shared: &Shared, source: &SecretSource, words: &Words) -> Result<(), String> {
    let secret = secrets::read(shared, source, "the workflow's address")?;
    // Power Automate shows its addresses with `:443`.
    let url = url::Url::parse(secret.expose()).map(String::from).unwrap_or_default();
    if !is_callable(&url) {
        // The address is never shown: anybody who knows it can write to the channel.
        return Err("the workflow's address is not an https address".to_owned());
    }
    let message = message(words);
    let request = Post::new(http::Method::POST, url)
        .body("application/json", message.to_string().into_bytes())
        .time_limit(TRY);
    post::post(shared, request).await
}

/// The message that the workflow takes: its action posts the cards among `attachments`.
///
/// All text is in `RichTextBlock`s, because these have no Markdown (learn.microsoft.com, Adaptive Cards, "Text
/// features"): a `TextBlock` would make links of `[…](…)` in a reason.
fn message(words: &Words) -> Value {
    let title = json!({ "type": "TextRun", "text": plain(&words.title), "weight": "Bolder" });
    let block = |run: Value| json!({ "type": "RichTextBlock", "inlines": [run] });
    let lines = words
        .lines()
        .iter()
        .map(|line| block(json!({ "type": "TextRun", "text": plain(line), "fontType": "Monospace" })));
    let body: Vec<Value> = std::iter::once(block(title)).chain(lines).collect();
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    });
    if let Some(page) = &words.page {
        card["actions"] = json!([{ "type": "Action.OpenUrl", "title": "Open the request", "url": page }]);
    }
    json!({
        "type": "message",
        "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "content": card }],
    })
}

/// Splits `{{`, because renderers replace `{{DATE(…)}}` in any text.
fn plain(text: &str) -> String {
    text.replace("{{", "{ {")
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::hostile;
    use super::*;

    #[test]
    fn a_card_has_no_text_in_which_teams_reads_markup() {
        let mut words = hostile();
        words.page = Some("https://jit.example.com/web/r/7F3KQ2M8ZD".to_owned());
        let message = message(&words);
        let card = &message["attachments"][0]["content"];
        let text = card["body"].to_string();
        assert!(text.contains("[click](https://evil.example)"), "as it was written: {text}");
        assert!(!text.contains("TextBlock\",\"text") && !text.contains("{{"), "{text}");
        for block in card["body"].as_array().unwrap() {
            assert_eq!(block["type"], "RichTextBlock", "{block}");
            for run in block["inlines"].as_array().unwrap() {
                assert_eq!(run["type"], "TextRun");
                assert!(run.get("selectAction").is_none());
            }
        }
        // The only thing to press is the broker's own page.
        assert_eq!(card["actions"].as_array().unwrap().len(), 1);
        assert_eq!(card["actions"][0]["type"], "Action.OpenUrl");
        assert_eq!(card["actions"][0]["url"], "https://jit.example.com/web/r/7F3KQ2M8ZD");
    }

    #[test]
    fn without_a_page_there_is_nothing_to_press() {
        let message = message(&hostile());
        assert!(message["attachments"][0]["content"].get("actions").is_none());
    }
}
