//! Words that a shell completes before it runs them: globs, braces and variables.

use super::Finding;
use super::Gates;
use super::kinds::is_assignment;

/// The fewest letters of a word that must stand as they are.
const FEWEST: usize = 3;
/// The same for a word with a variable or braces, which stand for more.
const FEWEST_OF_VARIABLES: usize = 4;
/// The longest word that is looked at.
const LONGEST: usize = 256;

enum Part {
    Letter(char),
    One,
    Any,
}

/// A word that stands for others.
pub(super) struct Glob(Vec<Part>);

impl Glob {
    /// `None` if the word stands for itself, or for nearly anything.
    pub(super) fn of(word: &str) -> Option<Self> {
        let word = super::program(word);
        if word.len() > LONGEST || !word.contains(['*', '?', '[', '{', '$']) {
            return None;
        }
        let mut parts = Vec::new();
        let mut letters = word.chars().peekable();
        let mut fewest = FEWEST;
        while let Some(letter) = letters.next() {
            let close = match letter {
                '*' => None,
                '?' => {
                    parts.push(Part::One);
                    continue;
                }
                '[' => Some(']'),
                '{' => Some('}'),
                '$' => letters.next_if_eq(&'{').map(|_| '}'),
                _ => {
                    parts.push(Part::Letter(letter.to_ascii_lowercase()));
                    continue;
                }
            };
            if matches!(letter, '{' | '$') {
                fewest = FEWEST_OF_VARIABLES;
            }
            if let Some(close) = close {
                letters.by_ref().find(|letter| *letter == close);
            } else if letter == '$' {
                while letters.next_if(|letter| letter.is_ascii_alphanumeric() || *letter == '_').is_some() {}
            }
            parts.push(Part::Any);
        }
        let fixed = parts.iter().filter(|part| matches!(part, Part::Letter(_))).count();
        (fixed >= fewest).then_some(Self(parts))
    }

    /// Whether it may stand for this word, in lower case.
    pub(super) fn may_be(&self, word: &str) -> bool {
        let letters: Vec<char> = word.chars().collect();
        let (mut part, mut letter, mut back) = (0, 0, None);
        loop {
            let fits = match self.0.get(part) {
                Some(Part::Any) => {
                    back = Some((part, letter));
                    part += 1;
                    continue;
                }
                Some(Part::One) => letter < letters.len(),
                Some(Part::Letter(wanted)) => {
                    letters.get(letter).is_some_and(|letter| letter.eq_ignore_ascii_case(wanted))
                }
                None => letter == letters.len(),
            };
            match back {
                _ if fits && part == self.0.len() => return true,
                _ if fits => (part, letter) = (part + 1, letter + 1),
                Some((any, from)) if from < letters.len() => {
                    back = Some((any, from + 1));
                    (part, letter) = (any + 1, from + 1);
                }
                _ => return false,
            }
        }
    }
}

/// The most words of a command that are compared with every gate.
const MOST: usize = 512;

impl<'a> Gates<'a> {
    /// A gate that a command with such words may be.
    pub(super) fn globbed(&self, command: &[String]) -> Option<Finding<'a>> {
        let command = &command[..command.len().min(MOST)];
        let globs: Vec<Option<Glob>> = command.iter().map(|word| Glob::of(word)).collect();
        if globs.iter().all(Option::is_none) {
            return None;
        }
        let first = command.iter().position(|word| !is_assignment(word))?;
        self.programs.iter().find_map(|(name, gates)| {
            let is_it = |(word, glob): (&String, &Option<Glob>)| match glob {
                Some(glob) => glob.may_be(name),
                None => super::program(word).eq_ignore_ascii_case(name),
            };
            let place = command.iter().zip(&globs).position(is_it)?;
            let is_in = |gate: &&str| {
                let mut rest = command.iter().zip(&globs).skip(place + 1);
                let mut wanted = gate.split(' ').skip(1).peekable();
                // Many files may begin like a program's name.
                (wanted.peek().is_some() || place == first)
                    && wanted.all(|wanted| {
                        rest.any(|(word, glob)| {
                            word == wanted || glob.as_ref().is_some_and(|glob| glob.may_be(wanted))
                        })
                    })
            };
            let (gate, ..) = gates.iter().find(|(gate, _)| is_in(gate))?;
            let command: Vec<String> = gate.split(' ').map(str::to_owned).collect();
            self.gated(&command)
        })
    }
}
