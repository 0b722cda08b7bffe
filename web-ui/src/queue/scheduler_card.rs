//! The switch of the scheduler.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::scheduler::SchedulerDrainResult;
use taskloom_domain::time::Duration;

use crate::board_context::BoardContext;
use crate::gesture::Gestures;
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::model::queue::{DRAIN_TIMES, Switch};
use crate::model::refusal::Refusal;
use crate::parts::{Icon, Modal, RefusalNote};

/// What is asked before the switch is thrown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    Pause,
    Drain,
}

/// How far a drain has come.
#[derive(Debug, Clone, PartialEq)]
enum Draining {
    Goes,
    Ended(SchedulerDrainResult),
}

/// Running or paused, with counts, and the ways to change it.
#[component]
pub fn SchedulerCard(switch: Memo<Switch>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let gestures = expect_context::<Gestures>();
    let asking = RwSignal::new(None::<Asking>);
    let draining = RwSignal::new(None::<Draining>);
    let refusal = RwSignal::new(None::<Refusal>);
    // Lives as long as the card: the dialog that begins a drain is gone by its end.
    let done = Callback::new(move |result| draining.set(Some(Draining::Ended(result))));
    let paused = Memo::new(move |_| switch.with(|switch| switch.state.paused));
    let state = move || if paused.get() { "Paused" } else { "Running" };
    let why = move || {
        let now = board.now();
        switch.with(|switch| {
            let state = &switch.state;
            if !state.paused {
                return "Runs are handed out in claim order.".to_owned();
            }
            let since = state.paused_at.map(|at| phrase::ago(now.since(at))).unwrap_or_default();
            let reason =
                if state.reason.is_empty() { String::new() } else { format!(": {}", state.reason) };
            format!("Paused by {} {since}{reason}. What is claimed goes on.", switch.paused_by())
        })
    };
    let resume = move |_| {
        draining.set(None);
        spawn_local(async move { refusal.set(gestures.resume_scheduler().await.err()) });
    };
    let counts = move || {
        let switch = switch.get();
        let count = |number: usize, word: &'static str| {
            view! {
                <div>
                    <dt>{word}</dt>
                    <dd>{number}</dd>
                </div>
            }
        };
        [
            count(switch.queued, "Queued"),
            count(switch.active, "Active claims"),
            count(switch.paused_tasks, "Paused tasks"),
        ]
        .collect_view()
    };
    view! {
        <section class="scheduler-card" aria-label="Scheduler" data-paused=move || paused.get().then_some("true")>
            <div class="scheduler-state">
                <h2>
                    "Scheduler: "
                    {state}
                </h2>
                <p>{why}</p>
            </div>
            <dl class="scheduler-counts" title=move || board.now().to_string()>
                {counts}
            </dl>
            <div class="scheduler-verbs">
                <Show
                    when=move || paused.get()
                    fallback=move || {
                        view! {
                            <button class="button" on:click=move |_| asking.set(Some(Asking::Pause))>
                                "Pause…"
                            </button>
                        }
                    }
                >
                    <button class="button primary" on:click=resume>
                        "Resume"
                    </button>
                </Show>
                <button
                    class="button"
                    on:click=move |_| {
                        if draining.get_untracked() != Some(Draining::Goes) {
                            asking.set(Some(Asking::Drain));
                        }
                    }
                    aria-disabled=move || {
                        draining.with(|it| *it == Some(Draining::Goes)).then_some("true")
                    }
                >
                    "Drain…"
                </button>
            </div>
            <p class="drain" role="status">
                {move || draining.get().map(|state| told(&state, switch.with(|switch| switch.active)))}
            </p>
            {move || {
                refusal
                    .get()
                    .map(|refused| {
                        let on_dismiss = Callback::new(move |()| refusal.set(None));
                        view! { <RefusalNote refusal=refused on_dismiss /> }
                    })
            }}
            {move || {
                asking.get().map(|what| view! { <SwitchDialog what asking draining done refusal /> })
            }}
        </section>
    }
}

/// How a drain goes, or went.
fn told(state: &Draining, active: usize) -> String {
    match state {
        Draining::Goes => format!("Draining: {} left", phrase::count(active, "claim")),
        Draining::Ended(result) if result.completed => {
            "Drained: nobody holds a run. The scheduler stays paused until you resume it.".into()
        }
        Draining::Ended(result) => format!(
            "Timed out with {} left. The scheduler stays paused until you resume it.",
            phrase::count(result.remaining_claims, "claim")
        ),
    }
}

#[component]
fn SwitchDialog(
    what: Asking,
    asking: RwSignal<Option<Asking>>,
    draining: RwSignal<Option<Draining>>,
    done: Callback<SchedulerDrainResult>,
    refusal: RwSignal<Option<Refusal>>,
) -> impl IntoView {
    let gestures = expect_context::<Gestures>();
    let reason = RwSignal::new(String::new());
    let seconds = RwSignal::new(DRAIN_TIMES[0].0);
    let (title, yes) = match what {
        Asking::Pause => ("Pause the scheduler", "Pause"),
        Asking::Drain => ("Drain the scheduler", "Drain"),
    };
    let on_close = Callback::new(move |()| asking.set(None));
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let reason = reason.get_untracked();
        asking.set(None);
        match what {
            Asking::Pause => spawn_local(async move {
                refusal.set(gestures.pause_scheduler(reason).await.err());
            }),
            Asking::Drain => {
                draining.set(Some(Draining::Goes));
                let timeout = Duration::from_secs(seconds.get_untracked());
                spawn_local(async move {
                    if let Err(why) = gestures.drain_scheduler(reason, timeout, done).await {
                        draining.set(None);
                        refusal.set(Some(why));
                    }
                });
            }
        }
    };
    let times =
        DRAIN_TIMES.map(|(time, name)| view! { <option value=time.to_string()>{name}</option> });
    let wait = (what == Asking::Drain).then(|| {
        view! {
            <div class="form-field">
                <label for="drain-time">"Wait at most"</label>
                <select
                    id="drain-time"
                    class="select"
                    on:change=move |event| {
                        if let Ok(time) = event_target_value(&event).parse() {
                            seconds.set(time);
                        }
                    }
                >
                    {times.into_iter().collect_view()}
                </select>
                <p class="quiet">
                    "Claims without a lease do not end by themselves. A drain leaves the scheduler paused."
                </p>
            </div>
        }
    });
    view! {
        <Modal title=title.to_owned() on_close class="switch">
            <form on:submit=go>
                <div class="form-field">
                    <label for="switch-reason">"Reason"</label>
                    <input
                        id="switch-reason"
                        class="field"
                        autocomplete="off"
                        autofocus
                        prop:value=move || reason.get()
                        on:input=move |event| reason.set(event_target_value(&event))
                    />
                </div>
                {wait}
                <div class="modal-actions">
                    <button type="button" class="button" on:click=move |_| asking.set(None)>
                        "Leave it running"
                    </button>
                    <button class="button primary">
                        <Icon name=IconName::Check />
                        {yes}
                    </button>
                </div>
            </form>
        </Modal>
    }
}
