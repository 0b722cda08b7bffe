#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;

use super::*;
use crate::actor::{ActorContext, OriginKind, OwnerKind};
use crate::enumeration::Enumeration;
use crate::insight::sketch::sketches;
use crate::manager::testing::{World, human};
use crate::review::{ReviewGateState, RunReview, RunReviewStatus};
use crate::run::RunStatus;
use crate::store::TransactionStore;
use crate::time::Duration;

fn session(state: &str) -> SessionInfo {
    SessionInfo { id: "s".into(), state: state.to_owned(), ..SessionInfo::default() }
}

fn queue_of(world: &World, actor: &ActorContext, sessions: Option<&[SessionInfo]>) -> Vec<Row> {
    let viewer = Viewer { identity: &actor.actor, now: world.now(), sessions };
    attention(world.manager.store(), &viewer)
}

fn queue(world: &World) -> Vec<Row> {
    queue_of(world, &human(), None)
}

/// The only row, as lane and reason.
#[track_caller]
fn only(rows: Vec<Row>) -> (Lane, Why, Option<Step>) {
    let [row]: [Row; 1] = rows.try_into().unwrap();
    (row.lane, row.why, row.step)
}

fn bob() -> ActorContext {
    ActorContext::derive_human("bob", OriginKind::Web, "tab").unwrap()
}

fn agent(session: &str) -> ActorContext {
    ActorContext::derive_agent_session(session).unwrap()
}

fn review_of(world: &mut World, run: &RunId, status: RunReviewStatus) -> RunReview {
    let review: RunReview = serde_json::from_value(serde_json::json!({
        "review_id": "review-1", "task_id": world.run(run).task_id, "run_id": run,
        "policy": "always", "review_round": 1, "attempt": 1, "status": status,
        "requested_at": world.now(), "created_at": world.now(), "updated_at": world.now(),
    }))
    .unwrap();
    let store = world.manager.store_mut();
    store.begin();
    store.put_review(review.clone());
    store.commit();
    review
}

#[test]
fn a_ready_task_of_nobody_needs_nobody() {
    let mut world = World::new();
    world.task("a");
    world.draft("b");
    assert_eq!(queue(&world), []);
}

#[test]
fn an_undecided_approval_comes_before_its_blockers() {
    let mut world = World::new();
    world.manual("a");
    world.task("b");
    world.depends("a", "b");
    let found = only(queue(&world));
    assert_eq!(found, (Lane::Approvals, Why::AwaitsApproval, Some(Step::Approve)));
    world.manager.approve_task(&"a".into(), Default::default(), &human()).unwrap();
    let (lane, why, step) = only(queue(&world));
    assert_eq!((lane, step), (Lane::Blocked, Some(Step::OpenTask("b".into()))));
    assert_eq!(why, Why::WaitsFor { blockers: vec!["b".into()] });
}

#[test]
fn a_refused_approval_can_be_decided_again() {
    let mut world = World::new();
    world.manual("a");
    world.manager.reject_task(&"a".into(), &human()).unwrap();
    let found = only(queue(&world));
    assert_eq!(found, (Lane::Blocked, Why::ApprovalRejected, Some(Step::DecideAgain)));
}

#[test]
fn only_open_reviews_that_the_identity_can_answer_count() {
    for status in RunReviewStatus::ALL.iter().copied() {
        let mut world = World::new();
        world.task("a");
        let run = world.put_run("a", RunStatus::Completed);
        let review = review_of(&mut world, &run, status);
        let lanes = |actor: &ActorContext| {
            queue_of(&world, actor, None).into_iter().map(|row| row.lane).collect::<Vec<_>>()
        };
        let expected: &[Lane] = if status.is_open() { &[Lane::Reviews] } else { &[] };
        assert_eq!(lanes(&human()), expected, "{status}");
        assert_eq!(lanes(&agent("s")), expected, "{status}");
        let store = world.manager.store_mut();
        store.begin();
        store.put_review(RunReview { reviewer_session_id: Some("s".into()), ..review });
        store.commit();
        assert_eq!(queue_of(&world, &agent("s"), None).len(), expected.len(), "{status}");
        assert_eq!(queue_of(&world, &agent("t"), None), [], "{status}");
        assert_eq!(queue(&world).len(), expected.len(), "{status}");
    }
}

#[test]
fn a_session_binds_itself_before_it_answers() {
    let mut world = World::new();
    world.task("a");
    let run = world.put_run("a", RunStatus::Completed);
    let review = review_of(&mut world, &run, RunReviewStatus::Requested);
    let store = world.manager.store_mut();
    store.begin();
    store.put_review(RunReview { deadline_at: Some(review.requested_at), ..review });
    store.commit();
    let (_, why, step) = only(queue_of(&world, &agent("s"), None));
    assert_eq!(step, Some(Step::TakeReview("review-1".into())));
    let overdue_since = Some(world.now());
    assert_eq!(why, Why::AwaitsVerdict { review: "review-1".into(), overdue_since });
    let (.., step) = only(queue(&world));
    assert_eq!(step, Some(Step::RecordVerdict("review-1".into())));
}

#[test]
fn a_silent_claim_is_stuck_after_two_minutes() {
    let mut world = World::new();
    world.task("a");
    let run = world.claimed("a");
    world.advance(120);
    assert_eq!(queue_of(&world, &bob(), None), []);
    world.advance(1);
    let step = Some(Step::ForceRelease(run.clone()));
    assert_eq!(only(queue_of(&world, &bob(), None)), (Lane::Recovery, Why::Stuck { run }, step));
}

#[test]
fn an_ended_lease_is_swept_up_rather_than_broken() {
    let mut world = World::new();
    world.task("a");
    world.enqueue("a");
    let run = world.claim("s").run.id;
    world.change_run(&run, |run| {
        run.lease_until = run.claimed_at.map(|at| at + Duration::from_secs(60))
    });
    world.advance(61);
    let found = only(queue(&world));
    assert_eq!(
        found,
        (Lane::Recovery, Why::StaleLease { run: run.clone() }, Some(Step::RecoverExpired))
    );
    world.advance(60);
    let found = only(queue(&world));
    assert_eq!(found, (Lane::Recovery, Why::Stuck { run }, Some(Step::RecoverExpired)));
}

#[test]
fn a_run_is_orphaned_where_its_session_has_ended_or_is_unknown() {
    let mut world = World::new();
    world.task("a");
    world.enqueue("a");
    let run = world.claim("s").run.id;
    let lanes = |sessions: Option<&[SessionInfo]>| {
        queue_of(&world, &bob(), sessions).into_iter().map(|row| row.why).collect::<Vec<_>>()
    };
    let orphaned = [Why::Orphaned { run, session: "s".into() }];
    assert_eq!(lanes(None), []);
    assert_eq!(lanes(Some(&[session("active")])), []);
    for state in ["missing", " Stopped", "failed", "crashed"] {
        assert_eq!(lanes(Some(&[session(state)])), orphaned, "{state}");
    }
    assert_eq!(lanes(Some(&[])), orphaned);
    let stopped = SessionInfo { stop_reason: "bye".to_owned(), ..session("active") };
    assert_eq!(lanes(Some(&[stopped])), orphaned);
}

#[test]
fn a_queued_run_is_stranded_after_five_minutes_without_a_session() {
    let mut world = World::new();
    world.task("a");
    let run = world.enqueue("a");
    world.advance(299);
    assert_eq!(queue_of(&world, &human(), Some(&[])), []);
    world.advance(1);
    let (lane, why, step) = only(queue_of(&world, &human(), Some(&[])));
    assert_eq!((lane, step), (Lane::Recovery, Some(Step::FindWorker(run.clone()))));
    assert_eq!(why, Why::Stranded { run });
    assert_eq!(queue_of(&world, &human(), Some(&[session("active")])), []);
    assert_eq!(queue_of(&world, &human(), None), []);
}

#[test]
fn waiting_in_vain_is_worth_a_look() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.task(name);
    }
    world.depends("b", "a");
    world.manager.cancel_task(&"a".into(), Default::default(), &human()).unwrap();
    let (lane, why, step) = only(queue(&world));
    assert_eq!((lane, step), (Lane::Recovery, Some(Step::OpenTask("a".into()))));
    assert!(matches!(why, Why::DeadBlocked { blockers } if blockers.len() == 1));
}

#[test]
fn halted_reviews_are_worth_a_look() {
    let mut world = World::new();
    world.task("a");
    let run = world.put_run("a", RunStatus::Completed);
    review_of(&mut world, &run, RunReviewStatus::Recorded);
    let gate = ReviewGateState {
        review_circuit_opened_at: Some(world.now()),
        review_circuit_reason: "unclear".to_owned(),
        ..ReviewGateState::untouched(&"a".into())
    };
    let store = world.manager.store_mut();
    store.begin();
    store.put_review_gate(gate);
    store.commit();
    let (lane, why, _) = only(queue(&world));
    assert_eq!((lane, why), (Lane::Recovery, Why::ReviewsHalted { reason: "unclear".to_owned() }));
}

#[test]
fn a_failure_proposes_what_leads_on() {
    let mut world = World::new();
    world.task_of_attempts("a", 2);
    let run = world.put_run("a", RunStatus::Failed);
    let (lane, _, step) = only(queue(&world));
    assert_eq!((lane, step), (Lane::Failed, Some(Step::Retry(run))));
    world.put_run("a", RunStatus::Failed);
    let (lane, _, step) = only(queue(&world));
    assert_eq!((lane, step), (Lane::Failed, Some(Step::RaiseAttempts(3))));
    world.put_run("a", RunStatus::Queued);
    assert_eq!(queue(&world), [], "a new attempt is on its way");
}

#[test]
fn own_work_is_what_one_holds_or_owns() {
    let mut world = World::new();
    world.owned("a", OwnerKind::Human, "ada");
    world.owned("b", OwnerKind::Human, "bob");
    world.owned("c", OwnerKind::Pool, "ada");
    world.task("d");
    let run = world.running("d");
    let mine: Vec<_> =
        queue(&world).into_iter().map(|row| (row.task.id.clone(), row.why)).collect();
    let holds = ("d".into(), Why::HoldsRun { run });
    assert_eq!(mine, [("a".into(), Why::Owned), holds]);
    world.put_run("a", RunStatus::Completed);
    assert_eq!(queue(&world).len(), 1);
}

#[test]
fn archived_and_snoozed_tasks_are_in_no_other_lane() {
    let mut world = World::new();
    world.manual("a");
    let task = "a".into();
    let until = SnoozeUntil::Time(world.now() + Duration::from_secs(60));
    world.manager.snooze_task(&task, until.clone(), &human()).unwrap();
    let snoozed = (Lane::Snoozed, Why::Snoozed { until }, Some(Step::Wake));
    assert_eq!(only(queue(&world)), snoozed);
    assert_eq!(only(queue_of(&world, &bob(), None)).0, Lane::Approvals);
    world.manager.archive_task(&task, &human()).unwrap();
    assert_eq!(only(queue(&world)).0, Lane::Archived);
    world.advance(60);
    world
        .manager
        .update_task(
            &task,
            crate::task::Patch { title: Some("b".into()), ..Default::default() },
            &human(),
        )
        .unwrap();
    assert_eq!(only(queue(&world)).0, Lane::Archived, "news change nothing");
    world.manager.restore_triage(&task, None, &human()).unwrap();
    assert_eq!(only(queue(&world)).0, Lane::Approvals, "the snooze has ended");
}

#[test]
fn dismissed_tasks_return_with_news() {
    let mut world = World::new();
    world.manual("a");
    world.manager.dismiss_task(&"a".into(), &human()).unwrap();
    assert_eq!(queue(&world), []);
    world.advance(1);
    world
        .manager
        .update_task(
            &"a".into(),
            crate::task::Patch { title: Some("b".into()), ..Default::default() },
            &human(),
        )
        .unwrap();
    let rows = queue(&world);
    assert_eq!(rows[0].sight, Sight::Unread);
}

#[test]
fn unread_comes_first_then_the_latest() {
    let mut world = World::new();
    for name in ["old", "read", "new"] {
        world.manual(name);
        world.advance(60);
    }
    world.manager.mark_task_read(&"read".into(), &human()).unwrap();
    let order: Vec<_> = queue(&world).iter().map(|row| row.task.id.to_string()).collect();
    assert_eq!(order, ["new", "old", "read"]);
}

proptest! {
    #[test]
    fn the_queue_has_the_row_of_every_task_that_has_one(
        sketch in sketches(),
        triage in prop::collection::vec(0u8..6, 7),
        owner in any::<bool>(),
    ) {
        let mut world = sketch.world();
        let names: Vec<TaskId> = sketch.names().map(TaskId::from).collect();
        for (id, triage) in names.iter().zip(triage) {
            let manager = &mut world.manager;
            let until = SnoozeUntil::Time(manager.now() + Duration::from_secs(1));
            match triage {
                0 => drop(manager.archive_task(id, &human()).unwrap()),
                1 => drop(manager.dismiss_task(id, &human()).unwrap()),
                2 => drop(manager.snooze_task(id, until, &human()).unwrap()),
                _ => {}
            }
        }
        let mut record = world.record("t0");
        record.owner = owner.then(|| crate::actor::Ownership::new(OwnerKind::Human, "ada"));
        world.put_task(record);
        let actor = human();
        let viewer = Viewer { identity: &actor.actor, now: world.now(), sessions: Some(&[]) };
        let store = world.manager.store();
        let mut rows = attention(store, &viewer);
        rows.sort_by(|one, other| one.task.id.cmp(&other.task.id));
        let expected: Vec<Row> =
            names.iter().filter_map(|id| attention_to(store, id, &viewer)).collect();
        prop_assert_eq!(rows, expected);
    }
}
