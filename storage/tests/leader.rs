//! Which of several pages leads, in a real browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::cell::Cell;
use std::rc::Rc;

use fixture::ada;
use fixture::lease::{board_with_a_claim, soon, status, until_it_leads};
use fixture::page::Page;
use futures_util::StreamExt;
use taskloom_domain::run::RunStatus;
use taskloom_domain::time::Timestamp;
use taskloom_storage::{Leader, LeaseRecovery};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
/** Makes this page look as if it were in the background, or not. */
export function setHidden(hidden) {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}
"#)]
extern "C" {
    #[wasm_bindgen(js_name = setHidden)]
    fn set_hidden(hidden: bool);
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
