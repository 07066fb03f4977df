//! A private AWS config and credentials file for one command: the user's settings, and a profile for each role.
//!
//! The user's own files are read and never written. The command must not see them, because every SDK prefers a
//! `[default]` profile with keys to the endpoint.

mod carry;

use std::fmt::Write;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use carry::Carried;
use carry::Settings;

use crate::deliver::endpoint::Endpoint;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::system::Environment;
use crate::system::aws_files;
use crate::system::aws_files::Kind;
use crate::system::private_folder::PrivateFolder;

/// The hidden command that a profile's `credential_process` calls with the path of a file from [`Endpoint::card`].
pub const FETCH_COMMAND: &str = "internal-credential";

/// One role to be written as profiles.
#[derive(Debug, Clone)]
pub struct RoleProfiles {
    /// The role's name, then its aliases.
    pub names: Vec<Name>,
    /// The region in which the role is used, if the user's settings name none.
    pub region: String,
}

/// The files of one command. They are deleted with the folder.
#[derive(Debug)]
pub struct PrivateFiles {
    /// For `AWS_CONFIG_FILE`.
    pub config: PathBuf,
    /// For `AWS_SHARED_CREDENTIALS_FILE`. It contains no credentials.
    pub credentials: PathBuf,
    /// For `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
    pub token: PathBuf,
    /// Messages for people about settings that could not be copied.
    pub notices: Vec<String>,
}

/// Why the files could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ProfilesError {
    /// The disk is full, the folder is gone, or similar.
    #[error("the private AWS files could not be written: {0}")]
    Write(#[from] io::Error),
    /// The tools split a command line in two ways, and would read this path differently.
    #[error("{} cannot be written into an AWS profile", sanitise(&.0.to_string_lossy()))]
    Path(PathBuf),
    /// The endpoint serves fewer roles than there are profiles.
    #[error("a profile names a role that is not served")]
    NotServed,
}

impl ProfilesError {
    /// How to fix it. `None` if there is no advice.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Path(_) => Some(
                "install jit, or set TMPDIR, to a path of plain characters, or use `jit exec --env`"
                    .to_owned(),
            ),
            Self::Write(_) | Self::NotServed => None,
        }
    }
}

/// Writes the files. `program` is the absolute path of `jit`. `roles` has the order of the endpoint's offers. The
/// default profile gets the first role's region and fetches its credentials from the endpoint itself.
pub fn write(
    folder: &PrivateFolder,
    program: &Path,
    inherited: &Environment,
    home: &Path,
    roles: &[RoleProfiles],
    endpoint: &Endpoint,
) -> Result<PrivateFiles, ProfilesError> {
    let mut notices = Vec::new();
    let carried = carry_over(inherited, home, &mut notices);
    let mut text = String::new();
    let first_region = roles.first().map(|role| role.region.as_str());
    section(&mut text, "default", carried.profiles.get("default"), first_region, None);
    for (place, role) in roles.iter().enumerate() {
        let card = endpoint.card(place).ok_or(ProfilesError::NotServed)?;
        let card = folder.write(&format!("card-{place}"), card.expose())?;
        let process = format!("{} {FETCH_COMMAND} {}", quote(program)?, quote(&card)?);
        for name in role.names.iter().filter(|name| name.as_str() != "default") {
            let settings = carried.profiles.get(name.as_str()).or_else(|| carried.profiles.get("default"));
            section(&mut text, &format!("profile {name}"), settings, Some(&role.region), Some(&process));
        }
    }
    for (name, services) in &carried.services {
        if let Some(name) = quote_name(name) {
            section(&mut text, &format!("services {name}"), Some(services), None, None);
        }
    }
    Ok(PrivateFiles {
        config: folder.write("config", text.as_bytes())?,
        credentials: folder.write("credentials", b"")?,
        token: folder.write("token", endpoint.token().expose().as_bytes())?,
        notices,
    })
}

fn carry_over(inherited: &Environment, home: &Path, notices: &mut Vec<String>) -> Carried {
    let mut carried = Carried::default();
    for kind in [Kind::Config, Kind::Credentials] {
        // Relative paths are relative to the working folder of the command, which is this process's.
        match aws_files::read(kind, inherited, home, Path::new("")) {
            Ok((file, _)) => carried.add(&file),
            Err(unreadable) => notices.push(sanitise(&format!(
                "the settings in {} do not apply to this command: {unreadable}",
                unreadable.path.display()
            ))),
        }
    }
    carried
}

fn section(
    text: &mut String,
    name: &str,
    settings: Option<&Settings>,
    region: Option<&str>,
    process: Option<&str>,
) {
    let mut lines = format!("[{name}]\n");
    if let Some(region) = region.filter(|_| settings.is_none_or(|settings| !settings.contains_key("region")))
    {
        lines.push_str(&format!("region = {region}\n"));
    }
    for (key, value) in settings.into_iter().flatten() {
        if carry::is_block(key) || name.starts_with("services ") {
            lines.push_str(&format!("{key} =\n"));
            for line in value.lines() {
                let _ = writeln!(lines, "  {line}");
            }
        } else {
            let _ = writeln!(lines, "{key} = {value}");
        }
    }
    if let Some(process) = process {
        let _ = writeln!(lines, "credential_process = {process}");
    }
    lines.push('\n');
    text.push_str(&lines);
}

/// Quotes a services section's name, which is the user's own text, for a section header. `None` if that is impossible.
fn quote_name(name: &str) -> Option<String> {
    if name.is_empty() || name.chars().any(|character| character.is_control() || "[]\"\\".contains(character))
    {
        return None;
    }
    let plain = !name.contains(|character: char| character.is_whitespace() || "'#;".contains(character));
    Some(if plain { name.to_owned() } else { format!("\"{name}\"") })
}

/// Quotes a path so that `shlex` (botocore) and `sh -c` (Go, JavaScript, Rust) read the same. INI readers, some of
/// which end a value at `#` or `;` after a space, then read all of it.
pub fn quote(path: &Path) -> Result<String, ProfilesError> {
    let refuse = || ProfilesError::Path(path.to_owned());
    let text = path.to_str().ok_or_else(refuse)?;
    let strange = |character: char| character.is_control() || "'\"\\`$#;%!".contains(character);
    if !path.is_absolute() || (cfg!(unix) && text.contains(strange)) {
        return Err(refuse());
    }
    if cfg!(windows) {
        return if text.contains('"') { Err(refuse()) } else { Ok(format!("\"{text}\"")) };
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:,=".contains(&byte);
    Ok(if text.bytes().all(plain) { text.to_owned() } else { format!("\"{text}\"") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_both_kinds_of_reader_or_refused() {
        let quoted = |path: &str| quote(Path::new(path)).ok();
        assert_eq!(quoted("/usr/bin/jit").as_deref(), Some("/usr/bin/jit"));
        assert_eq!(quoted("/opt/my tools/jit").as_deref(), Some("\"/opt/my tools/jit\""));
        for bad in ["jit", "/a/$(x)/jit", "/a/`x`", "/a\"b", "/a'b", "/a\\b", "/a\nb", "/a #b", "/a;b"] {
            assert_eq!(quoted(bad), None, "{bad:?}");
        }
    }
}
