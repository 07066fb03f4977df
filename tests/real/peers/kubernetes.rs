//! Kubernetes, in two judges, since no whole server of today is to be had:
//!
//! * [`Kubernetes`] is a real API server, 1.20.2, with etcd: OIDC by flags, RBAC, impersonation, TokenRequest, TokenReview.
//!   It has neither nodes nor controllers: no pods run, nobody makes the service account `default`, and aggregated roles
//!   (`view`, `edit`, `admin`) stay empty. It knows no AuthenticationConfiguration (1.29) and no SelfSubjectReview (1.27).
//! * [`Judge`] is the code of today's API server around AuthenticationConfiguration: it checks a file and authenticates
//!   tokens, also for a [`Kubernetes`] that asks it.

use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use super::certificates::Authority;
use super::certificates::Pair;
use super::peer::Peer;
use super::peer::status_of;
use super::peers;
use super::script::Ended;
use super::script::run;
use super::tool;
use crate::support::ports::free_ports;

/// A running API server, which authorises by RBAC.
pub struct Kubernetes {
    /// Its address, which is also the issuer and the audience of its service accounts' tokens.
    pub server: String,
    /// The certificate of its authority, in PEM.
    pub authority: PathBuf,
    /// A kubeconfig of a member of `system:masters`.
    pub admin: PathBuf,
    folder: PathBuf,
    // The server ends before its store.
    apiserver: Peer,
    _etcd: Peer,
}

/// The party whose tokens a [`Kubernetes`] takes, beside its own.
pub enum Trust<'a> {
    /// Nobody's.
    Nobody,
    /// An issuer's, by flags: the user is `jit:<sub>`, the groups are `jit:<member of groups>`. The issuer must answer at
    /// this `https` URL when the server starts.
    Issuer {
        /// The issuer's URL.
        url: &'a str,
        /// The audience that the tokens must have.
        audience: &'a str,
        /// The certificate of the authority behind the issuer's own, in PEM.
        authority: &'a Path,
    },
    /// Those that a [`JudgeServer`] takes.
    Judge(&'a JudgeServer),
}

impl Kubernetes {
    /// Starts it in this folder.
    pub fn start(folder: &Path, trust: &Trust<'_>) -> Self {
        let home = folder.join("kubernetes");
        std::fs::create_dir_all(&home).unwrap();
        let authority = Authority::new(&home);
        let [store, peers, port] = free_ports();
        let etcd = start_etcd(&home, store, peers);
        let server = format!("https://127.0.0.1:{port}");
        let Pair { certificate, key } = authority.server("kube-apiserver");
        // Its key signs the tokens of service accounts.
        let accounts = authority.server("service-accounts");
        let mut command = Command::new(tool("kube-apiserver"));
        command.args(["--bind-address=127.0.0.1", "--authorization-mode=RBAC"]);
        command.args(["--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/24"]);
        for (flag, value) in [
            ("etcd-servers", format!("http://127.0.0.1:{store}")),
            ("secure-port", port.to_string()),
            ("service-account-issuer", server.clone()),
            ("api-audiences", server.clone()),
        ] {
            command.arg(format!("--{flag}={value}"));
        }
        for (flag, path) in [
            ("tls-cert-file", &certificate),
            ("tls-private-key-file", &key),
            ("client-ca-file", &authority.own.certificate),
            ("service-account-key-file", &accounts.certificate),
            ("service-account-signing-key-file", &accounts.key),
        ] {
            command.arg(format!("--{flag}={}", path.display()));
        }
        command.args(trust.flags(&home));
        let Pair { certificate, key } = authority.client("admin", "system:masters");
        let admin = home.join("admin.json");
        let user = json!({"client-certificate": certificate, "client-key": key});
        std::fs::write(&admin, kubeconfig(&server, Some(&authority.own.certificate), &user)).unwrap();
        let kubernetes = Self {
            server,
            authority: authority.own.certificate,
            admin,
            apiserver: Peer::start("kube-apiserver", &command, &home),
            _etcd: etcd,
            folder: home,
        };
        kubernetes.apiserver.wait_until("it is ready", || {
            let asks = [&["get", "--raw=/readyz"][..], &["get", "namespace", "default"]];
            asks.iter().all(|ask| kubernetes.kubectl(ask, "").code == 0)
        });
        kubernetes
    }

    /// Runs today's kubectl as administrator, with this on standard input.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.kubectl_command();
        command.arg("--kubeconfig").arg(&self.admin).args(arguments);
        run(&mut command, input.as_bytes())
    }

    /// Runs today's kubectl with this token.
    pub fn kubectl_as(&self, token: &str, arguments: &[&str]) -> Ended {
        let config = tempfile::NamedTempFile::new_in(&self.folder).unwrap();
        let text = kubeconfig(&self.server, Some(&self.authority), &json!({"token": token}));
        std::fs::write(config.path(), text).unwrap();
        let mut command = self.kubectl_command();
        command.arg("--kubeconfig").arg(config.path()).args(arguments);
        run(&mut command, b"")
    }

    /// Waits until it takes this token of its issuer. It is ready before: this version fetches an issuer's keys only ten seconds
    /// after its start.
    pub fn wait_until_it_knows(&self, token: &str) {
        self.apiserver.wait_until("it has the issuer's keys", || {
            !self.kubectl_as(token, &["get", "configmaps"]).stderr.contains("Unauthorized")
        });
    }

    /// Creates or changes these objects, as administrator.
    #[track_caller]
    pub fn apply(&self, objects: &Value) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        self.kubectl(&["apply", "-f", "-"], &list.to_string()).ok();
    }

    /// kubectl without any of this machine's settings.
    fn kubectl_command(&self) -> Command {
        let mut command = Command::new(tool("kubectl"));
        command.env_clear().env("HOME", &self.folder);
        command
    }
}

impl Trust<'_> {
    fn flags(&self, folder: &Path) -> Vec<String> {
        match self {
            Self::Nobody => Vec::new(),
            Self::Issuer { url, audience, authority } => vec![
                format!("--oidc-issuer-url={url}"),
                format!("--oidc-client-id={audience}"),
                format!("--oidc-ca-file={}", authority.display()),
                "--oidc-username-claim=sub".to_owned(),
                "--oidc-username-prefix=jit:".to_owned(),
                "--oidc-groups-claim=groups".to_owned(),
                "--oidc-groups-prefix=jit:".to_owned(),
            ],
            Self::Judge(judge) => {
                let file = folder.join("judge.json");
                std::fs::write(&file, kubeconfig(&judge.url, None, &json!({}))).unwrap();
                vec![
                    format!("--authentication-token-webhook-config-file={}", file.display()),
                    "--authentication-token-webhook-version=v1".to_owned(),
                    // An answer is used once.
                    "--authentication-token-webhook-cache-ttl=0s".to_owned(),
                ]
            }
        }
    }
}

/// A kubeconfig of one server and one user.
fn kubeconfig(server: &str, authority: Option<&Path>, user: &Value) -> String {
    let mut cluster = json!({"server": server});
    if let Some(authority) = authority {
        cluster["certificate-authority"] = json!(authority);
    }
    json!({"apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}], "users": [{"name": "test", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]})
    .to_string()
}

fn start_etcd(folder: &Path, port: u16, peers: u16) -> Peer {
    let (client, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peers}"));
    let mut command = Command::new(tool("etcd"));
    command.args(["--data-dir=etcd", "--name=default", "--unsafe-no-fsync"]);
    for (flag, value) in [
        ("listen-client-urls", client.clone()),
        ("advertise-client-urls", client),
        ("listen-peer-urls", peer.clone()),
        ("initial-advertise-peer-urls", peer.clone()),
        ("initial-cluster", format!("default={peer}")),
    ] {
        command.arg(format!("--{flag}={value}"));
    }
    let etcd = Peer::start("etcd", &command, folder);
    etcd.wait_until("it is healthy", || status_of(port, "/health") == Some(200));
    etcd
}

/// Today's API server as a judge of AuthenticationConfiguration.
pub struct Judge(PathBuf);

impl Judge {
    /// The judge. `None` where `tests/run` could not build it, which it says at its end.
    pub fn installed() -> Option<Self> {
        (!peers().join("kube/no_judge").exists()).then(|| Self(tool("kube_judge")))
    }

    /// The API server's complaints about this file. Empty if it takes the file.
    pub fn problems(&self, file: &Path) -> Vec<String> {
        let answer = run(Command::new(&self.0).arg("check").arg(file), b"").ok();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        serde_json::from_value(answer["problems"].clone()).unwrap()
    }

    /// The API server's word about the bearer of each token: `{"user": {username, uid, groups, extra}}`, or
    /// `{"refused": cause}`. The issuers of the file must answer.
    pub fn users(&self, file: &Path, tokens: &[&str]) -> Vec<Value> {
        let answers = run(Command::new(&self.0).arg("tokens").arg(file), tokens.join("\n").as_bytes()).ok();
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Judges tokens by this file for a [`Kubernetes`]. Its log goes to the folder.
    pub fn serve(&self, folder: &Path, file: &Path) -> JudgeServer {
        let [port] = free_ports();
        let mut command = Command::new(&self.0);
        command.arg("serve").arg(file).arg(format!("127.0.0.1:{port}"));
        let peer = Peer::start("kube_judge", &command, folder);
        peer.wait_until("it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        JudgeServer { url: format!("http://127.0.0.1:{port}"), _peer: peer }
    }
}

/// A judge whom API servers ask. It stops when dropped.
pub struct JudgeServer {
    /// Its address.
    pub url: String,
    _peer: Peer,
}
