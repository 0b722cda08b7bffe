//! A question before something that cannot be taken back.

use leptos::prelude::*;

use super::Modal;

/// Asks with the consequences listed. The focus is on the safe answer.
#[component]
pub fn Confirm(
    /// The question, naming the object.
    #[prop(into)]
    title: String,
    /// What follows, one line each.
    consequences: Vec<String>,
    /// The label of the dangerous answer.
    #[prop(into)]
    yes: String,
    /// The label of the safe answer.
    #[prop(into)]
    no: String,
    /// The dangerous answer was given.
    on_yes: Callback<()>,
    /// The safe answer was given.
    on_no: Callback<()>,
) -> impl IntoView {
    let lines = consequences.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <Modal title=title on_close=on_no class="confirm">
            <ul class="consequences">{lines}</ul>
            <div class="modal-actions">
                <button autofocus class="button" on:click=move |_| on_no.run(())>{no}</button>
                <button class="button danger" on:click=move |_| on_yes.run(())>{yes}</button>
            </div>
        </Modal>
    }
}
