//! The canonical status of a task: a pure function of what is stored, never
//! edited by hand.
//!
//! Whether a task counts as *completed* depends on its own record and runs
//! alone, not on its blockers. So one look at each direct blocker decides
//! whether a task is blocked, however deep the graph is.

use crate::run::{Run, RunStatus};
use crate::store::{DependencyStore, RecordStore, RunStore};
use crate::task::{Status, Task};

/// What the runs of a task say about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// A run is starting or running.
    pub working: bool,
    /// A run is queued or claimed.
    pub waiting: bool,
    /// The status of the terminal run with the greatest (attempt, queued_at, id).
    pub latest_terminal: Option<RunStatus>,
    /// The highest attempt number of any run, 0 without runs.
    pub highest_attempt: u32,
}

impl RunFacts {
    /// The facts of a task's runs, given in any order.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Self {
        let mut facts = Self::default();
        let mut latest: Option<&Run> = None;
        for run in runs {
            facts.highest_attempt = facts.highest_attempt.max(run.attempt);
            match run.status {
                RunStatus::Starting | RunStatus::Running => facts.working = true,
                RunStatus::Queued | RunStatus::Claimed => facts.waiting = true,
                RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => {
                    let rank = |run: &'a Run| (run.attempt, run.queued_at, &run.id);
                    if latest.is_none_or(|best| rank(run) > rank(best)) {
                        latest = Some(run);
                    }
                }
            }
        }
        facts.latest_terminal = latest.map(|run| run.status);
        facts
    }

    /// Whether no further attempt fits into the task's budget.
    pub fn exhausted(&self, max_attempts: u32) -> bool {
        self.highest_attempt + 1 > max_attempts
    }
}

/// Whether something outside the task's runs holds it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// An unresolved blocker or an undecided approval.
    Blocked,
    /// Nothing.
    Free,
}

/// Whether the approval of a task holds it back.
pub fn approval_blocks(task: &Task) -> bool {
    task.approval_policy.blocks(task.approval_state)
}

/// The canonical status; the first rule that fits decides.
pub fn canonical_status(task: &Task, hold: Hold, runs: &RunFacts) -> Status {
    let open = match hold {
        Hold::Blocked => Status::Blocked,
        Hold::Free => Status::Ready,
    };
    if matches!(task.status, Status::Canceled | Status::Draft) {
        return task.status;
    }
    if runs.working {
        return Status::InProgress;
    }
    if runs.waiting {
        return open;
    }
    match runs.latest_terminal {
        Some(RunStatus::Completed) => Status::Completed,
        Some(RunStatus::Failed) if runs.exhausted(task.max_attempts) => Status::Failed,
        Some(RunStatus::Failed) => open,
        Some(RunStatus::Canceled) => Status::Canceled,
        _ if matches!(task.status, Status::Completed | Status::Failed) => task.status,
        _ => open,
    }
}

/// The runs of a task, summed up.
pub fn run_facts(store: &impl RunStore, task: &Task) -> RunFacts {
    RunFacts::of(store.list_runs_of_task(&task.id).iter().map(AsRef::as_ref))
}

/// Whether a task is completed, as its dependents see it.
pub fn is_completed(store: &impl RunStore, task: &Task) -> bool {
    canonical_status(task, Hold::Free, &run_facts(store, task)) == Status::Completed
}

/// Whether some blocker of the task is not completed.
pub fn has_unresolved_blocker<S>(store: &S, task: &Task) -> bool
where
    S: RecordStore + DependencyStore + RunStore,
{
    store.list_dependencies(&task.id).iter().any(|edge| {
        store
            .get_task(&edge.depends_on_task_id)
            .is_none_or(|blocker| !is_completed(store, &blocker))
    })
}

/// What holds a task back at present.
pub fn hold_of<S>(store: &S, task: &Task) -> Hold
where
    S: RecordStore + DependencyStore + RunStore,
{
    if approval_blocks(task) || has_unresolved_blocker(store, task) {
        Hold::Blocked
    } else {
        Hold::Free
    }
}

/// The canonical status of a task, derived from the store.
pub fn derived_status<S>(store: &S, task: &Task) -> Status
where
    S: RecordStore + DependencyStore + RunStore,
{
    canonical_status(task, hold_of(store, task), &run_facts(store, task))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;
    use crate::enumeration::Enumeration;

    const BUDGET: u32 = 2;

    fn task(status: Status) -> Task {
        serde_json::from_value(json!({
            "id": "task-1", "scope": "global", "title": "Design", "status": status,
            "max_attempts": BUDGET,
            "created_by": {"kind": "human", "ref": "ada"},
            "origin": {"kind": "cli", "ref": "terminal"},
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn run(attempt: u32, status: RunStatus) -> Run {
        serde_json::from_value(json!({
            "id": format!("run-{attempt}"), "task_id": "task-1", "status": status,
            "attempt": attempt, "origin": {"kind": "cli", "ref": "terminal"},
            "queued_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn derived(stored: Status, hold: Hold, runs: &[RunStatus]) -> Status {
        let runs: Vec<Run> =
            (1..).zip(runs).map(|(attempt, status)| run(attempt, *status)).collect();
        canonical_status(&task(stored), hold, &RunFacts::of(&runs))
    }

    const HOLDS: [Hold; 2] = [Hold::Blocked, Hold::Free];

    fn open(hold: Hold) -> Status {
        match hold {
            Hold::Blocked => Status::Blocked,
            Hold::Free => Status::Ready,
        }
    }

    #[test]
    fn canceled_and_draft_stay_whatever_the_runs_say() {
        for hold in HOLDS {
            for run in RunStatus::ALL {
                assert_eq!(derived(Status::Canceled, hold, &[*run]), Status::Canceled);
                assert_eq!(derived(Status::Draft, hold, &[*run]), Status::Draft);
            }
        }
    }

    #[test]
    fn every_run_status_alone_gives_its_task_status() {
        for hold in HOLDS {
            for run in RunStatus::ALL {
                let expected = match run {
                    RunStatus::Starting | RunStatus::Running => Status::InProgress,
                    RunStatus::Queued | RunStatus::Claimed | RunStatus::Failed => open(hold),
                    RunStatus::Completed => Status::Completed,
                    RunStatus::Canceled => Status::Canceled,
                };
                assert_eq!(derived(Status::Ready, hold, &[*run]), expected, "{run} {hold:?}");
            }
        }
    }

    #[test]
    fn a_waiting_run_counts_more_than_an_older_completed_one() {
        let runs = [RunStatus::Completed, RunStatus::Queued];
        assert_eq!(derived(Status::Completed, Hold::Free, &runs), Status::Ready);
        assert_eq!(derived(Status::Completed, Hold::Blocked, &runs), Status::Blocked);
    }

    #[test]
    fn a_working_run_counts_more_than_a_waiting_one() {
        let runs = [RunStatus::Running, RunStatus::Queued];
        assert_eq!(derived(Status::Ready, Hold::Blocked, &runs), Status::InProgress);
    }

    #[test]
    fn the_last_failure_of_the_budget_fails_the_task() {
        let runs = [RunStatus::Failed, RunStatus::Failed];
        assert_eq!(derived(Status::Ready, Hold::Free, &runs), Status::Failed);
        assert_eq!(derived(Status::Ready, Hold::Blocked, &runs), Status::Failed);
    }

    #[test]
    fn canceled_attempts_use_the_budget_up_too() {
        let runs = [RunStatus::Canceled, RunStatus::Failed];
        assert_eq!(derived(Status::Ready, Hold::Free, &runs), Status::Failed);
    }

    #[test]
    fn of_several_ended_runs_the_greatest_attempt_decides() {
        let runs = [RunStatus::Failed, RunStatus::Completed];
        assert_eq!(derived(Status::Ready, Hold::Free, &runs), Status::Completed);
        let reversed = [run(2, RunStatus::Completed), run(1, RunStatus::Failed)];
        assert_eq!(RunFacts::of(&reversed).latest_terminal, Some(RunStatus::Completed));
    }

    #[test]
    fn without_runs_only_an_ending_is_kept() {
        for hold in HOLDS {
            for stored in Status::ALL {
                let expected = match stored {
                    Status::Draft | Status::Completed | Status::Failed | Status::Canceled => {
                        *stored
                    }
                    Status::Pending | Status::Blocked | Status::Ready | Status::InProgress => {
                        open(hold)
                    }
                };
                assert_eq!(derived(*stored, hold, &[]), expected, "{stored} {hold:?}");
            }
        }
    }
}
