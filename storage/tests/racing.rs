//! Boards that race on one log, which is slow, fails and loses answers: whatever
//! the order, they end up the same, and every answer is true.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::num::NonZeroU64;

use fixture::{create, create_as, records, titles, yield_now};
use futures_executor::LocalPool;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::task::LocalSpawnExt;
use proptest::prelude::*;
use taskloom_domain::store::MemoryStore;
use taskloom_storage::conformance::{Step, Unsteady};
use taskloom_storage::{Board, BoardChange, BoardError, MemoryLog, StorageError};

/// One operation of a script.
#[derive(Debug, Clone)]
struct Move {
    board: usize,
    kind: Kind,
    /// How many turns it waits before it starts.
    turns: u8,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Creates a task that nothing stands in the way of.
    Fresh,
    /// Creates a task of one of a few ids: the second one is refused.
    Contested(u8),
    /// Creates a task and is then refused: the task is kept.
    HalfRefused,
    /// Changes nothing.
    Read,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let kind = prop_oneof![
        4 => Just(Kind::Fresh),
        3 => (0..4_u8).prop_map(Kind::Contested),
        1 => Just(Kind::HalfRefused),
        1 => Just(Kind::Read),
    ];
    let one =
        (0..BOARDS, kind, 0..30_u8).prop_map(|(board, kind, turns)| Move { board, kind, turns });
    prop::collection::vec(one, 1..40)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = |step| Just(vec![step]);
    let steps = prop_oneof![
        6 => (0..6_u8).prop_map(|turns| vec![Step::Wait(turns)]),
        1 => one(Step::Fail(StorageError::QuotaExceeded { cause: "the plan says so".into() })),
        1 => one(Step::Fail(StorageError::Failed { cause: "the plan says so".into() })),
        1 => one(Step::LoseAnswer),
        // A conflict with itself is told from a true one by looking.
        1 => Just(vec![Step::Repeat, Step::Wait(1)]),
    ];
    prop::collection::vec(steps, 0..30).prop_map(|steps| steps.concat())
}

const BOARDS: usize = 3;

type Tab = (Board<Unsteady<MemoryLog>>, Unsteady<MemoryLog>);

fn open(pool: &mut LocalPool, log: MemoryLog) -> Tab {
    let spawner = pool.spawner();
    let (engine, mut options) = fixture::options(move |task| spawner.spawn_local(task).unwrap());
    options.snapshot_every = NonZeroU64::new(4).unwrap();
    let log = Unsteady::new(log, []);
    (pool.run_until(Board::open(log.clone(), engine, options)).unwrap(), log)
}

async fn play(
    board: &Board<Unsteady<MemoryLog>>,
    title: &str,
    it: &Move,
) -> Result<(), BoardError> {
    for _ in 0..it.turns {
        yield_now().await;
    }
    match it.kind {
        Kind::Fresh => board.run(create(title)).await.map(drop),
        Kind::Contested(id) => {
            board.run(create_as(Some(&format!("task-{id}")), title)).await.map(drop)
        }
        Kind::HalfRefused => {
            let (mut first, mut second) = (create(title), create(""));
            board.run(move |manager| first(manager).and_then(|_| second(manager))).await.map(drop)
        }
        Kind::Read => board.run(|_| Ok(())).await,
    }
}

fn check(moves: &[Move], plans: &[Vec<Step>]) -> Result<(), TestCaseError> {
    let mut pool = LocalPool::new();
    let log = MemoryLog::new();
    let tabs: Vec<Tab> = (0..BOARDS).map(|_| open(&mut pool, log.another())).collect();
    let watchers: Vec<_> = tabs.iter().map(|(board, _)| board.watch()).collect();
    for ((_, log), plan) in tabs.iter().zip(plans) {
        log.plan(plan.iter().cloned());
    }
    let names: Vec<String> = (0..moves.len()).map(|number| format!("move {number}")).collect();
    let answers = pool.run_until(join_all(
        moves.iter().zip(&names).map(|(it, name)| play(&tabs[it.board].0, name, it)),
    ));
    pool.run_until(async {
        for (_, log) in &tabs {
            log.settle();
        }
        for (board, _) in &tabs {
            board.catch_up().await.unwrap();
        }
    });

    let (fresh, _) = open(&mut pool, log);
    let there = titles(&fresh);
    for ((it, name), answer) in moves.iter().zip(&names).zip(&answers) {
        let count = there.iter().filter(|title| *title == name).count();
        let (least, most) = match (answer, &it.kind) {
            (_, Kind::Read) => (0, 0),
            (Ok(()), _) | (Err(BoardError::Refused(_)), Kind::HalfRefused) => (1, 1),
            (Err(BoardError::Refused(_)), _) => (0, 0),
            // Only an unknown outcome may turn out either way.
            (Err(BoardError::Storage(StorageError::Failed { .. })), _) => (0, 1),
            (Err(BoardError::Storage(_)), _) => (0, 0),
        };
        prop_assert!(
            (least..=most).contains(&count),
            "{it:?} got {answer:?} and stands {count} times"
        );
    }
    for ((board, _), watcher) in tabs.iter().zip(watchers) {
        prop_assert_eq!(records(board), records(&fresh));
        pool.run_until(board.close());
        let told: Vec<BoardChange> = pool.run_until(watcher.collect());
        let mut replayed = MemoryStore::default();
        for change in &told {
            replayed.apply(&change.changes);
        }
        prop_assert_eq!(replayed.records().collect::<Vec<_>>(), records(&fresh));
        prop_assert!(told.is_sorted_by(|one, next| one.version < next.version));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn racing_boards_agree_and_answer_truly(
        moves in moves(),
        plans in prop::collection::vec(steps(), BOARDS),
    ) {
        check(&moves, &plans)?;
    }
}
