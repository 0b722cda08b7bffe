//! On whose behalf a JavaScript program calls.

use serde::Deserialize;
use taskloom_domain::Given;
use taskloom_domain::actor::{
    ActorContext, ActorIdentity, ActorKind, Authority, Origin, OriginKind,
};
use taskloom_domain::error::TaskError;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::arguments::Arguments;
use crate::fault::Fault;
use crate::operation::reply;

/// An actor as a program names it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
struct Actor {
    kind: Given<ActorKind>,
    #[serde(rename = "ref")]
    reference: String,
    origin: Option<Door>,
    authority: Option<Authority>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
struct Door {
    kind: Given<OriginKind>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

impl Actor {
    /// The whole context: a door that is not named is the actor's own, which for a
    /// person is the one that the program stands for. Without an authority, all is
    /// granted.
    fn context(self, door: &str) -> Result<ActorContext, TaskError> {
        let kind = self.kind.require("actor.kind")?;
        let origin = self.origin.unwrap_or_default();
        let own = match kind {
            ActorKind::Human => Given::from(door).require("origin.kind")?,
            ActorKind::AgentSession => OriginKind::AgentSession,
            ActorKind::Automation => OriginKind::Automation,
            ActorKind::Extension => OriginKind::Extension,
            ActorKind::NetworkPeer => OriginKind::Network,
            ActorKind::Daemon => OriginKind::Daemon,
        };
        let origin_ref = origin.reference.unwrap_or_else(|| self.reference.clone());
        let context = ActorContext {
            actor: ActorIdentity::new(kind, self.reference),
            origin: Origin::new(origin.kind.or_default("origin.kind", own)?, origin_ref),
            authority: self.authority.unwrap_or(Authority::FULL),
        };
        context.validate()?;
        Ok(context)
    }
}

/// The context of an actor, both as JSON text, for every call on its behalf; the
/// actor stands in a list. `door` is the origin of a person who names none.
///
/// # Errors
///
/// `validation` at the field at fault.
#[wasm_bindgen(js_name = actorContext)]
pub fn actor_context(actor: &str, door: &str) -> Result<String, JsValue> {
    let context = Arguments::read("actor", actor)
        .and_then(|arguments| arguments.request::<Actor>(0))
        .and_then(|actor| reply(actor.context(door)));
    Ok(context.map_err(Fault::from)?)
}

/// The context that a call names.
///
/// # Errors
///
/// `validation` for a text that [`actor_context`] did not make.
pub fn decode_actor(text: &str) -> Result<ActorContext, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::malformed("actor", &error.to_string()))
}
