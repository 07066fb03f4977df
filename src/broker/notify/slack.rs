//! Notices to Slack, by a channel's incoming webhook.

use serde_json::json;

use super::TRY;
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
    let message = json!({
        "text": escape(&words.text()),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    });
    let request = Post::new(http::Method::POST, url.expose().clone())
        .body("application/json", message.to_string().into_bytes())
        .time_limit(TRY);
    let answer = shared.system.http.send(request).await.map_err(|error| error.to_string())?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(format!("it answered with status {}", answer.status))
    }
}

/// Escapes the three characters that Slack interprets, according to its documentation on formatting text. Every mention
/// begins with one of them.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_slack_would_read_as_its_own() {
        assert_eq!(
            escape("<!channel> <@U1> <https://evil.example|harmless> a&b &lt;!here&gt;"),
            "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|harmless&gt; a&amp;b &amp;lt;!here&amp;gt;"
        );
    }
}
