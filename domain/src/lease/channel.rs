//! What a claimer is told about its coordination channel.

use serde::{Deserialize, Serialize};

use crate::capability::distinct_in_order;
use crate::id::{RunId, TaskId, WorkspaceId};
use crate::json::RawJson;
use crate::rule::trimmed;
use crate::time::Timestamp;

/// The messages that workers exchange unless a channel says otherwise.
const DEFAULT_MESSAGE_KINDS: [&str; 7] =
    ["status", "request", "reply", "blocker", "handoff", "result", "review_request"];

/// A coordination channel, as the claimer of a run sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CoordinationChannelMetadata {
    /// The channel's id.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// Its name for people.
    pub display_name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// Its workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The claimed task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The claimed run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The workflow that the run is a part of.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub workflow_id: String,
    /// Which messages are welcome there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_message_kinds: Vec<String>,
    /// When the channel was last written.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub last_activity_at: Option<Timestamp>,
}

impl CoordinationChannelMetadata {
    /// The canonical form: text trimmed, a missing display name and missing
    /// message kinds filled in.
    #[must_use]
    pub fn sanitize(self) -> Self {
        let id = trimmed(self.id);
        let channel = trimmed(self.channel);
        let display_name = [trimmed(self.display_name), channel.clone()]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_else(|| id.clone());
        let mut kinds = distinct_in_order(self.allowed_message_kinds);
        if kinds.is_empty() {
            kinds = DEFAULT_MESSAGE_KINDS.map(str::to_owned).to_vec();
        }
        Self {
            id,
            channel,
            display_name,
            purpose: trimmed(self.purpose),
            workspace_id: self.workspace_id.and_then(|id| id.non_blank()),
            task_id: self.task_id.and_then(|id| id.non_blank()),
            run_id: self.run_id.and_then(|id| id.non_blank()),
            workflow_id: trimmed(self.workflow_id),
            allowed_message_kinds: kinds,
            last_activity_at: self.last_activity_at,
        }
    }

    /// The workflow that a run's metadata names: the string under `workflow_id`,
    /// or the empty text.
    pub fn workflow_of(metadata: Option<&RawJson>) -> String {
        metadata
            .and_then(RawJson::to_value)
            .and_then(|value| Some(value.get("workflow_id")?.as_str()?.trim().to_owned()))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_names_and_kinds_are_filled_in() {
        let only_id =
            CoordinationChannelMetadata { id: " c ".into(), ..Default::default() }.sanitize();
        assert_eq!((only_id.id.as_str(), only_id.display_name.as_str()), ("c", "c"));
        assert_eq!(only_id.allowed_message_kinds, DEFAULT_MESSAGE_KINDS);
        let named = CoordinationChannelMetadata {
            id: "c".into(),
            channel: " dev ".into(),
            display_name: " ".into(),
            workspace_id: Some(" ".into()),
            task_id: Some(" t ".into()),
            allowed_message_kinds: vec![" reply".into(), "status".into(), "reply".into()],
            ..Default::default()
        }
        .sanitize();
        assert_eq!((named.channel.as_str(), named.display_name.as_str()), ("dev", "dev"));
        assert_eq!((named.workspace_id, named.task_id), (None, Some("t".into())));
        assert_eq!(named.allowed_message_kinds, ["reply", "status"]);
    }

    #[test]
    fn the_workflow_is_the_string_in_the_metadata() {
        let workflow = |text: &str| {
            CoordinationChannelMetadata::workflow_of(RawJson::from_text(text).as_ref())
        };
        assert_eq!(workflow(r#"{"workflow_id":" w "}"#), "w");
        for none in ["", "null", "[]", "{}", r#"{"workflow_id":1}"#, "{"] {
            assert_eq!(workflow(none), "", "{none}");
        }
    }
}
