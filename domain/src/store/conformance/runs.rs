//! Runs: lists, leases, lineage.

use std::sync::Arc;

use super::expect_ids;
use super::fixture::{at, run, run_in, task, transact};
use crate::claim_token::ClaimTokenHash;
use crate::enumeration::Enumeration;
use crate::query::RunQuery;
use crate::run::{Run, RunReviewLineage, RunStatus};
use crate::store::{Store, WithPaused};
use crate::task::{Priority, Scope, Status, Task};

pub(super) fn check<S: Store>(make: &impl Fn() -> S) {
    lists_go_from_the_newest_on(make());
    status_lists_go_from_the_oldest_on(make());
    sessions_find_their_runs(make());
    leases_end_in_order(make());
    retries_and_continuations_are_found(make());
    the_backlog_is_every_queued_run_in_order(make());
}

#[track_caller]
fn expect_runs(rule: &str, list: &[Arc<Run>], expected: &[&str]) {
    expect_ids(rule, list, |run| run.id.to_string(), expected);
}

fn lists_go_from_the_newest_on<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_run(Run { queued_at: at(2), ..run("b", "t") });
        store.put_run(Run { queued_at: at(1), session_id: Some("s".into()), ..run("d", "t") });
        store.put_run(Run { queued_at: at(2), ..run("c", "t") });
        let coordination_channel_id = "ops".to_owned();
        let failed = run_in(RunStatus::Failed, "a", "u");
        store.put_run(Run { queued_at: at(3), coordination_channel_id, ..failed });
    });
    let rule = "runs: newest queued_at first, then greatest id";
    expect_runs(rule, &store.list_runs(&RunQuery::default()), &["a", "c", "b", "d"]);
    expect_runs(rule, &store.list_runs_of_task(&"t".into()), &["c", "b", "d"]);
    expect_runs(rule, &store.list_runs_of_task(&"gone".into()), &[]);
    let off = RunQuery::default;
    let cases: [(RunQuery, &[&str]); 7] = [
        (RunQuery { task_id: Some("t".into()), limit: 2, ..off() }, &["c", "b"]),
        (RunQuery { status: RunStatus::Failed.into(), ..off() }, &["a"]),
        (RunQuery { session_id: Some("s".into()), ..off() }, &["d"]),
        (RunQuery { coordination_channel_id: "ops".into(), ..off() }, &["a"]),
        (RunQuery { task_id: Some("t".into()), session_id: Some("s".into()), ..off() }, &["d"]),
        (RunQuery { task_id: Some("t".into()), status: RunStatus::Failed.into(), ..off() }, &[]),
        (RunQuery { limit: 1, ..off() }, &["a"]),
    ];
    for (query, expected) in cases {
        expect_runs(&format!("runs: of {query:?}"), &store.list_runs(&query), expected);
    }
    transact(&mut store, |store| store.put_run(Run { queued_at: at(4), ..run("d", "u") }));
    expect_runs("runs: moved to another task", &store.list_runs_of_task(&"u".into()), &["d", "a"]);
    expect_runs("runs: gone from the first", &store.list_runs_of_task(&"t".into()), &["c", "b"]);
    let of_session = RunQuery { session_id: Some("s".into()), ..off() };
    expect_runs("runs: no longer of the session", &store.list_runs(&of_session), &[]);
}

fn status_lists_go_from_the_oldest_on<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        for status in RunStatus::ALL {
            store.put_run(Run { queued_at: at(1), ..run_in(*status, status.as_str(), "t") });
        }
        store.put_run(Run { queued_at: at(0), ..run_in(RunStatus::Running, "x", "t") });
    });
    let rule = "runs by status: oldest queued_at first, then id";
    let active = store.list_runs_by_status(&RunStatus::ACTIVE);
    expect_runs(rule, &active, &["x", "claimed", "running", "starting"]);
    let twice = store.list_runs_by_status(&[RunStatus::Queued, RunStatus::Queued]);
    expect_runs("runs by status: each once", &twice, &["queued"]);
    expect_runs("runs by status: none of none", &store.list_runs_by_status(&[]), &[]);
    for status in RunStatus::ALL {
        let expected = if *status == RunStatus::Running { 2 } else { 1 };
        let count = store.count_runs_by_status(*status);
        assert_eq!(count, expected, "runs by status: the count of {status}");
    }
    transact(&mut store, |store| {
        store.put_run(run_in(RunStatus::Completed, "x", "t"));
        store.delete_run(&"running".into());
    });
    let counts = [RunStatus::Running, RunStatus::Completed];
    let counts = counts.map(|status| store.count_runs_by_status(status));
    assert_eq!(counts, [0, 2], "runs by status: counts follow");
}

fn sessions_find_their_runs<S: Store>(mut store: S) {
    let hash = || Some(ClaimTokenHash::new("hash"));
    transact(&mut store, |store| {
        for (index, status) in (0..).zip(RunStatus::ALL) {
            store.put_run(Run {
                session_id: Some("s".into()),
                queued_at: at(index),
                ..run_in(*status, status.as_str(), "t")
            });
        }
        store.put_run(Run {
            session_id: Some("other".into()),
            claim_token_hash: hash(),
            ..run_in(RunStatus::Running, "foreign", "t")
        });
    });
    let rule = "session: its active runs, newest queued_at first";
    let active = store.list_active_runs_of_session(&"s".into());
    expect_runs(rule, &active, &["running", "starting", "claimed"]);

    let fenced = |id: &str, status, lease: Option<i64>| Run {
        session_id: Some("s".into()),
        claim_token_hash: hash(),
        lease_until: lease.map(at),
        ..run_in(status, id, "t")
    };
    transact(&mut store, |store| {
        store.put_run(fenced("c", RunStatus::Running, Some(1)));
        store.put_run(fenced("b", RunStatus::Completed, None));
        store.put_run(fenced("a", RunStatus::Failed, None));
        store.put_run(fenced("e", RunStatus::Claimed, Some(2)));
        store.put_run(fenced("d", RunStatus::Canceled, Some(2)));
    });
    let rule = "session: its fenced runs in any status, longest lease first, then id";
    let list = store.list_fenced_runs_of_session(&"s".into());
    expect_runs(rule, &list, &["d", "e", "c", "a", "b"]);
    expect_runs("session: unknown", &store.list_active_runs_of_session(&"gone".into()), &[]);
}

fn leases_end_in_order<S: Store>(mut store: S) {
    let leased =
        |id: &str, status, end| Run { lease_until: Some(at(end)), ..run_in(status, id, "t") };
    transact(&mut store, |store| {
        store.put_run(leased("d", RunStatus::Running, 5));
        store.put_run(leased("c", RunStatus::Claimed, 3));
        store.put_run(leased("b", RunStatus::Starting, 3));
        store.put_run(leased("a", RunStatus::Running, 6));
        store.put_run(leased("ended", RunStatus::Completed, 1));
        store.put_run(run_in(RunStatus::Running, "unleased", "t"));
    });
    let rule = "leases: ended at or before now, earliest first, then id";
    expect_runs(rule, &store.list_expired_leases(at(5), 0), &["b", "c", "d"]);
    expect_runs("leases: the first few", &store.list_expired_leases(at(5), 2), &["b", "c"]);
    expect_runs("leases: none before the end", &store.list_expired_leases(at(2), 0), &[]);
    transact(&mut store, |store| {
        store.put_run(leased("b", RunStatus::Starting, 9));
        store.put_run(Run { lease_until: None, ..run("c", "t") });
    });
    let rule = "leases: extended and given back";
    expect_runs(rule, &store.list_expired_leases(at(5), 0), &["d"]);
}

fn retries_and_continuations_are_found<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_run(run_in(RunStatus::Failed, "source", "t"));
        store.put_run(Run { previous_run_id: Some("source".into()), ..run("retry", "t") });
        let review =
            |id: &str| RunReviewLineage { review_id: Some(id.into()), ..Default::default() };
        store.put_run(Run { review: Some(review("review")), ..run("continuation", "t") });
        let requested =
            RunReviewLineage { request_id: Some("review-2".into()), ..Default::default() };
        store.put_run(Run { review: Some(requested), ..run("reviewed", "t") });
    });
    let id = |run: Option<Arc<Run>>| run.map(|run| run.id.to_string());
    assert_eq!(id(store.get_retry_of(&"source".into())).as_deref(), Some("retry"));
    assert_eq!(store.get_retry_of(&"retry".into()), None, "retries: one way only");
    let continuation = id(store.get_continuation_of(&"review".into()));
    assert_eq!(continuation.as_deref(), Some("continuation"));
    let requested = store.get_continuation_of(&"review-2".into());
    assert_eq!(requested, None, "continuations: a request is none");
    transact(&mut store, |store| store.delete_run(&"retry".into()));
    assert_eq!(store.get_retry_of(&"source".into()), None, "retries: gone with the run");
}

fn the_backlog_is_every_queued_run_in_order<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        let workspace = |id: &str| Task {
            scope: Scope::Workspace,
            workspace_id: Some("ws".into()),
            ..task(id)
        };
        store.put_task(Task { priority: Priority::Low, ..task("low") });
        store.put_task(Task { status: Status::Draft, ..workspace("draft") });
        store.put_task(Task { priority: Priority::Urgent, paused: true, ..task("paused") });
        store.put_task(Task {
            parent_task_id: Some("paused".into()),
            priority: Priority::High,
            ..workspace("below")
        });
        store.put_run(run("low", "low"));
        store.put_run(Run { queued_at: at(2), ..run("a", "draft") });
        store.put_run(Run { queued_at: at(1), ..run("c", "draft") });
        store.put_run(Run { queued_at: at(1), ..run("b", "draft") });
        store.put_run(Run { queued_at: at(9), ..run("paused", "paused") });
        store.put_run(run("below", "below"));
        store.put_run(run_in(RunStatus::Claimed, "claimed", "draft"));
        store.put_run(run("orphan", "gone"));
    });
    let rule = "backlog: priority descending, then queued_at, then id";
    let all = ["paused", "below", "b", "c", "a", "low"];
    expect_runs(rule, &store.list_backlog(None, WithPaused::Yes), &all);
    let rule = "backlog: without effectively paused tasks";
    expect_runs(rule, &store.list_backlog(None, WithPaused::No), &["b", "c", "a", "low"]);
    let workspace = Some(&"ws".into());
    let rule = "backlog: of a workspace";
    expect_runs(rule, &store.list_backlog(workspace, WithPaused::Yes), &["below", "b", "c", "a"]);
    transact(&mut store, |store| {
        store.put_task(Task { priority: Priority::Urgent, ..task("low") });
    });
    let rule = "backlog: a new priority moves a run";
    expect_runs(rule, &store.list_backlog(None, WithPaused::No), &["low", "b", "c", "a"]);
}
