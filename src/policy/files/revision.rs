//! The revision: one digest over every byte and file name of a policy.

use std::collections::BTreeMap;

use crate::grant::Digest;

/// SHA-256 over one line per file, `<64 hexadecimal characters of the file's SHA-256><two spaces><path>\n`, in the byte
/// order of the paths. Paths consist of names and `/`, so a line is unambiguous. For a policy of only these files, this
/// is the output of `sha256sum access.toml people.toml roles/*.toml tests/*.toml | sha256sum` under `LC_ALL=C`.
pub(in crate::policy) fn of(files: &BTreeMap<String, Vec<u8>>) -> Digest {
    let lines: String =
        files.iter().map(|(path, content)| format!("{}  {path}\n", Digest::of(content))).collect();
    Digest::of(lines.as_bytes())
}
