//! What the dependency graph tells beyond single edges: what a task frees, what
//! can never become free, and which chain of work is the longest.
//!
//! Pure functions over a store, for views and previews. They check no authority
//! and change nothing.

mod chain;
mod dead_end;
mod dependent;
mod free;
mod outlook;

#[cfg(test)]
pub(crate) mod sketch;

pub use chain::{Chains, CriticalPath, Link, estimate_minutes};
pub use dead_end::{DeadBlocker, DeadEnds, dead_blockers, dead_ends};
pub use dependent::{DependentReference, dependent_references};
pub use free::{NextBest, frees, frees_in_the_end, next_best};
pub use outlook::{DeadEnd, Outlook, outlook};

/// How two tasks hang together: the shortest way from one to the other along
/// "waits for", both included.
pub use crate::graph::path_between as dependency_path;
