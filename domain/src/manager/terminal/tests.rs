#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::enumeration::Enumeration;
use crate::error::{ErrorKind, Result};
use crate::id::RunId;
use crate::json::RawJson;
use crate::manager::testing::runs::{brought, completion, failed, long_json, reader};
use crate::manager::testing::{World, human};
use crate::manager::{Manager, ManagerOptions, Progress, SessionCall};
use crate::run::{CancelRun, Run, RunFailure, RunResult, RunStatus};
use crate::session::StopReason;
use crate::task::Status;

type Operation = fn(&mut Manager, &RunId) -> Result<Run>;
type EndWith = fn(&mut Manager, &RunId, Option<RawJson>) -> Result<Run>;

const COMPLETE: Operation =
    |manager, run| manager.complete_run(run, RunResult::default(), &human());
const FAIL: Operation = |manager, run| manager.fail_run(run, failed("boom"), &human());
const CANCEL: Operation = |manager, run| manager.cancel_run(run, CancelRun::default(), &human());

#[test]
fn a_running_run_is_completed_after_its_session_stopped() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    world.advance(9);
    let run = world.manager.complete_run(&id, brought("[1]"), &human()).unwrap();
    assert_eq!((run.status, run.ended_at), (RunStatus::Completed, Some(world.now())));
    assert_eq!(run.result, RawJson::from_text("[1]"));
    assert_eq!(world.status("t"), Status::Completed);
    assert_eq!(world.record("t").current_run_id, None);
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({ "status": "completed", "task_status": "completed", "result": [1] })
    );
    let calls = world.runtime.borrow().calls.join(", ");
    let stops = format!("request_stop sess-{id} completed, force_stop sess-{id} completed");
    assert_eq!(calls, format!("start {id}, {stops}"));
}

#[test]
fn a_failure_says_what_went_wrong() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    let failure = RunFailure { metadata: RawJson::from_text("{\"at\":3}"), ..failed(" boom ") };
    let run = world.manager.fail_run(&id, failure, &human()).unwrap();
    assert_eq!((run.status, run.error.as_str()), (RunStatus::Failed, "boom"));
    assert_eq!(run.metadata, None, "metadata go to the event alone");
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "status": "failed", "task_status": "ready", "error": "boom", "metadata": { "at": 3 },
        })
    );
}

#[test]
fn the_budget_of_attempts_fails_the_task() {
    let mut world = World::new();
    world.task_of_attempts("t", 1);
    let id = world.running("t");
    FAIL(&mut world.manager, &id).unwrap();
    assert_eq!(world.status("t"), Status::Failed);
}

#[test]
fn each_ending_has_its_statuses() {
    for status in RunStatus::ALL.iter().copied() {
        for (operation, allowed) in [
            (COMPLETE, status == RunStatus::Running),
            (FAIL, matches!(status, RunStatus::Starting | RunStatus::Running)),
            (CANCEL, status.is_open()),
        ] {
            let mut world = World::new();
            world.task("t");
            let id = world.put_run("t", status);
            let outcome = operation(&mut world.manager, &id).map_err(|refusal| refusal.kind());
            match allowed {
                true => assert!(outcome.unwrap().status.is_terminal()),
                false => {
                    assert_eq!(
                        outcome.unwrap_err(),
                        ErrorKind::InvalidStatusTransition,
                        "{status}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_leased_run_is_ended_through_its_lease_or_canceled() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    let id = &claim.run.id;
    world.refuses(ErrorKind::InvalidClaimToken, |manager| COMPLETE(manager, id));
    world.refuses(ErrorKind::InvalidClaimToken, |manager| FAIL(manager, id));
    let run = CANCEL(&mut world.manager, id).unwrap();
    assert_eq!((run.claimed_by, run.session_id), (claim.run.claimed_by, claim.run.session_id));
    assert_eq!(run.claim_token_hash, claim.run.claim_token_hash);
    assert_eq!(
        (run.lease_until, run.heartbeat_at),
        (claim.run.lease_until, claim.run.heartbeat_at)
    );
    assert_eq!(world.runtime.borrow().calls, [] as [String; 0], "a mere claimer is not told");
}

#[test]
fn a_finished_leased_run_still_asks_for_its_token() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.manager.complete_run_lease(completion(&claim), &human()).unwrap();
    world.refuses(ErrorKind::InvalidClaimToken, |manager| COMPLETE(manager, &claim.run.id));
}

#[test]
fn canceling_a_running_run_stops_it_and_cancels_the_task() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    let request = CancelRun { reason: " enough ".into(), metadata: RawJson::from_text("1") };
    let run = world.manager.cancel_run(&id, request, &human()).unwrap();
    assert_eq!((run.status, run.ended_at), (RunStatus::Canceled, Some(world.now())));
    assert_eq!(world.status("t"), Status::Canceled);
    let events = world.events("t");
    assert_eq!(events[events.len() - 2..], ["run_canceled", "run_force_stopped"]);
    let log = world.log("t");
    let payload = log[log.len() - 2].event.payload.clone().unwrap().to_value().unwrap();
    assert_eq!(
        payload,
        serde_json::json!({
            "status": "canceled", "task_status": "canceled", "reason": "enough", "metadata": 1,
            "session_id": format!("sess-{id}"), "cooperative_stop_requested": true,
        })
    );
}

#[test]
fn a_session_that_cannot_be_stopped_keeps_its_run() {
    for (operation, reason) in [(COMPLETE, "completed"), (FAIL, "failed"), (CANCEL, "cancellation")]
    {
        for failing in ["request_stop", "force_stop"] {
            let mut world = World::new();
            world.task("t");
            let id = world.running("t");
            let before = world.run(&id);
            world.runtime.borrow_mut().failing.push(failing);
            world.refuses(ErrorKind::Other, |manager| operation(manager, &id));
            assert_eq!(world.run(&id), before);
            assert_eq!(world.status("t"), Status::InProgress);
            let calls = &world.runtime.borrow().calls;
            assert_eq!(calls.last(), Some(&format!("{failing} sess-{id} {reason}")));
        }
    }
}

#[test]
fn without_an_executor_nothing_at_work_ends() {
    let mut world = World::with(|options: &mut ManagerOptions| options.sessions = None);
    world.task("t");
    let id = world.put_run("t", RunStatus::Running);
    for operation in [COMPLETE, FAIL, CANCEL] {
        world.refuses(ErrorKind::Validation, |manager| operation(manager, &id));
    }
    world.change_run(&id, |run| run.session_id = None);
    assert!(COMPLETE(&mut world.manager, &id).is_ok(), "there is nothing to stop");
}

#[test]
fn an_event_that_is_too_large_stops_nobody() {
    let document = || Some(long_json(64 * 1024));
    let endings: [EndWith; 3] = [
        |manager, id, value| manager.complete_run(id, RunResult { value }, &human()),
        |manager, id, metadata| {
            manager.fail_run(id, RunFailure { metadata, ..failed("e") }, &human())
        },
        |manager, id, metadata| {
            let request = CancelRun { metadata, ..CancelRun::default() };
            manager.cancel_run(id, request, &human())
        },
    ];
    for end in endings {
        let mut world = World::new();
        world.task("t");
        let id = world.running("t");
        let calls = world.runtime.borrow().calls.len();
        world.refuses(ErrorKind::PayloadTooLarge, |manager| end(manager, &id, document()));
        assert_eq!(world.runtime.borrow().calls.len(), calls);
        assert!(end(&mut world.manager, &id, None).is_ok());
    }
}

#[test]
fn requests_are_checked_first() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    world.refuses(ErrorKind::Validation, |manager| {
        manager.complete_run(&id, brought("{\"Claim_Token\":1}"), &human())
    });
    world.refuses(ErrorKind::Validation, |manager| manager.fail_run(&id, failed(" "), &human()));
    let credential = RawJson::from_text("{\"claim_token\":1}");
    let request = CancelRun { metadata: credential, ..CancelRun::default() };
    world.refuses(ErrorKind::TaskRunNotFound, |manager| COMPLETE(manager, &"x".into()));
    world.refuses(ErrorKind::Validation, |manager| CANCEL(manager, &" ".into()));
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.complete_run(&id, RunResult::default(), &reader())
    });
    assert!(world.manager.cancel_run(&id, request, &human()).is_ok(), "cancel looks at no keys");
}

#[test]
fn an_ending_can_be_carried_out_in_steps() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    let first = world.manager.begin_complete_run(&id, RunResult::default(), &human()).unwrap();
    let Progress::Waiting(request) = first else { panic!("the session is asked first") };
    let session = world.run(&id).session_id.unwrap();
    let reason = StopReason::Completed;
    assert_eq!(request.call(), &SessionCall::RequestStop { session: session.clone(), reason });
    let second = request.resume(&mut world.manager, Ok(None)).unwrap();
    let Progress::Waiting(force) = second else { panic!("then it is ended") };
    assert_eq!(force.call(), &SessionCall::ForceStop { session, reason });
    assert_eq!(world.run(&id).status, RunStatus::Running);
    let Progress::Done(run) = force.resume(&mut world.manager, Ok(None)).unwrap() else {
        panic!("nothing is left to do")
    };
    assert_eq!(run.status, RunStatus::Completed);
}

#[test]
fn a_run_that_changed_while_its_session_stopped_is_left_alone() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    let first = world.manager.begin_complete_run(&id, RunResult::default(), &human()).unwrap();
    let Progress::Waiting(request) = first else { panic!("the session is asked first") };
    FAIL(&mut world.manager, &id).unwrap();
    let Progress::Waiting(force) = request.resume(&mut world.manager, Ok(None)).unwrap() else {
        panic!("then it is ended")
    };
    let kind = ErrorKind::InvalidStatusTransition;
    world.refuses(kind, |manager| force.resume(manager, Ok(None)).map(|_| ()));
    assert_eq!(world.run(&id).status, RunStatus::Failed);
}
