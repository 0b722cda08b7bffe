#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::enumeration::Enumeration;
use crate::force::{ForceFailRun, ForceReleaseRun, RetryRunRequest};
use crate::lease::ClaimResult;
use crate::manager::testing::runs::{
    LEASE, completion, failed, failure, heartbeat, reader, release,
};
use crate::manager::testing::{World, agent, human};
use crate::review::{ReviewPolicy, RunReviewRequest};
use crate::run::{CancelRun, ClaimRun, RunResult, StartRun};
use crate::store::RunStore;

/// Every kind of run that the engine's own operations make.
const KINDS: [&str; 15] = [
    "queued",
    "queued behind a blocker",
    "claimed",
    "claimed behind a blocker",
    "claimed under a lease",
    "claimed under an ended lease",
    "running",
    "running under a lease",
    "running behind a blocker",
    "completed",
    "failed",
    "failed for good",
    "failed and retried",
    "canceled",
    "of a pool",
];

/// A run of a kind, with its claim where a session holds it.
fn make(kind: &str) -> (World, RunId, Option<ClaimResult>) {
    let mut world = World::new();
    world.task("blocker");
    if kind == "of a pool" {
        world.owned("a", crate::actor::OwnerKind::Pool, "coders");
    } else {
        world.task_of_attempts("a", if kind == "failed for good" { 1 } else { 3 });
    }
    let leased = kind.contains("lease");
    let claim = leased.then(|| {
        world.enqueue("a");
        world.claim("s")
    });
    let run = match &claim {
        Some(claim) => claim.run.id.clone(),
        None if kind.starts_with("queued") || kind == "of a pool" => world.enqueue("a"),
        None if kind.starts_with("claimed") => world.claimed("a"),
        None => world.running("a"),
    };
    if kind == "running under a lease" {
        world.start(&run).unwrap();
    }
    if kind.contains("blocker") {
        world.depends("a", "blocker");
    }
    if kind.contains("ended") {
        world.advance(LEASE.as_secs());
    }
    let manager = &mut world.manager;
    match kind {
        "completed" => drop(manager.complete_run(&run, RunResult::default(), &human()).unwrap()),
        "failed" | "failed for good" | "failed and retried" => {
            manager.fail_run(&run, failed("boom"), &human()).unwrap();
        }
        "canceled" => drop(manager.cancel_run(&run, CancelRun::default(), &human()).unwrap()),
        _ => {}
    }
    if kind == "failed and retried" {
        manager.retry_run(&run, RetryRunRequest::default(), &human()).unwrap();
    }
    (world, run, claim)
}

/// Does it, and says whether the engine let it happen.
fn happens(
    verb: RunVerb,
    (mut world, run, claim): (World, RunId, Option<ClaimResult>),
    actor: &ActorContext,
) -> bool {
    let manager = &mut world.manager;
    let agent_acts = actor.actor == agent("s").actor;
    // Only the holder has the token.
    let claim = claim.filter(|_| agent_acts);
    let key = || "key".to_owned();
    match verb {
        RunVerb::Claim => {
            let request = ClaimRun { idempotency_key: key() };
            manager.claim_run(&run, request, actor).is_ok()
        }
        RunVerb::Start => {
            let request = StartRun { idempotency_key: key() };
            manager.start_run(&run, request, actor).is_ok()
        }
        RunVerb::Attach => manager.attach_run_session(&run, &"other".into(), actor).is_ok(),
        RunVerb::Complete => manager.complete_run(&run, RunResult::default(), actor).is_ok(),
        RunVerb::Fail => manager.fail_run(&run, failed("boom"), actor).is_ok(),
        RunVerb::Cancel => manager.cancel_run(&run, CancelRun::default(), actor).is_ok(),
        RunVerb::ForceRelease => {
            manager.force_release_run(&run, ForceReleaseRun::default(), actor).is_ok()
        }
        RunVerb::ForceFail => {
            let request = ForceFailRun { reason: key(), ..ForceFailRun::default() };
            manager.force_fail_run(&run, request, actor).is_ok()
        }
        RunVerb::Retry => manager.retry_run(&run, RetryRunRequest::default(), actor).is_ok(),
        RunVerb::RequestReview => {
            let request = RunReviewRequest {
                task_id: "a".into(),
                run_id: run.clone(),
                policy: ReviewPolicy::Always.into(),
                ..RunReviewRequest::default()
            };
            manager.request_run_review(request, actor).is_ok_and(|requested| requested.created)
        }
        RunVerb::Heartbeat => {
            claim.is_some_and(|it| manager.heartbeat_run_lease(heartbeat(&it), actor).is_ok())
        }
        RunVerb::Release => {
            claim.is_some_and(|it| manager.release_run_lease(release(&it), actor).is_ok())
        }
        RunVerb::CompleteLease => {
            claim.is_some_and(|it| manager.complete_run_lease(completion(&it), actor).is_ok())
        }
        RunVerb::FailLease => {
            claim.is_some_and(|it| manager.fail_run_lease(failure(&it), actor).is_ok())
        }
    }
}

fn answer(
    verb: RunVerb,
    (world, run, _): &(World, RunId, Option<ClaimResult>),
    actor: &ActorContext,
) -> Result<(), Refusal> {
    let situation = Situation::of(world.manager.store(), &"a".into()).unwrap();
    run_availability(verb, &situation, &world.run(run), actor, world.now())
}

#[test]
fn the_answer_is_what_the_engine_then_does() {
    for kind in KINDS {
        for verb in RunVerb::ALL.iter().copied() {
            for actor in [human(), agent("s")] {
                let made = make(kind);
                let answer = answer(verb, &made, &actor);
                let happened = happens(verb, made, &actor);
                assert_eq!(answer.is_ok(), happened, "{verb} on {kind}: {answer:?}");
            }
        }
    }
}

#[test]
fn a_reader_can_do_nothing() {
    for verb in RunVerb::ALL.iter().copied() {
        let answer = answer(verb, &make("running"), &reader());
        assert_eq!(answer, Err(Reason::ReadOnly.into()), "{verb}");
    }
}

#[test]
fn refusals_name_what_stands_in_the_way() {
    let refusal = |kind: &str, verb| answer(verb, &make(kind), &human()).unwrap_err();
    let blocked = Reason::WaitsFor(vec!["blocker".into()]);
    assert_eq!(refusal("queued behind a blocker", RunVerb::Claim), blocked.into());
    assert_eq!(refusal("queued", RunVerb::Start), Refusal::RunIs(RunStatus::Queued));
    assert_eq!(refusal("running under a lease", RunVerb::Complete), Refusal::NeedsToken);
    assert_eq!(refusal("running", RunVerb::Heartbeat), Refusal::NoLease);
    let holder = Some(agent("s").actor);
    assert_eq!(refusal("claimed under a lease", RunVerb::Release), Refusal::LeaseOf(holder));
    let made = make("claimed under an ended lease");
    let ended = Refusal::LeaseEnded(made.0.now());
    assert_eq!(answer(RunVerb::Heartbeat, &made, &agent("s")), Err(ended));
    let made = make("failed and retried");
    let retry = made.0.manager.store().get_retry_of(&made.1).unwrap().id.clone();
    assert_eq!(answer(RunVerb::Retry, &made, &human()), Err(Refusal::RetriedBy(retry)));
    assert_eq!(refusal("failed for good", RunVerb::Retry), Reason::AttemptsUsed(1).into());
    assert_eq!(
        refusal("running", RunVerb::Attach),
        match make("running").0.runs("a")[0].session_id.clone() {
            Some(session) => Refusal::SessionBound(session),
            None => unreachable!("a run at work has a session"),
        }
    );
}

#[test]
fn a_run_is_reviewed_once() {
    let mut made = make("completed");
    let request = RunReviewRequest {
        task_id: "a".into(),
        run_id: made.1.clone(),
        policy: ReviewPolicy::Always.into(),
        ..RunReviewRequest::default()
    };
    let requested = made.0.manager.request_run_review(request, &human()).unwrap();
    let refusal = Refusal::ReviewedBy(requested.review.review_id);
    assert_eq!(answer(RunVerb::RequestReview, &made, &human()), Err(refusal));
}
