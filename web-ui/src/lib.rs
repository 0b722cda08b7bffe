//! The Taskloom app: the board of a person, on the engine directly, in a page
//! without a server.
//!
//! [`model`] is plain Rust and compiles everywhere; the rest needs a page.

pub mod model;
