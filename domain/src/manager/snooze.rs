//! Puts a task out of one identity's sight for a while. The task and its log know
//! nothing of it.

use crate::actor::ActorContext;
use crate::error::Result;
use crate::id::TaskId;
use crate::snooze::{Snooze, SnoozeUntil};
use crate::store::Store;

use super::{Manager, require_task_id};

impl<S: Store> Manager<S> {
    /// Hides a task from this identity until something happens; an earlier snooze
    /// is replaced.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`; `validation` for a blank id, for an
    /// instant that is not in the future, or where the task would wait for itself;
    /// `task_not_found` for the task or the one to wait for.
    pub fn snooze_task(
        &mut self,
        id: &TaskId,
        until: SnoozeUntil,
        actor: &ActorContext,
    ) -> Result<Snooze> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        let now = self.now();
        let snooze =
            Snooze { task_id: id, actor: actor.actor.clone(), until, snoozed_at: now }.normalize();
        self.require_task(&snooze.task_id)?;
        snooze.validate()?;
        if let SnoozeUntil::Resolved(blocker) = &snooze.until {
            self.require_task(blocker)?;
        }
        self.transact(|manager| {
            manager.store.put_snooze(snooze.clone());
            Ok(snooze)
        })
    }

    /// Takes the snooze of this identity away; without one, nothing happens.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id; `task_not_found`.
    pub fn wake_task(&mut self, id: &TaskId, actor: &ActorContext) -> Result<()> {
        self.restore_snooze(id, None, actor)
    }

    /// Writes an earlier snooze of this identity back, or its absence: the inverse
    /// of [`Manager::snooze_task`] and [`Manager::wake_task`]. The snooze may have
    /// ended meanwhile.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id, or for a snooze of another
    /// task or identity; `task_not_found`.
    pub fn restore_snooze(
        &mut self,
        id: &TaskId,
        previous: Option<Snooze>,
        actor: &ActorContext,
    ) -> Result<()> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        self.require_task(&id)?;
        let identity = actor.actor.clone().normalize();
        let previous = previous.map(Snooze::normalize);
        if let Some(previous) = &previous {
            previous.validate()?;
            super::triage::require_own(
                (&previous.task_id, &previous.actor),
                (&id, &identity),
                "task_snooze",
            )?;
        }
        self.transact(|manager| {
            match previous {
                Some(previous) => manager.store.put_snooze(previous),
                None => manager.store.delete_snooze(&id, &identity),
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::OriginKind;
    use crate::error::ErrorKind;
    use crate::manager::testing::runs::reader;
    use crate::manager::testing::{World, human};
    use crate::store::SnoozeStore;
    use crate::time::Duration;

    fn bob() -> ActorContext {
        ActorContext::derive_human("bob", OriginKind::Web, "tab").unwrap()
    }

    fn tomorrow(world: &World) -> SnoozeUntil {
        SnoozeUntil::Time(world.now() + Duration::from_secs(86_400))
    }

    #[test]
    fn a_snooze_is_one_identitys_and_leaves_no_trace_on_the_task() {
        let mut world = World::new();
        let task = world.task("a");
        let before = world.record("a");
        let until = tomorrow(&world);
        let snooze = world.manager.snooze_task(&task, until, &human()).unwrap();
        let store = world.manager.store();
        assert!(snooze.holds(store, world.now()));
        assert_eq!(store.get_snooze(&task, &human().actor).as_deref(), Some(&snooze));
        assert_eq!(store.get_snooze(&task, &bob().actor), None);
        assert_eq!(world.record("a"), before);
        assert_eq!(world.events("a"), ["created"]);
    }

    #[test]
    fn waking_and_restoring_are_each_others_inverse() {
        let mut world = World::new();
        let task = world.task("a");
        let until = tomorrow(&world);
        let snooze = world.manager.snooze_task(&task, until, &human()).unwrap();
        world.manager.wake_task(&task, &human()).unwrap();
        world.manager.wake_task(&task, &human()).unwrap();
        assert_eq!(world.manager.store().get_snooze(&task, &human().actor), None);
        world.manager.restore_snooze(&task, Some(snooze.clone()), &human()).unwrap();
        let stored = world.manager.store().get_snooze(&task, &human().actor);
        assert_eq!(stored.as_deref(), Some(&snooze));
        world.refuses(ErrorKind::Validation, |manager| {
            manager.restore_snooze(&task, Some(snooze), &bob())
        });
    }

    #[test]
    fn snoozes_go_with_their_task() {
        let mut world = World::new();
        let task = world.task("a");
        let until = tomorrow(&world);
        world.manager.snooze_task(&task, until, &human()).unwrap();
        world.manager.delete_task(&task, &human()).unwrap();
        assert_eq!(world.manager.store().list_snoozes_of_actor(&human().actor), []);
    }

    #[test]
    fn a_snooze_needs_an_end_that_can_come() {
        let mut world = World::new();
        let task = world.task("a");
        let now = SnoozeUntil::Time(world.now());
        let refuse = |world: &mut World, kind, until: SnoozeUntil, actor: &ActorContext| {
            world.refuses(kind, |manager| manager.snooze_task(&"a".into(), until, actor));
        };
        refuse(&mut world, ErrorKind::Validation, now, &human());
        let itself = SnoozeUntil::Resolved(task.clone());
        refuse(&mut world, ErrorKind::Validation, itself, &human());
        let gone = SnoozeUntil::Resolved("gone".into());
        refuse(&mut world, ErrorKind::TaskNotFound, gone.clone(), &human());
        refuse(&mut world, ErrorKind::PermissionDenied, gone, &reader());
        let until = tomorrow(&world);
        world.refuses(ErrorKind::TaskNotFound, |manager| {
            manager.snooze_task(&"gone".into(), until, &human())
        });
    }
}
