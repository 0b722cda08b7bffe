#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::actor::Authority;
use crate::error::ErrorKind;
use crate::event::Event;
use crate::id::RunId;
use crate::json::RawJson;
use crate::manager::testing::reviews::verdict;
use crate::manager::testing::runs::{completion, reader};
use crate::manager::testing::{World, human, limited, new_task};
use crate::profile::ExecutionProfile;
use crate::review::{BindRunReviewSessionRequest, RunReviewOutcome, RunReviewVerdict};
use crate::run::{Run, RunStatus};
use crate::store::{EventStore, RunReviewStore, TransactionStore};
use crate::task::CreateTask;
use crate::view::context::{
    ContextBundle, ContextRequest, OperatorTaskContextRequest, SessionSituation,
};

const TOKEN: &str = "agh_claim_planted-Token_1";

fn of_session(session: &str) -> ContextRequest {
    ContextRequest { session_id: session.into(), ..ContextRequest::default() }
}

fn agent_bundle(world: &World, session: &str) -> ContextBundle {
    world.manager.agent_context(&of_session(session)).unwrap().unwrap()
}

fn operator_bundle(world: &World, task: &str) -> ContextBundle {
    let request = OperatorTaskContextRequest { task_id: task.into(), now: None };
    world.manager.operator_task_context(&request, &human()).unwrap()
}

fn situation(world: &World, session: &str) -> Option<SessionSituation> {
    world.manager.session_situation(&session.into()).unwrap()
}

/// Appends an event with a payload of any kind.
fn append(world: &mut World, task: &str, payload: &str) {
    let event = Event {
        id: "planted".into(),
        task_id: task.into(),
        run_id: None,
        event_type: "task.planted".into(),
        actor: human().actor,
        origin: human().origin,
        payload: RawJson::from_text(payload),
        timestamp: world.now(),
    };
    world.manager.store.begin();
    world.manager.store.append_event(event);
    world.manager.store.commit();
}

/// A rejected run and its continuation, claimed by session `s`.
fn continued(world: &mut World, sent: RunReviewVerdict) -> (RunId, RunId) {
    world.task("t");
    let rejected = world.put_run("t", RunStatus::Failed);
    world.change_run(&rejected, |run| run.error = format!("lost {TOKEN}"));
    let review = world.review(&rejected);
    world.judge(&review, sent).unwrap();
    let next = world.claim("s").run.id;
    (rejected, next)
}

fn planted() -> RunReviewVerdict {
    let items = format!(r#"["  first\n{TOKEN} "," second "]"#);
    RunReviewVerdict {
        reason: format!("thin\n{TOKEN}"),
        missing_work: RawJson::from_text(&items),
        next_round_guidance: format!("use {TOKEN} no more"),
        ..verdict(RunReviewOutcome::Rejected)
    }
}

#[test]
fn no_secret_leaves_through_a_bundle() {
    let mut world = World::with(|options| options.context_limits.recent_events = 1);
    let (rejected, next) = continued(&mut world, planted());
    let payload = format!(
        r#"{{"claim_token":"{TOKEN}","note":"{TOKEN}","deep":[{{"oauth_code":1,"api_secret":2}}]}}"#
    );
    append(&mut world, "t", &payload);
    let bundle = agent_bundle(&world, "s");
    let json = serde_json::to_string(&bundle).unwrap();
    assert!(!json.contains(TOKEN), "{json}");
    assert!(json.contains("agh_claim_[REDACTED]"));
    assert!(!json.contains("oauth_code") && !json.contains("api_secret"));
    let [event] = &bundle.recent_events[..] else { panic!("one event") };
    assert_eq!(event.sequence, world.record("t").latest_event_seq);
    assert_eq!(event.payload, RawJson::from_text(r#"{"note":"agh_claim_[REDACTED]","deep":[{}]}"#));

    let continuation = bundle.review_continuation.unwrap();
    assert_eq!(continuation.reviewed_run_id, rejected);
    assert_eq!(continuation.review_round, 2);
    assert_eq!(continuation.outcome, RunReviewOutcome::Rejected);
    assert_eq!(continuation.reason, "thin agh_claim_[REDACTED]");
    assert_eq!(continuation.missing_work, ["first agh_claim_[REDACTED]", "second"]);
    assert_eq!(continuation.next_round_guidance, "use agh_claim_[REDACTED] no more");
    assert_eq!(bundle.handoff_summary, continuation.next_round_guidance);
    let current = bundle.current_run.unwrap();
    assert_eq!(current.id, next);
    assert_eq!(current.claim_token_hash, world.run(&next).claim_token_hash);
    let [prior] = &bundle.prior_attempts[..] else { panic!("one attempt before") };
    assert_eq!((prior.id.clone(), prior.error.as_str()), (rejected, "lost agh_claim_[REDACTED]"));
    let [review] = &bundle.review_history[..] else { panic!("one review") };
    assert_eq!(review.reason, "thin agh_claim_[REDACTED]");
    assert_eq!(review.outcome, Some(RunReviewOutcome::Rejected));
}

#[test]
fn a_bundle_keeps_to_its_limits() {
    let mut world = World::with(|options| {
        options.context_limits.missing_work_max_items = 2;
        options.context_limits.missing_work_item_max_bytes = 5;
        options.context_limits.reason_max_bytes = 6;
        options.context_limits.next_round_guidance_max_bytes = 7;
    });
    let sent = RunReviewVerdict {
        reason: "0123456789".into(),
        missing_work: RawJson::from_text(r#"["0123456789","b","c"]"#),
        next_round_guidance: "0123456789".into(),
        ..verdict(RunReviewOutcome::Rejected)
    };
    continued(&mut world, sent);
    let bundle = agent_bundle(&world, "s");
    let continuation = bundle.review_continuation.unwrap();
    assert_eq!(continuation.missing_work, ["01...", "b"]);
    assert_eq!(continuation.reason, "012...");
    assert_eq!(continuation.next_round_guidance, "0123...");
    assert_eq!(bundle.review_history[0].reason, "012...");
    assert_eq!(bundle.limits.context_body_max_bytes, 8192);
    assert_eq!(bundle.limits.summary_max_bytes, 4096);
}

#[test]
fn a_run_that_continues_nothing_hands_its_error_over() {
    let mut world = World::new();
    world.task("t");
    let run = world.put_run("t", RunStatus::Failed);
    world.change_run(&run, |run| run.error = "x".repeat(5000));
    let bundle = operator_bundle(&world, "t");
    assert_eq!(bundle.handoff_summary.len(), 4096, "half of the budget");
    assert_eq!(bundle.current_run.unwrap().error.len(), 2048);
    assert_eq!(bundle.review_continuation, None);
}

#[test]
fn a_continuation_without_guidance_hands_nothing_over() {
    let mut world = World::new();
    continued(&mut world, verdict(RunReviewOutcome::Rejected));
    let bundle = agent_bundle(&world, "s");
    assert_eq!(bundle.handoff_summary, "");
    assert_eq!(bundle.review_continuation.unwrap().missing_work, ["tests"]);
}

#[test]
fn a_continuation_of_a_review_that_is_gone_gives_no_bundle() {
    let mut world = World::new();
    let (_, next) = continued(&mut world, verdict(RunReviewOutcome::Rejected));
    let review = world.run(&next).review.unwrap().review_id.unwrap();
    world.manager.store.begin();
    world.manager.store.delete_review(&review);
    world.manager.store.commit();
    let refused = world.manager.agent_context(&of_session("s")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RunReviewNotFound);
    let seen = situation(&world, "s").unwrap();
    assert_eq!(seen.bundle, None);
    assert!(seen.lease.is_some());
}

#[test]
fn earlier_attempts_are_shown_newest_first_and_later_ones_not() {
    let mut world = World::with(|options| options.context_limits.prior_attempts = 2);
    world.task("t");
    let runs: Vec<RunId> = (0..5).map(|_| world.put_run("t", RunStatus::Failed)).collect();
    let task = "t".into();
    let bundle = world.manager.run_context(&task, &runs[3], None).unwrap();
    let shown: Vec<RunId> = bundle.prior_attempts.into_iter().map(|run| run.id).collect();
    assert_eq!(shown, [runs[2].clone(), runs[1].clone()]);
}

#[test]
fn events_are_the_newest_ones_oldest_first() {
    let mut world = World::with(|options| options.context_limits.recent_events = 2);
    world.task("t");
    let run = world.running("t");
    let bundle = world.manager.run_context(&"t".into(), &run, None).unwrap();
    let types: Vec<&str> =
        bundle.recent_events.iter().map(|item| item.event_type.as_str()).collect();
    assert_eq!(types, ["task.run_session_bound", "task.run_started"]);
    assert_eq!(bundle.recent_events[1].run.as_ref().unwrap().id, run);
    assert_eq!(bundle.latest_event_seq, bundle.recent_events[1].sequence);
}

#[test]
fn a_task_that_cannot_be_told_in_the_budget_is_refused() {
    let mut world = World::with(|options| options.context_limits.body_max_bytes = 64);
    world.create(CreateTask { title: "x".repeat(256), ..new_task("t") });
    let request = OperatorTaskContextRequest { task_id: "t".into(), now: None };
    let refused = world.manager.operator_task_context(&request, &human()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PayloadTooLarge);
    assert!(refused.detail().contains("exceeds 64 bytes after trimming"), "{refused}");
}

#[test]
fn a_session_without_a_run_gets_nothing_and_a_foreign_run_is_refused() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    assert_eq!(world.manager.agent_context(&of_session("s")), Ok(None));
    let claim = world.claim("s");
    let named = |run: &str| ContextRequest { run_id: Some(run.into()), ..of_session(" s ") };
    let own = named(claim.run.id.as_str());
    assert!(world.manager.agent_context(&own).unwrap().is_some());
    assert!(world.manager.agent_context(&named(" ")).unwrap().is_some());
    let kind = |request: &ContextRequest| world.manager.agent_context(request).unwrap_err().kind();
    assert_eq!(kind(&named("other")), ErrorKind::PermissionDenied);
    assert_eq!(kind(&of_session(" ")), ErrorKind::PermissionDenied);
    world.advance(3600);
    assert!(world.manager.agent_context(&own).unwrap().is_some(), "the lease is not looked at");
}

#[test]
fn a_finished_run_is_no_context_of_its_session() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claim = world.claim("s");
    world.manager.complete_run_lease(completion(&claim), &human()).unwrap();
    assert_eq!(world.manager.agent_context(&of_session("s")), Ok(None));
    assert_eq!(situation(&world, "s"), None);
}

#[test]
fn of_several_runs_the_session_gets_the_one_furthest_on() {
    let mut world = World::new();
    for (task, status) in
        [("a", RunStatus::Claimed), ("b", RunStatus::Starting), ("c", RunStatus::Claimed)]
    {
        world.task(task);
        let run = world.put_run(task, status);
        world.change_run(&run, |run| run.session_id = Some("s".into()));
    }
    assert_eq!(agent_bundle(&world, "s").task.id, "b".into());
    let run: Run = world.run(&"c-run-1".into());
    let later = run.queued_at + crate::time::Duration::from_secs(1);
    world.set_run(&"b-run-1".into(), RunStatus::Claimed);
    world.change_run(&run.id, |run| run.claimed_at = Some(later));
    assert_eq!(agent_bundle(&world, "s").task.id, "c".into());
}

#[test]
fn operators_get_the_current_run_then_the_liveliest_then_the_latest() {
    let mut world = World::new();
    world.task("t");
    let none = operator_bundle(&world, "t");
    assert_eq!(none.current_run, None);
    assert_eq!(none.execution_profile, Some(ExecutionProfile::default_for(&"t".into())));
    assert!(none.recent_events.is_empty(), "a task without runs shows no log");
    let shown = |world: &World| operator_bundle(world, "t").current_run.unwrap().id;
    let first = world.put_run("t", RunStatus::Failed);
    let second = world.put_run("t", RunStatus::Failed);
    assert_eq!(shown(&world), second);
    world.set_run(&first, RunStatus::Queued);
    assert_eq!(shown(&world), first);
    world.set_run(&first, RunStatus::Failed);
    world.set_run(&first, RunStatus::Running);
    assert_eq!(shown(&world), first);
}

#[test]
fn operators_need_read_and_a_known_task() {
    let mut world = World::new();
    world.task("t");
    let ask = |task: &str, actor| {
        let request = OperatorTaskContextRequest { task_id: task.into(), now: None };
        world.manager.operator_task_context(&request, &actor).map(drop).map_err(|e| e.kind())
    };
    let blind = limited(human(), Authority { write: true, ..Authority::default() });
    assert_eq!(ask(" ", blind), Err(ErrorKind::PermissionDenied));
    assert_eq!(ask(" ", human()), Err(ErrorKind::Validation));
    assert_eq!(ask("nowhere", human()), Err(ErrorKind::TaskNotFound));
    assert_eq!(ask(" t ", reader()), Ok(()));
}

#[test]
fn a_prompt_is_for_a_run_of_its_task_and_may_bring_a_profile() {
    let mut world = World::new();
    let run = world.completed("t");
    world.task("other");
    let ask = |task: &str, run: &str| {
        world.manager.run_context(&task.into(), &run.into(), None).unwrap_err().kind()
    };
    assert_eq!(ask("other", run.as_str()), ErrorKind::Validation);
    assert_eq!(ask("nowhere", run.as_str()), ErrorKind::TaskNotFound);
    assert_eq!(ask("t", "nowhere"), ErrorKind::TaskRunNotFound);
    let mut own = ExecutionProfile::default_for(&"t".into());
    own.worker.agent_name = "stored".into();
    world.manager.set_execution_profile(&"t".into(), Some(own.clone()), &human()).unwrap();
    let agent = |profile| {
        let bundle = world.manager.run_context(&"t".into(), &run, profile).unwrap();
        bundle.execution_profile.unwrap().worker.agent_name
    };
    assert_eq!(agent(None), "stored");
    own.worker.agent_name = "given".into();
    assert_eq!(agent(Some(own)), "given");
}

#[test]
fn a_worker_sees_its_lease() {
    let mut world = World::new();
    world.task("t");
    let run = world.running("t");
    world.change_run(&run, |run| run.coordination_channel_id = "room".into());
    let session = world.run(&run).session_id.unwrap();
    let seen = situation(&world, session.as_str()).unwrap();
    assert_eq!(seen.task.id, "t".into());
    assert_eq!(seen.lease.unwrap().id, run);
    assert_eq!(seen.coordination_channel_id, "room");
    assert_eq!(seen.bundle.unwrap().current_run.unwrap().id, run);
    assert_eq!(situation(&world, "nobody"), None);
    let blank = world.manager.session_situation(&" ".into()).unwrap_err();
    assert_eq!(blank.kind(), ErrorKind::PermissionDenied);
}

/// A review of a completed run in the channel `room`, bound to `critic`.
fn reviewing(world: &mut World, channel: &str) -> RunId {
    let run = world.completed("t");
    world.change_run(&run, |run| run.coordination_channel_id = "room".into());
    let request = BindRunReviewSessionRequest {
        review_id: world.review(&run),
        session_id: "critic".into(),
        reviewer_channel_id: channel.to_owned(),
        ..BindRunReviewSessionRequest::default()
    };
    world.manager.bind_run_review_session(request, &human()).unwrap();
    run
}

#[test]
fn a_reviewer_sees_the_reviewed_run_without_a_lease() {
    for (channel, shown) in [("den", "den"), ("", "room")] {
        let mut world = World::new();
        let run = reviewing(&mut world, channel);
        let seen = situation(&world, "critic").unwrap();
        assert_eq!(seen.lease, None);
        assert_eq!(seen.coordination_channel_id, shown);
        assert_eq!(seen.bundle.unwrap().current_run.unwrap().id, run);
        assert_eq!(world.manager.agent_context(&of_session("critic")), Ok(None));
    }
}

#[test]
fn a_worker_who_reviews_too_sees_its_own_run() {
    let mut world = World::new();
    reviewing(&mut world, "den");
    world.task("own");
    let run = world.enqueue("own");
    world.change_run(&run, |run| {
        run.status = RunStatus::Running;
        run.session_id = Some("critic".into());
    });
    let seen = situation(&world, "critic").unwrap();
    assert_eq!(seen.task.id, "own".into());
    assert!(seen.lease.is_some());
}

#[test]
fn a_review_whose_run_belongs_elsewhere_is_passed_over() {
    let mut world = World::new();
    let run = reviewing(&mut world, "den");
    world.task("other");
    world.change_run(&run, |run| run.task_id = "other".into());
    assert_eq!(situation(&world, "critic"), None);
}

#[test]
fn a_bundle_that_cannot_be_made_leaves_the_rest() {
    let mut world = World::new();
    world.task("t");
    let run = world.running("t");
    world.change_run(&run, |run| run.coordination_channel_id = "room".into());
    append(&mut world, "t", "{");
    let session = world.run(&run).session_id.unwrap();
    let seen = situation(&world, session.as_str()).unwrap();
    assert_eq!(seen.bundle, None);
    assert_eq!(seen.task.id, "t".into());
    assert_eq!(seen.lease.unwrap().id, run);
    assert_eq!(seen.coordination_channel_id, "room");
    let refused = world.manager.agent_context(&of_session(session.as_str())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Validation);
}
