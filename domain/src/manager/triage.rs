//! What an identity has seen, put away or dismissed. Each identity has its own
//! records; the task and its log know nothing of them.

use crate::actor::ActorContext;
use crate::error::Result;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use crate::actor::{ActorContext, Authority, OriginKind};
    use crate::error::ErrorKind;
    use crate::manager::testing::{World, human, limited};
    use crate::run::RunStatus;

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
