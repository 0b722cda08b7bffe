//! What a worker, a reviewer or an operator is given to know about a task: the
//! context bundle, its limits, and what keeps secrets out of it.
//!
//! A bundle is a copy for reading. It never gives the right to claim or to change
//! anything, and it carries no raw claim token and no result of a run.

mod assembly;
mod budget;
mod event_payload;
mod safe_text;

pub use event_payload::redact_payload;
pub use safe_text::safe_text;

pub(crate) use assembly::{Assembly, furthest};

use crate::time::Duration;
use crate::view::context::RuntimeLimits;

/// How much a context bundle holds. A board that says nothing has the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextLimits {
    /// The greatest time of a run; zero means any. Told to the worker, and not
    /// enforced.
    pub max_runtime: Duration,
    /// The greatest size of a worker's summary, in bytes. Told to the worker, and
    /// not enforced.
    pub summary_max_bytes: usize,
    /// The greatest size of a whole bundle as JSON, in bytes; 0 means any. What
    /// the last worker or reviewer has to say gets half of it.
    pub body_max_bytes: usize,
    /// How many earlier runs, and how many reviews.
    pub prior_attempts: usize,
    /// How many events.
    pub recent_events: usize,
    /// How many items of missing work.
    pub missing_work_max_items: usize,
    /// The greatest size of one item of missing work, in bytes.
    pub missing_work_item_max_bytes: usize,
    /// The greatest size of a review's reason, in bytes.
    pub reason_max_bytes: usize,
    /// The greatest size of a review's guidance, in bytes.
    pub next_round_guidance_max_bytes: usize,
}

impl Default for ContextLimits {
    fn default() -> Self {
        Self {
            max_runtime: Duration::ZERO,
            summary_max_bytes: 4096,
            body_max_bytes: 8192,
            prior_attempts: 5,
            recent_events: 50,
            missing_work_max_items: 20,
            missing_work_item_max_bytes: 512,
            reason_max_bytes: 2048,
            next_round_guidance_max_bytes: 4096,
        }
    }
}

impl ContextLimits {
    /// What a worker is told of the limits.
    pub fn told(&self) -> RuntimeLimits {
        let bytes = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        RuntimeLimits {
            max_runtime_seconds: self.max_runtime.as_secs(),
            summary_max_bytes: bytes(self.summary_max_bytes),
            context_body_max_bytes: bytes(self.body_max_bytes),
        }
    }
}
