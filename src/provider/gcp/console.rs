//! The address of a project in Google Cloud's web console.

use crate::grant::cloud::gcp::GcpCredentials;
use crate::provider::ProviderError;
use crate::secret::Secret;

/// The console's host.
const CONSOLE: &str = "console.cloud.google.com";

/// The address of a page of the project. It holds no secret: Google has no way to sign a browser in with an access token, so the
/// browser is signed in as the person.
///
/// `destination` is a page of the console, like `storage/browser`. The default is the project's first page.
///
/// # Errors
/// The credentials are the sandbox's, or the destination is no page of the console.
pub fn console(
    credentials: &GcpCredentials,
    destination: Option<&str>,
) -> Result<Secret<String>, ProviderError> {
    if credentials.endpoint.is_some() {
        return Err(refuse(
            "the sandbox cloud has no web console".to_owned(),
            "use it in a terminal: `jit exec ROLE -- COMMAND`",
        ));
    }
    let address = format!("https://{CONSOLE}/");
    let page = destination.unwrap_or_default();
    let page = page.strip_prefix(&address).unwrap_or(page).trim_start_matches('/');
    let is_page = page.len() <= 256
        && page.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte))
        && !page.split('/').any(|part| part == "..");
    if !is_page {
        return Err(refuse(
            format!("the destination is not a page of the console at {CONSOLE}"),
            "name a page, like `storage/browser`",
        ));
    }
    Ok(Secret::new(format!("{address}{page}?project={}", credentials.project)))
}

fn refuse(message: String, hint: &str) -> ProviderError {
    ProviderError { message, hint: Some(hint.to_owned()), passing: false }
}
