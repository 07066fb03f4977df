//! Builds the policy set of each role.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;

use cedar_policy::Effect;
use cedar_policy::Entity;
use cedar_policy::EntityId;
use cedar_policy::EntityTypeName;
use cedar_policy::EntityUid;
use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy::PolicySet;
use cedar_policy::RestrictedExpression;

use super::Act;
use super::Compiled;
use super::Conditions;
use super::Named;
use super::Reach;
use super::Reviews;
use super::RoleSet;
use super::client;
use super::factual;
use super::reach::concerns;
use crate::grant::Name;
use crate::policy::people::principal::Principal;
use crate::policy::roles::role::Role;
use crate::policy::roles::when::When;
use crate::policy::settings::accounts::Account;
use crate::policy::settings::facts::FactSource;

/// The entity types that requests use.
const KINDS: [&str; 8] = ["Action", "Agent", "Group", "Person", "Role", "Scope", "Weekday", "Workload"];

/// Collects rules and roles.
pub(in crate::policy) struct Builder {
    conditions: Conditions,
    rules: Vec<Policy>,
    reviews: Reviews,
    /// The facts that the rules depend on.
    facts: BTreeSet<String>,
    /// Whether the rules depend on the requester's address.
    address: bool,
    time: bool,
    /// The policies that admit requesters, built once for all roles.
    permits: HashMap<(Act, Principal), Policy>,
    /// The entities that conditions name, to be checked once every role is known.
    pub(in crate::policy) named: Vec<Named>,
}

impl Builder {
    /// Starts with the rules for every role.
    pub(in crate::policy) fn new(facts: Vec<FactSource>, rules: Vec<Compiled>) -> Result<Self, String> {
        let mut types = HashMap::new();
        for kind in KINDS {
            let name: EntityTypeName = kind.parse().map_err(|_| "a kind of entity is no name".to_owned())?;
            types.insert(kind, name);
        }
        // The approval rule decides who may review. Conditions can only forbid it.
        let open = r#"permit(principal, action in [Action::"review", Action::"revoke"], resource);"#;
        let open = parse("reviewing", open)?;
        let mut builder = Self {
            conditions: Conditions {
                facts,
                roles: HashMap::new(),
                shared: HashMap::new(),
                types,
                reach: Vec::new(),
                remarks: Vec::new(),
            },
            rules: vec![open],
            reviews: Reviews::Open,
            facts: BTreeSet::new(),
            address: false,
            time: false,
            permits: HashMap::new(),
            named: Vec::new(),
        };
        for compiled in rules {
            // A permit changes nothing here, unless it fails; see `Conditions::judge`.
            if concerns(&compiled.policy, Act::Review) && builder.reviews != Reviews::Each {
                let each = client::looks_at_actor(&compiled.policy);
                builder.reviews = if each { Reviews::Each } else { Reviews::Alike };
            }
            builder.facts.extend(factual::named(&compiled.policy, &builder.conditions.facts));
            builder.address |= factual::looks_at_address(&compiled.policy);
            builder.time |= factual::looks_at_time(&compiled.policy);
            builder.conditions.reach.extend(Reach::of(&compiled.policy));
            builder.conditions.shared.insert(compiled.policy.id().clone(), compiled.label);
            builder.conditions.remarks.extend(compiled.remarks);
            builder.named.extend(compiled.named);
            builder.rules.push(compiled.policy);
        }
        Ok(builder)
    }

    /// Adds a role's own conditions, and the policies that admit its requesters.
    pub(in crate::policy) fn add(
        &mut self,
        role: &Role,
        when: When,
        account: Option<&Account>,
    ) -> Result<(), String> {
        let mut policies = PolicySet::new();
        let mut labels = HashMap::new();
        let automatic =
            |policy: &Policy| policy.effect() == Effect::Permit && concerns(policy, Act::AutoApprove);
        let mut insert = |policy: Policy| policies.add(policy).map_err(|error| error.to_string());
        for policy in &self.rules {
            insert(policy.clone())?;
        }
        for requester in &role.requesters {
            insert(permit(&mut self.permits, Act::Request, requester)?)?;
        }
        for requester in role.break_glass.iter().flat_map(|way| &way.requesters) {
            insert(permit(&mut self.permits, Act::BreakGlass, requester)?)?;
        }
        let own_automatic = when.automatic;
        let (mut facts, mut address, mut time) = (self.facts.clone(), self.address, self.time);
        for compiled in when.policies {
            facts.extend(factual::named(&compiled.policy, &self.conditions.facts));
            address |= factual::looks_at_address(&compiled.policy);
            time |= factual::looks_at_time(&compiled.policy);
            labels.insert(compiled.policy.id().clone(), compiled.label);
            self.conditions.remarks.extend(compiled.remarks);
            self.named.extend(compiled.named);
            insert(compiled.policy)?;
        }
        let uid = self.conditions.uid("Role", role.name.as_str())?;
        let mut scopes = BTreeMap::new();
        for name in role.scopes.keys() {
            let scope = self.conditions.uid("Scope", &format!("{}/{name}", role.name))?;
            let attributes = HashMap::from([("name".to_owned(), text(name.as_str()))]);
            let entity = Entity::new(scope, attributes, HashSet::from([uid.clone()]));
            scopes.insert(name.clone(), entity.map_err(|error| error.to_string())?);
        }
        let set = RoleSet {
            entity: entity(&uid, role, account)?,
            automatic: own_automatic || self.rules.iter().any(automatic),
            reviews: self.reviews,
            facts,
            address,
            time,
            policies,
            uid,
            scopes,
            labels,
        };
        self.conditions.roles.insert(role.name.clone(), set);
        Ok(())
    }

    /// The conditions of all roles.
    pub(in crate::policy) fn finish(self) -> Conditions {
        self.conditions
    }
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

/// The role as a Cedar entity.
fn entity(uid: &EntityUid, role: &Role, account: Option<&Account>) -> Result<Entity, String> {
    let owner = account.and_then(|account| account.owner.as_ref());
    let tags = account.map_or(&[][..], |account| account.tags.as_slice());
    let attributes = [
        ("name", text(role.name.as_str())),
        ("cloud", text(role.target.cloud().as_str())),
        ("account", text(role.target.place().as_account().unwrap_or_default())),
        ("account_name", text(account.map_or("", |account| account.name.as_str()))),
        ("owner", text(owner.map_or("", Name::as_str))),
        ("tags", RestrictedExpression::new_set(tags.iter().map(|tag| text(tag)))),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Entity::new(uid.clone(), attributes, HashSet::new()).map_err(|error| error.to_string())
}

fn parse(id: &str, text: &str) -> Result<Policy, String> {
    Policy::parse(Some(PolicyId::new(id)), text).map_err(|error| error.to_string())
}

/// The policy that admits a requester. It has no condition but an agent's owner, and is the same for every role that names the requester.
fn permit(
    made: &mut HashMap<(Act, Principal), Policy>,
    act: Act,
    requester: &Principal,
) -> Result<Policy, String> {
    let key = (act, requester.clone());
    if let Some(policy) = made.get(&key) {
        return Ok(policy.clone());
    }
    let uid = |kind: &str, name: &Name| -> Result<EntityUid, String> {
        let kind: EntityTypeName = kind.parse().map_err(|_| "a kind of entity is no name".to_owned())?;
        Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(name.as_str())))
    };
    let who = match requester {
        Principal::Group(group) => format!("in {}", uid("Group", group)?),
        Principal::Person(person) => format!("== {}", uid("Person", person)?),
        Principal::Workload(workload) => format!("== {}", uid("Workload", workload)?),
        Principal::Agent(agent) => format!("== {}", uid("Agent", agent)?),
        Principal::AgentsOfGroup(_) | Principal::AgentsOfPerson(_) => "is Agent".to_owned(),
    };
    let owned = match requester {
        Principal::AgentsOfGroup(group) => format!(" when {{ principal.owner in {} }}", uid("Group", group)?),
        Principal::AgentsOfPerson(person) => {
            format!(" when {{ principal.owner == {} }}", uid("Person", person)?)
        }
        _ => String::new(),
    };
    let acts = match act {
        Act::BreakGlass => r#"== Action::"break_glass""#,
        _ => r#"in [Action::"request", Action::"extend"]"#,
    };
    let policy = parse(
        &format!("{} by {requester}", act.as_str()),
        &format!("permit(principal {who}, action {acts}, resource){owned};"),
    )?;
    made.insert(key, policy.clone());
    Ok(policy)
}
