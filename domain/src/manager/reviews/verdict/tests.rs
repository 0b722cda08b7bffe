#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::actor::{ActorContext, ActorKind};
use crate::enumeration::Enumeration;
use crate::error::ErrorKind;
use crate::id::RunId;
use crate::json::{MAX_PAYLOAD_BYTES, RawJson};
use crate::manager::reviews::tests::put_review;
use crate::manager::testing::reviews::verdict;
use crate::manager::testing::runs::{brought, enqueue, reader};
use crate::manager::testing::{World, agent, human, new_task};
use crate::review::{
    RecordRunReviewRequest, RunReviewOutcome, RunReviewRequest, RunReviewStatus, RunReviewVerdict,
};
use crate::run::RunStatus;
use crate::store::RunStore;
use crate::task::{CreateTask, Scope, Status};

use RunReviewOutcome::{Approved, Blocked, Rejected};

const TRANSITION: ErrorKind = ErrorKind::InvalidStatusTransition;

fn daemon() -> ActorContext {
    ActorContext::derive_daemon("sweeper", None).unwrap()
}

#[test]
fn an_approval_is_recorded_and_changes_neither_run_nor_status() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    let before = world.run(&run);
    world.advance(60);
    let answer = world.judge(&review, verdict(Approved)).unwrap();
    assert_eq!(answer.continuation_run, None);
    assert!(!answer.circuit_opened);
    let stored = world.stored_review(&review);
    assert_eq!(answer.review, stored);
    assert_eq!(stored.status, RunReviewStatus::Recorded);
    assert_eq!(stored.outcome, Some(Approved));
    assert_eq!(stored.confidence, Some(0.9));
    assert_eq!(stored.reason, "it is approved", "the reason of the request is gone");
    assert_eq!(stored.reviewed_by, Some(human().actor));
    assert_eq!((stored.reviewed_at, stored.updated_at), (Some(world.now()), world.now()));
    assert_eq!(stored.started_at, None);
    assert_eq!(world.run(&run), before);
    assert_eq!(world.status("t"), Status::Completed);
    assert_eq!(world.record("t").updated_at, world.now());
    assert_eq!(
        world.events("t"),
        ["created", "run_review_requested", "run_review_recorded", "run_review_approved"]
    );
    let payload = serde_json::json!({
        "review_id": review, "run_id": run, "outcome": "approved", "confidence": 0.9,
        "delivery_id": "delivery-approved", "review_round": 1,
    });
    for record in world.log("t").iter().skip(2) {
        assert_eq!(record.event.run_id, Some(run.clone()));
        assert_eq!(record.event.payload.as_ref().unwrap().to_value(), Some(payload.clone()));
    }
}

#[test]
fn every_outcome_has_its_event_and_its_effect_on_the_task() {
    for outcome in RunReviewOutcome::ALL {
        let mut world = World::new();
        let run = world.completed("t");
        let review = world.review(&run);
        let answer = world.judge(&review, verdict(*outcome)).unwrap();
        assert!(!answer.circuit_opened, "{outcome}");
        assert_eq!(answer.continuation_run.is_some(), *outcome == Rejected, "{outcome}");
        let events = world.events("t");
        assert_eq!(events[3], format!("run_review_{outcome}"));
        assert_eq!(events.get(4).is_some(), *outcome == Rejected, "{outcome}");
        let gate = world.gate("t").unwrap();
        assert_eq!(gate.review_round, if *outcome == Rejected { 2 } else { 1 }, "{outcome}");
        assert_eq!(gate.last_review_id, Some(review));
        assert_eq!(gate.last_review_outcome, Some(*outcome));
        let opened = (*outcome == Blocked).then(|| world.now());
        assert_eq!(gate.review_circuit_opened_at, opened, "{outcome}");
        let reason = if *outcome == Blocked { "it is blocked" } else { "" };
        assert_eq!(gate.review_circuit_reason, reason);
        let status = if *outcome == Rejected { Status::Ready } else { Status::Completed };
        assert_eq!(world.status("t"), status, "{outcome}");
    }
}

#[test]
fn any_verdict_but_blocked_closes_the_circuit() {
    for outcome in RunReviewOutcome::ALL {
        let mut world = World::new();
        let run = world.completed("t");
        let first = world.review(&run);
        world.judge(&first, verdict(Blocked)).unwrap();
        world.advance(60);
        let request = RunReviewRequest { attempt: 2, ..world.request_for(&run) };
        let second = world.try_review(request).unwrap().review.review_id;
        world.judge(&second, verdict(*outcome)).unwrap();
        let opened = (*outcome == Blocked).then(|| world.now());
        assert_eq!(world.gate("t").unwrap().review_circuit_opened_at, opened, "{outcome}");
    }
}

#[test]
fn a_rejection_queues_the_run_that_continues_the_work() {
    let mut world = World::new();
    world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        network_channel: "of-task".into(),
        ..new_task("t")
    });
    let run = world.put_run("t", RunStatus::Completed);
    world.change_run(&run, |run| run.network_channel = "of-run".into());
    let review = world.review(&run);
    let next_round_guidance = " more care ".to_owned();
    let sent = RunReviewVerdict { next_round_guidance, ..verdict(Rejected) };
    let answer = world.judge(&review, sent).unwrap();
    let next = answer.continuation_run.unwrap();
    assert_eq!(next, world.run(&next.id));
    assert_eq!((next.status, next.attempt), (RunStatus::Queued, 2));
    assert_eq!(next.origin, human().origin);
    assert_eq!((next.idempotency_key.as_str(), &next.previous_run_id), ("", &None));
    assert_eq!(next.network_channel, "of-run");
    assert_eq!(next.coordination_channel_id, "of-run");
    assert!(next.required_capabilities.is_empty() && next.preferred_capabilities.is_empty());
    assert_eq!(
        next.metadata.unwrap().to_value().unwrap(),
        serde_json::json!({
            "source": "task_run_review", "review_id": review,
            "outcome": "rejected", "parent_run_id": run,
        })
    );
    let lineage = next.review.unwrap();
    assert_eq!(lineage.parent_run_id, Some(run.clone()));
    assert_eq!(lineage.review_id, Some(review.clone()));
    assert_eq!(lineage.review_round, 2);
    assert_eq!(lineage.continuation_reason, "it is rejected");
    assert_eq!(lineage.missing_work, RawJson::from_text(r#"["tests"]"#).unwrap());
    assert_eq!(lineage.next_round_guidance, "more care");
    assert_eq!((lineage.request_round, lineage.request_id), (0, None));

    assert_eq!(
        world.events("t")[2..],
        ["run_review_recorded", "run_review_rejected", "run_review_retry_enqueued"]
    );
    let last = world.log("t").pop().unwrap();
    assert_eq!(last.event.run_id, Some(next.id.clone()));
    let payload = serde_json::json!({
        "review_id": review, "run_id": run, "continuation_run_id": next.id, "review_round": 2,
    });
    assert_eq!(world.newest_payload("t"), payload);
}

#[test]
fn a_continuation_without_a_channel_of_its_own_takes_that_of_the_task() {
    let mut world = World::new();
    world.create(CreateTask { network_channel: "of-task".into(), ..new_task("t") });
    let run = world.put_run("t", RunStatus::Failed);
    let review = world.review(&run);
    let next = world.judge(&review, verdict(Rejected)).unwrap().continuation_run.unwrap();
    assert_eq!(next.network_channel, "of-task");
    assert_eq!(next.coordination_channel_id, "", "a global task coordinates nowhere");
}

#[test]
fn a_rejection_reopens_the_task_and_holds_its_dependents_back() {
    let mut world = World::new();
    let run = world.completed("t");
    world.task("after");
    world.depends("after", "t");
    assert_eq!(world.status("after"), Status::Ready);
    assert!(world.record("t").closed_at.is_some());
    let review = world.review(&run);
    world.judge(&review, verdict(Rejected)).unwrap();
    assert_eq!(world.status("t"), Status::Ready);
    assert_eq!(world.record("t").closed_at, None);
    assert_eq!(world.record("t").current_run_id, None, "until it is claimed");
    assert_eq!(world.status("after"), Status::Blocked);
}

#[test]
fn a_rejection_without_an_attempt_left_records_nothing() {
    let mut world = World::new();
    world.task_of_attempts("t", 1);
    let run = world.put_run("t", RunStatus::Completed);
    let review = world.review(&run);
    let before = world.manager.store().clone();
    let request = world.recording(&review, verdict(Rejected));
    world.refuses(TRANSITION, |manager| manager.record_run_review(request, &human()));
    assert_eq!(world.stored_review(&review).status, RunReviewStatus::Requested);
    assert_eq!(world.runs("t").len(), 1);
    assert_eq!(*world.manager.store(), before);
}

#[test]
fn the_third_rejection_finds_no_attempt_left() {
    let mut world = World::new();
    let mut run = world.completed("t");
    for round in 1..=3 {
        let request = RunReviewRequest { review_round: round, ..world.request_for(&run) };
        let review = world.try_review(request).unwrap().review.review_id;
        if round == 3 {
            let request = world.recording(&review, verdict(Rejected));
            world.refuses(TRANSITION, |manager| manager.record_run_review(request, &human()));
            assert!(world.judge(&review, verdict(Approved)).is_ok());
            return;
        }
        run = world.judge(&review, verdict(Rejected)).unwrap().continuation_run.unwrap().id;
        assert_eq!(world.run(&run).review.unwrap().review_round, round + 1);
        world.set_run(&run, RunStatus::Completed);
    }
}

#[test]
fn an_open_run_refuses_a_rejection_and_nothing_else() {
    for outcome in RunReviewOutcome::ALL {
        let mut world = World::new();
        world.task("t");
        let run = world.put_run("t", RunStatus::Failed);
        let review = world.review(&run);
        world.manager.enqueue_run(enqueue("t"), &human()).unwrap();
        let got = world.judge(&review, verdict(*outcome)).map(drop).map_err(|e| e.kind());
        let expected = if *outcome == Rejected { Err(TRANSITION) } else { Ok(()) };
        assert_eq!(got, expected, "{outcome}");
    }
}

#[test]
fn a_rejected_run_of_a_canceled_task_leaves_a_run_that_nobody_can_claim() {
    let mut world = World::new();
    world.task("t");
    let run = world.put_run("t", RunStatus::Canceled);
    let review = world.review(&run);
    let next = world.judge(&review, verdict(Rejected)).unwrap().continuation_run.unwrap();
    assert_eq!(world.status("t"), Status::Canceled);
    assert_eq!(world.run(&next.id).status, RunStatus::Queued);
    assert_eq!(world.try_claim("s").unwrap_err().kind(), ErrorKind::NoClaimableRun);
}

#[test]
fn a_repeated_rejection_finds_its_continuation_and_tells_nothing() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    let sent = RunReviewVerdict { review_text: "long".into(), ..verdict(Rejected) };
    let first = world.judge(&review, sent.clone()).unwrap();
    let next = first.continuation_run.unwrap().id;
    world.set_run(&next, RunStatus::Completed);
    world.advance(60);
    world.manager.take_changes();
    let padded = RunReviewVerdict { reason: " it is rejected\n".into(), ..sent };
    let again = world.judge(&review, padded).unwrap();
    assert_eq!(again.review, first.review);
    assert_eq!(again.continuation_run, Some(world.run(&next)), "as it is now");
    assert_eq!(world.manager.take_changes(), []);
    assert_eq!(world.runs("t").len(), 2);
}

#[test]
fn a_repeated_verdict_of_another_outcome_tells_nothing_either() {
    for outcome in RunReviewOutcome::ALL.iter().filter(|outcome| **outcome != Rejected) {
        let mut world = World::new();
        let run = world.completed("t");
        let review = world.review(&run);
        let first = world.judge(&review, verdict(*outcome)).unwrap();
        world.manager.take_changes();
        assert_eq!(world.judge(&review, verdict(*outcome)).unwrap(), first);
        assert_eq!(world.manager.take_changes(), [], "{outcome}");
    }
}

#[test]
fn a_recorded_review_refuses_any_other_verdict() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    world.judge(&review, verdict(Rejected)).unwrap();
    let same = verdict(Rejected);
    let others = [
        RunReviewVerdict { outcome: Blocked.into(), ..same.clone() },
        RunReviewVerdict { confidence: Some(0.8), ..same.clone() },
        RunReviewVerdict { reason: "other".into(), ..same.clone() },
        RunReviewVerdict { delivery_id: "other".into(), ..same.clone() },
        RunReviewVerdict { missing_work: RawJson::from_text(r#"[ "tests"]"#), ..same.clone() },
        RunReviewVerdict { next_round_guidance: "other".into(), ..same.clone() },
        RunReviewVerdict { review_text: "other".into(), ..same.clone() },
    ];
    for other in others {
        let request = world.recording(&review, other);
        world.refuses(ErrorKind::Conflict, |manager| manager.record_run_review(request, &human()));
    }
    let request = world.recording(&review, same);
    world.refuses(ErrorKind::Conflict, |manager| manager.record_run_review(request, &daemon()));
}

#[test]
fn a_delivery_id_of_another_review_means_nothing() {
    let mut world = World::new();
    let runs = [world.completed("a"), world.completed("b")];
    for run in &runs {
        let review = world.review(run);
        assert!(world.judge(&review, verdict(Approved)).is_ok());
    }
}

#[test]
fn of_agent_sessions_only_the_bound_one_judges() {
    for kind in ActorKind::ALL {
        let actor = match kind {
            ActorKind::Human => human(),
            ActorKind::AgentSession => agent("b"),
            ActorKind::Automation => ActorContext::derive_automation("a", None).unwrap(),
            ActorKind::Extension => ActorContext::derive_extension("e", None).unwrap(),
            ActorKind::NetworkPeer => ActorContext::derive_network_peer("p", None).unwrap(),
            ActorKind::Daemon => daemon(),
        };
        let mut world = World::new();
        let run = world.completed("t");
        let review = world.review(&run);
        world.bind(&review, "a").unwrap();
        let request = world.recording(&review, verdict(Approved));
        if *kind != ActorKind::AgentSession {
            assert!(world.manager.record_run_review(request, &actor).is_ok(), "{kind}");
            continue;
        }
        let again = request.clone();
        world.refuses(ErrorKind::PermissionDenied, |manager| {
            manager.record_run_review(request, &actor)
        });
        assert!(world.manager.record_run_review(again, &agent(" a ")).is_ok());
    }
}

#[test]
fn any_agent_session_judges_an_unbound_review() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    let request = world.recording(&review, verdict(Approved));
    let worker = agent(&format!("sess-{run}"));
    assert!(world.manager.record_run_review(request, &worker).is_ok());
}

#[test]
fn verdicts_follow_the_status_of_the_review() {
    for status in RunReviewStatus::ALL {
        let mut world = World::new();
        let run = world.completed("t");
        let id = world.review(&run);
        let mut review = world.stored_review(&id);
        review.status = *status;
        review.outcome = Some(Blocked);
        put_review(&mut world, review);
        let got = world.judge(&id, verdict(Approved)).map(drop).map_err(|e| e.kind());
        let expected = match status {
            RunReviewStatus::Requested | RunReviewStatus::Routed | RunReviewStatus::InReview => {
                Ok(())
            }
            RunReviewStatus::Recorded => Err(ErrorKind::Conflict),
            RunReviewStatus::CircuitOpened | RunReviewStatus::Canceled => Err(TRANSITION),
        };
        assert_eq!(got, expected, "{status}");
    }
}

#[test]
fn recordings_are_refused_in_order() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    let fine = world.recording(&review, verdict(Approved));
    let mut refused = |kind, request: RecordRunReviewRequest, actor: &ActorContext| {
        world.refuses(kind, |manager| manager.record_run_review(request, actor)).path().to_owned()
    };
    let blank = RecordRunReviewRequest::default();
    refused(ErrorKind::PermissionDenied, blank.clone(), &reader());
    let path = refused(ErrorKind::Validation, blank.clone(), &human());
    assert_eq!(path, "record_run_review.review_id");
    let path = refused(
        ErrorKind::Validation,
        RecordRunReviewRequest { review_id: "nowhere".into(), ..blank },
        &human(),
    );
    assert_eq!(path, "record_run_review.run_id");
    let wrong = RecordRunReviewRequest { verdict: RunReviewVerdict::default(), ..fine.clone() };
    let path = refused(ErrorKind::Validation, wrong, &human());
    assert_eq!(path, "record_run_review.verdict.outcome");
    let unknown = RecordRunReviewRequest { review_id: "nowhere".into(), ..fine.clone() };
    refused(ErrorKind::RunReviewNotFound, unknown, &human());
    let other = RecordRunReviewRequest { run_id: RunId::from("nowhere"), ..fine.clone() };
    assert_eq!(refused(ErrorKind::Validation, other, &human()), "record_run_review.run_id");
    let unfinished = world.running_again(&run);
    world.refuses(TRANSITION, |manager| manager.record_run_review(fine, &human()));
    assert_eq!(unfinished, RunStatus::Running);
}

impl World {
    /// Puts a finished run back to work, which no operation does.
    fn running_again(&mut self, run: &RunId) -> RunStatus {
        self.change_run(run, |run| run.status = RunStatus::Running);
        self.run(run).status
    }
}

#[test]
fn verdicts_out_of_form_are_refused() {
    let text = |length: usize| "x".repeat(length);
    let json = |text: &str| RawJson::from_text(text);
    let fine = verdict(Rejected);
    let cases = [
        RunReviewVerdict { missing_work: json(r#"["x"]"#), ..verdict(Approved) },
        RunReviewVerdict { missing_work: None, ..fine.clone() },
        RunReviewVerdict { missing_work: json("{}"), ..fine.clone() },
        RunReviewVerdict { missing_work: json("[1]"), ..fine.clone() },
        RunReviewVerdict { missing_work: json(r#"["a"," "]"#), ..fine.clone() },
        RunReviewVerdict { confidence: None, ..fine.clone() },
        RunReviewVerdict { confidence: Some(1.01), ..fine.clone() },
        RunReviewVerdict { confidence: Some(-0.01), ..fine.clone() },
        RunReviewVerdict { confidence: Some(f64::NAN), ..fine.clone() },
        RunReviewVerdict { reason: " ".into(), ..fine.clone() },
        RunReviewVerdict { reason: text(4097), ..fine.clone() },
        RunReviewVerdict { delivery_id: " ".into(), ..fine.clone() },
        RunReviewVerdict { delivery_id: text(257), ..fine.clone() },
        RunReviewVerdict { next_round_guidance: text(8193), ..fine.clone() },
        RunReviewVerdict { review_text: text(65537), ..fine.clone() },
    ];
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    for wrong in cases {
        let request = world.recording(&review, wrong);
        world
            .refuses(ErrorKind::Validation, |manager| manager.record_run_review(request, &human()));
    }
    let long = json(&format!("[\"{}\"]", text(MAX_PAYLOAD_BYTES)));
    let request = world.recording(&review, RunReviewVerdict { missing_work: long, ..fine });
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        manager.record_run_review(request, &human())
    });
}

#[test]
fn missing_work_is_kept_byte_for_byte_and_null_as_the_empty_list() {
    let cases = [(r#"[ " a ","b"]"#, r#"[ " a ","b"]"#, Rejected), ("null", "[]", Approved)];
    for (sent, stored, outcome) in cases {
        let mut world = World::new();
        let run = world.completed("t");
        let review = world.review(&run);
        let missing_work = RawJson::from_text(sent);
        world.judge(&review, RunReviewVerdict { missing_work, ..verdict(outcome) }).unwrap();
        assert_eq!(world.stored_review(&review).missing_work, RawJson::from_text(stored));
    }
}

#[test]
fn guidance_alone_makes_a_rejection() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    let sent = RunReviewVerdict {
        missing_work: None,
        next_round_guidance: "again".into(),
        ..verdict(Rejected)
    };
    let next = world.judge(&review, sent).unwrap().continuation_run.unwrap();
    assert_eq!(world.manager.store().get_continuation_of(&review).unwrap().id, next.id);
}

#[test]
fn a_verdict_does_not_touch_what_the_run_brought() {
    let mut world = World::new();
    world.task("t");
    let run = world.running("t");
    world.manager.complete_run(&run, brought("42"), &human()).unwrap();
    let review = world.review(&run);
    let before = world.run(&run);
    world.judge(&review, verdict(Rejected)).unwrap();
    assert_eq!(world.run(&run), before);
}
