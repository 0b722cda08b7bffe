#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::enumeration::Enumeration;
use crate::manager::testing::runs::reader;
use crate::manager::testing::{World, human, new_task};
use crate::pause::{PauseTaskRequest, ResumeTaskRequest};
use crate::profile::ExecutionProfile;
use crate::run::RunStatus;
use crate::task::Status;

const KINDS: [&str; 12] = [
    "ready",
    "draft",
    "undecided",
    "undecided and canceled",
    "approved",
    "rejected",
    "paused",
    "completed",
    "failed",
    "running",
    "full of children",
    "full of blockers",
];

fn make(kind: &str) -> World {
    let mut world = World::new();
    match kind {
        "draft" => drop(world.draft("a")),
        "undecided" | "undecided and canceled" | "approved" | "rejected" => {
            world.manual("a");
        }
        "failed" => drop(world.task_of_attempts("a", 1)),
        _ => drop(world.task("a")),
    }
    let task = "a".into();
    let manager = &mut world.manager;
    match kind {
        "undecided and canceled" => {
            manager.cancel_task(&task, Default::default(), &human()).unwrap();
        }
        "approved" => drop(manager.approve_task(&task, Default::default(), &human()).unwrap()),
        "rejected" => drop(manager.reject_task(&task, &human()).unwrap()),
        "paused" => drop(manager.pause_task(&task, pause(), &human()).unwrap()),
        "completed" => drop(world.put_run("a", RunStatus::Completed)),
        "failed" => drop(world.put_run("a", RunStatus::Failed)),
        "running" => drop(world.running("a")),
        "full of children" => {
            for number in 0..64 {
                world.child("a", &format!("c{number}"));
            }
        }
        "full of blockers" => {
            for number in 0..32 {
                let name = format!("b{number}");
                world.task(&name);
                world.depends("a", &name);
            }
        }
        _ => {}
    }
    world
}

fn pause() -> PauseTaskRequest {
    PauseTaskRequest { reason: "later".to_owned(), ..PauseTaskRequest::default() }
}

fn answer(decision: Decision, world: &World, actor: &ActorContext) -> Result<(), Refusal> {
    let store = world.manager.store();
    let situation = Situation::of(store, &"a".into()).unwrap();
    decision_availability(decision, store, &situation, actor)
}

/// Decides it, and says whether the decision was stored.
fn happens(decision: Decision, world: &mut World) -> bool {
    world.task("other");
    let task = "a".into();
    let before = world.record("a").approval_state;
    let manager = &mut world.manager;
    match decision {
        Decision::Approve => {
            drop(manager.approve_task(&task, Default::default(), &human()));
            world.record("a").approval_state != before
        }
        Decision::Reject => manager.reject_task(&task, &human()).is_ok(),
        Decision::Pause => manager.pause_task(&task, pause(), &human()).is_ok(),
        Decision::Resume => {
            manager.resume_task(&task, ResumeTaskRequest::default(), &human()).is_ok()
        }
        Decision::AddChild => manager.create_child_task(&task, new_task("new"), &human()).is_ok(),
        Decision::AddBlocker => world.try_depends("a", "other").is_ok(),
        Decision::SetProfile => {
            let profile = ExecutionProfile::default_for(&task);
            manager.set_execution_profile(&task, Some(profile), &human()).is_ok()
        }
    }
}

#[test]
fn the_answer_is_what_the_engine_then_does() {
    for kind in KINDS {
        for decision in Decision::ALL.iter().copied() {
            let mut world = make(kind);
            let answer = answer(decision, &world, &human());
            // Stricter than the engine on purpose: resuming what is not paused does
            // nothing, and deciding on a canceled task leads nowhere.
            let pointless = match decision {
                Decision::Resume => !world.record("a").paused,
                Decision::Approve | Decision::Reject => world.status("a") == Status::Canceled,
                _ => false,
            };
            let happened = happens(decision, &mut world);
            assert_eq!(answer.is_ok(), happened && !pointless, "{decision} on {kind}: {answer:?}");
        }
    }
}

#[test]
fn a_task_at_the_bottom_gets_no_children() {
    let mut world = World::new();
    world.task("1");
    for level in 2..=7 {
        world.child(&(level - 1).to_string(), &level.to_string());
    }
    world.child("7", "a");
    assert_eq!(answer(Decision::AddChild, &world, &human()), Err(Refusal::TooDeep(8)));
    assert!(!happens(Decision::AddChild, &mut world));
    let store = world.manager.store();
    let above = Situation::of(store, &"7".into()).unwrap();
    assert_eq!(decision_availability(Decision::AddChild, store, &above, &human()), Ok(()));
}

#[test]
fn a_reader_decides_nothing() {
    for decision in Decision::ALL.iter().copied() {
        let answer = answer(decision, &make("ready"), &reader());
        assert_eq!(answer, Err(Reason::ReadOnly.into()), "{decision}");
    }
}
