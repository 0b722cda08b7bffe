//! A snapshot: every record of a board at one version.

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use taskloom_domain::store::{MemoryStore, Record};

use crate::error::{Part, StorageError};
use crate::frame::{self, Kind};
use crate::log::Snapshot;
use crate::version::Version;

#[derive(Serialize)]
struct Written<'a> {
    #[serde(serialize_with = "write_records")]
    records: &'a MemoryStore,
}

#[derive(Deserialize)]
struct Read {
    #[serde(deserialize_with = "read_records")]
    records: MemoryStore,
}

/// The snapshot of a store that stands at `version`.
///
/// # Errors
///
/// `failed` where a record has no JSON form, which validated records have.
pub(crate) fn encode(version: Version, store: &MemoryStore) -> Result<Snapshot, StorageError> {
    let body = Written { records: store };
    let bytes = frame::seal(Kind::Snapshot, version, |out| serde_json::to_writer(out, &body))
        .map_err(|error| StorageError::Failed { cause: error.to_string() })?;
    Ok(Snapshot { version, bytes })
}

/// The store that a snapshot holds.
///
/// # Errors
///
/// `corrupt` or `newer_format`.
pub(crate) fn decode(snapshot: &Snapshot) -> Result<MemoryStore, StorageError> {
    let body = frame::open(Kind::Snapshot, snapshot.version, &snapshot.bytes)?;
    let read: Read = serde_json::from_slice(body).map_err(|error| {
        StorageError::corrupt(Part::Snapshot(snapshot.version), error.to_string())
    })?;
    Ok(read.records)
}

fn write_records<S: Serializer>(store: &&MemoryStore, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for record in store.records() {
        list.serialize_element(&record)?;
    }
    list.end()
}

/// Records go into the store as they are read, so that a large snapshot does not
/// stand in memory twice.
fn read_records<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MemoryStore, D::Error> {
    struct Records;

    impl<'de> Visitor<'de> for Records {
        type Value = MemoryStore;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of records")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<MemoryStore, A::Error> {
            let mut failure = None;
            let records = std::iter::from_fn(|| match list.next_element::<Record>() {
                Ok(record) => record,
                Err(error) => {
                    failure = Some(error);
                    None
                }
            });
            let store = MemoryStore::from_records(records);
            failure.map_or(Ok(store), Err)
        }
    }

    deserializer.deserialize_seq(Records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(body: &str) -> Snapshot {
        let version = Version::ZERO.next();
        let bytes = frame::seal(Kind::Snapshot, version, |out| {
            out.extend_from_slice(body.as_bytes());
            Ok::<(), ()>(())
        });
        Snapshot { version, bytes: bytes.unwrap() }
    }

    #[test]
    fn the_records_come_back() {
        let store = decode(&raw(r#"{"records":[{"latest_sequence":7}]}"#)).unwrap();
        let again = encode(Version::ZERO.next(), &store).unwrap();
        assert_eq!(decode(&again).unwrap(), store);
        assert_eq!(again.bytes, raw(r#"{"records":[{"latest_sequence":7}]}"#).bytes);
    }

    #[test]
    fn a_body_that_holds_no_records_is_damage() {
        for body in ["", "{}", r#"{"records":[{"latest_sequence":"x"}]}"#, r#"{"records":[{}]}"#] {
            assert_eq!(decode(&raw(body)).unwrap_err().code(), "corrupt", "{body}");
        }
    }
}
