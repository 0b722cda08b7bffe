//! The port to an implementation under test: calls with JSON in and JSON out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scenario::Actor;

/// What an implementation answers when it refuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The error's stable code.
    pub kind: String,
    /// The text, for people.
    pub message: String,
    /// The reason code of a session lease lookup.
    pub reason: Option<String>,
}

/// An implementation under test.
pub trait Engine {
    /// Moves the fake clock.
    fn advance(&mut self, millis: i64);

    /// Performs one operation.
    ///
    /// # Errors
    ///
    /// The refusal of the implementation.
    fn call(
        &mut self,
        op: &str,
        args: &Map<String, Value>,
        actor: Option<&Actor>,
    ) -> Result<Value, Refusal>;

    /// Everything that is stored, in the shape of a trace's `final`.
    fn state(&mut self) -> Value;
}
