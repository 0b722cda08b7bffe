//! The board as a page.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use taskloom_domain::Enumeration;
use taskloom_domain::stage::Stage;
use wasm_bindgen::JsCast;

use super::carry::{Ghost, PointerCarry, hold_still};
use super::column::Column;
use super::empty::EmptyBoard;
use super::move_menu::MoveMenu;
use super::pick_up;
use super::state::{BoardState, Hand};
use super::tabs::{ColumnTabs, column_in_view, show};
use crate::address::Address;
use crate::gesture::Gestures;
use crate::model::filter::Filter;
use crate::model::keys::{Command, Scope, command};
use crate::model::page::Page;
use crate::model::roving::{self, Place, Step};
use crate::shell::{Desk, focus_on, press, use_page_title};

/// All stages side by side.
#[component]
pub fn BoardPage() -> impl IntoView {
    let gestures = expect_context::<Gestures>();
    let desk = expect_context::<Desk>();
    let address = expect_context::<Address>();
    let filter = Memo::new(move |_| Filter::parse(&address.get("q")));
    let state = BoardState::new(gestures, desk, filter);
    let pointer = PointerCarry::new(state);
    provide_context(state);
    provide_context(pointer);
    use_page_title(Page::Board.label(), move || Some(state.board.len()));
    keep_focus(state);

    let columns = NodeRef::<Div>::new();
    let in_view = RwSignal::new(Stage::Draft);
    let follow_swipe = move |_| {
        if let Some(node) = columns.get_untracked()
            && let Some(stage) = column_in_view(&node)
            && stage != in_view.get_untracked()
        {
            in_view.set(stage);
        }
    };
    Effect::new(move || {
        // A column that is added to, or carried over, has to be seen.
        let stage = desk.adding.get().or_else(|| {
            state.carry.with(|carry| match carry {
                Some(carry) if carry.by == Hand::Keys => carry.over,
                _ => None,
            })
        });
        if let Some(stage) = stage {
            untrack(move || show(state, stage));
        }
    });
    let list = Stage::ALL.iter().map(|stage| view! { <Column stage=*stage /> }).collect_view();
    view! {
        <div
            class="board"
            data-carrying=move || state.carry.with(Option::is_some).then_some("true")
            on:keydown=move |event| on_key(state, address, &event)
            on:touchmove=hold_still(pointer)
        >
            <EmptyBoard />
            <ColumnTabs current=in_view />
            <div id="columns" class="columns" node_ref=columns on:scroll=follow_swipe>
                {list}
            </div>
            <MoveMenu />
            <Ghost state />
        </div>
    }
}

fn on_key(state: BoardState, address: Address, event: &KeyboardEvent) {
    let key = event.key();
    let press = press(event, &key);
    if state.carry.with_untracked(Option::is_some) {
        if let Some(command) = command(Scope::Carrying, press) {
            event.prevent_default();
            event.stop_propagation();
            pick_up::on_command(state, command);
        }
        return;
    }
    if !is_on_card(event) || state.desk.going.get_untracked() {
        return;
    }
    let focused = state.desk.focused.get_untracked();
    let (Some(command), Some(id)) = (command(Scope::Board, press), focused) else { return };
    match command {
        Command::Left => state.step(Step::Left),
        Command::Right => state.step(Step::Right),
        Command::Up => state.step(Step::Up),
        Command::Down => state.step(Step::Down),
        Command::First => state.step(Step::First),
        Command::Last => state.step(Step::Last),
        Command::PageUp => state.step(Step::PageUp),
        Command::PageDown => state.step(Step::PageDown),
        Command::Open => address.set_panel(Some(&id)),
        Command::MoveTo => state.menu.set(Some(id)),
        Command::PickUp => pick_up::pick_up(state, &id),
        _ => return,
    }
    event.prevent_default();
}

fn is_on_card(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| matches!(element.closest(".card-link"), Ok(Some(_))))
}

/// When the focused card leaves, the focus goes to its neighbour instead of
/// getting lost.
fn keep_focus(state: BoardState) {
    let last = StoredValue::new(None::<Place>);
    Effect::new(move || {
        let Some(id) = state.desk.focused.get() else { return };
        if let Some(place) = state.place(&id) {
            let moved = last.get_value() != Some(place);
            last.set_value(Some(place));
            if moved && focus_is_lost() {
                state.desk.take_focus.set(true);
            }
            return;
        }
        let counts = state.counts();
        let near = last.get_value().and_then(|place| roving::step(&counts, place, Step::Up));
        let next = near.or_else(|| roving::first(&counts)).and_then(|place| state.at(place));
        if focus_is_lost() {
            match next {
                Some(_) => state.desk.take_focus.set(true),
                None => focus_on("main"),
            }
        }
        state.desk.focused.set(next);
    });
}

/// Whether nothing has the focus, as after its element went away.
fn focus_is_lost() -> bool {
    document().active_element().is_none_or(|element| element.tag_name() == "BODY")
}
