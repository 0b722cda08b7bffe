//! The tasks that wait for a task.

use crate::dependency::DependencyKind;
use crate::id::TaskId;
use crate::manager::projection;
use crate::store::{DependencyStore, RecordStore, RunStore, SchedulerStore};
use crate::time::Timestamp;
use crate::view::summary::Reference;

/// An edge, seen from the task that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependentReference {
    /// The task that waits.
    pub task_id: TaskId,
    /// The task that it waits for.
    pub depends_on_task_id: TaskId,
    /// What the edge means.
    pub kind: DependencyKind,
    /// When it was added.
    pub created_at: Timestamp,
    /// The task that waits, as others name it.
    pub dependent: Reference,
}

/// What waits for a task, by creation of the edge, each with a reference of the
/// waiting task. The counterpart of [`projection::dependency_references`].
pub fn dependent_references<S>(store: &S, id: &TaskId) -> Vec<DependentReference>
where
    S: RecordStore + DependencyStore + RunStore + SchedulerStore,
{
    store
        .list_dependents(id)
        .iter()
        .filter_map(|edge| {
            let dependent = store.get_task(&edge.task_id)?;
            Some(DependentReference {
                task_id: edge.task_id.clone(),
                depends_on_task_id: edge.depends_on_task_id.clone(),
                kind: edge.kind,
                created_at: edge.created_at,
                dependent: projection::reference(store, &dependent),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::testing::World;
    use crate::task::Status;

    #[test]
    fn dependents_come_with_their_status() {
        let mut world = World::new();
        world.task("a");
        world.task("b");
        world.draft("c");
        world.depends("b", "a");
        world.advance(1);
        world.depends("c", "a");
        let found = dependent_references(world.manager.store(), &"a".into());
        let found: Vec<_> =
            found.iter().map(|edge| (edge.task_id.as_str(), edge.dependent.status)).collect();
        assert_eq!(found, [("b", Status::Blocked), ("c", Status::Draft)]);
        assert_eq!(dependent_references(world.manager.store(), &"b".into()), []);
    }
}
