//! Notices to webhooks, signed according to standard-webhooks 1.1.1.

use aws_lc_rs::hmac;
use data_encoding::BASE64;

use super::TRY;
use super::post;
use super::secrets;
use crate::broker::shared::Shared;
use crate::broker::store::Notice;
use crate::grant::Digest;
use crate::policy::SecretSource;
use crate::policy::Webhook;
use crate::secret::Secret;
use crate::system::http::Request as Post;

/// Posts with the headers of standard-webhooks 1.1.1.
pub(super) async fn post(
    shared: &Shared,
    webhook: &Webhook,
    notice: &Notice,
    body: Vec<u8>,
) -> Result<(), String> {
    let key = key_of(shared, &webhook.secret)?;
    let place = Digest::of(notice.place.as_bytes()).request_id();
    let id = format!("msg_{}_{}_{place}", notice.matter.request_id(), notice.event);
    let time = shared.system.clock.now().as_second();
    let mut signed = format!("{id}.{time}.").into_bytes();
    signed.extend_from_slice(&body);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()), &signed);
    let request = Post::new(http::Method::POST, webhook.url.clone())
        .header("webhook-id", id)
        .header("webhook-timestamp", time.to_string())
        .header("webhook-signature", format!("v1,{}", BASE64.encode(signature.as_ref())))
        .body("application/json", body)
        .time_limit(TRY);
    post::post(shared, request).await
}

/// The key: base64 after `whsec_`, or otherwise the raw bytes.
fn key_of(shared: &Shared, source: &SecretSource) -> Result<Secret<Vec<u8>>, String> {
    let text = secrets::read(shared, source, "its secret")?;
    match text.expose().strip_prefix("whsec_") {
        Some(encoded) => BASE64
            .decode(encoded.as_bytes())
            .map(Secret::new)
            .map_err(|_| "its secret is not base64 after whsec_".to_owned()),
        None => Ok(Secret::new(text.expose().as_bytes().to_vec())),
    }
}
