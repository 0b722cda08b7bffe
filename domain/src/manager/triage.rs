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
