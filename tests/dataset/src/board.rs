//! A board with a clock that is moved by hand and ids that count up.

use std::cell::Cell;
use std::rc::Rc;

use taskloom_domain::actor::ActorContext;
use taskloom_domain::environment::{IdGenerator, IdPrefix};
use taskloom_domain::id::{RunId, Sequence, SessionId};
use taskloom_domain::manager::{Manager, ManagerOptions};
use taskloom_domain::session::{SessionExecutor, SessionRef, StartTaskSession, StopReason};
use taskloom_domain::store::{EventStore, MemoryStore, Record};
use taskloom_domain::time::{Duration, Timestamp};
use taskloom_domain::{Result, TaskId};

/// 2026-01-01, midnight, in nanoseconds since 1970.
const START: i64 = 1_767_225_600_000_000_000;

/// How many records of each kind a board holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tasks.
    pub tasks: usize,
    /// Dependency edges.
    pub dependencies: usize,
    /// Runs, in any status.
    pub runs: usize,
    /// Audit events.
    pub events: usize,
    /// Reviews, in any status.
    pub reviews: usize,
}

/// A board whose time stands still unless it is moved.
pub struct Board {
    /// The engine.
    pub manager: Manager,
    now: Rc<Cell<Timestamp>>,
}

impl Board {
    /// An empty board at the start of 2026.
    pub fn new() -> Self {
        Self::of(MemoryStore::default())
    }

    /// A board over records that are there already. Its time begins with their
    /// newest event.
    pub fn of(store: MemoryStore) -> Self {
        // Whatever has an id has an event, so that counting on from the number of
        // events meets no id again.
        let known = store.latest_sequence();
        let ids = CountedIds([known.get().unsigned_abs(); 4]);
        let newest = store.list_board_events(Sequence::new(known.get() - 1), 1);
        let start = newest.first().map_or(Timestamp::from_nanos(START), |it| it.event.timestamp);
        let now = Rc::new(Cell::new(start));
        let clock = Rc::clone(&now);
        let mut secrets = 0_u64;
        let tokens = move || {
            secrets += 1;
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&secrets.to_be_bytes());
            bytes
        };
        let mut options = ManagerOptions::new(move || clock.get(), ids, tokens);
        options.sessions = Some(Box::new(NamedSessions));
        Self { manager: Manager::new(store, options), now }
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.now.set(self.now.get() + by);
    }

    /// How many records the board holds.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for record in self.manager.store().records() {
            match record {
                Record::Task(_) => counts.tasks += 1,
                Record::Dependency(_) => counts.dependencies += 1,
                Record::Run(_) => counts.runs += 1,
                Record::Event(_) => counts.events += 1,
                Record::Review(_) => counts.reviews += 1,
                _ => {}
            }
        }
        counts
    }

    pub(crate) fn advance_seconds(&self, seconds: usize) {
        self.advance(Duration::from_secs(seconds as i64));
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

/// Ids that count up, of equal length, so that their order is that of creation.
struct CountedIds([u64; 4]);

impl IdGenerator for CountedIds {
    fn new_id(&mut self, prefix: IdPrefix) -> String {
        let count = &mut self.0[prefix as usize];
        *count += 1;
        let mut id = String::with_capacity(24);
        id.push_str(prefix.as_str());
        id.push('-');
        // Not left to the formatter, which would show in the times of benchmarks.
        let digits = (0..16).rev().map(|place| (*count >> (4 * place) & 15) as u32);
        id.extend(digits.filter_map(|digit| char::from_digit(digit, 16)));
        id
    }
}

/// Sessions that only exist as names.
struct NamedSessions;

impl SessionExecutor for NamedSessions {
    fn start(&mut self, spec: &StartTaskSession) -> Result<SessionRef> {
        let session_id = SessionId::from(format!("sess-{}", spec.run.id));
        Ok(SessionRef { session_id, ..SessionRef::default() })
    }

    fn attach(&mut self, _: &RunId, session: &SessionId) -> Result<SessionRef> {
        Ok(SessionRef { session_id: session.clone(), ..SessionRef::default() })
    }

    fn request_stop(&mut self, _: &SessionId, _: StopReason) -> Result<()> {
        Ok(())
    }

    fn force_stop(&mut self, _: &SessionId, _: StopReason) -> Result<()> {
        Ok(())
    }
}

/// The person who plans.
pub(crate) fn planner() -> ActorContext {
    allowed(ActorContext::derive_human("ada", "web", "board"))
}

/// A worker or reviewer session.
pub(crate) fn session(name: &str) -> ActorContext {
    allowed(ActorContext::derive_agent_session(name))
}

/// What the engine says to a step of the script: refusals are faults of ours.
pub(crate) fn allowed<T>(answer: Result<T>) -> T {
    answer.unwrap_or_else(|refusal| panic!("the script keeps to the rules: {refusal}"))
}

/// The id of the task that was created as the `index`-th, from 0 on.
pub(crate) fn task_id(index: usize) -> TaskId {
    TaskId::from(format!("task-{:016x}", index + 1))
}
