//! The effects of a changed reference: rules, pull requests that follow it, and workflows that it starts.

use super::difference::changes;
use super::rules::Step;
use crate::support::github::access::Caller;
use crate::support::github::answer::Fault;
use crate::support::github::world::World;

impl World {
    /// A commit by branch, tag, full reference or id. Also `refs/pull/N/head` and `/merge`.
    pub fn resolve(&self, id: u64, name: &str) -> Option<String> {
        let refs = &self.repository(id).refs;
        let candidates = [
            name.to_owned(),
            format!("refs/{name}"),
            format!("refs/heads/{name}"),
            format!("refs/tags/{name}"),
        ];
        if let Some(sha) = candidates.iter().find_map(|candidate| refs.get(candidate)) {
            return Some(sha.clone());
        }
        if let Some(rest) = name.trim_start_matches("refs/").strip_prefix("pull/") {
            let number = rest.split('/').next()?.parse::<u64>().ok()?;
            return self.repository(id).pulls.get(&number).map(|pull| pull.head_sha.clone());
        }
        let is_name = name.len() == 40 && self.store(id).commit(name).is_some();
        is_name.then(|| name.to_owned())
    }

    /// Moves, creates (`old` is `None`) or deletes (`new` is `None`) a reference, as a push of the caller would.
    ///
    /// # Errors
    /// The rules forbid it, it is neither a fast-forward nor forced, or the token may not change workflow files.
    pub fn push(
        &mut self,
        caller: &Caller,
        id: u64,
        reference: &str,
        new: Option<&str>,
        force: bool,
    ) -> Result<(), Fault> {
        let old = self.repository(id).refs.get(reference).cloned();
        let step = match (&old, new) {
            (None, Some(_)) => Step::Create,
            (_, None) => Step::Delete,
            (Some(old), Some(new)) if self.store(id).ancestors(new).contains(old) => Step::Advance,
            (Some(_), Some(_)) if force => Step::Force,
            (Some(_), Some(_)) => return Err(Fault::unprocessable("Update is not a fast forward")),
        };
        let target = new.unwrap_or_default();
        if step != Step::Delete {
            self.hold_to_workflow_permission(caller, id, old.as_deref(), target)?;
        }
        self.hold_to_rules(caller, id, reference, step, target)?;
        self.move_reference(caller, id, reference, new);
        Ok(())
    }

    /// Moves a reference without checks, and applies the effects.
    pub fn move_reference(&mut self, caller: &Caller, id: u64, reference: &str, new: Option<&str>) {
        let refs = &mut self.repository_mut(id).refs;
        let old = match new {
            Some(new) => refs.insert(reference.to_owned(), new.to_owned()),
            None => refs.remove(reference),
        };
        self.pulls_follow(caller, id, reference, old.as_deref(), new);
        if let Some(new) = new {
            self.started_by_push(caller, id, reference, new);
        }
    }

    fn hold_to_workflow_permission(
        &self,
        caller: &Caller,
        id: u64,
        old: Option<&str>,
        new: &str,
    ) -> Result<(), Fault> {
        if Self::may_change_workflows(caller) {
            return Ok(());
        }
        let store = self.store(id);
        let main = self.resolve(id, &self.repository(id).default_branch);
        // A new branch is compared with its merge base with the default branch.
        let base = old.map(str::to_owned).or_else(|| store.merge_base(main.as_deref()?, new));
        let touched = changes(store, base.as_deref(), new);
        match touched.iter().find(|change| change.path.starts_with(".github/workflows/")) {
            Some(change) => Err(Fault::new(
                403,
                format!(
                    "refusing to allow this token to create or update workflow `{}` without `workflows` permission",
                    change.path
                ),
            )),
            None => Ok(()),
        }
    }
}
