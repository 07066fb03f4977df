//! Lets a browser into a broker's approval page: the code, the browser that entered it, and the answer.

use std::time::Duration;

use http::Method;

use super::AuthorityError;
use super::BrokerClient;
use crate::grant::text::sanitise;
use crate::protocol::PageAnswer;
use crate::protocol::PageBrowser;
use crate::protocol::PageCode;
use crate::protocol::PageEntry;

/// How long one call waits for a browser. The broker answers after 50 seconds.
const WAIT: Duration = Duration::from_secs(65);

impl BrokerClient {
    /// Asks for a one-time code.
    ///
    /// # Errors
    /// The broker serves no page, or does not answer as one should.
    pub async fn page_code(&self) -> Result<PageCode, AuthorityError> {
        let code: PageCode = self.read(&self.post("page/code", None).await?)?;
        let is_code = code.code.bytes().all(|letter| letter.is_ascii_uppercase() || letter == b'-');
        if is_code && (4..=32).contains(&code.code.len()) {
            Ok(code)
        } else {
            Err(self.garbage("its code is not made of letters".to_owned()))
        }
    }

    /// Waits for a browser that enters the code. `None` if none has so far. Its texts are safe to show.
    ///
    /// # Errors
    /// The code was used or has expired, or the broker does not answer.
    pub async fn page_browser(&self) -> Result<Option<PageBrowser>, AuthorityError> {
        let request = self.request(Method::GET, "page/code").time_limit(WAIT);
        let entry: PageEntry = self.read(&self.send(request).await?)?;
        Ok(entry.browser.map(|browser| PageBrowser {
            id: browser.id,
            address: browser.address.as_deref().map(sanitise),
            agent: sanitise(&browser.agent),
        }))
    }

    /// Lets the browser in, or keeps it out.
    ///
    /// # Errors
    /// That browser does not wait any more, or the broker does not answer.
    pub async fn page_answer(&self, answer: &PageAnswer) -> Result<(), AuthorityError> {
        let body = serde_json::to_vec(answer).unwrap_or_default();
        let request = self.request(Method::POST, "page/code/answer").body("application/json", body);
        self.send(request).await.map(|_| ())
    }
}
