//! The one file that a request's branch adds: the signed statement, one member a line so that people can read it where
//! they review it, under the request's own id. The signature is over the statement's canonical form, and exactly one
//! text of the file stands for each statement and signature.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

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
    /// It does not have exactly the two members, or is not spelled as `jit` writes it.
    #[error("the request's file is not a signed statement as jit writes it")]
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

/// The file as people read it: the statement's members, each in a line of its own, then the signature.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Readable {
    statement: BTreeMap<String, String>,
    signature: String,
}

/// The file's text. A statement that is not in canonical form has the older form, which every reader of statements
/// refuses.
pub fn write(signed: &Signed) -> String {
    readable(signed).unwrap_or_else(|| write_older(signed))
}

/// The readable form. `None` if the statement is not canonical.
fn readable(signed: &Signed) -> Option<String> {
    let statement: BTreeMap<String, String> = serde_json::from_str(&signed.statement).ok()?;
    if canonical(&statement) != signed.statement.as_bytes() {
        return None;
    }
    let file = Readable { statement, signature: signed.signature.clone() };
    serde_json::to_string_pretty(&file).ok().map(|text| text + "\n")
}

/// The form of earlier versions, in one line: both members in canonical form, the statement as a string.
pub fn write_older(signed: &Signed) -> String {
    let members = BTreeMap::from([
        ("signature".to_owned(), signed.signature.clone()),
        ("statement".to_owned(), signed.statement.clone()),
    ]);
    String::from_utf8_lossy(&canonical(&members)).into_owned()
}

/// Parses exactly two members in either form. Other spellings of the same content are refused.
pub fn read_signed(bytes: &[u8]) -> Result<Signed, FileError> {
    if bytes.len() > MAX_FILE {
        return Err(FileError::TooLong);
    }
    if let Ok(signed) = serde_json::from_slice::<Signed>(bytes) {
        return if write_older(&signed).as_bytes() == bytes { Ok(signed) } else { Err(FileError::Shape) };
    }
    let file: Readable = serde_json::from_slice(bytes).map_err(|_| FileError::Shape)?;
    let statement = String::from_utf8(canonical(&file.statement)).map_err(|_| FileError::Shape)?;
    let signed = Signed { statement, signature: file.signature };
    if readable(&signed).is_some_and(|text| text.as_bytes() == bytes) {
        Ok(signed)
    } else {
        Err(FileError::Shape)
    }
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
    fn people_read_one_member_a_line_and_the_older_form_is_still_read() {
        let statement = r#"{"kind":"request","reason":"INC-42 \"now\" \\ é","who":"ana"}"#;
        let signed = Signed { statement: statement.to_owned(), signature: "a\nb\n".to_owned() };
        let text = write(&signed);
        insta::assert_snapshot!(text, @r#"
        {
          "statement": {
            "kind": "request",
            "reason": "INC-42 \"now\" \\ é",
            "who": "ana"
          },
          "signature": "a\nb\n"
        }
        "#);
        assert_eq!(read_signed(text.as_bytes()), Ok(signed.clone()));
        assert_eq!(read_signed(write_older(&signed).as_bytes()), Ok(signed.clone()));
        for bad in [
            text.replace("  ", "    "),
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("\u{feff}{text}"),
            text.replace("\"ana\"", "\"\\u0061na\""),
            text.replace("\"kind\": \"request\",", "\"kind\": \"review\",\n    \"kind\": \"request\","),
            text.replace("\"who\": \"ana\"", "\"who\": 7"),
            text.replace("\"ana\"", "{\"a\": \"b\"}"),
            text.replace("  \"signature\"", "  \"more\": \"x\",\n  \"signature\""),
            text.replace(" é", " e\u{301}").replace("\"kind\"", "\"kind \""),
        ] {
            assert_ne!(bad, text);
            let read = read_signed(bad.as_bytes());
            assert!(read.is_err() || read.is_ok_and(|read| read != signed), "{bad}");
        }
        // A statement that is not canonical cannot hide behind the readable form.
        let loose = Signed { statement: statement.replace(':', ": "), ..signed };
        assert_eq!(write(&loose), write_older(&loose));
        assert!(matches!(read(write(&loose).as_bytes()), Err(FileError::Statement(_))));
    }

    #[test]
    fn other_spellings_of_the_older_form_are_refused() {
        let signed = Signed { statement: "{}".to_owned(), signature: "x\n".to_owned() };
        let text = write_older(&signed);
        assert_eq!(read_signed(text.as_bytes()), Ok(signed));
        for bad in [format!("{text}\n"), text.replace(':', ": "), text.replace('}', ",\"z\":1}")] {
            assert_eq!(read_signed(bad.as_bytes()), Err(FileError::Shape), "{bad}");
        }
        assert!(matches!(read(text.as_bytes()), Err(FileError::Statement(_))));
    }
}
