//! The verbs of a task: what works now in front, the rest with its reason.

use leptos::prelude::*;
use taskloom_domain::Enumeration;
use taskloom_domain::availability::{Situation, Verb, availability, would_free};
use taskloom_domain::stage::Stage;

use crate::board_context::BoardContext;
use crate::gesture::{Gestures, short_name};
use crate::model::icon::IconName;
use crate::model::reason;
use crate::parts::VerbButton;

/// The verbs that a panel shows, the likeliest of the stage first.
fn in_order(stage: Stage) -> Vec<Verb> {
    let first = match stage {
        Stage::Draft => Verb::Publish,
        Stage::InProgress => Verb::Finish,
        Stage::Queued => Verb::Take,
        Stage::Blocked
        | Stage::Ready
        | Stage::InReview
        | Stage::Done
        | Stage::Failed
        | Stage::Canceled => Verb::Start,
    };
    let rest = Verb::ALL.iter().copied().filter(|verb| *verb != first);
    std::iter::once(first).chain(rest).filter(|verb| *verb != Verb::TakeAndFinish).collect()
}

/// What a verb is called on a task of this stage.
fn label(verb: Verb, stage: Stage) -> &'static str {
    match (verb, stage) {
        (Verb::Start, Stage::Done | Stage::Failed | Stage::InReview) => "Run again",
        _ => reason::verb(verb),
    }
}

/// The verbs.
#[component]
pub fn Verbs(situation: Memo<Option<Situation>>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let gestures = expect_context::<Gestures>();
    let looking_at_finish = RwSignal::new(false);
    let preview = move || {
        if !looking_at_finish.get() {
            return None;
        }
        let id = situation.with(|s| s.as_ref().map(|s| s.task.id.clone()))?;
        let freed = board.read(|manager| would_free(manager.store(), &id))?;
        let names: Vec<String> = freed.iter().map(|id| short_name(board, id)).collect();
        Some(match names.as_slice() {
            [] => "Finishing it would free nothing".to_owned(),
            names => format!("Finishing it would free: {}", names.join(", ")),
        })
    };
    let buttons = move || {
        let stage = situation.with(|s| s.as_ref().map(Situation::stage))?;
        let buttons = in_order(stage).into_iter().enumerate().map(|(at, verb)| {
            let why = Memo::new(move |_| {
                situation.with(|situation| {
                    let situation = situation.as_ref()?;
                    let answer =
                        availability(verb, situation, &board.actor(), board.now_untracked());
                    answer.err().map(|why| reason::text(&why, |id| board.name(id)))
                })
            });
            let class = match verb {
                Verb::Delete | Verb::Cancel => "quiet danger-text",
                _ if at == 0 => "primary",
                _ => "",
            };
            let on_press = Callback::new(move |()| {
                let id = situation.with_untracked(|s| s.as_ref().map(|s| s.task.id.clone()));
                if let Some(id) = id {
                    gestures.intend(verb, id);
                }
            });
            let on_look = Callback::new(move |looking: bool| {
                if matches!(verb, Verb::Finish | Verb::Take) {
                    looking_at_finish.set(looking);
                }
            });
            view! {
                <VerbButton
                    label=label(verb, stage).to_owned()
                    reason=Signal::derive(move || why.get().unwrap_or_default())
                    class=class
                    icon=icon(verb)
                    on_press
                    on_look
                />
            }
        });
        Some(buttons.collect_view())
    };
    view! {
        <section class="verbs" aria-label="Verbs">
            {buttons}
        </section>
        <p class="preview" aria-live="polite">
            {preview}
        </p>
    }
}

fn icon(verb: Verb) -> IconName {
    match verb {
        Verb::Publish | Verb::Start => IconName::Stage(Stage::Queued),
        Verb::Take => IconName::Stage(Stage::InProgress),
        Verb::Finish | Verb::TakeAndFinish => IconName::Check,
        Verb::Cancel => IconName::Stage(Stage::Canceled),
        Verb::Delete => IconName::Trash,
    }
}
