//! SeaweedFS: an STS and an S3 that really verify. Its differences from AWS, as of 4.48:
//!
//! * It gives every session the account 000000000000 and names no account in the session's ARN.
//! * It accepts date operators in a policy but does not know `aws:CurrentTime`: a deny after a date has no effect.
//! * `ListBuckets` is open to every session; the list holds only buckets that the session may list.
//! * It stops slowly, sometimes never, so it is killed.
//! * It leaves sockets in `/tmp`, whatever its setting for temporary files.
//! * `weed server` also listens on fixed ports (Iceberg, Lance) by default, and two of them would collide.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use data_encoding::BASE64;
use serde_json::Value;
use serde_json::json;

use super::peer::Peer;
use super::peer::status_of;
use super::script::run;
use super::tool;
use crate::support::ports::free_ports;

/// The only account that SeaweedFS knows.
pub const ACCOUNT: &str = "000000000000";

/// A running SeaweedFS, with the bucket `orders` that contains `a.txt`.
///
/// By default it has two roles, `lister` and `reader`. Each trusts exactly the subject `jit:role:<its name>` of one
/// issuer. `lister` may only list buckets. `reader` may also list and read their contents. Nobody may write. A third role,
/// `own`, trusts the user `jit-broker` alone, and may list and read.
pub struct SeaweedFs {
    /// The address of STS and S3.
    pub endpoint: String,
    /// The secret key of the users `jit-broker` and `stranger`. Their names are their access keys.
    pub secret: String,
    peer: Option<Peer>,
    sockets: [PathBuf; 6],
}

/// A role of a SeaweedFS: the tokens that open it, and its permissions.
pub struct Role<'a> {
    /// Its name.
    pub name: &'a str,
    /// The subject that a token must have, exactly.
    pub subject: String,
    /// The actions that it allows on every resource.
    pub actions: &'a [&'a str],
}

impl SeaweedFs {
    /// Starts it in this folder. It trusts the issuer at this URL.
    pub fn start(folder: &Path, issuer_url: &str) -> Self {
        let role = |name, actions| Role { name, subject: format!("jit:role:{name}"), actions };
        let roles = [
            role("lister", &["s3:ListAllMyBuckets"][..]),
            role("reader", &["s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject"]),
        ];
        Self::trusting(folder, issuer_url, "/.well-known/jwks.json", &roles)
    }

    /// Starts it in this folder with the given roles, which tokens of one issuer open. The issuer's keys are at this
    /// path.
    pub fn trusting(folder: &Path, issuer_url: &str, keys: &str, roles: &[Role<'_>]) -> Self {
        let secret = BASE64.encode(&rand_bytes());
        let user = |name: &str, key: &str, actions: &[&str]| json!({"name": name, "actions": actions, "credentials": [{"accessKey": key, "secretKey": secret}]});
        let users = [
            user("admin", "root", &["Admin"]),
            user("jit-broker", "jit-broker", &[]),
            user("stranger", "stranger", &[]),
        ];
        let admin = json!({ "identities": users });
        std::fs::create_dir_all(folder.join("data")).unwrap();
        std::fs::write(folder.join("s3.json"), admin.to_string()).unwrap();
        std::fs::write(folder.join("iam.json"), trust(issuer_url, keys, roles).to_string()).unwrap();
        let [master, master_rpc, volume, volume_rpc, filer, filer_rpc, s3, s3_rpc] = free_ports();
        let mut command = Command::new(tool("weed"));
        command.args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-filer", "-s3"]);
        command.args(["-s3.config=s3.json", "-s3.iam.config=iam.json", "-volume.max=5"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]);
        for (flag, port) in [
            ("-master.port", master),
            ("-master.port.grpc", master_rpc),
            ("-volume.port", volume),
            ("-volume.port.grpc", volume_rpc),
            ("-filer.port", filer),
            ("-filer.port.grpc", filer_rpc),
            ("-s3.port", s3),
            ("-s3.port.grpc", s3_rpc),
        ] {
            command.arg(format!("{flag}={port}"));
        }
        let peer = Peer::start("weed", &command, folder);
        let endpoint = format!("http://127.0.0.1:{s3}");
        let sockets = [
            format!("filer-{filer}"),
            format!("filer-grpc-{filer_rpc}"),
            format!("master-grpc-{master_rpc}"),
            format!("s3-{s3}"),
            format!("s3-grpc-{s3_rpc}"),
            format!("volume-grpc-{volume_rpc}"),
        ];
        let sockets = sockets.map(|name| format!("/tmp/seaweedfs-{name}.sock").into());
        peer.wait_until("S3 answers", || status_of(s3, "/").is_some_and(|status| status < 500));
        // It answers a moment before it can store.
        peer.wait_until("it stores", || {
            let mut fill = Command::new(tool("python"));
            fill.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/fill_bucket.py")).env_clear();
            fill.envs([("AWS_ACCESS_KEY_ID", "root"), ("AWS_SECRET_ACCESS_KEY", &secret)]);
            fill.envs([("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_DEFAULT_REGION", "eu-west-1")]);
            run(&mut fill, b"").code == 0
        });
        Self { endpoint, secret, peer: Some(peer), sockets }
    }
}

impl Drop for SeaweedFs {
    fn drop(&mut self) {
        drop(self.peer.take());
        for socket in &self.sockets {
            let _ = std::fs::remove_file(socket);
        }
    }
}

fn rand_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// The ARN of one of its roles.
pub fn role_arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

fn trust(issuer_url: &str, keys: &str, roles: &[Role<'_>]) -> Value {
    let policy = |role: &Role<'_>| {
        json!({"name": role.name, "document": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": role.actions, "Resource": ["*"]}]}})
    };
    let trusting = |role: &Role<'_>| {
        json!({"roleName": role.name, "roleArn": role_arn(role.name), "attachedPolicies": [role.name],
            "trustPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Principal": {"Federated": "jit"}, "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Condition": {"StringEquals": {"oidc:sub": role.subject}}}]}})
    };
    // It knows no `sts:SetSourceIdentity` in a trust policy, and takes a source identity and tags without it.
    let own = Role {
        name: "own",
        subject: String::new(),
        actions: &["s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject"],
    };
    let trusting_the_broker = json!({"roleName": "own", "roleArn": role_arn("own"), "attachedPolicies": ["own"],
        "trustPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/jit-broker")}, "Action": ["sts:AssumeRole"]}]}});
    json!({
        "sts": {"tokenDuration": "1h", "maxSessionLength": "12h", "issuer": "seaweedfs-sts",
            "signingKey": BASE64.encode(&rand_bytes())},
        "providers": [{"name": "jit", "type": "oidc", "enabled": true, "config": {"issuer": issuer_url,
            "clientId": "sts.amazonaws.com", "jwksUri": format!("{issuer_url}{keys}")}}],
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "policies": roles.iter().chain([&own]).map(policy).collect::<Vec<_>>(),
        "roles": roles.iter().map(trusting).chain([trusting_the_broker]).collect::<Vec<_>>(),
    })
}
