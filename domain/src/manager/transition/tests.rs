#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::error::ErrorKind;
use crate::manager::testing::World;
use crate::manager::testing::runs::session;
use crate::run::{Run, RunStatus};

use super::requeued;

/// A world with one run of the task `t`, claimed under a lease by the session `s`.
fn leased() -> (World, Run) {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    (world, claim.run)
}

fn bound_to(run: &Run, status: RunStatus, to: Option<&str>) -> Run {
    Run { status, session_id: to.map(session), ..run.clone() }
}

#[track_caller]
fn refused(world: &mut World, before: &Run, after: Run) {
    world.refuses(ErrorKind::SessionAlreadyBound, |manager| {
        manager.transact(|manager| manager.write_run(before, after))
    });
}

#[track_caller]
fn written(world: &mut World, before: &Run, after: Run) -> Run {
    let run = world.manager.transact(|manager| manager.write_run(before, after)).unwrap();
    Run::clone(&run)
}

#[test]
fn a_bound_session_is_not_replaced() {
    let (mut world, run) = leased();
    refused(&mut world, &run, bound_to(&run, RunStatus::Claimed, Some("x")));
    refused(&mut world, &run, bound_to(&run, RunStatus::Running, Some("x")));
}

#[test]
fn a_bound_session_is_let_go_by_a_requeue_alone() {
    let (mut world, run) = leased();
    refused(&mut world, &run, bound_to(&run, RunStatus::Running, None));
    assert_eq!(written(&mut world, &run, requeued(&run)).session_id, None);
}

#[test]
fn the_claimer_hands_its_run_over_once() {
    let (mut world, run) = leased();
    let handed = written(&mut world, &run, bound_to(&run, RunStatus::Starting, Some("x")));
    assert_eq!(handed.session_id, Some(session("x")));
    refused(&mut world, &handed, bound_to(&handed, RunStatus::Starting, Some("y")));
}

#[test]
fn a_started_run_is_not_handed_over() {
    let (mut world, run) = leased();
    let starting = bound_to(&run, RunStatus::Starting, Some("s"));
    let started = Run { started_at: Some(world.now()), ..starting.clone() };
    refused(&mut world, &started, Run { session_id: Some(session("x")), ..started.clone() });
    refused(&mut world, &starting, Run { session_id: Some(session("x")), ..started });
}

#[test]
fn the_projection_of_another_run_is_neither_replaced_nor_cleared() {
    let (mut world, run) = leased();
    let other = world.put_run("t", RunStatus::Queued);
    let other = world.run(&other);
    for status in [RunStatus::Claimed, RunStatus::Canceled] {
        let after = Run { status, ..other.clone() };
        world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.transact(|manager| manager.write_run(&other, after))
        });
    }
    assert_eq!(world.record("t").current_run_id, Some(run.id));
}
