use rustc_hash::FxHashMap;

use super::{DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE, ForceRecoveryOptions};
use crate::actor::{ActorIdentity, ActorKind};
use crate::diagnostic;
use crate::error::Result;
use crate::id::TaskId;
use crate::time::{Duration, Timestamp};

const WINDOW: Duration = Duration::from_secs(60);

/// Counts the force operations of agent sessions, per session and task, in fixed
/// windows of 60 seconds. Lives in memory only: a restart clears it.
#[derive(Debug, Clone)]
pub struct ForceRateLimiter {
    limit: i64,
    windows: FxHashMap<(ActorKind, String, TaskId), Window>,
}

#[derive(Debug, Clone)]
struct Window {
    start: Timestamp,
    count: i64,
}

impl ForceRateLimiter {
    /// A limiter that has counted nothing yet.
    pub fn new(options: &ForceRecoveryOptions) -> Self {
        let limit = options.rate_limit_per_minute;
        Self {
            limit: if limit > 0 { limit } else { DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE },
            windows: FxHashMap::default(),
        }
    }

    /// Counts a force operation on a task. Only agent sessions are counted. The
    /// first operation opens a window; one that comes 60 seconds later or more
    /// opens the next.
    ///
    /// # Errors
    ///
    /// `force_op_rate_limited` if the window is full; the operation is then not
    /// counted.
    pub fn admit(&mut self, actor: &ActorIdentity, task: &TaskId, now: Timestamp) -> Result<()> {
        if actor.kind != ActorKind::AgentSession {
            return Ok(());
        }
        let key = (actor.kind, actor.reference.trim().to_owned(), task.trimmed());
        let window = self.windows.entry(key).or_insert(Window { start: now, count: 0 });
        if now.since(window.start) >= WINDOW {
            *window = Window { start: now, count: 0 };
        }
        if window.count >= self.limit {
            return Err(diagnostic::force::rate_limited(actor, task, self.limit));
        }
        window.count += 1;
        Ok(())
    }
}
