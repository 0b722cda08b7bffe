//! A file that is dropped anywhere on the page goes to the import page.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::Desk;
use crate::model::icon::IconName;
use crate::parts::Icon;

/// Waits for files; shows where they go while one is over the page.
#[component]
pub fn FileDrop() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let navigate = use_navigate();
    let over = RwSignal::new(false);
    let carries_files = |event: &leptos::ev::DragEvent| {
        let types = event.data_transfer().map(|data| data.types());
        types.is_some_and(|types| types.includes(&"Files".into(), 0))
    };
    let entering = window_event_listener(leptos::ev::dragover, move |event| {
        if carries_files(&event) {
            event.prevent_default();
            over.set(true);
        }
    });
    let leaving = window_event_listener(leptos::ev::dragleave, move |event| {
        if event.related_target().is_none() {
            over.set(false);
        }
    });
    let dropping = window_event_listener(leptos::ev::drop, move |event| {
        if !carries_files(&event) {
            return;
        }
        event.prevent_default();
        over.set(false);
        let file = event.data_transfer().and_then(|data| data.files()).and_then(|list| list.get(0));
        if let Some(file) = file {
            desk.dropped.set(Some(file));
            navigate("/import", NavigateOptions::default());
        }
    });
    on_cleanup(move || {
        entering.remove();
        leaving.remove();
        dropping.remove();
    });
    view! {
        <Show when=move || over.get()>
            <div class="file-drop" aria-hidden="true">
                <p>
                    <Icon name=IconName::Import />
                    "Drop to import"
                </p>
            </div>
        </Show>
    }
}
