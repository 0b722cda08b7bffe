//! The request to change a task.

use serde::{Deserialize, Serialize};

use super::limit::validate_max_attempts;
use super::{ApprovalPolicy, Priority};
use crate::actor::OwnerSpec;
use crate::enumeration::Given;
use crate::error::{Result, TaskError};
use crate::json::{RawJson, SizeClass};
use crate::rule::{join, trimmed};

/// A change of the mutable fields of a task. An absent field stays as it is; a
/// present one is compared with what is stored, even if it is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "TaskPatch"))]
#[serde(default)]
pub struct Patch {
    /// What is to be done, in a line; must not be blank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is to be done, at length; empty clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Given<Priority>>,
    /// How many runs may fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<i64>,
    /// Whether a run is queued by itself once the last blocker is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_enqueue_on_ready: Option<bool>,
    /// Whether the task needs an approval; another policy than the stored one
    /// starts the approval anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_policy: Option<Given<ApprovalPolicy>>,
    /// A document of the caller's own; `Some(None)` clears it. JSON has no form
    /// for that: `null` there means "not supplied".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Option<RawJson>>,
    /// The network channel; empty clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_channel: Option<String>,
    /// Whom the task belongs to; a zero owner counts as absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerSpec>,
    /// Takes the owner away. Not together with `owner`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clear_owner: bool,
}

impl Patch {
    /// The patch with its text trimmed and a zero owner left out.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            title: self.title.map(trimmed),
            description: self.description.map(trimmed),
            priority: self.priority.map(Given::folded),
            max_attempts: self.max_attempts,
            auto_enqueue_on_ready: self.auto_enqueue_on_ready,
            approval_policy: self.approval_policy.map(Given::folded),
            metadata: self.metadata,
            network_channel: self.network_channel.map(trimmed),
            owner: self.owner.filter(|owner| !owner.is_zero()),
            clear_owner: self.clear_owner,
        }
    }

    /// Whether no field is present.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault;
    /// `validation` at `path` itself if no field is present.
    pub fn validate(&self, path: &str) -> Result<()> {
        if self.is_empty() {
            return Err(TaskError::validation(path, "requires at least one mutable field"));
        }
        if self.title.as_ref().is_some_and(|title| title.trim().is_empty()) {
            return Err(TaskError::validation(&join(path, "title"), "is required when provided"));
        }
        if let Some(priority) = &self.priority {
            priority.require(&join(path, "priority"))?;
        }
        if let Some(max_attempts) = self.max_attempts {
            validate_max_attempts(max_attempts, path)?;
        }
        if let Some(policy) = &self.approval_policy {
            policy.require(&join(path, "approval_policy"))?;
        }
        if let Some(owner) = &self.owner {
            let field = join(path, "owner");
            if self.clear_owner {
                let rest = format!("and {} cannot both be set", join(path, "clear_owner"));
                return Err(TaskError::validation(&field, &rest));
            }
            owner.resolve(&field)?;
        }
        let metadata = self.metadata.as_ref().and_then(Option::as_ref);
        SizeClass::Metadata.validate(metadata, &join(path, "metadata"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::OwnerKind;

    fn refused(patch: Patch) -> String {
        patch.normalize().validate("task_patch").unwrap_err().detail().to_owned()
    }

    #[test]
    fn a_patch_changes_something() {
        let nothing = "task_patch requires at least one mutable field";
        assert_eq!(refused(Patch::default()), nothing);
        let zero = Patch { owner: Some(OwnerSpec::default()), ..Patch::default() };
        assert_eq!(refused(zero), nothing);
        let cleared = Patch { clear_owner: true, ..Patch::default() };
        assert_eq!(cleared.validate("task_patch"), Ok(()));
    }

    #[test]
    fn every_single_field_makes_a_patch() {
        let patches = [
            Patch { title: Some("t".into()), ..Patch::default() },
            Patch { description: Some(String::new()), ..Patch::default() },
            Patch { priority: Some(Priority::Low.into()), ..Patch::default() },
            Patch { max_attempts: Some(1), ..Patch::default() },
            Patch { auto_enqueue_on_ready: Some(false), ..Patch::default() },
            Patch { approval_policy: Some(ApprovalPolicy::Manual.into()), ..Patch::default() },
            Patch { metadata: Some(None), ..Patch::default() },
            Patch { network_channel: Some(String::new()), ..Patch::default() },
            Patch { owner: Some(OwnerSpec::new(OwnerKind::Pool, "p")), ..Patch::default() },
        ];
        for patch in patches {
            assert_eq!(patch.clone().normalize(), patch);
            assert_eq!(patch.validate("task_patch"), Ok(()), "{patch:?}");
        }
    }

    #[test]
    fn values_are_not_defaulted_in_a_patch() {
        let blank = Patch { priority: Some("".into()), ..Patch::default() };
        assert_eq!(refused(blank), "task_patch.priority is required");
        let blank = Patch { approval_policy: Some(" ".into()), ..Patch::default() };
        assert_eq!(refused(blank), "task_patch.approval_policy is required");
        let blank = Patch { title: Some(" ".into()), ..Patch::default() };
        assert_eq!(refused(blank), "task_patch.title is required when provided");
        for (value, text) in [(0, "must be positive: 0"), (11, "must be <= 10: 11")] {
            let patch = Patch { max_attempts: Some(value), ..Patch::default() };
            assert_eq!(refused(patch), format!("task_patch.max_attempts {text}"));
        }
    }

    #[test]
    fn spelling_is_folded() {
        let patch = Patch { priority: Some(" HIGH ".into()), ..Patch::default() }.normalize();
        assert_eq!(patch.priority, Some(Priority::High.into()));
        assert_eq!(patch.validate("task_patch"), Ok(()));
    }

    #[test]
    fn an_owner_is_set_or_cleared_not_both() {
        let both = Patch {
            owner: Some(OwnerSpec::new("human", "ada")),
            clear_owner: true,
            ..Patch::default()
        };
        let text = "task_patch.owner and task_patch.clear_owner cannot both be set";
        assert_eq!(refused(both), text);
        let half = Patch { owner: Some(OwnerSpec::new("human", "")), ..Patch::default() };
        assert_eq!(refused(half), "task_patch.owner.ref is required");
    }

    #[test]
    fn null_in_a_patch_means_not_supplied() {
        let text = r#"{"title":null,"metadata":null,"owner":null}"#;
        assert!(serde_json::from_str::<Patch>(text).unwrap().is_empty());
        let text = r#"{"metadata":{"a": 1}}"#;
        let patch: Patch = serde_json::from_str(text).unwrap();
        assert_eq!(patch.metadata, Some(RawJson::from_text(r#"{"a": 1}"#)));
        assert_eq!(serde_json::to_string(&patch).unwrap(), text);
    }
}
