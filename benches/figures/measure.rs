//! Times contenders in turns, so that other load on the machine affects all of them alike.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// One contender: its name and the timed work.
pub type Contender<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The times of one contender, sorted.
pub struct Times(Vec<Duration>);

impl Times {
    /// Sorts the measured times.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// The time within which half of the runs finish.
    pub fn median(&self) -> Duration {
        self.quantile(50)
    }

    /// The time within which `percent` of a hundred runs finish.
    pub fn quantile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} (p95 {})", show(self.median()), show(self.quantile(95)))
    }
}

/// Runs every contender once per round. Each round begins with another one, and the first few rounds do not count.
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

/// The duration of some work.
pub fn timed(work: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

/// The median of some numbers.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The ratio of two durations.
pub fn ratio(first: Duration, second: Duration) -> f64 {
    first.as_secs_f64() / second.as_secs_f64()
}

/// A duration in the most readable unit.
pub fn show(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{:.2} µs", seconds * 1e6),
    }
}

/// A command without input and output, with only these environment variables.
pub fn quiet(program: impl AsRef<std::ffi::OsStr>, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs a command to completion, with its output where the caller sends it. It must succeed, because a program that
/// fails early looks fast.
pub fn run(command: &mut Command) {
    let output =
        command.stderr(Stdio::piped()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{problem}", output.status);
}

/// The output of a command, which must succeed.
pub fn output(command: &mut Command) -> String {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{problem}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
