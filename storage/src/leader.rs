//! One tab among all that have a board open, for work that one of them has to do.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::LocalBoxStream;
use js_sys::Reflect;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, EventTarget, MessageEvent};

use crate::web_lock::WebLock;

/// Stands for the lead of a board, and leads when its turn comes.
///
/// Exactly one of all tabs and workers of an origin leads. The lead is a Web Lock,
/// which the browser hands on at once when its holder is gone, however it went. A
/// page in the background, whose timers are slow, hands it to a page that somebody
/// looks at. Where there are no Web Locks everybody leads, so what a leader does
/// has to be safe to do twice, as everything on a [`Board`](crate::Board) is.
///
/// Dropping it gives up the lead.
#[derive(Debug)]
pub struct Leader {
    seat: Rc<Seat>,
    _ears: Option<Ears>,
}

#[derive(Debug, Default)]
struct Seat {
    leads: Cell<bool>,
    watchers: RefCell<Vec<UnboundedSender<bool>>>,
}

/// How a candidate hears what others want, and what becomes of its page.
#[derive(Debug)]
struct Ears {
    channel: Option<BroadcastChannel>,
    document: Option<EventTarget>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    on_visibility: Closure<dyn FnMut()>,
}

impl Leader {
    /// Stands for the lead of the board with this name.
    pub fn stand(board: &str) -> Self {
        let name = format!("taskloom/{board}/leader");
        let seat = Rc::new(Seat::default());
        let (requests, hand_over) = unbounded();
        let ears = Ears::open(&name, Rc::downgrade(&seat), requests);
        spawn_local(candidacy(name, Rc::downgrade(&seat), hand_over));
        Self { seat, _ears: Some(ears) }
    }

    /// The lead of a board that nobody else can have open.
    pub fn alone() -> Self {
        let seat = Rc::new(Seat::default());
        seat.leads.set(true);
        Self { seat, _ears: None }
    }

    /// Whether it leads now.
    pub fn is_leader(&self) -> bool {
        self.seat.leads.get()
    }

    /// Every change of [`Leader::is_leader`].
    pub fn watch(&self) -> LocalBoxStream<'static, bool> {
        let (sender, receiver) = unbounded();
        self.seat.watchers.borrow_mut().push(sender);
        receiver.boxed_local()
    }
}

impl Seat {
    fn set(&self, leads: bool) {
        if self.leads.replace(leads) != leads {
            self.watchers.borrow_mut().retain(|watcher| watcher.unbounded_send(leads).is_ok());
        }
    }
}

/// Waits for the lead and holds it, until it is asked to hand it over: then it
/// queues behind those who wait.
async fn candidacy(name: String, seat: Weak<Seat>, mut hand_over: UnboundedReceiver<()>) {
    loop {
        let waiting = Box::pin(WebLock::wait(&name));
        let lock = {
            // Ends with the candidate, which takes the request back.
            let gone = Box::pin(until_gone(&mut hand_over));
            match select(waiting, gone).await {
                Either::Left((lock, _)) => lock,
                Either::Right(_) => return,
            }
        };
        let Some(held) = seat.upgrade() else { return };
        held.set(true);
        drop(held);
        let Ok(_lock) = lock else {
            // Without locks there is nobody to hand over to.
            return;
        };
        let asked = hand_over.next().await;
        let Some(held) = seat.upgrade().filter(|_| asked.is_some()) else { return };
        held.set(false);
    }
}

/// Passes over requests that no leader has to hear.
async fn until_gone(hand_over: &mut UnboundedReceiver<()>) {
    while hand_over.next().await.is_some() {}
}

impl Ears {
    fn open(name: &str, seat: Weak<Seat>, requests: UnboundedSender<()>) -> Self {
        let channel = BroadcastChannel::new(name).ok();
        let on_message = Closure::new({
            let seat = seat.clone();
            move |_: MessageEvent| {
                let leads = seat.upgrade().is_some_and(|seat| seat.leads.get());
                if leads && is_hidden() {
                    // The candidacy is over where nobody listens.
                    let _ = requests.unbounded_send(());
                }
            }
        });
        let ask = {
            let channel = channel.clone();
            move || {
                let waits = seat.upgrade().is_some_and(|seat| !seat.leads.get());
                if waits
                    && !is_hidden()
                    && let Some(channel) = &channel
                {
                    // A lead that is not handed over is only slower.
                    let _ = channel.post_message(&JsValue::NULL);
                }
            }
        };
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        }
        ask();
        let on_visibility = Closure::new(ask);
        let document = document();
        if let Some(document) = &document {
            let listener = on_visibility.as_ref().unchecked_ref();
            // Without the event the lead stays where it is.
            let _ = document.add_event_listener_with_callback("visibilitychange", listener);
        }
        Self { channel, document, _on_message: on_message, on_visibility }
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.set_onmessage(None);
            channel.close();
        }
        if let Some(document) = &self.document {
            let listener = self.on_visibility.as_ref().unchecked_ref();
            let _ = document.remove_event_listener_with_callback("visibilitychange", listener);
        }
    }
}

fn document() -> Option<EventTarget> {
    Reflect::get(&js_sys::global(), &"document".into()).ok()?.dyn_into().ok()
}

/// Whether this is a page that nobody sees; a worker is not.
fn is_hidden() -> bool {
    let hidden = |document: EventTarget| Reflect::get(&document, &"hidden".into()).ok();
    document().and_then(hidden).is_some_and(|hidden| hidden.is_truthy())
}
