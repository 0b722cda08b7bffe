//! What is read from where boards are kept, and from documents.

use futures_executor::{LocalPool, block_on};
use futures_util::task::LocalSpawnExt;
use taskloom_domain::id::TaskId;
use taskloom_domain::manager::Manager;
use taskloom_domain::query::{Query, TimelineQuery};
use taskloom_domain::store::{ChangeSet, MemoryStore, Record};
use taskloom_storage::{
    Board, BoardOptions, Bundle, ChangeLog, ImportMode, MemoryLog, Prefer, Snapshot, StorageError,
    Version, WriterId,
};

use crate::script::Who;
use crate::surroundings::{CountingIds, Rules, Surroundings};

/// Reads the bytes as a change-set, applies it to an empty and to a busy board,
/// and looks at what came of it.
pub fn change_set(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<ChangeSet>(bytes) else { return };
    let text = serde_json::to_string(&read).expect("what was read is written");
    let again: ChangeSet = serde_json::from_str(&text).expect("what was written is read");
    assert_eq!(read, again, "a change-set and its JSON form");
    for mut store in [MemoryStore::default(), super::busy_store()] {
        store.apply(&read.changes);
        let rebuilt = MemoryStore::from_records(store.records());
        assert!(store.records().eq(rebuilt.records()), "the records make another board");
        look_around(&engine(store));
    }
}

/// Opens a board whose log holds the bytes as its first entry: as they are, and
/// as the body of an intact entry.
pub fn entry(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), sealed(*b"TLOG", 1, bytes)] {
        let log = MemoryLog::new();
        block_on(log.append(Version::ZERO, &bytes)).expect("an empty log takes an entry");
        let _ = open(&mut LocalPool::new(), log);
    }
}

/// Opens a board whose log holds the bytes as its snapshot: as they are, and as
/// the body of an intact snapshot of each format.
pub fn snapshot(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), sealed(*b"TSNP", 1, bytes), sealed(*b"TSNP", 2, bytes)] {
        let _ = open(&mut LocalPool::new(), log_with_snapshot(bytes));
    }
}

/// Reads the bytes as a bundle, imports it, and merges it into a busy board.
pub fn bundle(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(bundle) = Bundle::from_json(text) else { return };
    for prefer in [Prefer::Board, Prefer::Bundle] {
        merge(&bundle, ImportMode::Merge(prefer));
    }
    let mut pool = LocalPool::new();
    let board = open(&mut pool, MemoryLog::new()).expect("an empty log is a board");
    if pool.run_until(board.import(&bundle, ImportMode::IntoEmpty)).is_err() {
        let exported = board.export();
        assert_eq!(exported, Bundle::default(), "refused, but imported");
        return;
    }
    board.read(look_around);
    let exported = board.export();
    let text = exported.to_json().expect("a board is written");
    assert_eq!(Bundle::from_json(&text).as_ref(), Ok(&exported), "a bundle and its JSON form");
}

/// What is refused changes nothing, and neither does what was merged before.
fn merge(bundle: &Bundle, mode: ImportMode) {
    let mut pool = LocalPool::new();
    let log = log_with_snapshot(snapshot_of(&super::busy_store()));
    let board = open(&mut pool, log).expect("a board opens from its own records");
    let before = board.export();
    let merged = pool.run_until(board.import(bundle, mode));
    board.read(look_around);
    let after = board.export();
    match merged {
        Err(_) => assert_eq!(after, before, "refused, but merged"),
        Ok(_) => {
            pool.run_until(board.import(bundle, mode)).expect("it went together before");
            assert_eq!(board.export(), after, "merged once more");
        }
    }
}

/// The document that a board with these records exports.
///
/// # Panics
///
/// Where the records are not read back as they are.
pub fn exported(store: &MemoryStore) -> String {
    let board = open(&mut LocalPool::new(), log_with_snapshot(snapshot_of(store)))
        .expect("a board opens from its own records");
    assert!(board.read(|manager| manager.store() == store), "a snapshot leads to another board");
    board.export().to_json().expect("a board is written")
}

fn snapshot_of(store: &MemoryStore) -> Vec<u8> {
    let records: Vec<Record> = store.records().collect();
    let records = serde_json::to_string(&records).expect("records have a JSON form");
    sealed(*b"TSNP", 1, format!(r#"{{"records":{records}}}"#).as_bytes())
}

fn log_with_snapshot(bytes: Vec<u8>) -> MemoryLog {
    let log = MemoryLog::new();
    let nothing = br#"{"writer":"","attempt":1,"change_sets":[]}"#;
    let entry = sealed(*b"TLOG", 1, nothing);
    block_on(log.append(Version::ZERO, &entry)).expect("an empty log takes an entry");
    let snapshot = Snapshot { version: Version::ZERO.next(), bytes };
    block_on(log.put_snapshot(snapshot)).expect("a log takes a snapshot of its head");
    log
}

fn open(pool: &mut LocalPool, log: MemoryLog) -> Result<Board<MemoryLog>, StorageError> {
    let spawner = pool.spawner();
    let options = BoardOptions::new(WriterId::from_random([7; 16]), move |task| {
        spawner.spawn_local(task).expect("the pool outlives its board");
    });
    let engine = Surroundings::default().options(Rules::Everything, CountingIds::after(1_000));
    let board = pool.run_until(Board::open(log, engine, options))?;
    board.read(look_around);
    board.export().to_json().expect("a board is written");
    Ok(board)
}

/// The bytes in the envelope of a stored value of version 1.
fn sealed(magic: [u8; 4], format: u32, body: &[u8]) -> Vec<u8> {
    let header = [&magic[..], &format.to_be_bytes(), &1u64.to_be_bytes()].concat();
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&header);
    checksum.update(body);
    [&header[..], &checksum.finalize().to_be_bytes(), body].concat()
}

fn engine(store: MemoryStore) -> Manager {
    let options = Surroundings::default().options(Rules::Everything, CountingIds::after(1_000));
    Manager::new(store, options)
}

/// Asks a board everything, however odd it is.
fn look_around(manager: &Manager) {
    let actor = Who::Person.context();
    let listed = manager.list_tasks(Query::default(), &actor).unwrap_or_default();
    let ids: Vec<TaskId> = listed.into_iter().map(|task| task.id).collect();
    for id in ids.iter().take(8) {
        let _ = manager.get_task(id, &actor);
        let _ = manager.tree(id, &actor);
        let _ = manager.timeline(id, TimelineQuery::default(), &actor);
        let _ = manager.inspect_task(id, &actor);
        let _ = taskloom_domain::availability::Situation::of(manager.store(), id);
        let _ = taskloom_domain::insight::frees_in_the_end(manager.store(), id);
        let _ = taskloom_domain::insight::dead_blockers(manager.store(), id);
    }
    let _ = taskloom_domain::insight::Chains::of(manager.store(), &ids).critical_path();
    let _ = taskloom_domain::insight::next_best(manager.store());
    let _ = manager.scheduler_status(&actor);
    let _ = manager.scheduler_backlog(Default::default(), &actor);
    let _ = manager.list_run_reviews(Default::default(), &actor);
}
