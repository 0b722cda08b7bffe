//! What people can do, each as an operation of the engine. A gesture answers
//! with what it did, or with the refusal to show where it was made.

mod create;
mod import;
mod queue;
mod restore;
mod review;

use std::collections::{BTreeSet, HashMap};

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::availability::{Grip, Situation, Verb, grip};
use taskloom_domain::claim_token::ClaimToken;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::error::{ErrorKind, Result as EngineResult, TaskError};
use taskloom_domain::execution::{CancelTask, ExecutionRequest};
use taskloom_domain::id::{RunId, SessionId, TaskId};
use taskloom_domain::lease::{ClaimCriteria, LeaseCompletion};
use taskloom_domain::manager::Manager;
use taskloom_domain::run::{ClaimRun, EnqueueRun, RunResult, StartRun};
use taskloom_domain::store::{ClaimTokenStore, RunStore};
use taskloom_storage::BoardError;

pub use create::add_line;
pub use restore::Restored;

use crate::board_context::BoardContext;
use crate::environment;
use crate::feedback::Feedback;
use crate::model::card::CardState;
use crate::model::phrase;
use crate::model::reason;
use crate::model::refusal::Refusal;
use crate::model::undo::{Inverse, Step};

/// The session in which the person at this page claims the next run, and reviews.
pub const OWN_SESSION: &str = "by-hand";

/// Where gestures find the board and the page's voice. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Gestures {
    /// The board.
    pub board: BoardContext,
    /// The page's voice.
    pub feedback: Feedback,
    /// What waits for a confirmation.
    pub asking: RwSignal<Option<(Verb, TaskId)>>,
    busy: RwSignal<BTreeSet<TaskId>>,
    /// The tokens of what was claimed in this tab, also once the claims are lost: the
    /// engine then says so. They never leave this place but for the engine.
    tokens: StoredValue<HashMap<RunId, ClaimToken>>,
}

impl Gestures {
    /// Gestures on a board.
    pub fn new(board: BoardContext, feedback: Feedback) -> Self {
        let busy = RwSignal::new(BTreeSet::new());
        let tokens = StoredValue::new(HashMap::new());
        Self { board, feedback, asking: RwSignal::new(None), busy, tokens }
    }

    /// Does a verb on a task, after a confirmation where it cannot be taken back
    /// and takes something away. A refusal shows on the task.
    pub fn intend(self, verb: Verb, id: TaskId) {
        match verb {
            Verb::Cancel | Verb::Delete => self.asking.set(Some((verb, id))),
            _ => self.go(verb, id),
        }
    }

    /// Does a verb on a task at once. A refusal shows on the task.
    pub fn go(self, verb: Verb, id: TaskId) {
        spawn_local(async move {
            if let Err(refusal) = self.perform(verb, id.clone()).await {
                self.feedback.refused_on(&id, refusal);
            }
        });
    }

    /// Does a verb on a task. A second gesture on the same task while the first
    /// is under way, such as a double click, does nothing.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn perform(self, verb: Verb, id: TaskId) -> Result<(), Refusal> {
        if self.busy.with_untracked(|busy| busy.contains(&id)) {
            return Ok(());
        }
        self.busy.update(|busy| {
            busy.insert(id.clone());
        });
        self.feedback.clear_refusal(&id);
        let name = self.short_name(&id);
        let outcome = self.attempt(verb, id.clone()).await;
        self.busy.update(|busy| {
            busy.remove(&id);
        });
        outcome?;
        self.feedback.done(self.told(verb, &name, &id));
        Ok(())
    }

    /// Does a verb on a task without a word.
    async fn attempt(self, verb: Verb, id: TaskId) -> Result<(), Refusal> {
        let name = self.short_name(&id);
        let task = id.clone();
        let key = environment::fresh_key();
        let outcome =
            self.board.run(move |manager, actor| operate(manager, actor, verb, &task, &key)).await;
        let what = format!("{name} was not {}", participle(verb));
        outcome.map_err(|error| self.refusal(what, &error))
    }

    /// Claims the run at the head of the queue, with a lease and its token.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn claim_next(self) -> Result<TaskId, Refusal> {
        let claimed = self.board.run(|manager, actor| {
            let criteria = ClaimCriteria {
                claimer_session_id: SessionId::from(OWN_SESSION),
                ..ClaimCriteria::default()
            };
            let claim = manager.claim_next_run(criteria, actor)?;
            Ok((claim.task.id, claim.run.id, claim.claim_token))
        });
        match claimed.await {
            Ok((id, run, token)) => {
                self.tokens.update_value(|tokens| {
                    tokens.insert(run, token);
                });
                let name = self.board.name(&id);
                self.feedback.done(format!("You claimed {name}"));
                Ok(id)
            }
            Err(error) => Err(self.refusal("Nothing was claimed", &error)),
        }
    }

    /// Makes a task wait for another one.
    ///
    /// # Errors
    ///
    /// The refusal; with the loop, if there would be one.
    pub async fn add_dependency(self, task: TaskId, blocker: TaskId) -> Result<(), Refusal> {
        let text = format!("{} now needs {}", self.short_name(&task), self.short_name(&blocker));
        let what =
            format!("{} does not need {}", self.short_name(&task), self.short_name(&blocker));
        self.connect(task.clone(), blocker.clone())
            .await
            .map_err(|error| self.refusal(what, &error))?;
        let inverse = Inverse::RemoveDependency { task, blocker };
        self.feedback.undoable(Step { text, inverse });
        Ok(())
    }

    /// Makes a task no longer wait for another one.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn remove_dependency(self, task: TaskId, blocker: TaskId) -> Result<(), Refusal> {
        let short = (self.short_name(&task), self.short_name(&blocker));
        let text = format!("{} no longer needs {}", short.0, short.1);
        let what = format!("{} still needs {}", short.0, short.1);
        self.disconnect(task.clone(), blocker.clone())
            .await
            .map_err(|error| self.refusal(what, &error))?;
        let inverse = Inverse::AddDependency { task, blocker };
        self.feedback.undoable(Step { text, inverse });
        Ok(())
    }

    /// Takes the newest step back.
    pub async fn undo(self) {
        match self.feedback.take_step() {
            Some(step) => self.take_back(step).await,
            None => self.feedback.announce("There is nothing to undo"),
        }
    }

    /// Takes one step back, if nobody did so before.
    pub async fn undo_this(self, step: Step) {
        if self.feedback.take_this(&step) {
            self.take_back(step).await;
        }
    }

    async fn take_back(self, step: Step) {
        let outcome = match step.inverse.clone() {
            Inverse::DeleteTask(id) if self.has_runs(&id) => {
                let why = "it has been worked on since";
                let refusal = Refusal::known(format!("Not undone: {}", step.text), why);
                return self.feedback.refused(&refusal);
            }
            Inverse::DeleteTask(id) => {
                self.board.run(move |manager, actor| manager.delete_task(&id, actor)).await
            }
            Inverse::MaxAttempts { task, before, after } => {
                self.board
                    .run(move |manager, actor| review::lower(manager, actor, &task, before, after))
                    .await
            }
            Inverse::RemoveImported(imported) => return self.remove_imported(imported).await,
            Inverse::PutBack(before) if self.board.version() != Some(before.led_to) => {
                let why = "the board has been changed since";
                let refusal = Refusal::known(format!("Not undone: {}", step.text), why);
                return self.feedback.refused(&refusal);
            }
            Inverse::PutBack(before) => return self.put_back(&before).await,
            Inverse::RemoveDependency { task, blocker } => self.disconnect(task, blocker).await,
            Inverse::AddDependency { task, blocker } => self.connect(task, blocker).await,
        };
        match outcome {
            Ok(()) => self.feedback.done(format!("Undone: {}", step.text)),
            Err(error) => {
                let refusal = self.refusal(format!("Not undone: {}", step.text), &error);
                self.feedback.refused(&refusal);
            }
        }
    }

    fn has_runs(self, id: &TaskId) -> bool {
        let runs = self.board.read(|manager| manager.store().list_runs_of_task(id).len());
        runs.is_some_and(|runs| runs > 0)
    }

    async fn connect(self, task: TaskId, blocker: TaskId) -> Result<(), BoardError> {
        self.board
            .run(move |manager, actor| {
                let edge = AddDependency {
                    task_id: task.clone(),
                    depends_on_task_id: blocker.clone(),
                    kind: DependencyKind::Blocks.into(),
                };
                manager.add_dependency(edge, actor)
            })
            .await
    }

    async fn disconnect(self, task: TaskId, blocker: TaskId) -> Result<(), BoardError> {
        self.board
            .run(move |manager, actor| manager.remove_dependency(&task, &blocker, actor))
            .await
    }

    /// The refusal in an error.
    fn refusal(self, what: impl Into<String>, error: &BoardError) -> Refusal {
        match error {
            BoardError::Refused(error) => {
                let board = self.board;
                Refusal::of(what, error, |id| self::short_name(board, id))
            }
            BoardError::Storage(error) => Refusal::known(what, error.to_string()),
        }
    }

    fn short_name(self, id: &TaskId) -> String {
        short_name(self.board, id)
    }

    /// What a verb did, as the board shows it now.
    fn told(self, verb: Verb, name: &str, id: &TaskId) -> String {
        if verb == Verb::Delete {
            return format!("{name} is deleted");
        }
        self.board.with_index(|index| {
            let Some(card) = index.card(id) else { return format!("{name} is gone") };
            let stage = phrase::stage(card.stage);
            if !matches!(card.state, CardState::Queued { .. }) {
                return format!("{name} is now {stage}");
            }
            let row = index.column(card.stage).iter().position(|other| other.id == *id);
            let state = card.state.text(row.unwrap_or(0), environment::now());
            format!("{name} is now {stage}, {}", state.to_lowercase())
        })
    }
}

/// The short name of a task as its card shows it.
pub fn short_name(board: BoardContext, id: &TaskId) -> String {
    board
        .with_index(|index| index.card(id).map(|card| card.identifier.clone()))
        .unwrap_or_else(|| id.to_string())
}

fn participle(verb: Verb) -> &'static str {
    match verb {
        Verb::Publish => "published",
        Verb::Start => "started",
        Verb::Take => "taken",
        Verb::Finish => "finished",
        Verb::TakeAndFinish => "taken and finished",
        Verb::Cancel => "canceled",
        Verb::Delete => "deleted",
    }
}

/// One verb as operations of the engine. A composite stops at the first refusal;
/// what went before it stays.
fn operate(
    manager: &mut Manager,
    actor: &ActorContext,
    verb: Verb,
    id: &TaskId,
    key: &str,
) -> EngineResult<()> {
    let request =
        || ExecutionRequest { idempotency_key: key.into(), ..ExecutionRequest::default() };
    match verb {
        Verb::Publish => manager.publish_task(id, request(), actor).map(drop),
        Verb::Start => manager.start_task(id, request(), actor).map(drop),
        Verb::Take => take(manager, actor, id, key).map(drop),
        Verb::TakeAndFinish => {
            let run = take(manager, actor, id, key)?;
            manager.complete_run(&run, RunResult::default(), actor).map(drop)
        }
        Verb::Finish => finish(manager, actor, id, RunResult::default()),
        Verb::Cancel => manager.cancel_task(id, CancelTask::default(), actor).map(drop),
        Verb::Delete => manager.delete_task(id, actor),
    }
}

fn take(
    manager: &mut Manager,
    actor: &ActorContext,
    id: &TaskId,
    key: &str,
) -> EngineResult<RunId> {
    let situation = situation(manager, id)?;
    let run = match situation.queued_run() {
        Some(run) => run.clone(),
        None => {
            let request = EnqueueRun {
                task_id: id.clone(),
                idempotency_key: key.into(),
                ..EnqueueRun::default()
            };
            manager.enqueue_run(request, actor)?.id
        }
    };
    manager.claim_run(&run, ClaimRun::default(), actor)?;
    manager.start_run(&run, StartRun::default(), actor)?;
    Ok(run)
}

fn finish(
    manager: &mut Manager,
    actor: &ActorContext,
    id: &TaskId,
    result: RunResult,
) -> EngineResult<()> {
    let situation = situation(manager, id)?;
    let grip = grip(&situation, actor, manager.now()).map_err(|why| {
        let text = reason::text(&why, |id| id.to_string());
        TaskError::with_detail(ErrorKind::InvalidStatusTransition, text)
    })?;
    let Some(run) = situation.active_run().map(|run| run.id.clone()) else {
        return Err(TaskError::new(ErrorKind::TaskRunNotFound));
    };
    match grip {
        Grip::Token => {
            let token = manager.store().get_claim_token(&run);
            let token = token.ok_or_else(|| TaskError::new(ErrorKind::InvalidClaimToken))?;
            let completion = LeaseCompletion {
                run_id: run,
                claim_token: (*token).clone(),
                result,
                ..LeaseCompletion::default()
            };
            manager.complete_run_lease(completion, actor).map(drop)
        }
        Grip::Claimed => {
            manager.start_run(&run, StartRun::default(), actor)?;
            manager.complete_run(&run, result, actor).map(drop)
        }
        Grip::Running => manager.complete_run(&run, result, actor).map(drop),
    }
}

fn situation(manager: &Manager, id: &TaskId) -> EngineResult<Situation> {
    Situation::of(manager.store(), id).ok_or_else(|| TaskError::new(ErrorKind::TaskNotFound))
}
