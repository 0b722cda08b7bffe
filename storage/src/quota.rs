//! How much the browser lets this site keep, and whether it keeps it by itself.

use std::cell::Cell;

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::error::StorageError;

#[wasm_bindgen]
extern "C" {
    type StorageManager;

    #[wasm_bindgen(method, catch)]
    fn estimate(this: &StorageManager) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn persisted(this: &StorageManager) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn persist(this: &StorageManager) -> Result<Promise, JsValue>;
}

thread_local! {
    /// Whether this page has asked already.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// What a site stores in the browser, all of its programs and boards together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageUsage {
    /// About how many bytes are in use. Browsers round, and lag behind a little.
    pub usage: u64,
    /// About how many bytes there may be.
    pub quota: u64,
    /// Whether the browser may clear them.
    pub persistence: Persistence,
}

/// Whether a browser may clear what a site stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Only the person does.
    Persistent,
    /// The browser does where space runs out, or after weeks without a visit.
    BestEffort,
}

impl StorageUsage {
    /// Asks the browser, in a window or in a worker.
    ///
    /// # Errors
    ///
    /// `unavailable` where the browser does not say, as it does to pages of secure
    /// origins only; `failed` if it refuses for a reason of its own.
    pub async fn estimate() -> Result<Self, StorageError> {
        let storage = manager().ok_or_else(|| StorageError::Unavailable {
            cause: "it does not say how much it keeps".into(),
        })?;
        let estimate = settle(storage.estimate()).await?;
        let persisted = settle(storage.persisted()).await?;
        let bytes = |name: &str| {
            let value = Reflect::get(&estimate, &name.into()).ok().and_then(|it| it.as_f64());
            // Whole numbers, far below 2^53.
            value.unwrap_or(0.0).max(0.0) as u64
        };
        Ok(Self {
            usage: bytes("usage"),
            quota: bytes("quota"),
            persistence: Persistence::of(&persisted),
        })
    }
}

impl Persistence {
    /// Asks the browser to clear what this site stores only when the person says so.
    /// It may ask the person in turn, grant it silently, or refuse; boards work all
    /// the same. Logs of the browser's storage ask by themselves, once a page, as soon
    /// as something is kept.
    ///
    /// # Errors
    ///
    /// `unavailable` in workers, and where the browser knows no such promise;
    /// `failed` if it refuses for a reason of its own.
    pub async fn ask() -> Result<Self, StorageError> {
        let storage = manager().filter(|storage| {
            let persist = Reflect::get(storage, &"persist".into());
            persist.is_ok_and(|persist| persist.is_function())
        });
        let storage = storage.ok_or_else(|| StorageError::Unavailable {
            cause: "it promises nothing here".into(),
        })?;
        if settle(storage.persisted()).await?.is_truthy() {
            return Ok(Persistence::Persistent);
        }
        Ok(Self::of(&settle(storage.persist()).await?))
    }

    fn of(answer: &JsValue) -> Self {
        if answer.is_truthy() { Persistence::Persistent } else { Persistence::BestEffort }
    }
}

/// There is something worth keeping. The first time that a page gets here, it asks
/// the browser to keep it; whatever the answer, the board works.
pub(crate) fn something_is_kept() {
    if !ASKED.replace(true) {
        spawn_local(async {
            let _ = Persistence::ask().await;
        });
    }
}

fn manager() -> Option<StorageManager> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let storage = Reflect::get(&navigator, &"storage".into()).ok()?;
    storage.is_object().then(|| storage.unchecked_into())
}

async fn settle(asked: Result<Promise, JsValue>) -> Result<JsValue, StorageError> {
    let answer = match asked {
        Ok(promise) => JsFuture::from(promise).await,
        Err(exception) => Err(exception),
    };
    answer.map_err(|exception| StorageError::Failed {
        cause: format!("the storage manager: {exception:?}"),
    })
}
