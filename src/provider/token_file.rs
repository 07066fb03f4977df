//! A file with a token, as `jit exec` keeps it fresh for a command.

use std::path::Path;

use crate::secret::Secret;
use crate::system::Environment;
use crate::system::files;

/// The most bytes of a token file that are read.
const MAX: usize = 32 * 1024;

/// The token of the first of these variables, else the one in the file that the first of the others names. `None` if there is none,
/// or the file is gone with its command.
pub fn found(environment: &Environment, variables: &[&str], files: &[&str]) -> Option<Secret<String>> {
    let first = |names: &[&str]| names.iter().find_map(|name| environment.get(name)).map(str::to_owned);
    first(variables).map(Secret::new).or_else(|| read(Path::new(&first(files)?)))
}

fn read(path: &Path) -> Option<Secret<String>> {
    let content = Secret::new(files::read_small(path, MAX).ok()?.content);
    let text = std::str::from_utf8(content.expose()).ok()?.trim();
    (!text.is_empty()).then(|| Secret::from(text))
}
