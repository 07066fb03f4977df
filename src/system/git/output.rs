//! Parses git's output and trusts none of it.

use super::Entry;
use super::EntryKind;
use super::GitError;

/// Whether a text is an object's id: SHA-1 or SHA-256 in hexadecimal.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The first line that is not empty, at most 300 characters of it.
pub(super) fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    first.chars().take(300).collect()
}

/// Parses `<mode> <type> <id> <padded size or ->\t<path>` (git-ls-tree, "Output format").
pub(super) fn entry(entry: &[u8]) -> Result<Entry, GitError> {
    let text = String::from_utf8_lossy(entry);
    let parse = || {
        let (head, path) = text.split_once('\t')?;
        let mut words = head.split_ascii_whitespace();
        let (mode, kind, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let kind = match (mode, kind) {
            ("120000", _) => EntryKind::Link,
            ("100644" | "100755" | "100664", "blob") => EntryKind::File(size.parse().ok()?),
            (_, "tree") => EntryKind::Folder,
            _ => EntryKind::Other,
        };
        is_id(id).then(|| Entry { kind, id: id.to_owned(), path: path.to_owned() })
    };
    parse().ok_or_else(|| GitError::Form(text.clone().into_owned()))
}

/// Parses `<mode> <type> <id>\t<path>`. The size is the greatest one, until it is known.
pub(super) fn entry_without_size(text: &[u8]) -> Result<Entry, GitError> {
    let place = text.iter().position(|byte| *byte == b'\t').unwrap_or(text.len());
    let (head, path) = text.split_at(place);
    entry(&[head, b" -", path].concat())
        .or_else(|_| entry(&[head, format!(" {}", u64::MAX).as_bytes(), path].concat()))
}

/// Parses `<id> <type> <size>` (git-cat-file, "--batch-check"). `None` for `<id> missing`.
pub(super) fn size(line: &str, id: &str) -> Option<u64> {
    line.strip_prefix(id)?.trim_start().split_once(' ')?.1.parse().ok()
}

/// Parses `<id> blob <size>\n<content>\n` (git-cat-file, "Batch output").
pub(super) fn object<'a>(output: &'a [u8], id: &str) -> Option<(&'a [u8], &'a [u8])> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(output.get(..end)?).ok()?;
    let size: usize = head.strip_prefix(id)?.strip_prefix(" blob ")?.parse().ok()?;
    let content = output.get(end + 1..)?.get(..size)?;
    let after = output.get(end + 1 + size..)?.strip_prefix(b"\n")?;
    Some((content, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn reads_what_git_prints_and_nothing_else() {
        let output = format!("{ID} blob 3\na\nb\n{ID} missing\n");
        let (content, rest) = object(output.as_bytes(), ID).unwrap();
        assert_eq!(content, b"a\nb");
        assert!(object(rest, ID).is_none());
        for bad in
            ["", "\n", &format!("{ID} blob 99\nx\n"), &format!("{ID} tree 1\nx\n"), "other blob 1\nx\n"]
        {
            assert!(object(bad.as_bytes(), ID).is_none(), "{bad}");
        }
        let kind = |text: String| entry(text.as_bytes()).map(|entry| entry.kind);
        assert_eq!(kind(format!("100644 blob {ID}      12\troles/a b.toml")).unwrap(), EntryKind::File(12));
        assert_eq!(kind(format!("120000 blob {ID}      12\tx")).unwrap(), EntryKind::Link);
        assert_eq!(kind(format!("160000 commit {ID}       -\tx")).unwrap(), EntryKind::Other);
        assert_eq!(kind(format!("040000 tree {ID}       -\tx")).unwrap(), EntryKind::Folder);
        assert!(entry("100644 blob --evil 12\tx".as_bytes()).is_err());
        assert!(entry("nonsense".as_bytes()).is_err());
    }

    #[test]
    fn a_complaint_is_one_short_line() {
        assert_eq!(complaint(b"\n  \nfatal: no\nmore"), "fatal: no");
        assert_eq!(complaint(&[b'x'; 1_000]).len(), 300);
        assert_eq!(complaint(b""), "it says nothing");
    }
}
