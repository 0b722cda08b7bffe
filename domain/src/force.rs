//! Force operations: an operator takes a run out of a worker's hands, fails it,
//! or tries it again.

mod rate;

pub use rate::ForceRateLimiter;

use serde::{Deserialize, Serialize};

use crate::actor::Origin;
use crate::diagnostic;
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::RunId;
use crate::json::{RawJson, SizeClass};
use crate::rule::trimmed;
use crate::run::Run;
use crate::time::Timestamp;

/// The greatest number of ids in one bulk request, duplicates counted.
pub const MAX_FORCE_RUN_BULK_IDS: usize = 50;
/// A run with this many predecessors cannot be retried.
pub const MAX_RETRY_RUN_CHAIN_DEPTH: usize = 10;
/// The number of force operations that an agent session may apply to one task
/// within a minute, unless the options say otherwise.
pub const DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE: i64 = 10;

/// Puts a claimed run back into the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ForceReleaseRun {
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Checked and not recorded.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl ForceReleaseRun {
    /// The canonical form: the reason trimmed.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at `force_release.metadata`.
    pub fn normalize(self) -> Result<Self> {
        SizeClass::Metadata.validate(self.metadata.as_ref(), "force_release.metadata")?;
        Ok(Self { reason: trimmed(self.reason), metadata: self.metadata })
    }
}

/// Fails a queued or claimed run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ForceFailRun {
    /// Why; required.
    pub reason: String,
    /// Recorded in the audit event.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl ForceFailRun {
    /// The canonical form: the reason trimmed.
    ///
    /// # Errors
    ///
    /// `force_op_requires_reason` for a blank reason, then `validation` or
    /// `payload_too_large` at `force_fail.metadata`.
    pub fn normalize(self) -> Result<Self> {
        let reason = trimmed(self.reason);
        if reason.is_empty() {
            return Err(diagnostic::force::fail_requires_reason());
        }
        SizeClass::Metadata.validate(self.metadata.as_ref(), "force_fail.metadata")?;
        Ok(Self { reason, metadata: self.metadata })
    }
}

/// Queues a new run in place of a failed one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RetryRunRequest {
    /// The metadata of the new run.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl RetryRunRequest {
    /// Checks the metadata.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at `retry_run.metadata`.
    pub fn validate(&self) -> Result<()> {
        SizeClass::Metadata.validate(self.metadata.as_ref(), "retry_run.metadata")
    }
}

/// The failed run and the one that takes its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RetryRunResult {
    /// The failed run, unchanged.
    pub previous_run: Run,
    /// The new run.
    pub run: Run,
}

/// Applies one force operation to several runs, one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct BulkForceRunRequest {
    /// The runs.
    pub run_ids: Vec<RunId>,
    /// Why; required to fail runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Recorded with failed runs, dropped with released ones.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl BulkForceRunRequest {
    /// The canonical form of a request to release runs: ids trimmed, each once, in
    /// the order given; the reason trimmed.
    ///
    /// # Errors
    ///
    /// `validation` without ids, `bulk_too_large` with more than
    /// [`MAX_FORCE_RUN_BULK_IDS`], `validation` for a blank id, then `validation`
    /// or `payload_too_large` at `bulk_force.metadata`.
    pub fn normalize_release(self) -> Result<Self> {
        let run_ids = distinct_run_ids(&self.run_ids)?;
        self.finish(run_ids)
    }

    /// The canonical form of a request to fail runs.
    ///
    /// # Errors
    ///
    /// As [`BulkForceRunRequest::normalize_release`], and
    /// `force_op_requires_reason` for a blank reason, after the ids and before
    /// the metadata.
    pub fn normalize_fail(self) -> Result<Self> {
        let run_ids = distinct_run_ids(&self.run_ids)?;
        if self.reason.trim().is_empty() {
            return Err(diagnostic::force::bulk_fail_requires_reason());
        }
        self.finish(run_ids)
    }

    fn finish(self, run_ids: Vec<RunId>) -> Result<Self> {
        SizeClass::Metadata.validate(self.metadata.as_ref(), "bulk_force.metadata")?;
        Ok(Self { run_ids, reason: trimmed(self.reason), metadata: self.metadata })
    }
}

/// The trimmed ids, each once, in the order given.
fn distinct_run_ids(given: &[RunId]) -> Result<Vec<RunId>> {
    let refuse = |rest: &str| {
        let detail = format!("bulk force run_ids {rest}");
        Err(TaskError::at(ErrorKind::Validation, "run_ids", detail))
    };
    if given.is_empty() {
        return refuse("is required");
    }
    if given.len() > MAX_FORCE_RUN_BULK_IDS {
        return Err(diagnostic::force::bulk_too_large(given.len()));
    }
    let mut distinct: Vec<RunId> = Vec::with_capacity(given.len());
    for id in given {
        let Some(id) = id.non_blank() else {
            return refuse("must not contain empty values");
        };
        if !distinct.contains(&id) {
            distinct.push(id);
        }
    }
    Ok(distinct)
}

/// What became of one run of a bulk request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BulkForceRunItem {
    /// The run.
    pub run_id: RunId,
    /// Whether the operation was applied.
    pub ok: bool,
    /// The run after the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// Why the operation was refused. Has no JSON form.
    #[serde(skip)]
    pub error: Option<TaskError>,
}

/// What became of a bulk request: one item per distinct run, in the order of the
/// request. Refused runs do not undo the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BulkForceRunResult {
    /// The items.
    pub items: Vec<BulkForceRunItem>,
}

/// A run before and after a force operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForceRunMutationResult {
    /// Before.
    pub previous: Run,
    /// After.
    pub run: Run,
}

/// The write behind [`ForceReleaseRun`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceReleaseRunMutation {
    /// The run.
    pub run_id: RunId,
    /// When.
    pub now: Timestamp,
}

/// The write behind [`ForceFailRun`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceFailRunMutation {
    /// The run.
    pub run_id: RunId,
    /// Why; becomes the run's error.
    pub reason: String,
    /// When.
    pub now: Timestamp,
}

/// The write behind [`RetryRunRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRunMutation {
    /// The failed run.
    pub source_run_id: RunId,
    /// The id of the new run.
    pub new_run_id: RunId,
    /// Where the retry came from.
    pub origin: Origin,
    /// The metadata of the new run.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<RawJson>,
    /// When.
    pub queued_at: Timestamp,
}

/// What a board allows its agents by way of force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceRecoveryOptions {
    /// Whether agent sessions may use force at all.
    #[serde(default)]
    pub allow_agent_force: bool,
    /// How often an agent session may use force on one task within a minute; 0
    /// or less means [`DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE`].
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub rate_limit_per_minute: i64,
}

impl Default for ForceRecoveryOptions {
    fn default() -> Self {
        Self {
            allow_agent_force: true,
            rate_limit_per_minute: DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::diagnostic::DiagnosticCode;
    use crate::json::MAX_METADATA_BYTES;

    fn metadata(bytes: usize) -> Option<RawJson> {
        RawJson::from_text(&format!("\"{}\"", "x".repeat(bytes - 2)))
    }

    fn bulk(ids: impl IntoIterator<Item = String>) -> BulkForceRunRequest {
        BulkForceRunRequest {
            run_ids: ids.into_iter().map(RunId::from).collect(),
            ..BulkForceRunRequest::default()
        }
    }

    #[test]
    fn a_release_needs_no_reason_and_a_failure_does() {
        let release = ForceReleaseRun { reason: " ".to_owned(), metadata: None };
        assert_eq!(release.normalize().unwrap().reason, "");
        let fail = ForceFailRun { reason: " ".to_owned(), metadata: RawJson::from_text("{") };
        let refused = fail.normalize().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ForceOpRequiresReason);
        assert_eq!(refused.diagnostic().unwrap().code, DiagnosticCode::ForceOpRequiresReason);
        let fail = ForceFailRun { reason: " gone ".to_owned(), metadata: None };
        assert_eq!(fail.normalize().unwrap().reason, "gone");
    }

    #[test]
    fn metadata_is_accepted_up_to_its_limit() {
        let outcome = |metadata: Option<RawJson>| {
            let reason = "why".to_owned();
            let release = ForceReleaseRun { reason: reason.clone(), metadata: metadata.clone() };
            let fail = ForceFailRun { reason: reason.clone(), metadata: metadata.clone() };
            let retry = RetryRunRequest { metadata: metadata.clone() };
            let bulk = BulkForceRunRequest { reason, metadata, ..bulk(["run-1".to_owned()]) };
            [
                release.normalize().err(),
                fail.normalize().err(),
                retry.validate().err(),
                bulk.clone().normalize_release().err(),
                bulk.normalize_fail().err(),
            ]
            .map(|error| error.map(|error| error.path().to_owned()))
        };
        assert_eq!(outcome(metadata(MAX_METADATA_BYTES)), [None, None, None, None, None]);
        let paths = [
            "force_release.metadata",
            "force_fail.metadata",
            "retry_run.metadata",
            "bulk_force.metadata",
            "bulk_force.metadata",
        ];
        let expected = paths.map(|path| Some(path.to_owned()));
        assert_eq!(outcome(metadata(MAX_METADATA_BYTES + 1)), expected);
    }

    #[test]
    fn bulk_ids_are_counted_before_duplicates_go() {
        let same = |count: usize| bulk(vec![" run-1 ".to_owned(); count]);
        let accepted = same(50).normalize_release().unwrap();
        assert_eq!(accepted.run_ids, ["run-1".into()]);
        let refused = same(51).normalize_release().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BulkTooLarge);
        let evidence = &refused.diagnostic().unwrap().evidence;
        assert_eq!((&evidence["limit"], &evidence["count"]), (&50.into(), &51.into()));
    }

    #[test]
    fn bulk_ids_keep_the_order_of_the_request() {
        let ids = ["b", "a", "b ", "c", "a"].map(str::to_owned);
        let accepted = bulk(ids).normalize_release().unwrap();
        assert_eq!(accepted.run_ids, ["b".into(), "a".into(), "c".into()]);
    }

    #[test]
    fn bulk_checks_come_in_order() {
        let mut request = bulk(vec![" ".to_owned(); 51]);
        request.metadata = RawJson::from_text("{");
        let detail = |request: &BulkForceRunRequest| {
            let refused = request.clone().normalize_fail().unwrap_err();
            (refused.kind(), refused.detail().to_owned())
        };
        assert_eq!(detail(&request).0, ErrorKind::BulkTooLarge);
        request.run_ids.truncate(1);
        assert_eq!(detail(&request).1, "bulk force run_ids must not contain empty values");
        request.run_ids = vec!["run-1".into()];
        assert_eq!(detail(&request).0, ErrorKind::ForceOpRequiresReason);
        request.reason = "why".to_owned();
        assert_eq!(detail(&request).1, "bulk_force.metadata must contain valid JSON");
        request.run_ids.clear();
        assert_eq!(detail(&request).1, "bulk force run_ids is required");
    }

    #[test]
    fn the_error_of_an_item_stays_in_the_process() {
        let item = BulkForceRunItem {
            run_id: "run-1".into(),
            ok: false,
            run: None,
            error: Some(TaskError::new(ErrorKind::TaskRunNotFound)),
        };
        assert_eq!(serde_json::to_string(&item).unwrap(), r#"{"run_id":"run-1","ok":false}"#);
    }

    #[test]
    fn options_allow_agents_unless_an_empty_set_is_given() {
        assert!(ForceRecoveryOptions::default().allow_agent_force);
        let given: ForceRecoveryOptions = serde_json::from_str("{}").unwrap();
        assert!(!given.allow_agent_force);
    }
}
