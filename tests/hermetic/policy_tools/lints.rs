//! Each lint fires where it should and is silent where it should not.

use std::collections::BTreeMap;

use jit::policy::CATALOGUE;
use jit::policy::Policy;

use crate::policy_tools::stage;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::with;
use crate::support::authenticator::Passkey;

fn found(files: BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let policy = stage::policy(files);
    policy.lints().iter().map(|lint| lint.name.to_owned()).collect()
}

/// The lines of a role without any finding, among the usual people.
const SOUND: &str = "requesters = [\"group:all\"]\napproval = \"1 of group:all\"";

fn role(lines: &str) -> BTreeMap<String, Vec<u8>> {
    files(&stage::usual_people(), &[("thing", lines), ("rest", SOUND)])
}

/// The same with break-glass for ana.
fn glass(lines: &str, more: &str) -> String {
    let way = "[break_glass]\nrequesters = [\"person:ana\"]\nmax_duration = \"30m\"\n";
    format!("{lines}\n{more}{way}{}", stage::TARGET)
}

const TELL: &str = "command = [\"/usr/bin/tell\"]";

/// A role whose undecided requests are escalated.
fn escalated(after: &str, to: &str) -> String {
    format!("{SOUND}\n[notify]\nescalate_after = \"{after}\"\nescalate_to = {{ {to} }}\n{}", stage::TARGET)
}

/// A role that opens `[token]` for this audience, and one that opens `[vault]` at https://vault.example.com.
fn opened(audience: &str) -> BTreeMap<String, Vec<u8>> {
    let token = format!("{SOUND}\n[token]\naudience = \"{audience}\"\n");
    let vault = format!("{SOUND}\n[vault]\naddress = \"https://vault.example.com\"\nrole = \"prod\"\n");
    with(role(SOUND), &[("roles/token.toml", &token), ("roles/vault.toml", &vault)])
}

/// Two roles of one server. This one's tokens are revoked by the other's server role.
fn revoked_by(name: &str) -> BTreeMap<String, Vec<u8>> {
    let vault = |more: &str| format!("{SOUND}\n[vault]\naddress = \"https://vault.example.com\"\n{more}\n");
    let one = vault(&format!("role = \"prod\"\nrevoke_role = \"{name}\""));
    with(role(SOUND), &[("roles/one.toml", &one), ("roles/other.toml", &vault("role = \"staging\""))])
}

/// Two roles that open these roles of one server.
fn two_servers(one: &str, other: &str) -> BTreeMap<String, Vec<u8>> {
    let vault = |name: &str| {
        format!("{SOUND}\n[vault]\naddress = \"https://vault.example.com\"\nrole = \"{name}\"\n")
    };
    with(role(SOUND), &[("roles/one.toml", &vault(one)), ("roles/other.toml", &vault(other))])
}

/// A role that hands out tokens, with a scope that has these claims.
fn claiming(claims: &str) -> BTreeMap<String, Vec<u8>> {
    let text = format!(
        "{SOUND}\n[token]\naudience = \"registry\"\nclaims = {{ groups = [\"a\", \"b\"] }}\n[scopes.some]\nclaims = {claims}\n"
    );
    with(role(SOUND), &[("roles/token.toml", &text)])
}

/// A role that opens `[azure]`, with these lines before its table and in it.
fn in_azure(before: &str, inside: &str) -> BTreeMap<String, Vec<u8>> {
    let id = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
    let table =
        format!("[azure]\ntenant = \"{id}\"\nclient_id = \"{id}\"\naudiences = [\"api://a\", \"api://b\"]\n");
    with(role(SOUND), &[("roles/azure.toml", &format!("{SOUND}\n{before}{table}{inside}"))])
}

/// GitHub signs tokens of its own, and none with the claims and the end of a role.
#[test]
fn a_token_of_our_issuer_is_not_had_from_github() {
    let forge = format!("version = 1\n[authority.github]\nlog_keys = [\"{}\"]\n", "A".repeat(43));
    let lines = format!("{SOUND}\n[token]\naudience = \"registry\"\n");
    let mut files = files(&stage::usual_people(), &[]);
    files = with(files, &[("access.toml", &forge), ("roles/registry.toml", &lines)]);
    let policy = stage::policy(files);
    let lints = policy.lints();
    let lint = lints.iter().find(|lint| lint.name == "not-from-github").unwrap();
    assert!(lint.problem.to_string().contains("GitHub signs the tokens there"), "{}", lint.problem);
}

/// A scope that leaves everything is told for the places that say in the same words what a role gives.
#[test]
fn a_scope_that_is_the_whole_role_is_found() {
    let of = |table: &str, scope: &str| {
        let text = format!("{SOUND}\n{table}[scopes.some]\n{scope}\n");
        let mut found = found(with(role(SOUND), &[("roles/other.toml", &text)]));
        found.retain(|name| name == "scope-not-narrower");
        found
    };
    let token = "[token]\naudience = \"x\"\nclaims = { groups = [\"a\", \"b\"] }\n";
    assert_eq!(of(token, "claims = { groups = [\"a\", \"b\"] }"), ["scope-not-narrower"]);
    assert_eq!(of(token, "claims = { groups = [\"a\"] }"), [""; 0]);
    let vault =
        "[vault]\naddress = \"https://vault.example.com\"\nrole = \"prod\"\npolicies = [\"a\", \"b\"]\n";
    assert_eq!(of(vault, "policies = [\"b\", \"a\"]"), ["scope-not-narrower"]);
    assert_eq!(of(vault, "policies = [\"b\"]"), [""; 0]);
    let narrow = |scope: &str| {
        found(in_azure("", &format!("[scopes.some]\naudiences = {scope}\n")))
            .contains(&"scope-not-narrower".to_owned())
    };
    assert!(narrow("[\"api://b\", \"api://a\"]") && !narrow("[\"api://b\"]"));
}

/// The target table of each place, with a name that says production where its people read it.
const PRODUCTION: [&str; 6] = [
    "[gcp]\nservice_account = \"reader@shop-prod-1.iam.gserviceaccount.com\"\nproject = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"\n",
    "[gcp]\nservice_account = \"reader@shop-123456.iam.gserviceaccount.com\"\nproject = \"shop-prod-1\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"\n",
    "[kubernetes]\nserver = \"https://prod.k8s.example.com\"\naudience = \"kube\"\ngroups = [\"viewers\"]\n",
    "[kubernetes]\nserver = \"https://k8s.example.com\"\nnamespace = \"orders-prod\"\nservice_account = \"reader\"\n",
    "[vault]\naddress = \"https://vault.prod.example.com\"\nrole = \"reader\"\n",
    "[token]\naudience = \"https://registry.prod.example.com\"\n",
];

/// Production is told by every name that people read: of the project, the cluster, the namespace, the server, the audience.
#[test]
fn production_is_told_at_every_place() {
    for table in PRODUCTION {
        let of = |table: &str| {
            let text = format!("requesters = [\"group:all\"]\napproval = \"none\"\n{table}");
            let mut found = found(with(role(SOUND), &[("roles/other.toml", &text)]));
            found.retain(|name| name == "weak-signature" || name == "vacuous-gate");
            found.sort();
            found
        };
        assert_eq!(of(table), ["vacuous-gate", "weak-signature"], "{table}");
        assert_eq!(of(&table.replace("prod", "dev")), [""; 0], "{table}");
    }
}

/// AWS gives no session of less than 15 minutes either, but the session policy ends it, so a short access there is exact.
#[test]
fn a_short_access_is_told_only_where_it_may_overrun() {
    for table in PRODUCTION.into_iter().filter(|table| !table.contains("namespace")) {
        let text = format!("{SOUND}\nduration = \"5m\"\nmax_duration = \"5m\"\n{table}");
        let found = found(with(role(SOUND), &[("roles/other.toml", &text)]));
        assert!(!found.contains(&"short-access".to_owned()), "{table}: {found:?}");
    }
    let aws = found(role(&format!("{SOUND}\nduration = \"5m\"\nmax_duration = \"5m\"")));
    assert!(!aws.contains(&"short-access".to_owned()), "{aws:?}");
}

/// An agent whose owner is the only approver waits for ever, unless the owner may approve by a touch.
#[test]
fn an_agent_whose_only_approver_is_its_owner_never_gets_an_answer() {
    let stuck = |people: &str, lines: &str| {
        let lints = stage::policy(files(people, &[("thing", lines)])).lints();
        let found = lints.into_iter().find(|lint| lint.name == "impossible-gate");
        found.map(|lint| lint.problem.message)
    };
    let bot = format!("[agents.bot]\nof = \"dee\"\nkeys = [\"{}\"]\n", stage::key(50));
    let soft = format!("{}{bot}", stage::usual_people());
    let hard = soft.replace(&stage::key(4), &stage::hardware(4));
    let lines = |approval: &str, more: &str| {
        format!("requesters = [\"person:ana\", \"agent:bot\"]\napproval = \"{approval}\"\n{more}")
    };
    let told = stuck(&hard, &lines("1 of person:dee", "")).unwrap();
    assert!(told.contains("requests by bot can never be approved"), "{told}");
    for (people, lines) in
        [(&soft, lines("1 of person:dee", "owner_may_approve = true")), (&hard, lines("2 of group:sre", ""))]
    {
        let told = stuck(people, &lines);
        assert!(told.as_ref().is_some_and(|told| told.contains("requests by bot can")), "{lines}: {told:?}");
    }
    for lines in
        [lines("1 of person:dee", "owner_may_approve = true"), lines("1 of group:sre", ""), lines("none", "")]
    {
        assert_eq!(stuck(&hard, &lines), None, "{lines}");
    }
}

/// A condition that approves is as good as no review, where an agent can fulfil it.
#[test]
fn an_agent_that_a_condition_lets_in_is_told() {
    let table = stage::TARGET.replace("role/thing", "role/prod");
    let bot = format!("[agents.bot]\nof = \"dee\"\nkeys = [\"{}\"]\n", stage::key(50));
    let people = format!("{}{bot}", stage::usual_people());
    let found = |more: &str, when: &str, rule: &str| {
        let lines = format!(
            "requesters = [\"agent:bot\"]\napproval = \"1 of group:security\"\n{more}{table}\n{when}"
        );
        let files = with(files(&people, &[("thing", &lines)]), &[("rules/r.cedar", rule)]);
        let lints = stage::policy(files).lints();
        lints.into_iter().find(|lint| lint.name == "unreviewed-agent").map(|lint| lint.problem.message)
    };
    let when = |condition: &str| format!("[when]\nauto_approve = \"{condition}\"\n");
    let permit = |head: &str, rest: &str| {
        format!("permit ({head}, action == Action::\"auto_approve\", resource) {rest};")
    };
    let told = found("", &when("context.hour > 3"), "").unwrap();
    assert!(told.contains("while [when] auto_approve of thing holds"), "{told}");
    let told = found("", "", &permit("principal", "when { context.hour > 3 }")).unwrap();
    assert!(told.contains("while rules/r.cedar:1:1 holds"), "{told}");
    for (more, when, rule) in [
        ("", String::new(), String::new()),
        ("", when("context.hour > 3 && !context.agent"), String::new()),
        ("", when("principal is Person && context.hour > 3"), String::new()),
        ("", String::new(), permit("principal is Person", "when { context.hour > 3 }")),
        ("", String::new(), permit("principal", "when { context.hour > 3 } unless { context.agent }")),
        ("signed = \"touch\"\n", when("context.hour > 3"), String::new()),
    ] {
        assert_eq!(found(more, &when, &rule), None, "{when} {rule}");
    }
}

/// Being told is a part in a role, although it gives no say.
#[test]
fn a_group_that_is_only_told_is_used() {
    let people = stage::people(&["ana", "cy", "gil"], "all = [\"ana\", \"cy\"]\nleads = [\"gil\"]");
    let idle = |lines: &str| {
        let lints = stage::policy(files(&people, &[("thing", lines)])).lints();
        lints.iter().filter(|lint| lint.name.starts_with("unused-")).map(|lint| lint.name).collect::<Vec<_>>()
    };
    assert_eq!(idle(SOUND), ["unused-person", "unused-group"]);
    assert_eq!(idle(&escalated("1h", "people = [\"group:leads\"]")), [""; 0]);
}

/// Each way in which an escalation tells nobody, and that an address makes a person reachable.
#[test]
fn an_escalation_that_tells_nobody_is_found() {
    let people = stage::usual_people().replace("[people.cy]\n", "[people.cy]\nmail = \"cy@example.com\"\n");
    let access = "version = 1\n[notify.people]\nmail = { server = \"smtps://m.example.com\", from = \"jit@example.com\" }\n";
    let found = |lines: String, access: &str| {
        let policy = stage::policy(with(files(&people, &[("thing", &lines)]), &[("access.toml", access)]));
        let lints = policy.lints();
        lints.iter().find(|lint| lint.name == "silent-escalation").map(|lint| lint.problem.to_string())
    };
    let to_cy = "people = [\"person:cy\"]";
    insta::assert_snapshot!(found(escalated("1h", to_cy), stage::ACCESS).unwrap(), @"
    roles/thing.toml:3:1: nobody would be told of an undecided request: escalate_to reaches nobody
      hint: write both escalate_after and escalate_to; for people also [notify.people] in access.toml, and mail or slack in people.toml
    ");
    assert_eq!(found(escalated("1h", to_cy), access), None);
    insta::assert_snapshot!(found(escalated("30d", TELL), access).unwrap(), @"
    roles/thing.toml:3:1: a request expires after 1d, before it is escalated
      hint: write both escalate_after and escalate_to; for people also [notify.people] in access.toml, and mail or slack in people.toml
    ");
    let no_time = escalated("1h", TELL).replace("escalate_after = \"1h\"\n", "");
    insta::assert_snapshot!(found(no_time, access).unwrap(), @"
    roles/thing.toml:3:1: escalate_to names people, and no escalate_after says when they are told
      hint: write both escalate_after and escalate_to; for people also [notify.people] in access.toml, and mail or slack in people.toml
    ");
    let nobody = format!("{SOUND}\n[notify]\nescalate_after = \"1h\"\n{}", stage::TARGET);
    insta::assert_snapshot!(found(nobody, access).unwrap(), @"
    roles/thing.toml:3:1: nobody would be told of an undecided request: escalate_to reaches nobody
      hint: write both escalate_after and escalate_to; for people also [notify.people] in access.toml, and mail or slack in people.toml
    ");
}

/// A lint's name, the files of a policy in which it fires, and the files of a similar one in which it does not.
type Pair = (&'static str, BTreeMap<String, Vec<u8>>, BTreeMap<String, Vec<u8>>);

fn pairs() -> Vec<Pair> {
    let usual = stage::usual_people();
    let two = |first: &str, second: &str| files(&usual, &[("one", first), ("two", second)]);
    let ruled = |text: &str| with(role(SOUND), &[("rules/r.cedar", text)]);
    let scoped = |document: &str| {
        let lines =
            format!("{SOUND}\n{}\n[scopes.part]\npolicy = \"part.json\"\napproval = \"none\"", stage::TARGET);
        with(role(&lines), &[("roles/part.json", document)])
    };
    let prod = |lines: &str| {
        let lines = format!("{lines}\n{}", stage::TARGET.replace("role/thing", "role/prod"));
        files(&usual, &[("thing", &lines)])
    };
    let provided = |line: &str| {
        let head =
            "version = 1\n[identity.oidc]\nissuer = \"https://login.example.com\"\nclient_id = \"jit\"\n";
        with(role(SOUND), &[("access.toml", &format!("{head}{line}\n"))])
    };
    let mapped = ["ana", "bo", "cy", "dee", "eve", "fay"].iter().fold(usual.clone(), |people, name| {
        people.replace(&format!("[people.{name}]\n"), &format!("[people.{name}]\noidc = \"00u-{name}\"\n"))
    });
    let account = |longest: &str| {
        let table = "[kubernetes]\nserver = \"https://k8s.example.com\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n";
        let lines = format!("{SOUND}\nduration = \"5m\"\nmax_duration = \"{longest}\"\n{table}");
        with(role(SOUND), &[("roles/account.toml", &lines)])
    };
    let forge = format!("version = 1\n[authority.github]\nlog_keys = [\"{}\"]\n", "A".repeat(43));
    let passkey = Passkey::new(1, "jit.example.com").line();
    let with_passkey = usual.replace(&stage::key(4), &passkey);
    let with_both = usual.replace(&stage::key(4), &format!("{}\", \"{passkey}", stage::key(4)));
    let hardware =
        usual.replace(&stage::key(4), &stage::hardware(4)).replace(&stage::key(3), &stage::hardware(3));
    let bot = format!("[agents.bot]\nof = \"dee\"\nkeys = [\"{}\"]\n", stage::key(50));
    let with_bot = format!("{hardware}{bot}");
    let owner = |count: usize| {
        let lines = format!(
            "requesters = [\"agent:bot\"]\nowner_may_approve = true\napproval = \"{count} of group:sre\"\nsigned = \"touch\""
        );
        files(&with_bot, &[("thing", &lines)])
    };
    let open = |requesters: &str| {
        let lines = format!("requesters = [\"{requesters}\"]\napproval = \"none\"\n");
        files(
            &with_bot,
            &[("thing", &format!("{lines}{}", stage::TARGET.replace("role/thing", "role/prod")))],
        )
    };
    vec![
        (
            "agent-on-github",
            with(files(&with_bot, &[("thing", SOUND)]), &[("access.toml", &forge)]),
            files(&with_bot, &[("thing", SOUND)]),
        ),
        (
            "easier-twin",
            two(
                "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"",
                "requesters = [\"group:all\"]\napproval = \"2 of group:sre\"",
            ),
            two(
                "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nmax_duration = \"1h\"",
                "requesters = [\"group:all\"]\napproval = \"2 of group:sre\"",
            ),
        ),
        (
            "empty-group",
            files(&format!("{usual}\nnone = []"), &[("thing", SOUND)]),
            files(&format!("{usual}\nsome = [\"ana\"]"), &[("thing", SOUND)]),
        ),
        ("enrol-trusted", provided("enrol = \"trusted\""), provided("enrol = \"confirmed\"")),
        (
            "impossible-gate",
            role("requesters = [\"group:sre\"]\napproval = \"2 of group:sre\""),
            role("requesters = [\"group:dev\"]\napproval = \"2 of group:sre\""),
        ),
        (
            "long-lease",
            role(&format!("{SOUND}\nlease = \"2h\"\n{}\nby = \"broker\"", stage::TARGET)),
            role(&format!("{SOUND}\nlease = \"2h\"\n{}", stage::TARGET)),
        ),
        (
            "more-by-agent",
            role("requesters = [\"agents-of:group:dev\"]\napproval = \"none\""),
            role("requesters = [\"group:dev\", \"agents-of:group:dev\"]\napproval = \"none\""),
        ),
        (
            "never-holds",
            role(&format!("{SOUND}\n{}\n[when]\nauto_approve = \"principal is Group\"", stage::TARGET)),
            role(&format!("{SOUND}\n{}\n[when]\nauto_approve = \"context.hour > 3\"", stage::TARGET)),
        ),
        (
            "never-long-enough",
            in_azure("max_duration = \"1h\"\n", ""),
            in_azure("max_duration = \"90m\"\n", ""),
        ),
        (
            "no-voucher",
            provided("groups = \"groups\""),
            provided("groups = \"groups\"\nvouchers = [\"group:sre\"]"),
        ),
        (
            "nobody-may-ask",
            role("requesters = []\napproval = \"1 of group:sre\""),
            role("requesters = [\"person:ana\"]\napproval = \"1 of group:sre\""),
        ),
        (
            "not-from-github",
            with(role(&format!("{SOUND}\n{}\nbind_ip = true", stage::TARGET)), &[("access.toml", &forge)]),
            role(&format!("{SOUND}\n{}\nbind_ip = true", stage::TARGET)),
        ),
        ("overrun-accepted", in_azure("", "overrun = \"accept\"\n"), in_azure("", "")),
        ("owner-alone", owner(1), owner(2)),
        (
            "passkey-on-github",
            with(files(&with_passkey, &[("thing", SOUND)]), &[("access.toml", &forge)]),
            with(files(&with_both, &[("thing", SOUND)]), &[("access.toml", &forge)]),
        ),
        ("revoking-role", revoked_by("staging"), revoked_by("revoking")),
        ("scope-adds-claims", claiming("{ groups = [\"a\", \"owners\"] }"), claiming("{ groups = [\"a\"] }")),
        (
            "scope-not-narrower",
            scoped(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            ),
            scoped(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#,
            ),
        ),
        (
            "second-login",
            provided("groups = \"groups\""),
            with(provided("groups = \"groups\""), &[("people.toml", &mapped)]),
        ),
        (
            "shadowed-permit",
            ruled(
                "permit(principal in Group::\"dev\", action == Action::\"request\", resource);\nforbid(principal, action == Action::\"request\", resource);",
            ),
            ruled(
                "permit(principal in Group::\"dev\", action == Action::\"request\", resource);\nforbid(principal, action == Action::\"request\", resource) when { context.hour < 6 };",
            ),
        ),
        ("shared-audience", opened("https://vault.example.com"), opened("https://registry.example.com")),
        ("shared-server-role", two_servers("prod", "prod"), two_servers("prod", "staging")),
        ("short-access", account("9m"), account("10m")),
        (
            "short-lease",
            role(&format!("{SOUND}\nlease = \"15m\"")),
            role(&format!("{SOUND}\nlease = \"30m\"")),
        ),
        (
            "silent-break-glass",
            role(&glass(SOUND, "")),
            role(&glass(SOUND, "[notify]\ncommand = [\"/usr/bin/tell\"]\n")),
        ),
        (
            "silent-escalation",
            role(&escalated("1h", "people = [\"person:cy\"]")),
            role(&escalated("1h", TELL)),
        ),
        (
            "touch-without-key",
            files(
                &hardware,
                &[(
                    "thing",
                    "requesters = [\"group:all\"]\napproval = \"1 of group:sre, group:security\"\nsigned = \"touch\"",
                )],
            ),
            files(
                &hardware,
                &[(
                    "thing",
                    "requesters = [\"group:all\"]\napproval = \"1 of group:sre\"\nsigned = \"touch\"",
                )],
            ),
        ),
        (
            "unanchored-pattern",
            role(&format!("{SOUND}\nreason = {{ pattern = '^INC-\\d+|CHG-\\d+' }}")),
            role(&format!("{SOUND}\nreason = {{ pattern = '^(INC|CHG)-\\d+' }}")),
        ),
        (
            "unread-file",
            with(role(SOUND), &[("groups.toml", "[groups]\n")]),
            with(role(SOUND), &[("README.md", "# Groups\n"), (".taplo.toml", "")]),
        ),
        ("unreviewed-agent", open("agents-of:group:sre"), open("group:sre")),
        (
            "unreviewed-break-glass",
            role(&glass("requesters = [\"group:all\"]\napproval = \"1 of person:ana\"", "")),
            role(&glass("requesters = [\"group:all\"]\napproval = \"1 of person:ana, person:cy\"", "")),
        ),
        (
            "unused-allowance",
            role(&format!("{SOUND}\nallow = [{{ lint = \"short-lease\", reason = \"x\" }}]")),
            role(&format!(
                "{SOUND}\nlease = \"15m\"\nallow = [{{ lint = \"short-lease\", reason = \"x\" }}]"
            )),
        ),
        (
            "unused-group",
            files(&format!("{usual}\nidle = [\"ana\"]"), &[("thing", SOUND)]),
            with(
                files(&format!("{usual}\nidle = [\"ana\"]"), &[("thing", SOUND)]),
                &[(
                    "rules/r.cedar",
                    "forbid(principal in Group::\"idle\", action == Action::\"request\", resource);",
                )],
            ),
        ),
        (
            "unused-person",
            files(&usual, &[("thing", "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"")]),
            files(&usual, &[("thing", SOUND)]),
        ),
        (
            "vacuous-gate",
            prod("requesters = [\"group:all\"]\napproval = \"none\""),
            role("requesters = [\"group:all\"]\napproval = \"none\""),
        ),
        (
            "weak-signature",
            prod(SOUND),
            files(
                &hardware,
                &[(
                    "thing",
                    &format!(
                        "requesters = [\"group:all\"]\napproval = \"1 of group:sre\"\nsigned = \"touch\"\n{}",
                        stage::TARGET.replace("role/thing", "role/prod")
                    ),
                )],
            ),
        ),
    ]
}

#[test]
fn a_group_of_vouchers_is_in_use() {
    let people = format!("{}\nidle = [\"ana\"]", stage::usual_people());
    let access =
        "version = 1\n[identity.oidc]\nissuer = \"https://login.example.com\"\nclient_id = \"jit\"\n";
    let vouchers = format!("{access}vouchers = [\"group:idle\"]\n");
    for (access, unused) in [(access, true), (vouchers.as_str(), false)] {
        let found = found(with(files(&people, &[("thing", SOUND)]), &[("access.toml", access)]));
        assert_eq!(found.iter().any(|name| name == "unused-group"), unused, "{found:?}");
    }
}

#[test]
fn each_fires_and_each_keeps_quiet() {
    let pairs = pairs();
    let covered: Vec<&str> = pairs.iter().map(|(name, ..)| *name).collect();
    let all: Vec<&str> = CATALOGUE.iter().map(|kind| kind.name).collect();
    assert_eq!(covered, all, "a lint without a test, or not in name order");
    for (name, fires, quiet) in pairs {
        assert!(found(fires).contains(&name.to_owned()), "{name} does not fire");
        assert!(!found(quiet).contains(&name.to_owned()), "{name} fires");
    }
}

#[test]
fn they_point_to_their_place_and_say_what_to_do() {
    let lints = |files| {
        let shown =
            |lint: &jit::policy::Lint| format!("{}[{}] {}", lint.severity.as_str(), lint.name, lint.problem);
        stage::policy(files).lints().iter().map(shown).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lints(role("requesters = []\napproval = \"1 of group:sre\"\nlease = \"15m\"\nreason = { hint = \"x\", pattern = 'INC' }")), @r#"
    warning[nobody-may-ask] roles/thing.toml:1:14: nobody may ask for this role
      hint: name a group with people in `requesters`, or remove the file
    warning[short-lease] roles/thing.toml:3:9: credentials that live for 15m are renewed all the time
      hint: write lease = "30m" or more
    warning[unanchored-pattern] roles/thing.toml:4:34: the pattern may match in the middle of a reason
      hint: begin the pattern with ^ and put alternatives in parentheses, like ^(INC|CHG)-\d+
    "#);
    insta::assert_snapshot!(lints(files(&format!("{}none = []\nidle = [\"group:none\"]", stage::usual_people()), &[("thing", "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"")])), @r#"
    warning[unused-person] people.toml:9:9: eve has no part in any role
      hint: add them to a group that a role names, or take them out
    warning[unused-person] people.toml:11:9: fay has no part in any role
      hint: add them to a group that a role names, or take them out
    warning[unused-group] people.toml:16:1: the group security is named nowhere
      hint: name it in a role, or take it out
    warning[unused-group] people.toml:17:1: the group all is named nowhere
      hint: name it in a role, or take it out
    warning[empty-group] people.toml:18:1: the group none is empty
      hint: add people to the group, or take it out
    warning[unused-group] people.toml:18:1: the group none is named nowhere
      hint: name it in a role, or take it out
    warning[empty-group] people.toml:19:1: the group idle is empty
      hint: add people to the group, or take it out
    warning[unused-group] people.toml:19:1: the group idle is named nowhere
      hint: name it in a role, or take it out
    "#);
}

#[test]
fn what_is_allowed_is_kept_with_its_reason() {
    let lines =
        format!("{SOUND}\nlease = \"15m\"\nallow = [{{ lint = \"short-lease\", reason = \"a kiosk\" }}]");
    let policy = stage::policy(role(&lines));
    assert!(policy.lints().is_empty());
    let allowed = policy.all_lints();
    assert_eq!((allowed[0].name, allowed[0].allowed.as_deref()), ("short-lease", Some("a kiosk")));
    // It does not allow another role's finding.
    let other = format!("{SOUND}\nlease = \"15m\"");
    let both = files(&stage::usual_people(), &[("one", &lines), ("two", &other)]);
    assert_eq!(found(both), ["short-lease"]);
}

#[test]
fn an_allowance_wants_a_lint_and_a_reason() {
    let problems = |allow: &str| {
        let problems = Policy::compile(role(&format!("{SOUND}\nallow = {allow}"))).unwrap_err();
        problems.to_string()
    };
    insta::assert_snapshot!(problems("[{ lint = \"short-lease\" }]"), @r#"
    roles/thing.toml:3:10: `reason` is missing
      hint: write allow = [{ lint = "NAME", reason = "…" }]
    "#);
    insta::assert_snapshot!(problems("[{ lint = \"shortlease\", reason = \"x\" }]"), @r#"
    roles/thing.toml:3:19: there is no lint shortlease
      hint: `jit policy check` shows the name of each
    "#);
    insta::assert_snapshot!(problems("[{ lint = \"short-lease\", reason = \"  \" }]"), @"roles/thing.toml:3:43: say why this is meant so");
    insta::assert_snapshot!(problems("[\"short-lease\"]"), @"roles/thing.toml:3:10: expected a table, found a text");
}
