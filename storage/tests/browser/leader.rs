//! Who leads of those in one page or worker, and what a leader does with leases that
//! end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::StreamExt;
use taskloom_domain::run::RunStatus;
use taskloom_domain::store::RunStore;
use taskloom_domain::task::{CreateTask, Scope};
use taskloom_domain::time::Timestamp;
use taskloom_storage::{Leader, LeaseRecovery};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::fixture::ada;
use crate::fixture::lease::{board_with_a_claim, soon, status, until_it_leads};

#[wasm_bindgen_test]
async fn one_of_all_leads_and_the_next_one_follows() {
    let one = Leader::stand("one of all");
    until_it_leads(&one).await;
    let (two, three) = (Leader::stand("one of all"), Leader::stand("one of all"));
    let elsewhere = Leader::stand("another board");
    until_it_leads(&elsewhere).await;
    soon().await;
    assert!(one.is_leader() && !two.is_leader() && !three.is_leader());
    drop(two);
    drop(one);
    until_it_leads(&three).await;
}

#[wasm_bindgen_test]
async fn a_lease_that_ends_is_recovered_at_its_time() {
    let now = Rc::new(Cell::new(Timestamp::from_millis(1_767_225_600_000)));
    let (board, run) = board_with_a_claim(&now).await;
    let end = board.read(|manager| manager.store().get_run(&run)).unwrap().lease_until.unwrap();
    let errors = Rc::new(RefCell::new(Vec::new()));
    let clock = {
        let now = Rc::clone(&now);
        move || now.get()
    };
    let work = LeaseRecovery::begin(board.clone(), Leader::alone(), ada(), clock, {
        let errors = Rc::clone(&errors);
        move |error| errors.borrow_mut().push(error)
    });
    assert!(work.is_leader());
    now.set(Timestamp::from_nanos(end.as_nanos() - 20_000_000));
    // A change wakes it up, and it sleeps again until the very end.
    let mut changes = board.watch();
    let title = ada();
    board
        .run(move |manager| {
            let spec = CreateTask {
                scope: Scope::Global.into(),
                title: "Feed the cat".into(),
                ..CreateTask::default()
            };
            manager.create_task(spec, &title).map(drop)
        })
        .await
        .unwrap();
    changes.next().await;
    assert_eq!(status(&board, &run), RunStatus::Claimed);
    now.set(end);
    changes.next().await;
    assert_eq!(status(&board, &run), RunStatus::Queued);
    assert!(errors.borrow().is_empty());
}
