#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::actor::{ActorIdentity, ActorKind};
use crate::claim_token::ClaimTokenHash;
use crate::enumeration::Enumeration;
use crate::enumeration::tests::assert_values;
use crate::review::RunReviewOutcome;
use crate::run::RunStatus;
use crate::task::{ApprovalState, Scope, Status};
use crate::time::Timestamp;

fn text<T: EventPayload>(payload: &T) -> (String, String) {
    (T::TYPE.to_string(), serde_json::to_string(payload).unwrap())
}

fn says<T: EventPayload>(payload: &T, event_type: &str, json: &str) {
    assert_eq!(text(payload), (event_type.to_owned(), json.to_owned()));
}

#[test]
fn empty_fields_of_a_payload_are_left_out() {
    says(
        &TaskCreated {
            scope: Scope::Global,
            workspace_id: None,
            parent_task_id: None,
            status: Status::Ready,
            network_channel: String::new(),
            owner: None,
        },
        "task.created",
        r#"{"scope":"global","status":"ready"}"#,
    );
    says(
        &TaskCanceled {
            reason: String::new(),
            metadata: None,
            status: Status::Canceled,
            propagated_from_task_id: None,
            canceled_run_ids: Vec::new(),
        },
        "task.canceled",
        r#"{"status":"canceled"}"#,
    );
    says(
        &RunReleased {
            manual: false,
            actor_kind: None,
            actor_id: String::new(),
            previous_status: RunStatus::Running,
            status: RunStatus::Queued,
            task_status: Status::Ready,
            reason: String::new(),
            session_id: None,
            previous_session_id: None,
            previous_claim_token_hash_truncated: String::new(),
            previous_lease_until: None,
            queue_generation: 0,
            canceled_queued_inputs: 0,
        },
        "task.run_released",
        r#"{"previous_status":"running","status":"queued","task_status":"ready"}"#,
    );
}

#[test]
fn the_fields_of_a_payload_come_in_order() {
    says(
        &RunReleased {
            manual: true,
            actor_kind: Some(ActorKind::Human),
            actor_id: "ada".into(),
            previous_status: RunStatus::Claimed,
            status: RunStatus::Queued,
            task_status: Status::Ready,
            reason: "r".into(),
            session_id: Some("s".into()),
            previous_session_id: Some("s".into()),
            previous_claim_token_hash_truncated: "57343500".into(),
            previous_lease_until: Some(Timestamp::from_millis(0)),
            queue_generation: 2,
            canceled_queued_inputs: 3,
        },
        "task.run_released",
        concat!(
            r#"{"manual":true,"actor_kind":"human","actor_id":"ada","previous_status":"claimed","#,
            r#""status":"queued","task_status":"ready","reason":"r","session_id":"s","#,
            r#""previous_session_id":"s","previous_claim_token_hash_truncated":"57343500","#,
            r#""previous_lease_until":"1970-01-01T00:00:00Z","queue_generation":2,"#,
            r#""canceled_queued_inputs":3}"#
        ),
    );
    says(
        &TaskApproved {
            previous_approval_state: ApprovalState::Pending,
            approval_state: ApprovalState::Approved,
            status: Status::Ready,
        },
        "task.approved",
        r#"{"previous_approval_state":"pending","approval_state":"approved","status":"ready"}"#,
    );
}

#[test]
fn instants_that_are_always_told_show_when_they_are_unset() {
    let claimed = |hash: Option<&str>, lease_until| RunClaimed {
        status: RunStatus::Claimed,
        task_status: Status::Ready,
        claimed_by: ActorIdentity::new(ActorKind::Daemon, "d"),
        claim_token_hash: hash.map(ClaimTokenHash::new),
        lease_until,
    };
    says(
        &claimed(None, None),
        "task.run_claimed",
        concat!(
            r#"{"status":"claimed","task_status":"ready","claimed_by":{"kind":"daemon","ref":"d"},"#,
            r#""lease_until":"0001-01-01T00:00:00Z"}"#
        ),
    );
    says(
        &claimed(Some("sha256:ab"), Some(Timestamp::from_millis(0))),
        "task.run_claimed",
        concat!(
            r#"{"status":"claimed","task_status":"ready","claimed_by":{"kind":"daemon","ref":"d"},"#,
            r#""claim_token_hash":"sha256:ab","lease_until":"1970-01-01T00:00:00Z"}"#
        ),
    );
}

#[test]
fn a_rejected_run_says_what_was_tried_and_why_not() {
    assert_values::<RejectedOperation>(&["start", "attach"]);
    says(
        &RunRejected {
            operation: RejectedOperation::Attach,
            reason: RejectionReason::StaleNetworkChannel,
            network_channel: "dev".into(),
        },
        "task.run_rejected",
        r#"{"operation":"attach","reason":"stale_network_channel","network_channel":"dev"}"#,
    );
}

#[test]
fn confidence_is_told_even_when_it_is_zero() {
    says(
        &RunReviewRecorded {
            review_id: "review-1".into(),
            run_id: "run-1".into(),
            outcome: RunReviewOutcome::Rejected,
            confidence: 0.0,
            delivery_id: "d".into(),
            review_round: 1,
            continuation_run_id: None,
        },
        "task.run_review_recorded",
        concat!(
            r#"{"review_id":"review-1","run_id":"run-1","outcome":"rejected","#,
            r#""confidence":0.0,"delivery_id":"d","review_round":1}"#
        ),
    );
}

#[test]
fn every_verdict_has_an_event_of_its_own() {
    for outcome in RunReviewOutcome::ALL.iter().copied() {
        let name = format!("task.run_review_{outcome}");
        assert_eq!(EventType::of_outcome(outcome).as_str(), name);
    }
}

#[test]
fn a_scheduler_summary_is_short_without_a_drain() {
    let paused = SchedulerChanged {
        manual: true,
        actor_kind: ActorKind::Human,
        actor_id: "ada".into(),
        reason: String::new(),
        previous_paused: false,
        paused: true,
        active_claims: 0,
        remaining_claims: 0,
        timed_out: false,
        started_at: None,
        completed_at: None,
    };
    assert_eq!(
        serde_json::to_string(&paused).unwrap(),
        concat!(
            r#"{"manual":true,"actor_kind":"human","actor_id":"ada","previous_paused":false,"#,
            r#""paused":true}"#
        )
    );
}
