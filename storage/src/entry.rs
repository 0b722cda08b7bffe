//! A log entry: the change-sets of the operations that were committed together.

use std::fmt;

use serde::{Deserialize, Serialize};
use taskloom_domain::store::{Change, MemoryStore};

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

/// The JSON of an entry. Format 1 is the same without `replaces`.
#[derive(Serialize, Deserialize)]
struct Body<S> {
    writer: String,
    attempt: u64,
    change_sets: Vec<S>,
}

/// A change-set on its way into an entry.
#[derive(Serialize)]
pub(crate) struct ToKeep<'a> {
    pub(crate) changes: &'a [Change],
    #[serde(skip_serializing_if = "Extent::is_part")]
    pub(crate) replaces: Extent,
}

/// How much of a board a change-set decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub(crate) enum Extent {
    /// What it changes; everything else stays.
    #[default]
    Part,
    /// Everything: before it, the board is emptied.
    Whole,
}

impl Extent {
    fn is_part(&self) -> bool {
        *self == Extent::Part
    }
}

impl From<bool> for Extent {
    fn from(replaces: bool) -> Self {
        if replaces { Extent::Whole } else { Extent::Part }
    }
}

impl From<Extent> for bool {
    fn from(extent: Extent) -> Self {
        extent == Extent::Whole
    }
}

/// A change-set as it was read.
#[derive(Debug, Deserialize)]
struct Kept {
    changes: Vec<Change>,
    #[serde(default)]
    replaces: Extent,
}

/// An entry as it was read.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) version: Version,
    pub(crate) writer: String,
    change_sets: Vec<Kept>,
}

impl Entry {
    /// Whether it decides the whole board, whatever was before it.
    pub(crate) fn replaces(&self) -> bool {
        self.change_sets.iter().any(|set| set.replaces == Extent::Whole)
    }

    /// Applies it to the state before it.
    pub(crate) fn apply(&self, store: &mut MemoryStore) {
        for set in &self.change_sets {
            if set.replaces == Extent::Whole {
                *store = MemoryStore::default();
            }
            store.apply(&set.changes);
        }
    }

    /// Its changes, in order. Of an entry that replaces the board they are not all
    /// that is different after it.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Change> {
        self.change_sets.iter().flat_map(|set| &set.changes)
    }
}

/// The bytes of the entry that leads to `version`.
///
/// # Errors
///
/// `failed` where a record has no JSON form, which validated records have.
pub(crate) fn encode(
    version: Version,
    attempt: Attempt,
    change_sets: Vec<ToKeep<'_>>,
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
    let body: Body<Kept> = serde_json::from_slice(body.bytes)
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
        let sets = [Extent::Part, Extent::Whole].map(|replaces| ToKeep { changes: &[], replaces });
        let bytes = encode(Version::ZERO.next(), ATTEMPT, sets.into()).unwrap();
        let body = concat!(
            r#"{"writer":"abababababababababababababababab","attempt":3,"#,
            r#""change_sets":[{"changes":[]},{"changes":[],"replaces":true}]}"#
        );
        assert_eq!(bytes, raw(body).bytes);
        assert!(decode(&raw(body)).unwrap().replaces());
    }

    #[test]
    fn the_first_format_is_read() {
        let body = br#"{"writer":"a","attempt":1,"change_sets":[{"changes":[]}]}"#;
        let version = Version::ZERO.next();
        let bytes = frame::sealed_as(1, Kind::Entry, version, body);
        assert!(!decode(&LogEntry { version, bytes }).unwrap().replaces());
    }

    #[test]
    fn a_body_that_is_no_entry_is_damage() {
        for body in ["", "{}", "[]", r#"{"writer":"a","attempt":1,"change_sets":[{}]}"#] {
            assert_eq!(decode(&raw(body)).unwrap_err().code(), "corrupt", "{body}");
        }
    }
}
