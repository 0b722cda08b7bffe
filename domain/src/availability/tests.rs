#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::{Value, json};

use super::*;
use crate::actor::{OriginKind, Ownership};
use crate::enumeration::Enumeration;

const TIME: &str = "2026-01-01T00:00:00Z";

fn now() -> Timestamp {
    Timestamp::parse_rfc3339(TIME).unwrap()
}

fn ada() -> ActorContext {
    ActorContext::derive_human("ada", OriginKind::Web, "tab").unwrap()
}

fn merged(mut base: Value, more: Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}

/// A published task without blockers, runs or children.
fn situation(task: Value) -> Situation {
    let base = json!({
        "id": "task-1", "scope": "global", "title": "Parse", "status": "ready",
        "created_by": {"kind": "human", "ref": "ada"}, "origin": {"kind": "web", "ref": "tab"},
        "created_at": TIME, "updated_at": TIME,
    });
    Situation {
        task: Arc::new(serde_json::from_value(merged(base, task)).unwrap()),
        runs: vec![],
        reviews: vec![],
        open_blockers: vec![],
        children: 0,
    }
}

fn run(attempt: u32, fields: Value) -> Arc<Run> {
    let base = json!({
        "id": format!("run-{attempt}"), "task_id": "task-1", "attempt": attempt,
        "origin": {"kind": "web", "ref": "tab"}, "queued_at": TIME,
    });
    Arc::new(serde_json::from_value(merged(base, fields)).unwrap())
}

fn with_run(fields: Value) -> Situation {
    Situation { runs: vec![run(1, fields)], ..situation(json!({})) }
}

fn leased(holder: &str, until: &str) -> Situation {
    with_run(json!({
        "status": "claimed", "claimed_by": {"kind": "human", "ref": holder},
        "session_id": "session-1", "claim_token_hash": "ab", "lease_until": until,
    }))
}

fn ask(verb: Verb, situation: &Situation) -> Result<(), Reason> {
    availability(verb, situation, &ada(), now())
}

fn offered(situation: &Situation) -> Vec<Verb> {
    Verb::ALL.iter().copied().filter(|verb| ask(*verb, situation).is_ok()).collect()
}

#[test]
fn a_reader_is_offered_nothing() {
    let mut reader = ada();
    reader.authority.write = false;
    for verb in Verb::ALL {
        let answer = availability(*verb, &situation(json!({})), &reader, now());
        assert_eq!(answer, Err(Reason::ReadOnly), "{verb}");
    }
}

#[test]
fn every_status_without_runs_offers_its_verbs() {
    for status in Status::ALL {
        let expected: &[Verb] = match status {
            Status::Draft => &[Verb::Publish, Verb::Cancel, Verb::Delete],
            Status::Canceled => &[Verb::Delete],
            Status::Completed | Status::Failed => {
                &[Verb::Start, Verb::Take, Verb::TakeAndFinish, Verb::Delete]
            }
            Status::Pending | Status::Blocked | Status::Ready | Status::InProgress => {
                &[Verb::Start, Verb::Take, Verb::TakeAndFinish, Verb::Cancel, Verb::Delete]
            }
        };
        assert_eq!(offered(&situation(json!({"status": status}))), expected, "{status}");
    }
}

#[test]
fn every_run_status_offers_its_verbs() {
    for status in RunStatus::ALL {
        let expected: &[Verb] = match status {
            RunStatus::Queued => &[Verb::Take, Verb::TakeAndFinish, Verb::Cancel],
            RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => {
                &[Verb::Finish, Verb::Cancel]
            }
            RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => {
                &[Verb::Start, Verb::Take, Verb::TakeAndFinish, Verb::Cancel, Verb::Delete]
            }
        };
        assert_eq!(offered(&with_run(json!({"status": status}))), expected, "{status}");
    }
}

#[test]
fn an_open_blocker_is_named() {
    let blocker = TaskId::from("task-2");
    for (status, verb) in [("draft", Verb::Publish), ("blocked", Verb::Start)] {
        let waiting = Situation {
            open_blockers: vec![blocker.clone()],
            ..situation(json!({"status": status}))
        };
        assert_eq!(ask(verb, &waiting), Err(Reason::WaitsFor(vec![blocker.clone()])));
    }
}

#[test]
fn an_undecided_approval_holds_back_and_a_refused_one_says_so() {
    let blocked = |state: &str| {
        situation(
            json!({"status": "blocked", "approval_policy": "manual", "approval_state": state}),
        )
    };
    assert_eq!(ask(Verb::Start, &blocked("pending")), Err(Reason::ApprovalPending));
    assert_eq!(ask(Verb::Start, &blocked("rejected")), Err(Reason::ApprovalRejected));
    assert_eq!(ask(Verb::Start, &blocked("approved")), Ok(()));
}

#[test]
fn used_up_attempts_refuse_a_new_run_but_not_the_queued_one() {
    let spent = |status: &str| Situation {
        runs: vec![run(3, json!({"status": status}))],
        ..situation(json!({"max_attempts": 3}))
    };
    assert_eq!(ask(Verb::Start, &spent("failed")), Err(Reason::AttemptsUsed(3)));
    assert_eq!(ask(Verb::Take, &spent("failed")), Err(Reason::AttemptsUsed(3)));
    assert_eq!(ask(Verb::Take, &spent("queued")), Ok(()));
}

#[test]
fn a_pool_is_refused_to_everyone_and_a_session_to_others() {
    let owned =
        |kind: &str| situation(json!({"status": "ready", "owner": {"kind": kind, "ref": "ada"}}));
    for kind in OwnerKind::ALL {
        let task = owned(kind.as_str());
        let expected = match kind {
            OwnerKind::Pool | OwnerKind::AgentSession => {
                Err(Reason::OwnedBy(Ownership::new(*kind, "ada")))
            }
            OwnerKind::Human
            | OwnerKind::Automation
            | OwnerKind::Extension
            | OwnerKind::NetworkPeer => Ok(()),
        };
        assert_eq!(ask(Verb::Take, &task), expected, "{kind}");
    }
    let session = ActorContext::derive_agent_session("ada").unwrap();
    let own = owned("agent_session");
    assert_eq!(availability(Verb::Take, &own, &session, now()), Ok(()));
}

#[test]
fn only_the_holder_ends_a_lease_and_only_while_it_lasts() {
    let live = "2026-01-01T00:00:01Z";
    assert_eq!(grip(&leased("ada", live), &ada(), now()), Ok(Grip::Token));
    let refused = grip(&leased("bob", live), &ada(), now());
    assert!(
        matches!(refused, Err(Reason::LeasedByOther { holder: Some(who), .. }) if who.reference == "bob")
    );
    assert_eq!(grip(&leased("ada", TIME), &ada(), now()), Err(Reason::LeaseExpired));
}

#[test]
fn a_claim_without_token_is_started_before_it_is_finished() {
    assert_eq!(grip(&with_run(json!({"status": "running"})), &ada(), now()), Ok(Grip::Running));
    let claimed = with_run(json!({"status": "claimed"}));
    assert_eq!(grip(&claimed, &ada(), now()), Ok(Grip::Claimed));
    let behind = Situation { open_blockers: vec![TaskId::from("task-2")], ..claimed };
    assert!(matches!(grip(&behind, &ada(), now()), Err(Reason::WaitsFor(_))));
}

#[test]
fn children_and_open_runs_keep_a_task_from_being_deleted() {
    let parent = Situation { children: 2, ..situation(json!({})) };
    assert_eq!(ask(Verb::Delete, &parent), Err(Reason::HasChildren(2)));
    assert_eq!(ask(Verb::Delete, &with_run(json!({"status": "queued"}))), Err(Reason::HasOpenRun));
}
