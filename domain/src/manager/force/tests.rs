#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::diagnostic::DiagnosticCode;
use crate::enumeration::Enumeration;
use crate::error::{ErrorKind, TaskError};
use crate::force::{BulkForceRunRequest, ForceFailRun, ForceReleaseRun, RetryRunRequest};
use crate::id::RunId;
use crate::json::RawJson;
use crate::manager::ManagerOptions;
use crate::manager::testing::runs::{failed, heartbeat, long_json, reader};
use crate::manager::testing::{World, agent, human};
use crate::run::{Run, RunStatus};
use crate::task::Status;

fn because(reason: &str) -> ForceFailRun {
    ForceFailRun { reason: reason.into(), metadata: None }
}

fn code(refusal: &TaskError) -> DiagnosticCode {
    refusal.diagnostic().unwrap().code
}

fn bulk(ids: &[&RunId], reason: &str) -> BulkForceRunRequest {
    let run_ids = ids.iter().map(|&id| id.clone()).collect();
    BulkForceRunRequest { run_ids, reason: reason.into(), metadata: None }
}

#[test]
fn a_claimed_run_is_taken_back_from_its_holder() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    let request = ForceReleaseRun { reason: " stuck ".into(), metadata: None };
    let run = world.manager.force_release_run(&claim.run.id, request, &human()).unwrap();
    assert_eq!((run.status, run.session_id, run.claim_token_hash), (RunStatus::Queued, None, None));
    let hash = claim.run.claim_token_hash.clone().unwrap();
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "manual": true, "actor_kind": "human", "actor_id": "ada",
            "previous_status": "claimed", "status": "queued", "task_status": "ready",
            "reason": "stuck", "session_id": "s", "previous_session_id": "s",
            "previous_claim_token_hash_truncated": hash.truncated(),
            "previous_lease_until": "2026-01-01T00:05:00Z",
        })
    );
    world.refuses(ErrorKind::InvalidClaimToken, |manager| {
        manager.heartbeat_run_lease(heartbeat(&claim), &agent("s"))
    });
    assert_eq!(world.runtime.borrow().calls, [] as [String; 0]);
}

#[test]
fn only_claimed_runs_are_released_by_force() {
    for status in RunStatus::ALL.iter().copied().filter(|&status| status != RunStatus::Claimed) {
        let mut world = World::new();
        world.task("t");
        let id = world.put_run("t", status);
        let refusal = world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.force_release_run(&id, ForceReleaseRun::default(), &human())
        });
        assert_eq!(code(&refusal), DiagnosticCode::TaskRunNotReleasable, "{status}");
    }
}

#[test]
fn a_run_failed_by_force_loses_its_lease_and_keeps_its_session() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    let request = ForceFailRun { metadata: RawJson::from_text("{\"a\":1}"), ..because(" stuck ") };
    let run = world.manager.force_fail_run(&claim.run.id, request, &human()).unwrap();
    assert_eq!((run.status, run.failure_kind.as_str()), (RunStatus::Failed, "operator_forced"));
    assert_eq!((run.error.as_str(), run.ended_at), ("stuck", Some(world.now())));
    assert_eq!((run.claim_token_hash, run.lease_until), (None, None));
    assert_eq!((run.session_id, run.claimed_by), (claim.run.session_id, claim.run.claimed_by));
    assert_eq!(world.status("t"), Status::Ready);
    assert_eq!(world.record("t").current_run_id, None);
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "manual": true, "actor_kind": "human", "actor_id": "ada",
            "previous_status": "claimed", "status": "failed", "task_status": "ready",
            "reason": "stuck", "session_id": "s", "metadata": { "a": 1 },
        })
    );
    assert_eq!(world.events("t").last().unwrap(), "run_operator_forced_fail");
}

#[test]
fn only_runs_not_at_work_are_failed_by_force() {
    for status in RunStatus::ALL.iter().copied() {
        let mut world = World::new();
        world.task("t");
        let id = world.put_run("t", status);
        let outcome = world.manager.force_fail_run(&id, because("r"), &human());
        let expected = match status {
            RunStatus::Queued | RunStatus::Claimed => None,
            RunStatus::Starting | RunStatus::Running => Some(DiagnosticCode::TaskRunStillActive),
            RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => {
                Some(DiagnosticCode::TaskRunAlreadyTerminal)
            }
        };
        assert_eq!(outcome.err().map(|refusal| code(&refusal)), expected, "{status}");
    }
}

#[test]
fn a_forced_failure_needs_a_reason_before_anything_else() {
    let mut world = World::new();
    let refusal = world.refuses(ErrorKind::ForceOpRequiresReason, |manager| {
        let metadata = Some(long_json(20_000));
        manager.force_fail_run(&"x".into(), ForceFailRun { metadata, ..because(" ") }, &human())
    });
    assert_eq!(code(&refusal), DiagnosticCode::ForceOpRequiresReason);
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        let metadata = Some(long_json(20_000));
        manager.force_fail_run(&"x".into(), ForceFailRun { metadata, ..because("r") }, &human())
    });
    world.refuses(ErrorKind::TaskRunNotFound, |manager| {
        manager.force_fail_run(&"x".into(), because("r"), &human())
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.force_fail_run(&"x".into(), because(" "), &reader())
    });
}

#[test]
fn a_retry_takes_the_place_of_a_failed_run() {
    let mut world = World::new();
    world.task("t");
    let source = world.running("t");
    world.manager.fail_run(&source, failed("e"), &human()).unwrap();
    world.advance(5);
    let before = world.run(&source);
    let request = RetryRunRequest { metadata: RawJson::from_text("{\"n\":2}") };
    let result = world.manager.retry_run(&source, request, &human()).unwrap();
    assert_eq!((&result.previous_run, &world.run(&source)), (&before, &before));
    let run = result.run;
    assert_eq!((run.status, run.attempt, run.queued_at), (RunStatus::Queued, 2, world.now()));
    assert_eq!(run.previous_run_id, Some(source.clone()));
    assert_eq!((run.metadata, run.idempotency_key.as_str()), (RawJson::from_text("{\"n\":2}"), ""));
    let newest = world.log("t").pop().unwrap();
    assert_eq!(newest.event.run_id, Some(run.id.clone()));
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "manual": true, "actor_kind": "human", "actor_id": "ada",
            "source_run_id": source, "new_run_id": run.id, "task_status": "ready",
        })
    );
    world.manager.force_fail_run(&run.id, because("r"), &human()).unwrap();
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.retry_run(&source, RetryRunRequest::default(), &human())
    });
}

#[test]
fn only_failed_runs_are_retried() {
    for status in RunStatus::ALL.iter().copied().filter(|&status| status != RunStatus::Failed) {
        let mut world = World::new();
        world.task("t");
        let id = world.put_run("t", status);
        let refusal = world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.retry_run(&id, RetryRunRequest::default(), &human())
        });
        assert_eq!(code(&refusal), DiagnosticCode::TaskRunStillActive, "{status}");
    }
}

#[test]
fn a_retry_asks_for_a_free_task_and_an_attempt() {
    let mut world = World::new();
    world.task_of_attempts("t", 2);
    let source = world.put_run("t", RunStatus::Failed);
    let open = world.enqueue("t");
    let kind = ErrorKind::InvalidStatusTransition;
    let retry = |manager: &mut crate::manager::Manager| {
        manager.retry_run(&source, RetryRunRequest::default(), &human())
    };
    world.refuses(kind, retry);
    world.manager.force_fail_run(&open, because("r"), &human()).unwrap();
    world.refuses(kind, retry);
}

#[test]
fn a_chain_of_ten_predecessors_is_too_long() {
    for (predecessors, deep) in [(9, false), (10, true)] {
        let mut world = World::new();
        world.task("t");
        let mut previous: Option<RunId> = None;
        for _ in 0..=predecessors {
            let id = world.put_run("t", RunStatus::Failed);
            let link = previous.replace(id.clone());
            world.change_run(&id, |run: &mut Run| run.previous_run_id = link);
        }
        let source = previous.unwrap();
        let refusal =
            world.manager.retry_run(&source, RetryRunRequest::default(), &human()).unwrap_err();
        let expected =
            if deep { ErrorKind::RetryChainTooDeep } else { ErrorKind::InvalidStatusTransition };
        assert_eq!(refusal.kind(), expected, "without an attempt left in either case");
    }
}

#[test]
fn boards_may_keep_agents_from_using_force() {
    let mut world = World::with(|options: &mut ManagerOptions| {
        options.force.allow_agent_force = false;
    });
    world.task("t");
    let id = world.claimed("t");
    let refusal = world.refuses(ErrorKind::ForbiddenOperatorAction, |manager| {
        manager.force_release_run(&id, ForceReleaseRun::default(), &agent("s"))
    });
    assert_eq!(code(&refusal), DiagnosticCode::ForbiddenOperatorAction);
    world.refuses(ErrorKind::ForbiddenOperatorAction, |manager| {
        manager.force_fail_run(&id, because(" "), &agent("s"))
    });
    world.refuses(ErrorKind::ForbiddenOperatorAction, |manager| {
        manager.retry_run(&id, RetryRunRequest::default(), &agent("s"))
    });
    assert!(world.manager.force_release_run(&id, ForceReleaseRun::default(), &human()).is_ok());
}

#[test]
fn agents_share_one_budget_of_force_per_task() {
    let mut world = World::with(|options: &mut ManagerOptions| {
        options.force.rate_limit_per_minute = 1;
    });
    world.task("t");
    let id = world.enqueue("t");
    world.manager.force_fail_run(&id, because("r"), &agent("s")).unwrap();
    let retry = |manager: &mut crate::manager::Manager| {
        manager.retry_run(&id, RetryRunRequest::default(), &agent("s"))
    };
    let refusal = world.refuses(ErrorKind::ForceOpRateLimited, retry);
    assert_eq!(code(&refusal), DiagnosticCode::ForceOpRateLimited);
    world.advance(60);
    assert!(retry(&mut world.manager).is_ok());
}

#[test]
fn a_refusal_after_the_count_uses_up_the_budget_and_one_before_does_not() {
    let mut world = World::with(|options: &mut ManagerOptions| {
        options.force.rate_limit_per_minute = 1;
    });
    world.task("t");
    let id = world.enqueue("t");
    world.manager.force_fail_run(&id, because(" "), &agent("s")).unwrap_err();
    let release = |manager: &mut crate::manager::Manager| {
        manager.force_release_run(&id, ForceReleaseRun::default(), &agent("s"))
    };
    world.refuses(ErrorKind::InvalidStatusTransition, release);
    world.refuses(ErrorKind::ForceOpRateLimited, release);
}

#[test]
fn a_bulk_request_answers_for_every_run_once() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.task(name);
    }
    let claimed = world.claimed("a");
    let queued = world.enqueue("b");
    let unknown = RunId::from("x");
    let padded = RunId::from(format!(" {claimed} ").as_str());
    let request = bulk(&[&padded, &queued, &claimed, &unknown], "");
    let result = world.manager.bulk_force_release_runs(request, &human()).unwrap();
    let items: Vec<_> = result
        .items
        .iter()
        .map(|item| (&item.run_id, item.ok, item.error.as_ref().map(TaskError::kind)))
        .collect();
    assert_eq!(
        items,
        [
            (&claimed, true, None),
            (&queued, false, Some(ErrorKind::InvalidStatusTransition)),
            (&unknown, false, Some(ErrorKind::TaskRunNotFound)),
        ]
    );
    assert_eq!(world.run(&claimed).status, RunStatus::Queued);
    let result = world.manager.bulk_force_fail_runs(bulk(&[&claimed, &queued], "r"), &human());
    assert!(result.unwrap().items.iter().all(|item| item.ok && item.run.is_some()));
}

#[test]
fn a_broken_bulk_request_does_nothing() {
    let mut world = World::new();
    world.task("t");
    let id = world.claimed("t");
    let many = vec![&id; 51];
    world.refuses(ErrorKind::BulkTooLarge, |manager| {
        manager.bulk_force_release_runs(bulk(&many, ""), &reader())
    });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.bulk_force_release_runs(bulk(&[], ""), &human())
    });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.bulk_force_release_runs(bulk(&[&id, &" ".into()], ""), &human())
    });
    world.refuses(ErrorKind::ForceOpRequiresReason, |manager| {
        manager.bulk_force_fail_runs(bulk(&[&id], " "), &human())
    });
    let denied = world.manager.bulk_force_release_runs(bulk(&[&id], ""), &reader()).unwrap();
    let kind = denied.items[0].error.as_ref().map(TaskError::kind);
    assert_eq!(kind, Some(ErrorKind::PermissionDenied), "a denied actor is told per run");
    assert_eq!(world.run(&id).status, RunStatus::Claimed);
}
