#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::actor::{ActorKind, Origin, OriginKind};
use crate::json::RawJson;

fn event(event_type: &EventType, payload: &Value) -> Event {
    Event {
        id: "evt-1".into(),
        task_id: "task-1".into(),
        run_id: Some("run-1".into()),
        event_type: event_type.clone(),
        actor: ActorIdentity::new(ActorKind::Human, "ada"),
        origin: Origin::new(OriginKind::Web, "tab"),
        payload: RawJson::from_text(&payload.to_string()),
        timestamp: Timestamp::from_millis(0),
    }
}

fn says(event_type: &EventType, payload: Value, text: &str) {
    assert_eq!(sentence(&event(event_type, &payload)).to_string(), text);
}

#[test]
fn every_known_type_has_one_sentence_and_no_other() {
    let told: Vec<&EventType> = CATALOGUE.iter().map(|entry| &entry.event_type).collect();
    let known: BTreeSet<&EventType> = EventType::KNOWN.iter().collect();
    assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(told.len(), known.len());
}

#[test]
fn no_two_types_say_the_same() {
    let sentences: BTreeSet<String> = EventType::KNOWN
        .iter()
        .map(|event_type| sentence(&event(event_type, &json!({}))).to_string())
        .collect();
    assert_eq!(sentences.len(), EventType::KNOWN.len());
}

#[test]
fn a_payload_of_any_shape_breaks_nothing() {
    for payload in [json!(null), json!(3), json!([]), json!({"reason": 3, "lease_until": "soon"})] {
        for event_type in EventType::KNOWN {
            let text = sentence(&event(event_type, &payload)).to_string();
            assert!(!text.trim().is_empty() && !text.ends_with(' '), "{event_type}: {text:?}");
        }
    }
    let broken = Event {
        payload: RawJson::from_text("{"),
        run_id: None,
        ..event(&EventType::RUN_FAILED, &json!({}))
    };
    assert_eq!(sentence(&broken).to_string(), "a run failed");
}

#[test]
fn an_unknown_type_is_told_by_its_name() {
    let unknown = EventType::from("task.run_teleported");
    says(&unknown, json!({"reason": "x"}), "ada: task.run_teleported");
    assert_eq!(sentence(&event(&unknown, &json!({}))).tone, Tone::Info);
}

#[test]
fn parts_keep_what_a_page_links_to() {
    let sentence =
        sentence(&event(&EventType::TASK_DEPENDENCY_ADDED, &json!({"depends_on_task_id": "b"})));
    assert_eq!(
        sentence.parts,
        [
            Part::Actor(ActorIdentity::new(ActorKind::Human, "ada")),
            Part::Text(" made it wait for ".to_owned()),
            Part::Task("b".into()),
        ]
    );
}

#[test]
fn tasks_are_told_with_what_the_payload_adds() {
    says(&EventType::TASK_CREATED, json!({"status": "draft"}), "ada wrote a draft");
    says(
        &EventType::TASK_CREATED,
        json!({"status": "ready", "parent_task_id": "p"}),
        "ada created the task below p",
    );
    says(&EventType::TASK_UPDATED, json!({"changed_fields": ["title"]}), "ada changed title");
    says(
        &EventType::TASK_UPDATED,
        json!({"changed_fields": ["title", "priority", "max_attempts"]}),
        "ada changed title, priority and max attempts",
    );
    says(
        &EventType::TASK_CANCELED,
        json!({"propagated_from_task_id": "p", "canceled_run_ids": ["a", "b"], "reason": "late"}),
        "ada canceled the task with p and 2 runs: late",
    );
    says(&EventType::TASK_PAUSED, json!({"reason": "later"}), "ada paused the task: later");
}

#[test]
fn runs_are_told_with_what_the_payload_adds() {
    says(&EventType::RUN_ENQUEUED, json!({"attempt": 2}), "ada queued run-1 as attempt 2");
    says(
        &EventType::RUN_CLAIMED,
        json!({"lease_until": "2026-01-01T00:05:00Z"}),
        "ada claimed run-1 until 2026-01-01T00:05:00Z",
    );
    says(
        &EventType::RUN_CLAIMED,
        json!({"lease_until": "0001-01-01T00:00:00Z"}),
        "ada claimed run-1 without a lease",
    );
    says(&EventType::RUN_FAILED, json!({"error": "boom"}), "run-1 failed: boom");
    says(&EventType::RUN_RELEASED, json!({}), "ada gave run-1 back");
    says(
        &EventType::RUN_RELEASED,
        json!({"manual": true, "reason": "stuck"}),
        "ada took run-1 back by force: stuck",
    );
    says(
        &EventType::RUN_RECOVERED,
        json!({"action": "requeue"}),
        "run-1 went back to the queue after a restart",
    );
    says(
        &EventType::RUN_REJECTED,
        json!({"operation": "attach", "network_channel": "dev"}),
        "run-1 was not given to its session: the channel dev is not accepted any more",
    );
    says(&EventType::RUN_OPERATOR_RETRY, json!({"source_run_id": "r"}), "ada retried r as run-1");
}

#[test]
fn reviews_name_the_reviewed_run() {
    says(
        &EventType::RUN_REVIEW_REQUESTED,
        json!({"run_id": "r", "review_round": 2}),
        "ada asked for a review of r, round 2",
    );
    says(
        &EventType::RUN_REVIEW_RECORDED,
        json!({"run_id": "r", "confidence": 0.8}),
        "ada reviewed r, 80 % sure",
    );
    says(
        &EventType::RUN_REVIEW_RETRY_ENQUEUED,
        json!({"run_id": "r", "continuation_run_id": "s", "review_round": 2}),
        "s continues r, round 2",
    );
}

#[test]
fn a_drain_tells_what_is_left() {
    says(&EventType::SCHEDULER_DRAIN_COMPLETED, json!({}), "The scheduler is drained");
    says(
        &EventType::SCHEDULER_DRAIN_COMPLETED,
        json!({"timed_out": true, "remaining_claims": 2}),
        "The drain ran out of time with 2 runs still held",
    );
}
