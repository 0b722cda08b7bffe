//! The board as views see it: signals over the engine's state.
//!
//! The engine holds the truth. Beside it stands one index of cards by column,
//! brought up to date by the ids that changed; a view subscribes to the columns
//! and tasks that it shows and to nothing else.

mod handle;
mod open;
mod whole;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use leptos::prelude::*;
use taskloom_domain::Enumeration;
use taskloom_domain::actor::{ActorContext, OriginKind};
use taskloom_domain::availability::Situation;
use taskloom_domain::error::Result as EngineResult;
use taskloom_domain::id::TaskId;
use taskloom_domain::manager::Manager;
use taskloom_domain::stage::Stage;
use taskloom_domain::store::{Change, RecordStore};
use taskloom_domain::time::Timestamp;
use taskloom_storage::{BoardError, LeaseRecovery, StorageError};

use self::handle::Handle;
use crate::environment;
use crate::model::board_index::{BoardIndex, changed_lists, changed_tasks};
use crate::model::card::{Card, full_name};
use crate::model::filter::Filter;
use crate::model::phrase::YOU;

/// The name of the board, and of its database.
pub const BOARD_NAME: &str = "taskloom";

/// Whether the board can be used.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// It is being read.
    Opening,
    /// It is there.
    Open(Keeping),
    /// It cannot be opened from this browser's storage.
    Refused(StorageError),
}

/// Where an open board is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// In the browser's storage.
    Stored,
    /// In this tab's memory alone.
    MemoryOnly,
}

/// What a column shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The tasks, in order.
    pub ids: Vec<TaskId>,
    /// How many more there are that ended too long ago.
    pub older: usize,
}

/// The board of this page. Cheap to copy; every copy is the same board.
#[derive(Clone, Copy)]
pub struct BoardContext {
    inner: StoredValue<Rc<Inner>, LocalStorage>,
    phase: RwSignal<Phase>,
    fault: RwSignal<Option<StorageError>>,
    now: RwSignal<Timestamp>,
    actor: StoredValue<ActorContext>,
}

struct Inner {
    handle: RefCell<Option<Handle>>,
    /// What this tab does for all of them while it leads.
    recovery: RefCell<Option<LeaseRecovery>>,
    /// Whether this page looks after the clock and the log already.
    ticking: Cell<bool>,
    index: RefCell<BoardIndex>,
    tasks: RefCell<HashMap<TaskId, ArcTrigger>>,
    stages: [ArcTrigger; Stage::ALL.len()],
    reviews: ArcTrigger,
    queue: ArcTrigger,
    everything: ArcTrigger,
}

impl BoardContext {
    /// A board that is not open yet.
    pub fn new() -> Self {
        let actor = ActorContext::derive_human(YOU, OriginKind::Web, BOARD_NAME)
            .expect("a person may come in through a page");
        let inner = Inner {
            handle: RefCell::default(),
            recovery: RefCell::default(),
            ticking: Cell::default(),
            index: RefCell::default(),
            tasks: RefCell::default(),
            stages: std::array::from_fn(|_| ArcTrigger::new()),
            reviews: ArcTrigger::new(),
            queue: ArcTrigger::new(),
            everything: ArcTrigger::new(),
        };
        Self {
            inner: StoredValue::new_local(Rc::new(inner)),
            phase: RwSignal::new(Phase::Opening),
            fault: RwSignal::new(None),
            now: RwSignal::new(environment::now()),
            actor: StoredValue::new(actor),
        }
    }

    /// Whether the board can be used.
    pub fn phase(self) -> Phase {
        self.phase.get()
    }

    /// What stands in the way of storing at present.
    pub fn fault(self) -> Option<StorageError> {
        self.fault.get()
    }

    /// The time, for views: moves on every few seconds.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }

    /// The time, as of now, without following it.
    pub fn now_untracked(self) -> Timestamp {
        environment::now()
    }

    /// The acting identity.
    pub fn actor(self) -> ActorContext {
        self.actor.get_value()
    }

    /// The card of a task. Tracks the task.
    pub fn card(self, id: &TaskId) -> Option<std::sync::Arc<Card>> {
        self.track(id);
        self.inner().index.borrow().card(id).cloned()
    }

    /// The tasks of a column that pass a filter and have not ended before
    /// `since`, in order. Tracks the column.
    pub fn column(self, stage: Stage, filter: &Filter, since: Option<Timestamp>) -> Listed {
        let inner = self.inner();
        inner.stages[stage as usize].track();
        let index = inner.index.borrow();
        let mut listed = Listed::default();
        for card in index.column(stage).iter().filter(|card| filter.matches(&card.searchable)) {
            if since.is_some_and(|since| card.closed_at.is_some_and(|closed| closed < since)) {
                listed.older += 1;
            } else {
                listed.ids.push(card.id.clone());
            }
        }
        listed
    }

    /// How many tasks a column has, filter or not. Tracks the column.
    pub fn column_len(self, stage: Stage) -> usize {
        let inner = self.inner();
        inner.stages[stage as usize].track();
        inner.index.borrow().column(stage).len()
    }

    /// How many tasks the board has. Tracks everything.
    pub fn len(self) -> usize {
        let inner = self.inner();
        inner.everything.track();
        inner.index.borrow().len()
    }

    /// Reads the index without tracking.
    pub fn with_index<T>(self, read: impl FnOnce(&BoardIndex) -> T) -> T {
        read(&self.inner().index.borrow())
    }

    /// The situation of a task, fresh from the engine. Tracks the task.
    pub fn situation(self, id: &TaskId) -> Option<Situation> {
        self.track(id);
        self.read(|manager| Situation::of(manager.store(), id))?
    }

    /// Subscribes the running effect to a task.
    pub fn track(self, id: &TaskId) {
        let inner = self.inner();
        let trigger = inner.tasks.borrow_mut().entry(id.clone()).or_default().clone();
        trigger.track();
    }

    /// Reads the engine for a list of reviews; `None` while the board is not open.
    /// Tracks every review, and with them the board's being there.
    pub fn read_reviews<T>(self, read: impl FnOnce(&Manager) -> T) -> Option<T> {
        self.inner().reviews.track();
        self.read(read)
    }

    /// Reads the engine for what waits and what is held; `None` while the board is
    /// not open. Tracks tasks, runs and the switch of the scheduler.
    pub fn read_queue<T>(self, read: impl FnOnce(&Manager) -> T) -> Option<T> {
        self.inner().queue.track();
        self.read(read)
    }

    /// Reads the engine without tracking; `None` while the board is not open.
    pub fn read<T>(self, read: impl FnOnce(&Manager) -> T) -> Option<T> {
        let inner = self.inner();
        let handle = inner.handle.borrow();
        handle.as_ref().map(|handle| handle.read(read))
    }

    /// What people call a task.
    pub fn name(self, id: &TaskId) -> String {
        let task = self.read(|manager| manager.store().get_task(id)).flatten();
        task.map_or_else(|| id.to_string(), |task| full_name(&task))
    }

    /// Runs an operation of the engine as the acting identity, and answers once
    /// its changes are kept and shown.
    ///
    /// # Errors
    ///
    /// The engine's refusal, or what kept the changes from being stored.
    pub async fn run<T: 'static>(
        self,
        mut operation: impl FnMut(&mut Manager, &ActorContext) -> EngineResult<T> + 'static,
    ) -> Result<T, BoardError> {
        let handle = self.handle()?;
        let actor = self.actor();
        handle.run(move |manager| operation(manager, &actor)).await
    }

    fn inner(self) -> Rc<Inner> {
        self.inner.get_value()
    }

    /// Takes notice of changes.
    fn refresh(self, changes: &[Change]) {
        let changed = &changed_tasks(changes);
        let inner = self.inner();
        let touched =
            self.read(|manager| inner.index.borrow_mut().refresh(manager.store(), changed));
        let Some(touched) = touched else { return };
        let known = inner.tasks.borrow();
        for id in changed.iter().chain(&touched.cards) {
            if let Some(trigger) = known.get(id) {
                trigger.notify();
            }
        }
        for stage in &touched.stages {
            inner.stages[*stage as usize].notify();
        }
        if !touched.stages.is_empty() {
            inner.everything.notify();
        }
        let lists = changed_lists(changes);
        if lists.reviews {
            inner.reviews.notify();
        }
        if lists.queue {
            inner.queue.notify();
        }
    }

    /// Shows a board that was just opened.
    fn adopt(self, handle: Handle, keeping: Keeping) {
        let inner = self.inner();
        let index = handle.read(|manager| BoardIndex::load(manager.store()));
        self.fault.set(handle.fault());
        inner.index.replace(index);
        inner.recovery.replace(Some(handle.recover_leases(self.actor())));
        inner.handle.replace(Some(handle));
        for trigger in inner.tasks.borrow().values().chain(&inner.stages) {
            trigger.notify();
        }
        inner.everything.notify();
        inner.reviews.notify();
        inner.queue.notify();
        self.phase.set(Phase::Open(keeping));
    }
}

impl Default for BoardContext {
    fn default() -> Self {
        Self::new()
    }
}
