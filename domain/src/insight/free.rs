//! What becomes free when a task is completed.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::id::TaskId;
use crate::query::Query;
use crate::status::{approval_blocks, is_completed};
use crate::store::{DependencyStore, RecordStore, RunStore};
use crate::task::{Status, Task};

/// The dependents that become ready when a task is completed: those that wait
/// for it alone. By creation of the edge.
pub fn frees<S>(store: &S, id: &TaskId) -> Vec<TaskId>
where
    S: RecordStore + DependencyStore + RunStore,
{
    freed_next(store, id, &BTreeSet::from([id.clone()]))
}

/// All that becomes ready if a task is completed, and then everything that this
/// frees, and so on. In the order in which it becomes free.
///
/// Looks at what hangs below the task, not at the board.
pub fn frees_in_the_end<S>(store: &S, id: &TaskId) -> Vec<TaskId>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let mut done = BTreeSet::from([id.clone()]);
    let mut freed = Vec::new();
    let mut pending = VecDeque::from([id.clone()]);
    while let Some(task) = pending.pop_front() {
        for further in freed_next(store, &task, &done) {
            done.insert(further.clone());
            freed.push(further.clone());
            pending.push_back(further);
        }
    }
    freed
}

/// The dependents of `id` that nothing holds back any more once all of `done`
/// are completed.
fn freed_next<S>(store: &S, id: &TaskId, done: &BTreeSet<TaskId>) -> Vec<TaskId>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let resolved = |blocker: &TaskId| {
        done.contains(blocker)
            || store.get_task(blocker).is_some_and(|blocker| is_completed(store, &blocker))
    };
    let becomes_free = |dependent: &TaskId| {
        !done.contains(dependent)
            && store
                .get_task(dependent)
                .is_some_and(|task| task.status == Status::Blocked && !approval_blocks(&task))
            && store
                .list_dependencies(dependent)
                .iter()
                .all(|edge| resolved(&edge.depends_on_task_id))
    };
    store
        .list_dependents(id)
        .iter()
        .map(|edge| &edge.task_id)
        .filter(|dependent| becomes_free(dependent))
        .cloned()
        .collect()
}

/// A ready task, with what doing it would bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextBest {
    /// The task.
    pub task: Arc<Task>,
    /// How many tasks become ready if it, and all that it frees, is done.
    pub frees: usize,
}

/// The ready tasks of the board, the one that frees most first; then by priority,
/// creation and id.
///
/// Looks at the ready tasks and at what hangs below them. No blocked task is
/// freed by two ready ones, so no part of the graph is walked twice.
pub fn next_best<S>(store: &S) -> Vec<NextBest>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let ready = Query { status: Status::Ready.into(), ..Query::default() };
    let mut best: Vec<NextBest> = store
        .list_tasks(&ready)
        .into_iter()
        .map(|task| NextBest { frees: frees_in_the_end(store, &task.id).len(), task })
        .collect();
    best.sort_by(|one, other| {
        let rank = |best: &NextBest| (Reverse(best.frees), Reverse(best.task.priority.rank()));
        let age = |best: &NextBest| best.task.created_at;
        (rank(one), age(one), &one.task.id).cmp(&(rank(other), age(other), &other.task.id))
    });
    best
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;
    use crate::insight::sketch::{Sketch, complete, sketches};
    use crate::manager::testing::World;
    use crate::run::RunStatus;

    fn names(tasks: &[TaskId]) -> Vec<&str> {
        tasks.iter().map(TaskId::as_str).collect()
    }

    fn diamond() -> World {
        let mut world = World::new();
        for name in ["a", "b", "c", "d"] {
            world.task(name);
        }
        for (task, depends_on) in [("b", "a"), ("c", "a"), ("d", "b"), ("d", "c")] {
            world.depends(task, depends_on);
        }
        world
    }

    #[test]
    fn a_task_frees_those_that_wait_for_it_alone() {
        let mut world = diamond();
        assert_eq!(names(&frees(world.manager.store(), &"a".into())), ["b", "c"]);
        assert_eq!(frees(world.manager.store(), &"b".into()), []);
        world.put_run("a", RunStatus::Completed);
        world.put_run("c", RunStatus::Completed);
        assert_eq!(names(&frees(world.manager.store(), &"b".into())), ["d"]);
    }

    #[test]
    fn in_the_end_a_join_is_free_too() {
        let world = diamond();
        assert_eq!(names(&frees_in_the_end(world.manager.store(), &"a".into())), ["b", "c", "d"]);
    }

    #[test]
    fn drafts_and_undecided_tasks_are_not_freed() {
        let mut world = World::new();
        world.task("a");
        world.draft("draft");
        world.manual("manual");
        world.depends("draft", "a");
        world.depends("manual", "a");
        assert_eq!(frees(world.manager.store(), &"a".into()), []);
    }

    #[test]
    fn the_ready_task_that_frees_most_comes_first() {
        let mut world = diamond();
        world.task("e");
        let best = next_best(world.manager.store());
        let best: Vec<_> = best.iter().map(|best| (best.task.id.as_str(), best.frees)).collect();
        assert_eq!(best, [("a", 3), ("e", 0)]);
    }

    /// The tasks that turn from blocked to ready when the board itself completes
    /// `tasks`.
    fn freed_by_completing(world: &mut World, sketch: &Sketch, tasks: &[String]) -> Vec<String> {
        let blocked: Vec<String> =
            sketch.names().filter(|name| world.status(name) == Status::Blocked).collect();
        for task in tasks {
            complete(world, task);
        }
        blocked.into_iter().filter(|name| world.status(name) == Status::Ready).collect()
    }

    fn sorted(tasks: Vec<TaskId>) -> Vec<String> {
        let mut names: Vec<String> = tasks.iter().map(ToString::to_string).collect();
        names.sort();
        names
    }

    proptest! {
        #[test]
        fn freed_is_what_the_board_frees(sketch in sketches(), place in 0usize..7) {
            let mut world = sketch.world();
            let Some(name) = sketch.names().nth(place) else { return Ok(()) };
            prop_assume!(!world.status(&name).is_terminal());
            let expected = frees(world.manager.store(), &name.as_str().into());
            let mut freed = freed_by_completing(&mut world, &sketch, &[name]);
            freed.sort();
            prop_assert_eq!(sorted(expected), freed);
        }

        #[test]
        fn freed_in_the_end_is_what_the_board_frees_step_by_step(
            sketch in sketches(),
            place in 0usize..7,
        ) {
            let mut world = sketch.world();
            let Some(name) = sketch.names().nth(place) else { return Ok(()) };
            prop_assume!(!world.status(&name).is_terminal());
            let expected = frees_in_the_end(world.manager.store(), &name.as_str().into());
            let mut all = Vec::new();
            let mut step = vec![name];
            while !step.is_empty() {
                step = freed_by_completing(&mut world, &sketch, &step);
                all.extend(step.iter().cloned());
            }
            all.sort();
            prop_assert_eq!(sorted(expected), all);
        }

        #[test]
        fn no_task_is_freed_by_two_ready_ones(sketch in sketches()) {
            let world = sketch.world();
            let store = world.manager.store();
            let mut freed = BTreeSet::new();
            for best in next_best(store) {
                for task in frees_in_the_end(store, &best.task.id) {
                    prop_assert!(freed.insert(task));
                }
            }
        }
    }
}
