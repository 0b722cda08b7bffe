//! Small choices of the person at this browser, beside the board. A browser may
//! refuse to keep them; then each visit begins with the defaults.

use gloo_storage::{LocalStorage, Storage};
use leptos::prelude::window;

/// What is kept under a key.
pub fn load(key: &str) -> Option<String> {
    work().then(|| LocalStorage::get::<String>(key).ok()).flatten()
}

/// Keeps a text under a key, or forgets what is there.
pub fn keep(key: &str, value: Option<&str>) {
    if work() {
        match value {
            // A full storage costs the choice for the next visit, nothing more.
            Some(value) => drop(LocalStorage::set(key, value)),
            None => LocalStorage::delete(key),
        }
    }
}

/// Whether this browser lets the page keep preferences. Asking in vain is an
/// error in some browsers, and gloo would not survive it.
fn work() -> bool {
    matches!(window().local_storage(), Ok(Some(_)))
}
