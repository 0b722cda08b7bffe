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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::ActorKind;

    const SIGHTING: Sighting =
        Sighting { last_activity_at: Timestamp::from_millis(5), now: Timestamp::from_millis(9) };

    /// All eight combinations of the three flags.
    fn states() -> impl Iterator<Item = TriageState> {
        (0..8).map(|bits| TriageState {
            read: bits & 1 != 0,
            archived: bits & 2 != 0,
            dismissed: bits & 4 != 0,
            ..TriageState::untouched(
                "t".into(),
                ActorIdentity::new(ActorKind::Human, "ada"),
                Timestamp::from_millis(0),
            )
        })
    }

    #[test]
    fn every_mutation_is_decided_for_every_state() {
        for before in states() {
            let flags = |state: &TriageState| (state.read, state.archived, state.dismissed);
            let read = before.clone().marked_read(SIGHTING);
            assert_eq!(flags(&read), (true, before.archived, false));
            let archived = before.clone().archived(SIGHTING);
            assert_eq!(flags(&archived), (true, true, false));
            let dismissed = before.clone().dismissed(SIGHTING);
            assert_eq!(flags(&dismissed), (true, before.archived, true));
            for after in [read, archived, dismissed] {
                assert_eq!(after.last_seen_activity_at, Some(SIGHTING.last_activity_at));
                assert_eq!(after.updated_at, SIGHTING.now);
                assert_eq!(
                    (after.task_id, after.actor),
                    (before.task_id.clone(), before.actor.clone())
                );
            }
        }
    }

    #[test]
    fn a_record_names_task_and_identity() {
        let state = states().next().unwrap();
        assert_eq!(state.validate(), Ok(()));
        let padded = TriageState { task_id: " t ".into(), ..state.clone() };
        assert_eq!(padded.normalize(), state);
        let blank = TriageState { task_id: "".into(), ..state.clone() };
        assert_eq!(blank.validate().unwrap_err().detail(), "task_triage_state.task_id is required");
        let nobody = TriageState { actor: ActorIdentity::new(ActorKind::Human, " "), ..state };
        assert_eq!(
            nobody.validate().unwrap_err().detail(),
            "task_triage_state.actor.ref is required"
        );
    }

    #[test]
    fn records_have_the_agreed_wire_form() {
        let state = states().next().unwrap();
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"task_id":"t","actor":{"kind":"human","ref":"ada"},"read":false,"archived":false,"#,
                r#""dismissed":false,"last_seen_activity_at":"0001-01-01T00:00:00Z","#,
                r#""updated_at":"1970-01-01T00:00:00Z"}"#
            )
        );
        assert_eq!(serde_json::from_str::<TriageState>(&text).unwrap(), state);
    }
}
