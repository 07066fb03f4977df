//! GitHub's workflow commands: `::error file=…,line=…::message`, which GitHub shows on the changed lines.
//!
//! A runner reads every line of a job's output, so foreign text must never begin a line or end a message (GitHub,
//! "Workflow commands"; the escapes are those of `@actions/core`).

use crate::grant::text::sanitise;

/// One line for the runner. `level` is `error`, `warning` or `notice`.
pub(in crate::cli) fn line(
    level: &str,
    file: &str,
    place: (usize, usize),
    title: &str,
    message: &str,
) -> String {
    let (file, title, message) = (property(file), property(title), data(message));
    let (row, column) = place;
    format!("::{level} file={file},line={row},col={column},title={title}::{message}\n")
}

/// Keeps our own line breaks between sanitised lines. All others have become visible escapes before.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(sanitise).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_its_place() {
        let evil = "x\n::set-output name=a::b\r%0A,line=9::";
        let line = line("error", evil, (1, 2), evil, evil);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.ends_with('\n') && line.starts_with("::error file=x%0A%3A%3Aset-output name=a%3A%3Ab"));
        assert!(!line.contains('\r') && line.contains("%250A") && !line.contains("b%0D%0A"));
    }
}
