//! The prompt: what it shows, when a process starts, what it chains with.

use jit::prompt::hook::Placing;
use jit::prompt::segment::Shell;

use crate::terminal::Terminal;
use crate::world::SHELLS;
use crate::world::World;

/// Presses Enter and waits until one more prompt is there, with this as the last line.
fn another_prompt(terminal: &Terminal, expected: &str) {
    terminal.key("C-l");
    terminal.until("a clear screen", |screen| screen.matches("READY>").count() == 1);
    terminal.key("Enter");
    terminal.until("one more prompt", |screen| screen.matches("READY>").count() == 2);
    terminal.until_line(expected);
}

#[test]
fn shows_what_is_active_in_colours_and_nothing_without() {
    for shell in SHELLS {
        let world = World::new();
        let terminal = world.start(shell, "", "");
        another_prompt(&terminal, "READY>");
        world.answer(0, ["prod 4m", "stage 12m  test 14m", "dev 3h 100%", "1 pending"], &[]);
        world.index("{ }");
        another_prompt(&terminal, "READY>");
        terminal.until_line("prod 4m stage 12m  test 14m dev 3h 100% 1 pending READY>");
        let coloured = terminal.coloured();
        for (code, text) in [(31, "prod"), (33, "stage"), (32, "dev"), (36, "1 pending")] {
            assert!(coloured.contains(&format!("\u{1b}[{code}m{text}")), "{shell:?} {text}: {coloured:?}");
        }
        world.answer(0, ["", "", "", ""], &[]);
        world.index("{}");
        terminal.key("Enter");
        terminal.until_line("READY>");
        assert!(!world.is_harmed());
    }
}
