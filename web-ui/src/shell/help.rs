//! The help sheet: the key table, as it is.

use leptos::prelude::*;

use crate::model::keys::{KEYS, Scope};
use crate::parts::Modal;

/// What each key does.
#[component]
pub fn HelpSheet(on_close: impl Fn() + Send + Sync + 'static) -> impl IntoView {
    let sections = Scope::ALL.map(|scope| {
        let rows = KEYS.iter().filter(|binding| binding.scope == scope).map(|binding| {
            let ways = binding.chords.iter().map(|chord| {
                let caps = chord.caps().into_iter().map(|cap| view! { <kbd>{cap}</kbd> });
                view! { <span class="chord">{caps.collect_view()}</span> }
            });
            view! {
                <div>
                    <dt>{binding.text}</dt>
                    <dd>{ways.collect_view()}</dd>
                </div>
            }
        });
        view! {
            <section>
                <h3>{scope.title()}</h3>
                <dl class="keys">{rows.collect_view()}</dl>
            </section>
        }
    });
    let on_close = Callback::new(move |()| on_close());
    view! {
        <Modal title="Keys".to_owned() on_close class="help-sheet">
            <div class="help-columns">{sections.into_iter().collect_view()}</div>
            <div class="modal-actions">
                <button class="button" on:click=move |_| on_close.run(())>"Close"</button>
            </div>
        </Modal>
    }
}
