//! Replaces `jit exec` in the tests against real clients: mints made-up leases as short as a test needs.
//!
//! `exec_driver run LEASE_SECONDS GRANT_SECONDS RENEWALS ROLE[=ALIAS]… -- COMMAND…`: a role with the beginning `gcp-` opens Google
//! Cloud, one with `azure-` Azure, each other one AWS. And the two hidden commands that
//! `jit` has: `internal-credential CARD` and `internal-child …`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command line")]

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use jit::deliver::aws::fetch;
use jit::deliver::aws::profiles;
use jit::deliver::endpoint::LeaseSource;
use jit::deliver::endpoint::RenewError;
use jit::deliver::kubernetes::exec_credential;
use jit::deliver::serving::Served;
use jit::deliver::serving::Serving;
use jit::grant::Cloud;
use jit::grant::Lease;
use jit::grant::Name;
use jit::grant::cloud::aws::AwsCredentials;
use jit::grant::cloud::azure::Authority;
use jit::grant::cloud::azure::AzureCredentials;
use jit::grant::cloud::azure::AzureToken;
use jit::grant::cloud::gcp::GcpCredentials;
use jit::system::System;
use jit::system::processes::Command;
use jit::system::supervise;
use jit::system::supervise::RealSupervisor;
use jit::system::supervise::Supervisor;

/// Mints `ASIA<place><number>`, `ya29.<number>` for Google Cloud, or `entra.<number>` for Azure. After so many renewals the broker is
/// gone.
struct Mint {
    system: System,
    place: usize,
    opens: Cloud,
    seconds: i64,
    until: Timestamp,
    renewals: u32,
    minted: AtomicU32,
}

impl Mint {
    fn lease(&self) -> Lease {
        let number = self.minted.fetch_add(1, Ordering::Relaxed) + 1;
        let expires = self.system.clock.now() + SignedDuration::from_secs(self.seconds);
        let credentials = match self.opens {
            Cloud::Gcp => google(number).into(),
            Cloud::Azure => azure(number, expires).into(),
            _ => self.aws(number).into(),
        };
        Lease { number, expires, credentials }
    }

    fn aws(&self, number: u32) -> AwsCredentials {
        AwsCredentials {
            access_key_id: format!("ASIA{}{number:03}", self.place),
            secret_access_key: "hush".into(),
            session_token: "quiet".into(),
            account: format!("{:012}", 111_122_223_333_u64 + self.place as u64),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }
    }
}

fn google(number: u32) -> GcpCredentials {
    GcpCredentials {
        token: format!("ya29.{number:03}").as_str().into(),
        service_account: "db-admin@prod-123456.iam.gserviceaccount.com".to_owned(),
        project: "prod-123456".to_owned(),
        provider: "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1".to_owned(),
        endpoint: None,
        bounded: false,
    }
}

fn azure(number: u32, expires: Timestamp) -> AzureCredentials {
    let token = |audience: &str, word: &str| AzureToken {
        audience: audience.to_owned(),
        token: format!("{word}.{number:03}").as_str().into(),
        expires,
    };
    AzureCredentials {
        tokens: vec![
            token("https://management.azure.com", "entra"),
            token("https://vault.azure.net", "entra.vault"),
        ],
        tenant: "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90".to_owned(),
        client_id: "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc".to_owned(),
        authority: Authority::Public,
        overrun: false,
    }
}

#[async_trait]
impl LeaseSource for Mint {
    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        if self.minted.load(Ordering::Relaxed) > self.renewals {
            return Err(RenewError::Passing("broker.example does not answer".to_owned()));
        }
        Ok(self.lease())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let system = System::real();
    let first = arguments.first().map(|first| first.to_string_lossy().into_owned());
    let code = match first.as_deref() {
        Some(form @ ("run" | "metadata")) => within(run(&arguments[1..], form == "metadata", &system)),
        Some(profiles::FETCH_COMMAND) => within(fetch_credential(Path::new(&arguments[1]), &system)),
        Some(supervise::CHILD_COMMAND) => Ok(child(&arguments[1..], &system)),
        _ => Err(anyhow::anyhow!("exec_driver run LEASE GRANT RENEWALS ROLE… -- COMMAND…")),
    };
    match code {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(125)
        }
    }
}

fn within(work: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

async fn fetch_credential(card: &Path, system: &System) -> anyhow::Result<u8> {
    let document =
        fetch::fetch_for(card, system.clock.as_ref(), system.environment.get(exec_credential::INFO)).await?;
    println!("{}", document.expose());
    Ok(0)
}

fn command_of(arguments: &[OsString], system: &System) -> Command {
    Command {
        program: arguments[0].clone(),
        arguments: arguments[1..].to_vec(),
        environment: system.environment.clone(),
    }
}

fn code_of(error: &std::io::Error) -> u8 {
    eprintln!("error: the command could not be started: {error}");
    if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }
}

fn child(arguments: &[OsString], system: &System) -> u8 {
    supervise::internal_child(arguments, &system.environment)
        .map_or_else(|error| code_of(&error), |code| u8::try_from(code).unwrap_or(1))
}

async fn run(arguments: &[OsString], metadata: bool, system: &System) -> anyhow::Result<u8> {
    let number = |place: usize| arguments[place].to_string_lossy().parse::<i64>();
    let (seconds, grant, renewals) = (number(0)?, number(1)?, u32::try_from(number(2)?)?);
    let dashes = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let until = system.clock.now() + SignedDuration::from_secs(grant);
    let mut served = Vec::new();
    for (place, names) in arguments[3..dashes].iter().enumerate() {
        let mut names: Vec<Name> =
            names.to_string_lossy().split('=').map(str::parse).collect::<Result<_, _>>()?;
        let role = names.remove(0);
        let opens = match role.as_str().split_once('-') {
            Some(("gcp", _)) => Cloud::Gcp,
            Some(("azure", _)) => Cloud::Azure,
            _ => Cloud::Aws,
        };
        let (system, minted) = (system.clone(), AtomicU32::new(0));
        let mint = Mint { system, place, opens, seconds, until, renewals, minted };
        let (lease, source) = (mint.lease(), Arc::new(mint));
        served.push(Served { role, others: names, lease, until, source, renews: true });
    }
    let mut serving = Serving::open(system, &system.environment, served).await?;
    if metadata {
        serving.answer_as_metadata(system).await?;
    }
    for notice in &serving.notices {
        eprintln!("{notice}");
    }
    let supervisor = RealSupervisor::of_process();
    let mut command = command_of(&arguments[dashes + 1..], system);
    command.environment = serving.environment.clone();
    match supervisor.supervise(&command).await {
        Ok(code) => Ok(u8::try_from(code).unwrap_or(1)),
        Err(error) => Ok(code_of(&error)),
    }
}
