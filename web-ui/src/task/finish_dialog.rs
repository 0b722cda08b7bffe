//! Handing work in with a result.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::id::{RunId, TaskId};

use crate::gesture::Gestures;
use crate::model::refusal::Refusal;
use crate::model::work::parse;
use crate::parts::{Modal, RefusalNote};
use crate::preference;

/// Asks for the result of a run. What is typed is kept until the run has ended with
/// it, so that a lost claim costs no text.
#[component]
pub fn FinishDialog(
    task: TaskId,
    run: RunId,
    name: String,
    on_close: Callback<()>,
) -> impl IntoView {
    let gestures = expect_context::<Gestures>();
    let kept_as = StoredValue::new(format!("taskloom.result.{run}"));
    let run = StoredValue::new(run);
    let text = RwSignal::new(kept_as.with_value(|name| preference::load(name)).unwrap_or_default());
    let refusal = RwSignal::new(None::<Refusal>);
    let finish = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let result = match text.with_untracked(|text: &String| parse(text)) {
            Ok(result) => result,
            Err(why) => return refusal.set(Some(Refusal::known("Not finished", why))),
        };
        let task = task.clone();
        spawn_local(async move {
            match gestures.finish_with(task, run.get_value(), result).await {
                Ok(()) => {
                    kept_as.with_value(|name| preference::keep::<str>(name, None));
                    on_close.run(());
                }
                Err(why) => {
                    gestures.feedback.interrupt(why.sentence());
                    refusal.set(Some(why));
                }
            }
        });
    };
    view! {
        <Modal title=format!("Finish {name} with a result") on_close class="finish">
            <form on:submit=finish>
                <div class="form-field">
                    <label for="result">"Result, as text or JSON"</label>
                    <textarea
                        id="result"
                        class="field"
                        rows="8"
                        autofocus
                        prop:value=move || text.get()
                        on:input=move |event| {
                            text.set(event_target_value(&event));
                            kept_as.with_value(|name| {
                                text.with_untracked(|it| preference::keep(name, Some(it.as_str())));
                            });
                        }
                    ></textarea>
                    <p class="quiet">
                        "A reviewer sees it, and how it differs from the round before. 64 KiB at most."
                    </p>
                </div>
                {move || {
                    refusal
                        .get()
                        .map(|refused| {
                            let on_dismiss = Callback::new(move |()| refusal.set(None));
                            view! { <RefusalNote refusal=refused on_dismiss /> }
                        })
                }}
                <div class="modal-actions">
                    <button type="button" class="button" on:click=move |_| on_close.run(())>
                        "Not yet"
                    </button>
                    <button class="button primary">"Finish"</button>
                </div>
            </form>
        </Modal>
    }
}
