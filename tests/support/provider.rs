//! An identity provider in this process: its keys, discovery document and signed tokens. Tests break it on purpose.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;

use async_trait::async_trait;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use aws_lc_rs::signature::RsaKeyPair;
use data_encoding::BASE64URL_NOPAD;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

/// The issuer, and the client that jit is registered as.
pub const ISSUER: &str = "https://login.example.com/acme";
pub const ORIGIN: &str = "https://login.example.com";
pub const CLIENT: &str = "jit-public";

/// A signing key of the provider.
pub enum SigningKey {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl SigningKey {
    pub fn rsa() -> Self {
        Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub fn p256() -> Self {
        Self::P256(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
    }

    pub fn ed25519() -> Self {
        Self::Ed25519(Box::new(Ed25519KeyPair::generate().unwrap()))
    }

    /// The algorithm that the provider would use with it.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The raw signature over a text. An RSA key signs with PSS if the algorithm says so.
    pub fn sign(&self, algorithm: &str, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding =
                    if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, text, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) => pair.sign(&random, text).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(text).as_ref().to_vec(),
        }
    }

    /// The public key as the provider publishes it.
    pub fn jwk(&self, id: &str) -> Value {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let mut jwk = match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                let numbers = [public.modulus(), public.exponent()];
                let [n, e] = numbers.map(|number| text(number.big_endian_without_leading_zero()));
                json!({"kty": "RSA", "n": n, "e": e})
            }
            Self::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Self::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())})
            }
        };
        jwk["kid"] = json!(id);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm());
        jwk
    }

    /// The private key of an RSA pair, for servers that read a file.
    pub fn rsa_pkcs8(&self) -> Vec<u8> {
        let Self::Rsa(pair) = self else { panic!("not an RSA key") };
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        der.as_ref().to_vec()
    }
}

/// Keys made once a process, because RSA keys take a tenth of a second: two of RSA, one of each other kind.
pub fn keys() -> &'static [(&'static str, Arc<SigningKey>); 4] {
    static KEYS: OnceLock<[(&str, Arc<SigningKey>); 4]> = OnceLock::new();
    KEYS.get_or_init(|| {
        [
            ("rsa-1", Arc::new(SigningKey::rsa())),
            ("rsa-2", Arc::new(SigningKey::rsa())),
            ("ec-1", Arc::new(SigningKey::p256())),
            ("ed-1", Arc::new(SigningKey::ed25519())),
        ]
    })
}

/// One of [`keys`], by its id.
pub fn key(id: &str) -> Arc<SigningKey> {
    let found = keys().iter().find(|(known, _)| *known == id);
    Arc::clone(&found.unwrap().1)
}

/// Signs a header and claims as they are, however wrong.
pub fn sign(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let algorithm = header["alg"].as_str().unwrap_or_default();
    sign_text(&header.to_string(), &claims.to_string(), |text| key.sign(algorithm, text))
}

/// Signs two texts with anything.
pub fn sign_text(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let text = format!("{}.{}", part(header), part(claims));
    let signature = BASE64URL_NOPAD.encode(&sign(text.as_bytes()));
    format!("{text}.{signature}")
}

/// How the provider behaves.
pub struct Behaviour {
    /// The published keys, by id.
    pub keys: Vec<Value>,
    /// `Cache-Control` of the key set.
    pub cache: Option<String>,
    /// Members that replace those of the discovery document; `null` removes one.
    pub discovery: Value,
    /// What every request gets instead of an answer.
    pub failure: Option<HttpError>,
    /// A status that replaces 200.
    pub status: u16,
}

/// The provider on the fake network. Clones are one provider.
#[derive(Clone)]
pub struct Provider(Arc<Mutex<(Behaviour, Vec<String>)>>);

impl Default for Provider {
    /// A provider with the key `rsa-1`.
    fn default() -> Self {
        let behaviour = Behaviour {
            keys: vec![key("rsa-1").jwk("rsa-1")],
            cache: None,
            discovery: json!({}),
            failure: None,
            status: 200,
        };
        Self(Arc::new(Mutex::new((behaviour, Vec::new()))))
    }
}

impl Provider {
    /// Changes how it behaves.
    pub fn with(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.0.lock().unwrap().0);
    }

    /// The paths that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().1.clone()
    }

    /// How often the key set was asked for.
    pub fn key_fetches(&self) -> usize {
        self.asked().iter().filter(|path| path.ends_with("/keys")).count()
    }
}

#[async_trait]
impl Host for Provider {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        // Others come in between, as they do on a network.
        tokio::task::yield_now().await;
        let mut both = self.0.lock().unwrap();
        let (behaviour, asked) = &mut *both;
        let path = url::Url::parse(&request.url).unwrap().path().to_owned();
        asked.push(path.clone());
        if let Some(failure) = &behaviour.failure {
            return Err(failure.clone());
        }
        let mut headers = Vec::new();
        let body = match path.as_str() {
            "/acme/.well-known/openid-configuration" => {
                let mut document = json!({
                    "issuer": ISSUER,
                    "jwks_uri": format!("{ISSUER}/keys"),
                    "authorization_endpoint": format!("{ISSUER}/authorize"),
                    "token_endpoint": format!("{ISSUER}/token"),
                    "device_authorization_endpoint": format!("{ISSUER}/device"),
                    "code_challenge_methods_supported": ["S256"],
                    "authorization_response_iss_parameter_supported": true,
                });
                for (name, value) in behaviour.discovery.as_object().unwrap() {
                    document[name] = value.clone();
                }
                document
            }
            "/acme/keys" => {
                headers
                    .extend(behaviour.cache.iter().map(|value| ("cache-control".to_owned(), value.clone())));
                json!({"keys": behaviour.keys})
            }
            _ => return Ok(Response { status: 404, headers, body: Vec::new() }),
        };
        Ok(Response { status: behaviour.status, headers, body: body.to_string().into_bytes() })
    }
}
