//! Profiles in the user's own AWS config file that ask `jit` for credentials.

use std::path::Path;
use std::path::PathBuf;

use crate::deliver::aws::aws_block;
use crate::deliver::aws::aws_block::Profile;
use crate::deliver::aws::profiles;
use crate::deliver::difference;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::roles;
use crate::grant::Name;
use crate::grant::Target;
use crate::provider::aws::endpoint::SANDBOX_REGION;
use crate::system::aws_files;
use crate::system::aws_files::AwsFiles;
use crate::system::aws_files::Kind;
use crate::system::files::Lock;
use crate::system::private_folder;
use crate::system::user_file::UserFile;

/// A planned change of the file.
pub struct Change {
    /// The file's path, as the tools see it.
    pub path: PathBuf,
    /// A warning for people about the file, which does not prevent the change.
    pub notice: Option<String>,
    file: UserFile,
    old: String,
    new: String,
    content: String,
}

/// Plans the block for these roles, or for all that the person may request if none is named. `remove` takes the block
/// out.
pub async fn plan(client: &Client<'_>, named: &[Name], remove: bool) -> Result<Change, Failure> {
    let place = |kind: Kind| {
        let files = &client.system.files;
        aws_files::path(kind, &client.system.environment, &files.home, &files.working).ok_or_else(|| {
            let variable = kind.variable();
            Failure::usage(format!("{variable} is set and empty, so AWS's tools read no such file"))
                .hint(format!("unset {variable}, or name the file in it"))
        })
    };
    let path = place(Kind::Config)?;
    if private_folder::holds(&path) {
        return Err(Failure::usage("this shell has AWS files of its own, which end with it")
            .hint("type `jit setup aws` outside of `jit exec` and `jit shell`"));
    }
    let (file, text) = read(&path)?;
    let around =
        aws_block::split(&text).map_err(|error| alone(&path, &error.to_string()).hint(error.hint()))?;
    let new = if remove {
        String::new()
    } else {
        let wanted = wanted(client, named).await?;
        let others = format!("{}{}", around.before, around.after);
        shadows_nothing(&wanted, &others, Kind::Config, &path, &path)?;
        if let Ok(credentials) = place(Kind::Credentials) {
            let text = read(&credentials)?.1;
            shadows_nothing(&wanted, &text, Kind::Credentials, &credentials, &path)?;
        }
        let process = profiles::quote(&client.system.program()).map_err(|error| {
            Failure::failed(error.to_string()).hint("install jit to a path of plain characters")
        })?;
        around.render(&wanted, &process)
    };
    let content = around.with(&new);
    let notice = aws_files::parse(&content, Kind::Config).err().map(|error| {
        format!("beware: AWS's CLI does not read {}:{}: {}", path.display(), error.line, error.why)
    });
    Ok(Change { old: around.block.to_owned(), notice, new, content, file, path: path.clone() })
}

impl Change {
    /// Whether the change changes nothing.
    pub fn is_empty(&self) -> bool {
        self.old == self.new
    }

    /// The changed lines. Everything else in the file stays as it is.
    pub fn lines(&self) -> Vec<String> {
        difference(&self.old, &self.new)
    }

    /// Makes the change.
    pub fn make(&self, client: &Client<'_>) -> Result<(), Failure> {
        let lock = client.system.files.state.join("locks/setup-aws.lock");
        let again = "see what it holds now: `jit setup aws --diff`";
        let _held = Lock::try_take(&lock)
            .map_err(|error| alone(&self.path, &error.to_string()))?
            .ok_or_else(|| alone(&self.path, "another `jit setup aws` is at work").hint(again))?;
        self.file
            .replace(self.content.as_bytes())
            .map_err(|error| alone(&self.path, &error.to_string()).hint(again))
    }
}

/// The roles as profiles, in order of names.
async fn wanted(client: &Client<'_>, named: &[Name]) -> Result<Vec<Profile>, Failure> {
    let found = roles::roles(client, None).await?;
    let asked = found.asked.iter().filter(|role| role.may_request).map(|role| (&role.name, &role.target));
    let direct = found.direct.iter().map(|role| (&role.name, &role.target));
    // AWS's tools have no profile for another place.
    let of_aws = |(_, target): &(&Name, &Target)| target.role_arn().is_some();
    let mut all: Vec<Profile> = asked
        .chain(direct)
        .filter(of_aws)
        .map(|(role, target)| Profile { role: role.clone(), region: region(target) })
        .collect();
    all.sort_by(|one, other| one.role.cmp(&other.role));
    all.dedup_by(|one, other| one.role == other.role);
    if let Some(stranger) = named.iter().find(|name| all.iter().all(|profile| profile.role != **name)) {
        return Err(
            Failure::usage(format!("there is no role {stranger} for you")).hint("`jit roles` shows yours")
        );
    }
    if all.is_empty() {
        return Err(Failure::usage("there is no role that you may use")
            .hint("take the profiles out again with `jit setup aws --remove`"));
    }
    all.retain(|profile| named.is_empty() || named.contains(&profile.role));
    // A direct role that starts from a profile that asks `jit` would loop without end.
    let files = AwsFiles::read(&client.system.environment, &client.system.files).unwrap_or_default();
    for (role, own) in found.direct.iter().filter_map(|role| Some((role, role.own_aws()?))) {
        let way = match (&own.profile, own.source) {
            (Some(profile), _) => files.sources(profile),
            (None, Some(_)) => Vec::new(),
            (None, None) => files.sources("default"),
        };
        if let Some(profile) = all.iter().find(|profile| way.contains(&profile.role.as_str())) {
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
    target.as_aws().map_or_else(|| SANDBOX_REGION.to_owned(), |target| target.region.clone())
}

/// Refuses if `text`, the content of `file`, has a profile with one of these names. `left` is the file that then stays
/// unchanged.
fn shadows_nothing(
    wanted: &[Profile],
    text: &str,
    kind: Kind,
    file: &Path,
    left: &Path,
) -> Result<(), Failure> {
    let names = aws_files::claimed_names(text, kind);
    match wanted.iter().find(|profile| names.contains(profile.role.as_str())) {
        None => Ok(()),
        Some(profile) => {
            let whose = format!("{} has a profile {} of your own", file.display(), profile.role);
            Err(alone(left, &whose)
                .hint("rename that profile, or name the roles to write: `jit setup aws ROLE…`"))
        }
    }
}

fn read(path: &Path) -> Result<(UserFile, String), Failure> {
    let file = UserFile::read(path).map_err(|error| alone(path, &error.to_string()))?;
    let text = String::from_utf8(file.content().to_vec()).map_err(|_| alone(path, "it is not UTF-8 text"))?;
    Ok((file, text))
}

fn alone(path: &Path, cause: &str) -> Failure {
    Failure::failed(format!("{} is left as it is", path.display())).cause(cause)
}
