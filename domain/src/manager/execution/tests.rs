#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use crate::actor::{ActorContext, Authority, OriginKind};
use crate::error::ErrorKind;
use crate::execution::{Execution, ExecutionAction, ExecutionRequest};
use crate::id::TaskId;
use crate::json::RawJson;
use crate::manager::testing::{World, agent, human, limited, new_task};
use crate::run::{EnqueueRun, RunStatus};
use crate::store::ChannelStore;
use crate::task::{ApprovalPolicy, ApprovalState, CreateTask, Scope, Status, Task};

fn request() -> ExecutionRequest {
    ExecutionRequest::default()
}

fn with_key(key: &str) -> ExecutionRequest {
    ExecutionRequest { idempotency_key: key.to_owned(), ..request() }
}

/// The same person at another terminal: another scope of keys.
fn elsewhere() -> ActorContext {
    ActorContext::derive_human("ada", OriginKind::Cli, "other terminal").unwrap()
}

fn enqueue(task: &TaskId, key: &str) -> EnqueueRun {
    EnqueueRun { task_id: task.clone(), idempotency_key: key.to_owned(), ..EnqueueRun::default() }
}

fn start(world: &mut World, task: &TaskId) -> Execution {
    world.manager.start_task(task, request(), &human()).unwrap()
}

#[test]
fn publishing_a_draft_queues_its_first_run() {
    let mut world = World::new();
    let task = world.draft("design");
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.enqueue_run(enqueue(&task, ""), &human())
    });
    assert!(world.runs("design").is_empty());

    world.advance(60);
    let published = world.manager.publish_task(&task, request(), &human()).unwrap();
    assert_eq!(published.action, ExecutionAction::Publish);
    assert!(!published.existing_run);
    assert_eq!((published.task.status, published.task.updated_at), (Status::Ready, world.now()));
    assert_eq!((published.run.status, published.run.attempt), (RunStatus::Queued, 1));
    assert_eq!(published.run.idempotency_key, "task.publish.design");
    assert_eq!(world.events("design"), ["created", "published", "run_enqueued"]);
    let said = world.log("design")[1].event.payload.as_ref().unwrap().to_value().unwrap();
    assert_eq!(
        said,
        json!({"previous_status": "draft", "status": "ready", "approval_state": "not_required"})
    );
}

#[test]
fn a_draft_that_waits_cannot_be_published_and_stays_a_draft() {
    let mut world = World::new();
    world.task("before");
    let task = world.draft("design");
    world.depends("design", "before");
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.publish_task(&task, request(), &human())
    });
    assert_eq!(world.status("design"), Status::Draft);
    world.put_run("before", RunStatus::Completed);
    assert_eq!(world.status("design"), Status::Draft);
    world.manager.publish_task(&task, request(), &human()).unwrap();
    assert_eq!(world.status("design"), Status::Ready);
}

#[test]
fn a_draft_without_its_approval_cannot_be_published() {
    let mut world = World::new();
    let task = world.create(CreateTask {
        draft: true,
        approval_policy: ApprovalPolicy::Manual.into(),
        ..new_task("design")
    });
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.publish_task(&task, request(), &human())
    });

    world.manager.approve_task(&task, request(), &human()).unwrap_err();
    assert_eq!(world.record("design").approval_state, ApprovalState::Approved);
    assert_eq!(world.newest_payload("design")["status"], "draft");
    world.manager.publish_task(&task, request(), &human()).unwrap();
    assert_eq!(world.status("design"), Status::Ready);
}

#[test]
fn only_drafts_are_published() {
    let mut world = World::new();
    let task = world.task("design");
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.publish_task(&task, request(), &human())
    });
    let draft = world.draft("draft");
    world.manager.publish_task(&draft, request(), &human()).unwrap();
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.publish_task(&draft, request(), &elsewhere())
    });
}

#[test]
fn every_action_repeated_gives_the_run_of_the_first_time() {
    type Action = fn(&mut World, &TaskId) -> Execution;
    let actions: [(&str, Action, ExecutionAction); 3] = [
        (
            "draft",
            |world, task| world.manager.publish_task(task, request(), &human()).unwrap(),
            ExecutionAction::Publish,
        ),
        ("plain", start, ExecutionAction::Start),
        (
            "manual",
            |world, task| world.manager.approve_task(task, request(), &human()).unwrap(),
            ExecutionAction::Approval,
        ),
    ];
    let mut world = World::new();
    world.draft("draft");
    world.task("plain");
    world.manual("manual");
    for (name, act, action) in actions {
        let task = TaskId::from(name);
        let first = act(&mut world, &task);
        world.manager.take_changes();
        let again = act(&mut world, &task);
        assert!(again.existing_run);
        assert_eq!(again.action, action);
        assert_eq!(again.run, first.run);
        assert_eq!(world.runs(name).len(), 1);
        assert_eq!(world.manager.take_changes(), []);
    }
}

#[test]
fn a_repeated_start_gives_the_old_run_even_after_it_ended() {
    let mut world = World::new();
    let task = world.task("design");
    let first = start(&mut world, &task);
    world.set_run(&first.run.id, RunStatus::Canceled);
    assert_eq!(world.status("design"), Status::Canceled);
    let again = start(&mut world, &task);
    assert!(again.existing_run);
    assert_eq!((again.run.id, again.run.status), (first.run.id, RunStatus::Canceled));
    assert_eq!(again.task.status, Status::Canceled);
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.start_task(&task, with_key("fresh"), &human())
    });
}

#[test]
fn keys_are_shared_by_all_ways_to_queue_a_run() {
    let mut world = World::new();
    let task = world.task("design");
    let other = world.task("build");
    let run = world.manager.enqueue_run(enqueue(&task, "key"), &human()).unwrap();
    let started = world.manager.start_task(&task, with_key(" key "), &human()).unwrap();
    assert!(started.existing_run);
    assert_eq!(started.run.id, run.id);
    world.refuses(ErrorKind::Validation, |manager| {
        manager.start_task(&other, with_key("key"), &human())
    });
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.start_task(&task, with_key("key"), &elsewhere())
    });
}

#[test]
fn the_first_request_under_a_key_counts() {
    let mut world = World::new();
    let task = world.task("design");
    let with_metadata =
        |text| ExecutionRequest { metadata: RawJson::from_text(text), ..with_key("key") };
    world.manager.start_task(&task, with_metadata("{\"a\":1}"), &human()).unwrap();
    let again = world.manager.start_task(&task, with_metadata("{\"a\":2}"), &human()).unwrap();
    assert_eq!(again.run.metadata, RawJson::from_text("{\"a\":1}"));
}

#[test]
fn only_tasks_that_nothing_holds_back_are_started() {
    let mut world = World::new();
    world.task("before");
    let blocked = world.task("blocked");
    world.depends("blocked", "before");
    let draft = world.draft("draft");
    let pending = world.manual("pending");
    let rejected = world.manual("rejected");
    world.manager.reject_task(&rejected, &human()).unwrap();
    let canceled = world.task("canceled");
    world.put_run("canceled", RunStatus::Canceled);
    let running = world.task("running");
    world.put_run("running", RunStatus::Running);
    let failed = world.task("failed");
    for _ in 0..3 {
        world.put_run("failed", RunStatus::Failed);
    }
    for task in [blocked, draft, pending, rejected, canceled, running, failed] {
        world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.start_task(&task, request(), &human())
        });
    }
    world.refuses(ErrorKind::TaskNotFound, |manager| {
        manager.start_task(&"gone".into(), request(), &human())
    });
}

#[test]
fn a_completed_task_is_started_again_under_a_fresh_key() {
    let mut world = World::new();
    let task = world.task("design");
    world.put_run("design", RunStatus::Completed);
    assert!(world.record("design").closed_at.is_some());
    let again = start(&mut world, &task);
    assert_eq!(again.run.attempt, 2);
    assert_eq!((again.task.status, again.task.closed_at), (Status::Ready, None));
}

#[test]
fn a_paused_task_can_be_started() {
    let mut world = World::new();
    let task = world.task("design");
    world.put_task(Task { paused: true, ..world.record("design") });
    assert_eq!(start(&mut world, &task).run.status, RunStatus::Queued);
}

#[test]
fn starting_leaves_one_event() {
    let mut world = World::new();
    let task = world.task("design");
    start(&mut world, &task);
    assert_eq!(world.events("design"), ["created", "run_enqueued"]);
}

#[test]
fn the_run_of_a_workspace_task_gets_one_coordination_channel() {
    let mut world = World::new();
    let task = world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        ..new_task("design")
    });
    let run = start(&mut world, &task).run;
    let channel = world.manager.store().get_channel(&run.coordination_channel_id).unwrap();
    assert_eq!(channel.workspace_id.as_str(), "w");
}

#[test]
fn an_approval_frees_a_task_and_queues_a_run() {
    let mut world = World::new();
    let task = world.manual("design");
    assert_eq!(world.status("design"), Status::Blocked);
    let approved = world.manager.approve_task(&task, request(), &agent("s-1")).unwrap();
    assert_eq!(approved.task.approval_state, ApprovalState::Approved);
    assert_eq!(approved.task.status, Status::Ready);
    assert_eq!(world.events("design"), ["created", "approved", "run_enqueued"]);
    let said = world.log("design")[1].event.payload.as_ref().unwrap().to_value().unwrap();
    assert_eq!(
        said,
        json!({
            "previous_approval_state": "pending", "approval_state": "approved", "status": "ready",
        })
    );
}

#[test]
fn an_approved_task_may_still_wait_for_others() {
    let mut world = World::new();
    world.task("before");
    let task = world.manual("design");
    world.depends("design", "before");
    let approved = world.manager.approve_task(&task, request(), &human()).unwrap();
    assert_eq!((approved.task.status, approved.run.status), (Status::Blocked, RunStatus::Queued));
}

#[test]
fn an_approval_stays_where_its_run_is_refused() {
    let mut world = World::new();
    let task = world.manual("design");
    world.put_run("design", RunStatus::Queued);
    let refusal = world.manager.approve_task(&task, request(), &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::InvalidStatusTransition);
    assert_eq!(world.record("design").approval_state, ApprovalState::Approved);
    assert_eq!(world.status("design"), Status::Ready);
    assert_eq!(world.events("design"), ["created", "approved"]);
}

#[test]
fn a_canceled_task_can_be_approved_but_stays_canceled() {
    let mut world = World::new();
    let task = world.manual("design");
    world.put_run("design", RunStatus::Canceled);
    world.advance(60);
    let refusal = world.manager.approve_task(&task, request(), &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::InvalidStatusTransition);
    let stored = world.record("design");
    assert_eq!((stored.status, stored.approval_state), (Status::Canceled, ApprovalState::Approved));
    assert_eq!((stored.closed_at, stored.updated_at), (None, world.now()));
    assert_eq!(world.newest_payload("design")["status"], "canceled");
}

#[test]
fn a_publication_stays_where_its_run_is_refused() {
    let mut world = World::new();
    let task = world.draft("design");
    let broken =
        ExecutionRequest { metadata: RawJson::from_text("{\"claim_token\":\"x\"}"), ..request() };
    let refusal = world.manager.publish_task(&task, broken, &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Validation);
    assert_eq!(world.status("design"), Status::Ready);
    assert_eq!(world.events("design"), ["created", "published"]);
    assert!(world.runs("design").is_empty());
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.publish_task(&task, request(), &human())
    });
}

#[test]
fn a_rejected_task_keeps_its_queued_run_and_stays_blocked() {
    let mut world = World::new();
    let task = world.manual("design");
    let run = world.put_run("design", RunStatus::Queued);
    let rejected = world.manager.reject_task(&task, &human()).unwrap();
    assert_eq!(rejected.approval_state, ApprovalState::Rejected);
    assert_eq!(rejected.status, Status::Blocked);
    assert_eq!(world.run(&run).status, RunStatus::Queued);
    assert_eq!(
        world.newest_payload("design"),
        json!({
            "previous_approval_state": "pending", "approval_state": "rejected",
            "status": "blocked",
        })
    );
}

#[test]
fn an_approval_is_decided_once() {
    let mut world = World::new();
    let plain = world.task("plain");
    let approved = world.manual("approved");
    world.manager.approve_task(&approved, request(), &human()).unwrap();
    let rejected = world.manual("rejected");
    world.manager.reject_task(&rejected, &human()).unwrap();
    for task in [&plain, &approved, &rejected] {
        world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.approve_task(task, with_key("fresh"), &human())
        });
        world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.reject_task(task, &human())
        });
    }
}

#[test]
fn requests_are_checked_before_keys_and_tasks() {
    let mut world = World::with(|options| {
        options.channel_validator = Some(Box::new(|_| Err("no such channel".to_owned())));
    });
    let task = world.task("design");
    let reader = limited(human(), Authority { read: true, ..Authority::default() });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.start_task(&" ".into(), request(), &reader)
    });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.start_task(&" ".into(), request(), &human())
    });
    let metadata = RawJson::from_value(&"x".repeat(16 * 1024)).ok();
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        manager.start_task(&"gone".into(), ExecutionRequest { metadata, ..request() }, &human())
    });
    start(&mut world, &task);
    let refusal = world.refuses(ErrorKind::Validation, |manager| {
        let request = ExecutionRequest { network_channel: "ops".into(), ..request() };
        manager.start_task(&task, request, &human())
    });
    assert_eq!(refusal.path(), "task_execution.network_channel");
}
