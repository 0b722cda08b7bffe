//! What every store has to do, as a suite that a store runs in its own tests.
//!
//! ```
//! use taskloom_domain::store::{MemoryStore, conformance};
//!
//! conformance::store_conformance(MemoryStore::default);
//! ```

mod claims;
mod events;
pub(crate) mod fixture;
mod records;
mod runs;
mod tasks;
mod transactions;

use super::Store;

/// Checks a store against the contract of its ports: the order of every list,
/// filters and limits, transactions and their change-sets, the projections of
/// tasks, the event counter, and the order of claims.
///
/// `make` answers a fresh, empty store at each call.
///
/// # Panics
///
/// At the first difference, naming the rule.
pub fn store_conformance<S: Store>(make: impl Fn() -> S) {
    tasks::check(&make);
    runs::check(&make);
    claims::check(&make);
    events::check(&make);
    records::check(&make);
    transactions::check(&make);
}

/// Compares the ids of a list with the expected ones.
#[track_caller]
fn expect_ids<T>(rule: &str, list: &[T], id: impl Fn(&T) -> String, expected: &[&str]) {
    let ids: Vec<String> = list.iter().map(id).collect();
    assert_eq!(ids, expected, "{rule}");
}
