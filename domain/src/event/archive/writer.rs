//! Packs events.

use rustc_hash::FxHashMap;

use super::layout::{Head, Row, write_varint};
use super::{EventArchive, EventRecord};
use crate::enumeration::Enumeration;
use crate::id::Sequence;

/// Packs events one by one, so that a long work can be done in parts.
///
/// ```
/// use taskloom_domain::event::{EventArchive, EventArchiveWriter};
///
/// # fn main() -> Result<(), taskloom_domain::event::MalformedArchive> {
/// let bytes = EventArchiveWriter::default().finish();
/// assert!(EventArchive::read(bytes)?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct EventArchiveWriter {
    newest: Sequence,
    index: FxHashMap<Box<str>, u32>,
    names: Vec<u8>,
    rows: Vec<u8>,
    heads: Vec<u8>,
    texts: Vec<u8>,
    events: u32,
}

impl EventArchiveWriter {
    /// Adds an event.
    ///
    /// # Panics
    ///
    /// If its number is not above those of the events before it, or if the archive
    /// grows above 4 GiB.
    pub fn push(&mut self, record: &EventRecord) {
        assert!(record.sequence > self.newest, "events are packed in their order");
        self.newest = record.sequence;
        let event = &record.event;
        let row = Row {
            sequence: record.sequence,
            timestamp: event.timestamp,
            task: self.name(event.task_id.as_str()),
            head: offset(self.heads.len()),
            text: offset(self.texts.len()),
        };
        row.write(&mut self.rows);
        let head = Head {
            id_length: event.id.as_str().len(),
            run: event.run_id.as_ref().map(|run| self.name(run.as_str())),
            event_type: self.name(event.event_type.as_str()),
            actor_kind: self.name(event.actor.kind.as_str()),
            actor_ref: self.name(&event.actor.reference),
            origin_kind: self.name(event.origin.kind.as_str()),
            origin_ref: self.name(&event.origin.reference),
            payload_length: event.payload.as_ref().map(|payload| payload.as_str().len()),
        };
        head.write(&mut self.heads);
        self.texts.extend_from_slice(event.id.as_str().as_bytes());
        if let Some(payload) = &event.payload {
            self.texts.extend_from_slice(payload.as_str().as_bytes());
        }
        self.events += 1;
    }

    /// Adds an event of another archive, without reading all of it. `names` belongs to
    /// that archive and this writer, and is empty before the first event.
    ///
    /// # Panics
    ///
    /// As [`EventArchiveWriter::push`], and if there is no such row.
    pub fn push_archived(&mut self, archive: &EventArchive, row: usize, names: &mut NewNames) {
        let (place, head) = (archive.row(row), archive.head(row));
        assert!(place.sequence > self.newest, "events are packed in their order");
        self.newest = place.sequence;
        let mut name = |old: u32| {
            names.0.resize(archive.0.names.len(), None);
            let known = &mut names.0[old as usize];
            *known.get_or_insert_with(|| self.name(archive.name(old)))
        };
        let task = name(place.task);
        let new = Head {
            run: head.run.map(&mut name),
            event_type: name(head.event_type),
            actor_kind: name(head.actor_kind),
            actor_ref: name(head.actor_ref),
            origin_kind: name(head.origin_kind),
            origin_ref: name(head.origin_ref),
            ..head
        };
        let text = archive.text(row, |head| 0..head.id_length + head.payload_length.unwrap_or(0));
        let row =
            Row { task, head: offset(self.heads.len()), text: offset(self.texts.len()), ..place };
        row.write(&mut self.rows);
        new.write(&mut self.heads);
        self.texts.extend_from_slice(text.as_bytes());
        self.events += 1;
    }

    /// The bytes of the archive.
    pub fn finish(self) -> Vec<u8> {
        self.finish_in_parts().concat()
    }

    /// The bytes of the archive in parts that follow one another, for somebody who
    /// copies them a little at a time.
    pub fn finish_in_parts(self) -> [Vec<u8>; 5] {
        let counts = [
            offset(self.index.len()),
            offset(self.names.len()),
            self.events,
            offset(self.heads.len()),
            offset(self.texts.len()),
        ];
        let prelude = counts.into_iter().flat_map(u32::to_be_bytes).collect();
        [prelude, self.names, self.rows, self.heads, self.texts]
    }

    fn name(&mut self, text: &str) -> u32 {
        if let Some(known) = self.index.get(text) {
            return *known;
        }
        let next = offset(self.index.len());
        self.index.insert(text.into(), next);
        write_varint(&mut self.names, offset(text.len()));
        self.names.extend_from_slice(text.as_bytes());
        next
    }
}

/// What the names of one archive are in the archive that is being written.
#[derive(Debug, Default)]
pub struct NewNames(Vec<Option<u32>>);

fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("an archive stays below 4 GiB")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::actor::{ActorIdentity, ActorKind, Origin, OriginKind};
    use crate::event::{Event, EventType};
    use crate::json::RawJson;
    use crate::time::Timestamp;

    fn event() -> impl Strategy<Value = Event> {
        let text = || "[a-zäß ]{0,8}";
        let payload = prop_oneof![Just("null"), Just(r#"{"ä":[1, 2]}"#), Just("7")];
        let kinds = (
            prop::sample::select(ActorKind::ALL.to_vec()),
            prop::sample::select(OriginKind::ALL.to_vec()),
            prop::sample::select(vec!["task.created", "task.run_claimed", "new.kind"]),
        );
        let texts = (text(), "task-[1-3]", prop::option::of("run-[1-3]"), text(), text());
        (kinds, texts, prop::option::of(payload), any::<i64>()).prop_map(
            |((actor, origin, kind), (id, task, run, actor_ref, origin_ref), payload, nanos)| {
                Event {
                    id: id.into(),
                    task_id: task.into(),
                    run_id: run.map(Into::into),
                    event_type: EventType::from(kind),
                    actor: ActorIdentity::new(actor, actor_ref),
                    origin: Origin::new(origin, origin_ref),
                    payload: payload.and_then(RawJson::from_text),
                    timestamp: Timestamp::from_nanos(nanos),
                }
            },
        )
    }

    fn records() -> impl Strategy<Value = Vec<EventRecord>> {
        prop::collection::vec((1..5_i64, event()), 0..12).prop_map(|events| {
            let mut number = 0;
            let numbered = events.into_iter().map(|(step, event)| {
                number += step;
                EventRecord { sequence: Sequence::new(number), event }
            });
            numbered.collect()
        })
    }

    fn packed(records: &[EventRecord]) -> Vec<u8> {
        let mut writer = EventArchiveWriter::default();
        for record in records {
            writer.push(record);
        }
        writer.finish()
    }

    fn all(archive: &EventArchive) -> Vec<Arc<EventRecord>> {
        (0..archive.len()).map(|row| archive.event(row)).collect()
    }

    proptest! {
        #[test]
        fn packed_events_come_back(records in records()) {
            let archive = EventArchive::read(packed(&records)).unwrap();
            let back = all(&archive);
            prop_assert_eq!(back.len(), records.len());
            for (row, record) in records.iter().enumerate() {
                prop_assert_eq!(&*back[row], record);
                prop_assert_eq!(archive.find(record.sequence), Ok(row));
                let found = archive.find_id(&record.event.id).unwrap();
                prop_assert_eq!(&back[found].event.id, &record.event.id);
            }
            prop_assert_eq!(packed(&records), packed(&records));
        }

        #[test]
        fn no_bytes_panic(
            records in records(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = packed(&records);
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(archive) = EventArchive::read(bytes) {
                all(&archive);
                archive.find_id(&"".into());
                archive.rows_by_task().count();
            }
        }
    }

    #[test]
    #[should_panic(expected = "events are packed in their order")]
    fn events_out_of_order_are_a_broken_promise() {
        let event = Event {
            id: "evt-1".into(),
            task_id: "task-1".into(),
            run_id: None,
            event_type: EventType::TASK_CREATED,
            actor: ActorIdentity::new(ActorKind::Human, "ada"),
            origin: Origin::new(OriginKind::Web, "tab"),
            payload: None,
            timestamp: Timestamp::from_nanos(0),
        };
        let record = EventRecord { sequence: Sequence::new(1), event };
        packed(&[record.clone(), record]);
    }
}
