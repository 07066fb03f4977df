//! The client's statement about itself in a request: whether a person sits at the terminal, and whether an agent asks.
//! An authority never takes either as proof; they can only make a decision stricter.

use crate::config::variables::Use;
use crate::config::variables::VARIABLES;
pub use crate::grant::statement::Attendance;
use crate::system::Environment;
use crate::system::System;

impl Attendance {
    /// Reads it from the terminal and from the variables that agents and pipelines set.
    pub fn of(system: &System) -> Self {
        let environment = &system.environment;
        let agent = agent(environment).is_some();
        let pipeline = is_set(environment, Use::Pipeline);
        Self { interactive: system.console.is_interactive() && !agent && !pipeline, agent }
    }
}

/// The variable by which a coding agent marks what it starts.
pub fn agent(environment: &Environment) -> Option<&'static str> {
    mark(environment, Use::Agent)
}

fn is_set(environment: &Environment, usage: Use) -> bool {
    mark(environment, usage).is_some()
}

fn mark(environment: &Environment, usage: Use) -> Option<&'static str> {
    let mut names = VARIABLES.iter().filter(|variable| variable.usage == usage).map(|variable| variable.name);
    names.find(|name| {
        environment
            .get(name)
            .is_some_and(|value| !matches!(value.to_ascii_lowercase().as_str(), "0" | "false"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_and_pipelines_are_known_by_what_they_set() {
        let agent = |environment: &Environment| agent(environment).is_some();
        let pipeline = |environment: &Environment| is_set(environment, Use::Pipeline);
        assert!(!agent(&Environment::of([("CLAUDECODE_X", "1"), ("CI", "true")])));
        assert!(agent(&Environment::of([("CLAUDECODE", "1")])));
        assert!(agent(&Environment::of([("AI_AGENT", "somebody@2")])));
        assert!(!agent(&Environment::of([("CURSOR_AGENT", "")])));
        assert!(!agent(&Environment::of([("GEMINI_CLI", "0")])));
        assert!(pipeline(&Environment::of([("CI", "true")])));
        assert!(pipeline(&Environment::of([("CI", "1")])));
        assert!(!pipeline(&Environment::of([("CI", "False")])));
    }
}
