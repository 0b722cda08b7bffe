//! The canonical form of a profile and its rules of form.

use super::{
    CoordinatorProfile, DEFAULT_MAX_COORDINATOR_GUIDANCE_BYTES, ExecutionProfile,
    ExecutionProfileValidationOptions, ParticipantPolicy, ReviewProfile, SandboxMode,
    SandboxPolicy, WorkerProfile,
};
use crate::capability::{
    Presence, normalize_selectors, validate_capability_ids, validate_selector_atom,
};
use crate::enumeration::{Enumeration, Given, quoted};
use crate::error::{Result, TaskError};
use crate::rule::{element, join, require_text, require_within, trimmed};

const PATH: &str = "task_execution_profile";
const COORDINATOR: &str = "task_execution_profile.coordinator";
const WORKER: &str = "task_execution_profile.worker";
const REVIEW: &str = "task_execution_profile.review";
const PARTICIPANTS: &str = "task_execution_profile.participants";
const SANDBOX: &str = "task_execution_profile.sandbox";

type Options = ExecutionProfileValidationOptions;

impl ExecutionProfile {
    /// The canonical form: text trimmed, blank modes taken as `inherit`, lists
    /// trimmed, without blanks, each entry once, in byte order.
    ///
    /// # Errors
    ///
    /// As [`ExecutionProfile::validate`], on the canonical form.
    pub fn normalize(self, options: &ExecutionProfileValidationOptions) -> Result<Self> {
        let profile = Self {
            task_id: self.task_id.trimmed(),
            coordinator: self.coordinator.normalize(),
            worker: self.worker.normalize(),
            review: self.review.normalize(),
            participants: self.participants.normalize(),
            sandbox: self.sandbox.normalize(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        profile.validate(options)?;
        Ok(profile)
    }

    /// Checks the rules of form. Nothing is trimmed here: a blank mode is refused,
    /// and text counts as it is.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault, under `task_execution_profile`.
    pub fn validate(&self, options: &ExecutionProfileValidationOptions) -> Result<()> {
        require_text(self.task_id.as_str(), PATH, "task_id")?;
        self.coordinator.validate(options)?;
        self.worker.validate(options)?;
        self.review.validate(options)?;
        self.participants.validate()?;
        self.sandbox.validate(options)
    }
}

impl CoordinatorProfile {
    fn normalize(self) -> Self {
        Self {
            mode: self.mode.or(super::CoordinatorMode::Inherit),
            agent_name: trimmed(self.agent_name),
            provider: trimmed(self.provider),
            model: trimmed(self.model),
            guidance: trimmed(self.guidance),
        }
    }

    fn validate(&self, options: &Options) -> Result<()> {
        require_mode(&self.mode, COORDINATOR)?;
        let limit = match options.max_coordinator_guidance_bytes {
            0 => DEFAULT_MAX_COORDINATOR_GUIDANCE_BYTES,
            limit => limit,
        };
        require_within(&self.guidance, limit, COORDINATOR, "guidance")?;
        validate_provider(&self.provider, &self.model, COORDINATOR, options)
    }
}

impl WorkerProfile {
    fn normalize(self) -> Self {
        Self {
            mode: self.mode.or(super::WorkerMode::Inherit),
            agent_name: trimmed(self.agent_name),
            provider: trimmed(self.provider),
            model: trimmed(self.model),
            allowed_agent_names: normalize_selectors(self.allowed_agent_names),
            preferred_agent_names: normalize_selectors(self.preferred_agent_names),
            required_capabilities: normalize_selectors(self.required_capabilities),
            preferred_capabilities: normalize_selectors(self.preferred_capabilities),
        }
    }

    fn validate(&self, options: &Options) -> Result<()> {
        require_mode(&self.mode, WORKER)?;
        validate_provider(&self.provider, &self.model, WORKER, options)?;
        validate_atoms(&self.allowed_agent_names, WORKER, "allowed_agent_names")?;
        validate_atoms(&self.preferred_agent_names, WORKER, "preferred_agent_names")?;
        require_allowed(&self.agent_name, &self.allowed_agent_names, WORKER)?;
        validate_capabilities(&self.required_capabilities, &self.preferred_capabilities, WORKER)
    }
}

impl ReviewProfile {
    fn normalize(self) -> Self {
        Self {
            agent_name: trimmed(self.agent_name),
            provider: trimmed(self.provider),
            model: trimmed(self.model),
            allowed_agent_names: normalize_selectors(self.allowed_agent_names),
            preferred_agent_names: normalize_selectors(self.preferred_agent_names),
            allowed_channel_ids: normalize_selectors(self.allowed_channel_ids),
            preferred_channel_ids: normalize_selectors(self.preferred_channel_ids),
            allowed_peer_ids: normalize_selectors(self.allowed_peer_ids),
            preferred_peer_ids: normalize_selectors(self.preferred_peer_ids),
            required_capabilities: normalize_selectors(self.required_capabilities),
            preferred_capabilities: normalize_selectors(self.preferred_capabilities),
        }
    }

    fn validate(&self, options: &Options) -> Result<()> {
        validate_provider(&self.provider, &self.model, REVIEW, options)?;
        validate_selector_atom(&self.agent_name, &join(REVIEW, "agent_name"), Presence::Optional)?;
        validate_atoms(&self.allowed_agent_names, REVIEW, "allowed_agent_names")?;
        validate_atoms(&self.preferred_agent_names, REVIEW, "preferred_agent_names")?;
        require_allowed(&self.agent_name, &self.allowed_agent_names, REVIEW)?;
        validate_atoms(&self.allowed_channel_ids, REVIEW, "allowed_channel_ids")?;
        validate_atoms(&self.preferred_channel_ids, REVIEW, "preferred_channel_ids")?;
        validate_atoms(&self.allowed_peer_ids, REVIEW, "allowed_peer_ids")?;
        validate_atoms(&self.preferred_peer_ids, REVIEW, "preferred_peer_ids")?;
        validate_capabilities(&self.required_capabilities, &self.preferred_capabilities, REVIEW)
    }
}

impl ParticipantPolicy {
    fn normalize(self) -> Self {
        Self {
            allowed_channel_ids: normalize_selectors(self.allowed_channel_ids),
            preferred_channel_ids: normalize_selectors(self.preferred_channel_ids),
            allowed_peer_ids: normalize_selectors(self.allowed_peer_ids),
            preferred_peer_ids: normalize_selectors(self.preferred_peer_ids),
            allowed_agent_names: normalize_selectors(self.allowed_agent_names),
            preferred_agent_names: normalize_selectors(self.preferred_agent_names),
            required_capabilities: normalize_selectors(self.required_capabilities),
            preferred_capabilities: normalize_selectors(self.preferred_capabilities),
        }
    }

    fn validate(&self) -> Result<()> {
        validate_atoms(&self.allowed_agent_names, PARTICIPANTS, "allowed_agent_names")?;
        validate_atoms(&self.preferred_agent_names, PARTICIPANTS, "preferred_agent_names")?;
        validate_atoms(&self.allowed_channel_ids, PARTICIPANTS, "allowed_channel_ids")?;
        validate_atoms(&self.preferred_channel_ids, PARTICIPANTS, "preferred_channel_ids")?;
        validate_atoms(&self.allowed_peer_ids, PARTICIPANTS, "allowed_peer_ids")?;
        validate_atoms(&self.preferred_peer_ids, PARTICIPANTS, "preferred_peer_ids")?;
        validate_capabilities(
            &self.required_capabilities,
            &self.preferred_capabilities,
            PARTICIPANTS,
        )
    }
}

impl SandboxPolicy {
    fn normalize(self) -> Self {
        Self { mode: self.mode.or(SandboxMode::Inherit), sandbox_ref: trimmed(self.sandbox_ref) }
    }

    fn validate(&self, options: &Options) -> Result<()> {
        let mode_path = join(SANDBOX, "mode");
        let ref_path = join(SANDBOX, "sandbox_ref");
        let gate = |allowed: bool, mode: SandboxMode| {
            if allowed {
                return Ok(());
            }
            Err(TaskError::validation(&mode_path, &format!("{mode} is disabled by config")))
        };
        let require_empty = |mode: SandboxMode| {
            if self.sandbox_ref.is_empty() {
                return Ok(());
            }
            Err(TaskError::validation(&ref_path, &format!("must be empty for {mode}")))
        };
        match self.mode.known() {
            Some(SandboxMode::Inherit) => require_empty(SandboxMode::Inherit)?,
            Some(SandboxMode::None) => {
                gate(options.allow_sandbox_none, SandboxMode::None)?;
                require_empty(SandboxMode::None)?;
            }
            Some(SandboxMode::Ref) => {
                gate(options.allow_sandbox_ref, SandboxMode::Ref)?;
                if self.sandbox_ref.is_empty() {
                    return Err(TaskError::validation(&ref_path, "is required for ref"));
                }
            }
            None => {
                let rest = format!(
                    "must be \"inherit\", \"none\", or \"ref\": {}",
                    quoted(self.mode.raw())
                );
                return Err(TaskError::validation(&mode_path, &rest));
            }
        }
        validate_selector_atom(&self.sandbox_ref, &ref_path, Presence::Optional)
    }
}

/// Refuses unknown modes; a blank one is as wrong as any other.
fn require_mode<T: Enumeration>(mode: &Given<T>, section: &str) -> Result<()> {
    match mode.known() {
        Some(_) => Ok(()),
        None => Err(T::unsupported(&join(section, "mode"), mode.raw())),
    }
}

fn validate_provider(provider: &str, model: &str, section: &str, options: &Options) -> Result<()> {
    let overrides = !provider.is_empty() || !model.is_empty();
    if overrides && !options.allow_provider_override {
        let rest = "provider/model override is disabled by config";
        return Err(TaskError::validation(section, rest));
    }
    validate_selector_atom(provider, &join(section, "provider"), Presence::Optional)?;
    validate_selector_atom(model, &join(section, "model"), Presence::Optional)
}

fn validate_atoms(values: &[String], section: &str, field: &str) -> Result<()> {
    let path = join(section, field);
    values.iter().enumerate().try_for_each(|(index, value)| {
        validate_selector_atom(value, &element(&path, index), Presence::Required)
    })
}

fn validate_capabilities(required: &[String], preferred: &[String], section: &str) -> Result<()> {
    validate_capability_ids(required, &join(section, "required_capabilities"))?;
    validate_capability_ids(preferred, &join(section, "preferred_capabilities"))
}

/// Refuses an agent that a non-empty list of allowed agents does not name.
fn require_allowed(agent: &str, allowed: &[String], section: &str) -> Result<()> {
    if agent.is_empty() || allowed.is_empty() || allowed.iter().any(|name| name == agent) {
        return Ok(());
    }
    let rest = format!("{} is outside allowed_agent_names", quoted(agent));
    Err(TaskError::validation(&join(section, "agent_name"), &rest))
}
