#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod model;
mod script;

use std::collections::HashSet;
use std::fmt::Debug;

use proptest::prelude::*;

use self::model::Model;
use self::script::{Dice, End, ROUNDS, RUNS, SESSIONS, TASKS, run_id, session_id, task_id};
use super::*;
use crate::actor::{ActorIdentity, ActorKind};
use crate::eligibility::{ClaimBarrier, claim_barriers};
use crate::enumeration::Enumeration;
use crate::event::{EventArchive, EventArchiveWriter};
use crate::id::Sequence;
use crate::run::RunStatus;
use crate::store::conformance::fixture;
use crate::store::*;

/// Asks both stores the same, and compares the answers.
fn compare<S: Store, T: Store>(store: &S, model: &T, questions: &[Vec<u8>]) {
    fn same<A: PartialEq + Debug>(store: A, model: A) {
        assert_eq!(store, model);
    }
    for task in TASKS.map(task_id) {
        same(store.get_task(&task), model.get_task(&task));
        same(store.list_children(&task), model.list_children(&task));
        same(store.count_direct_children(&task), model.count_direct_children(&task));
        same(store.last_activity_at(&task), model.last_activity_at(&task));
        same(store.list_dependencies(&task), model.list_dependencies(&task));
        same(store.list_dependents(&task), model.list_dependents(&task));
        same(store.count_dependencies(&task), model.count_dependencies(&task));
        for other in TASKS.map(task_id) {
            same(store.get_dependency(&task, &other), model.get_dependency(&task, &other));
        }
        same(store.list_runs_of_task(&task), model.list_runs_of_task(&task));
        same(store.get_profile(&task), model.get_profile(&task));
        same(store.get_review_gate(&task), model.get_review_gate(&task));
        same(store.list_triage_of_task(&task), model.list_triage_of_task(&task));
        let actor = ActorIdentity::new(ActorKind::Human, script::name(0));
        same(store.get_triage(&task, &actor), model.get_triage(&task, &actor));
        same(store.list_snoozes_of_task(&task), model.list_snoozes_of_task(&task));
        same(store.get_snooze(&task, &actor), model.get_snooze(&task, &actor));
        same(store.get_trashed(&task), model.get_trashed(&task));
        same(store.paused_by(&task), model.paused_by(&task));
    }
    for kind in ActorKind::ALL {
        let actor = ActorIdentity::new(*kind, script::name(0));
        same(store.list_triage_of_actor(&actor), model.list_triage_of_actor(&actor));
        same(store.list_snoozes_of_actor(&actor), model.list_snoozes_of_actor(&actor));
    }
    same(store.list_trashed(), model.list_trashed());
    for run in RUNS.map(run_id) {
        same(store.get_run(&run), model.get_run(&run));
        same(store.get_retry_of(&run), model.get_retry_of(&run));
        same(store.get_claim_token(&run), model.get_claim_token(&run));
        for round in ROUNDS {
            let review = format!("review-{run}-{round}").into();
            same(store.get_review(&review), model.get_review(&review));
            same(store.get_continuation_of(&review), model.get_continuation_of(&review));
            let round = round as i64;
            same(store.find_review(&run, round, 1), model.find_review(&run, round, 1));
        }
    }
    for session in SESSIONS.map(session_id) {
        let (one, other) = (store, model);
        same(
            one.list_active_runs_of_session(&session),
            other.list_active_runs_of_session(&session),
        );
        same(
            one.list_fenced_runs_of_session(&session),
            other.list_fenced_runs_of_session(&session),
        );
        let reviews = other.list_active_reviews_of_session(&session);
        same(one.list_active_reviews_of_session(&session), reviews);
    }
    for status in RunStatus::ALL {
        same(store.count_runs_by_status(*status), model.count_runs_by_status(*status));
    }
    for statuses in [&RunStatus::ACTIVE[..], RunStatus::ALL, &[]] {
        same(store.list_runs_by_status(statuses), model.list_runs_by_status(statuses));
    }
    for number in 0..3 {
        let now = fixture::at(number as i64);
        same(store.list_expired_leases(now, number), model.list_expired_leases(now, number));
        let after = Sequence::new(number as i64);
        same(store.list_board_events(after, number), model.list_board_events(after, number));
        let event = format!("event-{number}").into();
        same(store.get_event_record(&event), model.get_event_record(&event));
    }
    for key in [0, 1].map(script::name) {
        for origin in [0, 1].map(|number| fixture::origin(&script::name(number))) {
            same(store.get_idempotency(&key, &origin), model.get_idempotency(&key, &origin));
        }
        same(store.get_channel(&key), model.get_channel(&key));
    }
    for paused in [WithPaused::No, WithPaused::Yes] {
        same(store.list_backlog(None, paused), model.list_backlog(None, paused));
        let workspace = Some(&"workspace-1".into());
        same(store.list_backlog(workspace, paused), model.list_backlog(workspace, paused));
    }
    same(store.latest_sequence(), model.latest_sequence());
    same(store.get_scheduler(), model.get_scheduler());
    same(store.count_paused_tasks(), model.count_paused_tasks());
    for bytes in questions {
        let dice = || Dice::new(bytes);
        let query = dice().task_query();
        same(store.list_tasks(&query), model.list_tasks(&query));
        let query = dice().run_query();
        same(store.list_runs(&query), model.list_runs(&query));
        let query = dice().review_query();
        same(store.list_reviews(&query), model.list_reviews(&query));
        let query = dice().event_query();
        same(store.list_event_records(&query), model.list_event_records(&query));
        let criteria = dice().criteria();
        same(store.select_claimable(&criteria), model.select_claimable(&criteria));
    }
}

/// The store as it comes out of storage: its events in an archive.
fn packed(store: &MemoryStore) -> MemoryStore {
    let mut image = store.image();
    let mut writer = EventArchiveWriter::default();
    while !image.events.is_done() {
        image.events.pack(&mut writer, 2);
    }
    let archive = EventArchive::read(writer.finish()).unwrap();
    MemoryStore::from_image(archive, image.records)
}

fn key_of(change: &Change) -> Key {
    match change {
        Change::Put(record) => record.key(),
        Change::Delete(key) => key.clone(),
    }
}

fn distinct_keys(changes: &[Change]) -> HashSet<Key> {
    let keys: HashSet<Key> = changes.iter().map(key_of).collect();
    assert_eq!(keys.len(), changes.len(), "one step per key: {changes:?}");
    keys
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn every_read_answers_as_a_scan_of_all_records_would(
        script in script::script(), questions in script::questions(), packs in any::<bool>(),
    ) {
        let (mut store, mut model) = (MemoryStore::default(), Model::default());
        for step in script {
            store.begin();
            model.begin();
            step.write(&mut store);
            step.write(&mut model);
            compare(&store, &model, &questions);
            match step.end {
                End::Commit => {
                    let (changes, expected) = (store.commit().changes, model.commit().changes);
                    prop_assert_eq!(distinct_keys(&changes), distinct_keys(&expected));
                }
                End::Rollback => {
                    store.rollback();
                    model.rollback();
                }
            }
            if packs {
                store = packed(&store);
            }
            compare(&store, &model, &questions);
        }
    }

    #[test]
    fn a_packed_store_changes_as_any_other(
        script in script::script(), pack_at in any::<prop::sample::Index>(),
    ) {
        let pack_at = pack_at.index(script.len());
        let (mut store, mut other) = (MemoryStore::default(), MemoryStore::default());
        let mut done = Vec::new();
        for (number, step) in script.into_iter().enumerate() {
            if number == pack_at {
                other = packed(&store);
                prop_assert_eq!(&other, &store);
            }
            for store in [&mut store, &mut other] {
                store.begin();
                step.write(store);
            }
            let (one, set) = (store.commit(), other.commit());
            prop_assert_eq!(&one, &set);
            prop_assert_eq!(&other, &store);
            done.push(set);
        }
        for set in done.into_iter().rev() {
            other.apply(&set.inverse);
        }
        prop_assert_eq!(other, MemoryStore::default());
    }

    #[test]
    fn change_sets_lead_forth_and_back(script in script::script()) {
        let (mut store, mut replica) = (MemoryStore::default(), MemoryStore::default());
        let mut done = Vec::new();
        for step in script {
            let before = store.clone();
            store.begin();
            step.write(&mut store);
            if step.end == End::Rollback {
                store.rollback();
                prop_assert_eq!(&store, &before);
                continue;
            }
            let set = store.commit();
            prop_assert_eq!(set.is_empty(), store == before);
            replica.apply(&set.changes);
            prop_assert_eq!(&store, &replica);
            done.push((set, before));
        }
        for (set, before) in done.into_iter().rev() {
            store.apply(&set.inverse);
            prop_assert_eq!(&store, &before);
        }
        prop_assert_eq!(store, MemoryStore::default());
    }

    #[test]
    fn a_store_is_its_records_in_any_order(script in script::script(), seed in any::<u64>()) {
        let mut store = MemoryStore::default();
        for step in script {
            store.begin();
            step.write(&mut store);
            store.commit();
        }
        let records: Vec<Record> = store.records().collect();
        let keys: HashSet<Key> = records.iter().map(Record::key).collect();
        prop_assert_eq!(keys.len(), records.len());

        let copy = MemoryStore::from_records(records.clone());
        prop_assert_eq!(&copy, &store);
        prop_assert_eq!(copy.records().collect::<Vec<_>>(), records.clone());

        let mut mixed = records;
        mixed.sort_by_cached_key(|record| {
            use std::hash::{Hash, Hasher};
            let mut hasher = rustc_hash::FxHasher::default();
            (seed, record.key()).hash(&mut hasher);
            hasher.finish()
        });
        prop_assert_eq!(MemoryStore::from_records(mixed), store);
    }

    #[test]
    fn a_run_without_barriers_is_one_that_may_be_claimed(
        script in script::script(), questions in script::questions(),
    ) {
        let (mut store, mut model) = (MemoryStore::default(), Model::default());
        for step in script {
            store.begin();
            model.begin();
            step.write(&mut store);
            step.write(&mut model);
            store.commit();
        }
        for criteria in questions.iter().map(|bytes| Dice::new(bytes).criteria()) {
            for run in RUNS.map(run_id).filter_map(|id| model.get_run(&id)) {
                let barriers = claim_barriers(&store, &run.id, &criteria);
                let task = model.get_task(&run.task_id);
                prop_assert_eq!(barriers.is_some(), task.is_some());
                let (Some(mut barriers), Some(task)) = (barriers, task) else { continue };
                let paused = store.get_scheduler().paused;
                prop_assert_eq!(barriers.contains(&ClaimBarrier::SchedulerPaused), paused);
                barriers.retain(|barrier| *barrier != ClaimBarrier::SchedulerPaused);
                prop_assert_eq!(barriers.is_empty(), model.admits(&run, &task, &criteria));
            }
        }
    }
}

#[test]
fn the_memory_store_conforms() {
    conformance::store_conformance(MemoryStore::default);
}

#[test]
fn old_answers_stay_as_they_were() {
    let mut store = MemoryStore::default();
    fixture::transact(&mut store, |store| store.put_task(fixture::task("t")));
    let before = store.get_task(&"t".into()).unwrap();
    fixture::transact(&mut store, |store| {
        store.append_event(fixture::event("e", "t", fixture::at(1)));
    });
    assert_eq!(before.latest_event_seq, Sequence::ZERO);
    assert_eq!(store.get_task(&"t".into()).unwrap().latest_event_seq, Sequence::new(1));
}

#[test]
fn records_without_a_counter_do_not_make_a_number_be_used_twice() {
    let mut store = MemoryStore::default();
    fixture::transact(&mut store, |store| {
        store.append_event(fixture::event("e", "t", fixture::at(1)));
    });
    let events = store.records().filter(|record| matches!(record, Record::Event(_)));
    let mut copy = MemoryStore::from_records(events);
    copy.begin();
    let next = copy.append_event(fixture::event("f", "t", fixture::at(1)));
    assert_eq!(next.sequence, Sequence::new(2));
}

#[test]
fn a_loop_of_parents_from_outside_ends_every_walk() {
    let mut store = MemoryStore::default();
    fixture::transact(&mut store, |store| {
        store.put_task(fixture::child("a", "b"));
        store.put_task(fixture::child("b", "a"));
        store.put_run(fixture::run("r", "a"));
    });
    assert_eq!(store.paused_by(&"a".into()), None);
    let claimer = fixture::claimer("s", &[]);
    assert!(store.select_claimable(&claimer).is_some());
    fixture::transact(&mut store, |store| {
        store.put_task(Task { paused: true, ..fixture::child("b", "a") });
    });
    assert_eq!(store.paused_by(&"a".into()), Some("b".into()));
    assert_eq!(store.select_claimable(&claimer), None);
}

#[test]
#[should_panic(expected = "inside a transaction")]
fn a_write_outside_a_transaction_is_told_at_once() {
    MemoryStore::default().put_task(fixture::task("t"));
}
