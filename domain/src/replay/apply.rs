//! What each event did to the records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::turn::run_status_after;
use crate::actor::ActorIdentity;
use crate::claim_token::ClaimTokenHash;
use crate::dependency::{Dependency, DependencyKind};
use crate::enumeration::Enumeration;
use crate::event::{Event, EventRecord, EventType};
use crate::id::{ReviewId, SessionId, TaskId};
use crate::json::RawJson;
use crate::review::{ReviewGateState, RunReview, RunReviewStatus};
use crate::run::{FAILURE_KIND_OPERATOR_FORCED, Run, RunStatus};
use crate::status::derived_status;
use crate::store::{
    Change, DependencyStore, ExecutionProfileStore, Key, MemoryStore, Record, RecordStore,
    RunReviewStore, RunStore,
};
use crate::task::{ApprovalState, Status, Task};
use crate::time::Timestamp;

/// Brings the board from before an event to after it.
pub(super) fn event<S>(board: &mut MemoryStore, today: &S, record: &Arc<EventRecord>)
where
    S: RecordStore + DependencyStore + RunStore + RunReviewStore + ExecutionProfileStore,
{
    let facts = Facts::of(&record.event);
    let changes = [
        task_change(board, today, &facts),
        edge_change(today, &facts),
        run_change(board, today, &facts),
        review_change(board, today, &facts),
        profile_change(today, &facts),
        gate_change(board, &facts),
        Some(Change::Put(Record::Event(Arc::clone(record)))),
    ];
    let changes: Vec<Change> = changes.into_iter().flatten().collect();
    board.apply(&changes);
    settle(board, &record.event);
}

/// An event with its payload, read without trust.
struct Facts<'a> {
    event: &'a Event,
    payload: Value,
}

impl<'a> Facts<'a> {
    fn of(event: &'a Event) -> Self {
        let payload = event.payload.as_ref().and_then(RawJson::to_value);
        Self { event, payload: payload.unwrap_or_default() }
    }

    fn is(&self, event_type: &EventType) -> bool {
        self.event.event_type == *event_type
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.payload.get(field)?.as_str()
    }

    fn value<T: Enumeration>(&self, field: &str) -> Option<T> {
        T::parse(self.text(field)?)
    }

    fn instant(&self, field: &str) -> Option<Timestamp> {
        Timestamp::parse_rfc3339(self.text(field)?).ok()
    }

    fn names(&self, field: &str, name: &str) -> bool {
        let list = self.payload.get(field).and_then(Value::as_array);
        list.into_iter().flatten().any(|entry| entry.as_str() == Some(name))
    }
}

fn put_task(task: Task) -> Option<Change> {
    Some(Change::Put(Record::Task(Arc::new(task))))
}

fn task_change<S: RecordStore>(
    board: &MemoryStore,
    today: &S,
    facts: &Facts<'_>,
) -> Option<Change> {
    let at = facts.event.timestamp;
    if facts.is(&EventType::TASK_CREATED) {
        let now = today.get_task(&facts.event.task_id)?;
        let status = facts.value::<Status>("status").unwrap_or(Status::Ready);
        return put_task(Task {
            status,
            approval_state: now.approval_policy.initial_state(),
            paused: false,
            paused_by: String::new(),
            paused_at: None,
            paused_reason: String::new(),
            updated_at: now.created_at,
            closed_at: now.closed_at.filter(|_| status.is_terminal()),
            ..Task::clone(&now)
        });
    }
    let task = Task::clone(&*board.get_task(&facts.event.task_id)?);
    let approval_state = || facts.value::<ApprovalState>("approval_state");
    if facts.is(&EventType::TASK_UPDATED) {
        let renewed = facts.names("changed_fields", "approval_policy");
        let approval_state =
            if renewed { task.approval_policy.initial_state() } else { task.approval_state };
        return put_task(Task { approval_state, updated_at: at, ..task });
    }
    if facts.is(&EventType::TASK_PUBLISHED) {
        let approval_state = approval_state().unwrap_or(task.approval_state);
        return put_task(Task {
            status: Status::Pending,
            approval_state,
            closed_at: None,
            updated_at: at,
            ..task
        });
    }
    if facts.is(&EventType::TASK_APPROVED) || facts.is(&EventType::TASK_REJECTED) {
        let (approval_state, closed_at) = (approval_state()?, None);
        return put_task(Task { approval_state, closed_at, updated_at: at, ..task });
    }
    if facts.is(&EventType::TASK_CANCELED) {
        let closed_at = Some(at);
        return put_task(Task { status: Status::Canceled, closed_at, updated_at: at, ..task });
    }
    if facts.is(&EventType::TASK_PAUSED) {
        return put_task(Task {
            paused: true,
            paused_by: facts.event.actor.to_string(),
            paused_at: Some(at),
            paused_reason: facts.text("reason").unwrap_or_default().to_owned(),
            updated_at: at,
            ..task
        });
    }
    if facts.is(&EventType::TASK_RESUMED) {
        return put_task(Task {
            paused: false,
            paused_by: String::new(),
            paused_at: None,
            paused_reason: String::new(),
            updated_at: at,
            ..task
        });
    }
    None
}

fn edge_change<S>(today: &S, facts: &Facts<'_>) -> Option<Change>
where
    S: RecordStore + DependencyStore,
{
    let added = facts.is(&EventType::TASK_DEPENDENCY_ADDED);
    if !added && !facts.is(&EventType::TASK_DEPENDENCY_REMOVED) {
        return None;
    }
    let task = facts.event.task_id.clone();
    let blocker = TaskId::from(facts.text("depends_on_task_id")?);
    if !added {
        return Some(Change::Delete(Key::Dependency(task, blocker)));
    }
    // A blocker that was deleted since has no history left that could resolve it.
    today.get_task(&blocker)?;
    // An imported edge is older than its event; one that was removed and added again
    // is younger than its first event.
    let kept = today.get_dependency(&task, &blocker).map(|edge| edge.created_at);
    let created_at = kept.unwrap_or(facts.event.timestamp).min(facts.event.timestamp);
    let kind = facts.value("kind").unwrap_or(DependencyKind::Blocks);
    let edge = Dependency { task_id: task, depends_on_task_id: blocker, kind, created_at };
    Some(Change::Put(Record::Dependency(Arc::new(edge))))
}

fn run_change<S: RunStore>(board: &MemoryStore, today: &S, facts: &Facts<'_>) -> Option<Change> {
    let id = facts.event.run_id.as_ref()?;
    let status = run_status_after(facts.event);
    let run = match board.get_run(id) {
        Some(run) => Run::clone(&run),
        None => queued(&*today.get_run(id)?),
    };
    let run = match status {
        Some(status) => moved(run, status, facts),
        None if facts.is(&EventType::RUN_LEASE_EXTENDED) => Run {
            lease_until: facts.instant("lease_until"),
            heartbeat_at: facts.instant("heartbeat_at"),
            ..run
        },
        None => return None,
    };
    Some(Change::Put(Record::Run(Arc::new(run))))
}

/// A run as it was when it was queued.
fn queued(run: &Run) -> Run {
    Run {
        status: RunStatus::Queued,
        failure_kind: String::new(),
        claimed_by: None,
        session_id: None,
        claim_token_hash: None,
        lease_until: None,
        heartbeat_at: None,
        claimed_at: None,
        started_at: None,
        ended_at: None,
        error: String::new(),
        result: None,
        ..run.clone()
    }
}

fn moved(run: Run, status: RunStatus, facts: &Facts<'_>) -> Run {
    let at = facts.event.timestamp;
    if run.status.is_terminal() && run.status == status {
        // A recovery that gave the run up says so a second time.
        return run;
    }
    let session = || facts.text("session_id").map(SessionId::from);
    match status {
        RunStatus::Queued => queued(&run),
        RunStatus::Claimed if facts.is(&EventType::RUN_CLAIMED) => {
            let hash = facts.text("claim_token_hash").map(ClaimTokenHash::new);
            let holder = facts.payload.get("claimed_by").cloned();
            let claimed_by = holder.and_then(|it| serde_json::from_value::<ActorIdentity>(it).ok());
            Run {
                status,
                session_id: session_of_claim(&claimed_by, hash.is_some()),
                claimed_by,
                heartbeat_at: hash.is_some().then_some(at),
                claim_token_hash: hash,
                lease_until: facts.instant("lease_until"),
                claimed_at: Some(at),
                ..run
            }
        }
        RunStatus::Claimed | RunStatus::Starting => {
            Run { status, session_id: session().or(run.session_id.clone()), ..run }
        }
        RunStatus::Running => Run {
            status,
            session_id: session().or(run.session_id.clone()),
            started_at: run.started_at.or(Some(at)),
            ..run
        },
        RunStatus::Canceled => Run { status, ended_at: Some(at), ..run },
        RunStatus::Completed | RunStatus::Failed => ended(run, status, facts),
    }
}

fn ended(run: Run, status: RunStatus, facts: &Facts<'_>) -> Run {
    let forced = facts.is(&EventType::RUN_OPERATOR_FORCED_FAIL);
    let error = if forced { facts.text("reason") } else { facts.text("error") };
    Run {
        status,
        ended_at: Some(facts.event.timestamp),
        error: error.unwrap_or_default().to_owned(),
        failure_kind: if forced { FAILURE_KIND_OPERATOR_FORCED } else { "" }.to_owned(),
        result: facts.payload.get("result").and_then(|result| RawJson::from_value(result).ok()),
        claim_token_hash: run.claim_token_hash.clone().filter(|_| !forced),
        lease_until: None,
        heartbeat_at: None,
        ..run
    }
}

/// A lease is bound to the session that claimed.
fn session_of_claim(claimed_by: &Option<ActorIdentity>, leased: bool) -> Option<SessionId> {
    let holder = claimed_by.as_ref().filter(|_| leased)?;
    Some(SessionId::from(holder.reference.as_str()))
}

fn review_change<S: RunReviewStore>(
    board: &MemoryStore,
    today: &S,
    facts: &Facts<'_>,
) -> Option<Change> {
    let id = ReviewId::from(facts.text("review_id")?);
    let now = today.get_review(&id)?;
    let review = if facts.is(&EventType::RUN_REVIEW_REQUESTED) {
        requested(&now)
    } else if facts.is(&EventType::RUN_REVIEW_BOUND) {
        let review =
            board.get_review(&id).map_or_else(|| requested(&now), |it| RunReview::clone(&it));
        RunReview {
            status: RunReviewStatus::InReview,
            reviewer_session_id: facts.text("session_id").map(SessionId::from),
            started_at: review.started_at.or(Some(facts.event.timestamp)),
            updated_at: facts.event.timestamp,
            ..review
        }
    } else if facts.is(&EventType::RUN_REVIEW_RECORDED) {
        RunReview::clone(&now)
    } else {
        return None;
    };
    Some(Change::Put(Record::Review(Arc::new(review))))
}

/// A review as it was when it was requested.
fn requested(review: &RunReview) -> RunReview {
    RunReview {
        status: RunReviewStatus::Requested,
        outcome: None,
        confidence: None,
        delivery_id: String::new(),
        missing_work: None,
        next_round_guidance: String::new(),
        review_text: String::new(),
        reviewed_by: None,
        reviewer_session_id: None,
        routed_at: None,
        started_at: None,
        reviewed_at: None,
        updated_at: review.requested_at,
        ..review.clone()
    }
}

fn profile_change<S: ExecutionProfileStore>(today: &S, facts: &Facts<'_>) -> Option<Change> {
    let task = &facts.event.task_id;
    if facts.is(&EventType::EXECUTION_PROFILE_DELETED) {
        return Some(Change::Delete(Key::Profile(task.clone())));
    }
    if !facts.is(&EventType::EXECUTION_PROFILE_UPDATED) {
        return None;
    }
    today.get_profile(task).map(|profile| Change::Put(Record::Profile(profile)))
}

/// A `blocked` verdict halts the reviews of a task, any other one lets them go on.
fn gate_change(board: &MemoryStore, facts: &Facts<'_>) -> Option<Change> {
    if !facts.is(&EventType::RUN_REVIEW_RECORDED) {
        return None;
    }
    let task = &facts.event.task_id;
    let blocked = facts.text("outcome") == Some("blocked");
    let gate = board.get_review_gate(task);
    let gate =
        gate.map_or_else(|| ReviewGateState::untouched(task), |gate| ReviewGateState::clone(&gate));
    let gate = ReviewGateState {
        review_circuit_opened_at: blocked.then_some(facts.event.timestamp),
        review_circuit_reason: String::new(),
        ..gate
    };
    Some(Change::Put(Record::ReviewGate(Arc::new(gate))))
}

/// Derives the status of the event's task anew, and of everything downstream whose
/// status changes with it.
fn settle(board: &mut MemoryStore, event: &Event) {
    let mut pending = vec![event.task_id.clone()];
    let mut settled: BTreeMap<TaskId, BTreeSet<Status>> = BTreeMap::new();
    while let Some(id) = pending.pop() {
        let Some(task) = board.get_task(&id) else { continue };
        let status = derived_status(board, &task);
        // A loop, which the engine never stores, would go on for ever.
        if status == task.status || !settled.entry(id.clone()).or_default().insert(status) {
            continue;
        }
        let closed_at = status.is_terminal().then_some(event.timestamp);
        let task = Task { status, closed_at, updated_at: event.timestamp, ..Task::clone(&task) };
        board.apply(&[Change::Put(Record::Task(Arc::new(task)))]);
        let dependents = board.list_dependents(&id);
        pending.extend(dependents.iter().map(|edge| edge.task_id.clone()));
    }
}
