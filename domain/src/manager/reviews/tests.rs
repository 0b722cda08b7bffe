#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::RefCell;
use std::rc::Rc;

use crate::actor::{ActorContext, Authority};
use crate::enumeration::Enumeration;
use crate::error::ErrorKind;
use crate::id::{ReviewId, RunId};
use crate::json::RawJson;
use crate::manager::testing::reviews::verdict;
use crate::manager::testing::runs::reader;
use crate::manager::testing::{World, agent, human, limited};
use crate::query::RunReviewQuery;
use crate::review::{
    BindRunReviewSessionRequest, ReviewPolicy, RunReview, RunReviewOutcome, RunReviewRequest,
    RunReviewRequestedNotification, RunReviewRequestedObserver, RunReviewStatus,
};
use crate::run::RunStatus;
use crate::store::{RunReviewStore, TransactionStore};
use crate::task::Status;

/// Writes a review straight into the store, for states that no operation gives.
pub(super) fn put_review(world: &mut World, review: RunReview) {
    world.manager.store.begin();
    world.manager.store.put_review(review);
    world.manager.store.commit();
}

fn list(world: &World, query: RunReviewQuery) -> Vec<ReviewId> {
    let found = world.manager.list_run_reviews(query, &human()).unwrap();
    found.into_iter().map(|review| review.review_id).collect()
}

#[derive(Clone, Default)]
struct Listener(Rc<RefCell<Vec<RunReviewRequestedNotification>>>);

impl RunReviewRequestedObserver for Listener {
    fn review_requested(&mut self, notification: &RunReviewRequestedNotification) {
        self.0.borrow_mut().push(notification.clone());
    }
}

#[test]
fn a_repeated_request_finds_the_first_review_and_tells_nobody() {
    let heard = Listener::default();
    let observer = heard.clone();
    let mut world = World::with(|options| options.review_observer = Some(Box::new(observer)));
    let run = world.completed("t");
    let first = world.try_review(world.request_for(&run)).unwrap();
    assert!(first.created);
    assert_eq!(first.review.status, RunReviewStatus::Requested);
    assert_eq!(first.review.policy, ReviewPolicy::Always);
    assert_eq!((first.review.review_round, first.review.attempt), (1, 1));
    assert_eq!(first.review.missing_work, Some(RawJson::empty_list()));
    assert_eq!(first.review.requested_at, world.now());

    world.advance(60);
    world.manager.take_changes();
    let other = RunReviewRequest {
        policy: ReviewPolicy::OnSuccess.into(),
        reason: "other words".to_owned(),
        parent_review_id: Some("nowhere".into()),
        deadline_at: Some(world.now()),
        ..world.request_for(&run)
    };
    let again = world.try_review(other).unwrap();
    assert!(!again.created);
    assert_eq!(again.review, first.review);
    assert_eq!(world.manager.take_changes(), [], "a repetition writes nothing");

    assert_eq!(world.events("t"), ["created", "run_review_requested"]);
    let heard = heard.0.borrow();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].run.id, run);
    assert_eq!(heard[0].run.review, None, "as the run was before the link");
    assert_eq!(heard[0].review, first.review);
    assert_eq!(heard[0].actor, human());
}

#[test]
fn a_request_changes_nothing_but_the_link_of_its_run() {
    let mut world = World::new();
    let run = world.completed("t");
    let (task_before, run_before) = (world.record("t"), world.run(&run));
    world.advance(60);
    let request = RunReviewRequest { reason: " look ".to_owned(), ..world.request_for(&run) };
    let review = world.try_review(request).unwrap().review;
    assert_eq!(review.reason, "look");

    let mut task = world.record("t");
    assert!(task.latest_event_seq > task_before.latest_event_seq);
    task.latest_event_seq = task_before.latest_event_seq;
    assert_eq!(task, task_before);
    let mut linked = world.run(&run);
    let lineage = linked.review.take().unwrap();
    assert_eq!(linked, run_before);
    assert!(!lineage.required);
    assert_eq!(lineage.request_round, 1);
    assert_eq!(lineage.policy_snapshot, Some(ReviewPolicy::Always));
    assert_eq!(lineage.request_id, Some(review.review_id.clone()));
    assert_eq!(world.gate("t"), None, "no rollup before a verdict");
    let payload = world.newest_payload("t");
    assert_eq!(
        payload,
        serde_json::json!({
            "review_id": review.review_id, "run_id": run, "policy": "always",
            "review_round": 1, "attempt": 1, "created": true,
        })
    );
}

#[test]
fn only_finished_runs_that_the_policy_covers_are_reviewed() {
    for status in RunStatus::ALL {
        for policy in ReviewPolicy::ALL {
            let mut world = World::new();
            world.task("t");
            let run = world.put_run("t", *status);
            let request = RunReviewRequest { policy: (*policy).into(), ..world.request_for(&run) };
            if policy.matches_run_status(*status) {
                assert!(world.try_review(request).unwrap().created, "{policy} {status}");
                continue;
            }
            let kind = match policy {
                ReviewPolicy::None => ErrorKind::Validation,
                _ => ErrorKind::InvalidStatusTransition,
            };
            world.refuses(kind, |manager| manager.request_run_review(request, &human()));
        }
    }
}

#[test]
fn requests_are_refused_in_order() {
    let mut world = World::new();
    let run = world.completed("t");
    world.task("other");
    let fine = world.request_for(&run);
    let mut refused = |kind, request: &RunReviewRequest, actor: &ActorContext| {
        let request = request.clone();
        world.refuses(kind, |manager| manager.request_run_review(request, actor)).path().to_owned()
    };
    let blank = RunReviewRequest { policy: "none".into(), ..RunReviewRequest::default() };
    refused(ErrorKind::PermissionDenied, &blank, &reader());
    let path = refused(ErrorKind::Validation, &blank, &human());
    assert_eq!(path, "run_review_request.task_id");
    let request = RunReviewRequest { task_id: "nowhere".into(), ..fine.clone() };
    refused(ErrorKind::TaskNotFound, &request, &human());
    let request = RunReviewRequest { run_id: "nowhere".into(), ..fine.clone() };
    refused(ErrorKind::TaskRunNotFound, &request, &human());
    let request = RunReviewRequest { task_id: "other".into(), ..fine.clone() };
    assert_eq!(refused(ErrorKind::Validation, &request, &human()), "run_review_request.run_id");
    let long = Some(ReviewId::from("x".repeat(257)));
    let request = RunReviewRequest { parent_review_id: long, ..fine.clone() };
    let path = refused(ErrorKind::Validation, &request, &human());
    assert_eq!(path, "task_run_review.parent_review_id");
    let parent_review_id = Some("nowhere".into());
    let request = RunReviewRequest { parent_review_id, ..fine.clone() };
    refused(ErrorKind::RunReviewNotFound, &request, &human());
    assert!(world.try_review(fine).unwrap().created);
}

#[test]
fn the_worker_may_ask_for_a_review_of_its_own_run() {
    let mut world = World::new();
    let run = world.completed("t");
    let worker = agent(&format!("sess-{run}"));
    let request = world.request_for(&run);
    assert!(world.manager.request_run_review(request, &worker).unwrap().created);
}

#[test]
fn a_further_review_waits_for_the_verdict_of_the_linked_one() {
    let mut world = World::new();
    let run = world.completed("t");
    let first = world.review(&run);
    let second = RunReviewRequest { attempt: 2, ..world.request_for(&run) };
    for status in RunReviewStatus::ALL {
        let mut review = world.stored_review(&first);
        review.status = *status;
        review.outcome = Some(RunReviewOutcome::Approved);
        put_review(&mut world, review);
        let request = second.clone();
        if status.is_open() {
            world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
                manager.request_run_review(request, &human())
            });
            continue;
        }
        let requested = world.try_review(RunReviewRequest { attempt: 1, ..request }).unwrap();
        assert!(!requested.created, "{status}: a repetition always finds the first");
    }
    let again = world.try_review(second).unwrap();
    assert!(again.created);
    let lineage = world.run(&run).review.unwrap();
    assert_eq!(lineage.request_id, Some(again.review.review_id), "the link moves to the newest");
    assert_eq!(list(&world, RunReviewQuery::default()).len(), 2, "the first stays");
}

#[test]
fn a_bound_review_is_found_by_its_session() {
    let mut world = World::new();
    world.task("t");
    let run = world.put_run("t", RunStatus::Failed);
    let policy = ReviewPolicy::OnFailure.into();
    let request = RunReviewRequest { policy, ..world.request_for(&run) };
    let review = world.try_review(request).unwrap().review.review_id;
    world.advance(60);
    let request = BindRunReviewSessionRequest {
        review_id: review.clone(),
        session_id: " s1 ".into(),
        reviewer_agent_name: "critic".into(),
        reviewer_peer_id: "critic.s1".into(),
        ..BindRunReviewSessionRequest::default()
    };
    let bound = world.manager.bind_run_review_session(request.clone(), &human()).unwrap();
    assert_eq!(bound.session_id, "s1".into());
    assert_eq!(bound.review.status, RunReviewStatus::InReview);
    assert_eq!(bound.review.started_at, Some(world.now()));
    assert_eq!(bound.review.routed_at, None);
    assert_eq!(
        world.newest_payload("t"),
        serde_json::json!({
            "review_id": review, "run_id": run, "session_id": "s1",
            "reviewer_agent_name": "critic", "reviewer_peer_id": "critic.s1",
        })
    );
    let found = world.manager.lookup_run_review_for_session(&" s1".into(), &reader()).unwrap();
    assert_eq!(found, bound);
    let query = RunReviewQuery {
        status: RunReviewStatus::InReview.into(),
        reviewer_session_id: Some("s1".into()),
        ..RunReviewQuery::default()
    };
    assert_eq!(list(&world, query), [review]);
    let started_at = bound.review.started_at;
    world.advance(60);
    let again = world.manager.bind_run_review_session(request, &human()).unwrap();
    assert_eq!(again.review.started_at, started_at, "the first start counts");
    assert_eq!(again.review.updated_at, world.now());
    assert_eq!(
        world.events("t")[1..],
        ["run_review_requested", "run_review_bound", "run_review_bound"]
    );
}

#[test]
fn a_review_under_way_moves_to_any_other_session() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    let first = BindRunReviewSessionRequest {
        review_id: review.clone(),
        session_id: "s1".into(),
        reviewer_peer_id: "peer-1".into(),
        ..BindRunReviewSessionRequest::default()
    };
    world.manager.bind_run_review_session(first, &human()).unwrap();
    let moved = world.bind(&review, "s2").unwrap();
    assert_eq!(moved.reviewer_peer_id, "", "blank fields overwrite too");
    let look = |world: &World, session: &str| {
        world.manager.lookup_run_review_for_session(&session.into(), &human())
    };
    assert_eq!(look(&world, "s1").unwrap_err().kind(), ErrorKind::RunReviewNotFound);
    assert_eq!(look(&world, "s2").unwrap().review, moved);
}

#[test]
fn a_session_reviews_one_run_at_a_time() {
    let mut world = World::new();
    let (one, two) = (world.completed("one"), world.completed("two"));
    let (first, second) = (world.review(&one), world.review(&two));
    world.bind(&first, "s").unwrap();
    let kind = ErrorKind::InvalidStatusTransition;
    let request = BindRunReviewSessionRequest {
        review_id: second.clone(),
        session_id: "s".into(),
        ..BindRunReviewSessionRequest::default()
    };
    world.refuses(kind, |manager| manager.bind_run_review_session(request, &human()));
    world.judge(&first, verdict(RunReviewOutcome::Approved)).unwrap();
    assert!(world.bind(&second, "s").is_ok(), "a verdict sets the session free");
}

#[test]
fn binding_follows_the_status() {
    for status in RunReviewStatus::ALL {
        for bound in [None, Some("s"), Some("elsewhere")] {
            let mut world = World::new();
            let run = world.completed("t");
            let id = world.review(&run);
            let mut review = world.stored_review(&id);
            review.status = *status;
            review.outcome = Some(RunReviewOutcome::Approved);
            review.reviewer_session_id = bound.map(Into::into);
            put_review(&mut world, review);
            let elsewhere = bound == Some("elsewhere") && *status != RunReviewStatus::InReview;
            let expected = match status.is_open() && !elsewhere {
                true => Ok(RunReviewStatus::InReview),
                false => Err(ErrorKind::InvalidStatusTransition),
            };
            let got = world.bind(&id, "s").map(|review| review.status).map_err(|e| e.kind());
            assert_eq!(got, expected, "{status} bound to {bound:?}");
        }
    }
}

#[test]
fn bindings_are_refused_in_order() {
    let mut world = World::new();
    let run = world.completed("t");
    let review_id = world.review(&run);
    let mut refused = |kind, request: BindRunReviewSessionRequest, actor: &ActorContext| {
        world
            .refuses(kind, |manager| manager.bind_run_review_session(request, actor))
            .path()
            .to_owned()
    };
    let blank = BindRunReviewSessionRequest::default();
    refused(ErrorKind::PermissionDenied, blank.clone(), &reader());
    let path = refused(ErrorKind::Validation, blank.clone(), &human());
    assert_eq!(path, "run_review_binding.review_id");
    let unknown = BindRunReviewSessionRequest {
        review_id: "nowhere".into(),
        session_id: "s".into(),
        ..blank.clone()
    };
    refused(ErrorKind::RunReviewNotFound, unknown, &human());
    let long =
        BindRunReviewSessionRequest { review_id, session_id: "x".repeat(257).into(), ..blank };
    let path = refused(ErrorKind::Validation, long, &human());
    assert_eq!(path, "task_run_review.reviewer_session_id");
}

#[test]
fn one_review_is_read_by_its_id() {
    let mut world = World::new();
    let run = world.completed("t");
    let id = world.review(&run);
    let stored = world.stored_review(&id);
    let padded = ReviewId::from(format!(" {id} "));
    assert_eq!(world.manager.get_run_review(&padded, &reader()), Ok(stored));
    let kind = |id: &str, actor: &ActorContext| {
        world.manager.get_run_review(&id.into(), actor).unwrap_err().kind()
    };
    assert_eq!(kind(" ", &human()), ErrorKind::Validation);
    assert_eq!(kind("nowhere", &human()), ErrorKind::RunReviewNotFound);
    let writer = limited(human(), Authority { write: true, ..Authority::default() });
    assert_eq!(kind(" ", &writer), ErrorKind::PermissionDenied);
    let look = |session: &str, actor: &ActorContext| {
        let session = session.into();
        world.manager.lookup_run_review_for_session(&session, actor).unwrap_err().kind()
    };
    assert_eq!(look(" ", &writer), ErrorKind::PermissionDenied);
    assert_eq!(look(" ", &human()), ErrorKind::Validation);
    assert_eq!(look("s", &human()), ErrorKind::RunReviewNotFound);
}

#[test]
fn reviews_are_listed_newest_change_first() {
    let mut world = World::new();
    let runs: Vec<RunId> = ["a", "b", "c"].map(|task| world.completed(task)).into();
    let reviews: Vec<ReviewId> = runs.iter().map(|run| world.review(run)).collect();
    world.advance(60);
    world.bind(&reviews[0], "s").unwrap();
    let all = list(&world, RunReviewQuery::default());
    assert_eq!(all, [reviews[0].clone(), reviews[2].clone(), reviews[1].clone()]);
    let limited = RunReviewQuery { limit: 1, ..RunReviewQuery::default() };
    assert_eq!(list(&world, limited), [reviews[0].clone()]);
    let of_task = RunReviewQuery { task_id: Some("b".into()), ..RunReviewQuery::default() };
    assert_eq!(list(&world, of_task), [reviews[1].clone()]);
    let of_run = RunReviewQuery { run_id: Some(runs[2].clone()), ..RunReviewQuery::default() };
    assert_eq!(list(&world, of_run), [reviews[2].clone()]);
    let both = RunReviewQuery {
        task_id: Some("b".into()),
        run_id: Some(runs[2].clone()),
        ..RunReviewQuery::default()
    };
    assert!(list(&world, both).is_empty(), "filters are joined by and");
    let unknown = RunReviewQuery { task_id: Some("nowhere".into()), ..RunReviewQuery::default() };
    assert!(list(&world, unknown).is_empty());
    for wrong in [
        RunReviewQuery { limit: -1, ..RunReviewQuery::default() },
        RunReviewQuery { status: "done".into(), ..RunReviewQuery::default() },
    ] {
        let refused = world.manager.list_run_reviews(wrong, &human()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
    }
}

#[test]
fn a_review_forgets_its_parent_when_that_goes() {
    let mut world = World::new();
    let (one, two) = (world.completed("one"), world.completed("two"));
    let parent = world.review(&one);
    let parent_review_id = Some(parent.clone());
    let request = RunReviewRequest { parent_review_id, ..world.request_for(&two) };
    let child = world.try_review(request).unwrap().review;
    assert_eq!(child.parent_review_id, Some(parent));
    world.manager.delete_task(&"one".into(), &human()).unwrap();
    let left = world.stored_review(&child.review_id);
    assert_eq!(left, RunReview { parent_review_id: None, ..child });
}

#[test]
fn reviews_go_with_their_task() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    world.judge(&review, verdict(RunReviewOutcome::Blocked)).unwrap();
    assert_eq!(world.status("t"), Status::Completed);
    world.manager.delete_task(&"t".into(), &human()).unwrap();
    assert_eq!(world.manager.store.get_review(&review), None);
    assert_eq!(world.gate("t"), None);
}
