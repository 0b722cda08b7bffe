//! Everything on a board that needs one identity: a queue in lanes, each task
//! once, with the reason and a proposed step.
//!
//! Read from indexes: the tasks that are blocked or failed, the open reviews, the
//! active runs, the identity's own tasks and records. Nothing scans the board.

mod candidates;
mod judge;
mod recovery;
mod sight;

use std::cmp::Reverse;
use std::sync::Arc;

pub use sight::Sight;

use crate::actor::ActorIdentity;
use crate::enumeration::enumeration;
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::insight::{DeadBlocker, dead_ends};
use crate::session::SessionInfo;
use crate::snooze::SnoozeUntil;
use crate::step::Step;
use crate::store::{
    DependencyStore, RecordStore, RunReviewStore, RunStore, SnoozeStore, TriageStore,
};
use crate::task::Task;
use crate::time::Timestamp;

enumeration! {
    /// Where in the queue a task stands. A task is in the first lane that fits; an
    /// archived or snoozed one in no other.
    pub enum Lane: listed {
        /// Tasks that wait for an approval.
        Approvals = "approvals",
        /// Work that waits for a verdict of this identity.
        Reviews = "reviews",
        /// Work that stands still and will not go on by itself.
        Recovery = "recovery",
        /// Tasks whose latest run failed.
        Failed = "failed",
        /// Tasks that wait for others.
        Blocked = "blocked",
        /// Unfinished tasks that are this identity's own.
        MyWork = "my_work",
        /// Tasks that this identity put away.
        Archived = "archived",
        /// Tasks that this identity does not want to see yet.
        Snoozed = "snoozed",
    }
}

/// Why a task is in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Nobody decided on its approval.
    AwaitsApproval,
    /// A review of its work is open.
    AwaitsVerdict {
        /// The review.
        review: ReviewId,
        /// Until when an answer was wanted, if that has passed.
        overdue_since: Option<Timestamp>,
    },
    /// A claimed run gives no sign of life.
    Stuck {
        /// The run.
        run: RunId,
    },
    /// The lease of a claimed run has ended.
    StaleLease {
        /// The run.
        run: RunId,
    },
    /// A run is held by a session that has ended.
    Orphaned {
        /// The run.
        run: RunId,
        /// The session.
        session: SessionId,
    },
    /// A run is queued for long, and no session is there for it.
    Stranded {
        /// The run.
        run: RunId,
    },
    /// It waits for something that will never be completed.
    DeadBlocked {
        /// What it waits for, and why in vain.
        blockers: Vec<DeadBlocker>,
    },
    /// Its reviews are halted until somebody decides.
    ReviewsHalted {
        /// What the verdict said that halted them.
        reason: String,
    },
    /// Its latest run failed.
    LatestRunFailed {
        /// The run.
        run: RunId,
        /// Its error.
        error: String,
    },
    /// It waits for other tasks.
    WaitsFor {
        /// Those that are not completed.
        blockers: Vec<TaskId>,
    },
    /// Its approval was refused.
    ApprovalRejected,
    /// This identity holds a run of it.
    HoldsRun {
        /// The run.
        run: RunId,
    },
    /// It belongs to this identity.
    Owned,
    /// It was put away.
    Archived,
    /// It is snoozed.
    Snoozed {
        /// Until when.
        until: SnoozeUntil,
    },
}

/// A task that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The task.
    pub task: Arc<Task>,
    /// Its lane.
    pub lane: Lane,
    /// Why it is here.
    pub why: Why,
    /// Since when.
    pub since: Timestamp,
    /// When something last happened to it.
    pub last_activity_at: Timestamp,
    /// What this identity has seen of it.
    pub sight: Sight,
    /// What could be done.
    pub step: Option<Step>,
}

/// Whose queue it is, and what is known around the board.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    /// The identity.
    pub identity: &'a ActorIdentity,
    /// The present instant.
    pub now: Timestamp,
    /// The sessions that are known; `None` where nobody keeps a catalogue. Without
    /// one, no run counts as stranded or orphaned.
    pub sessions: Option<&'a [SessionInfo]>,
}

/// The queue of an identity: lane by lane, each with unread tasks first, then by
/// latest activity, priority and id. Dismissed tasks are left out until something
/// happens to them.
pub fn attention<S>(store: &S, viewer: &Viewer<'_>) -> Vec<Row>
where
    S: RecordStore + DependencyStore + RunStore + RunReviewStore + TriageStore + SnoozeStore,
{
    let dead = dead_ends(store);
    let mut rows: Vec<Row> = candidates::of(store, viewer, &dead)
        .iter()
        .filter_map(|id| judge::row(store, id, viewer, |id| dead.held.contains_key(id)))
        .collect();
    rows.sort_by(|one, other| {
        let rank = |row: &Row| {
            let unread_first = row.sight.is_read();
            let urgency = Reverse(row.task.priority.rank());
            (row.lane, unread_first, Reverse(row.last_activity_at), urgency)
        };
        rank(one).cmp(&rank(other)).then_with(|| one.task.id.cmp(&other.task.id))
    });
    rows
}

/// The row of one task; `None` where it needs no attention of this identity, or is
/// unknown.
pub fn attention_to<S>(store: &S, id: &TaskId, viewer: &Viewer<'_>) -> Option<Row>
where
    S: RecordStore + DependencyStore + RunStore + RunReviewStore + TriageStore + SnoozeStore,
{
    // The caller asks about one task, so the walk over its blockers is worth it.
    judge::row(store, id, viewer, |_| true)
}

#[cfg(test)]
mod tests;
