//! The log of a small board in the browser's localStorage.
//!
//! localStorage has no compare-and-swap, and a browser's processes read their
//! own copies of it, which a lock per append would not keep in step. So one page
//! holds a board at a time, by a Web Lock that it keeps while it has handles.

mod area;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::lock::Mutex;
use futures_util::stream::{self, StreamExt};
use js_sys::encode_uri_component;

use self::area::{Area, check_reachable};
use crate::error::{CloseReason, StorageError};
use crate::log::{Appended, ChangeLog, Snapshot, Tail, Watch};
use crate::quota;
use crate::version::Version;
use crate::web_lock::WebLock;

/// How long an opening waits for another page, in milliseconds: a page that is
/// reloaded lets go of its lock a moment after the new one starts.
const PATIENCE: f64 = 2_000.0;

thread_local! {
    static PLACES: RefCell<HashMap<String, Rc<Mutex<Weak<Place>>>>> = RefCell::default();
}

/// A board's log in localStorage: for small boards, where there is no IndexedDB.
/// Cheap to clone; a clone is the same handle.
///
/// One page has a board open at a time, with any number of handles. A board
/// takes at most [`LocalStorageLog::LIMIT`] UTF-16 code units, in which its
/// bytes stand as base64. The browser writes to the disk a moment later: if it
/// crashes, the last seconds may be lost. Prefer
/// [`IndexedDbLog`](crate::IndexedDbLog).
#[derive(Debug, Clone)]
pub struct LocalStorageLog {
    handle: Rc<Handle>,
}

/// What the handles of this page on one board share.
#[derive(Debug)]
struct Place {
    area: RefCell<Area>,
    handles: RefCell<Vec<Weak<Handle>>>,
    _lock: WebLock,
}

#[derive(Debug)]
struct Handle {
    place: RefCell<Option<Rc<Place>>>,
    closed: Cell<CloseReason>,
    watchers: RefCell<Vec<UnboundedSender<Result<Version, StorageError>>>>,
}

impl LocalStorageLog {
    /// The most UTF-16 code units that the keys and values of a board take.
    pub const LIMIT: usize = area::LIMIT;

    /// Opens the log of the board with this name, and creates it where there is
    /// none. Waits up to two seconds for another page to let go.
    ///
    /// # Errors
    ///
    /// `in_use` if another page has the board open; `unavailable` in workers, and
    /// where there is no localStorage or there are no Web Locks; `newer_format`,
    /// `corrupt`.
    pub async fn open(board: &str) -> Result<Self, StorageError> {
        check_reachable()?;
        let prefix = prefix_of(board);
        let slot = slot_of(&prefix);
        let mut slot = slot.lock().await;
        let place = match slot.upgrade() {
            Some(place) => place,
            None => {
                let lock = lock(&prefix).await?;
                let area = RefCell::new(Area::open(prefix)?);
                Rc::new(Place { area, handles: RefCell::default(), _lock: lock })
            }
        };
        *slot = Rc::downgrade(&place);
        let handle = Rc::new(Handle {
            place: RefCell::new(Some(Rc::clone(&place))),
            closed: Cell::new(CloseReason::Owner),
            watchers: RefCell::default(),
        });
        place.handles.borrow_mut().push(Rc::downgrade(&handle));
        Ok(Self { handle })
    }

    /// Erases the board with this name, for ever. The handles of this page are
    /// closed and told so. Succeeds where there is none.
    ///
    /// # Errors
    ///
    /// `in_use` if another page has the board open, `unavailable` as in
    /// [`LocalStorageLog::open`]; nothing is erased then.
    pub async fn erase(board: &str) -> Result<(), StorageError> {
        check_reachable()?;
        let prefix = prefix_of(board);
        let slot = slot_of(&prefix);
        let slot = slot.lock().await;
        let Some(place) = slot.upgrade() else {
            let _lock = lock(&prefix).await?;
            return Area::erase(&prefix);
        };
        place.close(CloseReason::Replaced);
        Area::erase(&prefix)
    }

    /// How many of the [`LocalStorageLog::LIMIT`] UTF-16 code units the board takes.
    ///
    /// # Errors
    ///
    /// `closed`.
    pub fn used(&self) -> Result<usize, StorageError> {
        Ok(self.place()?.area.borrow().units())
    }

    /// The shared part, while this handle is open and its values are there.
    fn place(&self) -> Result<Rc<Place>, StorageError> {
        let place = self.handle.place.borrow().clone();
        let place = place.ok_or(StorageError::Closed { reason: self.handle.closed.get() })?;
        let checked = place.area.borrow().check();
        if let Err(StorageError::Closed { reason }) = checked {
            place.close(reason);
        }
        checked.map(|()| place)
    }
}

impl ChangeLog for LocalStorageLog {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        self.place()?.area.borrow().read(after)
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        let place = self.place()?;
        let appended = place.area.borrow_mut().append(expected, entry)?;
        if let Appended::At(version) = appended {
            place.announce(version, &self.handle);
            quota::something_is_kept();
        }
        Ok(appended)
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        self.place()?.area.borrow().snapshot(at_or_before)
    }

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
        self.place()?.area.borrow_mut().put_snapshot(&snapshot)
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        self.place()?.area.borrow_mut().prune(before)
    }

    fn watch(&self) -> Watch {
        if self.handle.place.borrow().is_none() {
            return stream::empty().boxed_local();
        }
        let (sender, receiver) = unbounded();
        self.handle.watchers.borrow_mut().push(sender);
        receiver.boxed_local()
    }

    async fn close(&self) {
        self.handle.close(CloseReason::Owner);
    }
}

impl Place {
    fn handles(&self) -> Vec<Rc<Handle>> {
        let mut handles = self.handles.borrow_mut();
        handles.retain(|handle| handle.strong_count() > 0);
        handles.iter().filter_map(Weak::upgrade).collect()
    }

    fn announce(&self, version: Version, by: &Rc<Handle>) {
        for handle in self.handles().iter().filter(|handle| !Rc::ptr_eq(handle, by)) {
            handle.tell(&Ok(version));
        }
    }

    fn close(&self, reason: CloseReason) {
        self.handles().iter().for_each(|handle| handle.close(reason));
    }
}

impl Handle {
    fn close(&self, reason: CloseReason) {
        if self.place.take().is_none() {
            return;
        }
        self.closed.set(reason);
        if reason != CloseReason::Owner {
            self.tell(&Err(StorageError::Closed { reason }));
        }
        self.watchers.borrow_mut().clear();
    }

    fn tell(&self, news: &Result<Version, StorageError>) {
        self.watchers.borrow_mut().retain(|watcher| watcher.unbounded_send(news.clone()).is_ok());
    }
}

/// What the keys of a board begin with, and the name of its lock. The name is
/// escaped, so that it holds no slash and no board begins like another.
fn prefix_of(board: &str) -> String {
    format!("taskloom/{}/", encode_uri_component(board))
}

/// Openings and erasures of one board in this page go one after the other.
fn slot_of(prefix: &str) -> Rc<Mutex<Weak<Place>>> {
    PLACES.with_borrow_mut(|places| Rc::clone(places.entry(prefix.to_owned()).or_default()))
}

async fn lock(prefix: &str) -> Result<WebLock, StorageError> {
    WebLock::acquire(prefix, PATIENCE).await?.ok_or(StorageError::InUse)
}
