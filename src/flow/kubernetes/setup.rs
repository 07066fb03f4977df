//! The kubeconfig with a context for each role. It is a file of jit's own: the person's is read, so that no name is taken twice, and
//! never written.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use crate::deliver::difference;
use crate::deliver::kubernetes::kubeconfig;
use crate::deliver::kubernetes::kubeconfig::Entry;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::roles;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::cloud::kubernetes::Way;
use crate::protocol::RoleView;
use crate::system::files;
use crate::system::private_folder;

/// The name of the file, in the folder of the settings.
const FILE: &str = "kubeconfig";
/// The longest kubeconfig of a person's that is read, in bytes.
const MAX_FILE: usize = 4 * 1024 * 1024;

/// A planned change of the file.
pub struct Change {
    /// The file's path.
    pub path: PathBuf,
    /// The line by which a POSIX shell's start file tells programs to read the file. `None` if they read it already.
    pub line: Option<String>,
    /// Messages for people about names by which two roles may be meant.
    pub notes: Vec<String>,
    old: String,
    new: String,
}

/// Plans the file for these roles, or for all that the person may request if none is named. `remove` takes the file away.
///
/// # Errors
/// There is no such role, or the person's own kubeconfig uses one of its names.
pub async fn plan(client: &Client<'_>, named: &[Name], remove: bool) -> Result<Change, Failure> {
    let system = client.system;
    let path = system.files.config.join(FILE);
    let own = own_files(client, &path)?;
    let old = files::read(&path).map_err(|error| alone(&path, &error.to_string()))?.unwrap_or_default();
    let old = String::from_utf8(old).map_err(|_| alone(&path, "it is not UTF-8 text"))?;
    let mut notes = Vec::new();
    let new = if remove {
        String::new()
    } else {
        let entries = wanted(client, named).await?;
        notes = kubeconfig::clashes(&entries);
        for file in &own.files {
            takes_nothing(&entries, file)?;
        }
        kubeconfig::write(&system.program(), &entries, false).map_err(|error| {
            Failure::failed(error.to_string()).hint("install jit to a path of plain characters")
        })?
    };
    let line = (!own.has_ours).then(|| export(&path));
    Ok(Change { path, line, notes, old, new })
}

impl Change {
    /// Whether the change changes nothing.
    pub fn is_empty(&self) -> bool {
        self.old == self.new
    }

    /// The changed lines.
    pub fn lines(&self) -> Vec<String> {
        difference(&self.old, &self.new)
    }

    /// Makes the change.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn make(&self) -> Result<(), Failure> {
        let made = if self.new.is_empty() {
            std::fs::remove_file(&self.path)
        } else {
            let folder = self.path.parent().map_or(Ok(()), files::make_private_folder);
            folder.and_then(|()| files::replace_private(&self.path, self.new.as_bytes()))
        };
        made.map_err(|error| alone(&self.path, &error.to_string()))
    }
}

/// The roles as contexts, in order of names.
async fn wanted(client: &Client<'_>, named: &[Name]) -> Result<Vec<Entry>, Failure> {
    let found = roles::roles(client, None).await?.asked;
    let mut clusters: Vec<&RoleView> =
        found.iter().filter(|role| role.may_request && role.target.as_kubernetes().is_some()).collect();
    clusters.sort_by(|one, other| one.name.cmp(&other.name));
    for name in named {
        if clusters.iter().any(|role| role.name == *name) {
            continue;
        }
        return Err(match found.iter().find(|role| role.name == *name) {
            Some(role) => {
                Failure::usage(format!("{name} opens {}, which is no cluster", role.target.describe()))
            }
            None => Failure::usage(format!("there is no role {name} for you")),
        }
        .hint("`jit roles` shows yours"));
    }
    if clusters.is_empty() {
        return Err(Failure::usage("there is no role of a cluster that you may use")
            .hint("take the contexts out again with `jit setup kubernetes --remove`"));
    }
    let wanted = clusters.into_iter().filter(|role| named.is_empty() || named.contains(&role.name));
    wanted.map(entry).collect()
}

fn entry(role: &RoleView) -> Result<Entry, Failure> {
    let target = role.target.as_kubernetes().ok_or_else(|| Failure::usage("this is no role of a cluster"))?;
    let fits = match (&target.ca, &role.certificates) {
        (None, None) => true,
        (Some(pin), Some(pem)) => pin.digest() == Digest::of(pem.as_bytes()),
        _ => false,
    };
    if !fits {
        return Err(Failure::failed(format!(
            "the broker gave other certificates for {} than its target names",
            role.name
        ))
        .hint("tell the broker's administrator"));
    }
    let namespace = match &target.way {
        Way::ServiceAccount { namespace, .. } => Some(namespace.clone()),
        Way::Token { .. } => None,
    };
    Ok(Entry {
        role: role.name.clone(),
        others: Vec::new(),
        server: target.server.clone(),
        ca: role.certificates.clone(),
        namespace,
        arguments: kubeconfig::from_keychain(&role.name),
    })
}

/// The kubeconfig files that programs read now.
struct Own {
    /// The person's own, without those of jit.
    files: Vec<PathBuf>,
    /// Whether jit's is among them.
    has_ours: bool,
}

/// The files in `KUBECONFIG`, or the usual one (client-go, `tools/clientcmd/loader.go`).
fn own_files(client: &Client<'_>, ours: &Path) -> Result<Own, Failure> {
    let files = &client.system.files;
    let listed = client.system.environment.get("KUBECONFIG").filter(|list| !list.is_empty());
    let mut all: Vec<PathBuf> = match listed {
        Some(list) => std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect(),
        None => vec![files.home.join(".kube/config")],
    };
    for path in &mut all {
        *path = files.working.join(&path);
    }
    if all.iter().any(|path| private_folder::holds(path)) {
        return Err(Failure::usage("this shell has a kubeconfig of its own, which ends with it")
            .hint("type `jit setup kubernetes` outside of `jit exec` and `jit shell`"));
    }
    let has_ours = all.iter().any(|path| path == ours);
    all.retain(|path| path != ours);
    Ok(Own { files: all, has_ours })
}

/// The names in a kubeconfig.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Names {
    clusters: Option<Vec<Named>>,
    users: Option<Vec<Named>>,
    contexts: Option<Vec<Named>>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Refuses names that a file of the person's has. Programs take the first of two that have the same name, so its cluster would get the
/// tokens of ours.
fn takes_nothing(entries: &[Entry], file: &Path) -> Result<(), Failure> {
    let content = match files::read_small(file, MAX_FILE) {
        Ok(small) => small.content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(alone(file, &error.to_string())),
    };
    let text = String::from_utf8(content).map_err(|_| alone(file, "it is not UTF-8 text"))?;
    if text.trim().is_empty() {
        return Ok(());
    }
    let names: Names = serde_saphyr::from_str(&text)
        .map_err(|_| alone(file, "it is not a kubeconfig that can be read, so names may be taken twice"))?;
    let taken: BTreeSet<(&str, String)> =
        [("cluster", names.clusters), ("user", names.users), ("context", names.contexts)]
            .into_iter()
            .flat_map(|(kind, list)| {
                list.unwrap_or_default().into_iter().map(move |named| (kind, named.name))
            })
            .collect();
    for entry in entries {
        let name = kubeconfig::context_name(&entry.role);
        if let Some((kind, _)) = taken.iter().find(|(_, taken)| *taken == name) {
            return Err(Failure::failed(format!(
                "{} has a {kind} {name} of its own, which would win",
                file.display()
            ))
            .cause("programs merge the files, and of two that have the same name they take the first")
            .hint("rename it there, or name the roles to write: `jit setup kubernetes ROLE…`"));
        }
    }
    Ok(())
}

/// The line that adds the file to those that programs read, behind the person's own.
fn export(path: &Path) -> String {
    let path = path.to_string_lossy();
    format!("export KUBECONFIG=\"${{KUBECONFIG:-$HOME/.kube/config}}\":{}", shell_words::quote(&path))
}

fn alone(path: &Path, cause: &str) -> Failure {
    Failure::failed(format!("{} cannot be used", path.display())).cause(cause)
}
