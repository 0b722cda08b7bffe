//! Taking the whole board away as a file.

use leptos::prelude::*;
use leptos_router::components::A;
use wasm_bindgen::JsCast;

use crate::board_context::{BOARD_NAME, BoardContext};
use crate::environment;
use crate::feedback::Feedback;
use crate::model::bundle::contents;
use crate::model::icon::IconName;
use crate::model::refusal::Refusal;
use crate::parts::Icon;
use crate::preference;
use crate::shell::use_page_title;

/// When the board was last exported from this browser.
pub const LAST_EXPORT: &str = "taskloom.last-export";

/// The page for taking the board away.
#[component]
pub fn ExportPage() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    use_page_title("Export", || None);
    let text = move || {
        // Follows the tasks of the board, and its opening.
        board.len();
        board.keeping().and_then(|_| board.bundle().ok()).map(|bundle| contents(&bundle))
    };
    view! {
        <section class="page settings-page" aria-label="Export">
            <div class="settings-section">
                <h2>"The whole board as one file"</h2>
                <p>
                    "Everything that this board keeps, as a JSON document: tasks with their history, runs, reviews, triage and what lies in the trash. Another browser, or this one after a mishap, reads it back to the same board."
                </p>
                <p>
                    {move || text().map(|text| format!("It holds {text}."))}
                    " Claim tokens of live leases are left out: whoever works on a run at the moment has to claim it again on a restored board."
                </p>
                <div class="settings-actions">
                    <ExportButton />
                    <RestoreLink />
                </div>
            </div>
        </section>
    }
}

/// The way to the page that reads the file back.
#[component]
pub fn RestoreLink() -> impl IntoView {
    view! {
        <A href="/import" attr:class="button">
            <Icon name=IconName::Import />
            "Restore from a file"
        </A>
    }
}

/// Hands the board to the person as a file.
#[component]
pub fn ExportButton(
    /// How much it stands out.
    #[prop(default = "button primary")]
    class: &'static str,
) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let feedback = expect_context::<Feedback>();
    let export = move |_| {
        let document = board.bundle().map_err(|error| error.to_string());
        let document =
            document.and_then(|bundle| bundle.to_json().map_err(|error| error.to_string()));
        match document {
            Ok(document) if download(&document).is_some() => {
                preference::keep(LAST_EXPORT, Some(environment::now().to_string().as_str()));
                feedback.done("Board exported");
            }
            Ok(_) => {
                feedback.refused(&Refusal::known("Not exported", "the browser offers no downloads"))
            }
            Err(why) => feedback.refused(&Refusal::known("Not exported", why)),
        }
    };
    view! {
        <button class=class on:click=export>
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
