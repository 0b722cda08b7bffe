//! The settings pages.

mod erase;
mod storage;
mod usage;

pub use storage::StorageSettings;
