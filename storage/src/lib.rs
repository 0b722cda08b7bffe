//! Durable boards: the engine in memory, over a log of its changes.
//!
//! [`Board`] is what programs use. Under it lies a port, [`ChangeLog`], which is
//! small enough for a browser's database, a file or a message broker: append with
//! compare-and-swap, read what follows a version, keep a snapshot.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "tests may"))]

mod board;
mod bundle;
mod import;
mod kind;

// The port, and what is written through it.
mod entry;
mod error;
mod frame;
mod log;
mod snapshot;
mod version;

// Where a log can be kept.
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod indexed_db;
#[cfg(target_arch = "wasm32")]
mod local_storage;
mod memory;

// What one of many tabs has to do.
#[cfg(target_arch = "wasm32")]
mod leader;
#[cfg(target_arch = "wasm32")]
mod lease_recovery;

// What the platform offers.
#[cfg(target_arch = "wasm32")]
mod quota;
#[cfg(target_arch = "wasm32")]
mod timer;
#[cfg(target_arch = "wasm32")]
mod web_lock;

pub mod conformance;

pub use board::{
    AcceptDamageError, BackgroundTask, Board, BoardChange, BoardOptions, Damage, DamagedPart, Loss,
    Source,
};
pub use bundle::{Bundle, BundleError, ImportError};
pub use entry::WriterId;
pub use error::{BoardError, CloseReason, Part, StorageError};
#[cfg(target_arch = "wasm32")]
pub use host::HostLog;
pub use import::{ImportCounts, ImportMode, ImportSummary, Prefer};
#[cfg(target_arch = "wasm32")]
pub use indexed_db::{Durability, IndexedDbLog};
pub use kind::RecordKind;
#[cfg(target_arch = "wasm32")]
pub use leader::Leader;
#[cfg(target_arch = "wasm32")]
pub use lease_recovery::LeaseRecovery;
#[cfg(target_arch = "wasm32")]
pub use local_storage::LocalStorageLog;
pub use log::{Appended, ChangeLog, LogEntry, Snapshot, Tail, Watch};
pub use memory::MemoryLog;
#[cfg(target_arch = "wasm32")]
pub use quota::{Persistence, StorageUsage};
pub use version::Version;
