//! The stage of a task: the column of a board that people find it in.
//!
//! A stage says more than the status (a queued task and a task nobody asked for
//! are both `ready`) and is as little edited: it is a function of status, runs
//! and reviews.

use crate::enumeration::enumeration;
use crate::review::RunReview;
use crate::run::{Run, RunStatus};
use crate::task::{Status, Task};

enumeration! {
    /// Where people look for a task. Declared in the order of a board's columns.
    pub enum Stage: listed {
        /// Written down, not yet published.
        Draft = "draft",
        /// Held back by a blocker or an approval.
        Blocked = "blocked",
        /// Free to run; nobody asked for a run.
        Ready = "ready",
        /// A run waits to be claimed.
        Queued = "queued",
        /// Somebody holds a run, even one that has not started yet.
        InProgress = "in_progress",
        /// The latest work waits for a verdict.
        InReview = "in_review",
        /// Completed.
        Done = "done",
        /// Failed, with no attempt left.
        Failed = "failed",
        /// Canceled, for good.
        Canceled = "canceled",
    }
}

/// The stage of a task, from all of its runs and reviews in any order.
///
/// The first rule that fits decides. A merely claimed run leaves the status
/// `ready`, but to people it is work under way, so it counts as progress even
/// where a blocker was added meanwhile.
pub fn stage<'a>(
    task: &Task,
    runs: impl IntoIterator<Item = &'a Run>,
    reviews: impl IntoIterator<Item = &'a RunReview>,
) -> Stage {
    match task.status {
        Status::Canceled => return Stage::Canceled,
        Status::Draft => return Stage::Draft,
        _ => {}
    }
    let found = Found::of(runs);
    if found.active {
        return Stage::InProgress;
    }
    match task.status {
        Status::Blocked => Stage::Blocked,
        Status::Ready if found.queued => Stage::Queued,
        _ if !found.queued && found.awaits_verdict(reviews) => Stage::InReview,
        Status::Failed => Stage::Failed,
        Status::Completed => Stage::Done,
        _ => Stage::Ready,
    }
}

/// What the runs say, in one pass.
#[derive(Default)]
struct Found<'a> {
    active: bool,
    queued: bool,
    latest_terminal: Option<&'a Run>,
}

impl<'a> Found<'a> {
    fn of(runs: impl IntoIterator<Item = &'a Run>) -> Self {
        let mut found = Self::default();
        for run in runs {
            match run.status {
                RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => {
                    found.active = true;
                }
                RunStatus::Queued => found.queued = true,
                RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => {
                    let rank = |run: &'a Run| (run.attempt, run.queued_at, &run.id);
                    if found.latest_terminal.is_none_or(|best| rank(run) > rank(best)) {
                        found.latest_terminal = Some(run);
                    }
                }
            }
        }
        found
    }

    fn awaits_verdict(&self, reviews: impl IntoIterator<Item = &'a RunReview>) -> bool {
        let Some(run) = self.latest_terminal else { return false };
        reviews.into_iter().any(|review| review.run_id == run.id && review.status.is_open())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;
    use crate::enumeration::Enumeration;
    use crate::review::RunReviewStatus;

    const TIME: &str = "2026-01-01T00:00:00Z";

    fn task(status: Status) -> Task {
        let who = json!({"kind": "human", "ref": "ada"});
        serde_json::from_value(json!({
            "id": "task-1", "scope": "global", "title": "Parse", "status": status,
            "created_by": who, "origin": {"kind": "web", "ref": "tab"},
            "created_at": TIME, "updated_at": TIME,
        }))
        .unwrap()
    }

    fn run(attempt: u32, status: RunStatus) -> Run {
        serde_json::from_value(json!({
            "id": format!("run-{attempt}"), "task_id": "task-1", "status": status,
            "attempt": attempt, "origin": {"kind": "web", "ref": "tab"}, "queued_at": TIME,
        }))
        .unwrap()
    }

    fn review(run: &str, status: RunReviewStatus) -> RunReview {
        serde_json::from_value(json!({
            "review_id": "review-1", "task_id": "task-1", "run_id": run, "policy": "always",
            "review_round": 1, "attempt": 1, "status": status, "requested_at": TIME,
            "created_at": TIME, "updated_at": TIME,
        }))
        .unwrap()
    }

    fn stage_with(status: Status, runs: &[RunStatus]) -> Stage {
        let runs: Vec<Run> =
            runs.iter().zip(1..).map(|(status, attempt)| run(attempt, *status)).collect();
        stage(&task(status), &runs, [])
    }

    #[test]
    fn every_status_without_runs_has_its_stage() {
        for status in Status::ALL {
            let expected = match status {
                Status::Draft => Stage::Draft,
                Status::Blocked => Stage::Blocked,
                Status::Pending | Status::Ready | Status::InProgress => Stage::Ready,
                Status::Completed => Stage::Done,
                Status::Failed => Stage::Failed,
                Status::Canceled => Stage::Canceled,
            };
            assert_eq!(stage_with(*status, &[]), expected, "{status}");
        }
    }

    #[test]
    fn every_run_status_moves_a_ready_task() {
        for status in RunStatus::ALL {
            let expected = match status {
                RunStatus::Queued => Stage::Queued,
                RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => Stage::InProgress,
                RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => Stage::Ready,
            };
            assert_eq!(stage_with(Status::Ready, &[*status]), expected, "{status}");
        }
    }

    #[test]
    fn a_claim_counts_as_progress_behind_a_new_blocker() {
        assert_eq!(stage_with(Status::Blocked, &[RunStatus::Claimed]), Stage::InProgress);
        assert_eq!(stage_with(Status::Blocked, &[RunStatus::Queued]), Stage::Blocked);
    }

    #[test]
    fn canceled_wins_over_a_run_that_was_left_open() {
        assert_eq!(stage_with(Status::Canceled, &[RunStatus::Running]), Stage::Canceled);
    }

    #[test]
    fn only_open_reviews_of_the_latest_finished_run_count() {
        for status in RunReviewStatus::ALL {
            let expected = if status.is_open() { Stage::InReview } else { Stage::Done };
            let runs = [run(1, RunStatus::Failed), run(2, RunStatus::Completed)];
            let done = task(Status::Completed);
            assert_eq!(stage(&done, &runs, &[review("run-2", *status)]), expected, "{status}");
            assert_eq!(stage(&done, &runs, &[review("run-1", *status)]), Stage::Done, "{status}");
        }
    }

    #[test]
    fn a_fresh_run_ends_the_wait_for_a_verdict() {
        let runs = [run(1, RunStatus::Completed), run(2, RunStatus::Queued)];
        let open = [review("run-1", RunReviewStatus::Requested)];
        assert_eq!(stage(&task(Status::Ready), &runs, &open), Stage::Queued);
    }
}
