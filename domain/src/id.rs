//! Identifiers. Each kind of record has its own type, so that a run id never
//! stands where a task id belongs.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        ///
        /// Any text is allowed, the blank one included: requests carry ids as
        /// callers sent them, and the validators decide.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id from its text, kept as given.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether nothing is left after trimming.
            pub fn is_blank(&self) -> bool {
                self.0.trim().is_empty()
            }

            /// The id without surrounding white space.
            pub fn trimmed(&self) -> Self {
                let text = self.0.trim();
                if text.len() == self.0.len() { self.clone() } else { Self::new(text) }
            }

            /// The trimmed id, or `None` where it is blank.
            pub fn non_blank(&self) -> Option<Self> {
                (!self.is_blank()).then(|| self.trimmed())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new("")
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl From<Arc<str>> for $name {
            fn from(text: Arc<str>) -> Self {
                Self(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+};
}

ids! {
    /// The id of a task.
    TaskId,
    /// The id of a run.
    RunId,
    /// The id of an audit event.
    EventId,
    /// The id of a run review.
    ReviewId,
    /// The id of a worker or reviewer session.
    SessionId,
    /// The id of a workspace.
    WorkspaceId,
}

/// The place of an event in the one audit log of a board. Starts at 1; 0 means
/// "no event". Stays below 2^53, so that it is exact in JavaScript.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Sequence(i64);

impl Sequence {
    /// Before the first event.
    pub const ZERO: Sequence = Sequence(0);

    /// A sequence number as a caller gave it; negative values are kept for the
    /// validators to refuse.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether this is no event's number.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// The number after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn blank_ids_count_as_absent() {
        assert_eq!(TaskId::new(" \t").non_blank(), None);
        assert_eq!(TaskId::new(" a ").non_blank(), Some(TaskId::new("a")));
        assert!(TaskId::default().is_blank());
    }

    #[test]
    fn trimming_a_clean_id_shares_its_text() {
        let id = RunId::new("run-1");
        assert!(std::ptr::eq(id.as_str(), id.trimmed().as_str()));
        assert_eq!(RunId::new(" run-1\n").trimmed(), id);
    }

    #[test]
    fn ids_are_plain_strings_on_the_wire() {
        let id = EventId::new("evt-1");
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"evt-1\"");
        assert_eq!(serde_json::from_str::<EventId>("\"evt-1\"").unwrap(), id);
    }

    #[test]
    fn sequences_count_up_from_zero() {
        assert!(Sequence::ZERO.is_zero());
        assert_eq!(Sequence::ZERO.next(), Sequence::new(1));
        assert!(!Sequence::new(-1).is_zero());
        assert_eq!(serde_json::to_string(&Sequence::new(7)).unwrap(), "7");
    }
}
