//! Walks over the dependency graph.

use std::collections::BTreeMap;

use crate::id::TaskId;
use crate::store::DependencyStore;

/// The path along "depends on" edges from one task to another, both included.
pub fn path_between(store: &impl DependencyStore, from: &TaskId, to: &TaskId) -> Option<Vec<TaskId>> {
    let mut came_from: BTreeMap<TaskId, Option<TaskId>> = BTreeMap::from([(from.clone(), None)]);
    let mut pending = std::collections::VecDeque::from([from.clone()]);
    while let Some(task) = pending.pop_front() {
        if task == *to {
            let mut path = vec![task];
            while let Some(Some(previous)) = path.last().and_then(|last| came_from.get(last)) {
                path.push(previous.clone());
            }
            path.reverse();
            return Some(path);
        }
        for edge in store.list_dependencies(&task) {
            let next = edge.depends_on_task_id.clone();
            if !came_from.contains_key(&next) {
                came_from.insert(next.clone(), Some(task.clone()));
                pending.push_back(next);
            }
        }
    }
    None
}
