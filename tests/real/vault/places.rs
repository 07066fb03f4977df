//! Roles that open OpenBao and tokens that it verifies: asked, approved, used and ended, with its own command line.

use std::path::Path;
use std::process::Command;

use http::Method;
use jit::provider::trust::TrustedIssuer;
use jit::provider::vault::trust;
use serde_json::Value;
use serde_json::json;

use crate::peers::broker::JIT;
use crate::peers::openbao::OpenBao;
use crate::peers::peer::wait_for;
use crate::peers::team::Team;
use crate::peers::tool;

const READ: &str = "path \"secret/data/*\" { capabilities = [\"read\"] }";
const WRITE: &str = "path \"secret/data/*\" { capabilities = [\"create\", \"update\"] }";

/// A team whose roles open this server. The server is configured as `jit` prints it.
struct Stage {
    team: Team,
    bao: OpenBao,
}

impl Stage {
    fn new() -> Self {
        let mut team = Team::new();
        let bao = OpenBao::start(team.folder());
        bao.policy("kv-read", READ);
        bao.policy("kv-write", WRITE);
        bao.call(Method::POST, "secret/data/db", &json!({"data": {"password": "canary"}}));
        let url = &bao.url;
        let target = format!(
            "[vault]\naddress = \"{url}\"\nrole = \"prod\"\npolicies = [\"kv-read\", \"kv-write\"]\n\
             [scopes.read]\npolicies = [\"kv-read\"]\n"
        );
        team.add_role("secrets", &target);
        let target = format!(
            "[vault]\naddress = \"{url}\"\nrole = \"lasting\"\npolicies = [\"kv-read\"]\nrevoke_role = \"jit-revoke\"\n"
        );
        team.add_role("lasting", &target);
        let target = format!("[vault]\naddress = \"{url}\"\nrole = \"nobody\"\n");
        team.add_role("unknown", &target);
        let rule = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nduration = \"2h\"\nlease = \"15m\"\n";
        let short =
            format!("{rule}[vault]\naddress = \"{url}\"\nrole = \"short\"\npolicies = [\"kv-read\"]\n");
        team.broker.write_policy("roles/short.toml", &short);
        team.add_role("registry", "[token]\naudience = \"registry\"\nclaims = { groups = [\"pushers\"] }\n");
        team.open();
        let target: jit::grant::Target =
            format!("vault:{url}?role=prod&mount=jwt&policies=kv-read,kv-write").parse().unwrap();
        let role = "secrets".parse().unwrap();
        let commands =
            trust::commands(&role, target.as_vault().unwrap(), TrustedIssuer::own(&team.broker.url), 3600);
        shell(&commands, &bao, team.folder());
        Self { team, bao }
    }

    /// Whether a token may read and write.
    fn may(&self, token: &str) -> (bool, bool) {
        let read = self.bao.call_as(token, Method::GET, "secret/data/db", &Value::Null).0;
        let write = self
            .bao
            .call_as(token, Method::POST, "secret/data/db", &json!({"data": {"password": "canary"}}))
            .0;
        (read == 200, write == 200)
    }

    /// The target of a role that this server opens.
    fn target(&self, role: &str) -> jit::grant::cloud::vault::VaultTarget {
        let target: jit::grant::Target =
            format!("vault:{}?role={role}&mount=jwt&policies=kv-read", self.bao.url).parse().unwrap();
        target.as_vault().unwrap().clone()
    }

    /// Asked, approved and used. Returns the request's id and ana's token.
    fn active(&self, role: &str) -> (String, String) {
        let id = self.team.grant(role);
        let used = self.team.ana.run(&["exec", role, "--", "true"]);
        assert_eq!(used.code, 0, "{used:?}");
        (id, self.token(role))
    }

    /// Ana's token, as programs get it.
    fn token(&self, role: &str) -> String {
        let printed = self.team.ana.run(&["credentials", role, "--format", "token"]);
        assert_eq!(printed.code, 0, "{printed:?}");
        printed.stdout.trim().to_owned()
    }
}

/// Runs commands as the server's administrator.
fn shell(commands: &str, bao: &OpenBao, folder: &Path) {
    let bin = Path::new(&tool("bao")).parent().unwrap().to_owned();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-e", "-c", commands])
        .env("PATH", path)
        .env("HOME", folder)
        .env("BAO_TOKEN", &bao.root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{commands}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_role_of_openbao_is_used_by_its_own_command_line_and_ended() {
    let stage = Stage::new();
    let ana = &stage.team.ana;
    stage.team.grant("secrets");
    let bao = tool("bao").display().to_string();
    let words = ["exec", "secrets", "--", &bao, "kv", "get", "-field=password", "secret/db"];
    let read = ana.run(&words);
    assert_eq!((read.code, read.stdout.trim()), (0, "canary"), "{read:?}");
    let token = stage.token("secrets");
    assert_eq!(stage.may(&token), (true, true));

    // The server says what the token is, and when it ends.
    let looked = stage.bao.call_as(&token, Method::GET, "auth/token/lookup-self", &Value::Null).1;
    let data = &looked["data"];
    assert_eq!(data["policies"], json!(["default", "kv-read", "kv-write"]), "{looked}");
    assert_eq!(
        (data["meta"]["jit_person"].as_str(), data["renewable"].as_bool()),
        (Some("ana"), Some(false))
    );
    let left = data["ttl"].as_i64().unwrap();
    assert!((3500..=3600).contains(&left) && data["explicit_max_ttl"].as_i64().unwrap() <= 3600, "{looked}");
    // A person who has it cannot make it last, nor make another one.
    for (path, body) in
        [("auth/token/renew-self", json!({"increment": "24h"})), ("auth/token/create", json!({}))]
    {
        let (status, answer) = stage.bao.call_as(&token, Method::POST, path, &body);
        assert!(status >= 400, "{path}: {status} {answer}");
    }

    let ended = ana.run(&["end", "secrets"]);
    assert!(ended.stderr.contains("the token was revoked at server"), "{ended:?}");
    assert_eq!(stage.may(&token), (false, false));
}

/// The broker revokes what the requester still holds, by a role that `jit setup trust` prints and that may do nothing else.
#[test]
fn the_broker_revokes_the_token_of_an_access_that_was_revoked() {
    let stage = Stage::new();
    let (ana, bo) = (&stage.team.ana, &stage.team.bo);
    let printed = ana.run(&["setup", "trust", "lasting"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    // The mount and the policy for children are there already.
    let (_, own) = printed.stdout.split_once("# for this role\n").unwrap();
    let exports = format!("export BAO_ADDR={}\n", stage.bao.url);
    shell(&format!("{exports}{own}"), &stage.bao, stage.team.folder());

    let (id, token) = stage.active("lasting");
    let bao = tool("bao").display().to_string();
    let lookup = || {
        let mut command = Command::new(&bao);
        command.args(["token", "lookup"]).env_clear().env("HOME", stage.team.folder());
        command.env("BAO_ADDR", &stage.bao.url).env("BAO_TOKEN", &token).output().unwrap()
    };
    assert!(lookup().status.success());
    let revoked = bo.run(&["revoke", &id, "--reason", "over", "-y"]);
    assert_eq!(revoked.code, 0, "{revoked:?}");
    assert!(revoked.stderr.contains("the server revoked the tokens already handed out"), "{revoked:?}");
    let looked = lookup();
    assert!(!looked.status.success(), "{looked:?}");
    assert!(String::from_utf8_lossy(&looked.stderr).contains("permission denied"), "{looked:?}");
    assert_eq!(stage.may(&token), (false, false));

    // The role for it signs in nobody but the broker, and its token may revoke and nothing more.
    let (status, policy) =
        stage.bao.call_as(&stage.bao.root, Method::GET, "auth/jwt/role/jit-revoke", &Value::Null);
    assert_eq!((status, &policy["data"]["bound_subject"]), (200, &json!("jit:revoke")), "{policy}");
    assert_eq!(policy["data"]["token_policies"], json!(["jit-revoke"]), "{policy}");
    // A server that forgets the role refuses the broker, which says so and tries again.
    let (_, token) = stage.active("lasting");
    stage.bao.call(Method::DELETE, "auth/jwt/role/jit-revoke", &Value::Null);
    let ended = ana.run(&["end", "lasting"]);
    assert!(ended.code == 0 && ended.stderr.contains("the token was revoked at server"), "{ended:?}");
    assert!(ended.stderr.contains("has no role jit-revoke at auth/jwt"), "{ended:?}");
    assert_eq!(stage.may(&token), (false, false));
}

/// A broker that is killed between the end and the revocation revokes when it is started again.
#[test]
fn a_broker_that_was_killed_revokes_when_it_is_back() {
    let mut stage = Stage::new();
    let commands = trust::to_take_back(&stage.target("lasting"), "jit-revoke");
    let lasting: jit::grant::Name = "lasting".parse().unwrap();
    let role =
        trust::commands(&lasting, &stage.target("lasting"), TrustedIssuer::own(&stage.team.broker.url), 3600);
    let (exports, own) =
        (format!("export BAO_ADDR={}\n", stage.bao.url), role.split_once("# for this role\n").unwrap().1);
    shell(&format!("{exports}{own}"), &stage.bao, stage.team.folder());
    let (id, token) = stage.active("lasting");
    // Without its role at the server the broker can only try.
    let revoked = stage.team.bo.run(&["revoke", &id, "--reason", "over", "-y"]);
    assert!(revoked.code == 0 && revoked.stderr.contains("The broker tries again"), "{revoked:?}");
    stage.team.broker.kill();
    assert_eq!(stage.may(&token), (true, false), "it still works");
    shell(&format!("{exports}{commands}"), &stage.bao, stage.team.folder());
    stage.team.broker.start();
    wait_for("the token is revoked", || stage.may(&token) == (false, false));
}

#[test]
fn a_scope_has_fewer_policies_and_the_server_holds_it_to_them() {
    let stage = Stage::new();
    let ana = &stage.team.ana;
    let asked = ana.run(&["request", "secrets", "--scope", "read", "--reason", "look", "--no-wait", "-y"]);
    assert_eq!(asked.code, 0, "{asked:?}");
    stage.team.bo.approve(asked.stdout.trim());
    assert_eq!(ana.run(&["exec", "secrets", "--", "true"]).code, 0);
    assert_eq!(stage.may(&stage.token("secrets")), (true, false));
}

/// The roles whose tokens are replaced during a command.
fn replaced() -> Stage {
    let stage = Stage::new();
    let role = json!({"bound_audiences": [stage.bao.url], "bound_subject": "jit:role:short",
        "token_policies": ["kv-read", "jit-child"], "token_ttl": "1h"});
    stage.bao.role("short", &role);
    stage.team.grant("short");
    stage
}

/// A served command finds the newest token by the helper of its configuration, once it takes the first one out of its environment.
#[test]
fn a_served_command_reads_the_newest_token_by_its_helper() {
    let stage = replaced();
    let bao = tool("bao").display().to_string();
    let script = format!(
        "test -n \"$VAULT_TOKEN\" && test -n \"$BAO_TOKEN\" \
         && env -u VAULT_TOKEN -u BAO_TOKEN '{bao}' kv get -field=password secret/db && echo \
         && BAO_TOKEN=$(cat \"$VAULT_TOKEN_FILE\") '{bao}' token lookup -field=display_name && echo \
         && env -u VAULT_TOKEN -u BAO_TOKEN '{JIT}' whoami --cloud"
    );
    let read = stage.team.ana.run(&["exec", "short", "--", "sh", "-c", &script]);
    assert_eq!(read.code, 0, "{}", read.stderr);
    let lines: Vec<&str> = read.stdout.lines().collect();
    assert!(lines[0] == "canary" && lines[1].starts_with("token-jit-"), "{lines:?}\n{}", read.stderr);
    assert!(
        lines[2].starts_with(lines[1]) && lines[2].ends_with(" of ana"),
        "jit reads the file, too: {lines:?}"
    );
    assert!(read.stderr.contains("keep the first token of short, until"), "{}", read.stderr);
}

/// hvac reads `~/.vault-token` where `VAULT_TOKEN` is not set. There it finds the server's administrator.
const ONCE_MORE: &str = "
import hvac
client = hvac.Client()
print(client.lookup_token()['data']['display_name'])
client.auth.token.revoke_self()
try:
    print(hvac.Client().lookup_token()['data']['display_name'])
except hvac.exceptions.Forbidden:
    print('refused')
";

#[test]
fn a_library_never_acts_as_the_person() {
    let stage = replaced();
    let home = stage.team.folder().join("home-with-token");
    std::fs::create_dir(&home).unwrap();
    std::fs::write(home.join(".vault-token"), &stage.bao.root).unwrap();
    let script = format!("HOME='{}' exec '{}' -c \"$0\"", home.display(), tool("python").display());
    let read = stage.team.ana.run(&["exec", "short", "--", "sh", "-c", &script, ONCE_MORE]);
    assert_eq!(read.code, 0, "{}", read.stderr);
    let lines: Vec<&str> = read.stdout.lines().collect();
    assert!(lines[0].starts_with("token-jit-") && lines[1] == "refused", "{lines:?}");
}

#[test]
fn the_servers_refusals_say_what_to_do() {
    let stage = Stage::new();
    let ana = &stage.team.ana;
    stage.team.grant("unknown");
    let refused = ana.run(&["exec", "unknown", "--", "true"]);
    assert!(
        refused.stderr.contains("has no role nobody at auth/jwt") && refused.stderr.contains("hint: "),
        "{refused:?}"
    );
    // A role at the server that is bound to another subject takes no token of this role.
    let role = json!({"bound_audiences": [stage.bao.url], "bound_subject": "jit:role:other", "token_policies": ["kv-read"]});
    stage.bao.role("nobody", &role);
    let refused = ana.run(&["exec", "unknown", "--", "true"]);
    assert!(refused.stderr.contains("is bound to another subject"), "{refused:?}");
    // One whose sign-in may not make a child gives nothing, and leaves no token behind.
    let role = json!({"bound_audiences": [stage.bao.url], "bound_subject": "jit:role:unknown", "token_policies": ["kv-read"],
        "token_ttl": "1h"});
    stage.bao.role("nobody", &role);
    let refused = ana.run(&["exec", "unknown", "--", "true"]);
    assert!(refused.stderr.contains("may not make the token that ends with the access"), "{refused:?}");
    let accessors = stage.bao.call(Method::GET, "auth/token/accessors?list=true", &Value::Null);
    assert_eq!(accessors["data"]["keys"].as_array().unwrap().len(), 1, "only root's is left: {accessors}");
    // One that is bound to other addresses answers as a server without JWT authentication does.
    let mut role = role;
    role["token_bound_cidrs"] = json!(["192.0.2.1/32"]);
    stage.bao.role("nobody", &role);
    let refused = ana.run(&["exec", "unknown", "--", "true"]);
    assert!(
        refused.stderr.contains("takes no sign-in from the caller's address")
            && refused.stderr.contains("`token_bound_cidrs` of auth/jwt/role/nobody"),
        "{refused:?}"
    );
}

/// OpenBao stands for any program that trusts our tokens: it takes one with the role's claims, and none for another audience.
#[test]
fn a_token_is_verified_by_its_audience_subject_and_claims() {
    let stage = Stage::new();
    stage.team.grant("registry");
    let ran = stage.team.ana.run(&["exec", "registry", "--", "sh", "-c", "printf %s \"$JIT_TOKEN\""]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let jwt = ran.stdout;
    let bound = |settings: Value| {
        let mut role = json!({"bound_audiences": ["registry"], "bound_subject": "jit:role:registry",
            "bound_claims": {"groups": ["pushers"]}, "token_policies": ["kv-read"]});
        for (name, value) in settings.as_object().unwrap() {
            role[name] = value.clone();
        }
        stage.bao.role("registry", &role);
        stage.bao.call_as("", Method::POST, "auth/jwt/login", &json!({"role": "registry", "jwt": jwt})).0
    };
    assert_eq!(bound(json!({})), 200);
    assert_eq!(bound(json!({"bound_claims": {"jit_person": "ana", "jit_role": "registry"}})), 200);
    assert_eq!(bound(json!({"bound_audiences": ["other"]})), 400);
    assert_eq!(bound(json!({"bound_subject": "jit:role:secrets"})), 400);
    assert_eq!(bound(json!({"bound_claims": {"groups": ["admins"]}})), 400);
    // It opens nothing that another role opens.
    let (status, answer) =
        stage.bao.call_as("", Method::POST, "auth/jwt/login", &json!({"role": "prod", "jwt": jwt}));
    assert_eq!(status, 400, "{answer}");
}
