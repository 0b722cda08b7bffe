//! A log entry: the change-sets of the operations that were committed together.

use std::fmt;

use serde::{Deserialize, Serialize};
use taskloom_domain::store::ChangeSet;

use crate::error::{Part, StorageError};
use crate::frame::{self, Kind};
use crate::log::LogEntry;
use crate::version::Version;

/// Names one open board among all that ever write to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WriterId(u128);

impl WriterId {
    /// The name that these random bytes make.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for WriterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Tells one attempt to append from every other one, so that a writer whose
/// answer was lost finds its own entry again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) writer: WriterId,
    pub(crate) number: u64,
}

/// The JSON of an entry.
#[derive(Serialize, Deserialize)]
struct Body<S> {
    writer: String,
    attempt: u64,
    change_sets: S,
}

/// An entry as it was read.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) version: Version,
    pub(crate) writer: String,
    pub(crate) change_sets: Vec<ChangeSet>,
}

/// The bytes of the entry that leads to `version`.
///
/// # Errors
///
/// `failed` where a record has no JSON form, which validated records have.
pub(crate) fn encode(
    version: Version,
    attempt: Attempt,
    change_sets: &[&ChangeSet],
) -> Result<Vec<u8>, StorageError> {
    let writer = attempt.writer.to_string();
    let body = Body { writer, attempt: attempt.number, change_sets };
    frame::seal(Kind::Entry, version, |out| serde_json::to_writer(out, &body))
        .map_err(|error| StorageError::Failed { cause: error.to_string() })
}

/// Reads an entry.
///
/// # Errors
///
/// `corrupt` or `newer_format`.
pub(crate) fn decode(entry: &LogEntry) -> Result<Entry, StorageError> {
    let version = entry.version;
    let body = frame::open(Kind::Entry, version, &entry.bytes)?;
    let body: Body<Vec<ChangeSet>> = serde_json::from_slice(body.bytes)
        .map_err(|error| StorageError::corrupt(Part::Entry(version), error.to_string()))?;
    Ok(Entry { version, writer: body.writer, change_sets: body.change_sets })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: Attempt = Attempt { writer: WriterId::from_random([0xab; 16]), number: 3 };

    fn raw(body: &str) -> LogEntry {
        let version = Version::ZERO.next();
        let bytes = frame::seal(Kind::Entry, version, |out| {
            out.extend_from_slice(body.as_bytes());
            Ok::<(), ()>(())
        });
        LogEntry { version, bytes: bytes.unwrap() }
    }

    #[test]
    fn the_body_is_the_documented_json() {
        let bytes = encode(Version::ZERO.next(), ATTEMPT, &[&ChangeSet::default()]).unwrap();
        let body = r#"{"writer":"abababababababababababababababab","attempt":3,"change_sets":[{"changes":[]}]}"#;
        assert_eq!(bytes, raw(body).bytes);
    }

    #[test]
    fn a_body_that_is_no_entry_is_damage() {
        for body in ["", "{}", "[]", r#"{"writer":"a","attempt":1,"change_sets":[{}]}"#] {
            assert_eq!(decode(&raw(body)).unwrap_err().code(), "corrupt", "{body}");
        }
    }
}
