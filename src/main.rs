//! Collects the arguments, builds the real world, runs, exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).collect();
    ExitCode::from(jit::run(arguments, &jit::system::System::real()))
}
