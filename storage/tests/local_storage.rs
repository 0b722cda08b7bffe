//! The log in localStorage, in a window of a real browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use fixture::page::Page;
use futures_util::StreamExt;
use taskloom_storage::{
    Appended, ChangeLog, CloseReason, LocalStorageLog, Part, Snapshot, StorageError, Version,
    conformance,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Storage;

wasm_bindgen_test_configure!(run_in_browser);

fn storage() -> Storage {
    web_sys::window().unwrap().local_storage().unwrap().unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

async fn open(board: &str) -> LocalStorageLog {
    LocalStorageLog::open(board).await.unwrap()
}

fn keys_of(board: &str) -> Vec<String> {
    let storage = storage();
    let keys = (0..storage.length().unwrap()).filter_map(|index| storage.key(index).unwrap());
    let mut keys: Vec<String> =
        keys.filter(|key| key.starts_with(&format!("taskloom/{board}/"))).collect();
    keys.sort();
    keys
}

#[wasm_bindgen_test]
async fn local_storage_log_conforms() {
    conformance::check(open).await;
    storage().clear().unwrap();
}

#[wasm_bindgen_test]
async fn another_page_is_refused_until_the_first_is_gone() {
    let page = Page::new();
    page.hold("taskloom/taken/").await;
    assert_eq!(LocalStorageLog::open("taken").await.unwrap_err(), StorageError::InUse);
    assert_eq!(LocalStorageLog::erase("taken").await, Err(StorageError::InUse));
    page.leave();
    let log = open("taken").await;
    assert_eq!(log.append(Version::ZERO, b"mine").await, Ok(Appended::At(version(1))));
    // The last handle of this page lets another in.
    let second = open("taken").await;
    log.close().await;
    second.close().await;
    let next = Page::new();
    next.hold("taskloom/taken/").await;
    next.leave();
    LocalStorageLog::erase("taken").await.unwrap();
}

#[wasm_bindgen_test]
async fn reload_waits_for_the_old_page() {
    let page = Page::new();
    page.hold("taskloom/reload/").await;
    let leave = async { page.leave() };
    let (opened, ()) = futures_util::future::join(LocalStorageLog::open("reload"), leave).await;
    assert_eq!(opened.unwrap().read(Version::ZERO).await.unwrap().head, Version::ZERO);
}

#[wasm_bindgen_test]
async fn full_board_writes_nothing_by_halves() {
    let log = open("full").await;
    let large = vec![7; LocalStorageLog::LIMIT / 2];
    assert_eq!(log.append(Version::ZERO, &large).await, Ok(Appended::At(version(1))));
    let before = keys_of("full");
    let is_full = |error| matches!(error, StorageError::QuotaExceeded { .. });
    assert!(log.append(version(1), &large).await.is_err_and(is_full));
    let snapshot = Snapshot { version: version(1), bytes: large };
    assert!(log.put_snapshot(snapshot).await.is_err_and(is_full));
    assert_eq!(keys_of("full"), before);
    assert_eq!(log.read(Version::ZERO).await.unwrap().head, version(1));
    assert_eq!(log.append(version(1), b"small").await, Ok(Appended::At(version(2))));
    LocalStorageLog::erase("full").await.unwrap();
}

#[wasm_bindgen_test]
async fn full_browser_writes_nothing_by_halves() {
    let log = open("crowded").await;
    log.append(Version::ZERO, b"first").await.unwrap();
    let before = keys_of("crowded");
    // Another program of the origin takes nearly everything.
    storage().set_item("other", &"x".repeat(4 << 20)).unwrap();
    let refused = log.append(version(1), &vec![7; 1 << 20]).await;
    assert!(matches!(refused, Err(StorageError::QuotaExceeded { .. })), "{refused:?}");
    assert_eq!(keys_of("crowded"), before);
    storage().remove_item("other").unwrap();
    assert_eq!(log.append(version(1), b"second").await, Ok(Appended::At(version(2))));
    LocalStorageLog::erase("crowded").await.unwrap();
}

#[wasm_bindgen_test]
async fn torn_writes_do_not_count() {
    let log = open("torn").await;
    log.append(Version::ZERO, b"kept").await.unwrap();
    log.close().await;
    drop(log);
    let before = keys_of("torn");
    // As a crash leaves it: values that no head names.
    storage().set_item("taskloom/torn/log/2", "\"dG9ybg==\"").unwrap();
    storage().set_item("taskloom/torn/snapshot/1", "\"dG9ybg==\"").unwrap();
    let log = open("torn").await;
    assert_eq!(keys_of("torn"), before, "they are swept");
    assert_eq!(log.read(Version::ZERO).await.unwrap().head, version(1));
    assert_eq!(log.snapshot(Version::MAX).await, Ok(None));
    assert_eq!(log.append(version(1), b"next").await, Ok(Appended::At(version(2))));
    LocalStorageLog::erase("torn").await.unwrap();
}

#[wasm_bindgen_test]
async fn erased_board_is_closed_and_empty() {
    let log = open("erased").await;
    log.append(Version::ZERO, b"gone soon").await.unwrap();
    let mut hints = log.watch();
    LocalStorageLog::erase("erased").await.unwrap();
    let replaced = StorageError::Closed { reason: CloseReason::Replaced };
    assert_eq!(hints.next().await, Some(Err(replaced.clone())));
    assert_eq!(hints.next().await, None);
    assert_eq!(log.read(Version::ZERO).await, Err(replaced));
    assert_eq!(keys_of("erased"), [""; 0]);
    assert_eq!(open("erased").await.read(Version::ZERO).await.unwrap().head, Version::ZERO);
}

#[wasm_bindgen_test]
async fn cleared_site_data_closes_the_board() {
    let log = open("cleared").await;
    log.append(Version::ZERO, b"entry").await.unwrap();
    let mut hints = log.watch();
    storage().clear().unwrap();
    let closed = StorageError::Closed { reason: CloseReason::Platform };
    assert_eq!(log.append(version(1), b"late").await, Err(closed.clone()));
    assert_eq!(hints.next().await, Some(Err(closed)));
    assert_eq!(keys_of("cleared"), [""; 0]);
}

#[wasm_bindgen_test]
async fn boards_whose_names_begin_alike_are_different() {
    let (one, other) = (open("name").await, open("name/log").await);
    one.append(Version::ZERO, b"mine").await.unwrap();
    assert_eq!(other.read(Version::ZERO).await.unwrap().head, Version::ZERO);
    LocalStorageLog::erase("name").await.unwrap();
    assert_eq!(other.append(Version::ZERO, b"its own").await, Ok(Appended::At(version(1))));
    LocalStorageLog::erase("name/log").await.unwrap();
}

#[wasm_bindgen_test]
async fn damage_and_newer_layouts_are_named() {
    let log = open("damaged").await;
    log.append(Version::ZERO, b"entry").await.unwrap();
    storage().set_item("taskloom/damaged/log/1", "\"?\"").unwrap();
    let damage = log.read(Version::ZERO).await.unwrap_err();
    assert!(matches!(damage, StorageError::Corrupt { part: Part::Entry(_), .. }), "{damage}");
    LocalStorageLog::erase("damaged").await.unwrap();
    storage().set_item("taskloom/newer/head", r#"{"format":9,"stones":[]}"#).unwrap();
    let newer = StorageError::NewerFormat { part: Part::Database, found: Some(9) };
    assert_eq!(LocalStorageLog::open("newer").await.unwrap_err(), newer);
    storage().clear().unwrap();
}
