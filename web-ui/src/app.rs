//! The routes of the app and what every page of it shares.

use leptos::prelude::*;
use leptos_router::components::{Redirect, Route, Router, Routes};
use leptos_router::path;

use crate::board::BoardPage;
use crate::board_context::BoardContext;
use crate::export::ExportPage;
use crate::feedback::Feedback;
use crate::gesture::Gestures;
use crate::import::ImportPage;
use crate::not_found::NotFound;
use crate::queue::QueuePage;
use crate::review::{ReviewPage, ReviewsPage};
use crate::settings::StorageSettings;
use crate::shell::{Desk, Shell};

/// Puts the app into the page, in the place of what stood there while it loaded.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&format!("Taskloom failed: {panic}").into());
    }));
    if let Some(waiting) = document().get_element_by_id("waiting") {
        waiting.remove();
    }
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let board = BoardContext::new();
    let feedback = Feedback::new();
    provide_context(board);
    provide_context(feedback);
    provide_context(Gestures::new(board, feedback));
    provide_context(Desk::new());
    board.open();
    view! {
        <Router base=base_path()>
            <Shell>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=|| view! { <Redirect path="/board" /> } />
                    <Route path=path!("/board") view=BoardPage />
                    <Route path=path!("/reviews") view=ReviewsPage />
                    <Route path=path!("/reviews/:id") view=ReviewPage />
                    <Route path=path!("/queue") view=QueuePage />
                    <Route path=path!("/import") view=ImportPage />
                    <Route path=path!("/export") view=ExportPage />
                    <Route
                        path=path!("/settings")
                        view=|| view! { <Redirect path="/settings/storage" /> }
                    />
                    <Route path=path!("/settings/storage") view=StorageSettings />
                </Routes>
            </Shell>
        </Router>
    }
}

/// The path under which the app is served, without a slash at its end. The build
/// writes it into the page.
fn base_path() -> String {
    let base = document().base_uri().ok().flatten();
    let path = base.and_then(|base| web_sys::Url::new(&base).ok()).map(|url| url.pathname());
    let path = path.unwrap_or_default();
    path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default()
}
