#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::store::MemoryStore;
use crate::task::Status;

const NOON: &str = "2026-01-01T12:00:00Z";
const EVENING: &str = "2026-01-01T18:00:00Z";

fn with(mut base: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    base.as_object_mut().unwrap().extend(more);
    base
}

fn task(id: &str, more: Value) -> Record {
    let base = json!({
        "id": id, "scope": "global", "title": id, "status": "ready", "max_attempts": 3,
        "created_by": {"kind": "human", "ref": "ada"}, "origin": {"kind": "cli", "ref": "t"},
        "created_at": NOON, "updated_at": NOON,
    });
    Record::Task(Arc::new(serde_json::from_value(with(base, more)).unwrap()))
}

fn plain(id: &str) -> Record {
    task(id, json!({}))
}

fn child(id: &str, parent: &str) -> Record {
    task(id, json!({"parent_task_id": parent}))
}

fn waits(task: &str, on: &str) -> Record {
    let edge =
        json!({"task_id": task, "depends_on_task_id": on, "kind": "blocks", "created_at": NOON});
    Record::Dependency(Arc::new(serde_json::from_value(edge).unwrap()))
}

fn run(id: &str, task: &str, more: Value) -> Record {
    let base = json!({
        "id": id, "task_id": task, "status": "queued", "attempt": 1,
        "origin": {"kind": "cli", "ref": "t"}, "queued_at": NOON,
    });
    Record::Run(Arc::new(serde_json::from_value(with(base, more)).unwrap()))
}

fn review(id: &str, more: Value) -> Record {
    let base = json!({
        "review_id": id, "task_id": "t", "run_id": "r", "policy": "always", "review_round": 1,
        "attempt": 1, "status": "requested", "requested_at": NOON, "created_at": NOON,
        "updated_at": NOON,
    });
    Record::Review(Arc::new(serde_json::from_value(with(base, more)).unwrap()))
}

/// Merges the records of two sides, those of the second over those of the first.
fn merged(board: &[Record], bundle: &[Record]) -> Result<(), MergeConflict> {
    let side = |records: &[Record]| records.iter().cloned().collect::<Side>();
    let both = MemoryStore::from_records(board.iter().chain(bundle).cloned());
    check([&side(board), &side(bundle)], &both.records().collect())
}

/// Refused, whichever side is the board; and fine where one side has it all already.
fn refused(board: &[Record], bundle: &[Record]) -> MergeConflict {
    let conflict = merged(board, bundle).unwrap_err();
    merged(bundle, board).unwrap_err();
    let all = [board, bundle].concat();
    assert_eq!(merged(&all, bundle), Ok(()), "the board broke that rule before");
    assert_eq!(merged(board, &all), Ok(()), "the bundle broke that rule before");
    conflict
}

fn many(count: usize, record: impl Fn(String) -> Record) -> Vec<Record> {
    (0..count).map(|number| record(format!("t{number:02}"))).collect()
}

#[test]
fn a_loop_over_edges_of_both_sides_is_refused() {
    let conflict = refused(&[waits("a", "b"), waits("b", "c")], &[waits("c", "a")]);
    assert_eq!(conflict.kind(), ErrorKind::CycleDetected);
    assert_eq!(
        conflict.to_string(),
        "merged, these tasks would wait for one another: a -> b -> c -> a"
    );
    assert_eq!(conflict.tasks(), ["a", "b", "c", "a"].map(TaskId::from));
}

#[test]
fn a_loop_of_parents_is_refused() {
    let board = [plain("a"), child("b", "a")];
    let conflict = merged(&board, &[child("a", "b")]).unwrap_err();
    assert_eq!(conflict, MergeConflict::ParentCycle(["a", "b", "a"].map(TaskId::from).into()));
}

#[test]
fn the_thirty_third_blocker_is_refused() {
    let half = |from: usize| many(16 + from, |on| waits("t", &format!("{from}{on}")));
    assert_eq!(merged(&half(0), &many(16, |on| waits("t", &format!("1{on}")))), Ok(()));
    let conflict = refused(&half(0), &half(1));
    assert_eq!(conflict.kind(), ErrorKind::GraphLimitExceeded);
    assert_eq!(conflict.to_string(), "merged, task t would have 33 blockers; 32 is the most");
}

#[test]
fn the_sixty_fifth_child_is_refused() {
    let some = |count, side: &str| many(count, |id| child(&format!("{side}{id}"), "t"));
    assert_eq!(merged(&some(32, "a"), &some(32, "b")), Ok(()));
    let conflict = refused(&some(32, "a"), &some(33, "b"));
    assert_eq!(conflict.to_string(), "merged, task t would have 65 children; 64 is the most");
    assert_eq!(conflict.tasks(), [TaskId::from("t")]);
}

#[test]
fn the_ninth_level_is_refused() {
    let chain = |ids: &[&str]| -> Vec<Record> {
        let below = ids.windows(2).map(|pair| child(pair[1], pair[0]));
        std::iter::once(plain(ids[0])).chain(below).collect()
    };
    let board = chain(&["e", "f", "g", "h"]);
    let above = |ids: &[&str]| -> Vec<Record> {
        chain(ids).into_iter().chain([child("e", ids[ids.len() - 1])]).collect()
    };
    assert_eq!(merged(&board, &above(&["a", "b", "c", "d"])), Ok(()));
    let conflict = merged(&board, &above(&["a", "b", "c", "d", "dd"])).unwrap_err();
    assert_eq!(conflict.to_string(), "merged, task h would have 9 levels; 8 is the most");
}

#[test]
fn a_child_does_not_come_to_lie_outside_of_its_parents_workspace() {
    let board = [plain("p"), child("c", "p")];
    let bundle = [task("p", json!({"scope": "workspace", "workspace_id": "w"}))];
    let conflict = merged(&board, &bundle).unwrap_err();
    assert_eq!(conflict, MergeConflict::Scope { task: "c".into(), parent: "p".into() });
    assert_eq!(conflict.kind(), ErrorKind::InvalidScopeBinding);
}

#[test]
fn a_second_open_run_of_a_task_is_refused_in_every_open_status() {
    for status in ["queued", "claimed", "starting", "running"] {
        let conflict =
            refused(&[run("r1", "t", json!({}))], &[run("r2", "t", json!({"status": status}))]);
        assert_eq!(
            conflict.to_string(),
            "merged, task t would have two open runs: r1 and r2",
            "{status}"
        );
        assert_eq!(conflict.kind(), ErrorKind::Conflict);
    }
    for status in ["completed", "failed", "canceled"] {
        let ended = run("r2", "t", json!({"status": status}));
        assert_eq!(merged(&[run("r1", "t", json!({}))], &[ended]), Ok(()), "{status}");
    }
}

#[test]
fn a_run_that_ended_on_the_other_side_makes_room() {
    let board = [run("r1", "t", json!({})), run("r2", "t", json!({}))];
    let bundle = [run("r1", "t", json!({"status": "failed"}))];
    assert_eq!(merged(&board, &bundle), Ok(()));
}

#[test]
fn a_second_retry_of_a_run_is_refused() {
    let retry = |id| run(id, id, json!({"status": "failed", "previous_run_id": "r0"}));
    let conflict = refused(&[retry("r1")], &[retry("r2")]);
    assert_eq!(conflict.to_string(), "merged, run r0 would be retried twice: by r1 and r2");
}

#[test]
fn a_second_continuation_of_a_review_is_refused() {
    let continuation = |id| {
        let review = json!({"review_id": "v", "parent_run_id": "r0", "review_round": 1});
        run(id, id, json!({"status": "failed", "review": review}))
    };
    let conflict = refused(&[continuation("r1")], &[continuation("r2")]);
    assert_eq!(conflict.to_string(), "merged, review v would be continued twice: by r1 and r2");
}

#[test]
fn a_second_review_of_one_round_and_attempt_is_refused() {
    let conflict = refused(&[review("v1", json!({}))], &[review("v2", json!({}))]);
    let text = "merged, run r would have two reviews in round 1, attempt 1: v1 and v2";
    assert_eq!(conflict.to_string(), text);
    let next = review("v2", json!({"attempt": 2}));
    assert_eq!(merged(&[review("v1", json!({}))], &[next]), Ok(()));
}

#[test]
fn a_session_does_not_come_to_two_active_reviews() {
    let bound = |id, run, status| {
        review(id, json!({"run_id": run, "status": status, "reviewer_session_id": "s"}))
    };
    let conflict = refused(&[bound("v1", "r1", "in_review")], &[bound("v2", "r2", "routed")]);
    assert_eq!(conflict.to_string(), "merged, session s would do two reviews: v1 and v2");
    let recorded = bound("v2", "r2", "recorded");
    assert_eq!(merged(&[bound("v1", "r1", "in_review")], &[recorded]), Ok(()));
}

#[test]
fn a_session_does_not_come_to_two_leases_at_a_time() {
    let lease = |id, from, until| {
        let lease = json!({
            "status": "claimed", "session_id": "s", "claimed_at": from, "lease_until": until,
        });
        run(id, id, lease)
    };
    let late = "2026-01-01T23:00:00Z";
    let conflict = refused(&[lease("r1", NOON, late)], &[lease("r2", EVENING, late)]);
    assert_eq!(conflict.kind(), ErrorKind::ActiveRunLease);
    assert_eq!(conflict.to_string(), "merged, session s would work on two runs: r1 and r2");
    let after = lease("r2", EVENING, late);
    assert_eq!(merged(&[lease("r1", NOON, EVENING)], &[after]), Ok(()), "one after the other");
}

#[test]
fn what_waits_follows_a_blocker_that_the_other_side_completed() {
    let done = run("r", "a", json!({"status": "completed", "ended_at": EVENING}));
    let waiting = task("b", json!({"status": "blocked"}));
    let store =
        MemoryStore::from_records([plain("a"), waiting, plain("c"), waits("b", "a"), done.clone()]);
    let affected: Vec<TaskId> = affected(&store, [&done]).into_iter().collect();
    assert_eq!(affected, ["a", "b"].map(TaskId::from));
    let settled = |id: &str| settled(&store, &store.get_task(&id.into()).unwrap());
    let (a, b, c) = (settled("a"), settled("b"), settled("c"));
    assert_eq!((a.status, b.status, c.status), (Status::Completed, Status::Ready, Status::Ready));
    assert_eq!(a.closed_at.unwrap().to_string(), EVENING);
    assert_eq!((b.closed_at, a.updated_at.to_string().as_str()), (None, NOON));
    assert_eq!(c, *store.get_task(&"c".into()).unwrap());
}

#[test]
fn work_that_goes_on_opens_an_ended_task_again() {
    let ended = task("a", json!({"status": "completed", "closed_at": NOON}));
    let store = MemoryStore::from_records([ended, run("r", "a", json!({"status": "running"}))]);
    let settled = settled(&store, &store.get_task(&"a".into()).unwrap());
    assert_eq!((settled.status, settled.closed_at), (Status::InProgress, None));
}
