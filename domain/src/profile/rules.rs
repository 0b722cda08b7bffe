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
    /// ```
    /// use taskloom_domain::profile::{ExecutionProfile, ExecutionProfileValidationOptions};
    ///
    /// let mut profile = ExecutionProfile::default_for(&"task-1".into());
    /// profile.worker.allowed_agent_names = vec![" coder ".into(), "coder".into()];
    /// let profile = profile.normalize(&ExecutionProfileValidationOptions::default())?;
    /// assert_eq!(profile.worker.allowed_agent_names, ["coder"]);
    /// # Ok::<(), taskloom_domain::TaskError>(())
    /// ```
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::tests::assert_values;
    use crate::error::ErrorKind;
    use crate::profile::{CoordinatorMode, WorkerMode};

    fn profile() -> ExecutionProfile {
        ExecutionProfile::default_for(&" task-1 ".into())
    }

    fn changed(change: impl FnOnce(&mut ExecutionProfile)) -> ExecutionProfile {
        let mut profile = profile();
        change(&mut profile);
        profile
    }

    fn names(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn outcome(profile: &ExecutionProfile, options: &Options) -> Option<String> {
        let error = profile.validate(options).err()?;
        assert_eq!(error.kind(), ErrorKind::Validation);
        Some(error.detail().replace("task_execution_profile.", ""))
    }

    #[track_caller]
    fn refused(profile: &ExecutionProfile, detail: &str) {
        assert_eq!(outcome(profile, &Options::default()).as_deref(), Some(detail));
    }

    #[track_caller]
    fn accepted(profile: &ExecutionProfile) {
        assert_eq!(outcome(profile, &Options::default()), None);
    }

    #[test]
    fn modes_are_the_agreed_ones() {
        assert_values::<CoordinatorMode>(&["inherit", "guided"]);
        assert_values::<WorkerMode>(&["inherit", "select"]);
        assert_values::<SandboxMode>(&["inherit", "none", "ref"]);
    }

    #[test]
    fn the_default_profile_is_valid_and_says_nothing() {
        accepted(&profile());
        let json = serde_json::to_string(&profile()).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"task_id":"task-1","coordinator":{"mode":"inherit"},"#,
                r#""worker":{"mode":"inherit"},"review":{},"participants":{},"#,
                r#""sandbox":{"mode":"inherit"},"created_at":"0001-01-01T00:00:00Z","#,
                r#""updated_at":"0001-01-01T00:00:00Z"}"#
            )
        );
        assert_eq!(serde_json::from_str::<ExecutionProfile>(&json).unwrap(), profile());
    }

    #[test]
    fn normalizing_trims_sorts_and_fills_modes() {
        let profile = changed(|profile| {
            profile.coordinator.mode = "".into();
            profile.worker.mode = " SELECT ".into();
            profile.worker.agent_name = " coder ".to_owned();
            profile.worker.allowed_agent_names = names(&[" coder ", "reviewer", "coder", " "]);
            profile.participants.allowed_peer_ids = names(&["b", "a", "b"]);
            profile.sandbox.mode = "".into();
        });
        let profile = profile.normalize(&Options::default()).unwrap();
        assert_eq!(profile.coordinator.mode, CoordinatorMode::Inherit.into());
        assert_eq!(profile.worker.mode, WorkerMode::Select.into());
        assert_eq!(profile.worker.agent_name, "coder");
        assert_eq!(profile.worker.allowed_agent_names, ["coder", "reviewer"]);
        assert_eq!(profile.participants.allowed_peer_ids, ["a", "b"]);
        assert_eq!(profile.sandbox.mode, SandboxMode::Inherit.into());
    }

    #[test]
    fn modes_are_checked_after_folding_and_blank_is_wrong() {
        for raw in ["x", "", " "] {
            refused(
                &changed(|profile| profile.coordinator.mode = raw.into()),
                &format!("coordinator.mode must be \"inherit\" or \"guided\": {raw:?}"),
            );
            refused(
                &changed(|profile| profile.worker.mode = raw.into()),
                &format!("worker.mode must be \"inherit\" or \"select\": {raw:?}"),
            );
            refused(
                &changed(|profile| profile.sandbox.mode = raw.into()),
                &format!("sandbox.mode must be \"inherit\", \"none\", or \"ref\": {raw:?}"),
            );
        }
        for mode in CoordinatorMode::ALL {
            accepted(&changed(|profile| profile.coordinator.mode = (*mode).into()));
        }
        for mode in WorkerMode::ALL {
            accepted(&changed(|profile| profile.worker.mode = (*mode).into()));
        }
        accepted(&changed(|profile| profile.worker.mode = " Select ".into()));
    }

    #[test]
    fn guidance_is_accepted_up_to_its_limit() {
        let with = |bytes: usize| changed(|p| p.coordinator.guidance = "x".repeat(bytes));
        let limited =
            |limit| Options { max_coordinator_guidance_bytes: limit, ..Options::default() };
        for (limit, effective) in [(0, 8192), (10, 10), (8192, 8192), (9000, 9000)] {
            assert_eq!(outcome(&with(effective), &limited(limit)), None);
            assert_eq!(
                outcome(&with(effective + 1), &limited(limit)),
                Some(format!("coordinator.guidance exceeds {effective} bytes"))
            );
        }
    }

    #[test]
    fn provider_and_model_pass_the_gate_only_when_it_is_open() {
        type Set = fn(&mut ExecutionProfile, String);
        let fields: [(&str, &str, Set); 6] = [
            ("coordinator", "provider", |p, v| p.coordinator.provider = v),
            ("coordinator", "model", |p, v| p.coordinator.model = v),
            ("worker", "provider", |p, v| p.worker.provider = v),
            ("worker", "model", |p, v| p.worker.model = v),
            ("review", "provider", |p, v| p.review.provider = v),
            ("review", "model", |p, v| p.review.model = v),
        ];
        let closed = Options { allow_provider_override: false, ..Options::default() };
        for (section, field, set) in fields {
            let with = |value: &str| changed(|profile| set(profile, value.to_owned()));
            accepted(&with("acme large"));
            accepted(&with(&"x".repeat(128)));
            refused(&with(&"x".repeat(129)), &format!("{section}.{field} exceeds 128 bytes"));
            refused(
                &with("a\tb"),
                &format!("{section}.{field} must not contain control whitespace"),
            );
            assert_eq!(
                outcome(&with("acme"), &closed),
                Some(format!("{section} provider/model override is disabled by config"))
            );
        }
        assert_eq!(outcome(&profile(), &closed), None);
    }

    #[test]
    fn an_agent_is_one_of_the_allowed_ones() {
        let worker = |allowed: &[&str]| {
            changed(|profile| {
                profile.worker.agent_name = "coder-a".to_owned();
                profile.worker.allowed_agent_names = names(allowed);
            })
        };
        accepted(&worker(&[]));
        accepted(&worker(&["coder-b", "coder-a"]));
        refused(
            &worker(&["coder-b"]),
            "worker.agent_name \"coder-a\" is outside allowed_agent_names",
        );
        refused(
            &worker(&["Coder-A"]),
            "worker.agent_name \"coder-a\" is outside allowed_agent_names",
        );
        let review = changed(|profile| {
            profile.review.agent_name = "a".to_owned();
            profile.review.allowed_agent_names = names(&["b"]);
        });
        refused(&review, "review.agent_name \"a\" is outside allowed_agent_names");
    }

    #[test]
    fn agent_names_are_measured_for_reviews_only() {
        let long = "x".repeat(129);
        accepted(&changed(|profile| profile.coordinator.agent_name = long.clone()));
        accepted(&changed(|profile| profile.worker.agent_name = long.clone()));
        refused(
            &changed(|profile| profile.review.agent_name = long.clone()),
            "review.agent_name exceeds 128 bytes",
        );
    }

    #[test]
    fn every_list_is_checked_under_its_own_name() {
        type Set = fn(&mut ExecutionProfile, Vec<String>);
        let selectors: [(&str, Set); 14] = [
            ("worker.allowed_agent_names", |p, v| p.worker.allowed_agent_names = v),
            ("worker.preferred_agent_names", |p, v| p.worker.preferred_agent_names = v),
            ("review.allowed_agent_names", |p, v| p.review.allowed_agent_names = v),
            ("review.preferred_agent_names", |p, v| p.review.preferred_agent_names = v),
            ("review.allowed_channel_ids", |p, v| p.review.allowed_channel_ids = v),
            ("review.preferred_channel_ids", |p, v| p.review.preferred_channel_ids = v),
            ("review.allowed_peer_ids", |p, v| p.review.allowed_peer_ids = v),
            ("review.preferred_peer_ids", |p, v| p.review.preferred_peer_ids = v),
            ("participants.allowed_agent_names", |p, v| p.participants.allowed_agent_names = v),
            ("participants.preferred_agent_names", |p, v| {
                p.participants.preferred_agent_names = v;
            }),
            ("participants.allowed_channel_ids", |p, v| p.participants.allowed_channel_ids = v),
            ("participants.preferred_channel_ids", |p, v| {
                p.participants.preferred_channel_ids = v;
            }),
            ("participants.allowed_peer_ids", |p, v| p.participants.allowed_peer_ids = v),
            ("participants.preferred_peer_ids", |p, v| p.participants.preferred_peer_ids = v),
        ];
        for (path, set) in selectors {
            let with = |values: &[&str]| changed(|profile| set(profile, names(values)));
            accepted(&with(&["a b, c", "a b, c"]));
            refused(&with(&["a", ""]), &format!("{path}[1] is required"));
            refused(&with(&["a\nb"]), &format!("{path}[0] must not contain control whitespace"));
        }
        let capabilities: [(&str, Set); 6] = [
            ("worker.required_capabilities", |p, v| p.worker.required_capabilities = v),
            ("worker.preferred_capabilities", |p, v| p.worker.preferred_capabilities = v),
            ("review.required_capabilities", |p, v| p.review.required_capabilities = v),
            ("review.preferred_capabilities", |p, v| p.review.preferred_capabilities = v),
            ("participants.required_capabilities", |p, v| {
                p.participants.required_capabilities = v;
            }),
            ("participants.preferred_capabilities", |p, v| {
                p.participants.preferred_capabilities = v;
            }),
        ];
        for (path, set) in capabilities {
            let with = |values: &[&str]| changed(|profile| set(profile, names(values)));
            accepted(&with(&["Go", "go"]));
            refused(
                &with(&["go", "a b"]),
                &format!("{path}[1] must not contain whitespace or commas"),
            );
        }
    }

    #[test]
    fn the_sandbox_is_named_in_mode_ref_only() {
        let with = |mode: SandboxMode, name: &str| {
            changed(|profile| {
                profile.sandbox.mode = mode.into();
                profile.sandbox.sandbox_ref = name.to_owned();
            })
        };
        for mode in SandboxMode::ALL {
            let (named, unnamed) = match mode {
                SandboxMode::Inherit | SandboxMode::None => {
                    (Some(format!("sandbox.sandbox_ref must be empty for {mode}")), None)
                }
                SandboxMode::Ref => {
                    (None, Some("sandbox.sandbox_ref is required for ref".to_owned()))
                }
            };
            assert_eq!(outcome(&with(*mode, "box"), &Options::default()), named, "{mode}");
            assert_eq!(outcome(&with(*mode, ""), &Options::default()), unnamed, "{mode}");
        }
        refused(&with(SandboxMode::Ref, &"x".repeat(129)), "sandbox.sandbox_ref exceeds 128 bytes");
        let closed =
            Options { allow_sandbox_none: false, allow_sandbox_ref: false, ..Options::default() };
        let detail = |profile| outcome(&profile, &closed);
        assert_eq!(detail(with(SandboxMode::Inherit, "")), None);
        assert_eq!(
            detail(with(SandboxMode::None, "box")).as_deref(),
            Some("sandbox.mode none is disabled by config")
        );
        assert_eq!(
            detail(with(SandboxMode::Ref, "")).as_deref(),
            Some("sandbox.mode ref is disabled by config")
        );
    }

    #[test]
    fn sections_are_checked_in_order() {
        let bad = names(&[""]);
        let mut profile = ExecutionProfile::default();
        profile.coordinator.provider = "a\tb".to_owned();
        profile.worker.required_capabilities = bad.clone();
        profile.review.allowed_peer_ids = bad.clone();
        profile.participants.allowed_peer_ids = bad;
        let error = profile.validate(&Options::default()).unwrap_err();
        assert_eq!(error.path(), "task_execution_profile.task_id");
        profile.task_id = "task-1".into();
        refused(&profile, "coordinator.mode must be \"inherit\" or \"guided\": \"\"");
        profile.coordinator.mode = CoordinatorMode::Guided.into();
        refused(&profile, "coordinator.provider must not contain control whitespace");
        profile.coordinator.provider.clear();
        refused(&profile, "worker.mode must be \"inherit\" or \"select\": \"\"");
        profile.worker.mode = WorkerMode::Select.into();
        refused(&profile, "worker.required_capabilities[0] is required");
        profile.worker.required_capabilities.clear();
        refused(&profile, "review.allowed_peer_ids[0] is required");
        profile.review.allowed_peer_ids.clear();
        refused(&profile, "participants.allowed_peer_ids[0] is required");
        profile.participants.allowed_peer_ids.clear();
        refused(&profile, "sandbox.mode must be \"inherit\", \"none\", or \"ref\": \"\"");
    }
}
