//! The first policy: the files that `jit policy init` writes, and what is missing for a second person.

use std::collections::BTreeMap;

use crate::grant::Name;
use crate::grant::Target;

use crate::policy::Policy;

/// The files of a first policy, by path: one person with one key, a group of developers and one of approvers, and one
/// role with this target. It loads if the key is acceptable.
pub fn files(person: &Name, label: &str, key_line: &str, target: &Target) -> BTreeMap<String, String> {
    let role = format!("roles/{ROLE}.toml");
    BTreeMap::from([
        ("access.toml".to_owned(), ACCESS.to_owned()),
        ("people.toml".to_owned(), people(person, label, key_line)),
        (role, role_file(target)),
    ])
}

/// The path and text of a role for the sandbox cloud that `jit serve --sandbox` runs. With it, the first credentials
/// need no cloud and no second person.
pub fn sandbox_role() -> (String, String) {
    (format!("roles/{SANDBOX_ROLE}.toml"), SANDBOX.to_owned())
}

/// The gaps to close before everybody's requests can be approved, one sentence each. Empty if nothing is missing.
pub fn missing(policy: &Policy) -> Vec<String> {
    let mut missing = Vec::new();
    for role in policy.roles() {
        for person in policy.without_a_way(role) {
            let others = policy.eligible_reviewers(role, &person);
            let who =
                if others.is_empty() { format!("nobody but {person}") } else { "too few people".into() };
            missing.push(format!(
                "role {}: {who} can approve, and nobody approves their own request. Add a second person to \
                 people.toml, with a line that `ssh-add -L` prints for them, and to the groups in \"{}\"",
                role.name, role.approval
            ));
        }
    }
    missing
}

/// The name of the role in a first policy.
pub const ROLE: &str = "example-admin";

/// The name of the sandbox role in a first policy.
pub const SANDBOX_ROLE: &str = "sandbox";

const SANDBOX: &str = r#"# Try the whole way alone: `jit serve --sandbox` runs a cloud on this machine that verifies like AWS and opens nothing real.
# AWS roles have a file each beside it (see example-admin.toml). Remove this file when you have one.
description  = "Try jit with a cloud on this machine"
requesters   = ["group:developers"]
approval     = "none"
duration     = "1h"
max_duration = "4h"
reason       = "optional"

[sandbox]
role_arn     = "arn:aws:iam::000000000042:role/sandbox"
endpoint_url = "http://127.0.0.1:8766"
"#;

const ACCESS: &str = r#"# Who may ask for which role, who must agree, and for how long. Keep this folder in git and review every change:
# everybody who can change it decides who gets access.
version = 1

# Who may read every request and the log.
# auditors = ["group:security"]

# The defaults of every role.
[defaults]
max_duration = "8h"     # the longest access
pending      = "24h"    # when an undecided request expires
unused       = "12h"    # when an unused approval expires
lease        = "1h"     # the credentials' own life; renewed while the access lasts

# How approvers are told. Never write the secret itself here.
# [notify]
# slack   = { url_env = "JIT_SLACK_URL" }   # a channel's incoming webhook
# webhook = { url = "https://chat.example.com/hooks/jit", secret_env = "JIT_WEBHOOK_SECRET" }
# command = ["/usr/local/bin/tell-the-team"]
# remind  = "10m"                             # one reminder of an undecided request
"#;

fn people(person: &Name, label: &str, key_line: &str) -> String {
    let name = toml_text(person.as_str());
    format!(
        r#"# People and the SSH keys they sign with. A line of `ssh-add -L` is a key; `sk-` keys live in hardware and can show
# that somebody touched them.
[people.{table}]
name = {label}
keys = [{key}]

# [people.bo]
# name = "Bo Lindqvist"
# keys = ["ssh-ed25519 AAAA… bo@laptop"]

# A group holds people and other groups ("group:NAME"). Nobody approves their own request, so approvers are two or more.
[groups]
developers = [{name}]
approvers  = [{name}]
"#,
        table = toml_key(person.as_str()),
        label = toml_text(label),
        key = toml_text(key_line.trim()),
    )
}

fn role_file(target: &Target) -> String {
    let opens = match target {
        Target::Aws(aws) => {
            let endpoint = aws.endpoint_url.as_ref();
            let endpoint =
                endpoint.map_or_else(String::new, |url| format!("endpoint_url = {}\n", toml_text(url)));
            format!(
                "[aws]\nrole_arn = {}\nregion = {}\n{endpoint}",
                toml_text(aws.role_arn.as_str()),
                toml_text(&aws.region)
            )
        }
        Target::Sandbox(sandbox) => format!(
            "[sandbox]\nrole_arn = {}\nendpoint_url = {}\n",
            toml_text(sandbox.role_arn.as_str()),
            toml_text(&sandbox.endpoint_url)
        ),
        Target::Token(token) => format!("[token]\naudience = {}\n", toml_text(&token.audience)),
        Target::Vault(vault) => {
            format!("[vault]\naddress = {}\nrole = {}\n", toml_text(&vault.address), toml_text(&vault.role))
        }
        Target::Gcp(gcp) => format!(
            "[gcp]\nservice_account = {}\nproject = {}\nprovider = {}\n",
            toml_text(&gcp.service_account),
            toml_text(&gcp.project),
            toml_text(&gcp.provider)
        ),
        Target::Azure(azure) => format!(
            "[azure]\ntenant = {}\nclient_id = {}\naudiences = [{}]\n",
            toml_text(&azure.tenant),
            toml_text(&azure.client_id),
            azure.audiences.names().iter().map(|name| toml_text(name)).collect::<Vec<_>>().join(", ")
        ),
        Target::Kubernetes(cluster) => format!(
            "[kubernetes]\nserver = {}\naudience = \"kubernetes\"\ngroups = [\"jit-viewers\"]\n",
            toml_text(&cluster.server)
        ),
    };
    format!(
        r#"# One role a file; the file's name is the role's.
description  = "An example: replace it with a role of your own"
requesters   = ["group:developers"]
approval     = "1 of group:approvers"     # or "none", or {{ all = ["1 of group:a", "1 of group:b"] }}, or any = […]
duration     = "1h"                       # without --for
max_duration = "4h"
reason       = "required"                 # or "optional", or {{ pattern = '^INC-\d+', hint = "start with a ticket" }}
signed       = "key"                      # how a review is signed; "touch" needs a hardware key

# One person cannot approve their own request. Remove this line when there is a second person.
allow        = [{{ lint = "impossible-gate", reason = "a first policy has one person" }}]

{opens}"#
    )
}

/// A key in TOML syntax, bare if possible.
fn toml_key(key: &str) -> String {
    let bare = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare { key.to_owned() } else { toml_text(key) }
}

/// A string in TOML syntax.
fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
