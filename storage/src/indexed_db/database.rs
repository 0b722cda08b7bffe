//! The connection to a board's database: opening, making way, closing.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::stream::{self, StreamExt};
use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbVersionChangeEvent,
};

use super::signal::Signal;
use super::transaction::{failure, found_key, key_of};
use super::{FLOOR, LOG, PIECES, SNAPSHOTS};
use crate::error::{CloseReason, StorageError};
use crate::frame;
use crate::log::Watch;
use crate::version::Version;

/// The layout of object stores that this version makes and reads. Since 2, the
/// log notes its floor, and snapshots are kept in pieces.
pub(super) const LAYOUT: u32 = 2;

/// An open connection.
#[derive(Debug)]
pub(super) struct Database {
    connection: IdbDatabase,
    signal: Option<Signal>,
    closed: Cell<Option<CloseReason>>,
    watchers: RefCell<Vec<UnboundedSender<Result<Version, StorageError>>>>,
    on_version_change: Closure<dyn FnMut(Event)>,
    on_close: Closure<dyn FnMut(Event)>,
}

impl Database {
    pub(super) async fn open(board: &str, layout: u32) -> Result<Rc<Self>, StorageError> {
        let name = name_of(board);
        let request = factory()?.open_with_u32(&name, layout).map_err(refused)?;
        let upgrade = Closure::once_into_js(upgrade);
        request.set_onupgradeneeded(Some(upgrade.unchecked_ref()));
        let connection = match answer(&request).await {
            Ok(connection) => connection.unchecked_into::<IdbDatabase>(),
            Err(error) => {
                if error == StorageError::Blocked {
                    close_when_opened(&request);
                }
                return Err(error);
            }
        };
        let database = Rc::new_cyclic(|this: &Weak<Self>| Self {
            signal: Signal::open(&name, this.clone()),
            on_version_change: closing(this, CloseReason::Replaced),
            on_close: closing(this, CloseReason::Platform),
            connection,
            closed: Cell::new(None),
            watchers: RefCell::default(),
        });
        let handler = database.on_version_change.as_ref().unchecked_ref();
        database.connection.set_onversionchange(Some(handler));
        database.connection.set_onclose(Some(database.on_close.as_ref().unchecked_ref()));
        Ok(database)
    }

    pub(super) async fn erase(board: &str) -> Result<(), StorageError> {
        let request = factory()?.delete_database(&name_of(board)).map_err(refused)?;
        answer(&request).await.map(drop)
    }

    /// The connection, while it is open.
    pub(super) fn handle(&self) -> Result<&IdbDatabase, StorageError> {
        match self.closed.get() {
            None => Ok(&self.connection),
            Some(reason) => Err(StorageError::Closed { reason }),
        }
    }

    /// Tells the other handles that a version is there.
    pub(super) fn announce(&self, version: Version) {
        if let Some(signal) = &self.signal {
            signal.send(version);
        }
    }

    /// Passes on what another handle announced.
    pub(super) fn hear(&self, version: Version) {
        self.tell(&Ok(version));
    }

    pub(super) fn watch(&self) -> Watch {
        if self.closed.get().is_some() {
            return stream::empty().boxed_local();
        }
        let (sender, receiver) = unbounded();
        self.watchers.borrow_mut().push(sender);
        receiver.boxed_local()
    }

    pub(super) fn close(&self) {
        self.close_because(CloseReason::Owner);
    }

    fn close_because(&self, reason: CloseReason) {
        if self.closed.get().is_some() {
            return;
        }
        self.closed.set(Some(reason));
        self.connection.close();
        if let Some(signal) = &self.signal {
            signal.close();
        }
        if reason != CloseReason::Owner {
            self.tell(&Err(StorageError::Closed { reason }));
        }
        self.watchers.borrow_mut().clear();
    }

    fn tell(&self, news: &Result<Version, StorageError>) {
        self.watchers.borrow_mut().retain(|watcher| watcher.unbounded_send(news.clone()).is_ok());
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.connection.set_onversionchange(None);
        self.connection.set_onclose(None);
        self.close();
    }
}

/// Boards share the origin with other programs, so their databases carry a
/// prefix. The signal of a board has the same name.
fn name_of(board: &str) -> String {
    format!("taskloom/{board}")
}

/// The factory of this window or worker.
fn factory() -> Result<IdbFactory, StorageError> {
    let found = Reflect::get(&js_sys::global(), &"indexedDB".into()).map_err(refused)?;
    found.dyn_into().map_err(|_| StorageError::Unavailable { cause: "it has no IndexedDB".into() })
}

/// What it means that a database cannot be opened at all. Browsers that forbid
/// storage, in private windows or by a setting, say so in many ways.
fn refused(exception: JsValue) -> StorageError {
    match failure(exception) {
        StorageError::Closed { .. } => {
            StorageError::Unavailable { cause: "storage is switched off".into() }
        }
        StorageError::Failed { cause } => StorageError::Unavailable { cause },
        known => known,
    }
}

/// Waits for the answer to an opening or deleting request.
async fn answer(request: &IdbOpenDbRequest) -> Result<JsValue, StorageError> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
        request.set_onblocked(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => request.result().map_err(failure),
        Err(event) if event.unchecked_ref::<Event>().type_() == "blocked" => {
            Err(StorageError::Blocked)
        }
        Err(_) => Err(match request.error() {
            Ok(Some(error)) => refused(error.into()),
            Ok(None) => StorageError::Failed { cause: "no reason was given".into() },
            Err(exception) => failure(exception),
        }),
    }
}

/// A blocked request stays, and succeeds when the other tab lets go. Nobody waits
/// for it any more, and an open connection would block others in turn.
fn close_when_opened(request: &IdbOpenDbRequest) {
    let opened = request.clone();
    let callback = Closure::once_into_js(move |_: Event| {
        if let Ok(connection) = opened.result() {
            connection.unchecked_into::<IdbDatabase>().close();
        }
    });
    request.set_onsuccess(Some(callback.unchecked_ref()));
}

/// Brings a database of any older layout to the present one.
fn upgrade(event: IdbVersionChangeEvent) -> Result<(), JsValue> {
    let request = event.target().ok_or("an event without a target")?;
    let request: IdbOpenDbRequest = request.unchecked_into();
    let connection: IdbDatabase = request.result()?.unchecked_into();
    let old = event.old_version();
    if old < 1.0 {
        let log = connection.create_object_store(LOG)?;
        connection.create_object_store(SNAPSHOTS)?;
        if let Some(cause) = data_loss(&event) {
            let lost = Uint8Array::from(&*frame::lost(&cause));
            log.put_with_key(&lost, &key_of(FLOOR.next()))?;
        }
    }
    if old < 2.0 {
        connection.create_object_store(PIECES)?;
        let transaction = request.transaction().ok_or("an upgrade without a transaction")?;
        note_floor(transaction.object_store(LOG)?)?;
    }
    Ok(())
}

/// Why there is no database any more, where there was one that the browser could not
/// read: Chromium then begins an empty one, and tells whoever opens it first.
fn data_loss(event: &IdbVersionChangeEvent) -> Option<String> {
    let text = |field: &str| Reflect::get(event, &field.into()).ok()?.as_string();
    (text("dataLoss")? == "total").then(|| text("dataLossMessage").unwrap_or_default())
}

/// Layout 1 pruned without a note: the floor is the oldest entry that is left.
fn note_floor(log: IdbObjectStore) -> Result<(), JsValue> {
    let oldest = log.open_key_cursor()?;
    let answered = oldest.clone();
    let found = Closure::once_into_js(move |_: Event| match found_key(&answered) {
        Ok(oldest) if oldest > FLOOR => log.put_with_key(&key_of(oldest), &key_of(FLOOR)).map(drop),
        _ => Ok(()),
    });
    oldest.set_onsuccess(Some(found.unchecked_ref()));
    Ok(())
}

fn closing(database: &Weak<Database>, reason: CloseReason) -> Closure<dyn FnMut(Event)> {
    let database = database.clone();
    Closure::new(move |_: Event| {
        if let Some(database) = database.upgrade() {
            database.close_because(reason);
        }
    })
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    async fn old_tab_that_does_not_make_way_blocks_the_upgrade() {
        let old = Database::open("old tab", LAYOUT).await.unwrap();
        old.connection.set_onversionchange(None);
        let next = LAYOUT + 1;
        assert_eq!(Database::open("old tab", next).await.unwrap_err(), StorageError::Blocked);
        old.close();
        let new = Database::open("old tab", next).await.unwrap();
        assert_eq!(new.connection.version(), f64::from(next));
        Database::erase("old tab").await.unwrap();
    }
}
