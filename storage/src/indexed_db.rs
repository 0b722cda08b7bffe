//! The log of a board in the browser's IndexedDB: one database per board, one
//! value per entry under its version, snapshots as single values beside it.
//!
//! Works in windows and in workers. Every call is one transaction whose requests
//! are all made before anything is awaited, since an idle transaction ends by
//! itself.

mod database;
mod signal;
mod transaction;

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbCursorDirection, IdbCursorWithValue, IdbKeyRange, IdbTransactionMode};

use self::database::Database;
use self::transaction::{Transaction, failure, key_of, version_of};
use crate::error::{Part, StorageError};
use crate::log::{Appended, ChangeLog, LogEntry, Snapshot, Tail, Watch};
use crate::version::Version;

const LOG: &str = "log";
const SNAPSHOTS: &str = "snapshots";

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
        Ok(Self { database, durability })
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
        let newest = transaction::newest_key(&log)?;
        transaction.finished().await?;
        let keys = js_sys::Array::from(&keys.result().map_err(failure)?);
        let values = js_sys::Array::from(&values.result().map_err(failure)?);
        let entries = keys.iter().zip(values.iter()).map(|(key, value)| {
            let version = version_of(&key)?;
            Ok(LogEntry { version, bytes: bytes_of(value, Part::Entry(version))? })
        });
        Ok(Tail {
            head: transaction::found_key(&newest)?,
            entries: entries.collect::<Result<_, StorageError>>()?,
        })
    }

    /// The head is read in the same transaction, and not only left to `add`,
    /// which refuses a taken key: a stale writer may aim at a pruned one.
    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        let transaction = self.begin(&[LOG], IdbTransactionMode::Readwrite)?;
        let log = transaction.store(LOG)?;
        let version = expected.next();
        let head = Rc::new(Cell::new(expected));
        let newest = transaction::newest_key(&log)?;
        transaction.check_last(&newest, {
            let head = Rc::clone(&head);
            move |request| {
                head.set(transaction::found_key(request)?);
                Ok(head.get() == expected)
            }
        });
        log.add_with_key(&Uint8Array::from(entry), &key_of(version)).map_err(failure)?;
        match transaction.finished().await {
            Ok(()) => {
                self.database.announce(version);
                Ok(Appended::At(version))
            }
            Err(_) if head.get() != expected => Ok(Appended::Conflict { head: head.get() }),
            Err(error) => Err(error),
        }
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        let transaction = self.begin(&[SNAPSHOTS], IdbTransactionMode::Readonly)?;
        let range = IdbKeyRange::upper_bound(&key_of(at_or_before)).map_err(failure)?;
        let request = transaction
            .store(SNAPSHOTS)?
            .open_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)
            .map_err(failure)?;
        transaction.finished().await?;
        let Ok(cursor) = request.result().map_err(failure)?.dyn_into::<IdbCursorWithValue>() else {
            return Ok(None);
        };
        let version = version_of(&cursor.key().map_err(failure)?)?;
        let value = cursor.value().map_err(failure)?;
        Ok(Some(Snapshot { version, bytes: bytes_of(value, Part::Snapshot(version))? }))
    }

    async fn put_snapshot(&self, snapshot: &Snapshot) -> Result<(), StorageError> {
        let transaction = self.begin(&[SNAPSHOTS], IdbTransactionMode::Readwrite)?;
        let bytes = Uint8Array::from(snapshot.bytes.as_slice());
        transaction
            .store(SNAPSHOTS)?
            .put_with_key(&bytes, &key_of(snapshot.version))
            .map_err(failure)?;
        transaction.finished().await
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        let transaction = self.begin(&[LOG, SNAPSHOTS], IdbTransactionMode::Readwrite)?;
        for name in [LOG, SNAPSHOTS] {
            let store = transaction.store(name)?;
            let newest = transaction::newest_key(&store)?;
            transaction.check(&newest, move |request| {
                let bound = before.min(transaction::found_key(request)?);
                let older =
                    IdbKeyRange::upper_bound_with_open(&key_of(bound), true).map_err(failure)?;
                store.delete(&older).map_err(failure)?;
                Ok(true)
            });
        }
        transaction.finished().await
    }

    fn watch(&self) -> Watch {
        self.database.watch()
    }

    async fn close(&self) {
        self.database.close();
    }
}

fn bytes_of(value: JsValue, part: Part) -> Result<Vec<u8>, StorageError> {
    let bytes = value
        .dyn_into::<Uint8Array>()
        .map_err(|_| StorageError::corrupt(part, "it is not a sequence of bytes"))?;
    Ok(bytes.to_vec())
}
