//! Cancels a task with everything below it, and single open runs.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{RunCanceled, RunForceStopped, TaskCanceled};
use crate::execution::CancelTask;
use crate::id::{RunId, SessionId, TaskId};
use crate::json::RawJson;
use crate::run::{Run, RunStatus};
use crate::session::StopReason;
use crate::status::derived_status;
use crate::store::Store;
use crate::task::{Status, Task};

use super::audit::{Subject, compose};
use super::outside::{Progress, SessionCall};
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

/// What the cancellation of one task has to deal with, as it stands.
struct Node {
    task: Arc<Task>,
    status: Status,
    /// Newest queued first.
    open_runs: Vec<Arc<Run>>,
}

/// The cancellation of a tree on its way.
struct Course {
    request: CancelTask,
    actor: ActorContext,
    /// Breadth-first; the task that was asked for is the first.
    tasks: Vec<TaskId>,
}

/// How far a cancellation got.
#[derive(Clone, Default)]
struct Place {
    /// The tasks before this one are dealt with.
    task: usize,
    /// The runs of this task whose sessions were stopped.
    stopped: BTreeSet<RunId>,
}

impl Course {
    /// What the events of this task say.
    fn words<'a>(&'a self, task: &TaskId) -> Cancellation<'a> {
        Cancellation {
            reason: &self.request.reason,
            metadata: self.request.metadata.as_ref(),
            propagated_from: self.tasks.first().filter(|root| *root != task),
        }
    }
}

impl Node {
    fn is_settled(&self) -> bool {
        self.status == Status::Canceled && self.open_runs.is_empty()
    }

    fn event(&self, words: Cancellation<'_>) -> TaskCanceled {
        TaskCanceled {
            reason: words.reason.to_owned(),
            metadata: words.metadata.cloned(),
            status: Status::Canceled,
            propagated_from_task_id: words.propagated_from.cloned(),
            canceled_run_ids: self.open_runs.iter().map(|run| run.id.clone()).collect(),
        }
    }

    /// Checks that all events of the cancellation fit their limit.
    fn check_events(&self, words: Cancellation<'_>) -> Result<()> {
        for run in &self.open_runs {
            check_run_cancellation(run, words, self.status)?;
        }
        if self.is_settled() {
            return Ok(());
        }
        compose(&self.event(words)).map(drop)
    }

    /// The first run whose session has to be stopped yet, with the session.
    fn to_stop(&self, stopped: &BTreeSet<RunId>) -> Option<(&RunId, &SessionId)> {
        let mut runs = self.open_runs.iter().filter(|run| !stopped.contains(&run.id));
        runs.find_map(|run| Some((&run.id, working_session(run)?)))
    }
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

impl<S: Store + 'static> Manager<S> {
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
    /// `permission_denied`; `validation` or `payload_too_large` for the request;
    /// `task_not_found`; `invalid_status_transition` for a completed or failed
    /// task; `payload_too_large` where one of the events would not fit, with
    /// nothing changed; `validation` where a session has to be stopped without an
    /// executor; the executor's error.
    pub fn cancel_task(
        &mut self,
        id: &TaskId,
        request: CancelTask,
        actor: &ActorContext,
    ) -> Result<Task> {
        let first = self.begin_cancel_task(id, request, actor)?;
        self.carry_through(first)
    }

    /// As [`Manager::cancel_task`], for callers that stop the sessions themselves.
    ///
    /// # Errors
    ///
    /// As [`Manager::cancel_task`].
    pub fn begin_cancel_task(
        &mut self,
        id: &TaskId,
        request: CancelTask,
        actor: &ActorContext,
    ) -> Result<Progress<S, Task>> {
        actor.authorize_write()?;
        let root = require_task_id(id)?;
        let request = request.normalize();
        request.validate("cancel_task")?;
        let tasks = self.tree_to_cancel(&root)?;
        let course = Course { request, actor: actor.clone(), tasks };
        for task in &course.tasks {
            if let Some(node) = self.node_to_cancel(&course, task)? {
                node.check_events(course.words(task))?;
            }
        }
        self.cancel_onward(&Rc::new(course), Place::default())
    }

    /// Cancels task after task, until a session has to be stopped.
    fn cancel_onward(&mut self, course: &Rc<Course>, from: Place) -> Result<Progress<S, Task>> {
        let mut place = from;
        while let Some(task) = course.tasks.get(place.task) {
            if let Some(node) = self.node_to_cancel(course, task)? {
                if let Some((run, session)) = node.to_stop(&place.stopped) {
                    return Ok(Self::stop_onward(course, place, run, session.clone()));
                }
                self.transact(|manager| {
                    manager.cancel_node(&node, course.words(task), &course.actor)
                })?;
            }
            place = Place { task: place.task + 1, stopped: BTreeSet::new() };
        }
        let root = course.tasks.first().expect("the tree holds its root");
        Ok(Progress::Done(Task::clone(&*self.require_task(root)?)))
    }

    /// Stops the session of a run, then goes on at the same task, which is looked
    /// at anew.
    fn stop_onward(
        course: &Rc<Course>,
        mut place: Place,
        run: &RunId,
        session: SessionId,
    ) -> Progress<S, Task> {
        place.stopped.insert(run.clone());
        let course = Rc::clone(course);
        let reason = StopReason::Cancellation;
        let request = SessionCall::RequestStop { session: session.clone(), reason };
        Self::ask(request, move |_, answer| {
            answer?;
            let (course, place) = (Rc::clone(&course), place.clone());
            let force = SessionCall::ForceStop { session: session.clone(), reason };
            Ok(Self::ask(force, move |manager, answer| {
                answer?;
                manager.cancel_onward(&course, place.clone())
            }))
        })
    }
}

impl<S: Store> Manager<S> {
    /// The task and all below it, breadth-first.
    fn tree_to_cancel(&self, root: &TaskId) -> Result<Vec<TaskId>> {
        self.require_task(root)?;
        let mut tasks = vec![root.clone()];
        let mut seen = BTreeSet::from([root.clone()]);
        let mut next = 0;
        while let Some(task) = tasks.get(next) {
            let children = self.store.list_children(task);
            tasks.extend(
                children.iter().map(|child| child.id.clone()).filter(|id| seen.insert(id.clone())),
            );
            next += 1;
        }
        Ok(tasks)
    }

    /// What is to be canceled of a task; nothing of one that is gone or that, below
    /// the root, has ended.
    ///
    /// # Errors
    ///
    /// `invalid_status_transition` for a root that is completed or failed.
    fn node_to_cancel(&self, course: &Course, task: &TaskId) -> Result<Option<Node>> {
        let Some(task) = self.store.get_task(task) else { return Ok(None) };
        let mut open_runs = self.store.list_runs_of_task(&task.id);
        open_runs.retain(|run| run.status.is_open());
        let node = Node { status: derived_status(&self.store, &task), task, open_runs };
        if course.tasks.first() == Some(&node.task.id) {
            refuse_finished(&node)?;
            return Ok(Some(node));
        }
        Ok((!node.status.is_terminal()).then_some(node))
    }

    fn cancel_node(
        &mut self,
        node: &Node,
        words: Cancellation<'_>,
        actor: &ActorContext,
    ) -> Result<()> {
        if node.is_settled() {
            return Ok(());
        }
        for run in &node.open_runs {
            self.cancel_open_run(run, words, TaskStatusShown::Before(node.status), actor)?;
        }
        let now = self.now();
        self.store.put_task(Task {
            status: Status::Canceled,
            updated_at: now,
            closed_at: Some(now),
            ..Task::clone(&node.task)
        });
        self.log(Subject::task(&node.task.id), &node.event(words), actor)?;
        self.reconcile_dependents(&node.task.id)
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
        let canceled = Run {
            status: RunStatus::Canceled,
            ended_at: Some(self.now()),
            error: String::new(),
            result: None,
            ..run.clone()
        };
        let canceled = self.write_run(run, canceled)?;
        let task_status = match shown {
            TaskStatusShown::Before(status) => status,
            TaskStatusShown::Reconciled => self.reconcile_cascade(&run.task_id)?.status,
        };
        let subject = Subject::run(&run.task_id, &run.id);
        self.log(subject, &run_canceled(run, words, task_status), actor)?;
        if let Some(session_id) = working_session(run) {
            let grace = self.options.cancel_grace.as_millis();
            let payload = RunForceStopped {
                session_id: session_id.clone(),
                grace_timeout_ms: i64::try_from(grace).unwrap_or(i64::MAX),
                propagated_from_task_id: words.propagated_from.cloned(),
            };
            self.log(subject, &payload, actor)?;
        }
        Ok(canceled)
    }
}

fn refuse_finished(root: &Node) -> Result<()> {
    let finished = matches!(root.status, Status::Completed | Status::Failed);
    if finished && root.open_runs.is_empty() {
        return Err(TaskError::with_detail(
            ErrorKind::InvalidStatusTransition,
            format!("task {:?} is {} and has no open run", root.task.id.as_str(), root.status),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
