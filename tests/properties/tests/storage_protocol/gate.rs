//! A door at which every call of a log waits until the search opens it, and the
//! log behind it, which keeps its values as the browser's database does.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::future::poll_fn;
use std::ops::Bound;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::StreamExt;
use taskloom_storage::{
    Appended, ChangeLog, LogEntry, Snapshot, StorageError, Tail, Version, Watch,
};

/// What all writers have in common: values under versions, and the floor, which
/// is the oldest version that was not pruned.
#[derive(Debug, Default)]
pub struct Database {
    pub entries: BTreeMap<Version, Vec<u8>>,
    pub floor: Version,
    pub snapshots: BTreeMap<Version, Vec<u8>>,
    /// Whether hints arrive. They may be missed for ever, as by a tab that sleeps.
    pub hints: Hints,
    /// Who hears of appends.
    listeners: Vec<Listener>,
}

/// Whether writers hear of one another's appends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hints {
    #[default]
    Heard,
    Missed,
}

/// A writer's ear. What it was told and has not heard is counted at its gate.
#[derive(Debug)]
struct Listener {
    writer: usize,
    gate: Weak<Gate>,
    hints: UnboundedSender<Version>,
}

impl Database {
    fn head(&self) -> Version {
        self.entries.last_key_value().map_or(Version::ZERO, |(version, _)| *version)
    }

    /// The entries that count: what lies below the floor is nothing.
    pub fn counted(&self) -> Vec<(Version, &[u8])> {
        let entries = self.entries.range(self.floor..);
        entries.map(|(version, bytes)| (*version, &bytes[..])).collect()
    }
}

/// How a call goes on once its turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It takes effect and is answered.
    Answered,
    /// It takes effect, and its answer is lost.
    Lost,
}

#[derive(Default)]
struct Waiting {
    name: &'static str,
    turn: Cell<Option<Turn>>,
    waker: RefCell<Option<Waker>>,
}

/// The door of one writer.
#[derive(Default)]
pub struct Gate {
    waiting: RefCell<VecDeque<Rc<Waiting>>>,
    /// What the writer has asked and heard. Its state follows from that.
    pub history: RefCell<String>,
    /// How many hints are on their way.
    pub unheard: Cell<usize>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("calls", &self.calls()).finish_non_exhaustive()
    }
}

impl Gate {
    /// The calls that wait, oldest first.
    pub fn calls(&self) -> Vec<&'static str> {
        self.waiting.borrow().iter().map(|call| call.name).collect()
    }

    /// Lets a call go on.
    pub fn open(&self, index: usize, turn: Turn) {
        let call = self.waiting.borrow_mut().remove(index).expect("the call waits");
        call.turn.set(Some(turn));
        if let Some(waker) = call.waker.take() {
            waker.wake();
        }
    }

    pub fn note(&self, what: impl std::fmt::Debug) {
        write!(self.history.borrow_mut(), "{what:?};").expect("text takes text");
    }

    async fn pass(&self, name: &'static str) -> Turn {
        let call = Rc::new(Waiting { name, ..Waiting::default() });
        self.waiting.borrow_mut().push_back(Rc::clone(&call));
        poll_fn(|context| match call.turn.get() {
            Some(turn) => Poll::Ready(turn),
            None => {
                *call.waker.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}

/// The log of one writer on the common database. Each call is one transaction,
/// but for the append of a writer that is far behind, which is two.
pub struct GatedLog {
    pub writer: usize,
    pub database: Rc<RefCell<Database>>,
    pub gate: Rc<Gate>,
}

impl GatedLog {
    fn answer<T: std::fmt::Debug>(
        &self,
        name: &'static str,
        turn: Turn,
        answer: T,
    ) -> Result<T, StorageError> {
        self.gate.note((name, turn, &answer));
        match turn {
            Turn::Answered => Ok(answer),
            Turn::Lost => Err(StorageError::Failed { cause: "the answer was lost".into() }),
        }
    }
}

impl ChangeLog for GatedLog {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        let turn = self.gate.pass("read").await;
        let database = self.database.borrow();
        let newer = database.entries.range((Bound::Excluded(after), Bound::Unbounded));
        let counted = newer.filter(|(version, _)| **version >= database.floor);
        let entries = counted
            .map(|(version, bytes)| LogEntry { version: *version, bytes: bytes.clone() })
            .collect();
        self.answer("read", turn, Tail { head: database.head(), entries })
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        let turn = self.gate.pass("append").await;
        let version = expected.next();
        let below = {
            let mut database = self.database.borrow_mut();
            if database.entries.contains_key(&version) {
                let head = database.head();
                return self.answer("append", turn, Appended::Conflict { head });
            }
            database.entries.insert(version, entry.to_vec());
            version < database.floor
        };
        if below {
            // The place was pruned: what was written there is taken away again.
            self.gate.pass("clear").await;
            let mut database = self.database.borrow_mut();
            let floor = database.floor;
            database.entries.retain(|version, _| *version >= floor);
            let head = database.head();
            return self.answer("append", turn, Appended::Conflict { head });
        }
        let database = self.database.borrow();
        for other in database.listeners.iter().filter(|it| it.writer != self.writer) {
            // A writer that crashed hears nothing.
            if database.hints == Hints::Heard
                && let Some(gate) = other.gate.upgrade()
                && other.hints.unbounded_send(version).is_ok()
            {
                gate.unheard.set(gate.unheard.get() + 1);
            }
        }
        self.answer("append", turn, Appended::At(version))
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        let turn = self.gate.pass("snapshot").await;
        let database = self.database.borrow();
        let newest = database.snapshots.range(..=at_or_before).next_back();
        let newest =
            newest.map(|(version, bytes)| Snapshot { version: *version, bytes: bytes.clone() });
        self.answer("snapshot", turn, newest)
    }

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
        let turn = self.gate.pass("put_snapshot").await;
        self.database.borrow_mut().snapshots.insert(snapshot.version, snapshot.bytes);
        self.answer("put_snapshot", turn, ())
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        let turn = self.gate.pass("prune").await;
        let mut database = self.database.borrow_mut();
        let floor = before.min(database.head()).max(database.floor);
        if floor > Version::ZERO {
            database.floor = floor;
            database.entries.retain(|version, _| *version >= floor);
        }
        let newest = database.snapshots.last_key_value().map(|(version, _)| *version);
        if let Some(newest) = newest {
            database.snapshots.retain(|version, _| *version >= before.min(newest));
        }
        self.answer("prune", turn, ())
    }

    fn watch(&self) -> Watch {
        let (sender, hints) = unbounded();
        let gate = Rc::downgrade(&self.gate);
        let listener = Listener { writer: self.writer, gate, hints: sender };
        self.database.borrow_mut().listeners.push(listener);
        let gate = Rc::clone(&self.gate);
        let heard = hints.inspect(move |version| {
            gate.unheard.set(gate.unheard.get() - 1);
            gate.note(("hint", version));
        });
        heard.map(Ok).boxed_local()
    }

    async fn close(&self) {}
}
