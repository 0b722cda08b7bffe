//! What an import makes of a board: planned as a whole before anything is written.

mod merge;
mod numbering;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use taskloom_domain::id::TaskId;
use taskloom_domain::store::{Change, ChangeSet, EventStore, Key, MemoryStore, Record};
use taskloom_domain::task::Task;

use crate::bundle::{Bundle, ImportError};
use crate::entry::Extent;
use crate::kind::RecordKind;

/// What an import does with the records of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Refuses a board that has any.
    IntoEmpty,
    /// Removes them: the board is the bundle afterwards.
    Replace,
    /// Keeps them, and adds those of the bundle.
    Merge(Prefer),
}

/// Whose record stands after a merge where both sides have one of the same name
/// that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// The board's.
    Board,
    /// The bundle's.
    Bundle,
}

impl ImportMode {
    pub(crate) fn extent(self) -> Extent {
        match self {
            ImportMode::Replace => Extent::Whole,
            ImportMode::IntoEmpty | ImportMode::Merge(_) => Extent::Part,
        }
    }
}

/// What an import does, or did, to the records of a board.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ImportSummary {
    /// How many records of each kind; kinds that neither side has are left out.
    pub counts: BTreeMap<RecordKind, ImportCounts>,
    /// The records that both sides have and that differ, in the order of the bundle.
    pub conflicts: Vec<Key>,
    /// The tasks whose status a merge derives anew, since runs or blockers of theirs
    /// come from the other side.
    pub settled: Vec<TaskId>,
}

/// What becomes of the records of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ImportCounts {
    /// Only the bundle has them.
    pub new: usize,
    /// Both sides have them, and they are equal.
    pub equal: usize,
    /// Both sides have them, they differ, and the board's stay.
    pub kept: usize,
    /// Both sides have them, they differ, and the bundle's take their place.
    pub replaced: usize,
    /// Only the board has them, and they go.
    pub removed: usize,
}

/// An import that was decided on one state of a board.
pub(crate) struct Plan {
    pub(crate) summary: ImportSummary,
    /// What to do; nothing where the board stays as it is.
    pub(crate) changes: Option<ChangeSet>,
}

impl Plan {
    /// Decides the import of a valid bundle.
    ///
    /// # Errors
    ///
    /// [`ImportError::NotEmpty`], [`ImportError::Conflict`].
    pub(crate) fn of(
        store: &MemoryStore,
        bundle: &Bundle,
        mode: ImportMode,
    ) -> Result<Self, ImportError> {
        let before: HashMap<Key, Record> =
            store.records().map(|record| (record.key(), record)).collect();
        let (summary, changes) = match mode {
            ImportMode::IntoEmpty if before.keys().any(|it| RecordKind::of(it).is_some()) => {
                return Err(ImportError::NotEmpty);
            }
            // The event counter may be there: that of a board that was emptied.
            ImportMode::IntoEmpty | ImportMode::Replace => replace(store, &before, bundle),
            ImportMode::Merge(prefer) => merge::merge(store, &before, bundle, prefer)?,
        };
        if changes.is_empty() {
            return Ok(Self { summary, changes: None });
        }
        let inverse = inverse(&before, &changes);
        Ok(Self { summary, changes: Some(ChangeSet { changes, inverse }) })
    }
}

/// The board's records go, those of the bundle come. Only the event counter never
/// goes back, or readers that wait for the next event would miss some.
fn replace(
    store: &MemoryStore,
    before: &HashMap<Key, Record>,
    bundle: &Bundle,
) -> (ImportSummary, Vec<Change>) {
    let (mut summary, _) = compare(before, bundle.records(), Prefer::Bundle);
    let after = MemoryStore::from_records(bundle.records());
    let counter = (after.latest_sequence() < store.latest_sequence())
        .then(|| Record::LatestSequence(store.latest_sequence()));
    let puts: Vec<Record> = bundle.records().chain(counter).collect();
    let mut gone = before.clone();
    for record in &puts {
        gone.remove(&record.key());
    }
    for kind in gone.keys().filter_map(RecordKind::of) {
        summary.counts.entry(kind).or_default().removed += 1;
    }
    // An emptied board needs no removals, but those who watch changes do. All go
    // first: an event may come back under another number.
    let removals = store.records().map(|record| Change::Delete(record.key()));
    (summary, removals.chain(puts.into_iter().map(Change::Put)).collect())
}

/// Compares a board with what comes in, and answers what is to be put on it.
fn compare(
    before: &HashMap<Key, Record>,
    incoming: impl Iterator<Item = Record>,
    prefer: Prefer,
) -> (ImportSummary, Vec<Record>) {
    let mut summary = ImportSummary::default();
    let mut puts = Vec::new();
    for record in incoming {
        let key = record.key();
        let Some(kind) = RecordKind::of(&key) else { continue };
        let counts = summary.counts.entry(kind).or_default();
        match before.get(&key) {
            None => {
                counts.new += 1;
                puts.push(record);
            }
            Some(known) if same(known, &record) => counts.equal += 1,
            Some(_) => {
                summary.conflicts.push(key);
                match prefer {
                    Prefer::Board => counts.kept += 1,
                    Prefer::Bundle => {
                        counts.replaced += 1;
                        puts.push(record);
                    }
                }
            }
        }
    }
    (summary, puts)
}

/// Whether two records say the same. What the store derives of a task does not
/// count: it follows from runs and events, which are compared themselves.
fn same(one: &Record, other: &Record) -> bool {
    match (one, other) {
        (Record::Task(one), Record::Task(other)) => {
            let other = Task {
                current_run_id: one.current_run_id.clone(),
                latest_event_seq: one.latest_event_seq,
                ..Task::clone(other)
            };
            *one == Arc::new(other)
        }
        _ => one == other,
    }
}

/// What takes changes back that were made to these records: whatever they put
/// goes, whatever stood there before comes back.
fn inverse(before: &HashMap<Key, Record>, changes: &[Change]) -> Vec<Change> {
    let key = |change: &Change| match change {
        Change::Put(record) => record.key(),
        Change::Delete(key) => key.clone(),
    };
    let removals = changes.iter().rev().map(|change| Change::Delete(key(change)));
    let known = changes.iter().filter_map(|change| before.get(&key(change)));
    removals.chain(known.cloned().map(Change::Put)).collect()
}
