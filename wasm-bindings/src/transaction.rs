//! Several operations of a JavaScript function in one commit.

use taskloom_domain::hook::RunHook;
use taskloom_domain::manager::Manager;
use taskloom_storage::StorageError;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::actor::decode_actor;
use crate::arguments::Arguments;
use crate::fault::Fault;
use crate::operation;
use crate::outside::Outside;

/// Performs one operation or read: its name, arguments and actor.
type Step<'a> = dyn FnMut(String, String, String) -> Result<String, JsValue> + 'a;

#[wasm_bindgen]
extern "C" {
    /// A function that takes a step function, and calls it while it runs.
    pub type Steps;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn run(this: &Steps, receiver: &JsValue, step: &mut Step<'_>) -> Result<(), JsValue>;
}

/// Why a transaction did not take place.
pub enum Ended {
    /// The function threw this.
    Thrown(JsValue),
    /// The storage did not keep it, or the engine was left without a time or an id.
    Fault(Fault),
}

impl From<StorageError> for Ended {
    fn from(error: StorageError) -> Self {
        Ended::Fault(error.into())
    }
}

impl From<Ended> for JsValue {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Thrown(value) => value,
            Ended::Fault(fault) => fault.into(),
        }
    }
}

impl Steps {
    /// Lets the function work on the board, and answers what is to be told of it. The
    /// step function means nothing to it afterwards.
    ///
    /// # Errors
    ///
    /// What the function throws; where the engine was left without a time or an id.
    pub fn take(&self, manager: &mut Manager, outside: &Outside) -> Result<Vec<RunHook>, Ended> {
        outside.begin();
        let mut step = |operation: String, arguments: String, actor: String| {
            let actor = decode_actor(&actor)?;
            let done = Arguments::read(&operation, &arguments)
                .and_then(|arguments| operation::perform(manager, &arguments, &actor));
            Ok(outside.step(done)?)
        };
        self.run(&JsValue::UNDEFINED, &mut step).map_err(Ended::Thrown)?;
        outside.end().map_err(Ended::Fault)
    }
}
