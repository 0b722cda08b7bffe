//! Where the board is kept, how much room there is, and the ways to take it away.

use leptos::prelude::*;
use leptos_router::components::A;
use taskloom_domain::time::Timestamp;

use super::erase::EraseSection;
use super::usage::UsageSection;
use crate::board_context::{BoardContext, Keeping};
use crate::export::{ExportButton, LAST_EXPORT, RestoreLink};
use crate::model::phrase::ago;
use crate::preference;
use crate::shell::use_page_title;

/// The storage settings.
#[component]
pub fn StorageSettings() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    use_page_title("Storage", || None);
    let stored = Memo::new(move |_| board.keeping() == Some(Keeping::Stored));
    view! {
        <section class="page settings-page" aria-label="Storage">
            <section class="settings-section" aria-labelledby="settings-place">
                <h2 id="settings-place">"Where your board is"</h2>
                <p>{move || place(board.keeping())}</p>
                <Show when=move || stored.get()>
                    <UsageSection />
                </Show>
            </section>
            <BackupSection />
            <EraseSection />
        </section>
    }
}

fn place(keeping: Option<Keeping>) -> &'static str {
    match keeping {
        Some(Keeping::Stored) => {
            "In the database of this browser, on this device. Nothing is sent anywhere, and every tab of this site shows the same board."
        }
        Some(Keeping::MemoryOnly) => {
            "In the memory of this tab. It is gone when you close or reload the tab; export it to keep it."
        }
        None => "It is not open.",
    }
}

#[component]
fn BackupSection() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let last = move || {
        let now = board.now();
        match preference::load::<String>(LAST_EXPORT).map(|text| Timestamp::parse_rfc3339(&text)) {
            Some(Ok(at)) => {
                format!("The last export from this browser was {}.", ago(now.since(at)))
            }
            _ => "It was never exported from this browser.".into(),
        }
    };
    view! {
        <section class="settings-section" aria-labelledby="settings-backup">
            <h2 id="settings-backup">"Export and restore"</h2>
            <p>{last} " A file keeps your board where no browser can lose it."</p>
            <div class="settings-actions">
                <ExportButton />
                <RestoreLink />
                <A href="/export" attr:class="link">
                    "What the file holds"
                </A>
            </div>
        </section>
    }
}
