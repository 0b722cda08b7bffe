//! The log of a board in the browser's IndexedDB: one database per board, one
//! value per entry under its version, snapshots as single values beside it.
//!
//! Works in windows and in workers. Every call is one transaction whose requests
//! are all made before anything is awaited, since an idle transaction ends by
//! itself.
//!
//! A commit is a single turn between page and database: its requests and the
//! order to keep them leave together, and one answer comes back. That `add`
//! refuses a taken key makes it a compare-and-swap. It does not refuse a key
//! whose entry was pruned, and by the time a stale writer learns that it used
//! one, the value stands. So pruning notes the floor, the oldest version that is
//! left, and a value below the floor is nothing: no reader sees it, the writer
//! takes it away.

mod database;
mod signal;
mod transaction;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    IdbCursorDirection, IdbCursorWithValue, IdbKeyRange, IdbObjectStore, IdbRequest,
    IdbTransactionMode,
};

use self::database::Database;
use self::transaction::{
    Kept, Steps, Transaction, failure, found_key, key_of, newest_key, version_of,
};
use crate::error::{Part, StorageError};
use crate::log::{Appended, ChangeLog, LogEntry, Snapshot, Tail, Watch};
use crate::quota;
use crate::version::Version;

const LOG: &str = "log";
const SNAPSHOTS: &str = "snapshots";
const PIECES: &str = "pieces";

/// The length of a piece of a snapshot. Handing one to the browser copies it, which
/// must not hold a page up.
const PIECE: usize = 1 << 20;

/// Where the log's floor stands: the key before the first version.
const FLOOR: Version = Version::ZERO;

/// When a commit counts as kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once the operating system has it: safe against a crash of the tab or the
    /// browser, while a power cut may cost the last moments. About eight hundred
    /// commits a second in Chromium on two cores.
    #[default]
    Relaxed,
    /// Once the disk has it; about half as many.
    Strict,
}

/// A board's log in IndexedDB. Cheap to clone; a clone is the same handle.
#[derive(Debug, Clone)]
pub struct IndexedDbLog {
    database: Rc<Database>,
    durability: Durability,
    /// The newest version that is known to have been in the log.
    seen: Rc<Cell<Version>>,
}

impl IndexedDbLog {
    /// Opens the log of the board with this name, and creates it where there is
    /// none.
    ///
    /// # Errors
    ///
    /// `unavailable` where the browser offers no IndexedDB to this page,
    /// `blocked` if another tab keeps an older layout open, `newer_format` if a
    /// newer version of Taskloom made the database.
    pub async fn open(board: &str, durability: Durability) -> Result<Self, StorageError> {
        let database = Database::open(board, database::LAYOUT).await?;
        Ok(Self { database, durability, seen: Rc::default() })
    }

    /// Erases the board with this name, for ever. Other handles on it are closed
    /// and told so. Succeeds where there is none.
    ///
    /// # Errors
    ///
    /// `blocked` if another tab does not let go; the board is then erased once
    /// it does. `unavailable` where there is no IndexedDB.
    pub async fn erase(board: &str) -> Result<(), StorageError> {
        Database::erase(board).await
    }

    fn see(&self, version: Version) {
        self.seen.set(self.seen.get().max(version));
    }

    async fn head(&self) -> Result<Version, StorageError> {
        let transaction = self.begin(&[LOG], IdbTransactionMode::Readonly)?;
        let newest = newest_key(&transaction.store(LOG)?)?;
        transaction.finished().await?;
        let head = found_key(&newest)?;
        self.see(head);
        Ok(head)
    }

    /// Takes away what stale writers left at the places of pruned entries.
    async fn clear_below_floor(&self) -> Result<(), StorageError> {
        let transaction = self.begin(&[LOG], IdbTransactionMode::Readwrite)?;
        let log = transaction.store(LOG)?;
        let floor = log.get(&key_of(FLOOR)).map_err(failure)?;
        transaction.then(&floor, move |_, floor| {
            log.delete(&between_floor_and(found_floor(floor)?)?).map(drop).map_err(failure)
        });
        transaction.finished().await
    }

    fn begin(
        &self,
        stores: &[&str],
        mode: IdbTransactionMode,
    ) -> Result<Transaction, StorageError> {
        Transaction::begin(&self.database, stores, mode, self.durability)
    }
}

impl ChangeLog for IndexedDbLog {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        let transaction = self.begin(&[LOG], IdbTransactionMode::Readonly)?;
        let log = transaction.store(LOG)?;
        let newer = IdbKeyRange::lower_bound_with_open(&key_of(after), true).map_err(failure)?;
        let values = log.get_all_with_key(&newer).map_err(failure)?;
        let keys = log.get_all_keys_with_key(&newer).map_err(failure)?;
        let newest = newest_key(&log)?;
        let floor = log.get(&key_of(FLOOR)).map_err(failure)?;
        transaction.finished().await?;
        let floor = found_floor(&floor)?;
        let keys = Array::from(&keys.result().map_err(failure)?);
        let values = Array::from(&values.result().map_err(failure)?);
        let mut entries = Vec::new();
        for (key, value) in keys.iter().zip(values.iter()) {
            let version = version_of(&key)?;
            if version >= floor {
                // What is no sequence of bytes is an entry that nobody can read, and the
                // others are not to suffer for it.
                let bytes = bytes_of(value, Part::Entry(version)).unwrap_or_default();
                entries.push(LogEntry { version, bytes });
            }
        }
        let head = found_key(&newest)?;
        self.see(head);
        Ok(Tail { head, entries })
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        if expected > self.seen.get() {
            // A place that nobody vouches for may lie beyond the end of the log.
            let head = self.head().await?;
            if head != expected {
                return Ok(Appended::Conflict { head });
            }
        }
        let version = expected.next();
        let transaction = self.begin(&[LOG], IdbTransactionMode::Readwrite)?;
        let log = transaction.store(LOG)?;
        let floor = log.get(&key_of(FLOOR)).map_err(failure)?;
        log.add_with_key(&Uint8Array::from(entry), &key_of(version)).map_err(failure)?;
        transaction.commit()?;
        match transaction.kept().await? {
            Kept::All if version >= found_floor(&floor)? => {
                self.see(version);
                self.database.announce(version);
                quota::something_is_kept();
                Ok(Appended::At(version))
            }
            Kept::All => {
                self.clear_below_floor().await?;
                Ok(Appended::Conflict { head: self.head().await? })
            }
            Kept::NothingKeyTaken => Ok(Appended::Conflict { head: self.head().await? }),
        }
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        let transaction = self.begin(&[SNAPSHOTS, PIECES], IdbTransactionMode::Readonly)?;
        let range = IdbKeyRange::upper_bound(&key_of(at_or_before)).map_err(failure)?;
        let newest = transaction
            .store(SNAPSHOTS)?
            .open_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)
            .map_err(failure)?;
        let found = Rc::new(RefCell::new(None));
        read_snapshot(transaction.steps(), &newest, transaction.store(PIECES)?, Rc::clone(&found));
        transaction.finished().await?;
        Ok(found.take())
    }

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
        let transaction = self.begin(&[SNAPSHOTS, PIECES], IdbTransactionMode::Readwrite)?;
        let (pieces, version) = (transaction.store(PIECES)?, snapshot.version);
        let count = snapshot.bytes.chunks(PIECE).len() as u32;
        pieces.delete(&pieces_of(version)?).map_err(failure)?;
        let last = transaction
            .store(SNAPSHOTS)?
            .put_with_key(&count.into(), &key_of(version))
            .map_err(failure)?;
        put_pieces(transaction.steps(), &last, pieces, Rc::new(snapshot), 0);
        transaction.finished().await
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        let transaction = self.begin(&[LOG, SNAPSHOTS, PIECES], IdbTransactionMode::Readwrite)?;
        let log = transaction.store(LOG)?;
        let floor = log.get(&key_of(FLOOR)).map_err(failure)?;
        transaction.then(&newest_key(&log)?, move |_, newest| {
            let floor = before.min(found_key(newest)?).max(found_floor(&floor)?);
            if floor > FLOOR {
                log.delete(&between_floor_and(floor)?).map_err(failure)?;
                log.put_with_key(&key_of(floor), &key_of(FLOOR)).map_err(failure)?;
            }
            Ok(())
        });
        let (snapshots, pieces) = (transaction.store(SNAPSHOTS)?, transaction.store(PIECES)?);
        transaction.then(&newest_key(&snapshots)?, move |_, newest| {
            let bound = before.min(found_key(newest)?);
            snapshots.delete(&below(&key_of(bound))?).map_err(failure)?;
            pieces.delete(&below(&piece_key(bound, 0))?).map_err(failure)?;
            Ok(())
        });
        transaction.finished().await
    }

    fn watch(&self) -> Watch {
        self.database.watch()
    }

    async fn close(&self) {
        self.database.close();
    }
}

/// The oldest version that may have an entry; zero where nothing was pruned.
fn found_floor(request: &IdbRequest) -> Result<Version, StorageError> {
    match request.result().map_err(failure)? {
        floor if floor.is_undefined() => Ok(Version::ZERO),
        floor => version_of(&floor),
    }
}

/// The keys of the entries before a version.
fn between_floor_and(bound: Version) -> Result<JsValue, StorageError> {
    let (floor, bound) = (key_of(FLOOR), key_of(bound));
    let keys = IdbKeyRange::bound_with_lower_open_and_upper_open(&floor, &bound, true, true);
    keys.map(Into::into).map_err(failure)
}

/// All keys below one.
fn below(key: &JsValue) -> Result<JsValue, StorageError> {
    IdbKeyRange::upper_bound_with_open(key, true).map(Into::into).map_err(failure)
}

/// Reads the snapshot that a cursor finds. Its pieces are asked for at once and
/// taken over one by one, while the database reads the next ones.
fn read_snapshot(
    steps: &Steps,
    newest: &IdbRequest,
    pieces: IdbObjectStore,
    found: Rc<RefCell<Option<Snapshot>>>,
) {
    steps.then(newest, move |steps, newest| {
        let cursor = newest.result().map_err(failure)?;
        let Ok(cursor) = cursor.dyn_into::<IdbCursorWithValue>() else { return Ok(()) };
        let version = version_of(&cursor.key().map_err(failure)?)?;
        let value = cursor.value().map_err(failure)?;
        let part = Part::Snapshot(version);
        let Some(count) = value.as_f64() else {
            // The first layout kept snapshots in one piece.
            *found.borrow_mut() = Some(Snapshot { version, bytes: bytes_of(value, part)? });
            return Ok(());
        };
        let count = count as u32;
        let bytes = Vec::with_capacity(count as usize * PIECE);
        *found.borrow_mut() = Some(Snapshot { version, bytes });
        for index in 0..count {
            let piece = pieces.get(&piece_key(version, index)).map_err(failure)?;
            let found = Rc::clone(&found);
            steps.then(&piece, move |_, piece| {
                let piece = piece.result().map_err(failure)?;
                if piece.is_undefined() {
                    return Err(StorageError::corrupt(part, "a piece of it is missing"));
                }
                let piece = array_of(piece, part)?;
                if let Some(snapshot) = &mut *found.borrow_mut() {
                    let begin = snapshot.bytes.len();
                    snapshot.bytes.resize(begin + piece.length() as usize, 0);
                    piece.copy_to(&mut snapshot.bytes[begin..]);
                }
                Ok(())
            });
        }
        Ok(())
    });
}

/// Puts the pieces of a snapshot one after the other, so that the page has a turn
/// between them.
fn put_pieces(
    steps: &Steps,
    last: &IdbRequest,
    pieces: IdbObjectStore,
    snapshot: Rc<Snapshot>,
    index: u32,
) {
    steps.then(last, move |steps, _| {
        let Some(piece) = snapshot.bytes.chunks(PIECE).nth(index as usize) else { return Ok(()) };
        let key = piece_key(snapshot.version, index);
        let last = pieces.put_with_key(&Uint8Array::from(piece), &key).map_err(failure)?;
        put_pieces(steps, &last, pieces, snapshot, index + 1);
        Ok(())
    });
}

/// The key of a piece: its snapshot's version, and its place.
fn piece_key(version: Version, index: u32) -> JsValue {
    Array::of2(&key_of(version), &index.into()).into()
}

fn pieces_of(version: Version) -> Result<JsValue, StorageError> {
    let (first, last) = (piece_key(version, 0), piece_key(version, u32::MAX));
    IdbKeyRange::bound(&first, &last).map(Into::into).map_err(failure)
}

fn bytes_of(value: JsValue, part: Part) -> Result<Vec<u8>, StorageError> {
    array_of(value, part).map(|array| array.to_vec())
}

fn array_of(value: JsValue, part: Part) -> Result<Uint8Array, StorageError> {
    value.dyn_into().map_err(|_| StorageError::corrupt(part, "it is not a sequence of bytes"))
}
