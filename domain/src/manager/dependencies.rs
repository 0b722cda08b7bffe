//! Adds and removes the edges by which tasks wait for one another.

use crate::actor::ActorContext;
use crate::dependency::{AddDependency, Dependency, DependencyKind};
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{TaskDependencyAdded, TaskDependencyRemoved};
use crate::graph::path_between;
use crate::id::TaskId;
use crate::store::Store;
use crate::task::validate_dependency_count;

use super::audit::Subject;
use super::{Manager, require_task_id};

impl<S: Store> Manager<S> {
    /// Makes a task wait for another one, of any scope and in any status.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for blank or equal ids, a kind other than
    /// `blocks`, or an edge that exists; `task_not_found`; `graph_limit_exceeded`
    /// where the task waits for 32 others; `cycle_detected` where the other one
    /// already waits for it, with the loop as [`TaskError::evidence`].
    pub fn add_dependency(&mut self, spec: AddDependency, actor: &ActorContext) -> Result<()> {
        actor.authorize_write()?;
        let spec = spec.normalize();
        let kind = spec.validate("add_dependency")?;
        let (task, depends_on) = (spec.task_id, spec.depends_on_task_id);
        self.require_task(&task)?;
        self.require_task(&depends_on)?;
        if self.store.get_dependency(&task, &depends_on).is_some() {
            return Err(TaskError::validation("task_dependency", "exists already"));
        }
        validate_dependency_count(self.store.count_dependencies(&task) as i64 + 1)?;
        self.refuse_cycle(&task, &depends_on)?;

        self.transact(|manager| {
            manager.store.put_dependency(Dependency {
                task_id: task.clone(),
                depends_on_task_id: depends_on.clone(),
                kind,
                created_at: manager.now(),
            });
            let status = manager.reconcile_cascade(&task)?.status;
            let payload = TaskDependencyAdded { depends_on_task_id: depends_on, kind, status };
            manager.log(Subject::task(&task), &payload, actor)
        })
    }

    /// Makes a task no longer wait for another one.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for blank ids; `task_dependency_not_found`
    /// where there is no such edge, or no such task.
    pub fn remove_dependency(
        &mut self,
        task: &TaskId,
        depends_on: &TaskId,
        actor: &ActorContext,
    ) -> Result<()> {
        actor.authorize_write()?;
        let task = require_task_id(task)?;
        let depends_on =
            depends_on.non_blank().ok_or_else(|| TaskError::required("depends_on_task_id"))?;
        if self.store.get_dependency(&task, &depends_on).is_none() {
            let detail = format!("{:?} on {:?}", task.as_str(), depends_on.as_str());
            return Err(TaskError::with_detail(ErrorKind::TaskDependencyNotFound, detail));
        }
        self.transact(|manager| {
            manager.store.delete_dependency(&task, &depends_on);
            let payload = TaskDependencyRemoved {
                depends_on_task_id: depends_on,
                kind: DependencyKind::Blocks,
                status: manager.reconcile_cascade(&task)?.status,
            };
            manager.log(Subject::task(&task), &payload, actor)
        })
    }

    /// Refuses an edge from `task` to `depends_on` that would close a loop.
    fn refuse_cycle(&self, task: &TaskId, depends_on: &TaskId) -> Result<()> {
        let Some(path) = path_between(&self.store, depends_on, task) else { return Ok(()) };
        let mut cycle = vec![task.clone()];
        cycle.extend(path);
        Err(TaskError::cycle(cycle))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Given;
    use crate::manager::testing::{World, edge, human};
    use crate::run::RunStatus;
    use crate::store::DependencyStore;
    use crate::task::Status;

    #[test]
    fn an_edge_blocks_a_ready_task_and_its_removal_frees_it() {
        let mut world = World::new();
        world.task("design");
        world.task("build");
        world.depends("build", "design");
        assert_eq!(world.status("build"), Status::Blocked);
        assert_eq!(
            world.newest_payload("build"),
            serde_json::json!({
                "depends_on_task_id": "design", "kind": "blocks", "status": "blocked",
            })
        );

        world.manager.remove_dependency(&"build".into(), &"design".into(), &human()).unwrap();
        assert_eq!(world.status("build"), Status::Ready);
        assert_eq!(world.events("build"), ["created", "dependency_added", "dependency_removed"]);
        assert_eq!(world.events("design"), ["created"], "the blocker hears nothing");
    }

    #[test]
    fn an_edge_leaves_other_statuses_as_they_are() {
        let mut world = World::new();
        world.task("blocker");
        world.draft("draft");
        world.task("running");
        world.put_run("running", RunStatus::Running);
        world.task("completed");
        world.put_run("completed", RunStatus::Completed);
        world.task("canceled");
        world.put_run("canceled", RunStatus::Canceled);
        let expected = [
            ("draft", Status::Draft),
            ("running", Status::InProgress),
            ("completed", Status::Completed),
            ("canceled", Status::Canceled),
        ];
        for (task, status) in expected {
            world.depends(task, "blocker");
            assert_eq!(world.status(task), status);
        }
    }

    #[test]
    fn a_task_waits_until_every_blocker_is_completed() {
        let mut world = World::new();
        for task in ["one", "two", "both"] {
            world.task(task);
        }
        world.depends("both", "one");
        world.depends("both", "two");
        world.put_run("one", RunStatus::Completed);
        assert_eq!(world.status("both"), Status::Blocked);
        world.put_run("two", RunStatus::Completed);
        assert_eq!(world.status("both"), Status::Ready);
        assert_eq!(world.events("both").len(), 3, "a status that follows is no event");
    }

    #[test]
    fn a_blocker_that_runs_again_blocks_again() {
        let mut world = World::new();
        world.task("design");
        world.task("build");
        world.depends("build", "design");
        world.put_run("design", RunStatus::Completed);
        assert_eq!(world.status("build"), Status::Ready);
        world.put_run("design", RunStatus::Queued);
        assert_eq!(world.status("build"), Status::Blocked);
    }

    #[test]
    fn a_canceled_blocker_blocks_until_its_edge_is_gone() {
        let mut world = World::new();
        world.task("design");
        world.task("build");
        world.depends("build", "design");
        world.put_run("design", RunStatus::Canceled);
        assert_eq!(world.status("build"), Status::Blocked);
        world.manager.remove_dependency(&"build".into(), &"design".into(), &human()).unwrap();
        assert_eq!(world.status("build"), Status::Ready);
    }

    #[test]
    fn a_second_edge_between_the_same_tasks_is_refused() {
        let mut world = World::new();
        world.task("design");
        world.task("build");
        world.depends("build", "design");
        world.refuses(ErrorKind::Validation, |manager| {
            manager.add_dependency(edge(" build ", "design"), &human())
        });
    }

    #[test]
    fn a_loop_is_refused_with_its_path() {
        let mut world = World::new();
        for task in ["design", "build", "ship"] {
            world.task(task);
        }
        world.depends("build", "design");
        world.depends("ship", "build");
        let refusal = world.refuses(ErrorKind::CycleDetected, |manager| {
            manager.add_dependency(edge("design", "ship"), &human())
        });
        let path: Vec<&str> = refusal.evidence().iter().map(TaskId::as_str).collect();
        assert_eq!(path, ["design", "ship", "build", "design"]);
        assert_eq!(refusal.detail(), "design -> ship -> build -> design");
        assert!(world.manager.store().list_dependencies(&"design".into()).is_empty());
    }

    #[test]
    fn thirty_two_edges_fit_and_one_more_does_not() {
        let mut world = World::new();
        world.task("all");
        for number in 0..33 {
            world.task(&format!("part-{number}"));
        }
        for number in 0..32 {
            world.depends("all", &format!("part-{number}"));
        }
        world.refuses(ErrorKind::GraphLimitExceeded, |manager| {
            manager.add_dependency(edge("all", "part-32"), &human())
        });
    }

    #[test]
    fn a_full_task_is_told_of_the_limit_before_the_loop() {
        let mut world = World::new();
        world.task("all");
        for number in 0..32 {
            world.task(&format!("part-{number}"));
            world.depends("all", &format!("part-{number}"));
        }
        world.task("above");
        world.depends("above", "all");
        world.refuses(ErrorKind::GraphLimitExceeded, |manager| {
            manager.add_dependency(edge("all", "above"), &human())
        });
    }

    #[test]
    fn malformed_edges_are_refused() {
        let mut world = World::new();
        world.task("design");
        let without_kind = AddDependency { kind: Given::default(), ..edge("design", "gone") };
        for spec in
            [edge("", "design"), edge("design", " "), edge("design", "design"), without_kind]
        {
            world.refuses(ErrorKind::Validation, |manager| manager.add_dependency(spec, &human()));
        }
        world.refuses(ErrorKind::TaskNotFound, |manager| {
            manager.add_dependency(edge("design", "gone"), &human())
        });
    }

    #[test]
    fn an_edge_that_is_not_there_cannot_be_removed() {
        let mut world = World::new();
        world.task("design");
        let remove = |task: &'static str, depends_on: &'static str| {
            move |manager: &mut crate::manager::Manager| {
                manager.remove_dependency(&task.into(), &depends_on.into(), &human())
            }
        };
        world.refuses(ErrorKind::TaskDependencyNotFound, remove("design", "gone"));
        world.refuses(ErrorKind::TaskDependencyNotFound, remove("gone", "design"));
        let refusal = world.refuses(ErrorKind::Validation, remove(" ", " "));
        assert_eq!(refusal.path(), "task id");
        let refusal = world.refuses(ErrorKind::Validation, remove("design", " "));
        assert_eq!(refusal.path(), "depends_on_task_id");
    }
}
