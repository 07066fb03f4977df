//! Lines that are too long to be read, and the id under which such a request is refused.

use std::fmt;

use rmcp::model::RequestId;
use serde::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;

/// Counts the bytes of each line of a stream, and keeps the beginning of the current one.
pub struct Lines {
    most: usize,
    beginning: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    /// For lines of at most `most` bytes, the line feed included.
    pub(super) fn new(most: usize) -> Self {
        Self { most, beginning: Vec::new(), is_too_long: false }
    }

    /// Takes the next bytes. Returns, for each line that became too long in them, the id of the request that it holds, if it can be
    /// known.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Option<RequestId>> {
        let mut found = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !self.is_too_long {
                self.beginning.extend_from_slice(part);
                if self.beginning.len() > self.most {
                    found.push(id_of(&self.beginning));
                    self.is_too_long = true;
                }
            }
            if self.is_too_long || part.ends_with(b"\n") {
                self.beginning.clear();
            }
            if part.ends_with(b"\n") {
                self.is_too_long = false;
            }
        }
        found
    }
}

/// The id of the request that this is the beginning of. `None` if it stands further behind, or if this is no request.
fn id_of(beginning: &[u8]) -> Option<RequestId> {
    let mut head = Head::default();
    // It ends in the middle, so this always fails after what was read.
    let _ = serde_json::Deserializer::from_slice(beginning).deserialize_map(&mut head);
    head.id.filter(|_| !head.is_answer)
}

/// The members that were read.
#[derive(Default)]
struct Head {
    id: Option<RequestId>,
    is_answer: bool,
}

impl<'de> Visitor<'de> for &mut Head {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "id" => self.id = members.next_value()?,
                name => {
                    self.is_answer |= matches!(name, "result" | "error");
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_cut_request_is_found() {
        let id = |text: &str| id_of(text.as_bytes()).map(RequestId::into_json_value);
        assert_eq!(id(r#"{"jsonrpc":"2.0","id":7,"params":{"a":[{"id":8},"xx"#), Some(7.into()));
        assert_eq!(id(r#"{"params":{"id":9},"id":"seven","x":"yy"#), Some("seven".into()));
        // Not there yet, in the middle, no request, no object.
        for text in [
            r#"{"params":{"id":9,"a":"xx"#,
            r#"{"id":"sev"#,
            r#"{"id":7,"result":{"a":"x"#,
            r#"{"id":7.5,"a":"x"#,
            r#"{"id":null,"a":"x"#,
            "[7,",
            "xxx",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn each_long_line_is_found_once_and_others_are_not() {
        let mut lines = Lines::new(20);
        assert_eq!(lines.take(b"{\"id\":1,\"x\":\"56789\"\n").len(), 0);
        assert_eq!(lines.take(b"{\"id\":1,\"x\":\"567890\"\n").len(), 1);
        let mut found = Vec::new();
        for byte in b"short\n{\"id\":2,\"x\":\"many many bytes\"}\nshort\n" {
            found.extend(lines.take(&[*byte]));
        }
        assert_eq!(found, [Some(RequestId::Number(2))]);
        assert_eq!(lines.take(&[b'x'; 100]), [None]);
        assert!(lines.take(&[b'x'; 100]).is_empty());
    }
}
