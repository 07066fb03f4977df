//! Text that puts the access into a shell.

use crate::deliver::exports;
use crate::deliver::exports::Syntax;
use crate::flow::Access;
use crate::secret::Secret;

/// The text for a shell to evaluate to get the access.
pub fn set(syntax: Syntax, access: &Access) -> Secret<String> {
    exports::set(syntax, &access.role, &access.lease, access.until)
}

/// The text that removes it again.
pub fn unset(syntax: Syntax) -> String {
    exports::unset(syntax)
}
