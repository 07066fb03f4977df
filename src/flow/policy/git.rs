//! Reading a revision out of a git repository, without a checkout and without trusting what is in it.
//!
//! Only plumbing that runs nothing of the repository's: `rev-parse`, `ls-tree`, `cat-file --batch`. No replace objects, no
//! lazy fetching, no prompts. Names go to git only after a revision became an object id of our own reading.

use std::ffi::OsString;
use std::time::Duration;

use crate::flow::Failure;
use crate::policy::EntryKind;
use crate::system::System;
use crate::system::processes::Command;

/// How long git may take for one step.
const LIMIT: Duration = Duration::from_secs(60);

/// One entry of a tree.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) id: String,
    /// Its path in the tree that was listed, with `/`.
    pub(super) path: String,
}

/// The repository around the working folder.
pub(super) struct Repository<'a> {
    system: &'a System,
}

impl<'a> Repository<'a> {
    pub(super) fn around(system: &'a System) -> Self {
        Self { system }
    }

    /// Runs git; its standard output, or what it complained about.
    async fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Failure> {
        let fixed =
            ["--no-pager", "--no-replace-objects", "--literal-pathspecs", "-c", "protocol.allow=never", "-C"];
        let mut all: Vec<OsString> = fixed.iter().map(OsString::from).collect();
        all.push(self.system.files.working.clone().into_os_string());
        all.extend(arguments.iter().map(OsString::from));
        let mut environment = self.system.environment.clone();
        let settings = [
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("LC_ALL", "C"),
        ];
        settings.iter().for_each(|(name, value)| environment.set(*name, *value));
        // What traces could write would look like git's answer.
        for name in ["GIT_TRACE", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE_SETUP"] {
            environment.remove(name);
        }
        let command = Command { program: "git".into(), arguments: all, environment };
        let output = self.system.processes.run_collected(&command, input, LIMIT).await.map_err(|error| {
            Failure::failed("git does not run")
                .cause(error.to_string())
                .hint("install git, or compare two folders")
        })?;
        if output.code == 0 {
            return Ok(output.stdout);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let first = complaint.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
        let first: String = first.chars().take(300).collect();
        Err(Failure::failed(format!("git {} failed", arguments.first().unwrap_or(&""))).cause(first))
    }

    /// Whether this is a bare repository, and the path of the working folder in its tree, with a `/` at its end unless
    /// empty.
    pub(super) async fn place(&self) -> Result<(bool, String), Failure> {
        let hint = "go into the repository, or compare two folders: `jit policy diff ./old ./new`";
        let output = self.run(&["rev-parse", "--is-bare-repository", "--show-prefix"], b"").await;
        let output =
            output.map_err(|failure| failure.because("there is no git repository here").hint(hint))?;
        let text = String::from_utf8_lossy(&output).into_owned();
        let mut lines = text.lines();
        let is_bare = lines.next() == Some("true");
        Ok((is_bare, lines.next().unwrap_or_default().to_owned()))
    }

    /// The commit that a name means.
    pub(super) async fn commit(&self, name: &str) -> Result<String, Failure> {
        if name.starts_with('-') || name.is_empty() || name.chars().any(char::is_control) {
            return Err(Failure::usage(format!("{name:?} is no revision"))
                .hint("name a branch, a tag or a commit, like origin/main"));
        }
        let wanted = format!("{name}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted], b"").await;
        let id = output.map(|output| String::from_utf8_lossy(&output).trim().to_owned()).unwrap_or_default();
        if is_id(&id) {
            return Ok(id);
        }
        let fetch = if name.contains(['^', '~']) {
            "`git fetch --deepen=1`, or `fetch-depth: 2` for actions/checkout".to_owned()
        } else {
            format!("`git fetch --depth=1 origin {name}`")
        };
        let mut failure = Failure::failed(format!("there is no revision {name} here"))
            .hint(format!("a shallow clone may lack it: {fetch}"));
        if self.system.files.working.join(name).is_dir() {
            failure = failure.hint(format!("to compare folders, write their paths so: ./{name}"));
        }
        Err(failure)
    }

    /// The entries of a tree, and of the trees in it if `deep`.
    pub(super) async fn list(&self, tree: &str, deep: bool) -> Result<Vec<Entry>, Failure> {
        let mut arguments = vec!["ls-tree", "-z", "-l", "--full-tree"];
        if deep {
            arguments.push("-r");
        }
        arguments.push(tree);
        let output = self.run(&arguments, b"").await?;
        output.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()).map(parse_entry).collect()
    }

    /// The contents of blobs, in this order.
    pub(super) async fn contents(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, Failure> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let output = self.run(&["cat-file", "--batch"], format!("{}\n", ids.join("\n")).as_bytes()).await?;
        let mut rest = output.as_slice();
        let mut contents = Vec::with_capacity(ids.len());
        for id in ids {
            let (content, after) = parse_object(rest, id).ok_or_else(|| {
                Failure::failed(format!("git does not hand out the object {id}"))
                    .hint("the clone may lack it: fetch the revision whole")
            })?;
            contents.push(content.to_vec());
            rest = after;
        }
        Ok(contents)
    }
}

/// Whether a text is an object's id: SHA-1 or SHA-256 in hexadecimal.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `<mode> <type> <id> <padded size or ->\t<path>` (git-ls-tree, "Output format").
fn parse_entry(entry: &[u8]) -> Result<Entry, Failure> {
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
    parse().ok_or_else(|| {
        Failure::failed("git lists a tree in a form that is not known here").cause(text.clone())
    })
}

/// `<id> blob <size>\n<content>\n` (git-cat-file, "Batch output").
fn parse_object<'a>(output: &'a [u8], id: &str) -> Option<(&'a [u8], &'a [u8])> {
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
        let (content, rest) = parse_object(output.as_bytes(), ID).unwrap();
        assert_eq!(content, b"a\nb");
        assert!(parse_object(rest, ID).is_none());
        for bad in
            ["", "\n", &format!("{ID} blob 99\nx\n"), &format!("{ID} tree 1\nx\n"), "other blob 1\nx\n"]
        {
            assert!(parse_object(bad.as_bytes(), ID).is_none(), "{bad}");
        }
        let entry = |text: String| parse_entry(text.as_bytes()).map(|entry| entry.kind);
        assert_eq!(entry(format!("100644 blob {ID}      12\troles/a b.toml")).unwrap(), EntryKind::File(12));
        assert_eq!(entry(format!("120000 blob {ID}      12\tx")).unwrap(), EntryKind::Link);
        assert_eq!(entry(format!("160000 commit {ID}       -\tx")).unwrap(), EntryKind::Other);
        assert_eq!(entry(format!("040000 tree {ID}       -\tx")).unwrap(), EntryKind::Folder);
        assert!(entry("100644 blob --evil 12\tx".to_owned()).is_err());
        assert!(entry("nonsense".to_owned()).is_err());
    }
}
