//! What stands in the way of keeping the board, in plain words, with the ways to
//! go on.

use leptos::prelude::*;
use taskloom_storage::StorageError;

use super::damage_notice::DamageNotice;
use super::fault_notice::FaultNotice;
use super::top_bar::explain;
use crate::board_context::{BoardContext, Keeping, Phase};
use crate::export::ExportButton;
use crate::model::icon::IconName;
use crate::parts::Icon;

/// A banner above the page; nothing while all is well.
#[component]
pub fn StorageNotice() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    move || match (board.phase(), board.fault()) {
        (Phase::Refused(error), _) => {
            let again = match error {
                StorageError::NewerFormat { .. } => view! { <ReloadButton /> }.into_any(),
                _ => view! {
                    <button class="button primary" on:click=move |_| board.open()>
                        "Try again"
                    </button>
                }
                .into_any(),
            };
            let memory = offers_memory(&error).then(|| {
                view! {
                    <button class="button" on:click=move |_| board.open_in_memory()>
                        "Go on in memory"
                    </button>
                }
            });
            Some(
                view! {
                    <Notice title="Your board cannot be opened" text=format!("{}.", explain(&error))>
                        {again}
                        {memory}
                    </Notice>
                }
                .into_any(),
            )
        }
        (Phase::Open(_), Some(StorageError::Corrupt { .. })) => {
            Some(view! { <DamageNotice damage=board.damage() /> }.into_any())
        }
        (Phase::Open(_), Some(error)) => Some(view! { <FaultNotice error /> }.into_any()),
        (Phase::Open(Keeping::MemoryOnly), None) => Some(
            view! {
                <Notice
                    title="This board lives in this tab only"
                    text="It is gone when you close or reload the tab. Export it to keep it."
                        .to_owned()
                >
                    <ExportButton />
                </Notice>
            }
            .into_any(),
        ),
        (Phase::Opening | Phase::Open(Keeping::Stored), None) | (Phase::Opening, Some(_)) => None,
    }
}

/// Whether going on without storage is a fair offer: not where a board is there
/// and merely waits for another tab or a reload.
fn offers_memory(error: &StorageError) -> bool {
    match error {
        StorageError::Unavailable { .. }
        | StorageError::QuotaExceeded { .. }
        | StorageError::Corrupt { .. }
        | StorageError::Blocked
        | StorageError::InUse
        | StorageError::Failed { .. } => true,
        StorageError::NewerFormat { .. } | StorageError::Closed { .. } => false,
    }
}

/// The banner, with lines that a person can unfold.
#[component]
pub(super) fn Notice(
    title: &'static str,
    text: String,
    #[prop(optional)] details: Vec<String>,
    children: Children,
) -> impl IntoView {
    let details = (!details.is_empty()).then(|| {
        let lines = details.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
        view! {
            <details>
                <summary>"Details"</summary>
                <ul>{lines}</ul>
            </details>
        }
    });
    view! {
        <section class="notice" role="alert" aria-label=title>
            <Icon name=IconName::Storage />
            <div>
                <h2>{title}</h2>
                <p>{text}</p>
                {details}
            </div>
            <div class="notice-actions">{children()}</div>
        </section>
    }
}

/// Loads the page anew.
#[component]
pub(super) fn ReloadButton(
    #[prop(default = "button primary")] class: &'static str,
) -> impl IntoView {
    // A page that cannot be reloaded stays as it is, and the browser's own button too.
    let reload = move |_| drop(window().location().reload());
    view! {
        <button class=class on:click=reload>
            "Reload"
        </button>
    }
}
