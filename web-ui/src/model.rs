//! Everything about the app that needs no page: plain Rust, tested natively.
//!
//! What is allowed is decided by the engine; this is how it is put to people.

pub mod board_index;
pub mod bundle;
pub mod card;
pub mod column_order;
pub mod consequence;
pub mod derivation;
pub mod diff;
pub mod filter;
pub mod icon;
pub mod identifier;
pub mod import;
pub mod keys;
pub mod movement;
pub mod page;
pub mod phrase;
pub mod queue;
pub mod quick_add;
pub mod reason;
pub mod refusal;
pub mod review;
pub mod roving;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod theme;
pub mod undo;
pub mod window;
pub mod work;
