//! Boards over a log in memory: what is kept, what is taken back, who is told.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::cell::Cell;
use std::rc::Rc;

use fixture::tab::{Tab, replayed, told, version};
use fixture::{create, create_as, records, titles};
use futures_util::StreamExt;
use futures_util::future::join_all;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::force::DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE;
use taskloom_domain::id::TaskId;
use taskloom_domain::manager::Manager;
use taskloom_domain::pause::PauseTaskRequest;
use taskloom_domain::store::{Change, Record, RecordStore};
use taskloom_domain::{ErrorKind, TaskError};
use taskloom_storage::conformance::{Step, Unsteady};
use taskloom_storage::{
    Board, BoardChange, BoardError, CloseReason, MemoryLog, Source, StorageError, Version,
};

fn quota() -> StorageError {
    StorageError::QuotaExceeded { cause: "the test says so".into() }
}

#[test]
fn answered_operation_is_in_the_log() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    tab.create("water the plants").unwrap();
    assert_eq!(tab.board.version(), version(1));
    let reopened = Tab::open(log);
    assert_eq!(records(&reopened.board), records(&tab.board));
    assert_eq!(titles(&reopened.board), ["water the plants"]);
}

#[test]
fn refused_operation_leaves_no_entry() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    let Err(BoardError::Refused(error)) = tab.create(" ") else { panic!("a title is required") };
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!((log.appends(), tab.board.version()), (0, Version::ZERO));
}

#[test]
fn first_step_of_a_refused_operation_is_kept() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    let (mut first, mut second) = (create("kept"), create(" "));
    let board = tab.board.clone();
    let answer = tab.wait(board.run(move |manager| {
        first(manager)?;
        second(manager)
    }));
    assert!(matches!(answer, Err(BoardError::Refused(_))));
    assert_eq!(tab.board.version(), version(1));
    assert_eq!(titles(&Tab::open(log).board), ["kept"]);
}

#[test]
fn slower_writer_decides_again_on_what_is_new() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    one.create("first").unwrap();
    let seen = Rc::new(Cell::new(Vec::new()));
    let (notes, mut second) = (Rc::clone(&seen), create("second"));
    let board = other.board.clone();
    other
        .wait(board.run(move |manager| {
            let mut counts = notes.take();
            counts.push(manager.store().list_tasks(&Default::default()).len());
            notes.set(counts);
            second(manager)
        }))
        .unwrap();
    assert_eq!(seen.take(), [0, 1], "decided on the empty board, and again after the first task");
    one.idle();
    assert_eq!(titles(&one.board), ["first", "second"]);
    assert_eq!(records(&one.board), records(&other.board));
    assert_eq!((one.board.version(), other.board.version()), (version(2), version(2)));
}

#[test]
fn operation_that_lost_its_ground_is_refused() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    let run = |tab: &mut Tab<MemoryLog>, title: &str| {
        let board = tab.board.clone();
        tab.wait(board.run(create_as(Some("task-1"), title)))
    };
    run(&mut one, "mine").unwrap();
    assert!(matches!(run(&mut other, "mine too"), Err(BoardError::Refused(_))));
    assert_eq!(titles(&other.board), ["mine"]);
    assert_eq!(other.board.version(), version(1), "a refusal appends nothing");
}

#[test]
fn concurrent_operations_share_appends() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    log.plan([Step::Wait(3)]);
    let board = tab.board.clone();
    let operations = (0..50).map(|number| board.run(create(&format!("task {number}"))));
    let answers = tab.wait(join_all(operations));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(titles(&tab.board).len(), 50);
    assert!(log.appends() < 5, "{} appends", log.appends());
    assert_eq!(tab.board.version().get(), log.appends() as u64);
}

#[test]
fn failed_append_takes_everything_back() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    tab.create("before").unwrap();
    let before = records(&tab.board);
    let mut changes = tab.board.watch();
    log.plan([Step::Fail(quota())]);
    let board = tab.board.clone();
    let answers = tab.wait(join_all((0..3).map(|number| board.run(create(&format!("{number}"))))));
    assert!(answers.into_iter().all(|it| it == Err(BoardError::Storage(quota()))));
    assert_eq!(records(&tab.board), before);
    assert_eq!(told(&mut changes), [], "what is taken back never shows");
    assert_eq!(tab.board.fault(), Some(quota()));
    tab.catch_up();
    assert_eq!(
        tab.board.fault(),
        Some(quota()),
        "reading still works, and says nothing of writing"
    );
    tab.create("after").unwrap();
    assert_eq!(titles(&tab.board), ["after", "before"]);
    assert_eq!(tab.board.fault(), None);
}

#[test]
fn refusal_is_not_answered_before_its_ground_is_kept() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    log.plan([Step::Fail(quota())]);
    let board = tab.board.clone();
    let answers = tab.wait(join_all([
        board.run(create_as(Some("task-1"), "first")),
        board.run(create_as(Some("task-1"), "refused because of the first")),
    ]));
    assert!(answers.into_iter().all(|it| it == Err(BoardError::Storage(quota()))));
}

#[test]
fn entry_of_a_lost_answer_is_found_again() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    let mut changes = tab.board.watch();
    log.plan([Step::LoseAnswer]);
    tab.create("once").unwrap();
    assert_eq!(titles(&tab.board), ["once"]);
    assert_eq!((log.appends(), tab.board.version()), (1, version(1)));
    assert_eq!(told(&mut changes).len(), 1);
}

#[test]
fn entry_that_was_appended_twice_over_stands_once() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    log.plan([Step::Repeat]);
    tab.create("once").unwrap();
    tab.create("next").unwrap();
    assert_eq!(titles(&tab.board), ["next", "once"]);
    assert_eq!((log.appends(), tab.board.version()), (2, version(2)));
}

#[test]
fn unknown_outcome_is_a_failure_and_shows_up_later() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    let mut changes = tab.board.watch();
    let failed = StorageError::Failed { cause: "no connection".into() };
    log.plan([Step::LoseAnswer, Step::Fail(failed)]);
    assert_eq!(tab.create("maybe").unwrap_err().code(), "failed");
    assert_eq!(titles(&tab.board), [""; 0]);
    tab.catch_up();
    assert_eq!(titles(&tab.board), ["maybe"]);
    assert_eq!(told(&mut changes)[0].source, Source::Own);
}

#[test]
fn subscribers_hear_every_step_once_and_in_order() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    let (mut of_one, mut of_other) = (one.board.watch(), other.board.watch());
    one.create("a").unwrap();
    other.create("b").unwrap();
    one.create("c").unwrap();
    other.idle();
    let steps = |changes: &[BoardChange]| {
        changes.iter().map(|it| (it.version.get(), it.source)).collect::<Vec<_>>()
    };
    let (of_one, of_other) = (told(&mut of_one), told(&mut of_other));
    assert_eq!(steps(&of_one), [(1, Source::Own), (2, Source::Other), (3, Source::Own)]);
    assert_eq!(steps(&of_other), [(1, Source::Other), (2, Source::Own), (3, Source::Other)]);
    for (mine, theirs) in of_one.iter().zip(&of_other) {
        assert_eq!(mine.changes, theirs.changes);
    }
    assert_eq!(replayed(&of_one), records(&one.board));
}

#[test]
fn board_catches_up_by_itself_on_a_hint() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    one.create("hear this").unwrap();
    assert_eq!(titles(&other.board), [""; 0]);
    other.idle();
    assert_eq!(titles(&other.board), ["hear this"]);
}

#[test]
fn closing_answers_what_was_submitted_and_then_refuses() {
    let log = MemoryLog::new();
    let slow = Unsteady::new(log.another(), []);
    let mut tab = Tab::open(slow.clone());
    slow.plan([Step::Wait(2)]);
    let mut changes = tab.board.watch();
    let board = tab.board.clone();
    let (answer, ()) =
        tab.wait(futures_util::future::join(board.run(create("in time")), board.close()));
    answer.unwrap();
    let closed = StorageError::Closed { reason: CloseReason::Owner };
    assert_eq!(tab.create("late"), Err(BoardError::Storage(closed.clone())));
    assert_eq!(tab.wait(board.catch_up()), Err(closed));
    tab.wait(board.close());
    assert!(tab.wait(changes.next()).is_some());
    assert_eq!(tab.wait(changes.next()), None);
    assert_eq!(titles(&tab.board), ["in time"], "reads go on");
    assert_eq!(titles(&Tab::open(log).board), ["in time"]);
}

#[test]
fn export_holds_what_is_kept_and_nothing_else() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    tab.create("kept").unwrap();
    log.plan([Step::Wait(9)]);
    let board = tab.board.clone();
    tab.wait(async {
        let mut answer = Box::pin(board.run(create("on its way")));
        assert!(futures_util::future::poll_immediate(&mut answer).await.is_none());
    });
    let exported = |board: &Board<_>| {
        board.export().tasks.iter().map(|task| task.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!((exported(&board), titles(&board).len()), (vec!["kept".to_owned()], 2));
    tab.wait(board.close());
    assert_eq!(exported(&board).len(), 2, "closed, but there");
}

#[test]
fn dropped_answer_does_not_stop_the_operation() {
    let log = MemoryLog::new();
    let slow = Unsteady::new(log.another(), []);
    let mut tab = Tab::open(slow.clone());
    slow.plan([Step::Wait(2)]);
    let board = tab.board.clone();
    tab.wait(async {
        let mut answer = Box::pin(board.run(create("goes on")));
        assert!(futures_util::future::poll_immediate(&mut answer).await.is_none());
    });
    tab.idle();
    assert_eq!(titles(&Tab::open(log).board), ["goes on"]);
}

#[test]
fn changes_carry_whole_records() {
    let mut tab = Tab::open(MemoryLog::new());
    let mut changes = tab.board.watch();
    tab.create("told").unwrap();
    let told = told(&mut changes);
    let tasks = told[0]
        .changes
        .iter()
        .filter(|change| matches!(change, Change::Put(Record::Task(task)) if task.title == "told"));
    assert_eq!(tasks.count(), 1);
}

#[test]
fn a_transaction_is_kept_as_one_commit_or_not_at_all() {
    let mut tab = Tab::open(MemoryLog::new());
    let board = tab.board.clone();
    let (mut design, mut build) = (create("design"), create("build"));
    let both = board.transact(move |manager| {
        design(manager)?;
        build(manager).map_err(BoardError::from)
    });
    tab.wait(both).unwrap();
    assert_eq!(tab.board.version(), version(1));

    let before = records(&tab.board);
    let (mut third, mut nameless) = (create("third"), create(""));
    let failed = board.transact(move |manager| {
        third(manager)?;
        nameless(manager).map_err(BoardError::from)
    });
    let error = tab.wait(failed).unwrap_err();
    assert!(matches!(error, BoardError::Refused(error) if error.kind() == ErrorKind::Validation));
    assert_eq!(records(&tab.board), before);
    assert_eq!(tab.board.version(), version(1));
}

/// An agent session pauses the task `work`: it may do so ten times a minute.
fn pause(manager: &mut Manager) -> Result<(), TaskError> {
    let agent = ActorContext::derive_agent_session("agent")?;
    let request = PauseTaskRequest { reason: "enough".into(), ..PauseTaskRequest::default() };
    manager.pause_task(&TaskId::new("work"), request, &agent).map(drop)
}

#[test]
fn force_that_a_transaction_takes_back_does_not_count() {
    let mut tab = Tab::open(MemoryLog::new());
    let board = tab.board.clone();
    tab.wait(board.run(create_as(Some("work"), "work"))).unwrap();
    let failed = board.transact(move |manager| {
        for _ in 0..DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE {
            pause(manager)?;
        }
        let changed_my_mind = TaskError::new(ErrorKind::Other);
        Err::<(), _>(BoardError::Refused(changed_my_mind))
    });
    let error = tab.wait(failed).unwrap_err();
    assert!(matches!(error, BoardError::Refused(error) if error.kind() == ErrorKind::Other));
    assert_eq!(tab.wait(board.run(pause)), Ok(()));
}

#[test]
fn force_that_is_decided_anew_counts_once() {
    let log = MemoryLog::new();
    let (mut tab, mut other) = (Tab::open(log.another()), Tab::open(log));
    let (board, faster) = (tab.board.clone(), other.board.clone());
    tab.wait(board.run(create_as(Some("work"), "work"))).unwrap();
    for _ in 0..DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE {
        other.wait(faster.catch_up()).unwrap();
        other.create("faster").unwrap();
        assert_eq!(tab.wait(board.run(pause)), Ok(()));
    }
    let Err(BoardError::Refused(error)) = tab.wait(board.run(pause)) else { panic!("too often") };
    assert_eq!(error.kind(), ErrorKind::ForceOpRateLimited);
}

#[test]
fn what_is_not_kept_yet_is_shown_by_reads_alone() {
    let mut tab = Tab::open(MemoryLog::new());
    let board = tab.board.clone();
    let mut create = create("under way");
    let task = Rc::new(Cell::new(None));
    let id = Rc::clone(&task);
    let kept = board.run(move |manager| create(manager).map(|task| id.set(Some(task))));
    let mut kept = Box::pin(kept);
    // The first look submits it; its append waits for the executor.
    assert!(futures_util::FutureExt::now_or_never(&mut kept).is_none());
    let id = task.take().unwrap();
    assert!(board.read(|manager| manager.store().get_task(&id)).is_some());
    assert!(board.read_kept(|manager| manager.store().get_task(&id)).is_none());
    tab.wait(kept).unwrap();
    assert!(board.read_kept(|manager| manager.store().get_task(&id)).is_some());
}
