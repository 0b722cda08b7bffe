//! The one class that JavaScript sees: an open board.

use js_sys::{Function, Promise};
use taskloom_domain::actor::ActorContext;
use taskloom_domain::manager::{DrainLook, Manager};
use taskloom_storage::{Board, Bundle};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use crate::arguments::Arguments;
use crate::environment;
use crate::fault::Fault;
use crate::import::ImportOptions;
use crate::log::Log;
use crate::options::Options;
use crate::transaction::Steps;
use crate::{operation, read, watch};

/// An open board. Arguments, actors and answers are JSON text; an error is the
/// JSON text of a `Fault`. Pending promises outlive the object.
#[wasm_bindgen]
pub struct Engine {
    board: Board<Log>,
    /// Another handle on the board's log.
    log: Log,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the board that the options name.
    ///
    /// # Errors
    ///
    /// `validation` for the options, and the codes of a storage that cannot be
    /// opened.
    pub async fn open(options: JsValue) -> Result<Engine, JsValue> {
        let opened = async {
            let options = Options::read(options)?;
            let log = Log::open(&options).await?;
            let engine = environment::engine()?;
            let options = environment::board_options()?;
            let board = Board::open(log.clone(), engine, options).await?;
            Ok::<_, Fault>(Engine { board, log })
        };
        Ok(opened.await?)
    }

    /// Answers a read from memory, at once.
    ///
    /// # Errors
    ///
    /// The engine's refusals; `validation` for arguments of the wrong form.
    pub fn read(&self, operation: &str, arguments: &str, actor: &str) -> Result<String, JsValue> {
        let answer = decode_actor(actor).and_then(|actor| {
            let arguments = Arguments::read(operation, arguments)?;
            Ok(self.board.read(|manager| read::answer(manager, &arguments, &actor))?)
        });
        Ok(answer?)
    }

    /// Runs an operation and answers once its changes are kept. The promise fails
    /// with the engine's refusals, with `validation` for arguments of the wrong
    /// form, and with the codes of a storage that did not keep the changes.
    pub fn call(&self, operation: String, arguments: String, actor: String) -> Promise {
        let board = self.board.clone();
        promise(async move {
            let actor = decode_actor(&actor)?;
            if operation == "drain_scheduler" {
                return drain(&board, &operation, &arguments, actor).await;
            }
            let run = move |manager: &mut Manager| {
                let arguments = Arguments::read(&operation, &arguments)?;
                operation::perform(manager, &arguments, &actor)
            };
            Ok(board.run(run).await?)
        })
    }

    /// Runs a JavaScript function that performs operations and reads on the board,
    /// by the function that it is given, and keeps everything at once. It may run
    /// more than once, and its own result is its own affair.
    ///
    /// The promise fails with whatever the function throws, and nothing is kept
    /// then; else like [`Engine::call`].
    pub fn transact(&self, steps: Steps) -> Promise {
        let board = self.board.clone();
        future_to_promise(async move {
            let kept = board.transact(move |manager| steps.take(manager)).await;
            kept.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
        })
    }

    /// Calls back with every change from now on, as JSON text, for as long as the
    /// function answers `true`, and with nothing when the board is closed.
    pub fn watch(&self, tell: Function) {
        spawn_local(watch::forward(self.board.watch(), tell));
    }

    /// Puts the records of an exported document on this board, and answers what that
    /// did.
    pub fn import(&self, document: String, options: JsValue) -> Promise {
        let board = self.board.clone();
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
            let told = self.board.preview(&bundle, options.mode()?)?;
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
        let board = self.board.clone();
        promise(async move { Ok(board.snapshot().await?.get().to_string()) })
    }

    /// The whole board as one JSON document, without raw claim tokens.
    ///
    /// # Errors
    ///
    /// `failed` for a record that has no JSON form.
    pub fn export(&self) -> Result<String, JsValue> {
        Ok(self.board.export().to_json().map_err(Fault::from)?)
    }

    /// The number of commits that the board has seen.
    pub fn version(&self) -> f64 {
        // Versions stay below 2^53.
        self.board.version().get() as f64
    }

    /// Waits for what is under way and lets go of the storage.
    pub fn close(&self) -> Promise {
        let board = self.board.clone();
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

pub(crate) fn decode_actor(text: &str) -> Result<ActorContext, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::malformed("actor", &error.to_string()))
}

/// The one operation that takes time: between its looks the board goes on.
async fn drain(
    board: &Board<Log>,
    operation: &str,
    arguments: &str,
    actor: ActorContext,
) -> Result<String, Fault> {
    let request = Arguments::read(operation, arguments)?.request(0)?;
    let begin = {
        let actor = actor.clone();
        move |manager: &mut Manager| manager.begin_drain(Clone::clone(&request), &actor)
    };
    let drain = board.run(begin).await?;
    let status = loop {
        match board.read(|manager| manager.poll_drain(&drain)) {
            DrainLook::Over(status) => break status,
            DrainLook::Wait(time) => environment::wait(time).await?,
        }
    };
    let finish = move |manager: &mut Manager| {
        Ok(manager.finish_drain(drain.clone(), status.clone(), &actor))
    };
    Ok(operation::reply(Ok(board.run(finish).await?))?)
}
