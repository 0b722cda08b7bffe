//! Transactions: what is kept, what is dropped, and what a change-set says.

use super::fixture::{at, claimer, edge, event, run, run_in, task, transact};
use crate::claim_token::ClaimToken;
use crate::id::Sequence;
use crate::query::{Query, RunQuery};
use crate::run::RunStatus;
use crate::store::{Change, Key, Record, Store};
use crate::task::Task;

pub(super) fn check<S: Store>(make: &impl Fn() -> S) {
    a_rollback_leaves_the_store_as_it_was(make());
    writes_are_seen_inside_the_transaction(make());
    a_change_set_names_each_record_once(make());
    records_put_back_leave_no_trace(make());
    an_inverse_says_what_was_before(make());
    projections_are_no_changes(make());
}

/// Keys in order: `+` for put, `-` for deleted.
fn steps(changes: &[Change]) -> Vec<(char, Key)> {
    let step = |change: &Change| match change {
        Change::Put(record) => ('+', record.key()),
        Change::Delete(key) => ('-', key.clone()),
    };
    changes.iter().map(step).collect()
}

fn a_rollback_leaves_the_store_as_it_was<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("t"));
        store.put_run(run("r", "t"));
        store.put_dependency(edge("t", "u", at(0)));
        store.append_event(event("e", "t", at(0)));
    });
    let before = (
        store.list_tasks(&Query::default()),
        store.list_runs(&RunQuery::default()),
        store.list_dependencies(&"t".into()),
        store.list_board_events(Sequence::ZERO, 0),
        store.latest_sequence(),
        store.select_claimable(&claimer("s", &[])),
    );
    store.begin();
    store.put_task(Task { title: "new".into(), ..task("t") });
    store.put_task(task("u"));
    store.put_run(run_in(RunStatus::Running, "r", "t"));
    store.put_claim_token(&"r".into(), ClaimToken::from("secret"));
    store.append_event(event("f", "u", at(9)));
    store.delete_events_of_task(&"t".into());
    store.delete_dependency(&"t".into(), &"u".into());
    store.delete_run(&"r".into());
    store.delete_task(&"t".into());
    store.rollback();
    let after = (
        store.list_tasks(&Query::default()),
        store.list_runs(&RunQuery::default()),
        store.list_dependencies(&"t".into()),
        store.list_board_events(Sequence::ZERO, 0),
        store.latest_sequence(),
        store.select_claimable(&claimer("s", &[])),
    );
    assert_eq!(after, before, "transactions: a rollback drops everything");
    assert_eq!(store.get_claim_token(&"r".into()), None, "transactions: tokens too");
}

fn writes_are_seen_inside_the_transaction<S: Store>(mut store: S) {
    store.begin();
    store.put_task(task("t"));
    store.put_run(run("r", "t"));
    let seen = store.select_claimable(&claimer("s", &[]));
    assert!(seen.is_some(), "transactions: own writes are seen");
    store.rollback();
    let empty = transact(&mut store, |_| {});
    assert!(empty.is_empty() && empty.inverse.is_empty(), "transactions: nothing, no change");
}

fn a_change_set_names_each_record_once<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("old"));
    });
    let set = transact(&mut store, |store| {
        store.put_task(Task { title: "first".into(), ..task("t") });
        store.put_run(run("r", "t"));
        store.delete_task(&"old".into());
        store.append_event(event("e-1", "t", at(1)));
        store.put_task(Task { title: "last".into(), ..task("t") });
        store.append_event(event("e-2", "t", at(2)));
    });
    let expected = [
        ('+', Key::Task("t".into())),
        ('+', Key::Run("r".into())),
        ('-', Key::Task("old".into())),
        ('+', Key::LatestSequence),
        ('+', Key::Event(Sequence::new(1))),
        ('+', Key::Event(Sequence::new(2))),
    ];
    let rule = "change-sets: the last word on each record, in the order of the first touch";
    assert_eq!(steps(&set.changes), expected, "{rule}");
    let title = set.changes.iter().find_map(|change| match change {
        Change::Put(Record::Task(task)) => Some(task.title.as_str()),
        _ => None,
    });
    assert_eq!(title, Some("last"), "{rule}");
    let events: Vec<i64> = set.events().map(|event| event.sequence.get()).collect();
    assert_eq!(events, [1, 2], "change-sets: events in order");
}

fn records_put_back_leave_no_trace<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("t"));
        store.put_run(run("r", "t"));
    });
    let set = transact(&mut store, |store| {
        store.put_task(Task { title: "other".into(), ..task("t") });
        store.put_task(task("t"));
        store.delete_run(&"r".into());
        store.put_run(run("r", "t"));
        store.put_task(task("fleeting"));
        store.delete_task(&"fleeting".into());
        store.delete_task(&"unknown".into());
    });
    assert_eq!(steps(&set.changes), [], "change-sets: what is as before is no change");
    assert_eq!(steps(&set.inverse), [], "change-sets: and needs no inverse");
}

fn an_inverse_says_what_was_before<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_run(run("changed", "t"));
        store.put_run(run("deleted", "t"));
    });
    let set = transact(&mut store, |store| {
        store.put_run(run_in(RunStatus::Claimed, "changed", "t"));
        store.delete_run(&"deleted".into());
        store.put_run(run("new", "t"));
    });
    let put = |run| Change::Put(Record::Run(std::sync::Arc::new(run)));
    let expected = [
        Change::Delete(Key::Run("new".into())),
        put(run("deleted", "t")),
        put(run("changed", "t")),
    ];
    assert_eq!(set.inverse, expected, "change-sets: the inverse goes backwards");
}

fn projections_are_no_changes<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("t"));
        store.put_run(run("r", "t"));
    });
    let set = transact(&mut store, |store| {
        store.put_task(task("t"));
        store.put_run(run_in(RunStatus::Claimed, "r", "t"));
        store.append_event(event("e", "t", at(1)));
    });
    let expected = [
        ('+', Key::Run("r".into())),
        ('+', Key::LatestSequence),
        ('+', Key::Event(Sequence::new(1))),
    ];
    assert_eq!(steps(&set.changes), expected, "change-sets: projections are no changes");
}
