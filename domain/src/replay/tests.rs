#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::availability::Situation;
use crate::enumeration::Enumeration;
use crate::event::EventType;
use crate::force::{ForceFailRun, ForceReleaseRun, RetryRunRequest};
use crate::id::TaskId;
use crate::insight::dead_ends;
use crate::lease::{ClaimResult, ExpiredLeaseRecovery};
use crate::manager::testing::runs::{completion, failed, failure, heartbeat, release};
use crate::manager::testing::{World, agent, human, new_task};
use crate::pause::{PauseTaskRequest, ResumeTaskRequest};
use crate::query::Query;
use crate::review::{
    RecordRunReviewRequest, ReviewPolicy, RunReviewOutcome, RunReviewRequest, RunReviewVerdict,
};
use crate::run::{CancelRun, ClaimRun, RunResult, RunStatus};
use crate::stage::Stage;
use crate::store::Store;
use crate::task::{CreateTask, Patch, Status};

/// Everything that a look back promises to show, in words.
fn told(store: &impl Store) -> BTreeMap<TaskId, Vec<String>> {
    let tasks = store.list_tasks(&Query::default());
    let lines = tasks.iter().map(|task| {
        let situation = Situation::of(store, &task.id).unwrap();
        let mut lines = vec![format!(
            "{} {} {} {:?} {:?} {:?} {:?}",
            task.status,
            situation.stage(),
            task.approval_state,
            store.paused_by(&task.id),
            task.current_run_id,
            task.latest_event_seq,
            task.closed_at,
        )];
        for edge in store.list_dependencies(&task.id) {
            lines.push(format!("waits for {} since {}", edge.depends_on_task_id, edge.created_at));
        }
        for run in &situation.runs {
            lines.push(format!(
                "{} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                run.id,
                run.status,
                run.attempt,
                run.claimed_by,
                run.session_id,
                run.lease_until,
                run.heartbeat_at,
                run.claimed_at,
                run.started_at,
                run.ended_at,
                run.error,
                run.failure_kind,
            ));
        }
        for review in &situation.reviews {
            lines.push(format!("{} {} {:?}", review.review_id, review.status, review.outcome));
        }
        (task.id.clone(), lines)
    });
    lines.collect()
}

/// A world that is driven by dice; refusals do not matter.
struct Play {
    world: World,
    claims: Vec<ClaimResult>,
    tasks: usize,
}

impl Play {
    fn new() -> Self {
        Self { world: World::new(), claims: Vec::new(), tasks: 0 }
    }

    fn name(&self, dice: u8) -> String {
        format!("t{}", usize::from(dice) % self.tasks.max(1))
    }

    fn create(&mut self, spec: impl FnOnce(&str) -> CreateTask) {
        let name = format!("t{}", self.tasks);
        self.tasks += 1;
        self.world.create(spec(&name));
    }

    fn step(&mut self, (verb, one, other): (u8, u8, u8)) {
        let (task, second) = (TaskId::from(self.name(one)), self.name(other));
        let runs = self.world.manager.store().list_runs_of_task(&task);
        let run = runs.get(usize::from(other) % runs.len().max(1)).map(|run| run.id.clone());
        let run = run.unwrap_or_else(|| "none".into());
        let claim = self.claims.get(usize::from(one) % self.claims.len().max(1)).cloned();
        let (ada, eve) = (human(), agent(&format!("s{}", other % 2)));
        let manager = &mut self.world.manager;
        match verb % 30 {
            0 => self.create(new_task),
            1 => self.create(|name| CreateTask { draft: true, ..new_task(name) }),
            2 => self.create(|name| CreateTask {
                approval_policy: crate::task::ApprovalPolicy::Manual.into(),
                max_attempts: Some(1),
                ..new_task(name)
            }),
            3 => {
                let name = format!("t{}", self.tasks);
                if manager.create_child_task(&task, new_task(&name), &ada).is_ok() {
                    self.tasks += 1;
                }
            }
            4 | 5 => drop(self.world.try_depends(task.as_str(), &second)),
            6 => drop(manager.remove_dependency(&task, &second.into(), &ada)),
            7 | 8 => drop(self.world.try_enqueue(task.as_str())),
            9 | 10 => {
                if let Ok(claim) = manager.claim_next_run(Default::default(), &eve) {
                    self.claims.push(claim);
                }
            }
            11 => drop(manager.claim_run(&run, ClaimRun::default(), &ada)),
            12 | 13 => drop(self.world.start(&run)),
            14 => drop(manager.complete_run(&run, RunResult::default(), &ada)),
            15 => drop(manager.fail_run(&run, failed("boom"), &ada)),
            16 => drop(manager.cancel_run(&run, CancelRun::default(), &ada)),
            17 => drop(manager.cancel_task(&task, Default::default(), &ada)),
            18 => drop(manager.approve_task(&task, Default::default(), &ada)),
            19 => drop(manager.reject_task(&task, &ada)),
            20 => drop(manager.publish_task(&task, Default::default(), &ada)),
            21 => {
                let reason = "later".to_owned();
                let pause = PauseTaskRequest { reason, ..Default::default() };
                drop(manager.pause_task(&task, pause, &ada));
            }
            22 => drop(manager.resume_task(&task, ResumeTaskRequest::default(), &ada)),
            23 => drop(claim.map(|claim| manager.heartbeat_run_lease(heartbeat(&claim), &eve))),
            24 => drop(claim.map(|claim| match other % 3 {
                0 => manager.release_run_lease(release(&claim), &eve),
                1 => manager.complete_run_lease(completion(&claim), &eve),
                _ => manager.fail_run_lease(failure(&claim), &eve),
            })),
            25 => drop(manager.force_release_run(&run, ForceReleaseRun::default(), &ada)),
            26 => {
                let reason = "enough".to_owned();
                let fail = ForceFailRun { reason, ..ForceFailRun::default() };
                drop(manager.force_fail_run(&run, fail, &ada));
            }
            27 => drop(manager.retry_run(&run, RetryRunRequest::default(), &ada)),
            28 => {
                self.world.advance(200);
                let manager = &mut self.world.manager;
                drop(manager.recover_expired_run_leases(ExpiredLeaseRecovery::default(), &ada));
            }
            _ => self.review(&run, other),
        }
    }

    fn review(&mut self, run: &crate::id::RunId, dice: u8) {
        let Some(stored) = self.world.manager.store().get_run(run) else { return };
        let request = RunReviewRequest {
            task_id: stored.task_id.clone(),
            run_id: run.clone(),
            policy: ReviewPolicy::Always.into(),
            ..RunReviewRequest::default()
        };
        let Ok(requested) = self.world.manager.request_run_review(request, &human()) else {
            return;
        };
        let outcomes = RunReviewOutcome::ALL;
        let Some(outcome) = outcomes.get(usize::from(dice) % (outcomes.len() + 2)) else { return };
        let guidance = match outcome {
            RunReviewOutcome::Rejected => "more".to_owned(),
            _ => String::new(),
        };
        let verdict = RunReviewVerdict {
            outcome: (*outcome).into(),
            confidence: Some(0.5),
            reason: "seen".to_owned(),
            delivery_id: format!("d{dice}"),
            next_round_guidance: guidance,
            ..RunReviewVerdict::default()
        };
        let record = RecordRunReviewRequest {
            review_id: requested.review.review_id,
            run_id: run.clone(),
            verdict,
        };
        drop(self.world.manager.record_run_review(record, &human()));
    }
}

proptest! {
    #[test]
    fn every_point_of_the_past_is_as_it_was(
        script in prop::collection::vec(any::<(u8, u8, u8)>(), 1..60),
    ) {
        let mut play = Play::new();
        play.create(new_task);
        let mut past = vec![];
        for dice in script {
            play.step(dice);
            let store = play.world.manager.store();
            past.push((store.latest_sequence(), told(store)));
        }
        let today = play.world.manager.store();
        let mut forward = Replay::new();
        for (at, then) in &past {
            forward.go_to(today, *at);
            prop_assert_eq!(&told(forward.board()), then);
        }
        let (at, then) = &past[past.len() / 2];
        forward.go_to(today, *at);
        prop_assert_eq!(&told(forward.board()), then, "back again");
        prop_assert_eq!(forward.at(), *at);
    }
}

#[test]
fn every_event_of_a_run_moves_it_as_the_engine_did() {
    for event_type in EventType::KNOWN {
        let about_run = event_type.as_str().starts_with("task.run_")
            && !event_type.as_str().starts_with("task.run_review_");
        let event = crate::event::Event {
            id: "e".into(),
            task_id: "t".into(),
            run_id: Some("r".into()),
            event_type: event_type.clone(),
            actor: human().actor,
            origin: human().origin,
            payload: crate::json::RawJson::from_text(r#"{"status":"claimed"}"#),
            timestamp: Timestamp::from_millis(0),
        };
        let stays =
            [EventType::RUN_FORCE_STOPPED, EventType::RUN_REJECTED, EventType::RUN_LEASE_EXTENDED];
        let moves = (about_run && !stays.contains(event_type))
            || *event_type == EventType::RUN_REVIEW_RETRY_ENQUEUED;
        assert_eq!(run_status_after(&event).is_some(), moves, "{event_type}");
    }
}

#[test]
fn a_deleted_task_holds_nobody_up_in_the_past() {
    let mut world = World::new();
    world.task("a");
    world.task("b");
    world.depends("b", "a");
    let at = world.manager.store().latest_sequence();
    world.manager.delete_task(&"a".into(), &human()).unwrap();
    let mut replay = Replay::new();
    replay.go_to(world.manager.store(), at);
    let board = replay.board();
    assert_eq!(board.get_task(&"a".into()), None);
    assert_eq!(board.get_task(&"b".into()).unwrap().status, Status::Ready);
    assert_eq!(dead_ends(board), Default::default());
}

#[test]
fn a_new_policy_starts_the_approval_anew_in_the_past_too() {
    let mut world = World::new();
    world.manual("a");
    world.manager.approve_task(&"a".into(), Default::default(), &human()).unwrap();
    for policy in ["none", "manual"] {
        let patch = Patch { approval_policy: Some(policy.into()), ..Patch::default() };
        world.manager.update_task(&"a".into(), patch, &human()).unwrap();
    }
    let store = world.manager.store();
    let mut replay = Replay::new();
    replay.go_to(store, store.latest_sequence());
    assert_eq!(told(replay.board()), told(store));
}

#[test]
fn differences_name_what_came_and_what_moved() {
    let mut world = World::new();
    world.task("a");
    world.task("b");
    let before = world.manager.store().latest_sequence();
    world.depends("b", "a");
    world.task("c");
    world.running("a");
    let store = world.manager.store();
    let mut replay = Replay::new();
    replay.go_to(store, before);
    let found = differences(replay.board(), store);
    let moved = |task: &str, before, after| Difference { task: task.into(), before, after };
    assert_eq!(
        found,
        [
            moved("a", Some(Stage::Ready), Some(Stage::InProgress)),
            moved("b", Some(Stage::Ready), Some(Stage::Blocked)),
            moved("c", None, Some(Stage::Ready)),
        ]
    );
    assert_eq!(differences(store, store), []);
    assert_eq!(differences(store, replay.board())[2].after, None);
}

#[test]
fn an_instant_leads_to_the_newest_event_by_then() {
    let mut world = World::new();
    let start = world.now();
    for name in ["a", "b", "c"] {
        world.advance(10);
        world.task(name);
        world.draft(&format!("{name}-draft"));
    }
    world.manager.delete_task(&"b".into(), &human()).unwrap();
    let store = world.manager.store();
    let at = |seconds| sequence_at(store, start + crate::time::Duration::from_secs(seconds)).get();
    assert_eq!([at(9), at(10), at(19), at(20), at(29), at(30), at(99)], [0, 2, 2, 4, 4, 6, 6]);
    assert_eq!(sequence_at(&MemoryStore::default(), start), Sequence::ZERO);
    assert_eq!(store.count_runs_by_status(RunStatus::Queued), 0);
}
