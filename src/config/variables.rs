//! Every environment variable that `jit` reads or sets, in one table. The documentation is generated from it.

use super::inputs;
use super::inputs::Input;

/// The use that `jit` makes of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Read when a command starts.
    Read,
    /// Set by a coding agent in its shells. A request then says that an agent asks, which makes decisions stricter.
    Agent,
    /// Set by continuous integration. No person sits at the terminal then, even if there is one.
    Pipeline,
    /// Set for commands that run under `jit exec`, and by `jit env`.
    Set,
    /// Set for commands whose credentials `jit exec` serves and renews.
    Served,
    /// Removed before a command runs under `jit exec`, because it would lead to other credentials.
    Removed,
}

/// One environment variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name. A trailing `*` stands for every name with that beginning.
    pub name: &'static str,
    /// Its use.
    pub usage: Use,
    /// Its meaning, in one sentence.
    pub meaning: &'static str,
}

/// The role that commands use if none is named.
pub const ROLE: &str = "JIT_ROLE";
/// The agent as which commands run.
pub const AGENT: &str = "JIT_AGENT";
/// The folder of `config.toml`.
pub const CONFIG_DIR: &str = "JIT_CONFIG_DIR";
/// The folder of `grants.json` and the locks.
pub const STATE_DIR: &str = "JIT_STATE_DIR";
/// The filter and level of logging.
pub const LOG: &str = "JIT_LOG";
/// The secret that signs calls of the policy's webhook.
pub const POLICY_HOOK_SECRET: &str = "JIT_POLICY_HOOK_SECRET";
/// The token of a transmitter of security events.
pub const EVENTS_TOKEN: &str = "JIT_EVENTS_TOKEN";
/// The token of a SCIM client.
pub const SCIM_TOKEN: &str = "JIT_SCIM_TOKEN";
/// The role that a command runs with.
pub const GRANT: &str = "JIT_GRANT";
/// The end of that access.
pub const GRANT_UNTIL: &str = "JIT_GRANT_UNTIL";

const fn read(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Read, meaning }
}

const fn told(input: Input) -> Variable {
    Variable { name: input.name, usage: Use::Read, meaning: input.meaning }
}

const fn agent(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Agent, meaning }
}

const fn pipeline(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Pipeline, meaning }
}

const fn set(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Set, meaning }
}

const fn served(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Served, meaning }
}

const fn removed(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, usage: Use::Removed, meaning }
}

const LEADS_ELSEWHERE: &str = "Makes the cloud's tools use other credentials than the requested ones.";

/// The whole table. None of these moves time, skips a rule or answers a question.
pub const VARIABLES: &[Variable] = &[
    read(ROLE, "The role that a command means when none is named."),
    read(AGENT, "The agent as which commands run, with a key, a session and grants of its own."),
    read("JIT_RUN_BY", "Set by `jit mcp`. With it, `jit` decides nothing and uses no other role."),
    read(CONFIG_DIR, "The folder of `config.toml`, instead of the platform's own."),
    read(STATE_DIR, "The folder of `grants.json` and locks, instead of the platform's own."),
    read(LOG, "What to log on standard error, like `debug` or `jit::authority=trace`. Never shows a secret."),
    read(
        POLICY_HOOK_SECRET,
        "For `jit serve`: the secret with which the forge signs its calls of the policy's webhook.",
    ),
    read(
        EVENTS_TOKEN,
        "For `jit serve`: the token with which the identity provider sends its security events.",
    ),
    read(SCIM_TOKEN, "For `jit serve`: the token of the identity provider's SCIM client."),
    read("KUBERNETES_EXEC_INFO", "Set by a client of Kubernetes for its plugin `jit`: the answer's version."),
    read("SSH_AUTH_SOCK", "The ssh-agent that signs for you."),
    read("SSH_CONNECTION", "Set by `sshd`: `jit login` then shows a code and opens no browser."),
    read("SSH_TTY", "The same."),
    read("DISPLAY", "On Linux, `jit login` opens a browser only if this or `WAYLAND_DISPLAY` is set."),
    read("WAYLAND_DISPLAY", "The same."),
    read("NO_COLOR", "Turns colour off, on every terminal."),
    read("TERM", "`dumb` means no colour."),
    read("SHELL", "The shell that `jit shell` opens, and that `jit env` writes for when none is named."),
    read("COMSPEC", "The same for `jit shell` on Windows."),
    told(inputs::TOKEN),
    told(inputs::ACTION),
    told(inputs::PULL),
    told(inputs::REQUEST),
    told(inputs::DIGEST),
    told(inputs::HEAD),
    told(inputs::STATEMENT),
    told(inputs::PROOF),
    told(inputs::FORM),
    told(inputs::LOG_KEY),
    told(inputs::LOG_TOKEN),
    told(inputs::LOG_APP),
    told(inputs::LOG_APP_KEY),
    told(inputs::API),
    told(inputs::REPOSITORY),
    told(inputs::REPOSITORY_ID),
    told(inputs::RUN),
    told(inputs::ATTEMPT),
    told(inputs::ACTOR),
    told(inputs::EVENT),
    told(inputs::REFERENCE),
    told(inputs::SHA),
    told(inputs::WORKFLOW),
    told(inputs::OUTPUT),
    told(inputs::ACCESS),
    told(inputs::ACCESS_APP),
    told(inputs::ACCESS_APP_KEY),
    told(inputs::BROKER),
    told(inputs::ID_TOKEN),
    told(inputs::ID_TOKEN_FILE),
    read("ACTIONS_ID_TOKEN_REQUEST_URL", "The address that gives a job's ID token, inside GitHub Actions."),
    read("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "The token for that address; a secret."),
    read("GH_TOKEN", "The same, where GITHUB_TOKEN is not set; a secret."),
    read(
        "AWS_CONFIG_FILE",
        "AWS's config file, instead of `~/.aws/config`, wherever one is read; `jit setup aws` writes to it. `~` and variables in it are expanded.",
    ),
    read(
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS's credentials file, instead of `~/.aws/credentials`; read and never written.",
    ),
    read(
        "AWS_PROFILE",
        "The profile of a direct role that names none, as in AWS's own CLI. For a broker: its own profile, and without it none.",
    ),
    read("AWS_DEFAULT_PROFILE", "The same, before AWS_PROFILE."),
    read(
        "AWS_ACCESS_KEY_ID",
        "With AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: the keys that such a role starts from. For a broker: its own AWS \
         identity, and so are the next ones.",
    ),
    read(
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "With AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME: a broker's role by a token file.",
    ),
    read("AWS_ROLE_ARN", "The role of AWS_WEB_IDENTITY_TOKEN_FILE."),
    read("AWS_ROLE_SESSION_NAME", "The name of its session; else `jit-broker`."),
    read(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "Where a broker's container gets its role's credentials (ECS).",
    ),
    read("AWS_CONTAINER_CREDENTIALS_FULL_URI", "The same as a whole address (EKS Pod Identity)."),
    read("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "The file of what to show there."),
    read("AWS_CONTAINER_AUTHORIZATION_TOKEN", "What to show there, if there is no such file."),
    read("AWS_EC2_METADATA_DISABLED", "`true`: a broker does not ask for its instance's role."),
    read(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "Where a broker asks for its instance's role, instead of 169.254.169.254.",
    ),
    read("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "`IPv6`: at fd00:ec2::254 instead."),
    read("AWS_REGION", "Where a broker asks who it is; else in the region of the role that it opens."),
    read("AWS_DEFAULT_REGION", "The same, after AWS_REGION."),
    read("AWS_ENDPOINT_URL_STS", "The STS that a broker asks who it is, where it is not AWS's own."),
    read("AWS_ENDPOINT_URL", "The same for every service of AWS, after those that name one."),
    read("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "`true`: neither of the two counts."),
    read("PATH", "Where `jit` looks for a lasting path of its own, to write it into other files."),
    read("XDG_RUNTIME_DIR", "The folder for the private files of a served command; without it, TMPDIR."),
    read("TMPDIR", "The folder for temporary files."),
    read("LOGNAME", "Offered as your name at the first login where USER is not set."),
    read("USERNAME", "The same on Windows."),
    read("USER", "Your name at the first login; on a terminal you are asked."),
    read("DBUS_SESSION_BUS_ADDRESS", "Where `jit` reaches the desktop's keychain."),
    read("HTTPS_PROXY", "The proxy on the way to the broker; HTTP_PROXY, ALL_PROXY and NO_PROXY count too."),
    agent("AI_AGENT", "Any agent, by the name that `@vercel/detect-agent` proposes to all of them."),
    agent("CLAUDECODE", "Claude Code, by its settings reference."),
    agent("CLAUDE_CODE", "Claude Code, as `@vercel/detect-agent` knows it."),
    agent("CURSOR_AGENT", "The Cursor agent, as `@vercel/detect-agent` and the AWS CDK know it."),
    agent("CODEX_SANDBOX", "OpenAI Codex, as `@vercel/detect-agent` and the AWS CDK know it."),
    agent("CODEX_CI", "OpenAI Codex, as `@vercel/detect-agent` 1.2 knows it."),
    agent("CODEX_THREAD_ID", "OpenAI Codex, as `@vercel/detect-agent` 1.2 and the AWS CDK know it."),
    agent("GEMINI_CLI", "Gemini CLI, by the documentation of its shell tool."),
    agent("OPENCODE", "opencode, as `checkly-cli` and `expo/agent-cli-detector` know it."),
    agent("CLINE_ACTIVE", "Cline, as `checkly-cli` knows it."),
    agent("COPILOT_CLI", "GitHub Copilot CLI, as other command-line tools know it."),
    agent("AUGMENT_AGENT", "Augment, as `@vercel/detect-agent` 1.2 knows it."),
    agent("ANTIGRAVITY_AGENT", "Antigravity, as `@vercel/detect-agent` 1.2 knows it."),
    agent("AMP_CURRENT_THREAD_ID", "Amp, as other command-line tools know it."),
    pipeline("CI", "GitHub Actions, GitLab, CircleCI, Buildkite and most others; `false` and `0` mean no."),
    pipeline("TF_BUILD", "Azure Pipelines."),
    pipeline("JENKINS_URL", "Jenkins."),
    pipeline("TEAMCITY_VERSION", "TeamCity."),
    pipeline("CODEBUILD_BUILD_ID", "AWS CodeBuild."),
    set(GRANT, "The role that the command runs with; for prompts and scripts."),
    set(GRANT_UNTIL, "When that access ends."),
    set("AWS_ACCESS_KEY_ID", "The access key of the session."),
    set("AWS_SECRET_ACCESS_KEY", "The secret key of the session."),
    set("AWS_SESSION_TOKEN", "The token of the session."),
    set("AWS_SECURITY_TOKEN", "The same under its older name, for boto 2 and its users."),
    set("AWS_CREDENTIAL_EXPIRATION", "When the credentials expire; SDKs and prompts read it."),
    set("AWS_SESSION_EXPIRATION", "The same under the name that other prompts read."),
    set("AWS_REGION", "The role's region."),
    set("AWS_DEFAULT_REGION", "The role's region, for older tools."),
    set("AWS_ACCOUNT_ID", "The account of the role."),
    set("AWS_EC2_METADATA_DISABLED", "`true`: no tool may fall back to the machine's own identity."),
    set("AWS_ENDPOINT_URL_STS", "The STS of the role, where it is not AWS's own."),
    set("JIT_TOKEN", "The token of a role that opens `[token]`."),
    set("VAULT_ADDR", "The server of a role that opens `[vault]`."),
    set("VAULT_NAMESPACE", "Its namespace, where the role has one."),
    set("VAULT_TOKEN", "The token of the role there: the first one, if it is replaced during a command."),
    set("BAO_ADDR", "The same for OpenBao's own programs."),
    set("BAO_NAMESPACE", "The same for OpenBao's own programs."),
    set("BAO_TOKEN", "The same for OpenBao's own programs."),
    set(
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS",
        "The address on this machine that stands for Google's, where the role names one.",
    ),
    set("CLOUDSDK_AUTH_ACCESS_TOKEN", "The token of a role that opens `[gcp]`, for gcloud."),
    set("GOOGLE_OAUTH_ACCESS_TOKEN", "The same for Terraform."),
    set(
        "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
        "Empty: no configuration of gcloud may act as another account.",
    ),
    set("CLOUDSDK_CORE_PROJECT", "The project of the role, for gcloud."),
    set("GOOGLE_CLOUD_PROJECT", "The same for client libraries."),
    set(
        "GOOGLE_APPLICATION_CREDENTIALS",
        "A file that does not exist, so that client libraries do not take your own credentials.",
    ),
    set("JIT_BOUNDED_ACCOUNT", "The service account whose token an access boundary limits."),
    set(
        "AZURE_ACCESS_TOKEN",
        "The token of a role that opens `[azure]`, for scripts: that of its first audience.",
    ),
    set(
        "AZURE_TOKEN_CREDENTIALS",
        "`EnvironmentCredential`, which finds nothing: client libraries do not take your own credentials.",
    ),
    served("JIT_TOKEN_FILE", "A private file with the token, written again at each renewal."),
    served("VAULT_TOKEN_FILE", "A private file with the token, written again at each renewal."),
    served("BAO_TOKEN_FILE", "The same for OpenBao's own programs."),
    served("VAULT_CONFIG_PATH", "A private configuration of `vault` whose token helper reads that file."),
    served("BAO_CONFIG_PATH", "The same for `bao`."),
    served("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "A private file with the token, kept fresh."),
    served(
        "GOOGLE_APPLICATION_CREDENTIALS",
        "A private file that leads client libraries to an address on this machine, where the token is renewed.",
    ),
    served("GCE_METADATA_HOST", "With `--metadata`: the address that answers as Google's metadata server."),
    served("GCE_METADATA_IP", "The same, where google-auth for Python looks for the server's presence."),
    served("AZURE_ACCESS_TOKEN_FILE", "A private file with the first audience's token, kept fresh."),
    served(
        "AZURE_TOKEN_CREDENTIALS",
        "`ManagedIdentityCredential`: client libraries ask the address below, and nobody else.",
    ),
    served(
        "IDENTITY_ENDPOINT",
        "Where on this machine client libraries of Azure get tokens, as in App Service.",
    ),
    served("IDENTITY_HEADER", "What to show there."),
    served(
        "NO_PROXY",
        "With HTTP_PROXY: what stood there and 127.0.0.1, for a role that opens `[gcp]` or `[azure]`.",
    ),
    served(
        "KUBECONFIG",
        "A private file with a context for each role that opens `[kubernetes]`; its users run `jit`.",
    ),
    served("KUBE_CONFIG_PATH", "The same for Terraform's providers."),
    served("AWS_CONTAINER_CREDENTIALS_FULL_URI", "Where on this machine the credentials are served."),
    served("AWS_CONTAINER_AUTHORIZATION_TOKEN", "What to show there."),
    served("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "A private file with the same; newer tools prefer it."),
    served("AWS_CONFIG_FILE", "A private file: your settings, and a profile for each role of the command."),
    served(
        "AWS_SHARED_CREDENTIALS_FILE",
        "A private file that is empty, so that no keys of yours are found first.",
    ),
    served("AWS_SDK_LOAD_CONFIG", "`1`: the first Go SDK reads the config file only when told to."),
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
    removed("JIT_TOKEN_FILE", LEADS_ELSEWHERE),
    removed("VAULT_AGENT_ADDR", LEADS_ELSEWHERE),
    removed("VAULT_CONFIG_PATH", LEADS_ELSEWHERE),
    removed("VAULT_TOKEN_FILE", LEADS_ELSEWHERE),
    removed("BAO_AGENT_ADDR", LEADS_ELSEWHERE),
    removed("BAO_CONFIG_PATH", LEADS_ELSEWHERE),
    removed("BAO_TOKEN_FILE", LEADS_ELSEWHERE),
    removed("CLOUDSDK_AUTH_*", LEADS_ELSEWHERE),
    removed("CLOUDSDK_BILLING_QUOTA_PROJECT", LEADS_ELSEWHERE),
    removed("CLOUDSDK_CORE_ACCOUNT", LEADS_ELSEWHERE),
    removed("CLOUDSDK_PROJECT", LEADS_ELSEWHERE),
    removed("GCE_METADATA_HOST", LEADS_ELSEWHERE),
    removed("GCE_METADATA_IP", LEADS_ELSEWHERE),
    removed("GCE_METADATA_ROOT", LEADS_ELSEWHERE),
    removed("GCLOUD_KEYFILE_JSON", LEADS_ELSEWHERE),
    removed("GCLOUD_PROJECT", LEADS_ELSEWHERE),
    removed("GOOGLE_BACKEND_CREDENTIALS", LEADS_ELSEWHERE),
    removed("GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT", LEADS_ELSEWHERE),
    removed("GOOGLE_CLOUD_KEYFILE_JSON", LEADS_ELSEWHERE),
    removed("GOOGLE_CLOUD_QUOTA_PROJECT", LEADS_ELSEWHERE),
    removed("GOOGLE_CREDENTIALS", LEADS_ELSEWHERE),
    removed("GOOGLE_EXTERNAL_ACCOUNT_*", LEADS_ELSEWHERE),
    removed("GOOGLE_GHA_CREDS_PATH", LEADS_ELSEWHERE),
    removed("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", LEADS_ELSEWHERE),
    removed("GOOGLE_PROJECT", LEADS_ELSEWHERE),
    removed("METADATA_SERVER_DETECTION", LEADS_ELSEWHERE),
    removed("NO_GCE_CHECK", LEADS_ELSEWHERE),
    removed("ARM_CLIENT_*", LEADS_ELSEWHERE),
    removed("ARM_ACCESS_KEY", LEADS_ELSEWHERE),
    removed("ARM_SAS_TOKEN", LEADS_ELSEWHERE),
    removed("AZURE_STORAGE_CONNECTION_STRING", LEADS_ELSEWHERE),
    removed("AZURE_STORAGE_KEY", LEADS_ELSEWHERE),
    removed("AZURE_STORAGE_SAS_TOKEN", LEADS_ELSEWHERE),
    removed("AZCOPY_AUTO_LOGIN_TYPE", LEADS_ELSEWHERE),
    removed("AZCOPY_SPA_*", LEADS_ELSEWHERE),
    removed("ARM_MSI_*", LEADS_ELSEWHERE),
    removed("ARM_OIDC_*", LEADS_ELSEWHERE),
    removed("ARM_TENANT_ID", LEADS_ELSEWHERE),
    removed("ARM_USE_*", LEADS_ELSEWHERE),
    removed("AZURE_ACCESS_TOKEN_FILE", LEADS_ELSEWHERE),
    removed("AZURE_CLIENT_*", LEADS_ELSEWHERE),
    removed("AZURE_FEDERATED_TOKEN_FILE", LEADS_ELSEWHERE),
    removed("AZURE_PASSWORD", LEADS_ELSEWHERE),
    removed("AZURE_POD_IDENTITY_AUTHORITY_HOST", LEADS_ELSEWHERE),
    removed("AZURE_TENANT_ID", LEADS_ELSEWHERE),
    removed("AZURE_USERNAME", LEADS_ELSEWHERE),
    removed("IDENTITY_ENDPOINT", LEADS_ELSEWHERE),
    removed("IDENTITY_HEADER", LEADS_ELSEWHERE),
    removed("IDENTITY_SERVER_THUMBPRINT", LEADS_ELSEWHERE),
    removed("IMDS_ENDPOINT", LEADS_ELSEWHERE),
    removed("MSI_ENDPOINT", LEADS_ELSEWHERE),
    removed("MSI_SECRET", LEADS_ELSEWHERE),
    removed("HELM_KUBE*", LEADS_ELSEWHERE),
    removed("K8S_AUTH_*", LEADS_ELSEWHERE),
    removed("KUBECONFIG", LEADS_ELSEWHERE),
    removed("KUBERNETES_MASTER", LEADS_ELSEWHERE),
    removed("KUBE_CLIENT_CERT_DATA", LEADS_ELSEWHERE),
    removed("KUBE_CLIENT_KEY_DATA", LEADS_ELSEWHERE),
    removed("KUBE_CLUSTER_CA_CERT_DATA", LEADS_ELSEWHERE),
    removed("KUBE_CONFIG_PATH", LEADS_ELSEWHERE),
    removed("KUBE_CONFIG_PATHS", LEADS_ELSEWHERE),
    removed("KUBE_CTX", LEADS_ELSEWHERE),
    removed("KUBE_CTX_AUTH_INFO", LEADS_ELSEWHERE),
    removed("KUBE_CTX_CLUSTER", LEADS_ELSEWHERE),
    removed("KUBE_HOST", LEADS_ELSEWHERE),
    removed("KUBE_INSECURE", LEADS_ELSEWHERE),
    removed("KUBE_PASSWORD", LEADS_ELSEWHERE),
    removed("KUBE_PROXY_URL", LEADS_ELSEWHERE),
    removed("KUBE_TLS_SERVER_NAME", LEADS_ELSEWHERE),
    removed("KUBE_TOKEN", LEADS_ELSEWHERE),
    removed("KUBE_USER", LEADS_ELSEWHERE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_use_of_a_variable_stands_once_and_says_what_it_means() {
        for (place, variable) in VARIABLES.iter().enumerate() {
            let again = |other: &&Variable| other.name == variable.name && other.usage == variable.usage;
            assert!(VARIABLES[..place].iter().find(again).is_none(), "{}", variable.name);
        }
        assert!(
            inputs::INPUTS.iter().all(|input| VARIABLES.iter().any(|variable| variable.name == input.name))
        );
        assert!(VARIABLES.iter().all(|variable| variable.meaning.ends_with('.')));
    }
}
