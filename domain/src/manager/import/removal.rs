//! Takes an import back.

use std::collections::BTreeSet;

use crate::actor::ActorContext;
use crate::error::Result;
use crate::id::TaskId;
use crate::import::{Imported, Removed};
use crate::manager::Manager;
use crate::store::Store;

impl<S: Store> Manager<S> {
    /// Deletes the tasks of an import that nobody did anything with since, all in
    /// one step. A task that stays keeps what it rests on: its parent and its
    /// blockers stay too, so nothing that stays is changed by this. Tasks that are
    /// gone already count neither way.
    ///
    /// # Errors
    ///
    /// `permission_denied`.
    pub fn remove_imported(
        &mut self,
        imported: &Imported,
        actor: &ActorContext,
    ) -> Result<Removed> {
        actor.authorize_write()?;
        let present: BTreeSet<&TaskId> = imported
            .created
            .iter()
            .map(|(_, id)| id)
            .filter(|id| self.store.get_task(id).is_some())
            .collect();
        let staying = self.staying(&present, imported);
        let (stayed, removed): (Vec<TaskId>, Vec<TaskId>) =
            present.into_iter().cloned().partition(|id| staying.contains(id));
        self.transact(|manager| {
            for id in &removed {
                manager.remove_all_of(id);
            }
            Ok(())
        })?;
        Ok(Removed { removed, stayed })
    }

    fn staying(&self, present: &BTreeSet<&TaskId>, imported: &Imported) -> BTreeSet<TaskId> {
        let mut pending: Vec<TaskId> = present
            .iter()
            .filter(|id| self.is_built_on(id, present, imported))
            .map(|id| TaskId::clone(id))
            .collect();
        let mut staying = BTreeSet::new();
        while let Some(id) = pending.pop() {
            if !present.contains(&id) || !staying.insert(id.clone()) {
                continue;
            }
            let parent = self.store.get_task(&id).and_then(|task| task.parent_task_id.clone());
            pending.extend(parent);
            let blockers = self.store.list_dependencies(&id);
            pending.extend(blockers.iter().map(|edge| edge.depends_on_task_id.clone()));
        }
        staying
    }

    /// Whether somebody did something with a task since, made a child of it, or
    /// made a task from elsewhere wait for it.
    fn is_built_on(&self, id: &TaskId, present: &BTreeSet<&TaskId>, imported: &Imported) -> bool {
        let task = self.store.get_task(id);
        let touched = task.is_some_and(|task| task.latest_event_seq > imported.last_event);
        let dependents = self.store.list_dependents(id);
        let children = self.store.list_children(id);
        touched
            || dependents.iter().any(|edge| !present.contains(&edge.task_id))
            || children.iter().any(|child| !present.contains(&child.id))
    }
}
