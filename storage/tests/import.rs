//! Bundles that meet a board with records: replace, merge, and what is said before.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::collections::{BTreeSet, HashMap, HashSet};

use fixture::{ada, create_as, records};
use futures_executor::LocalPool;
use futures_util::task::LocalSpawnExt;
use proptest::prelude::*;
use proptest::sample::select;
use taskloom_domain::TaskError;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::id::{Sequence, TaskId};
use taskloom_domain::lease::{ClaimCriteria, ClaimResult, LeaseCompletion};
use taskloom_domain::manager::Manager;
use taskloom_domain::merge::{MergeConflict, Side, check, settled};
use taskloom_domain::run::{EnqueueRun, RunStatus};
use taskloom_domain::store::{EventStore, Key, MemoryStore, Record, RecordStore};
use taskloom_domain::task::{Scope, Status};
use taskloom_storage::conformance::{Step, Unsteady};
use taskloom_storage::{
    Board, Bundle, ChangeLog, ImportCounts, ImportError, ImportMode, ImportSummary, MemoryLog,
    Prefer, RecordKind, StorageError,
};

const MODES: [ImportMode; 3] =
    [ImportMode::Replace, ImportMode::Merge(Prefer::Board), ImportMode::Merge(Prefer::Bundle)];

/// A board, and an executor for it alone.
struct World<L> {
    pool: LocalPool,
    board: Board<L>,
}

impl<L: ChangeLog + 'static> World<L> {
    fn open(log: L) -> Self {
        let mut pool = LocalPool::new();
        let spawner = pool.spawner();
        let (engine, options) = fixture::options(move |task| spawner.spawn_local(task).unwrap());
        let board = pool.run_until(Board::open(log, engine, options)).unwrap();
        Self { pool, board }
    }

    fn import(&mut self, bundle: &Bundle, mode: ImportMode) -> Result<ImportSummary, ImportError> {
        self.pool.run_until(self.board.import(bundle, mode))
    }

    /// Does one thing; what the engine refuses is left out.
    fn act(&mut self, action: &Action) {
        let id = |number: u8| TaskId::from(format!("t{number}"));
        let done = match *action {
            Action::Create(task, title) => {
                let create = create_as(Some(id(task).as_str()), title);
                self.pool.run_until(self.board.run(create)).map(drop)
            }
            Action::Depend(task, depends_on) => {
                let edge = AddDependency {
                    task_id: id(task),
                    depends_on_task_id: id(depends_on),
                    kind: DependencyKind::Blocks.into(),
                };
                let add = move |manager: &mut Manager| manager.add_dependency(edge.clone(), &ada());
                self.pool.run_until(self.board.run(add))
            }
            Action::Enqueue(task) => {
                let run = EnqueueRun { task_id: id(task), ..EnqueueRun::default() };
                let enqueue =
                    move |manager: &mut Manager| manager.enqueue_run(run.clone(), &ada()).map(drop);
                self.pool.run_until(self.board.run(enqueue))
            }
            Action::Claim(session) => {
                let claim = move |manager: &mut Manager| claim(manager, session).map(drop);
                self.pool.run_until(self.board.run(claim))
            }
            Action::Finish(task) => {
                let finish = move |manager: &mut Manager| {
                    let run = EnqueueRun { task_id: id(task), ..EnqueueRun::default() };
                    manager.enqueue_run(run, &ada())?;
                    let claim = claim(manager, "sess-3")?;
                    let done = LeaseCompletion {
                        run_id: claim.run.id,
                        claim_token: claim.claim_token,
                        ..LeaseCompletion::default()
                    };
                    let worker = ActorContext::derive_agent_session("sess-3")?;
                    manager.complete_run_lease(done, &worker).map(drop)
                };
                self.pool.run_until(self.board.run(finish))
            }
            Action::Trash(task) => {
                let trash = move |manager: &mut Manager| {
                    manager.delete_to_trash(&id(task), &ada()).map(drop)
                };
                self.pool.run_until(self.board.run(trash))
            }
        };
        drop(done);
    }

    fn after(actions: &[Action], log: L) -> Self {
        let mut world = Self::open(log);
        actions.iter().for_each(|action| world.act(action));
        world
    }

    fn counter(&self) -> Sequence {
        self.board.read(|manager| manager.store().latest_sequence())
    }
}

/// Claims the run at the head of the queue.
fn claim(manager: &mut Manager, session: &str) -> Result<ClaimResult, TaskError> {
    let criteria = ClaimCriteria {
        scope: Scope::Global.into(),
        claimer_session_id: session.into(),
        ..ClaimCriteria::default()
    };
    manager.claim_next_run(criteria, &ActorContext::derive_agent_session(session)?)
}

#[derive(Debug, Clone)]
enum Action {
    Create(u8, &'static str),
    Depend(u8, u8),
    Enqueue(u8),
    Claim(&'static str),
    Finish(u8),
    Trash(u8),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        4 => (0u8..6, select(vec!["dig", "pour"])).prop_map(|(id, it)| Action::Create(id, it)),
        2 => (0u8..6, 0u8..6).prop_map(|(task, on)| Action::Depend(task, on)),
        2 => (0u8..6).prop_map(Action::Enqueue),
        1 => select(vec!["sess-1", "sess-2"]).prop_map(Action::Claim),
        1 => (0u8..6).prop_map(Action::Finish),
        1 => (0u8..6).prop_map(Action::Trash),
    ];
    proptest::collection::vec(action, 0..16)
}

/// A board and the bundle of another one that began as a copy of it.
fn apart(shared: &[Action], ours: &[Action], theirs: &[Action]) -> (World<MemoryLog>, Bundle) {
    let mut here = World::after(shared, MemoryLog::new());
    let mut there = World::open(MemoryLog::new());
    there.import(&here.board.export(), ImportMode::IntoEmpty).unwrap();
    ours.iter().for_each(|action| here.act(action));
    theirs.iter().for_each(|action| there.act(action));
    (here, there.board.export())
}

fn by_key(records: Vec<Record>) -> HashMap<Key, Record> {
    records.into_iter().map(|record| (record.key(), record)).collect()
}

/// Whether no rule that spans records is broken, and every status follows from the
/// rest.
fn is_sound(records: &[Record]) -> bool {
    let store = MemoryStore::from_records(records.iter().cloned());
    let settled = records.iter().all(|record| match record {
        Record::Task(task) => settled(&store, task).status == task.status,
        _ => true,
    });
    let nothing = Side::default();
    settled && check([&nothing, &nothing], &records.iter().cloned().collect()) == Ok(())
}

fn total(summary: &ImportSummary, count: impl Fn(&ImportCounts) -> usize) -> usize {
    summary.counts.values().map(count).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn import_does_what_its_preview_says(
        shared in actions(), ours in actions(), theirs in actions(), mode in select(MODES.to_vec()),
    ) {
        let log = MemoryLog::new();
        let (mut here, bundle) = apart(&shared, &ours, &theirs);
        // On a log that can be opened again.
        let mut world = World::open(log.another());
        world.import(&here.board.export(), ImportMode::IntoEmpty).unwrap();
        let before = records(&world.board);
        let counter = world.counter();
        let preview = world.board.preview(&bundle, mode);
        prop_assert_eq!(records(&world.board), before.clone(), "a preview changes nothing");
        let told = world.import(&bundle, mode);
        prop_assert_eq!(&told, &preview);
        let after = records(&world.board);
        prop_assert_eq!(&records(&World::open(log).board), &after, "what is kept is what shows");
        prop_assert!(world.counter() >= counter, "the counter never goes back");
        let Ok(told) = told else {
            prop_assert_eq!(after, before);
            return Ok(());
        };

        let (old, new) = (by_key(before), by_key(after.clone()));
        let counted = |key: &&Key| RecordKind::of(key).is_some();
        let added = new.keys().filter(counted).filter(|key| !old.contains_key(key)).count();
        let gone = old.keys().filter(counted).filter(|key| !new.contains_key(key)).count();
        prop_assert_eq!(added, total(&told, |it| it.new));
        prop_assert_eq!(gone, total(&told, |it| it.removed));
        let differing = total(&told, |it| it.kept + it.replaced);
        prop_assert_eq!(told.conflicts.len(), differing);
        let ids: HashSet<_> = after
            .iter()
            .filter_map(|record| match record {
                Record::Event(event) => Some(event.event.id.clone()),
                _ => None,
            })
            .collect();
        let events = after.iter().filter(|it| matches!(it, Record::Event(_))).count();
        prop_assert_eq!(ids.len(), events, "an event is there once");
        prop_assert_eq!(world.board.export().validate(), Ok(()));
        if mode == ImportMode::Replace {
            let counter = world.counter();
            let mut expected = bundle.clone();
            expected.latest_sequence = counter;
            prop_assert_eq!(world.board.export(), expected);
        }
        if let ImportMode::Merge(_) = mode {
            prop_assert!(is_sound(&after), "what the rules say holds of the merged board");
            let version = world.board.version();
            let again = world.import(&bundle, mode).unwrap();
            prop_assert_eq!(total(&again, |it| it.new + it.removed + it.replaced), 0);
            prop_assert_eq!(again.settled, []);
            prop_assert_eq!(world.board.version(), version, "merged once more changes nothing");
        }
        // Once more it is nothing new, with tokens and leases of a board's own as well.
        for world in [&mut world, &mut here] {
            let own = world.board.export();
            let (before, version) = (records(&world.board), world.board.version());
            let again = world.import(&own, ImportMode::Merge(Prefer::Bundle)).unwrap();
            prop_assert_eq!(total(&again, |it| it.new + it.kept + it.replaced + it.removed), 0);
            prop_assert_eq!(records(&world.board), before);
            prop_assert_eq!(world.board.version(), version, "nothing is written");
        }
    }

    #[test]
    fn import_that_is_not_kept_is_taken_back_exactly(
        shared in actions(), ours in actions(), theirs in actions(), mode in select(MODES.to_vec()),
    ) {
        let (_, bundle) = apart(&shared, &ours, &theirs);
        let log = Unsteady::new(MemoryLog::new(), []);
        let mut world = World::after(&ours, log.clone());
        let before = records(&world.board);
        let unavailable = StorageError::Unavailable { cause: "off".into() };
        log.plan([Step::Fail(unavailable.clone())]);
        match world.import(&bundle, mode) {
            // Nothing was to be written, or the two do not go together.
            Ok(told) => prop_assert_eq!(total(&told, |it| it.new + it.replaced + it.removed), 0),
            Err(ImportError::Storage(error)) => prop_assert_eq!(error, unavailable),
            Err(error) => {
                prop_assert!(matches!(error, ImportError::Conflict(_)), "{}", error);
            }
        }
        prop_assert_eq!(records(&world.board), before);
    }
}

#[test]
fn a_taken_number_makes_room_behind_the_newest() {
    let start = [Action::Create(0, "dig")];
    let (mut here, bundle) =
        apart(&start, &[Action::Create(1, "pour")], &[Action::Create(2, "lay")]);
    let told = here.import(&bundle, ImportMode::Merge(Prefer::Board)).unwrap();
    let expected = ImportCounts { new: 1, equal: 1, ..ImportCounts::default() };
    assert_eq!(told.counts[&RecordKind::Event], expected);
    assert_eq!(told.counts[&RecordKind::Task], expected);
    let events = here.board.read(|manager| manager.store().list_board_events(Sequence::ZERO, 0));
    let places: Vec<_> =
        events.iter().map(|it| (it.sequence.get(), it.event.task_id.as_str())).collect();
    assert_eq!(places, [(1, "t0"), (2, "t1"), (3, "t2")]);
    assert_eq!(here.counter(), Sequence::new(3));
}

#[test]
fn the_preferred_side_stands_where_both_differ() {
    for (prefer, title) in [(Prefer::Board, "pour"), (Prefer::Bundle, "lay")] {
        let (mut here, bundle) =
            apart(&[], &[Action::Create(0, "pour")], &[Action::Create(0, "lay")]);
        let told = here.import(&bundle, ImportMode::Merge(prefer)).unwrap();
        assert_eq!(told.conflicts, [Key::Task("t0".into())]);
        assert_eq!(fixture::titles(&here.board), [title]);
    }
}

#[test]
fn a_loop_that_only_the_union_has_is_refused() {
    let shared = [Action::Create(0, "dig"), Action::Create(1, "pour")];
    let (mut here, bundle) = apart(&shared, &[Action::Depend(0, 1)], &[Action::Depend(1, 0)]);
    let before = records(&here.board);
    let refused = here.import(&bundle, ImportMode::Merge(Prefer::Bundle)).unwrap_err();
    let ImportError::Conflict(MergeConflict::Cycle(tasks)) = &refused else { panic!("{refused}") };
    let named: BTreeSet<&str> = tasks.iter().map(TaskId::as_str).collect();
    assert_eq!(named, BTreeSet::from(["t0", "t1"]));
    assert_eq!(refused.code(), "cycle_detected");
    assert_eq!(records(&here.board), before);
    here.import(&bundle, ImportMode::Replace).unwrap();
}

#[test]
fn a_session_does_not_come_to_two_live_leases() {
    let work = |task| [Action::Create(task, "dig"), Action::Enqueue(task), Action::Claim("sess-1")];
    let (mut here, bundle) = apart(&[], &work(0), &work(1));
    let refused = here.import(&bundle, ImportMode::Merge(Prefer::Bundle)).unwrap_err();
    let busy = matches!(refused, ImportError::Conflict(MergeConflict::BusySession { .. }));
    assert!(busy, "{refused}");
    assert_eq!(refused.code(), "active_run_lease");
}

#[test]
fn a_lease_of_the_bundle_comes_without_token_and_keeps_its_end() {
    let work = [Action::Create(1, "dig"), Action::Enqueue(1), Action::Claim("sess-1")];
    let (mut here, bundle) = apart(&[], &[Action::Create(0, "pour")], &work);
    let claimed = bundle.runs[0].clone();
    assert_eq!((claimed.status, claimed.lease_until.is_some()), (RunStatus::Claimed, true));
    here.import(&bundle, ImportMode::Merge(Prefer::Board)).unwrap();
    let after = records(&here.board);
    assert!(after.contains(&Record::Run(claimed)));
    assert!(!after.iter().any(|record| matches!(record, Record::ClaimToken(..))));
}

#[test]
fn a_token_does_not_outlive_the_lease_that_the_bundle_ends() {
    let work = [Action::Create(0, "dig"), Action::Enqueue(0)];
    let (mut here, bundle) = apart(&work, &[Action::Claim("sess-1")], &[]);
    let tokens =
        |it: &[Record]| it.iter().filter(|it| matches!(it, Record::ClaimToken(..))).count();
    assert_eq!(tokens(&records(&here.board)), 1);
    here.import(&bundle, ImportMode::Merge(Prefer::Bundle)).unwrap();
    assert_eq!(tokens(&records(&here.board)), 0);
    assert_eq!(here.board.export().runs, bundle.runs);
}

fn status(board: &Board<MemoryLog>, id: &str) -> Status {
    board.read(|manager| manager.store().get_task(&id.into()).unwrap().status)
}

#[test]
fn what_waits_becomes_ready_where_the_other_side_finished_the_blocker() {
    let shared = [Action::Create(0, "dig"), Action::Create(1, "pour"), Action::Depend(1, 0)];
    for prefer in [Prefer::Board, Prefer::Bundle] {
        // The blocker differs on both sides, and what waits for it on neither.
        let (mut here, bundle) = apart(&shared, &[], &[Action::Finish(0)]);
        assert_eq!(status(&here.board, "t1"), Status::Blocked);
        let told = here.import(&bundle, ImportMode::Merge(prefer)).unwrap();
        assert_eq!(status(&here.board, "t0"), Status::Completed);
        assert_eq!(status(&here.board, "t1"), Status::Ready);
        assert!(told.settled.len() <= 2, "{told:?}");
    }
}

#[test]
fn two_open_runs_of_one_task_are_refused_by_name_and_nothing_is_written() {
    let (mut here, bundle) =
        apart(&[Action::Create(0, "dig")], &[Action::Enqueue(0)], &[Action::Enqueue(0)]);
    let (before, version) = (records(&here.board), here.board.version());
    for prefer in [Prefer::Board, Prefer::Bundle] {
        let mode = ImportMode::Merge(prefer);
        let refused = here.board.preview(&bundle, mode).unwrap_err();
        let text = refused.to_string();
        assert!(text.starts_with("merged, task t0 would have two open runs: run-"), "{text}");
        assert_eq!(refused.code(), "conflict");
        assert_eq!(here.import(&bundle, mode), Err(refused));
    }
    assert_eq!((records(&here.board), here.board.version()), (before, version));
}

#[test]
fn a_board_that_was_emptied_takes_a_bundle_and_gives_it_back() {
    let work = [Action::Create(0, "dig"), Action::Finish(0), Action::Create(1, "pour")];
    let mut world = World::after(&work, MemoryLog::new());
    let bundle = world.board.export();
    world.import(&Bundle::default(), ImportMode::Replace).unwrap();
    assert_eq!(world.board.export().tasks, []);
    let told = world.import(&bundle, ImportMode::IntoEmpty).unwrap();
    assert_eq!(total(&told, |it| it.new), total(&told, |it| it.new + it.equal + it.removed));
    assert_eq!(world.board.export().to_json(), bundle.to_json());
    assert_eq!(world.import(&bundle, ImportMode::IntoEmpty), Err(ImportError::NotEmpty));
}
