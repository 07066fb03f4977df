//! Every environment variable that `jit` reads or sets, in one table. The documentation is generated from it.

/// What `jit` does with a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Read when a command starts.
    Read,
    /// Set for commands that run under `jit exec`, and by `jit env`.
    Set,
    /// Removed before a command runs under `jit exec`, because it would lead to other credentials.
    Removed,
}

/// One environment variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name; a trailing `*` stands for every name that begins so.
    pub name: &'static str,
    /// What `jit` does with it.
    pub usage: Use,
    /// What it means, in one sentence.
    pub meaning: &'static str,
}

/// The role that commands mean when none is named.
pub const ROLE: &str = "JIT_ROLE";
/// Where `config.toml` lives.
pub const CONFIG_DIR: &str = "JIT_CONFIG_DIR";
/// Where `grants.json` and locks live.
pub const STATE_DIR: &str = "JIT_STATE_DIR";
/// What to log, and how much.
pub const LOG: &str = "JIT_LOG";
/// The secret with which calls of the policy's webhook are signed.
pub const POLICY_HOOK_SECRET: &str = "JIT_POLICY_HOOK_SECRET";
/// The role that a command runs with.
pub const GRANT: &str = "JIT_GRANT";
/// When that access ends.
pub const GRANT_UNTIL: &str = "JIT_GRANT_UNTIL";

const fn read(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Read, meaning }
}

const fn set(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Set, meaning }
}

const fn removed(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Removed, meaning }
}

const LEADS_ELSEWHERE: &str = "Leads the cloud's tools to other credentials than the ones asked for.";

/// The whole table. None of these moves time, skips a rule or answers a question.
pub const VARIABLES: &[Variable] = &[
    read(ROLE, "The role that a command means when none is named."),
    read(CONFIG_DIR, "The folder of `config.toml`, instead of the platform's own."),
    read(STATE_DIR, "The folder of `grants.json` and locks, instead of the platform's own."),
    read(LOG, "What to log on standard error, like `debug` or `jit::authority=trace`. Never shows a secret."),
    read(
        POLICY_HOOK_SECRET,
        "For `jit serve`: the secret with which the forge signs its calls of the policy's webhook.",
    ),
    read("SSH_AUTH_SOCK", "The ssh-agent that signs for you."),
    read("NO_COLOR", "No colour, whatever the terminal can do."),
    read("TERM", "`dumb` means no colour."),
    read("SHELL", "The shell that `jit shell` opens, and that `jit env` writes for when none is named."),
    read("COMSPEC", "The same for `jit shell` on Windows."),
    read("GITHUB_TOKEN", "Shown to GitHub by `jit policy import github`, to see members who are not public."),
    read("AWS_CONFIG_FILE", "The file that `jit policy import profiles` reads instead of `~/.aws/config`."),
    read("LOGNAME", "Offered as your name at the first login where USER is not set."),
    read("USER", "Your name at the first login; on a terminal you are asked."),
    read("DBUS_SESSION_BUS_ADDRESS", "Where the desktop's keychain is asked."),
    read("HTTPS_PROXY", "The proxy on the way to the broker; HTTP_PROXY, ALL_PROXY and NO_PROXY count too."),
    set(GRANT, "The role that the command runs with; for prompts and scripts."),
    set(GRANT_UNTIL, "When that access ends."),
    set("AWS_ACCESS_KEY_ID", "The access key of the session."),
    set("AWS_SECRET_ACCESS_KEY", "The secret key of the session."),
    set("AWS_SESSION_TOKEN", "The token of the session."),
    set("AWS_CREDENTIAL_EXPIRATION", "When the credentials stop to work; SDKs and prompts read it."),
    set("AWS_SESSION_EXPIRATION", "The same under the name that other prompts read."),
    set("AWS_REGION", "The role's region."),
    set("AWS_DEFAULT_REGION", "The role's region, for older tools."),
    set("AWS_ACCOUNT_ID", "The account of the role."),
    set("AWS_EC2_METADATA_DISABLED", "`true`: no tool may fall back to the machine's own identity."),
    set("AWS_ENDPOINT_URL_STS", "The STS of the role, where it is not AWS's own."),
    removed("AWS_SECURITY_TOKEN", LEADS_ELSEWHERE),
    removed("AWS_PROFILE", LEADS_ELSEWHERE),
    removed("AWS_DEFAULT_PROFILE", LEADS_ELSEWHERE),
    removed("AWS_ROLE_ARN", LEADS_ELSEWHERE),
    removed("AWS_ROLE_SESSION_NAME", LEADS_ELSEWHERE),
    removed("AWS_WEB_IDENTITY_TOKEN_FILE", LEADS_ELSEWHERE),
    removed("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", LEADS_ELSEWHERE),
    removed("AWS_CONTAINER_CREDENTIALS_FULL_URI", LEADS_ELSEWHERE),
    removed("AWS_CONTAINER_AUTHORIZATION_TOKEN", LEADS_ELSEWHERE),
    removed("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", LEADS_ELSEWHERE),
    removed("AWS_CREDENTIAL_SCOPE", LEADS_ELSEWHERE),
    removed("AWS_CREDENTIAL_FILE", LEADS_ELSEWHERE),
    removed("BOTO_CONFIG", LEADS_ELSEWHERE),
    removed("AWS_SSO_*", LEADS_ELSEWHERE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variable_stands_once_and_says_what_it_means() {
        let mut names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(VARIABLES.iter().all(|variable| variable.meaning.ends_with('.')));
    }
}
