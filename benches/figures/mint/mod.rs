//! From an approved order to credentials, for each place, beside the vendor's own tool that makes the same exchange with the same server
//! on loopback. `google-auth` and MSAL exchange in a Python process that runs already; `bao` and `aws` are programs that start each
//! time, as people use them.

mod refreshing;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::routing::get;
use jiff::SignedDuration;
use jiff::Timestamp;
use jit::grant::Target;
use jit::issuer;
use jit::issuer::Issuer;
use jit::provider;
use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::clouds;
use jit::provider::clouds::Clouds;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxAccount;
use jit::sandbox::SandboxApp;
use jit::sandbox::SandboxRole;
use jit::sandbox::Settings;
use jit::system::System;
use serde_json::json;
use tokio::net::TcpListener;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::output;
use crate::measure::quiet;
use crate::measure::ratio;
use crate::measure::run;
use crate::place;
use refreshing::GOOGLE_AUTH;
use refreshing::MSAL;
use refreshing::Refreshing;

/// Rounds against a tool that runs already.
const ROUNDS: usize = 200;
/// Rounds against a tool that starts each time.
const STARTS: usize = 40;

const ROLE: &str = "prod-admin";
const ROLE_ARN: &str = "arn:aws:iam::000000000042:role/prod-admin";
const ACCOUNT: &str = "warehouse@shop-prod-1.iam.gserviceaccount.com";
const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
const MANAGER: &str = "https://management.azure.com";
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit-1";

/// The issuer, the clouds that trust it, and orders for them.
struct Stage {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    issuer: Arc<Issuer>,
    issuer_url: String,
    cloud_url: String,
    clouds: Clouds,
}

impl Stage {
    fn start() -> Self {
        let folder = place::folder();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let issuer = Arc::new(Issuer::open(&folder.path().join("issuer"), Timestamp::now()).unwrap());
        let system = System::real();
        let [(site, issuer_address), (cloud, cloud_address)] = [bind(), bind()];
        let (issuer_url, cloud_url) = (format!("http://{issuer_address}"), format!("http://{cloud_address}"));
        let keys = Arc::clone(&issuer);
        let discovery = issuer::discovery_json(&issuer_url);
        let documents = Router::new()
            .route(issuer::DISCOVERY_PATH, get(async move || discovery))
            .route(issuer::KEY_SET_PATH, get(async move || keys.key_set_json(Timestamp::now())));
        let subject = provider::subject(&ROLE.parse().unwrap());
        let role = SandboxRole::for_subject(ROLE_ARN.parse().unwrap(), subject.clone());
        let account = SandboxAccount::for_subject(ACCOUNT, PROVIDER, subject.clone());
        let app = SandboxApp::for_subject((TENANT, APP), &[MANAGER.to_owned()], subject);
        let sandbox = Sandbox::new(
            Settings::new(&*issuer_url, vec![role]),
            Arc::clone(&system.http),
            Arc::clone(&system.clock),
            Arc::clone(&system.entropy),
        )
        .with_accounts(Arc::new(move || vec![account.clone()]))
        .with_apps(Arc::new(move || vec![app.clone()]));
        // Their own thread: a mint keeps this one's runtime busy.
        std::thread::spawn(move || {
            let servers = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            servers.block_on(async {
                let [site, cloud] = [site, cloud].map(|listener| TcpListener::from_std(listener).unwrap());
                tokio::join!(async { axum::serve(site, documents).await }, async {
                    axum::serve(cloud, sandbox.router()).await
                })
            })
        });
        let clouds = Clouds::new(Arc::clone(&issuer), issuer_url.clone(), Arc::default(), &system);
        Self { folder, runtime, issuer, issuer_url, cloud_url, clouds }
    }

    fn order(&self, target: &str) -> MintOrder {
        let end = Timestamp::now() + SignedDuration::from_mins(30);
        MintOrder {
            target: target.parse().unwrap(),
            role: ROLE.parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana".parse().unwrap(),
            until: end,
            grant_until: end,
            scope: None,
            source: None,
        }
    }

    fn mint(&self, order: &MintOrder) {
        self.runtime.block_on(self.clouds.mint(order)).unwrap();
    }

    /// A file with a token that the vendor's tool shows. It lives an hour, so that no round pays for signing.
    fn token(&self, target: &Target) -> std::path::PathBuf {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": self.issuer_url, "sub": provider::subject(&ROLE.parse().unwrap()), "aud": clouds::audience(target).unwrap(),
            "iat": now - 1, "exp": now + 3600, "jti": "figure", "jit_request": "7F3KQ2M8ZD", "jit_person": "ana",
        });
        let token = self.issuer.sign(claims.as_object().unwrap(), Timestamp::now()).unwrap();
        let path = self.folder.path().join(format!("{}.jwt", target.cloud()));
        fs::write(&path, token.expose()).unwrap();
        path
    }
}

/// Shows the figure of each place whose tool is installed.
pub fn figure() {
    let stage = Stage::start();
    aws(&stage);
    google(&stage);
    azure(&stage);
    openbao(&stage);
}

fn aws(stage: &Stage) {
    let order = stage.order(&format!("sandbox:{ROLE_ARN}?endpoint_url={}", stage.cloud_url));
    let token = stage.token(&order.target);
    let program = place::peer("aws2");
    if !program.exists() {
        return println!("mint       the AWS CLI, version 2, is not installed: tests/run --install");
    }
    let file = format!("file://{}", token.display());
    let words = [
        [
            "sts",
            "assume-role-with-web-identity",
            "--role-arn",
            ROLE_ARN,
            "--role-session-name",
            "7F3KQ2M8ZD-ana",
        ]
        .as_slice(),
        &["--web-identity-token", &file, "--endpoint-url", &stage.cloud_url, "--region", "eu-west-1"],
    ]
    .concat();
    let home = stage.folder.path().to_str().unwrap().to_owned();
    let environment = [("HOME", home.as_str()), ("PATH", "/usr/bin:/bin")];
    assert!(output(quiet(&program, &environment).args(&words)).contains("SessionToken"));
    beside(stage, &order, "aws sts assume-role-with-web-identity, started each time", STARTS, || {
        run(quiet(&program, &environment).args(&words));
    });
}

fn google(stage: &Stage) {
    let target =
        format!("gcp:{ACCOUNT}?project=shop-prod-1&provider={PROVIDER}&endpoint={}", stage.cloud_url);
    let order = stage.order(&target);
    let token = stage.token(&order.target);
    let url = &stage.cloud_url;
    let file = stage.folder.path().join("google.json");
    let account = json!({
        "type": "external_account", "audience": format!("//iam.googleapis.com/{PROVIDER}"),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": format!("{url}/v1/token"),
        "service_account_impersonation_url": format!("{url}/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken"),
        "credential_source": { "file": token },
    });
    fs::write(&file, account.to_string()).unwrap();
    let python = place::peer("python");
    let file = file.to_str().unwrap();
    let Some(mut refreshing) = Refreshing::start(&python, "google.auth, requests", GOOGLE_AUTH, &[file])
    else {
        return println!("mint       google-auth is not installed: tests/run --install");
    };
    beside(stage, &order, "google-auth, refresh() in a process that runs", ROUNDS, || refreshing.again());
}

fn azure(stage: &Stage) {
    let url = &stage.cloud_url;
    // Entra's tokens live longer than a grant of half an hour, so the role accepts that.
    let target = format!("azure:{APP}?tenant={TENANT}&audiences={MANAGER}&authority={url}&overrun=accept");
    let order = stage.order(&target);
    let token = stage.token(&order.target);
    let scope = format!("{MANAGER}/.default");
    let words = [url, TENANT, APP, &scope, token.to_str().unwrap()];
    let Some(mut refreshing) = Refreshing::start(&place::peer("python"), "msal, requests", MSAL, &words)
    else {
        return println!("mint       MSAL is not installed: tests/run --install");
    };
    let tool = "MSAL, acquire_token_for_client() without its cache in a process that runs";
    beside(stage, &order, tool, ROUNDS, || refreshing.again());
}

fn openbao(stage: &Stage) {
    let program = place::peer("bao");
    if !program.exists() {
        return println!("mint       bao is not installed: tests/run --install");
    }
    let server = Server::start(&program, stage.folder.path());
    let order = stage.order(&format!("vault:{}?role=prod&mount=jwt&policies=kv-read", server.url));
    let token = stage.token(&order.target);
    let commands = provider::vault::trust::commands(
        &order.role,
        order.target.as_vault().unwrap(),
        provider::trust::TrustedIssuer::own(&stage.issuer_url),
        3600,
    );
    server.shell(&format!("bao policy write kv-read - <<'P'\npath \"secret/data/*\" {{ capabilities = [\"read\"] }}\nP\n{commands}"));
    let jwt = format!("jwt=@{}", token.display());
    let words = ["write", "-format=json", "auth/jwt/login", "role=prod", &jwt];
    let environment = server.environment("");
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(output(quiet(&program, &environment).args(words)).contains("client_token"));
    beside(
        stage,
        &order,
        "bao write auth/jwt/login, started each time (one call; jit makes two)",
        STARTS,
        || {
            run(quiet(&program, &environment).args(words));
        },
    );
}

/// Measures a place's mint in turns with a tool.
fn beside(stage: &Stage, order: &MintOrder, tool: &str, rounds: usize, exchange: impl FnMut()) {
    stage.mint(order);
    let mut contenders: [Contender<'_>; 2] =
        [("mint", Box::new(|| stage.mint(order))), (tool, Box::new(exchange))];
    let times = in_turns(rounds, &mut contenders);
    println!(
        "mint       {} {} | {tool} {} | ratio {:.3}",
        order.target.cloud(),
        times[0],
        times[1],
        ratio(times[0].median(), times[1].median())
    );
}

fn bind() -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// OpenBao, with everything in memory.
struct Server {
    url: String,
    program: std::path::PathBuf,
    home: String,
    child: Child,
}

impl Server {
    const ROOT: &str = "root-of-the-figure";

    fn start(program: &Path, folder: &Path) -> Self {
        let port = free_pair();
        let home = folder.to_str().unwrap().to_owned();
        let mut command = Command::new(program);
        command.args([
            "server",
            "-dev",
            "-dev-no-store-token",
            &format!("-dev-listen-address=127.0.0.1:{port}"),
        ]);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &home)
            .env("BAO_DEV_ROOT_TOKEN_ID", Self::ROOT);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server =
            Self { url: format!("http://127.0.0.1:{port}"), program: program.to_owned(), home, child };
        let began = Instant::now();
        while !server.command("sh").args(["-c", "bao status"]).status().unwrap().success() {
            assert!(began.elapsed() < Duration::from_secs(60), "OpenBao does not start");
        }
        server
    }

    fn environment(&self, token: &str) -> [(&'static str, String); 4] {
        let bin = self.program.parent().unwrap().display();
        [
            ("HOME", self.home.clone()),
            ("PATH", format!("{bin}:/usr/bin:/bin")),
            ("BAO_ADDR", self.url.clone()),
            ("BAO_TOKEN", token.to_owned()),
        ]
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment(Self::ROOT)).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs commands as its administrator.
    fn shell(&self, commands: &str) {
        assert!(self.command("sh").args(["-e", "-c", commands]).status().unwrap().success(), "{commands}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free together with the next one, on which OpenBao also listens.
fn free_pair() -> u16 {
    loop {
        let first = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if std::net::TcpListener::bind(("127.0.0.1", first.saturating_add(1))).is_ok() {
            return first;
        }
    }
}
