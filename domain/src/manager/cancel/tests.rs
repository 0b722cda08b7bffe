#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::{Value, json};

use crate::actor::Authority;
use crate::error::ErrorKind;
use crate::execution::CancelTask;
use crate::id::TaskId;
use crate::json::RawJson;
use crate::manager::Progress;
use crate::manager::testing::{World, human, limited};
use crate::run::RunStatus;
use crate::task::{Status, Task};

fn because(reason: &str) -> CancelTask {
    CancelTask { reason: reason.to_owned(), metadata: None }
}

fn cancel(world: &mut World, task: &str) -> Task {
    world.manager.cancel_task(&task.into(), CancelTask::default(), &human()).unwrap()
}

fn payloads(world: &World, task: &str, event: &str) -> Vec<Value> {
    let log = world.log(task);
    let of_type = log.iter().filter(|record| record.event.event_type.as_str() == event);
    of_type.map(|record| record.event.payload.as_ref().unwrap().to_value().unwrap()).collect()
}

#[test]
fn a_cancellation_ends_the_task_and_says_why() {
    let mut world = World::new();
    let task = world.task("design");
    world.advance(60);
    let request =
        CancelTask { metadata: RawJson::from_text("{\"ticket\":7}"), ..because(" obsolete ") };
    let canceled = world.manager.cancel_task(&task, request, &human()).unwrap();
    assert_eq!(canceled.status, Status::Canceled);
    assert_eq!((canceled.updated_at, canceled.closed_at), (world.now(), Some(world.now())));
    assert_eq!(
        world.newest_payload("design"),
        json!({"reason": "obsolete", "metadata": {"ticket": 7}, "status": "canceled"})
    );
}

#[test]
fn a_cancellation_reaches_everything_below() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "queued");
    world.child("root", "running");
    world.child("running", "leaf");
    let queued = world.put_run("queued", RunStatus::Queued);
    let running = world.put_run("running", RunStatus::Running);
    cancel(&mut world, "root");

    for task in ["root", "queued", "running", "leaf"] {
        assert_eq!(world.status(task), Status::Canceled, "{task}");
    }
    assert_eq!(world.run(&queued).status, RunStatus::Canceled);
    assert_eq!(world.run(&running).status, RunStatus::Canceled);
    assert_eq!(world.run(&running).ended_at, Some(world.now()));
    assert_eq!(world.record("running").current_run_id, None);
    let session = "sess-running-run-1 cancellation";
    assert_eq!(
        world.runtime.borrow().calls,
        [format!("request_stop {session}"), format!("force_stop {session}")]
    );
    assert_eq!(world.events("root"), ["created", "child_created", "child_created", "canceled"]);
    assert_eq!(
        world.events("running"),
        ["created", "child_created", "run_canceled", "run_force_stopped", "canceled"]
    );
    assert_eq!(
        payloads(&world, "running", "task.run_canceled"),
        [json!({
            "status": "canceled", "task_status": "in_progress",
            "session_id": "sess-running-run-1", "propagated_from_task_id": "root",
            "cooperative_stop_requested": true,
        })]
    );
    assert_eq!(
        payloads(&world, "running", "task.run_force_stopped"),
        [json!({
            "session_id": "sess-running-run-1", "grace_timeout_ms": 0,
            "propagated_from_task_id": "root",
        })]
    );
    assert_eq!(
        payloads(&world, "queued", "task.canceled"),
        [json!({
            "status": "canceled", "propagated_from_task_id": "root",
            "canceled_run_ids": ["queued-run-1"],
        })]
    );
    assert_eq!(payloads(&world, "root", "task.canceled"), [json!({"status": "canceled"})]);
    let first_below = world.log("queued").last().unwrap().sequence;
    assert!(world.log("root").last().unwrap().sequence < first_below, "from the root down");
}

#[test]
fn what_ended_below_keeps_its_end_and_what_is_under_it_does_not() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "done");
    world.child("done", "open");
    world.put_run("done", RunStatus::Completed);
    cancel(&mut world, "root");
    assert_eq!(world.status("done"), Status::Completed);
    assert_eq!(world.status("open"), Status::Canceled);
}

#[test]
fn a_run_left_open_on_a_canceled_child_is_not_touched() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "child");
    let run = world.put_run("child", RunStatus::Queued);
    world.put_task(Task { status: Status::Canceled, ..world.record("child") });
    cancel(&mut world, "root");
    assert_eq!(world.run(&run).status, RunStatus::Queued);
    cancel(&mut world, "child");
    assert_eq!(world.run(&run).status, RunStatus::Canceled, "as a root it is");
}

#[test]
fn a_second_cancellation_only_reaches_what_is_new() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "old");
    cancel(&mut world, "root");
    world.manager.take_changes();
    cancel(&mut world, "root");
    assert_eq!(world.manager.take_changes(), []);

    world.child("root", "new");
    world.advance(60);
    let before = world.record("old");
    cancel(&mut world, "root");
    assert_eq!(world.status("new"), Status::Canceled);
    assert_eq!(world.record("old"), before);
}

#[test]
fn every_status_is_canceled_except_a_finished_one() {
    let mut world = World::new();
    world.draft("draft");
    world.task("ready");
    world.manual("blocked");
    world.task("running");
    world.put_run("running", RunStatus::Running);
    world.task("again");
    world.put_run("again", RunStatus::Completed);
    world.put_run("again", RunStatus::Queued);
    for task in ["draft", "ready", "blocked", "running", "again"] {
        assert_eq!(cancel(&mut world, task).status, Status::Canceled, "{task}");
    }
    world.task("completed");
    world.put_run("completed", RunStatus::Completed);
    world.task("failed");
    for _ in 0..3 {
        world.put_run("failed", RunStatus::Failed);
    }
    for task in ["completed", "failed"] {
        world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.cancel_task(&task.into(), CancelTask::default(), &human())
        });
    }
}

#[test]
fn the_session_of_a_claimed_run_is_not_stopped() {
    let mut world = World::new();
    world.task("design");
    let run = world.put_run("design", RunStatus::Claimed);
    cancel(&mut world, "design");
    assert!(world.runtime.borrow().calls.is_empty());
    assert_eq!(world.run(&run).status, RunStatus::Canceled);
    let payload = &payloads(&world, "design", "task.run_canceled")[0];
    assert_eq!(payload["session_id"], "sess-design-run-1");
    assert_eq!(payload.get("cooperative_stop_requested"), None);
}

#[test]
fn a_failed_stop_leaves_the_run_at_work() {
    for (failing, calls) in [("request_stop", 1), ("force_stop", 2)] {
        let mut world = World::new();
        let task = world.task("design");
        let run = world.put_run("design", RunStatus::Running);
        world.runtime.borrow_mut().failing.push(failing);
        world.refuses(ErrorKind::Other, |manager| {
            manager.cancel_task(&task, CancelTask::default(), &human())
        });
        assert_eq!(world.runtime.borrow().calls.len(), calls);
        assert_eq!((world.run(&run).status, world.run(&run).ended_at), (RunStatus::Running, None));
        assert_eq!(world.status("design"), Status::InProgress);
    }
}

#[test]
fn a_failed_stop_below_leaves_the_tasks_above_canceled() {
    let mut world = World::new();
    let root = world.task("root");
    world.child("root", "child");
    world.put_run("child", RunStatus::Running);
    world.runtime.borrow_mut().failing.push("request_stop");
    world.manager.cancel_task(&root, CancelTask::default(), &human()).unwrap_err();
    assert_eq!(world.status("root"), Status::Canceled);
    assert_eq!(world.status("child"), Status::InProgress);
}

#[test]
fn a_working_session_needs_a_runtime_to_stop_it() {
    let mut world = World::with(|options| options.sessions = None);
    let task = world.task("design");
    world.put_run("design", RunStatus::Starting);
    world.refuses(ErrorKind::Validation, |manager| {
        manager.cancel_task(&task, CancelTask::default(), &human())
    });
    assert_eq!(world.status("design"), Status::InProgress);
}

/// A document that makes the root's own event exactly as large as events may be.
fn as_large_as_fits() -> RawJson {
    let around = "{\"metadata\":,\"status\":\"canceled\"}".len();
    RawJson::from_value(&"x".repeat(64 * 1024 - around - 2)).unwrap()
}

#[test]
fn an_event_may_be_exactly_as_large_as_the_limit() {
    let mut world = World::new();
    let task = world.task("design");
    let request = CancelTask { metadata: Some(as_large_as_fits()), ..CancelTask::default() };
    world.manager.cancel_task(&task, request, &human()).unwrap();
    let stored = world.log("design").pop().unwrap().event.payload.clone().unwrap();
    assert_eq!(stored.as_str().len(), 64 * 1024);
}

#[test]
fn an_event_below_that_would_not_fit_refuses_everything() {
    let mut world = World::new();
    let root = world.task("root");
    let running = world.put_run("root", RunStatus::Running);
    let request = || CancelTask { metadata: Some(as_large_as_fits()), ..CancelTask::default() };
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        manager.cancel_task(&root, request(), &human())
    });
    assert!(world.runtime.borrow().calls.is_empty(), "no session was stopped");

    world.set_run(&running, RunStatus::Failed);
    world.child("root", "child");
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        manager.cancel_task(&root, request(), &human())
    });
    assert_eq!(world.status("root"), Status::Ready);
    world.manager.cancel_task(&root, because("smaller"), &human()).unwrap();
}

#[test]
fn dependents_of_a_canceled_task_stay_blocked() {
    let mut world = World::new();
    world.task("design");
    world.task("build");
    world.depends("build", "design");
    cancel(&mut world, "design");
    assert_eq!(world.status("build"), Status::Blocked);
}

#[test]
fn requests_are_checked_in_their_order() {
    let mut world = World::new();
    let large = RawJson::from_value(&"x".repeat(64 * 1024)).ok();
    let reader = limited(human(), Authority { read: true, ..Authority::default() });
    let too_large = CancelTask { metadata: large, ..CancelTask::default() };
    let blank = TaskId::from(" ");
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.cancel_task(&blank, too_large.clone(), &reader)
    });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.cancel_task(&blank, too_large.clone(), &human())
    });
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        manager.cancel_task(&"gone".into(), too_large, &human())
    });
    world.refuses(ErrorKind::TaskNotFound, |manager| {
        manager.cancel_task(&"gone".into(), CancelTask::default(), &human())
    });
}

#[test]
fn a_caller_that_gives_up_between_the_stops_leaves_the_run_at_work() {
    let mut world = World::new();
    let task = world.task("design");
    world.put_run("design", RunStatus::Running);
    let waiting = match world.manager.begin_cancel_task(&task, CancelTask::default(), &human()) {
        Ok(Progress::Waiting(waiting)) => waiting,
        Ok(Progress::Done(_)) | Err(_) => panic!("the session has to be stopped first"),
    };
    let between = match waiting.resume(&mut world.manager, Ok(None)) {
        Ok(Progress::Waiting(waiting)) => waiting,
        Ok(Progress::Done(_)) | Err(_) => panic!("the stop by force is missing"),
    };
    drop(between);
    assert_eq!(world.status("design"), Status::InProgress);
}

#[test]
fn a_task_that_was_finished_while_its_session_stopped_stays_finished() {
    let mut world = World::new();
    let task = world.task("design");
    let run = world.put_run("design", RunStatus::Running);
    let mut progress =
        world.manager.begin_cancel_task(&task, CancelTask::default(), &human()).unwrap();
    world.set_run(&run, RunStatus::Completed);
    let refusal = loop {
        match progress {
            Progress::Done(_) => panic!("the task is completed"),
            Progress::Waiting(waiting) => match waiting.resume(&mut world.manager, Ok(None)) {
                Ok(next) => progress = next,
                Err(refusal) => break refusal,
            },
        }
    };
    assert_eq!(refusal.kind(), ErrorKind::InvalidStatusTransition);
    assert_eq!(world.status("design"), Status::Completed);
}
