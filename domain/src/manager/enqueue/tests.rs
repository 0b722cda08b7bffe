#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::actor::{ActorContext, OriginKind};
use crate::enumeration::Enumeration;
use crate::error::ErrorKind;
use crate::json::RawJson;
use crate::manager::ManagerOptions;
use crate::manager::testing::runs::{enqueue, keyed, long_json, reader};
use crate::manager::testing::{World, agent, human, new_task};
use crate::run::{EnqueueRun, RunStatus};
use crate::store::{ChannelStore, IdempotencyStore};
use crate::task::{CreateTask, Scope, Status};

fn workspace_task(world: &mut World, name: &str, workspace: &str) {
    world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some(workspace.into()),
        ..new_task(name)
    });
}

#[test]
fn a_queued_run_carries_what_was_asked_and_what_follows() {
    let mut world = World::new();
    world.task("t");
    let request = EnqueueRun {
        idempotency_key: " k ".into(),
        network_channel: " ops ".into(),
        metadata: RawJson::from_text("{\"a\":1}"),
        ..enqueue(" t ")
    };
    let run = world.manager.enqueue_run(request, &human()).unwrap();
    assert_eq!((run.status, run.attempt, run.queued_at), (RunStatus::Queued, 1, world.now()));
    assert_eq!((run.idempotency_key.as_str(), run.network_channel.as_str()), ("k", "ops"));
    assert_eq!(run.origin, human().origin);
    assert_eq!(run.coordination_channel_id, "", "global tasks have none");
    assert_eq!(world.events("t"), ["created", "run_enqueued"]);
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "attempt": 1, "status": "queued", "task_status": "ready",
            "network_channel": "ops", "idempotency_key": "k",
        })
    );
    assert_eq!(world.record("t").current_run_id, None);
}

#[test]
fn only_people_may_leave_the_key_out() {
    let mut world = World::new();
    world.task("t");
    for actor in [
        agent("s"),
        ActorContext::derive_automation("cron", None).unwrap(),
        ActorContext::derive_daemon("d", None).unwrap(),
    ] {
        let refusal = world
            .refuses(ErrorKind::Validation, |manager| manager.enqueue_run(enqueue("t"), &actor));
        assert_eq!(refusal.path(), "enqueue_run.idempotency_key");
    }
    assert!(world.manager.enqueue_run(keyed("t", "k"), &agent("s")).is_ok());

    world.task("u");
    world.manager.enqueue_run(enqueue("u"), &human()).unwrap();
    assert_eq!(world.manager.store().get_idempotency("", &human().origin), None);
}

#[test]
fn a_used_key_gives_the_run_of_then_and_changes_nothing() {
    let mut world = World::new();
    world.task("t");
    let first = EnqueueRun { metadata: RawJson::from_text("1"), ..keyed("t", "k") };
    let first = world.manager.enqueue_run(first, &human()).unwrap();
    world.manager.take_changes();
    let again = EnqueueRun { metadata: RawJson::from_text("2"), ..keyed("t", "k") };
    assert_eq!(world.manager.enqueue_run(again, &human()), Ok(first.clone()));
    assert_eq!(world.manager.take_changes(), []);

    world.set_run(&first.id, RunStatus::Completed);
    let later = world.manager.enqueue_run(keyed("t", "k"), &human()).unwrap();
    assert_eq!((later.id, later.status), (first.id, RunStatus::Completed));
}

#[test]
fn a_key_belongs_to_one_task_and_one_origin() {
    let mut world = World::new();
    world.task("t");
    world.task("u");
    world.manager.enqueue_run(keyed("t", "k"), &human()).unwrap();
    world.refuses(ErrorKind::Validation, |manager| manager.enqueue_run(keyed("u", "k"), &human()));
    let elsewhere = ActorContext::derive_human("ada", OriginKind::Web, "tab").unwrap();
    assert!(world.manager.enqueue_run(keyed("u", "k"), &elsewhere).is_ok());
    assert!(world.manager.enqueue_run(keyed("t", "K"), &elsewhere).is_err(), "another key");
}

#[test]
fn a_canceled_task_refuses_even_a_used_key() {
    let mut world = World::new();
    world.task("t");
    let run = world.manager.enqueue_run(keyed("t", "k"), &human()).unwrap().id;
    world.manager.cancel_run(&run, Default::default(), &human()).unwrap();
    assert_eq!(world.status("t"), Status::Canceled);
    let kind = ErrorKind::InvalidStatusTransition;
    world.refuses(kind, |manager| manager.enqueue_run(keyed("t", "k"), &human()));
}

#[test]
fn one_open_run_per_task() {
    for status in RunStatus::ALL.iter().copied() {
        let mut world = World::new();
        world.task("t");
        world.put_run("t", status);
        let kind = world.try_enqueue("t").map_err(|refusal| refusal.kind());
        match status {
            RunStatus::Queued | RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => {
                assert_eq!(kind.unwrap_err(), ErrorKind::InvalidStatusTransition, "{status}");
            }
            RunStatus::Completed | RunStatus::Failed => assert_eq!(kind.unwrap().attempt, 2),
            RunStatus::Canceled => {
                assert_eq!(
                    kind.unwrap_err(),
                    ErrorKind::InvalidStatusTransition,
                    "a canceled task"
                );
            }
        }
    }
}

#[test]
fn drafts_take_no_run_and_blocked_tasks_do() {
    let mut world = World::new();
    world.draft("d");
    let kind = ErrorKind::InvalidStatusTransition;
    world.refuses(kind, |manager| manager.enqueue_run(enqueue("d"), &human()));
    assert_eq!(world.runs("d"), []);
    world.manual("m");
    world.enqueue("m");
    assert_eq!(world.newest_payload("m")["task_status"], "blocked");
}

#[test]
fn attempts_end_with_the_budget_and_go_on_when_it_grows() {
    let mut world = World::new();
    world.task_of_attempts("t", 2);
    for _ in 0..2 {
        let run = world.running("t");
        world.manager.fail_run(&run, super::super::testing::runs::failed("e"), &human()).unwrap();
    }
    assert_eq!(world.status("t"), Status::Failed);
    let kind = ErrorKind::InvalidStatusTransition;
    world.refuses(kind, |manager| manager.enqueue_run(enqueue("t"), &human()));
    let patch = crate::task::Patch { max_attempts: Some(3), ..Default::default() };
    world.manager.update_task(&"t".into(), patch, &human()).unwrap();
    assert_eq!(world.try_enqueue("t").unwrap().attempt, 3);
}

#[test]
fn a_completed_task_runs_again() {
    let mut world = World::new();
    world.task("t");
    world.put_run("t", RunStatus::Completed);
    assert_eq!(world.status("t"), Status::Completed);
    let run = world.try_enqueue("t").unwrap();
    assert_eq!((run.attempt, world.status("t")), (2, Status::Ready));
    assert_eq!(world.record("t").closed_at, None);
}

#[test]
fn workspace_runs_get_a_coordination_channel_of_their_workspace() {
    let mut world = World::new();
    workspace_task(&mut world, "t", "w");
    workspace_task(&mut world, "u", "w");
    workspace_task(&mut world, "other", "x");
    let derived = world.try_enqueue("t").unwrap();
    assert_eq!(derived.coordination_channel_id, format!("coord-{}", derived.id));
    let named = |task: &str| EnqueueRun { network_channel: "ops".into(), ..enqueue(task) };
    let run = world.manager.enqueue_run(named("u"), &human()).unwrap();
    assert_eq!(run.coordination_channel_id, "ops");
    let channel = world.manager.store().get_channel("ops").unwrap();
    assert_eq!(channel.workspace_id.as_str(), "w");
    assert_eq!(channel.purpose, "task_run_coordination");
    assert_eq!(channel.created_by, "cli:terminal");
    world.refuses(ErrorKind::Validation, |manager| manager.enqueue_run(named("other"), &human()));
}

#[test]
fn a_known_channel_is_reused_untouched() {
    let mut world = World::new();
    workspace_task(&mut world, "t", "w");
    workspace_task(&mut world, "u", "w");
    let named = |task: &str| EnqueueRun { network_channel: "ops".into(), ..enqueue(task) };
    world.manager.enqueue_run(named("t"), &human()).unwrap();
    let before = world.manager.store().get_channel("ops");
    world.advance(5);
    world.manager.enqueue_run(named("u"), &human()).unwrap();
    assert_eq!(world.manager.store().get_channel("ops"), before);
}

#[test]
fn the_network_channel_is_the_tasks_unless_asked_otherwise() {
    let mut world = World::new();
    world.create(CreateTask { network_channel: "ops".into(), ..new_task("t") });
    assert_eq!(world.try_enqueue("t").unwrap().network_channel, "ops");
}

#[test]
fn only_the_requested_channel_is_checked() {
    let mut world = World::with(|options: &mut ManagerOptions| {
        options.channel_validator = Some(Box::new(|name| match name {
            "ops" => Ok(()),
            other => Err(format!("channel {other} is unknown")),
        }));
    });
    world.task("t");
    let request = EnqueueRun { network_channel: "nope".into(), ..enqueue("t") };
    let refusal =
        world.refuses(ErrorKind::Validation, |manager| manager.enqueue_run(request, &human()));
    assert_eq!(refusal.path(), "enqueue_run.network_channel");
    let mut record = world.record("t");
    record.network_channel = "gone".into();
    world.put_task(record);
    assert_eq!(world.try_enqueue("t").unwrap().network_channel, "gone");
}

#[test]
fn requests_are_checked_before_anything_is_looked_up() {
    let mut world = World::new();
    world.task("t");
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.enqueue_run(enqueue(" "), &reader())
    });
    world.refuses(ErrorKind::Validation, |manager| manager.enqueue_run(enqueue(" "), &human()));
    world.refuses(ErrorKind::TaskNotFound, |manager| manager.enqueue_run(enqueue("x"), &human()));
    let with = |metadata| EnqueueRun { metadata: Some(metadata), ..enqueue("t") };
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        manager.enqueue_run(with(long_json(16 * 1024 + 1)), &human())
    });
    let token = RawJson::from_text("{\"a\":[{\"claim_token\":1}]}").unwrap();
    let refusal =
        world.refuses(ErrorKind::Validation, |manager| manager.enqueue_run(with(token), &human()));
    assert_eq!(refusal.path(), "task_run.metadata");
}
