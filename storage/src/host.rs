//! A log that a program supplies as a JavaScript object.
//!
//! Nothing of what the object answers is believed: it is checked, and a wrong
//! answer is an error that names the method. No borrow is held while it is
//! called, since it may call back.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::stream::{self, StreamExt};
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::error::{CloseReason, Part, StorageError};
use crate::log::{Appended, ChangeLog, LogEntry, Snapshot, Tail, Watch};
use crate::version::Version;

/// What every store has; `close` may be missing.
const METHODS: [&str; 6] = ["read", "append", "snapshot", "putSnapshot", "prune", "watch"];

/// A log behind a JavaScript object: how a board moves to a file, a server or a
/// message broker. Cheap to clone; a clone is the same handle.
///
/// Versions are numbers, bytes are `Uint8Array`s; every method may answer with
/// a value or with a promise for one:
///
/// | method | answer |
/// | --- | --- |
/// | `read(after)` | `{ head, entries: [{ version, bytes }] }`, oldest first |
/// | `append(expected, bytes)` | `{ appended: version }` or `{ conflict: head }` |
/// | `snapshot(atOrBefore)` | `{ version, bytes }`, or `undefined` or `null` |
/// | `putSnapshot(version, bytes)` | ignored |
/// | `prune(before)` | ignored |
/// | `watch(onVersion)` | a function that ends it, or `undefined` or `null` |
/// | `close()` | ignored; the method may be missing |
///
/// An error that is thrown, or that a promise is rejected with, keeps its `code`
/// if it is one of [`StorageError::code`]; every other one is `failed`. A promise
/// that never settles holds up the one call that waits for it.
#[derive(Debug, Clone)]
pub struct HostLog {
    host: Rc<Host>,
}

#[derive(Debug)]
struct Host {
    store: JsValue,
    closed: Cell<bool>,
    watching: Cell<bool>,
    watchers: RefCell<Vec<UnboundedSender<Result<Version, StorageError>>>>,
    stop: RefCell<Option<Function>>,
}

impl HostLog {
    /// A log on this object.
    ///
    /// # Errors
    ///
    /// `failed` if it is not an object, or lacks a method that it needs.
    pub fn new(store: JsValue) -> Result<Self, StorageError> {
        if !store.is_object() && !store.is_function() {
            return Err(failed("the store is not an object"));
        }
        for name in METHODS {
            method(&store, name)?;
        }
        let host = Host {
            store,
            closed: Cell::default(),
            watching: Cell::default(),
            watchers: RefCell::default(),
            stop: RefCell::default(),
        };
        Ok(Self { host: Rc::new(host) })
    }

    async fn call(&self, name: &str, arguments: &[JsValue]) -> Result<JsValue, StorageError> {
        if self.host.closed.get() {
            return Err(StorageError::Closed { reason: CloseReason::Owner });
        }
        let answer = call(&self.host.store, name, arguments)?;
        settled(name, answer).await
    }
}

impl ChangeLog for HostLog {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        const NAME: &str = "read";
        let answer = self.call(NAME, &[number(after)]).await?;
        let head = version_in(NAME, &answer, "head")?;
        let listed = field(NAME, &answer, "entries")?;
        let length = field(NAME, &listed, "length")?;
        let length = length.as_f64().filter(|it| it.fract() == 0.0 && (0.0..4e9).contains(it));
        let length = length.ok_or_else(|| wrong(NAME, "entries is not an array"))?;
        let mut entries = Vec::new();
        let mut last = after;
        for index in 0..length as u32 {
            let entry = Reflect::get_u32(&listed, index).map_err(|error| thrown(NAME, &error))?;
            let version = version_in(NAME, &entry, "version")?;
            if version <= last || version > head {
                return Err(wrong(NAME, &format!("entry {version} is out of place")));
            }
            last = version;
            entries.push(LogEntry { version, bytes: bytes_in(NAME, &entry)? });
        }
        if last < head {
            return Err(wrong(NAME, &format!("the entry of the head {head} is missing")));
        }
        Ok(Tail { head, entries })
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        const NAME: &str = "append";
        let bytes = Uint8Array::from(entry).into();
        let answer = self.call(NAME, &[number(expected), bytes]).await?;
        let appended = field(NAME, &answer, "appended")?;
        let conflict = field(NAME, &answer, "conflict")?;
        match (version_of(&appended), version_of(&conflict)) {
            (Some(version), None) if conflict.is_undefined() => {
                if version.previous() != Some(expected) {
                    return Err(wrong(NAME, &format!("{version} does not follow {expected}")));
                }
                Ok(Appended::At(version))
            }
            (None, Some(head)) if appended.is_undefined() => {
                if head == expected {
                    return Err(wrong(NAME, &format!("a conflict at the expected {head} is none")));
                }
                Ok(Appended::Conflict { head })
            }
            _ => Err(wrong(NAME, "neither { appended: version } nor { conflict: head }")),
        }
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        const NAME: &str = "snapshot";
        let answer = self.call(NAME, &[number(at_or_before)]).await?;
        if answer.is_undefined() || answer.is_null() {
            return Ok(None);
        }
        let version = version_in(NAME, &answer, "version")?;
        if version > at_or_before {
            return Err(wrong(NAME, &format!("{version} is newer than {at_or_before}")));
        }
        Ok(Some(Snapshot { version, bytes: bytes_in(NAME, &answer)? }))
    }

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
        let bytes = Uint8Array::from(&*snapshot.bytes).into();
        self.call("putSnapshot", &[number(snapshot.version), bytes]).await.map(drop)
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        self.call("prune", &[number(before)]).await.map(drop)
    }

    fn watch(&self) -> Watch {
        if self.host.closed.get() {
            return stream::empty().boxed_local();
        }
        let (sender, receiver) = unbounded();
        self.host.watchers.borrow_mut().push(sender);
        self.host.start_watching();
        receiver.boxed_local()
    }

    async fn close(&self) {
        if self.host.closed.replace(true) {
            return;
        }
        self.host.watchers.borrow_mut().clear();
        self.host.stop_watching();
        let close = Reflect::get(&self.host.store, &"close".into());
        if close.is_ok_and(|close| close.is_function())
            && let Ok(answer) = call(&self.host.store, "close", &[])
        {
            // Whatever it says: the store is let go of.
            let _ = settled("close", answer).await;
        }
    }
}

impl Host {
    /// Watches the store once, however many watch this handle. A store that
    /// cannot be watched is lost: its handles would go on past one another.
    fn start_watching(self: &Rc<Self>) {
        const NAME: &str = "watch";
        if self.watching.replace(true) {
            return;
        }
        let on_version = hints(Rc::downgrade(self));
        match call(&self.store, NAME, &[on_version]) {
            Err(error) => self.lose(error),
            Ok(answer) => {
                let host = Rc::downgrade(self);
                spawn_local(async move {
                    let stop = settled(NAME, answer).await;
                    let host = host.upgrade().filter(|host| !host.closed.get());
                    match (stop, host) {
                        (Ok(stop), None) => end(stop.dyn_ref()),
                        (Ok(stop), Some(host)) => host.watched(stop),
                        (Err(error), Some(host)) => host.lose(error),
                        // Nobody is left who wanted to hear.
                        (Err(_), None) => {}
                    }
                });
            }
        }
    }

    fn watched(&self, stop: JsValue) {
        match stop.dyn_into() {
            Ok(stop) => *self.stop.borrow_mut() = Some(stop),
            Err(nothing) if nothing.is_undefined() || nothing.is_null() => {}
            Err(_) => self.lose(wrong("watch", "the answer is not a function")),
        }
    }

    fn stop_watching(&self) {
        let stop = self.stop.take();
        end(stop.as_ref());
    }

    fn lose(&self, error: StorageError) {
        self.tell(&Err(error));
        self.watchers.borrow_mut().clear();
    }

    fn tell(&self, news: &Result<Version, StorageError>) {
        self.watchers.borrow_mut().retain(|watcher| watcher.unbounded_send(news.clone()).is_ok());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop_watching();
    }
}

/// The callback of a store. It may be called at any time, even after the end.
fn hints(host: Weak<Host>) -> JsValue {
    let heard = move |version: JsValue| -> Result<(), JsValue> {
        let version = version_of(&version)
            .ok_or_else(|| js_sys::TypeError::new("onVersion: this is not a version"))?;
        if let Some(host) = host.upgrade() {
            host.tell(&Ok(version));
        }
        Ok(())
    };
    Closure::<dyn Fn(JsValue) -> Result<(), JsValue>>::new(heard).into_js_value()
}

fn end(stop: Option<&Function>) {
    if let Some(stop) = stop {
        // What it throws concerns nobody: hints are no longer heard.
        let _ = stop.call0(&JsValue::UNDEFINED);
    }
}

fn method(store: &JsValue, name: &str) -> Result<Function, StorageError> {
    let found = Reflect::get(store, &name.into()).map_err(|error| thrown(name, &error))?;
    found.dyn_into().map_err(|_| failed(&format!("the store has no method {name}")))
}

fn call(store: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, StorageError> {
    let arguments: Array = arguments.iter().collect();
    method(store, name)?.apply(store, &arguments).map_err(|error| thrown(name, &error))
}

/// Waits for what may be a promise. Its own resolve function catches whatever a
/// strange object throws on the way, which `Promise.resolve` does not.
async fn settled(name: &str, answer: JsValue) -> Result<JsValue, StorageError> {
    let promise = Promise::new(&mut |resolve, _| {
        // It never throws.
        let _ = resolve.call1(&JsValue::UNDEFINED, &answer);
    });
    JsFuture::from(promise).await.map_err(|error| thrown(name, &error))
}

/// Versions stay below 2^53, so nothing is rounded.
fn number(version: Version) -> JsValue {
    JsValue::from_f64(version.get() as f64)
}

fn version_of(value: &JsValue) -> Option<Version> {
    let number = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0)?;
    Version::new(number as u64)
}

fn field(method: &str, object: &JsValue, name: &str) -> Result<JsValue, StorageError> {
    if !object.is_object() {
        return Err(wrong(method, &format!("there is no object that has {name}")));
    }
    Reflect::get(object, &name.into()).map_err(|error| thrown(method, &error))
}

fn version_in(method: &str, object: &JsValue, name: &str) -> Result<Version, StorageError> {
    version_of(&field(method, object, name)?)
        .ok_or_else(|| wrong(method, &format!("{name} is not a version")))
}

fn bytes_in(method: &str, object: &JsValue) -> Result<Vec<u8>, StorageError> {
    let bytes = field(method, object, "bytes")?.dyn_into::<Uint8Array>();
    Ok(bytes.map_err(|_| wrong(method, "bytes is not a Uint8Array"))?.to_vec())
}

fn wrong(method: &str, cause: &str) -> StorageError {
    failed(&format!("the store's {method} answered wrongly: {cause}"))
}

fn failed(cause: &str) -> StorageError {
    StorageError::Failed { cause: cause.to_owned() }
}

/// What an error of the store means. Its fields may throw too.
fn thrown(method: &str, error: &JsValue) -> StorageError {
    let text = |name: &str| Reflect::get(error, &name.into()).ok()?.as_string();
    let message = error.as_string().or_else(|| text("message")).filter(|text| !text.is_empty());
    let message = message.unwrap_or_else(|| "no reason was given".into());
    let cause = format!("the store's {method}: {message}");
    match text("code").as_deref() {
        Some("unavailable") => StorageError::Unavailable { cause },
        Some("blocked") => StorageError::Blocked,
        Some("in_use") => StorageError::InUse,
        Some("quota_exceeded") => StorageError::QuotaExceeded { cause },
        Some("corrupt") => StorageError::Corrupt { part: Part::Log, cause },
        Some("newer_format") => StorageError::NewerFormat { part: Part::Log, found: None },
        Some("closed") => StorageError::Closed { reason: CloseReason::Platform },
        _ => StorageError::Failed { cause },
    }
}
