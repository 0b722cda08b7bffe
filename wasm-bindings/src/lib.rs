//! Taskloom for JavaScript: the engine behind the npm package `taskloom`.
//!
//! This is the private half of the package. It has one class, [`Engine`], which
//! takes an operation by name with its arguments as JSON text and answers with
//! JSON text; what JavaScript programs see stands in `npm/`. There are no rules
//! here: an argument comes in, the board is asked, the answer goes out.

#![cfg(target_arch = "wasm32")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod engine;
mod performer;

// What an operation is called with, and what it is.
mod actor;
mod arguments;
mod fields;
mod import;
mod operation;
mod read;
mod stream;
mod transaction;
mod watch;

// What a board is opened with.
mod environment;
mod log;
mod options;
mod outside;

mod fault;

pub use actor::actor_context;
pub use engine::Engine;
