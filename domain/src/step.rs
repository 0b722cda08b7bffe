//! What somebody could do next about a task. A step names an operation and what
//! it is about; the operation itself decides.

use crate::availability::Situation;
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::run::RunStatus;
use crate::task::{MAX_TASK_MAX_ATTEMPTS, Status};
use crate::time::Timestamp;

/// A proposed step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Publish the draft.
    Publish,
    /// Queue a run.
    Start,
    /// Queue a run after one that was completed or canceled, or where the failed
    /// one was retried already.
    RunAgain,
    /// Retry this failed run.
    Retry(RunId),
    /// Allow this many attempts.
    RaiseAttempts(u32),
    /// Make a new draft of the same content: nothing else leads on.
    Duplicate,
    /// Approve, or reject.
    Approve,
    /// Open a refused approval again: set the policy to none, then to manual.
    DecideAgain,
    /// Look at the task that everything waits for.
    OpenTask(TaskId),
    /// End the pause of this task.
    Resume(TaskId),
    /// End the pause of the scheduler.
    ResumeScheduler,
    /// Take the work on by hand.
    Take,
    /// End the work on this run.
    Finish(RunId),
    /// Take this claimed run back by force.
    ForceRelease(RunId),
    /// Take back all leases that have ended.
    RecoverExpired,
    /// Take back all leases of this session.
    ReleaseSession(SessionId),
    /// Wait until this instant.
    WaitUntil(Timestamp),
    /// Find a worker for this run: wake one, or register one that can do it.
    FindWorker(RunId),
    /// Give the task to somebody who may claim it, or to nobody.
    ChangeOwner,
    /// Let other workers do it, in the execution profile.
    ChangeProfile,
    /// Record a verdict on this review.
    RecordVerdict(ReviewId),
    /// Bind this review to the acting session.
    TakeReview(ReviewId),
    /// Decide how the halted reviews of the task go on.
    SettleReviews,
    /// Bring the task back from the archive.
    Unarchive,
    /// End the snooze.
    Wake,
}

/// What leads to another attempt at a task, or why there can be none; `None` while
/// a run is open.
pub fn next_attempt(situation: &Situation) -> Option<Step> {
    if situation.open_run().is_some() {
        return None;
    }
    let task = &situation.task;
    match task.status {
        Status::Canceled => return Some(Step::Duplicate),
        Status::Draft => return Some(Step::Publish),
        _ => {}
    }
    if situation.facts().exhausted(task.max_attempts) {
        let more = task.max_attempts + 1;
        let allowed = more <= MAX_TASK_MAX_ATTEMPTS;
        return Some(if allowed { Step::RaiseAttempts(more) } else { Step::Duplicate });
    }
    let latest = situation.runs.iter().max_by_key(|run| (run.attempt, run.queued_at, &run.id));
    Some(match latest {
        None => Step::Start,
        Some(run) if run.status == RunStatus::Failed => Step::Retry(run.id.clone()),
        Some(_) => Step::RunAgain,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;
    use crate::manager::testing::World;

    fn next(world: &World, task: &str) -> Option<Step> {
        next_attempt(&Situation::of(world.manager.store(), &task.into()).unwrap())
    }

    #[test]
    fn every_end_of_a_run_leads_to_its_own_step() {
        for status in RunStatus::ALL.iter().copied() {
            let mut world = World::new();
            world.task("a");
            let run = world.put_run("a", status);
            let expected = match status {
                RunStatus::Queued
                | RunStatus::Claimed
                | RunStatus::Starting
                | RunStatus::Running => None,
                RunStatus::Completed => Some(Step::RunAgain),
                RunStatus::Failed => Some(Step::Retry(run)),
                RunStatus::Canceled => Some(Step::Duplicate),
            };
            assert_eq!(next(&world, "a"), expected, "{status}");
        }
    }

    #[test]
    fn a_first_attempt_is_a_start() {
        let mut world = World::new();
        world.task("a");
        world.draft("b");
        assert_eq!(next(&world, "a"), Some(Step::Start));
        assert_eq!(next(&world, "b"), Some(Step::Publish));
    }

    #[test]
    fn used_up_attempts_can_be_raised_up_to_the_limit() {
        let mut world = World::new();
        for (name, attempts) in [("few", 1), ("many", 10)] {
            world.task_of_attempts(name, attempts);
            for _ in 0..attempts {
                world.put_run(name, RunStatus::Failed);
            }
        }
        assert_eq!(next(&world, "few"), Some(Step::RaiseAttempts(2)));
        assert_eq!(next(&world, "many"), Some(Step::Duplicate));
    }
}
