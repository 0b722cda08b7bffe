#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::manager::testing::runs::{LEASE, completion, failure, release};
use crate::manager::testing::{World, agent, human};
use crate::run::CancelRun;

/// The points of so many pieces from the beginning of the test board until now.
fn points(world: &World, pieces: usize) -> Vec<Point> {
    let from = Timestamp::parse_rfc3339(crate::manager::testing::START).unwrap();
    let window = Window { from, until: world.now(), pieces: NonZeroUsize::new(pieces).unwrap() };
    series(&RunHistory::of(world.manager.store()), &window)
}

fn secs(duration: Duration) -> i64 {
    duration.as_secs()
}

#[test]
fn nothing_is_known_before_the_first_event() {
    let mut world = World::new();
    world.advance(50);
    world.task("a");
    world.advance(50);
    let [before, after]: [Point; 2] = points(&world, 2).try_into().unwrap();
    assert_eq!((before.queue_depth, before.outcomes), (None, None));
    assert_eq!((before.claim_latency, before.run_duration), (None, None));
    assert_eq!(after.queue_depth, Some(Depth { most: 0, last: 0 }));
    assert_eq!(after.outcomes, Some(Outcomes::default()));
    assert_eq!(after.outcomes.unwrap().success_rate(), None);
    assert_eq!((after.claim_latency, after.run_duration), (None, None), "no claim, no latency");
}

#[test]
fn an_empty_board_knows_nothing() {
    let world = World::new();
    world.advance(10);
    assert!(points(&world, 3).iter().all(|point| point.queue_depth.is_none()));
    assert_eq!(points(&World::new(), 3), [], "a window of no length has no pieces");
}

#[test]
fn the_queue_rises_and_falls() {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        world.task(name);
        world.enqueue(name);
    }
    world.advance(10);
    world.claim("s");
    world.advance(10);
    world.claim("t");
    world.advance(10);
    let depths: Vec<_> = points(&world, 3).iter().map(|it| it.queue_depth.unwrap()).collect();
    let depth = |most, last| Depth { most, last };
    assert_eq!(depths, [depth(3, 3), depth(2, 2), depth(1, 1)]);
    let whole = points(&world, 1)[0].queue_depth;
    assert_eq!(whole, Some(depth(3, 1)), "the most of the whole window");
}

#[test]
fn a_wait_counts_from_the_last_time_in_the_queue() {
    let mut world = World::new();
    world.task("a");
    let run = world.enqueue("a");
    world.advance(7);
    let claim = world.claim("s");
    world.advance(20);
    world.manager.release_run_lease(release(&claim), &agent("s")).unwrap();
    world.advance(3);
    world.claim("s");
    world.advance(10);
    let [first, last]: [Point; 2] = points(&world, 2).try_into().unwrap();
    let first = first.claim_latency.unwrap();
    assert_eq!((secs(first.median), first.runs), (7, vec![run]));
    assert_eq!(secs(last.claim_latency.unwrap().median), 3);
}

#[test]
fn work_is_counted_from_its_start_and_unknown_without_one() {
    let mut world = World::new();
    for name in ["a", "b", "c", "d"] {
        world.task(name);
    }
    let run = world.running("a");
    world.advance(30);
    world.manager.complete_run(&run, Default::default(), &human()).unwrap();
    world.enqueue("b");
    let failed = world.claim("s");
    world.manager.fail_run_lease(failure(&failed), &agent("s")).unwrap();
    world.enqueue("c");
    let done = world.claim("s");
    world.manager.complete_run_lease(completion(&done), &agent("s")).unwrap();
    let gone = world.enqueue("d");
    world.manager.cancel_run(&gone, CancelRun::default(), &human()).unwrap();
    world.advance(1);
    let [point]: [Point; 1] = points(&world, 1).try_into().unwrap();
    let duration = point.run_duration.unwrap();
    assert_eq!((secs(duration.longest), duration.runs), (30, vec![run.clone()]));
    let outcomes = point.outcomes.unwrap();
    assert_eq!(outcomes.completed, [run, done.run.id]);
    assert_eq!(outcomes.failed, [failed.run.id]);
    assert_eq!(outcomes.canceled, [gone]);
    assert_eq!(outcomes.success_rate(), Some(2.0 / 3.0));
    assert_eq!(point.queue_depth.unwrap().last, 0);
}

#[test]
fn an_expired_lease_returns_to_the_queue() {
    let mut world = World::new();
    world.task("a");
    world.enqueue("a");
    world.claim("s");
    world.advance(LEASE.as_secs());
    world.manager.recover_expired_run_leases(Default::default(), &human()).unwrap();
    world.advance(1);
    assert_eq!(points(&world, 1)[0].queue_depth, Some(Depth { most: 1, last: 1 }));
}

#[test]
fn a_beginning_that_the_log_does_not_tell_stays_unknown() {
    let mut world = World::new();
    world.task("a");
    let run = world.put_run("a", crate::run::RunStatus::Queued);
    world.manager.claim_run(&run, Default::default(), &human()).unwrap();
    world.advance(5);
    let point = points(&world, 1).remove(0);
    assert_eq!(point.claim_latency, None);
    assert_eq!(point.queue_depth, Some(Depth { most: 0, last: 0 }));
}

#[test]
fn a_clock_that_was_set_back_turns_nothing_around() {
    let mut world = World::new();
    world.task("a");
    world.advance(20);
    world.enqueue("a");
    world.advance(-10);
    world.claim("s");
    world.advance(20);
    let latency = points(&world, 1)[0].claim_latency.clone().unwrap();
    assert_eq!(latency.longest, Duration::ZERO);
}

#[test]
fn a_history_that_grew_is_the_one_built_at_once() {
    let mut world = World::new();
    let mut grown = RunHistory::default();
    world.task("a");
    for _ in 0..2 {
        world.enqueue("a");
        grown.catch_up(world.manager.store());
        world.advance(5);
        let claim = world.claim("s");
        world.manager.fail_run_lease(failure(&claim), &agent("s")).unwrap();
        grown.catch_up(world.manager.store());
    }
    world.advance(5);
    let from = world.now() - Duration::from_secs(20);
    let window = Window { from, until: world.now(), pieces: NonZeroUsize::new(4).unwrap() };
    assert_eq!(series(&grown, &window), points_of(&world, &window));
}

fn points_of(world: &World, window: &Window) -> Vec<Point> {
    series(&RunHistory::of(world.manager.store()), window)
}

#[test]
fn pieces_cover_the_window_without_a_gap() {
    let window = Window {
        from: Timestamp::from_nanos(i64::MIN),
        until: Timestamp::from_nanos(i64::MAX),
        pieces: NonZeroUsize::new(7).unwrap(),
    };
    let world = World::new();
    let points = points_of(&world, &window);
    assert_eq!(points.len(), 7);
    assert!(points.windows(2).all(|pair| pair[0].until == pair[1].from));
    let window =
        Window { from: Timestamp::from_millis(0), until: Timestamp::from_millis(10), ..window };
    let points = points_of(&world, &window);
    assert_eq!((points[0].from, points[6].until), (window.from, window.until));
}
