//! Where things stand in the bytes of an archive.

use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

use crate::actor::{ActorKind, OriginKind};
use crate::enumeration::Enumeration;
use crate::id::Sequence;
use crate::time::Timestamp;

/// The numbers before everything else, four bytes each.
const COUNTS: usize = 5;
const PRELUDE: usize = 4 * COUNTS;
/// The bytes of a row.
const ROW: usize = 28;

/// What is wrong with the bytes of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the archive of events is malformed: {0}")]
pub struct MalformedArchive(pub(super) &'static str);

/// The parts of an archive's bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    name_count: usize,
    names: Range<usize>,
    rows: Range<usize>,
    heads: Range<usize>,
    texts: Range<usize>,
}

impl Layout {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, MalformedArchive> {
        let prelude = bytes.get(..PRELUDE).ok_or(MalformedArchive("it has no beginning"))?;
        let number = |index: usize| u32_at(prelude, 4 * index) as usize;
        let [name_count, names, events, heads, texts] = std::array::from_fn(number);
        let mut end = PRELUDE;
        let mut part = |length: Option<usize>| {
            let begin = end;
            end = length.and_then(|length| begin.checked_add(length))?;
            Some(begin..end)
        };
        let parts = (|| {
            Some(Self {
                name_count,
                names: part(Some(names))?,
                rows: part(events.checked_mul(ROW))?,
                heads: part(Some(heads))?,
                texts: part(Some(texts))?,
            })
        })();
        parts
            .filter(|parts| parts.texts.end == bytes.len())
            .ok_or(MalformedArchive("its length is not the one that it states"))
    }

    pub(super) fn events(&self) -> usize {
        self.rows.len() / ROW
    }

    pub(super) fn rows<'a>(&self, bytes: &'a [u8]) -> &'a [[u8; ROW]] {
        bytes[self.rows.clone()].as_chunks().0
    }

    pub(super) fn heads<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.heads.clone()]
    }

    pub(super) fn texts<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.texts.clone()]
    }

    pub(super) fn names(&self, bytes: &[u8]) -> Result<Vec<Arc<str>>, MalformedArchive> {
        const CUT: MalformedArchive = MalformedArchive("a name is cut off");
        let bytes = &bytes[self.names.clone()];
        // The count comes from outside: it is believed once the names are there.
        let mut names = Vec::with_capacity(self.name_count.min(bytes.len()));
        let mut at = 0;
        while at < bytes.len() {
            let (length, begin) = varint(bytes, at).ok_or(CUT)?;
            at = begin.checked_add(length as usize).ok_or(CUT)?;
            let name = bytes.get(begin..at).ok_or(CUT)?;
            let name =
                std::str::from_utf8(name).map_err(|_| MalformedArchive("a name is no text"))?;
            names.push(Arc::from(name));
        }
        if names.len() != self.name_count {
            return Err(MalformedArchive("it has not as many names as it states"));
        }
        Ok(names)
    }

    /// Checks that every event can be read.
    pub(super) fn check(&self, bytes: &[u8], names: &[Arc<str>]) -> Result<(), MalformedArchive> {
        let texts = std::str::from_utf8(self.texts(bytes))
            .map_err(|_| MalformedArchive("its texts are no texts"))?;
        let mut newest = Sequence::ZERO;
        for row in self.rows(bytes) {
            let row = Row::read(row);
            if row.sequence <= newest {
                return Err(MalformedArchive("its events are not in order"));
            }
            newest = row.sequence;
            let (head, _) = Head::read(self.heads(bytes), row.head as usize)
                .ok_or(MalformedArchive("the head of an event is cut off"))?;
            let name = |index: u32| names.get(index as usize);
            let used = [row.task, head.event_type, head.actor_ref, head.origin_ref];
            let known = used.into_iter().chain(head.run).all(|index| name(index).is_some())
                && name(head.actor_kind).is_some_and(|kind| ActorKind::parse(kind).is_some())
                && name(head.origin_kind).is_some_and(|kind| OriginKind::parse(kind).is_some());
            if !known {
                return Err(MalformedArchive("an event uses a name that is not there"));
            }
            let begin = row.text as usize;
            let id = texts.get(begin..).and_then(|rest| rest.get(..head.id_length));
            let payload = head.payload_length.map(|length| {
                let rest = texts.get(begin..)?.get(head.id_length..)?;
                rest.get(..length).filter(|text| !text.trim().is_empty())
            });
            if id.is_none() || payload.is_some_and(|payload| payload.is_none()) {
                return Err(MalformedArchive("the text of an event is cut off"));
            }
        }
        Ok(())
    }
}

/// What an event is found by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) sequence: Sequence,
    pub(super) timestamp: Timestamp,
    /// A name.
    pub(super) task: u32,
    /// Where its head begins.
    pub(super) head: u32,
    /// Where its text begins.
    pub(super) text: u32,
}

impl Row {
    pub(super) fn read(bytes: &[u8; ROW]) -> Self {
        Self {
            sequence: Sequence::new(i64_at(bytes, 0)),
            timestamp: Timestamp::from_nanos(i64_at(bytes, 8)),
            task: u32_at(bytes, 16),
            head: u32_at(bytes, 20),
            text: u32_at(bytes, 24),
        }
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sequence.get().to_be_bytes());
        out.extend_from_slice(&self.timestamp.as_nanos().to_be_bytes());
        for number in [self.task, self.head, self.text] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

/// The rest of an event, but its texts. Kinds, refs, type and run are names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) id_length: usize,
    pub(super) run: Option<u32>,
    pub(super) event_type: u32,
    pub(super) actor_kind: u32,
    pub(super) actor_ref: u32,
    pub(super) origin_kind: u32,
    pub(super) origin_ref: u32,
    pub(super) payload_length: Option<usize>,
}

impl Head {
    /// The head that begins here, and where it ends.
    pub(super) fn read(heads: &[u8], at: usize) -> Option<(Self, usize)> {
        let mut at = at;
        let mut next = || {
            let (number, end) = varint(heads, at)?;
            at = end;
            Some(number)
        };
        let head = Self {
            id_length: next()? as usize,
            run: next()?.checked_sub(1),
            event_type: next()?,
            actor_kind: next()?,
            actor_ref: next()?,
            origin_kind: next()?,
            origin_ref: next()?,
            payload_length: next()?.checked_sub(1).map(|length| length as usize),
        };
        Some((head, at))
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        write_varint(out, self.id_length as u32);
        write_varint(out, self.run.map_or(0, |run| run + 1));
        let names = [self.event_type, self.actor_kind, self.actor_ref, self.origin_kind];
        for name in names.into_iter().chain([self.origin_ref]) {
            write_varint(out, name);
        }
        write_varint(out, self.payload_length.map_or(0, |length| length as u32 + 1));
    }
}

pub(super) fn write_varint(out: &mut Vec<u8>, number: u32) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The number that begins here, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut number = 0;
    for (index, byte) in bytes.get(at..)?.iter().take(5).enumerate() {
        let part = u32::from(byte & 0x7f);
        number |= part.checked_shl(7 * index as u32).filter(|_| index < 4 || part < 16)?;
        if byte & 0x80 == 0 {
            return Some((number, at + index + 1));
        }
    }
    None
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn i64_at(bytes: &[u8], at: usize) -> i64 {
    bytes[at..at + 8].iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
}
