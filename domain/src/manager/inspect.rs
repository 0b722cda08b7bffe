//! The operator's look at a task or run: what it does, what is wrong with it,
//! and what should happen next.
//!
//! Without a reader of the runtime's state, an inspection knows no sessions, and
//! takes the scheduler for running.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::actor::ActorContext;
use crate::diagnostic::{DiagnosticCode, DiagnosticItem, inspect as finding};
use crate::error::Result;
use crate::id::{RunId, SessionId, TaskId};
use crate::run::{Run, RunStatus};
use crate::session::{EventSummaryQuery, InspectStateReader, SessionInfo, SessionListQuery};
use crate::store::Store;
use crate::task::{Scope, Task};
use crate::time::Timestamp;
use crate::view::inspect::{
    InspectEventSummary, InspectNextAction, InspectRunSummary, InspectSchedulerState,
    InspectSessionSummary, InspectTarget, InspectView,
};

use super::{Manager, projection, require_task_id};

/// How many sessions of the catalogue are read.
const MAX_SESSIONS: usize = 200;
/// How many runs are shown.
const MAX_RECENT_RUNS: usize = 5;
/// How many of the runtime's events are shown.
const MAX_RECENT_EVENTS: usize = 10;
/// How much of an error text is shown, in bytes.
const MAX_ERROR_SUMMARY_BYTES: usize = 160;

/// What the runtime said.
#[derive(Default)]
struct Surroundings {
    catalogue: Option<Vec<SessionInfo>>,
    /// The session of the current run, wherever it belongs.
    bound: Option<SessionInfo>,
    events: Vec<InspectEventSummary>,
    scheduler: InspectSchedulerState,
}

impl<S: Store> Manager<S> {
    /// Looks at a task and the run that matters now.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for a blank id;
    /// `task_not_found`; the error of the runtime's reader.
    pub fn inspect_task(&self, id: &TaskId, actor: &ActorContext) -> Result<InspectView> {
        actor.authorize_read()?;
        let task = self.require_task(&require_task_id(id)?)?;
        self.inspect(InspectTarget::Task, &task, None)
    }

    /// Looks at a run and its task.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for a blank id;
    /// `task_run_not_found`; the error of the runtime's reader.
    pub fn inspect_run(&self, id: &RunId, actor: &ActorContext) -> Result<InspectView> {
        actor.authorize_read()?;
        let (run, task) = self.load_run(id)?;
        self.inspect(InspectTarget::Run, &task, Some(run))
    }

    fn inspect(
        &self,
        target: InspectTarget,
        task: &Task,
        focus: Option<Arc<Run>>,
    ) -> Result<InspectView> {
        let as_of = self.now();
        let mut runs = self.store.list_runs_of_task(&task.id);
        let current = focus.clone().or_else(|| current_run(task, &runs));
        let surroundings = match &self.options.inspect_reader {
            Some(reader) => {
                let session = current.as_ref().and_then(|run| run.session_id.as_ref());
                self.look_around(reader.as_ref(), task, focus.as_deref(), session)?
            }
            None => Surroundings::default(),
        };
        runs.sort_by_key(|run| Reverse((run.attempt, run.queued_at, run.id.clone())));

        let current_run = current.as_ref().map(|run| run_projection(run, as_of));
        let bound_session = current.as_ref().and_then(|run| bound_session(run, &surroundings));
        let eligible = surroundings.catalogue.iter().flatten().filter(|s| is_eligible(s)).count();
        let mut view = InspectView {
            target,
            task: projection::summary(&self.store, task),
            current_run,
            bound_session,
            recent_runs: runs
                .iter()
                .take(MAX_RECENT_RUNS)
                .map(|run| run_projection(run, as_of))
                .collect(),
            recent_events: surroundings.events,
            scheduler: surroundings.scheduler,
            diagnostics: Vec::new(),
            next_action: InspectNextAction::Terminal,
            as_of,
            eligible_session_count: eligible,
            session_catalog_present: surroundings.catalogue.is_some(),
        };
        view.diagnostics = findings(&view, current.as_deref(), &runs);
        view.next_action = next_action(&view);
        Ok(view)
    }

    fn look_around(
        &self,
        reader: &dyn InspectStateReader,
        task: &Task,
        focus: Option<&Run>,
        session: Option<&SessionId>,
    ) -> Result<Surroundings> {
        let workspace_id = match task.scope {
            Scope::Workspace => task.workspace_id.clone(),
            Scope::Global => None,
        };
        let sessions = reader.list_sessions(&SessionListQuery {
            workspace_id,
            limit: MAX_SESSIONS,
            ..SessionListQuery::default()
        })?;
        let mut events = reader.list_event_summaries(&EventSummaryQuery {
            task_id: Some(task.id.clone()),
            run_id: focus.map(|run| run.id.clone()),
            limit: MAX_RECENT_EVENTS,
        })?;
        events.truncate(MAX_RECENT_EVENTS);
        events.reverse();
        let bound = match session {
            Some(session) => find_session(reader, session, &sessions)?,
            None => None,
        };
        let switch = self.store.get_scheduler();
        Ok(Surroundings {
            catalogue: Some(sessions),
            bound,
            events,
            scheduler: InspectSchedulerState {
                paused: switch.paused,
                paused_by: switch.paused_by,
                paused_at: switch.paused_at,
                reason: switch.reason,
                updated_at: switch.updated_at,
            },
        })
    }
}

/// The run that matters for a task: its projected one, else the liveliest, else
/// the latest.
fn current_run(task: &Task, runs: &[Arc<Run>]) -> Option<Arc<Run>> {
    let projected =
        task.current_run_id.as_ref().and_then(|id| runs.iter().find(|run| run.id == *id));
    let best = || {
        runs.iter()
            .max_by_key(|run| (run.status.rank(), run.attempt, run.queued_at, run.id.clone()))
    };
    projected.or_else(best).cloned()
}

/// A session by its id. One that the catalogue leaves out, since it is of another
/// workspace or past the limit, is asked for by itself: it is not missing.
fn find_session(
    reader: &dyn InspectStateReader,
    id: &SessionId,
    catalogue: &[SessionInfo],
) -> Result<Option<SessionInfo>> {
    if let Some(known) = catalogue.iter().find(|session| session.id == *id) {
        return Ok(Some(known.clone()));
    }
    let query = SessionListQuery { session_id: Some(id.clone()), workspace_id: None, limit: 1 };
    Ok(reader.list_sessions(&query)?.into_iter().find(|session| session.id == *id))
}

fn bound_session(run: &Run, surroundings: &Surroundings) -> Option<InspectSessionSummary> {
    surroundings.catalogue.as_ref()?;
    let id = run.session_id.as_ref()?;
    Some(match &surroundings.bound {
        Some(session) => InspectSessionSummary {
            session_id: id.clone(),
            state: session.state.clone(),
            agent_name: session.agent_name.clone(),
            provider_name: session.provider_name.clone(),
            workspace_id: session.workspace_id.clone(),
            started_at: session.created_at,
            last_activity_at: session.updated_at,
            stop_reason: session.stop_reason.clone(),
            failure_kind: session.failure_kind.clone(),
        },
        None => InspectSessionSummary {
            session_id: id.clone(),
            state: "missing".to_owned(),
            ..InspectSessionSummary::default()
        },
    })
}

/// Whether a session could take work.
fn is_eligible(session: &SessionInfo) -> bool {
    session.state.trim().eq_ignore_ascii_case("active") && session.failure_kind.trim().is_empty()
}

/// Whether a session will never work again.
fn has_ended(session: &InspectSessionSummary) -> bool {
    let state = session.state.trim().to_lowercase();
    matches!(state.as_str(), "missing" | "stopped" | "failed" | "crashed")
        || !session.stop_reason.trim().is_empty()
        || !session.failure_kind.trim().is_empty()
}

fn run_projection(run: &Run, as_of: Timestamp) -> InspectRunSummary {
    let heard_at = match (run.heartbeat_at, run.status) {
        (Some(heartbeat), _) => Some(heartbeat),
        (None, RunStatus::Claimed) => run.claimed_at,
        (None, _) => None,
    };
    let error = summarized(&run.error);
    let lineage = run.review.as_ref();
    InspectRunSummary {
        run_id: run.id.clone(),
        task_id: run.task_id.clone(),
        status: run.status,
        claim_token_hash_truncated: run
            .claim_token_hash
            .as_ref()
            .map(|hash| hash.truncated().to_owned())
            .unwrap_or_default(),
        lease_until: run.lease_until,
        heartbeat_at: run.heartbeat_at,
        heartbeat_age_seconds: heard_at
            .filter(|heard_at| *heard_at <= as_of)
            .map(|heard_at| as_of.since(heard_at).as_secs()),
        retries: run.attempt.saturating_sub(1),
        failure_kind: match run.failure_kind.as_str() {
            "" if run.status == RunStatus::Failed && !error.is_empty() => "error".to_owned(),
            kind => kind.to_owned(),
        },
        last_error_summary: error,
        bound_session_id: run.session_id.clone(),
        started_at: run.started_at,
        ended_at: run.ended_at,
        previous_run_id: run
            .previous_run_id
            .clone()
            .or_else(|| lineage.and_then(|lineage| lineage.parent_run_id.clone())),
        queued_at: run.queued_at,
        attempt: run.attempt,
    }
}

/// The start of a text, cut at a character boundary.
fn summarized(text: &str) -> String {
    let text = text.trim();
    let mut end = text.len().min(MAX_ERROR_SUMMARY_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim().to_owned()
}

/// What is wrong with the current run, in a fixed order.
fn findings(view: &InspectView, current: Option<&Run>, runs: &[Arc<Run>]) -> Vec<DiagnosticItem> {
    let (Some(run), Some(shown)) = (current, &view.current_run) else { return Vec::new() };
    let as_of = view.as_of;
    let mut found = Vec::new();
    if run.status == RunStatus::Claimed {
        if let Some(age) = shown.heartbeat_age_seconds
            && age > finding::STUCK_AFTER_SECONDS
        {
            found.push(finding::stuck(shown, as_of, age));
        }
        if run.lease_until.is_some_and(|until| until < as_of) {
            found.push(finding::stale_lease(shown, as_of));
        }
    }
    if run.status.is_active()
        && run.claim_token_hash.is_some()
        && let Some(session) = &view.bound_session
        && has_ended(session)
    {
        found.push(finding::orphan(shown, as_of, session));
    }
    if run.status == RunStatus::Failed && !has_successor(run, runs) {
        found.push(finding::crashed(shown, as_of));
    }
    if run.status == RunStatus::Queued
        && !view.scheduler.paused
        && view.session_catalog_present
        && view.eligible_session_count == 0
        && run.queued_at <= as_of
    {
        let age = as_of.since(run.queued_at).as_secs();
        if age >= finding::STRANDED_AFTER_SECONDS {
            found.push(finding::stranded(shown, as_of, age));
        }
    }
    found
}

/// Whether a later attempt took the place of a failed run. Only the runs that an
/// inspection shows are looked at.
fn has_successor(run: &Run, runs: &[Arc<Run>]) -> bool {
    runs.iter()
        .take(MAX_RECENT_RUNS)
        .any(|later| later.attempt > run.attempt && later.status != RunStatus::Canceled)
}

fn next_action(view: &InspectView) -> InspectNextAction {
    let has = |code: DiagnosticCode| view.diagnostics.iter().any(|item| item.code == code);
    let needs_recovery = [
        DiagnosticCode::TaskRunStuck,
        DiagnosticCode::TaskRunStaleLease,
        DiagnosticCode::TaskRunOrphan,
        DiagnosticCode::TaskRunCrashed,
    ];
    if needs_recovery.into_iter().any(has) {
        return InspectNextAction::RecoveryRequired;
    }
    let Some(run) = &view.current_run else {
        return if view.task.status.is_terminal() {
            InspectNextAction::Terminal
        } else {
            InspectNextAction::WaitingForSession
        };
    };
    match run.status {
        RunStatus::Queued if has(DiagnosticCode::TaskRunStranded) => InspectNextAction::Stranded,
        RunStatus::Queued if view.scheduler.paused => InspectNextAction::WaitingForSession,
        RunStatus::Queued if view.session_catalog_present && view.eligible_session_count > 0 => {
            InspectNextAction::ClaimAvailable
        }
        RunStatus::Queued => InspectNextAction::WaitingForSession,
        RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => InspectNextAction::Running,
        RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => {
            InspectNextAction::Terminal
        }
    }
}

#[cfg(test)]
mod tests;
