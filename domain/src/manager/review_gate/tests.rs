#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::enumeration::Enumeration;
use crate::error::ErrorKind;
use crate::manager::testing::reviews::verdict;
use crate::manager::testing::runs::{brought, completion, failed, reader};
use crate::manager::testing::{World, agent, human};
use crate::review::{AutoReviewOptions, ReviewGateOptions};
use crate::run::CancelRun;
use crate::time::Duration;

use RunReviewOutcome::{Approved, Blocked, Error, InvalidOutput, Rejected, Timeout};

fn gated(change: impl FnOnce(&mut ReviewGateOptions)) -> World {
    World::with(|options| change(&mut options.review_gate))
}

fn automatic(policy: ReviewPolicy) -> World {
    gated(|gate| {
        gate.automatic = Some(AutoReviewOptions { policy, ..AutoReviewOptions::default() });
    })
}

/// A review of a completed run of `t`, in some round and attempt.
fn review_at(world: &mut World, run: &RunId, round: i64, attempt: i64) -> ReviewId {
    let request = RunReviewRequest { review_round: round, attempt, ..world.request_for(run) };
    world.try_review(request).unwrap().review.review_id
}

fn is_open(world: &World) -> bool {
    world.gate("t").is_some_and(|gate| gate.review_circuit_opened_at.is_some())
}

fn reviews(world: &World) -> Vec<RunReview> {
    world.manager.list_run_reviews(RunReviewQuery::default(), &human()).unwrap()
}

#[test]
fn a_rejection_in_the_last_round_opens_the_circuit_and_queues_nothing() {
    let mut world = gated(|gate| gate.max_rounds = Some(2));
    let run = world.completed("t");
    let first = review_at(&mut world, &run, 1, 1);
    let next = world.judge(&first, verdict(Rejected)).unwrap();
    assert!(!next.circuit_opened);
    let run = next.continuation_run.unwrap().id;
    world.set_run(&run, RunStatus::Completed);
    let second = review_at(&mut world, &run, 2, 1);
    let answer = world.judge(&second, verdict(Rejected)).unwrap();
    assert!(answer.circuit_opened);
    assert_eq!(answer.continuation_run, None);
    assert_eq!(answer.review.status, RunReviewStatus::Recorded);
    let gate = world.gate("t").unwrap();
    assert_eq!(gate.review_circuit_opened_at, Some(world.now()));
    assert!(gate.review_circuit_reason.contains("round 2 of 2"), "{gate:?}");
    assert_eq!(world.runs("t").len(), 2);
    assert_eq!(world.events("t").last().unwrap(), "run_review_rejected");
    world.manager.take_changes();
    assert_eq!(world.judge(&second, verdict(Rejected)).unwrap(), answer, "a repetition");
    assert_eq!(world.manager.take_changes(), []);
}

#[test]
fn an_approval_in_the_last_round_opens_nothing() {
    let mut world = gated(|gate| gate.max_rounds = Some(1));
    let run = world.completed("t");
    let review = world.review(&run);
    assert!(!world.judge(&review, verdict(Approved)).unwrap().circuit_opened);
    assert!(!is_open(&world));
}

#[test]
fn without_an_attempt_left_a_rejection_opens_the_circuit_behind_the_option() {
    let mut world = gated(|gate| gate.exhaustion_opens_circuit = true);
    world.task_of_attempts("t", 1);
    let run = world.put_run("t", RunStatus::Completed);
    let review = world.review(&run);
    let answer = world.judge(&review, verdict(Rejected)).unwrap();
    assert!(answer.circuit_opened && answer.continuation_run.is_none());
    assert!(world.gate("t").unwrap().review_circuit_reason.contains("none of 1 attempts"));
}

#[test]
fn with_an_attempt_left_a_rejection_queues_a_run_whatever_the_option() {
    let mut world = gated(|gate| gate.exhaustion_opens_circuit = true);
    world.task_of_attempts("t", 2);
    let run = world.put_run("t", RunStatus::Completed);
    let review = world.review(&run);
    let answer = world.judge(&review, verdict(Rejected)).unwrap();
    assert!(!answer.circuit_opened && answer.continuation_run.is_some());
}

#[test]
fn an_open_run_still_refuses_a_rejection() {
    for (attempts, status) in
        [(3, RunStatus::Queued), (2, RunStatus::Queued), (2, RunStatus::Running)]
    {
        let mut world = gated(|gate| gate.exhaustion_opens_circuit = true);
        world.task_of_attempts("t", attempts);
        let run = world.put_run("t", RunStatus::Completed);
        let review = world.review(&run);
        world.put_run("t", status);
        let refused = world.judge(&review, verdict(Rejected)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidStatusTransition, "{attempts} {status}");
    }
}

#[test]
fn a_review_that_fails_too_often_opens_the_circuit() {
    for outcome in RunReviewOutcome::ALL {
        let mut world = gated(|gate| gate.max_review_attempts = Some(2));
        let run = world.completed("t");
        let first = world.review(&run);
        world.judge(&first, verdict(Error)).unwrap();
        assert!(!is_open(&world));
        let second = review_at(&mut world, &run, 1, 2);
        let answer = world.judge(&second, verdict(*outcome)).unwrap();
        let failure = matches!(outcome, Error | Timeout | InvalidOutput);
        assert_eq!(answer.circuit_opened, failure, "{outcome}");
        assert_eq!(is_open(&world), failure || *outcome == Blocked, "{outcome}");
    }
}

#[test]
fn a_failed_review_is_asked_for_again_until_the_limit() {
    let mut world = gated(|gate| {
        gate.max_review_attempts = Some(2);
        gate.repeats_failed_reviews = true;
    });
    let run = world.completed("t");
    let first = world.review(&run);
    world.judge(&first, verdict(InvalidOutput)).unwrap();
    let second = reviews(&world).into_iter().find(|review| review.attempt == 2).unwrap();
    assert_eq!(second.status, RunReviewStatus::Requested);
    assert_eq!(second.review_round, 1);
    assert_eq!(world.run(&run).review.unwrap().request_id, Some(second.review_id.clone()));
    assert_eq!(world.log("t").last().unwrap().event.actor, gate_actor().actor);
    world.judge(&second.review_id, verdict(InvalidOutput)).unwrap();
    assert_eq!(reviews(&world).len(), 2);
    assert!(is_open(&world));
}

#[test]
fn a_review_that_came_to_a_decision_is_not_asked_for_again() {
    for outcome in [Approved, Rejected, Blocked] {
        let mut world = gated(|gate| {
            gate.max_review_attempts = Some(2);
            gate.repeats_failed_reviews = true;
        });
        let run = world.completed("t");
        let review = world.review(&run);
        world.judge(&review, verdict(outcome)).unwrap();
        assert_eq!(reviews(&world).len(), 1, "{outcome}");
    }
}

#[test]
fn an_opening_circuit_takes_waiting_requests_along_behind_the_option() {
    for withdraws in [false, true] {
        let mut world = gated(|gate| gate.withdraws_requests = withdraws);
        let older = world.completed("t");
        let waiting = world.review(&older);
        let newer = world.put_run("t", RunStatus::Completed);
        let begun = world.review(&newer);
        world.bind(&begun, "s").unwrap();
        world.judge(&begun, verdict(Blocked)).unwrap();
        let expected = match withdraws {
            true => RunReviewStatus::CircuitOpened,
            false => RunReviewStatus::Requested,
        };
        assert_eq!(world.stored_review(&waiting).status, expected);
        assert_eq!(world.stored_review(&begun).status, RunReviewStatus::Recorded);
    }
}

#[test]
fn failed_reviews_leave_an_open_circuit_behind_the_option() {
    for outcome in RunReviewOutcome::ALL {
        let mut world = gated(|gate| gate.failures_keep_circuit = true);
        let run = world.completed("t");
        let first = world.review(&run);
        world.judge(&first, verdict(Blocked)).unwrap();
        let second = review_at(&mut world, &run, 1, 2);
        world.advance(60);
        world.judge(&second, verdict(*outcome)).unwrap();
        let gate = world.gate("t").unwrap();
        let closed = matches!(outcome, Approved | Rejected);
        assert_eq!(gate.review_circuit_opened_at.is_none(), closed, "{outcome}");
        assert_eq!(gate.review_circuit_reason.is_empty(), closed, "{outcome}");
    }
}

#[test]
fn a_blocked_verdict_reports_the_open_circuit_behind_the_option() {
    for reports_blocked in [false, true] {
        let mut world = gated(|gate| gate.reports_blocked = reports_blocked);
        let run = world.completed("t");
        let review = world.review(&run);
        let answer = world.judge(&review, verdict(Blocked)).unwrap();
        assert_eq!(answer.circuit_opened, reports_blocked);
        assert_eq!(world.judge(&review, verdict(Blocked)).unwrap(), answer);
    }
}

#[test]
fn overdue_reviews_time_out_earliest_first() {
    let mut world = World::new();
    let start = world.now();
    let due = |seconds: i64| Some(start + Duration::from_secs(seconds));
    let mut request = |name: &str, deadline_at| {
        let run = world.completed(name);
        let request = RunReviewRequest { deadline_at, ..world.request_for(&run) };
        world.try_review(request).unwrap().review.review_id
    };
    let late = request("a", due(60));
    let early = request("b", due(30));
    let future = request("c", due(61));
    let never = request("d", None);
    world.bind(&late, "s").unwrap();
    world.advance(60);
    world.refuses(ErrorKind::PermissionDenied, |manager| manager.expire_reviews(&reader()));
    let expired = world.manager.expire_reviews(&human()).unwrap();
    let ids: Vec<ReviewId> = expired.iter().map(|result| result.review.review_id.clone()).collect();
    assert_eq!(ids, [early.clone(), late]);
    let review = world.stored_review(&early);
    assert_eq!((review.outcome, review.confidence), (Some(Timeout), Some(1.0)));
    assert_eq!(review.delivery_id, format!("review-deadline:{early}"));
    assert_eq!(review.reviewed_by, Some(gate_actor().actor));
    for open in [future, never] {
        assert_eq!(world.stored_review(&open).status, RunReviewStatus::Requested);
    }
    assert_eq!(world.manager.expire_reviews(&human()).unwrap(), []);
}

#[test]
fn a_request_that_goes_with_the_circuit_does_not_time_out_too() {
    let mut world = gated(|gate| {
        gate.max_review_attempts = Some(1);
        gate.withdraws_requests = true;
    });
    let runs = [world.completed("t"), world.put_run("t", RunStatus::Completed)];
    let deadline_at = Some(world.now());
    let ids = runs.map(|run| {
        let request = RunReviewRequest { deadline_at, ..world.request_for(&run) };
        world.try_review(request).unwrap().review.review_id
    });
    let expired = world.manager.expire_reviews(&human()).unwrap();
    assert_eq!(expired.len(), 1);
    let statuses = ids.map(|id| world.stored_review(&id).status);
    assert_eq!(statuses, [RunReviewStatus::Recorded, RunReviewStatus::CircuitOpened]);
}

#[test]
fn no_review_is_asked_for_by_itself_by_default() {
    let mut world = World::new();
    world.task("t");
    world.manager.set_review_policy(&"t".into(), Some(ReviewPolicy::Always), &human()).unwrap();
    let run = world.running("t");
    world.manager.complete_run(&run, brought("1"), &human()).unwrap();
    assert!(reviews(&world).is_empty());
    assert_eq!(world.run(&run).review, None);
}

#[test]
fn a_run_that_ends_gets_its_review_in_a_change_of_its_own() {
    let mut world = automatic(ReviewPolicy::Always);
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.manager.take_changes();
    let answer = world.manager.complete_run_lease(completion(&claim), &agent("s")).unwrap();
    let lineage = answer.review.unwrap();
    assert!(lineage.required, "stamped with the end itself");
    assert_eq!((lineage.request_round, lineage.policy_snapshot), (1, Some(ReviewPolicy::Always)));
    let changes = world.manager.take_changes();
    assert_eq!(changes.len(), 2);
    let [review] = &reviews(&world)[..] else { panic!("one review") };
    assert_eq!(review.run_id, claim.run.id);
    assert_eq!(review.deadline_at, Some(world.now() + Duration::from_secs(20 * 60)));
    let lineage = world.run(&claim.run.id).review.unwrap();
    assert!(!lineage.required);
    assert_eq!(lineage.request_id, Some(review.review_id.clone()));
    let requested = world.log("t").pop().unwrap();
    assert_eq!(requested.event.actor, gate_actor().actor);
}

#[test]
fn every_end_is_covered_by_its_policy() {
    for policy in ReviewPolicy::ALL {
        for end in [RunStatus::Completed, RunStatus::Failed, RunStatus::Canceled] {
            let mut world = automatic(*policy);
            world.task("t");
            let run = world.running("t");
            let ended = match end {
                RunStatus::Completed => world.manager.complete_run(&run, brought("1"), &human()),
                RunStatus::Failed => world.manager.fail_run(&run, failed("boom"), &human()),
                _ => world.manager.cancel_run(&run, CancelRun::default(), &human()),
            };
            ended.unwrap();
            let covered = policy.matches_run_status(end);
            assert_eq!(reviews(&world).len(), usize::from(covered), "{policy} {end}");
        }
    }
}

#[test]
fn the_policy_of_a_task_comes_before_that_of_the_board() {
    let mut world = automatic(ReviewPolicy::Always);
    world.task("t");
    let gate =
        world.manager.set_review_policy(&"t".into(), Some(ReviewPolicy::None), &human()).unwrap();
    assert_eq!(world.manager.review_gate(&"t".into(), &reader()), Ok(gate.clone()));
    world.manager.take_changes();
    let same = world.manager.set_review_policy(&"t".into(), Some(ReviewPolicy::None), &human());
    assert_eq!((same, world.manager.take_changes()), (Ok(gate), vec![]), "nothing changes");
    assert_eq!(world.newest_payload("t")["changed_fields"], serde_json::json!(["review_policy"]));
    let run = world.running("t");
    world.manager.complete_run(&run, brought("1"), &human()).unwrap();
    assert!(reviews(&world).is_empty());
    let review = world.review(&run);
    world.judge(&review, verdict(Approved)).unwrap();
    assert_eq!(world.gate("t").unwrap().policy, Some(ReviewPolicy::None), "verdicts keep it");
}

#[test]
fn an_open_circuit_stops_automatic_requests_and_no_explicit_ones() {
    let mut world = automatic(ReviewPolicy::Always);
    let run = world.completed("t");
    let review = world.review(&run);
    world.judge(&review, verdict(Blocked)).unwrap();
    let run = world.running("t");
    world.manager.complete_run(&run, brought("1"), &human()).unwrap();
    assert_eq!(reviews(&world).len(), 1);
    assert!(world.try_review(world.request_for(&run)).unwrap().created);
}

#[test]
fn a_continuation_is_reviewed_in_the_next_round() {
    let mut world = automatic(ReviewPolicy::OnSuccess);
    world.task("t");
    let run = world.running("t");
    world.manager.complete_run(&run, brought("1"), &human()).unwrap();
    let first = reviews(&world)[0].review_id.clone();
    world.judge(&first, verdict(Rejected)).unwrap();
    let claim = world.claim("s");
    world.manager.complete_run_lease(completion(&claim), &agent("s")).unwrap();
    let second = reviews(&world).into_iter().find(|review| review.review_id != first).unwrap();
    assert_eq!(second.review_round, 2);
    assert_eq!(second.parent_review_id, Some(first));
}

#[test]
fn a_refused_end_asks_for_nothing() {
    let mut world = automatic(ReviewPolicy::Always);
    world.task("t");
    let run = world.running("t");
    world.runtime.borrow_mut().failing.push("force_stop");
    assert!(world.manager.complete_run(&run, brought("1"), &human()).is_err());
    world.task("other");
    assert!(reviews(&world).is_empty());
}

#[test]
fn a_lost_request_is_made_up_for() {
    let mut world = automatic(ReviewPolicy::Always);
    let run = world.completed("t");
    world.change_run(&run, |run| {
        run.review = Some(RunReviewLineage { required: true, ..RunReviewLineage::default() });
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.request_required_reviews(&reader())
    });
    let requested = world.manager.request_required_reviews(&human()).unwrap();
    assert_eq!(requested, reviews(&world));
    assert_eq!(requested.len(), 1);
    assert_eq!(world.manager.request_required_reviews(&human()).unwrap(), []);
}
