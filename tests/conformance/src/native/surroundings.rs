//! What stands around the engine in a scenario: the fake clock, counted ids and
//! tokens, known workspaces and channels, and sessions that only exist as names.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use taskloom_domain::autonomy::AutonomyLeaseHandle;
use taskloom_domain::environment::{IdGenerator, IdPrefix};
use taskloom_domain::force::ForceRecoveryOptions;
use taskloom_domain::id::{RunId, SessionId};
use taskloom_domain::manager::ManagerOptions;
use taskloom_domain::profile::ExecutionProfileValidationOptions;
use taskloom_domain::session::{SessionExecutor, SessionRef, StartTaskSession, StopReason};
use taskloom_domain::{ErrorKind, TaskError, Timestamp};

use crate::scenario::Options;

use super::catalogue::Catalogue;

/// The parts that a scenario changes while it runs.
pub(super) struct Surroundings {
    pub(super) now: Timestamp,
    pub(super) channels: Option<Vec<String>>,
    pub(super) sessions: Option<Vec<Value>>,
}

pub(super) type Shared = Rc<RefCell<Surroundings>>;

impl Surroundings {
    pub(super) fn new(options: &Options) -> Result<Self, String> {
        Ok(Self {
            now: Timestamp::parse_rfc3339(&options.start)?,
            channels: options.known_channels.clone(),
            sessions: options.sessions.clone(),
        })
    }
}

/// The manager's options for a scenario.
pub(super) fn manager_options(
    options: &Options,
    shared: &Shared,
) -> Result<ManagerOptions, String> {
    let clock = Rc::clone(shared);
    let mut issued = 0_u64;
    let mut manager = ManagerOptions::new(
        move || clock.borrow().now,
        CountedIds::default(),
        move || {
            issued += 1;
            let mut bytes = [0_u8; 32];
            bytes[..8].copy_from_slice(&issued.to_be_bytes());
            bytes
        },
    );
    if let Some(force) = &options.force {
        manager.force = force_options(force);
    }
    if let Some(profile) = &options.profile {
        manager.profile_gates = profile_gates(profile);
    }
    let workspaces = options.workspaces.clone();
    manager.workspace_exists =
        Some(Box::new(move |id| workspaces.iter().any(|known| known == id.as_str())));
    let channels = Rc::clone(shared);
    manager.channel_validator = Some(Box::new(move |name| match &channels.borrow().channels {
        Some(known) if !known.iter().any(|known| known == name) => {
            Err(format!("unknown network channel {name:?}"))
        }
        _ => Ok(()),
    }));
    if !options.no_session_executor {
        manager.sessions = Some(Box::new(NamedSessions {
            now: Rc::clone(shared),
            start_fails: options.session_start_fails,
        }));
    }
    if options.sessions.is_some() {
        manager.inspect_reader = Some(Box::new(Catalogue(Rc::clone(shared))));
    }
    Ok(manager)
}

/// Who may force in a scenario, and how often; what it does not name is as if
/// nothing were given.
fn force_options(given: &Value) -> ForceRecoveryOptions {
    let defaults = ForceRecoveryOptions::default();
    let allowed = given.get("allow_agent_force").and_then(Value::as_bool);
    let limit = given.get("rate_limit_per_minute").and_then(Value::as_i64);
    ForceRecoveryOptions {
        allow_agent_force: allowed.unwrap_or(defaults.allow_agent_force),
        rate_limit_per_minute: limit.unwrap_or(defaults.rate_limit_per_minute),
    }
}

/// The profile gates of a scenario; what it does not name is as if nothing were
/// given.
fn profile_gates(given: &Value) -> ExecutionProfileValidationOptions {
    let defaults = ExecutionProfileValidationOptions::default();
    let allows = |gate: &str, default| given.get(gate).and_then(Value::as_bool).unwrap_or(default);
    let bytes = given.get("max_coordinator_guidance_bytes").and_then(Value::as_u64);
    ExecutionProfileValidationOptions {
        allow_provider_override: allows(
            "allow_provider_override",
            defaults.allow_provider_override,
        ),
        allow_sandbox_none: allows("allow_sandbox_none", defaults.allow_sandbox_none),
        allow_sandbox_ref: allows("allow_sandbox_ref", defaults.allow_sandbox_ref),
        max_coordinator_guidance_bytes: bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(defaults.max_coordinator_guidance_bytes),
    }
}

/// Ids that count up per prefix, so that ties fall in creation order.
#[derive(Default)]
struct CountedIds {
    drawn: [u64; 4],
}

impl IdGenerator for CountedIds {
    fn new_id(&mut self, prefix: IdPrefix) -> String {
        let slot = match prefix {
            IdPrefix::Task => 0,
            IdPrefix::Run => 1,
            IdPrefix::Event => 2,
            IdPrefix::Review => 3,
        };
        self.drawn[slot] += 1;
        format!("{}-{:06}", prefix.as_str(), self.drawn[slot])
    }
}

/// Sessions that exist as names only: run R gets `sess-R`.
struct NamedSessions {
    now: Shared,
    start_fails: bool,
}

impl NamedSessions {
    fn reference(&self, session: SessionId) -> SessionRef {
        SessionRef {
            session_id: session,
            workspace_id: None,
            started_at: Some(self.now.borrow().now),
        }
    }
}

impl SessionExecutor for NamedSessions {
    fn start(&mut self, spec: &StartTaskSession) -> Result<SessionRef, TaskError> {
        if self.start_fails {
            return Err(TaskError::with_detail(ErrorKind::Other, "session start failed"));
        }
        Ok(self.reference(SessionId::from(format!("sess-{}", spec.run.id))))
    }

    fn attach(&mut self, _run: &RunId, session: &SessionId) -> Result<SessionRef, TaskError> {
        Ok(self.reference(session.clone()))
    }

    fn request_stop(&mut self, _: &SessionId, _: StopReason) -> Result<(), TaskError> {
        Ok(())
    }

    fn force_stop(&mut self, _: &SessionId, _: StopReason) -> Result<(), TaskError> {
        Ok(())
    }
}

/// The handle of a live lease, as traces show it.
pub(super) fn handle_json(handle: &AutonomyLeaseHandle) -> Value {
    json!({
        "run_id": handle.run_id,
        "task_id": handle.task_id,
        "workspace_id": handle.workspace_id,
        "session_id": handle.session_id,
        "status": handle.status,
        "claimed_by": handle.claimed_by,
        "claim_token": handle.claim_token.as_ref().map(|token| token.expose().to_owned()),
        "claim_token_hash": handle.claim_token_hash,
        "lease_until": handle.lease_until,
        "heartbeat_at": handle.heartbeat_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scenario_leaves_out_is_as_if_nothing_were_given() {
        let untold = ForceRecoveryOptions::default();
        assert_eq!(force_options(&json!({})), untold);
        let limited = ForceRecoveryOptions { rate_limit_per_minute: 2, ..untold.clone() };
        assert_eq!(force_options(&json!({"rate_limit_per_minute": 2})), limited);
        let humans = ForceRecoveryOptions { allow_agent_force: false, ..untold };
        assert_eq!(force_options(&json!({"allow_agent_force": false})), humans);

        let open = ExecutionProfileValidationOptions::default();
        assert_eq!(profile_gates(&json!({})), open);
        let gated = ExecutionProfileValidationOptions { allow_sandbox_none: false, ..open };
        assert_eq!(profile_gates(&json!({"allow_sandbox_none": false})), gated);
    }
}
