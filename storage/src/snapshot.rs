//! A snapshot: every record of a board at one version.
//!
//! In format 2 the body is the length of the records in bytes (four, big-endian),
//! the records as a JSON list, and the archive of the events. In format 1 it was
//! a JSON object with the list, and the events were among the records.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use taskloom_domain::event::{EventArchive, EventArchiveWriter};
use taskloom_domain::store::{EventsImage, MemoryStore, Record, StoreImage};

use crate::error::{Part, StorageError};
use crate::frame::{self, Kind, Sealing};
use crate::log::Snapshot;
use crate::version::Version;

/// How much is done in one step of writing. Each of these takes a few
/// milliseconds in a browser on a slow machine.
const RECORDS: usize = 1000;
const EVENTS: usize = 6000;
const BYTES: usize = 2 << 20;

/// What records take in memory, measured on a large board.
const RECORD_BYTES_PER_JSON_BYTE: usize = 2;

/// Writes a snapshot step by step, so that a page can do other things between.
pub(crate) struct SnapshotWriter {
    version: Version,
    stage: Box<Stage>,
}

enum Stage {
    Records { left: std::vec::IntoIter<Record>, json: Vec<u8>, events: EventsImage },
    Events { json: Vec<u8>, left: EventsImage, archive: EventArchiveWriter },
    Copying { sealing: Sealing, parts: std::vec::IntoIter<Vec<u8>>, part: Vec<u8>, done: usize },
}

impl SnapshotWriter {
    /// Begins the snapshot of a store that stood at `version`.
    pub(crate) fn new(version: Version, image: StoreImage) -> Self {
        let StoreImage { records, events } = image;
        let json = b"[".to_vec();
        let stage = Stage::Records { left: records.into_iter(), json, events };
        Self { version, stage: Box::new(stage) }
    }

    /// Does one more step. Gives the snapshot after the last one, or the writer.
    ///
    /// # Errors
    ///
    /// `failed` where a record has no JSON form, which validated records have.
    pub(crate) fn step(self) -> Result<Step, StorageError> {
        let Self { version, stage } = self;
        let stage = match *stage {
            Stage::Records { mut left, mut json, events } => {
                for record in left.by_ref().take(RECORDS) {
                    if !json.ends_with(b"[") {
                        json.push(b',');
                    }
                    serde_json::to_writer(&mut json, &record)
                        .map_err(|error| StorageError::Failed { cause: error.to_string() })?;
                }
                if left.len() > 0 {
                    Stage::Records { left, json, events }
                } else {
                    json.push(b']');
                    Stage::Events { json, left: events, archive: EventArchiveWriter::default() }
                }
            }
            Stage::Events { json, mut left, mut archive } => {
                left.pack(&mut archive, EVENTS);
                if left.is_done() {
                    copying(version, json, archive)
                } else {
                    Stage::Events { json, left, archive }
                }
            }
            Stage::Copying { mut sealing, mut parts, part, done } => {
                let end = part.len().min(done + BYTES);
                sealing.extend(&part[done..end]);
                if end < part.len() {
                    Stage::Copying { sealing, parts, part, done: end }
                } else if let Some(part) = parts.next() {
                    Stage::Copying { sealing, parts, part, done: 0 }
                } else {
                    return Ok(Step::Done(Snapshot { version, bytes: sealing.finish() }));
                }
            }
        };
        Ok(Step::More(Self { version, stage: Box::new(stage) }))
    }
}

/// How a step of a [`SnapshotWriter`] ended.
pub(crate) enum Step {
    More(SnapshotWriter),
    Done(Snapshot),
}

fn copying(version: Version, json: Vec<u8>, archive: EventArchiveWriter) -> Stage {
    let length = (json.len() as u32).to_be_bytes().to_vec();
    let parts: Vec<Vec<u8>> = [length, json].into_iter().chain(archive.finish_in_parts()).collect();
    let total = parts.iter().map(Vec::len).sum();
    let sealing = Sealing::begin(Kind::Snapshot, version, total);
    Stage::Copying { sealing, parts: parts.into_iter(), part: Vec::new(), done: 0 }
}

/// The store that a snapshot holds.
///
/// # Errors
///
/// `corrupt` or `newer_format`.
pub(crate) fn decode(snapshot: Snapshot) -> Result<MemoryStore, StorageError> {
    let Snapshot { version, mut bytes } = snapshot;
    let corrupt = |cause: String| StorageError::corrupt(Part::Snapshot(version), cause);
    let body = frame::open(Kind::Snapshot, version, &bytes)?;
    if body.format == 1 {
        let FormatOne { records } =
            serde_json::from_slice(body.bytes).map_err(|error| corrupt(error.to_string()))?;
        return Ok(records);
    }
    let cut = || corrupt("its records are cut off".into());
    let (length, rest) = body.bytes.split_first_chunk().ok_or_else(cut)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (json, archive) = rest.split_at_checked(length).ok_or_else(cut)?;
    take_memory_at_once(RECORD_BYTES_PER_JSON_BYTE * json.len());
    let records: Vec<Record> =
        serde_json::from_slice(json).map_err(|error| corrupt(error.to_string()))?;
    // The archive takes over the buffer, which is large.
    let begin = bytes.len() - archive.len();
    bytes.drain(..begin);
    let events = EventArchive::read(bytes).map_err(|error| corrupt(error.to_string()))?;
    Ok(MemoryStore::from_image(events, records))
}

/// Has the allocator get memory for so many bytes in one piece. By itself it asks
/// the browser for 64 KiB at a time, which is slow a thousand times over.
fn take_memory_at_once(bytes: usize) {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(bytes)));
}

/// The body of the first format. Its records go into the store as they are read,
/// so that a large snapshot does not stand in memory twice.
#[derive(Deserialize)]
struct FormatOne {
    #[serde(deserialize_with = "records")]
    records: MemoryStore,
}

fn records<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MemoryStore, D::Error> {
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

    fn raw(format: u32, body: &[u8]) -> Snapshot {
        let version = Version::ZERO.next();
        let bytes = frame::sealed_as(format, Kind::Snapshot, version, body);
        Snapshot { version, bytes }
    }

    fn raw_list(json: &str) -> Snapshot {
        let length = (json.len() as u32).to_be_bytes();
        let archive = EventArchiveWriter::default().finish();
        raw(2, &[&length[..], json.as_bytes(), &archive[..]].concat())
    }

    fn written(store: &MemoryStore) -> Snapshot {
        let mut writer = SnapshotWriter::new(Version::ZERO.next(), store.image());
        loop {
            match writer.step().unwrap() {
                Step::More(next) => writer = next,
                Step::Done(snapshot) => return snapshot,
            }
        }
    }

    #[test]
    fn the_records_come_back() {
        let store = decode(raw_list(r#"[{"latest_sequence":7}]"#)).unwrap();
        assert_eq!(written(&store), raw_list(r#"[{"latest_sequence":7}]"#));
        assert_eq!(decode(written(&store)).unwrap(), store);
        assert_eq!(written(&MemoryStore::default()), raw_list("[]"));
    }

    #[test]
    fn the_first_format_is_read() {
        let event = concat!(
            r#"{"event":{"sequence":7,"event":{"id":"evt-1","task_id":"task-1","#,
            r#""event_type":"task.created","actor":{"kind":"human","ref":"ada"},"#,
            r#""origin":{"kind":"web","ref":"tab"},"timestamp":"1970-01-01T00:00:00Z"}}}"#
        );
        let body = format!(r#"{{"records":[{event},{{"latest_sequence":7}}]}}"#);
        let store = decode(raw(1, body.as_bytes())).unwrap();
        let records: Vec<String> =
            store.records().map(|record| serde_json::to_string(&record).unwrap()).collect();
        assert_eq!(records, [event, r#"{"latest_sequence":7}"#]);
        assert_eq!(decode(written(&store)).unwrap(), store);
    }

    #[test]
    fn a_body_that_holds_no_records_is_damage() {
        for body in ["", "{}", r#"{"records":[{"latest_sequence":"x"}]}"#, r#"{"records":[{}]}"#] {
            let error = decode(raw(1, body.as_bytes())).unwrap_err();
            assert_eq!(error.code(), "corrupt", "{body}");
        }
        for list in ["", "{}", r#"[{"latest_sequence":"x"}]"#, "[{}]", "[]x"] {
            assert_eq!(decode(raw_list(list)).unwrap_err().code(), "corrupt", "{list}");
        }
        for body in [&b""[..], b"\0\0\0", b"\0\0\0\x03[]", b"\0\0\0\x02[]", b"\0\0\0\x02[]archive"]
        {
            assert_eq!(decode(raw(2, body)).unwrap_err().code(), "corrupt", "{body:?}");
        }
    }
}
