//! The place of an entry in a board's log.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// How many entries a board's log has seen; the number of an entry is the
/// version of the board after it. Stays below 2^53, so that it is exact in
/// JavaScript.
///
/// ```
/// use taskloom_storage::Version;
///
/// assert_eq!(Version::ZERO.next().get(), 1);
/// assert_eq!(Version::new(1 << 53), None);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version of an empty board, before the first entry.
    pub const ZERO: Version = Version(0);

    /// The greatest version, 2^53 - 1.
    pub const MAX: Version = Version((1 << 53) - 1);

    /// The version of this number, or `None` above [`Version::MAX`].
    pub const fn new(number: u64) -> Option<Self> {
        if number <= Self::MAX.0 { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version of the next entry.
    ///
    /// # Panics
    ///
    /// At [`Version::MAX`], which a board that commits a thousand times a second
    /// reaches after 285,000 years.
    pub const fn next(self) -> Self {
        assert!(self.0 < Self::MAX.0, "a board's version stays below 2^53");
        Self(self.0 + 1)
    }

    /// The version before this one; `None` before the first entry.
    pub const fn previous(self) -> Option<Self> {
        if self.0 == 0 { None } else { Some(Self(self.0 - 1)) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| serde::de::Error::custom("a version stays below 2^53"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stay_exact_in_javascript() {
        assert_eq!(Version::new(Version::MAX.get()), Some(Version::MAX));
        assert_eq!(Version::new(Version::MAX.get() + 1), None);
        assert!(serde_json::from_str::<Version>("9007199254740992").is_err());
    }

    #[test]
    fn nothing_comes_before_the_empty_board() {
        assert_eq!(Version::ZERO.previous(), None);
        assert_eq!(Version::ZERO.next().previous(), Some(Version::ZERO));
    }
}
