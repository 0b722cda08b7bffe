use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE, ForceRecoveryOptions};
use crate::actor::{ActorIdentity, ActorKind};
use crate::diagnostic;
use crate::error::Result;
use crate::id::TaskId;
use crate::time::{Duration, Timestamp};

const WINDOW: Duration = Duration::from_secs(60);

/// Counts the force operations of agent sessions, per session and task, in fixed
/// windows of 60 seconds. Lives in memory only: a restart clears it. Cheap to
/// clone, for those who may have to go back.
#[derive(Debug, Clone)]
pub struct ForceRateLimiter {
    limit: i64,
    windows: Arc<FxHashMap<(ActorKind, String, TaskId), Window>>,
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
            windows: Arc::default(),
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
        let windows = Arc::make_mut(&mut self.windows);
        let window = windows.entry(key).or_insert(Window { start: now, count: 0 });
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;
    use crate::error::ErrorKind;

    const LAST_OF_WINDOW: i64 = 60_000_000_000 - 1;

    struct World {
        limiter: ForceRateLimiter,
        actor: ActorIdentity,
    }

    impl World {
        fn with_limit(rate_limit_per_minute: i64) -> Self {
            let options = ForceRecoveryOptions { allow_agent_force: true, rate_limit_per_minute };
            Self {
                limiter: ForceRateLimiter::new(&options),
                actor: ActorIdentity::new(ActorKind::AgentSession, "ada"),
            }
        }

        fn passes(&mut self, task: &str, nanos: i64) -> bool {
            let now = Timestamp::from_nanos(nanos);
            self.limiter.admit(&self.actor, &task.into(), now).is_ok()
        }
    }

    #[test]
    fn the_operation_after_the_limit_is_refused() {
        let mut world = World::with_limit(2);
        assert_eq!([0, 0, 0].map(|at| world.passes("task-1", at)), [true, true, false]);
        let now = Timestamp::from_nanos(0);
        let refused = world.limiter.admit(&world.actor, &"task-1".into(), now).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ForceOpRateLimited);
        assert_eq!(refused.diagnostic().unwrap().evidence["limit_per_minute"], 2);
    }

    #[test]
    fn a_window_lasts_sixty_seconds_from_its_first_operation() {
        let mut world = World::with_limit(1);
        assert!(world.passes("task-1", 5));
        assert!(!world.passes("task-1", 5 + LAST_OF_WINDOW));
        assert!(world.passes("task-1", 5 + LAST_OF_WINDOW + 1));
        assert!(!world.passes("task-1", 5 + 2 * LAST_OF_WINDOW + 1));
    }

    #[test]
    fn refused_operations_do_not_extend_the_window() {
        let mut world = World::with_limit(1);
        assert!(world.passes("task-1", 0));
        for at in [1, 1_000_000_000, LAST_OF_WINDOW] {
            assert!(!world.passes("task-1", at));
        }
        assert!(world.passes("task-1", LAST_OF_WINDOW + 1));
    }

    #[test]
    fn the_window_does_not_slide_with_later_operations() {
        let mut world = World::with_limit(2);
        assert!(world.passes("task-1", 0));
        assert!(world.passes("task-1", LAST_OF_WINDOW));
        assert!(world.passes("task-1", LAST_OF_WINDOW + 1));
        assert!(world.passes("task-1", LAST_OF_WINDOW + 2));
        assert!(!world.passes("task-1", LAST_OF_WINDOW + 3));
    }

    #[test]
    fn tasks_and_sessions_are_counted_apart() {
        let mut world = World::with_limit(1);
        assert!(world.passes("task-1", 0));
        assert!(world.passes("task-2", 0));
        world.actor = ActorIdentity::new(ActorKind::AgentSession, "ben");
        assert!(world.passes("task-1", 0));
        world.actor = ActorIdentity::new(ActorKind::AgentSession, " ada ");
        assert!(!world.passes("task-1", 0));
    }

    #[test]
    fn only_agent_sessions_are_counted() {
        for kind in ActorKind::ALL {
            let mut world = World::with_limit(1);
            world.actor = ActorIdentity::new(*kind, "ada");
            assert!(world.passes("task-1", 0), "{kind}");
            let counted = *kind == ActorKind::AgentSession;
            assert_eq!(world.passes("task-1", 0), !counted, "{kind}");
        }
    }

    #[test]
    fn a_limit_of_zero_or_less_means_ten() {
        for limit in [0, -1] {
            let mut world = World::with_limit(limit);
            assert!((0..10).all(|at| world.passes("task-1", at)));
            assert!(!world.passes("task-1", 10));
        }
    }
}
