//! One request on GitHub with everything correct. Each test breaks one thing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jit::forge::request_file;
use jit::github::Evidence;
use jit::github::Refusal;
use jit::github::RequestEvidence;
use jit::github::Verified;
use jit::github::api::models::Account;
use jit::github::api::models::ChangedFile;
use jit::github::api::models::End;
use jit::github::api::models::Pull;
use jit::github::api::models::Repository;
use jit::github::api::models::RepositoryId;
use jit::github::api::models::ReviewRecord;
use jit::github::api::models::Run;
use jit::github::evidence::Claimed;
use jit::github::evidence::Dispatch;
use jit::github::verify::verify;
use jit::grant::Digest;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::statement::sign;
use jit::policy::Policy;
use jit::secret::seal::RecipientKey;

pub const REPOSITORY: u64 = 42;
pub const ANA: u64 = 101;
pub const BO: u64 = 102;
pub const CY: u64 = 103;
pub const EVE: u64 = 109;
pub const ASKED: &str = "2026-11-23T10:00:00Z";
pub const NOW: &str = "2026-11-23T11:00:00Z";
pub const MAIN: &str = "1111111111111111111111111111111111111111";
pub const HEAD: &str = "2222222222222222222222222222222222222222";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A person's key, from a fixed seed.
pub fn signer(who: &str) -> TestSigner {
    TestSigner::ed25519(u32::from(who.as_bytes()[0]))
}

pub fn account(id: u64, login: &str) -> Account {
    Account { id, login: login.to_owned(), kind: "User".to_owned() }
}

/// A policy in which ana asks, and one of sre and one of security approve. `bo` is in both.
pub fn files(signed: &str) -> BTreeMap<String, Vec<u8>> {
    let key = |who: &str| signer(who).public_key().to_owned();
    let people = format!(
        "[people.ana]\nkeys = [\"{}\"]\ngithub = {ANA}\n[people.bo]\nkeys = [\"{}\"]\ngithub = {BO}\n\
         [people.cy]\nkeys = [\"{}\"]\ngithub = {CY}\n[people.dee]\nkeys = [\"{}\"]\ngithub = 104\n\
         [groups]\ndev = [\"ana\"]\nsre = [\"bo\", \"cy\"]\nsecurity = [\"bo\", \"dee\"]\n",
        key("ana"),
        key("bo"),
        key("cy"),
        key("dee")
    );
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = {{ all = [\"1 of group:sre\", \"1 of group:security\"] }}\n\
         duration = \"1h\"\nmax_duration = \"4h\"\nlease = \"1h\"\nsigned = \"{signed}\"\n\
         [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod-admin\"\nregion = \"eu-west-1\"\n"
    );
    let files = [
        ("access.toml", "version = 1\n".to_owned()),
        ("people.toml", people),
        ("roles/prod-admin.toml", role),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect()
}

pub fn policy(signed: &str) -> Arc<Policy> {
    Arc::new(Policy::compile(files(signed)).unwrap())
}

/// The evidence of one request.
pub struct Case {
    pub statement: RequestStatement,
    pub evidence: Evidence,
    pub dispatch: Dispatch,
    pub claimed: Claimed,
}

impl Case {
    /// A correct request of ana's, which bo (for sre or security) and dee have not reviewed yet.
    pub fn new(strength: &str) -> Self {
        let policy = policy(strength);
        let statement = RequestStatement {
            header: Header {
                authority: format!("github:{REPOSITORY}"),
                who: "ana".parse().unwrap(),
                at: at(ASKED),
                nonce: "n".repeat(43),
            },
            way: Way::Request,
            role: "prod-admin".parse().unwrap(),
            target: policy.roles().next().unwrap().target.clone(),
            scope: None,
            duration: "1h".parse().unwrap(),
            start: None,
            reason: "INC-42".to_owned(),
            interactive: true,
            agent: false,
            recipient: RecipientKey::generate(&[7; 32]).public().unwrap(),
            workload: None,
            job: None,
            purpose: None,
            policy: policy.revision,
            created: at(ASKED),
            not_after: at("2026-11-24T10:00:00Z"),
        };
        Self::of(statement, &signer("ana"), &policy)
    }

    pub fn of(statement: RequestStatement, key: &TestSigner, policy: &Arc<Policy>) -> Self {
        let signed = sign(&Statement::Request(Box::new(statement.clone())), key).unwrap();
        let digest = Digest::of(signed.statement.as_bytes());
        let id = digest.request_id();
        let end = |branch: String, sha: &str| End {
            branch,
            sha: sha.to_owned(),
            repo: Some(RepositoryId { id: REPOSITORY }),
        };
        let evidence = Evidence {
            run: Run {
                id: 9001,
                run_attempt: 1,
                event: "workflow_dispatch".to_owned(),
                status: Some("in_progress".to_owned()),
                conclusion: None,
                head_branch: Some("main".to_owned()),
                head_sha: MAIN.to_owned(),
                path: ".github/workflows/jit.yml".to_owned(),
                display_title: String::new(),
                actor: Some(account(ANA, "ana")),
                triggering_actor: Some(account(ANA, "ana")),
                repository: RepositoryId { id: REPOSITORY },
                html_url: String::new(),
            },
            asked: RequestEvidence {
                repository: Repository {
                    id: REPOSITORY,
                    full_name: "acme/access".to_owned(),
                    owner: Account { id: 7, login: "acme".to_owned(), kind: "Organization".to_owned() },
                    private: true,
                    fork: false,
                    default_branch: "main".to_owned(),
                    permissions: None,
                },
                main: MAIN.to_owned(),
                pull: Pull {
                    number: 7,
                    state: "open".to_owned(),
                    body: None,
                    title: String::new(),
                    user: Some(account(ANA, "ana")),
                    created_at: at(ASKED),
                    updated_at: None,
                    head: end(request_file::branch_of(&id), HEAD),
                    base: end("main".to_owned(), MAIN),
                    html_url: String::new(),
                },
                pulls: vec![7],
                files: vec![ChangedFile {
                    filename: request_file::path_of(&id),
                    status: "added".to_owned(),
                    previous_filename: None,
                }],
                base: MAIN.to_owned(),
                content: Some(request_file::write(&signed).into_bytes()),
                reviews: Vec::new(),
                dismissed: BTreeMap::new(),
                reviewed: BTreeMap::from([(HEAD.to_owned(), digest)]),
                keys: None,
                force: Arc::clone(policy),
                under: Arc::clone(policy),
            },
        };
        let claimed = Claimed {
            repository_id: REPOSITORY,
            run_id: 9001,
            run_attempt: 1,
            actor_id: ANA,
            event: "workflow_dispatch".to_owned(),
            reference: "refs/heads/main".to_owned(),
            sha: MAIN.to_owned(),
            workflow_ref: "acme/access/.github/workflows/jit.yml@refs/heads/main".to_owned(),
        };
        Self { statement, evidence, dispatch: Dispatch { pull: 7, digest }, claimed }
    }

    /// Signs another statement in place of the current one, and replaces it everywhere as an honest client would.
    pub fn restate(&self, change: impl FnOnce(&mut RequestStatement)) -> Self {
        let mut statement = self.statement.clone();
        change(&mut statement);
        Self::of(statement, &signer("ana"), &self.evidence.force)
    }

    /// Adds a review without a statement.
    pub fn review(&mut self, user: Account, state: &str) -> &mut ReviewRecord {
        let id = 500 + self.evidence.reviews.len() as u64;
        self.evidence.reviews.push(ReviewRecord {
            id,
            user: Some(user),
            state: state.to_owned(),
            body: Some(String::new()),
            commit_id: Some(HEAD.to_owned()),
            submitted_at: Some(at("2026-11-23T10:30:00Z")),
            edited: None,
        });
        self.evidence.reviews.last_mut().unwrap()
    }

    /// Adds an approval that carries a statement, signed by `key`.
    pub fn signed_review(
        &mut self,
        user: Account,
        who: &str,
        verdict: Verdict,
        key: &TestSigner,
    ) -> &mut ReviewRecord {
        let statement = Statement::Review(ReviewStatement {
            header: Header {
                authority: format!("github:{REPOSITORY}"),
                who: who.parse().unwrap(),
                at: at("2026-11-23T10:30:00Z"),
                nonce: "m".repeat(43),
            },
            request: self.dispatch.digest,
            verdict,
            comment: String::new(),
            duration: None,
            scope: None,
        });
        let signed = sign(&statement, key).unwrap();
        let review =
            self.review(user, if verdict == Verdict::Approve { "APPROVED" } else { "CHANGES_REQUESTED" });
        review.body = Some(jit::forge::review_body::write("I agree.", &signed));
        review
    }

    pub fn verify(&self) -> Result<Verified, Refusal> {
        verify(&self.evidence, &self.dispatch, &self.claimed, at(NOW))
    }

    /// The people whose approvals count, as `decide` would find.
    pub fn approved_by(&self) -> Result<Vec<String>, Refusal> {
        let verified = self.verify()?;
        self.evidence.check_open()?;
        verified.check_actor()?;
        verified.terms(at(NOW)).map(|terms| terms.by.iter().map(ToString::to_string).collect())
    }

    /// The text of the refusal, with its cause.
    #[track_caller]
    pub fn refusal(&self) -> String {
        let refusal = self.approved_by().unwrap_err();
        refusal.cause().map_or_else(|| refusal.to_string(), |cause| format!("{refusal}: {cause}"))
    }
}
