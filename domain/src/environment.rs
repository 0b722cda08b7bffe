//! What the engine needs from outside to be a function of its inputs: the time,
//! fresh ids and secret bytes.

use crate::time::Timestamp;

/// The source of "now".
pub trait Clock {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The prefix of a fresh id; says what kind of record it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdPrefix {
    /// A task.
    Task,
    /// A run.
    Run,
    /// An audit event.
    Event,
    /// A run review.
    Review,
}

impl IdPrefix {
    /// The text before the dash.
    pub const fn as_str(self) -> &'static str {
        match self {
            IdPrefix::Task => "task",
            IdPrefix::Run => "run",
            IdPrefix::Event => "evt",
            IdPrefix::Review => "review",
        }
    }
}

/// The source of fresh ids.
pub trait IdGenerator {
    /// An id that was never given out before, starting with the prefix and a
    /// dash.
    fn new_id(&mut self, prefix: IdPrefix) -> String;
}

/// The source of claim secrets.
pub trait TokenGenerator {
    /// 32 bytes that nobody can guess.
    fn new_token_bytes(&mut self) -> [u8; 32];
}

/// Ids of the standard form, `<prefix>-<16 hex digits>`, made of 8 random bytes
/// that the caller's source supplies.
pub struct HexIds<F> {
    random: F,
}

impl<F: FnMut() -> [u8; 8]> HexIds<F> {
    /// Ids from a source of random bytes.
    pub fn new(random: F) -> Self {
        Self { random }
    }
}

impl<F: FnMut() -> [u8; 8]> IdGenerator for HexIds<F> {
    fn new_id(&mut self, prefix: IdPrefix) -> String {
        let number = u64::from_be_bytes((self.random)());
        format!("{}-{number:016x}", prefix.as_str())
    }
}

impl<F: Fn() -> Timestamp> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

impl<F: FnMut() -> [u8; 32]> TokenGenerator for F {
    fn new_token_bytes(&mut self) -> [u8; 32] {
        self()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_ids_keep_leading_zeros() {
        let mut ids = HexIds::new(|| [0, 0, 0, 0, 0, 0, 0, 10]);
        assert_eq!(ids.new_id(IdPrefix::Event), "evt-000000000000000a");
    }
}
