//! One IndexedDB transaction: its start, its checks, its end.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, IdbCursor, IdbCursorDirection, IdbObjectStore, IdbRequest, IdbTransaction,
    IdbTransactionMode,
};

use super::Durability;
use super::database::Database;
use crate::error::{CloseReason, Part, StorageError};
use crate::version::Version;

/// A transaction whose requests are being made.
pub(super) struct Transaction {
    steps: Steps,
    finished: JsFuture,
}

/// What goes on inside a transaction, one answer after the other.
#[derive(Clone)]
pub(super) struct Steps {
    transaction: IdbTransaction,
    /// What a step found wrong.
    refusal: Rc<RefCell<Option<StorageError>>>,
}

impl Steps {
    /// Goes on with the answer of a request: where `next` fails, nothing of the
    /// transaction is kept.
    pub(super) fn then(
        &self,
        request: &IdbRequest,
        next: impl FnOnce(&Steps, &IdbRequest) -> Result<(), StorageError> + 'static,
    ) {
        let (answered, steps) = (request.clone(), self.clone());
        let callback = Closure::once_into_js(move |_: Event| {
            if let Err(error) = next(&steps, &answered) {
                *steps.refusal.borrow_mut() = Some(error);
                // It can fail only where the transaction is at its end already.
                let _ = steps.transaction.abort();
            }
        });
        request.set_onsuccess(Some(callback.unchecked_ref()));
    }
}

impl Transaction {
    pub(super) fn begin(
        database: &Database,
        stores: &[&str],
        mode: IdbTransactionMode,
        durability: Durability,
    ) -> Result<Self, StorageError> {
        let inner = start(database.handle()?, stores, mode, durability).map_err(failure)?;
        let finished = Promise::new(&mut |resolve, reject| {
            inner.set_oncomplete(Some(&resolve));
            inner.set_onabort(Some(&reject));
        });
        let steps = Steps { transaction: inner, refusal: Rc::default() };
        Ok(Self { steps, finished: finished.into() })
    }

    pub(super) fn store(&self, name: &str) -> Result<IdbObjectStore, StorageError> {
        self.steps.transaction.object_store(name).map_err(failure)
    }

    /// As [`Steps::then`].
    pub(super) fn then(
        &self,
        request: &IdbRequest,
        next: impl FnOnce(&Steps, &IdbRequest) -> Result<(), StorageError> + 'static,
    ) {
        self.steps.then(request, next);
    }

    pub(super) fn steps(&self) -> &Steps {
        &self.steps
    }

    /// Has the transaction kept as soon as its requests succeed, without another
    /// turn between page and database.
    pub(super) fn commit(&self) -> Result<(), StorageError> {
        #[expect(deprecated, reason = "the standard has it; only these bindings do not know")]
        self.steps.transaction.commit().map_err(failure)
    }

    /// Waits until everything is kept, or nothing.
    pub(super) async fn finished(self) -> Result<(), StorageError> {
        if self.finished.await.is_ok() {
            return Ok(());
        }
        Err(self.steps.refusal.take().unwrap_or_else(|| why_aborted(&self.steps.transaction)))
    }

    /// As [`Transaction::finished`], where it is no error that `add` found its key
    /// taken.
    pub(super) async fn kept(self) -> Result<Kept, StorageError> {
        if self.finished.await.is_ok() {
            return Ok(Kept::All);
        }
        match self.steps.transaction.error() {
            Some(error) if error.name() == "ConstraintError" => Ok(Kept::NothingKeyTaken),
            _ => Err(why_aborted(&self.steps.transaction)),
        }
    }
}

/// The end of a transaction that adds.
pub(super) enum Kept {
    /// Everything is kept.
    All,
    /// Nothing is, since the key was in use.
    NothingKeyTaken,
}

fn why_aborted(transaction: &IdbTransaction) -> StorageError {
    transaction.error().map_or_else(
        || StorageError::Failed { cause: "the browser aborted the transaction".into() },
        |error| failure(error.into()),
    )
}

/// `IDBDatabase.transaction` with a durability, which the bindings do not offer
/// without an unstable switch. Browsers that do not know the option ignore it.
fn start(
    database: &web_sys::IdbDatabase,
    stores: &[&str],
    mode: IdbTransactionMode,
    durability: Durability,
) -> Result<IdbTransaction, JsValue> {
    let names: Array = stores.iter().map(|name| JsValue::from_str(name)).collect();
    let durability = match durability {
        Durability::Relaxed => "relaxed",
        Durability::Strict => "strict",
    };
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &durability.into())?;
    let transaction: Function = Reflect::get(database, &"transaction".into())?.dyn_into()?;
    transaction.call3(database, &names, &mode.into(), &options)?.dyn_into()
}

/// Asks for the greatest key of a store; see [`found_key`].
pub(super) fn newest_key(store: &IdbObjectStore) -> Result<IdbRequest, StorageError> {
    store
        .open_key_cursor_with_range_and_direction(&JsValue::UNDEFINED, IdbCursorDirection::Prev)
        .map_err(failure)
}

/// The version that an answered [`newest_key`] found; zero in an empty store.
pub(super) fn found_key(request: &IdbRequest) -> Result<Version, StorageError> {
    let found = request.result().map_err(failure)?;
    if found.is_null() {
        return Ok(Version::ZERO);
    }
    version_of(&found.unchecked_into::<IdbCursor>().key().map_err(failure)?)
}

/// The key of a version. Versions stay below 2^53, so nothing is rounded.
pub(super) fn key_of(version: Version) -> JsValue {
    JsValue::from_f64(version.get() as f64)
}

/// The version that a key stands for.
pub(super) fn version_of(key: &JsValue) -> Result<Version, StorageError> {
    key.as_f64()
        .filter(|number| *number >= 0.0 && number.fract() == 0.0)
        .and_then(|number| Version::new(number as u64))
        .ok_or_else(|| StorageError::corrupt(Part::Database, "a key in it is not a version"))
}

/// What an exception of IndexedDB means.
pub(super) fn failure(exception: JsValue) -> StorageError {
    let text = |field: &str| {
        Reflect::get(&exception, &field.into()).ok().and_then(|value| value.as_string())
    };
    let name = text("name").unwrap_or_default();
    let cause = match text("message") {
        Some(message) if !message.is_empty() => format!("{name}: {message}"),
        _ if name.is_empty() => format!("{exception:?}"),
        _ => name.clone(),
    };
    match name.as_str() {
        "QuotaExceededError" => StorageError::QuotaExceeded { cause },
        "VersionError" => StorageError::NewerFormat { part: Part::Database, found: None },
        // What Chromium answers where the file behind a large value is lost.
        "NotReadableError" => StorageError::Corrupt { part: Part::Database, cause },
        "InvalidStateError" => StorageError::Closed { reason: CloseReason::Platform },
        "SecurityError" | "NotAllowedError" => StorageError::Unavailable { cause },
        _ => StorageError::Failed { cause },
    }
}
