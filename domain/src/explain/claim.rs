//! Why a claimer gets a run, or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eligibility::{ClaimBarrier, claim_barriers};
use crate::id::RunId;
use crate::lease::ClaimCriteria;
use crate::run::Run;
use crate::store::{ExecutionProfileStore, RecordStore, RunStore, SchedulerStore, WithPaused};

/// What a claim would come to, as far as one run is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimExplanation {
    /// What stands between the claimer and the run, in the order of the checks.
    pub barriers: Vec<ClaimBarrier>,
    /// The run whose lease the claimer holds; it gets no other one meanwhile.
    pub busy_with: Option<RunId>,
    /// The run that a claim would bring instead.
    pub taken_first: Option<RunId>,
}

impl ClaimExplanation {
    /// Whether a claim would bring this very run.
    pub fn is_next(&self) -> bool {
        self.barriers.is_empty() && self.busy_with.is_none() && self.taken_first.is_none()
    }
}

/// Why a claimer would get a run, or would not; `None` for an unknown run.
/// `criteria` are normalized.
pub fn explain_claim<S>(
    store: &S,
    criteria: &ClaimCriteria,
    run: &RunId,
) -> Option<ClaimExplanation>
where
    S: RunStore + RecordStore + ExecutionProfileStore + SchedulerStore,
{
    let barriers = claim_barriers(store, run, criteria)?;
    let paused = store.get_scheduler().paused;
    let first = if paused { None } else { store.select_claimable(criteria) };
    Some(ClaimExplanation {
        barriers,
        busy_with: busy_with(store, criteria),
        taken_first: first.map(|first| first.id.clone()).filter(|first| first != run),
    })
}

/// Why a claim brings what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimSurvey {
    /// The run whose lease the claimer holds; it gets no other one meanwhile.
    pub busy_with: Option<RunId>,
    /// Whether the scheduler hands out nothing.
    pub scheduler_paused: bool,
    /// The run that would be handed out, the two obstacles above aside.
    pub next: Option<RunId>,
    /// The queued runs that fell out, by the code of their first barrier, each
    /// list in backlog order.
    pub fell_out: BTreeMap<&'static str, Vec<RunId>>,
}

/// Why a claim brings what it brings: by filter, which of the queued runs fell
/// out. Looks at the whole queue. `criteria` are normalized.
pub fn survey_claims<S>(store: &S, criteria: &ClaimCriteria) -> ClaimSurvey
where
    S: RunStore + RecordStore + ExecutionProfileStore + SchedulerStore,
{
    let mut fell_out: BTreeMap<&'static str, Vec<RunId>> = BTreeMap::new();
    for run in store.list_backlog(None, WithPaused::Yes) {
        let barriers = claim_barriers(store, &run.id, criteria).unwrap_or_default();
        let own = |barrier: &&ClaimBarrier| **barrier != ClaimBarrier::SchedulerPaused;
        if let Some(first) = barriers.iter().find(own) {
            fell_out.entry(first.code()).or_default().push(run.id.clone());
        }
    }
    ClaimSurvey {
        busy_with: busy_with(store, criteria),
        scheduler_paused: store.get_scheduler().paused,
        next: store.select_claimable(criteria).map(|run| run.id.clone()),
        fell_out,
    }
}

/// The run whose lease keeps the claimer from another one.
fn busy_with(store: &impl RunStore, criteria: &ClaimCriteria) -> Option<RunId> {
    let holds = |run: &&Arc<Run>| match (run.lease_until, criteria.now) {
        (Some(until), Some(now)) => until > now,
        _ => true,
    };
    let runs = store.list_active_runs_of_session(&criteria.claimer_session_id);
    runs.iter().find(holds).map(|run| run.id.clone())
}
