//! Execution profiles: who may work on a task, review it and take part, and
//! where it runs.

mod rules;

use serde::{Deserialize, Serialize};

use crate::enumeration::{Given, enumeration};
use crate::id::TaskId;
use crate::time::Timestamp;

/// The greatest size of the coordinator's guidance, in bytes, unless the options
/// say otherwise.
pub const DEFAULT_MAX_COORDINATOR_GUIDANCE_BYTES: usize = 8 * 1024;

enumeration! {
    /// Whether a task guides its coordinator.
    pub enum CoordinatorMode: listed {
        /// The coordinator works as configured elsewhere.
        Inherit = "inherit",
        /// The profile's guidance is given to the coordinator.
        Guided = "guided",
    }
}

enumeration! {
    /// Whether a task selects its workers. Selectors act in both modes.
    pub enum WorkerMode: listed {
        /// Workers are chosen as configured elsewhere.
        Inherit = "inherit",
        /// The profile's selectors choose workers.
        Select = "select",
    }
}

enumeration! {
    /// Where the work of a task runs.
    pub enum SandboxMode: listed {
        /// As configured elsewhere.
        Inherit = "inherit",
        /// In no sandbox.
        None = "none",
        /// In the sandbox that the profile names.
        Ref = "ref",
    }
}

/// Who coordinates a task, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct CoordinatorProfile {
    /// Whether the guidance is used.
    pub mode: Given<CoordinatorMode>,
    /// The agent that coordinates.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// The model provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// The model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// What the coordinator is told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guidance: String,
}

/// Who works on a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct WorkerProfile {
    /// Whether the profile selects workers.
    pub mode: Given<WorkerMode>,
    /// The one agent that may work on the task.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// The model provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// The model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The agents that may work on the task; none named means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_agent_names: Vec<String>,
    /// The agents that are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_agent_names: Vec<String>,
    /// What a worker must be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_capabilities: Vec<String>,
    /// What a worker had better be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_capabilities: Vec<String>,
}

/// Who reviews the runs of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ReviewProfile {
    /// The one agent that reviews.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// The model provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// The model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The agents that may review; none named means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_agent_names: Vec<String>,
    /// The agents that are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_agent_names: Vec<String>,
    /// The channels on which a review may be held; none named means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_channel_ids: Vec<String>,
    /// The channels that are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_channel_ids: Vec<String>,
    /// The network peers that may review; none named means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_peer_ids: Vec<String>,
    /// The network peers that are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_peer_ids: Vec<String>,
    /// What a reviewer must be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_capabilities: Vec<String>,
    /// What a reviewer had better be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_capabilities: Vec<String>,
}

/// Who takes part in a task, in whatever role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ParticipantPolicy {
    /// The channels that may be used; none named means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_channel_ids: Vec<String>,
    /// The channels that are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_channel_ids: Vec<String>,
    /// The network peers that may take part; none named means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_peer_ids: Vec<String>,
    /// The network peers that are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_peer_ids: Vec<String>,
    /// The agents that may take part; none named means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_agent_names: Vec<String>,
    /// The agents that are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_agent_names: Vec<String>,
    /// What a participant must be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_capabilities: Vec<String>,
    /// What a participant had better be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferred_capabilities: Vec<String>,
}

/// Where the work of a task runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SandboxPolicy {
    /// How the sandbox is chosen.
    pub mode: Given<SandboxMode>,
    /// The sandbox, in mode `ref` only.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sandbox_ref: String,
}

/// How a task wants to be executed; at most one per task. Claiming looks at the
/// workers' and participants' agents and required capabilities; everything else
/// is carried for whoever starts sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ExecutionProfile {
    /// The task.
    pub task_id: TaskId,
    /// Who coordinates.
    pub coordinator: CoordinatorProfile,
    /// Who works.
    pub worker: WorkerProfile,
    /// Who reviews.
    pub review: ReviewProfile,
    /// Who takes part.
    pub participants: ParticipantPolicy,
    /// Where the work runs.
    pub sandbox: SandboxPolicy,
    /// When the profile was stored first.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub created_at: Option<Timestamp>,
    /// When the profile was stored last.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub updated_at: Option<Timestamp>,
}

impl ExecutionProfile {
    /// The profile of a task that has none: everything as configured elsewhere.
    pub fn default_for(task: &TaskId) -> Self {
        Self {
            task_id: task.trimmed(),
            coordinator: CoordinatorProfile {
                mode: CoordinatorMode::Inherit.into(),
                ..CoordinatorProfile::default()
            },
            worker: WorkerProfile { mode: WorkerMode::Inherit.into(), ..WorkerProfile::default() },
            sandbox: SandboxPolicy {
                mode: SandboxMode::Inherit.into(),
                ..SandboxPolicy::default()
            },
            ..Self::default()
        }
    }
}

/// What a board allows its profiles. The default allows everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionProfileValidationOptions {
    /// Whether a profile may name a model provider or a model.
    pub allow_provider_override: bool,
    /// Whether a profile may ask for no sandbox.
    pub allow_sandbox_none: bool,
    /// Whether a profile may name a sandbox.
    pub allow_sandbox_ref: bool,
    /// The greatest size of the coordinator's guidance, in bytes; 0 means
    /// [`DEFAULT_MAX_COORDINATOR_GUIDANCE_BYTES`], beyond which no board keeps any.
    pub max_coordinator_guidance_bytes: usize,
}

impl Default for ExecutionProfileValidationOptions {
    fn default() -> Self {
        Self {
            allow_provider_override: true,
            allow_sandbox_none: true,
            allow_sandbox_ref: true,
            max_coordinator_guidance_bytes: DEFAULT_MAX_COORDINATOR_GUIDANCE_BYTES,
        }
    }
}
