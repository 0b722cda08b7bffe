//! The menu of a card: every column with the verb that leads there, or the
//! reason why none does.

use leptos::ev::KeyboardEvent;
use leptos::html::Menu;
use leptos::prelude::*;
use taskloom_domain::availability::{Verb, availability};
use taskloom_domain::id::TaskId;
use wasm_bindgen::JsCast;

use super::state::BoardState;
use crate::address::Address;
use crate::model::icon::IconName;
use crate::model::movement::{NotThere, targets};
use crate::model::{phrase, reason};
use crate::parts::{Icon, Modal};

/// The menu, while it is open.
#[component]
pub fn MoveMenu() -> impl IntoView {
    let state = expect_context::<BoardState>();
    move || state.menu.get().map(|id| view! { <OpenMenu id /> })
}

#[component]
fn OpenMenu(id: TaskId) -> impl IntoView {
    let state = expect_context::<BoardState>();
    let address = expect_context::<Address>();
    let menu = NodeRef::<Menu>::new();
    let close = Callback::new(move |()| {
        state.menu.set(None);
        state.desk.take_focus.set(true);
    });
    state.desk.focused.set(Some(id.clone()));
    let Some(situation) = untrack(|| state.board.situation(&id)) else {
        return view! { <p class="for-readers">"The task is gone"</p> }.into_any();
    };
    let actor = state.board.actor();
    let now = crate::environment::now();
    let title = format!("Move {}", state.board.name(&id));
    let name = move |id: &TaskId| state.board.name(id);
    let columns = targets(&situation, &actor, now).into_iter().filter_map(|target| {
        let stage = target.stage;
        let (verb, label, why) = match target.answer {
            Ok(verb) => (Some(verb), reason::verb(verb).to_owned(), String::new()),
            Err(NotThere::SameColumn) => return None,
            Err(why) => (None, "Not possible".to_owned(), why.text(name)),
        };
        let item = MenuItem {
            icon: IconName::Stage(stage),
            label: phrase::stage(stage).to_owned(),
            verb: label,
            why,
            first: false,
        };
        Some((item, verb))
    });
    let delete = availability(Verb::Delete, &situation, &actor, now);
    let delete = MenuItem {
        icon: IconName::Trash,
        label: "Delete".into(),
        verb: String::new(),
        why: delete.as_ref().err().map(|why| reason::text(why, name)).unwrap_or_default(),
        first: false,
    };
    let delete_verb = delete.why.is_empty().then_some(Verb::Delete);
    let mut choices: Vec<_> = columns.chain([(delete, delete_verb)]).collect();
    // The menu opens at what can be done.
    if let Some((item, _)) = choices.iter_mut().find(|(_, verb)| verb.is_some()) {
        item.first = true;
    }
    let run_on = id.clone();
    let items = choices.into_iter().map(move |(item, verb)| {
        let id = run_on.clone();
        let on_press = Callback::new(move |()| {
            if let Some(verb) = verb {
                close.run(());
                state.gestures.intend(verb, id.clone());
            }
        });
        view! { <Item item on_press /> }
    });
    let open = MenuItem {
        icon: IconName::ArrowRight,
        label: "Open".into(),
        verb: String::new(),
        why: String::new(),
        first: false,
    };
    let on_open = Callback::new(move |()| {
        state.menu.set(None);
        address.set_panel(Some(&id));
    });
    view! {
        <Modal title=title on_close=close class="move-menu">
            <menu role="menu" node_ref=menu on:keydown=move |event| on_key(menu, &event)>
                {items.collect_view()}
                <Item item=open on_press=on_open />
            </menu>
        </Modal>
    }
    .into_any()
}

/// One line of the menu.
#[derive(Debug, Clone)]
struct MenuItem {
    icon: IconName,
    label: String,
    verb: String,
    why: String,
    /// Whether the menu opens with the focus here.
    first: bool,
}

#[component]
fn Item(item: MenuItem, on_press: Callback<()>) -> impl IntoView {
    let refused = !item.why.is_empty();
    let tone = match item.icon {
        IconName::Stage(stage) => Some(stage.to_string()),
        _ => None,
    };
    view! {
        <li role="none">
            <button
                role="menuitem"
                class="menu-item"
                tabindex="-1"
                autofocus=item.first
                aria-disabled=refused.then_some("true")
                on:click=move |_| on_press.run(())
            >
                <span class="stage-dot" data-stage=tone>
                    <Icon name=item.icon />
                </span>
                <span class="menu-label">{item.label}</span>
                <span class="menu-verb">{item.verb}</span>
                <span class="menu-why">{item.why}</span>
            </button>
        </li>
    }
}

fn on_key(menu: NodeRef<Menu>, event: &KeyboardEvent) {
    match event.key().as_str() {
        "ArrowDown" | "j" => focus_item(menu, |at, count| (at + 1) % count),
        "ArrowUp" | "k" => focus_item(menu, |at, count| (at + count - 1) % count),
        "Home" => focus_item(menu, |_, _| 0),
        "End" => focus_item(menu, |_, count| count - 1),
        _ => return,
    }
    event.prevent_default();
}

/// Moves the focus within the menu, from the item that has it.
fn focus_item(menu: NodeRef<Menu>, next: impl FnOnce(usize, usize) -> usize) {
    let Some(menu) = menu.get_untracked() else { return };
    let Ok(items) = menu.query_selector_all("[role=menuitem]") else { return };
    let count = items.length() as usize;
    if count == 0 {
        return;
    }
    let active = document().active_element();
    let is_active = |at: &usize| {
        let node = items.get(*at as u32);
        node.as_ref().and_then(|node| node.dyn_ref::<web_sys::Element>()) == active.as_ref()
    };
    let at = (0..count).find(is_active).unwrap_or(0);
    let item = items.get(next(at, count) as u32);
    if let Some(item) = item.and_then(|item| item.dyn_into::<web_sys::HtmlElement>().ok()) {
        // An item of an open menu can take the focus.
        let _ = item.focus();
    }
}
