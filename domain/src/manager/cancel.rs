//! Cancels a task with everything below it, and single open runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{RunCanceled, RunForceStopped, TaskCanceled};
use crate::execution::CancelTask;
use crate::id::TaskId;
use crate::json::RawJson;
use crate::run::{Run, RunStatus};
use crate::session::StopReason;
use crate::status::derived_status;
use crate::store::Store;
use crate::task::{Status, Task};

use super::audit::{Subject, compose};
use super::stop::working_session;
use super::{Manager, require_task_id};

/// What the cancellation of a run says about itself in the audit log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cancellation<'a> {
    pub reason: &'a str,
    pub metadata: Option<&'a RawJson>,
    /// The task whose cancellation reached the run from above.
    pub propagated_from: Option<&'a TaskId>,
}

/// The status of the task that the event of a canceled run shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskStatusShown {
    /// This one; the task is not reconciled.
    Before(Status),
    /// The one that the task is reconciled to.
    Reconciled,
}

/// A task of the tree that a cancellation reaches.
struct Node {
    task: TaskId,
    status: Status,
    /// Newest queued first.
    open_runs: Vec<Arc<Run>>,
}

fn run_canceled(run: &Run, words: Cancellation<'_>, task_status: Status) -> RunCanceled {
    RunCanceled {
        status: RunStatus::Canceled,
        task_status: Some(task_status),
        reason: words.reason.to_owned(),
        metadata: words.metadata.cloned(),
        session_id: run.session_id.clone(),
        propagated_from_task_id: words.propagated_from.cloned(),
        cooperative_stop_requested: working_session(run).is_some(),
    }
}

/// Checks that the event of a run's cancellation fits its limit, with the task
/// status that it will show.
///
/// # Errors
///
/// `payload_too_large`.
pub(super) fn check_run_cancellation(
    run: &Run,
    words: Cancellation<'_>,
    task_status: Status,
) -> Result<()> {
    compose(&run_canceled(run, words, task_status)).map(drop)
}

impl<S: Store> Manager<S> {
    /// Cancels a task for good, with all its open runs and everything below it.
    /// Tasks below that are terminal already keep what they have; canceling a
    /// canceled task again only reaches what was added below it since.
    ///
    /// Sessions that work on a run are stopped before the run is written. Where a
    /// stop fails, the tasks before that one stay canceled, and the rest stays as
    /// it was.
    ///
    /// # Errors
    ///
    /// `task_not_found`; `invalid_status_transition` for a completed or failed
    /// task without an open run; `payload_too_large` where one of the events
    /// would not fit, with nothing changed; `validation` where a session has to be
    /// stopped without an executor; the executor's error.
    pub fn cancel_task(
        &mut self,
        id: &TaskId,
        request: CancelTask,
        actor: &ActorContext,
    ) -> Result<Task> {
        actor.authorize_write()?;
        let root = require_task_id(id)?;
        let request = request.normalize();
        request.validate("cancel_task")?;
        let words = Cancellation {
            reason: &request.reason,
            metadata: request.metadata.as_ref(),
            propagated_from: None,
        };

        let nodes = self.nodes_to_cancel(&root)?;
        for node in &nodes {
            check_node(node, words.from_root(&root, &node.task))?;
        }
        for node in &nodes {
            for run in &node.open_runs {
                if let Some(session) = working_session(run) {
                    self.stop_session(session, StopReason::Cancellation)?;
                }
            }
            let words = words.from_root(&root, &node.task);
            self.transact(|manager| manager.cancel_node(node, words, actor))?;
        }
        Ok(Task::clone(&*self.require_task(&root)?))
    }

    /// The tasks that canceling `root` changes or looks at, breadth-first.
    fn nodes_to_cancel(&self, root: &TaskId) -> Result<Vec<Node>> {
        let mut nodes = Vec::new();
        let mut seen = BTreeSet::from([root.clone()]);
        let mut level = vec![self.require_task(root)?];
        while !level.is_empty() {
            let mut below = Vec::new();
            for task in level {
                let node = self.node_of(&task);
                if task.id == *root {
                    refuse_finished(&node)?;
                    nodes.push(node);
                } else if !node.status.is_terminal() {
                    nodes.push(node);
                }
                let children = self.store.list_children(&task.id);
                below.extend(children.into_iter().filter(|child| seen.insert(child.id.clone())));
            }
            level = below;
        }
        Ok(nodes)
    }

    fn node_of(&self, task: &Task) -> Node {
        let mut open_runs = self.store.list_runs_of_task(&task.id);
        open_runs.retain(|run| run.status.is_open());
        Node { task: task.id.clone(), status: derived_status(&self.store, task), open_runs }
    }

    fn cancel_node(
        &mut self,
        node: &Node,
        words: Cancellation<'_>,
        actor: &ActorContext,
    ) -> Result<()> {
        if node.status == Status::Canceled && node.open_runs.is_empty() {
            return Ok(());
        }
        for run in &node.open_runs {
            self.cancel_open_run(run, words, TaskStatusShown::Before(node.status), actor)?;
        }
        let now = self.now();
        let mut task = Task::clone(&*self.require_task(&node.task)?);
        task.status = Status::Canceled;
        task.updated_at = now;
        task.closed_at = Some(now);
        self.store.put_task(task);
        let payload = task_canceled(node, words);
        self.announce(Subject::task(&node.task), &payload, actor)?;
        self.reconcile_dependents(&node.task)
    }

    /// Writes the cancellation of an open run whose session was stopped, if one
    /// worked on it, with its events. Lease and session stay on the record.
    ///
    /// Call inside a transaction.
    pub(super) fn cancel_open_run(
        &mut self,
        run: &Run,
        words: Cancellation<'_>,
        shown: TaskStatusShown,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        let mut canceled = run.clone();
        canceled.status = RunStatus::Canceled;
        canceled.ended_at = Some(self.now());
        canceled.error = String::new();
        canceled.result = None;
        self.store.put_run(canceled);
        self.store.delete_claim_token(&run.id);

        let task_status = match shown {
            TaskStatusShown::Before(status) => status,
            TaskStatusShown::Reconciled => self.reconcile_cascade(&run.task_id)?.status,
        };
        let subject = Subject::run(&run.task_id, &run.id);
        let payload = run_canceled(run, words, task_status);
        self.announce(subject, &payload, actor)?;
        if let Some(session_id) = working_session(run) {
            let payload = RunForceStopped {
                session_id: session_id.clone(),
                grace_timeout_ms: i64::try_from(self.options.cancel_grace.as_millis())
                    .unwrap_or(i64::MAX),
                propagated_from_task_id: words.propagated_from.cloned(),
            };
            self.announce(subject, &payload, actor)?;
        }
        self.require_run(&run.id)
    }
}

impl<'a> Cancellation<'a> {
    /// The same words on a task below the root name where they came from.
    fn from_root(self, root: &'a TaskId, task: &TaskId) -> Self {
        Self { propagated_from: (root != task).then_some(root), ..self }
    }
}

fn task_canceled(node: &Node, words: Cancellation<'_>) -> TaskCanceled {
    TaskCanceled {
        reason: words.reason.to_owned(),
        metadata: words.metadata.cloned(),
        status: Status::Canceled,
        propagated_from_task_id: words.propagated_from.cloned(),
        canceled_run_ids: node.open_runs.iter().map(|run| run.id.clone()).collect(),
    }
}

fn check_node(node: &Node, words: Cancellation<'_>) -> Result<()> {
    for run in &node.open_runs {
        check_run_cancellation(run, words, node.status)?;
    }
    if node.status == Status::Canceled && node.open_runs.is_empty() {
        return Ok(());
    }
    compose(&task_canceled(node, words)).map(drop)
}

fn refuse_finished(root: &Node) -> Result<()> {
    let finished = matches!(root.status, Status::Completed | Status::Failed);
    if finished && root.open_runs.is_empty() {
        return Err(TaskError::with_detail(
            ErrorKind::InvalidStatusTransition,
            format!("task {:?} is {} and has no open run", root.task.as_str(), root.status),
        ));
    }
    Ok(())
}
