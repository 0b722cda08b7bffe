//! Tasks that wait for something that will never be completed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::outlook::{DeadEnd, Outlook, outlook};
use crate::id::TaskId;
use crate::query::Query;
use crate::store::{DependencyStore, RecordStore, RunStore};
use crate::task::Status;

/// A blocker that cannot resolve by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadBlocker {
    /// From the direct blocker to the nearest task that stands for good, each
    /// waiting for the next one. Never empty.
    pub path: Vec<TaskId>,
    /// Why the last task of the path stands.
    pub end: DeadEnd,
}

impl DeadBlocker {
    /// The direct blocker.
    pub fn blocker(&self) -> Option<&TaskId> {
        self.path.first()
    }

    /// The task on which everything on the path waits.
    pub fn cause(&self) -> Option<&TaskId> {
        self.path.last()
    }
}

/// The blockers of a task that cannot resolve by themselves: canceled, failed for
/// good, or behind such a task. Oldest edge first; none for a task that is done or
/// at work.
pub fn dead_blockers<S>(store: &S, id: &TaskId) -> Vec<DeadBlocker>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let waits =
        store.get_task(id).is_some_and(|task| matches!(outlook(store, &task), Outlook::Open));
    if !waits {
        return Vec::new();
    }
    store
        .list_dependencies(id)
        .iter()
        .filter_map(|edge| way_to_dead_end(store, &edge.depends_on_task_id))
        .collect()
}

/// The shortest way from a blocker to a dead end, over tasks that nobody works on.
fn way_to_dead_end<S>(store: &S, blocker: &TaskId) -> Option<DeadBlocker>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let mut came_from: BTreeMap<TaskId, Option<TaskId>> = BTreeMap::from([(blocker.clone(), None)]);
    let mut pending = VecDeque::from([blocker.clone()]);
    while let Some(id) = pending.pop_front() {
        let Some(task) = store.get_task(&id) else { continue };
        match outlook(store, &task) {
            Outlook::Completed | Outlook::Moving => {}
            Outlook::DeadEnd(end) => {
                let mut path = vec![id];
                while let Some(Some(nearer)) = path.last().and_then(|last| came_from.get(last)) {
                    path.push(nearer.clone());
                }
                path.reverse();
                return Some(DeadBlocker { path, end });
            }
            Outlook::Open => {
                for edge in store.list_dependencies(&id) {
                    let further = edge.depends_on_task_id.clone();
                    if !came_from.contains_key(&further) {
                        came_from.insert(further.clone(), Some(id.clone()));
                        pending.push_back(further);
                    }
                }
            }
        }
    }
    None
}

/// The dead ends of a board, and everything that waits behind them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadEnds {
    /// The tasks that stand for good and that some task waits for.
    pub causes: BTreeMap<TaskId, DeadEnd>,
    /// The tasks that wait, each with those of its direct blockers that cannot
    /// resolve.
    pub held: BTreeMap<TaskId, Vec<TaskId>>,
}

impl DeadEnds {
    /// The dead ends that a task waits for, directly or through others.
    pub fn causes_of(&self, id: &TaskId) -> BTreeSet<TaskId> {
        let mut causes = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut pending = vec![id];
        while let Some(task) = pending.pop() {
            for blocker in self.held.get(task).into_iter().flatten() {
                if self.causes.contains_key(blocker) {
                    causes.insert(blocker.clone());
                } else if seen.insert(blocker) {
                    pending.push(blocker);
                }
            }
        }
        causes
    }
}

/// The dead ends of the whole board: reads the canceled and the failed tasks and
/// what hangs below them.
pub fn dead_ends<S>(store: &S) -> DeadEnds
where
    S: RecordStore + DependencyStore + RunStore,
{
    let mut found = DeadEnds::default();
    for (status, end) in [(Status::Canceled, DeadEnd::Canceled), (Status::Failed, DeadEnd::Failed)]
    {
        let standing = Query { status: status.into(), ..Query::default() };
        for task in store.list_tasks(&standing) {
            if hold_below(store, &task.id, &mut found.held) {
                found.causes.insert(task.id.clone(), end);
            }
        }
    }
    found
}

/// Writes down everything that waits for a task that stands; whether there is
/// anything.
fn hold_below<S>(store: &S, cause: &TaskId, held: &mut BTreeMap<TaskId, Vec<TaskId>>) -> bool
where
    S: RecordStore + DependencyStore + RunStore,
{
    let mut any = false;
    let mut pending = vec![cause.clone()];
    while let Some(blocker) = pending.pop() {
        for edge in store.list_dependents(&blocker) {
            let waits = store
                .get_task(&edge.task_id)
                .is_some_and(|task| matches!(outlook(store, &task), Outlook::Open));
            if !waits {
                continue;
            }
            any = true;
            let blockers = held.entry(edge.task_id.clone()).or_default();
            if blockers.is_empty() {
                pending.push(edge.task_id.clone());
            }
            blockers.push(blocker.clone());
        }
    }
    any
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;
    use crate::insight::sketch::{Sketch, complete, sketches};
    use crate::manager::testing::World;
    use crate::run::RunStatus;

    /// `a` <- `b` <- `c`, each waiting for the one before.
    fn chain() -> World {
        let mut world = World::new();
        for name in ["a", "b", "c"] {
            world.task(name);
        }
        world.depends("b", "a");
        world.depends("c", "b");
        world
    }

    #[test]
    fn a_canceled_task_holds_everything_behind_it() {
        let mut world = chain();
        assert_eq!(dead_blockers(world.manager.store(), &"c".into()), []);
        assert_eq!(dead_ends(world.manager.store()), DeadEnds::default());
        world.put_run("a", RunStatus::Canceled);
        let dead = dead_blockers(world.manager.store(), &"c".into());
        let path = vec!["b".into(), "a".into()];
        assert_eq!(dead, [DeadBlocker { path, end: DeadEnd::Canceled }]);
        assert_eq!(dead[0].blocker(), Some(&"b".into()));
        assert_eq!(dead[0].cause(), Some(&"a".into()));
        let board = dead_ends(world.manager.store());
        assert_eq!(board.causes_of(&"c".into()), BTreeSet::from(["a".into()]));
        assert_eq!(board.held.len(), 2);
    }

    #[test]
    fn a_failure_with_attempts_left_is_no_dead_end() {
        let mut world = chain();
        world.put_run("a", RunStatus::Failed);
        assert_eq!(dead_blockers(world.manager.store(), &"b".into()), []);
        world.put_run("a", RunStatus::Failed);
        world.put_run("a", RunStatus::Failed);
        let dead = dead_blockers(world.manager.store(), &"b".into());
        assert_eq!(dead[0].end, DeadEnd::Failed);
    }

    #[test]
    fn a_task_at_work_may_still_end() {
        let mut world = chain();
        world.put_run("b", RunStatus::Claimed);
        world.put_run("a", RunStatus::Canceled);
        assert_eq!(dead_blockers(world.manager.store(), &"b".into()), []);
        assert_eq!(dead_blockers(world.manager.store(), &"c".into()), []);
        assert_eq!(dead_ends(world.manager.store()), DeadEnds::default());
    }

    /// The tasks that are left over when everything that can be done is done.
    fn left_over(world: &mut World, sketch: &Sketch) -> BTreeSet<TaskId> {
        let undone = |world: &World, name: &str| {
            let record = world.record(name);
            matches!(outlook(world.manager.store(), &record), Outlook::Open | Outlook::Moving)
        };
        loop {
            let doable = sketch.names().find(|name| {
                let record = world.record(name);
                let store = world.manager.store();
                let blockers = store.list_dependencies(&record.id);
                undone(world, name)
                    && (outlook(store, &record) == Outlook::Moving
                        || blockers.iter().all(|edge| {
                            let blocker = store.get_task(&edge.depends_on_task_id).unwrap();
                            outlook(store, &blocker) == Outlook::Completed
                        }))
            });
            match doable {
                Some(name) => complete(world, &name),
                None => break,
            }
        }
        sketch.names().filter(|name| undone(world, name)).map(TaskId::from).collect()
    }

    proptest! {
        #[test]
        fn held_is_what_is_left_when_all_else_is_done(sketch in sketches()) {
            let mut world = sketch.world();
            let board = dead_ends(world.manager.store());
            for name in sketch.names().map(TaskId::from) {
                let dead = dead_blockers(world.manager.store(), &name);
                let direct: BTreeSet<&TaskId> = dead.iter().flat_map(DeadBlocker::blocker).collect();
                let listed: BTreeSet<&TaskId> = board.held.get(&name).into_iter().flatten().collect();
                prop_assert_eq!(direct, listed);
                for blocker in &dead {
                    let cause = blocker.cause().unwrap();
                    prop_assert_eq!(board.causes.get(cause), Some(&blocker.end));
                    prop_assert!(board.causes_of(&name).contains(cause));
                }
            }
            let held: BTreeSet<TaskId> = board.held.into_keys().collect();
            prop_assert_eq!(held, left_over(&mut world, &sketch));
        }
    }
}
