//! Where a board is kept, as one type: the code of boards exists once, however
//! many kinds of storage there are.

use taskloom_storage::{
    Appended, ChangeLog, HostLog, IndexedDbLog, LocalStorageLog, MemoryLog, Snapshot, StorageError,
    Tail, Version, Watch,
};

use crate::options::{Options, Place};

/// A log of one kind or another.
#[derive(Debug)]
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
