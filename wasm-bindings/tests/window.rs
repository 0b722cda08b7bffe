//! The engine in a window of a real browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod engine;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
