//! Performs operations on a board, and waits for the program where the engine
//! asks it.

use taskloom_domain::actor::ActorContext;
use taskloom_domain::error::TaskError;
use taskloom_domain::id::RunId;
use taskloom_domain::manager::{DrainLook, Manager, ManagerOptions, Progress};
use taskloom_domain::run::ClaimRun;
use taskloom_domain::scheduler::SchedulerDrainRequest;
use taskloom_storage::{Board, BoardOptions};
use wasm_bindgen::JsValue;

use crate::actor::decode_actor;
use crate::arguments::Arguments;
use crate::environment;
use crate::fault::Fault;
use crate::log::Log;
use crate::operation::{self, reply};
use crate::outside::{Decided, Outside};
use crate::read;
use crate::transaction::{Ended, Steps};

/// A board and the program around it. A clone is the same one.
#[derive(Clone)]
pub struct Performer {
    board: Board<Log>,
    outside: Outside,
}

/// A call as it came.
struct Call {
    operation: String,
    arguments: String,
    actor: ActorContext,
}

impl Performer {
    pub async fn open(
        log: Log,
        mut engine: ManagerOptions,
        options: BoardOptions,
        outside: Outside,
    ) -> Result<Self, Fault> {
        outside.equip(&mut engine);
        Ok(Self { board: Board::open(log, engine, options).await?, outside })
    }

    pub fn board(&self) -> &Board<Log> {
        &self.board
    }

    /// Answers a read at once.
    pub fn read(&self, operation: &str, arguments: &str, actor: &str) -> Result<String, Fault> {
        let actor = decode_actor(actor)?;
        let arguments = Arguments::read(operation, arguments)?;
        let answer = || self.board.read(|manager| read::answer(manager, &arguments, &actor));
        self.outside.decide(answer)?.outcome
    }

    /// Answers which lease a session holds on a run. The session is the authority.
    pub fn active_run(&self, arguments: &Arguments<'_>) -> Result<String, Fault> {
        let look = || self.board.read(|manager| read::active_run(manager, arguments));
        self.outside.decide(look)?.outcome
    }

    /// Performs an operation, and answers once its changes are kept.
    pub async fn call(
        &self,
        operation: String,
        arguments: String,
        actor: &str,
    ) -> Result<String, Fault> {
        let call = Call { operation, arguments, actor: decode_actor(actor)? };
        match call.operation.as_str() {
            "drain_scheduler" => self.drain(&call).await,
            "claim_next_run" if self.outside.rules_on_claims() => self.claim_next_run(&call).await,
            "claim_run" if self.outside.rules_on_claims() => self.claim_run(&call).await,
            _ => self.carry_through(call).await,
        }
    }

    /// Runs a function of the program as one commit.
    pub async fn transact(&self, steps: Steps) -> Result<(), JsValue> {
        let outside = self.outside.clone();
        let work = move |manager: &mut Manager| steps.take(manager, &outside);
        self.outside.tell(&self.board.transact::<_, Ended>(work).await?);
        Ok(())
    }

    /// Decides something on the board. What it committed before a refusal is kept;
    /// where the program left the engine without a time or an id, nothing is.
    async fn decide<T: 'static>(
        &self,
        mut work: impl FnMut(&mut Manager) -> Result<T, TaskError> + 'static,
    ) -> Result<T, Fault> {
        let outside = self.outside.clone();
        let work = move |manager: &mut Manager| outside.decide(|| work(manager));
        let Decided { outcome, hooks } = self.board.transact(work).await?;
        self.outside.tell(&hooks);
        outcome
    }

    /// An operation that may need sessions of the program in between.
    async fn carry_through(&self, call: Call) -> Result<String, Fault> {
        let first = move |manager: &mut Manager| {
            let arguments = Arguments::read(&call.operation, &call.arguments)?;
            operation::begin(manager, &arguments, &call.actor)
        };
        let mut progress = self.decide(first).await?;
        let mut cause = None;
        loop {
            let waiting = match progress {
                Progress::Done(answer) => return Ok(answer),
                Progress::Waiting(waiting) => waiting,
            };
            let (answer, thrown) = self.outside.carry_out(waiting.call()).await;
            cause = cause.or(thrown);
            let next = move |manager: &mut Manager| waiting.clone().resume(manager, answer.clone());
            progress = self.decide(next).await.map_err(|fault| fault.caused_by(cause.clone()))?;
        }
    }

    async fn claim_next_run(&self, call: &Call) -> Result<String, Fault> {
        let criteria = call.request(0)?;
        let actor = call.actor.clone();
        let begin = move |manager: &mut Manager| {
            manager.begin_claim_next_run(Clone::clone(&criteria), &actor)
        };
        let planned = self.decide(begin).await?;
        let answer = self.outside.rule_on(&planned.hook).await?;
        let actor = call.actor.clone();
        let finish = move |manager: &mut Manager| {
            reply(manager.finish_claim_next_run(planned.clone(), answer.clone(), &actor))
        };
        self.decide(finish).await
    }

    async fn claim_run(&self, call: &Call) -> Result<String, Fault> {
        let run: RunId = call.arguments()?.id(0, "run_id")?;
        let request: ClaimRun = call.request(1)?;
        let begin = {
            let (run, request, actor) = (run.clone(), request.clone(), call.actor.clone());
            move |manager: &mut Manager| manager.begin_claim_run(&run, request.clone(), &actor)
        };
        let hook = self.decide(begin).await?;
        let answer = self.outside.rule_on(&hook).await?;
        let actor = call.actor.clone();
        let finish = move |manager: &mut Manager| {
            reply(manager.finish_claim_run(&run, request.clone(), answer.clone(), &actor))
        };
        self.decide(finish).await
    }

    /// The one operation that takes time: between its looks the board goes on.
    async fn drain(&self, call: &Call) -> Result<String, Fault> {
        let request: SchedulerDrainRequest = call.request(0)?;
        let actor = call.actor.clone();
        let begin = move |manager: &mut Manager| manager.begin_drain(request.clone(), &actor);
        let drain = self.decide(begin).await?;
        let status = loop {
            let look = || Ok(self.board.read(|manager| manager.poll_drain(&drain)));
            match self.outside.decide(look)?.outcome? {
                DrainLook::Over(status) => break status,
                DrainLook::Wait(time) => environment::wait(time).await?,
            }
        };
        let actor = call.actor.clone();
        let finish = move |manager: &mut Manager| {
            reply(Ok(manager.finish_drain(drain.clone(), status.clone(), &actor)))
        };
        self.decide(finish).await
    }
}

impl Call {
    fn arguments(&self) -> Result<Arguments<'_>, TaskError> {
        Arguments::read(&self.operation, &self.arguments)
    }

    fn request<T: serde::de::DeserializeOwned>(&self, position: usize) -> Result<T, TaskError> {
        self.arguments()?.request(position)
    }
}
