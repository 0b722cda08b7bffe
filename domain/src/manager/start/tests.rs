#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::Cell;
use std::rc::Rc;

use crate::actor::ActorContext;
use crate::error::ErrorKind;
use crate::manager::testing::runs::{completion, failed, heartbeat, session};
use crate::manager::testing::{World, agent, human};
use crate::manager::{ManagerOptions, Progress, SessionCall, SteppedSessions, Waiting};
use crate::run::{Run, RunStatus, StartRun};
use crate::session::SessionRef;
use crate::store::MemoryStore;
use crate::task::Status;

fn begin(world: &mut World, run: &crate::id::RunId) -> Waiting<MemoryStore, Run> {
    match world.manager.begin_start_run(run, StartRun::default(), &human()).unwrap() {
        Progress::Waiting(waiting) => waiting,
        Progress::Done(run) => panic!("{} needs no session", run.id),
    }
}

fn answering(id: &str) -> SessionRef {
    SessionRef { session_id: session(id), ..SessionRef::default() }
}

/// A world whose channel `ops` can be closed.
fn with_channel() -> (World, Rc<Cell<bool>>) {
    let open = Rc::new(Cell::new(true));
    let seen = Rc::clone(&open);
    let world = World::with(|options: &mut ManagerOptions| {
        options.channel_validator = Some(Box::new(move |_| match seen.get() {
            true => Ok(()),
            false => Err("channel is closed".to_owned()),
        }));
    });
    (world, open)
}

#[test]
fn a_started_run_runs_in_a_session_of_its_own() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    world.advance(3);
    let run = world.start(&id).unwrap();
    assert_eq!(run.status, RunStatus::Running);
    assert_eq!(run.session_id, Some(session(&format!("sess-{id}"))));
    assert_eq!(run.started_at, Some(world.now()));
    assert_eq!(world.status("t"), Status::InProgress);
    let events = world.events("t");
    assert_eq!(events[3..], ["run_starting", "run_session_bound", "run_started"]);
    let log = world.log("t");
    let payload = |index: usize| log[index].event.payload.clone().unwrap().to_value().unwrap();
    let starting = serde_json::json!({ "status": "starting", "task_status": "in_progress" });
    assert_eq!(payload(3), starting);
    assert_eq!(payload(5)["status"], "running");
    assert_eq!(payload(5)["session_id"], format!("sess-{id}"));
}

#[test]
fn the_outside_is_told_everything_it_needs() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    let waiting = begin(&mut world, &id);
    let SessionCall::Start(spec) = waiting.call() else { panic!("a session is started") };
    assert_eq!((spec.run.id.clone(), spec.run.status), (id, RunStatus::Starting));
    assert_eq!(spec.task.status, Status::InProgress);
    assert_eq!(spec.actor, human());
    let profile = crate::profile::ExecutionProfile::default_for(&"t".into());
    assert_eq!(spec.execution_profile, Some(profile));
}

#[test]
fn only_claimed_runs_start() {
    use crate::enumeration::Enumeration;
    for status in RunStatus::ALL.iter().copied() {
        let mut world = World::new();
        world.task("t");
        let id = world.put_run("t", status);
        let outcome = world.start(&id).map_err(|refusal| refusal.kind());
        match status {
            RunStatus::Claimed | RunStatus::Starting => {
                assert_eq!(outcome.unwrap().status, RunStatus::Running);
            }
            RunStatus::Queued
            | RunStatus::Running
            | RunStatus::Completed
            | RunStatus::Failed
            | RunStatus::Canceled => {
                assert_eq!(outcome.unwrap_err(), ErrorKind::InvalidStatusTransition, "{status}");
            }
        }
    }
}

#[test]
fn a_starting_run_without_a_session_does_not_start_again() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    drop(begin(&mut world, &id));
    assert_eq!(world.run(&id).status, RunStatus::Starting);
    let kind = ErrorKind::InvalidStatusTransition;
    world.refuses(kind, |manager| manager.start_run(&id, StartRun::default(), &human()));
    let run = world.manager.attach_run_session(&id, &session("x"), &human()).unwrap();
    assert_eq!(run.session_id, Some(session("x")), "attaching rescues it");
}

#[test]
fn keys_and_executors_are_asked_for() {
    let mut world = World::with(|options: &mut ManagerOptions| options.sessions = None);
    world.task("t");
    let id = world.claimed("t");
    let robot = ActorContext::derive_automation("cron", None).unwrap();
    let refusal = world.refuses(ErrorKind::Validation, |manager| {
        manager.start_run(&id, StartRun::default(), &robot)
    });
    assert_eq!(refusal.path(), "start_run.idempotency_key");
    let keyed = StartRun { idempotency_key: "k".into() };
    let refusal =
        world.refuses(ErrorKind::Validation, |manager| manager.start_run(&id, keyed, &robot));
    assert_eq!(refusal.path(), "");
    assert_eq!(world.run(&id).status, RunStatus::Claimed);
}

#[test]
fn a_session_that_does_not_start_fails_the_run() {
    let mut world = World::new();
    world.task_of_attempts("t", 1);
    let id = world.claimed("t");
    world.runtime.borrow_mut().failing.push("start");
    let refusal = world.start(&id).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Other);
    assert!(refusal.detail().contains("the runtime refuses"), "{refusal}");
    let run = world.run(&id);
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.error, "start task session: the runtime refuses");
    assert_eq!((run.started_at, world.status("t")), (None, Status::Failed));
    assert_eq!(world.events("t")[3..], ["run_starting", "run_failed"]);
}

#[test]
fn a_missing_session_reference_fails_the_run() {
    for answer in [None, Some(answering(" "))] {
        let mut world = World::new();
        world.task("t");
        let id = world.claimed("t");
        let waiting = begin(&mut world, &id);
        let refusal = waiting.resume(&mut world.manager, Ok(answer)).map(|_| ()).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Validation);
        assert_eq!(world.run(&id).status, RunStatus::Failed);
    }
}

#[test]
fn a_failed_start_of_a_leased_run_stops_its_claimer() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.runtime.borrow_mut().failing.push("start");
    world.start(&claim.run.id).unwrap_err();
    let calls = world.runtime.borrow().calls[1..].join(", ");
    assert_eq!(calls, "request_stop s failed, force_stop s failed");
    let run = world.run(&claim.run.id);
    assert_eq!((run.status, run.lease_until), (RunStatus::Failed, None));
    assert_eq!(run.claim_token_hash, claim.run.claim_token_hash);
    assert_eq!(world.newest_payload("t").get("claim_token_hash"), None);
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.heartbeat_run_lease(heartbeat(&claim), &agent("s"))
    });
}

#[test]
fn a_start_that_can_neither_go_on_nor_fail_says_both() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.runtime.borrow_mut().failing.extend(["start", "request_stop"]);
    let refusal = world.start(&claim.run.id).unwrap_err();
    assert_eq!(refusal.detail().matches("the runtime refuses").count(), 2, "{refusal}");
    assert_eq!(world.run(&claim.run.id).status, RunStatus::Starting);
}

#[test]
fn a_leased_run_is_handed_over_to_its_session_once() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    let run = world.start(&claim.run.id).unwrap();
    assert_eq!(run.claim_token_hash, claim.run.claim_token_hash);
    assert_eq!(run.lease_until, claim.run.lease_until);
    assert_ne!(run.session_id, claim.run.session_id);
}

#[test]
fn a_session_of_another_than_the_claimer_is_not_replaced() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let criteria = crate::lease::ClaimCriteria {
        claimer_session_id: session("s"),
        ..crate::lease::ClaimCriteria::default()
    };
    let claim = world.manager.claim_next_run(criteria, &human()).unwrap();
    let refusal = world.start(&claim.run.id).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::SessionAlreadyBound);
    let run = world.run(&claim.run.id);
    assert_eq!((run.status, &run.session_id), (RunStatus::Starting, &claim.run.session_id));
    assert_eq!(run.lease_until, claim.run.lease_until);
    assert_eq!(world.events("t").last().unwrap(), "run_starting");
    let own = format!("sess-{}", run.id);
    let calls = world.runtime.borrow().calls[1..].join(", ");
    assert_eq!(calls, format!("request_stop {own} failed, force_stop {own} failed"));
    let again = world.start(&run.id).unwrap();
    assert_eq!(again.session_id, Some(session("s")), "it goes on in the claimer's session");
}

#[test]
fn a_run_that_ended_while_its_session_started_lets_it_go() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    let waiting = begin(&mut world, &id);
    world.manager.cancel_run(&id, Default::default(), &human()).unwrap();
    let next = waiting.resume(&mut world.manager, Ok(Some(answering("x")))).unwrap();
    let refusal = world.manager.carry_through(next).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::InvalidStatusTransition);
    assert_eq!(world.run(&id).status, RunStatus::Canceled);
    let calls = world.runtime.borrow().calls.join(", ");
    assert_eq!(calls, "request_stop x failed, force_stop x failed");
}

#[test]
fn a_step_can_be_repeated_after_it_was_undone() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    let waiting = begin(&mut world, &id);
    let again = waiting.clone();
    assert!(waiting.resume(&mut world.manager, Ok(Some(answering("x")))).is_ok());
    let changes = world.manager.take_changes().pop().unwrap();
    world.manager.store_mut().apply(&changes.inverse);
    assert_eq!(world.run(&id).status, RunStatus::Starting);
    let next = again.resume(&mut world.manager, Ok(Some(answering("x")))).unwrap();
    assert_eq!(world.manager.carry_through(next).unwrap().status, RunStatus::Running);
}

#[test]
fn a_channel_that_was_closed_refuses_the_start() {
    let (mut world, open) = with_channel();
    world.create(crate::task::CreateTask {
        network_channel: "ops".into(),
        ..crate::manager::testing::new_task("t")
    });
    let id = world.claimed("t");
    open.set(false);
    let refusal = world.start(&id).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::StaleNetworkChannel);
    let run = world.run(&id);
    assert_eq!((run.status, run.network_channel.as_str()), (RunStatus::Claimed, "ops"));
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "operation": "start", "reason": "stale_network_channel", "network_channel": "ops",
        })
    );
    let refusal = world.manager.attach_run_session(&id, &session("x"), &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::StaleNetworkChannel);
    assert_eq!(world.newest_payload("t")["operation"], "attach");
    assert_eq!(world.runtime.borrow().calls, [] as [String; 0]);
}

#[test]
fn a_task_that_became_blocked_does_not_start() {
    let mut world = World::new();
    world.task("a");
    world.task("b");
    let id = world.claimed("b");
    world.depends("b", "a");
    let kind = ErrorKind::InvalidStatusTransition;
    world.refuses(kind, |manager| manager.start_run(&id, StartRun::default(), &human()));
    world.refuses(kind, |manager| manager.attach_run_session(&id, &session("x"), &human()));
}

#[test]
fn an_attached_session_makes_the_run_start_without_another() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    let run = world.manager.attach_run_session(&id, &session(" x "), &human()).unwrap();
    assert_eq!((run.status, &run.session_id), (RunStatus::Starting, &Some(session("x"))));
    assert_eq!((run.started_at, world.status("t")), (None, Status::InProgress));
    assert_eq!(world.events("t")[3..], ["run_session_bound"]);
    assert_eq!(world.start(&id).unwrap().status, RunStatus::Running);
    assert_eq!(world.runtime.borrow().calls, [format!("attach {id} x")]);
    assert_eq!(world.events("t")[4..], ["run_started"]);
}

#[test]
fn attaching_has_its_conditions_in_order() {
    let mut world = World::with(|options: &mut ManagerOptions| options.sessions = None);
    world.refuses(ErrorKind::Validation, |manager| {
        manager.attach_run_session(&"x".into(), &session("s"), &human())
    });

    let mut world = World::new();
    world.task("t");
    world.task("u");
    let queued = world.enqueue("t");
    world.refuses(ErrorKind::Validation, |manager| {
        manager.attach_run_session(&queued, &session(" "), &human())
    });
    world.refuses(ErrorKind::SessionAttachNotAllowed, |manager| {
        manager.attach_run_session(&queued, &session("x"), &human())
    });
    let running = world.running("u");
    world.refuses(ErrorKind::SessionAlreadyBound, |manager| {
        manager.attach_run_session(&running, &session("x"), &human())
    });
    world.manager.claim_run(&queued, Default::default(), &human()).unwrap();
    let busy = world.run(&running).session_id.unwrap();
    world.refuses(ErrorKind::SessionAlreadyBound, |manager| {
        manager.attach_run_session(&queued, &busy, &human())
    });
    world.manager.fail_run(&running, failed("e"), &human()).unwrap();
    assert!(world.manager.attach_run_session(&queued, &busy, &human()).is_ok());
}

#[test]
fn a_refused_attachment_leaves_the_run_as_it_is() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    world.runtime.borrow_mut().failing.push("attach");
    world.refuses(ErrorKind::Other, |manager| {
        manager.attach_run_session(&id, &session("x"), &human())
    });
    assert_eq!(world.run(&id).status, RunStatus::Claimed);
}

#[test]
fn the_token_completes_a_started_run_without_a_stop() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.start(&claim.run.id).unwrap();
    let run = world.manager.complete_run_lease(completion(&claim), &agent("s")).unwrap();
    assert_eq!(run.status, RunStatus::Completed);
    assert_eq!(world.runtime.borrow().calls.len(), 1);
}

#[test]
fn a_runtime_may_be_called_step_by_step() {
    let mut world = World::with(|options: &mut ManagerOptions| {
        options.sessions = Some(Box::new(SteppedSessions));
    });
    world.task("t");
    let id = world.claimed("t");
    let waiting = begin(&mut world, &id);
    let Progress::Done(run) = waiting.resume(&mut world.manager, Ok(Some(answering("x")))).unwrap()
    else {
        panic!("nothing is left to do")
    };
    assert_eq!((run.status, run.session_id), (RunStatus::Running, Some(session("x"))));
    world.refuses(ErrorKind::Other, |manager| {
        manager.complete_run(&id, Default::default(), &human())
    });
}
