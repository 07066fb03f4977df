//! A broker and a cloud in one, small enough to read completely, that can be told to lie.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;

use jit::grant::Digest;
use jit::grant::Lease;
use jit::grant::Name;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::cloud::aws::AwsCredentials;
use jit::grant::lease::associated_data;
use jit::grant::span::Span;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::identity;
use jit::protocol::BreakGlassView;
use jit::protocol::ClosingView;
use jit::protocol::MissingView;
use jit::protocol::NoticeView;
use jit::protocol::ReasonWanted;
use jit::protocol::RequestView;
use jit::protocol::ReviewView;
use jit::protocol::RoleView;
use jit::protocol::SealedLease;
use jit::secret::seal::seal;
use jit::system::Clock;
use jit::system::fake::FakeClock;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

pub const BROKER: &str = "https://jit.example.com";
pub const CLOUD: &str = "https://sts.eu-west-1.amazonaws.com";
pub const ACCOUNT: &str = "111122223333";

/// The issuer's only key. It signs nothing here.
const KEY_SET: &str =
    r#"{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"one","n":"AQAB","e":"AQAB"}]}"#;

/// How the broker or the cloud lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Returns the bytes of another request.
    AnotherRequest,
    /// Seals a lease for another request.
    SealedForAnother,
    /// Seals to another key.
    SealedToAnother,
    /// Returns a lease of another account.
    AnotherAccount,
    /// Returns a lease that outlives the request.
    TooLong,
    /// Returns the first lease again and again.
    Repeats,
    /// The cloud says that the credentials are another role's.
    CloudSaysAnother,
    /// Returns a page of HTML.
    Html,
    /// Calls itself by another name.
    Impostor,
    /// Labels with escapes in them.
    Escapes,
}

fn glass() -> BreakGlassView {
    BreakGlassView {
        max_duration: Span::of_minutes(30),
        signed: jit::grant::Assurance::Key,
        told: vec!["slack".to_owned(), "webhook ops".to_owned()],
        reviewers: vec!["bo".parse().unwrap()],
    }
}

#[derive(Default)]
pub struct State_ {
    pub requests: Vec<RequestView>,
    pub sessions: BTreeMap<String, Name>,
    pub leases: u32,
    pub lie: Option<Lie>,
    /// How many answers to long polls are cut off.
    pub dropped: u32,
    pub first_sealed: Option<SealedLease>,
    /// Whether ana may use break-glass for prod-admin.
    pub glass: bool,
    /// Why the broker says that it is not ready.
    pub unready: Option<String>,
    /// Whether lists are empty although requests can be read by id.
    pub unlisted: bool,
}

pub struct FakeBroker {
    pub state: Mutex<State_>,
    pub people: BTreeMap<String, Name>,
    pub clock: FakeClock,
    pub changed: Notify,
}

impl FakeBroker {
    pub fn new(clock: &FakeClock, people: BTreeMap<String, Name>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), people, clock: clock.clone(), changed: Notify::new() })
    }

    pub fn lie(&self, lie: Option<Lie>) {
        self.state.lock().unwrap().lie = lie;
    }

    fn role(&self, name: &str, viewer: &Name) -> Option<RoleView> {
        let (automatic, reason) = match name {
            "prod-admin" | "payments-admin" => (false, Some("start with a ticket, e.g. INC-42")),
            "stage-admin" => (true, None),
            _ => return None,
        };
        let own = if automatic { "stage-admin" } else { "prod-admin" };
        let target = format!("aws:arn:aws:iam::{ACCOUNT}:role/{own}?region=eu-west-1");
        let is_bo = viewer.as_str() == "bo";
        let escapes = self.state.lock().unwrap().lie == Some(Lie::Escapes);
        Some(RoleView {
            name: own.parse().unwrap(),
            aliases: if automatic { vec![] } else { vec!["payments-admin".parse().unwrap()] },
            description: if escapes {
                "\u{1b}[2Jharmless\u{202e}".to_owned()
            } else if automatic {
                "Play on the stage".to_owned()
            } else {
                "Administer the production account".to_owned()
            },
            // As a broker of an older version, which says neither.
            cloud: None,
            place: None,
            target: target.parse().unwrap(),
            certificates: None,
            may_request: !is_bo || automatic,
            may_review: is_bo && !automatic,
            may_review_whole: Some(is_bo && !automatic),
            approvable: true,
            approval: if automatic { "none".to_owned() } else { "1 of group:sre".to_owned() },
            automatic,
            approvers: if automatic { vec![] } else { vec!["bo".parse().unwrap()] },
            signed: jit::grant::Assurance::Key,
            duration: Span::of_minutes(60),
            max_duration: Span::of_minutes(240),
            lease: Span::of_minutes(60),
            pending: Span::of_minutes(1440),
            unused: Span::of_minutes(720),
            scopes: vec![],
            bind_ip: false,
            deny_revoked: false,
            revoke_role: None,
            gate: Vec::new(),
            reason: ReasonWanted {
                required: reason.is_some(),
                pattern: reason.map(|_| r"^(INC|CHG)-\d+\b".to_owned()),
                hint: reason.map(str::to_owned),
            },
            break_glass: (self.state.lock().unwrap().glass && !is_bo && !automatic).then(glass),
            extend: None,
            production: !automatic,
            policy: Digest::of(b"policy"),
        })
    }

    fn asked(view: &RequestView) -> RequestStatement {
        match Statement::parse(view.signed.statement.as_bytes()).unwrap() {
            Statement::Request(asked) => *asked,
            _ => unreachable!(),
        }
    }

    fn seen_by(&self, view: &RequestView, viewer: &Name) -> RequestView {
        let mut view = view.clone();
        let own = Self::asked(&view).header.who == *viewer;
        let emergency = Self::asked(&view).way == Way::BreakGlass;
        view.may_review =
            !own && if emergency { view.acknowledged.is_none() } else { view.state == State::Pending };
        let state = self.state.lock().unwrap();
        if state.lie == Some(Lie::AnotherRequest)
            && let Some(other) = state.requests.iter().find(|other| other.id != view.id)
        {
            view.signed = other.signed.clone();
        }
        if state.lie == Some(Lie::Escapes) {
            for notice in &mut view.notices {
                notice.to.push_str("\u{1b}]9;x\u{7}\u{202e}");
                if let Some(problem) = &mut notice.problem {
                    problem.push_str("\u{1b}[2J\u{202e}");
                }
            }
        }
        view
    }

    fn ask(&self, signed: Signed, who: &Name) -> Answer {
        let Ok(Statement::Request(asked)) = Statement::parse(signed.statement.as_bytes()) else {
            return problem(400, "bad", "no request");
        };
        identity::statement::open(&signed, asked.way.kind(), BROKER).unwrap();
        assert_eq!(asked.header.who, *who);
        let emergency = asked.way == Way::BreakGlass;
        if emergency && let Some(waiting) = self.unreviewed() {
            let detail =
                format!("your emergency access to prod-admin (request {waiting}) has not been reviewed yet");
            return problem(409, "conflict", &detail);
        }
        let digest = Digest::of(signed.statement.as_bytes());
        let automatic = asked.role.as_str() == "stage-admin" || emergency;
        let now = self.clock.now();
        let view = RequestView {
            agent_of: None,
            id: digest.request_id(),
            digest,
            version: 1,
            state: if automatic { State::Approved } else { State::Pending },
            signed,
            pending_until: Span::of_minutes(1440).after(now),
            unused_until: automatic.then(|| Span::of_minutes(720).after(now)),
            approved_duration: automatic.then_some(asked.duration),
            approved_by: vec![],
            approved_scope: None,
            approved_scope_document: None,
            active_until: None,
            credentials_until: None,
            denial: None,
            approval: if automatic { "none".to_owned() } else { "1 of group:sre".to_owned() },
            missing: if emergency {
                vec![MissingView {
                    demand: "a review afterwards".to_owned(),
                    could_help: vec!["bo".parse().unwrap()],
                }]
            } else if automatic {
                vec![]
            } else {
                vec![MissingView {
                    demand: "1 of group:sre".to_owned(),
                    could_help: vec!["bo".parse().unwrap()],
                }]
            },
            reviews: vec![],
            acknowledged: None,
            notices: if emergency {
                let told = |to: &str, problem: Option<&str>| NoticeView {
                    to: to.into(),
                    about: "break_glass".into(),
                    delivered: problem.is_none(),
                    problem: problem.map(str::to_owned),
                    tries_again: false,
                };
                vec![told("slack", None), told("webhook ops", Some("it answered with status 500"))]
            } else if automatic {
                vec![]
            } else {
                vec![
                    NoticeView {
                        to: "webhook ops".into(),
                        about: "request".into(),
                        delivered: true,
                        problem: None,
                        tries_again: false,
                    },
                    NoticeView {
                        to: "command".into(),
                        about: "request".into(),
                        delivered: false,
                        problem: Some("it did not finish in time".into()),
                        tries_again: true,
                    },
                ]
            },
            denied_before: None,
            extends: None,
            extensions: vec![],
            closing: None,
            ask_again: None,
            why_not: None,
            may_review: false,
            may_revoke: false,
        };
        self.state.lock().unwrap().requests.push(view.clone());
        json(201, &self.seen_by(&view, who))
    }

    /// Ana's break-glass that waits for its review.
    fn unreviewed(&self) -> Option<jit::grant::RequestId> {
        let state = self.state.lock().unwrap();
        let waiting =
            |view: &&RequestView| Self::asked(view).way == Way::BreakGlass && view.acknowledged.is_none();
        state.requests.iter().find(waiting).map(|view| view.id.clone())
    }

    pub fn change(&self, id: &str, change: impl FnOnce(&mut RequestView)) -> RequestView {
        let mut state = self.state.lock().unwrap();
        let view = state.requests.iter_mut().find(|view| view.id.as_str() == id).unwrap();
        change(view);
        view.version += 1;
        let view = view.clone();
        drop(state);
        self.changed.notify_waiters();
        view
    }

    fn close(&self, id: &str, state: State, by: &Name, why: &str) -> RequestView {
        let at = self.clock.now();
        self.change(id, |view| {
            view.state = state;
            view.missing.clear();
            view.closing = Some(ClosingView { at, by: Some(by.clone()), why: why.to_owned() });
        })
    }

    fn review(&self, id: &str, signed: Signed, by: &Name) -> Answer {
        let (statement, _) =
            identity::statement::open(&signed, jit::grant::statement::Kind::Review, BROKER).unwrap();
        let Statement::Review(review) = statement else { return problem(400, "bad", "no review") };
        let now = self.clock.now();
        let given = ReviewView { by: by.clone(), verdict: review.verdict, at: now, signed };
        self.change(id, |view| {
            assert_eq!(review.request, view.digest);
            if Self::asked(view).way == Way::BreakGlass {
                view.acknowledged = Some(given.clone());
                view.missing.clear();
            } else {
                view.reviews.push(given.clone());
            }
        });
        let found = self.state.lock().unwrap().requests.iter().find(|view| view.id.as_str() == id).cloned();
        if let Some(view) = found.filter(|view| Self::asked(view).way == Way::BreakGlass) {
            let ends = review.verdict == Verdict::Deny && !view.state.is_terminal();
            let view = if ends { self.close(id, State::Revoked, by, "wrong") } else { view };
            return json(200, &self.seen_by(&view, by));
        }
        let view = if review.verdict == Verdict::Deny {
            self.close(id, State::Denied, by, "denied")
        } else {
            self.change(id, |view| {
                view.state = State::Approved;
                view.missing.clear();
                let asked = Self::asked(view).duration;
                view.approved_duration = Some(review.duration.map_or(asked, |ceiling| asked.min(ceiling)));
                view.approved_by = vec![by.clone()];
                view.unused_until = Some(Span::of_minutes(720).after(now));
            })
        };
        json(200, &self.seen_by(&view, by))
    }

    fn lease(&self, id: &str) -> Answer {
        let now = self.clock.now();
        let found = self.state.lock().unwrap().requests.iter().find(|view| view.id.as_str() == id).cloned();
        let Some(view) = found else { return problem(404, "not_found", "there is no such request") };
        if !matches!(view.state, State::Approved | State::Active) {
            return problem(409, "state", &format!("the request is {}", view.state.as_str()));
        }
        let until = view.active_until.unwrap_or_else(|| view.approved_duration.unwrap().after(now));
        let view = self.change(id, |view| {
            view.state = State::Active;
            view.active_until = Some(until);
            view.credentials_until = Some(until);
        });
        let mut state = self.state.lock().unwrap();
        state.leases += 1;
        let number = state.leases;
        let lie = state.lie;
        let expires = if lie == Some(Lie::TooLong) { Span::of_minutes(44_000).after(now) } else { until };
        let account = if lie == Some(Lie::AnotherAccount) { "999999999999" } else { ACCOUNT };
        let asked = Self::asked(&view);
        let lease = Lease {
            number,
            expires,
            credentials: AwsCredentials {
                access_key_id: format!("ASIAFAKE{}", asked.role.as_str().to_uppercase()),
                secret_access_key: "canary-secret".into(),
                session_token: "canary-token".into(),
                account: account.to_owned(),
                session_arn: None,
                region: "eu-west-1".to_owned(),
                endpoint_url: None,
            }
            .into(),
        };
        let digest = if lie == Some(Lie::SealedForAnother) { Digest::of(b"other") } else { view.digest };
        let recipient = if lie == Some(Lie::SealedToAnother) {
            jit::secret::seal::RecipientKey::generate(&[9; 32]).public().unwrap()
        } else {
            asked.recipient.clone()
        };
        let associated = associated_data(BROKER, &digest, "broker", number);
        let seed = [u8::try_from(number).unwrap(); 32];
        let sealed = SealedLease {
            number,
            run: "broker".to_owned(),
            sealed: seal(&recipient, lease.to_secret_json().expose(), &associated, seed).unwrap(),
            expires,
            active_until: until,
        };
        let first = state.first_sealed.get_or_insert_with(|| sealed.clone()).clone();
        json(200, if lie == Some(Lie::Repeats) { &first } else { &sealed })
    }

    fn cloud(&self, request: &Request) -> Answer {
        let said = request.headers.iter().find(|(name, _)| name == "authorization");
        // Without credentials AWS tells no more than the time.
        let Some((_, said)) = said else { return json(403, &serde_json::json!({})) };
        let role = if said.contains("ASIAFAKEPROD-ADMIN") { "prod-admin" } else { "stage-admin" };
        let lies = self.state.lock().unwrap().lie == Some(Lie::CloudSaysAnother);
        let role = if lies { "somebody-else" } else { role };
        let xml = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{role}/x</Arn>\
             <UserId>A:x</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let mut answer = answer(200, "text/xml", xml);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.clock.now());
        answer.headers.push(("date".into(), date.unwrap()));
        answer
    }
}

pub type Answer = Response;

pub fn answer(status: u16, kind: &str, body: String) -> Answer {
    Response { status, headers: vec![("content-type".into(), kind.into())], body: body.into_bytes() }
}

fn json<T: serde::Serialize>(status: u16, value: &T) -> Answer {
    answer(status, "application/json", serde_json::to_string(value).unwrap())
}

pub fn problem(status: u16, code: &str, detail: &str) -> Answer {
    let body = serde_json::json!({
        "type": format!("urn:jit:problem:{code}"), "title": code, "status": status, "detail": detail, "code": code,
    });
    answer(status, "application/problem+json", body.to_string())
}

#[async_trait]
impl Host for FakeBroker {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let url = url::Url::parse(&request.url).unwrap();
        if request.url.starts_with(CLOUD) {
            return Ok(self.cloud(&request));
        }
        if self.state.lock().unwrap().lie == Some(Lie::Html) {
            return Ok(answer(200, "text/html", "<html>\u{1b}[2J please log in</html>".to_owned()));
        }
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let path: Vec<&str> = url.path().trim_start_matches("/v1/").split('/').collect();
        let signed = || serde_json::from_slice::<Signed>(&request.body).unwrap();
        match path.as_slice() {
            ["login", "challenge"] => {
                let impostor = self.state.lock().unwrap().lie == Some(Lie::Impostor);
                let authority = if impostor { "https://evil.example" } else { BROKER };
                return Ok(json(
                    200,
                    &serde_json::json!({ "challenge": "c".repeat(43), "authority": authority, "time": self.clock.now() }),
                ));
            }
            ["login"] => return Ok(self.login(&signed())),
            ["", ".well-known", "openid-configuration"] => {
                return Ok(answer(200, "application/json", jit::issuer::discovery_json(BROKER)));
            }
            ["", ".well-known", "jwks.json"] => {
                return Ok(answer(200, "application/json", KEY_SET.to_owned()));
            }
            ["", "readyz"] => {
                let why = self.state.lock().unwrap().unready.clone();
                return Ok(why.map_or_else(
                    || answer(200, "text/plain", "ready\n".to_owned()),
                    |why| problem(503, "unready", &why),
                ));
            }
            _ => {}
        }
        let token = request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value);
        let viewer = token.and_then(|token| {
            let token = token.strip_prefix("Bearer ")?;
            self.state.lock().unwrap().sessions.get(token).cloned()
        });
        let Some(viewer) = viewer else {
            return Ok(problem(401, "unauthenticated", "there is no such session"));
        };
        let find = |id: &str| {
            let state = self.state.lock().unwrap();
            state.requests.iter().find(|view| view.id.as_str() == id).cloned()
        };
        let missing = || problem(404, "not_found", "there is no such request");
        Ok(match (request.method.as_str(), path.as_slice()) {
            ("GET", ["session"]) => json(200, &self.session(&viewer, None)),
            ("DELETE", ["session"]) => {
                self.state.lock().unwrap().sessions.clear();
                answer(204, "application/json", String::new())
            }
            ("GET", ["roles"]) => {
                let roles: Vec<RoleView> = ["prod-admin", "stage-admin"]
                    .iter()
                    .filter_map(|name| self.role(name, &viewer))
                    .collect();
                json(200, &serde_json::json!({ "roles": roles }))
            }
            ("GET", ["roles", name]) => match self.role(name, &viewer) {
                Some(role) => json(200, &role),
                None => problem(404, "not_found", &format!("there is no role {name} for you")),
            },
            ("POST", ["requests"]) => self.ask(signed(), &viewer),
            ("GET", ["requests"]) => {
                let (all, unlisted) = {
                    let state = self.state.lock().unwrap();
                    (state.requests.clone(), state.unlisted)
                };
                let list = query.get("list").map(String::as_str);
                let views: Vec<RequestView> = all
                    .iter()
                    .rev()
                    .filter(|_| !unlisted)
                    .filter(|view| {
                        let own = Self::asked(view).header.who == viewer;
                        match list {
                            Some("mine") => own,
                            Some("inbox") => self.seen_by(view, &viewer).may_review,
                            _ => true,
                        }
                    })
                    .map(|view| self.seen_by(view, &viewer))
                    .collect();
                json(200, &serde_json::json!({ "requests": views }))
            }
            ("GET", ["requests", id]) => {
                if let Some(after) = query.get("after") {
                    let after: u64 = after.parse().unwrap();
                    if self.drop_one() {
                        return Err(HttpError::Broken {
                            host: "jit.example.com".into(),
                            cause: "reset".into(),
                        });
                    }
                    loop {
                        let changed = self.changed.notified();
                        if find(id).is_none_or(|view| view.version > after) {
                            break;
                        }
                        changed.await;
                    }
                }
                find(id).map_or_else(missing, |view| json(200, &self.seen_by(&view, &viewer)))
            }
            ("POST", ["requests", id, "reviews"]) => self.review(id, signed(), &viewer),
            ("POST", ["requests", id, "leases"]) => self.lease(id),
            ("POST", ["requests", id, "end"]) => {
                let before = find(id).unwrap().state;
                let state = if before == State::Active { State::Ended } else { State::Cancelled };
                json(200, &self.close(id, state, &viewer, "done"))
            }
            ("POST", ["requests", id, "revoke"]) => {
                let signed = signed();
                identity::statement::open(&signed, jit::grant::statement::Kind::Revoke, BROKER).unwrap();
                json(200, &self.close(id, State::Revoked, &viewer, "revoked"))
            }
            _ => missing(),
        })
    }
}

impl FakeBroker {
    fn drop_one(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let drops = state.dropped > 0;
        state.dropped = state.dropped.saturating_sub(1);
        drops
    }

    fn login(&self, signed: &Signed) -> Answer {
        let kind = jit::grant::statement::Kind::Login;
        let (statement, verified) = identity::statement::open(signed, kind, BROKER).unwrap();
        match self.people.get(&verified.fingerprint) {
            Some(person) if *person == statement.header().who => {
                let token = format!("canary-session-{person}");
                self.state.lock().unwrap().sessions.insert(token.clone(), person.clone());
                json(200, &self.session(person, Some(token)))
            }
            _ => problem(401, "unauthenticated", "no person of this policy has this key"),
        }
    }

    fn session(&self, person: &Name, token: Option<String>) -> serde_json::Value {
        let expires: Timestamp = Span::of_minutes(720).after(self.clock.now());
        let mut session = serde_json::json!({
            "person": person, "label": "A person", "key": "SHA256:example", "expires": expires, "groups": ["dev"],
        });
        if let Some(token) = token {
            session["token"] = token.into();
        }
        session
    }
}
