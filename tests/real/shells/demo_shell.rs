//! `jit demo --shell` and its tables in a real terminal of 80 columns.

use std::fs;

use crate::shells::terminal::Terminal;

#[test]
fn the_demo_shell_edits_lines_and_its_tables_fit() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let variables = [("TMPDIR", temporary.to_str().unwrap()), ("TZ", "Asia/Tokyo")];
    let jit = env!("CARGO_BIN_EXE_jit");
    let terminal = Terminal::sized(folder.path(), (80, 200), &[jit, "demo", "--shell"], &variables);
    let is_ready = |screen: &str| screen.trim_end().ends_with("ana$");
    terminal.until("the prompt", is_ready);
    assert!(!terminal.screen().contains("ana$:"), "{}", terminal.screen());

    // Tab completes. Ctrl-C drops the line and stays.
    terminal.text("jit stat");
    terminal.key("Tab");
    terminal.until("the command", |screen| screen.trim_end().ends_with("jit status"));
    terminal.key("C-c");
    terminal.until("a fresh prompt", is_ready);

    // Ctrl-L clears. The table fits, wrapped between words.
    terminal.key("C-l");
    terminal.until("a clear screen", |screen| screen.trim() == "ana$");
    terminal.text("jit roles");
    terminal.key("Enter");
    terminal.until("the roles", |screen| screen.contains("ROLE") && is_ready(screen));
    let screen = terminal.screen();
    assert!(screen.contains("000000000042") && screen.contains("(sandbox)"), "{screen}");
    assert_eq!(terminal.broken_lines(), 0, "{screen}");

    // The arrow brings the last line back.
    terminal.key("C-l");
    terminal.until("a clear screen", |screen| screen.trim() == "ana$");
    terminal.key("Up");
    terminal.until("the line before", |screen| screen.trim_end().ends_with("ana$ jit roles"));
    terminal.key("C-c");
    terminal.until("a fresh prompt", is_ready);

    // A pipe is refused with an explanation.
    terminal.text("jit status --json | jq");
    terminal.key("Enter");
    terminal.until("why not", |screen| screen.contains("not a shell") && is_ready(screen));

    // Times are local.
    terminal.text("jit whoami");
    terminal.key("Enter");
    terminal.until("the session", |screen| screen.contains(" JST ("));

    terminal.text("exit");
    terminal.key("Enter");
    crate::shells::terminal::wait_until(
        || fs::read_dir(&temporary).unwrap().next().is_none(),
        || "the demo left files behind".to_owned(),
    );
}
