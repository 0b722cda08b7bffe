//! A log that a program supplies.

use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt};
use js_sys::Function;
use taskloom_storage::{
    Appended, ChangeLog, HostLog, Snapshot, StorageError, Version, conformance,
};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(inline_js = r#"
const boards = new Map();

export function openStore(name) {
  if (!boards.has(name)) {
    boards.set(name, { head: 0, entries: [], snapshots: [], watchers: new Set() });
  }
  const board = boards.get(name);
  const byVersion = (one, other) => one.version - other.version;
  let own;
  return {
    read: (after) =>
      ({ head: board.head, entries: board.entries.filter((it) => it.version > after) }),
    async append(expected, bytes) {
      if (expected !== board.head) return { conflict: board.head };
      board.head += 1;
      board.entries.push({ version: board.head, bytes });
      // Every hint comes twice.
      for (const told of [...board.watchers, ...board.watchers]) {
        if (told !== own) told(board.head);
      }
      return { appended: board.head };
    },
    snapshot: async (atOrBefore) => board.snapshots.findLast((it) => it.version <= atOrBefore),
    putSnapshot(version, bytes) {
      board.snapshots = board.snapshots.filter((it) => it.version !== version);
      board.snapshots.push({ version, bytes });
      board.snapshots.sort(byVersion);
    },
    async prune(before) {
      const spare = (list) => list.filter((it, at) => it.version >= before || at === list.length - 1);
      board.entries = spare(board.entries);
      board.snapshots = spare(board.snapshots);
    },
    watch(onVersion) {
      own = onVersion;
      board.watchers.add(onVersion);
      return () => board.watchers.delete(onVersion);
    },
  };
}

export const watcherCount = (name) => boards.get(name).watchers.size;

// A store whose methods answer as the expression says.
export function answering(expression) {
  const store = {};
  for (const name of ["read", "append", "snapshot", "putSnapshot", "prune", "watch"]) {
    store[name] = new Function("argument", `return (${expression})`);
  }
  return store;
}

export const evaluate = (expression) => new Function(`return (${expression})`)();
"#)]
extern "C" {
    #[wasm_bindgen(js_name = openStore)]
    fn open_store(name: &str) -> JsValue;
    #[wasm_bindgen(js_name = watcherCount)]
    fn watcher_count(name: &str) -> u32;
    fn answering(expression: &str) -> JsValue;
    fn evaluate(expression: &str) -> JsValue;
}

/// Throws, with whatever is to be thrown.
const THROW: &str = "(() => { throw Object.assign(new Error('no luck'), { code: 'CODE' }) })()";

fn log(expression: &str) -> HostLog {
    HostLog::new(answering(expression)).unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn is_wrong_answer<T: std::fmt::Debug>(answer: Result<T, StorageError>, method: &str) -> bool {
    let start = format!("the store's {method}");
    matches!(&answer, Err(StorageError::Failed { cause }) if cause.starts_with(&start))
}

#[wasm_bindgen_test]
async fn host_log_conforms() {
    conformance::check(async |name: &str| HostLog::new(open_store(name)).unwrap()).await;
}

#[wasm_bindgen_test]
async fn closing_and_dropping_stop_the_watch() {
    let log = HostLog::new(open_store("stopped")).unwrap();
    let (_one, _two) = (log.watch(), log.watch());
    assert_eq!(watcher_count("stopped"), 1, "one watch serves all");
    log.close().await;
    log.close().await;
    let other = HostLog::new(open_store("stopped")).unwrap();
    let _hints = other.watch();
    other.append(Version::ZERO, b"entry").await.unwrap();
    assert_eq!(watcher_count("stopped"), 1);
    drop(other);
    assert_eq!(watcher_count("stopped"), 0);
}

#[wasm_bindgen_test]
fn objects_that_are_no_store_are_refused() {
    let cases = [
        ("undefined", "not an object"),
        ("'text'", "not an object"),
        ("({})", "no method read"),
        ("({ read() {}, append: 5 })", "no method append"),
        ("({ get read() { throw new Error('getter') } })", "getter"),
    ];
    for (expression, expected) in cases {
        let refused = HostLog::new(evaluate(expression)).unwrap_err().to_string();
        assert!(refused.contains(expected), "{expression}: {refused}");
    }
}

#[wasm_bindgen_test]
async fn wrong_answers_name_the_method() {
    let reads = [
        "undefined",
        "5",
        "({ head: 1 })",
        "({ head: -1, entries: [] })",
        "({ head: 1.5, entries: [] })",
        "({ head: 2 ** 53, entries: [] })",
        "({ head: 1, entries: [] })",
        "({ head: 1, entries: [null] })",
        "({ head: 1, entries: [{ version: 1, bytes: [1, 2] }] })",
        "({ head: 1, entries: [{ version: 2, bytes: new Uint8Array() }] })",
        "({ head: 0, entries: { length: -1 } })",
        "({ get head() { throw new Error('getter') } })",
        "({ get then() { throw new Error('getter') } })",
        "Promise.reject()",
        "Promise.reject({ get message() { throw 1 }, get code() { throw 2 } })",
    ];
    for answer in reads {
        assert!(is_wrong_answer(log(answer).read(Version::ZERO).await, "read"), "{answer}");
    }
    let appends = [
        "undefined",
        "({})",
        "({ appended: 2 })",
        "({ appended: 1, conflict: 3 })",
        "({ appended: 1, conflict: 'x' })",
        "({ conflict: 0 })",
        "({ conflict: '3' })",
    ];
    for answer in appends {
        let appended = log(answer).append(Version::ZERO, b"entry").await;
        assert!(is_wrong_answer(appended, "append"), "{answer}");
    }
    for answer in ["5", "({ version: 4, bytes: new Uint8Array() })", "({ version: 1 })"] {
        assert!(is_wrong_answer(log(answer).snapshot(version(3)).await, "snapshot"), "{answer}");
    }
}

#[wasm_bindgen_test]
async fn right_answers_are_taken() {
    let appended = log("Promise.resolve({ appended: 1 })").append(Version::ZERO, b"").await;
    assert_eq!(appended, Ok(Appended::At(version(1))));
    let conflict = log("({ conflict: 7 })").append(Version::ZERO, b"").await;
    assert_eq!(conflict, Ok(Appended::Conflict { head: version(7) }));
    assert_eq!(log("null").snapshot(version(3)).await, Ok(None));
    let behind = log("({ head: 2, entries: [] })").read(version(9)).await;
    assert_eq!(behind.unwrap().head, version(2), "a log that went back says so");
}

#[wasm_bindgen_test]
async fn thrown_errors_keep_our_codes() {
    let codes = [
        ("unavailable", "unavailable"),
        ("blocked", "blocked"),
        ("in_use", "in_use"),
        ("quota_exceeded", "quota_exceeded"),
        ("corrupt", "corrupt"),
        ("newer_format", "newer_format"),
        ("closed", "closed"),
        ("failed", "failed"),
        ("ENOENT", "failed"),
    ];
    for (code, expected) in codes {
        let log = log(&THROW.replace("CODE", code));
        assert_eq!(log.prune(version(1)).await.unwrap_err().code(), expected);
        let snapshot = Snapshot { version: version(1), bytes: Vec::new() };
        assert_eq!(log.put_snapshot(snapshot).await.unwrap_err().code(), expected);
    }
}

#[wasm_bindgen_test]
async fn promise_that_never_settles_holds_up_its_call_alone() {
    let log = log("argument === 5 ? new Promise(() => {}) : { head: 0, entries: [] }");
    let stuck = log.read(version(5)).boxed_local();
    let Either::Right((read, stuck)) = select(stuck, log.read(Version::ZERO).boxed_local()).await
    else {
        panic!("the promise does not settle");
    };
    assert_eq!(read.unwrap().head, Version::ZERO);
    log.close().await;
    assert!(stuck.now_or_never().is_none());
}

#[wasm_bindgen_test]
async fn store_that_cannot_be_watched_says_so() {
    for answer in [THROW, "5", "Promise.reject(new Error('offline'))"] {
        let log = log(answer);
        let mut hints = log.watch();
        assert!(is_wrong_answer(hints.next().await.unwrap(), "watch"), "{answer}");
        assert_eq!(hints.next().await, None);
    }
}

#[wasm_bindgen_test]
async fn hint_that_is_no_version_is_thrown_back() {
    let log = log("globalThis.tell = argument, undefined");
    let mut hints = log.watch();
    let tell: Function = evaluate("globalThis.tell").into();
    assert!(tell.call1(&JsValue::UNDEFINED, &"soon".into()).is_err());
    tell.call1(&JsValue::UNDEFINED, &4.into()).unwrap();
    assert_eq!(hints.next().await, Some(Ok(version(4))));
    log.close().await;
    tell.call1(&JsValue::UNDEFINED, &5.into()).unwrap();
    assert_eq!(hints.next().await, None);
}
