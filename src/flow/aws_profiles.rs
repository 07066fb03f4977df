//! Profiles in the user's own AWS config file that ask `jit` for credentials.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use super::Client;
use super::Failure;
use super::roles;
use crate::deliver::aws_block;
use crate::deliver::aws_block::BlockError;
use crate::deliver::aws_block::Profile;
use crate::deliver::profiles;
use crate::grant::Name;
use crate::grant::Target;
use crate::provider::aws::endpoint::SANDBOX_REGION;
use crate::system::files::Lock;
use crate::system::private_folder;
use crate::system::user_file::UserFile;

/// A change of the file that has not been made.
pub struct Change {
    /// The file, as the tools are told of it.
    pub path: PathBuf,
    file: UserFile,
    old: String,
    new: String,
    content: String,
}

/// Works out the block for these roles, or all that may be asked for; `remove` takes the block out.
pub async fn plan(client: &Client<'_>, named: &[Name], remove: bool) -> Result<Change, Failure> {
    let environment = &client.system.environment;
    let home = &client.system.files.home;
    let place = |variable: &str, usual: &str| {
        environment.get(variable).map_or_else(|| home.join(usual), |path| profiles::expand(path, home))
    };
    let path = place("AWS_CONFIG_FILE", ".aws/config");
    if private_folder::holds(&path) {
        return Err(Failure::usage("this shell has AWS files of its own, which end with it")
            .hint("type `jit setup aws` outside of `jit exec` and `jit shell`"));
    }
    let file = UserFile::read(&path).map_err(|error| alone(&path, &error.to_string()))?;
    let text = utf8(&path, file.content())?;
    let refuse = |error: BlockError| alone(&path, &error.to_string());
    let around = aws_block::split(&text).map_err(refuse)?;
    let others = aws_block::others(&around, false).map_err(refuse)?;
    let new = if remove {
        String::new()
    } else {
        let wanted = wanted(client, named).await?;
        let credentials = place("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
        let held = UserFile::read(&credentials).map_err(|error| alone(&credentials, &error.to_string()))?;
        let held = profiles::names(&utf8(&credentials, held.content())?, true)
            .map_err(|error| alone(&credentials, &error.to_string()))?;
        for (file, names) in [(&path, &others), (&credentials, &held)] {
            shadows_nothing(&wanted, names, file)?;
        }
        let process = profiles::quote(&client.system.files.executable).map_err(|error| {
            Failure::failed(error.to_string()).hint("install jit to a path of plain characters")
        })?;
        aws_block::render(around.before, &wanted, &process)
    };
    let content = format!("{}{new}{}", around.before, around.after);
    Ok(Change { old: around.block.to_owned(), path: path.clone(), new, content, file })
}

impl Change {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.old == self.new
    }

    /// What would change, line by line; everything else in the file stays as it is.
    pub fn lines(&self) -> Vec<String> {
        let lines = |sign: &'static str, text: &str| -> Vec<String> {
            text.trim().lines().map(|line| format!("{sign}{line}")).collect()
        };
        if self.is_empty() { Vec::new() } else { [lines("-", &self.old), lines("+", &self.new)].concat() }
    }

    /// Makes the change.
    pub fn make(&self, client: &Client<'_>) -> Result<(), Failure> {
        let lock = client.system.files.state.join("locks/setup-aws.lock");
        let _held = Lock::try_take(&lock)
            .map_err(|error| alone(&self.path, &error.to_string()))?
            .ok_or_else(|| alone(&self.path, "another `jit setup aws` is at work"))?;
        self.file
            .replace(self.content.as_bytes())
            .map_err(|error| alone(&self.path, &error.to_string()).hint("nothing was changed; try again"))
    }
}

/// The roles as profiles, in name order.
async fn wanted(client: &Client<'_>, named: &[Name]) -> Result<Vec<Profile>, Failure> {
    let found = roles::roles(client, None).await?;
    let asked = found.asked.iter().filter(|role| role.may_request).map(|role| (&role.name, &role.target));
    let direct = found.direct.iter().map(|role| (&role.name, &role.target));
    let mut all: Vec<Profile> = asked
        .chain(direct)
        .map(|(role, target)| Profile { role: role.clone(), region: region(target) })
        .collect();
    all.sort_by(|one, other| one.role.cmp(&other.role));
    all.dedup_by(|one, other| one.role == other.role);
    if let Some(stranger) = named.iter().find(|name| all.iter().all(|profile| profile.role != **name)) {
        return Err(Failure::usage(format!("there is no role {stranger} for you"))
            .hint("`jit roles` shows those that there are"));
    }
    all.retain(|profile| named.is_empty() || named.contains(&profile.role));
    // A profile that asks jit, which starts from that profile, would ask without end.
    for role in &found.direct {
        let base = role.profile.as_deref();
        if let Some(profile) = all.iter().find(|profile| Some(profile.role.as_str()) == base) {
            return Err(Failure::usage(format!(
                "the direct role {} starts from the profile {}, which would lead back to jit",
                role.name, profile.role
            ))
            .hint("rename one of them in config.toml, or name the roles to write: `jit setup aws ROLE…`"));
        }
    }
    Ok(all)
}

fn region(target: &Target) -> String {
    match target {
        Target::Aws(target) => target.region.clone(),
        Target::Sandbox(_) => SANDBOX_REGION.to_owned(),
    }
}

fn shadows_nothing(wanted: &[Profile], names: &BTreeSet<String>, file: &Path) -> Result<(), Failure> {
    match wanted.iter().find(|profile| names.contains(profile.role.as_str())) {
        None => Ok(()),
        Some(profile) => Err(alone(file, &format!("it has a profile {} of your own", profile.role))
            .hint("rename that profile, or name the roles to write: `jit setup aws ROLE…`")),
    }
}

fn utf8(path: &Path, bytes: &[u8]) -> Result<String, Failure> {
    String::from_utf8(bytes.to_vec()).map_err(|_| alone(path, "it is not UTF-8 text"))
}

fn alone(path: &Path, cause: &str) -> Failure {
    Failure::failed(format!("{} is left as it is", path.display())).cause(cause)
}
