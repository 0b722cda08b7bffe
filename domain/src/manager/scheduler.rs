//! The scheduler's switch, and the queue behind it. A paused scheduler hands out
//! no runs; whatever is claimed goes on.

use crate::actor::{ActorContext, ActorIdentity};
use crate::error::Result;
use crate::event::{EventType, SchedulerChanged};
use crate::run::{Run, RunStatus};
use crate::scheduler::{
    SchedulerBacklog, SchedulerBacklogQuery, SchedulerBacklogRun, SchedulerDrainRequest,
    SchedulerDrainResult, SchedulerPauseRequest, SchedulerPauseState, SchedulerResumeRequest,
    SchedulerStatus,
};
use crate::store::{Store, WithPaused};
use crate::task::Task;
use crate::time::{Duration, Timestamp};

use super::Manager;

/// The longest time between two looks of a drain.
const DRAIN_POLL: Duration = Duration::from_millis(500);

/// What happened to the scheduler. These events belong to no task and are not a
/// part of the audit log: the host takes them from [`Manager::take_scheduler_events`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerEvent {
    /// What happened.
    pub event_type: EventType,
    /// The same for people.
    pub text: String,
    /// The facts.
    pub content: SchedulerChanged,
    /// Who acted.
    pub actor: ActorIdentity,
    /// When.
    pub timestamp: Timestamp,
}

/// A drain that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    reason: String,
    started_at: Timestamp,
    timeout: Duration,
}

/// What a look at a drain shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrainLook {
    /// Runs are still active: look again after this time.
    Wait(Duration),
    /// No run is active any more, or the time is over.
    Over(SchedulerStatus),
}

impl<S: Store> Manager<S> {
    /// The switch, with counts of what stands behind it.
    ///
    /// # Errors
    ///
    /// `permission_denied`.
    pub fn scheduler_status(&self, actor: &ActorContext) -> Result<SchedulerStatus> {
        actor.authorize_read()?;
        Ok(self.present_status())
    }

    /// Stops handing out runs by criteria. Everything else goes on: claims of
    /// certain runs, leases, recovery, enqueueing. Pausing again writes anew who,
    /// when and why.
    ///
    /// # Errors
    ///
    /// `permission_denied`.
    pub fn pause_scheduler(
        &mut self,
        request: SchedulerPauseRequest,
        actor: &ActorContext,
    ) -> Result<SchedulerStatus> {
        actor.authorize_write()?;
        let reason = request.normalize().reason;
        let previous_paused = self.store.get_scheduler().paused;
        self.pause_for(&reason, actor)?;
        let status = self.present_status();
        let content = SchedulerChanged {
            reason,
            previous_paused,
            active_claims: count(status.active_claim_count),
            ..changed(actor)
        };
        self.tell(EventType::SCHEDULER_PAUSED, "scheduler paused", content, actor);
        Ok(status)
    }

    /// Hands out runs again. Succeeds, too, where they are handed out already.
    ///
    /// # Errors
    ///
    /// `permission_denied`.
    pub fn resume_scheduler(
        &mut self,
        _request: SchedulerResumeRequest,
        actor: &ActorContext,
    ) -> Result<SchedulerStatus> {
        actor.authorize_write()?;
        let previous_paused = self.store.get_scheduler().paused;
        let updated_at = Some(self.now());
        self.transact(|manager| {
            let state = SchedulerPauseState { updated_at, ..SchedulerPauseState::default() };
            manager.store.put_scheduler(state);
            Ok(())
        })?;
        let status = self.present_status();
        let content = SchedulerChanged {
            previous_paused,
            paused: false,
            active_claims: count(status.active_claim_count),
            ..changed(actor)
        };
        self.tell(EventType::SCHEDULER_RESUMED, "scheduler resumed", content, actor);
        Ok(status)
    }

    /// Pauses the scheduler and looks until no run is active or the time is over;
    /// without a timeout it looks once. `wait` lets the given time pass on the
    /// manager's clock, and may meanwhile work on the board.
    ///
    /// The scheduler stays paused in every case, and nothing is stopped: runs that
    /// were claimed without a lease may keep the drain from completing.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a negative timeout.
    pub fn drain_scheduler(
        &mut self,
        request: SchedulerDrainRequest,
        actor: &ActorContext,
        mut wait: impl FnMut(&mut Self, Duration),
    ) -> Result<SchedulerDrainResult> {
        let drain = self.begin_drain(request, actor)?;
        let mut waited = Duration::ZERO;
        let status = loop {
            match self.poll_drain(&drain) {
                DrainLook::Over(status) => break status,
                // A clock that stands still must not keep the drain for ever.
                DrainLook::Wait(_) if waited > drain.timeout => break self.present_status(),
                DrainLook::Wait(time) => {
                    wait(self, time);
                    waited = Duration::from_nanos(waited.as_nanos() + time.as_nanos());
                }
            }
        };
        Ok(self.finish_drain(drain, status, actor))
    }

    /// The first step of a drain: pauses the scheduler.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a negative timeout.
    pub fn begin_drain(
        &mut self,
        request: SchedulerDrainRequest,
        actor: &ActorContext,
    ) -> Result<Drain> {
        actor.authorize_write()?;
        let SchedulerDrainRequest { reason, timeout } = request.normalize()?;
        let started_at = self.now();
        self.pause_for(&reason, actor)?;
        let content = SchedulerChanged {
            reason: reason.clone(),
            started_at: Some(started_at),
            ..changed(actor)
        };
        self.tell(EventType::SCHEDULER_DRAIN_STARTED, "scheduler drain started", content, actor);
        Ok(Drain { reason, started_at, timeout })
    }

    /// A look at a drain: whether it is over, or how long to wait for the next.
    pub fn poll_drain(&self, drain: &Drain) -> DrainLook {
        let status = self.present_status();
        let left = (drain.started_at + drain.timeout).since(status.as_of);
        if status.active_claim_count == 0 || left <= Duration::ZERO {
            return DrainLook::Over(status);
        }
        DrainLook::Wait(left.min(DRAIN_POLL))
    }

    /// The last step of a drain, with the status of its last look. Everything that
    /// was to be checked was checked when it began.
    pub fn finish_drain(
        &mut self,
        drain: Drain,
        status: SchedulerStatus,
        actor: &ActorContext,
    ) -> SchedulerDrainResult {
        let remaining_claims = status.active_claim_count;
        let completed = remaining_claims == 0;
        let completed_at = self.now();
        let text = if completed {
            "scheduler drain completed".to_owned()
        } else {
            format!("scheduler drain timed out with {remaining_claims} active claims")
        };
        let content = SchedulerChanged {
            reason: drain.reason,
            paused: status.paused,
            remaining_claims: count(remaining_claims),
            timed_out: !completed,
            started_at: Some(drain.started_at),
            completed_at: Some(completed_at),
            ..changed(actor)
        };
        self.tell(EventType::SCHEDULER_DRAIN_COMPLETED, &text, content, actor);
        SchedulerDrainResult {
            status,
            completed,
            timed_out: !completed,
            remaining_claims,
            started_at: drain.started_at,
            completed_at,
        }
    }

    /// The queue in the order in which runs are handed out, as far as preferred
    /// capabilities do not change it. It shows what is queued, also where nobody
    /// could claim it.
    ///
    /// # Errors
    ///
    /// `permission_denied`.
    pub fn scheduler_backlog(
        &self,
        query: SchedulerBacklogQuery,
        actor: &ActorContext,
    ) -> Result<SchedulerBacklog> {
        actor.authorize_read()?;
        let query = query.normalize();
        let paused = if query.include_paused { WithPaused::Yes } else { WithPaused::No };
        let queued = self.store.list_backlog(query.workspace_id.as_ref(), paused);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let row = |run: &Run| {
            let task = self.require_task(&run.task_id)?;
            let paused_by_task_id = self.store.paused_by(&task.id);
            Ok(SchedulerBacklogRun {
                task: Task::clone(&task),
                run: run.clone(),
                effective_paused: paused_by_task_id.is_some(),
                paused_by_task_id,
            })
        };
        let runs = queued.iter().take(limit).map(|run| row(run)).collect::<Result<_>>()?;
        Ok(SchedulerBacklog { runs, total: queued.len() })
    }

    /// What happened to the scheduler since the last call, in order.
    pub fn take_scheduler_events(&mut self) -> Vec<SchedulerEvent> {
        std::mem::take(&mut self.scheduler_events)
    }

    fn present_status(&self) -> SchedulerStatus {
        let state = self.store.get_scheduler();
        let active =
            RunStatus::ACTIVE.into_iter().map(|status| self.store.count_runs_by_status(status));
        SchedulerStatus {
            paused: state.paused,
            paused_by: state.paused_by,
            paused_at: state.paused_at,
            paused_reason: state.reason,
            active_claim_count: active.sum(),
            queued_run_count: self.store.count_runs_by_status(RunStatus::Queued),
            paused_task_count: self.store.count_paused_tasks(),
            as_of: self.now(),
        }
    }

    fn pause_for(&mut self, reason: &str, actor: &ActorContext) -> Result<()> {
        let now = Some(self.now());
        self.transact(|manager| {
            manager.store.put_scheduler(SchedulerPauseState {
                paused: true,
                paused_by: actor.actor.to_string(),
                paused_at: now,
                reason: reason.to_owned(),
                updated_at: now,
            });
            Ok(())
        })
    }

    fn tell(
        &mut self,
        event_type: EventType,
        text: &str,
        content: SchedulerChanged,
        actor: &ActorContext,
    ) {
        let event = SchedulerEvent {
            event_type,
            text: text.to_owned(),
            content,
            actor: actor.actor.clone(),
            timestamp: self.now(),
        };
        self.scheduler_events.push(event);
    }
}

/// What every event of the scheduler says; it is paused unless said otherwise.
fn changed(actor: &ActorContext) -> SchedulerChanged {
    SchedulerChanged {
        manual: true,
        actor_kind: actor.actor.kind,
        actor_id: actor.actor.reference.clone(),
        reason: String::new(),
        previous_paused: false,
        paused: true,
        active_claims: 0,
        remaining_claims: 0,
        timed_out: false,
        started_at: None,
        completed_at: None,
    }
}

fn count(runs: usize) -> i64 {
    i64::try_from(runs).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
