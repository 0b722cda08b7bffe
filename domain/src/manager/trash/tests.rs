#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::id::Sequence;
use crate::manager::testing::runs::{keyed, reader};
use crate::manager::testing::{World, human};
use crate::profile::ExecutionProfile;
use crate::run::RunStatus;
use crate::snooze::SnoozeUntil;
use crate::store::{EventStore, IdempotencyStore, RecordStore, RunStore, TrashStore};
use crate::task::Status;
use crate::time::Duration;
use crate::trash::TRASH_RETENTION;

/// `b` has a bit of everything; `c` waits for it, and it waits for `a`.
fn full() -> World {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        world.task(name);
    }
    world.depends("c", "b");
    let run = world.manager.enqueue_run(keyed("b", "key"), &human()).unwrap();
    world.set_run(&run.id, RunStatus::Failed);
    world.depends("b", "a");
    let manager = &mut world.manager;
    let profile = ExecutionProfile::default_for(&"b".into());
    manager.set_execution_profile(&"b".into(), Some(profile), &human()).unwrap();
    manager.archive_task(&"b".into(), &human()).unwrap();
    let until = SnoozeUntil::Resolved("a".into());
    manager.snooze_task(&"b".into(), until, &human()).unwrap();
    world
}

fn records(world: &World) -> Vec<Record> {
    world.manager.store().records().collect()
}

#[test]
fn a_deleted_task_comes_back_bit_by_bit() {
    let mut world = full();
    let before = records(&world);
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    assert_eq!(world.manager.store().get_task(&"b".into()), None);
    assert_eq!(world.status("c"), Status::Ready);
    let restored = world.manager.restore_from_trash(&"b".into(), &human()).unwrap();
    assert_eq!(restored.lost, []);
    assert_eq!(restored.task.status, Status::Blocked);
    assert_eq!(world.status("c"), Status::Blocked);
    assert_eq!(records(&world), before);
}

#[test]
fn the_trash_holds_exactly_what_a_deletion_removes() {
    let mut world = full();
    let before = records(&world);
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    let trashed = world.manager.store().get_trashed(&"b".into()).unwrap();
    let (mut kept, mut removed): (Vec<String>, Vec<String>) = Default::default();
    kept.extend(trashed.records.iter().map(|record| format!("{:?}", record.key())));
    let left: Vec<_> = records(&world).iter().map(Record::key).collect();
    let gone = before.iter().map(Record::key).filter(|key| !left.contains(key));
    removed.extend(gone.map(|key| format!("{key:?}")));
    kept.sort();
    removed.sort();
    assert_eq!(kept, removed);
    assert_eq!(trashed.task().unwrap().title, "b");
    assert_eq!(trashed.validate(), Ok(()));
}

#[test]
fn the_trash_survives_its_wire_form() {
    let mut world = full();
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    let trashed = world.manager.store().get_trashed(&"b".into()).unwrap();
    let text = serde_json::to_string(&trashed).unwrap();
    assert_eq!(serde_json::from_str::<TrashedTask>(&text).unwrap(), *trashed);
}

#[test]
fn numbers_of_events_are_not_given_out_again_meanwhile() {
    let mut world = full();
    let history = world.log("b");
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    world.task("d");
    world.manager.restore_from_trash(&"b".into(), &human()).unwrap();
    assert_eq!(world.log("b"), history);
    let board = world.manager.store().list_board_events(Sequence::ZERO, 0);
    assert!(board.is_sorted_by(|one, other| one.sequence < other.sequence));
}

#[test]
fn edges_that_cannot_come_back_are_reported() {
    let mut world = full();
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    world.depends("a", "c");
    let restored = world.manager.restore_from_trash(&"b".into(), &human()).unwrap();
    let lost: Vec<_> = restored
        .lost
        .iter()
        .map(|lost| (lost.edge.task_id.as_str(), lost.edge.depends_on_task_id.as_str(), lost.why))
        .collect();
    assert_eq!(lost, [("c", "b", EdgeLoss::ClosesLoop)]);

    let mut world = full();
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    world.manager.delete_to_trash(&"a".into(), &human()).unwrap();
    let restored = world.manager.restore_from_trash(&"b".into(), &human()).unwrap();
    assert_eq!(restored.lost.len(), 1);
    assert_eq!(restored.lost[0].why, EdgeLoss::EndGone);
    assert_eq!(restored.task.status, Status::Ready);
    let restored = world.manager.restore_from_trash(&"a".into(), &human()).unwrap();
    assert_eq!(restored.lost, [], "the edge went with the other task");

    let mut world = full();
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    for number in 0..32 {
        let name = format!("n{number}");
        world.task(&name);
        world.depends("c", &name);
    }
    let restored = world.manager.restore_from_trash(&"b".into(), &human()).unwrap();
    assert_eq!(restored.lost[0].why, EdgeLoss::NoRoom);
}

#[test]
fn a_key_that_means_another_run_by_now_keeps_that_meaning() {
    let mut world = full();
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    let other = world.manager.enqueue_run(keyed("a", "key"), &human()).unwrap();
    world.manager.restore_from_trash(&"b".into(), &human()).unwrap();
    let binding = world.manager.store().get_idempotency("key", &human().origin).unwrap();
    assert_eq!(binding.run_id, other.id);
}

#[test]
fn seven_days_later_it_is_too_late() {
    let mut world = full();
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    world.advance(TRASH_RETENTION.as_secs() - 1);
    assert_eq!(world.manager.purge_trash(&human()), Ok(0));
    world.advance(1);
    world.refuses(ErrorKind::TaskNotFound, |manager| {
        manager.restore_from_trash(&"b".into(), &human())
    });
    assert_eq!(world.manager.purge_trash(&human()), Ok(1));
    assert_eq!(world.manager.store().list_trashed(), []);
    assert_eq!(TRASH_RETENTION, Duration::from_secs(604_800));
}

#[test]
fn what_stands_in_the_way_is_told() {
    let mut world = full();
    world.refuses(ErrorKind::TaskNotFound, |manager| {
        manager.restore_from_trash(&"b".into(), &human())
    });
    world.manager.delete_to_trash(&"b".into(), &human()).unwrap();
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.restore_from_trash(&"b".into(), &reader())
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| manager.purge_trash(&reader()));
    world.task("b");
    world.refuses(ErrorKind::Conflict, |manager| manager.restore_from_trash(&"b".into(), &human()));

    let mut world = World::new();
    world.task("parent");
    world.child("parent", "child");
    world.manager.delete_to_trash(&"child".into(), &human()).unwrap();
    world.manager.delete_to_trash(&"parent".into(), &human()).unwrap();
    let refusal = world.refuses(ErrorKind::Validation, |manager| {
        manager.restore_from_trash(&"child".into(), &human())
    });
    assert_eq!(refusal.path(), "task.parent_task_id");
    world.manager.restore_from_trash(&"parent".into(), &human()).unwrap();
    world.manager.restore_from_trash(&"child".into(), &human()).unwrap();
    assert_eq!(world.manager.store().count_direct_children(&"parent".into()), 1);
}

#[test]
fn tasks_that_cannot_be_deleted_stay_out_of_the_trash() {
    let mut world = World::new();
    world.task("a");
    world.child("a", "b");
    world.enqueue("b");
    for task in ["a", "b"] {
        world.refuses(ErrorKind::Validation, |manager| {
            manager.delete_to_trash(&task.into(), &human())
        });
    }
    assert_eq!(world.manager.store().list_trashed(), []);
    assert_eq!(world.manager.store().count_runs_by_status(RunStatus::Queued), 1);
}
