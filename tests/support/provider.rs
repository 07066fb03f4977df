//! An identity provider in this process: its keys, discovery document, signed tokens, and the flows of a sign-in. Tests
//! break it on purpose.

use std::collections::BTreeMap;
use std::collections::VecDeque;
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
use jit::system::Clock;
use jit::system::fake::FakeClock;
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
    /// The failure that every request gets instead of an answer.
    pub failure: Option<HttpError>,
    /// A status that replaces 200.
    pub status: u16,
    /// The claims of the person who signs in.
    pub person: Value,
    /// The errors with which the next polls of a device flow are answered.
    pub polls: VecDeque<&'static str>,
    /// Whether tokens carry no nonce, as some providers' device flows.
    pub drops_nonce: bool,
    /// Whether a refresh brings the first nonce again, which few providers do.
    pub repeats_nonce: bool,
    /// Whether a refresh brings no ID token.
    pub refreshes_without_token: bool,
}

/// A sign-in under way.
#[derive(Clone)]
struct Begun {
    nonce: String,
    challenge: String,
    redirect: String,
}

struct Inner {
    behaviour: Behaviour,
    asked: Vec<String>,
    clock: FakeClock,
    codes: BTreeMap<String, Begun>,
    /// The refresh tokens that still work, with the nonce of their sign-in.
    refresh: BTreeMap<String, String>,
    device: Option<String>,
    issued: usize,
}

/// The provider on the fake network. Clones are one provider.
#[derive(Clone)]
pub struct Provider(Arc<Mutex<Inner>>);

impl Provider {
    /// A provider with the key `rsa-1`, where the person with the subject `ana` signs in.
    pub fn new(clock: &FakeClock) -> Self {
        let behaviour = Behaviour {
            keys: vec![key("rsa-1").jwk("rsa-1")],
            cache: None,
            discovery: json!({}),
            failure: None,
            status: 200,
            person: json!({"sub": "ana", "groups": ["engineers"]}),
            polls: VecDeque::new(),
            drops_nonce: false,
            repeats_nonce: false,
            refreshes_without_token: false,
        };
        let (codes, refresh) = (BTreeMap::new(), BTreeMap::new());
        let clock = clock.clone();
        let inner = Inner { behaviour, asked: Vec::new(), clock, codes, refresh, device: None, issued: 0 };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Changes how it behaves.
    pub fn with(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.0.lock().unwrap().behaviour);
    }

    /// The paths that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }

    /// How often the key set was asked for.
    pub fn key_fetches(&self) -> usize {
        self.asked().iter().filter(|path| path.ends_with("/keys")).count()
    }

    /// Ends every refresh token, as an administrator does when somebody leaves.
    pub fn forget(&self) {
        self.0.lock().unwrap().refresh.clear();
    }

    /// The address to which the provider sends the person's browser back after they signed in at `address`, with a new code.
    pub fn sign_in(&self, address: &str) -> String {
        let mut inner = self.0.lock().unwrap();
        let url = url::Url::parse(address).unwrap();
        let fields: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(url.path(), "/acme/authorize");
        assert_eq!(fields["response_type"], "code");
        assert_eq!(fields["client_id"], CLIENT);
        assert_eq!(fields["code_challenge_method"], "S256");
        assert!(fields["scope"].split(' ').any(|scope| scope == "openid"));
        assert!(fields["state"].len() >= 43, "256 bits");
        inner.issued += 1;
        let code = format!("canary-code-{}", inner.issued);
        let begun = Begun {
            nonce: fields["nonce"].clone(),
            challenge: fields["code_challenge"].clone(),
            redirect: fields["redirect_uri"].clone(),
        };
        let mut back = url::Url::parse(&begun.redirect).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &fields["state"])
            .append_pair("iss", ISSUER);
        inner.codes.insert(code, begun);
        back.into()
    }
}

impl Inner {
    fn token(&mut self, fields: &BTreeMap<String, String>) -> Result<Value, &'static str> {
        if fields.get("client_id").map(String::as_str) != Some(CLIENT) {
            return Err("invalid_client");
        }
        match fields.get("grant_type").map(String::as_str) {
            Some("authorization_code") => {
                let begun = self.codes.remove(&fields["code"]).ok_or("invalid_grant")?;
                let verifier = fields.get("code_verifier").cloned().unwrap_or_default();
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
                let proves = BASE64URL_NOPAD.encode(digest.as_ref()) == begun.challenge;
                if !proves || fields.get("redirect_uri") != Some(&begun.redirect) {
                    return Err("invalid_grant");
                }
                Ok(self.granted(&begun.nonce, true))
            }
            Some("refresh_token") => {
                let nonce = self.refresh.remove(&fields["refresh_token"]).ok_or("invalid_grant")?;
                Ok(self.granted(&nonce, false))
            }
            Some("urn:ietf:params:oauth:grant-type:device_code") => {
                if let Some(error) = self.behaviour.polls.pop_front() {
                    return Err(error);
                }
                let nonce = self.device.take().ok_or("expired_token")?;
                Ok(self.granted(&nonce, true))
            }
            _ => Err("unsupported_grant_type"),
        }
    }

    fn granted(&mut self, nonce: &str, is_first: bool) -> Value {
        let now = self.clock.now().as_second();
        let mut claims = json!({"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300});
        for (name, value) in self.behaviour.person.as_object().unwrap() {
            claims[name] = value.clone();
        }
        if !self.behaviour.drops_nonce && (is_first || self.behaviour.repeats_nonce) {
            claims["nonce"] = json!(nonce);
        }
        self.issued += 1;
        let refresh = format!("canary-refresh-{}", self.issued);
        self.refresh.insert(refresh.clone(), nonce.to_owned());
        let mut granted =
            json!({"access_token": "canary-access", "token_type": "Bearer", "refresh_token": refresh});
        if is_first || !self.behaviour.refreshes_without_token {
            granted["id_token"] =
                json!(sign(&json!({"alg": "RS256", "kid": "rsa-1"}), &claims, &key("rsa-1")));
        }
        granted
    }
}

#[async_trait]
impl Host for Provider {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        // Others come in between, as they do on a network.
        tokio::task::yield_now().await;
        let mut inner = self.0.lock().unwrap();
        let path = url::Url::parse(&request.url).unwrap().path().to_owned();
        inner.asked.push(path.clone());
        let fields: BTreeMap<String, String> =
            url::form_urlencoded::parse(&request.body).into_owned().collect();
        if inner.behaviour.failure.is_none() && path == "/acme/token" {
            let (status, body) = match inner.token(&fields) {
                Ok(granted) => (200, granted),
                Err(error) => (400, json!({"error": error, "error_description": "\u{1b}[2Jno"})),
            };
            return Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() });
        }
        if inner.behaviour.failure.is_none() && path == "/acme/device" {
            inner.device = Some(fields.get("nonce").cloned().unwrap_or_default());
            let body = json!({
                "device_code": "canary-device", "user_code": "WDJB-MJHT", "expires_in": 600,
                "verification_uri": format!("{ISSUER}/activate"),
                "verification_uri_complete": format!("{ISSUER}/activate?code=WDJB-MJHT"),
            });
            return Ok(Response { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() });
        }
        let behaviour = &inner.behaviour;
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
