//! What an identity has seen of a task, given what happened since.

use crate::actor::ActorIdentity;
use crate::id::TaskId;
use crate::store::{RecordStore, TriageStore};
use crate::time::Timestamp;
use crate::triage::TriageState;

/// The effective triage of a task: new activity takes back what was read and
/// dismissed, but not what was archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    /// Not looked at since something happened.
    Unread,
    /// Looked at.
    Read,
    /// Not wanted until something happens.
    Dismissed,
    /// Put away, whatever happens.
    Archived,
}

impl Sight {
    /// From the stored record, if there is one.
    pub fn of(state: Option<&TriageState>, last_activity_at: Timestamp) -> Self {
        let Some(state) = state else { return Sight::Unread };
        let news = state.last_seen_activity_at.is_none_or(|seen| last_activity_at > seen);
        match state {
            TriageState { archived: true, .. } => Sight::Archived,
            _ if news => Sight::Unread,
            TriageState { dismissed: true, .. } => Sight::Dismissed,
            TriageState { read: true, .. } => Sight::Read,
            _ => Sight::Unread,
        }
    }

    /// What an identity has seen of a task; `None` for an unknown task.
    pub fn of_task<S>(store: &S, task: &TaskId, identity: &ActorIdentity) -> Option<Self>
    where
        S: RecordStore + TriageStore,
    {
        let last_activity_at = store.last_activity_at(task)?;
        let state = store.get_triage(task, identity);
        Some(Self::of(state.as_deref(), last_activity_at))
    }

    /// Whether there is nothing new. What is put away counts as read.
    pub fn is_read(self) -> bool {
        match self {
            Sight::Unread => false,
            Sight::Read | Sight::Dismissed | Sight::Archived => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::ActorKind;

    const SEEN: Timestamp = Timestamp::from_millis(5);
    const LATER: Timestamp = Timestamp::from_millis(6);

    #[test]
    fn every_record_is_decided_before_and_after_news() {
        for bits in 0..8 {
            let (read, archived, dismissed) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
            let state = TriageState {
                read,
                archived,
                dismissed,
                last_seen_activity_at: Some(SEEN),
                ..TriageState::untouched(
                    "t".into(),
                    ActorIdentity::new(ActorKind::Human, "ada"),
                    SEEN,
                )
            };
            let stored = match (archived, dismissed, read) {
                (true, ..) => Sight::Archived,
                (_, true, _) => Sight::Dismissed,
                (.., true) => Sight::Read,
                _ => Sight::Unread,
            };
            assert_eq!(Sight::of(Some(&state), SEEN), stored, "equality keeps the flags");
            let renewed = if archived { Sight::Archived } else { Sight::Unread };
            assert_eq!(Sight::of(Some(&state), LATER), renewed);
            let never_seen = TriageState { last_seen_activity_at: None, ..state };
            assert_eq!(Sight::of(Some(&never_seen), SEEN), renewed);
        }
        assert_eq!(Sight::of(None, SEEN), Sight::Unread);
    }
}
