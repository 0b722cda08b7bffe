//! What workers do: a crew takes tasks in the order they were written, some at
//! a time, reports, finishes or fails, and tries again.

use std::collections::VecDeque;
use std::sync::Arc;

use taskloom_domain::claim_token::ClaimToken;
use taskloom_domain::lease::{ClaimCriteria, LeaseCompletion, LeaseFailure, LeaseHeartbeat};
use taskloom_domain::run::{EnqueueRun, RunFailure, RunResult, StartRun};
use taskloom_domain::store::{DependencyStore, RecordStore, RunStore};
use taskloom_domain::{RawJson, Run, RunId, Status, Task, TaskId};

use crate::backlog::{MAX_ATTEMPTS, POOL, untouched_from};
use crate::board::{Board, Counts, allowed, planner, session, task_id};
use crate::random::Random;
use crate::review::Reviews;

/// How many work at once.
const CREW: usize = 8;
/// One in so many runs is left in the queue or under way at the end.
const LEFT_QUEUED: usize = 50;

/// A run that a worker holds.
struct Held {
    run: RunId,
    token: ClaimToken,
    worker: String,
    beats: usize,
}

/// Works until only the last runs are missing, and leaves those in the queue.
pub(crate) fn work(board: &mut Board, random: &mut Random, reviews: &mut Reviews, counts: Counts) {
    let mut runs = 0;
    let mut again = VecDeque::new();
    let mut fresh = (0..untouched_from(counts.tasks)).map(task_id);
    while runs + CREW <= counts.runs - counts.runs / LEFT_QUEUED {
        let mut batch = Vec::new();
        for _ in 0..again.len() + CREW {
            if batch.len() == CREW {
                break;
            }
            let Some(task) = again.pop_front().or_else(|| fresh.next()) else { break };
            if is_free(board, &task) {
                runs += enqueue(board, &task);
                batch.push(task);
            } else {
                again.push_back(task);
            }
        }
        if batch.is_empty() {
            break;
        }
        board.advance_seconds(300 + random.below(600));
        let held: Vec<Held> = batch.iter().enumerate().map(|it| claim(board, random, it)).collect();
        report(board, random, &held);
        for held in held {
            let (ended, outcome) = end(board, random, held);
            match outcome {
                Outcome::Failed => again.push_back(ended.task_id),
                Outcome::GivenUp => {}
                Outcome::Completed => {
                    // A rejection queues the next run by itself.
                    if let Some(next) = reviews.look_at(board, random, &ended) {
                        runs += 1;
                        again.push_back(next);
                    }
                }
            }
        }
    }
    leave_queued(board, random, counts.runs - runs, counts.tasks);
}

/// Whether a run of the task could start.
fn is_free(board: &Board, task: &TaskId) -> bool {
    let status = stored(board, task).status;
    matches!(status, Status::Ready | Status::Pending | Status::Failed)
}

fn stored(board: &Board, task: &TaskId) -> Arc<Task> {
    board.manager.store().get_task(task).expect("the script only names tasks that it made")
}

/// Answers how many runs it added.
fn enqueue(board: &mut Board, task: &TaskId) -> usize {
    let runs = board.manager.store().list_runs_of_task(task);
    if runs.iter().any(|run| !run.status.is_terminal()) {
        return 0;
    }
    board.advance_seconds(1);
    let request = EnqueueRun { task_id: task.clone(), ..EnqueueRun::default() };
    allowed(board.manager.enqueue_run(request, &planner()));
    1
}

fn claim(board: &mut Board, random: &mut Random, (index, task): (usize, &TaskId)) -> Held {
    board.advance_seconds(1 + random.below(5));
    let worker = format!("worker-{}", index + 1);
    let task = stored(board, task);
    let criteria = ClaimCriteria {
        scope: task.scope.into(),
        workspace_id: task.workspace_id.clone(),
        agent_name: POOL.to_owned(),
        ..ClaimCriteria::default()
    };
    let actor = session(&worker);
    let claimed = allowed(board.manager.claim_next_run(criteria, &actor));
    let run = claimed.run.id;
    if random.percent(40) {
        let request = StartRun { idempotency_key: run.to_string() };
        allowed(board.manager.start_run(&run, request, &actor));
    }
    Held { run, token: claimed.claim_token, worker, beats: random.below(5) }
}

/// Signs of life, all workers in turn.
fn report(board: &mut Board, random: &mut Random, held: &[Held]) {
    let longest = held.iter().map(|held| held.beats).max().unwrap_or_default();
    for beat in 0..longest {
        for held in held.iter().filter(|held| held.beats > beat) {
            board.advance_seconds(1 + random.below(6));
            let request = LeaseHeartbeat {
                run_id: held.run.clone(),
                claim_token: held.token.clone(),
                ..LeaseHeartbeat::default()
            };
            allowed(board.manager.heartbeat_run_lease(request, &session(&held.worker)));
        }
    }
}

enum Outcome {
    Completed,
    Failed,
    /// Failed for the last time.
    GivenUp,
}

fn end(board: &mut Board, random: &mut Random, held: Held) -> (Run, Outcome) {
    board.advance_seconds(1 + random.below(5));
    let actor = session(&held.worker);
    let store = board.manager.store();
    let run = store.get_run(&held.run).expect("a claimed run is there");
    // Nobody waits for what fails for good, or nothing would go on.
    let needed = !store.list_dependents(&run.task_id).is_empty();
    let last = i64::from(run.attempt) == MAX_ATTEMPTS;
    if (needed && last) || random.percent(62) {
        let minutes = 1 + random.below(90);
        let value = RawJson::from_text(&format!("{{\"files\":3,\"minutes\":{minutes}}}"));
        let request = LeaseCompletion {
            run_id: held.run,
            claim_token: held.token,
            result: RunResult { value },
            ..LeaseCompletion::default()
        };
        let ended = allowed(board.manager.complete_run_lease(request, &actor));
        return (ended, Outcome::Completed);
    }
    let request = LeaseFailure {
        run_id: held.run,
        claim_token: held.token,
        failure: RunFailure { error: "the tests do not pass".to_owned(), metadata: None },
        ..LeaseFailure::default()
    };
    let ended = allowed(board.manager.fail_run_lease(request, &actor));
    (ended, if last { Outcome::GivenUp } else { Outcome::Failed })
}

/// Fills the queue, mostly with tasks that nobody got to; the first few are
/// claimed and under way.
fn leave_queued(board: &mut Board, random: &mut Random, mut missing: usize, tasks: usize) {
    let mut under_way = 0;
    for task in (0..tasks).map(task_id).rev() {
        if missing == 0 {
            return;
        }
        let status = stored(board, &task).status;
        if !matches!(status, Status::Ready | Status::Pending | Status::Blocked) {
            continue;
        }
        missing -= enqueue(board, &task);
        let claimable = status != Status::Blocked
            && stored(board, &task).owner.as_ref().is_none_or(|owner| owner.reference == POOL);
        if claimable && under_way < CREW {
            claim(board, random, (under_way, &task));
            under_way += 1;
        }
    }
}
