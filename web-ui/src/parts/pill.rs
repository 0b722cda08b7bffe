//! Marks made of an icon and a word, so that colour never stands alone.

use leptos::prelude::*;
use taskloom_domain::stage::Stage;
use taskloom_domain::task::Priority;

use super::Icon;
use crate::model::icon::IconName;
use crate::model::phrase;

/// The stage of a task.
#[component]
pub fn StagePill(
    /// The stage.
    stage: Stage,
) -> impl IntoView {
    view! {
        <span class="stage-pill" data-stage=stage.to_string()>
            <Icon name=IconName::Stage(stage) />
            {phrase::stage(stage)}
        </span>
    }
}

/// The priority of a task.
#[component]
pub fn PriorityMark(
    /// The priority.
    priority: Priority,
) -> impl IntoView {
    view! {
        <span class="priority-mark" data-priority=priority.to_string()>
            <Icon name=IconName::Priority(priority) />
            {phrase::priority(priority)}
        </span>
    }
}
