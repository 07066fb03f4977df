//! Content-addressed objects as in git, with git's own ids.
//!
//! The formats are those of `gitformat`: `<kind> <size>\0<content>`, hashed with SHA-1.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use aws_lc_rs::digest::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;

/// The mode of a folder.
pub const FOLDER: &str = "040000";

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, without a slash.
    pub name: String,
    /// Six octal digits.
    pub mode: String,
    /// Its object id.
    pub sha: String,
}

/// The person and time in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The email address.
    pub email: String,
    /// The time.
    pub date: Timestamp,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its tree.
    pub tree: String,
    /// Its parents.
    pub parents: Vec<String>,
    /// The author, as the commit claims.
    pub author: Signature,
    /// The committer, as the commit claims.
    pub committer: Signature,
    /// The message.
    pub message: String,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// A file's bytes.
    Blob(Vec<u8>),
    /// A folder.
    Tree(Vec<Entry>),
    /// A commit.
    Commit(Commit),
}

/// Files by path: mode and blob.
pub type Files = BTreeMap<String, (String, String)>;

/// All objects of a network of forks.
#[derive(Debug, Clone, Default)]
pub struct Store {
    objects: BTreeMap<String, Object>,
}

fn encode(object: &Object) -> (&'static str, Vec<u8>) {
    match object {
        Object::Blob(bytes) => ("blob", bytes.clone()),
        Object::Tree(entries) => {
            let mut bytes = Vec::new();
            for entry in entries {
                // Git writes a folder's mode without the leading zero.
                bytes.extend_from_slice(entry.mode.trim_start_matches('0').as_bytes());
                bytes.push(b' ');
                bytes.extend_from_slice(entry.name.as_bytes());
                bytes.push(0);
                bytes.extend_from_slice(&HEXLOWER.decode(entry.sha.as_bytes()).unwrap());
            }
            ("tree", bytes)
        }
        Object::Commit(commit) => {
            let mut text = format!("tree {}\n", commit.tree);
            for parent in &commit.parents {
                text.push_str(&format!("parent {parent}\n"));
            }
            for (role, who) in [("author", &commit.author), ("committer", &commit.committer)] {
                let seconds = who.date.as_second();
                text.push_str(&format!("{role} {} <{}> {seconds} +0000\n", who.name, who.email));
            }
            text.push_str(&format!("\n{}", commit.message));
            ("commit", text.into_bytes())
        }
    }
}

impl Store {
    /// Adds an object and returns its id.
    pub fn put(&mut self, mut object: Object) -> String {
        if let Object::Tree(entries) = &mut object {
            let key = |entry: &Entry| {
                if entry.mode == FOLDER { format!("{}/", entry.name) } else { entry.name.clone() }
            };
            entries.sort_by_key(key);
        }
        let (kind, bytes) = encode(&object);
        let mut whole = format!("{kind} {}\0", bytes.len()).into_bytes();
        whole.extend_from_slice(&bytes);
        let sha = HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref());
        self.objects.insert(sha.clone(), object);
        sha
    }

    /// The ids of all objects.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(String::as_str)
    }

    /// An object as git hashes and stores it.
    pub fn loose(&self, sha: &str) -> Vec<u8> {
        let (kind, bytes) = encode(&self.objects[sha]);
        [format!("{kind} {}\0", bytes.len()).into_bytes(), bytes].concat()
    }

    /// Any object.
    pub fn get(&self, sha: &str) -> Option<&Object> {
        self.objects.get(sha)
    }

    /// A blob's bytes.
    pub fn blob(&self, sha: &str) -> Option<&[u8]> {
        match self.get(sha)? {
            Object::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A tree's entries, by its id or a commit's.
    pub fn tree(&self, sha: &str) -> Option<&[Entry]> {
        match self.get(sha)? {
            Object::Tree(entries) => Some(entries),
            Object::Commit(commit) => self.tree(&commit.tree),
            Object::Blob(_) => None,
        }
    }

    /// A commit.
    pub fn commit(&self, sha: &str) -> Option<&Commit> {
        match self.get(sha)? {
            Object::Commit(commit) => Some(commit),
            _ => None,
        }
    }

    /// Every file under a tree or commit.
    pub fn files(&self, sha: &str) -> Files {
        let mut found = Files::new();
        self.walk(sha, "", &mut found);
        found
    }

    fn walk(&self, sha: &str, prefix: &str, found: &mut Files) {
        for entry in self.tree(sha).unwrap_or_default() {
            let path = format!("{prefix}{}", entry.name);
            if entry.mode == FOLDER {
                self.walk(&entry.sha, &format!("{path}/"), found);
            } else {
                found.insert(path, (entry.mode.clone(), entry.sha.clone()));
            }
        }
    }

    /// Makes the trees of these files and returns the root's id.
    pub fn put_files(&mut self, files: &Files) -> String {
        let mut folders: BTreeMap<&str, Files> = BTreeMap::new();
        let mut entries = Vec::new();
        for (path, (mode, sha)) in files {
            match path.split_once('/') {
                Some((folder, rest)) => {
                    folders.entry(folder).or_default().insert(rest.to_owned(), (mode.clone(), sha.clone()));
                }
                None => entries.push(Entry { name: path.clone(), mode: mode.clone(), sha: sha.clone() }),
            }
        }
        for (name, inside) in folders {
            let sha = self.put_files(&inside);
            entries.push(Entry { name: name.to_owned(), mode: FOLDER.to_owned(), sha });
        }
        self.put(Object::Tree(entries))
    }

    /// The mode and object at a path of a tree or commit. An empty path is the root.
    pub fn at(&self, sha: &str, path: &str) -> Option<(String, String)> {
        let root = self.commit(sha).map_or_else(|| sha.to_owned(), |commit| commit.tree.clone());
        let mut here = (FOLDER.to_owned(), root);
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            let entry = self.tree(&here.1)?.iter().find(|entry| entry.name == segment)?;
            here = (entry.mode.clone(), entry.sha.clone());
        }
        Some(here)
    }

    /// A commit and all its ancestors.
    pub fn ancestors(&self, sha: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![sha.to_owned()];
        while let Some(sha) = open.pop() {
            let Some(commit) = self.commit(&sha) else { continue };
            if found.insert(sha) {
                open.extend(commit.parents.iter().cloned());
            }
        }
        found
    }

    /// A commit and its ancestors, newest first.
    pub fn history(&self, sha: &str) -> Vec<String> {
        self.ordered(self.ancestors(sha))
    }

    /// Commits in `head` that are not in `base`, newest first.
    pub fn between(&self, base: &str, head: &str) -> Vec<String> {
        let known = self.ancestors(base);
        self.ordered(self.ancestors(head).difference(&known).cloned().collect())
    }

    /// Children before parents, otherwise the younger first.
    fn ordered(&self, mut left: BTreeSet<String>) -> Vec<String> {
        let mut ordered = Vec::new();
        while !left.is_empty() {
            let parents: BTreeSet<&String> =
                left.iter().filter_map(|sha| self.commit(sha)).flat_map(|commit| &commit.parents).collect();
            let date = |sha: &String| self.commit(sha).map(|commit| commit.committer.date);
            let Some(next) =
                left.iter().filter(|sha| !parents.contains(sha)).max_by_key(|sha| date(sha)).cloned()
            else {
                break;
            };
            left.remove(&next);
            ordered.push(next);
        }
        ordered
    }

    /// The best common ancestor of two commits.
    pub fn merge_base(&self, one: &str, other: &str) -> Option<String> {
        let common: BTreeSet<String> =
            self.ancestors(one).intersection(&self.ancestors(other)).cloned().collect();
        self.ordered(common).into_iter().next()
    }
}
