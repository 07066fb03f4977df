//! The address of a tenant in Azure's web portal.

use crate::grant::cloud::azure::AzureCredentials;
use crate::provider::ProviderError;
use crate::secret::Secret;

/// The address of a page of the portal, in the role's tenant. It holds no secret: Entra has no way to sign a browser in
/// with an access token, so the browser is signed in as the person.
///
/// `destination` is what stands after the tenant in an address of the portal, like `resource/subscriptions/ID/overview`.
/// The default is the portal's first page.
///
/// # Errors
/// The credentials are the sandbox's, or the destination is no page of the portal.
pub fn console(
    credentials: &AzureCredentials,
    destination: Option<&str>,
) -> Result<Secret<String>, ProviderError> {
    let Some(portal) = credentials.authority.portal() else {
        return Err(refuse(
            "the sandbox cloud has no web portal".to_owned(),
            "use it in a terminal: `jit exec ROLE -- COMMAND`",
        ));
    };
    let tenant = &credentials.tenant;
    let begin = format!("{portal}/#@{tenant}/");
    let page = destination.unwrap_or_default();
    let page = page.strip_prefix(&begin).unwrap_or(page).trim_start_matches('/');
    let is_page = page.len() <= 512
        && page.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.~".contains(&byte))
        && !page.split('/').any(|part| part == "..");
    if !is_page {
        return Err(refuse(
            format!("the destination is not a page of the portal at {portal}"),
            "name what stands after the tenant, like `resource/subscriptions/ID/overview`",
        ));
    }
    Ok(Secret::new(format!("{begin}{page}")))
}

fn refuse(message: String, hint: &str) -> ProviderError {
    ProviderError { message, hint: Some(hint.to_owned()), passing: false }
}
