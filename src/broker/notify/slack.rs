//! Notices to Slack: to a channel by its incoming webhook, and to one member by an app's token.

use serde::Deserialize;
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

/// Posts the words as plain text, without markup, mentions or links that Slack would fetch.
pub(super) async fn post(shared: &Shared, source: &SecretSource, words: &Words) -> Result<(), String> {
    let url = secrets::read(shared, source, "the webhook's address")?;
    if !is_callable(url.expose()) {
        // The address is never shown: anybody who knows it can write to the channel.
        return Err("the webhook's address is not an https address".to_owned());
    }
    let message = message(words);
    let request = Post::new(http::Method::POST, url.expose().clone())
        .body("application/json", message.to_string().into_bytes())
        .time_limit(TRY);
    post::post(shared, request).await
}

/// The method that posts (docs.slack.dev/reference/methods/chat.postMessage).
const POST_MESSAGE: &str = "https://slack.com/api/chat.postMessage";

/// The answer of a method. Slack answers 200 to failures too.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<String>,
}

/// Posts the words to one member, as a direct message of the app.
pub(super) async fn post_to_member(
    shared: &Shared,
    source: &SecretSource,
    member: &str,
    words: &Words,
) -> Result<(), String> {
    let token = secrets::read(shared, source, "the Slack app's token")?;
    if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the Slack app's token is not one word".to_owned());
    }
    let mut message = message(words);
    message["channel"] = json!(member);
    let request = Post::new(http::Method::POST, POST_MESSAGE)
        .header("authorization", format!("Bearer {}", token.expose()))
        .body("application/json; charset=utf-8", message.to_string().into_bytes())
        .time_limit(TRY);
    let answer = shared.system.http.send(request).await.map_err(|error| error.to_string())?;
    if !(200..300).contains(&answer.status) {
        return Err(format!("Slack answered with status {}", answer.status));
    }
    let answer: Answer =
        serde_json::from_slice(&answer.body).map_err(|_| "Slack's answer cannot be read".to_owned())?;
    match answer {
        Answer { ok: true, .. } => Ok(()),
        Answer { error, .. } => {
            // Errors of the API are single words such as `channel_not_found`.
            let word =
                error.filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            Err(format!("Slack refused it: {}", word.unwrap_or_else(|| "unknown".to_owned())))
        }
    }
}

/// The message: plain text, without markup, mentions or links that Slack would fetch.
fn message(words: &Words) -> Value {
    json!({
        "text": escape(&words.text()),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// Escapes the three characters that Slack interprets, according to its documentation on formatting text. Every mention
/// begins with one of them.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::hostile;
    use super::*;

    #[test]
    fn a_message_mentions_nobody_and_links_nowhere() {
        let message = message(&hostile());
        let text = message["text"].as_str().unwrap();
        assert!(text.contains("&lt;!channel&gt;") && !text.contains('<') && !text.contains('>'), "{text}");
        assert_eq!((&message["mrkdwn"], &message["parse"]), (&json!(false), &json!("none")));
    }

    #[test]
    fn nothing_is_left_that_slack_would_read_as_its_own() {
        assert_eq!(
            escape("<!channel> <@U1> <https://evil.example|harmless> a&b &lt;!here&gt;"),
            "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|harmless&gt; a&amp;b &amp;lt;!here&amp;gt;"
        );
    }
}
