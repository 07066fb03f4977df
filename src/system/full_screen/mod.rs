//! The window of the real terminal: draws lines and reads keys.

mod keys;
mod taken;

use std::io;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use async_trait::async_trait;
use dialoguer::console::Term;
use dialoguer::console::truncate_str;
use nix::sys::signal::Signal;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;
use rustix::io::retry_on_intr;
use tokio::signal::unix::Signal as Arrivals;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use super::console::ConsoleError;
use super::screen::Event;
use super::screen::Key;
use super::screen::Line;
use super::screen::Screen;
use super::screen::Size;
use super::screen::Style;
use keys::Read;
pub use taken::give_back;
pub use taken::is_taken;
pub use taken::keep;

/// How long the rest of a key's sequence may take. After it, a lone Escape is the key Escape.
const REST: Duration = Duration::from_millis(60);
/// How long a signal of before the window was taken may need to be heard.
const PAST: Duration = Duration::from_millis(5);
/// The most bytes read at once.
const TYPED: usize = 256;
/// The size of a window that does not say its own.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// The window of the terminal on which this process was started.
pub struct FullScreen {
    coloured: bool,
    typed: Vec<u8>,
    /// Whether the terminal was taken since the last event.
    is_fresh: bool,
    resized: Arrivals,
    continued: Arrivals,
    interrupted: Arrivals,
}

impl FullScreen {
    /// Prepares to draw. The first [`Screen::draw`] takes the terminal.
    ///
    /// # Errors
    /// The signals cannot be listened to.
    pub fn new(coloured: bool) -> io::Result<Self> {
        Ok(Self {
            coloured,
            typed: Vec::new(),
            is_fresh: false,
            resized: signal(SignalKind::window_change())?,
            continued: signal(SignalKind::from_raw(Signal::SIGCONT as i32))?,
            interrupted: signal(SignalKind::interrupt())?,
        })
    }

    /// Reads the bytes that are there, without waiting.
    fn read(&mut self) -> Result<(), ConsoleError> {
        let stdin = io::stdin();
        let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let count = retry_on_intr(|| poll(&mut ready, Some(&at_once))).map_err(io::Error::from)?;
        if count == 0 {
            return Ok(());
        }
        let mut bytes = [0; TYPED];
        match retry_on_intr(|| rustix::io::read(&stdin, &mut bytes)) {
            // The terminal was closed.
            Ok(0) | Err(rustix::io::Errno::IO) => Err(ConsoleError::Interrupted),
            Ok(length) => {
                self.typed.extend(bytes.iter().take(length));
                Ok(())
            }
            Err(error) => Err(ConsoleError::Failed(error.into())),
        }
    }

    /// Stops this process, as Ctrl-Z does in any other command. Returns when it continues.
    fn suspend(&mut self) -> Result<(), ConsoleError> {
        give_back();
        nix::sys::signal::raise(Signal::SIGTSTP).map_err(io::Error::from)?;
        Ok(())
    }
}

/// Waits until standard input has bytes. Reads none of them, so an abandoned wait takes nothing from a question.
async fn readable() -> io::Result<()> {
    // Dropping this end, also when the wait is abandoned, ends the thread's wait.
    let (_stop, stopped) = UnixStream::pair()?;
    let wait = move || {
        let stdin = io::stdin();
        let mut ready = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&stopped, PollFlags::IN)];
        retry_on_intr(|| poll(&mut ready, None)).map_err(io::Error::from)
    };
    tokio::task::spawn_blocking(wait).await.map_err(io::Error::other)?.map(|_| ())
}

#[async_trait]
impl Screen for FullScreen {
    fn size(&self) -> Size {
        let size = Term::stdout().size_checked().filter(|(rows, columns)| *rows > 0 && *columns > 0);
        size.map_or(USUAL, |(rows, columns)| Size { columns: columns.into(), rows: rows.into() })
    }

    fn draw(&mut self, lines: &[Line]) -> io::Result<()> {
        if taken::take()? {
            // The keys of before were meant for a question.
            self.typed.clear();
            self.is_fresh = true;
        }
        let size = self.size();
        taken::write(&window(lines, size, self.coloured))
    }

    fn said(&mut self) -> Vec<String> {
        taken::kept()
    }

    fn leave(&mut self) {
        give_back();
    }

    async fn event(&mut self) -> Result<Event, ConsoleError> {
        if self.is_fresh {
            // Ctrl-C at a question is an answer to it. The runtime hears of the signal only when it waits.
            tokio::time::sleep(PAST).await;
            self.interrupted = signal(SignalKind::interrupt())?;
            self.is_fresh = false;
        }
        let mut is_over = false;
        loop {
            match keys::read(&self.typed, is_over) {
                Read::Key(key, length) => {
                    self.typed.drain(..length);
                    return Ok(Event::Key(key));
                }
                Read::Suspend => {
                    self.typed.remove(0);
                    self.suspend()?;
                    return Ok(Event::Resized);
                }
                Read::More => {}
            }
            let is_half = !self.typed.is_empty();
            tokio::select! {
                ready = readable() => {
                    ready?;
                    self.read()?;
                }
                () = tokio::time::sleep(REST), if is_half => is_over = true,
                _ = self.resized.recv() => return Ok(Event::Resized),
                _ = self.interrupted.recv() => return Ok(Event::Key(Key::Interrupt)),
                _ = self.continued.recv() => {
                    // The shell may have set the terminal's modes while this process was stopped.
                    give_back();
                    return Ok(Event::Resized);
                }
            }
        }
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        give_back();
        for line in taken::kept() {
            // If standard error is closed, there is nobody to tell.
            let _ = taken::complain(&line);
        }
    }
}

/// The bytes that draw these lines over whatever the window shows.
fn window(lines: &[Line], size: Size, coloured: bool) -> String {
    let mut text = "\u{1b}[H".to_owned();
    for (row, line) in lines.iter().take(size.rows).enumerate() {
        if row > 0 {
            text.push_str("\r\n");
        }
        // Text of others was sanitised before. A control character that is here anyway draws nothing.
        let plain: String = line.text.chars().filter(|character| !character.is_control()).collect();
        let plain = truncate_str(&plain, size.columns, "…");
        let paint = if coloured { paint(line.style) } else { "" };
        if paint.is_empty() {
            text.push_str(&plain);
        } else {
            text.push_str(&format!("\u{1b}[{paint}m{plain}\u{1b}[0m"));
        }
        text.push_str("\u{1b}[K");
    }
    text.push_str("\u{1b}[J");
    text
}

fn paint(style: Style) -> &'static str {
    match style {
        Style::Plain => "",
        Style::Heading => "1",
        Style::Chosen => "7",
        Style::Alarm => "33",
        Style::Faint => "2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_the_lines_that_fit_and_no_control_characters_of_theirs() {
        let size = Size { columns: 10, rows: 2 };
        let lines = [
            Line::plain("\u{1b}[2Jred\u{7}"),
            Line::new("日本日本日本日本", Style::Chosen),
            Line::plain("not shown"),
        ];
        assert_eq!(
            window(&lines, size, true),
            "\u{1b}[H[2Jred\u{1b}[K\r\n\u{1b}[7m日本日本…\u{1b}[0m\u{1b}[K\u{1b}[J"
        );
        let plain = window(&lines, size, false);
        assert!(!plain.contains("\u{1b}[7m") && plain.contains("日本日本…"), "{plain:?}");
    }
}
