//! Which tab leads, and what it does with leases that end, in a real browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use fixture::ada;
use fixture::page::Page;
use futures_util::StreamExt;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::environment::HexIds;
use taskloom_domain::id::RunId;
use taskloom_domain::lease::ClaimCriteria;
use taskloom_domain::manager::ManagerOptions;
use taskloom_domain::run::{EnqueueRun, RunStatus};
use taskloom_domain::store::RunStore;
use taskloom_domain::task::{CreateTask, Scope};
use taskloom_domain::time::Timestamp;
use taskloom_storage::{Board, BoardOptions, Leader, LeaseRecovery, MemoryLog};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
/** Makes this page look as if it were in the background, or not. */
export function setHidden(hidden) {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}
export const soon = () => new Promise((done) => setTimeout(done, 50));
"#)]
extern "C" {
    #[wasm_bindgen(js_name = setHidden)]
    fn set_hidden(hidden: bool);
    async fn soon();
}

async fn until_it_leads(leader: &Leader) {
    let mut turns = leader.watch();
    while !leader.is_leader() {
        turns.next().await;
    }
}

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
async fn a_page_that_dies_hands_the_lead_over() {
    let page = Page::new();
    page.hold("taskloom/of a page/leader").await;
    let leader = Leader::stand("of a page");
    soon().await;
    assert!(!leader.is_leader());
    page.leave();
    until_it_leads(&leader).await;
}

#[wasm_bindgen_test]
async fn a_page_in_the_background_hands_the_lead_to_one_that_is_seen() {
    let hidden = Leader::stand("seen");
    until_it_leads(&hidden).await;
    set_hidden(true);
    let late = Leader::stand("seen");
    soon().await;
    assert!(hidden.is_leader() && !late.is_leader(), "two hidden pages have no reason");
    // Both candidates live in this page; the leader still believes that it is hidden
    // when the other one says that it is seen.
    set_hidden(false);
    set_hidden(true);
    until_it_leads(&late).await;
    assert!(!hidden.is_leader());
    set_hidden(false);
    drop(late);
    until_it_leads(&hidden).await;
}

/// A board whose time is moved by hand, with one run that is claimed.
async fn board_with_a_claim(now: &Rc<Cell<Timestamp>>) -> (Board<MemoryLog>, RunId) {
    let clock = Rc::clone(now);
    let mut count = 0_u64;
    let ids = HexIds::new(move || {
        count += 1;
        count.to_be_bytes()
    });
    let engine = ManagerOptions::new(move || clock.get(), ids, || [7; 32]);
    let options = BoardOptions::for_page().unwrap();
    let board = Board::open(MemoryLog::new(), engine, options).await.unwrap();
    let ada = ada();
    let worker = ActorContext::derive_agent_session("worker").unwrap();
    let run = board
        .run(move |manager| {
            let spec = CreateTask {
                scope: Scope::Global.into(),
                title: "Water the plants".into(),
                ..CreateTask::default()
            };
            let task = manager.create_task(spec, &ada)?;
            manager.enqueue_run(EnqueueRun { task_id: task.id, ..EnqueueRun::default() }, &ada)?;
            let criteria =
                ClaimCriteria { scope: Scope::Global.into(), ..ClaimCriteria::default() };
            Ok(manager.claim_next_run(criteria, &worker)?.run.id)
        })
        .await
        .unwrap();
    (board, run)
}

fn status(board: &Board<MemoryLog>, run: &RunId) -> RunStatus {
    board.read(|manager| manager.store().get_run(run)).unwrap().status
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

#[wasm_bindgen_test]
async fn who_does_not_lead_leaves_leases_alone() {
    let page = Page::new();
    page.hold("taskloom/leases/leader").await;
    let now = Rc::new(Cell::new(Timestamp::from_millis(1_767_225_600_000)));
    let (board, run) = board_with_a_claim(&now).await;
    now.set(Timestamp::from_millis(1_867_225_600_000));
    let clock = {
        let now = Rc::clone(&now);
        move || now.get()
    };
    let leader = Leader::stand("leases");
    let work = LeaseRecovery::begin(board.clone(), leader, ada(), clock, |_| ());
    soon().await;
    assert_eq!(status(&board, &run), RunStatus::Claimed);
    let mut changes = board.watch();
    page.leave();
    changes.next().await;
    assert!(work.is_leader());
    assert_eq!(status(&board, &run), RunStatus::Queued);
}
