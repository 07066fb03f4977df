//! Timing in turns, so that whatever else the machine does falls on every contender alike.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// One contender: its name and what is timed.
pub type Contender<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The times of one contender, sorted.
pub struct Times(Vec<Duration>);

impl Times {
    /// Sorts what was measured.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// The time that half of the runs stay under.
    pub fn median(&self) -> Duration {
        self.quantile(50)
    }

    /// The time that all but `100 - percent` of a hundred runs stay under.
    pub fn quantile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} (p95 {})", show(self.median()), show(self.quantile(95)))
    }
}

/// Runs every contender once a round, each round beginning with another one, after a few rounds that do not count.
pub fn in_turns(rounds: usize, contenders: &mut [Contender<'_>]) -> Vec<Times> {
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    let warm_up = rounds / 20 + 1;
    for round in 0..warm_up + rounds {
        for turn in 0..contenders.len() {
            let which = (turn + round) % contenders.len();
            let begin = Instant::now();
            contenders[which].1();
            let taken = begin.elapsed();
            if round >= warm_up {
                times[which].push(taken);
            }
        }
    }
    times.into_iter().map(Times::of).collect()
}

/// How long some work took.
pub fn timed(work: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

/// The middle one of some numbers.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// How often the second fits into the first.
pub fn ratio(first: Duration, second: Duration) -> f64 {
    first.as_secs_f64() / second.as_secs_f64()
}

/// A time in the unit that reads best.
pub fn show(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{:.2} µs", seconds * 1e6),
    }
}

/// A command without input that writes nowhere and finds only these variables.
pub fn quiet(program: impl AsRef<std::ffi::OsStr>, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs a command to its end, with its output where the caller sends it. It must succeed: a program that fails early looks fast.
pub fn run(command: &mut Command) {
    let output =
        command.stderr(Stdio::piped()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{problem}", output.status);
}

/// What a command prints. It must succeed.
pub fn output(command: &mut Command) -> String {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{problem}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
