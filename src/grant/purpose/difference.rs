//! Why a command is not the one that was agreed to.

use super::Digest;
use super::Purpose;
use super::shown;

/// A command that is not the one that was agreed to, and why, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Other words.
    Command(String),
    /// Another folder.
    Folder(String),
    /// The same words in the same folder, with another program, file, plan or commit.
    Content(String),
}

impl Difference {
    /// The text.
    pub fn into_text(self) -> String {
        match self {
            Self::Command(text) | Self::Folder(text) | Self::Content(text) => text,
        }
    }
}

impl Purpose {
    /// Why a command is not the one that was agreed to. `None` if it is.
    pub fn difference(&self, now: &Self) -> Option<Difference> {
        let content = |text: String| Some(Difference::Content(text));
        if let Some(difference) = self.difference_before_content(&now.command, &now.folder) {
            return Some(difference);
        }
        if self.program != now.program {
            return content(format!("the program {} has changed", shown(self.command.first()?)));
        }
        let other = |(path, digest): &(&String, &Digest)| now.files.get(*path) != Some(digest);
        if let Some((path, _)) = self.files.iter().find(other) {
            return content(format!("the file {} has changed", shown(path)));
        }
        if let Some(path) = now.files.keys().find(|path| !self.files.contains_key(*path)) {
            return content(format!("the file {} is not one that was agreed to", shown(path)));
        }
        if self.plan != now.plan {
            return content("it shows another plan".to_owned());
        }
        if self.commit != now.commit {
            let of = |commit: &Option<String>| commit.clone().unwrap_or_else(|| "no commit".to_owned());
            return content(format!("the folder is at {}, not at {}", of(&now.commit), of(&self.commit)));
        }
        None
    }

    /// The part of [`Purpose::difference`] for which nothing has to be hashed. Elsewhere the same paths name other files, or none.
    pub fn difference_before_content(&self, command: &[String], folder: &str) -> Option<Difference> {
        if self.command != command {
            let words: Vec<String> = command.iter().map(|word| shown(word)).collect();
            return Some(Difference::Command(format!("it is another command: {}", words.join(" "))));
        }
        if self.folder != folder {
            let text = format!("the folder is {}, not {}", shown(folder), shown(&self.folder));
            return Some(Difference::Folder(text));
        }
        None
    }
}
