//! Delivery of a token: a variable, or a file that is rewritten while the access lasts.

use std::path::Path;

use crate::deliver::environment::Variables;
use crate::grant::cloud::token::TokenCredentials;
use crate::secret::Secret;
use crate::system::Environment;

/// The variable with the token.
const TOKEN: &str = "JIT_TOKEN";
/// The variable with the path of a file that holds the token.
const TOKEN_FILE: &str = "JIT_TOKEN_FILE";

/// The variables of a token. They are `jit`'s own: no program looks for a token of its own accord.
pub const VARIABLES: Variables = Variables {
    names: &[TOKEN],
    served: &[TOKEN_FILE],
    scrubbed: &[TOKEN_FILE],
    redirecting: &[],
    own_redirections: &[],
};

/// Every variable that is set for a token.
pub fn variables(credentials: &TokenCredentials) -> Vec<(&'static str, Secret<String>)> {
    vec![(TOKEN, credentials.token.clone())]
}

/// Names the file in which the token is kept fresh.
pub fn serve(environment: &mut Environment, file: &Path) {
    environment.set(TOKEN_FILE, file.as_os_str());
}
