//! The kinds of records, as a person counts them.

use serde::Serialize;
use taskloom_domain::store::Key;

/// A kind of record of a bundle, in the order of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Tasks.
    Task,
    /// Dependency edges.
    Dependency,
    /// Execution profiles.
    Profile,
    /// Coordination channels.
    Channel,
    /// Runs.
    Run,
    /// Bound idempotency keys.
    Idempotency,
    /// Reviews.
    Review,
    /// The review states beside tasks.
    ReviewGate,
    /// Triage records.
    Triage,
    /// Snoozes.
    Snooze,
    /// Deleted tasks that can still be brought back.
    Trash,
    /// Audit events.
    Event,
    /// The scheduler's switch.
    Scheduler,
}

impl RecordKind {
    /// The kind of the record of this name; none for claim tokens, which no bundle
    /// holds, and for the event counter, which is no record to a person.
    pub fn of(key: &Key) -> Option<Self> {
        Some(match key {
            Key::Task(_) => RecordKind::Task,
            Key::Dependency(..) => RecordKind::Dependency,
            Key::Profile(_) => RecordKind::Profile,
            Key::Channel(_) => RecordKind::Channel,
            Key::Run(_) => RecordKind::Run,
            Key::Idempotency(..) => RecordKind::Idempotency,
            Key::Review(_) => RecordKind::Review,
            Key::ReviewGate(_) => RecordKind::ReviewGate,
            Key::Triage(..) => RecordKind::Triage,
            Key::Snooze(..) => RecordKind::Snooze,
            Key::Trash(_) => RecordKind::Trash,
            Key::Event(_) => RecordKind::Event,
            Key::Scheduler => RecordKind::Scheduler,
            Key::ClaimToken(_) | Key::LatestSequence => return None,
        })
    }
}
