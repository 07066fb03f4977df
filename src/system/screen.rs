//! A whole terminal window that one command draws, and the keys that the person presses in it.

use std::io;

use async_trait::async_trait;

use super::console::ConsoleError;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The arrow up.
    Up,
    /// The arrow down.
    Down,
    /// A window up.
    PageUp,
    /// A window down.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// Enter.
    Enter,
    /// Escape, or the arrow left, which leads back in lists.
    Escape,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-L: draw again.
    Redraw,
    /// A printable character.
    Character(char),
    /// Any other key. It does nothing.
    Other,
}

/// The reason to draw again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The person pressed a key.
    Key(Key),
    /// The window has another size, or another program drew on it.
    Resized,
}

/// The size of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Its width.
    pub columns: usize,
    /// Its height.
    pub rows: usize,
}

/// The look of a line. Without colours all lines look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Ordinary text.
    #[default]
    Plain,
    /// A title.
    Heading,
    /// The line under the cursor. Its text carries a mark of its own.
    Chosen,
    /// Words that ask for attention.
    Alarm,
    /// Less important words.
    Faint,
}

/// One line of the window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The text, at most as wide as the window. The screen cuts a wider one.
    pub text: String,
    /// Its look.
    pub style: Style,
}

impl Line {
    /// A line of this look.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    /// An ordinary line.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Style::Plain)
    }
}

/// The window of a terminal, taken by one command. Messages of the console are kept back while the window is taken.
/// Dropping the screen gives the terminal back as it was.
#[async_trait]
pub trait Screen: Send {
    /// The size of the window.
    fn size(&self) -> Size;

    /// Draws these lines from the top, and nothing else. Takes the terminal again after [`Screen::leave`] or a question
    /// of the console.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn draw(&mut self, lines: &[Line]) -> io::Result<()>;

    /// The messages that the console kept back since the last call.
    fn said(&mut self) -> Vec<String>;

    /// Gives the terminal back until the next [`Screen::draw`], so that the console can show messages and ask.
    fn leave(&mut self);

    /// Waits for a key or another size. Nothing is lost if the wait is abandoned.
    ///
    /// # Errors
    /// The terminal went away.
    async fn event(&mut self) -> Result<Event, ConsoleError>;
}
