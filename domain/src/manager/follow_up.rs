//! What the board does by itself once an operation is committed: each a change of
//! its own, whose refusal takes nothing back.

use crate::actor::ActorContext;
use crate::id::{ReviewId, RunId};
use crate::store::Store;

use super::Manager;

/// Decided with a change, done after its commit.
#[derive(Debug)]
pub(super) enum FollowUp {
    /// A run was completed: dependents that ask for it get their run, in the name
    /// of whoever completed it.
    EnqueueDependents { completed: RunId, actor: Box<ActorContext> },
    /// A run ended that the policy wants reviewed.
    RequestReview { run: RunId },
    /// A review failed, and another reviewer shall try.
    RepeatReview { failed: ReviewId },
}

impl<S: Store> Manager<S> {
    /// Does what the last commit left to do, after its hooks.
    pub(super) fn follow_up(&mut self) {
        for follow_up in std::mem::take(&mut self.follow_ups) {
            match follow_up {
                FollowUp::EnqueueDependents { completed, actor } => {
                    self.enqueue_dependents(&completed, &actor);
                }
                FollowUp::RequestReview { run } => self.request_required_review(&run),
                FollowUp::RepeatReview { failed } => self.repeat_review(&failed),
            }
        }
    }
}
