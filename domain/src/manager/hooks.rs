//! Tells the host what happened to runs. A hook is composed with the change that
//! it tells of and handed over after the commit; a refused operation tells
//! nothing.

use serde_json::Value;

use crate::actor::{ActorContext, ActorKind};
use crate::hook::{RunHook, RunHookContext, RunHookId};
use crate::json::RawJson;
use crate::run::Run;
use crate::store::Store;
use crate::task::Task;

use super::Manager;

/// What the hooks look up in a run's metadata.
#[derive(Default)]
struct Named {
    workflow_id: String,
    agent_name: String,
    coordination_channel_id: String,
    soul_snapshot_id: String,
    soul_digest: String,
}

impl Named {
    fn in_metadata(metadata: Option<&RawJson>) -> Self {
        let Some(metadata) = metadata.and_then(RawJson::to_value) else { return Self::default() };
        let soul = metadata.get("soul").unwrap_or(&Value::Null);
        Self {
            workflow_id: text(&metadata, "workflow_id"),
            agent_name: text(&metadata, "agent_name"),
            coordination_channel_id: text(&metadata, "coordination_channel_id"),
            soul_snapshot_id: text(soul, "snapshot_id"),
            soul_digest: text(soul, "digest"),
        }
    }
}

fn text(document: &Value, key: &str) -> String {
    document.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default().to_owned()
}

/// The first text that is not empty.
fn first<const N: usize>(texts: [String; N]) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

/// The ref of an agent session, or nothing.
pub(super) fn agent_ref(actor: &ActorContext) -> &str {
    match actor.actor.kind {
        ActorKind::AgentSession => actor.actor.reference.trim(),
        ActorKind::Human
        | ActorKind::Automation
        | ActorKind::Extension
        | ActorKind::NetworkPeer
        | ActorKind::Daemon => "",
    }
}

/// The context of a hook about a stored run.
pub(super) fn run_context(run: &Run, task: &Task, actor: &ActorContext) -> RunHookContext {
    let named = Named::in_metadata(run.metadata.as_ref());
    RunHookContext {
        task_id: Some(task.id.clone()),
        run_id: Some(run.id.clone()),
        workspace_id: task.workspace_id.clone(),
        workflow_id: named.workflow_id,
        coordination_channel_id: first([
            run.coordination_channel_id.clone(),
            named.coordination_channel_id,
            run.network_channel.clone(),
        ]),
        network_channel: run.network_channel.clone(),
        agent_name: first([named.agent_name, agent_ref(actor).to_owned()]),
        session_id: run.session_id.clone(),
        actor_kind: Some(actor.actor.kind),
        actor_id: actor.actor.reference.clone(),
        origin_kind: Some(actor.origin.kind),
        origin_ref: actor.origin.reference.clone(),
        task_status: Some(task.status),
        run_status: Some(run.status),
        attempt: run.attempt,
        soul_snapshot_id: named.soul_snapshot_id,
        soul_digest: named.soul_digest,
        lease_until: run.lease_until,
        error: run.error.clone(),
        release_reason: String::new(),
    }
}

impl<S: Store> Manager<S> {
    /// Queues a hook about a run that was just written, for after the commit.
    /// `fill` adds what only this hook has.
    pub(super) fn announce(
        &mut self,
        hook: RunHookId,
        run: &Run,
        task: &Task,
        actor: &ActorContext,
        fill: impl FnOnce(&mut RunHook),
    ) {
        if self.options.hooks.is_none() {
            return;
        }
        let mut hook = RunHook::new(hook, self.now(), run_context(run, task, actor));
        fill(&mut hook);
        self.hooks.push(hook);
    }

    /// Hands the queued hooks to the host, after the commit. What it answers
    /// changes nothing any more, a failure included.
    pub(super) fn dispatch_hooks(&mut self) {
        let hooks = std::mem::take(&mut self.hooks);
        let Some(dispatcher) = self.options.hooks.as_deref_mut() else { return };
        for hook in &hooks {
            let _ = dispatcher.dispatch(hook);
        }
    }
}

#[cfg(test)]
mod tests;
