#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::autonomy::AutonomyReasonCode;
use crate::claim_token::ClaimToken;
use crate::error::{ErrorKind, Result};
use crate::lease::{ClaimResult, LeaseCompletion, LeaseFailure, LeaseHeartbeat};
use crate::manager::testing::runs::{
    LEASE, brought, completion, enqueue, failed, failure, heartbeat, long_json, reader, release,
    session,
};
use crate::manager::testing::{World, agent, human};
use crate::run::{Run, RunFailure, RunResult, RunStatus};
use crate::store::ClaimTokenStore;
use crate::task::Status;
use crate::time::Duration;

/// A world with one claimed run of the task `t`, held by the session `s`.
fn held() -> (World, ClaimResult) {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    (world, claim)
}

/// What each of the four operations of a lease answers.
fn every_operation(world: &mut World, claim: &ClaimResult) -> [Result<Run>; 4] {
    let actor = agent("anybody");
    [
        world.manager.heartbeat_run_lease(heartbeat(claim), &actor),
        world.manager.release_run_lease(release(claim), &actor),
        world.manager.complete_run_lease(completion(claim), &actor),
        world.manager.fail_run_lease(failure(claim), &actor),
    ]
}

#[track_caller]
fn all_refused(world: &mut World, claim: &ClaimResult, kind: ErrorKind) {
    for outcome in every_operation(world, claim) {
        let refusal = outcome.unwrap_err();
        assert_eq!(refusal.kind(), kind);
        assert!(!refusal.to_string().contains("agh_claim_"), "{refusal}");
    }
}

fn with_token(claim: &ClaimResult, token: &str) -> ClaimResult {
    ClaimResult { claim_token: ClaimToken::from(token), ..claim.clone() }
}

#[test]
fn a_heartbeat_moves_the_end_of_the_lease() {
    let (mut world, claim) = held();
    let claimed_at = world.now();
    world.advance(30);
    let request = LeaseHeartbeat { lease_duration: Duration::from_secs(120), ..heartbeat(&claim) };
    let run = world.manager.heartbeat_run_lease(request, &human()).unwrap();
    assert_eq!(run.lease_until, Some(claimed_at + Duration::from_secs(150)), "earlier than before");
    assert_eq!((run.heartbeat_at, run.status), (Some(world.now()), RunStatus::Claimed));
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "status": "claimed", "task_status": "ready",
            "lease_until": "2026-01-01T00:02:30Z", "heartbeat_at": "2026-01-01T00:00:30Z",
            "claim_token_hash": run.claim_token_hash.unwrap().as_str(),
        })
    );
}

#[test]
fn a_heartbeat_before_the_claim_is_refused() {
    let (mut world, claim) = held();
    let before = Some(world.now() - Duration::from_secs(1));
    let request = LeaseHeartbeat { now: before, ..heartbeat(&claim) };
    world.refuses(ErrorKind::Validation, |manager| manager.heartbeat_run_lease(request, &human()));
}

#[test]
fn a_lease_ends_at_its_last_instant() {
    let (mut world, claim) = held();
    world.advance(LEASE.as_secs());
    all_refused(&mut world, &claim, ErrorKind::LeaseExpired);
    world.advance(-1);
    assert!(world.manager.heartbeat_run_lease(heartbeat(&claim), &human()).is_ok());
}

#[test]
fn a_wrong_token_opens_nothing() {
    let (mut world, claim) = held();
    all_refused(&mut world, &with_token(&claim, "agh_claim_other"), ErrorKind::InvalidClaimToken);
    all_refused(&mut world, &with_token(&claim, " "), ErrorKind::Validation);
    let padded = format!(" {} ", claim.claim_token.expose());
    let padded = with_token(&claim, &padded);
    assert!(world.manager.heartbeat_run_lease(heartbeat(&padded), &human()).is_ok());
}

type End = fn(&mut World, &ClaimResult);

#[test]
fn a_token_tells_an_ended_run_from_a_lost_one() {
    let endings: [(End, ErrorKind); 5] = [
        (
            |world, claim| {
                world.manager.complete_run_lease(completion(claim), &human()).unwrap();
            },
            ErrorKind::InvalidStatusTransition,
        ),
        (
            |world, claim| {
                world.manager.fail_run_lease(failure(claim), &human()).unwrap();
            },
            ErrorKind::InvalidStatusTransition,
        ),
        (
            |world, claim| {
                world.manager.cancel_run(&claim.run.id, Default::default(), &human()).unwrap();
            },
            ErrorKind::InvalidStatusTransition,
        ),
        (
            |world, claim| {
                world.manager.release_run_lease(release(claim), &human()).unwrap();
            },
            ErrorKind::InvalidClaimToken,
        ),
        (
            |world, claim| {
                let id = &claim.run.id;
                world.manager.force_release_run(id, Default::default(), &human()).unwrap();
            },
            ErrorKind::InvalidClaimToken,
        ),
    ];
    for (end, kind) in endings {
        let (mut world, claim) = held();
        end(&mut world, &claim);
        all_refused(&mut world, &claim, kind);
        assert_eq!(world.record("t").current_run_id, None);
        let kept = world.manager.store().get_claim_token(&claim.run.id);
        assert_eq!(kept, None, "the token goes with the lease");
    }
}

#[test]
fn unknown_runs_and_readers_are_refused() {
    let (mut world, claim) = held();
    let stranger =
        ClaimResult { run: Run { id: "x".into(), ..claim.run.clone() }, ..claim.clone() };
    all_refused(&mut world, &stranger, ErrorKind::TaskRunNotFound);
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.heartbeat_run_lease(heartbeat(&claim), &reader())
    });
}

#[test]
fn a_release_puts_the_run_back_into_its_place() {
    let (mut world, claim) = held();
    world.advance(10);
    let request = crate::lease::LeaseRelease { reason: " tired ".into(), ..release(&claim) };
    let run = world.manager.release_run_lease(request, &agent("s")).unwrap();
    assert_eq!((run.status, run.attempt), (RunStatus::Queued, 1));
    assert_eq!(run.queued_at, claim.run.queued_at);
    assert_eq!((&run.claimed_by, &run.session_id, &run.claim_token_hash), (&None, &None, &None));
    assert_eq!((run.claimed_at, run.lease_until, run.heartbeat_at), (None, None, None));
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "previous_status": "claimed", "status": "queued", "task_status": "ready",
            "reason": "tired", "session_id": "s",
        })
    );
    assert_eq!(world.claim("s").run.id, run.id, "the same session may take it again");
}

#[test]
fn a_completed_run_keeps_its_hash_and_loses_its_lease() {
    let (mut world, claim) = held();
    world.advance(45);
    let request = LeaseCompletion { result: brought("{\"a\": 1}"), ..completion(&claim) };
    let run = world.manager.complete_run_lease(request, &agent("s")).unwrap();
    assert_eq!((run.status, run.ended_at), (RunStatus::Completed, Some(world.now())));
    assert_eq!(run.claim_token_hash, claim.run.claim_token_hash);
    assert_eq!((run.lease_until, run.heartbeat_at, run.started_at), (None, None, None));
    assert_eq!((run.session_id, run.claimed_by), (claim.run.session_id, claim.run.claimed_by));
    assert_eq!(run.result, brought("{\"a\": 1}").value);
    assert_eq!(world.status("t"), Status::Completed);
    let payload = world.newest_payload("t");
    assert_eq!(payload["result"], serde_json::json!({ "a": 1 }));
    assert_eq!(payload["claim_token_hash"], claim.run.claim_token_hash.unwrap().as_str());
}

#[test]
fn a_failed_run_queues_nothing_by_itself() {
    let (mut world, claim) = held();
    let request = LeaseFailure { failure: failed(" boom "), ..failure(&claim) };
    let run = world.manager.fail_run_lease(request, &agent("s")).unwrap();
    assert_eq!((run.status, run.error.as_str()), (RunStatus::Failed, "boom"));
    assert_eq!((world.status("t"), world.runs("t").len()), (Status::Ready, 1));
    assert_eq!(world.newest_payload("t")["error"], "boom");
    assert_eq!(world.try_enqueue("t").unwrap().attempt, 2);
    let second = world.claim("s");
    world.manager.complete_run_lease(completion(&second), &agent("s")).unwrap();
    assert_eq!(world.status("t"), Status::Completed);
}

#[test]
fn results_and_failures_are_checked_first() {
    let (mut world, claim) = held();
    let bad = [
        (brought("{"), ErrorKind::Validation),
        (brought("{\"claim_token\":1}"), ErrorKind::Validation),
        (RunResult { value: Some(long_json(64 * 1024 + 1)) }, ErrorKind::PayloadTooLarge),
    ];
    for (result, kind) in bad {
        let request = LeaseCompletion { result, ..completion(&with_token(&claim, "wrong")) };
        world.refuses(kind, |manager| manager.complete_run_lease(request, &human()));
    }
    let mut request = failure(&claim);
    request.failure = failed(" ");
    world.refuses(ErrorKind::Validation, |manager| manager.fail_run_lease(request, &human()));
}

#[test]
fn an_ending_whose_event_is_too_large_changes_nothing() {
    let (mut world, claim) = held();
    let before = world.run(&claim.run.id);
    let document = Some(long_json(64 * 1024));
    let request =
        LeaseCompletion { result: RunResult { value: document.clone() }, ..completion(&claim) };
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        manager.complete_run_lease(request, &human())
    });
    let mut request = failure(&claim);
    request.failure = RunFailure { metadata: document, ..failed("e") };
    world.refuses(ErrorKind::PayloadTooLarge, |manager| manager.fail_run_lease(request, &human()));
    assert_eq!(world.run(&claim.run.id), before);
    assert!(world.manager.store().get_claim_token(&claim.run.id).is_some());
    assert!(world.manager.complete_run_lease(completion(&claim), &human()).is_ok());
}

#[test]
fn of_all_that_end_a_lease_one_wins() {
    let (mut world, claim) = held();
    let outcomes = every_operation(&mut world, &claim);
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 2, "the heartbeat and the release");
    assert_eq!(world.record("t").current_run_id, None);
}

#[test]
fn a_started_run_keeps_its_lease_under_its_token() {
    let (mut world, claim) = held();
    world.start(&claim.run.id).unwrap();
    let run = world.manager.heartbeat_run_lease(heartbeat(&claim), &agent("s")).unwrap();
    assert_eq!(run.status, RunStatus::Running);
    let run = world.manager.complete_run_lease(completion(&claim), &agent("s")).unwrap();
    assert!(run.started_at.is_some());
    assert_eq!(world.runtime.borrow().calls, [format!("start {}", run.id)], "no stop");
}

#[track_caller]
fn reason(world: &World, by: &str, run: &str) -> (AutonomyReasonCode, ErrorKind) {
    let refusal =
        world.manager.lookup_active_run_for_session(&session(by), &run.into()).unwrap_err();
    (refusal.reason().unwrap(), refusal.kind())
}

#[test]
fn a_session_finds_its_live_lease() {
    let (world, claim) = held();
    let id = claim.run.id.as_str();
    let padded = format!(" {id} ");
    let handle =
        world.manager.lookup_active_run_for_session(&session(" s "), &padded.as_str().into());
    let handle = handle.unwrap();
    assert_eq!(handle.run_id, claim.run.id);
    assert_eq!(handle.session_id, session("s"));
    assert_eq!(handle.claim_token, Some(claim.claim_token));
    assert_eq!(handle.lease_until, claim.run.lease_until);
}

#[test]
fn a_lookup_says_why_not() {
    let (mut world, claim) = held();
    let id = claim.run.id.as_str();
    let required = (AutonomyReasonCode::SessionRequired, ErrorKind::PermissionDenied);
    assert_eq!(reason(&world, " ", id), required);
    let none = (AutonomyReasonCode::NoActiveLease, ErrorKind::InvalidClaimToken);
    assert_eq!(reason(&world, "other", id), none);
    let foreign = (AutonomyReasonCode::ForeignRun, ErrorKind::PermissionDenied);
    assert_eq!(reason(&world, "s", "x"), foreign);
    let refusal =
        world.manager.lookup_active_run_for_session(&session("s"), &" ".into()).unwrap_err();
    assert_eq!((refusal.kind(), refusal.reason()), (ErrorKind::Validation, None));
    world.advance(LEASE.as_secs());
    let expired = (AutonomyReasonCode::LeaseExpired, ErrorKind::LeaseExpired);
    assert_eq!(reason(&world, "s", id), expired);

    world.task("u");
    world.enqueue("u");
    world.claim("s");
    world.advance(-LEASE.as_secs());
    let held = (AutonomyReasonCode::LeaseAlreadyHeld, ErrorKind::ActiveRunLease);
    assert_eq!(reason(&world, "s", id), held);
}

#[test]
fn a_finished_run_counts_as_expired_for_its_session() {
    let (mut world, claim) = held();
    world.manager.complete_run_lease(completion(&claim), &human()).unwrap();
    let expired = (AutonomyReasonCode::LeaseExpired, ErrorKind::LeaseExpired);
    assert_eq!(reason(&world, "s", claim.run.id.as_str()), expired);
}

#[test]
fn the_lookup_follows_a_run_to_its_own_session() {
    let (mut world, claim) = held();
    let run = world.start(&claim.run.id).unwrap();
    let own = run.session_id.unwrap();
    let handle = world.manager.lookup_active_run_for_session(&own, &run.id).unwrap();
    assert_eq!(handle.claim_token, Some(claim.claim_token));
    let none = (AutonomyReasonCode::NoActiveLease, ErrorKind::InvalidClaimToken);
    assert_eq!(reason(&world, "s", run.id.as_str()), none);
    assert!(world.manager.enqueue_run(enqueue("t"), &human()).is_err());
}
