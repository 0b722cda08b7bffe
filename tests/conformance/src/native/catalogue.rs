//! The session catalogue of a scenario, as inspection reads it.

use taskloom_domain::TaskError;
use taskloom_domain::session::{
    EventSummaryQuery, InspectStateReader, SessionInfo, SessionListQuery,
};
use taskloom_domain::view::inspect::InspectEventSummary;

use super::surroundings::Shared;

/// Reads the sessions that the scenario names at the moment.
pub(super) struct Catalogue(pub(super) Shared);

impl InspectStateReader for Catalogue {
    fn list_sessions(&self, query: &SessionListQuery) -> Result<Vec<SessionInfo>, TaskError> {
        let surroundings = self.0.borrow();
        let wanted = |session: &SessionInfo| {
            let in_workspace =
                query.workspace_id.is_none() || session.workspace_id == query.workspace_id;
            in_workspace && query.session_id.as_ref().is_none_or(|id| session.id == *id)
        };
        Ok(surroundings
            .sessions
            .iter()
            .flatten()
            .filter_map(|session| serde_json::from_value(session.clone()).ok())
            .filter(wanted)
            .take(query.limit)
            .collect())
    }

    fn list_event_summaries(
        &self,
        _: &EventSummaryQuery,
    ) -> Result<Vec<InspectEventSummary>, TaskError> {
        Ok(Vec::new())
    }
}
