//! What a task can be expected to do, seen by those who wait for it.

use crate::status::{Hold, RunFacts, canonical_status};
use crate::store::RunStore;
use crate::task::{Status, Task};

/// What is to be expected of a task, its blockers aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It is completed; nobody waits for it any more.
    Completed,
    /// Somebody holds a run of it, so that it may end whatever it waits for.
    Moving,
    /// It is not done, and nobody is at it.
    Open,
    /// Without a decision by somebody it will never be completed.
    DeadEnd(DeadEnd),
}

/// Why a task will not be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadEnd {
    /// It is canceled, which is final.
    Canceled,
    /// It failed, and no attempt is left.
    Failed,
}

/// What is to be expected of a task.
pub fn outlook(store: &impl RunStore, task: &Task) -> Outlook {
    let runs = store.list_runs_of_task(&task.id);
    let facts = RunFacts::of(runs.iter().map(AsRef::as_ref));
    match canonical_status(task, Hold::Free, &facts) {
        Status::Completed => Outlook::Completed,
        Status::Canceled => Outlook::DeadEnd(DeadEnd::Canceled),
        Status::Failed => Outlook::DeadEnd(DeadEnd::Failed),
        _ if runs.iter().any(|run| run.status.is_active()) => Outlook::Moving,
        Status::Draft | Status::Pending | Status::Blocked | Status::Ready | Status::InProgress => {
            Outlook::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enumeration::Enumeration;
    use crate::manager::testing::World;
    use crate::run::RunStatus;

    #[test]
    fn every_run_status_has_its_outlook() {
        for status in RunStatus::ALL.iter().copied() {
            let mut world = World::new();
            world.task("a");
            world.put_run("a", status);
            let expected = match status {
                RunStatus::Queued | RunStatus::Failed => Outlook::Open,
                RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => Outlook::Moving,
                RunStatus::Completed => Outlook::Completed,
                RunStatus::Canceled => Outlook::DeadEnd(DeadEnd::Canceled),
            };
            assert_eq!(outlook(world.manager.store(), &world.record("a")), expected, "{status}");
        }
    }

    #[test]
    fn only_the_last_attempt_makes_a_failure_final() {
        let mut world = World::new();
        world.task_of_attempts("a", 2);
        world.put_run("a", RunStatus::Failed);
        assert_eq!(outlook(world.manager.store(), &world.record("a")), Outlook::Open);
        world.put_run("a", RunStatus::Failed);
        let failed = Outlook::DeadEnd(DeadEnd::Failed);
        assert_eq!(outlook(world.manager.store(), &world.record("a")), failed);
    }
}
