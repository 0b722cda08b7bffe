//! Triage: what an identity has seen of a task, and put aside. It changes nothing
//! for anybody else and leaves no event.

use serde::{Deserialize, Serialize};

use crate::actor::ActorIdentity;
use crate::error::Result;
use crate::id::TaskId;
use crate::rule::require_text;
use crate::time::Timestamp;

/// What one identity thinks of one task. No record means all false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageState {
    /// The task.
    pub task_id: TaskId,
    /// The identity.
    pub actor: ActorIdentity,
    /// It was looked at.
    pub read: bool,
    /// It was put away.
    pub archived: bool,
    /// It is not wanted in the list until something happens.
    pub dismissed: bool,
    /// The latest activity of the task at the last mutation.
    #[serde(default, with = "crate::time::always")]
    pub last_seen_activity_at: Option<Timestamp>,
    /// When this record was last written.
    pub updated_at: Timestamp,
}

/// The two instants that a triage mutation writes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The latest activity of the task.
    pub last_activity_at: Timestamp,
    /// The present instant.
    pub now: Timestamp,
}

impl TriageState {
    /// The state of an identity that has not touched the task yet.
    pub fn untouched(task: TaskId, actor: ActorIdentity, now: Timestamp) -> Self {
        Self {
            task_id: task,
            actor,
            read: false,
            archived: false,
            dismissed: false,
            last_seen_activity_at: None,
            updated_at: now,
        }
    }

    /// The canonical form: text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self { task_id: self.task_id.trimmed(), actor: self.actor.normalize(), ..self }
    }

    /// Read, and no longer dismissed.
    #[must_use]
    pub fn marked_read(self, sighting: Sighting) -> Self {
        Self { read: true, dismissed: false, ..self }.seen(sighting)
    }

    /// Read and archived, and no longer dismissed.
    #[must_use]
    pub fn archived(self, sighting: Sighting) -> Self {
        Self { read: true, archived: true, dismissed: false, ..self }.seen(sighting)
    }

    /// Read and dismissed.
    #[must_use]
    pub fn dismissed(self, sighting: Sighting) -> Self {
        Self { read: true, dismissed: true, ..self }.seen(sighting)
    }

    fn seen(self, sighting: Sighting) -> Self {
        Self {
            last_seen_activity_at: Some(sighting.last_activity_at),
            updated_at: sighting.now,
            ..self
        }
    }

    /// Checks the rules of form of the record.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault, under `task_triage_state`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.task_id.as_str(), "task_triage_state", "task_id")?;
        self.actor.validate("task_triage_state.actor")
    }
}
