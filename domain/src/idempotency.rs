//! Idempotency bindings: the same key from the same origin means the same run.

use serde::{Deserialize, Serialize};

use crate::actor::Origin;
use crate::error::Result;
use crate::id::RunId;
use crate::rule::{require_text, trimmed};
use crate::time::Timestamp;

/// A key that is bound to a run, for good. The same key under another origin is
/// another binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunIdempotency {
    /// The key; letter case counts.
    pub idempotency_key: String,
    /// The run that it means.
    pub run_id: RunId,
    /// The origin under which it does.
    pub origin: Origin,
    /// When it was bound.
    pub created_at: Timestamp,
}

impl RunIdempotency {
    /// The canonical form: text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            idempotency_key: trimmed(self.idempotency_key),
            run_id: self.run_id.trimmed(),
            origin: self.origin.normalize(),
            created_at: self.created_at,
        }
    }

    /// Checks the rules of form of the record.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault, under `task_run_idempotency`.
    pub fn validate(&self) -> Result<()> {
        const BASE: &str = "task_run_idempotency";
        require_text(&self.idempotency_key, BASE, "idempotency_key")?;
        require_text(self.run_id.as_str(), BASE, "run_id")?;
        self.origin.validate("task_run_idempotency.origin")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::OriginKind;

    fn binding(key: &str, run: &str, origin: &str) -> RunIdempotency {
        RunIdempotency {
            idempotency_key: key.into(),
            run_id: run.into(),
            origin: Origin::new(OriginKind::Automation, origin),
            created_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn a_binding_names_key_run_and_origin() {
        assert_eq!(binding("k", "r", "o").validate(), Ok(()));
        assert_eq!(binding(" k ", " r", "o ").normalize(), binding("k", "r", "o"));
        let cases = [
            (binding(" ", "", ""), "task_run_idempotency.idempotency_key is required"),
            (binding("k", " ", ""), "task_run_idempotency.run_id is required"),
            (binding("k", "r", " "), "task_run_idempotency.origin.ref is required"),
        ];
        for (binding, text) in cases {
            assert_eq!(binding.validate().unwrap_err().detail(), text);
        }
    }
}
