//! A real terminal: tmux, controlled by keys and read from its screen.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

/// How long output may take to appear. Generous, because the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// One shell in one terminal. It ends when this is dropped.
pub struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    /// Starts a command in a terminal and in this folder, with only these variables and those that every program needs.
    pub fn start(folder: &Path, command: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::sized(folder, (400, 40), command, variables)
    }

    /// The same, with so many columns and lines.
    pub fn sized(
        folder: &Path,
        (columns, lines): (u16, u16),
        command: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let terminal = Self { socket: folder.join("terminal") };
        let (columns, lines) = (columns.to_string(), lines.to_string());
        let path = std::env::var("PATH").unwrap();
        let home = folder.to_str().unwrap();
        let mut line: Vec<String> =
            ["new-session", "-d", "-c", home, "-x", &columns, "-y", &lines, "--", "env", "-i"]
                .map(str::to_owned)
                .into();
        for (name, value) in
            [("PATH", path.as_str()), ("HOME", home), ("LANG", "C.UTF-8"), ("TERM", "tmux-256color")]
                .iter()
                .chain(variables)
        {
            line.push(format!("{name}={value}"));
        }
        line.extend(command.iter().map(|word| (*word).to_owned()));
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        terminal.tmux(&words);
        terminal
    }

    fn tmux(&self, words: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-f", "/dev/null", "-S", self.socket.to_str().unwrap()])
            .args(words)
            .env_remove("TMUX")
            .output()
            .unwrap();
        assert!(output.status.success(), "tmux {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Types text literally.
    pub fn text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Presses a key, by tmux's name for it.
    pub fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// The visible text.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The visible text, with colours as escape sequences.
    pub fn coloured(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// How many lines of the screen are continuations of a line that was wider than the terminal.
    pub fn broken_lines(&self) -> usize {
        let joined = self.tmux(&["capture-pane", "-p", "-J"]);
        self.screen().lines().count().saturating_sub(joined.lines().count())
    }

    /// The last line that has text.
    pub fn last_line(&self) -> String {
        self.screen()
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default()
            .trim_end()
            .to_owned()
    }

    /// Waits until the screen passes a test.
    pub fn until(&self, what: &str, test: impl Fn(&str) -> bool) {
        wait_until(
            || test(&self.screen()),
            || format!("{what}; on the screen:\n{}", self.screen().trim_end()),
        );
    }

    /// Waits until the last line is this.
    pub fn until_line(&self, line: &str) {
        wait_until(
            || self.last_line() == line,
            || format!("the line {line:?}; on the screen:\n{}", self.screen().trim_end()),
        );
    }

    /// Presses a key until the last line is this: once, and again for each second in which nothing came of it.
    pub fn until_by_key(&self, key: &str, line: &str) {
        let pressed = std::cell::Cell::new(None::<Instant>);
        wait_until(
            || {
                let came = self.last_line() == line;
                if !came && pressed.get().is_none_or(|at| at.elapsed() > Duration::from_secs(1)) {
                    pressed.set(Some(Instant::now()));
                    self.key(key);
                }
                came
            },
            || format!("the line {line:?}; on the screen:\n{}", self.screen().trim_end()),
        );
    }

    /// Clears the screen but for the prompt.
    pub fn clear(&self) {
        self.key("C-l");
        self.until("a clear screen", |screen| screen.trim().lines().count() == 1);
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, lines: u16) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &lines.to_string()]);
    }

    /// Whether a program draws on the alternate screen, and whether the cursor is shown.
    pub fn modes(&self) -> (bool, bool) {
        let modes = self.tmux(&["display-message", "-p", "#{alternate_on}#{cursor_flag}"]);
        (modes.starts_with('1'), modes.trim_end().ends_with('1'))
    }

    /// The process that the terminal was started with.
    pub fn process(&self) -> u32 {
        self.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().parse().unwrap()
    }

    /// The title that programs gave the terminal.
    pub fn title(&self) -> String {
        self.tmux(&["display-message", "-p", "#{pane_title}"])
    }

    /// Clears the screen, runs a line, and waits for its end mark.
    pub fn run(&self, line: &str) -> String {
        self.clear();
        self.text(line);
        self.key("Enter");
        self.until(line, |screen| {
            screen.matches("READY>").count() > 1 && screen.trim_end().ends_with("READY>")
        });
        self.screen()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-S", self.socket.to_str().unwrap(), "kill-server"]).output();
    }
}

/// Polls until the condition holds. Fails with the words after the time limit.
pub fn wait_until(test: impl Fn() -> bool, words: impl Fn() -> String) {
    let start = Instant::now();
    let (_keep, pause) = mpsc::channel::<()>();
    while !test() {
        assert!(start.elapsed() < PATIENCE, "never came: {}", words());
        let _ = pause.recv_timeout(Duration::from_millis(15));
    }
}
