//! Folders that the operating system and its administrators decide on.

use std::path::Path;
use std::path::PathBuf;

use super::Environment;

/// The user's home. On Windows the clouds' own tools ask the variable, and find their files where it says.
pub(super) fn home(environment: &Environment) -> PathBuf {
    let named = environment.get("USERPROFILE").map(PathBuf::from);
    let known = || directories::BaseDirs::new().map(|folders| folders.home_dir().to_path_buf());
    let home = named.filter(|folder| cfg!(windows) && folder.is_absolute()).or_else(known);
    home.unwrap_or_else(|| PathBuf::from("."))
}

/// The fleet's settings. Only administrators may write to the folder: on Windows everybody may make folders in the root of a drive
/// and in `ProgramData`.
pub(super) fn fleet_settings(environment: &Environment) -> PathBuf {
    let programs = environment.get("ProgramFiles").unwrap_or(r"C:\Program Files");
    if cfg!(windows) {
        Path::new(programs).join(r"jit\config.toml")
    } else {
        PathBuf::from("/etc/jit/config.toml")
    }
}
