//! Pauses and resumes tasks. A pause keeps the runs of the task and of all its
//! descendants from being handed out; nothing else changes.

use crate::actor::ActorContext;
use crate::diagnostic;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{EventPayload, TaskPaused, TaskResumed};
use crate::id::TaskId;
use crate::pause::{PauseTaskRequest, ResumeTaskRequest};
use crate::store::Store;
use crate::task::Task;

use super::Manager;
use super::audit::Subject;

impl<S: Store> Manager<S> {
    /// Pauses a task, in any status that is not terminal. Pausing a paused task
    /// replaces who, when and why.
    ///
    /// # Errors
    ///
    /// `permission_denied`, `forbidden_operator_action`, `force_op_requires_reason`,
    /// `validation` or `payload_too_large` for the metadata, `task_not_found`,
    /// `invalid_status_transition` for a task that has ended,
    /// `force_op_rate_limited`.
    pub fn pause_task(
        &mut self,
        id: &TaskId,
        request: PauseTaskRequest,
        actor: &ActorContext,
    ) -> Result<Task> {
        self.force_gate(actor)?;
        let request = request.normalize();
        if request.reason.is_empty() {
            return Err(diagnostic::force::pause_requires_reason());
        }
        request.validate("task_pause")?;
        let stored = self.pause_target(id)?;
        if stored.status.is_terminal() {
            return Err(diagnostic::force::task_already_terminal(&stored));
        }
        self.force_rate(actor, &stored.id)?;

        let now = self.now();
        let mut next = Task::clone(&stored);
        next.paused = true;
        next.paused_by = actor.actor.clone().normalize().to_string();
        next.paused_at = Some(now);
        next.paused_reason = request.reason.clone();
        next.updated_at = now;
        let payload = TaskPaused {
            manual: true,
            actor_kind: actor.actor.kind,
            actor_id: actor.actor.reference.trim().to_owned(),
            previous_paused: stored.paused,
            paused: true,
            reason: request.reason,
            metadata: request.metadata,
        };
        self.write_pause(next, &payload, actor)
    }

    /// Takes the pause of a task back, in any status. The pause of an ancestor
    /// goes on to count.
    ///
    /// # Errors
    ///
    /// `permission_denied`, `forbidden_operator_action`, `validation` or
    /// `payload_too_large` for the metadata, `task_not_found`,
    /// `force_op_rate_limited`.
    pub fn resume_task(
        &mut self,
        id: &TaskId,
        request: ResumeTaskRequest,
        actor: &ActorContext,
    ) -> Result<Task> {
        self.force_gate(actor)?;
        request.validate("task_resume")?;
        let stored = self.pause_target(id)?;
        self.force_rate(actor, &stored.id)?;

        let mut next = Task::clone(&stored);
        next.paused = false;
        next.paused_by = String::new();
        next.paused_at = None;
        next.paused_reason = String::new();
        next.updated_at = self.now();
        let payload = TaskResumed {
            manual: true,
            actor_kind: actor.actor.kind,
            actor_id: actor.actor.reference.trim().to_owned(),
            previous_paused: stored.paused,
            paused: false,
            metadata: request.metadata,
        };
        self.write_pause(next, &payload, actor)
    }

    /// The task to pause or resume. A blank id is a failure outside the taxonomy
    /// here, unlike everywhere else.
    fn pause_target(&self, id: &TaskId) -> Result<std::sync::Arc<Task>> {
        let id = id
            .non_blank()
            .ok_or_else(|| TaskError::with_detail(ErrorKind::Other, "task id is required"))?;
        self.require_task(&id)
    }

    fn write_pause(
        &mut self,
        next: Task,
        payload: &impl EventPayload,
        actor: &ActorContext,
    ) -> Result<Task> {
        let id = next.id.clone();
        self.transact(|manager| {
            manager.store.put_task(next);
            manager.log(Subject::task(&id), payload, actor)
        })?;
        Ok(Task::clone(&*self.require_task(&id)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;
    use crate::actor::Authority;
    use crate::diagnostic::{DiagnosticCode, DiagnosticSeverity};
    use crate::json::RawJson;
    use crate::manager::testing::{World, agent, human, limited};
    use crate::run::RunStatus;
    use crate::store::SchedulerStore;
    use crate::task::Status;

    fn because(reason: &str) -> PauseTaskRequest {
        PauseTaskRequest { reason: reason.to_owned(), metadata: None }
    }

    fn resume() -> ResumeTaskRequest {
        ResumeTaskRequest::default()
    }

    #[test]
    fn a_pause_says_who_when_and_why_and_leaves_the_status() {
        let mut world = World::new();
        let task = world.task("design");
        world.put_run("design", RunStatus::Running);
        world.advance(60);
        let request = PauseTaskRequest {
            metadata: RawJson::from_text("{\"ticket\":7}"),
            ..because(" lunch ")
        };
        let paused = world.manager.pause_task(&task, request, &human()).unwrap();
        assert!(paused.paused);
        assert_eq!(paused.paused_by, "human:ada");
        assert_eq!(paused.paused_reason, "lunch");
        assert_eq!((paused.paused_at, paused.updated_at), (Some(world.now()), world.now()));
        assert_eq!(paused.status, Status::InProgress);
        assert_eq!(
            world.newest_payload("design"),
            json!({
                "manual": true, "actor_kind": "human", "actor_id": "ada",
                "previous_paused": false, "paused": true, "reason": "lunch",
                "metadata": {"ticket": 7},
            })
        );

        world.advance(60);
        let resumed = world.manager.resume_task(&task, resume(), &human()).unwrap();
        assert!(!resumed.paused);
        assert_eq!((resumed.paused_by.as_str(), resumed.paused_reason.as_str()), ("", ""));
        assert_eq!((resumed.paused_at, resumed.updated_at), (None, world.now()));
        assert_eq!(
            world.newest_payload("design"),
            json!({
                "manual": true, "actor_kind": "human", "actor_id": "ada",
                "previous_paused": true, "paused": false,
            })
        );
    }

    #[test]
    fn a_second_pause_replaces_the_first_one() {
        let mut world = World::new();
        let task = world.task("design");
        world.manager.pause_task(&task, because("lunch"), &human()).unwrap();
        world.advance(60);
        let again = world.manager.pause_task(&task, because("fire"), &agent("s-1")).unwrap();
        assert_eq!(again.paused_by, "agent_session:s-1");
        assert_eq!((again.paused_reason.as_str(), again.paused_at), ("fire", Some(world.now())));
        assert_eq!(world.newest_payload("design")["previous_paused"], true);
    }

    #[test]
    fn resuming_what_is_not_paused_succeeds() {
        let mut world = World::new();
        let task = world.task("design");
        world.put_run("design", RunStatus::Completed);
        world.manager.resume_task(&task, resume(), &human()).unwrap();
        assert_eq!(world.newest_payload("design")["previous_paused"], false);
    }

    #[test]
    fn an_ended_task_cannot_be_paused() {
        let mut world = World::new();
        world.task("completed");
        world.put_run("completed", RunStatus::Completed);
        world.task("canceled");
        world.put_run("canceled", RunStatus::Canceled);
        world.task("failed");
        for _ in 0..3 {
            world.put_run("failed", RunStatus::Failed);
        }
        for task in ["completed", "canceled", "failed"] {
            let refusal = world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
                manager.pause_task(&task.into(), because("lunch"), &human())
            });
            let diagnostic = refusal.diagnostic().unwrap();
            assert_eq!(diagnostic.id, "task.pause.task_run_already_terminal");
            assert_eq!(diagnostic.code, DiagnosticCode::TaskRunAlreadyTerminal);
            assert_eq!(diagnostic.severity, DiagnosticSeverity::Info);
            assert_eq!(diagnostic.evidence["task_id"], task);
            assert_eq!(diagnostic.evidence["task_status"], task);
        }
    }

    #[test]
    fn a_pause_above_counts_until_it_is_taken_back() {
        let mut world = World::new();
        let root = world.task("root");
        let child = world.child("root", "child");
        world.child("child", "leaf");
        world.manager.pause_task(&root, because("lunch"), &human()).unwrap();
        let paused_by = |world: &World, task: &str| world.manager.store().paused_by(&task.into());
        assert_eq!(paused_by(&world, "leaf"), Some(root.clone()));
        assert!(!world.record("child").paused);

        world.manager.pause_task(&child, because("dinner"), &human()).unwrap();
        assert_eq!(paused_by(&world, "leaf"), Some(child.clone()), "the nearest one counts");
        world.manager.resume_task(&child, resume(), &human()).unwrap();
        assert_eq!(paused_by(&world, "child"), Some(root.clone()));
        world.manager.resume_task(&root, resume(), &human()).unwrap();
        assert_eq!(paused_by(&world, "leaf"), None);
    }

    #[test]
    fn the_checks_come_in_their_order() {
        let mut world = World::with(|options| options.force.allow_agent_force = false);
        let task = world.task("design");
        let nobody = limited(human(), Authority::default());
        let broken = || PauseTaskRequest { metadata: RawJson::from_text("{"), ..because("lunch") };
        world.refuses(ErrorKind::PermissionDenied, |manager| {
            manager.pause_task(&" ".into(), because(""), &nobody)
        });
        world.refuses(ErrorKind::ForbiddenOperatorAction, |manager| {
            manager.pause_task(&" ".into(), because(""), &agent("s-1"))
        });
        world.refuses(ErrorKind::ForbiddenOperatorAction, |manager| {
            manager.resume_task(&task, resume(), &agent("s-1"))
        });
        world.refuses(ErrorKind::ForceOpRequiresReason, |manager| {
            let request = PauseTaskRequest { reason: " ".into(), ..broken() };
            manager.pause_task(&" ".into(), request, &human())
        });
        world.refuses(ErrorKind::Validation, |manager| {
            manager.pause_task(&"gone".into(), broken(), &human())
        });
        world.refuses(ErrorKind::TaskNotFound, |manager| {
            manager.pause_task(&"gone".into(), because("lunch"), &human())
        });
        world.refuses(ErrorKind::Other, |manager| {
            manager.resume_task(&" ".into(), resume(), &human())
        });
    }

    #[test]
    fn an_agent_may_force_a_task_only_so_often_a_minute() {
        let mut world = World::with(|options| options.force.rate_limit_per_minute = 2);
        let task = world.task("design");
        let other = world.task("build");
        world.put_run("build", RunStatus::Completed);
        let session = agent("s-1");
        world.manager.pause_task(&task, because("lunch"), &session).unwrap();
        world.advance(59);
        world.manager.resume_task(&task, resume(), &session).unwrap();
        world.refuses(ErrorKind::ForceOpRateLimited, |manager| {
            manager.pause_task(&task, because("lunch"), &session)
        });
        world.manager.pause_task(&task, because("lunch"), &human()).unwrap();
        world.manager.resume_task(&other, resume(), &session).unwrap();
        world.advance(1);
        world.manager.resume_task(&task, resume(), &session).unwrap();
    }

    #[test]
    fn pausing_an_ended_task_costs_nothing() {
        let mut world = World::with(|options| options.force.rate_limit_per_minute = 1);
        let task = world.task("design");
        world.put_run("design", RunStatus::Completed);
        let session = agent("s-1");
        world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
            manager.pause_task(&task, because("lunch"), &session)
        });
        world.manager.resume_task(&task, resume(), &session).unwrap();
    }
}
