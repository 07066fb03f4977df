//! A request by the commands that people type, from asking to the log, with the output of `jit doctor`.

use std::time::Duration;

use super::laptop::Laptop;
use super::walk::Terminal;
use super::walk::hub;
use crate::forge::hub::Hub;

#[test]
fn a_request_from_asking_to_the_log() {
    let hub = hub();
    let _laptop = Laptop::of(&hub, "ana");
    let mut terminal = Terminal::logged_in(&hub, ["ana", "bo", "dee"]);
    let id = terminal.types("ana", "request prod-admin --reason 'INC-42 fail over' -y --no-wait");
    terminal.types("ana", "");
    terminal.types("ana", "status");
    terminal.types("ana", "wait prod-admin --timeout 1m");
    terminal.types("bo", "");
    terminal.types("bo", "inbox");
    terminal.types("bo", &format!("show {id}"));
    terminal.types("bo", &format!("approve {id} -y"));
    terminal.types("dee", &format!("approve {id} -y --for 45m"));
    terminal.types("ana", "");
    terminal.types("ana", "credentials prod-admin --format json");
    terminal.types("ana", &format!("wait {id}"));
    for line in ["prompt", "status", "shell prod-admin", "console prod-admin"] {
        terminal.types("ana", line);
    }
    let more = terminal.types("ana", "extend prod-admin --for 30m -y --no-wait");
    terminal.types("bo", &format!("approve {more} -y"));
    terminal.types("ana", &format!("wait {more}"));
    terminal.types("ana", &format!("show {id}"));
    terminal.types("bo", &format!("revoke {id} --reason enough -y"));
    terminal.types("ana", "status");
    terminal.types("ana", &format!("show {id}"));
    hub.clock.advance(Duration::from_secs(60));
    let id = terminal.types("ana", "request prod-admin --reason INC-43 -y --no-wait");
    terminal.types("bo", &format!("deny {id} --reason 'not today' -y"));
    terminal.types("ana", &format!("wait {id}"));
    let id = terminal.types("ana", "request prod-admin --reason INC-44 -y --no-wait");
    terminal.types("ana", &format!("end {id} --wait"));
    terminal.types("ana", "audit list");
    insta::assert_snapshot!(terminal.seen(), @"
    ana$ jit request prod-admin --reason 'INC-42 fail over' -y --no-wait
    prod-admin: role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-42 fail over
      approval  1 of group:sre and 1 of group:security (bo, cy, dee)
    asked for prod-admin: request REQUEST
    told: bo, cy, dee by pull request 1, https://github.com/acme/access/pull/1
    REQUEST
    ana$ jit
    next: jit wait prod-admin
    ROLE  STATE  TIME  ACCOUNT  REQUEST
    prod-admin  pending  expires in …  000000000042  REQUEST
    ana$ jit status
    ROLE  STATE  TIME  ACCOUNT  REQUEST
    prod-admin  pending  expires in …  000000000042  REQUEST
    ana$ jit wait prod-admin --timeout 1m
    error: prod-admin: no reviewer has decided yet
      cause: 1 of group:sre is missing
      cause: 1 of group:security is missing
      hint: type `jit wait REQUEST` to go on waiting, from any terminal
    [exit 4]
    bo$ jit
    next: jit inbox
    1 request waits for your review
    bo$ jit inbox
    next: jit approve ID, or jit deny ID --reason TEXT
    REQUEST  WHO  ROLE  FOR  ASKED  REASON
    REQUEST  ana  prod-admin  1h  … ago  INC-42 fail over
    bo$ jit show REQUEST
    REQUEST  prod-admin  pending
      who       ana
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h
      reason  | INC-42 fail over
      asked     TIME (… ago)
      approval  1 of group:sre and 1 of group:security
      missing   1 of group:sre (bo, cy)
      missing   1 of group:security (bo, dee)
      expires   TIME (in …)
    bo$ jit approve REQUEST -y
    ana asks for prod-admin  (request REQUEST)
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-42 fail over
      approval  1 of group:sre and 1 of group:security
      asked     … ago, signed by SHA256:KEY
      digest    HASH
    approved REQUEST: prod-admin for ana, 1h; still missing 1 of group:security (cy, dee)
    dee$ jit approve REQUEST -y --for 45m
    ana asks for prod-admin  (request REQUEST)
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-42 fail over
      approval  1 of group:sre and 1 of group:security
      so far    bo approved just now
      asked     … ago, signed by SHA256:KEY
      digest    HASH
      shortened 45m instead of 1h
    approved REQUEST: prod-admin for ana, 45m (asked 1h); ana can use it now
    ana$ jit
    next: jit exec prod-admin -- COMMAND
    ROLE  STATE  TIME  ACCOUNT  REQUEST
    prod-admin  approved  usable for …  000000000042  REQUEST
    ana$ jit credentials prod-admin --format json
    error: the access to prod-admin has not begun; type `jit wait prod-admin`
    [exit 4]
    ana$ jit wait REQUEST
    use it: jit exec prod-admin -- COMMAND
    prod-admin in account 000000000042 is active until TIME (… left)
    ana$ jit prompt
    prod-admin 44m
    ana$ jit status
    ROLE  STATE  TIME  ACCOUNT  REQUEST
    prod-admin  active  … left  000000000042  REQUEST
    ana$ jit shell prod-admin
    jit: prod-admin in account 000000000042, … left
    ana$ jit console prod-admin
    error: there is no console for prod-admin
      cause: the sandbox cloud has no web console
      hint: use it in a terminal: `jit exec ROLE -- jit whoami --cloud`
    [exit 1]
    ana$ jit extend prod-admin --for 30m -y --no-wait
    prod-admin: role prod-admin in account 000000000042 (sandbox)
      for       30m more (at most 4h)
      ends      TIME instead of TIME (extension 1 of 2)
      reason  | INC-42 fail over
      approval  1 of group:sre (bo, cy)
    asked for more time for prod-admin: request REQUEST
    told: bo, cy by pull request 2, https://github.com/acme/access/pull/2
    REQUEST
    bo$ jit approve REQUEST -y
    ana asks for more time for prod-admin  (request REQUEST)
      opens     role prod-admin in account 000000000042 (sandbox)
      for       30m more (at most 4h)
      extends   request REQUEST: ends at TIME instead of TIME
      reason  | INC-42 fail over
      approval  1 of group:sre
      asked     just now, signed by SHA256:KEY
      digest    HASH
    approved REQUEST: more time of prod-admin for ana, 30m; ana has the time now
    ana$ jit wait REQUEST
    running commands whose credentials jit renews continue until then
    prod-admin in account 000000000042 is active until TIME (… left)
    ana$ jit show REQUEST
    REQUEST  prod-admin  active
      who       ana
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h
      reason  | INC-42 fail over
      asked     TIME (… ago)
      approval  1 of group:sre and 1 of group:security
      review    bo says approve
      review    dee says approve for at most 45m
      approved  for 45m only
      access    until TIME (… left)
      extended  by REQUEST: until TIME (in …)
    bo$ jit revoke REQUEST --reason enough -y
    credentials already handed out stay valid until TIME; AWS cannot call them back
    prod-admin of ana is revoked
    ana$ jit status
    you have no grants and no requests; `jit roles` lists the roles that you may ask for
    ana$ jit show REQUEST
    REQUEST  prod-admin  revoked
      who       ana
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h
      reason  | INC-42 fail over
      asked     TIME (… ago)
      approval  1 of group:sre and 1 of group:security
      review    bo says approve
      review    dee says approve for at most 45m
      approved  for 45m only
      access    until TIME (… ago)
      extended  by REQUEST: until TIME (in …)
      closed    TIME (… ago) by bo
              | enough
    ana$ jit request prod-admin --reason INC-43 -y --no-wait
    prod-admin: role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-43
      approval  1 of group:sre and 1 of group:security (bo, cy, dee)
    asked for prod-admin: request REQUEST
    told: bo, cy, dee by pull request 3, https://github.com/acme/access/pull/3
    REQUEST
    bo$ jit deny REQUEST --reason 'not today' -y
    ana asks for prod-admin  (request REQUEST)
      opens     role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-43
      approval  1 of group:sre and 1 of group:security
      asked     just now, signed by SHA256:KEY
      digest    HASH
    denied REQUEST: prod-admin for ana, 1h
    ana$ jit wait REQUEST
    error: prod-admin was denied by bo
      cause: bo denied it
      hint: talk to the reviewer before asking again: they will see that it was denied
    [exit 5]
    ana$ jit request prod-admin --reason INC-44 -y --no-wait
    prod-admin: role prod-admin in account 000000000042 (sandbox)
      for       1h (at most 4h)
      reason  | INC-44
      approval  1 of group:sre and 1 of group:security (bo, cy, dee)
    asked for prod-admin: request REQUEST
    told: bo, cy, dee by pull request 4, https://github.com/acme/access/pull/4
    REQUEST
    ana$ jit end REQUEST --wait
    prod-admin REQUEST is cancelled
    ana$ jit audit list
    event 7 has the hash HASH
    EVENT  TIME                     REQUEST     WHAT                                                            FROM
    1      TIME  REQUEST  ana asks for prod-admin for 1h: INC-42 fail over                run N
                                                bo approves
                                                dee approves
                                                approved for 45m by bo, dee
                                                ana's access is active until TIME
                                                credentials 1 handed out to ana, until TIME
    2      TIME  REQUEST  ana asks for more time of prod-admin for 30m: INC-42 fail over  run N
                                                bo approves
                                                approved for 30m by bo
                                                ana's access is active until TIME
    3      TIME  REQUEST  extended until TIME                             run N
    4      TIME  REQUEST  revoked by bo: enough                                           run N
    5      TIME  REQUEST  revoked by bo: enough                                           run N
    6      TIME  REQUEST  ana asks for prod-admin for 1h: INC-43                          run N
                                                denied by bo
    7      TIME  REQUEST  ana asks for prod-admin for 1h: INC-44                          run N
                                                cancelled by ana
    ");
}

#[test]
fn doctor_says_what_a_developer_cannot_see() {
    let hub = Hub::new();
    let mut terminal = Terminal::logged_in(&hub, ["ana"]);
    terminal.types("ana", "doctor");
    insta::assert_snapshot!(terminal.seen(), @r#"
    ana$ jit doctor
    9 settings could not be checked; they may be wrong
    RESULT   PART            FOUND
    ok       settings        there is no …/config/config.toml, so the defaults apply; 0 direct roles
    ok       policy          main holds a policy of 1 role
    ok       repository      acme/access is private
    note     repository      all readers may fork it, and keep requests and reasons when they leave
                             fix: turn forking off in the repository's settings
    note     repository      olga could change all that is listed here
    unknown  actions         whether workflows run: not known, as GitHub does not show it to this token
                             fix: use an administrator's token: GITHUB_TOKEN=$(gh auth token) jit doctor
    unknown  actions         what a workflow's own token may: not known, as GitHub does not show it to this token
    ok       ID tokens       subjects name repository, environment, workflow and hosted runners, with numeric ids
    unknown  runners         self-hosted runners of the repository: not known, as GitHub does not show it to this token
                             fix: use an administrator's token: GITHUB_TOKEN=$(gh auth token) jit doctor
    unknown  runners         self-hosted runners of the organisation: not known, as GitHub does not show it to this token
                             fix: GITHUB_TOKEN with the scope admin:org: `gh auth refresh --scopes admin:org`, then GITHUB_TOKEN=$(gh auth token) jit doctor
    ok       environments    2 environments are for main alone
    unknown  rulesets        GitHub does not show this token who may bypass the rules on main
                             fix: use an administrator's token: GITHUB_TOKEN=$(gh auth token) jit doctor
    unknown  rulesets        GitHub does not show this token who may bypass the rules on jit/**
    unknown  rulesets        GitHub does not show this token who may bypass the rules on jit/**/*
    unknown  rulesets        GitHub does not show this token who may bypass the rules on jit-log
    ok       rulesets        a change of the policy needs a success of the job check on top of main
    ok       rulesets        a change of the policy needs 2 reviews
    note     rulesets        a change by a member of security cannot be merged: all its 2 members must approve
                             fix: add a member, or let somebody else bring changes
    ok       secrets         the whole repository has none of the log's
    ok       secrets         the organisation has none of the log's
    ok       secrets         the environment jit-log has what the log needs
    unknown  deploy keys     deploy keys: not known, as GitHub does not show it to this token
                             fix: use an administrator's token: GITHUB_TOKEN=$(gh auth token) jit doctor
    ok       workflows       .github/workflows/jit-check.yml is as this version writes it; it runs https://example.com/jit, HASH
    ok       workflows       .github/workflows/jit.yml is as this version writes it; it runs https://example.com/jit, HASH
    ok       code owners     .github/CODEOWNERS names who owns policy and workflows
    ok       log             its index is signed and counts 0 events
    ok       keychain        memory writes, reads back and removes
    ok       credentials     kept in the keychain
    ok       login           logged in as ana, GitHub does not say until when
    note     access          no credentials are at hand, so no place was asked who they are
    ok       index           0 grants and requests
    note     prompt          your shell is not known; see `jit help init`
    ok       aws             no AWS setting overrides jit's credentials
    ok       loopback        a child reaches this process
    note     forbidden path  there is no role of AWS to try it on
    "#);
}
