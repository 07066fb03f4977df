//! Collects the arguments, builds the real world, runs, exits.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
ctor::declarative::ctor! {
    /// Rust's runtime ignores SIGPIPE for its own sake, before `main`: what the caller had is looked at before that.
    #[ctor(unsafe)]
    fn before_main() {
        jit::system::broken_pipe::remember();
    }
}

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).collect();
    ExitCode::from(jit::run(arguments, &jit::system::System::real()))
}
