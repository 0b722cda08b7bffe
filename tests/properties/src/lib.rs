//! Proves the engine from outside, through its public entry points.
//!
//! A [`script`] is a list of commands on a board of a few tasks, made of bytes,
//! so that a property test, a fuzzer and a person write it alike. A
//! [`world`] plays it against the real engine and checks after every command
//! what has to hold always: the rules of [`board`], that a refusal changes
//! nothing, that a change can be taken back and played again. [`model`] is a
//! second, much smaller engine that foretells answers and outcomes. [`hostile`]
//! feeds the decoders and operations what nobody should send.

pub mod board;
pub mod hostile;
pub mod model;
pub mod script;
pub mod surroundings;
pub mod world;
