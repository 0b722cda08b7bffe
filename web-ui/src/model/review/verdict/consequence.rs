//! What recording a verdict brings about.

use taskloom_domain::availability::Situation;
use taskloom_domain::id::TaskId;
use taskloom_domain::review::RunReviewOutcome;
use taskloom_domain::store::{DependencyStore, RecordStore, RunReviewStore, RunStore};
use taskloom_domain::task::Status;

use crate::model::phrase::count;

/// What the sentence about a rejection counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consequences {
    /// The attempt that would be queued.
    pub attempt: u32,
    /// How many there may be.
    pub max_attempts: u32,
    /// The dependents that a finished task has freed, and that wait again.
    pub blocked_again: usize,
    /// Those of them that somebody works on already.
    pub running: usize,
}

/// The line above the button: what follows from an outcome.
pub fn consequence<S>(store: &S, task: &TaskId, outcome: RunReviewOutcome) -> String
where
    S: RecordStore + DependencyStore + RunStore + RunReviewStore,
{
    let line = match outcome {
        RunReviewOutcome::Approved => {
            "Approving records the verdict and queues nothing: finished work has freed what waited for it already."
                .to_owned()
        }
        RunReviewOutcome::Rejected => Consequences::of(store, task).sentence(),
        RunReviewOutcome::Blocked => {
            "Nothing is queued, and the reviews of this task are halted until another verdict is recorded."
                .to_owned()
        }
        RunReviewOutcome::Error | RunReviewOutcome::Timeout | RunReviewOutcome::InvalidOutput => {
            "This closes the review without a decision and queues nothing: ask for another one to have the work judged."
                .to_owned()
        }
    };
    let gate = store.get_review_gate(task);
    let halted = gate.is_some_and(|gate| gate.review_circuit_opened_at.is_some());
    if halted && outcome != RunReviewOutcome::Blocked {
        format!("{line} It ends the halt of this task's reviews.")
    } else {
        line
    }
}

impl Consequences {
    /// What a rejection of a run of this task would bring about.
    pub fn of<S>(store: &S, task: &TaskId) -> Self
    where
        S: RecordStore + DependencyStore + RunStore + RunReviewStore,
    {
        let Some(situation) = Situation::of(store, task) else { return Self::default() };
        // Only a finished task has freed anybody.
        let freed = situation.task.status == Status::Completed;
        let dependents = store.list_dependents(task).into_iter().filter_map(|edge| {
            let dependent = Situation::of(store, &edge.task_id)?;
            (freed && !dependent.task.status.is_terminal()).then_some(dependent)
        });
        let mut consequences = Self {
            attempt: situation.facts().highest_attempt + 1,
            max_attempts: situation.task.max_attempts,
            ..Self::default()
        };
        for dependent in dependents {
            match dependent.active_run() {
                Some(_) => consequences.running += 1,
                None => consequences.blocked_again += 1,
            }
        }
        consequences
    }

    /// The sentence.
    pub fn sentence(&self) -> String {
        let queues = format!(
            "Rejecting queues attempt {} of {} with your notes",
            self.attempt, self.max_attempts
        );
        let dependents = match (self.blocked_again, self.running) {
            (0, 0) => return queues + ".",
            (0, 1) => "1 dependent is already running".to_owned(),
            (0, running) => format!("{running} dependents are already running"),
            (blocked, running) => {
                let verb = if blocked == 1 { "becomes" } else { "become" };
                let again = format!("{} {verb} blocked again", count(blocked, "dependent"));
                match running {
                    0 => again,
                    1 => again + ", 1 is already running",
                    _ => format!("{again}, {running} are already running"),
                }
            }
        };
        format!("{queues}; {dependents}.")
    }
}
