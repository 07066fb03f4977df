//! Reads the secrets of places from the broker's environment or from a file, never from the policy.

use crate::broker::shared::Shared;
use crate::policy::SecretSource;
use crate::secret::Secret;
use crate::system::files;

/// Reads a secret text, without surrounding white space. `what` names it in errors: `its secret`.
pub(super) fn read(shared: &Shared, source: &SecretSource, what: &str) -> Result<Secret<String>, String> {
    let text = match source {
        SecretSource::Environment(variable) => shared
            .system
            .environment
            .get(variable)
            .map(Secret::from)
            .ok_or_else(|| format!("the environment variable {variable} is not set"))?,
        SecretSource::File(path) => {
            let bytes =
                files::read(path).map_err(|error| format!("{what}'s file cannot be read: {error}"))?;
            let bytes = Secret::new(bytes.ok_or_else(|| format!("{what}'s file is missing"))?);
            Secret::from(
                std::str::from_utf8(bytes.expose()).map_err(|_| format!("{what}'s file is not text"))?,
            )
        }
    };
    match text.expose().trim() {
        "" => Err(format!("{what} is empty")),
        trimmed => Ok(Secret::from(trimmed)),
    }
}
