//! The application or the person that access tokens belong to, by the tokens' own claims, and whether they are those of a target.
//!
//! Nothing at Azure answers that for every resource, so nobody is asked. An opaque token is said to be one: the
//! authority's word stands for it then.

use std::collections::BTreeSet;

use super::claims::App;
use super::claims::Said;
use crate::grant::Digest;
use crate::grant::Target;
use crate::grant::cloud::azure::Audiences;
use crate::grant::cloud::azure::Authority;
use crate::grant::cloud::azure::AzureCredentials;
use crate::grant::cloud::azure::AzureToken;
use crate::grant::cloud::azure::is_id;
use crate::grant::cloud::azure_scope::AzureScopeDocument;
use crate::provider::CallerIdentity;
use crate::provider::ProviderError;
use crate::provider::token_file;
use crate::system::Environment;

/// The words for an application whose tokens do not name it.
fn unsaid(client_id: &str) -> String {
    format!("{client_id} (by the authority's word: its token is opaque)")
}

/// The words for a person whose tokens do not name them.
const OWN_UNSAID: &str = "your own identity (by the Azure CLI's word: a token is opaque)";

/// The tenant, and the application or the person that these tokens name.
///
/// # Errors
/// A token names another tenant, application or audience than was signed, or in an unknown form, or there is none.
pub fn identify(credentials: &AzureCredentials) -> Result<CallerIdentity, ProviderError> {
    let AzureCredentials { tenant, client_id, .. } = credentials;
    let hint = if client_id.is_empty() {
        "check the role in config.toml, and sign in again: `az login`"
    } else {
        "tell the broker's administrator"
    };
    let refuse = |message: String| ProviderError { message, hint: Some(hint.to_owned()), passing: false };
    let app = App { tenant, client_id };
    let mut is_told = !credentials.tokens.is_empty();
    for token in &credentials.tokens {
        let said = Said::read(&token.token)
            .map_err(|odd| refuse(format!("the token for {} {odd}", token.audience)))?;
        if let Some(whose) = said.as_ref().and_then(|said| said.contradiction(app, &token.audience)) {
            return Err(refuse(format!("the token for {} is {whose}", token.audience)));
        }
        is_told &= said.is_some_and(|said| said.is_telling());
    }
    if credentials.tokens.is_empty() {
        return Err(refuse("there is no access token among the credentials".to_owned()));
    }
    let who = match client_id.as_str() {
        "" => person(credentials).map_err(|several| refuse(several.to_owned()))?,
        id if is_told => id.to_owned(),
        id => unsaid(id),
    };
    Ok(CallerIdentity { place: credentials.place(), who })
}

/// The person that a direct role's tokens name: by the name with which they sign in, else by their id in the tenant.
fn person(credentials: &AzureCredentials) -> Result<String, &'static str> {
    let said: Vec<Said> =
        credentials.tokens.iter().filter_map(|token| Said::read(&token.token).ok()?).collect();
    let named: Vec<&Said> = said.iter().filter(|said| said.object_id().is_some()).collect();
    let ids: BTreeSet<_> = named.iter().map(|said| said.object_id()).collect();
    if ids.len() > 1 {
        return Err("the tokens belong to different people");
    }
    if named.len() < credentials.tokens.len() {
        return Ok(OWN_UNSAID.to_owned());
    }
    let name = named.iter().find_map(|said| said.upn().or_else(|| said.object_id()));
    Ok(name.unwrap_or(OWN_UNSAID).to_owned())
}

/// Whether this identity fits the target.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    target.as_azure().is_some_and(|target| {
        // A direct role does not say who the person is: the token does.
        let is_app = identity.who == target.client_id || identity.who == unsaid(&target.client_id);
        identity.place == target.place() && (target.is_direct() || is_app)
    })
}

/// The difference between tokens and this target. `None` if they match.
pub fn misfit(credentials: &AzureCredentials, target: &Target) -> Option<&'static str> {
    let Some(target) = target.as_azure() else {
        return Some("they are for another cloud than the requested one");
    };
    if credentials.tenant != target.tenant || credentials.authority != target.authority {
        return Some("they are for another tenant than the requested one");
    }
    if credentials.client_id != target.client_id {
        return Some("they are for another application than the requested one");
    }
    let names = target.audiences.names();
    if credentials.tokens.is_empty()
        || credentials.tokens.iter().any(|token| !names.contains(&token.audience))
    {
        return Some("they are for another audience than the requested one");
    }
    // A direct role has no scopes: it opens exactly the audiences that its table names now.
    if target.is_direct() && !credentials.tokens.iter().map(|token| &token.audience).eq(names) {
        return Some("they are for other audiences than the requested ones");
    }
    if credentials.overrun != target.overrun {
        return Some("they do not say as the role does whether they may outlive it");
    }
    None
}

/// The difference between the tokens' audiences and those of a signed scope, of which only the digest is signed. `None` if they
/// match.
pub fn misfit_of_scope(credentials: &AzureCredentials, scope: &Digest) -> Option<&'static str> {
    let names = credentials.tokens.iter().map(|token| token.audience.clone()).collect();
    let is_scope = Audiences::new(names).is_ok_and(|names| AzureScopeDocument::new(names).digest() == *scope);
    (!is_scope).then_some("they are for other audiences than the requested scope's")
}

/// The token that a command under `jit exec` finds in its environment, or in the file that its environment names. `None`
/// if there is none, or it is opaque: nothing says then whose it is.
pub fn of_environment(environment: &Environment) -> Option<AzureCredentials> {
    let token = token_file::found(environment, &["AZURE_ACCESS_TOKEN"], &["AZURE_ACCESS_TOKEN_FILE"])?;
    let said = Said::read(&token).ok()??;
    let id = |text: Option<&str>| text.filter(|text| is_id(text)).map(str::to_owned);
    let (tenant, application) = (id(said.tenant())?, id(said.client_id())?);
    // A token with a person's name acts as that person, whichever application asked for it.
    let client_id = if said.upn().is_some() { String::new() } else { application };
    let audience = said.audience()?.to_owned();
    Some(AzureCredentials {
        tokens: vec![AzureToken { audience, token, expires: jiff::Timestamp::MAX }],
        tenant,
        client_id,
        authority: Authority::Public,
        overrun: false,
    })
}
