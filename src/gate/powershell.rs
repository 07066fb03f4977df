//! Lines of PowerShell. Source: about_Quoting_Rules and about_Special_Characters of its documentation.

/// Signs that PowerShell takes for quotes.
const SINGLE: [char; 4] = ['\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
const DOUBLE: [char; 3] = ['\u{201c}', '\u{201d}', '\u{201e}'];

/// A line with the marks of a POSIX shell: in PowerShell a backtick escapes, and a backslash is part of a path.
pub(super) fn from_powershell(line: &str) -> String {
    let line = line.replace("`\r\n", " ").replace("`\n", " ").replace('\\', "/");
    line.replace('`', "\\").replace(SINGLE, "'").replace(DOUBLE, "\"")
}

/// The line for the coarse look. `None` if it has nothing that PowerShell reads in its own way.
pub(super) fn strange(line: &str) -> Option<String> {
    let marks = ["<#", "@\"", "@'", "--%", "`"];
    let is_strange =
        marks.iter().any(|mark| line.contains(mark)) || line.contains(SINGLE) || line.contains(DOUBLE);
    is_strange.then(|| {
        line.replace("`\r\n", " ")
            .replace("`\n", " ")
            .replace('`', "")
            .replace(SINGLE, "'")
            .replace(DOUBLE, "\"")
    })
}
