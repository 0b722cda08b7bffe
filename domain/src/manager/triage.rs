//! What an identity has seen, put away or dismissed. Each identity has its own
//! records; the task and its log know nothing of them.

use crate::actor::{ActorContext, ActorIdentity};
use crate::error::{Result, TaskError};
use crate::id::TaskId;
use crate::store::Store;
use crate::triage::{Sighting, TriageState};

use super::{Manager, projection, require_task_id};

impl<S: Store> Manager<S> {
    /// Marks a task as read up to its latest activity, and takes a dismissal back.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`; `validation` for a blank id;
    /// `task_not_found`.
    pub fn mark_task_read(&mut self, id: &TaskId, actor: &ActorContext) -> Result<TriageState> {
        self.triage(id, actor, TriageState::marked_read)
    }

    /// Puts a task away for this identity, whatever happens to it later.
    ///
    /// # Errors
    ///
    /// As [`Manager::mark_task_read`].
    pub fn archive_task(&mut self, id: &TaskId, actor: &ActorContext) -> Result<TriageState> {
        self.triage(id, actor, TriageState::archived)
    }

    /// Hides a task from this identity until there is new activity.
    ///
    /// # Errors
    ///
    /// As [`Manager::mark_task_read`].
    pub fn dismiss_task(&mut self, id: &TaskId, actor: &ActorContext) -> Result<TriageState> {
        self.triage(id, actor, TriageState::dismissed)
    }

    /// Writes an earlier record of this identity back, or its absence: the inverse
    /// of the three operations above.
    ///
    /// # Errors
    ///
    /// As [`Manager::mark_task_read`]; `validation` also for a record of another
    /// task or identity.
    pub fn restore_triage(
        &mut self,
        id: &TaskId,
        previous: Option<TriageState>,
        actor: &ActorContext,
    ) -> Result<()> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        self.require_task(&id)?;
        let identity = actor.actor.clone().normalize();
        let previous = previous.map(TriageState::normalize);
        if let Some(previous) = &previous {
            previous.validate()?;
            let found = (&previous.task_id, &previous.actor);
            require_own(found, (&id, &identity), "task_triage_state")?;
        }
        self.transact(|manager| {
            match previous {
                Some(previous) => manager.store.put_triage(previous),
                None => manager.store.delete_triage(&id, &identity),
            }
            Ok(())
        })
    }

    /// Makes a task unread for this identity, and takes archive and dismissal back:
    /// no record is left. Answers the record that stood there, for
    /// [`Manager::restore_triage`].
    ///
    /// # Errors
    ///
    /// As [`Manager::mark_task_read`].
    pub fn mark_task_unread(
        &mut self,
        id: &TaskId,
        actor: &ActorContext,
    ) -> Result<Option<TriageState>> {
        let identity = actor.actor.clone().normalize();
        let previous = self.store.get_triage(&id.trimmed(), &identity);
        self.restore_triage(id, None, actor)?;
        Ok(previous.map(|previous| TriageState::clone(&previous)))
    }

    fn triage(
        &mut self,
        id: &TaskId,
        actor: &ActorContext,
        mutation: impl FnOnce(TriageState, Sighting) -> TriageState,
    ) -> Result<TriageState> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        let task = self.require_task(&id)?;
        let identity = actor.actor.clone().normalize();
        let last_activity_at = projection::last_activity(&self.store, &task);
        let now = self.now();
        let stored = match self.store.get_triage(&id, &identity) {
            Some(stored) => TriageState::clone(&stored),
            None => TriageState::untouched(id, identity, now),
        };
        let state = mutation(stored, Sighting { last_activity_at, now });
        state.validate()?;
        self.transact(|manager| {
            manager.store.put_triage(state.clone());
            Ok(state)
        })
    }
}

/// Checks that a record to write back is about this task and this identity.
///
/// # Errors
///
/// `validation` at `<path>.task_id` or `<path>.actor`.
pub(super) fn require_own(
    found: (&TaskId, &ActorIdentity),
    expected: (&TaskId, &ActorIdentity),
    path: &str,
) -> Result<()> {
    let refuse =
        |field: &str, rest: &str| Err(TaskError::validation(&crate::rule::join(path, field), rest));
    if found.0 != expected.0 {
        return refuse("task_id", "must be the task of the request");
    }
    if found.1 != expected.1 {
        return refuse("actor", "must be the acting identity");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use crate::actor::{ActorContext, Authority, OriginKind};
    use crate::error::ErrorKind;
    use crate::manager::testing::{World, human, limited};
    use crate::run::RunStatus;
    use crate::store::TriageStore;

    fn bob() -> ActorContext {
        ActorContext::derive_human("bob", OriginKind::Web, "tab").unwrap()
    }

    #[test]
    fn reading_remembers_the_latest_activity_and_leaves_no_trace_on_the_task() {
        let mut world = World::new();
        let task = world.task("design");
        let created = world.now();
        let before = world.record("design");
        world.advance(60);
        let state = world.manager.mark_task_read(&task, &human()).unwrap();
        assert_eq!((state.read, state.archived, state.dismissed), (true, false, false));
        assert_eq!(state.last_seen_activity_at, Some(created));
        assert_eq!(state.updated_at, world.now());
        assert_eq!(world.record("design"), before);
        assert_eq!(world.events("design"), ["created"]);
    }

    #[test]
    fn a_run_counts_as_activity() {
        let mut world = World::new();
        let task = world.task("design");
        world.advance(60);
        world.put_run("design", RunStatus::Queued);
        let queued = world.now();
        world.advance(60);
        let state = world.manager.mark_task_read(&task, &human()).unwrap();
        assert_eq!(state.last_seen_activity_at, Some(queued));
    }

    #[test]
    fn each_mutation_leaves_the_flags_of_its_row() {
        let mut world = World::new();
        let task = world.task("design");
        let manager = &mut world.manager;
        let dismissed = manager.dismiss_task(&task, &human()).unwrap();
        assert_eq!((dismissed.read, dismissed.archived, dismissed.dismissed), (true, false, true));
        let archived = manager.archive_task(&task, &human()).unwrap();
        assert_eq!((archived.read, archived.archived, archived.dismissed), (true, true, false));
        let dismissed = manager.dismiss_task(&task, &human()).unwrap();
        assert_eq!((dismissed.read, dismissed.archived, dismissed.dismissed), (true, true, true));
        let read = manager.mark_task_read(&task, &human()).unwrap();
        assert_eq!((read.read, read.archived, read.dismissed), (true, true, false));
    }

    #[test]
    fn identities_do_not_see_one_another() {
        let mut world = World::new();
        let task = world.task("design");
        world.manager.archive_task(&task, &human()).unwrap();
        let other = world.manager.dismiss_task(&task, &bob()).unwrap();
        assert_eq!((other.archived, other.dismissed), (false, true));
    }

    #[test]
    fn the_door_does_not_matter() {
        let mut world = World::new();
        let task = world.task("design");
        world.manager.archive_task(&task, &human()).unwrap();
        let same = ActorContext::derive_human("ada", OriginKind::Web, "tab").unwrap();
        assert!(world.manager.mark_task_read(&task, &same).unwrap().archived);
    }

    #[test]
    fn an_earlier_record_comes_back_bit_by_bit() {
        let mut world = World::new();
        let task = world.task("design");
        let archived = world.manager.archive_task(&task, &human()).unwrap();
        world.advance(60);
        world.manager.dismiss_task(&task, &human()).unwrap();
        world.manager.restore_triage(&task, Some(archived.clone()), &human()).unwrap();
        let stored = world.manager.store().get_triage(&task, &human().actor);
        assert_eq!(stored.as_deref(), Some(&archived));
        world.manager.restore_triage(&task, None, &human()).unwrap();
        assert_eq!(world.manager.store().get_triage(&task, &human().actor), None);
        assert_eq!(world.events("design"), ["created"]);
    }

    #[test]
    fn unread_leaves_no_record_and_answers_the_one_before() {
        let mut world = World::new();
        let task = world.task("design");
        assert_eq!(world.manager.mark_task_unread(&task, &human()), Ok(None));
        let read = world.manager.mark_task_read(&task, &human()).unwrap();
        assert_eq!(world.manager.mark_task_unread(&task, &human()), Ok(Some(read)));
        assert_eq!(world.manager.store().get_triage(&task, &human().actor), None);
    }

    #[test]
    fn nobody_restores_anothers_record_or_that_of_another_task() {
        let mut world = World::new();
        let task = world.task("design");
        world.task("build");
        let state = world.manager.mark_task_read(&task, &human()).unwrap();
        let as_bob = world.refuses(ErrorKind::Validation, |manager| {
            manager.restore_triage(&task, Some(state.clone()), &bob())
        });
        assert_eq!(as_bob.path(), "task_triage_state.actor");
        let elsewhere = world.refuses(ErrorKind::Validation, |manager| {
            manager.restore_triage(&"build".into(), Some(state.clone()), &human())
        });
        assert_eq!(elsewhere.path(), "task_triage_state.task_id");
        let reader = limited(human(), Authority { read: true, ..Authority::default() });
        world.refuses(ErrorKind::PermissionDenied, |manager| {
            manager.restore_triage(&task, None, &reader)
        });
        world.refuses(ErrorKind::TaskNotFound, |manager| {
            manager.mark_task_unread(&"gone".into(), &human())
        });
    }

    #[test]
    fn triage_asks_for_write_and_for_a_task() {
        let mut world = World::new();
        let task = world.task("design");
        let reader = limited(human(), Authority { read: true, ..Authority::default() });
        world
            .refuses(ErrorKind::PermissionDenied, |manager| manager.mark_task_read(&task, &reader));
        world.refuses(ErrorKind::Validation, |manager| manager.archive_task(&" ".into(), &human()));
        world.refuses(ErrorKind::TaskNotFound, |manager| {
            manager.dismiss_task(&"gone".into(), &human())
        });
    }
}
