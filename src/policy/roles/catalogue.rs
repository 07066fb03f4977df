//! Every lint: its name, severity, why it matters and how to fix it. The documentation is generated from it.

use crate::policy::analysis::lint::Severity;

/// The description of a lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The stable name.
    pub name: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// The problem that it finds, in one sentence.
    pub finds: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to fix it.
    pub mend: &'static str,
}

const fn error(name: &'static str, finds: &'static str, why: &'static str, mend: &'static str) -> Kind {
    Kind { name, severity: Severity::Error, finds, why, mend }
}

const fn warning(name: &'static str, finds: &'static str, why: &'static str, mend: &'static str) -> Kind {
    Kind { name, severity: Severity::Warning, finds, why, mend }
}

pub(in crate::policy) const AGENT_ON_GITHUB: &Kind = &warning(
    "agent-on-github",
    "The policy names agents, and a repository on GitHub as an authority, where an agent cannot ask.",
    "GitHub knows people by their accounts. An agent has none of its own, and could not be told from its owner, so every request of an agent is refused there.",
    "let a broker decide what agents ask for, or take the agents out",
);
pub(in crate::policy) const EASIER_TWIN: &Kind = &error(
    "easier-twin",
    "A role opens at least what another role opens, somebody may ask for both, and it is strictly easier without being shorter.",
    "People who may ask for both ask for the easier one, so the other one's approval protects nothing. Compared are the AWS role; the service account of Google Cloud and its OAuth scopes; the application of Azure and its audiences; the groups or the service account in a cluster; the role at a server of OpenBao or Vault and its policies, all of them if none is named; the audience of a token and its claims, each of which counts as power. Settings that only lead there, such as a region, a provider, `via` or certificates, and `overrun` make no other target.",
    "give both roles the same approval, make the easier one shorter, or take people out of its requesters; allow the lint where a claim takes power away",
);
pub(in crate::policy) const EMPTY_GROUP: &Kind = &warning(
    "empty-group",
    "A group is empty, also through other groups.",
    "A rule that names it gets no reviewer from it, and requesters that name it get no person from it.",
    "add people to the group, or take it out",
);
pub(in crate::policy) const ENROL_TRUSTED: &Kind = &warning(
    "enrol-trusted",
    "The identity provider's word is enough to make a key worth what its kind is: `enrol = \"trusted\"`.",
    "Somebody who administers the provider can sign in as anybody, enrol a key of their own, and approve with it, in production too.",
    "take `enrol` out of [identity.oidc], and name vouchers who confirm the keys of new people",
);
pub(in crate::policy) const IMPOSSIBLE_GATE: &Kind = &error(
    "impossible-gate",
    "Requests of some requester can never be approved: without the requester, too few people with strong enough keys are left.",
    "Nobody approves their own request and one human counts once, so such a request waits until it expires, most likely in an emergency.",
    "add people to these groups, with keys that are strong enough; nobody approves their own request",
);
pub(in crate::policy) const LONG_LEASE: &Kind = &warning(
    "long-lease",
    "The broker opens a role with its own AWS identity, and its credentials are to live for more than an hour.",
    "The identity of an instance, a container or a pod is itself a session of a role, and IAM ends what such a session opens after an hour. The broker then hands out shorter credentials, which are renewed while the access lasts. Only an IAM user's keys open more.",
    "write lease = \"1h\" or less, or allow the lint if the broker has an IAM user's keys",
);
pub(in crate::policy) const MORE_BY_AGENT: &Kind = &warning(
    "more-by-agent",
    "An agent gets what its owner does not get in the same situation with the same reviews.",
    "An agent does what its owner tells it, so its owner has that too. Groups never include agents: a rule about a group does not hold for the agents of its members. The lint asks the role's conditions for both, around every constant with which they compare. Facts count as true of both or of none.",
    "let the rule look at context.requester, which is an agent's owner, take agents out of the role's requesters, or ask for a review; allow the lint where agents are to have more than people",
);
pub(in crate::policy) const NOBODY_MAY_ASK: &Kind = &warning(
    "nobody-may-ask",
    "Nobody may ask for a role: its requesters are an empty list or empty groups.",
    "The role looks like access, but gives nobody access.",
    "name a group with people in `requesters`, or remove the file",
);
pub(in crate::policy) const NEVER_HOLDS: &Kind = &warning(
    "never-holds",
    "Cedar's validator can tell that a condition never holds, or finds it odd in another way.",
    "A rule that never applies looks like protection, or like access, and is neither.",
    "mend the condition, or take it out",
);
pub(in crate::policy) const NEVER_LONG_ENOUGH: &Kind = &error(
    "never-long-enough",
    "Requests by some way into a role are always refused: it lasts for less than its credentials can live, and nobody ends those before.",
    "Entra alone decides how long a token of Azure lives, up to 90 minutes. Without overrun = \"accept\" no access is shorter than that.",
    "write at least 90m there, or overrun = \"accept\" in [azure] if a token may outlive the access",
);
pub(in crate::policy) const NO_VOUCHER: &Kind = &warning(
    "no-voucher",
    "Tokens of the identity provider bring people of their own, and nobody may confirm their keys.",
    "Unless people.toml lists a key of theirs, their keys stay worth an account: they give no review where a role demands a signed one.",
    "write vouchers = [\"group:NAME\"] in [identity.oidc], with people who compare a key's fingerprint with its owner",
);
pub(in crate::policy) const NOT_FROM_GITHUB: &Kind = &warning(
    "not-from-github",
    "The policy names GitHub as an authority, and GitHub cannot give a role, its emergency access or a fact that it looks at.",
    "GitHub does not tell where a request comes from, has no AWS identity of its own, tells nobody of an emergency, and runs only jit. It refuses such a request, and such a fact is false for everybody.",
    "give the role from a broker, or take out the condition, the binding, `by` or the emergency access",
);
pub(in crate::policy) const OWNER_ALONE: &Kind = &warning(
    "owner-alone",
    "`owner_may_approve` lets the owner of an agent open a role alone, by their touch, that they could not open for themselves.",
    "The owner tells the agent what to ask, and then agrees to it: one human decides where the role's rule otherwise needs two.",
    "take `owner_may_approve` out, ask for a second person in `approval`, or allow the lint where one human is enough",
);
pub(in crate::policy) const OVERRUN_ACCEPTED: &Kind = &warning(
    "overrun-accepted",
    "A role accepts that a token outlives the access: overrun = \"accept\".",
    "Entra alone decides how long a token of Azure lives, up to 90 minutes, and nobody takes one back. Who asks, who approves and who revokes must reckon with that.",
    "take the line out and let access last at least 90 minutes, or allow the lint with a reason",
);
pub(in crate::policy) const PASSKEY_ON_GITHUB: &Kind = &warning(
    "passkey-on-github",
    "The policy names GitHub as an authority, and somebody's only keys are passkeys.",
    "A passkey signs in a browser, on a page of its broker: where GitHub decides, it signs no request and no review.",
    "add an SSH key of theirs, beside the passkey",
);
pub(in crate::policy) const REVOKING_ROLE: &Kind = &error(
    "revoking-role",
    "The server's role by which the broker revokes a role's tokens is one that another role opens.",
    "Two set-ups of one role at the server overwrite each other: either the broker cannot revoke, or everybody who gets the other role's tokens can revoke all tokens.",
    "give `revoke_role` a name that no role opens, and put what `jit setup trust ROLE` prints at the server",
);
pub(in crate::policy) const SCOPE_NOT_NARROWER: &Kind = &warning(
    "scope-not-narrower",
    "A scope grants no less than its role: its document allows every action on everything.",
    "A scope may be easier to get because it allows less; this one is only easier.",
    "name actions or resources in the scope's document, or take the scope out",
);
pub(in crate::policy) const SCOPE_ADDS_CLAIMS: &Kind = &warning(
    "scope-adds-claims",
    "A scope's token has a claim, or a value of one, that its role's token does not have.",
    "A scope should allow less than its role, and may be easier to get. The relying party alone knows what the claim opens.",
    "leave claims out, or allow the lint with the reason why these open less",
);
pub(in crate::policy) const SECOND_LOGIN: &Kind = &warning(
    "second-login",
    "A person in people.toml has no `oidc`, while the identity provider's tokens name people and their groups.",
    "With an account at the provider they can sign in as a second person beside the listed one, and approve what they asked for themselves.",
    "add `oidc = \"SUBJECT\"` to the person, as their token says it; for somebody without an account there, a value that the provider gives to nobody",
);
pub(in crate::policy) const SHADOWED_PERMIT: &Kind = &warning(
    "shadowed-permit",
    "A rule permits what another rule forbids to the same people, always.",
    "A forbid always wins, so the permit does nothing.",
    "take the permit out, or let the forbid say when",
);
pub(in crate::policy) const SHARED_AUDIENCE: &Kind = &warning(
    "shared-audience",
    "A role hands out tokens, or shows them to a server, for an audience by which another role's place is opened.",
    "The place must tell them apart by the subject alone. Where it looks at other claims only, a token of one role opens the other.",
    "give the place an audience of its own, with `audience` in its table and at the place",
);
pub(in crate::policy) const SHARED_SERVER_ROLE: &Kind = &warning(
    "shared-server-role",
    "Two roles open the same role of a server of OpenBao or Vault.",
    "Each set-up that `jit setup trust` prints lets in the tokens of one role of jit, so the second overwrites the first, and only one of them opens anything.",
    "give each role of jit a role of its own at the server, or set `bound_subject` aside there for a list of subjects and allow the lint",
);
pub(in crate::policy) const SHORT_ACCESS: &Kind = &warning(
    "short-access",
    "A role's longest access is shorter than the shortest credentials of its place, and only the broker ends these in time.",
    "A cluster makes no token of a service account for less than 10 minutes. The broker ends it by deleting a Secret, and cannot while the cluster does not answer. AWS gives no session of less than 15 minutes either, but the session itself then denies everything after the end.",
    "write max_duration = \"10m\" or more, or let tokens with groups open the cluster",
);
pub(in crate::policy) const SHORT_LEASE: &Kind = &warning(
    "short-lease",
    "Credentials live for less than 30 minutes.",
    "Cloud tools renew credentials from 15 minutes before their end, so they would renew all the time. Short access also ends in time with longer credentials, because a session policy ends them.",
    "write lease = \"30m\" or more",
);
pub(in crate::policy) const SILENT_BREAK_GLASS: &Kind = &warning(
    "silent-break-glass",
    "A role allows emergency access, and the policy names no place for notices.",
    "Emergency access needs no approval because everybody is told; without a place for notices, only inboxes show it.",
    "write [notify] in access.toml or in the role's file, with slack, teams, webhook, mail or command",
);
pub(in crate::policy) const SILENT_ESCALATION: &Kind = &warning(
    "silent-escalation",
    "A role's undecided requests are to be escalated, and nobody would be told.",
    "An escalation needs a time within the wait for reviews, and a place or a person with an address that the broker can reach. Without them nothing happens.",
    "write both escalate_after and escalate_to; for people also [notify.people] in access.toml, and mail or slack in people.toml",
);
pub(in crate::policy) const TOUCH_WITHOUT_KEY: &Kind = &error(
    "touch-without-key",
    "A role demands signatures that show a touch, and people who are named in its rule have neither a hardware key nor a passkey.",
    "They look like approvers and are none: their signatures do not count.",
    "add a hardware key (`ssh-keygen -t ed25519-sk`) or a passkey of each in people.toml, or name a group of those who have one",
);
pub(in crate::policy) const UNANCHORED_PATTERN: &Kind = &warning(
    "unanchored-pattern",
    "A pattern for reasons may match in the middle of a text, in at least one of its alternatives.",
    "Any text around it passes: `INC-\\d+` is found in `no INC-0`, and of `^INC|CHG` only the first half is held by `^`.",
    "begin the pattern with ^ and put alternatives in parentheses, like ^(INC|CHG)-\\d+",
);
pub(in crate::policy) const UNREAD_FILE: &Kind = &warning(
    "unread-file",
    "A file beside access.toml looks like a part of the policy, and jit does not read it.",
    "Groups and people belong into people.toml and roles into roles/: the file has no effect.",
    "move its content to where it is read, or the file elsewhere",
);
pub(in crate::policy) const UNREVIEWED_BREAK_GLASS: &Kind = &warning(
    "unreviewed-break-glass",
    "Nobody could review somebody's emergency afterwards: the role's ordinary rule names nobody else.",
    "Until an emergency is reviewed, the person who took it can take no other one, in any role.",
    "write an approval that names other people than those with emergency access",
);
pub(in crate::policy) const UNREVIEWED_AGENT: &Kind = &warning(
    "unreviewed-agent",
    "Agents may ask for a role that looks like production, and nobody reviews it, always or while `auto_approve` holds.",
    "An agent does what the text that it reads makes it do, and here no person sees it before it has the access.",
    "ask for a review, write !context.agent into `auto_approve`, or take agents out of the role's requesters",
);
pub(in crate::policy) const UNUSED_ALLOWANCE: &Kind = &warning(
    "unused-allowance",
    "A role's file allows a lint that does not occur there.",
    "An allowance that nobody needs any more would hide the same mistake when it comes back.",
    "take the line out of `allow`",
);
pub(in crate::policy) const UNUSED_GROUP: &Kind = &warning(
    "unused-group",
    "No role, no auditors and no other group name a group.",
    "Reviewers read it as power, and it is none; or a rule that should name it names another.",
    "name it in a role, or take it out",
);
pub(in crate::policy) const UNUSED_PERSON: &Kind = &warning(
    "unused-person",
    "Somebody can neither ask for a role nor review one, and is not an auditor.",
    "The policy gives them nothing, or a group that should hold them does not.",
    "add them to a group that a role names, or take them out",
);
pub(in crate::policy) const VACUOUS_GATE: &Kind = &warning(
    "vacuous-gate",
    "A role that looks like production or administration needs no approval.",
    "The names of the role or its target say prod, admin, root or poweruser: such power usually wants a second pair of eyes.",
    "write approval = \"1 of group:NAME\"",
);
pub(in crate::policy) const WEAK_SIGNATURE: &Kind = &warning(
    "weak-signature",
    "A role whose name, target or account says production does not demand signatures that show a touch.",
    "Any program on the approver's machine can use a key in a file or an agent; a hardware key needs a touch.",
    "write signed = \"touch\", once its approvers have hardware keys",
);

/// Every lint, in name order.
pub const CATALOGUE: &[&Kind] = &[
    AGENT_ON_GITHUB,
    EASIER_TWIN,
    EMPTY_GROUP,
    ENROL_TRUSTED,
    IMPOSSIBLE_GATE,
    LONG_LEASE,
    MORE_BY_AGENT,
    NEVER_HOLDS,
    NEVER_LONG_ENOUGH,
    NO_VOUCHER,
    NOBODY_MAY_ASK,
    NOT_FROM_GITHUB,
    OVERRUN_ACCEPTED,
    OWNER_ALONE,
    PASSKEY_ON_GITHUB,
    REVOKING_ROLE,
    SCOPE_ADDS_CLAIMS,
    SCOPE_NOT_NARROWER,
    SECOND_LOGIN,
    SHADOWED_PERMIT,
    SHARED_AUDIENCE,
    SHARED_SERVER_ROLE,
    SHORT_ACCESS,
    SHORT_LEASE,
    SILENT_BREAK_GLASS,
    SILENT_ESCALATION,
    TOUCH_WITHOUT_KEY,
    UNANCHORED_PATTERN,
    UNREAD_FILE,
    UNREVIEWED_AGENT,
    UNREVIEWED_BREAK_GLASS,
    UNUSED_ALLOWANCE,
    UNUSED_GROUP,
    UNUSED_PERSON,
    VACUOUS_GATE,
    WEAK_SIGNATURE,
];

const PREFACE: &str = "# Lints of a policy

`jit policy check` shows problems that keep a policy from loading, and lints: parts that load but make no sense. Each lint has
a name that does not change. A role's file can allow one, with a reason that reviewers see:

```toml
allow = [{ lint = \"vacuous-gate\", reason = \"reads public dashboards only\" }]
```

Errors make `jit policy check` exit with 1; warnings do not. This page is generated from the code.
";

/// The page that documents every lint, in Markdown.
pub fn documentation() -> String {
    let mut page = PREFACE.to_owned();
    for kind in CATALOGUE {
        let severity = kind.severity.as_str();
        let (name, finds, why, mend) = (kind.name, kind.finds, kind.why, kind.mend);
        page.push_str(&format!("\n## {name}\n\n**{severity}.** {finds}\n\n{why}\n\n*To mend it:* {mend}.\n"));
    }
    page
}
