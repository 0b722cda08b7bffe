//! Web Locks: one holder per name among all tabs and workers of an origin. The
//! browser gives the lock on when its holder is gone, however it went.

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use crate::error::StorageError;
use crate::timer;

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        then: &Function,
    ) -> Result<Promise, JsValue>;
}

/// An exclusive lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct WebLock {
    release: Function,
    request: AbortController,
}

impl WebLock {
    /// Waits for the lock, however long it takes. Dropping the future takes the
    /// request back.
    ///
    /// # Errors
    ///
    /// `unavailable` where there are no Web Locks, `failed` if the browser
    /// refuses for a reason of its own.
    pub(crate) async fn wait(name: &str) -> Result<Self, StorageError> {
        let lock = Self::request(name, None).await?;
        lock.ok_or_else(|| failed("the request was taken back".into()))
    }

    /// Waits at most so many milliseconds for the lock; `None` if somebody else
    /// still holds it then.
    ///
    /// # Errors
    ///
    /// As [`WebLock::wait`].
    pub(crate) async fn acquire(name: &str, patience: f64) -> Result<Option<Self>, StorageError> {
        Self::request(name, Some(patience)).await
    }

    async fn request(name: &str, patience: Option<f64>) -> Result<Option<Self>, StorageError> {
        let locks = manager().ok_or_else(|| StorageError::Unavailable {
            cause: "it has no Web Locks, which keep tabs apart".into(),
        })?;
        let request = AbortController::new().map_err(failed)?;
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let release = release.ok_or_else(|| failed("a promise was not made".into()))?;
        let (granted, grant) = oneshot::channel();
        let then = Closure::once(move |_lock: JsValue| {
            // Without a listener the lock is let go of when `WebLock` drops.
            let _ = granted.send(());
            JsValue::from(held)
        });
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &request.signal()).map_err(failed)?;
        let ended = locks.request(name, &options, then.as_ref().unchecked_ref()).map_err(failed)?;
        // From here on, dropping this future takes the request back.
        let lock = Self { release, request };
        if let Some(patience) = patience {
            let request = lock.request.clone();
            timer::after(patience, move || request.abort()).map_err(failed)?;
        }
        match select(grant, JsFuture::from(ended)).await {
            Either::Left((Ok(()), _)) => Ok(Some(lock)),
            Either::Right((Err(error), _)) if !lock.request.signal().aborted() => {
                Err(failed(error))
            }
            _ => Ok(None),
        }
    }
}

impl Drop for WebLock {
    fn drop(&mut self) {
        // Resolving a promise does not throw, and nothing could be done if it did.
        let _ = self.release.call0(&JsValue::UNDEFINED);
        self.request.abort();
    }
}

fn manager() -> Option<LockManager> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}

fn failed(exception: JsValue) -> StorageError {
    StorageError::Failed { cause: format!("Web Locks: {exception:?}") }
}
