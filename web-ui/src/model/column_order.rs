//! In which order a column shows its cards. A key is computed once per change of
//! a task, so that a column is kept sorted by insertion.

use taskloom_domain::availability::Situation;
use taskloom_domain::stage::Stage;

/// The place of a card within its column: smaller comes first, then the id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey(i64, i64);

impl OrderKey {
    /// The key of a task that would free so many others.
    pub fn of(situation: &Situation, stage: Stage, frees: usize) -> Self {
        let task = &situation.task;
        let created = task.created_at.as_nanos();
        let closed = task.closed_at.unwrap_or(task.updated_at).as_nanos();
        match stage {
            // The order in which runs are handed out.
            Stage::Ready | Stage::Queued => {
                let queued = situation.open_run().map(|run| run.queued_at.as_nanos());
                Self(-task.priority.rank(), queued.unwrap_or(created))
            }
            // The lease that ends first; claims that never end last.
            Stage::InProgress => {
                let run = situation.active_run();
                let lease = run.and_then(|run| run.lease_until);
                let claimed = run.and_then(|run| run.claimed_at);
                Self(
                    lease.map_or(i64::MAX, |until| until.as_nanos()),
                    claimed.map_or(created, |at| at.as_nanos()),
                )
            }
            Stage::Blocked => Self(-(frees as i64), -task.priority.rank()),
            Stage::Done | Stage::Failed | Stage::Canceled => Self(-closed, 0),
            Stage::Draft | Stage::InReview => Self(-task.updated_at.as_nanos(), 0),
        }
    }
}
