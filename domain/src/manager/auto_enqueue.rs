//! Queues runs of tasks whose last blocker was completed, where they ask for it.

use crate::actor::ActorContext;
use crate::id::RunId;
use crate::run::{EnqueueRun, Run};
use crate::store::Store;
use crate::task::{Status, Task};

use super::Manager;
use super::follow_up::FollowUp;
use super::terminal::Through;

/// After which completions a board looks at the dependents that asked for a run
/// by themselves (`auto_enqueue_on_ready`). No task asks by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AutoEnqueueAfter {
    /// Of runs that were claimed under a lease.
    #[default]
    LeasedRuns,
    /// Of any run, those that people complete by hand included.
    AllRuns,
}

impl<S: Store> Manager<S> {
    /// Notes that a run was completed. Call inside its transaction.
    pub(super) fn expect_dependents(
        &mut self,
        completed: &Run,
        through: Through,
        actor: &ActorContext,
    ) {
        let looks = match (self.options.auto_enqueue_after, through) {
            (_, Through::Lease) | (AutoEnqueueAfter::AllRuns, Through::Authority) => true,
            (AutoEnqueueAfter::LeasedRuns, Through::Authority) => false,
        };
        if looks {
            self.follow_ups.push(FollowUp::EnqueueDependents {
                completed: completed.id.clone(),
                actor: Box::new(actor.clone()),
            });
        }
    }

    /// Queues a run of each dependent that asks for it and is free now. The key
    /// names dependent and completion, so that a repetition finds the first run.
    pub(super) fn enqueue_dependents(&mut self, completed: &RunId, actor: &ActorContext) {
        let Some(run) = self.store.get_run(completed) else { return };
        for edge in self.store.list_dependents(&run.task_id) {
            let dependent = &edge.task_id;
            let asks = self.store.get_task(dependent).is_some_and(|task| self.asks_for_run(&task));
            if !asks {
                continue;
            }
            let request = EnqueueRun {
                task_id: dependent.clone(),
                idempotency_key: format!("task.auto_enqueue.{dependent}.{completed}"),
                ..EnqueueRun::default()
            };
            // A refusal means that the dependent has its run already, or takes none.
            let _ = self.enqueue_run(request, actor);
        }
    }

    fn asks_for_run(&self, task: &Task) -> bool {
        task.auto_enqueue_on_ready
            && task.status == Status::Ready
            && self.store.paused_by(&task.id).is_none()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::lease::ClaimCriteria;
    use crate::manager::testing::runs::{brought, completion, failure};
    use crate::manager::testing::{World, agent, human, new_task};
    use crate::pause::PauseTaskRequest;
    use crate::run::RunStatus;
    use crate::task::{CreateTask, Patch};

    impl World {
        /// A task that asks for a run once `blockers` are completed.
        fn eager(&mut self, name: &str, blockers: &[&str]) {
            self.create(CreateTask { auto_enqueue_on_ready: true, ..new_task(name) });
            for blocker in blockers {
                self.depends(name, blocker);
            }
        }

        /// A worker completes a run of the task under a lease.
        fn complete(&mut self, task: &str) -> RunId {
            self.enqueue(task);
            let claim = self.manager.claim_next_run(ClaimCriteria::default(), &agent("s")).unwrap();
            assert_eq!(claim.task.id, task.into());
            self.manager.complete_run_lease(completion(&claim), &agent("s")).unwrap().id
        }
    }

    #[test]
    fn the_last_completed_blocker_queues_the_run() {
        let mut world = World::new();
        world.task("one");
        world.task("two");
        world.eager("t", &["one", "two"]);
        world.complete("one");
        assert!(world.runs("t").is_empty(), "one blocker is left");
        let done = world.complete("two");
        let [run] = &world.runs("t")[..] else { panic!("one run") };
        assert_eq!(run.status, RunStatus::Queued);
        assert_eq!(run.idempotency_key, format!("task.auto_enqueue.t.{done}"));
        assert_eq!(run.origin, agent("s").origin, "in the name of who completed the blocker");
        assert_eq!(world.events("t").last().unwrap(), "run_enqueued");
        assert_eq!(world.log("t").last().unwrap().event.actor, agent("s").actor);
    }

    #[test]
    fn it_is_a_change_of_its_own_after_the_completion() {
        let mut world = World::new();
        world.task("one");
        world.eager("t", &["one"]);
        world.enqueue("one");
        let claim = world.claim("s");
        world.manager.take_changes();
        world.manager.complete_run_lease(completion(&claim), &agent("s")).unwrap();
        let changes = world.manager.take_changes();
        let types = |place: usize| -> Vec<String> {
            changes[place].events().map(|record| record.event.event_type.to_string()).collect()
        };
        assert_eq!(changes.len(), 2);
        assert_eq!(types(0), ["task.run_completed"]);
        assert_eq!(types(1), ["task.run_enqueued"]);
    }

    #[test]
    fn tasks_that_do_not_ask_get_nothing() {
        let mut world = World::new();
        world.task("one");
        world.task("t");
        world.depends("t", "one");
        world.complete("one");
        assert!(world.runs("t").is_empty());
        assert!(!serde_json::to_string(&world.record("t")).unwrap().contains("auto_enqueue"));
    }

    #[test]
    fn a_run_completed_by_hand_counts_behind_the_option() {
        for (after, runs) in [(AutoEnqueueAfter::LeasedRuns, 0), (AutoEnqueueAfter::AllRuns, 1)] {
            let mut world = World::with(|options| options.auto_enqueue_after = after);
            world.task("one");
            world.eager("t", &["one"]);
            let run = world.running("one");
            world.manager.complete_run(&run, brought("1"), &human()).unwrap();
            assert_eq!(world.runs("t").len(), runs, "{after:?}");
        }
    }

    #[test]
    fn paused_blocked_and_drafted_tasks_wait() {
        let mut world = World::new();
        world.task("one");
        for name in ["paused", "drafted", "busy", "manual"] {
            world.eager(name, &["one"]);
        }
        let request = PauseTaskRequest { reason: "lunch".into(), ..Default::default() };
        world.manager.pause_task(&"paused".into(), request, &human()).unwrap();
        let mut draft = world.record("drafted");
        draft.status = Status::Draft;
        world.put_task(draft);
        let busy = world.enqueue("busy");
        let approval_policy = Some(crate::task::ApprovalPolicy::Manual.into());
        let patch = Patch { approval_policy, ..Patch::default() };
        world.manager.update_task(&"manual".into(), patch, &human()).unwrap();
        world.complete("one");
        for name in ["paused", "drafted", "manual"] {
            assert!(world.runs(name).is_empty(), "{name}");
        }
        assert_eq!(world.runs("busy").len(), 1);
        assert_eq!(world.runs("busy")[0].id, busy, "never a second run");
    }

    #[test]
    fn a_blocker_that_fails_or_is_canceled_queues_nothing() {
        let mut world = World::new();
        world.task_of_attempts("one", 1);
        world.eager("t", &["one"]);
        world.enqueue("one");
        let claim = world.claim("s");
        world.manager.fail_run_lease(failure(&claim), &agent("s")).unwrap();
        world.manager.remove_dependency(&"t".into(), &"one".into(), &human()).unwrap();
        assert!(world.runs("t").is_empty(), "nor does the end of the waiting");
    }

    #[test]
    fn a_repetition_finds_the_run_of_the_first_time() {
        let mut world = World::new();
        world.task("one");
        world.eager("t", &["one"]);
        let done = world.complete("one");
        world.manager.enqueue_dependents(&done, &agent("s"));
        assert_eq!(world.runs("t").len(), 1);
    }

    #[test]
    fn the_wish_is_patched_and_shown() {
        let mut world = World::new();
        world.task("t");
        let patch = |wish| Patch { auto_enqueue_on_ready: Some(wish), ..Patch::default() };
        world.manager.update_task(&"t".into(), patch(true), &human()).unwrap();
        assert!(world.record("t").auto_enqueue_on_ready);
        assert_eq!(
            world.newest_payload("t")["changed_fields"],
            serde_json::json!(["auto_enqueue_on_ready"])
        );
        let view = world.manager.get_task(&"t".into(), &human()).unwrap();
        assert!(view.summary.auto_enqueue_on_ready);
        let events = world.events("t").len();
        world.manager.update_task(&"t".into(), patch(true), &human()).unwrap();
        assert_eq!(world.events("t").len(), events, "nothing differs");
        world.manager.update_task(&"t".into(), patch(false), &human()).unwrap();
        assert!(!world.record("t").auto_enqueue_on_ready);
    }
}
