//! The one class that JavaScript sees: an open board.

use js_sys::{Function, Promise};
use taskloom_domain::query::StreamQuery;
use taskloom_storage::Bundle;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use crate::actor::decode_actor;
use crate::arguments::Arguments;
use crate::environment;
use crate::fault::Fault;
use crate::import::ImportOptions;
use crate::log::Log;
use crate::operation;
use crate::options::Options;
use crate::outside::Outside;
use crate::performer::Performer;
use crate::stream::{self, Scope};
use crate::transaction::Steps;
use crate::watch;

/// An open board. Arguments, actors and answers are JSON text; an error is the
/// JSON text of a `Fault`, or a list of it and its cause. Pending promises outlive
/// the object.
#[wasm_bindgen]
pub struct Engine {
    performer: Performer,
    /// Another handle on the board's log.
    log: Log,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the board that the options name. `ask` stands for the functions of the
    /// program, see `outside.rs`; `answers` names those that there are.
    ///
    /// # Errors
    ///
    /// `validation` for the options, and the codes of a storage that cannot be
    /// opened.
    pub async fn open(
        options: JsValue,
        ask: Function,
        answers: Vec<String>,
    ) -> Result<Engine, JsValue> {
        let opened = async {
            let options = Options::read(options)?;
            let log = Log::open(&options).await?;
            let (mut engine, board) = (environment::engine()?, environment::board_options()?);
            engine.force = options.force;
            engine.profile_gates = options.profile_gates;
            let outside = Outside::new(ask, answers);
            let performer = Performer::open(log.clone(), engine, board, outside).await?;
            Ok::<_, Fault>(Engine { performer, log })
        };
        Ok(opened.await?)
    }

    /// Answers a read from memory, at once.
    ///
    /// # Errors
    ///
    /// The engine's refusals; `validation` for arguments of the wrong form.
    pub fn read(&self, operation: &str, arguments: &str, actor: &str) -> Result<String, JsValue> {
        Ok(self.performer.read(operation, arguments, actor)?)
    }

    /// The live lease of a session on a run, with its token.
    ///
    /// # Errors
    ///
    /// `lease_expired`, `invalid_claim_token` or `permission_denied`, with the reason
    /// in the details; `validation` for arguments of the wrong form.
    #[wasm_bindgen(js_name = activeRun)]
    pub fn active_run(&self, arguments: &str) -> Result<String, JsValue> {
        let arguments = Arguments::read("lookup_active_run_for_session", arguments);
        Ok(arguments.map_err(Fault::from).and_then(|it| self.performer.active_run(&it))?)
    }

    /// Runs an operation and answers once its changes are kept. The promise fails
    /// with the engine's refusals, with `validation` for arguments of the wrong
    /// form, and with the codes of a storage that did not keep the changes.
    pub fn call(&self, operation: String, arguments: String, actor: String) -> Promise {
        let performer = self.performer.clone();
        promise(async move { performer.call(operation, arguments, &actor).await })
    }

    /// Runs a JavaScript function that performs operations and reads on the board,
    /// by the function that it is given, and keeps everything at once. It may run
    /// more than once, and its own result is its own affair.
    ///
    /// The promise fails with whatever the function throws, and nothing is kept
    /// then; else like [`Engine::call`].
    pub fn transact(&self, steps: Steps) -> Promise {
        let performer = self.performer.clone();
        future_to_promise(
            async move { performer.transact(steps).await.map(|()| JsValue::UNDEFINED) },
        )
    }

    /// Calls back with every change from now on, as JSON text, for as long as the
    /// function answers `true`, and with nothing when the board is closed.
    pub fn watch(&self, tell: Function) {
        spawn_local(watch::forward(self.performer.board().watch(), tell));
    }

    /// Calls back with the audit events so far, then with each that is added, in
    /// lists as JSON text, like [`Engine::watch`]. The arguments are a task and a
    /// query; without an actor, the events are those of the whole board.
    ///
    /// # Errors
    ///
    /// The engine's refusals; `validation` for arguments of the wrong form.
    pub fn stream(
        &self,
        arguments: &str,
        actor: Option<String>,
        tell: Function,
    ) -> Result<(), JsValue> {
        let begin = || {
            let arguments = Arguments::read("stream", arguments)?;
            let query: StreamQuery = arguments.request(1)?;
            let scope = match actor {
                Some(actor) => Scope::Task(arguments.id(0, "task_id")?, decode_actor(&actor)?),
                None => Scope::Board,
            };
            let board = self.performer.board();
            let events = stream::begin(board, scope, query)?;
            Ok::<_, Fault>(events.forward(board.clone(), tell))
        };
        spawn_local(begin()?);
        Ok(())
    }

    /// Puts the records of an exported document on this board, and answers what that
    /// did.
    pub fn import(&self, document: String, options: JsValue) -> Promise {
        let board = self.performer.board().clone();
        promise(async move {
            let mode = ImportOptions::read(options)?.mode()?;
            let told = board.import(&Bundle::from_json(&document)?, mode).await?;
            Ok(operation::reply(Ok(told))?)
        })
    }

    /// What an import would do now.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::import`], without those of the storage.
    pub fn preview(&self, document: &str, options: JsValue) -> Result<String, JsValue> {
        let told = ImportOptions::read(options).and_then(|options| {
            let bundle = Bundle::from_json(document)?;
            let told = self.performer.board().preview(&bundle, options.mode()?)?;
            Ok(operation::reply(Ok(told))?)
        });
        Ok(told?)
    }

    /// How much the browser keeps for the board, and may keep; `null` where it is
    /// kept elsewhere.
    pub fn usage(&self) -> Promise {
        let log = self.log.clone();
        promise(async move { Ok(operation::reply(Ok(log.usage().await?))?) })
    }

    /// Keeps the board's state as a whole, and answers with its version.
    pub fn snapshot(&self) -> Promise {
        let board = self.performer.board().clone();
        promise(async move { Ok(board.snapshot().await?.get().to_string()) })
    }

    /// The whole board as one JSON document, without raw claim tokens.
    ///
    /// # Errors
    ///
    /// `failed` for a record that has no JSON form.
    pub fn export(&self) -> Result<String, JsValue> {
        Ok(self.performer.board().export().to_json().map_err(Fault::from)?)
    }

    /// The number of commits that the board has seen.
    pub fn version(&self) -> f64 {
        // Versions stay below 2^53.
        self.performer.board().version().get() as f64
    }

    /// Waits for what is under way and lets go of the storage.
    pub fn close(&self) -> Promise {
        let board = self.performer.board().clone();
        future_to_promise(async move {
            board.close().await;
            Ok(JsValue::UNDEFINED)
        })
    }
}

/// The promise of a text.
fn promise(answer: impl Future<Output = Result<String, Fault>> + 'static) -> Promise {
    future_to_promise(async move { Ok(answer.await?.into()) })
}
