#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::actor::OwnerKind;
use crate::id::RunId;
use crate::lease::ClaimCriteria;
use crate::manager::testing::runs::LEASE;
use crate::manager::testing::{World, human, new_task};
use crate::pause::PauseTaskRequest;
use crate::profile::ExecutionProfile;
use crate::run::RunStatus;
use crate::scheduler::SchedulerPauseRequest;
use crate::step::Step;
use crate::store::{ExecutionProfileStore, RunReviewStore, TransactionStore};
use crate::task::{CreateTask, Priority, Scope};

fn worker(world: &World, session: &str, offers: &[&str]) -> ClaimCriteria {
    let criteria = ClaimCriteria {
        claimer_session_id: session.into(),
        agent_name: session.to_owned(),
        required_capabilities: offers.iter().map(ToString::to_string).collect(),
        ..ClaimCriteria::default()
    };
    criteria.normalize(world.now()).unwrap()
}

fn idle(world: &World, task: &str, workers: Option<&[ClaimCriteria]>) -> Vec<Hindrance> {
    let known = Known { now: world.now(), workers };
    why_idle(world.manager.store(), &task.into(), &known).unwrap()
}

fn obstacles(world: &World, task: &str, workers: Option<&[ClaimCriteria]>) -> Vec<Obstacle> {
    idle(world, task, workers).into_iter().map(|hindrance| hindrance.what).collect()
}

/// The only hindrance.
#[track_caller]
fn only(world: &World, task: &str) -> (Obstacle, Option<Step>) {
    let [found]: [Hindrance; 1] = idle(world, task, None).try_into().unwrap();
    (found.what, found.step)
}

fn demand(world: &mut World, run: &RunId, capabilities: &[&str]) {
    world.change_run(run, |run| {
        run.required_capabilities = capabilities.iter().map(ToString::to_string).collect();
    });
}

#[test]
fn a_ready_task_needs_somebody_to_ask_for_a_run() {
    let mut world = World::new();
    world.task("a");
    assert_eq!(only(&world, "a"), (Obstacle::NoRunQueued, Some(Step::Start)));
    let known = Known { now: world.now(), workers: None };
    assert_eq!(why_idle(world.manager.store(), &"gone".into(), &known), None);
}

#[test]
fn canceled_says_it_all_and_done_leaves_only_reviews() {
    let mut world = World::new();
    world.task("a");
    world.task("b");
    world.depends("b", "a");
    world.put_run("b", RunStatus::Canceled);
    assert_eq!(only(&world, "b"), (Obstacle::Canceled, Some(Step::Duplicate)));
    world.put_run("a", RunStatus::Completed);
    assert_eq!(only(&world, "a"), (Obstacle::Completed, Some(Step::RunAgain)));
}

#[test]
fn obstacles_come_in_a_fixed_order() {
    let mut world = World::new();
    for name in ["dead", "open", "parent"] {
        world.task(name);
    }
    let manual = CreateTask {
        draft: true,
        approval_policy: crate::task::ApprovalPolicy::Manual.into(),
        ..new_task("a")
    };
    world.manager.create_child_task(&"parent".into(), manual, &human()).unwrap();
    world.depends("a", "open");
    world.depends("a", "dead");
    world.put_run("dead", RunStatus::Canceled);
    let pause = PauseTaskRequest { reason: "later".to_owned(), ..PauseTaskRequest::default() };
    world.manager.pause_task(&"parent".into(), pause, &human()).unwrap();
    let pause = SchedulerPauseRequest { reason: "night".to_owned() };
    world.manager.pause_scheduler(pause, &human()).unwrap();
    let found = idle(&world, "a", None);
    let [draft, paused, scheduler, dead, open, approval]: [Hindrance; 6] =
        found.try_into().unwrap();
    assert_eq!((draft.what, draft.step), (Obstacle::Draft, Some(Step::Publish)));
    assert!(matches!(paused.what, Obstacle::Paused { by, reason, .. }
        if by.as_str() == "parent" && reason == "later"));
    assert_eq!(paused.step, Some(Step::Resume("parent".into())));
    assert!(
        matches!(scheduler.what, Obstacle::SchedulerPaused { reason, .. } if reason == "night")
    );
    assert!(matches!(dead.what, Obstacle::DeadBlockers(dead) if dead.len() == 1));
    assert_eq!(dead.step, Some(Step::OpenTask("dead".into())));
    assert_eq!(open.what, Obstacle::OpenBlockers(vec!["open".into()]));
    assert_eq!((approval.what, approval.step), (Obstacle::ApprovalPending, Some(Step::Approve)));
}

#[test]
fn a_refused_approval_is_told_apart() {
    let mut world = World::new();
    world.manual("a");
    world.manager.reject_task(&"a".into(), &human()).unwrap();
    assert!(obstacles(&world, "a", None).contains(&Obstacle::ApprovalRejected));
}

#[test]
fn used_up_attempts_are_told_with_the_way_on() {
    let mut world = World::new();
    world.task_of_attempts("a", 1);
    world.put_run("a", RunStatus::Failed);
    let expected = (Obstacle::AttemptsUsed { max: 1 }, Some(Step::RaiseAttempts(2)));
    assert_eq!(only(&world, "a"), expected);
}

#[test]
fn a_held_run_is_told_with_its_lease() {
    let mut world = World::new();
    world.task("a");
    world.enqueue("a");
    let run = world.claim("s").run.id;
    let until = world.now() + LEASE;
    let lease = |world: &World| match only(world, "a") {
        (Obstacle::Held { lease, .. }, step) => (lease, step),
        other => panic!("{other:?}"),
    };
    assert_eq!(lease(&world), (Lease::Live(until), Some(Step::WaitUntil(until))));
    world.advance(LEASE.as_secs());
    assert_eq!(lease(&world), (Lease::Expired(until), Some(Step::RecoverExpired)));
    world.change_run(&run, |run| {
        (run.claim_token_hash, run.lease_until, run.heartbeat_at) = (None, None, None);
    });
    assert_eq!(lease(&world), (Lease::Endless, Some(Step::ForceRelease(run.clone()))));
    world.set_run(&run, RunStatus::Running);
    assert_eq!(lease(&world), (Lease::Endless, Some(Step::Finish(run))));
}

#[test]
fn pauses_and_blockers_do_not_stop_work_under_way() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.task(name);
    }
    let run = world.claimed("a");
    world.depends("a", "b");
    world.manager.pause_scheduler(SchedulerPauseRequest::default(), &human()).unwrap();
    let found = obstacles(&world, "a", None);
    assert!(matches!(&found[..], [Obstacle::OpenBlockers(_), Obstacle::Held { .. }]), "{found:?}");
    world.set_run(&run, RunStatus::Running);
    assert!(matches!(only(&world, "a").0, Obstacle::Held { .. }));
}

#[test]
fn a_queued_run_knows_its_place_in_its_own_line() {
    let mut world = World::new();
    for name in ["a", "b", "c", "d"] {
        world.task(name);
    }
    let mut record = world.record("c");
    record.priority = Priority::Urgent;
    world.put_task(record);
    let mut record = world.record("d");
    (record.scope, record.workspace_id) = (Scope::Workspace, Some("w".into()));
    world.put_task(record);
    let runs = ["a", "b", "c", "d"].map(|name| world.enqueue(name));
    let place = |world: &World, task: &str| match &idle(world, task, None)[..] {
        [Hindrance { what: Obstacle::InLine { position, next, .. }, .. }] => {
            (*position, next.clone())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(place(&world, "c"), (1, None));
    assert_eq!(place(&world, "a"), (2, Some(runs[2].clone())));
    assert_eq!(place(&world, "b"), (3, Some(runs[2].clone())));
    assert_eq!(place(&world, "d"), (1, None), "another workspace");
    let line = QueueLine::of(world.manager.store());
    assert_eq!(line.ahead_of(&runs[1]), [runs[2].clone(), runs[0].clone()]);
    world.depends("a", "b");
    let line = QueueLine::of(world.manager.store());
    assert_eq!((line.position(&runs[0]), line.position(&runs[1])), (None, Some(2)));
}

#[test]
fn what_keeps_all_sessions_out_is_named() {
    let mut world = World::new();
    world.task("a");
    let run = world.enqueue("a");
    demand(&mut world, &run, &["go", "sql"]);
    let last = |world: &World, workers: &[ClaimCriteria]| {
        idle(world, "a", Some(workers)).pop().map(|hindrance| hindrance.what)
    };
    let [all, go, sql, none] =
        [&["go", "sql"][..], &["go"], &["sql"], &[]].map(|offers| worker(&world, "s", offers));
    let fits = last(&world, &[none.clone(), all]);
    assert!(matches!(fits, Some(Obstacle::InLine { .. })), "one of them fits");
    assert_eq!(last(&world, &[]), Some(Obstacle::NoWorkers));
    let missing = vec!["sql".to_owned()];
    assert_eq!(last(&world, &[go.clone(), none]), Some(Obstacle::NobodyCan { missing }));
    assert_eq!(last(&world, &[go.clone(), sql]), Some(Obstacle::NobodyFits));
    let elsewhere = ClaimCriteria {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        required_capabilities: vec!["go".to_owned(), "sql".to_owned()],
        ..go
    };
    let nobody = Obstacle::NobodyInScope { scope: Scope::Global, workspace: None };
    assert_eq!(last(&world, &[elsewhere]), Some(nobody));
}

#[test]
fn owner_and_profile_can_keep_all_sessions_out() {
    let mut world = World::new();
    world.owned("a", OwnerKind::Human, "ada");
    world.enqueue("a");
    world.task("b");
    world.enqueue("b");
    let mut profile = ExecutionProfile::default_for(&"b".into());
    profile.worker.agent_name = "eve".to_owned();
    let store = world.manager.store_mut();
    store.begin();
    store.put_profile(profile);
    store.commit();
    let workers = [worker(&world, "s", &[])];
    let owner = world.record("a").owner.unwrap();
    let found = idle(&world, "a", Some(&workers)).pop().unwrap();
    assert_eq!(found.what, Obstacle::OwnerExcludesAll { owner });
    assert_eq!(found.step, Some(Step::ChangeOwner));
    let found = idle(&world, "b", Some(&workers)).pop().unwrap();
    assert_eq!((found.what, found.step), (Obstacle::ProfileExcludesAll, Some(Step::ChangeProfile)));
}

#[test]
fn reviews_come_last() {
    let mut world = World::new();
    world.task("a");
    let run = world.put_run("a", RunStatus::Completed);
    let now = world.now();
    let review = serde_json::json!({
        "review_id": "r", "task_id": "a", "run_id": run, "policy": "always",
        "review_round": 1, "attempt": 1, "status": "requested",
        "requested_at": now, "created_at": now, "updated_at": now,
    });
    let gate = crate::review::ReviewGateState {
        review_circuit_opened_at: Some(now),
        ..crate::review::ReviewGateState::untouched(&"a".into())
    };
    let store = world.manager.store_mut();
    store.begin();
    store.put_review(serde_json::from_value(review).unwrap());
    store.put_review_gate(gate);
    store.commit();
    let expected = [
        Obstacle::Completed,
        Obstacle::AwaitsVerdict { review: "r".into() },
        Obstacle::ReviewsHalted { since: now, reason: String::new() },
    ];
    assert_eq!(obstacles(&world, "a", None), expected);
}

#[test]
fn exactly_the_run_that_a_claim_brings_is_next() {
    let offers: [&[&str]; 4] = [&[], &["go"], &["sql"], &["go", "sql"]];
    for offered in offers {
        for demanded in offers {
            let mut world = World::new();
            for name in ["a", "b", "c"] {
                world.task(name);
            }
            world.owned("d", OwnerKind::Human, "ada");
            let runs = ["d", "a", "b", "c"].map(|name| world.enqueue(name));
            demand(&mut world, &runs[1], demanded);
            world.depends("b", "c");
            let criteria = worker(&world, "s", offered);
            let store = world.manager.store();
            let next: Vec<RunId> = runs
                .iter()
                .filter(|run| explain_claim(store, &criteria, run).unwrap().is_next())
                .cloned()
                .collect();
            let survey = survey_claims(store, &criteria);
            assert_eq!(next, survey.next.iter().cloned().collect::<Vec<_>>());
            let fell_out: usize = survey.fell_out.values().map(Vec::len).sum();
            let free = runs
                .iter()
                .filter(|run| explain_claim(store, &criteria, run).unwrap().barriers.is_empty());
            assert_eq!(fell_out + free.count(), runs.len());
            let actor = crate::manager::testing::agent("s");
            let claim = world.manager.claim_next_run(criteria, &actor).unwrap();
            assert_eq!(next, [claim.run.id]);
        }
    }
}

#[test]
fn a_survey_sorts_by_what_a_run_fell_out_over() {
    let mut world = World::new();
    world.task("a");
    world.owned("b", OwnerKind::Human, "ada");
    let (a, b) = (world.enqueue("a"), world.enqueue("b"));
    world.manager.pause_scheduler(SchedulerPauseRequest::default(), &human()).unwrap();
    let criteria = worker(&world, "s", &[]);
    let survey = survey_claims(world.manager.store(), &criteria);
    assert!(survey.scheduler_paused);
    assert_eq!(survey.next, Some(a.clone()));
    assert_eq!(survey.fell_out.into_iter().collect::<Vec<_>>(), [("other_owner", vec![b])]);
    let explained = explain_claim(world.manager.store(), &criteria, &a).unwrap();
    assert!(!explained.is_next());
    assert_eq!(explain_claim(world.manager.store(), &criteria, &"gone".into()), None);
}

#[test]
fn a_held_lease_keeps_a_session_busy_until_it_ends() {
    let mut world = World::new();
    world.task("a");
    world.task("b");
    world.enqueue("a");
    let held = world.claim("s").run.id;
    let run = world.enqueue("b");
    let busy = |world: &World| {
        let criteria = worker(world, "s", &[]);
        let explained = explain_claim(world.manager.store(), &criteria, &run).unwrap();
        assert_eq!(explained.is_next(), explained.busy_with.is_none());
        explained.busy_with
    };
    assert_eq!(busy(&world), Some(held));
    world.advance(LEASE.as_secs());
    assert_eq!(busy(&world), None);
}
