//! Tells the other tabs and workers of this origin that a board has moved on.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use js_sys::Reflect;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use super::database::Database;
use super::transaction::{key_of, version_of};
use crate::timer;
use crate::version::Version;

/// How long a message waits for a newer version to say instead, in milliseconds.
/// A post costs a tenth of a commit, and this moves it into the time that the
/// next commit waits for the database.
const PATIENCE: f64 = 10.0;

/// A channel between the handles of one board. Messages are the bare version;
/// they are hints only, so a platform without channels merely hears later.
#[derive(Debug)]
pub(super) struct Signal {
    voice: Rc<Voice>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

#[derive(Debug)]
struct Voice {
    channel: BroadcastChannel,
    unsaid: Cell<Option<Version>>,
}

impl Signal {
    pub(super) fn open(name: &str, database: Weak<Database>) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let on_message = Closure::new(move |message: MessageEvent| {
            if let (Some(database), Ok(version)) = (database.upgrade(), version_of(&message.data()))
            {
                database.hear(version);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let voice = Rc::new(Voice { channel, unsaid: Cell::default() });
        Some(Self { voice, _on_message: on_message })
    }

    /// Says the version soon.
    pub(super) fn send(&self, version: Version) {
        if self.voice.unsaid.replace(Some(version)).is_some() {
            return;
        }
        // The timers of a page in the background wait for a second and more.
        if in_background() {
            return self.voice.speak();
        }
        let voice = Rc::clone(&self.voice);
        if timer::after(PATIENCE, move || voice.speak()).is_err() {
            self.voice.speak();
        }
    }

    pub(super) fn close(&self) {
        self.voice.speak();
        self.voice.channel.set_onmessage(None);
        self.voice.channel.close();
    }
}

impl Voice {
    fn speak(&self) {
        if let Some(version) = self.unsaid.take() {
            // A closed channel is no news: hints may be missed.
            let _ = self.channel.post_message(&key_of(version));
        }
    }
}

/// Whether this is a page that nobody sees; a worker is not.
fn in_background() -> bool {
    let hidden = || {
        let document = Reflect::get(&js_sys::global(), &"document".into())?;
        Reflect::get(&document, &"hidden".into())
    };
    hidden().is_ok_and(|hidden| hidden.is_truthy())
}
