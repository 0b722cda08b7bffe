//! A combobox that finds a task by identifier or title.

use leptos::html::Input;
use leptos::prelude::*;
use taskloom_domain::id::TaskId;
use taskloom_domain::stage::Stage;

use super::Icon;
use crate::model::icon::IconName;

/// A task that can be chosen, or why not.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The task.
    pub id: TaskId,
    /// Its short name.
    pub identifier: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub stage: Stage,
    /// Why it cannot be chosen; empty if it can.
    pub reason: String,
}

/// A text field with a list of matching tasks below it. Arrows move, Enter
/// chooses, Escape closes the list.
#[component]
pub fn TaskSearch(
    /// The label.
    label: &'static str,
    /// The id of the field in the page.
    id: &'static str,
    /// Finds the choices for a text.
    find: Callback<String, Vec<Choice>>,
    /// A task was chosen.
    on_choose: Callback<TaskId>,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let active = RwSignal::new(0_usize);
    let field = NodeRef::<Input>::new();
    let choices = Memo::new(move |_| if open.get() { find.run(text.get()) } else { vec![] });

    let choose = move |at: usize| {
        let Some(choice) = choices.with_untracked(|list| list.get(at).cloned()) else { return };
        if choice.reason.is_empty() {
            text.set(String::new());
            open.set(false);
            on_choose.run(choice.id);
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let count = choices.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" => {
                open.set(true);
                active.update(|at| *at = (*at + 1).min(count.saturating_sub(1)));
            }
            "ArrowUp" => active.update(|at| *at = at.saturating_sub(1)),
            "Enter" if open.get_untracked() => choose(active.get_untracked()),
            "Escape" if open.get_untracked() => open.set(false),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let list_id = format!("{id}-list");
    let option_id = move |at: usize| format!("{id}-option-{at}");
    view! {
        <div class="task-search">
            <label class="for-readers" for=id>{label}</label>
            <Icon name=IconName::Search />
            <input
                node_ref=field
                id=id
                class="field"
                role="combobox"
                autocomplete="off"
                placeholder=label
                aria-expanded=move || open.get().to_string()
                aria-controls=list_id.clone()
                aria-autocomplete="list"
                aria-activedescendant=move || open.get().then(|| option_id(active.get()))
                prop:value=move || text.get()
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    active.set(0);
                    open.set(true);
                }
                on:focus=move |_| open.set(true)
                on:blur=move |_| open.set(false)
                on:keydown=on_key
            />
            <ul
                id=list_id
                class="choices"
                role="listbox"
                aria-label=label
                hidden=move || !open.get()
            >
                {move || {
                    let list = choices.get();
                    if list.is_empty() {
                        return view! {
                            <li class="no-choice" role="option" aria-disabled="true">
                                "No task matches"
                            </li>
                        }
                            .into_any();
                    }
                    list.into_iter()
                        .enumerate()
                        .map(|(at, choice)| {
                            let refused = !choice.reason.is_empty();
                            view! {
                                <li
                                    id=option_id(at)
                                    role="option"
                                    aria-selected=move || (active.get() == at).to_string()
                                    aria-disabled=refused.then_some("true")
                                    on:pointerdown=move |event| {
                                        event.prevent_default();
                                        choose(at);
                                    }
                                >
                                    <span class="stage-dot" data-stage=choice.stage.to_string()>
                                        <Icon name=IconName::Stage(choice.stage) />
                                    </span>
                                    <span class="identifier">{choice.identifier}</span>
                                    <span class="choice-title">{choice.title}</span>
                                    <span class="choice-reason">{choice.reason}</span>
                                </li>
                            }
                        })
                        .collect_view()
                        .into_any()
                }}
            </ul>
        </div>
    }
}
