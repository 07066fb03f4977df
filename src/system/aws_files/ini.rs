//! The INI form as parsed by Python's `configparser`, on which AWS's own CLI is built. No I/O.
//!
//! Follows `RawConfigParser._read` with its defaults: strict, `=` and `:`, whole-line comments only, values that
//! continue in deeper indented lines.

/// Why AWS's CLI rejects a whole file. One wrong line is enough.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The mistake. It never quotes the file, which may contain secrets.
    pub why: &'static str,
}

/// A section of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// The text between the brackets.
    pub(super) header: String,
    /// The line of the header.
    pub(super) line: usize,
    pub(super) settings: Vec<Setting>,
}

/// One setting of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// In lower case.
    pub(super) name: String,
    pub(super) line: usize,
    /// The lines of the value, joined by line ends.
    pub(super) value: String,
}

/// The section whose settings apply to every other one (Python's `DEFAULTSECT`).
const DEFAULTS: &str = "DEFAULT";

/// White space as defined by Python's `str.isspace`: Unicode's, and the four ASCII separators.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// Parses a file's text into its sections, in the order of their first line.
pub(super) fn parse(text: &str) -> Result<Vec<Section>, Malformed> {
    // Python's universal newlines.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reading = Reading::default();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        reading.take(index + 1, line)?;
    }
    reading.finish()
}

#[derive(Default)]
struct Reading {
    sections: Vec<Section>,
    defaults: Section,
    current: Option<Current>,
    /// Whether a deeper line would continue a value.
    has_option: bool,
    indent: usize,
    /// The first line that is no setting. Python's parser reads on after it, and rejects the whole file at the end.
    wrong: Option<Malformed>,
}

#[derive(Clone, Copy)]
enum Current {
    Defaults,
    Section(usize),
}

impl Reading {
    fn section(&mut self) -> Option<&mut Section> {
        match self.current? {
            Current::Defaults => Some(&mut self.defaults),
            Current::Section(index) => self.sections.get_mut(index),
        }
    }

    fn continued(&mut self) -> Option<&mut Setting> {
        if self.has_option { self.section()?.settings.last_mut() } else { None }
    }

    fn take(&mut self, line: usize, text: &str) -> Result<(), Malformed> {
        let value = text.trim_matches(is_space);
        if value.starts_with(['#', ';']) {
            return Ok(());
        }
        let indent = text.chars().take_while(|character| is_space(*character)).count();
        let deeper = indent > self.indent;
        if let Some(setting) = self.continued().filter(|_| value.is_empty() || deeper) {
            setting.value.push('\n');
            setting.value.push_str(value);
            return Ok(());
        }
        if value.is_empty() {
            return Ok(());
        }
        self.indent = indent;
        match header(value) {
            Some(header) => self.open(line, header),
            None => self.set(line, value),
        }
    }

    fn open(&mut self, line: usize, header: &str) -> Result<(), Malformed> {
        self.has_option = false;
        if header == DEFAULTS {
            self.current = Some(Current::Defaults);
            return Ok(());
        }
        if self.sections.iter().any(|section| section.header == header) {
            return Err(Malformed { line, why: "this section is there already" });
        }
        self.current = Some(Current::Section(self.sections.len()));
        self.sections.push(Section { header: header.to_owned(), line, settings: Vec::new() });
        Ok(())
    }

    fn set(&mut self, line: usize, text: &str) -> Result<(), Malformed> {
        let Some(section) = self.section() else {
            let why = if text.starts_with('\u{feff}') {
                "the file begins with a byte order mark; save it as UTF-8 without one"
            } else {
                "a section, like [profile NAME], must come first"
            };
            return Err(Malformed { line, why });
        };
        let Some((name, value)) = text.split_once(['=', ':']).filter(|(name, _)| !name.is_empty()) else {
            let why = "this is neither a section nor a setting, like NAME = VALUE";
            self.wrong.get_or_insert(Malformed { line, why });
            return Ok(());
        };
        let name = name.trim_end_matches(is_space).to_lowercase();
        if section.settings.iter().any(|setting| setting.name == name) {
            return Err(Malformed { line, why: "the section has this setting already" });
        }
        section.settings.push(Setting { name, line, value: value.trim_matches(is_space).to_owned() });
        self.has_option = true;
        Ok(())
    }

    fn finish(self) -> Result<Vec<Section>, Malformed> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let mut sections = self.sections;
        for section in &mut sections {
            for setting in &self.defaults.settings {
                if section.settings.iter().all(|own| own.name != setting.name) {
                    section.settings.push(setting.clone());
                }
            }
            for setting in &mut section.settings {
                setting.value.truncate(setting.value.trim_end_matches(is_space).len());
            }
        }
        Ok(sections)
    }
}

/// The text between the first and the last bracket, if the line begins with a bracket.
pub(super) fn header(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('[')?;
    let end = inner.rfind(']')?;
    Some(&inner[..end]).filter(|header| !header.is_empty())
}

/// The settings in an indented block, as botocore's `_parse_nested` parses them.
pub(super) fn block(value: &str) -> Option<Vec<(String, String)>> {
    // Python's `str.splitlines`.
    let ends = |character: char| matches!(character, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in value.split(ends).map(|line| line.trim_matches(is_space)).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=')?;
        let (name, value) = (name.trim_matches(is_space), value.trim_matches(is_space));
        match settings.iter_mut().find(|(known, _)| known == name) {
            Some(known) => value.clone_into(&mut known.1),
            None => settings.push((name.to_owned(), value.to_owned())),
        }
    }
    Some(settings)
}
