#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::enumeration::Enumeration;
use crate::error::ErrorKind;
use crate::id::RunId;
use crate::lease::{ClaimCriteria, ExpiredLeaseRecovery, SessionLeaseRelease};
use crate::manager::ManagerOptions;
use crate::manager::testing::runs::{LEASE, heartbeat, reader, session};
use crate::manager::testing::{World, agent, human};
use crate::run::{RunBootRecovery, RunBootRecoveryAction, RunStatus};
use crate::task::Status;
use crate::time::Duration;

fn sweep(reason: &str) -> ExpiredLeaseRecovery {
    ExpiredLeaseRecovery { reason: reason.into(), ..ExpiredLeaseRecovery::default() }
}

fn boot(action: RunBootRecoveryAction) -> RunBootRecovery {
    RunBootRecovery { action: action.into(), ..RunBootRecovery::default() }
}

#[test]
fn only_ended_leases_are_taken_back() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.task(name);
        world.enqueue(name);
    }
    let early = world.claim("s1");
    world.advance(100);
    let late = world.claim("s2");
    world.advance(LEASE.as_secs() - 100);
    let rows =
        world.manager.recover_expired_run_leases(sweep(" gone "), &agent("anybody")).unwrap();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((&row.run.id, row.run.status), (&early.run.id, RunStatus::Queued));
    assert_eq!(row.previous_run_status, RunStatus::Claimed);
    assert_eq!(row.previous_session_id, Some(session("s1")));
    assert_eq!(row.previous_lease_until, Some(world.now()), "at its last instant it has ended");
    assert_eq!(row.previous_claim_token_hash, early.run.claim_token_hash);
    assert_eq!(row.reason, "gone");
    assert_eq!((row.run.attempt, row.run.queued_at), (1, early.run.queued_at));
    assert_eq!(world.run(&late.run.id).status, RunStatus::Claimed);
    assert_eq!(world.newest_payload("a")["lease_until"], "2026-01-01T00:05:00Z");
    world.refuses(ErrorKind::InvalidClaimToken, |manager| {
        manager.heartbeat_run_lease(heartbeat(&early), &human())
    });
    let again = world.claim("s3");
    assert_eq!(again.run.id, early.run.id);
    assert_ne!(again.claim_token, early.claim_token);
}

#[test]
fn leases_are_taken_back_in_the_order_in_which_they_ended() {
    let mut world = World::new();
    for (name, seconds) in [("a", 30), ("b", 10), ("c", 20)] {
        world.task(name);
        world.enqueue(name);
        let lease_duration = Duration::from_secs(seconds);
        let criteria = ClaimCriteria { lease_duration, ..ClaimCriteria::default() };
        world.manager.claim_next_run(criteria, &agent(name)).unwrap();
    }
    world.advance(60);
    let two = ExpiredLeaseRecovery { limit: 2, ..sweep("") };
    let rows = world.manager.recover_expired_run_leases(two, &human()).unwrap();
    let tasks: Vec<_> = rows.iter().map(|row| row.run.task_id.to_string()).collect();
    assert_eq!(tasks, ["b", "c"]);
    let rest = world.manager.recover_expired_run_leases(sweep(""), &human()).unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(world.manager.recover_expired_run_leases(sweep(""), &human()).unwrap(), []);
    let negative = ExpiredLeaseRecovery { limit: -1, ..sweep("") };
    world.refuses(ErrorKind::Validation, |manager| {
        manager.recover_expired_run_leases(negative, &human())
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.recover_expired_run_leases(sweep(""), &reader())
    });
}

#[test]
fn a_working_run_whose_lease_ended_is_queued_again_too() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.start(&claim.run.id).unwrap();
    world.advance(LEASE.as_secs());
    let rows = world.manager.recover_expired_run_leases(sweep(""), &human()).unwrap();
    assert_eq!(rows[0].previous_run_status, RunStatus::Running);
    assert_eq!((rows[0].run.started_at, world.status("t")), (None, Status::Ready));
    assert_eq!(world.runtime.borrow().calls.len(), 1, "no session is stopped");
}

#[test]
fn a_session_gives_back_what_it_holds_under_leases() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.task(name);
        world.enqueue(name);
    }
    let claim = world.claim("s");
    world.claim("other");
    world.task("c");
    let bound = world.claimed("c");
    world.manager.attach_run_session(&bound, &session("x"), &human()).unwrap();
    let release = |id: &str| SessionLeaseRelease {
        session_id: session(id),
        reason: "gone".into(),
        ..SessionLeaseRelease::default()
    };
    let rows = world.manager.release_session_run_leases(release("s"), &human()).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0].run.id, rows[0].run.status), (&claim.run.id, RunStatus::Queued));
    assert_eq!(rows[0].previous_session_id, Some(session("s")));
    assert_eq!(world.events("a").last().unwrap(), "run_released");
    world.refuses(ErrorKind::InvalidClaimToken, |manager| {
        manager.heartbeat_run_lease(heartbeat(&claim), &human())
    });
    for nothing in ["s", "x", "unknown"] {
        let rows = world.manager.release_session_run_leases(release(nothing), &human());
        assert_eq!(rows.unwrap(), [], "{nothing}");
    }
    world.refuses(ErrorKind::Validation, |manager| {
        manager.release_session_run_leases(release(" "), &human())
    });
}

#[test]
fn each_boot_action_has_its_statuses() {
    use RunBootRecoveryAction::{Fail, MarkRunning, Requeue};
    for status in RunStatus::ALL.iter().copied() {
        for action in RunBootRecoveryAction::ALL.iter().copied() {
            let mut world = World::new();
            world.task("t");
            let id = world.put_run("t", status);
            let outcome = world.manager.recover_run_on_boot(&id, boot(action), &human());
            let expected = match (action, status) {
                (Requeue, RunStatus::Claimed) => Some(RunStatus::Queued),
                (MarkRunning, RunStatus::Claimed | RunStatus::Starting | RunStatus::Running) => {
                    Some(RunStatus::Running)
                }
                (Fail, RunStatus::Starting | RunStatus::Running) => Some(RunStatus::Failed),
                _ => None,
            };
            match expected {
                Some(next) => assert_eq!(outcome.unwrap().status, next, "{action} {status}"),
                None => assert_eq!(
                    outcome.unwrap_err().kind(),
                    ErrorKind::InvalidStatusTransition,
                    "{action} {status}"
                ),
            }
        }
    }
}

#[test]
fn a_requeued_run_forgets_who_had_it() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    let request =
        RunBootRecovery { reason: " restart ".into(), ..boot(RunBootRecoveryAction::Requeue) };
    let run = world.manager.recover_run_on_boot(&claim.run.id, request, &human()).unwrap();
    assert_eq!((run.claimed_by, run.claimed_at, run.session_id), (None, None, None));
    assert_eq!((run.attempt, run.queued_at), (1, claim.run.queued_at));
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "action": "requeue", "previous_status": "claimed", "status": "queued",
            "task_status": "ready", "reason": "restart", "session_id": "s",
        })
    );
}

#[test]
fn a_run_whose_session_lives_on_is_running() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.advance(5);
    let request = || boot(RunBootRecoveryAction::MarkRunning);
    let run = world.manager.recover_run_on_boot(&claim.run.id, request(), &human()).unwrap();
    assert_eq!((run.status, run.started_at), (RunStatus::Running, Some(world.now())));
    assert_eq!(run.lease_until, claim.run.lease_until);
    assert!(world.manager.lookup_active_run_for_session(&session("s"), &run.id).is_ok());
    let events = world.events("t");
    world.advance(5);
    world.manager.take_changes();
    let again = world.manager.recover_run_on_boot(&run.id, request(), &human()).unwrap();
    assert_eq!((again, world.events("t")), (run, events), "marking again says nothing");
    assert_eq!(world.manager.take_changes(), []);
}

#[test]
fn a_run_without_a_session_is_not_marked_running() {
    for status in [RunStatus::Claimed, RunStatus::Running] {
        let mut world = World::new();
        world.task("t");
        let id = world.put_run("t", status);
        world.change_run(&id, |run| run.session_id = None);
        world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.recover_run_on_boot(&id, boot(RunBootRecoveryAction::MarkRunning), &human())
        });
    }
}

fn lost(state: &str, classification: &str, detail: &str) -> RunBootRecovery {
    RunBootRecovery {
        session_state: state.into(),
        classification: classification.into(),
        detail: detail.into(),
        ..boot(RunBootRecoveryAction::Fail)
    }
}

#[test]
fn a_lost_run_says_how_it_was_lost() {
    let cases = [
        (lost("stopped", "crashed", "exit 1"), "classified as crashed (exit 1)"),
        (lost("stopped", "crashed", ""), "classified as crashed"),
        (lost("stopped", "", "exit 1"), "is stopped"),
        (lost("", "", ""), "is not live"),
    ];
    for (request, text) in cases {
        let mut world = World::new();
        world.task("t");
        let id = world.running("t");
        let run = world.manager.recover_run_on_boot(&id, request, &human()).unwrap();
        assert_eq!(run.error, format!("orphaned on boot: session \"sess-{id}\" {text}"));
    }
    let mut world = World::new();
    world.task("t");
    let id = world.put_run("t", RunStatus::Starting);
    world.change_run(&id, |run| run.session_id = None);
    let run = world.manager.recover_run_on_boot(&id, lost("", "x", "y"), &human()).unwrap();
    assert_eq!(run.error, "orphaned on boot: run has no live session");
}

#[test]
fn a_lost_run_is_logged_twice_and_its_session_ended_by_force() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    world.runtime.borrow_mut().calls.clear();
    world.manager.recover_run_on_boot(&id, lost("stopped", "", ""), &human()).unwrap();
    let events = world.events("t");
    assert_eq!(events[events.len() - 2..], ["run_failed", "run_recovered"]);
    let log = world.log("t");
    let failed = log[log.len() - 2].event.payload.clone().unwrap().to_value().unwrap();
    assert_eq!(
        failed["metadata"],
        serde_json::json!({
            "reason": "orphaned_on_boot", "previous_status": "running",
            "session_id": format!("sess-{id}"), "session_state": "stopped",
            "classification": "", "detail": "",
        })
    );
    assert_eq!(world.runtime.borrow().calls, [format!("force_stop sess-{id} failed")]);
}

#[test]
fn a_lost_run_whose_session_lives_is_asked_first() {
    for state in ["starting", "active", "stopping"] {
        let mut world = World::new();
        world.task("t");
        let id = world.running("t");
        world.runtime.borrow_mut().calls.clear();
        world.manager.recover_run_on_boot(&id, lost(state, "", ""), &human()).unwrap();
        assert_eq!(world.runtime.borrow().calls.len(), 2, "{state}");
    }
}

#[test]
fn a_lost_run_stays_failed_where_its_session_cannot_be_stopped() {
    let mut world = World::new();
    world.task("t");
    let id = world.running("t");
    world.runtime.borrow_mut().failing.push("force_stop");
    let refusal = world.manager.recover_run_on_boot(&id, lost("", "", ""), &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Other);
    assert_eq!(world.run(&id).status, RunStatus::Failed);

    let mut world = World::with(|options: &mut ManagerOptions| options.sessions = None);
    world.task("t");
    let id = world.put_run("t", RunStatus::Running);
    let refusal = world.manager.recover_run_on_boot(&id, lost("", "", ""), &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Validation);
    assert_eq!(world.run(&id).status, RunStatus::Failed);
}

#[test]
fn a_leased_run_is_lost_like_any_other() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.start(&claim.run.id).unwrap();
    let run = world.manager.recover_run_on_boot(&claim.run.id, lost("", "", ""), &human());
    assert_eq!(run.unwrap().claim_token_hash, claim.run.claim_token_hash);
}

#[test]
fn unknown_actions_and_runs_are_refused() {
    let mut world = World::new();
    let request = RunBootRecovery { action: "revive".into(), ..RunBootRecovery::default() };
    world.refuses(ErrorKind::Validation, |manager| {
        manager.recover_run_on_boot(&RunId::from("x"), request, &human())
    });
    world.refuses(ErrorKind::TaskRunNotFound, |manager| {
        manager.recover_run_on_boot(&"x".into(), boot(RunBootRecoveryAction::Fail), &human())
    });
}
