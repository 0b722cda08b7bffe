//! What changed between two points.

use crate::availability::Situation;
use crate::id::TaskId;
use crate::query::Query;
use crate::stage::Stage;
use crate::store::{DependencyStore, RecordStore, RunReviewStore, RunStore};

/// A task that stands elsewhere than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The task.
    pub task: TaskId,
    /// Where it stood; `None` where it was not there yet.
    pub before: Option<Stage>,
    /// Where it stands; `None` where it is not there any more.
    pub after: Option<Stage>,
}

/// Every task that was created, moved or deleted between two boards, by id: two
/// points of a replay, or one and today. Compares the whole boards.
pub fn differences<S, T>(before: &S, after: &T) -> Vec<Difference>
where
    S: RecordStore + DependencyStore + RunStore + RunReviewStore,
    T: RecordStore + DependencyStore + RunStore + RunReviewStore,
{
    let all = Query::default();
    let tasks = before.list_tasks(&all).into_iter().chain(after.list_tasks(&all));
    let mut ids: Vec<TaskId> = tasks.map(|task| task.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let difference = |task: TaskId| Difference {
        before: stage_of(before, &task),
        after: stage_of(after, &task),
        task,
    };
    ids.into_iter().map(difference).filter(|found| found.before != found.after).collect()
}

fn stage_of<S>(store: &S, task: &TaskId) -> Option<Stage>
where
    S: RecordStore + DependencyStore + RunStore + RunReviewStore,
{
    Situation::of(store, task).map(|situation| situation.stage())
}
