//! The scheduler's switch, drains, and leases that have ended.

use std::time::Duration as Wait;

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::lease::ExpiredLeaseRecovery;
use taskloom_domain::manager::{Drain, DrainLook};
use taskloom_domain::scheduler::{
    SchedulerDrainRequest, SchedulerDrainResult, SchedulerPauseRequest, SchedulerResumeRequest,
};
use taskloom_domain::time::Duration;

use super::Gestures;
use crate::model::phrase;
use crate::model::refusal::Refusal;

/// How often a drain looks again.
const LOOK: Wait = Wait::from_millis(250);

impl Gestures {
    /// Hands out no runs any more.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn pause_scheduler(self, reason: String) -> Result<(), Refusal> {
        self.board
            .run(move |manager, actor| {
                let request = SchedulerPauseRequest { reason: reason.clone() };
                manager.pause_scheduler(request, actor)
            })
            .await
            .map_err(|error| self.refusal("The scheduler was not paused", &error))?;
        self.feedback.done("The scheduler is paused: what is claimed goes on");
        Ok(())
    }

    /// Hands out runs again.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn resume_scheduler(self) -> Result<(), Refusal> {
        self.board
            .run(|manager, actor| {
                manager.resume_scheduler(SchedulerResumeRequest::default(), actor)
            })
            .await
            .map_err(|error| self.refusal("The scheduler was not resumed", &error))?;
        self.feedback.done("The scheduler hands out runs again");
        Ok(())
    }

    /// Pauses, and waits until nobody holds a run or the time is over; then `done`
    /// hears how it ended.
    ///
    /// # Errors
    ///
    /// The refusal, as of the beginning.
    pub async fn drain_scheduler(
        self,
        reason: String,
        timeout: Duration,
        done: Callback<SchedulerDrainResult>,
    ) -> Result<(), Refusal> {
        let drain = self
            .board
            .run(move |manager, actor| {
                let request = SchedulerDrainRequest { reason: reason.clone(), timeout };
                manager.begin_drain(request, actor)
            })
            .await
            .map_err(|error| self.refusal("The drain did not begin", &error))?;
        self.look_at_drain(drain, done);
        Ok(())
    }

    fn look_at_drain(self, drain: Drain, done: Callback<SchedulerDrainResult>) {
        match self.board.read(|manager| manager.poll_drain(&drain)) {
            None => {}
            Some(DrainLook::Wait(_)) => {
                set_timeout(move || self.look_at_drain(drain.clone(), done), LOOK);
            }
            Some(DrainLook::Over(status)) => spawn_local(async move {
                let ended = self.board.run(move |manager, actor| {
                    Ok(manager.finish_drain(drain.clone(), status.clone(), actor))
                });
                match ended.await {
                    // Whoever asked may have left the page by now.
                    Ok(result) => drop(done.try_run(result)),
                    Err(error) => {
                        self.feedback.refused(&self.refusal("The drain was not ended", &error));
                    }
                }
            }),
        }
    }

    /// Puts runs back into the queue whose lease has ended, and answers how many.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn recover_expired(self) -> Result<usize, Refusal> {
        let recovered = self
            .board
            .run(|manager, actor| {
                manager.recover_expired_run_leases(ExpiredLeaseRecovery::default(), actor)
            })
            .await
            .map_err(|error| self.refusal("Nothing was recovered", &error))?
            .len();
        self.feedback.done(match recovered {
            0 => "No lease has expired".to_owned(),
            some => format!("{} back in the queue", phrase::count(some, "run")),
        });
        Ok(recovered)
    }
}
