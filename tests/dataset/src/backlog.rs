//! What people write: tasks, what waits for what, and later edits.

use taskloom_domain::actor::{OwnerKind, OwnerSpec};
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::id::WorkspaceId;
use taskloom_domain::store::EventStore;
use taskloom_domain::task::{CreateTask, Patch};
use taskloom_domain::{Priority, Scope, TaskError};

use crate::board::{Board, Counts, allowed, planner, task_id};
use crate::random::Random;

const WORKSPACES: [&str; 4] = ["app", "billing", "docs", "platform"];
const VERBS: [&str; 8] = ["Add", "Document", "Explain", "Fix", "Measure", "Move", "Remove", "Test"];
const PARTS: [&str; 10] = [
    "the export dialog",
    "login by e-mail",
    "the nightly import",
    "invoice totals",
    "the search index",
    "keyboard focus",
    "error messages",
    "the rate limit",
    "offline mode",
    "the audit trail",
];
const REASONS: [&str; 5] = [
    "Reported by support twice this week.",
    "Blocks the next release.",
    "Small, but people notice.",
    "Follows from the last review.",
    "Agreed in planning; see the notes there.",
];
const PRIORITIES: [Priority; 6] = [
    Priority::Low,
    Priority::Medium,
    Priority::Medium,
    Priority::Medium,
    Priority::High,
    Priority::Urgent,
];

/// Whose pool every worker serves.
pub(crate) const POOL: &str = "crew";
/// How many runs a task may have.
pub(crate) const MAX_ATTEMPTS: i64 = 5;
/// How far back a blocker or parent lies at most.
const REACH: usize = 200;

/// How many edges a task is given at most.
const TRIES: usize = 5;

/// The last tasks, which nobody gets to: drafts and work of people stand here,
/// so that they hold back no others.
pub(crate) fn untouched_from(tasks: usize) -> usize {
    tasks - tasks / 10
}

/// Writes the tasks, and between them the edges, each to an earlier task.
pub(crate) fn plan(board: &mut Board, random: &mut Random, counts: Counts) {
    let mut edges = 0;
    for index in 0..counts.tasks {
        board.advance_seconds(60 + random.below(240));
        create(board, random, index, counts.tasks);
        let due = counts.dependencies * (index + 1) / counts.tasks;
        // Some are refused since they exist; the tasks that follow make up for it.
        for _ in 0..TRIES {
            if edges < due && index > 0 && connect(board, random, index).is_ok() {
                edges += 1;
            }
        }
    }
}

fn create(board: &mut Board, random: &mut Random, index: usize, tasks: usize) {
    let title = format!("{} {}", random.pick(&VERBS), random.pick(&PARTS));
    let description = match random.percent(60) {
        true => format!("{title}. {}", random.pick(&REASONS)),
        false => String::new(),
    };
    let workspace = random.percent(70).then(|| WorkspaceId::from(*random.pick(&WORKSPACES)));
    let untouched = index >= untouched_from(tasks);
    let owner = match random.below(10) {
        0 | 1 => Some(OwnerSpec::new(OwnerKind::Pool, POOL)),
        2 | 3 if untouched => Some(OwnerSpec::new(OwnerKind::Human, "ada")),
        _ => None,
    };
    let spec = CreateTask {
        id: Some(task_id(index)),
        identifier: format!("T-{}", index + 1),
        scope: if workspace.is_some() { Scope::Workspace } else { Scope::Global }.into(),
        workspace_id: workspace,
        title,
        description,
        priority: (*random.pick(&PRIORITIES)).into(),
        max_attempts: Some(MAX_ATTEMPTS),
        draft: untouched && random.percent(20),
        owner,
        ..CreateTask::default()
    };
    let actor = planner();
    // Every tenth task has up to nine parts, which follow it.
    if !index.is_multiple_of(10) && random.percent(25) {
        let parent = task_id(index - index % 10);
        let refused = board.manager.create_child_task(&parent, spec.clone(), &actor).err();
        if refused.is_none() {
            return;
        }
    }
    allowed(board.manager.create_task(spec, &actor));
}

fn connect(board: &mut Board, random: &mut Random, index: usize) -> Result<(), TaskError> {
    let waiting = index - random.below(index.min(20));
    let blocker = waiting - 1 - random.below(waiting.min(REACH));
    let spec = AddDependency {
        task_id: task_id(waiting),
        depends_on_task_id: task_id(blocker),
        kind: DependencyKind::Blocks.into(),
    };
    board.manager.add_dependency(spec, &planner())
}

/// Edits tasks until the board holds as many events as it should.
pub(crate) fn edit(board: &mut Board, random: &mut Random, counts: Counts) {
    let actor = planner();
    while (board.manager.store().latest_sequence().get() as usize) < counts.events {
        board.advance_seconds(1 + random.below(20));
        let task = task_id(random.below(counts.tasks));
        let patch = Patch {
            description: Some(format!("{} Seen again.", random.pick(&REASONS))),
            ..Patch::default()
        };
        allowed(board.manager.update_task(&task, patch, &actor));
    }
}
