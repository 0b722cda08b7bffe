//! Scripts: lists of commands on a board of five tasks, three workers and a
//! person, written as bytes.
//!
//! Every byte string is a script, so a script is found by a fuzzer as well as by
//! a property test, and shrinks towards fewer and plainer commands.

use taskloom_domain::actor::ActorContext;
use taskloom_domain::run::RunBootRecoveryAction;

use crate::surroundings::Part;

/// How many tasks a script speaks of.
pub const TASKS: u8 = 5;
/// How many worker sessions a script speaks of.
pub const WORKERS: u8 = 3;
/// How many bytes make a step.
pub const STEP_BYTES: usize = 5;

/// A task, by its place among the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskSlot(pub u8);

/// A worker session, by its place among the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worker(pub u8);

/// A run; see [`place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPick {
    /// By the order in which runs were queued.
    Queued(u8),
    /// By the order in which runs were claimed, under a lease or without.
    Taken(u8),
}

/// A review, by the order of requests; see [`place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewPick(pub u8);

/// A lease as a worker remembers it, by the order of claims; see [`place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeasePick {
    /// The claim whose run is meant.
    pub run: u8,
    /// The claim whose token is presented; mostly the same.
    pub token: u8,
}

/// How a new task is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTask {
    /// Its place among the five.
    pub slot: TaskSlot,
    /// What it lies under.
    pub parent: Option<TaskSlot>,
    /// Whether it starts as a draft.
    pub draft: bool,
    /// Whether it needs an approval.
    pub manual: bool,
    /// How many attempts it has.
    pub max_attempts: u8,
    /// Whether it is queued by itself once nothing blocks it.
    pub auto_enqueue: bool,
    /// Whether it names the channel.
    pub channel: bool,
}

/// A field to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say what they change")]
pub enum Change {
    Title,
    NothingNew,
    MaxAttempts(u8),
    ManualApproval,
    NoApproval,
    UrgentPriority,
    AutoEnqueue(bool),
    Nothing,
}

/// A mark in somebody's inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say what they do")]
pub enum Mark {
    Read,
    Archived,
    Dismissed,
    Unread,
}

/// What somebody does, or what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the operations of the engine")]
pub enum Command {
    Create(NewTask),
    Delete(TaskSlot),
    Publish(TaskSlot),
    Start(TaskSlot),
    Approve(TaskSlot),
    Reject(TaskSlot),
    CancelTask(TaskSlot),
    Pause(TaskSlot),
    Resume(TaskSlot),
    AddDependency { task: TaskSlot, on: TaskSlot },
    RemoveDependency { task: TaskSlot, on: TaskSlot },
    Enqueue { task: TaskSlot, key: Option<u8> },
    ClaimNext { worker: Worker, seconds: u16 },
    ClaimRun(RunPick),
    StartRun(RunPick),
    Heartbeat { lease: LeasePick, seconds: u16 },
    Release(LeasePick),
    CompleteLease(LeasePick),
    FailLease(LeasePick),
    CompleteRun(RunPick),
    FailRun(RunPick),
    CancelRun(RunPick),
    Retry(RunPick),
    ForceRelease(RunPick),
    ForceFail(RunPick),
    RecoverExpired,
    ReleaseSession(Worker),
    PauseScheduler,
    ResumeScheduler,
    Wait(u16),

    // From here on without a model.
    Update { task: TaskSlot, change: Change },
    Triage { task: TaskSlot, mark: Mark },
    Snooze { task: TaskSlot, on: TaskSlot },
    Wake(TaskSlot),
    Trash(TaskSlot),
    Restore(TaskSlot),
    PurgeTrash,
    SetProfile(TaskSlot),
    DeleteProfile(TaskSlot),
    Attach { run: RunPick, worker: Worker },
    Boot { run: RunPick, action: RunBootRecoveryAction },
    BulkRelease(RunPick, RunPick),
    BulkFail(RunPick, RunPick),
    Drain,
    RequestReview(RunPick),
    BindReview { review: ReviewPick, worker: Worker },
    Approved(ReviewPick),
    Rejected(ReviewPick),
    Blocked(ReviewPick),
    ReviewFailed(ReviewPick),
    SetReviewPolicy { task: TaskSlot, on: bool },
    ExpireReviews,
    RequestRequiredReviews,
    Import { finished: TaskSlot, dependent: TaskSlot },
    Break(Part),
    Repair,
    TurnChannel,
}

impl Command {
    /// Whether this operation decides and carries out in separate commits, so
    /// that it may be refused after it has decided.
    pub fn keeps_decisions(&self) -> bool {
        matches!(
            self,
            // The approval stays where the run behind it is refused.
            Command::Publish(_) | Command::Approve(_)
            // The failed run stays where its session does not start; a closed
            // channel leaves an event.
            | Command::StartRun(_) | Command::Attach { .. }
            // The tasks before the one whose session does not stop stay canceled.
            | Command::CancelTask(_)
            // The run stays failed where its session does not stop.
            | Command::Boot { action: RunBootRecoveryAction::Fail, .. }
        )
    }

    /// The lease that is presented, for operations that need one.
    pub fn lease(&self) -> Option<LeasePick> {
        match *self {
            Command::Heartbeat { lease, .. }
            | Command::Release(lease)
            | Command::CompleteLease(lease)
            | Command::FailLease(lease) => Some(lease),
            _ => None,
        }
    }
}

/// Which element a pick means: often the newest, or else any; none of nothing.
pub fn place(pick: u8, count: usize) -> Option<usize> {
    let newest = count.checked_sub(1)?;
    Some(match pick {
        0..128 => newest,
        128..192 => newest.saturating_sub(1),
        _ => usize::from(pick) % count,
    })
}

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person who may do everything.
    Person,
    /// A worker session.
    Session(Worker),
    /// Somebody who may look and touch nothing.
    Onlooker,
}

impl Who {
    /// Their context.
    pub fn context(self) -> ActorContext {
        let person =
            || ActorContext::derive_human("ada", "cli", "terminal").expect("a complete person");
        match self {
            Who::Person => person(),
            Who::Session(worker) => worker.context(),
            Who::Onlooker => {
                let mut context = person();
                context.authority.write = false;
                context.authority.create_global = false;
                context.authority.create_workspace = false;
                context
            }
        }
    }
}

impl Worker {
    /// The name of the session.
    pub fn session(self) -> String {
        format!("sess-{}", self.0)
    }

    /// Its context.
    pub fn context(self) -> ActorContext {
        ActorContext::derive_agent_session(&self.session()).expect("a session with a name")
    }
}

/// One command and who gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Who.
    pub who: Who,
    /// What.
    pub command: Command,
}

/// What a board starts with: five tasks and some edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening(pub [u8; OPENING_BYTES]);

/// How many bytes make an opening.
pub const OPENING_BYTES: usize = 7;

/// Backwards from each task; together with [`Opening`], about every fourth edge.
const EDGES: [(u8, u8); 8] = [(1, 0), (2, 1), (3, 2), (4, 3), (2, 0), (3, 1), (4, 2), (4, 0)];

impl Opening {
    fn steps(self) -> impl Iterator<Item = Step> {
        let [tasks @ .., one, other] = self.0;
        let tasks = (0..TASKS).zip(tasks).map(|(slot, byte)| {
            Command::Create(NewTask {
                slot: TaskSlot(slot),
                parent: (slot > 0 && byte & 0b111 == 0b111).then(|| TaskSlot(slot - 1)),
                draft: byte & 0b1111 == 0b1000,
                manual: byte & 0b1111 == 0b1001,
                max_attempts: [3, 1, 2, 5][usize::from((byte >> 4) & 0b11)],
                auto_enqueue: byte & 0x40 != 0,
                channel: byte & 0x80 != 0,
            })
        });
        let drawn = move |place: u8| one & other & (1 << place) != 0;
        let edges = (0..).zip(EDGES).filter(move |(place, _)| drawn(*place)).map(|(_, edge)| {
            Command::AddDependency { task: TaskSlot(edge.0), on: TaskSlot(edge.1) }
        });
        tasks.chain(edges).map(|command| Step { who: Who::Person, command })
    }
}

/// Reads a script of any commands by anybody: an opening, then steps. What is
/// left after the last whole step is not read.
pub fn steps(bytes: &[u8]) -> Vec<Step> {
    read(bytes, |step| any_step(step, DECK))
}

/// Reads a script of the commands that the model knows, given by the person.
pub fn modelled_steps(bytes: &[u8]) -> Vec<Step> {
    let mut steps = read(bytes, |step| Step { who: Who::Person, ..any_step(step, MODELLED) });
    for step in &mut steps {
        // The model queues nothing by itself.
        if let Command::Create(task) = &mut step.command {
            task.auto_enqueue = false;
        }
    }
    steps
}

fn read(bytes: &[u8], step: impl Fn(&[u8]) -> Step) -> Vec<Step> {
    let Some((opening, rest)) = bytes.split_first_chunk() else { return Vec::new() };
    Opening(*opening).steps().chain(rest.chunks_exact(STEP_BYTES).map(step)).collect()
}

/// Verbs below this number have a model.
const MODELLED: u8 = 35;
/// The number of verbs.
const DECK: u8 = 52;

fn any_step(bytes: &[u8], deck: u8) -> Step {
    let [verb, a, b, c, who] = *bytes else { unreachable!("a step has five bytes") };
    let who = match who % 8 {
        0..=5 => Who::Person,
        6 => Who::Session(Worker(who / 8 % WORKERS)),
        _ if who > 160 => Who::Onlooker,
        _ => Who::Person,
    };
    Step { who, command: command(verb % deck, a, b, c) }
}

/// Frequent commands have several verbs.
fn command(verb: u8, a: u8, b: u8, c: u8) -> Command {
    let task = TaskSlot(a % TASKS);
    let other = TaskSlot(b % TASKS);
    let run = RunPick::Queued(a);
    let taken = if c < 208 { RunPick::Taken(a) } else { run };
    let worker = Worker(b % WORKERS);
    let review = ReviewPick(a);
    let lease = LeasePick { run: a, token: if b.is_multiple_of(12) { c } else { a } };
    let seconds = [300, 60][usize::from(c & 1)];
    match verb {
        0..=3 => Command::Enqueue { task, key: (b & 3 == 1).then_some((b >> 2) & 1) },
        5..=8 => Command::ClaimNext { worker, seconds },
        10 => Command::Heartbeat { lease, seconds },
        11 => Command::Release(lease),
        12..=14 => Command::CompleteLease(lease),
        15 => Command::FailLease(lease),
        4 | 16 => Command::Wait([60, 300, 60, 300, 1, 59, 299, 301][usize::from(a % 8)]),
        17 => Command::RecoverExpired,
        18 => Command::ReleaseSession(worker),
        9 | 19 => Command::ClaimRun(run),
        20 | 21 => Command::StartRun(taken),
        22 => Command::CompleteRun(taken),
        23 => Command::FailRun(taken),
        24 => match b % 3 {
            0 => Command::CancelRun(taken),
            1 => Command::ForceRelease(taken),
            _ => Command::ForceFail(run),
        },
        25 => Command::Retry(run),
        26 => Command::AddDependency { task, on: other },
        27 => Command::RemoveDependency { task, on: other },
        28 => Command::Publish(task),
        29 => Command::Start(task),
        30 => match b % 3 {
            0 => Command::Approve(task),
            1 if c & 1 == 0 => Command::Reject(task),
            1 => Command::CancelTask(task),
            _ => Command::Start(task),
        },
        31 => match b % 2 {
            0 => Command::Pause(task),
            _ => Command::Resume(task),
        },
        32 => match b % 3 {
            0 => Command::Delete(task),
            _ => Command::Enqueue { task, key: None },
        },
        33 => Command::Create(NewTask {
            slot: task,
            parent: (b & 0b11 == 0b11).then_some(TaskSlot((b >> 2) % TASKS)),
            draft: c & 0b111 == 0b111,
            manual: c & 0b11_1000 == 0b11_1000,
            max_attempts: 1 + (c >> 6) % 3,
            auto_enqueue: b & 0x80 != 0,
            channel: b & 0x40 != 0,
        }),
        34 => match a % 8 {
            0 => Command::PauseScheduler,
            _ => Command::ResumeScheduler,
        },
        35 | 36 => Command::Update { task, change: change(b, c) },
        37 => {
            let marks = [Mark::Read, Mark::Archived, Mark::Dismissed, Mark::Unread];
            Command::Triage { task, mark: marks[usize::from(b % 4)] }
        }
        38 => match b % 4 {
            0 => Command::SetProfile(task),
            1 => Command::DeleteProfile(task),
            2 => Command::Snooze { task, on: other },
            _ => Command::Wake(task),
        },
        39 => Command::Attach { run: taken, worker },
        40 | 41 => {
            let action = match b % 3 {
                0 => RunBootRecoveryAction::Requeue,
                1 => RunBootRecoveryAction::MarkRunning,
                _ => RunBootRecoveryAction::Fail,
            };
            Command::Boot { run: taken, action }
        }
        42 => match c % 3 {
            0 => Command::BulkRelease(run, RunPick::Taken(b)),
            1 => Command::BulkFail(run, RunPick::Taken(b)),
            _ if a & 3 == 0 => Command::Drain,
            _ => Command::ResumeScheduler,
        },
        43 | 44 => Command::RequestReview(taken),
        45 => match b % 3 {
            0 => Command::BindReview { review, worker },
            1 => Command::Approved(review),
            _ => Command::Blocked(review),
        },
        46 => match b % 3 {
            0 => Command::ReviewFailed(review),
            _ => Command::Rejected(review),
        },
        47 => match b % 4 {
            0 => Command::SetReviewPolicy { task, on: false },
            1 => Command::SetReviewPolicy { task, on: true },
            2 => Command::ExpireReviews,
            _ => Command::RequestRequiredReviews,
        },
        48 => Command::Import {
            finished: TaskSlot(TASKS + a % 4),
            dependent: TaskSlot(TASKS + 4 + b % 4),
        },
        49 => Command::Trash(task),
        50 => match b % 8 {
            0 => Command::PurgeTrash,
            _ => Command::Restore(task),
        },
        _ => match a % 10 {
            0 => Command::Break(Part::Start),
            1 => Command::Break(Part::Attach),
            2 => Command::Break(Part::RequestStop),
            3 => Command::Break(Part::ForceStop),
            4 => Command::TurnChannel,
            _ => Command::Repair,
        },
    }
}

fn change(b: u8, c: u8) -> Change {
    match b % 8 {
        0 => Change::Title,
        1 => Change::NothingNew,
        2 => Change::MaxAttempts(1 + c % 3),
        3 => Change::ManualApproval,
        4 => Change::NoApproval,
        5 => Change::UrgentPriority,
        6 => Change::AutoEnqueue(c & 1 == 0),
        _ => Change::Nothing,
    }
}
