//! One entry into each reader of strangers' bytes, for bytes that mean harm. `fuzz/` and the hermetic tests share it. Each
//! answers whether the bytes were read, and panics where a reader breaks a promise.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;
use jit::deliver::aws::aws_block;
use jit::forge::request_file;
use jit::forge::review_body;
use jit::forge::review_body::Carried;
use jit::github::api::models;
use jit::github::id_token;
use jit::github::job_log;
use jit::grant::Assurance;
use jit::grant::Statement;
use jit::grant::cloud::aws::AwsCredentials;
use jit::identity;
use jit::identity::key::parse_line;
use jit::identity::oidc;
use jit::identity::passkey;
use jit::identity::passkey::Registration;
use jit::identity::passkey::Site;
use jit::protocol;
use jit::provider::aws::identify::identify;
use jit::system::aws_files;
use jit::system::aws_files::Kind;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::git::Repository;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Output;
use jit::terraform::Summary;
use tokio::runtime::Runtime;

/// Reads bytes, and tells whether they were accepted.
pub type Reader = fn(&[u8]) -> bool;

/// The readers, by the names of their targets and of their folders of seeds.
pub const READERS: [(&str, Reader); 12] = [
    ("aws_files", aws_config),
    ("git", git),
    ("http", http),
    ("id_token", token),
    ("job_log", log),
    ("oidc_token", oidc_token),
    ("passkey", passkey),
    ("registration", registration),
    ("request_file", request),
    ("statement", statement),
    ("sts", sts),
    ("terraform", plan),
];

/// The addresses of the made-up cloud and issuer.
const CLOUD: &str = "https://sts.eu-west-1.amazonaws.com";
const ISSUER: &str = "https://issuer.example.com";
/// The broker at whose page the passkeys of the seeds signed, and what they signed.
const BROKER: &str = "https://jit.example.com";
const SIGNED: &[u8] = b"a statement";
/// The challenge of the registrations in the seeds.
const CHALLENGE: &[u8] = b"a challenge";
/// The provider's keys. The private half is gone: it signed the seeds.
const PROVIDER_KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","x":"pVD8212F_MO-saCcjkbOdxCgJGOmMm1KSSHY0wOnhoE"}]}"#;
/// The time of each answer.
const NOW: &str = "2026-11-23T10:00:00Z";
/// The object that git is asked for.
const ID: &str = "0123456789abcdef0123456789abcdef01234567";

/// Answers everything with the bytes at hand.
#[derive(Default)]
struct Stranger(Mutex<(u16, Vec<u8>)>);

#[async_trait]
impl Host for Stranger {
    async fn answer(&self, _request: Request) -> Result<Response, HttpError> {
        let (status, body) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Without a time that is right, no answer is looked into.
        let headers = vec![("date".to_owned(), "Mon, 23 Nov 2026 10:00:00 GMT".to_owned())];
        Ok(Response { status, headers, body })
    }
}

/// The keys of the made-up issuer.
struct Keys;

#[async_trait]
impl Host for Keys {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let body = if request.url.ends_with("/openid-configuration") {
            format!("{{\"issuer\":\"{ISSUER}\",\"jwks_uri\":\"{ISSUER}/keys\"}}")
        } else {
            let modulus = "qqqq".repeat(85) + "qw";
            format!(
                "{{\"keys\":[{{\"kty\":\"RSA\",\"kid\":\"one\",\"use\":\"sig\",\"n\":\"{modulus}\",\"e\":\"AQAB\"}}]}}"
            )
        };
        Ok(Response { status: 200, headers: Vec::new(), body: body.into_bytes() })
    }
}

/// A world of its own, made once.
struct Stage {
    runtime: Runtime,
    world: FakeWorld,
    clock: FakeClock,
    cloud: Arc<Stranger>,
    keys: id_token::KeySet,
}

static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    // A reader that waits before it asks again moves the time on.
    let clock = FakeClock::at(NOW).advancing();
    let network = FakeHttp::default();
    let cloud = Arc::new(Stranger::default());
    network.route(CLOUD, cloud.clone());
    network.route(ISSUER, Arc::new(Keys));
    let world = FakeWorld::new(&std::env::temp_dir(), &clock, &network, 1);
    let keys = runtime.block_on(id_token::keys(&network, &clock, ISSUER)).expect("the keys");
    Mutex::new(Stage { runtime, world, clock, cloud, keys })
});

fn with_stage<T>(act: impl FnOnce(&Stage) -> T) -> T {
    act(&STAGE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A statement: what is read is spelt in exactly one way.
pub fn statement(bytes: &[u8]) -> bool {
    let Ok(statement) = Statement::parse(bytes) else { return false };
    assert_eq!(statement.canonical_text().as_bytes(), bytes, "another spelling was taken");
    true
}

/// A plan of Terraform: each line of it is one of ours or has the mark of other people's text, and none moves the cursor.
pub fn plan(bytes: &[u8]) -> bool {
    let Ok(summary) = Summary::read(bytes) else { return false };
    let lines = summary.lines(40, 10);
    for line in &lines {
        assert!(line.starts_with("  ") && !line.chars().any(char::is_control), "{line:?}");
        let label = line.get(2..10).unwrap_or_default().trim();
        let is_ours = ["beware", "note", "changes", ""].contains(&label);
        assert!(is_ours || line.get(9..11) == Some(" |"), "{line:?}");
    }
    let totals = lines.iter().filter(|line| line.starts_with("  changes "));
    assert_eq!(totals.count(), 1, "an address passes for the totals");
    true
}

/// A request's file, and the body of a review.
pub fn request(bytes: &[u8]) -> bool {
    let file = request_file::read(bytes);
    if let Ok(file) = &file {
        let forms = [request_file::write(&file.signed), request_file::write_older(&file.signed)];
        assert!(forms.iter().any(|form| form.as_bytes() == bytes), "another spelling was taken");
        assert!(statement(file.signed.statement.as_bytes()));
    }
    let review = review_body::read(&String::from_utf8_lossy(bytes));
    if let Carried::Signed(both) = &review {
        assert!(statement(both.0.statement.as_bytes()));
    }
    file.is_ok() || matches!(review, Carried::Signed(_))
}

/// A passkey's signature, in its armour or bare: one that holds is a touch, and holds at its own broker only.
pub fn passkey(bytes: &[u8]) -> bool {
    let armoured = if bytes.starts_with(b"-----") {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        let text = data_encoding::BASE64.encode(bytes);
        let lines: Vec<&str> =
            text.as_bytes().chunks(70).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
    };
    let at = |broker: &str| identity::verify_for(broker, "jit.review.v1", SIGNED, &armoured);
    let found = at(BROKER);
    if let Ok(verified) = &found {
        assert_eq!(verified.assurance, Assurance::Touch);
        assert!(at("https://other.example.com").is_err() && at("github:1").is_err());
        assert!(identity::verify("jit.review.v1", SIGNED, &armoured).is_err());
    }
    found.is_ok()
}

/// The registration of a passkey: its client data in the first line, then the attestation object. The line that comes out is one of
/// this broker's passkeys.
pub fn registration(bytes: &[u8]) -> bool {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n').map(<[u8]>::to_vec);
    let client_data_json = parts.next().unwrap_or_default();
    let attestation_object = parts.next().unwrap_or_default();
    let site = Site::of(BROKER).expect("a site");
    let line = passkey::enrol(&Registration { attestation_object, client_data_json }, CHALLENGE, &site);
    if let Ok(line) = &line {
        let key = parse_line(line).expect("a key");
        assert_eq!((key.hardware, key.site.as_deref()), (true, Some("jit.example.com")));
    }
    line.is_ok()
}

/// The ID token of a person. One that holds is the issuer's, for this client and this sign-in, and holds again with its stored key.
pub fn oidc_token(bytes: &[u8]) -> bool {
    let keys = oidc::KeySet::read(PROVIDER_KEYS.as_bytes()).expect("the keys");
    let expected = oidc::Expected { issuer: ISSUER, client: "jit", nonce: oidc::Nonce::Is("n") };
    let (text, now) = (String::from_utf8_lossy(bytes), NOW.parse().expect("a time"));
    let found = oidc::verify(&text, &keys, &expected, now);
    if let Ok(proven) = &found {
        assert_eq!(
            (proven.claims["iss"].as_str(), proven.claims["nonce"].as_str()),
            (Some(ISSUER), Some("n"))
        );
        assert!(proven.claims["aud"].to_string().contains("\"jit\""));
        assert_eq!(oidc::verify_again(&text, &proven.key, &expected, now).as_ref(), Ok(proven));
        let _ = oidc::groups(proven, "groups");
    }
    let _ = oidc::token::unverified_nonce(&text);
    found.is_ok()
}

/// The log of a job: its one block is read again from its own text.
pub fn log(bytes: &[u8]) -> bool {
    let found = job_log::read(bytes);
    if let Ok(delivered) = &found {
        let again = job_log::read(job_log::write(delivered).as_bytes()).expect("a block");
        assert_eq!(again.write(), delivered.write(), "another result");
        let both = [bytes, b"\n", job_log::write(delivered).as_bytes()].concat();
        assert!(job_log::read(&both).is_err(), "two blocks were taken");
    }
    found.is_ok()
}

/// A token: nobody here can sign one, so none holds. Read is one whose only fault is its signature.
pub fn token(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let refused = with_stage(|stage| id_token::verify_by(&stage.keys, text.trim_end()));
    let Err(refused) = refused else { panic!("a token that nobody signed was accepted") };
    refused.to_string().contains("its signature is invalid")
}

/// The answer of an STS: its status in the first line, then the body.
pub fn sts(bytes: &[u8]) -> bool {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let status =
        parts.next().and_then(|line| std::str::from_utf8(line).ok()).and_then(|line| line.parse().ok());
    let body = parts.next().unwrap_or_default().to_vec();
    let credentials = AwsCredentials {
        access_key_id: "ASIAEXAMPLE".to_owned(),
        secret_access_key: "canary-key".into(),
        session_token: "canary-token".into(),
        account: "111122223333".to_owned(),
        session_arn: None,
        region: "eu-west-1".to_owned(),
        endpoint_url: None,
    };
    with_stage(|stage| {
        stage.clock.set(NOW.parse().expect("a time"));
        *stage.cloud.0.lock().unwrap_or_else(PoisonError::into_inner) = (status.unwrap_or(200), body);
        let found = stage.runtime.block_on(identify(&credentials, &stage.world.system));
        if let Err(error) = &found {
            let said = format!("{error} {error:?}");
            assert!(!said.contains("canary") && !said.contains('\u{1b}'), "{said}");
        }
        found.is_ok()
    })
}

/// A body in JSON, as a broker or GitHub sends it.
pub fn http(bytes: &[u8]) -> bool {
    fn is<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> bool {
        serde_json::from_slice::<T>(bytes).is_ok()
    }
    let readers: [fn(&[u8]) -> bool; 16] = [
        is::<protocol::Challenge>,
        is::<protocol::Session>,
        is::<protocol::RequestView>,
        is::<protocol::RequestList>,
        is::<protocol::RoleList>,
        is::<protocol::SealedLease>,
        is::<protocol::Problem>,
        is::<protocol::EventList>,
        is::<models::Repository>,
        is::<models::Pull>,
        is::<models::ReviewRecord>,
        is::<models::Run>,
        is::<models::Tree>,
        is::<models::Blob>,
        is::<models::Comparison>,
        is::<models::Environment>,
    ];
    // Each of them, whatever the one before it says.
    readers.iter().filter(|reads| reads(bytes)).count() > 0
}

/// The output of git: the entries of a tree, and the contents of a blob.
pub fn git(bytes: &[u8]) -> bool {
    with_stage(|stage| {
        let print = || {
            let output = Output { code: 0, stdout: bytes.to_vec(), stderr: bytes.to_vec() };
            stage.world.processes.outputs.lock().unwrap_or_else(PoisonError::into_inner).push_back(output);
        };
        let repository = Repository::around(&stage.world.system);
        print();
        let entries = stage.runtime.block_on(repository.list(ID));
        print();
        let contents = stage.runtime.block_on(repository.contents(&[ID.to_owned()], bytes.len() as u64));
        if let Ok(contents) = &contents {
            assert_eq!(contents.len(), 1);
            assert!(contents[0].len() < bytes.len(), "more than was printed");
        }
        stage.world.processes.started.lock().unwrap_or_else(PoisonError::into_inner).clear();
        entries.is_ok_and(|entries| !entries.is_empty()) || contents.is_ok()
    })
}

/// AWS's own files, and the block of jit's in one of them: what stands around it is kept byte for byte.
pub fn aws_config(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let config = aws_files::parse(&text, Kind::Config);
    let credentials = aws_files::parse(&text, Kind::Credentials);
    let around = aws_block::split(&text);
    if let Ok(around) = &around {
        assert_eq!([around.before, around.block, around.after].concat(), text);
    }
    config.is_ok() && credentials.is_ok() && around.is_ok()
}
