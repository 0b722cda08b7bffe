//! The timer of a page or worker.

use futures_channel::oneshot;
use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// The longest time that browsers take, in milliseconds: about 24 days.
const LONGEST: f64 = i32::MAX as f64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(then: &Function, milliseconds: f64) -> Result<JsValue, JsValue>;
}

/// Calls back after so many milliseconds, or at the longest that a timer can wait.
///
/// # Errors
///
/// What a platform without timers throws.
pub(crate) fn after(milliseconds: f64, then: impl FnOnce() + 'static) -> Result<(), JsValue> {
    let then = Closure::once_into_js(then);
    set_timeout(then.unchecked_ref(), milliseconds.clamp(0.0, LONGEST)).map(drop)
}

/// Waits so many milliseconds, or as long as a timer can. Never ends where there
/// are no timers.
pub(crate) async fn sleep(milliseconds: f64) {
    let (done, wait) = oneshot::channel();
    let set = after(milliseconds, move || {
        // Nobody waits any more.
        let _ = done.send(());
    });
    if set.is_err() || wait.await.is_err() {
        std::future::pending::<()>().await;
    }
}
