//! Logging in to a broker with the account at an identity provider: by a browser on this machine, or by a code on any
//! other. The provider's token enrols a key, and that key signs from then on.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::authority::AuthorityError;
use crate::authority::BrokerClient;
use crate::config::LoginRecord;
use crate::config::login::Account;
use crate::config::login::SignIn;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::key_choice;
use crate::flow::joining::login;
use crate::flow::joining::login::LoggedIn;
use crate::flow::joining::login::Wanted;
use crate::flow::joining::on_github;
use crate::flow::joining::ways::Chosen;
use crate::flow::session::browser;
use crate::flow::session::keychains;
use crate::flow::session::reconcile;
use crate::grant::text::sanitise;
use crate::identity::Signer;
use crate::identity::kept::KeptKey;
use crate::identity::oidc::Provider;
use crate::identity::oidc::ProviderError;
use crate::identity::oidc::Registration;
use crate::identity::oidc::SignInError;
use crate::identity::oidc::Tokens;
use crate::identity::oidc::authorise::Attempt;
use crate::identity::oidc::authorise::Callback;
use crate::identity::oidc::device::Device;
use crate::identity::oidc::enrolment;
use crate::identity::oidc::landing;
use crate::identity::oidc::landing::Landing;
use crate::identity::oidc::token;
use crate::protocol::EnrolAnswer;
use crate::protocol::EnrolCall;
use crate::protocol::OidcWay;
use crate::secret::Secret;

/// The key that a sign-in enrols.
struct Enrolled {
    signer: Box<dyn Signer>,
    /// The key itself, if the keychain keeps it.
    kept: Option<KeptKey>,
    /// The private key's file, if it is the person's own key and has one.
    file: Option<std::path::PathBuf>,
}

/// The outcome of a sign-in.
struct Done {
    enrolled: EnrolAnswer,
    /// The random text of the nonce. Empty where there is none.
    random: String,
    refresh: Option<Secret<String>>,
    issuer: String,
}

/// Signs in, enrols the key, and logs in with it.
pub(in crate::flow) async fn login(
    client: &Client<'_>,
    wanted: Wanted,
    url: &str,
    way: &Chosen,
) -> Result<LoggedIn, Failure> {
    let system = client.system;
    let known = client.settings.login.account.as_ref().filter(|account| account.url == url);
    let keychains::Chosen { vault, keychain, credentials } =
        keychains::choose(client, wanted.stores(), &wanted.again(url))?;
    if vault.forgets() {
        return Err(Failure::usage("a sign-in needs a keychain")
            .cause("the keychain `none` forgets the session at once, and each command would open the browser")
            .hint("choose another: `jit login --keychain os`, or `--keychain file`"));
    }
    let key = key(client, &wanted, known)?;
    let done = match way {
        Chosen::Provider(way) => {
            let line = (key.signer.public_key(), key.kept.is_none());
            at_provider(client, &wanted, url, way, line).await?
        }
        _ => Done {
            enrolled: on_github::enrol(client, url, key.signer.public_key(), key.kept.is_none()).await?,
            random: String::new(),
            refresh: None,
            issuer: on_github::ISSUER.to_owned(),
        },
    };
    let Done { enrolled, random, refresh, issuer } = done;
    check_person(&enrolled, &wanted, known, &issuer)?;
    let (session, session_token) =
        login::session_with(client, url, &enrolled.person, key.signer.as_ref()).await?;
    vault.drop_sign_in(url)?;
    if let Some(kept) = &key.kept {
        vault.keep_session_key(url, kept, &random)?;
    }
    if let Some(refresh) = &refresh {
        vault.keep_refresh_token(url, refresh)?;
    }
    vault.keep_session(url, &session_token)?;
    let account = Account {
        url: url.to_owned(),
        person: session.person.clone(),
        key: key.signer.public_key().to_owned(),
        key_file: key.file.clone(),
        repository: None,
        ended: false,
        provider: Some(SignIn { issuer, keeps_key: key.kept.is_some() }),
    };
    LoginRecord { keychain, credentials, account: Some(account) }.save(&system.files)?;
    let client = &Client::resume(system, client.settings.clone(), vault.clone());
    reconcile::forget_others(client, url, &session.person, known.map(|account| &account.person))?;
    login::remember(client, url, session_token).await;
    Ok(LoggedIn { session, url: url.to_owned(), keychain: vault.described(), token: None })
}

/// Enrols a key that signs elsewhere, such as a passkey, by a sign-in of its own. It stays enrolled. Nothing of the sign-in
/// is kept on this machine.
///
/// # Errors
/// The sign-in fails, or the broker refuses the key.
pub(in crate::flow) async fn enrol_line(
    client: &Client<'_>,
    wanted: &Wanted,
    url: &str,
    way: &Chosen,
    line: &str,
) -> Result<EnrolAnswer, Failure> {
    match way {
        Chosen::Provider(way) => Ok(at_provider(client, wanted, url, way, (line, true)).await?.enrolled),
        _ => on_github::enrol(client, url, line, true).await,
    }
}

/// Signs in at the provider, and hands its token to the broker. `lasting` says whether the key stays enrolled.
async fn at_provider(
    client: &Client<'_>,
    wanted: &Wanted,
    url: &str,
    way: &OidcWay,
    (line, lasting): (&str, bool),
) -> Result<Done, Failure> {
    let system = client.system;
    let random = system.entropy.token();
    let nonce = enrolment::nonce(url, line, &random);
    let provider =
        Provider::discover(system.http.as_ref(), &way.issuer).await.map_err(|error| unusable(&error))?;
    let tokens = tokens(client, wanted, &provider, way, &nonce).await?;
    let id = tokens.id.ok_or_else(|| failed(&SignInError::Answer("it has no ID token")))?;
    check_nonce(&id, &nonce)?;
    let call =
        EnrolCall { token: id.expose().clone(), key: line.to_owned(), random: random.clone(), lasting };
    let enrolled =
        BrokerClient::new(system, url, None).enrol(&call).await.map_err(|error| refused(url, error))?;
    Ok(Done { enrolled, random, refresh: tokens.refresh, issuer: way.issuer.clone() })
}

/// The person's own SSH key with `--ssh`, else a new one for the keychain.
fn key(client: &Client<'_>, wanted: &Wanted, known: Option<&Account>) -> Result<Enrolled, Failure> {
    if wanted.ssh {
        let known = known.filter(|account| !account.keeps_key());
        let choice = key_choice::choose(client, wanted.key.as_deref(), known, &|_| true)?;
        let ask = |question: &str| client.console().ask_secret(question);
        let signer = crate::identity::signer::open(&choice, client.system, &ask)?;
        return Ok(Enrolled { signer, kept: None, file: choice.file });
    }
    let kept = KeptKey::generate(client.system.entropy.as_ref())?;
    Ok(Enrolled { signer: kept.signer()?, kept: Some(kept), file: None })
}

async fn tokens(
    client: &Client<'_>,
    wanted: &Wanted,
    provider: &Provider,
    way: &OidcWay,
    nonce: &str,
) -> Result<Tokens, Failure> {
    let has_browser = wanted.no_browser || browser::is_here(&client.system.environment);
    if wanted.device || !has_browser && provider.device.is_some() {
        by_device(client, provider, way, nonce).await
    } else {
        by_browser(client, wanted, provider, way, nonce).await
    }
}

/// The client's registration at the provider.
pub(in crate::flow) fn registration(way: &OidcWay) -> Registration<'_> {
    Registration { client: &way.client_id, public_secret: way.public_secret.as_deref() }
}

async fn by_browser(
    client: &Client<'_>,
    wanted: &Wanted,
    provider: &Provider,
    way: &OidcWay,
    nonce: &str,
) -> Result<Tokens, Failure> {
    let system = client.system;
    let landing =
        Landing::open(&way.redirect_host, way.redirect_port).await.map_err(|error| failed(&error))?;
    let entropy = system.entropy.as_ref();
    let attempt = Attempt::new(entropy, provider, &way.client_id, &way.scopes, nonce, &landing.redirect())
        .map_err(|error| failed(&error))?;
    let attempt = Arc::new(attempt);
    let host = sanitise(&way.issuer);
    client.console().say(&format!("sign in at {host}:\n  {}", sanitise(&attempt.address)));
    let judge = {
        let (attempt, provider) = (Arc::clone(&attempt), provider.clone());
        move |query: &str| match attempt.judge(&provider, query) {
            Callback::Stranger => None,
            Callback::Answer(answer) => Some(answer),
        }
    };
    let answer = landing.answer(Arc::clone(&system.clock), Arc::new(judge));
    let opened = async {
        let is_wanted = !wanted.no_browser && browser::is_here(&system.environment);
        let handed = if is_wanted { browser::open(system, &attempt.address).await } else { Ok(None) };
        // The address at hand serves the browser until the answer is there.
        let _handed = handed.unwrap_or_else(|cause| {
            client
                .console()
                .say(&format!("warning: no browser was opened: {cause}; open the address yourself"));
            None
        });
        std::future::pending::<()>().await;
    };
    client.console().progress("waiting for your sign-in in the browser");
    let answer = tokio::select! {
        biased;
        answer = answer => answer,
        () = opened => Err(SignInError::TimeOut),
        () = system.processes.interrupted() => return Err(Failure::interrupted()),
        () = system.clock.sleep(landing::LIMIT) => Err(SignInError::TimeOut),
    };
    client.console().settle();
    let code = answer.map_err(|error| failed(&error))?;
    attempt
        .redeem(system.http.as_ref(), provider, registration(way), &code)
        .await
        .map_err(|error| failed(&error))
}

async fn by_device(
    client: &Client<'_>,
    provider: &Provider,
    way: &OidcWay,
    nonce: &str,
) -> Result<Tokens, Failure> {
    let (system, http) = (client.system, client.system.http.as_ref());
    let mut device = Device::begin(http, provider, registration(way), &way.scopes, nonce)
        .await
        .map_err(|error| failed(&error))?;
    client.console().say(&format!("open {} and type {}", device.address, device.user_code));
    if let Some(complete) = &device.complete {
        client.console().say(&format!("or open {complete} and compare the code"));
    }
    let until = client.now() + SignedDuration::try_from(device.limit).unwrap_or_default();
    while client.now() < until {
        client.console().progress("waiting for your sign-in on the provider's page");
        tokio::select! {
            () = system.clock.sleep(device.interval) => {}
            () = system.processes.interrupted() => return Err(Failure::interrupted()),
        }
        if let Some(tokens) =
            device.poll(http, provider, registration(way)).await.map_err(|error| failed(&error))?
        {
            client.console().settle();
            return Ok(tokens);
        }
    }
    Err(failed(&SignInError::TimeOut))
}

/// Tells early, and with its reason, what the broker would refuse: a token without the nonce proves no key.
fn check_nonce(id: &Secret<String>, nonce: &str) -> Result<(), Failure> {
    if token::unverified_nonce(id.expose()).as_deref() == Some(nonce) {
        return Ok(());
    }
    Err(Failure::failed("the sign-in proves no key")
        .cause("the identity provider's token does not carry the nonce of this sign-in")
        .hint("some providers drop it in the device flow: sign in by a browser, without `--device`"))
}

/// The token says who signed in. Somebody else may have approved a device code.
fn check_person(
    enrolled: &EnrolAnswer,
    wanted: &Wanted,
    known: Option<&Account>,
    issuer: &str,
) -> Result<(), Failure> {
    let person = &enrolled.person;
    let expected = wanted.person.as_ref().or(known.map(|account| &account.person));
    match expected {
        Some(expected) if expected != person => {
            let failure = Failure::refused(format!("{person} signed in at {issuer}, and not {expected}"))
                .cause("nothing was kept on this machine");
            Err(if wanted.person.is_some() {
                failure.hint(format!("if you are {person}: leave `--as` out, or write `--as {person}`"))
            } else {
                failure.hint(format!("if you are {person}: `jit login --as {person}`")).hint(
                    "if not, somebody else approved your code: do not give codes away, and tell your team",
                )
            })
        }
        _ => Ok(()),
    }
}

pub(in crate::flow) fn unusable(error: &ProviderError) -> Failure {
    let hint = match error {
        ProviderError::Network(_) => {
            format!("{}; with a key that people.toml lists: `jit login --key FILE`", error.hint())
        }
        _ => error.hint().to_owned(),
    };
    Failure::failed("the sign-in did not begin").cause(error.to_string()).hint(hint)
}

pub(in crate::flow) fn failed(error: &SignInError) -> Failure {
    Failure::failed("the sign-in failed").cause(error.to_string()).hint(error.hint())
}

pub(in crate::flow) fn refused(url: &str, error: AuthorityError) -> Failure {
    Failure::from(error).because(format!("{url} does not take the sign-in"))
}
