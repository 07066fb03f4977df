//! Collects the arguments, builds the real world, runs, exits.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
ctor::declarative::ctor! {
    /// Records the caller's setting of SIGPIPE before Rust's runtime changes it, which is before `main`.
    #[ctor(unsafe)]
    fn before_main() {
        jit::system::broken_pipe::remember();
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    jit::guard(&arguments);
    ExitCode::from(jit::run(arguments, &jit::system::System::real()))
}
