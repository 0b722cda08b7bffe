//! How much the browser keeps for this site.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::{Persistence, StorageError, StorageUsage};

use crate::feedback::Feedback;
use crate::model::bundle::bytes;
use crate::model::icon::IconName;
use crate::parts::Icon;
use crate::shell::explain;

/// The browser's answer; nothing while it is asked.
type Answer = RwSignal<Option<Result<StorageUsage, StorageError>>>;

/// A meter, and whether the browser may clear what it measures.
#[component]
pub fn UsageSection() -> impl IntoView {
    let answer: Answer = RwSignal::new(None);
    look(answer);
    move || match answer.get() {
        None => view! { <p class="settings-wait">"The browser is asked how much it keeps…"</p> }
            .into_any(),
        Some(Err(error)) => view! { <p>{explain(&error)}"."</p> }.into_any(),
        Some(Ok(usage)) => view! { <Measured usage answer /> }.into_any(),
    }
}

#[component]
fn Measured(usage: StorageUsage, answer: Answer) -> impl IntoView {
    let text = format!("About {} of {} in use", bytes(usage.usage), bytes(usage.quota));
    // Exact below 2^53 bytes, which no browser grants.
    let (value, most) = (usage.usage as f64, usage.quota.max(1) as f64);
    view! {
        <div class="usage">
            <meter id="usage" min="0" max=most high=most * 0.8 value=value aria-label="In use"></meter>
            <label for="usage">{text}", by everything of this site."</label>
        </div>
        {match usage.persistence {
            Persistence::Persistent => {
                view! {
                    <p class="settings-fact">
                        <Icon name=IconName::Check />
                        "The browser clears it only when you say so."
                    </p>
                }
                    .into_any()
            }
            Persistence::BestEffort => view! { <AskToKeep answer /> }.into_any(),
        }}
    }
}

#[component]
fn AskToKeep(answer: Answer) -> impl IntoView {
    let feedback = expect_context::<Feedback>();
    let ask = move |_| {
        spawn_local(async move {
            match Persistence::ask().await {
                Ok(Persistence::Persistent) => {
                    feedback.done("The browser keeps the board until you clear it");
                }
                Ok(Persistence::BestEffort) => feedback.announce(
                    "The browser did not promise it. It may do so after more visits, or once the site is installed or bookmarked.",
                ),
                Err(error) => feedback.announce(explain(&error)),
            }
            look(answer);
        });
    };
    view! {
        <p class="settings-fact">
            <Icon name=IconName::Warning />
            "The browser may clear it by itself when the device runs out of space. An export keeps you safe."
        </p>
        <div class="settings-actions">
            <button class="button" on:click=ask>
                "Ask the browser to keep it"
            </button>
        </div>
    }
}

/// Asks the browser again.
fn look(answer: Answer) {
    spawn_local(async move {
        let usage = StorageUsage::estimate().await;
        // The page may be gone by now.
        let _ = answer.try_set(Some(usage));
    });
}
