//! Tells the other tabs and workers of this origin that a board has moved on.

use std::rc::Weak;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use super::database::Database;
use super::transaction::{key_of, version_of};
use crate::version::Version;

/// A channel between the handles of one board. Messages are the bare version;
/// they are hints only, so a platform without channels merely hears later.
#[derive(Debug)]
pub(super) struct Signal {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
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
        Some(Self { channel, _on_message: on_message })
    }

    pub(super) fn send(&self, version: Version) {
        // A closed channel is no news: hints may be missed.
        let _ = self.channel.post_message(&key_of(version));
    }

    pub(super) fn close(&self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
