//! Runs recorded scenarios against an engine and compares what it answers with
//! the recorded trace.
//!
//! A scenario is a list of calls; a trace is what a reference answered, step by
//! step, and the state it ended in. [`scenario`] reads both, [`engine`] is the
//! port to an implementation, [`runner`] plays the calls, [`comparison`] knows
//! what must match and what may differ, and [`native`] drives the Rust engine.
//! [`node`] drives hosts over the lines of [`wire`]: the same adapter as WebAssembly,
//! and the npm package, in Node and in browsers.

pub mod comparison;
pub mod engine;
pub mod native;
pub mod runner;
pub mod scenario;
pub mod wire;

#[cfg(not(target_arch = "wasm32"))]
pub mod node;
#[cfg(target_arch = "wasm32")]
mod wasm;
