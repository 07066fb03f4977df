//! The issuer's documents at a broker.

use http::Method;

use super::AuthorityError;
use super::BrokerClient;
use super::broker::TRY_LIMIT;
use crate::issuer::DISCOVERY_PATH;
use crate::issuer::Documents;
use crate::issuer::KEY_SET_PATH;
use crate::system::http::Response;

impl BrokerClient {
    /// The discovery document and the key set that the broker serves. If another host serves the issuer's documents, these are
    /// the originals.
    pub async fn documents(&self) -> Result<Documents, AuthorityError> {
        let discovery = self.document(DISCOVERY_PATH).await?;
        let key_set = self.document(KEY_SET_PATH).await?;
        Documents::read(&discovery.body, &key_set.body).map_err(|error| self.garbage(error.to_string()))
    }

    async fn document(&self, path: &str) -> Result<Response, AuthorityError> {
        let mut request = self.request(Method::GET, "").time_limit(TRY_LIMIT);
        request.url = format!("{}{path}", self.address());
        self.send(request).await
    }
}
