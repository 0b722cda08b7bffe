//! What has to hold of a board that is made of two, and what follows from it.
//!
//! Two boards that began as one, or that never met, are sound each by itself; put
//! together they may break a rule that spans records. [`check`] finds what neither
//! side had, [`settled`] derives the statuses that follow from the other side's
//! runs and blockers.

mod side;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use thiserror::Error;

pub use side::Side;

use crate::error::ErrorKind;
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::status::derived_status;
use crate::store::{DependencyStore, Record, RecordStore, RunStore};
use crate::task::Task;

/// A rule that holds on both sides of a merge and not on the merged board, with the
/// records that break it together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeConflict {
    /// Tasks would wait for one another for ever.
    #[error("merged, these tasks would wait for one another: {}", path(.0))]
    Cycle(
        /// The loop; its first task is also the last.
        Vec<TaskId>,
    ),
    /// Tasks would be parts of one another.
    #[error("merged, these tasks would be parts of one another: {}", path(.0))]
    ParentCycle(
        /// The loop; its first task is also the last.
        Vec<TaskId>,
    ),
    /// A task would reach beyond a limit of the graph.
    #[error("merged, task {task} would have {count} {}; {} is the most", .limit.noun(), .limit.most())]
    Limit {
        /// The task.
        task: TaskId,
        /// Which limit.
        limit: GraphLimit,
        /// How far it would reach.
        count: usize,
    },
    /// A task of one workspace would lie below a task of another.
    #[error("merged, task {task} would lie outside of the workspace of its parent {parent}")]
    Scope {
        /// The task.
        task: TaskId,
        /// Its parent.
        parent: TaskId,
    },
    /// A task would have two runs that have not ended.
    #[error("merged, task {task} would have two open runs: {} and {}", runs[0], runs[1])]
    OpenRuns {
        /// The task.
        task: TaskId,
        /// The runs.
        runs: [RunId; 2],
    },
    /// A run would be retried twice.
    #[error("merged, run {source_run} would be retried twice: by {} and {}", runs[0], runs[1])]
    Retries {
        /// The run.
        source_run: RunId,
        /// What retries it.
        runs: [RunId; 2],
    },
    /// The work after a review would be continued twice.
    #[error("merged, review {review} would be continued twice: by {} and {}", runs[0], runs[1])]
    Continuations {
        /// The review.
        review: ReviewId,
        /// What continues the work.
        runs: [RunId; 2],
    },
    /// A run would have two reviews in the same round and attempt.
    #[error(
        "merged, run {run} would have two reviews in round {round}, attempt {attempt}: {} and {}",
        reviews[0], reviews[1]
    )]
    Reviews {
        /// The run.
        run: RunId,
        /// The round.
        round: i64,
        /// The attempt within the round.
        attempt: i64,
        /// The reviews.
        reviews: [ReviewId; 2],
    },
    /// A session would be bound to two reviews at once.
    #[error("merged, session {session} would do two reviews: {} and {}", reviews[0], reviews[1])]
    BusyReviewer {
        /// The session.
        session: SessionId,
        /// The reviews.
        reviews: [ReviewId; 2],
    },
    /// A session would hold two leases at the same time.
    #[error("merged, session {session} would work on two runs: {} and {}", runs[0], runs[1])]
    BusySession {
        /// The session.
        session: SessionId,
        /// The runs.
        runs: [RunId; 2],
    },
}

/// A limit of the task graph that records of two boards can break together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphLimit {
    /// [`MAX_DEPENDENCY_COUNT`](crate::task::MAX_DEPENDENCY_COUNT).
    Blockers,
    /// [`MAX_DIRECT_CHILDREN`](crate::task::MAX_DIRECT_CHILDREN).
    Children,
    /// [`MAX_HIERARCHY_DEPTH`](crate::task::MAX_HIERARCHY_DEPTH).
    Depth,
}

impl GraphLimit {
    const ALL: [Self; 3] = [GraphLimit::Blockers, GraphLimit::Children, GraphLimit::Depth];

    /// The greatest count that is within it.
    pub fn most(self) -> usize {
        let most = match self {
            GraphLimit::Blockers => crate::task::MAX_DEPENDENCY_COUNT,
            GraphLimit::Children => crate::task::MAX_DIRECT_CHILDREN,
            GraphLimit::Depth => crate::task::MAX_HIERARCHY_DEPTH,
        };
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    fn noun(self) -> &'static str {
        match self {
            GraphLimit::Blockers => "blockers",
            GraphLimit::Children => "children",
            GraphLimit::Depth => "levels",
        }
    }
}

impl MergeConflict {
    /// The kind of refusal that an operation gives where it would break the rule.
    pub fn kind(&self) -> ErrorKind {
        match self {
            MergeConflict::Cycle(_) | MergeConflict::ParentCycle(_) => ErrorKind::CycleDetected,
            MergeConflict::Limit { .. } => ErrorKind::GraphLimitExceeded,
            MergeConflict::Scope { .. } => ErrorKind::InvalidScopeBinding,
            MergeConflict::BusySession { .. } => ErrorKind::ActiveRunLease,
            MergeConflict::OpenRuns { .. }
            | MergeConflict::Retries { .. }
            | MergeConflict::Continuations { .. }
            | MergeConflict::Reviews { .. }
            | MergeConflict::BusyReviewer { .. } => ErrorKind::Conflict,
        }
    }

    /// The tasks that show why, in their order.
    pub fn tasks(&self) -> Vec<TaskId> {
        match self {
            MergeConflict::Cycle(tasks) | MergeConflict::ParentCycle(tasks) => tasks.clone(),
            MergeConflict::Limit { task, .. } | MergeConflict::OpenRuns { task, .. } => {
                vec![task.clone()]
            }
            MergeConflict::Scope { task, parent } => vec![task.clone(), parent.clone()],
            MergeConflict::Retries { .. }
            | MergeConflict::Continuations { .. }
            | MergeConflict::Reviews { .. }
            | MergeConflict::BusyReviewer { .. }
            | MergeConflict::BusySession { .. } => Vec::new(),
        }
    }
}

fn path(tasks: &[TaskId]) -> String {
    let names: Vec<&str> = tasks.iter().map(TaskId::as_str).collect();
    names.join(" -> ")
}

/// Checks the rules that span records on a board that was merged of two. What one
/// side breaks already does not count: it is no worse than before.
///
/// # Errors
///
/// The first rule that neither side breaks alone.
pub fn check(sides: [&Side; 2], merged: &Side) -> Result<(), MergeConflict> {
    merged.check_loops(sides)?;
    merged.check_limits(sides)?;
    merged.check_scopes(sides)?;
    merged.check_uniqueness(sides)?;
    merged.check_leases(sides)
}

/// The tasks whose status may follow from these records: their own tasks, and what
/// waits for those. Of a record that changed, pass it as it was and as it is.
pub fn affected<'a>(
    store: &impl DependencyStore,
    changed: impl IntoIterator<Item = &'a Record>,
) -> BTreeSet<TaskId> {
    let mut affected = BTreeSet::new();
    for record in changed {
        let task = match record {
            Record::Dependency(edge) => {
                affected.insert(edge.task_id.clone());
                continue;
            }
            Record::Task(task) => &task.id,
            Record::Run(run) => &run.task_id,
            _ => continue,
        };
        if affected.insert(task.clone()) {
            let waiting = store.list_dependents(task);
            affected.extend(waiting.iter().map(|edge| edge.task_id.clone()));
        }
    }
    affected
}

/// A task with the status that follows from a store, which may hold the record
/// itself in another status. A task that ends by this ended when its latest run did;
/// no other time changes, so the same merge gives the same task on every board.
pub fn settled<S>(store: &S, task: &Task) -> Task
where
    S: RecordStore + DependencyStore + RunStore,
{
    let status = derived_status(store, task);
    if status == task.status {
        return task.clone();
    }
    let runs = store.list_runs_of_task(&task.id);
    let ended = || runs.iter().filter_map(|run| run.ended_at).max();
    let closed_at =
        status.is_terminal().then(|| task.closed_at.or_else(ended).unwrap_or(task.updated_at));
    Task { status, closed_at, ..task.clone() }
}
