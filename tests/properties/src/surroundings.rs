//! What a board stands in: a clock that the script moves, ids that count up,
//! secrets that are known, and a runtime that can be broken.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use taskloom_domain::claim_token::ClaimToken;
use taskloom_domain::environment::{IdGenerator, IdPrefix};
use taskloom_domain::error::{ErrorKind, Result, TaskError};
use taskloom_domain::id::{RunId, SessionId};
use taskloom_domain::manager::{AutoEnqueueAfter, ManagerOptions};
use taskloom_domain::review::{AutoReviewOptions, ReviewGateOptions, ReviewPolicy};
use taskloom_domain::session::{SessionExecutor, SessionRef, StartTaskSession, StopReason};
use taskloom_domain::time::{Duration, Timestamp};

/// The channel that the validator rules on.
pub const CHANNEL: &str = "open";

/// Something of the runtime that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Starting a session.
    Start,
    /// Attaching to a session.
    Attach,
    /// Asking a session to stop.
    RequestStop,
    /// Stopping a session by force.
    ForceStop,
}

/// Which of the engine's options are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// None: the engine as it is built without options.
    Plain,
    /// All: reviews come, end and repeat by themselves, and every completed run
    /// queues the dependents that ask for it.
    Everything,
}

/// The handles by which a test moves what the engine sees.
#[derive(Debug, Clone)]
pub struct Surroundings {
    now: Rc<Cell<Timestamp>>,
    broken: Rc<Cell<Option<Part>>>,
    channel_is_open: Rc<Cell<bool>>,
    secrets: Rc<Cell<u8>>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            now: Rc::new(Cell::new(Timestamp::from_millis(1_767_225_600_000))),
            broken: Rc::default(),
            channel_is_open: Rc::new(Cell::new(true)),
            secrets: Rc::default(),
        }
    }
}

impl Surroundings {
    /// The same at another instant, with this many tokens made.
    pub fn at(now: Timestamp, secrets: u8) -> Self {
        Self {
            now: Rc::new(Cell::new(now)),
            secrets: Rc::new(Cell::new(secrets)),
            ..Self::default()
        }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// Moves the clock.
    pub fn wait(&self, seconds: u16) {
        self.now.set(self.now() + Duration::from_secs(i64::from(seconds)));
    }

    /// Breaks one part of the runtime, or repairs it.
    pub fn breaks(&self, part: Option<Part>) {
        self.broken.set(part);
    }

    /// Opens the channel if it is closed, closes it if it is open.
    pub fn turn_channel(&self) {
        self.channel_is_open.set(!self.channel_is_open.get());
    }

    /// How many claim tokens were made.
    pub fn secrets(&self) -> u8 {
        self.secrets.get()
    }

    /// Goes on as if this many tokens had been made.
    pub fn set_secrets(&self, count: u8) {
        self.secrets.set(count);
    }

    /// Engine options in these surroundings.
    pub fn options(&self, rules: Rules, ids: CountingIds) -> ManagerOptions {
        let now = Rc::clone(&self.now);
        let secrets = Rc::clone(&self.secrets);
        let channel_is_open = Rc::clone(&self.channel_is_open);
        let mut options = ManagerOptions::new(
            move || now.get(),
            ids,
            move || {
                secrets.set(secrets.get().wrapping_add(1));
                [secrets.get(); 32]
            },
        );
        options.sessions = Some(Box::new(Runtime { broken: Rc::clone(&self.broken) }));
        options.channel_validator = Some(Box::new(move |_| {
            if channel_is_open.get() { Ok(()) } else { Err("the channel is closed".to_owned()) }
        }));
        if rules == Rules::Everything {
            options.auto_enqueue_after = AutoEnqueueAfter::AllRuns;
            options.review_gate = ReviewGateOptions {
                max_rounds: Some(2),
                exhaustion_opens_circuit: true,
                max_review_attempts: Some(2),
                repeats_failed_reviews: true,
                withdraws_requests: true,
                failures_keep_circuit: true,
                reports_blocked: true,
                automatic: Some(AutoReviewOptions {
                    policy: ReviewPolicy::Always,
                    timeout: Some(Duration::from_secs(120)),
                }),
            };
        }
        options
    }
}

/// The token made of the `number`-th secret, counted from 1.
pub fn token(number: u8) -> ClaimToken {
    ClaimToken::from_bytes([number; 32])
}

/// Ids of six digits, counted per prefix: of two ids, the later is the greater.
#[derive(Debug, Clone, Default)]
pub struct CountingIds(BTreeMap<&'static str, u64>);

impl CountingIds {
    /// Counting on from this number, for every prefix.
    pub fn after(count: u64) -> Self {
        let prefixes = [IdPrefix::Task, IdPrefix::Run, IdPrefix::Event, IdPrefix::Review];
        Self(prefixes.map(|prefix| (prefix.as_str(), count)).into())
    }
}

impl IdGenerator for CountingIds {
    fn new_id(&mut self, prefix: IdPrefix) -> String {
        let count = self.0.entry(prefix.as_str()).or_default();
        *count += 1;
        format!("{}-{count:06}", prefix.as_str())
    }
}

struct Runtime {
    broken: Rc<Cell<Option<Part>>>,
}

impl Runtime {
    fn works(&self, part: Part) -> Result<()> {
        if self.broken.get() == Some(part) {
            return Err(TaskError::with_detail(ErrorKind::Other, "the runtime refuses"));
        }
        Ok(())
    }
}

impl SessionExecutor for Runtime {
    fn start(&mut self, spec: &StartTaskSession) -> Result<SessionRef> {
        self.works(Part::Start)?;
        let session_id = SessionId::new(format!("own-{}", spec.run.id));
        Ok(SessionRef { session_id, ..SessionRef::default() })
    }

    fn attach(&mut self, _run: &RunId, session: &SessionId) -> Result<SessionRef> {
        self.works(Part::Attach)?;
        Ok(SessionRef { session_id: session.clone(), ..SessionRef::default() })
    }

    fn request_stop(&mut self, _session: &SessionId, _reason: StopReason) -> Result<()> {
        self.works(Part::RequestStop)
    }

    fn force_stop(&mut self, _session: &SessionId, _reason: StopReason) -> Result<()> {
        self.works(Part::ForceStop)
    }
}
