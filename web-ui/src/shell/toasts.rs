//! Short messages at the edge of the page, and what readers hear.

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::feedback::{Feedback, Toast, Tone};
use crate::gesture::Gestures;
use crate::model::icon::IconName;
use crate::parts::Icon;

/// How long a toast stays when nobody looks at it.
const STAY: std::time::Duration = std::time::Duration::from_secs(10);

/// The toasts.
#[component]
pub fn Toasts() -> impl IntoView {
    let feedback = expect_context::<Feedback>();
    view! {
        <section class="toasts" aria-label="Messages">
            <For each=move || feedback.toasts() key=|toast| toast.number let:toast>
                <ToastCard toast />
            </For>
        </section>
    }
}

#[component]
fn ToastCard(toast: Toast) -> impl IntoView {
    let feedback = expect_context::<Feedback>();
    let gestures = expect_context::<Gestures>();
    let number = toast.number;
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stay = move || {
        if let Some(Some(running)) = timer.try_update_value(Option::take) {
            running.clear();
        }
    };
    let leave_later = move || {
        stay();
        let running = set_timeout_with_handle(move || feedback.dismiss(number), STAY);
        timer.set_value(running.ok());
    };
    leave_later();
    on_cleanup(stay);
    let (icon, tone) = match toast.tone {
        Tone::Done => (IconName::Check, "done"),
        Tone::Refused => (IconName::Warning, "refused"),
    };
    let undo = toast.undo.map(|step| {
        view! {
            <button
                class="button"
                on:click=move |_| {
                    feedback.dismiss(number);
                    spawn_local(gestures.undo_this(step.clone()));
                }
            >
                <Icon name=IconName::Undo />
                "Undo"
            </button>
        }
    });
    view! {
        <div
            class="toast"
            data-tone=tone
            on:pointerenter=move |_| stay()
            on:pointerleave=move |_| leave_later()
            on:focusin=move |_| stay()
            on:focusout=move |_| leave_later()
        >
            <Icon name=icon />
            <p>{toast.text}</p>
            {undo}
            <button
                class="icon-button"
                aria-label="Dismiss"
                on:click=move |_| feedback.dismiss(number)
            >
                <Icon name=IconName::Close />
            </button>
        </div>
    }
}

/// One polite and one assertive region for readers.
#[component]
pub fn LiveRegions() -> impl IntoView {
    let (polite, assertive) = expect_context::<Feedback>().regions();
    view! {
        <div class="for-readers" role="status" aria-live="polite">{move || polite.get()}</div>
        <div class="for-readers" role="log" aria-live="assertive">{move || assertive.get()}</div>
    }
}
