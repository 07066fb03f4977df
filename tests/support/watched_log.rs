//! The canary: the secrets that the shared test worlds make up contain one word, and a test process that logs this word
//! exits at once.
//!
//! The log is captured at trace level, from every crate and every thread. A process has only one subscriber, so a test
//! that wants to read the log gets it here.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::Once;
use std::sync::PoisonError;
use std::sync::Weak;

use tracing_subscriber::fmt::MakeWriter;

/// The word that the made-up secrets of the shared worlds contain, and no other logged text.
pub const MARK: &str = "canary";

/// The log of the process from `listen` on, from every test.
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Commands that are there to hand out credentials on standard output.
const HAND_OUT: [&str; 3] = ["console", "credentials", "env"];

/// Fails where a command showed a made-up secret that it was not asked for.
pub fn nothing_shown(words: &[&str], stdout: &str, stderr: &str) {
    assert!(!stderr.contains(MARK), "{words:?} showed a secret: {stderr}");
    let hands_out = words.first().is_some_and(|word| HAND_OUT.contains(word));
    assert!(hands_out || !stdout.contains(MARK), "{words:?} showed a secret: {stdout}");
}

static LISTENERS: Mutex<Vec<Weak<Mutex<Vec<u8>>>>> = Mutex::new(Vec::new());

/// Watches this process's log from here on. May be called repeatedly.
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(Watcher)
            .finish();
        tracing::subscriber::set_global_default(subscriber)
            .expect("the tests have one subscriber, and it is the canary's");
    });
}

/// Watches the log, and returns it.
pub fn listen() -> Log {
    watch();
    let lines = Arc::new(Mutex::new(Vec::new()));
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&lines));
    Log(lines)
}

#[derive(Clone, Copy)]
struct Watcher;

impl io::Write for Watcher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.windows(MARK.len()).any(|part| part == MARK.as_bytes()) {
            stop(&String::from_utf8_lossy(bytes));
        }
        let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| {
            let Some(lines) = listener.upgrade() else { return false };
            lines.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            true
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Watcher {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

/// Exits the process: a panic would end only the logging thread, which may not be a test's.
#[expect(clippy::print_stderr, reason = "nothing else is left to say it with")]
fn stop(line: &str) -> ! {
    let thread = std::thread::current();
    eprintln!(
        "a secret was logged, seen in the thread {}: {line}",
        thread.name().unwrap_or("without a name")
    );
    std::process::abort();
}
