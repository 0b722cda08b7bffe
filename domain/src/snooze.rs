//! Snoozes: a task that one identity does not want to see for a while. As with
//! triage, it changes nothing for anybody else and leaves no event.

use serde::{Deserialize, Serialize};

use crate::actor::ActorIdentity;
use crate::error::{Result, TaskError};
use crate::id::TaskId;
use crate::insight::{Outlook, outlook};
use crate::rule::require_text;
use crate::store::{RecordStore, RunStore};
use crate::time::Timestamp;

/// A task that an identity does not want to see until something happens. There is
/// at most one for a task and an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Snooze {
    /// The task.
    pub task_id: TaskId,
    /// The identity.
    pub actor: ActorIdentity,
    /// What ends it.
    pub until: SnoozeUntil,
    /// When it was set.
    pub snoozed_at: Timestamp,
}

/// What ends a snooze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SnoozeUntil {
    /// An instant; at this very instant it has ended.
    Time(Timestamp),
    /// That a task is completed. A task that is canceled, has failed for good or
    /// is gone ends it too: waiting on would be in vain.
    Resolved(TaskId),
}

impl Snooze {
    /// The canonical form: text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.trimmed(),
            actor: self.actor.normalize(),
            until: match self.until {
                SnoozeUntil::Resolved(blocker) => SnoozeUntil::Resolved(blocker.trimmed()),
                until @ SnoozeUntil::Time(_) => until,
            },
            snoozed_at: self.snoozed_at,
        }
    }

    /// Checks the rules of form of the record.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault, under `task_snooze`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.task_id.as_str(), "task_snooze", "task_id")?;
        self.actor.validate("task_snooze.actor")?;
        match &self.until {
            SnoozeUntil::Time(until) if *until <= self.snoozed_at => {
                Err(TaskError::validation("task_snooze.until", "must lie in the future"))
            }
            SnoozeUntil::Resolved(blocker) => {
                require_text(blocker.as_str(), "task_snooze.until", "resolved")?;
                if *blocker == self.task_id {
                    let rest = "cannot be the snoozed task";
                    return Err(TaskError::validation("task_snooze.until.resolved", rest));
                }
                Ok(())
            }
            SnoozeUntil::Time(_) => Ok(()),
        }
    }

    /// Whether it still holds. A snooze that has ended stays where it is until it
    /// is replaced or taken away.
    pub fn holds<S>(&self, store: &S, now: Timestamp) -> bool
    where
        S: RecordStore + RunStore,
    {
        match &self.until {
            SnoozeUntil::Time(until) => now < *until,
            SnoozeUntil::Resolved(blocker) => store.get_task(blocker).is_some_and(|blocker| {
                matches!(outlook(store, &blocker), Outlook::Open | Outlook::Moving)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::ActorKind;
    use crate::enumeration::Enumeration;
    use crate::manager::testing::World;
    use crate::run::RunStatus;

    fn snooze(until: SnoozeUntil) -> Snooze {
        Snooze {
            task_id: "a".into(),
            actor: ActorIdentity::new(ActorKind::Human, "ada"),
            until,
            snoozed_at: Timestamp::from_millis(5),
        }
    }

    #[test]
    fn a_time_ends_a_snooze_at_that_very_instant() {
        let world = World::new();
        let at = Timestamp::from_millis;
        let snooze = snooze(SnoozeUntil::Time(at(7)));
        assert!(snooze.holds(world.manager.store(), at(6)));
        assert!(!snooze.holds(world.manager.store(), at(7)));
    }

    #[test]
    fn every_end_of_a_blocker_ends_a_snooze() {
        for status in RunStatus::ALL.iter().copied() {
            let mut world = World::new();
            world.task("b");
            world.put_run("b", status);
            let holds = snooze(SnoozeUntil::Resolved("b".into()))
                .holds(world.manager.store(), Timestamp::from_millis(9));
            let expected = !matches!(status, RunStatus::Completed | RunStatus::Canceled);
            assert_eq!(holds, expected, "{status}");
        }
        let world = World::new();
        let gone = snooze(SnoozeUntil::Resolved("b".into()));
        assert!(!gone.holds(world.manager.store(), Timestamp::from_millis(9)));
    }

    #[test]
    fn each_field_is_named_when_it_is_at_fault() {
        let good = snooze(SnoozeUntil::Resolved("b".into()));
        assert_eq!(good.validate(), Ok(()));
        let late = SnoozeUntil::Time(Timestamp::from_millis(6));
        assert_eq!(snooze(late).validate(), Ok(()));
        let cases = [
            (Snooze { task_id: " ".into(), ..good.clone() }, "task_snooze.task_id is required"),
            (
                Snooze { actor: ActorIdentity::new(ActorKind::Human, ""), ..good },
                "task_snooze.actor.ref is required",
            ),
            (
                snooze(SnoozeUntil::Time(Timestamp::from_millis(5))),
                "task_snooze.until must lie in the future",
            ),
            (snooze(SnoozeUntil::Resolved(" ".into())), "task_snooze.until.resolved is required"),
            (
                snooze(SnoozeUntil::Resolved("a".into())),
                "task_snooze.until.resolved cannot be the snoozed task",
            ),
        ];
        for (snooze, text) in cases {
            assert_eq!(snooze.validate().unwrap_err().detail(), text);
        }
    }

    #[test]
    fn records_survive_their_wire_form() {
        for until in
            [SnoozeUntil::Time(Timestamp::from_millis(9)), SnoozeUntil::Resolved(" b".into())]
        {
            let snooze = snooze(until);
            let text = serde_json::to_string(&snooze).unwrap();
            assert_eq!(serde_json::from_str::<Snooze>(&text).unwrap(), snooze);
        }
        let padded = snooze(SnoozeUntil::Resolved(" b".into())).normalize();
        assert_eq!(padded, snooze(SnoozeUntil::Resolved("b".into())));
    }
}
