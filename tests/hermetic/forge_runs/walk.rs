//! Every command of `jit --help` where a repository decides, with its output: what works, and what cannot work and says
//! why.

use regex::Regex;

use super::laptop::Laptop;
use crate::forge::hub::ARN;
use crate::forge::hub::CLOUD;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;

/// The input and output, in the order of a terminal.
pub struct Terminal {
    people: Vec<(&'static str, Person)>,
    seen: String,
}

impl Terminal {
    /// People at their machines. Nobody is logged in.
    fn of<const N: usize>(hub: &Hub, logins: [&'static str; N]) -> Self {
        let people = logins.map(|login| (login, Person::new(hub, login))).into_iter().collect();
        Self { people, seen: String::new() }
    }

    pub fn logged_in<const N: usize>(hub: &Hub, logins: [&'static str; N]) -> Self {
        let people = logins.map(|login| (login, Person::new(hub, login).logged_in())).into_iter().collect();
        Self { people, seen: String::new() }
    }

    /// A person at their machine.
    pub fn person(&mut self, who: &str) -> &mut Person {
        let found = self.people.iter_mut().find(|(name, _)| *name == who);
        found.map(|(_, person)| person).unwrap()
    }

    /// Types a line as a person. Returns its output.
    pub fn types(&mut self, who: &str, line: &str) -> String {
        let (_, person) = self.people.iter().find(|(name, _)| *name == who).unwrap();
        let words = shell_words::split(line).unwrap();
        let shot = person.words(&words.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        let folder = person.world.system.files.config.parent().unwrap().display().to_string();
        self.seen.push_str(format!("{who}$ jit {line}").trim_end());
        self.seen.push('\n');
        let texts = [shot.stderr, shot.stdout.clone()].concat().replace(&folder, "…");
        for line in texts.lines().filter(|line| !line.is_empty() && !line.starts_with("… ")) {
            self.seen.push_str(&format!("{}\n", line.trim_end()));
        }
        if shot.code != 0 {
            self.seen.push_str(&format!("[exit {}]\n", shot.code));
        }
        shot.stdout.trim().to_owned()
    }

    /// All of it, without the parts that differ each time.
    pub fn seen(&self) -> String {
        let mut seen = self.seen.clone();
        for (pattern, shown) in [
            (r"\b[0-9a-f]{64}\b", "HASH"),
            (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:KEY"),
            (r"policy    [0-9a-f]{12}, commit [0-9a-f]{12}", "policy    REVISION, commit COMMIT"),
            (r"\b[0-9A-HJKMNP-TV-Z]{10}\b", "REQUEST"),
            (r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC\b", "TIME"),
            (r"\b\d+[dhms]( \d+[hms])? (left|ago)\b", "… $2"),
            (r"(expires in|usable for|\(in) \d+[dhms]( \d+[hms])?", "$1 …"),
            (r"\brun \d+\b", "run N"),
        ] {
            seen = Regex::new(pattern).unwrap().replace_all(&seen, shown).into_owned();
        }
        // Column widths depend on their content, and times differ.
        let varies = Regex::new(r"^(ROLE +STATE|REQUEST +WHO|\S.*(… left|… ago|in …|for …)  )").unwrap();
        let narrow = Regex::new(r" {2,}").unwrap();
        let lines = seen.lines().map(|line| match varies.is_match(line) {
            true => narrow.replace_all(line, "  ").into_owned() + "\n",
            false => format!("{line}\n"),
        });
        lines.collect()
    }
}

/// A role that can be granted, with extensions and break-glass, and one that is bound to an address.
pub fn hub() -> Hub {
    let hub = Hub::new();
    let mut policy = hub.policy("account", None);
    policy.retain(|path, _| path.starts_with("roles/"));
    let ways = "extend = { times = 2, approval = \"1 of group:sre\" }\n\
                [break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n[sandbox]";
    let role = policy["roles/prod-admin.toml"]
        .replace("lease = \"15m\"", "lease = \"30m\"")
        .replace("[sandbox]", ways);
    policy.insert("roles/prod-admin.toml".to_owned(), role);
    let office = format!(
        "description = \"From the office only\"\nrequesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n\
         signed = \"account\"\n[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{CLOUD}\"\nbind_ip = true\n",
        ARN.replace("prod-admin", "office")
    );
    policy.insert("roles/office.toml".to_owned(), office);
    hub.write_main(&policy);
    hub
}

#[test]
fn who_begins_reads_what_to_type_next() {
    let hub = hub();
    let mut terminal = Terminal::of(&hub, ["ana"]);
    for line in [
        "",
        "request prod-admin --reason INC-42 -y --no-wait",
        "login github:acme/access",
        "",
        "whoami",
        "roles",
        "status",
        "inbox",
        "prompt",
        "exec prod-admin -- true",
        "env prod-admin",
        "shell prod-admin",
        "console prod-admin",
        "credentials prod-admin --format json",
        "show prod-admin",
        "wait prod-admin",
        "end prod-admin",
        "extend prod-admin",
        "audit list",
        "audit list 7F3KQ2M8ZD",
        "setup aws",
        "logout",
        "roles",
        "",
    ] {
        terminal.types("ana", line);
    }
    insta::assert_snapshot!(terminal.seen(), @r#"
    ana$ jit
    jit is not set up on this machine yet. To begin, type one of these:
      jit demo                        see the whole round trip here; no cloud needed
      jit login https://YOUR-BROKER   your team runs a broker
      jit login github:OWNER/NAME     a repository on GitHub decides for your team
      jit setup import                use your own AWS profiles, without a team
      jit policy init access          write a first policy for a team
    All commands: jit --help
    ana$ jit request prod-admin --reason INC-42 -y --no-wait
    error: no broker is known
      hint: type `jit login https://…` or `jit login github:OWNER/NAME` with your team's address
    [exit 3]
    ana$ jit login github:acme/access
    key       SHA256:KEY
    keychain  memory
    token     GITHUB_TOKEN, asked each time and never stored
    logged in to github:acme/access as ana
    ana$ jit
    next: jit roles
    ana$ jit whoami
    ana (ana, ana on GitHub)
      decides   github:acme/access
      key       SHA256:KEY
      groups    dev
      keychain  memory
      policy    REVISION, commit COMMIT
    ana$ jit roles
    ROLE        FOR  AT MOST  APPROVAL                                        OPENS
    office      1h   8h       not from GitHub: `jit request office` says why  role office in account 000000000042 (sandbox)
    prod-admin  1h   4h       1 of group:sre and 1 of group:security          role prod-admin in account 000000000042 (sandbox)
    ana$ jit status
    you have no grants and no requests; `jit roles` lists the roles that you may ask for
    ana$ jit inbox
    no request is waiting for your review
    ana$ jit prompt
    ana$ jit exec prod-admin -- true
    error: you have no access to prod-admin
      cause: you have not asked for it, and there is no terminal to ask on
      hint: ask for it: `jit request prod-admin`
    state=none
    [exit 125]
    ana$ jit env prod-admin
    error: you have no access to prod-admin
      cause: you have not asked for it, and this command never asks
      hint: ask for it: `jit request prod-admin`
    [exit 5]
    ana$ jit shell prod-admin
    error: you have no access to prod-admin
      cause: you have not asked for it, and there is no terminal to ask on
      hint: ask for it: `jit request prod-admin`
    [exit 5]
    ana$ jit console prod-admin
    error: you have no access to prod-admin
      cause: you have not asked for it, and there is no terminal to ask on
      hint: ask for it: `jit request prod-admin`
    [exit 5]
    ana$ jit credentials prod-admin --format json
    error: no access to prod-admin is active here; type `jit request prod-admin`
    [exit 5]
    ana$ jit show prod-admin
    error: you have no request for prod-admin
      hint: ask for it: `jit request prod-admin`
    [exit 2]
    ana$ jit wait prod-admin
    error: you have no request for prod-admin
      hint: ask for it: `jit request prod-admin`
    [exit 2]
    ana$ jit end prod-admin
    error: you have no request for prod-admin
      hint: ask for it: `jit request prod-admin`
    [exit 2]
    ana$ jit extend prod-admin
    error: you have no request for prod-admin
      hint: ask for it: `jit request prod-admin`
    [exit 2]
    ana$ jit audit list
    the log has no events yet
    ana$ jit audit list REQUEST
    the log has no such event
    ana$ jit setup aws
    dry run: nothing was changed; add --write to update …/home/.aws/config
    +# >>> jit setup aws: written by jit, changes in here are lost >>>
    +[profile prod-admin]
    +region = sandbox
    +credential_process = …/jit credentials prod-admin --format aws
    +# <<< jit setup aws <<<
    ana$ jit logout
    note: jit no longer uses the token; it stays valid until it is revoked on GitHub
    logged out
    ana$ jit roles
    error: not logged in to github:acme/access
      hint: type `jit login`
    [exit 3]
    ana$ jit
    note: as this machine remembers it: not logged in to github:acme/access; type `jit login`
    next: jit login
    "#);
}

#[test]
fn what_cannot_be_had_says_why() {
    let hub = hub();
    let laptop = Laptop::of(&hub, "ana");
    let mut terminal = Terminal::logged_in(&hub, ["ana", "bo"]);
    for line in [
        "break-glass prod-admin --reason fire -y",
        "break-glass office --reason fire -y",
        "request office --reason INC-42 -y --no-wait",
        "setup aws-trust prod-admin",
        "request prod-admin --for 9h --reason INC-42 -y --no-wait",
        "request nothing --reason INC-42 -y --no-wait",
    ] {
        terminal.types("ana", line);
    }
    let id = terminal.types("ana", "request prod-admin --reason INC-42 -y --no-wait");
    for line in [
        format!("approve {id} -y"),
        format!("deny {id} --reason no -y"),
        format!("revoke {id} --reason no -y"),
        "extend prod-admin -y --no-wait".to_owned(),
        "exec prod-admin -- true".to_owned(),
        "credentials prod-admin --format json".to_owned(),
    ] {
        terminal.types("ana", &line);
    }
    terminal.types("bo", &format!("end {id}"));
    terminal.types("bo", "exec prod-admin -- true");
    insta::assert_snapshot!(terminal.seen(), @"
    ana$ jit break-glass prod-admin --reason fire -y
    error: emergency access to prod-admin is not available from GitHub: it tells nobody, and cannot limit a person to one at a time
      hint: make an ordinary request: `jit request prod-admin`; emergency access needs a broker
    [exit 5]
    ana$ jit break-glass office --reason fire -y
    error: emergency access to office is not available from GitHub: it tells nobody, and cannot limit a person to one at a time
      hint: make an ordinary request: `jit request office`; emergency access needs a broker
    [exit 5]
    ana$ jit request office --reason INC-42 -y --no-wait
    error: office is not available from GitHub: its credentials are bound to the requester's address, which GitHub does not tell
      hint: this role needs a broker, or `bind_ip = false` in its file
    [exit 5]
    ana$ jit setup aws-trust prod-admin
    error: github:acme/access is not a broker: clouds trust its workflow, not an address
      hint: in a checkout of acme/access, `GITHUB_TOKEN=$(gh auth token) jit ci init …` prints what each role's cloud must trust
    [exit 2]
    ana$ jit request prod-admin --for 9h --reason INC-42 -y --no-wait
    error: 9h is longer than prod-admin allows
      hint: ask for at most 4h: --for 4h
    [exit 2]
    ana$ jit request nothing --reason INC-42 -y --no-wait
    error: there is no role nothing that you may ask for
      hint: `jit roles` lists those that you may
    [exit 5]
    ana$ jit request prod-admin --reason INC-42 -y --no-wait
    prod-admin: role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-42
      approval  1 of group:sre and 1 of group:security (bo, cy, dee)
    asked for prod-admin: request REQUEST
    told: bo, cy, dee by pull request 1, https://github.com/acme/access/pull/1
    REQUEST
    ana$ jit approve REQUEST -y
    ana asks for prod-admin  (request REQUEST)
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-42
      approval  1 of group:sre and 1 of group:security
      asked     just now, signed by SHA256:KEY
      digest    HASH
    error: nobody reviews their own request
      hint: somebody else must; `jit end REQUEST` takes it back
    [exit 5]
    ana$ jit deny REQUEST --reason no -y
    ana asks for prod-admin  (request REQUEST)
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-42
      approval  1 of group:sre and 1 of group:security
      asked     just now, signed by SHA256:KEY
      digest    HASH
    error: nobody reviews their own request
      hint: somebody else must; `jit end REQUEST` takes it back
    [exit 5]
    ana$ jit revoke REQUEST --reason no -y
    error: request REQUEST is your own
      hint: end it, or take it back: `jit end REQUEST`
    [exit 5]
    ana$ jit extend prod-admin -y --no-wait
    error: the access to prod-admin is pending
      hint: wait for it first: `jit wait prod-admin`
    [exit 5]
    ana$ jit exec prod-admin -- true
    error: prod-admin still waits for approval
      cause: request REQUEST has not been decided
      hint: type `jit wait REQUEST`
    state=pending
    [exit 125]
    ana$ jit credentials prod-admin --format json
    error: the access to prod-admin still waits for approval; type `jit wait prod-admin`
    [exit 4]
    bo$ jit end REQUEST
    error: request REQUEST is ana's
      hint: a reviewer can type `jit revoke REQUEST --reason …`
    [exit 5]
    bo$ jit exec prod-admin -- true
    error: you have no access to prod-admin
      cause: you have not asked for it, and there is no terminal to ask on
      hint: ask for it: `jit request prod-admin`
    state=none
    [exit 125]
    ");
    // None of it needed a run.
    assert!(laptop.runs().is_empty());
}
