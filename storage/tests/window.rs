//! Logs, boards and leaders in a window of a real browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod browser;
mod fixture;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
