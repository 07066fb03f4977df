//! The one file that a request's branch adds: the signed statement, canonical, under the request's own id.

use std::collections::BTreeMap;

use crate::grant::Digest;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::MAX_STATEMENT;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::canonical;

/// The longest file, in bytes: the statement may double in escapes, and a signature has at most 16 KiB.
pub const MAX_FILE: usize = 2 * MAX_STATEMENT + 32 * 1024;

/// The folder of request files.
pub const FOLDER: &str = "requests/";

/// Why bytes are no request file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Too long.
    #[error("the request's file is longer than {MAX_FILE} bytes")]
    TooLong,
    /// Not the two members, or not in canonical form.
    #[error("the request's file is not a signed statement in canonical form")]
    Shape,
    /// The statement cannot be read.
    #[error("the request's statement is refused: {0}")]
    Statement(String),
    /// It is a statement of another kind.
    #[error("the file holds a {0}, not a request")]
    Kind(String),
}

/// A request's file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFile {
    /// The bytes and the signature.
    pub signed: Signed,
    /// What they say.
    pub statement: RequestStatement,
    /// The digest of the statement's bytes.
    pub digest: Digest,
}

/// Where a request's file stands.
pub fn path_of(id: &RequestId) -> String {
    format!("{FOLDER}{id}.json")
}

/// The branch that carries a request.
pub fn branch_of(id: &RequestId) -> String {
    format!("jit/{id}")
}

/// The id in a request file's path, if that is exactly how `jit` writes it.
pub fn id_in(path: &str) -> Option<RequestId> {
    let id: RequestId = path.strip_prefix(FOLDER)?.strip_suffix(".json")?.parse().ok()?;
    (path_of(&id) == path).then_some(id)
}

/// The file's text.
pub fn write(signed: &Signed) -> String {
    let members = BTreeMap::from([
        ("signature".to_owned(), signed.signature.clone()),
        ("statement".to_owned(), signed.statement.clone()),
    ]);
    String::from_utf8_lossy(&canonical(&members)).into_owned()
}

/// Reads two members in canonical form, and nothing else.
pub fn read_signed(bytes: &[u8]) -> Result<Signed, FileError> {
    if bytes.len() > MAX_FILE {
        return Err(FileError::TooLong);
    }
    let signed: Signed = serde_json::from_slice(bytes).map_err(|_| FileError::Shape)?;
    if write(&signed).as_bytes() == bytes { Ok(signed) } else { Err(FileError::Shape) }
}

/// Reads a request's file. Whose signature it is remains to be asked.
pub fn read(bytes: &[u8]) -> Result<RequestFile, FileError> {
    let signed = read_signed(bytes)?;
    let statement = Statement::parse(signed.statement.as_bytes())
        .map_err(|error| FileError::Statement(crate::grant::text::sanitise(&error.to_string())))?;
    let digest = Digest::of(signed.statement.as_bytes());
    match statement {
        Statement::Request(statement) => Ok(RequestFile { signed, statement: *statement, digest }),
        other => Err(FileError::Kind(other.kind().to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_exactly_one_spelling() {
        let id: RequestId = "7F3KQ2M8ZD".parse().unwrap();
        assert_eq!(id_in("requests/7F3KQ2M8ZD.json"), Some(id));
        for bad in [
            "requests/7f3kq2m8zd.json",
            "requests/../access.toml",
            "requests/7F3KQ2M8ZD.json.json",
            "requests//7F3KQ2M8ZD.json",
            "requests/7F3KQ2M8Z/.json",
            "./requests/7F3KQ2M8ZD.json",
            "Requests/7F3KQ2M8ZD.json",
            "requests/7F3KQ2M8ZDX.json",
            "requests/7F3KQ2M8OD.json",
        ] {
            assert_eq!(id_in(bad), None, "{bad}");
        }
    }

    #[test]
    fn other_spellings_of_a_file_are_refused() {
        let signed = Signed { statement: "{}".to_owned(), signature: "x\n".to_owned() };
        let text = write(&signed);
        assert_eq!(read_signed(text.as_bytes()), Ok(signed));
        for bad in [format!("{text}\n"), text.replace(':', ": "), text.replace('}', ",\"z\":1}")] {
            assert_eq!(read_signed(bad.as_bytes()), Err(FileError::Shape), "{bad}");
        }
        assert!(matches!(read(text.as_bytes()), Err(FileError::Statement(_))));
    }
}
