//! Many events in few bytes, each read when somebody asks for it.
//!
//! A board holds far more events than anything else, and hardly any of them is
//! ever looked at again. Packed, they take a third of the space of their JSON,
//! and a board of a hundred thousand events opens without making a single one.
//!
//! The bytes, numbers big-endian, counts and lengths in bytes:
//!
//! | part | content |
//! | --- | --- |
//! | 5 × 4 bytes | number of names, length of names, number of events, length of heads, length of texts |
//! | names | the texts that repeat: length (varint) and UTF-8, each |
//! | rows | 28 bytes an event, by rising number: number (8), nanoseconds since 1970 (8), task (name, 4), begin of its head (4), begin of its text (4) |
//! | heads | varints: length of the id; run (0 for none, else name + 1); type; actor's kind and ref; origin's kind and ref (names); payload (0 for none, else length + 1) |
//! | texts | id and payload in UTF-8 |
//!
//! A varint has seven bits a byte, the lowest first; the high bit says that more
//! follow.

mod layout;
mod writer;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use self::layout::{Head, Layout, Row};
use super::{Event, EventRecord, EventType};
use crate::actor::{ActorIdentity, Origin};
use crate::enumeration::Enumeration;
use crate::id::{EventId, RunId, Sequence, TaskId};
use crate::json::RawJson;
use crate::time::Timestamp;

pub use self::layout::MalformedArchive;
pub use self::writer::{EventArchiveWriter, NewNames};

/// Packed events, ordered by their numbers. Cheap to clone.
#[derive(Clone, Default)]
pub struct EventArchive(Arc<Contents>);

#[derive(Default)]
struct Contents {
    bytes: Vec<u8>,
    layout: Layout,
    names: Vec<Arc<str>>,
    /// Made when somebody asks by id for the first time.
    rows_by_id: OnceLock<FxHashMap<EventId, usize>>,
}

impl EventArchive {
    /// Reads an archive. Everything is checked here, so that reading an event of it
    /// cannot fail.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes.
    pub fn read(bytes: Vec<u8>) -> Result<Self, MalformedArchive> {
        let layout = Layout::of(&bytes)?;
        let names = layout.names(&bytes)?;
        layout.check(&bytes, &names)?;
        Ok(Self(Arc::new(Contents { bytes, layout, names, rows_by_id: OnceLock::new() })))
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.0.layout.events()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of an event.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn sequence(&self, row: usize) -> Sequence {
        self.row(row).sequence
    }

    /// The row of the event with a number; where there is none, the row of the first
    /// event after it.
    pub(crate) fn find(&self, sequence: Sequence) -> Result<usize, usize> {
        let rows = self.0.layout.rows(&self.0.bytes);
        rows.binary_search_by_key(&sequence, |row| Row::read(row).sequence)
    }

    /// The row of the event with an id.
    pub(crate) fn find_id(&self, id: &EventId) -> Option<usize> {
        let rows = self.0.rows_by_id.get_or_init(|| {
            let id = |row| (self.text(row, |head| 0..head.id_length).into(), row);
            (0..self.len()).map(id).collect()
        });
        rows.get(id).copied()
    }

    /// An event.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn event(&self, row: usize) -> Arc<EventRecord> {
        let Row { sequence, timestamp, task, .. } = self.row(row);
        let head = self.head(row);
        let name = |index: u32| self.name(index);
        let actor_kind = Enumeration::parse(name(head.actor_kind)).expect(CHECKED);
        let origin_kind = Enumeration::parse(name(head.origin_kind)).expect(CHECKED);
        let payload = head.payload_length.map(|length| {
            let text = self.text(row, |head| head.id_length..head.id_length + length);
            RawJson::from_text(text).expect(CHECKED)
        });
        Arc::new(EventRecord {
            sequence,
            event: Event {
                id: self.text(row, |head| 0..head.id_length).into(),
                task_id: TaskId::from(self.shared_name(task)),
                run_id: head.run.map(|run| RunId::from(self.shared_name(run))),
                event_type: EventType::from(name(head.event_type)),
                actor: ActorIdentity::new(actor_kind, name(head.actor_ref)),
                origin: Origin::new(origin_kind, name(head.origin_ref)),
                payload,
                timestamp,
            },
        })
    }

    /// The events of each task, as rows, and the time of each.
    pub(crate) fn rows_by_task(
        &self,
    ) -> impl Iterator<Item = (TaskId, Vec<(Sequence, Timestamp)>)> {
        let mut by_task: Vec<Vec<(Sequence, Timestamp)>> = vec![Vec::new(); self.0.names.len()];
        for row in 0..self.len() {
            let Row { sequence, timestamp, task, .. } = self.row(row);
            by_task[task as usize].push((sequence, timestamp));
        }
        let rows = by_task.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty());
        rows.map(|(task, rows)| (TaskId::from(Arc::clone(&self.0.names[task])), rows))
    }

    fn row(&self, row: usize) -> Row {
        Row::read(&self.0.layout.rows(&self.0.bytes)[row])
    }

    fn head(&self, row: usize) -> Head {
        let heads = self.0.layout.heads(&self.0.bytes);
        Head::read(heads, self.row(row).head as usize).expect(CHECKED).0
    }

    fn text(&self, row: usize, part: impl FnOnce(&Head) -> Range<usize>) -> &str {
        let begin = self.row(row).text as usize;
        let part = part(&self.head(row));
        let texts = self.0.layout.texts(&self.0.bytes);
        std::str::from_utf8(&texts[begin + part.start..begin + part.end]).expect(CHECKED)
    }

    fn name(&self, index: u32) -> &str {
        &self.0.names[index as usize]
    }

    fn shared_name(&self, index: u32) -> Arc<str> {
        Arc::clone(&self.0.names[index as usize])
    }
}

const CHECKED: &str = "an archive is checked when it is read";

impl fmt::Debug for EventArchive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventArchive").field("events", &self.len()).finish_non_exhaustive()
    }
}
