//! What the engine needs of the browser: the time, random bytes, and somebody
//! who answers for work that people do by hand.

use taskloom_domain::environment::HexIds;
use taskloom_domain::error::Result;
use taskloom_domain::id::{RunId, SessionId};
use taskloom_domain::manager::ManagerOptions;
use taskloom_domain::session::{SessionExecutor, SessionRef, StartTaskSession, StopReason};
use taskloom_domain::time::Timestamp;

/// The present instant.
pub fn now() -> Timestamp {
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let crypto = leptos::prelude::window().crypto();
    crypto
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes))
        .expect("every page has a source of random numbers");
    bytes
}

/// A key that no gesture had before.
pub fn fresh_key() -> String {
    random::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The options of the engine in a page.
pub fn manager_options() -> ManagerOptions {
    let mut options = ManagerOptions::new(now, HexIds::new(random::<8>), random::<32>);
    options.sessions = Some(Box::new(ByHand));
    options
}

/// Sessions of people: a run that somebody does by hand needs a session to be
/// bound to, and there is nothing behind it to be started or stopped.
struct ByHand;

impl ByHand {
    fn reference(session_id: SessionId) -> SessionRef {
        SessionRef { session_id, workspace_id: None, started_at: Some(now()) }
    }
}

impl SessionExecutor for ByHand {
    fn start(&mut self, spec: &StartTaskSession) -> Result<SessionRef> {
        Ok(Self::reference(SessionId::new(format!("by-hand-{}", spec.run.id))))
    }

    fn attach(&mut self, _run: &RunId, session: &SessionId) -> Result<SessionRef> {
        Ok(Self::reference(session.clone()))
    }

    fn request_stop(&mut self, _session: &SessionId, _reason: StopReason) -> Result<()> {
        Ok(())
    }

    fn force_stop(&mut self, _session: &SessionId, _reason: StopReason) -> Result<()> {
        Ok(())
    }
}
