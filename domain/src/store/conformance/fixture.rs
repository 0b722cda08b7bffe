//! Plain records for the checks: everything at its default, each at instant 0.

use crate::actor::{ActorIdentity, ActorKind, Origin, OriginKind};
use crate::dependency::{Dependency, DependencyKind};
use crate::event::{Event, EventType};
use crate::id::SessionId;
use crate::lease::ClaimCriteria;
use crate::review::{ReviewPolicy, RunReview, RunReviewStatus};
use crate::run::{Run, RunStatus};
use crate::store::{ChangeSet, Store};
use crate::task::{ApprovalPolicy, ApprovalState, Priority, Scope, Status, Task};
use crate::time::Timestamp;

/// The instant of a number of seconds.
pub(crate) const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

pub(crate) fn actor(name: &str) -> ActorIdentity {
    ActorIdentity::new(ActorKind::Human, name)
}

pub(crate) fn origin(name: &str) -> Origin {
    Origin::new(OriginKind::Cli, name)
}

/// A ready, global task.
pub(crate) fn task(id: &str) -> Task {
    Task {
        id: id.into(),
        identifier: String::new(),
        scope: Scope::Global,
        workspace_id: None,
        parent_task_id: None,
        network_channel: String::new(),
        title: id.to_owned(),
        description: String::new(),
        priority: Priority::Medium,
        max_attempts: 3,
        auto_enqueue_on_ready: false,
        status: Status::Ready,
        approval_policy: ApprovalPolicy::None,
        approval_state: ApprovalState::NotRequired,
        owner: None,
        current_run_id: None,
        latest_event_seq: crate::id::Sequence::ZERO,
        paused: false,
        paused_by: String::new(),
        paused_at: None,
        paused_reason: String::new(),
        created_by: actor("ada"),
        origin: origin("terminal"),
        created_at: at(0),
        updated_at: at(0),
        closed_at: None,
        metadata: None,
    }
}

/// A task below another one.
pub(crate) fn child(id: &str, parent: &str) -> Task {
    Task { parent_task_id: Some(parent.into()), ..task(id) }
}

/// A queued first attempt.
pub(crate) fn run(id: &str, task: &str) -> Run {
    Run {
        id: id.into(),
        task_id: task.into(),
        status: RunStatus::Queued,
        attempt: 1,
        previous_run_id: None,
        failure_kind: String::new(),
        claimed_by: None,
        session_id: None,
        origin: origin("terminal"),
        idempotency_key: String::new(),
        network_channel: String::new(),
        claim_token_hash: None,
        lease_until: None,
        heartbeat_at: None,
        coordination_channel_id: String::new(),
        required_capabilities: Vec::new(),
        preferred_capabilities: Vec::new(),
        review: None,
        metadata: None,
        queued_at: at(0),
        claimed_at: None,
        started_at: None,
        ended_at: None,
        error: String::new(),
        result: None,
    }
}

/// A run in some status.
pub(crate) fn run_in(status: RunStatus, id: &str, task: &str) -> Run {
    Run { status, ..run(id, task) }
}

pub(crate) fn edge(task: &str, depends_on: &str, created_at: Timestamp) -> Dependency {
    Dependency {
        task_id: task.into(),
        depends_on_task_id: depends_on.into(),
        kind: DependencyKind::Blocks,
        created_at,
    }
}

pub(crate) fn event(id: &str, task: &str, timestamp: Timestamp) -> Event {
    Event {
        id: id.into(),
        task_id: task.into(),
        run_id: None,
        event_type: EventType::TASK_UPDATED,
        actor: actor("ada"),
        origin: origin("terminal"),
        payload: None,
        timestamp,
    }
}

/// A requested review of a first round.
pub(crate) fn review(id: &str, task: &str, run: &str) -> RunReview {
    RunReview {
        review_id: id.into(),
        task_id: task.into(),
        run_id: run.into(),
        parent_review_id: None,
        policy: ReviewPolicy::Always,
        review_round: 1,
        attempt: 1,
        status: RunReviewStatus::Requested,
        outcome: None,
        confidence: None,
        reason: String::new(),
        delivery_id: String::new(),
        missing_work: None,
        next_round_guidance: String::new(),
        review_text: String::new(),
        reviewer_session_id: None,
        reviewer_agent_name: String::new(),
        reviewer_peer_id: String::new(),
        reviewer_channel_id: String::new(),
        reviewed_by: None,
        requested_at: at(0),
        routed_at: None,
        started_at: None,
        reviewed_at: None,
        deadline_at: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// A claimer of global runs who offers these capabilities.
pub(crate) fn claimer(session: &str, offered: &[&str]) -> ClaimCriteria {
    ClaimCriteria {
        scope: Scope::Global.into(),
        claimer_session_id: SessionId::new(session),
        required_capabilities: texts(offered),
        ..ClaimCriteria::default()
    }
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Runs a transaction and keeps it.
pub(crate) fn transact<S: Store>(store: &mut S, work: impl FnOnce(&mut S)) -> ChangeSet {
    store.begin();
    work(store);
    store.commit()
}
