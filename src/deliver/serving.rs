//! Everything that serves one command while it runs: an endpoint or files for each place, and the environment that leads to them.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::deliver::aws::profiles;
use crate::deliver::aws::profiles::FETCH_COMMAND;
use crate::deliver::aws::profiles::ProfilesError;
use crate::deliver::aws::profiles::RoleProfiles;
use crate::deliver::aws::variables;
use crate::deliver::aws::variables::First;
use crate::deliver::azure;
use crate::deliver::azure::endpoint::AzureEndpoint;
use crate::deliver::endpoint::Endpoint;
use crate::deliver::endpoint::LeaseSource;
use crate::deliver::endpoint::Offer;
use crate::deliver::environment;
use crate::deliver::environment::Held;
use crate::deliver::gcp;
use crate::deliver::gcp::endpoint::GcpEndpoint;
use crate::deliver::gcp::metadata::Metadata;
use crate::deliver::kept_file::KeptFiles;
use crate::deliver::kubernetes;
use crate::deliver::kubernetes::kubeconfig;
use crate::deliver::kubernetes::kubeconfig::KubeconfigError;
use crate::deliver::token;
use crate::deliver::vault;
use crate::grant::Cloud;
use crate::grant::Credentials;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::span::local;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::peer;
use crate::system::private_folder::PrivateFolder;

/// One access that a command gets.
pub struct Served {
    /// The role.
    pub role: Name,
    /// Other names under which it can be meant.
    pub others: Vec<Name>,
    /// The first credentials.
    pub lease: Lease,
    /// When the access ends.
    pub until: Timestamp,
    /// The source of newer credentials.
    pub source: Arc<dyn LeaseSource>,
    /// Whether the credentials end before the access does.
    pub renews: bool,
}

/// The endpoints and files that serve a command. Dropping it stops every renewal and removes the files.
pub struct Serving {
    /// The environment of the command.
    pub environment: Environment,
    /// Messages for people.
    pub notices: Vec<String>,
    endpoints: Vec<Endpoint>,
    gcp: Option<GcpEndpoint>,
    metadata: Option<Metadata>,
    azure: Option<AzureEndpoint>,
    _files: KeptFiles,
    _folder: PrivateFolder,
}

/// Why a command cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServingError {
    /// No endpoint, folder or file can be made on this machine.
    #[error("{0} cannot be made: {1}")]
    Make(&'static str, io::Error),
    /// The files of AWS's tools cannot be written.
    #[error(transparent)]
    Profiles(#[from] ProfilesError),
    /// The kubeconfig cannot be written.
    #[error(transparent)]
    Kubeconfig(#[from] KubeconfigError),
    /// No role whose programs know a metadata server.
    #[error("none of these roles opens Google Cloud, for which a metadata server could stand")]
    NoGoogle,
    /// A metadata server would answer every user of this machine.
    #[error(
        "this system does not tell which user asks, so a metadata server would give the token to everybody on this machine"
    )]
    Anybody,
    /// Two roles of one place whose programs know only one set of credentials.
    #[error("{0} and {1} both open {2}, whose programs know one access at a time")]
    Two(Name, Name, Cloud),
}

impl ServingError {
    /// How to fix it. `None` if there is no advice.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Make(..) | Self::Kubeconfig(_) => None,
            Self::NoGoogle | Self::Anybody => Some("leave `--metadata` out".to_owned()),
            Self::Profiles(error) => error.hint(),
            Self::Two(first, ..) => Some(format!("use them one after the other: `jit exec {first} -- …`")),
        }
    }
}

impl Serving {
    /// Serves these accesses. The first is the one that the command means if it names none. `inherited` is what the command may see
    /// of this process's environment.
    ///
    /// # Errors
    /// Something cannot be made, or two accesses exclude each other.
    pub async fn open(
        system: &System,
        inherited: &Environment,
        accesses: Vec<Served>,
    ) -> Result<Self, ServingError> {
        let folder = PrivateFolder::make(&system.environment)
            .map_err(|error| ServingError::Make("a private folder", error))?;
        let mut opening = Opening {
            system,
            folder: &folder,
            files: KeptFiles::new(&system.clock),
            environment: inherited.clone(),
            notices: Vec::new(),
            gcp: None,
            azure: None,
        };
        let first = accesses.first().map(|first| (first.role.clone(), first.until));
        let (aws, others) = accesses
            .into_iter()
            .partition::<Vec<_>, _>(|access| matches!(access.lease.credentials, Credentials::Aws(_)));
        let (clusters, others) = others
            .into_iter()
            .partition::<Vec<_>, _>(|access| matches!(access.lease.credentials, Credentials::Kubernetes(_)));
        let mut endpoints = Vec::new();
        if !aws.is_empty() {
            endpoints.push(opening.serve_aws(aws).await?);
        }
        if !clusters.is_empty() {
            endpoints.push(opening.serve_clusters(clusters).await?);
        }
        opening.serve_others(others).await?;
        if let Some((role, until)) = first {
            environment::name_first(&mut opening.environment, &role, until);
        }
        let Opening { files, environment, notices, gcp, azure, .. } = opening;
        Ok(Self {
            environment,
            notices,
            endpoints,
            gcp,
            metadata: None,
            azure,
            _files: files,
            _folder: folder,
        })
    }

    /// The secrets of the endpoints. They lead to the credentials while the command runs.
    pub fn secrets(&self) -> Vec<&Secret<String>> {
        let endpoints = self.endpoints.iter().map(Endpoint::token);
        endpoints
            .chain(self.gcp.as_ref().map(GcpEndpoint::secret))
            .chain(self.azure.as_ref().map(AzureEndpoint::secret))
            .collect()
    }

    /// Also answers as Google's metadata server, for the role of Google Cloud among these.
    ///
    /// # Errors
    /// There is none, no port can be bound, or this system does not tell who asks.
    pub async fn answer_as_metadata(&mut self, system: &System) -> Result<(), ServingError> {
        if !peer::CAN_TELL {
            return Err(ServingError::Anybody);
        }
        let endpoint = self.gcp.as_ref().ok_or(ServingError::NoGoogle)?;
        let unmade = |error| ServingError::Make("an endpoint on this machine", error);
        let metadata = Metadata::open(endpoint.slot(), &system.clock).await.map_err(unmade)?;
        gcp::lead_to_metadata(&mut self.environment, metadata.host());
        self.notices.push(format!(
            "every program of yours on this machine can read the token at {} while the command runs",
            metadata.host()
        ));
        self.metadata = Some(metadata);
        Ok(())
    }
}

/// The endpoints, files and variables of a command, while they are put together.
struct Opening<'a> {
    system: &'a System,
    folder: &'a PrivateFolder,
    files: KeptFiles,
    environment: Environment,
    notices: Vec<String>,
    gcp: Option<GcpEndpoint>,
    azure: Option<AzureEndpoint>,
}

impl Opening<'_> {
    /// AWS: one endpoint for all roles, and a profile for each.
    async fn serve_aws(&mut self, accesses: Vec<Served>) -> Result<Endpoint, ServingError> {
        let region = |access: &Served| access.lease.credentials.region().unwrap_or_default().to_owned();
        let roles: Vec<RoleProfiles> = accesses
            .iter()
            .map(|access| {
                let names = std::iter::once(&access.role).chain(&access.others).cloned().collect();
                RoleProfiles { names, region: region(access) }
            })
            .collect();
        let one_region = accesses.windows(2).all(|two| region(&two[0]) == region(&two[1]));
        let first = accesses.first().map(|access| (access.lease.credentials.clone(), access.until));
        let offers = accesses.into_iter().map(offer).collect();
        let System { clock, entropy, files, environment, .. } = self.system;
        let endpoint = Endpoint::open(offers, clock, entropy.as_ref())
            .await
            .map_err(|error| ServingError::Make("an endpoint on this machine", error))?;
        let program = self.system.program();
        let files = profiles::write(self.folder, &program, environment, &files.home, &roles, &endpoint)?;
        self.notices.extend(files.notices.iter().cloned());
        if let Some((Credentials::Aws(credentials), until)) = &first {
            let first = First { credentials, until: *until, one_region };
            variables::serve(&mut self.environment, first, &endpoint, &files);
        }
        Ok(endpoint)
    }

    /// Kubernetes: one endpoint for all roles, and a kubeconfig with a context for each. Its users run `jit`, which asks the endpoint.
    async fn serve_clusters(&mut self, accesses: Vec<Served>) -> Result<Endpoint, ServingError> {
        let mut entries: Vec<kubeconfig::Entry> = accesses
            .iter()
            .filter_map(|access| {
                let Credentials::Kubernetes(credentials) = &access.lease.credentials else { return None };
                Some(kubeconfig::Entry {
                    role: access.role.clone(),
                    others: access.others.clone(),
                    server: credentials.server.clone(),
                    ca: credentials.ca.clone(),
                    namespace: credentials.namespace.clone(),
                    arguments: Vec::new(),
                })
            })
            .collect();
        self.notices.extend(kubeconfig::clashes(&entries));
        let offers = accesses.into_iter().map(offer).collect();
        let System { clock, entropy, .. } = self.system;
        let unmade = |error| ServingError::Make("an endpoint on this machine", error);
        let endpoint = Endpoint::open(offers, clock, entropy.as_ref()).await.map_err(unmade)?;
        let unwritten = |error| ServingError::Make("a private kubeconfig", error);
        for (place, entry) in entries.iter_mut().enumerate() {
            let card = endpoint.card(place).ok_or(ProfilesError::NotServed)?;
            let card = self.folder.write(&format!("cluster-{place}"), card.expose()).map_err(unwritten)?;
            entry.arguments = kubeconfig::from_running(FETCH_COMMAND, &card)?;
        }
        let text = kubeconfig::write(&self.system.program(), &entries, true)?;
        let path = self.folder.write("kubeconfig", text.as_bytes()).map_err(unwritten)?;
        environment::clear(&mut self.environment, Cloud::Kubernetes);
        kubernetes::serve(&mut self.environment, &path);
        Ok(endpoint)
    }

    /// Places whose programs read a token from a variable or a file.
    async fn serve_others(&mut self, accesses: Vec<Served>) -> Result<(), ServingError> {
        let mut taken: Vec<(Cloud, Name)> = Vec::new();
        for access in accesses {
            let cloud = access.lease.credentials.cloud();
            let role = access.role.clone();
            if let Some((_, other)) = taken.iter().find(|(other, _)| *other == cloud) {
                return Err(ServingError::Two(other.clone(), role, cloud));
            }
            taken.push((cloud, role.clone()));
            environment::clear(&mut self.environment, cloud);
            self.serve_token(access, &role)
                .await
                .map_err(|error| ServingError::Make("a file for a token", error))?;
        }
        Ok(())
    }

    async fn serve_token(&mut self, access: Served, role: &Name) -> io::Result<()> {
        if !access.renews {
            let held = Held { role, lease: &access.lease, until: access.until };
            environment::set(&mut self.environment, environment::variables(held));
        }
        let path = self.folder.path().join(format!("token-{}", access.lease.credentials.cloud()));
        self.lead(&access, role, &path)?;
        let credentials = access.lease.credentials.clone();
        let slot = self.files.keep(offer(access), path.clone(), token_of)?;
        let System { clock, entropy, .. } = self.system;
        match &credentials {
            Credentials::Gcp(credentials) => {
                let endpoint = GcpEndpoint::open(slot, clock, entropy.as_ref()).await?;
                gcp::serve(&mut self.environment, credentials, self.folder, (&endpoint, &path))?;
                self.gcp = Some(endpoint);
            }
            Credentials::Azure(_) => {
                let endpoint = AzureEndpoint::open(slot, clock, entropy.as_ref()).await?;
                azure::serve(&mut self.environment, (&endpoint, &path));
                self.azure = Some(endpoint);
            }
            Credentials::Token(_)
            | Credentials::Vault(_)
            | Credentials::Aws(_)
            | Credentials::Kubernetes(_) => {}
        }
        Ok(())
    }

    /// Leads the place's programs to the file.
    fn lead(&mut self, access: &Served, role: &Name, path: &Path) -> io::Result<()> {
        match &access.lease.credentials {
            Credentials::Token(_) => token::serve(&mut self.environment, path),
            Credentials::Vault(credentials) if access.renews => {
                vault::serve(&mut self.environment, credentials, self.folder, path)?;
                self.notices.push(format!(
                    "VAULT_TOKEN and BAO_TOKEN keep the first token of {role}, until {}; newer ones are in the file that VAULT_TOKEN_FILE \
                     names, and `env -u VAULT_TOKEN -u BAO_TOKEN vault …` reads it",
                    local(access.lease.expires, &self.system.zone)
                ));
            }
            // The endpoints of Google Cloud and of Azure come after the file.
            Credentials::Vault(_)
            | Credentials::Gcp(_)
            | Credentials::Azure(_)
            | Credentials::Aws(_)
            | Credentials::Kubernetes(_) => {}
        }
        Ok(())
    }
}

fn offer(access: Served) -> Offer {
    Offer { role: access.role, lease: access.lease, source: access.source }
}

/// The token of a lease, as the whole text of a file. Empty for credentials that are no token.
fn token_of(lease: &Lease) -> Zeroizing<String> {
    Zeroizing::new(match lease.credentials.bearer() {
        Some(token) => token.expose().clone(),
        None => String::new(),
    })
}
