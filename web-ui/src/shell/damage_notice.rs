//! A board of which something is damaged: what is lost, and the ways to go on.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::{AcceptDamageError, Damage};

use super::storage_notice::Notice;
use super::top_bar::explain;
use crate::board_context::BoardContext;
use crate::export::ExportButton;
use crate::feedback::Feedback;
use crate::model::phrase::count;
use crate::model::refusal::Refusal;
use crate::parts::Confirm;

/// Says what is damaged, and asks before anything is given up.
#[component]
pub fn DamageNotice(damage: Damage) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let feedback = expect_context::<Feedback>();
    let asking = RwSignal::new(false);
    let damage = RwSignal::new(damage);
    let parts = move || -> Vec<String> {
        damage.with(|it| it.parts.iter().map(|it| format!("{}: {}", it.part, it.cause)).collect())
    };
    let text = move || {
        format!(
            "{} of what this browser keeps cannot be read; you see the rest. Nothing is written until you decide.",
            count(parts().len(), "part"),
        )
    };
    let accept = move |()| {
        asking.set(false);
        spawn_local(async move {
            match board.accept_damage(&damage.get_untracked()).await {
                Ok(()) => feedback.done("The board goes on with what could be read"),
                Err(AcceptDamageError::Changed { now }) => {
                    let why = "more of it turned out to be damaged; look at it again first";
                    feedback.refused(&Refusal::known("Nothing was given up", why));
                    let _ = damage.try_set(now);
                }
                Err(AcceptDamageError::Storage(error)) => {
                    feedback.refused(&Refusal::known("Nothing was changed", explain(&error)));
                }
            }
        });
    };
    let question = move || {
        asking.get().then(|| {
            let consequences = vec![
                "What you see now becomes the board, in every tab.".to_owned(),
                "What could not be read is gone for good. An export before keeps what you see."
                    .to_owned(),
            ];
            view! {
                <Confirm
                    title="Go on without what is damaged?".to_owned()
                    consequences
                    yes="Go on without it"
                    no="Leave it as it is"
                    on_yes=Callback::new(accept)
                    on_no=Callback::new(move |()| asking.set(false))
                />
            }
        })
    };
    view! {
        {move || {
            view! {
                <Notice title="Part of your board cannot be read" text=text() details=parts()>
                    <ExportButton />
                    <button class="button" on:click=move |_| asking.set(true)>
                        "Go on without it…"
                    </button>
                </Notice>
            }
        }}
        {question}
    }
}
