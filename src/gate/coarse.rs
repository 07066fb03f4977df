//! The coarse look at a text that may be run in a way that was not read: as a line, as a program in another language, or as the output
//! of another command.
//!
//! Quotes, escapes and marks are taken away, and only words stay. A gate counts if its words follow each other, with nothing between but
//! options and their values. The look knows no language, so it cannot be misled by one.

use std::collections::HashMap;
use std::collections::HashSet;

use super::Finding;
use super::Gates;
use super::NAMING;
use super::VARIABLES;
use super::line::ansi::Escape;
use super::line::ansi::escape;
use super::program;

/// The most words between the first and the last word of a gate.
const FARTHEST: usize = 64;
/// The most words after an option that may be its value.
const VALUE: usize = 4;
/// The most places of a program that are looked at.
const PLACES: usize = 10_000;
/// Programs that put words together in an order of their own.
const MIXERS: [&str; 2] = ["xargs", "parallel"];

/// A word of a text.
struct Word {
    /// Without dashes before it.
    text: String,
    is_option: bool,
}

impl<'a> Gates<'a> {
    /// The first gate or name in one of these texts.
    pub(super) fn coarsely(&self, texts: &[String]) -> Option<Finding<'a>> {
        texts.iter().find_map(|text| self.in_text(text))
    }

    fn in_text(&self, text: &str) -> Option<Finding<'a>> {
        let decoded = decoded(text);
        [text, &decoded].iter().take(1 + usize::from(decoded != text)).find_map(|text| {
            let joined: String =
                text.chars().filter(|letter| !matches!(letter, '\'' | '"' | '\\' | '^')).collect();
            self.in_words(&words(&joined)).or_else(|| self.in_words(&words(text)))
        })
    }

    fn in_words(&self, words: &[Word]) -> Option<Finding<'a>> {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, word) in words.iter().enumerate() {
            let name = program(&word.text).to_ascii_lowercase();
            if self.programs.contains_key(&name) {
                places.entry(name).or_default().push(place);
            }
        }
        let all: HashSet<&str> = words.iter().flat_map(|word| forms(&word.text)).collect();
        let mixes = MIXERS.iter().any(|mixer| all.contains(mixer));
        for (name, places) in &places {
            let gates: HashSet<&str> = self.programs[name].iter().map(|(gate, _)| *gate).collect();
            for gate in gates {
                let wanted: Vec<&str> =
                    gate.split(' ').skip(1).map(|word| word.trim_start_matches('-')).collect();
                let in_order =
                    || places.iter().take(PLACES).any(|place| follow(&words[place + 1..], &wanted));
                if wanted.iter().all(|word| all.contains(word)) && (mixes || in_order()) {
                    let command: Vec<String> = gate.split(' ').map(str::to_owned).collect();
                    return self.gated(&command);
                }
            }
        }
        self.name_in(words)
    }

    /// A name of a role after an option or a variable that takes one.
    fn name_in(&self, words: &[Word]) -> Option<Finding<'a>> {
        words.windows(2).find_map(|pair| {
            let [name, value] = pair else { return None };
            let option = format!("--{}", name.text);
            let is_naming = (name.is_option && NAMING.contains(&option.as_str()))
                || VARIABLES.contains(&name.text.as_str());
            let value =
                forms(&value.text).find(|value| self.names.contains_key(*value)).filter(|_| is_naming)?;
            let name = if name.is_option { option } else { name.text.clone() };
            self.named(&[format!("{name}={value}")])
        })
    }
}

/// Whether the wanted words follow, with options, their values and file descriptors between.
fn follow(words: &[Word], wanted: &[&str]) -> bool {
    let mut wanted = wanted.iter().peekable();
    let mut value = 0;
    for word in words.iter().take(FARTHEST) {
        let Some(next) = wanted.peek() else { return true };
        if forms(&word.text).any(|form| form == **next) {
            wanted.next();
            value = 0;
        } else if word.is_option {
            value = VALUE;
        } else if word.text.len() > 1 && !word.text.bytes().all(|byte| byte.is_ascii_digit()) {
            if value == 0 {
                return false;
            }
            value -= 1;
        }
    }
    wanted.peek().is_none()
}

/// A word as it stands, and its parts at slashes: `s/x/terraform apply/e`.
fn forms(word: &str) -> impl Iterator<Item = &str> {
    let parts = word.split('/').filter(move |_| word.contains('/'));
    std::iter::once(word).chain(parts)
}

/// The words of a text. Variables are left out: they may stand for nothing, or for words that come before.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    let mut end = |word: &mut String| {
        let word = std::mem::take(word);
        let text = word.trim_start_matches(['-', '/']);
        if text.is_empty() {
            return;
        }
        let is_option = text.len() < word.len();
        words.push(Word { text: text.to_owned(), is_option });
        // The value of an option of one letter may be glued to it.
        let glued = text.char_indices().nth(1).filter(|_| word.starts_with('-') && !word.starts_with("--"));
        if let Some((place, _)) = glued {
            words.push(Word { text: text[place..].to_owned(), is_option: false });
        }
    };
    while let Some(letter) = letters.next() {
        if letter == '$' {
            let is_braced = letters.next_if_eq(&'{').is_some();
            let is_name = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
            // A name glued to the rest of a word may stand for nothing.
            while letters.next_if(is_name).is_some() {}
            // And an expansion for the text after its operator: `${x:-terraform}`.
            let is_operator = |letter: &char| ":-=+?".contains(*letter);
            while is_braced && letters.next_if(is_operator).is_some() {}
        } else if letter.is_alphanumeric() || "-_.+@%/*?~".contains(letter) {
            word.push(letter);
        } else {
            end(&mut word);
        }
    }
    end(&mut word);
    words
}

/// A text with its escapes read.
fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            decoded.push(letter);
            continue;
        }
        match escape(&mut letters) {
            Some(Escape::Letter(letter)) => decoded.push(letter),
            Some(Escape::End) => decoded.push(' '),
            None => {}
        }
    }
    decoded
}
