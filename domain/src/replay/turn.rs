//! Where a run stands after an event.

use crate::enumeration::Enumeration;
use crate::event::{Event, EventType};
use crate::run::RunStatus;

/// Where the run of an event stands afterwards; `None` for events that leave a run
/// where it is, or are not about one.
pub fn run_status_after(event: &Event) -> Option<RunStatus> {
    let fixed = TURNS.iter().find(|(event_type, _)| *event_type == event.event_type);
    match fixed {
        Some((_, status)) => Some(*status),
        None if TOLD.contains(&event.event_type) => told(event),
        None => None,
    }
}

static TURNS: [(EventType, RunStatus); 12] = [
    (EventType::RUN_ENQUEUED, RunStatus::Queued),
    (EventType::RUN_OPERATOR_RETRY, RunStatus::Queued),
    (EventType::RUN_REVIEW_RETRY_ENQUEUED, RunStatus::Queued),
    (EventType::RUN_LEASE_EXPIRED, RunStatus::Queued),
    (EventType::RUN_RELEASED, RunStatus::Queued),
    (EventType::RUN_CLAIMED, RunStatus::Claimed),
    (EventType::RUN_STARTING, RunStatus::Starting),
    (EventType::RUN_STARTED, RunStatus::Running),
    (EventType::RUN_COMPLETED, RunStatus::Completed),
    (EventType::RUN_FAILED, RunStatus::Failed),
    (EventType::RUN_OPERATOR_FORCED_FAIL, RunStatus::Failed),
    (EventType::RUN_CANCELED, RunStatus::Canceled),
];

/// The types whose payload tells the status, because it depends.
static TOLD: [EventType; 2] = [EventType::RUN_SESSION_BOUND, EventType::RUN_RECOVERED];

fn told(event: &Event) -> Option<RunStatus> {
    let payload = event.payload.as_ref()?.to_value()?;
    RunStatus::parse(payload.get("status")?.as_str()?)
}
