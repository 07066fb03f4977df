//! The broker's own tokens for clusters, beside the roles that need them.

use crate::address;
use crate::policy::Policy;
use crate::provider::kubernetes::OwnTokens;

/// Notes on tokens that no role needs, and on roles without a token, one sentence each. The policy may change while the broker runs, and
/// the ends of earlier access need the tokens too, so neither keeps a broker from starting.
pub(super) fn notes(policy: &Policy, own: &OwnTokens) -> Vec<String> {
    let accounts = || {
        policy.roles().filter_map(|role| {
            let cluster = role.target.as_kubernetes().filter(|cluster| cluster.groups().is_none())?;
            Some((&role.name, cluster.server.as_str()))
        })
    };
    let unneeded = own.keys().filter(|server| accounts().all(|(_, named)| named != server.as_str()));
    let unneeded = unneeded.map(|server| {
        let meant = accounts().map(|(_, named)| named).find(|named| address::is_same(named, server));
        let rest = match meant {
            Some(meant) => format!("roles name it {meant}: write it so"),
            None => "check its address, or leave it out once no earlier access is left".to_owned(),
        };
        format!(
            "no role opens a service account at {server}, for which there is a token (`--kubernetes`): {rest}"
        )
    });
    let lacking = accounts().filter(|(_, server)| !own.contains_key(*server));
    let lacking = lacking.map(|(role, server)| {
        format!(
            "the broker has no token of its own for {server}, so nobody gets the role {role}: add `--kubernetes {server}=FILE`"
        )
    });
    unneeded.chain(lacking).collect()
}
