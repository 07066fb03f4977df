//! Every key of `config.toml` and of `.jit.toml`, in one table. The documentation is generated from it.

/// The file that a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsFile {
    /// `config.toml`: the user's own settings, and the fleet's.
    Config,
    /// `.jit.toml` in a repository: suggestions that other people wrote.
    Project,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The file that it belongs to.
    pub place: SettingsFile,
    /// Its path, with dots between tables. `NAME` stands for any name of a role.
    pub name: &'static str,
    /// The form of its value.
    pub form: &'static str,
    /// The default.
    pub default: &'static str,
    /// Its meaning, in one sentence.
    pub meaning: &'static str,
    /// A value in TOML. Empty if it cannot stand beside the other examples.
    pub example: &'static str,
}

/// The place where sessions, keys and credentials are kept.
pub const KEYCHAIN: &str = "keychain";
/// The place for credentials beside the keychain.
pub const CREDENTIALS: &str = "credentials";
/// The terminal's bell.
pub const BELL: &str = "bell";
/// The authority.
pub const URL: &str = "authority.url";
/// GitHub's API.
pub const API: &str = "authority.api";
/// The OAuth app.
pub const CLIENT_ID: &str = "authority.client_id";
/// The signing key.
pub const KEY: &str = "authority.key";
/// The signing key's private file.
pub const KEY_FILE: &str = "authority.key_file";
/// The duration to ask for.
pub const DURATION: &str = "defaults.duration";

const fn config(
    name: &'static str,
    form: &'static str,
    default: &'static str,
    meaning: &'static str,
    example: &'static str,
) -> Key {
    Key { place: SettingsFile::Config, name, form, default, meaning, example }
}

const fn project(
    name: &'static str,
    form: &'static str,
    meaning: &'static str,
    example: &'static str,
) -> Key {
    Key { place: SettingsFile::Project, name, form, default: "nothing is suggested", meaning, example }
}

/// The whole table.
pub const KEYS: &[Key] = &[
    config(
        KEYCHAIN,
        "`os`, `keyutils`, `file` or `none`",
        "what the login chose",
        "Where jit stores sessions and keys, and credentials unless `credentials` is `kernel`.",
        "\"os\"",
    ),
    config(
        CREDENTIALS,
        "`kernel` or `keychain`",
        "what the login chose",
        "Where jit keeps credentials: in the Linux kernel's keyring, which forgets them when they expire, or in the keychain.",
        "\"kernel\"",
    ),
    config(
        BELL,
        "`true` or `false`",
        "`true`",
        "Whether the terminal's bell rings, with a desktop notice where the terminal has them, when a request that you wait for is decided.",
        "false",
    ),
    config(
        URL,
        "a broker's address, or `github:OWNER/NAME`",
        "the last login's",
        "The authority that decides; jit then refuses every other one.",
        "\"https://jit.example.com\"",
    ),
    config(
        API,
        "an address",
        "`https://api.github.com`",
        "The address of GitHub's API, for a company with an address of its own at GHE.com.",
        "\"https://api.acme.ghe.com\"",
    ),
    config(
        CLIENT_ID,
        "a client id",
        "no device flow",
        "The OAuth app with which `jit login` gets a GitHub token if there is none.",
        "\"Iv23liExample\"",
    ),
    config(
        KEY,
        "a public key line, or the fingerprint or comment that `ssh-add -l` shows",
        "the last login's",
        "Which SSH key signs for you; no other is offered.",
        "\"SHA256:u4rRYxGVbZHCmBQUPmu36DoN1LZJRZ9NpYjVx3ZDfPo\"",
    ),
    config(
        KEY_FILE,
        "a path; `~/` is the home folder",
        "the agent signs",
        "The private file of that key, for machines without an agent.",
        "\"~/.ssh/id_ed25519\"",
    ),
    config(
        DURATION,
        "a duration such as `30m`",
        "the role's own",
        "How long to ask for by default.",
        "\"1h\"",
    ),
    config(
        "roles.NAME.approval",
        "`none`",
        "must be there",
        "That this role needs no approval: your own cloud identity assumes it.",
        "\"none\"",
    ),
    config("roles.NAME.description", "a text", "empty", "What the role is for.", "\"Development\""),
    config(
        "roles.NAME.shadows",
        "`true` or `false`",
        "`false`",
        "Whether its name means this role even if the authority has a role of that name.",
        "true",
    ),
    config(
        "roles.NAME.aws.role_arn",
        "an ARN",
        "must be there",
        "The role that is assumed.",
        "\"arn:aws:iam::111122223333:role/developer\"",
    ),
    config(
        "roles.NAME.aws.region",
        "a region",
        "must be there",
        "The region of its commands.",
        "\"eu-west-1\"",
    ),
    config(
        "roles.NAME.aws.endpoint_url",
        "an address",
        "AWS's own",
        "The STS, if it is not AWS's own.",
        "\"https://sts.example.com\"",
    ),
    config(
        "roles.NAME.aws.profile",
        "a profile of `~/.aws/config`",
        "the SDK's default chain",
        "Whose credentials assume it.",
        "\"work\"",
    ),
    config(
        "roles.NAME.aws.credential_source",
        "`Environment`, `Ec2InstanceMetadata` or `EcsContainer`",
        "`profile` says it",
        "The source of the credentials that assume it, instead of a profile.",
        "",
    ),
    config(
        "roles.NAME.aws.role_session_name",
        "2 to 64 letters, digits and `_+=,.@-`",
        "your name",
        "The session's name, if the role requires one.",
        "\"ana@example.com\"",
    ),
    config(
        "roles.NAME.aws.external_id",
        "2 to 1224 letters, digits and `_+=,.@:/-`",
        "none is sent",
        "The external id that a role of another company requires.",
        "\"acme-4711\"",
    ),
    config(
        "roles.NAME.aws.mfa_serial",
        "an ARN or serial number",
        "no code is asked for",
        "The MFA device that the role requires.",
        "\"arn:aws:iam::111122223333:mfa/ana\"",
    ),
    config("roles.NAME.aws.duration", "`15m` to `12h`", "`1h`", "How long a session lasts.", "\"1h\""),
    config(
        "roles.NAME.azure.tenant",
        "a tenant's id",
        "must be there",
        "The tenant in which your own identity of the Azure CLI gets tokens.",
        "",
    ),
    config(
        "roles.NAME.azure.audiences",
        "a list of resources",
        "must be there",
        "What the tokens are for: one token each.",
        "",
    ),
    config(
        "roles.NAME.azure.authority",
        "`https://login.microsoftonline.us` or `https://login.chinacloudapi.cn`",
        "the public cloud",
        "Where a tenant of a national cloud signs in.",
        "",
    ),
    config(
        "roles.NAME.azure.duration",
        "`5m` to `12h`",
        "`1h`",
        "How long jit uses a token at most; Entra decides how long it works.",
        "",
    ),
    config(
        "roles.NAME.gcp.service_account",
        "the address of a service account",
        "must be there",
        "The service account that your own Google identity impersonates.",
        "",
    ),
    config(
        "roles.NAME.gcp.project",
        "a project's id",
        "must be there",
        "The project in which programs act if they name none.",
        "",
    ),
    config(
        "roles.NAME.gcp.oauth_scopes",
        "a list of names",
        "`cloud-platform`",
        "What the token may do at most.",
        "",
    ),
    config(
        "roles.NAME.gcp.credentials",
        "`gcloud` or `application-default`",
        "`gcloud`",
        "Which of gcloud's identities of yours impersonates the account.",
        "",
    ),
    config("roles.NAME.gcp.endpoint", "an address", "Google's own", "http on this machine, for tests.", ""),
    config("roles.NAME.gcp.duration", "`1m` to `1h`", "`1h`", "How long a token lasts.", ""),
    config("roles.NAME.kubernetes.server", "an address", "must be there", "The API server.", ""),
    config(
        "roles.NAME.kubernetes.ca",
        "a path; `~/` is the home folder",
        "the machine's own authorities",
        "The file with the cluster's CA in PEM.",
        "",
    ),
    config(
        "roles.NAME.kubernetes.namespace",
        "a namespace",
        "must be there",
        "The service account's namespace.",
        "",
    ),
    config(
        "roles.NAME.kubernetes.service_account",
        "a name",
        "must be there",
        "The service account whose token your own kubeconfig asks for.",
        "",
    ),
    config(
        "roles.NAME.kubernetes.context",
        "a context of your kubeconfig",
        "the current one",
        "Whose user asks for the token.",
        "",
    ),
    config("roles.NAME.kubernetes.duration", "`10m` to `12h`", "`1h`", "How long a token lasts.", ""),
    project(
        "role",
        "a role's name",
        "The role that `jit request` asks for when none is named.",
        "\"shop-dev\"",
    ),
    project(
        "roles",
        "a list of names",
        "The roles that the picker shows first.",
        "[\"shop-dev\", \"shop-prod\"]",
    ),
    project("duration", "a duration", "How long to ask for.", "\"30m\""),
    project("scope", "a scope's name", "The piece of the role to ask for.", "\"orders-read\""),
    project("reason", "a text", "How a reason begins here.", "\"SHOP-\""),
];

/// The keys that hold one value and can be read and set from the command line.
pub fn settable() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.place == SettingsFile::Config && !key.name.contains("NAME"))
}

/// The tables of a file, each with its keys and their examples, as TOML.
fn example(place: SettingsFile) -> String {
    let mut text = String::new();
    let mut table = "";
    for key in KEYS.iter().filter(|key| key.place == place && !key.example.is_empty()) {
        let (own, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if own != table {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}[{}]\n", own.replace("NAME", "dev")));
            table = own;
        }
        text.push_str(&format!("{name} = {}\n", key.example));
    }
    text
}

fn table(place: SettingsFile) -> String {
    let mut text =
        "| key | what it holds | where it is not set | what it means |\n| --- | --- | --- | --- |\n"
            .to_owned();
    for key in KEYS.iter().filter(|key| key.place == place) {
        text.push_str(&format!("| `{}` | {} | {} | {} |\n", key.name, key.form, key.default, key.meaning));
    }
    text
}

/// The table as a page of the documentation.
pub fn documentation() -> String {
    format!(
        r#"# Settings

Written from the table in `src/config/keys.rs`. `jit` needs no settings file: `jit login` records what it finds out in
`authority.toml` beside yours, and never writes yours.

```sh
jit config path                          # where your config.toml is, whether or not it is there yet
jit config get                           # every setting: its value, and the file that it comes from
jit config get authority.url
jit config set defaults.duration 30m     # one line of the file changes, comments stay
jit config unset defaults.duration
```

| file | whose |
| --- | --- |
| `/etc/jit/config.toml`; on Windows `jit\config.toml` in `%ProgramFiles%` | the fleet's |
| `config.toml` in the folder of `jit config path` (`JIT_CONFIG_DIR` moves it) | yours; overrides the fleet's |
| `authority.toml` beside it | written by `jit login`; overrides the fleet's address, and your file overrides it |
| `.jit.toml` in the working folder or above | a repository's; only suggests |

Flags override all of them. A key that is not in these tables, and a value that does not fit, stop every command with file, line and
column; nothing is passed over in silence.

## `config.toml`

{}
A whole file:

```toml
{}```

A table `[roles.NAME]` is a direct role, with one table for its place; `jit setup import` writes AWS's from `~/.aws/config`.

## `.jit.toml`

Other people's text: it fills in what `jit request` was not told, which the plan then shows, and puts roles first in the picker. It
selects no access for `jit exec`, `shell`, `env` or `credentials`, and names no authority, address or command. It must be a regular file
of at most 16 KiB, no link, and belong to you or to the owner of its folder; otherwise it is left aside with a warning, and the request
goes on without it.

{}
A whole file:

```toml
{}```
"#,
        table(SettingsFile::Config),
        example(SettingsFile::Config),
        table(SettingsFile::Project),
        example(SettingsFile::Project)
    )
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
