//! What is known of a task beside its text.

use leptos::prelude::*;
use taskloom_domain::availability::Situation;

use crate::board_context::BoardContext;
use crate::model::{card, phrase};
use crate::parts::PriorityMark;

/// Priority, owner, labels, creation.
#[component]
pub fn Facts(situation: Memo<Option<Situation>>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    move || {
        let situation = situation.get()?;
        let task = &situation.task;
        let labels = card::labels(task);
        let labels = if labels.is_empty() {
            view! { <span class="none">"None"</span> }.into_any()
        } else {
            let labels =
                labels.into_iter().map(|label| view! { <span class="label">{label}</span> });
            labels.collect_view().into_any()
        };
        let owner = task.owner.as_ref().map(phrase::owner);
        let owner = match owner {
            Some(owner) => view! { <span>{owner}</span> }.into_any(),
            None => view! { <span class="none">"Nobody"</span> }.into_any(),
        };
        let parent = task.parent_task_id.as_ref().map(|parent| {
            let name = board.name(parent);
            view! {
                <div>
                    <dt>"Part of"</dt>
                    <dd>
                        <a href=format!("?panel=task:{parent}")>{name}</a>
                    </dd>
                </div>
            }
        });
        let exact = task.created_at.to_string();
        let ago = phrase::ago(board.now().since(task.created_at));
        let by = phrase::actor(&task.created_by);
        Some(view! {
            <dl class="facts">
                <div>
                    <dt>"Priority"</dt>
                    <dd>
                        <PriorityMark priority=task.priority />
                    </dd>
                </div>
                <div>
                    <dt>"Owner"</dt>
                    <dd>{owner}</dd>
                </div>
                <div>
                    <dt>"Labels"</dt>
                    <dd>{labels}</dd>
                </div>
                {parent}
                <div>
                    <dt>"Status"</dt>
                    <dd>
                        <code>{task.status.to_string()}</code>
                    </dd>
                </div>
                <div>
                    <dt>"Created"</dt>
                    <dd title=exact>{ago}", by "{by}</dd>
                </div>
            </dl>
        })
    }
}
