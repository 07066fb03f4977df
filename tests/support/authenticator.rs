//! A software authenticator with the browser before it: passkeys made from a number, and signatures in parts that a test can
//! change.

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use ciborium::Value;
use data_encoding::BASE64;
use data_encoding::BASE64URL_NOPAD;
use jit::identity::passkey::Assertion;
use jit::identity::passkey::Registration;
use jit::identity::passkey::Site;
use jit::identity::passkey::challenge;
use p256::ecdsa::Signature;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;

/// The flags of a platform's authenticator: touched, and its owner verified.
pub const PRESENT: u8 = 0x01;
pub const VERIFIED: u8 = 0x04;
pub const ATTESTED: u8 = 0x40;
pub const EXTENDED: u8 = 0x80;
/// The flags of a passkey that is copied to its owner's other devices.
pub const SYNCED: u8 = PRESENT | VERIFIED | 0x08 | 0x10;

/// The type of a signature that a browser made.
pub const WEBAUTHN: &str = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";

/// A passkey, and how it signs. Worthless outside tests.
#[derive(Clone)]
pub struct Passkey {
    pub key: SigningKey,
    /// The relying party that its authenticator signs for.
    pub rp_id: String,
    pub flags: u8,
    pub counter: u32,
    pub extensions: Vec<u8>,
}

impl Passkey {
    /// The passkey of this number for a relying party.
    pub fn new(number: u8, rp_id: &str) -> Self {
        let secret = sha256(&[b'p', number]);
        Self {
            key: SigningKey::from_slice(&secret).unwrap(),
            rp_id: rp_id.to_owned(),
            flags: PRESENT | VERIFIED,
            counter: 0,
            extensions: Vec::new(),
        }
    }

    /// The SEC 1 point of its public key.
    pub fn point(&self) -> Vec<u8> {
        self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The blob of its public key (PROTOCOL.u2f).
    pub fn key_blob(&self) -> Vec<u8> {
        let mut blob = string(b"sk-ecdsa-sha2-nistp256@openssh.com");
        blob.extend(string(b"nistp256"));
        blob.extend(string(&self.point()));
        blob.extend(string(self.rp_id.as_bytes()));
        blob
    }

    /// Its line for `people.toml`.
    pub fn line(&self) -> String {
        format!("sk-ecdsa-sha2-nistp256@openssh.com {}", BASE64.encode(&self.key_blob()))
    }

    /// The bytes that the authenticator signs before the hash of the client data.
    pub fn authenticator_data(&self) -> Vec<u8> {
        let mut data = sha256(self.rp_id.as_bytes()).to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        data.extend(&self.extensions);
        data
    }

    /// The browser's answer to `navigator.credentials.get` with this client data.
    pub fn get(&self, client_data: &[u8]) -> Assertion {
        let authenticator_data = self.authenticator_data();
        let signed = [authenticator_data.as_slice(), &sha256(client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        Assertion {
            authenticator_data,
            client_data_json: client_data.to_vec(),
            signature: signature.to_der().as_bytes().to_vec(),
        }
    }

    /// The assertion over a message, as a good browser makes it.
    pub fn assert(&self, site: &Site, namespace: &str, message: &[u8]) -> Assertion {
        self.get(&client_data("webauthn.get", &challenge(namespace, message).unwrap(), &site.origin))
    }

    /// The COSE key of its public half.
    pub fn cose(&self) -> Vec<(Value, Value)> {
        let point = self.point();
        vec![
            (Value::from(1), Value::from(2)),
            (Value::from(3), Value::from(-7)),
            (Value::from(-1), Value::from(1)),
            (Value::from(-2), Value::from(&point[1..33])),
            (Value::from(-3), Value::from(&point[33..])),
        ]
    }

    /// The authenticator's data of a registration with this COSE key.
    pub fn attested(&self, cose: Vec<(Value, Value)>) -> Vec<u8> {
        let mut data = sha256(self.rp_id.as_bytes()).to_vec();
        data.push(self.flags | ATTESTED);
        data.extend(self.counter.to_be_bytes());
        // The model of the authenticator, then the credential's id.
        data.extend([0; 16]);
        data.extend(20_u16.to_be_bytes());
        data.extend(&sha256(&self.point())[..20]);
        data.extend(cbor(&Value::Map(cose)));
        data.extend(&self.extensions);
        data
    }

    /// The browser's answer to `navigator.credentials.create` for this challenge.
    pub fn register(&self, challenge: &[u8], origin: &str) -> Registration {
        registration(&self.attested(self.cose()), &client_data("webauthn.create", challenge, origin))
    }
}

/// A registration without attestation.
pub fn registration(authenticator_data: &[u8], client_data: &[u8]) -> Registration {
    let object = Value::Map(vec![
        (Value::from("fmt"), Value::from("none")),
        (Value::from("attStmt"), Value::Map(Vec::new())),
        (Value::from("authData"), Value::from(authenticator_data)),
    ]);
    Registration { attestation_object: cbor(&object), client_data_json: client_data.to_vec() }
}

/// Client data as Chromium spells them.
pub fn client_data(kind: &str, challenge: &[u8], origin: &str) -> Vec<u8> {
    let challenge = BASE64URL_NOPAD.encode(challenge);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#)
        .into_bytes()
}

/// A value in CBOR.
pub fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// A passkey's SSH signature in parts, spelled here independently of the code under test.
#[derive(Clone)]
pub struct Parts {
    pub kind: Vec<u8>,
    pub key: Vec<u8>,
    pub namespace: Vec<u8>,
    pub hash: Vec<u8>,
    /// The two numbers in the form of PROTOCOL.u2f, each with its length.
    pub numbers: Vec<u8>,
    pub flags: u8,
    pub counter: u32,
    pub origin: Vec<u8>,
    pub client_data: Vec<u8>,
    pub extensions: Vec<u8>,
    /// Bytes after the signature proper, and after everything.
    pub inner_rest: Vec<u8>,
    pub rest: Vec<u8>,
}

impl Parts {
    /// The parts of a good signature.
    pub fn of(passkey: &Passkey, site: &Site, namespace: &str, message: &[u8]) -> Self {
        Self::around(passkey, site, namespace, &passkey.assert(site, namespace, message))
    }

    /// The parts with this assertion.
    pub fn around(passkey: &Passkey, site: &Site, namespace: &str, assertion: &Assertion) -> Self {
        let signature = Signature::from_der(&assertion.signature).unwrap();
        let (r, s) = signature.split_bytes();
        Self {
            kind: WEBAUTHN.into(),
            key: passkey.key_blob(),
            namespace: namespace.into(),
            hash: "sha512".into(),
            numbers: [number(&r), number(&s)].concat(),
            flags: assertion.authenticator_data[32],
            counter: u32::from_be_bytes(assertion.authenticator_data[33..37].try_into().unwrap()),
            origin: site.origin.clone().into(),
            client_data: assertion.client_data_json.clone(),
            extensions: assertion.authenticator_data[37..].to_vec(),
            inner_rest: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// The bytes within the armour.
    pub fn blob(&self) -> Vec<u8> {
        let signature = [
            string(&self.kind),
            string(&self.numbers),
            vec![self.flags],
            self.counter.to_be_bytes().to_vec(),
            string(&self.origin),
            string(&self.client_data),
            string(&self.extensions),
            self.inner_rest.clone(),
        ];
        [
            b"SSHSIG\0\0\0\x01".to_vec(),
            string(&self.key),
            string(&self.namespace),
            string(b""),
            string(&self.hash),
            string(&signature.concat()),
            self.rest.clone(),
        ]
        .concat()
    }

    pub fn armour(&self) -> String {
        armour(&self.blob())
    }
}

/// Bytes as `ssh-keygen -Y sign` armours them.
pub fn armour(blob: &[u8]) -> String {
    let text = BASE64.encode(blob);
    let mut lines = vec!["-----BEGIN SSH SIGNATURE-----"];
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(70));
        lines.push(line);
        rest = after;
    }
    lines.push("-----END SSH SIGNATURE-----\n");
    lines.join("\n")
}

/// A string of the SSH protocol (RFC 4251 §5).
pub fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// A positive number of the SSH protocol (RFC 4251 §5).
pub fn number(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = &bytes[start..];
    let sign: &[u8] = if digits.first().is_some_and(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    string(&[sign, digits].concat())
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}
