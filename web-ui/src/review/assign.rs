//! Giving a review to a session.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::id::SessionId;

use crate::board_context::BoardContext;
use crate::gesture::{Gestures, OWN_SESSION};
use crate::model::icon::IconName;
use crate::model::refusal::Refusal;
use crate::model::review::assign::{Candidate, candidates, refused, request};
use crate::model::review::thread::ReviewView;
use crate::parts::{Modal, RefusalNote, VerbButton};

/// The button with its dialog.
#[component]
pub fn AssignButton(view: Memo<Option<ReviewView>>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let asking = RwSignal::new(false);
    let reason = Signal::derive(move || {
        let why =
            view.with(|view| view.as_ref().and_then(|it| refused(&it.review, &board.actor())));
        why.unwrap_or_default().to_owned()
    });
    let open = Memo::new(move |_| {
        view.with(|view| view.as_ref().is_some_and(|it| it.review.status.is_open()))
    });
    view! {
        <Show when=move || open.get()>
            <VerbButton
                label="Assign…".to_owned()
                reason
                icon=IconName::Person
                on_press=Callback::new(move |()| asking.set(true))
            />
        </Show>
        <Show when=move || asking.get()>
            <AssignDialog view on_close=Callback::new(move |()| asking.set(false)) />
        </Show>
    }
}

#[component]
fn AssignDialog(view: Memo<Option<ReviewView>>, on_close: Callback<()>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let gestures = expect_context::<Gestures>();
    let own = SessionId::from(OWN_SESSION);
    let review = view.get_untracked().map(|view| view.review)?;
    let known = board.read(|manager| candidates(manager.store(), &review, &own))?;
    let chosen = RwSignal::new(known.iter().find(|it| it.is_reviewer).map(|it| it.session.clone()));
    let other = RwSignal::new(String::new());
    let refusal = RwSignal::new(None::<Refusal>);
    let agents = StoredValue::new(known.clone());
    let choices = known.into_iter().map(move |candidate| choice(candidate, chosen, other));
    let assign = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = other.get_untracked().trim().to_owned();
        let session =
            if typed.is_empty() { chosen.get_untracked() } else { Some(SessionId::from(typed)) };
        let Some(session) = session else {
            let why = "choose a session, or name another one";
            return refusal.set(Some(Refusal::known("The review was not assigned", why)));
        };
        let agent = agents.with_value(|all| {
            all.iter().find(|it| it.session == session).map(|it| it.agent.clone())
        });
        let to = name(&session);
        let request = request(&review, session, &agent.unwrap_or_default());
        spawn_local(async move {
            match gestures.assign_review(request, to).await {
                Ok(()) => on_close.run(()),
                Err(why) => refusal.set(Some(why)),
            }
        });
    };
    Some(view! {
        <Modal title="Assign the review".to_owned() on_close class="assign">
            <form on:submit=assign>
                <p class="quiet">
                    "A review that is assigned is recorded by its session, or by a person. A person needs no assignment."
                </p>
                <fieldset class="candidates">
                    <legend>"To a session of this board"</legend>
                    {choices.collect_view()}
                </fieldset>
                <div class="form-field">
                    <label for="other-session">"Or to another session, by its id"</label>
                    <input
                        id="other-session"
                        class="field"
                        autocomplete="off"
                        prop:value=move || other.get()
                        on:input=move |event| other.set(event_target_value(&event))
                    />
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
                        "Close"
                    </button>
                    <button class="button primary">"Assign"</button>
                </div>
            </form>
        </Modal>
    })
}

/// A session as people call it.
fn name(session: &SessionId) -> String {
    if session.as_str() == OWN_SESSION { "you".into() } else { session.to_string() }
}

fn choice(
    candidate: Candidate,
    chosen: RwSignal<Option<SessionId>>,
    other: RwSignal<String>,
) -> impl IntoView {
    let busy = !candidate.reason.is_empty();
    let label = match name(&candidate.session).as_str() {
        "you" => "You, by hand".to_owned(),
        other => other.to_owned(),
    };
    let mut notes = Vec::new();
    if candidate.wrote_this {
        notes.push("wrote this".to_owned());
    }
    if candidate.is_reviewer {
        notes.push("reviews it now".to_owned());
    }
    if busy {
        notes.push(candidate.reason.clone());
    }
    let session = StoredValue::new(candidate.session);
    let checked = move || {
        chosen.with(|chosen| chosen.as_ref() == Some(&session.get_value()))
            && other.with(|other| other.trim().is_empty())
    };
    view! {
        <label class="candidate" data-refused=busy.then_some("true")>
            <input
                type="radio"
                name="candidate"
                disabled=busy
                prop:checked=checked
                on:change=move |_| {
                    other.set(String::new());
                    chosen.set(Some(session.get_value()));
                }
            />
            <span>
                {label}
                {(!candidate.agent.is_empty()).then(|| format!(" ({})", candidate.agent))}
            </span>
            <span class="quiet">{notes.join(", ")}</span>
        </label>
    }
}
