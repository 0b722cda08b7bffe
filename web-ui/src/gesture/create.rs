//! Quick add: one line becomes one task.

use taskloom_domain::actor::{OwnerKind, OwnerSpec};
use taskloom_domain::availability::Verb;
use taskloom_domain::id::TaskId;
use taskloom_domain::json::RawJson;
use taskloom_domain::stage::Stage;
use taskloom_domain::task::{CreateTask, Scope};

use super::Gestures;
use crate::model::phrase;
use crate::model::quick_add::QuickAdd;
use crate::model::refusal::Refusal;
use crate::model::undo::{Inverse, Step};

/// What a line became.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    /// The task.
    pub id: TaskId,
    /// What the line asked for beside the task and did not get. The task stays.
    pub refusals: Vec<Refusal>,
}

/// The references of a line, found on the board.
struct Named {
    parent: Option<TaskId>,
    needs: Vec<TaskId>,
    blocks: Vec<TaskId>,
}

/// Adds a line to a column: a draft, a ready task, or a task whose run is queued.
///
/// # Errors
///
/// Why nothing was added.
pub async fn add_line(gestures: Gestures, line: &str, column: Stage) -> Result<Added, Refusal> {
    let what = "Not added";
    let add = QuickAdd::parse(line).map_err(|fault| Refusal::known(what, fault.text()))?;
    let named = find_names(gestures, &add)?;
    let identifier = gestures.board.with_index(|index| index.next_identifier());
    let spec = CreateTask {
        identifier: identifier.clone(),
        scope: Scope::Global.into(),
        parent_task_id: named.parent,
        title: add.title.clone(),
        priority: add.priority.map(Into::into).unwrap_or_default(),
        draft: column == Stage::Draft,
        owner: add.owner.as_ref().map(|owner| owner_of(owner)),
        metadata: add.metadata().and_then(|value| RawJson::from_value(&value).ok()),
        ..CreateTask::default()
    };
    let created = gestures
        .board
        .run(move |manager, actor| {
            let parent = spec.parent_task_id.clone();
            match parent {
                Some(parent) => manager.create_child_task(&parent, spec.clone(), actor),
                None => manager.create_task(spec.clone(), actor),
            }
        })
        .await;
    let id = created.map_err(|error| gestures.refusal(what, &error))?.id;
    let mut refusals = Vec::new();
    let edges = named.needs.into_iter().map(|blocker| (id.clone(), blocker));
    let edges = edges.chain(named.blocks.into_iter().map(|task| (task, id.clone())));
    for (task, blocker) in edges {
        let what = format!("{identifier} is added, but an edge is not");
        let connected = gestures.connect(task, blocker).await;
        refusals.extend(connected.err().map(|error| gestures.refusal(what, &error)));
    }
    let title = phrase::cut(&add.title, 40);
    if column == Stage::Queued {
        match gestures.attempt(Verb::Start, id.clone()).await {
            Ok(()) => {
                // A task with a queued run cannot be deleted, so there is no way back.
                gestures.feedback.done(format!("{identifier} {title} added to the queue"));
                return Ok(Added { id, refusals });
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    let text = format!("{identifier} {title} added");
    gestures.feedback.undoable(Step { text, inverse: Inverse::DeleteTask(id.clone()) });
    Ok(Added { id, refusals })
}

fn find_names(gestures: Gestures, add: &QuickAdd) -> Result<Named, Refusal> {
    let find = |reference: &String| {
        let found = gestures.board.with_index(|index| index.resolve(reference));
        found.ok_or_else(|| Refusal::known("Not added", format!("no task is called “{reference}”")))
    };
    Ok(Named {
        parent: add.parent.as_ref().map(find).transpose()?,
        needs: add.needs.iter().map(find).collect::<Result<_, _>>()?,
        blocks: add.blocks.iter().map(find).collect::<Result<_, _>>()?,
    })
}

fn owner_of(name: &str) -> OwnerSpec {
    OwnerSpec::new(OwnerKind::Human, name.to_lowercase())
}
