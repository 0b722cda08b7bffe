#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::actor::Authority;
use crate::error::ErrorKind;
use crate::manager::testing::runs::{completion, reader};
use crate::manager::testing::{World, human, limited, new_task};
use crate::manager::{DrainLook, Manager};
use crate::pause::PauseTaskRequest;
use crate::scheduler::{
    SchedulerBacklogQuery, SchedulerDrainRequest, SchedulerPauseRequest, SchedulerResumeRequest,
};
use crate::task::{CreateTask, Priority, Scope};
use crate::time::Duration;

fn because(reason: &str) -> SchedulerPauseRequest {
    SchedulerPauseRequest { reason: reason.into() }
}

fn within(seconds: i64) -> SchedulerDrainRequest {
    SchedulerDrainRequest { timeout: Duration::from_secs(seconds), ..Default::default() }
}

/// The types of the scheduler's events so far, without their common start.
fn told(world: &mut World) -> Vec<String> {
    let events = world.manager.take_scheduler_events();
    events.iter().map(|event| event.event_type.as_str().replace("scheduler.", "")).collect()
}

fn no_wait(_: &mut Manager, _: Duration) {
    panic!("there is nothing to wait for");
}

#[test]
fn a_pause_says_who_when_and_why() {
    let mut world = World::new();
    let fresh = world.manager.scheduler_status(&human()).unwrap();
    assert_eq!((fresh.paused, fresh.paused_at), (false, None));
    let status = world.manager.pause_scheduler(because(" lunch "), &human()).unwrap();
    assert!(status.paused);
    assert_eq!((status.paused_by.as_str(), status.paused_reason.as_str()), ("human:ada", "lunch"));
    assert_eq!((status.paused_at, status.as_of), (Some(world.now()), world.now()));
    world.advance(9);
    let status = world.manager.pause_scheduler(because(""), &human()).unwrap();
    assert_eq!((status.paused_at, status.paused_reason.as_str()), (Some(world.now()), ""));
    let status =
        world.manager.resume_scheduler(SchedulerResumeRequest::default(), &human()).unwrap();
    assert_eq!((status.paused, status.paused_by.as_str(), status.paused_at), (false, "", None));
    let events = world.manager.take_scheduler_events();
    let facts: Vec<_> = events
        .iter()
        .map(|event| (event.text.as_str(), event.content.previous_paused, event.content.paused))
        .collect();
    assert_eq!(
        facts,
        [
            ("scheduler paused", false, true),
            ("scheduler paused", true, true),
            ("scheduler resumed", true, false),
        ]
    );
    assert_eq!(told(&mut world), [] as [String; 0], "events are handed out once");
}

#[test]
fn the_status_counts_what_stands_behind_the_switch() {
    let mut world = World::new();
    for name in ["a", "b", "c", "d"] {
        world.task(name);
    }
    world.enqueue("a");
    world.enqueue("b");
    world.claimed("c");
    world.running("d");
    let pause = PauseTaskRequest { reason: "r".into(), ..Default::default() };
    world.manager.pause_task(&"b".into(), pause, &human()).unwrap();
    let status = world.manager.scheduler_status(&human()).unwrap();
    assert_eq!((status.active_claim_count, status.queued_run_count), (2, 2));
    assert_eq!(status.paused_task_count, 1);
}

#[test]
fn the_switch_asks_for_its_authority() {
    let mut world = World::new();
    let writer = limited(human(), Authority { write: true, ..Authority::default() });
    assert_eq!(
        world.manager.scheduler_status(&writer).unwrap_err().kind(),
        ErrorKind::PermissionDenied
    );
    let denied = ErrorKind::PermissionDenied;
    world.refuses(denied, |manager| manager.pause_scheduler(because(""), &reader()));
    world.refuses(denied, |manager| manager.resume_scheduler(Default::default(), &reader()));
    world.refuses(denied, |manager| manager.drain_scheduler(within(0), &reader(), no_wait));
    let query = SchedulerBacklogQuery::default();
    world.refuses(denied, |manager| manager.scheduler_backlog(query, &writer));
}

#[test]
fn a_drain_without_claims_completes_at_once() {
    let mut world = World::new();
    let result = world.manager.drain_scheduler(within(60), &human(), no_wait).unwrap();
    assert!(result.completed && !result.timed_out && result.status.paused);
    assert_eq!((result.started_at, result.completed_at), (world.now(), world.now()));
    assert_eq!(result.status.paused_reason, "scheduler drain");
    assert_eq!(told(&mut world), ["drain_started", "drain_completed"]);
    world.manager.drain_scheduler(within(60), &human(), no_wait).unwrap();
    let completed = world.manager.take_scheduler_events().pop().unwrap();
    assert_eq!(completed.text, "scheduler drain completed");
}

#[test]
fn a_drain_without_time_looks_once() {
    let mut world = World::new();
    world.task("t");
    world.claimed("t");
    let result = world.manager.drain_scheduler(within(0), &human(), no_wait).unwrap();
    assert!(!result.completed && result.timed_out);
    assert_eq!(result.remaining_claims, 1);
    let completed = world.manager.take_scheduler_events().pop().unwrap();
    assert_eq!(completed.text, "scheduler drain timed out with 1 active claims");
    assert!(world.manager.scheduler_status(&human()).unwrap().paused, "it stays paused");
}

#[test]
fn a_drain_waits_until_the_last_claim_ends() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    let mut waits = Vec::new();
    let wait = |manager: &mut Manager, time: Duration| {
        waits.push(time.as_millis());
        if waits.len() == 3 {
            manager.complete_run_lease(completion(&claim), &human()).unwrap();
        }
    };
    let result = world.manager.drain_scheduler(within(60), &human(), wait).unwrap();
    assert!(result.completed);
    assert_eq!(waits, [500, 500, 500]);
}

#[test]
fn a_drain_gives_up_when_its_time_is_over() {
    let mut world = World::new();
    world.task("t");
    world.claimed("t");
    let request = SchedulerDrainRequest {
        timeout: Duration::from_millis(1200),
        ..SchedulerDrainRequest::default()
    };
    let drain = world.manager.begin_drain(request, &human()).unwrap();
    let look = world.manager.poll_drain(&drain);
    assert_eq!(look, DrainLook::Wait(Duration::from_millis(500)));
    world.advance(1);
    let look = world.manager.poll_drain(&drain);
    assert_eq!(look, DrainLook::Wait(Duration::from_millis(200)));
    world.advance(1);
    let DrainLook::Over(status) = world.manager.poll_drain(&drain) else {
        panic!("the time is over")
    };
    let result = world.manager.finish_drain(drain, status, &human());
    assert!(result.timed_out);
    assert_eq!(result.completed_at.since(result.started_at), Duration::from_secs(2));
}

#[test]
fn a_clock_that_stands_still_ends_a_drain_all_the_same() {
    let mut world = World::new();
    world.task("t");
    world.claimed("t");
    let result = world.manager.drain_scheduler(within(5), &human(), |_, _| {}).unwrap();
    assert!(result.timed_out);
}

#[test]
fn a_negative_time_pauses_nothing() {
    let mut world = World::new();
    let kind = ErrorKind::Validation;
    world.refuses(kind, |manager| manager.drain_scheduler(within(-1), &human(), no_wait));
    assert_eq!(told(&mut world), [] as [String; 0]);
}

#[test]
fn the_backlog_shows_the_queue_in_order() {
    let mut world = World::new();
    for (name, priority) in
        [("a", Priority::Low), ("b", Priority::High), ("c", Priority::Low), ("d", Priority::Urgent)]
    {
        world.create(CreateTask { priority: priority.into(), ..new_task(name) });
        world.enqueue(name);
        world.advance(1);
    }
    let backlog =
        world.manager.scheduler_backlog(SchedulerBacklogQuery::default(), &human()).unwrap();
    let order: Vec<_> = backlog.runs.iter().map(|row| row.task.id.to_string()).collect();
    assert_eq!((order.concat().as_str(), backlog.total), ("dbac", 4));
    let two = SchedulerBacklogQuery { limit: 2, ..SchedulerBacklogQuery::default() };
    let backlog = world.manager.scheduler_backlog(two, &human()).unwrap();
    assert_eq!((backlog.runs.len(), backlog.total), (2, 4));
}

#[test]
fn the_backlog_hides_paused_work_unless_asked() {
    let mut world = World::new();
    world.task("p");
    world.child("p", "c");
    world.task("free");
    world.enqueue("c");
    world.enqueue("free");
    let pause = PauseTaskRequest { reason: "r".into(), ..Default::default() };
    world.manager.pause_task(&"p".into(), pause, &human()).unwrap();
    let query = SchedulerBacklogQuery::default();
    assert_eq!(world.manager.scheduler_backlog(query, &human()).unwrap().total, 1);
    let all = SchedulerBacklogQuery { include_paused: true, ..Default::default() };
    let backlog = world.manager.scheduler_backlog(all, &human()).unwrap();
    let row = backlog.runs.iter().find(|row| row.task.id.as_str() == "c").unwrap();
    assert!(row.effective_paused && !row.task.paused);
    assert_eq!(row.paused_by_task_id, Some("p".into()));
}

#[test]
fn the_backlog_keeps_to_a_workspace() {
    let mut world = World::new();
    world.task("global");
    world.enqueue("global");
    world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        ..new_task("t")
    });
    world.enqueue("t");
    let query = SchedulerBacklogQuery { workspace_id: Some("w".into()), ..Default::default() };
    let backlog = world.manager.scheduler_backlog(query, &human()).unwrap();
    assert_eq!((backlog.total, backlog.runs[0].task.id.as_str()), (1, "t"));
}
