//! Certificates for servers and clients on loopback, which openssl makes.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use super::script::run;

/// How openssl names the kinds of certificate.
const KINDS: &str = "\
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = IP:127.0.0.1, DNS:localhost
extendedKeyUsage = serverAuth
[client]
extendedKeyUsage = clientAuth
";

/// A certificate and its private key, as files in PEM.
pub struct Pair {
    /// The certificate.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// An authority that nobody trusts who is not told to.
pub struct Authority {
    folder: PathBuf,
    /// Its own certificate.
    pub own: Pair,
}

impl Authority {
    /// Makes an authority with its files in this folder.
    pub fn new(folder: &Path) -> Self {
        std::fs::write(folder.join("certificates.cnf"), KINDS).unwrap();
        let own = make(folder, "authority", "/CN=authority", "authority", None);
        Self { folder: folder.to_owned(), own }
    }

    /// A certificate for a server on loopback. Its files begin with this name.
    pub fn server(&self, name: &str) -> Pair {
        make(&self.folder, name, &format!("/CN={name}"), "server", Some(&self.own))
    }

    /// A certificate for a client, of this organisation.
    pub fn client(&self, name: &str, organisation: &str) -> Pair {
        make(&self.folder, name, &format!("/O={organisation}/CN={name}"), "client", Some(&self.own))
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        std::fs::read_to_string(&self.own.certificate).unwrap()
    }
}

fn make(folder: &Path, name: &str, subject: &str, kind: &str, signer: Option<&Pair>) -> Pair {
    let pair =
        Pair { certificate: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) };
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    command.args(["-days", "2", "-config", "certificates.cnf", "-extensions", kind, "-subj", subject]);
    command.arg("-keyout").arg(&pair.key).arg("-out").arg(&pair.certificate).current_dir(folder);
    if let Some(signer) = signer {
        command.arg("-CA").arg(&signer.certificate).arg("-CAkey").arg(&signer.key);
    }
    run(&mut command, b"").ok();
    pair
}
