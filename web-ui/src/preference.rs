//! Small choices of the person at this browser, and unfinished texts, beside the
//! board. A browser may refuse to keep them; then each visit begins without.

use gloo_storage::{LocalStorage, Storage};
use leptos::prelude::window;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is kept under a key; `None` where nothing is, or nothing of this shape.
pub fn load<T: DeserializeOwned>(key: &str) -> Option<T> {
    work().then(|| LocalStorage::get(key).ok()).flatten()
}

/// Keeps something under a key, or forgets what is there.
pub fn keep<T: Serialize + ?Sized>(key: &str, value: Option<&T>) {
    if work() {
        match value {
            // A full storage costs what is kept for the next visit, nothing more.
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
