//! Boards in IndexedDB, as tabs and workers have them.

use futures_util::StreamExt;
use futures_util::future::{join, join_all};
use taskloom_storage::{
    Board, BoardError, BoardOptions, CloseReason, Durability, IndexedDbLog, Source, StorageError,
};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::fixture::{self, create, create_as, records, titles};

async fn open(name: &str) -> Board<IndexedDbLog> {
    let log = IndexedDbLog::open(name, Durability::Relaxed).await.unwrap();
    let (engine, mut options) = fixture::options(spawn_local);
    options.snapshot_every = 64.try_into().unwrap();
    Board::open(log, engine, options).await.unwrap()
}

#[wasm_bindgen_test]
async fn reload_shows_what_was_committed_before_it() {
    let board = open("reload").await;
    for number in 0..70 {
        board.run(create(&format!("task {number:02}"))).await.unwrap();
    }
    let before = records(&board);
    board.close().await;
    drop(board);
    let log = IndexedDbLog::open("reload", Durability::Relaxed).await.unwrap();
    let (engine, _) = fixture::options(spawn_local);
    let board = Board::open(log, engine, BoardOptions::for_page().unwrap()).await.unwrap();
    assert_eq!(records(&board), before);
    assert_eq!(board.version().get(), 70);
}

#[wasm_bindgen_test]
async fn racing_boards_keep_every_acknowledged_operation_once() {
    const EACH: usize = 200;
    let (one, other) = join(open("race"), open("race")).await;
    let (of_one, of_other) = (one.watch(), other.watch());
    let writer = async |board: &Board<IndexedDbLog>, name: &str| {
        for number in 0..EACH / 2 {
            // Half of them one after the other, half of them in pairs.
            let title = format!("{name} {number:03}");
            let pair = board.run(create(&format!("{name} pair {number:03}")));
            let (single, pair) = join(board.run(create(&title)), pair).await;
            single.and(pair).unwrap();
        }
    };
    join(writer(&one, "one"), writer(&other, "other")).await;
    join_all([one.catch_up(), other.catch_up()]).await;
    let mut expected: Vec<String> = (0..EACH / 2)
        .flat_map(|number| {
            ["one", "one pair", "other", "other pair"].map(|name| format!("{name} {number:03}"))
        })
        .collect();
    expected.sort();
    assert_eq!(titles(&one), expected);
    assert_eq!(records(&one), records(&other));
    assert_eq!(records(&open("race").await), records(&one));
    join(one.close(), other.close()).await;
    let (of_one, of_other) = join(of_one.collect::<Vec<_>>(), of_other.collect::<Vec<_>>()).await;
    let versions = |changes: &[taskloom_storage::BoardChange]| {
        changes.iter().map(|it| it.version.get()).collect::<Vec<_>>()
    };
    assert!(versions(&of_one).is_sorted_by(|one, next| one < next));
    assert!(versions(&of_other).is_sorted_by(|one, next| one < next));
}

#[wasm_bindgen_test]
async fn contested_operations_have_one_winner() {
    let (one, other) = join(open("contest"), open("contest")).await;
    for number in 0..20 {
        let id = format!("task-{number}");
        let answers =
            join(one.run(create_as(Some(&id), "one")), other.run(create_as(Some(&id), "other")))
                .await;
        let one_won = matches!(answers, (Ok(_), Err(BoardError::Refused(_))));
        let other_won = matches!(answers, (Err(BoardError::Refused(_)), Ok(_)));
        assert!(one_won || other_won, "round {number}: {answers:?}");
    }
    join_all([one.catch_up(), other.catch_up()]).await;
    assert_eq!(records(&one), records(&other));
}

#[wasm_bindgen_test]
async fn another_tab_hears_of_a_commit() {
    let (one, other) = join(open("hear"), open("hear")).await;
    let mut changes = other.watch();
    one.run(create("news")).await.unwrap();
    let change = changes.next().await.unwrap();
    assert_eq!((change.version.get(), change.source), (1, Source::Other));
    assert_eq!(titles(&other), ["news"]);
}

#[wasm_bindgen_test]
async fn erased_board_says_why_it_is_closed() {
    let board = open("erase").await;
    board.run(create("gone")).await.unwrap();
    let mut faults = board.watch_fault();
    IndexedDbLog::erase("erase").await.unwrap();
    let closed = StorageError::Closed { reason: CloseReason::Replaced };
    assert_eq!(faults.next().await, Some(Some(closed.clone())));
    assert_eq!(faults.next().await, None);
    assert_eq!(board.fault(), Some(closed.clone()));
    assert_eq!(board.run(create("late")).await, Err(BoardError::Storage(closed)));
    assert_eq!(board.export().tasks.len(), 1, "what was on it can still be saved");
}
