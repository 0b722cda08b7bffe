//! Moving a card by the pointer: it starts after five pixels, or after a hold on
//! a touch screen, and follows until it is let go or put back.

use std::time::Duration;

use leptos::ev::PointerEvent;
use leptos::leptos_dom::helpers::{IntervalHandle, TimeoutHandle};
use leptos::prelude::*;
use taskloom_domain::Enumeration;
use taskloom_domain::id::TaskId;
use taskloom_domain::stage::Stage;

use super::state::{BoardState, Hand};
use crate::model::icon::IconName;
use crate::parts::Icon;

/// How far a pressed pointer has to go to pick a card up.
const THRESHOLD: f64 = 5.0;
/// How long a finger has to hold.
const HOLD: Duration = Duration::from_millis(350);
/// How near to an edge the board scrolls by itself, and how far at once.
const EDGE: f64 = 56.0;
const SCROLL_STEP: f64 = 14.0;
const SCROLL_EVERY: Duration = Duration::from_millis(16);

/// A pointer that is down on a card.
#[derive(Clone)]
struct Pressed {
    id: TaskId,
    pointer: i32,
    x: f64,
    y: f64,
    touch: bool,
    hold: Option<TimeoutHandle>,
}

/// The pointer's side of moving cards. Cheap to copy.
#[derive(Clone, Copy)]
pub struct PointerCarry {
    state: BoardState,
    pressed: StoredValue<Option<Pressed>>,
    scrolling: StoredValue<Option<IntervalHandle>>,
    swallow_click: StoredValue<bool>,
}

impl PointerCarry {
    /// Listens for as long as the board is there.
    pub fn new(state: BoardState) -> Self {
        let this = Self {
            state,
            pressed: StoredValue::new(None),
            scrolling: StoredValue::new(None),
            swallow_click: StoredValue::new(false),
        };
        let moving = window_event_listener(leptos::ev::pointermove, move |e| this.on_move(&e));
        let up = window_event_listener(leptos::ev::pointerup, move |e| this.on_up(&e));
        let gone = window_event_listener(leptos::ev::pointercancel, move |e| this.on_gone(&e));
        let key = window_event_listener(leptos::ev::keydown, move |event| {
            if event.key() == "Escape" && this.is_carrying() {
                event.prevent_default();
                event.stop_propagation();
                this.end();
                this.state.put_back();
            }
        });
        on_cleanup(move || {
            for listener in [moving, up, gone, key] {
                listener.remove();
            }
            this.end();
        });
        this
    }

    /// A pointer went down on a card.
    pub fn on_down(self, event: &PointerEvent, id: TaskId) {
        self.swallow_click.set_value(false);
        if event.button() != 0 || self.state.carry.with_untracked(Option::is_some) {
            return;
        }
        let touch = event.pointer_type() == "touch";
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        let hold = touch.then(|| {
            let id = id.clone();
            set_timeout_with_handle(move || self.begin(&id, x, y), HOLD).ok()
        });
        let pointer = event.pointer_id();
        self.pressed.set_value(Some(Pressed { id, pointer, x, y, touch, hold: hold.flatten() }));
    }

    /// Whether the click that comes now belongs to the end of a move.
    pub fn swallows_click(self) -> bool {
        self.swallow_click.try_update_value(std::mem::take).unwrap_or(false)
    }

    /// Whether the pointer carries a card now.
    pub fn is_carrying(self) -> bool {
        self.state.carry.with_untracked(|carry| {
            carry.as_ref().is_some_and(|carry| matches!(carry.by, Hand::Pointer { .. }))
        })
    }

    fn begin(self, id: &TaskId, x: f64, y: f64) {
        if self.state.pick_up(id, Hand::Pointer { x, y }).is_none() {
            return;
        }
        self.swallow_click.set_value(true);
        let running = set_interval_with_handle(move || self.scroll_at_edges(), SCROLL_EVERY);
        self.scrolling.set_value(running.ok());
    }

    fn on_move(self, event: &PointerEvent) {
        let Some(pressed) = self.pressed.get_value() else { return };
        if pressed.pointer != event.pointer_id() {
            return;
        }
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        if self.is_carrying() {
            event.prevent_default();
            let over = column_under(x, y);
            self.state.carry.update(|carry| {
                if let Some(carry) = carry {
                    carry.by = Hand::Pointer { x, y };
                    carry.over = over;
                }
            });
            return;
        }
        if (x - pressed.x).hypot(y - pressed.y) < THRESHOLD {
            return;
        }
        if pressed.touch {
            // A finger that moves before the hold is over scrolls.
            self.end();
        } else {
            self.begin(&pressed.id, x, y);
        }
    }

    fn on_up(self, event: &PointerEvent) {
        let ours = self.pressed.with_value(|pressed| {
            pressed.as_ref().is_some_and(|pressed| pressed.pointer == event.pointer_id())
        });
        if ours {
            let carrying = self.is_carrying();
            self.end();
            if carrying {
                self.state.drop_here();
            }
        }
    }

    fn on_gone(self, event: &PointerEvent) {
        let carrying = self.is_carrying();
        if self.pressed.with_value(|p| p.as_ref().is_some_and(|p| p.pointer == event.pointer_id()))
        {
            self.end();
            if carrying {
                self.state.put_back();
            }
        }
    }

    fn end(self) {
        if let Some(Some(pressed)) = self.pressed.try_update_value(Option::take)
            && let Some(hold) = pressed.hold
        {
            hold.clear();
        }
        if let Some(Some(running)) = self.scrolling.try_update_value(Option::take) {
            running.clear();
        }
    }

    fn scroll_at_edges(self) {
        let Some(Hand::Pointer { x, .. }) =
            self.state.carry.with_untracked(|carry| carry.as_ref().map(|carry| carry.by))
        else {
            return;
        };
        let Some(board) = document().get_element_by_id("columns") else { return };
        let edges = board.get_bounding_client_rect();
        if x < edges.left() + EDGE {
            board.scroll_by_with_x_and_y(-SCROLL_STEP, 0.0);
        } else if x > edges.right() - EDGE {
            board.scroll_by_with_x_and_y(SCROLL_STEP, 0.0);
        }
    }
}

/// The column at a point of the window.
fn column_under(x: f64, y: f64) -> Option<Stage> {
    let element = document().element_from_point(x as f32, y as f32)?;
    let column = element.closest("[data-column]").ok()??;
    Stage::parse(&column.get_attribute("data-column")?)
}

/// The card under the pointer while it is carried.
#[component]
pub fn Ghost(state: BoardState) -> impl IntoView {
    let card = Memo::new(move |_| {
        let id = state.carry.with(|carry| {
            let carry = carry.as_ref()?;
            matches!(carry.by, Hand::Pointer { .. }).then(|| carry.id.clone())
        })?;
        state.board.card(&id)
    });
    let position = move || {
        state.carry.with(|carry| match carry.as_ref().map(|carry| carry.by) {
            Some(Hand::Pointer { x, y }) => format!("translate: {x}px {y}px"),
            _ => String::new(),
        })
    };
    move || {
        card.get().map(|card| {
            view! {
                <div class="ghost" style=position aria-hidden="true">
                    <Icon name=IconName::Stage(card.stage) />
                    <span class="identifier">{card.identifier.clone()}</span>
                    <span>{card.title.clone()}</span>
                </div>
            }
        })
    }
}

/// Keeps the page from scrolling under a finger that carries a card. Has to be on
/// an element: the browser does not wait for such listeners on the window.
pub fn hold_still(pointer: PointerCarry) -> impl Fn(web_sys::TouchEvent) {
    move |event| {
        if pointer.is_carrying() && event.cancelable() {
            event.prevent_default();
        }
    }
}
