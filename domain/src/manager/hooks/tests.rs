#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::actor::{ActorKind, OriginKind};
use crate::hook::RunHookId;
use crate::json::RawJson;
use crate::lease::{ExpiredLeaseRecovery, LeaseRelease};
use crate::manager::testing::runs::{
    LEASE, completion, enqueue, failure, heartbeat, hooked, keyed, release, session,
};
use crate::manager::testing::{agent, human};
use crate::run::{EnqueueRun, RunBootRecovery, RunBootRecoveryAction, RunStatus};
use crate::task::Status;

#[test]
fn the_host_hears_of_every_change_of_hands_in_order() {
    let (mut world, host) = hooked();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.manager.heartbeat_run_lease(heartbeat(&claim), &agent("s")).unwrap();
    world.manager.complete_run_lease(completion(&claim), &agent("s")).unwrap();
    world.enqueue("t");
    let claim = world.claim("s");
    world.manager.release_run_lease(release(&claim), &agent("s")).unwrap();
    let claim = world.claim("s");
    world.manager.fail_run_lease(failure(&claim), &agent("s")).unwrap();
    world.enqueue("t");
    world.claim("s");
    world.advance(LEASE.as_secs());
    world.manager.recover_expired_run_leases(ExpiredLeaseRecovery::default(), &human()).unwrap();
    let mut hooks = host.borrow().hooks();
    hooks.retain(|hook| hook != "enqueued");
    assert_eq!(
        hooks,
        [
            "post_claim",
            "lease_extended",
            "completed",
            "post_claim",
            "released",
            "post_claim",
            "failed",
            "post_claim",
            "lease_expired",
            "lease_recovered",
        ],
        "although the host fails every one of them"
    );
}

#[test]
fn a_queued_run_is_told_with_its_key_and_origin() {
    let (mut world, host) = hooked();
    world.task("t");
    let metadata = "{\"workflow_id\":\"w1\",\"agent_name\":\"coder\",\"soul\":{\"digest\":\"d\"}}";
    let request = EnqueueRun {
        metadata: RawJson::from_text(metadata),
        network_channel: "ops".into(),
        ..keyed("t", "k")
    };
    let run = world.manager.enqueue_run(request.clone(), &human()).unwrap();
    world.manager.enqueue_run(request, &human()).unwrap();
    let host = host.borrow();
    assert_eq!(host.hooks(), ["enqueued"], "a found run is not told again");
    let hook = &host.told[0];
    assert_eq!((hook.hook, hook.idempotency_key.as_str()), (RunHookId::Enqueued, "k"));
    assert_eq!(hook.timestamp, world.now());
    let context = &hook.context;
    assert_eq!(context.run_id, Some(run.id));
    assert_eq!((context.actor_kind, context.actor_id.as_str()), (Some(ActorKind::Human), "ada"));
    let origin = (context.origin_kind, context.origin_ref.as_str());
    assert_eq!(origin, (Some(OriginKind::Cli), "terminal"));
    assert_eq!(context.task_status, Some(Status::Ready));
    assert_eq!((context.run_status, context.attempt), (Some(RunStatus::Queued), 1));
    assert_eq!(context.workflow_id, "w1");
    assert_eq!((context.agent_name.as_str(), context.soul_digest.as_str()), ("coder", "d"));
    assert_eq!(context.coordination_channel_id, "ops", "the network channel stands in");
}

#[test]
fn a_release_is_told_with_what_was_before() {
    let (mut world, host) = hooked();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    let request = LeaseRelease { reason: "tired".into(), ..release(&claim) };
    world.manager.release_run_lease(request, &agent("s")).unwrap();
    let host = host.borrow();
    let claimed = &host.told[1];
    assert_eq!((claimed.hook, claimed.claimed_at), (RunHookId::PostClaim, Some(world.now())));
    assert_eq!(claimed.context.lease_until, claim.run.lease_until);
    let hook = &host.told[2];
    assert_eq!(hook.previous_run_status, Some(RunStatus::Claimed));
    assert_eq!(hook.previous_session_id, Some(session("s")));
    assert_eq!((hook.recovery_reason.as_str(), hook.recovery_action.as_str()), ("tired", ""));
    assert_eq!(hook.context.release_reason, "tired");
    assert_eq!((hook.context.session_id.clone(), hook.context.lease_until), (None, None));
}

#[test]
fn an_ended_lease_is_told_with_its_end() {
    let (mut world, host) = hooked();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.advance(LEASE.as_secs());
    let request = ExpiredLeaseRecovery { reason: "sweep".into(), ..Default::default() };
    world.manager.recover_expired_run_leases(request, &human()).unwrap();
    let host = host.borrow();
    let [.., expired, recovered] = host.told.as_slice() else { panic!("two hooks at least") };
    assert_eq!(expired.context.lease_until, claim.run.lease_until);
    assert_eq!(expired.context.release_reason, "sweep");
    assert_eq!(
        (recovered.context.lease_until, recovered.recovery_action.as_str()),
        (None, "requeue")
    );
    assert_eq!(recovered.context.release_reason, "");
}

#[test]
fn boot_recovery_is_told_with_its_action() {
    let (mut world, host) = hooked();
    world.task("t");
    let id = world.running("t");
    let request = RunBootRecovery {
        action: RunBootRecoveryAction::Fail.into(),
        reason: "lost".into(),
        ..RunBootRecovery::default()
    };
    world.manager.recover_run_on_boot(&id, request, &human()).unwrap();
    let host = host.borrow();
    let hook = host.told.last().unwrap();
    assert_eq!((hook.hook, hook.recovery_action.as_str()), (RunHookId::LeaseRecovered, "fail"));
    assert_eq!(hook.recovery_reason, "lost");
    assert_eq!(hook.context.run_status, Some(RunStatus::Failed));
    assert!(hook.context.error.starts_with("orphaned on boot"));
}

#[test]
fn refused_and_plain_operations_tell_nothing() {
    let (mut world, host) = hooked();
    world.task("t");
    let id = world.running("t");
    let so_far = host.borrow().told.len();
    world.manager.enqueue_run(enqueue("t"), &human()).unwrap_err();
    world.manager.complete_run(&id, Default::default(), &human()).unwrap();
    assert_eq!(host.borrow().told.len(), so_far);
}
