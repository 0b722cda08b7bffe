//! One database, its handles, and what happens when one of them is in the way.

use futures_util::StreamExt;
use futures_util::future::join;
use js_sys::{Promise, Reflect, Uint8Array};
use taskloom_storage::{
    Appended, ChangeLog, CloseReason, Durability, IndexedDbLog, Part, Snapshot, StorageError,
    Version, conformance,
};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbTransactionMode};

async fn open(board: &str) -> IndexedDbLog {
    IndexedDbLog::open(board, Durability::Relaxed).await.unwrap()
}

/// The layout that is made at present.
const LAYOUT: u32 = 2;

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn factory() -> IdbFactory {
    Reflect::get(&js_sys::global(), &"indexedDB".into()).unwrap().unchecked_into()
}

/// A connection that some other program holds, which does not make way.
async fn stubborn_connection(name: &str, layout: u32) -> IdbDatabase {
    let request = factory().open_with_u32(name, layout).unwrap();
    opened(&request).await;
    request.result().unwrap().unchecked_into()
}

async fn opened(request: &IdbOpenDbRequest) {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(promise).await.unwrap();
}

#[wasm_bindgen_test]
async fn indexed_db_log_conforms() {
    conformance::check(async |name: &str| open(&format!("conformance {name}")).await).await;
}

#[wasm_bindgen_test]
async fn strict_log_conforms() {
    conformance::check(async |name: &str| {
        IndexedDbLog::open(&format!("strict {name}"), Durability::Strict).await.unwrap()
    })
    .await;
}

#[wasm_bindgen_test]
async fn closed_database_opens_with_what_was_in_it() {
    let log = open("closed and opened").await;
    assert_eq!(log.append(Version::ZERO, b"kept").await, Ok(Appended::At(version(1))));
    log.close().await;
    drop(log);
    let tail = open("closed and opened").await.read(Version::ZERO).await.unwrap();
    assert_eq!(tail.head, version(1));
    assert_eq!(tail.entries[0].bytes, b"kept");
}

#[wasm_bindgen_test]
async fn boards_of_different_names_are_different() {
    let (one, other) = join(open("name"), open("name/2")).await;
    one.append(Version::ZERO, b"mine").await.unwrap();
    assert_eq!(other.read(Version::ZERO).await.unwrap().head, Version::ZERO);
}

#[wasm_bindgen_test]
async fn handle_makes_way_for_erasure_and_says_so() {
    let log = open("erased").await;
    log.append(Version::ZERO, b"gone soon").await.unwrap();
    let mut hints = log.watch();
    IndexedDbLog::erase("erased").await.unwrap();
    let replaced = StorageError::Closed { reason: CloseReason::Replaced };
    assert_eq!(hints.next().await, Some(Err(replaced.clone())));
    assert_eq!(hints.next().await, None);
    assert_eq!(log.read(Version::ZERO).await, Err(replaced));
    assert_eq!(open("erased").await.read(Version::ZERO).await.unwrap().head, Version::ZERO);
}

#[wasm_bindgen_test]
async fn erasing_nothing_succeeds() {
    IndexedDbLog::erase("never there").await.unwrap();
}

#[wasm_bindgen_test]
async fn stubborn_connection_blocks_erasure_until_it_closes() {
    open("stubborn").await.append(Version::ZERO, b"x").await.unwrap();
    let connection = stubborn_connection("taskloom/stubborn", LAYOUT).await;
    assert_eq!(IndexedDbLog::erase("stubborn").await, Err(StorageError::Blocked));
    connection.close();
    let log = open("stubborn").await;
    assert_eq!(log.read(Version::ZERO).await.unwrap().head, Version::ZERO, "it was erased then");
}

#[wasm_bindgen_test]
async fn newer_database_is_left_alone() {
    let connection = stubborn_connection("taskloom/newer", 900).await;
    connection.close();
    let refused = IndexedDbLog::open("newer", Durability::Relaxed).await.unwrap_err();
    assert_eq!(refused, StorageError::NewerFormat { part: Part::Database, found: None });
    assert_eq!(stubborn_connection("taskloom/newer", 900).await.version(), 900.0);
}

#[wasm_bindgen_test]
async fn older_tab_makes_way_for_an_upgrade() {
    let log = open("upgraded").await;
    let mut hints = log.watch();
    let newer = stubborn_connection("taskloom/upgraded", 900).await;
    let replaced = StorageError::Closed { reason: CloseReason::Replaced };
    assert_eq!(hints.next().await, Some(Err(replaced.clone())));
    assert_eq!(log.append(Version::ZERO, b"late").await, Err(replaced));
    newer.close();
}

/// Puts values into the log of a database, under versions, past all rules.
async fn put_raw(connection: &IdbDatabase, values: &[(f64, JsValue)]) {
    let transaction =
        connection.transaction_with_str_and_mode("log", IdbTransactionMode::Readwrite).unwrap();
    let log = transaction.object_store("log").unwrap();
    for (version, value) in values {
        log.put_with_key(value, &(*version).into()).unwrap();
    }
    let done = Promise::new(&mut |resolve, _| transaction.set_oncomplete(Some(&resolve)));
    JsFuture::from(done).await.unwrap();
}

fn bytes(text: &str) -> JsValue {
    Uint8Array::from(text.as_bytes()).into()
}

#[wasm_bindgen_test]
async fn value_left_at_a_pruned_place_is_nothing() {
    let log = open("left over").await;
    for number in 0..5 {
        log.append(version(number), b"entry").await.unwrap();
    }
    log.prune(version(4)).await.unwrap();
    let before = log.read(Version::ZERO).await.unwrap();
    let connection = stubborn_connection("taskloom/left over", LAYOUT).await;
    put_raw(&connection, &[(2.0, bytes("of a writer that crashed")), (3.0, bytes("and more"))])
        .await;
    connection.close();
    assert_eq!(log.read(Version::ZERO).await.unwrap(), before, "no reader sees it");
    let conflict = Ok(Appended::Conflict { head: version(5) });
    assert_eq!(log.append(version(2), b"stale").await, conflict);
    log.prune(version(1)).await.unwrap();
    assert_eq!(log.read(Version::ZERO).await.unwrap(), before, "the floor never sinks");
    assert_eq!(log.append(version(1), b"stale").await, conflict);
}

#[wasm_bindgen_test]
async fn database_of_the_first_layout_is_upgraded() {
    let request = factory().open_with_u32("taskloom/first layout", 1).unwrap();
    let upgrade = Closure::once_into_js({
        let request = request.clone();
        move || {
            let connection: IdbDatabase = request.result().unwrap().unchecked_into();
            connection.create_object_store("log").unwrap();
            connection.create_object_store("snapshots").unwrap();
        }
    });
    request.set_onupgradeneeded(Some(upgrade.unchecked_ref()));
    opened(&request).await;
    let connection: IdbDatabase = request.result().unwrap().unchecked_into();
    // As the first layout pruned: nothing tells where the log begins.
    put_raw(&connection, &[(3.0, bytes("three")), (4.0, bytes("four"))]).await;
    connection.close();
    let log = open("first layout").await;
    let tail = log.read(version(2)).await.unwrap();
    assert_eq!(tail.head, version(4));
    assert_eq!(tail.entries[1].bytes, b"four");
    assert_eq!(
        log.append(version(1), b"stale").await,
        Ok(Appended::Conflict { head: version(4) }),
        "the places of pruned entries are taken"
    );
    assert_eq!(log.append(version(4), b"five").await, Ok(Appended::At(version(5))));
}

#[wasm_bindgen_test]
async fn foreign_value_is_damage_and_not_a_crash() {
    let log = open("foreign").await;
    let connection = stubborn_connection("taskloom/foreign", LAYOUT).await;
    let transaction = connection
        .transaction_with_str_sequence_and_mode(
            &js_sys::Array::of2(&"log".into(), &"snapshots".into()),
            IdbTransactionMode::Readwrite,
        )
        .unwrap();
    let store = |name: &str| transaction.object_store(name).unwrap();
    store("log").put_with_key(&"text".into(), &1.0.into()).unwrap();
    store("snapshots").put_with_key(&Uint8Array::new_with_length(0), &1.0.into()).unwrap();
    store("snapshots").put_with_key(&"text".into(), &2.0.into()).unwrap();
    store("snapshots").put_with_key(&1.0.into(), &3.0.into()).unwrap();
    connection.close();
    let tail = log.read(Version::ZERO).await.unwrap();
    assert_eq!((tail.entries.len(), tail.entries[0].bytes.len()), (1, 0), "an unreadable entry");
    for (at, cause) in [(3, "a piece of it is missing"), (2, "it is not a sequence of bytes")] {
        let error = log.snapshot(version(at)).await.unwrap_err();
        let part = Part::Snapshot(version(at));
        assert_eq!(error, StorageError::Corrupt { part, cause: cause.into() });
    }
    let older = log.snapshot(version(1)).await.unwrap();
    assert_eq!(older, Some(Snapshot { version: version(1), bytes: Vec::new() }));
}
