//! The canonical status of a task: a pure function of what is stored, never
//! edited by hand.
//!
//! Whether a task counts as *completed* depends on its own record and runs
//! alone, not on its blockers. So one look at each direct blocker decides
//! whether a task is blocked, however deep the graph is.

use crate::run::{Run, RunStatus};
use crate::store::{DependencyStore, RecordStore, RunStore};
use crate::task::{ApprovalPolicy, ApprovalState, Status, Task};

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
                    let rank = |run: &Run| (run.attempt, run.queued_at, run.id.clone());
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
    task.approval_policy == ApprovalPolicy::Manual && task.approval_state != ApprovalState::Approved
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
