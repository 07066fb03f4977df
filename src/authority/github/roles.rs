//! Reads roles from the policy on `main`.

use super::GitHubAuthority;
use crate::authority::AuthorityError;
use crate::grant::Name;
use crate::judgement::views::may_see_role;
use crate::judgement::views::view_role;
use crate::policy::Obstacle;
use crate::policy::Policy;
use crate::policy::Role;
use crate::protocol::RoleList;
use crate::protocol::RoleView;

impl GitHubAuthority {
    pub(super) async fn list_roles(&self) -> Result<RoleList, AuthorityError> {
        let mut reader = self.reader();
        let (ground, _) = self.ground(&mut reader).await?;
        let policy = &ground.force;
        let roles = policy.roles().filter(|role| may_see_role(policy, role, &self.seat.person));
        let roles = roles.map(|role| self.view_role(policy, role)).collect();
        Ok(RoleList { roles, gate: policy.gate().to_vec(), newer: Vec::new() })
    }

    pub(super) async fn find_role(&self, name: &Name) -> Result<RoleView, AuthorityError> {
        let mut reader = self.reader();
        let (ground, _) = self.ground(&mut reader).await?;
        let policy = &ground.force;
        let role = policy.role(name).filter(|role| may_see_role(policy, role, &self.seat.person));
        let role = role.ok_or_else(|| AuthorityError::Nothing(format!("there is no role {name} for you")))?;
        check_possible(policy, role)?;
        Ok(self.view_role(policy, role))
    }

    /// A role as this person sees it. It never offers break-glass here, because nobody can be notified and no run would
    /// accept it.
    fn view_role(&self, policy: &Policy, role: &Role) -> RoleView {
        let view =
            RoleView { break_glass: None, ..view_role(policy, role, &self.seat.person, true, Vec::new()) };
        match check_possible(policy, role) {
            Ok(()) => view,
            // The role is listed, because the policy has it. Asking for it says why it cannot be granted.
            Err(_) => RoleView {
                may_request: false,
                may_review: false,
                may_review_whole: Some(false),
                automatic: false,
                approvers: Vec::new(),
                approval: format!("not from GitHub: `jit request {}` says why", role.name),
                ..view
            },
        }
    }
}

/// Checks whether a repository authority can grant a role at all, whoever approves.
///
/// # Errors
/// The obstacle, and what to do instead.
pub(super) fn check_possible(policy: &Policy, role: &Role) -> Result<(), AuthorityError> {
    match policy.obstacles(role).into_iter().find(Obstacle::is_whole) {
        None => Ok(()),
        Some(obstacle) => Err(AuthorityError::NotHere {
            what: role.name.to_string(),
            cause: obstacle.reason(),
            hint: match obstacle {
                Obstacle::Bound => "this role needs a broker, or `bind_ip = false` in its file".to_owned(),
                Obstacle::Token | Obstacle::Cluster => "this role needs a broker: `jit serve`".to_owned(),
                Obstacle::OwnIdentity => {
                    "this role needs a broker, or no `by` in its file: a workflow's token then opens it"
                        .to_owned()
                }
                _ => "this role needs a broker, or conditions that look at no address".to_owned(),
            },
        }),
    }
}
