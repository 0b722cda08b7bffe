#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use taskloom_domain::Enumeration;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::availability::Situation;
use taskloom_domain::review::RunReviewStatus;

use super::*;
use crate::model::testing::World;

fn form(outcome: RunReviewOutcome) -> VerdictForm {
    VerdictForm {
        outcome: Some(outcome),
        confidence: "80".into(),
        reason: "because".into(),
        delivery_id: "delivery-1".into(),
        ..VerdictForm::default()
    }
}

fn problems(form: &VerdictForm) -> Vec<String> {
    form.problems().into_iter().map(|problem| problem.text).collect()
}

#[test]
fn an_empty_form_asks_for_what_is_required() {
    let form = VerdictForm::new("d".into());
    let fields: Vec<Field> = form.problems().into_iter().map(|problem| problem.field).collect();
    assert_eq!(fields, [Field::Outcome, Field::Confidence, Field::Reason]);
    assert!(form.problems().iter().all(|problem| problem.absent));
    assert!(!form.is_touched());
}

#[test]
fn approving_with_a_list_and_rejecting_without_one_are_told() {
    let mut approved = form(RunReviewOutcome::Approved);
    assert_eq!(problems(&approved), Vec::<String>::new());
    approved.missing = vec![" ".into()];
    assert_eq!(problems(&approved), Vec::<String>::new());
    approved.missing.push("tests".into());
    assert_eq!(problems(&approved), ["Clear the list or choose rejected"]);
    let mut rejected = form(RunReviewOutcome::Rejected);
    assert_eq!(problems(&rejected), ["Name an item, or give guidance for the next round"]);
    rejected.guidance = "look again".into();
    assert_eq!(problems(&rejected), Vec::<String>::new());
}

#[test]
fn confidence_is_a_percentage() {
    let with =
        |typed: &str| VerdictForm { confidence: typed.into(), ..form(RunReviewOutcome::Error) };
    for (typed, sent) in [("0", 0.0), ("100", 1.0), ("82,5", 0.825), (" 50 % ", 0.5)] {
        let request = with(typed).request(&"review-1".into(), &"run-1".into()).unwrap();
        assert_eq!(request.verdict.confidence, Some(sent), "{typed}");
    }
    for wrong in ["-1", "101", "NaN", "much", "inf"] {
        assert_eq!(problems(&with(wrong)), ["A number from 0 to 100"], "{wrong}");
    }
    assert_eq!(problems(&with("")), ["Say how sure you are, from 0 to 100 %"]);
}

#[test]
fn sizes_are_counted_in_bytes_of_what_is_sent() {
    let long = VerdictForm { reason: "ä".repeat(2_048), ..form(RunReviewOutcome::Approved) };
    assert_eq!(problems(&long), Vec::<String>::new());
    let longer = VerdictForm { reason: format!(" {}x", long.reason), ..long };
    assert_eq!(problems(&longer), ["1 byte too long"]);
    assert_eq!(size_of(" ää ", 65_536), "4 of 65,536 bytes");
    assert_eq!(size_of(&"x".repeat(1_204), 4_096), "1,204 of 4,096 bytes");
}

/// What the form lets through, the engine takes, for every outcome.
#[test]
fn a_form_without_problems_is_a_request_that_the_engine_takes() {
    for outcome in RunReviewOutcome::ALL {
        let form = VerdictForm { guidance: "g".into(), text: " t ".into(), ..form(*outcome) };
        let request = form.request(&"review-1".into(), &"run-1".into()).unwrap();
        assert_eq!(request.clone().normalize().validate("p"), Ok(()), "{outcome}");
        assert_eq!(request.verdict.review_text, "t");
        assert!(OUTCOMES.contains(outcome));
    }
    assert_eq!(VerdictForm::default().request(&"r".into(), &"u".into()), None);
}

#[test]
fn rejecting_says_which_attempt_is_queued_and_whom_it_blocks() {
    let mut world = World::new();
    let task = world.task("parse");
    for (name, starts) in [("one", false), ("two", false), ("busy", true)] {
        let dependent = world.task(name);
        world.depends(&dependent, &task);
        if starts {
            let run = world.completed(&task, "1");
            world.request(&run, 1);
            world.taken(&dependent);
        }
    }
    let store = world.manager.store();
    assert_eq!(
        consequence(store, &task, RunReviewOutcome::Rejected),
        "Rejecting queues attempt 2 of 3 with your notes; 2 dependents become blocked again, 1 is already running."
    );
    let alone = world.task("alone");
    world.completed(&alone, "1");
    assert_eq!(
        consequence(world.manager.store(), &alone, RunReviewOutcome::Rejected),
        "Rejecting queues attempt 2 of 3 with your notes."
    );
}

/// What the sentence counts is what rejecting does.
#[test]
fn the_counts_come_true() {
    let mut world = World::new();
    let task = world.task("parse");
    let waiting = world.task("waiting");
    world.depends(&waiting, &task);
    let run = world.completed(&task, "1");
    let review = world.request(&run, 1);
    let told = Consequences::of(world.manager.store(), &task);
    let continuation = world.reject(&review, &["tests"], "").unwrap();
    let situation = Situation::of(world.manager.store(), &waiting).unwrap();
    assert_eq!((told.blocked_again, told.running), (1, 0));
    assert_eq!(situation.open_blockers, [task]);
    assert_eq!(world.run(&continuation).attempt, told.attempt);
}

#[test]
fn a_rejection_needs_an_attempt_and_a_free_task() {
    let mut world = World::new();
    let task = world.task("parse");
    world.limit(&task, 1);
    let run = world.completed(&task, "1");
    let review = world.request(&run, 1);
    let look = |world: &World, outcome| {
        let situation = Situation::of(world.manager.store(), &task).unwrap();
        let review = world.review(&review);
        obstacle(&situation, &review, Some(outcome), &world.actor)
    };
    let found = look(&world, RunReviewOutcome::Rejected).unwrap();
    assert_eq!(found.text(), "1 attempt used up: raise max attempts to 2");
    assert_eq!(found.raise_to(), Some(2));
    assert_eq!(look(&world, RunReviewOutcome::Approved), None);
    world.limit(&task, 2);
    assert_eq!(look(&world, RunReviewOutcome::Rejected), None);
    world.start(&task);
    assert!(matches!(look(&world, RunReviewOutcome::Rejected), Some(Obstacle::RunOpen(_))));
}

#[test]
fn another_agent_session_is_refused_and_a_person_is_not() {
    let mut world = World::new();
    let task = world.task("parse");
    let run = world.completed(&task, "1");
    let id = world.request(&run, 1);
    world.bind(&id, "ada");
    let situation = Situation::of(world.manager.store(), &task).unwrap();
    let review = world.review(&id);
    let by = |actor: &ActorContext| obstacle(&situation, &review, None, actor);
    let session = |name| ActorContext::derive_agent_session(name).unwrap();
    assert_eq!(by(&session("bob")), Some(Obstacle::BoundElsewhere("ada".into())));
    assert_eq!(by(&session("ada")), None);
    assert_eq!(by(&world.actor), None);
    world.approve(&id);
    let review = world.review(&id);
    let closed = obstacle(&situation, &review, None, &world.actor);
    assert_eq!(closed, Some(Obstacle::Closed(RunReviewStatus::Recorded)));
}

#[test]
fn a_recorded_verdict_is_shown_beside_the_draft() {
    let mut world = World::new();
    let task = world.task("parse");
    let run = world.completed(&task, "1");
    let id = world.request(&run, 1);
    world.approve(&id);
    let draft = VerdictForm { missing: vec!["tests".into()], ..form(RunReviewOutcome::Rejected) };
    let rows = differences(&world.review(&id), &draft);
    let fields: Vec<&str> = rows.iter().map(|row| row.0).collect();
    assert_eq!(fields, ["Outcome", "Confidence", "Reason", "Missing work"]);
    assert_eq!(rows[0], ("Outcome", "Approved".into(), "Rejected".into()));
}

#[test]
fn a_halt_is_ended_by_any_other_verdict() {
    let mut world = World::new();
    let task = world.task("parse");
    let run = world.completed(&task, "1");
    let first = world.request(&run, 1);
    world.conclude(&first, RunReviewOutcome::Blocked);
    let ends = |world: &World, outcome| {
        consequence(world.manager.store(), &task, outcome).contains("ends the halt")
    };
    for outcome in RunReviewOutcome::ALL {
        assert_eq!(ends(&world, *outcome), *outcome != RunReviewOutcome::Blocked, "{outcome}");
    }
    let second = world.request_attempt(&run, 2);
    world.approve(&second);
    assert!(!ends(&world, RunReviewOutcome::Approved));
}

#[test]
fn asks_of_earlier_rounds_are_ticked_or_asked_for_again() {
    let ask = |round, items: &[&str]| Ask {
        round,
        missing: items.iter().map(|it| (*it).to_owned()).collect(),
        guidance: String::new(),
    };
    let asks = [ask(2, &["docs"]), ask(1, &["tests", "docs"])];
    let mut form = form(RunReviewOutcome::Approved);
    assert_eq!(form.left_of(&asks), Vec::<String>::new());
    form.tick(&VerdictForm::ask_key(1, "tests"), true);
    assert_eq!(form.left_of(&asks), ["docs"]);
    form.missing.push("docs".into());
    assert_eq!(form.left_of(&asks), Vec::<String>::new());
    form.tick(&VerdictForm::ask_key(1, "tests"), false);
    form.choose(RunReviewOutcome::Rejected);
    assert_eq!(form.left_of(&asks), ["tests"]);
}

#[test]
fn choosing_rejected_opens_a_line_and_choosing_another_clears_blank_ones() {
    let mut form = VerdictForm::new("d".into());
    form.choose(RunReviewOutcome::Rejected);
    assert_eq!(form.missing, [""]);
    form.choose(RunReviewOutcome::Rejected);
    assert_eq!(form.missing, [""]);
    form.choose(RunReviewOutcome::Approved);
    assert_eq!(form.missing, Vec::<String>::new());
}
