#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::enumeration::Enumeration;
use crate::error::ErrorKind;
use crate::lease::ClaimCriteria;
use crate::manager::ManagerOptions;
use crate::manager::testing::runs::{named, offering, reader};
use crate::manager::testing::{World, human};
use crate::profile::{
    ExecutionProfile, ExecutionProfileValidationOptions, ParticipantPolicy, SandboxMode,
    SandboxPolicy, WorkerProfile,
};
use crate::run::RunStatus;
use crate::store::{ExecutionProfileStore, Record};
use crate::task::Status;
use crate::time::Timestamp;

fn worker(change: impl FnOnce(&mut WorkerProfile)) -> Option<ExecutionProfile> {
    let mut profile = ExecutionProfile::default_for(&"".into());
    change(&mut profile.worker);
    Some(profile)
}

fn profile(agent: &str) -> Option<ExecutionProfile> {
    worker(|worker| worker.agent_name = agent.into())
}

fn set(world: &mut World, profile: Option<ExecutionProfile>) -> ExecutionProfile {
    world.manager.set_execution_profile(&"t".into(), profile, &human()).unwrap()
}

#[test]
fn an_unset_profile_inherits_and_is_not_stored() {
    let mut world = World::new();
    let task = world.task("t");
    let got = world.manager.get_execution_profile(&task, &reader()).unwrap();
    assert_eq!(got, ExecutionProfile::default_for(&task));
    assert_eq!((got.created_at, got.updated_at), (None, None));
    let stored = world.manager.store().records().any(|record| matches!(record, Record::Profile(_)));
    assert!(!stored);
}

#[test]
fn lists_are_trimmed_sorted_and_without_repetition() {
    let mut world = World::new();
    world.task("t");
    let names = [" coder ", "reviewer", "", "coder", "Coder"].map(str::to_owned).to_vec();
    let set = set(&mut world, worker(|worker| worker.allowed_agent_names = names));
    assert_eq!(set.worker.allowed_agent_names, ["Coder", "coder", "reviewer"]);
    let stored = world.manager.store().get_profile(&"t".into()).unwrap();
    assert_eq!(*stored, set);
}

#[test]
fn a_second_write_replaces_all_but_the_creation() {
    let mut world = World::new();
    world.task("t");
    let first = set(&mut world, worker(|worker| worker.required_capabilities = vec!["go".into()]));
    assert_eq!((first.created_at, first.updated_at), (Some(world.now()), Some(world.now())));
    world.advance(60);
    let mut next = profile("b").unwrap();
    next.created_at = Some(Timestamp::from_millis(0));
    let second = set(&mut world, Some(next));
    assert_eq!(second.created_at, first.created_at);
    assert_eq!(second.updated_at, Some(world.now()));
    assert_eq!(second.worker.agent_name, "b");
    assert!(second.worker.required_capabilities.is_empty());
    let third = set(&mut world, profile("b"));
    assert_eq!(third, second, "the same content is a write like any other");
    assert_eq!(
        world.events("t"),
        [
            "created",
            "execution_profile_updated",
            "execution_profile_updated",
            "execution_profile_updated"
        ]
    );
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "task_id": "t", "coordinator_mode": "inherit",
            "worker_mode": "inherit", "sandbox_mode": "inherit",
        })
    );
}

#[test]
fn the_first_write_honours_the_callers_creation() {
    let mut world = World::new();
    world.task("t");
    let created_at = Some(Timestamp::from_millis(0));
    let given = ExecutionProfile { created_at, ..profile("a").unwrap() };
    assert_eq!(set(&mut world, Some(given)).created_at, created_at);
}

#[test]
fn a_profile_changes_nothing_about_its_task() {
    let mut world = World::new();
    world.task("t");
    let mut before = world.record("t");
    world.advance(60);
    set(&mut world, profile("a"));
    before.latest_event_seq = world.record("t").latest_event_seq;
    assert_eq!(world.record("t"), before);
}

#[test]
fn nothing_changes_between_claim_and_end_of_a_run() {
    for status in RunStatus::ALL {
        let mut world = World::new();
        let task = world.task("t");
        set(&mut world, profile("a"));
        world.put_run("t", *status);
        if !status.is_active() {
            set(&mut world, profile("b"));
            world.manager.delete_execution_profile(&task, &human()).unwrap();
            continue;
        }
        let kind = ErrorKind::InvalidStatusTransition;
        let invalid = worker(|worker| worker.mode = "wild".into());
        world.refuses(kind, |manager| manager.set_execution_profile(&task, invalid, &human()));
        world.refuses(kind, |manager| manager.delete_execution_profile(&task, &human()));
    }
}

#[test]
fn profiles_of_drafts_and_ended_tasks_are_open() {
    let mut world = World::new();
    world.draft("t");
    set(&mut world, profile("a"));
    world.manager.cancel_task(&"t".into(), Default::default(), &human()).unwrap();
    assert_eq!(world.status("t"), Status::Canceled);
    assert_eq!(set(&mut world, profile("b")).worker.agent_name, "b");
}

#[test]
fn a_removed_profile_inherits_again() {
    let mut world = World::new();
    let task = world.task("t");
    world.refuses(ErrorKind::ExecutionProfileNotFound, |manager| {
        manager.delete_execution_profile(&task, &human())
    });
    set(&mut world, profile("a"));
    world.manager.delete_execution_profile(&task, &human()).unwrap();
    assert_eq!(world.newest_payload("t"), serde_json::json!({ "task_id": "t" }));
    let got = world.manager.get_execution_profile(&task, &human()).unwrap();
    assert_eq!(got, ExecutionProfile::default_for(&task));
}

#[test]
fn writes_are_refused_in_order() {
    let mut world = World::new();
    world.task("t");
    let mut refused = |kind, task: &str, profile: Option<ExecutionProfile>| {
        world
            .refuses(kind, |manager| manager.set_execution_profile(&task.into(), profile, &human()))
            .path()
            .to_owned()
    };
    refused(ErrorKind::Validation, " ", None);
    assert_eq!(refused(ErrorKind::Validation, "nowhere", None), "task_execution_profile");
    let foreign = Some(ExecutionProfile::default_for(&"other".into()));
    let path = refused(ErrorKind::Validation, "nowhere", foreign);
    assert_eq!(path, "task_execution_profile.task_id");
    refused(ErrorKind::TaskNotFound, "nowhere", profile("a"));
    let path = refused(ErrorKind::Validation, "t", worker(|worker| worker.mode = "wild".into()));
    assert_eq!(path, "task_execution_profile.worker.mode");
    let same = Some(ExecutionProfile::default_for(&" t ".into()));
    set(&mut world, same);

    let kind = ErrorKind::PermissionDenied;
    world.refuses(kind, |manager| manager.set_execution_profile(&" ".into(), None, &reader()));
    world.refuses(kind, |manager| manager.delete_execution_profile(&" ".into(), &reader()));
    let unknown = ErrorKind::TaskNotFound;
    world.refuses(unknown, |manager| manager.delete_execution_profile(&"x".into(), &human()));
    let got = world.manager.get_execution_profile(&"x".into(), &human()).unwrap_err();
    assert_eq!(got.kind(), unknown);
}

#[test]
fn the_boards_gates_decide_what_a_profile_may_say() {
    let sandbox = |mode: SandboxMode, name: &str| {
        let sandbox = SandboxPolicy { mode: mode.into(), sandbox_ref: name.to_owned() };
        Some(ExecutionProfile { sandbox, ..ExecutionProfile::default_for(&"".into()) })
    };
    let outside = worker(|worker| {
        worker.agent_name = "a".into();
        worker.allowed_agent_names = vec!["b".into()];
    });
    let provider = worker(|worker| worker.provider = "p".into());
    let closed = ExecutionProfileValidationOptions {
        allow_provider_override: false,
        allow_sandbox_none: false,
        allow_sandbox_ref: false,
        max_coordinator_guidance_bytes: 0,
    };
    let mut strict = World::with(|options: &mut ManagerOptions| options.profile_gates = closed);
    let mut open = World::new();
    for world in [&mut strict, &mut open] {
        world.task("t");
    }
    for wrong in [outside, sandbox(SandboxMode::Ref, "")] {
        for world in [&mut strict, &mut open] {
            let wrong = wrong.clone();
            world.refuses(ErrorKind::Validation, |manager| {
                manager.set_execution_profile(&"t".into(), wrong, &human())
            });
        }
    }
    for gated in [provider, sandbox(SandboxMode::None, ""), sandbox(SandboxMode::Ref, "box")] {
        set(&mut open, gated.clone());
        strict.refuses(ErrorKind::Validation, |manager| {
            manager.set_execution_profile(&"t".into(), gated, &human())
        });
    }
}

#[test]
fn no_gate_lets_more_guidance_in_than_the_built_in_rules() {
    let guided = |bytes: usize| {
        let mut profile = ExecutionProfile::default_for(&"t".into());
        profile.coordinator.guidance = "x".repeat(bytes);
        Some(profile)
    };
    for (cap, limit) in [(10_000, 8_192), (8_192, 8_192), (100, 100), (0, 8_192)] {
        let mut world = World::with(|options: &mut ManagerOptions| {
            options.profile_gates.max_coordinator_guidance_bytes = cap;
        });
        world.task("t");
        set(&mut world, guided(limit));
        world.refuses(ErrorKind::Validation, |manager| {
            manager.set_execution_profile(&"t".into(), guided(limit + 1), &human())
        });
    }
}

#[test]
fn a_profile_decides_who_claims() {
    let mut world = World::new();
    world.task("t");
    let run = world.enqueue("t");
    set(
        &mut world,
        Some(ExecutionProfile {
            participants: ParticipantPolicy {
                required_capabilities: vec!["sqlite".into()],
                ..ParticipantPolicy::default()
            },
            ..worker(|worker| {
                worker.agent_name = "coder".into();
                worker.allowed_agent_names = vec!["coder".into()];
                worker.required_capabilities = vec!["golang".into()];
            })
            .unwrap()
        }),
    );
    let both = || offering(&["golang", "sqlite"]);
    let criteria = [
        ClaimCriteria { agent_name: "other".into(), ..both() },
        both(),
        ClaimCriteria { agent_name: "coder".into(), ..offering(&["golang"]) },
        named("coder"),
    ];
    let claimer = crate::manager::testing::agent("s");
    for criteria in criteria {
        world.refuses(ErrorKind::NoClaimableRun, |manager| {
            manager.claim_next_run(criteria, &claimer)
        });
        assert_eq!(world.run(&run).status, RunStatus::Queued);
    }
    let fitting = ClaimCriteria { agent_name: "coder".into(), ..both() };
    assert_eq!(world.manager.claim_next_run(fitting, &claimer).unwrap().run.id, run);
}
