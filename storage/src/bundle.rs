//! A bundle: a whole board as one JSON document, for export and import.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use taskloom_domain::TaskError;
use taskloom_domain::channel::ChannelRecord;
use taskloom_domain::dependency::Dependency;
use taskloom_domain::event::EventRecord;
use taskloom_domain::id::{Sequence, TaskId};
use taskloom_domain::idempotency::RunIdempotency;
use taskloom_domain::merge::MergeConflict;
use taskloom_domain::profile::{ExecutionProfile, ExecutionProfileValidationOptions};
use taskloom_domain::review::{ReviewGateState, RunReview};
use taskloom_domain::run::Run;
use taskloom_domain::scheduler::SchedulerPauseState;
use taskloom_domain::snooze::Snooze;
use taskloom_domain::store::{Key, Record};
use taskloom_domain::task::Task;
use taskloom_domain::trash::TrashedTask;
use taskloom_domain::triage::TriageState;
use thiserror::Error;

use crate::error::StorageError;

/// What a bundle calls itself.
const FORMAT: &str = "taskloom-bundle";
/// The format that this version writes, and the newest that it reads.
const FORMAT_VERSION: u32 = 1;
/// Numbers of events stay exact in JavaScript, with room for those to come.
const NEWEST_NUMBER: Sequence = Sequence::new(1 << 52);

/// A whole board: every record in its stored form, by kind, except the raw
/// tokens of live leases.
///
/// Its JSON names the fields as this type does, after `format`
/// (`"taskloom-bundle"`) and `format_version` (1). A reader passes over members
/// that it does not know, so a program may keep its own settings beside them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bundle {
    format: FormatName,
    format_version: FormatVersion,
    /// The number of the newest audit event.
    pub latest_sequence: Sequence,
    /// The scheduler's switch, if it was ever thrown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<Arc<SchedulerPauseState>>,
    /// Tasks.
    pub tasks: Vec<Arc<Task>>,
    /// Dependency edges.
    pub dependencies: Vec<Arc<Dependency>>,
    /// Execution profiles.
    pub profiles: Vec<Arc<ExecutionProfile>>,
    /// Coordination channels.
    pub channels: Vec<Arc<ChannelRecord>>,
    /// Runs.
    pub runs: Vec<Arc<Run>>,
    /// Bound idempotency keys.
    pub idempotency: Vec<Arc<RunIdempotency>>,
    /// Reviews.
    pub reviews: Vec<Arc<RunReview>>,
    /// The review states beside tasks.
    pub review_gates: Vec<Arc<ReviewGateState>>,
    /// Triage records.
    pub triage: Vec<Arc<TriageState>>,
    /// Snoozes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub snoozes: Vec<Arc<Snooze>>,
    /// Deleted tasks that can still be brought back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trash: Vec<Arc<TrashedTask>>,
    /// Audit events.
    pub events: Vec<Arc<EventRecord>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct FormatName(Cow<'static, str>);

impl Default for FormatName {
    fn default() -> Self {
        Self(Cow::Borrowed(FORMAT))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct FormatVersion(u32);

impl Default for FormatVersion {
    fn default() -> Self {
        Self(FORMAT_VERSION)
    }
}

/// What a document says that it is.
#[derive(Deserialize)]
struct Label {
    format: String,
    format_version: u32,
}

impl Bundle {
    /// The bundle of a board's records, in their order.
    pub fn of(records: impl Iterator<Item = Record>) -> Self {
        let mut bundle = Self::default();
        for record in records {
            match record {
                Record::Task(task) => bundle.tasks.push(task),
                Record::Dependency(edge) => bundle.dependencies.push(edge),
                Record::Run(run) => bundle.runs.push(run),
                // A secret of the session that holds the lease.
                Record::ClaimToken(..) => {}
                Record::Event(event) => bundle.events.push(event),
                Record::LatestSequence(sequence) => bundle.latest_sequence = sequence,
                Record::Idempotency(binding) => bundle.idempotency.push(binding),
                Record::Triage(state) => bundle.triage.push(state),
                Record::Snooze(snooze) => bundle.snoozes.push(snooze),
                Record::Trash(trashed) => bundle.trash.push(trashed),
                Record::Profile(profile) => bundle.profiles.push(profile),
                Record::Review(review) => bundle.reviews.push(review),
                Record::ReviewGate(gate) => bundle.review_gates.push(gate),
                Record::Channel(channel) => bundle.channels.push(channel),
                Record::Scheduler(state) => bundle.scheduler = Some(state),
            }
        }
        bundle
    }

    /// Every record of the bundle.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let latest = (self.latest_sequence != Sequence::ZERO)
            .then_some(Record::LatestSequence(self.latest_sequence));
        let scheduler = self.scheduler.iter().cloned().map(Record::Scheduler);
        (self.tasks.iter().cloned().map(Record::Task))
            .chain(self.dependencies.iter().cloned().map(Record::Dependency))
            .chain(self.profiles.iter().cloned().map(Record::Profile))
            .chain(self.channels.iter().cloned().map(Record::Channel))
            .chain(self.runs.iter().cloned().map(Record::Run))
            .chain(self.idempotency.iter().cloned().map(Record::Idempotency))
            .chain(self.reviews.iter().cloned().map(Record::Review))
            .chain(self.review_gates.iter().cloned().map(Record::ReviewGate))
            .chain(self.triage.iter().cloned().map(Record::Triage))
            .chain(self.snoozes.iter().cloned().map(Record::Snooze))
            .chain(self.trash.iter().cloned().map(Record::Trash))
            .chain(self.events.iter().cloned().map(Record::Event))
            .chain(latest)
            .chain(scheduler)
    }

    /// The document.
    ///
    /// # Errors
    ///
    /// [`BundleError::Invalid`] if a raw document in a record is no JSON, which
    /// no record of a board holds.
    pub fn to_json(&self) -> Result<String, BundleError> {
        serde_json::to_string(self)
            .map_err(|error| BundleError::Invalid { cause: error.to_string() })
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// [`BundleError::NotABundle`] for other documents, [`BundleError::NewerFormat`]
    /// for one of a newer version, [`BundleError::Invalid`] where the JSON or a
    /// record in it is malformed.
    pub fn from_json(text: &str) -> Result<Self, BundleError> {
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            return Err(BundleError::Invalid { cause: error.to_string() });
        }
        let Ok(label) = serde_json::from_str::<Label>(text) else {
            return Err(BundleError::NotABundle);
        };
        if label.format != FORMAT || label.format_version == 0 {
            return Err(BundleError::NotABundle);
        }
        if label.format_version > FORMAT_VERSION {
            return Err(BundleError::NewerFormat { found: label.format_version });
        }
        serde_json::from_str(text)
            .map_err(|error| BundleError::Invalid { cause: error.to_string() })
    }

    /// Checks the form of every record, that ids are used once, that no record
    /// belongs to a task that is missing, and that there are no claim tokens.
    ///
    /// # Errors
    ///
    /// [`ImportError::Invalid`], [`ImportError::Dangling`] or
    /// [`ImportError::Repeated`] at the first record at fault.
    pub fn validate(&self) -> Result<(), ImportError> {
        let tasks: HashSet<&TaskId> = self.tasks.iter().map(|task| &task.id).collect();
        let mut keys = HashSet::new();
        let mut event_ids = HashSet::new();
        for record in self.records() {
            let key = record.key();
            validate(&record).map_err(|error| ImportError::Invalid {
                key: key.clone(),
                error: Box::new(error),
            })?;
            let missing = owners(&record).into_iter().find(|(_, task)| !tasks.contains(task));
            if let Some((field, task)) = missing {
                return Err(ImportError::Dangling { key, field, task: task.clone() });
            }
            let event_again = match &record {
                Record::Event(event) => !event_ids.insert(event.event.id.clone()),
                _ => false,
            };
            if event_again || !keys.insert(key.clone()) {
                return Err(ImportError::Repeated { key });
            }
        }
        if self.latest_sequence.get() < 0 || self.latest_sequence > NEWEST_NUMBER {
            let rest = format!("must be within 0 and {NEWEST_NUMBER}");
            let error = TaskError::validation("latest_sequence", &rest);
            return Err(ImportError::Invalid { key: Key::LatestSequence, error: Box::new(error) });
        }
        Ok(())
    }
}

fn validate(record: &Record) -> Result<(), TaskError> {
    match record {
        Record::Task(task) => task.validate(),
        Record::Dependency(edge) => edge.validate(),
        Record::Run(run) => run.validate(),
        Record::Event(event) if event.sequence > NEWEST_NUMBER => {
            let rest = format!("must not be above {NEWEST_NUMBER}");
            Err(TaskError::validation("task_event.sequence", &rest))
        }
        Record::Event(event) => event.validate(),
        Record::Idempotency(binding) => binding.validate(),
        Record::Triage(state) => state.validate(),
        Record::Snooze(snooze) => snooze.validate(),
        Record::Trash(trashed) => {
            trashed.validate()?;
            trashed.records.iter().try_for_each(validate_trashed)
        }
        // What profiles may say is a setting of each board, and was checked where
        // the profile was made; here only its form counts.
        Record::Profile(profile) => profile.validate(&ExecutionProfileValidationOptions::default()),
        Record::Review(review) => review.validate(),
        Record::ClaimToken(..)
        | Record::LatestSequence(_)
        | Record::ReviewGate(_)
        | Record::Channel(_)
        | Record::Scheduler(_) => Ok(()),
    }
}

/// What lies in the trash may come back, so it is checked like the rest.
fn validate_trashed(record: &Record) -> Result<(), TaskError> {
    if matches!(record, Record::ClaimToken(..)) {
        return Err(TaskError::validation("task_trash.records", "must not hold claim tokens"));
    }
    validate(record)
}

/// The tasks without which a record means nothing, by the field that names them.
fn owners(record: &Record) -> Vec<(&'static str, &TaskId)> {
    let task_id = |task| vec![("task_id", task)];
    match record {
        Record::Task(task) => {
            task.parent_task_id.iter().map(|parent| ("parent_task_id", parent)).collect()
        }
        Record::Dependency(edge) => {
            vec![("task_id", &edge.task_id), ("depends_on_task_id", &edge.depends_on_task_id)]
        }
        Record::Run(run) => task_id(&run.task_id),
        Record::Triage(state) => task_id(&state.task_id),
        Record::Snooze(snooze) => task_id(&snooze.task_id),
        Record::Profile(profile) => task_id(&profile.task_id),
        Record::Review(review) => task_id(&review.task_id),
        Record::ReviewGate(gate) => task_id(&gate.task_id),
        Record::Event(_)
        | Record::Trash(_)
        | Record::ClaimToken(..)
        | Record::LatestSequence(_)
        | Record::Idempotency(_)
        | Record::Channel(_)
        | Record::Scheduler(_) => Vec::new(),
    }
}

/// Why a document is not read as a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BundleError {
    /// It is JSON, but not a bundle.
    #[error("this document is not a Taskloom bundle")]
    NotABundle,
    /// A newer version of Taskloom wrote it.
    #[error("a newer version of Taskloom wrote this bundle (format {found}); update to read it")]
    NewerFormat {
        /// Its format.
        found: u32,
    },
    /// It is malformed.
    #[error("this bundle is malformed: {cause}")]
    Invalid {
        /// Where, and why.
        cause: String,
    },
}

impl BundleError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            BundleError::NotABundle => "not_a_bundle",
            BundleError::NewerFormat { .. } => "newer_format",
            BundleError::Invalid { .. } => "invalid_bundle",
        }
    }
}

/// Why a bundle is not imported.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ImportError {
    /// The board has records already.
    #[error("the board is not empty; merge the bundle into it, or replace the board by it")]
    NotEmpty,
    /// A record breaks a rule of form.
    #[error("in this bundle, {key} is not valid: {error}")]
    Invalid {
        /// The record.
        key: Key,
        /// The field, and what is wrong with it.
        error: Box<TaskError>,
    },
    /// A record belongs to a task that the bundle does not hold.
    #[error("in this bundle, {key} names task {task} as its {field}, which is missing")]
    Dangling {
        /// The record.
        key: Key,
        /// Its field that names the task.
        field: &'static str,
        /// The missing task.
        task: TaskId,
    },
    /// Two records have the same name, or two events the same id.
    #[error("this bundle holds {key} twice")]
    Repeated {
        /// The name.
        key: Key,
    },
    /// The bundle and the board do not go together: a rule that both keep would be
    /// broken.
    #[error(transparent)]
    Conflict(#[from] MergeConflict),
    /// The records could not be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ImportError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ImportError::NotEmpty => "board_not_empty",
            ImportError::Conflict(conflict) => conflict.kind().code(),
            ImportError::Invalid { .. }
            | ImportError::Dangling { .. }
            | ImportError::Repeated { .. } => "invalid_bundle",
            ImportError::Storage(error) => error.code(),
        }
    }
}
