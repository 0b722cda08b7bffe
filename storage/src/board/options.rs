//! What a board is opened with beside its log and its engine.

use std::num::NonZeroU64;

use futures_core::future::LocalBoxFuture;

use crate::entry::WriterId;

/// Work that a board does on its own: appending, catching up, taking snapshots.
pub type BackgroundTask = LocalBoxFuture<'static, ()>;

/// How a board works.
pub struct BoardOptions {
    /// The name of this board among all that write to the log. Fresh for every
    /// opening.
    pub writer: WriterId,
    /// Every how many entries the board's state is kept as a whole. Opening reads
    /// at most about twice as many entries; a snapshot of a large board costs a
    /// moment of the thread that it runs on.
    pub snapshot_every: NonZeroU64,
    pub(super) spawn: Box<dyn Fn(BackgroundTask)>,
}

impl BoardOptions {
    /// The defaults: a snapshot every 512 entries. `spawn` hands a task to the
    /// executor of this thread, and may be called at any time while the board is
    /// open.
    pub fn new(writer: WriterId, spawn: impl Fn(BackgroundTask) + 'static) -> Self {
        const EVERY: NonZeroU64 = NonZeroU64::new(512).expect("512 is not zero");
        Self { writer, snapshot_every: EVERY, spawn: Box::new(spawn) }
    }

    /// The options for a page or a worker: tasks run on its event loop, the name
    /// is drawn from the platform's source of randomness.
    ///
    /// # Errors
    ///
    /// `unavailable` where there is no `crypto.getRandomValues`.
    #[cfg(target_arch = "wasm32")]
    pub fn for_page() -> Result<Self, crate::StorageError> {
        let bytes = random_bytes().map_err(|_| crate::StorageError::Unavailable {
            cause: "it has no source of randomness".into(),
        })?;
        Ok(Self::new(WriterId::from_random(bytes), wasm_bindgen_futures::spawn_local))
    }
}

#[cfg(target_arch = "wasm32")]
fn random_bytes() -> Result<[u8; 16], wasm_bindgen::JsValue> {
    use wasm_bindgen::JsCast;

    let crypto = js_sys::Reflect::get(&js_sys::global(), &"crypto".into())?;
    let mut bytes = [0; 16];
    crypto.dyn_into::<web_sys::Crypto>()?.get_random_values_with_u8_array(&mut bytes)?;
    Ok(bytes)
}
