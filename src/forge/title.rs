//! The title of a request's pull request.

use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;

/// The title. It contains names only, which reveal nothing else and which nobody chooses for one request.
pub fn title(id: &RequestId, asked: &RequestStatement) -> String {
    let (who, role) = (&asked.header.who, &asked.role);
    match asked.way {
        Way::Extend(_) => format!("jit: {who} asks for more time with {role} ({id})"),
        Way::Request | Way::BreakGlass => format!("jit: {who} asks for {role} ({id})"),
    }
}
