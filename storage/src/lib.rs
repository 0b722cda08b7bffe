//! Durable boards: the log port under a board and the places where a log can be
//! kept.
//!
//! A board is kept as a log of changes. The port, [`ChangeLog`], is small enough
//! for a browser's database, a file or a message broker: append with
//! compare-and-swap, read what follows a version, keep a snapshot.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "tests may"))]

mod error;
mod frame;
mod log;
mod version;

// Where a log can be kept.
#[cfg(target_arch = "wasm32")]
mod indexed_db;
mod memory;

pub mod conformance;

pub use error::{BoardError, CloseReason, Part, StorageError};
#[cfg(target_arch = "wasm32")]
pub use indexed_db::{Durability, IndexedDbLog};
pub use log::{Appended, ChangeLog, LogEntry, Snapshot, Tail, Watch};
pub use memory::MemoryLog;
pub use version::Version;
