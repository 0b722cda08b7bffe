#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use taskloom_domain::execution::CancelTask;
use taskloom_domain::pause::PauseTaskRequest;
use taskloom_domain::task::Priority;

use super::*;
use crate::model::card::CardState;
use crate::model::testing::World;

#[test]
fn a_new_blocker_moves_the_dependent_and_the_blocker_tells_what_it_frees() {
    let mut world = World::new();
    let (layout, parser) = (world.task("layout"), world.task("parser"));
    world.depends(&parser, &layout);
    let touched = world.refresh();
    assert_eq!(touched.stages, BTreeSet::from([Stage::Blocked, Stage::Ready]));
    let state = world.index.card(&layout).unwrap().state.clone();
    assert_eq!(state, CardState::Ready { failed_before: false, frees: 1 });
    let state = world.index.card(&parser).unwrap().state.clone();
    assert!(matches!(state, CardState::WaitsFor { first, more: 0, .. } if first == layout));
}

#[test]
fn the_second_blocker_takes_the_promise_back_from_the_first() {
    let mut world = World::new();
    let (a, b, both) = (world.task("a"), world.task("b"), world.task("both"));
    world.depends(&both, &a);
    world.refresh();
    world.depends(&both, &b);
    let touched = world.refresh();
    assert!(touched.cards.contains(&a), "{touched:?}");
    let state = world.index.card(&a).unwrap().state.clone();
    assert_eq!(state, CardState::Ready { failed_before: false, frees: 0 });
}

#[test]
fn queued_tasks_stand_in_claim_order() {
    let mut world = World::new();
    for (title, priority) in [
        ("old", Priority::Medium),
        ("young", Priority::Medium),
        ("urgent", Priority::Urgent),
        ("low", Priority::Low),
    ] {
        let id = world.prioritized(title, priority);
        world.start(&id);
        world.refresh();
    }
    assert_eq!(world.titles(Stage::Queued), ["urgent", "old", "young", "low"]);
}

#[test]
fn blocked_tasks_that_free_most_come_first() {
    let mut world = World::new();
    let (root, leaf, trunk) = (world.task("root"), world.task("leaf"), world.task("trunk"));
    let branch = world.task("branch");
    world.depends(&leaf, &root);
    world.depends(&trunk, &root);
    world.depends(&branch, &trunk);
    world.refresh();
    assert_eq!(world.titles(Stage::Blocked).first().map(String::as_str), Some("trunk"));
}

#[test]
fn a_pause_shows_on_everything_below() {
    let mut world = World::new();
    let parent = world.task("parent");
    let child = world.child("child", &parent);
    let grandchild = world.child("grandchild", &child);
    let pause = PauseTaskRequest { reason: "wait".into(), ..PauseTaskRequest::default() };
    world.manager.pause_task(&parent, pause, &world.actor.clone()).unwrap();
    world.refresh();
    assert!(world.index.card(&grandchild).unwrap().paused);
}

#[test]
fn a_deleted_task_leaves_nothing_behind() {
    let mut world = World::new();
    let (gone, left) = (world.task("gone"), world.task("left"));
    world.depends(&left, &gone);
    world.refresh();
    world.manager.delete_task(&gone, &world.actor.clone()).unwrap();
    world.refresh();
    assert_eq!(world.index.resolve("T-1"), None);
    assert_eq!(world.titles(Stage::Ready), ["left"]);
}

#[test]
fn a_canceled_tree_goes_to_its_column() {
    let mut world = World::new();
    let parent = world.task("parent");
    world.child("child", &parent);
    let actor = world.actor.clone();
    world.manager.cancel_task(&parent, CancelTask::default(), &actor).unwrap();
    world.refresh();
    assert_eq!(world.titles(Stage::Canceled).len(), 2);
}

#[test]
fn references_mean_identifiers_in_any_letter_case_or_ids() {
    let mut world = World::new();
    let id = world.task("a");
    assert_eq!(world.index.resolve("t-1"), Some(id.clone()));
    assert_eq!(world.index.resolve(id.as_str()), Some(id));
    assert_eq!(world.index.resolve("T-2"), None);
}

#[test]
fn a_search_offers_the_exact_identifier_first() {
    let mut world = World::new();
    for number in 1..=12 {
        world.task(&format!("task T-1 number {number}"));
    }
    let found: Vec<String> =
        world.index.search("T-1", 4).iter().map(|card| card.identifier.clone()).collect();
    assert_eq!(found, ["T-1", "T-10", "T-11", "T-12"]);
}
