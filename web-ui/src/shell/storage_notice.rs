//! What stands in the way of keeping the board, in plain words, with the ways to
//! go on.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::StorageError;
use wasm_bindgen::JsCast;

use super::damage_notice::DamageNotice;
use super::top_bar::explain;
use crate::board_context::{BOARD_NAME, BoardContext, Keeping, Phase};
use crate::feedback::Feedback;
use crate::model::icon::IconName;
use crate::model::refusal::Refusal;
use crate::parts::Icon;

/// A banner above the page; nothing while all is well.
#[component]
pub fn StorageNotice() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    move || {
        match (board.phase(), board.fault()) {
        (Phase::Refused(error), _) => {
            let memory = offers_memory(&error).then(|| {
                view! {
                    <button class="button" on:click=move |_| board.open_in_memory()>
                        "Go on in memory"
                    </button>
                }
            });
            Some(
                view! {
                    <Notice title="Your board cannot be opened" text=explain(&error)>
                        <button class="button primary" on:click=move |_| board.open()>
                            "Try again"
                        </button>
                        {memory}
                    </Notice>
                }
                .into_any(),
            )
        }
        (Phase::Open(_), Some(StorageError::Corrupt { .. })) => {
            Some(view! { <DamageNotice damage=board.damage() /> }.into_any())
        }
        (Phase::Open(_), Some(error @ StorageError::NewerFormat { .. })) => Some(
            view! {
                <Notice title="This tab only shows your board" text=explain(&error)>
                    <ExportButton />
                </Notice>
            }
            .into_any(),
        ),
        (Phase::Open(_), Some(error)) => Some(
            view! {
                <Notice
                    title="Changes cannot be kept right now"
                    text=format!(
                        "{}. What you see is safe to export; a change that was not kept is taken back.",
                        explain(&error),
                    )
                >
                    <ExportButton />
                </Notice>
            }
            .into_any(),
        ),
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

#[component]
pub(super) fn ExportButton() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let feedback = expect_context::<Feedback>();
    let export = move |_| {
        spawn_local(async move {
            match board.export().await {
                Ok(document) if download(&document).is_some() => feedback.done("Board exported"),
                Ok(_) => feedback
                    .refused(&Refusal::known("Not exported", "the browser offers no downloads")),
                Err(error) => {
                    feedback.refused(&Refusal::known("Not exported", error.to_string()));
                }
            }
        });
    };
    view! {
        <button class="button primary" on:click=export>
            <Icon name=IconName::Export />
            "Export"
        </button>
    }
}

/// Hands a document to the person as a file.
fn download(text: &str) -> Option<()> {
    let parts = js_sys::Array::of1(&text.into());
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type("application/json");
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &kind).ok()?;
    let url = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
    let link =
        document().create_element("a").ok()?.dyn_into::<web_sys::HtmlAnchorElement>().ok()?;
    link.set_href(&url);
    link.set_download(&format!("{BOARD_NAME}.json"));
    link.click();
    web_sys::Url::revoke_object_url(&url).ok()
}
