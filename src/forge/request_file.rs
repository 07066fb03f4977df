//! The one file that a request's branch adds: the signed statement, in canonical form, under the request's own id.

use std::collections::BTreeMap;

use crate::grant::Digest;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::MAX_STATEMENT;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::canonical;

/// The largest file, in bytes: escapes may double the statement, and a signature has at most 16 KiB.
pub const MAX_FILE: usize = 2 * MAX_STATEMENT + 32 * 1024;

/// The folder of request files.
pub const FOLDER: &str = "requests/";

/// Why bytes are not a request file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is too long.
    #[error("the request's file is longer than {MAX_FILE} bytes")]
    TooLong,
    /// It does not have exactly the two members, or is not in canonical form.
    #[error("the request's file is not a signed statement in canonical form")]
    Shape,
    /// The statement does not parse.
    #[error("the request's statement is refused: {0}")]
    Statement(String),
    /// The statement is of another kind.
    #[error("the file holds a {0}, not a request")]
    Kind(String),
}

/// A parsed request file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFile {
    /// The bytes and the signature.
    pub signed: Signed,
    /// The statement.
    pub statement: RequestStatement,
    /// The digest of the statement's bytes.
    pub digest: Digest,
}

/// The path of a request's file.
pub fn path_of(id: &RequestId) -> String {
    format!("{FOLDER}{id}.json")
}

/// The branch that carries a request.
pub fn branch_of(id: &RequestId) -> String {
    format!("jit/{id}")
}

/// The id in a request file's path, if the path is exactly as `jit` writes it.
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

/// Parses exactly two members in canonical form.
pub fn read_signed(bytes: &[u8]) -> Result<Signed, FileError> {
    if bytes.len() > MAX_FILE {
        return Err(FileError::TooLong);
    }
    let signed: Signed = serde_json::from_slice(bytes).map_err(|_| FileError::Shape)?;
    if write(&signed).as_bytes() == bytes { Ok(signed) } else { Err(FileError::Shape) }
}

/// Parses a request's file. The caller still has to check whose signature it is.
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
