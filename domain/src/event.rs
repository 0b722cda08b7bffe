//! Audit events: what happened, on whose behalf, in the order in which it
//! happened. Events are never changed.

mod archive;
mod payload;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use archive::{EventArchive, EventArchiveWriter, MalformedArchive, NewNames};
pub use payload::*;

use crate::actor::{ActorIdentity, Origin};
use crate::error::Result;
use crate::id::{EventId, RunId, Sequence, TaskId};
use crate::json::{RawJson, SizeClass};
use crate::rule::{require_positive, require_text};
use crate::time::Timestamp;

/// What kind of fact an event states. An open set: types that this version does
/// not know are kept and handed on.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct EventType(Cow<'static, str>);

impl EventType {
    /// The text of the type.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left after trimming.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The type without surrounding white space.
    #[must_use]
    pub fn trimmed(self) -> Self {
        if self.0.trim().len() == self.0.len() { self } else { self.0.trim().into() }
    }
}

impl From<&str> for EventType {
    fn from(text: &str) -> Self {
        match EventType::KNOWN.iter().find(|known| known.as_str() == text) {
            Some(known) => known.clone(),
            None => Self(Cow::Owned(text.to_owned())),
        }
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        impl EventType {
            $($(#[$doc])* pub const $name: EventType = EventType(Cow::Borrowed($text));)+

            /// Every type that the engine writes.
            pub const KNOWN: &'static [EventType] = &[$(EventType::$name,)+];
        }
    };
}

event_types! {
    /// A task came into being.
    TASK_CREATED = "task.created",
    /// Mutable fields of a task changed.
    TASK_UPDATED = "task.updated",
    /// A draft was published.
    TASK_PUBLISHED = "task.published",
    /// Somebody approved a task.
    TASK_APPROVED = "task.approved",
    /// Somebody rejected a task.
    TASK_REJECTED = "task.rejected",
    /// A task was canceled, by itself or with its parent.
    TASK_CANCELED = "task.canceled",
    /// A task got a child.
    TASK_CHILD_CREATED = "task.child_created",
    /// A task waits for another one.
    TASK_DEPENDENCY_ADDED = "task.dependency_added",
    /// A task no longer waits for another one.
    TASK_DEPENDENCY_REMOVED = "task.dependency_removed",
    /// A task was paused.
    TASK_PAUSED = "task.paused",
    /// A paused task goes on.
    TASK_RESUMED = "task.resumed",
    /// A run was queued.
    RUN_ENQUEUED = "task.run_enqueued",
    /// A run was claimed.
    RUN_CLAIMED = "task.run_claimed",
    /// The session of a run is being set up.
    RUN_STARTING = "task.run_starting",
    /// A session was bound to a run.
    RUN_SESSION_BOUND = "task.run_session_bound",
    /// Work on a run began.
    RUN_STARTED = "task.run_started",
    /// A run ended with a result.
    RUN_COMPLETED = "task.run_completed",
    /// A run ended with an error.
    RUN_FAILED = "task.run_failed",
    /// A run was canceled.
    RUN_CANCELED = "task.run_canceled",
    /// The session of a canceled run was stopped.
    RUN_FORCE_STOPPED = "task.run_force_stopped",
    /// A run was settled after a restart of its host.
    RUN_RECOVERED = "task.run_recovered",
    /// A run was not started or attached.
    RUN_REJECTED = "task.run_rejected",
    /// The holder of a lease showed that it is alive.
    RUN_LEASE_EXTENDED = "task.run_lease_extended",
    /// An expired lease was taken back.
    RUN_LEASE_EXPIRED = "task.run_lease_expired",
    /// A lease was given back, or taken by force.
    RUN_RELEASED = "task.run_released",
    /// An operator failed a run by force.
    RUN_OPERATOR_FORCED_FAIL = "task.run_operator_forced_fail",
    /// An operator queued a run anew.
    RUN_OPERATOR_RETRY = "task.run_operator_retry",
    /// The execution profile of a task was written.
    EXECUTION_PROFILE_UPDATED = "task.execution_profile_updated",
    /// The execution profile of a task was removed.
    EXECUTION_PROFILE_DELETED = "task.execution_profile_deleted",
    /// A review of a run was requested.
    RUN_REVIEW_REQUESTED = "task.run_review_requested",
    /// A session took a review.
    RUN_REVIEW_BOUND = "task.run_review_bound",
    /// A review got its verdict; one of the six outcome events follows.
    RUN_REVIEW_RECORDED = "task.run_review_recorded",
    /// The verdict: approved.
    RUN_REVIEW_APPROVED = "task.run_review_approved",
    /// The verdict: rejected.
    RUN_REVIEW_REJECTED = "task.run_review_rejected",
    /// The verdict: blocked.
    RUN_REVIEW_BLOCKED = "task.run_review_blocked",
    /// The verdict: the reviewer failed.
    RUN_REVIEW_ERROR = "task.run_review_error",
    /// The verdict: the reviewer took too long.
    RUN_REVIEW_TIMEOUT = "task.run_review_timeout",
    /// The verdict: the reviewer's answer could not be read.
    RUN_REVIEW_INVALID_OUTPUT = "task.run_review_invalid_output",
    /// A rejected run is continued by a new one.
    RUN_REVIEW_RETRY_ENQUEUED = "task.run_review_retry_enqueued",
    /// The scheduler was paused. Not an event of a task.
    SCHEDULER_PAUSED = "scheduler.paused",
    /// The scheduler goes on. Not an event of a task.
    SCHEDULER_RESUMED = "scheduler.resumed",
    /// The scheduler is being drained. Not an event of a task.
    SCHEDULER_DRAIN_STARTED = "scheduler.drain_started",
    /// The drain has ended. Not an event of a task.
    SCHEDULER_DRAIN_COMPLETED = "scheduler.drain_completed",
}

/// An audit event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Event {
    /// The event's id.
    pub id: EventId,
    /// The task that it is about.
    pub task_id: TaskId,
    /// The run that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// What kind of fact it states.
    pub event_type: EventType,
    /// Who acted.
    pub actor: ActorIdentity,
    /// Through which door.
    pub origin: Origin,
    /// The fact, in the shape of its type.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub payload: Option<RawJson>,
    /// When it happened.
    pub timestamp: Timestamp,
}

impl Event {
    /// The canonical form: text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            id: self.id.trimmed(),
            task_id: self.task_id.trimmed(),
            run_id: self.run_id.and_then(|id| id.non_blank()),
            event_type: self.event_type.trimmed(),
            actor: self.actor.normalize(),
            origin: self.origin.normalize(),
            ..self
        }
    }

    /// Checks the rules of form of the record.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault, under
    /// `task_event`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.id.as_str(), "task_event", "id")?;
        require_text(self.task_id.as_str(), "task_event", "task_id")?;
        require_text(self.event_type.as_str(), "task_event", "event_type")?;
        self.actor.validate("task_event.actor")?;
        self.origin.validate("task_event.origin")?;
        SizeClass::Payload.validate(self.payload.as_ref(), "task_event.payload")
    }
}

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EventRecord {
    /// The place: numbers of one board only rise, and are never used twice.
    pub sequence: Sequence,
    /// The event.
    pub event: Event,
}

impl EventRecord {
    /// Checks number and event.
    ///
    /// # Errors
    ///
    /// As [`Event::validate`], and `validation` at `task_event.sequence`.
    pub fn validate(&self) -> Result<()> {
        require_positive(self.sequence.get(), "task_event", "sequence")?;
        self.event.validate()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::{ActorKind, OriginKind};
    use crate::error::ErrorKind;

    fn event() -> Event {
        Event {
            id: "evt-1".into(),
            task_id: "task-1".into(),
            run_id: None,
            event_type: EventType::TASK_CREATED,
            actor: ActorIdentity::new(ActorKind::Human, "ada"),
            origin: Origin::new(OriginKind::Web, "tab"),
            payload: None,
            timestamp: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn known_types_are_distinct_and_unknown_ones_survive() {
        let names: std::collections::BTreeSet<&str> =
            EventType::KNOWN.iter().map(EventType::as_str).collect();
        assert_eq!(names.len(), 39 + 4);
        for known in EventType::KNOWN {
            assert_eq!(&EventType::from(known.as_str()), known);
        }
        let text = r#""task.run_teleported""#;
        let read: EventType = serde_json::from_str(text).unwrap();
        assert_eq!(read.as_str(), "task.run_teleported");
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn type_names_follow_from_the_names_of_the_constants() {
        let stem =
            |event: &EventType| event.as_str().replacen("task.run_", "run_", 1).replace('.', "_");
        assert_eq!(stem(&EventType::RUN_OPERATOR_FORCED_FAIL), "run_operator_forced_fail");
        assert_eq!(stem(&EventType::TASK_CHILD_CREATED), "task_child_created");
        assert_eq!(EventType::EXECUTION_PROFILE_UPDATED.as_str(), "task.execution_profile_updated");
        assert_eq!(EventType::SCHEDULER_DRAIN_COMPLETED.as_str(), "scheduler.drain_completed");
    }

    #[test]
    fn each_field_is_named_when_it_is_at_fault() {
        assert_eq!(event().validate(), Ok(()));
        let cases = [
            (Event { id: " ".into(), ..event() }, "task_event.id is required"),
            (Event { task_id: " ".into(), ..event() }, "task_event.task_id is required"),
            (Event { event_type: " ".into(), ..event() }, "task_event.event_type is required"),
            (
                Event { actor: ActorIdentity::new(ActorKind::Human, ""), ..event() },
                "task_event.actor.ref is required",
            ),
            (
                Event { origin: Origin::new(OriginKind::Cli, ""), ..event() },
                "task_event.origin.ref is required",
            ),
            (
                Event { payload: RawJson::from_text("{"), ..event() },
                "task_event.payload must contain valid JSON",
            ),
        ];
        for (event, text) in cases {
            assert_eq!(event.validate().unwrap_err().detail(), text);
        }
    }

    #[test]
    fn payloads_have_a_limit_but_may_name_credentials() {
        let with = |text: String| Event { payload: RawJson::from_text(&text), ..event() };
        let string_of = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        assert_eq!(with(string_of(65_536)).validate(), Ok(()));
        let over = with(string_of(65_537)).validate().unwrap_err();
        assert_eq!((over.kind(), over.path()), (ErrorKind::PayloadTooLarge, "task_event.payload"));
        assert_eq!(with(r#"{"claim_token":1}"#.to_owned()).validate(), Ok(()));
    }

    #[test]
    fn the_canonical_form_is_trimmed() {
        let given = Event {
            id: " evt-1".into(),
            task_id: "task-1 ".into(),
            run_id: Some(" ".into()),
            event_type: " task.created ".into(),
            actor: ActorIdentity::new(ActorKind::Human, " ada"),
            origin: Origin::new(OriginKind::Web, "tab "),
            ..event()
        };
        assert_eq!(given.normalize(), event());
    }

    #[test]
    fn places_in_the_log_begin_at_one() {
        let record = |number| EventRecord { sequence: Sequence::new(number), event: event() };
        assert_eq!(record(1).validate(), Ok(()));
        assert_eq!(record(0).validate().unwrap_err().path(), "task_event.sequence");
        let text = serde_json::to_string(&record(1)).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"sequence":1,"event":{"id":"evt-1","task_id":"task-1","#,
                r#""event_type":"task.created","actor":{"kind":"human","ref":"ada"},"#,
                r#""origin":{"kind":"web","ref":"tab"},"timestamp":"1970-01-01T00:00:00Z"}}"#
            )
        );
        assert_eq!(serde_json::from_str::<EventRecord>(&text).unwrap(), record(1));
    }
}
