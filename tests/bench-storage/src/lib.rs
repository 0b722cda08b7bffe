//! What the page of the storage benchmark calls: boards in IndexedDB, without
//! anything that an app or the npm package adds.

#[cfg(target_arch = "wasm32")]
mod page;
