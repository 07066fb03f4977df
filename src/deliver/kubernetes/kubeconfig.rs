//! A kubeconfig with a context for each role. It is JSON, which every reader of YAML reads, and holds no secret.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::exec_credential::VERSIONS;
use crate::grant::Name;

/// The beginning of the names of clusters, users and contexts.
pub const PREFIX: &str = "jit-";

/// A role as a kubeconfig names it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The role.
    pub role: Name,
    /// Other names of its context.
    pub others: Vec<Name>,
    /// The address of the API server.
    pub server: String,
    /// The authorities of its certificate, in PEM.
    pub ca: Option<String>,
    /// The namespace that commands mean if they name none.
    pub namespace: Option<String>,
    /// The arguments with which a client runs `jit` for a token.
    pub arguments: Vec<String>,
}

/// Why a kubeconfig cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// JSON is Unicode.
    #[error("the path of jit is not Unicode text")]
    Path,
    /// It cannot be written as JSON.
    #[error("the kubeconfig cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The name of a role's context.
pub fn context_name(role: &Name) -> String {
    format!("{PREFIX}{role}")
}

/// The text of a kubeconfig. In a private one, the contexts also have the roles' own names, and the first role is the one that
/// commands mean; one that is merged with the person's own leaves that choice to it.
///
/// # Errors
/// The program's path is not text.
pub fn write(program: &Path, entries: &[Entry], is_private: bool) -> Result<String, KubeconfigError> {
    let program = program.to_str().ok_or(KubeconfigError::Path)?;
    let full = entries.iter().map(|entry| (context_name(&entry.role), entry));
    let bare = entries.iter().filter(|_| is_private).flat_map(bare_names);
    // A role `jit-dev` must not take the name that every role `dev` has; see [`clashes`].
    let mut taken = BTreeSet::new();
    let contexts: Vec<Value> = full
        .chain(bare)
        .filter(|(name, _)| taken.insert(name.clone()))
        .map(|(name, entry)| json!({ "name": name, "context": context(entry) }))
        .collect();
    let clusters: Vec<Value> = entries.iter().map(cluster).collect();
    let users: Vec<Value> = entries.iter().map(|entry| user(program, entry)).collect();
    let current = entries.first().filter(|_| is_private).map(|first| context_name(&first.role));
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": clusters,
        "users": users,
        "contexts": contexts,
        "current-context": current.unwrap_or_default(),
    });
    Ok(serde_json::to_string_pretty(&config)? + "\n")
}

/// The names of a role's context in a private file, beside [`context_name`].
fn bare_names(entry: &Entry) -> impl Iterator<Item = (String, &Entry)> {
    std::iter::once(&entry.role).chain(&entry.others).map(move |name| (name.to_string(), entry))
}

/// A message for people for each name by which two of these roles may be meant: whose context has it, and the other one's context.
pub fn clashes(entries: &[Entry]) -> Vec<String> {
    let full = entries.iter().map(|entry| (context_name(&entry.role), entry));
    let mut owners: BTreeMap<String, &Entry> = BTreeMap::new();
    let mut found = Vec::new();
    for (name, entry) in full.chain(entries.iter().flat_map(bare_names)) {
        let owner = owners.entry(name.clone()).or_insert(entry);
        if owner.role != entry.role {
            found.push(format!(
                "the context {name} is that of the role {}; for {} use the context {}",
                owner.role,
                entry.role,
                context_name(&entry.role)
            ));
        }
    }
    found
}

fn cluster(entry: &Entry) -> Value {
    let mut cluster = json!({ "server": entry.server });
    if let Some(ca) = &entry.ca {
        cluster["certificate-authority-data"] = BASE64.encode(ca.as_bytes()).into();
    }
    json!({ "name": context_name(&entry.role), "cluster": cluster })
}

fn context(entry: &Entry) -> Value {
    let name = context_name(&entry.role);
    let mut context = json!({ "cluster": name, "user": name });
    if let Some(namespace) = &entry.namespace {
        context["namespace"] = namespace.as_str().into();
    }
    context
}

fn user(program: &str, entry: &Entry) -> Value {
    let [version, ..] = VERSIONS;
    let exec = json!({
        "apiVersion": version,
        "command": program,
        "args": entry.arguments,
        "env": null,
        "interactiveMode": "Never",
        "provideClusterInfo": false,
    });
    json!({ "name": context_name(&entry.role), "user": { "exec": exec } })
}

/// The arguments of a plugin that takes its token from the keychain.
pub fn from_keychain(role: &Name) -> Vec<String> {
    ["credentials", role.as_str(), "--format", "kubernetes"].map(str::to_owned).to_vec()
}

/// The arguments of a plugin that takes its token from a running `jit exec`, by the file that says where it serves.
///
/// # Errors
/// The path is not text.
pub fn from_running(command: &str, card: &Path) -> Result<Vec<String>, KubeconfigError> {
    let card = card.to_str().ok_or(KubeconfigError::Path)?;
    Ok(vec![command.to_owned(), card.to_owned()])
}

/// A cluster of a running `jit exec`, as its private kubeconfig names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The address of the API server.
    pub server: String,
    /// The authorities of its certificate, in PEM.
    pub ca: Option<String>,
    /// The file that says where the token is served.
    pub card: PathBuf,
}

#[derive(Deserialize)]
struct Read {
    clusters: Vec<Named<ReadCluster>>,
    users: Vec<Named<ReadUser>>,
}

#[derive(Deserialize)]
struct Named<Value> {
    name: String,
    #[serde(alias = "cluster", alias = "user")]
    value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ReadCluster {
    server: String,
    certificate_authority_data: Option<String>,
}

#[derive(Deserialize)]
struct ReadUser {
    exec: ReadExec,
}

#[derive(Deserialize)]
struct ReadExec {
    args: Vec<String>,
}

/// The clusters of a private kubeconfig that [`write`] wrote, whose users run `command` ([`from_running`]). Empty for every other
/// file.
pub fn running(text: &str, command: &str) -> Vec<Running> {
    let Ok(Read { clusters, users }) = serde_json::from_str::<Read>(text) else { return Vec::new() };
    let of_user = |user: Named<ReadUser>| {
        let [first, card] = user.value.exec.args.as_slice() else { return None };
        let cluster = &clusters.iter().find(|cluster| cluster.name == user.name && first == command)?.value;
        let ca = match &cluster.certificate_authority_data {
            Some(encoded) => Some(String::from_utf8(BASE64.decode(encoded.as_bytes()).ok()?).ok()?),
            None => None,
        };
        Some(Running { server: cluster.server.clone(), ca, card: PathBuf::from(card) })
    };
    users.into_iter().filter_map(of_user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(role: &str, others: &[&str]) -> Entry {
        let role: Name = role.parse().unwrap();
        Entry {
            arguments: from_keychain(&role),
            role,
            others: others.iter().map(|name| name.parse().unwrap()).collect(),
            server: "https://k8s.example.com".to_owned(),
            ca: Some("PEM".to_owned()),
            namespace: None,
        }
    }

    fn context_names(text: &str) -> Vec<String> {
        let read: Value = serde_json::from_str(text).unwrap();
        let contexts = read["contexts"].as_array().unwrap();
        contexts.iter().map(|context| context["name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_file_of_our_own_claims_only_names_of_ours() {
        let text =
            write(Path::new("/bin/jit"), &[entry("prod", &["live"]), entry("dev", &[])], false).unwrap();
        assert_eq!(context_names(&text), ["jit-prod", "jit-dev"]);
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["current-context"], "", "the person's own choice stands");
        insta::assert_snapshot!(read["users"][0], @r#"{"name":"jit-prod","user":{"exec":{"apiVersion":"client.authentication.k8s.io/v1","command":"/bin/jit","args":["credentials","prod","--format","kubernetes"],"env":null,"interactiveMode":"Never","provideClusterInfo":false}}}"#);
        insta::assert_snapshot!(read["clusters"][0], @r#"{"name":"jit-prod","cluster":{"server":"https://k8s.example.com","certificate-authority-data":"UEVN"}}"#);
    }

    #[test]
    fn a_private_file_means_the_first_role() {
        // `jit-dev` is a role of its own here, and not another name of `dev`.
        let entries = [entry("prod", &["live"]), entry("jit-dev", &[]), entry("dev", &[])];
        let text = write(Path::new("/bin/jit"), &entries, true).unwrap();
        assert_eq!(context_names(&text), ["jit-prod", "jit-jit-dev", "jit-dev", "prod", "live", "dev"]);
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["contexts"][2]["context"]["user"], "jit-dev");
        assert_eq!(read["current-context"], "jit-prod");
        let said = "the context jit-dev is that of the role dev; for jit-dev use the context jit-jit-dev";
        assert_eq!(clashes(&entries), [said]);
        assert_eq!(clashes(&[entry("prod", &["live", "prod"]), entry("dev", &[])]), [""; 0]);
        let said = "the context live is that of the role prod; for stage use the context jit-stage";
        assert_eq!(clashes(&[entry("prod", &["live"]), entry("stage", &["live"])]), [said]);
    }

    #[test]
    fn a_running_command_is_found_in_its_own_file_only() {
        let served = |role: &str| Entry {
            arguments: from_running("fetch", Path::new(&format!("/run/{role}"))).unwrap(),
            ..entry(role, &[])
        };
        let text = write(Path::new("/bin/jit"), &[served("prod"), entry("kept", &[]), served("dev")], true);
        let found = running(&text.unwrap(), "fetch");
        let of = |role: &str| Running {
            server: "https://k8s.example.com".to_owned(),
            ca: Some("PEM".to_owned()),
            card: PathBuf::from(format!("/run/{role}")),
        };
        assert_eq!(found, [of("prod"), of("dev")]);
        for other in ["", "{}", "apiVersion: v1", r#"{"clusters":[],"users":[{"name":"x","user":{}}]}"#] {
            assert_eq!(running(other, "fetch"), [], "{other}");
        }
    }
}
