//! Tasks: lists, filters, projections, activity.

use std::sync::Arc;

use super::expect_ids;
use super::fixture::{at, child, event, run, run_in, task, transact};
use crate::actor::{OwnerKind, Ownership};
use crate::id::{RunId, Sequence, TaskId};
use crate::query::Query;
use crate::run::{Run, RunStatus};
use crate::store::Store;
use crate::task::{ApprovalPolicy, ApprovalState, Priority, Scope, Status, Task};

pub(super) fn check<S: Store>(make: &impl Fn() -> S) {
    lists_go_from_the_latest_activity_on(make());
    activity_follows_records_runs_and_events(make());
    filters_are_exact_and_conjunctive(make());
    children_belong_to_their_parent(make());
    the_current_run_is_the_active_one(make());
    the_latest_event_is_the_task_s_own(make());
    pauses_reach_down_to_every_descendant(make());
}

#[track_caller]
fn expect_tasks(rule: &str, list: &[Arc<Task>], expected: &[&str]) {
    expect_ids(rule, list, |task| task.id.to_string(), expected);
}

fn lists_go_from_the_latest_activity_on<S: Store>(mut store: S) {
    let rule = "tasks: last activity, then updated_at, created_at and id, all descending";
    transact(&mut store, |store| {
        store.put_task(Task { created_at: at(9), updated_at: at(1), ..task("created") });
        store.put_task(Task { created_at: at(1), updated_at: at(9), ..task("updated") });
        store.put_task(Task { created_at: at(2), updated_at: at(9), ..task("younger") });
        store.put_task(Task { created_at: at(1), updated_at: at(1), ..task("active") });
        store.append_event(event("e", "active", at(10)));
        store.put_task(task("quiet-1"));
        store.put_task(task("quiet-2"));
    });
    let all = ["active", "younger", "updated", "created", "quiet-2", "quiet-1"];
    expect_tasks(rule, &store.list_tasks(&Query::default()), &all);
    let limited = Query { limit: 2, ..Query::default() };
    expect_tasks("tasks: the limit comes after the order", &store.list_tasks(&limited), &all[..2]);
}

fn activity_follows_records_runs_and_events<S: Store>(mut store: S) {
    let id = TaskId::from("t");
    assert_eq!(store.last_activity_at(&id), None, "activity: none for an unknown task");
    transact(&mut store, |store| {
        store.put_task(Task { created_at: at(2), updated_at: at(1), ..task("t") });
    });
    assert_eq!(store.last_activity_at(&id), Some(at(2)), "activity: a later creation counts");
    let ended = Run { queued_at: at(1), ended_at: Some(at(5)), ..run("r", "t") };
    transact(&mut store, |store| store.put_run(ended.clone()));
    assert_eq!(store.last_activity_at(&id), Some(at(5)), "activity: the end of a run counts");
    let alive = Run { ended_at: Some(at(3)), heartbeat_at: Some(at(9)), ..ended };
    transact(&mut store, |store| store.put_run(alive));
    assert_eq!(store.last_activity_at(&id), Some(at(3)), "activity: heartbeats do not count");
    transact(&mut store, |store| {
        store.append_event(event("e-1", "t", at(7)));
        store.append_event(event("e-2", "t", at(6)));
    });
    assert_eq!(store.last_activity_at(&id), Some(at(7)), "activity: the latest event counts");
    transact(&mut store, |store| {
        store.delete_events_of_task(&id);
        store.delete_run(&"r".into());
    });
    assert_eq!(store.last_activity_at(&id), Some(at(2)), "activity: what is gone does not count");
}

fn filters_are_exact_and_conjunctive<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(Task {
            scope: Scope::Workspace,
            workspace_id: Some("ws".into()),
            status: Status::Blocked,
            priority: Priority::High,
            approval_policy: ApprovalPolicy::Manual,
            approval_state: ApprovalState::Pending,
            owner: Some(Ownership::new(OwnerKind::Pool, "coders")),
            parent_task_id: Some("plain".into()),
            network_channel: "ops".into(),
            title: "Fix 50% of the_build".into(),
            identifier: "APP-12".into(),
            description: "hidden".into(),
            ..task("special")
        });
        store.put_task(task("plain"));
    });
    let off = Query::default;
    let special = [
        Query { scope: Scope::Workspace.into(), ..off() },
        Query { workspace_id: Some("ws".into()), ..off() },
        Query { status: Status::Blocked.into(), ..off() },
        Query { priority: Priority::High.into(), ..off() },
        Query { approval_state: ApprovalState::Pending.into(), ..off() },
        Query { owner_kind: OwnerKind::Pool.into(), ..off() },
        Query { owner_ref: "coders".into(), ..off() },
        Query { parent_task_id: Some("plain".into()), ..off() },
        Query { network_channel: "ops".into(), ..off() },
        Query { search: "fix 50%".into(), ..off() },
        Query { search: "THE_B".into(), ..off() },
        Query { search: " app-1 ".into(), ..off() },
    ];
    for query in special {
        let rule = format!("tasks: the filter {query:?} admits one");
        expect_tasks(&rule, &store.list_tasks(&query), &["special"]);
    }
    let none = [
        Query { workspace_id: Some("w".into()), ..off() },
        Query { owner_ref: "coder".into(), ..off() },
        Query { owner_kind: OwnerKind::Human.into(), owner_ref: "coders".into(), ..off() },
        Query { network_channel: "op".into(), ..off() },
        Query { search: "hidden".into(), ..off() },
        Query { search: "the%build".into(), ..off() },
        Query { parent_task_id: Some("plain".into()), status: Status::Ready.into(), ..off() },
        Query { parent_task_id: Some("gone".into()), ..off() },
    ];
    for query in none {
        let rule = format!("tasks: the filter {query:?} admits none");
        expect_tasks(&rule, &store.list_tasks(&query), &[]);
    }
}

fn children_belong_to_their_parent<S: Store>(mut store: S) {
    let parent = TaskId::from("p");
    transact(&mut store, |store| {
        for (id, updated) in [("c-1", 1), ("c-2", 3), ("c-3", 2)] {
            store.put_task(Task { updated_at: at(updated), ..child(id, "p") });
        }
        store.put_task(child("grandchild", "c-1"));
        store.put_task(task("p"));
    });
    let children = ["c-2", "c-3", "c-1"];
    expect_tasks("children: in the order of tasks", &store.list_children(&parent), &children);
    assert_eq!(store.count_direct_children(&parent), 3, "children: direct ones count");
    transact(&mut store, |store| {
        store.delete_task(&"c-3".into());
        store.put_task(Task { updated_at: at(9), ..child("c-1", "p") });
    });
    let children = ["c-1", "c-2"];
    expect_tasks("children: without deleted ones", &store.list_children(&parent), &children);
    assert_eq!(store.count_direct_children(&"c-1".into()), 1, "children: put again, kept");
    assert_eq!(store.count_direct_children(&"gone".into()), 0, "children: none of the unknown");
}

fn the_current_run_is_the_active_one<S: Store>(mut store: S) {
    let id = TaskId::from("t");
    transact(&mut store, |store| {
        store.put_task(Task { current_run_id: Some("no".into()), ..task("t") });
    });
    let current = |store: &S| store.get_task(&id).and_then(|task| task.current_run_id.clone());
    assert_eq!(current(&store), None, "projections: those of a given record are ignored");
    for status in [
        RunStatus::Queued,
        RunStatus::Claimed,
        RunStatus::Queued,
        RunStatus::Starting,
        RunStatus::Running,
        RunStatus::Completed,
        RunStatus::Claimed,
        RunStatus::Failed,
        RunStatus::Running,
        RunStatus::Canceled,
    ] {
        transact(&mut store, |store| store.put_run(run_in(status, "r", "t")));
        let expected = status.is_active().then(|| RunId::from("r"));
        assert_eq!(current(&store), expected, "projections: the current run, once {status}");
    }
    transact(&mut store, |store| store.put_run(run_in(RunStatus::Claimed, "r", "t")));
    transact(&mut store, |store| store.put_task(Task { title: "new".into(), ..task("t") }));
    assert_eq!(current(&store), Some("r".into()), "projections: kept when the task is put");
    let listed = store.list_tasks(&Query::default());
    assert_eq!(listed[0].current_run_id, Some("r".into()), "projections: shown in lists");
    transact(&mut store, |store| store.delete_run(&"r".into()));
    assert_eq!(current(&store), None, "projections: cleared with a deleted run");
}

fn the_latest_event_is_the_task_s_own<S: Store>(mut store: S) {
    let latest = |store: &S, id: &str| store.get_task(&id.into()).map(|it| it.latest_event_seq);
    transact(&mut store, |store| {
        store.append_event(event("e-1", "p", at(1)));
        store.put_task(Task { latest_event_seq: Sequence::new(9), ..task("p") });
        store.put_task(child("c", "p"));
        store.append_event(event("e-2", "c", at(2)));
    });
    let rule = "projections: the number of the task's newest event";
    assert_eq!(latest(&store, "p"), Some(Sequence::new(1)), "{rule}, a child's aside");
    assert_eq!(latest(&store, "c"), Some(Sequence::new(2)), "{rule}");
    transact(&mut store, |store| store.delete_events_of_task(&"c".into()));
    assert_eq!(latest(&store, "c"), Some(Sequence::ZERO), "{rule}, zero without events");
}

fn pauses_reach_down_to_every_descendant<S: Store>(mut store: S) {
    let pause = |store: &mut S, task: Task, paused: bool| {
        transact(store, |store| store.put_task(Task { paused, ..task }));
    };
    pause(&mut store, task("p"), false);
    pause(&mut store, child("c", "p"), false);
    pause(&mut store, child("g", "c"), false);
    let by = |store: &S| ["p", "c", "g"].map(|id| store.paused_by(&id.into()));
    assert_eq!(by(&store), [None, None, None], "pauses: none at first");
    pause(&mut store, task("p"), true);
    assert_eq!(by(&store), [Some("p".into()), Some("p".into()), Some("p".into())], "pauses: all");
    pause(&mut store, child("c", "p"), true);
    let nearest = [Some("p".into()), Some("c".into()), Some("c".into())];
    assert_eq!(by(&store), nearest, "pauses: the nearest, oneself first");
    assert_eq!(store.count_paused_tasks(), 2, "pauses: only flags count");
    pause(&mut store, task("p"), false);
    assert_eq!(store.paused_by(&"p".into()), None, "pauses: nothing goes up");
    transact(&mut store, |store| store.delete_task(&"c".into()));
    assert_eq!(store.count_paused_tasks(), 0, "pauses: deleted tasks do not count");
    assert_eq!(store.paused_by(&"gone".into()), None, "pauses: none of an unknown task");
}
