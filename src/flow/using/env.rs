//! Text that puts the access into a shell.

use crate::deliver::exports;
use crate::deliver::exports::Syntax;
use crate::flow::Access;
use crate::flow::Failure;
use crate::grant::Cloud;
use crate::secret::Secret;

/// The text for a shell to evaluate to get the access.
///
/// # Errors
/// The place's programs read no variables.
pub fn set(syntax: Syntax, access: &Access) -> Result<Secret<String>, Failure> {
    let role = &access.role;
    if access.lease.credentials.cloud() == Cloud::Kubernetes {
        return Err(Failure::usage(format!(
            "{role} opens Kubernetes, whose programs read a file and no variables"
        ))
        .hint(format!("type `jit shell {role}`, or have contexts for good: `jit setup kubernetes`")));
    }
    Ok(exports::set(syntax, role, &access.lease, access.until))
}

/// The text that removes it again.
pub fn unset(syntax: Syntax) -> String {
    exports::unset(syntax)
}
