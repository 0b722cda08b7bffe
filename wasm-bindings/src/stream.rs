//! The audit events of a task, or of a whole board, on their way to JavaScript:
//! those so far, then those to come, without a gap and without a repetition.

use std::pin::pin;

use futures_util::{Stream, StreamExt};
use js_sys::Function;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::error::Result;
use taskloom_domain::event::EventRecord;
use taskloom_domain::id::{Sequence, TaskId};
use taskloom_domain::manager::Manager;
use taskloom_domain::query::StreamQuery;
use taskloom_domain::store::{Change, EventStore, Key, Record};
use taskloom_domain::view::live::StreamEvent;
use taskloom_storage::{Board, BoardChange};

use crate::log::Log;
use crate::operation::reply;
use crate::watch::{end, is_wanted};

/// Whose events a stream delivers.
pub enum Scope {
    /// Those of a task and of everything below it, for somebody who may read.
    Task(TaskId, ActorContext),
    /// All of them.
    Board,
}

/// A stream that has delivered nothing yet.
pub struct EventStream<C> {
    scope: Scope,
    /// The number of the newest event that was seen.
    seen: Sequence,
    backlog: Vec<StreamEvent>,
    changes: C,
}

/// Begins a stream after the number that the query names.
///
/// # Errors
///
/// As [`Manager::stream_backlog`].
pub fn begin(
    board: &Board<Log>,
    scope: Scope,
    query: StreamQuery,
) -> Result<EventStream<impl Stream<Item = BoardChange> + use<>>> {
    // Nothing happens between the two: the changes begin where the backlog ends.
    let changes = board.watch();
    let backlog = board.read_kept(|manager| backlog(manager, &scope, query))?;
    let newest = backlog.last().map_or(Sequence::ZERO, |event| event.sequence);
    Ok(EventStream { scope, seen: newest.max(query.after_sequence), backlog, changes })
}

fn backlog(manager: &Manager, scope: &Scope, query: StreamQuery) -> Result<Vec<StreamEvent>> {
    match scope {
        Scope::Task(task, actor) => manager.stream_backlog(task, query, actor),
        Scope::Board => {
            query.validate("task_stream_query")?;
            let records = manager.store().list_board_events(query.after_sequence, 0);
            Ok(records.iter().filter_map(|record| manager.stream_event(record)).collect())
        }
    }
}

impl<C: Stream<Item = BoardChange>> EventStream<C> {
    /// Tells a function of the events, in lists as JSON text, until it answers
    /// something else than `true`; and of the end, by a call with nothing, when the
    /// board is closed or the task is deleted.
    pub async fn forward(self, board: Board<Log>, tell: Function) {
        let Self { scope, mut seen, backlog, changes } = self;
        if !deliver(&tell, &backlog) {
            return;
        }
        drop(backlog);
        let mut changes = pin!(changes);
        while let Some(change) = changes.next().await {
            let fresh = fresh(&change, &mut seen);
            let events = match fresh.as_slice() {
                [] => Vec::new(),
                fresh => board.read_kept(|manager| covered(manager, &scope, fresh)),
            };
            if !deliver(&tell, &events) {
                return;
            }
            if scope.is_deleted_by(&change) {
                break;
            }
        }
        end(&tell);
    }
}

impl Scope {
    fn is_deleted_by(&self, change: &BoardChange) -> bool {
        let Scope::Task(task, _) = self else { return false };
        change
            .changes
            .iter()
            .any(|change| matches!(change, Change::Delete(Key::Task(id)) if id == task))
    }
}

/// An empty list too: where nothing happens, a reader that left is noticed.
fn deliver(tell: &Function, events: &[StreamEvent]) -> bool {
    // Events have a JSON form: they came from one.
    reply(Ok(events)).is_ok_and(|text| is_wanted(tell, &text))
}

fn fresh<'a>(change: &'a BoardChange, seen: &mut Sequence) -> Vec<&'a EventRecord> {
    let mut fresh = Vec::new();
    for change in change.changes.iter() {
        if let Change::Put(Record::Event(record)) = change
            && record.sequence > *seen
        {
            *seen = record.sequence;
            fresh.push(&**record);
        }
    }
    fresh
}

fn covered(manager: &Manager, scope: &Scope, fresh: &[&EventRecord]) -> Vec<StreamEvent> {
    let covers = |record: &EventRecord| match scope {
        Scope::Task(root, _) => manager.stream_covers(root, record),
        Scope::Board => true,
    };
    let covered = fresh.iter().filter(|record| covers(record));
    covered.filter_map(|record| manager.stream_event(record)).collect()
}
