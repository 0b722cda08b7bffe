//! The list editor for missing work, and what earlier rounds asked for.

use leptos::prelude::*;

use crate::model::review::thread::{Ask, ReviewView, asked_before};
use crate::model::review::verdict::VerdictForm;
use crate::shell::focus_on;

/// The field of an item.
pub fn item_id(at: usize) -> String {
    format!("missing-{at}")
}

/// Puts the focus on an item once it is there.
fn focus_item(at: usize) {
    request_animation_frame(move || focus_on(&item_id(at)));
}

/// One line per item. Enter adds the next one, Backspace in an empty one removes it.
#[component]
pub fn MissingWork(form: RwSignal<VerdictForm>, problem: Memo<String>) -> impl IntoView {
    let count = Memo::new(move |_| form.with(|form| form.missing.len()));
    let add = move || {
        let at = count.get_untracked();
        form.update(|form| form.missing.push(String::new()));
        focus_item(at);
    };
    let remove = move |at: usize| {
        form.update(|form| {
            if at < form.missing.len() {
                form.missing.remove(at);
            }
        });
        if count.get_untracked() == 0 {
            request_animation_frame(|| focus_on("add-missing"));
        } else {
            focus_item(at.saturating_sub(1));
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent, at: usize| {
        let empty = form.with_untracked(|form| form.missing.get(at).is_none_or(String::is_empty));
        match event.key().as_str() {
            "Enter" if !event.ctrl_key() && !event.meta_key() => {
                event.prevent_default();
                add();
            }
            "Backspace" if empty => {
                event.prevent_default();
                remove(at);
            }
            _ => {}
        }
    };
    let item = move |at: usize| {
        view! {
            <li>
                <label class="for-readers" for=item_id(at)>
                    {format!("Missing item {}", at + 1)}
                </label>
                <input
                    id=item_id(at)
                    class="field"
                    autocomplete="off"
                    placeholder="What is missing?"
                    prop:value=move || {
                        form.with(|form| form.missing.get(at).cloned()).unwrap_or_default()
                    }
                    aria-invalid=move || (!problem.with(String::is_empty)).then_some("true")
                    aria-describedby="missing-problem"
                    on:input=move |event| {
                        form.update(|form| {
                            if let Some(item) = form.missing.get_mut(at) {
                                *item = event_target_value(&event);
                            }
                        });
                    }
                    on:keydown=move |event| on_key(event, at)
                />
                <button
                    type="button"
                    class="button quiet small"
                    aria-label=format!("Remove item {}", at + 1)
                    on:click=move |_| remove(at)
                >
                    "Remove"
                </button>
            </li>
        }
    };
    view! {
        <fieldset class="missing-work">
            <legend>"Missing work"</legend>
            <ol>
                <For each=move || 0..count.get() key=|at| *at children=item />
            </ol>
            <button id="add-missing" type="button" class="button small" on:click=move |_| add()>
                "Add item"
            </button>
            <p id="missing-problem" class="problem">{move || problem.get()}</p>
        </fieldset>
    }
}

/// What earlier rounds asked for, to tick off; what is left can be asked for again.
#[component]
pub fn AskedBefore(view: Memo<Option<ReviewView>>, form: RwSignal<VerdictForm>) -> impl IntoView {
    let asks = Memo::new(move |_| {
        view.with(|view| view.as_ref().map(|it| asked_before(&it.rounds, &it.review.run_id)))
            .unwrap_or_default()
    });
    let left = Memo::new(move |_| form.with(|form| asks.with(|asks| form.left_of(asks))));
    let items = move || asks.get().into_iter().map(|ask| round(ask, form)).collect_view();
    view! {
        <Show when=move || asks.with(|asks| !asks.is_empty())>
            <div class="asked-before">
                {items}
                <Show when=move || left.with(|left| !left.is_empty())>
                    <button
                        type="button"
                        class="button small"
                        on:click=move |_| {
                            form.update(|form| form.missing.extend(left.get_untracked()));
                        }
                    >
                        "Ask again for what is not addressed"
                    </button>
                </Show>
            </div>
        </Show>
    }
}

fn round(ask: Ask, form: RwSignal<VerdictForm>) -> impl IntoView {
    let number = ask.round;
    let items = ask.missing.into_iter().map(move |item| {
        let key = StoredValue::new(VerdictForm::ask_key(number, &item));
        view! {
            <li>
                <label class="tick">
                    <input
                        type="checkbox"
                        prop:checked=move || {
                            form.with(|form| form.addressed.contains(&key.get_value()))
                        }
                        on:change=move |event| {
                            let ticked = event_target_checked(&event);
                            form.update(|form| form.tick(&key.get_value(), ticked));
                        }
                    />
                    <span>{item}</span>
                </label>
            </li>
        }
    });
    let guidance = (!ask.guidance.is_empty()).then(|| view! { <p class="said">{ask.guidance}</p> });
    view! {
        <fieldset>
            <legend>{format!("Asked for in round {number}: tick what is addressed")}</legend>
            <ul>{items.collect_view()}</ul>
            {guidance}
        </fieldset>
    }
}
