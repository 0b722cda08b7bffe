#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::scheduler::SchedulerPauseState;
use crate::store::MemoryStore;
use crate::store::conformance::fixture::{child, claimer, run, run_in, task, texts, transact};
use crate::store::{ExecutionProfileStore, RunStore};
use crate::task::Priority;

/// A claimable run `r` of a task `t` below `p`, after a change.
fn board(change: impl FnOnce(&mut MemoryStore)) -> MemoryStore {
    let mut store = MemoryStore::default();
    transact(&mut store, |store| {
        store.put_task(task("p"));
        store.put_task(child("t", "p"));
        store.put_run(run("r", "t"));
        change(store);
    });
    store
}

fn barriers(store: &MemoryStore, criteria: &ClaimCriteria) -> Vec<ClaimBarrier> {
    claim_barriers(store, &"r".into(), criteria).unwrap()
}

fn profile(change: impl FnOnce(&mut ExecutionProfile)) -> ExecutionProfile {
    let mut profile = ExecutionProfile::default_for(&"t".into());
    change(&mut profile);
    profile
}

#[test]
fn nothing_stands_between_a_claimer_and_a_plain_run() {
    assert_eq!(barriers(&board(|_| {}), &claimer("s", &[])), []);
}

#[test]
fn an_unknown_run_has_no_answer() {
    let store = board(|store| store.put_run(run("orphan", "gone")));
    for id in ["gone", "orphan"] {
        assert_eq!(claim_barriers(&store, &id.into(), &claimer("s", &[])), None);
    }
}

#[test]
fn each_state_of_the_board_is_its_own_barrier() {
    type Case = (fn(&mut MemoryStore), ClaimBarrier, &'static str);
    let cases: [Case; 5] = [
        (
            |store| store.put_run(run_in(RunStatus::Running, "r", "t")),
            ClaimBarrier::NotQueued { status: RunStatus::Running },
            "not_queued",
        ),
        (
            |store| store.put_scheduler(SchedulerPauseState { paused: true, ..Default::default() }),
            ClaimBarrier::SchedulerPaused,
            "scheduler_paused",
        ),
        (
            |store| store.put_task(Task { paused: true, ..child("t", "p") }),
            ClaimBarrier::TaskPaused,
            "task_paused",
        ),
        (
            |store| store.put_task(Task { paused: true, ..task("p") }),
            ClaimBarrier::AncestorPaused { ancestor: "p".into() },
            "ancestor_paused",
        ),
        (
            |store| store.put_task(Task { status: Status::Blocked, ..child("t", "p") }),
            ClaimBarrier::TaskHeldBack { status: Status::Blocked },
            "task_held_back",
        ),
    ];
    for (change, barrier, code) in cases {
        assert_eq!(barrier.code(), code);
        assert_eq!(barriers(&board(change), &claimer("s", &[])), [barrier]);
    }
}

#[test]
fn each_wish_of_the_claimer_is_its_own_barrier() {
    let any = || claimer("s", &[]);
    let workspace =
        ClaimCriteria { scope: Scope::Workspace.into(), workspace_id: Some("ws".into()), ..any() };
    let cases = [
        (
            ClaimCriteria { priority_min: 25, ..any() },
            ClaimBarrier::PriorityTooLow { rank: Priority::Medium.rank(), minimum: 25 },
            "priority_too_low",
        ),
        (
            workspace,
            ClaimBarrier::OutOfScope { scope: Scope::Global, workspace: None },
            "out_of_scope",
        ),
        (
            ClaimCriteria { coordination_channel_id: "ops".into(), ..any() },
            ClaimBarrier::OtherChannel { channel: String::new() },
            "other_channel",
        ),
    ];
    for (criteria, barrier, code) in cases {
        assert_eq!(barrier.code(), code);
        assert_eq!(barriers(&board(|_| {}), &criteria), [barrier]);
    }
}

#[test]
fn missing_capabilities_are_named() {
    let store = board(|store| {
        store.put_run(Run { required_capabilities: texts(&["go", "sql"]), ..run("r", "t") });
    });
    let missing = texts(&["sql"]);
    let barrier = ClaimBarrier::CapabilitiesMissing { missing };
    assert_eq!(barrier.code(), "capabilities_missing");
    assert_eq!(barriers(&store, &claimer("s", &["go", "SQL"])), [barrier]);
    assert_eq!(barriers(&store, &claimer("s", &["sql", "go"])), []);
}

#[test]
fn each_rule_of_a_profile_is_its_own_barrier() {
    type Case = (fn(&mut ExecutionProfile), ClaimBarrier, &'static str);
    let cases: [Case; 4] = [
        (
            |profile| {
                profile.worker.required_capabilities = texts(&["sql", "go"]);
                profile.participants.required_capabilities = texts(&["css", "go"]);
            },
            ClaimBarrier::ProfileCapabilitiesMissing { missing: texts(&["css", "go", "sql"]) },
            "profile_capabilities_missing",
        ),
        (
            |profile| profile.worker.agent_name = "ada".into(),
            ClaimBarrier::OtherWorker { agent: "ada".into() },
            "other_worker",
        ),
        (
            |profile| profile.worker.allowed_agent_names = texts(&["ada"]),
            ClaimBarrier::WorkerNotAllowed,
            "worker_not_allowed",
        ),
        (
            |profile| profile.participants.allowed_agent_names = texts(&["ada"]),
            ClaimBarrier::ParticipantNotAllowed,
            "participant_not_allowed",
        ),
    ];
    for (change, barrier, code) in cases {
        assert_eq!(barrier.code(), code);
        let store = board(|store| store.put_profile(profile(change)));
        assert_eq!(barriers(&store, &claimer("s", &[])), [barrier]);
        let able = claimer("s", &["css", "go", "sql"]);
        let ada = ClaimCriteria { agent_name: "ada".into(), ..able };
        assert_eq!(barriers(&store, &ada), []);
    }
}

#[test]
fn only_pools_and_sessions_leave_runs_to_claimers() {
    use crate::enumeration::Enumeration;
    for kind in OwnerKind::ALL {
        let owner = Ownership::new(*kind, "me");
        let barrier = ClaimBarrier::OtherOwner { owner: owner.clone() };
        assert_eq!(barrier.code(), "other_owner");
        let owned = Task { owner: Some(owner), ..child("t", "p") };
        let store = board(|store| store.put_task(owned));
        let agent = ClaimCriteria { agent_name: "me".into(), ..claimer("s", &[]) };
        let leaves_to_agent = *kind == OwnerKind::Pool;
        assert_eq!(barriers(&store, &agent).is_empty(), leaves_to_agent, "{kind}");
        let leaves_to_session = *kind == OwnerKind::AgentSession;
        assert_eq!(barriers(&store, &claimer("me", &[])).is_empty(), leaves_to_session, "{kind}");
        assert_eq!(barriers(&store, &claimer("you", &[])), [barrier]);
    }
}

#[test]
fn barriers_come_in_the_order_of_the_checks() {
    let store = board(|store| {
        store.put_task(Task { paused: true, status: Status::Draft, ..child("t", "p") });
        store.put_run(run_in(RunStatus::Failed, "r", "t"));
        store.put_scheduler(SchedulerPauseState { paused: true, ..Default::default() });
        store.put_profile(profile(|profile| profile.worker.agent_name = "ada".into()));
    });
    let criteria = ClaimCriteria {
        priority_min: 99,
        coordination_channel_id: "ops".into(),
        ..claimer("s", &[])
    };
    let codes: Vec<_> = barriers(&store, &criteria).iter().map(ClaimBarrier::code).collect();
    assert_eq!(
        codes,
        [
            "not_queued",
            "scheduler_paused",
            "task_paused",
            "task_held_back",
            "priority_too_low",
            "other_channel",
            "other_worker",
        ]
    );
}
