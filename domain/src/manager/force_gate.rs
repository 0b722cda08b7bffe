//! The policy that force operations share: pausing and resuming tasks, and
//! taking, failing and retrying runs over their workers' heads.

use crate::actor::{ActorContext, ActorKind};
use crate::diagnostic;
use crate::error::Result;
use crate::id::TaskId;
use crate::store::Store;

use super::Manager;

impl<S: Store> Manager<S> {
    /// Passes writers, except agent sessions on boards that keep them from using
    /// force. Comes before anything of the request is looked at.
    ///
    /// # Errors
    ///
    /// `validation`, `permission_denied`, `forbidden_operator_action`.
    pub(super) fn force_gate(&self, actor: &ActorContext) -> Result<()> {
        actor.authorize_write()?;
        if actor.actor.kind == ActorKind::AgentSession && !self.options.force.allow_agent_force {
            return Err(diagnostic::force::forbidden(&actor.actor));
        }
        Ok(())
    }

    /// Counts a force operation on a task. Comes after the target was loaded; a
    /// later refusal does not give the count back.
    ///
    /// # Errors
    ///
    /// `force_op_rate_limited`.
    pub(super) fn force_rate(&mut self, actor: &ActorContext, task: &TaskId) -> Result<()> {
        let now = self.now();
        self.force_limiter.admit(&actor.actor, task, now)
    }
}
