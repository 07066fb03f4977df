//! The block of profiles that `jit setup aws` keeps in the user's own AWS config file. Text in, text out; no I/O.

use crate::grant::Name;

/// The line before the block.
const BEGIN: &str = "# >>> jit setup aws: written by jit, changes in here are lost >>>";
/// The same, if the line before it had no line end. It lets the file be restored exactly.
const BEGIN_AFTER_OPEN_LINE: &str =
    "# >>> jit setup aws: written by jit, changes in here are lost (joined) >>>";
/// The line after it.
const END: &str = "# <<< jit setup aws <<<";

/// One profile of the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The role's name, which is also the profile's.
    pub role: Name,
    /// The region in which the role is used.
    pub region: String,
}

/// Why `jit` leaves a file unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// A begin without an end, an end without a begin, or several of them.
    #[error("the lines that mark jit's own block are not one pair")]
    Marks,
    /// The text after the block would become part of the block's last profile, or of the section before it.
    #[error("settings follow jit's own block without a section of their own")]
    Joined,
}

impl BlockError {
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Marks => {
                "take out the lines with `jit setup aws` between `# >>>` and `# <<<`, then try again"
            }
            Self::Joined => "move those settings above the block, or give them a `[profile NAME]` line",
        }
    }
}

/// The user's text around the block.
#[derive(Debug, PartialEq, Eq)]
pub struct Around<'a> {
    /// The text before the block.
    pub before: &'a str,
    /// The block with its marks. Empty if there is none.
    pub block: &'a str,
    /// The text after the block.
    pub after: &'a str,
}

/// Finds the block. It does not interpret the text before it.
pub fn split(text: &str) -> Result<Around<'_>, BlockError> {
    let mut marks = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        match line.trim_end() {
            BEGIN => marks.push((true, start)),
            BEGIN_AFTER_OPEN_LINE => marks.push((true, start.saturating_sub(1))),
            END => marks.push((false, end)),
            _ => {}
        }
        start = end;
    }
    match marks.as_slice() {
        [] => Ok(Around { before: text, block: "", after: "" }),
        [(true, start), (false, end)] if start < end => {
            let after = &text[*end..];
            let first =
                after.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
            if first.is_some_and(|line| !line.starts_with('[')) {
                return Err(BlockError::Joined);
            }
            Ok(Around { before: &text[..*start], block: &text[*start..*end], after })
        }
        _ => Err(BlockError::Marks),
    }
}

impl Around<'_> {
    /// The block for these profiles, with the line ends of the text around it. Empty without profiles. `process` is the
    /// quoted path of `jit`.
    pub fn render(&self, profiles: &[Profile], process: &str) -> String {
        if profiles.is_empty() {
            return String::new();
        }
        let is_open = !self.before.is_empty() && !self.before.ends_with('\n');
        // Always exactly one byte, whatever the other line ends are, so that removing the block restores the file
        // exactly.
        let joint = if is_open { "\n" } else { "" };
        let mut text = format!("{}\n", if is_open { BEGIN_AFTER_OPEN_LINE } else { BEGIN });
        for Profile { role, region } in profiles {
            text.push_str(&format!(
                "[profile {role}]\nregion = {region}\ncredential_process = {process} credentials {role} --format aws\n"
            ));
        }
        text.push_str(END);
        text.push('\n');
        if self.ends_lines_as_windows_does() {
            text = text.replace('\n', "\r\n");
        }
        format!("{joint}{text}")
    }

    /// The whole file, with its block replaced by this one.
    pub fn with(&self, block: &str) -> String {
        format!("{}{block}{}", self.before, self.after)
    }

    fn ends_lines_as_windows_does(&self) -> bool {
        let first = |text: &str| text.find('\n').map(|end| text[..end].ends_with('\r'));
        first(self.before).or_else(|| first(self.after)).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn profile(role: &str) -> Profile {
        Profile { role: role.parse().unwrap(), region: "eu-west-1".to_owned() }
    }

    fn put(text: &str, profiles: &[Profile]) -> String {
        let around = split(text).unwrap();
        around.with(&around.render(profiles, "/usr/bin/jit"))
    }

    #[test]
    fn what_is_put_in_comes_out_byte_for_byte() {
        for before in [
            "",
            "[default]\nregion = x\n",
            "[default]\nregion = x",
            "# only this",
            "[a]\r\nb = c\r\n",
            "[a]\r\nb",
            "a\r",
        ] {
            for after in ["", "\n# note\n[profile mine]\nregion = y\n", "[z]\r\n"] {
                let once = put(before, &[profile("prod")]);
                let text = format!("{once}{after}");
                let around = split(&text).unwrap();
                assert_eq!((around.before, around.after), (before, after));
                let twice = put(&text, &[profile("prod"), profile("other")]);
                assert_eq!(put(&twice, &[profile("prod"), profile("other")]), twice, "the same again");
                assert_eq!(put(&twice, &[]), format!("{before}{after}"));
            }
        }
        assert!(put("[a]\r\nb = c\r\n", &[profile("prod")]).lines().count() > 4);
        assert!(!put("[a]\r\nb = c\r\n", &[profile("prod")]).replace("\r\n", "").contains('\n'));
    }

    proptest! {
        #[test]
        fn whatever_the_user_wrote_stays(text in "[\\[\\]a-c=#\\\\ \"'\r\n\t\u{feff}]{0,60}") {
            let with = put(&text, &[profile("prod")]);
            prop_assert_eq!(put(&with, &[]), text);
        }
    }

    #[test]
    fn a_damaged_block_is_left_alone() {
        let good = put("", &[profile("prod")]);
        for bad in [
            good.replace(END, ""),
            good.replace(BEGIN, ""),
            format!("{good}{good}"),
            format!("{END}\n{BEGIN}\n"),
        ] {
            assert_eq!(split(&bad), Err(BlockError::Marks), "{bad}");
        }
        assert_eq!(split(&format!("{good}region = x\n")), Err(BlockError::Joined));
        assert_eq!(split(&format!("{good}  region = x\n")), Err(BlockError::Joined));
    }
}
