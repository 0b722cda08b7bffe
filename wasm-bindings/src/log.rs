//! Where a board is kept, as one type: the code of boards exists once, however
//! many kinds of storage there are.

use serde::Serialize;
use taskloom_storage::{
    Appended, ChangeLog, HostLog, IndexedDbLog, LocalStorageLog, MemoryLog, Persistence, Snapshot,
    StorageError, StorageUsage, Tail, Version, Watch,
};

use crate::options::{Options, Place};

/// A log of one kind or another. A clone is another handle on the same log.
#[derive(Debug, Clone)]
pub enum Log {
    /// In memory.
    Memory(MemoryLog),
    /// In the browser's database.
    IndexedDb(IndexedDbLog),
    /// In the localStorage of the page.
    LocalStorage(LocalStorageLog),
    /// Behind an object of the program.
    Host(HostLog),
}

macro_rules! of_each {
    ($log:expr, $inner:ident => $answer:expr) => {
        match $log {
            Log::Memory($inner) => $answer,
            Log::IndexedDb($inner) => $answer,
            Log::LocalStorage($inner) => $answer,
            Log::Host($inner) => $answer,
        }
    };
}

impl Log {
    /// Opens the log that the options name.
    ///
    /// # Errors
    ///
    /// Whatever the storage answers.
    pub async fn open(options: &Options) -> Result<Self, StorageError> {
        match &options.storage {
            Place::Host(log) => Ok(Log::Host(log.clone())),
            Place::Memory => Ok(Log::Memory(MemoryLog::new())),
            Place::IndexedDb => {
                IndexedDbLog::open(&options.name, options.durability).await.map(Log::IndexedDb)
            }
            Place::LocalStorage => {
                LocalStorageLog::open(&options.name).await.map(Log::LocalStorage)
            }
        }
    }
}

/// What `storageUsage` answers.
#[derive(Debug, Serialize)]
pub struct Usage {
    usage: u64,
    quota: u64,
    persistent: bool,
}

impl Log {
    /// How much is in use of what there may be, in bytes; nothing where the browser
    /// does not keep the board.
    ///
    /// # Errors
    ///
    /// Whatever the storage answers.
    pub async fn usage(&self) -> Result<Option<Usage>, StorageError> {
        // In localStorage a board has a limit of its own, in units of two bytes.
        let units = match self {
            Log::Memory(_) | Log::Host(_) => return Ok(None),
            Log::IndexedDb(_) => None,
            Log::LocalStorage(log) => Some((2 * log.used()?, 2 * LocalStorageLog::LIMIT)),
        };
        let of_site = StorageUsage::estimate().await?;
        let persistent = of_site.persistence == Persistence::Persistent;
        let (usage, quota) = match units {
            Some((used, limit)) => (used as u64, limit as u64),
            None => (of_site.usage, of_site.quota),
        };
        Ok(Some(Usage { usage, quota, persistent }))
    }
}

impl ChangeLog for Log {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        of_each!(self, log => log.read(after).await)
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        of_each!(self, log => log.append(expected, entry).await)
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        of_each!(self, log => log.snapshot(at_or_before).await)
    }

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
        of_each!(self, log => log.put_snapshot(snapshot).await)
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        of_each!(self, log => log.prune(before).await)
    }

    fn watch(&self) -> Watch {
        of_each!(self, log => log.watch())
    }

    async fn close(&self) {
        of_each!(self, log => log.close().await)
    }
}
