//! What goes wrong between a board and the place where it is kept.

use std::fmt;

use taskloom_domain::TaskError;
use thiserror::Error;

use crate::version::Version;

/// Why a log could not be opened, read or written.
///
/// Callers branch on the variant or on [`StorageError::code`]; the text is for
/// people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StorageError {
    /// There is no storage here at all: an old browser, a private window or a
    /// setting that forbids it.
    #[error("this browser keeps no data for this page: {cause}")]
    Unavailable {
        /// What the platform said.
        cause: String,
    },
    /// Another tab holds the database open and does not let go of it.
    #[error("another tab keeps the board open in an older version; close or reload that tab")]
    Blocked,
    /// Another tab has the board open, in a storage that bears one tab only.
    #[error("the board is open in another tab; close it there first")]
    InUse,
    /// The space that the browser grants is used up. What was to be written is
    /// not; everything older is untouched.
    #[error("the browser has no more space for this site ({cause})")]
    QuotaExceeded {
        /// What the platform said.
        cause: String,
    },
    /// A stored value is not what was once written.
    #[error("{part} is damaged: {cause}")]
    Corrupt {
        /// Which value.
        part: Part,
        /// What is wrong with it.
        cause: String,
    },
    /// A newer version of Taskloom wrote this; the present one leaves it alone.
    #[error("{part} was written by a newer version of Taskloom; reload this page to update it")]
    NewerFormat {
        /// Which value.
        part: Part,
        /// Its format, where that can be told.
        found: Option<u32>,
    },
    /// This handle is closed; nothing is read or written through it any more.
    #[error("the board is closed: {reason}")]
    Closed {
        /// Who closed it.
        reason: CloseReason,
    },
    /// The platform refused for a reason of its own. Whether a write took
    /// place is unknown.
    #[error("the storage failed: {cause}")]
    Failed {
        /// What the platform said.
        cause: String,
    },
}

impl StorageError {
    /// The stable code, for branching in JavaScript and for traces.
    pub const fn code(&self) -> &'static str {
        match self {
            StorageError::Unavailable { .. } => "unavailable",
            StorageError::Blocked => "blocked",
            StorageError::InUse => "in_use",
            StorageError::QuotaExceeded { .. } => "quota_exceeded",
            StorageError::Corrupt { .. } => "corrupt",
            StorageError::NewerFormat { .. } => "newer_format",
            StorageError::Closed { .. } => "closed",
            StorageError::Failed { .. } => "failed",
        }
    }

    pub(crate) fn corrupt(part: Part, cause: impl Into<String>) -> Self {
        StorageError::Corrupt { part, cause: cause.into() }
    }
}

/// The part of a stored board that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The entry that led to this version.
    Entry(Version),
    /// The snapshot of this version.
    Snapshot(Version),
    /// The log as a whole: its entries do not follow one another.
    Log,
    /// The database around it.
    Database,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Entry(version) => write!(f, "log entry {version}"),
            Part::Snapshot(version) => write!(f, "the snapshot of version {version}"),
            Part::Log => f.write_str("the board's log"),
            Part::Database => f.write_str("the board's database"),
        }
    }
}

/// Who closed a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The program itself did.
    Owner,
    /// Another tab upgrades or erases the database, and everybody else has to
    /// let go of it.
    Replaced,
    /// The browser did, for example because the site's data was cleared.
    Platform,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CloseReason::Owner => "it was closed here",
            CloseReason::Replaced => "another tab updates or erases it; reload this page to go on",
            CloseReason::Platform => {
                "the browser took its storage away, as when a site's data is cleared; \
                 export the board before you reload this page"
            }
        })
    }
}

/// Why an operation on a board did not succeed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BoardError {
    /// The rules refuse the operation.
    #[error(transparent)]
    Refused(#[from] TaskError),
    /// The operation was allowed, but could not be kept; it is taken back.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl BoardError {
    /// The stable code of the refusal or of the storage error.
    pub fn code(&self) -> &'static str {
        match self {
            BoardError::Refused(error) => error.kind().code(),
            BoardError::Storage(error) => error.code(),
        }
    }
}
