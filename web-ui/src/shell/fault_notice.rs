//! An open board that cannot be kept: why, and the ways to go on.

use leptos::prelude::*;
use taskloom_storage::{CloseReason, StorageError};

use super::storage_notice::{Notice, ReloadButton};
use super::top_bar::explain;
use crate::export::ExportButton;

/// Says what stands in the way. The board can be read and exported all the while.
#[component]
pub fn FaultNotice(error: StorageError) -> impl IntoView {
    let said = explain(&error);
    match error {
        StorageError::NewerFormat { .. } => view! {
            <Notice title="This tab only shows your board" text=format!("{said}.")>
                <ReloadButton />
                <ExportButton class="button" />
            </Notice>
        }
        .into_any(),
        StorageError::Closed { reason: CloseReason::Platform } => view! {
            <Notice
                title="This browser no longer keeps your board"
                text="Its storage was taken away, as when the data of this site is cleared. What you see may be all that is left of the board: export it before you reload."
                    .to_owned()
            >
                <ExportButton />
                <ReloadButton class="button" />
            </Notice>
        }
        .into_any(),
        StorageError::Closed { .. } => view! {
            <Notice
                title="Another tab updated or erased the board"
                text="Reload to go on with the board as it is now. What you see can still be exported."
                    .to_owned()
            >
                <ReloadButton />
                <ExportButton class="button" />
            </Notice>
        }
        .into_any(),
        StorageError::QuotaExceeded { .. } => view! {
            <Notice
                title="There is no room to keep changes"
                text="A change that does not fit is taken back; you can read and export the board all the while. Make room on this device or in this browser, then try again."
                    .to_owned()
                details=vec![said]
            >
                <ExportButton />
            </Notice>
        }
        .into_any(),
        StorageError::Unavailable { .. }
        | StorageError::Blocked
        | StorageError::InUse
        | StorageError::Corrupt { .. }
        | StorageError::Failed { .. } => view! {
            <Notice
                title="Changes cannot be kept right now"
                text=format!(
                    "{said}. What you see is safe to export; a change that was not kept is taken back.",
                )
            >
                <ExportButton />
            </Notice>
        }
        .into_any(),
    }
}
