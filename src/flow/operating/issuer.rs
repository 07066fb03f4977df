//! The two documents of the broker's issuer: where they come from, and their files for any web host.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::authority::AuthorityError;
use crate::authority::BrokerClient;
use crate::config;
use crate::flow::Failure;
use crate::issuer;
use crate::issuer::DISCOVERY_PATH;
use crate::issuer::Documents;
use crate::issuer::IssuerError;
use crate::issuer::KEY_SET_PATH;
use crate::issuer::site;
use crate::system::System;

/// The roles that give credentials, and those that do not, where the issuer's address is plain http. AWS, Google Cloud, Entra and an API
/// server of Kubernetes take issuers by https alone.
pub(in crate::flow) const OVER_HTTP: &str = "a role that they open by a token of the broker's gives no credentials. Sandbox roles, [token], \
                                             [vault], and what the broker opens by its own identity do";

/// Reads an issuer's address as somebody typed it.
///
/// # Errors
/// It is neither https nor http on this machine, or has more than scheme, host and path.
pub fn address(typed: &str) -> Result<String, Failure> {
    config::broker_address(typed).map_err(|cause| {
        Failure::usage(format!("{typed:?} cannot be the issuer"))
            .cause(cause)
            .hint("write the address at which clouds find it, like https://jit-issuer.example.com")
    })
}

/// The documents that the broker at this address serves as the originals.
///
/// # Errors
/// The broker does not answer, or with something else.
pub async fn of_broker(system: &System, url: &str) -> Result<Documents, Failure> {
    let documents = BrokerClient::new(system, url, None).documents().await?;
    // The client fetches from this address later, and clouds are told to trust it.
    if config::broker_address(documents.issuer()).as_deref() == Ok(documents.issuer()) {
        return Ok(documents);
    }
    let cause = format!("its discovery document names the issuer {:?}", documents.issuer());
    Err(AuthorityError::Garbage { url: url.to_owned(), cause }.into())
}

/// The issuer that clouds must trust: the broker's own word.
///
/// # Errors
/// The broker does not answer, or with something else.
pub async fn issuer_of(system: &System, url: &str) -> Result<String, Failure> {
    of_broker(system, url).await.map(|documents| documents.issuer().to_owned()).map_err(|failure| {
        failure
            .renamed("the broker does not say which issuer clouds must trust")
            .hint("or name it: --issuer https://jit-issuer.example.com")
    })
}

/// The documents of the keys in a broker's key folder, which is only read.
///
/// # Errors
/// There are no keys, or they cannot be read.
pub fn of_keys(keys: &Path, issuer_url: &str, now: Timestamp) -> Result<Documents, Failure> {
    let fail = |error: IssuerError| {
        Failure::failed("the broker's keys cannot be read").cause(error.to_string()).hint(
            error.hint().unwrap_or_else(|| {
                "run this as the broker's user, or fetch the documents from the broker: --url URL".to_owned()
            }),
        )
    };
    let folder = keys.join("issuer");
    let key_set = issuer::key_set_in(&folder, now).map_err(fail)?.ok_or_else(|| {
        Failure::failed(format!("there are no keys in {}", folder.display()))
            .hint("start the broker once: its first start makes them")
    })?;
    Documents::of(issuer_url, &key_set)
        .map_err(|error| Failure::failed("the broker's keys cannot be published").cause(error.to_string()))
}

/// Writes the files of the documents. Returns those that were missing or differed.
///
/// # Errors
/// They cannot be written, or the folder has the documents of another issuer.
pub fn write(folder: &Path, documents: &Documents) -> Result<Vec<PathBuf>, Failure> {
    let shown = folder.display();
    let before = site::issuer_in(folder).map_err(|error| {
        Failure::failed(format!("{} is not replaced", error.path.display()))
            .cause(error.cause.to_string())
            .hint("name another folder, or move the file away")
    })?;
    if let Some(other) = before.filter(|before| before != documents.issuer()) {
        return Err(Failure::refused(format!("{shown} has the documents of another issuer: {other}"))
            .hint(format!("name another folder, or move {shown}{DISCOVERY_PATH} away")));
    }
    site::write(folder, documents)
        .map_err(|error| Failure::failed(format!("{shown} is not written")).cause(error.to_string()))
}

/// The steps by which an operator serves the files and starts the broker, in lines.
pub fn next_steps(folder: &Path, documents: &Documents) -> Vec<String> {
    let (issuer, folder) = (documents.issuer(), folder.display());
    vec![
        format!("Serve {folder} so that everybody can read these, without a login or a redirect:"),
        format!("  {issuer}{DISCOVERY_PATH}"),
        format!("  {issuer}{KEY_SET_PATH}"),
        "both with Content-Type: application/json and Cache-Control: public, max-age=300.".to_owned(),
        format!(
            "A bucket:      aws s3 cp {folder}/.well-known s3://BUCKET/.well-known --recursive \
             --content-type application/json --cache-control 'public, max-age=300'"
        ),
        "GitHub Pages:  also publish an empty file .nojekyll beside .well-known, or Pages leaves the folder out. It cannot set the content type, \
         which some clouds may mind."
            .to_owned(),
        format!("Then start the broker with --issuer {issuer}; `jit doctor` compares what the host serves."),
        format!(
            "Do this again when a new key waits, every 90 days: /readyz and the broker's log say so. `jit serve --issuer-dir {folder}` writes the files itself."
        ),
    ]
}
