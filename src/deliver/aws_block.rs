//! The block of profiles that `jit setup aws` keeps in the user's own AWS config file. Text in, text out.

use std::collections::BTreeSet;

use super::profiles;
use super::profiles::Malformed;
use crate::grant::Name;

/// The line before the block.
const BEGIN: &str = "# >>> jit setup aws: written by jit, changes in here are lost >>>";
/// The same where the line before it had no end of its own, so that it can be put back as it was.
const BEGIN_AFTER_OPEN_LINE: &str =
    "# >>> jit setup aws: written by jit, changes in here are lost (joined) >>>";
/// The line after it.
const END: &str = "# <<< jit setup aws <<<";

/// One profile of the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The role, and so the profile.
    pub role: Name,
    /// The region in which the role is used.
    pub region: String,
}

/// Why a file is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Not what AWS's tools read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A begin without an end, an end without a begin, or several.
    #[error("the lines that mark jit's own block are not one pair")]
    Marks,
    /// What follows the block would become a part of its last profile, or of the section before it.
    #[error("settings follow jit's own block without a section of their own")]
    Joined,
}

/// The user's text around the block.
#[derive(Debug, PartialEq, Eq)]
pub struct Around<'a> {
    /// What stands before it.
    pub before: &'a str,
    /// The block with its marks; empty when there is none.
    pub block: &'a str,
    /// What stands after it.
    pub after: &'a str,
}

/// Finds the block.
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

/// The names of all profiles outside the block, in a `config` or, with `is_credentials`, a `credentials` file.
pub fn others(around: &Around<'_>, is_credentials: bool) -> Result<BTreeSet<String>, BlockError> {
    Ok(profiles::names(&format!("{}{}", around.before, around.after), is_credentials)?)
}

/// The block for these profiles, to stand after `before`; empty for none. `process` is the quoted path of `jit`.
pub fn render(before: &str, profiles: &[Profile], process: &str) -> String {
    if profiles.is_empty() {
        return String::new();
    }
    let is_open = !before.is_empty() && !before.ends_with('\n');
    let mut text = if is_open { format!("\n{BEGIN_AFTER_OPEN_LINE}\n") } else { format!("{BEGIN}\n") };
    for Profile { role, region } in profiles {
        text.push_str(&format!(
            "[profile {role}]\nregion = {region}\ncredential_process = {process} credentials {role} --format aws\n"
        ));
    }
    text.push_str(END);
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(before: &str) -> String {
        let role = "prod".parse().unwrap();
        render(before, &[Profile { role, region: "eu-west-1".to_owned() }], "/usr/bin/jit")
    }

    #[test]
    fn what_is_put_in_comes_out_byte_for_byte() {
        for before in
            ["", "[default]\nregion = x\n", "[default]\nregion = x", "# only this", "[a]\r\nb = c\r\n"]
        {
            for after in ["", "\n# note\n[profile mine]\nregion = y\n"] {
                let text = format!("{before}{}{after}", block(before));
                let around = split(&text).unwrap();
                assert_eq!((around.before, around.after), (before, after));
                assert_eq!(around.block, block(before), "the same again");
            }
        }
    }

    #[test]
    fn a_damaged_block_is_left_alone() {
        let good = block("");
        for bad in [
            good.replace(END, ""),
            good.replace(BEGIN, ""),
            format!("{good}{good}"),
            format!("{END}\n{BEGIN}\n"),
        ] {
            assert_eq!(split(&bad), Err(BlockError::Marks), "{bad}");
        }
        assert_eq!(split(&format!("{good}region = x\n")), Err(BlockError::Joined));
    }

    #[test]
    fn profiles_are_found_however_they_are_spelled() {
        let text = "[default]\na = b\n[profile one]\na = b\n[profile  \"two\"]\na = b\n[three]\na = b\n[services s3]\n";
        let around = split(text).unwrap();
        let found: Vec<String> = others(&around, false).unwrap().into_iter().collect();
        assert_eq!(found, ["default", "one", "three", "two"]);
        assert!(others(&split("{\"json\": 1}").unwrap(), false).is_err());
    }
}
