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
