//! What follows from something that cannot be taken back, in lines to read
//! before.

use std::collections::BTreeSet;

use taskloom_domain::id::TaskId;
use taskloom_domain::store::{DependencyStore, RecordStore, RunStore};

use super::phrase::count;

/// What canceling a task brings about.
pub fn of_cancel<S>(store: &S, id: &TaskId) -> Vec<String>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let mut lines = vec!["Canceled is final: no operation opens the task again.".to_owned()];
    let tree = open_tree(store, id);
    let below = tree.len().saturating_sub(usize::from(tree.contains(id)));
    if below > 0 {
        let text = verb(below, "task below it is", "tasks below it are");
        lines.push(format!("{text} canceled with it."));
    }
    let runs = tree.iter().flat_map(|task| store.list_runs_of_task(task));
    let open = runs.filter(|run| run.status.is_open()).count();
    if open > 0 {
        lines.push(format!("{} with it.", verb(open, "open run ends", "open runs end")));
    }
    let waiting: BTreeSet<TaskId> = tree
        .iter()
        .flat_map(|task| store.list_dependents(task))
        .map(|edge| edge.task_id.clone())
        .filter(|task| !tree.contains(task) && is_open(store, task))
        .collect();
    if !waiting.is_empty() {
        let text = verb(waiting.len(), "other task stays", "other tasks stay");
        lines.push(format!("{text} blocked until you remove the dependency."));
    }
    lines
}

/// What deleting a task brings about.
pub fn of_delete<S>(store: &S, id: &TaskId) -> Vec<String>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let mut lines = vec!["The task goes with its history. This cannot be undone.".to_owned()];
    let runs = store.list_runs_of_task(id).len();
    if runs > 0 {
        lines.push(format!("{} removed with it.", verb(runs, "run is", "runs are")));
    }
    let edges = store.list_dependents(id).len();
    if edges > 0 {
        lines.push(format!("{} for it no longer.", verb(edges, "task waits", "tasks wait")));
    }
    lines
}

/// The task and what hangs below it, as far as it is not ended.
fn open_tree(store: &impl RecordStore, root: &TaskId) -> BTreeSet<TaskId> {
    let mut open = BTreeSet::new();
    let mut pending = vec![root.clone()];
    while let Some(id) = pending.pop() {
        pending.extend(store.list_children(&id).iter().map(|child| child.id.clone()));
        if id == *root || is_open(store, &id) {
            open.insert(id);
        }
    }
    open
}

fn is_open(store: &impl RecordStore, id: &TaskId) -> bool {
    store.get_task(id).is_some_and(|task| !task.status.is_terminal())
}

fn verb(number: usize, one: &str, many: &str) -> String {
    if number == 1 { count(1, one) } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::World;

    #[test]
    fn canceling_counts_what_is_below_what_runs_and_what_waits() {
        let mut world = World::new();
        let parent = world.task("parent");
        let child = world.child("child", &parent);
        let waiting = world.task("waiting");
        world.depends(&waiting, &child);
        world.start(&child);
        let lines = of_cancel(world.manager.store(), &parent);
        assert_eq!(
            lines[1..],
            [
                "1 task below it is canceled with it.",
                "1 open run ends with it.",
                "1 other task stays blocked until you remove the dependency.",
            ]
        );
    }

    #[test]
    fn a_task_alone_has_one_consequence() {
        let mut world = World::new();
        let alone = world.task("alone");
        assert_eq!(of_cancel(world.manager.store(), &alone).len(), 1);
        assert_eq!(of_delete(world.manager.store(), &alone).len(), 1);
    }
}
