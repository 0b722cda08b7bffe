//! The tasks that may need attention, from the indexes of the store.

use std::collections::BTreeSet;

use super::Viewer;
use crate::actor::OwnerKind;
use crate::enumeration::Enumeration;
use crate::id::TaskId;
use crate::insight::DeadEnds;
use crate::query::{Query, RunReviewQuery};
use crate::review::RunReviewStatus;
use crate::run::RunStatus;
use crate::store::{RecordStore, RunReviewStore, RunStore, SnoozeStore, TriageStore};
use crate::task::Status;

/// The runs that can put a task into the queue: those that are held, that wait, or
/// that failed.
const TELLING: [RunStatus; 5] = [
    RunStatus::Queued,
    RunStatus::Claimed,
    RunStatus::Starting,
    RunStatus::Running,
    RunStatus::Failed,
];

/// Every task that may have a row, and few others.
pub(super) fn of<S>(store: &S, viewer: &Viewer<'_>, dead: &DeadEnds) -> BTreeSet<TaskId>
where
    S: RecordStore + RunStore + RunReviewStore + TriageStore + SnoozeStore,
{
    let mut found: BTreeSet<TaskId> = dead.held.keys().cloned().collect();
    for status in [Status::Blocked, Status::Failed] {
        let query = Query { status: status.into(), ..Query::default() };
        found.extend(store.list_tasks(&query).iter().map(|task| task.id.clone()));
    }
    for status in RunReviewStatus::ALL.iter().filter(|status| **status != RunReviewStatus::Canceled)
    {
        let query = RunReviewQuery { status: (*status).into(), ..RunReviewQuery::default() };
        found.extend(store.list_reviews(&query).iter().map(|review| review.task_id.clone()));
    }
    let runs = store.list_runs_by_status(&TELLING);
    found.extend(runs.iter().map(|run| run.task_id.clone()));
    let own = Query {
        owner_kind: owner_kind(viewer).map(Into::into).unwrap_or_default(),
        owner_ref: viewer.identity.reference.trim().to_owned(),
        ..Query::default()
    };
    if !own.owner_kind.is_blank() {
        found.extend(store.list_tasks(&own).iter().map(|task| task.id.clone()));
    }
    let triaged = store.list_triage_of_actor(viewer.identity);
    found.extend(triaged.iter().map(|state| state.task_id.clone()));
    let snoozed = store.list_snoozes_of_actor(viewer.identity);
    found.extend(snoozed.iter().map(|snooze| snooze.task_id.clone()));
    found
}

/// The kind under which the identity can own tasks; a daemon owns none.
pub(super) fn owner_kind(viewer: &Viewer<'_>) -> Option<OwnerKind> {
    OwnerKind::parse(viewer.identity.kind.as_str())
}
