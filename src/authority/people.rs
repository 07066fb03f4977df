//! The authorities that know people by their sign-ins: a broker.

use async_trait::async_trait;
use http::Method;

use super::AuthorityError;
use super::BrokerClient;
use crate::grant::Signed;
use crate::protocol::DropCall;
use crate::protocol::KeyList;
use crate::protocol::KeyView;
use crate::protocol::Removal;

/// An authority where sign-ins enrol keys, and where a person's everything can be ended at once.
#[async_trait]
pub trait PeopleAuthority: Send + Sync {
    /// The enrolled keys of the caller, and those that the caller may vouch for, oldest first.
    async fn keys(&self) -> Result<Vec<KeyView>, AuthorityError>;

    /// Submits the confirmation of a key. Returns the keys as they are now.
    async fn confirm_key(&self, signed: &Signed) -> Result<Vec<KeyView>, AuthorityError>;

    /// Drops an enrolled key of the caller, by its fingerprint.
    async fn drop_key(&self, fingerprint: &str) -> Result<(), AuthorityError>;

    /// Ends the sessions, the enrolled keys, the requests and the access of a person.
    async fn remove_person(&self, signed: &Signed) -> Result<Removal, AuthorityError>;
}

#[async_trait]
impl PeopleAuthority for BrokerClient {
    async fn keys(&self) -> Result<Vec<KeyView>, AuthorityError> {
        let list: KeyList = self.get("keys").await?;
        Ok(list.keys)
    }

    async fn confirm_key(&self, signed: &Signed) -> Result<Vec<KeyView>, AuthorityError> {
        let list: KeyList = self.read(&self.post("keys/confirm", Some(signed)).await?)?;
        Ok(list.keys)
    }

    async fn drop_key(&self, fingerprint: &str) -> Result<(), AuthorityError> {
        let call = DropCall { key: fingerprint.to_owned() };
        let body = serde_json::to_vec(&call).unwrap_or_default();
        let request = self.request(Method::POST, "keys/drop").body("application/json", body);
        self.send(request).await.map(|_| ())
    }

    async fn remove_person(&self, signed: &Signed) -> Result<Removal, AuthorityError> {
        self.read(&self.post("people/remove", Some(signed)).await?)
    }
}
