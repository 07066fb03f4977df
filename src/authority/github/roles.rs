//! Roles, from the policy on `main`.

use super::GitHubAuthority;
use crate::authority::AuthorityError;
use crate::grant::Name;
use crate::judgement::views::may_see_role;
use crate::judgement::views::view_role;
use crate::policy::Policy;
use crate::policy::Role;
use crate::protocol::RoleView;

impl GitHubAuthority {
    pub(super) async fn list_roles(&self) -> Result<Vec<RoleView>, AuthorityError> {
        let mut reader = self.reader();
        let (ground, _) = self.ground(&mut reader).await?;
        let policy = &ground.force;
        let roles = policy.roles().filter(|role| may_see_role(policy, role, &self.seat.person));
        Ok(roles.map(|role| self.view_role(policy, role)).collect())
    }

    pub(super) async fn find_role(&self, name: &Name) -> Result<RoleView, AuthorityError> {
        let mut reader = self.reader();
        let (ground, _) = self.ground(&mut reader).await?;
        let policy = &ground.force;
        let role = policy.role(name).filter(|role| may_see_role(policy, role, &self.seat.person));
        role.map(|role| self.view_role(policy, role))
            .ok_or_else(|| AuthorityError::Nothing(format!("there is no role {name} for you")))
    }

    /// A role as this person sees it. There is no emergency way here: nobody could tell everybody, and no run would let it by.
    fn view_role(&self, policy: &Policy, role: &Role) -> RoleView {
        RoleView { break_glass: None, ..view_role(policy, role, &self.seat.person, true, Vec::new()) }
    }
}
