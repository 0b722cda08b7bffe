//! What the engine takes from its surroundings: the clock, randomness, and a
//! timer.

use js_sys::{Date, Function, Promise};
use taskloom_domain::environment::HexIds;
use taskloom_domain::manager::ManagerOptions;
use taskloom_domain::time::{Duration, Timestamp};
use taskloom_storage::{BoardOptions, StorageError, WriterId};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::fault::Fault;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn fill(bytes: &mut [u8]) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(then: &Function, milliseconds: f64) -> Result<JsValue, JsValue>;
}

/// The engine's options: this computer's clock, ids and secrets from the
/// platform's randomness.
///
/// # Errors
///
/// `unavailable` where there is no `crypto.getRandomValues`.
pub fn engine() -> Result<ManagerOptions, StorageError> {
    random::<1>()?;
    Ok(ManagerOptions::new(now, HexIds::new(sure_random), sure_random))
}

/// The board's options. Its name among all writers is a UUID of version 7, so
/// that writers sort by when they opened the board.
///
/// # Errors
///
/// `unavailable` where there is no `crypto.getRandomValues`.
pub fn board_options() -> Result<BoardOptions, StorageError> {
    let millis = u64::try_from(now().as_millis()).unwrap_or_default();
    let name = uuid::Builder::from_unix_timestamp_millis(millis, &random()?).into_uuid();
    Ok(BoardOptions::new(WriterId::from_random(name.into_bytes()), spawn_local))
}

/// Lets this time pass.
///
/// # Errors
///
/// `failed` where the platform has no timer.
pub async fn wait(time: Duration) -> Result<(), Fault> {
    let mut refused = None;
    let passed = Promise::new(&mut |resolve, _| {
        refused = set_timeout(&resolve, time.as_millis() as f64).err();
    });
    if refused.is_some() {
        return Err(StorageError::Failed { cause: "there is no timer".into() }.into());
    }
    JsFuture::from(passed)
        .await
        .map(drop)
        .map_err(|_| StorageError::Failed { cause: "the timer failed".into() }.into())
}

/// The time of this computer.
pub fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as i64)
}

fn random<const N: usize>() -> Result<[u8; N], StorageError> {
    let mut bytes = [0; N];
    match fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(StorageError::Unavailable { cause: "it has no randomness".into() }),
    }
}

/// Random bytes for an engine that was given some when it was opened.
pub fn sure_random<const N: usize>() -> [u8; N] {
    random().expect("crypto.getRandomValues worked when the board was opened")
}
