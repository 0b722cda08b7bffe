//! Events: their numbers and lists.

use std::sync::Arc;

use super::expect_ids;
use super::fixture::{at, event, transact};
use crate::event::EventRecord;
use crate::id::Sequence;
use crate::query::EventRecordQuery;
use crate::store::Store;

pub(super) fn check<S: Store>(make: &impl Fn() -> S) {
    numbers_count_up_over_all_tasks(make());
    numbers_are_never_used_twice(make());
    events_come_back_under_their_old_numbers(make());
    lists_go_by_number(make());
}

#[track_caller]
fn expect_events(rule: &str, list: &[Arc<EventRecord>], expected: &[&str]) {
    expect_ids(rule, list, |record| record.event.id.to_string(), expected);
}

fn numbers_count_up_over_all_tasks<S: Store>(mut store: S) {
    assert_eq!(store.latest_sequence(), Sequence::ZERO, "events: the counter starts at zero");
    let mut numbers = Vec::new();
    transact(&mut store, |store| {
        for (id, task) in [("e-1", "a"), ("e-2", "b"), ("e-3", "a")] {
            let record = store.append_event(event(id, task, at(0)));
            assert_eq!(store.latest_sequence(), record.sequence, "events: the counter follows");
            numbers.push(record.sequence.get());
        }
    });
    assert_eq!(numbers, [1, 2, 3], "events: one counter over all tasks");
    let record = store.get_event_record(&"e-2".into());
    assert_eq!(record.map(|it| it.sequence), Some(Sequence::new(2)), "events: found by id");
    assert_eq!(store.get_event_record(&"e-4".into()), None, "events: unknown");
}

fn numbers_are_never_used_twice<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.append_event(event("e-1", "a", at(0)));
        store.append_event(event("e-2", "b", at(0)));
    });
    transact(&mut store, |store| store.delete_events_of_task(&"b".into()));
    let rule = "events: the counter never goes back";
    assert_eq!(store.latest_sequence(), Sequence::new(2), "{rule}");
    assert_eq!(store.get_event_record(&"e-2".into()), None, "events: gone with their task");
    transact(&mut store, |store| {
        assert_eq!(
            store.append_event(event("e-3", "a", at(0))).sequence,
            Sequence::new(3),
            "{rule}"
        );
    });
}

fn events_come_back_under_their_old_numbers<S: Store>(mut store: S) {
    let mut gone = Vec::new();
    transact(&mut store, |store| {
        gone.push(store.append_event(event("e-1", "a", at(0))));
        store.append_event(event("e-2", "b", at(0)));
    });
    transact(&mut store, |store| store.delete_events_of_task(&"a".into()));
    transact(&mut store, |store| gone.drain(..).for_each(|event| store.restore_event(event)));
    let rule = "events: one that comes back stands where it stood";
    expect_events(rule, &store.list_board_events(Sequence::ZERO, 0), &["e-1", "e-2"]);
    assert_eq!(store.latest_sequence(), Sequence::new(2), "{rule}");
}

fn lists_go_by_number<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        for number in 1..=6 {
            let task = if number % 2 == 0 { "even" } else { "odd" };
            // The clock goes back, the numbers do not.
            store.append_event(event(&format!("e-{number}"), task, at(10 - number)));
        }
    });
    let of = |task: &str| EventRecordQuery { task_id: Some(task.into()), ..Default::default() };
    let after = Sequence::new(2);
    let cases: [(EventRecordQuery, &[&str]); 6] = [
        (of("even"), &["e-2", "e-4", "e-6"]),
        (EventRecordQuery { after_sequence: after, ..of("even") }, &["e-4", "e-6"]),
        (EventRecordQuery { limit: 2, ..of("odd") }, &["e-1", "e-3"]),
        (EventRecordQuery { descending: true, limit: 2, ..of("odd") }, &["e-5", "e-3"]),
        (
            EventRecordQuery { descending: true, after_sequence: after, ..of("odd") },
            &["e-5", "e-3"],
        ),
        (of("gone"), &[]),
    ];
    for (query, expected) in cases {
        expect_events(
            &format!("events: of {query:?}"),
            &store.list_event_records(&query),
            expected,
        );
    }
    let rule = "events: of the board, ascending";
    expect_events(rule, &store.list_board_events(Sequence::new(4), 0), &["e-5", "e-6"]);
    expect_events(rule, &store.list_board_events(Sequence::ZERO, 2), &["e-1", "e-2"]);
    expect_events(rule, &store.list_board_events(Sequence::new(6), 0), &[]);
}
