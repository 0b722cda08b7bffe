//! Asking for a review of a run.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::availability::Situation;
use taskloom_domain::id::{RunId, TaskId};
use taskloom_domain::review::ReviewPolicy;
use taskloom_domain::run::RunStatus;
use taskloom_domain::time::Timestamp;

use crate::address::Address;
use crate::board_context::BoardContext;
use crate::gesture::Gestures;
use crate::model::icon::IconName;
use crate::model::page::{Page, href};
use crate::model::refusal::Refusal;
use crate::model::review::policy_name;
use crate::model::review::request::{Offer, Refused, offer, policies};
use crate::parts::{Modal, RefusalNote, VerbButton};

/// A button that asks for a review of a run; a link to the review where that was done
/// already. Nothing while the run goes on, or when the work goes on in another one.
#[component]
pub fn RequestReview(
    situation: Situation,
    run: RunId,
    #[prop(default = "Request review")] label: &'static str,
) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let run = situation.runs.iter().find(|known| known.id == run)?.clone();
    let offered = offer(&situation, &run, &board.actor());
    let task = situation.task.id.clone();
    let asking = RwSignal::new(false);
    if let Err(Refused::NotEnded(_) | Refused::GoesOn(_)) = offered {
        return None;
    }
    Some(match offered {
        Ok(offer) => {
            let offer = StoredValue::new((offer, task, run.status));
            view! {
                <VerbButton
                    label=label.to_owned()
                    reason=String::new()
                    icon=IconName::Stage(taskloom_domain::stage::Stage::InReview)
                    on_press=Callback::new(move |()| asking.set(true))
                />
                <Show when=move || asking.get()>
                    <RequestDialog
                        offer=offer.get_value().0
                        task=offer.get_value().1
                        ended=offer.get_value().2
                        on_close=Callback::new(move |()| asking.set(false))
                    />
                </Show>
            }
            .into_any()
        }
        Err(Refused::AlreadyRequested(review)) => {
            let to = href(&Page::Reviews.record(review.as_str()));
            view! { <a href=to>"Already requested: open the review"</a> }.into_any()
        }
        Err(refused) => view! {
            <VerbButton
                label=label.to_owned()
                reason=refused.text()
                on_press=Callback::new(|()| ())
            />
        }
        .into_any(),
    })
}

#[component]
fn RequestDialog(
    offer: Offer,
    task: TaskId,
    ended: RunStatus,
    on_close: Callback<()>,
) -> impl IntoView {
    let gestures = expect_context::<Gestures>();
    let address = expect_context::<Address>();
    let policy = RwSignal::new(ReviewPolicy::Always);
    let reason = RwSignal::new(String::new());
    let deadline = RwSignal::new(String::new());
    let refusal = RwSignal::new(None::<Refusal>);
    let choices = policies(ended).map(|(choice, why)| {
        view! {
            <label class="candidate" data-refused=why.map(|_| "true")>
                <input
                    type="radio"
                    name="policy"
                    disabled=why.is_some()
                    prop:checked=move || policy.get() == choice
                    on:change=move |_| policy.set(choice)
                />
                <span>{policy_name(choice)}</span>
                <span class="quiet">{why}</span>
            </label>
        }
    });
    let title = if offer.attempt > 1 {
        format!("Request review {} of round {}", offer.attempt, offer.round)
    } else {
        format!("Request the review of round {}", offer.round)
    };
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let until = match instant(&deadline.get_untracked()) {
            Ok(until) => until,
            Err(why) => {
                let refused = Refusal::known("No review was requested", why);
                return refusal.set(Some(refused));
            }
        };
        let request = offer.request(&task, policy.get_untracked(), &reason.get_untracked(), until);
        spawn_local(async move {
            match gestures.request_review(request).await {
                Ok(review) => {
                    on_close.run(());
                    address.open(&Page::Reviews.record(review.as_str()));
                }
                Err(why) => refusal.set(Some(why)),
            }
        });
    };
    view! {
        <Modal title on_close class="request-review">
            <form on:submit=ask>
                <fieldset class="candidates">
                    <legend>"Policy"</legend>
                    {choices.into_iter().collect_view()}
                </fieldset>
                <div class="form-field">
                    <label for="request-reason">"What to look at (optional)"</label>
                    <textarea
                        id="request-reason"
                        class="field"
                        rows="3"
                        autofocus
                        prop:value=move || reason.get()
                        on:input=move |event| reason.set(event_target_value(&event))
                    ></textarea>
                </div>
                <div class="form-field">
                    <label for="request-deadline">"Deadline (optional)"</label>
                    <input
                        id="request-deadline"
                        class="field"
                        type="datetime-local"
                        prop:value=move || deadline.get()
                        on:input=move |event| deadline.set(event_target_value(&event))
                    />
                    <p class="quiet">"The review is marked as overdue then; nothing else happens."</p>
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
                        "Not now"
                    </button>
                    <button class="button primary">"Request review"</button>
                </div>
            </form>
        </Modal>
    }
}

/// A local time as a field gives it; none where nothing was entered.
fn instant(typed: &str) -> Result<Option<Timestamp>, &'static str> {
    if typed.is_empty() {
        return Ok(None);
    }
    let milliseconds = js_sys::Date::parse(typed);
    if milliseconds.is_nan() {
        return Err("the deadline is no time");
    }
    Ok(Some(Timestamp::from_millis(milliseconds as i64)))
}
